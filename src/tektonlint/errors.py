"""What goes wrong because of what somebody asked for or wrote, rather than because of tektonlint."""

from __future__ import annotations


class UserError(ValueError):
    """Nothing can be done until a person changes something: exit code 2. The text is one line for them."""
