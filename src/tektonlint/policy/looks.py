"""Quick looks at scripts: whether a policy can find anything in what they do, which is dear to work out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tektonlint.model.scripts import Script
from tektonlint.shell.commands import standing_alone


def says(script: Script, what: Callable[[str], object]) -> bool:
    """Whether something stands in a script, in its environment or in its arguments: its words come from nowhere else.

    A command that is written as a list may say anything.
    """
    if script.words or what(script.text):
        return True
    arguments = (place.text or "" for place in script.container.each("args"))
    environment = (text for value in script.environment.values() for text in value)
    return any(what(text) for text in (*arguments, *environment))


def names_one(text: str, names: Iterable[str]) -> bool:
    """Whether one of the names stands in a text as a word of its own."""
    return any(name in text and any(standing_alone(name, text, "-_")) for name in names)
