"""Here-documents, and what a shell expands in them.

Where they begin is told by the parser. Where they end, and what stands in them, is read here: tree-sitter-bash finds no
backticks and no `$1` in a body, and takes one that begins with a backslash for words of the command.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

_DELIMITER = pattern(r"""(?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|<>()'"\\])+""")
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_IN_BRACES = pattern(r"[#!]?([A-Za-z_][A-Za-z0-9_]*|[0-9@*?$-]+)")


class HereDoc(NamedTuple):
    """A here-document: its redirect, its delimiter as it is meant and where it is written, and its text.

    `quoted` says that some of the delimiter is in quotes, so that the shell leaves the text alone.
    """

    redirect: Node
    delimiter: str
    start: int
    end: int
    quoted: bool
    body_start: int
    body_end: int


class Expansion(NamedTuple):
    """What a shell expands in a text, at `start` to `end`: the `name` of a variable or parameter, or a `command`.

    Of an arithmetic expansion both are None.
    """

    start: int
    end: int
    name: str | None
    command: str | None
    backticks: bool = False



# Substitutions in strings in substitutions that are followed; nobody writes more.
_DEEPEST = 50


@lru_cache(maxsize=256)
def heredocs(script: str) -> tuple[HereDoc, ...]:
    """The here-documents of a script, in the order they begin."""
    if "<<" not in script:
        return ()
    from tektonlint.shell.syntax import named_nodes, parse

    starts = [node for node in named_nodes(parse(script).root_node) if node.type == "heredoc_start"]
    found: list[HereDoc] = []
    for node in sorted(starts, key=lambda one: one.start_byte):
        redirect, start = node.parent, node.start_byte
        # The parser takes `EOF;` for a delimiter.
        word = _DELIMITER.match(script, start)
        end = word.end() if word is not None else node.end_byte
        behind = script.find("\n", end) + 1 or len(script)
        if redirect is None or (found and found[-1].body_start <= start < found[-1].body_end):
            continue
        if found and behind == found[-1].body_start:
            # The second on one line begins behind the first one's end.
            behind = script.find("\n", found[-1].body_end) + 1 or len(script)
        written = script[start:end]
        delimiter = "".join(one for one in written if one not in "'\"\\")
        tabs = script.startswith("<<-", redirect.start_byte)
        close = _end(script, behind, delimiter, tabs=tabs)
        found.append(HereDoc(redirect, delimiter, start, end, delimiter != written, behind, close))
    return tuple(found)


def _end(script: str, at: int, delimiter: str, *, tabs: bool) -> int:
    """Where the line of the delimiter begins, or the script ends."""
    while at < len(script):
        stop = script.find("\n", at)
        line = script[at : stop if stop >= 0 else len(script)]
        if (line.lstrip("\t") if tabs else line) == delimiter:
            return at
        if stop < 0:
            break
        at = stop + 1
    return len(script)


@lru_cache(maxsize=64)
def expansions(text: str, start: int, end: int) -> tuple[Expansion, ...]:
    """What a shell expands in `text[start:end]`, as in double quotes; what stands inside of it is not looked into.

    Tekton's variables come as commands.
    """
    found: list[Expansion] = []
    at = start
    while at < end:
        one = text[at]
        if one == "\\":
            at += 2
            continue
        expansion = _backticks(text, at, end) if one == "`" else _dollar(text, at, end) if one == "$" else None
        if expansion is None:
            at += 1
        else:
            found.append(expansion)
            at = expansion.end
    return tuple(found)


def _backticks(text: str, at: int, end: int) -> Expansion:
    stop = at + 1
    while stop < end and text[stop] != "`":
        stop += 2 if text[stop] == "\\" else 1
    stop = min(stop, end)
    return Expansion(at, min(stop + 1, end), None, text[at + 1 : stop], True)


def _dollar(text: str, at: int, end: int) -> Expansion | None:
    if text.startswith("((", at + 1):
        return Expansion(at, _closing(text, at + 2, end), None, None)
    if text.startswith("(", at + 1):
        stop = _closing(text, at + 2, end)
        return Expansion(at, stop, None, text[at + 2 : stop].removesuffix(")"))
    if text.startswith("{", at + 1):
        match = _IN_BRACES.match(text, at + 2, end)
        return Expansion(at, _closing(text, at + 2, end, "{", "}"), match[1] if match is not None else "", None)
    match = _NAME.match(text, at + 1, end)
    return Expansion(at, match.end(), match[0], None) if match is not None else None


def _closing(text: str, at: int, end: int, opening: str = "(", closing: str = ")", within: int = 0) -> int:
    """Behind the bracket that closes one before `at`, past quotes and brackets in between."""
    if within > _DEEPEST:
        return end
    depth = 1
    while at < end:
        one = text[at]
        if one == "\\":
            at += 2
            continue
        if one == "'":
            at = text.find("'", at + 1, end)
            if at < 0:
                return end
        elif one == '"':
            at = _string_end(text, at + 1, end, within) - 1
        elif one == opening:
            depth += 1
        elif one == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return end


def _string_end(text: str, at: int, end: int, within: int) -> int:
    """Behind the double quote that ends a string."""
    while at < end:
        if text[at] == "\\":
            at += 2
        elif text.startswith("$(", at):
            at = _closing(text, at + 2, end, within=within + 1)
        elif text[at] == '"':
            return at + 1
        else:
            at += 1
    return end
