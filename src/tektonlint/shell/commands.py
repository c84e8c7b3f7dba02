"""Which commands a script runs, as they are written: the quick look, without following any value."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import SHELLS, interpreter, masked

if TYPE_CHECKING:
    from tree_sitter import Node

# Commands that run the command behind them, with how many words of their own stand between.
_WRAPPERS = {"env": 0, "sudo": 0, "exec": 0, "command": 0, "nohup": 0, "time": 0, "nice": 0, "xargs": 0, "timeout": 1}

_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*=")


class Command(NamedTuple):
    """A simple command: its name without its folder, its other words as they are written but for plain quotes,
    and where its name stands in the script."""

    name: str
    words: tuple[str, ...]
    start: int
    end: int


def commands(script: str) -> tuple[Command, ...]:
    """The commands of a shell script whose names are written out, in order; none of another language's.

    What stands behind `env`, `sudo`, `timeout 5` and the like is a command too.
    """
    if interpreter(script) not in SHELLS:
        return ()
    from tektonlint.shell.syntax import named_nodes, parse

    found: list[Command] = []
    for node in named_nodes(parse(script).root_node):
        if node.type == "command":
            found.extend(_run_by(node, script))
    return tuple(sorted(found, key=lambda command: command.start))


def standing_alone(name: str, text: str, of_a_word: str) -> Iterator[int]:
    """The ends of a name wherever neither a letter, a digit nor one of the characters `of_a_word` is next to it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not any(one.isalnum() or one in of_a_word for one in text[max(at - 1, 0) : at] + text[end : end + 1]):
            yield end
        at = text.find(name, end)


def _run_by(node: Node, script: str) -> Iterator[Command]:
    """The command of a node, and the ones that it runs in its turn."""
    words = [
        (_text(child, script), child.start_byte, child.end_byte)
        for child in node.named_children
        if child.type not in ("variable_assignment", "file_redirect", "heredoc_redirect", "herestring_redirect")
    ]
    while words:
        (name, start, end), words = words[0], words[1:]
        if not name or "$" in name or "`" in name:
            return
        name = os.path.basename(name)
        yield Command(name, tuple(word for word, _, _ in words), start, end)
        own = _WRAPPERS.get(name)
        if own is None:
            return
        while words and (words[0][0].startswith("-") or _ASSIGNMENT.match(words[0][0])):
            words = words[1:]
        words = words[own:]


def _text(node: Node, script: str) -> str:
    """A word without the quotes around all of it; Tekton's variables in it as the shell's parser sees them."""
    text = masked(script[node.start_byte : node.end_byte])
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
