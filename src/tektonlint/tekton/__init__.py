"""Tekton's objects as they stand in a document: which there are, and where their parts are."""
