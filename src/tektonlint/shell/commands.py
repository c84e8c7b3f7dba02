"""Shell scripts: in which language a script is written, and which commands it runs.

tree-sitter-bash reads 99.6 % of the scripts of real tasks (bashlex: 65.6 %) and survives what it cannot read; it
is imported when a script is first asked about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tektonlint.patterns import pattern

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"))
# Commands that run the command behind them, with how many words of their own stand between.
_WRAPPERS = {"env": 0, "sudo": 0, "exec": 0, "command": 0, "nohup": 0, "time": 0, "nice": 0, "xargs": 0, "timeout": 1}

_VARIABLE = pattern(
    r"\$\((?:params|workspaces|results|context|steps?|tasks|inputs|outputs|credentials|artifacts|workspace)"
    r"(?:\.[A-Za-z0-9_\-./]+|\[(?:\*|\d+|'[^']*'|\"[^\"]*\")\])+\)"
)
_SHEBANG = pattern(r"#!\s*(\S+)(?:[ \t]+(\S+))?")
_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*=")


class Command(NamedTuple):
    """A simple command: its name without its folder, its other words as they are written but for plain quotes,
    and where its name stands in the script."""

    name: str
    words: tuple[str, ...]
    start: int
    end: int


def interpreter(script: str) -> str:
    """The name of what runs a script; Tekton's own preamble says `sh` where there is no shebang (pkg/pod/script.go)."""
    match = _SHEBANG.match(script.lstrip())
    if match is None:
        return "sh"
    name = os.path.basename(match[1])
    return os.path.basename(match[2]) if name == "env" and match[2] else name


def masked(script: str) -> str:
    """The script with `${…}` of the same length in place of each of Tekton's variables.

    Raw they would be command substitutions to a shell's parser: `$(params.x)` becomes `${PARAMS_X}`.
    """
    return _VARIABLE.sub(lambda match: _as_shell_variable(match[0]), script)


def _as_shell_variable(text: str) -> str:
    name = "".join(one if one.isalnum() and one.isascii() else "_" for one in text[2:-1])
    return f"${{{name.upper()}}}"


def commands(script: str) -> tuple[Command, ...]:
    """The commands of a shell script whose names are written out, in order; none of another language's.

    What stands behind `env`, `sudo`, `timeout 5` and the like is a command too.
    """
    if interpreter(script) not in SHELLS:
        return ()
    data = masked(script).encode("utf-8")
    found: list[Command] = []
    waiting = [_parser().parse(data).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "command":
            found.extend(_run_by(node, data))
        waiting.extend(reversed(node.named_children))
    return tuple(sorted(found, key=lambda command: command.start))


def _run_by(node: Node, data: bytes) -> Iterator[Command]:
    """The command of a node, and the ones that it runs in its turn."""
    words = [
        (_text(child), child.start_byte, child.end_byte)
        for child in node.named_children
        if child.type not in ("variable_assignment", "file_redirect", "heredoc_redirect", "herestring_redirect")
    ]
    while words:
        (name, start, end), words = words[0], words[1:]
        if not name or "$" in name or "`" in name:
            return
        name = os.path.basename(name)
        offset = len(data[:start].decode("utf-8", "replace"))
        length = len(data[start:end].decode("utf-8", "replace"))
        yield Command(name, tuple(word for word, _, _ in words), offset, offset + length)
        own = _WRAPPERS.get(name)
        if own is None:
            return
        while words and (words[0][0].startswith("-") or _ASSIGNMENT.match(words[0][0])):
            words = words[1:]
        words = words[own:]


def _text(node: Node) -> str:
    """A word without the quotes around all of it."""
    text = (node.text or b"").decode("utf-8", "replace")
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
