"""Policies: what a policy file says, which ones are enabled, and what their pages and examples hold."""
