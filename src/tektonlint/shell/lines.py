"""Where a line can be added to a shell script: between two commands, never inside of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

# Nodes that hold commands one below the other. Of an `if` that is so behind its `then`.
_BLOCKS = frozenset(("program", "compound_statement", "do_group", "subshell", "else_clause", "case_item"))
_CHOICES = frozenset(("if_statement", "elif_clause"))


# Of what stands in one of these on one line it is not known whether it was run, nor in which folder.
_UNCERTAIN = frozenset(
    ("if_statement", "elif_clause", "for_statement", "c_style_for_statement", "while_statement", "case_statement",
     "function_definition", "subshell", "command_substitution")
)  # fmt: skip


class Gap(NamedTuple):
    """Between two lines: the number of the line below it (from 0), and what the commands there are indented by.

    `certain`: the command that it is behind has been run wherever the gap is reached, and in the same shell.
    """

    line: int
    indent: str
    certain: bool


def gap_behind(script: str, offset: int) -> Gap | None:
    """The first gap behind the command that holds an offset; None where the script is not understood.

    A command ends behind its here-documents, and goes on over `\\`, `|`, `&&` and quotes at a line's end. What stands
    in `$(…)` or in a condition is part of the command around it.
    """
    from tektonlint.shell.syntax import parse

    root = parse(script).root_node
    if root.has_error or ("<<" in script and not all(_is_read_right(script, one) for one in _heredocs(root))):
        return None
    at = _end_of_line(script, offset)
    while True:
        block, inner = root, None
        node: Node | None = root
        while node is not None:
            if _holds_commands(node, at) and (node is root or node.start_byte <= offset < node.end_byte):
                block, inner = node, None
            elif inner is None:
                inner = node
            node = next((one for one in node.children if one.start_byte < at < one.end_byte), None)
        if inner is None:
            own = next((one for one in block.children if one.start_byte <= offset < one.end_byte), None)
            indent = _indent(script, block, own.start_byte if own is not None else offset, at)
            return Gap(script.count("\n", 0, at) + 1, indent, own is None or _is_run(own, offset))
        at = _end_of_line(script, inner.end_byte)


def end_of_last(script: str, offset: int) -> int | None:
    """Where the command at an offset ends, if it is what `a && b` ends with, so that `&& c` may follow it."""
    from tektonlint.shell.syntax import parse

    node: Node | None = parse(script).root_node
    end = 0
    while node is not None:
        inner = next((one for one in node.children if one.start_byte <= offset < one.end_byte), None)
        if node.type == "list" and inner is not None and inner.id == node.children[-1].id:
            # The parser gives the redirects behind a list to the whole of it.
            end = max(end, inner.end_byte)
            ends = node.children[-2].type == "&&" and inner.type in ("command", "redirected_statement")
            return end if ends and "<<" not in script[inner.start_byte : end] else None
        end = node.end_byte if node.type == "redirected_statement" else 0
        node = inner
    return None


def _heredocs(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type == "heredoc_redirect":
            yield child
        yield from _heredocs(child)


def _is_read_right(script: str, heredoc: Node) -> bool:
    """Whether a here-document ends where a shell ends it.

    The parser also takes a delimiter with blanks before it for the end, and the first line of the body for what
    follows a `|` at the end of the line.
    """
    ends = [child for child in heredoc.children if child.type == "heredoc_end"]
    if len(ends) != 1 or script[: _end_of_line(script, heredoc.start_byte)].rstrip().endswith(("|", "&&", "\\")):
        return False
    before = script[_start_of_line(script, ends[0].start_byte) : ends[0].start_byte]
    return not before.strip("\t") if heredoc.children[0].type == "<<-" else not before


def _holds_commands(node: Node, at: int) -> bool:
    """Whether a new line at an offset inside a node is a command of its own in it."""
    if node.type in _CHOICES:
        return any(child.type == "then" and child.end_byte <= at for child in node.children)
    if node.type == "case_item":
        # Behind `;;` no command may stand before the next pattern.
        return not any(child.type in (";;", ";&", ";;&") and child.end_byte <= at for child in node.children)
    return node.type in _BLOCKS


def _is_run(node: Node | None, offset: int) -> bool:
    """Whether the command at an offset has been run when a statement is over."""
    while node is not None:
        if node.type in _UNCERTAIN:
            return False
        inner = next((one for one in node.children if one.start_byte <= offset < one.end_byte), None)
        if node.type == "list" and inner is not None and inner.id != node.children[0].id:
            return False
        node = inner
    return True


def _indent(script: str, block: Node, command: int, at: int) -> str:
    """How far the commands of a block are indented: the one at an offset, or the next where that opens the block."""
    start = _start_of_line(script, command)
    if block.parent is not None and block.start_byte >= start:
        following = next((one for one in block.children if one.is_named and one.start_byte > at), None)
        start = start if following is None else _start_of_line(script, following.start_byte)
    return _blanks(script, start)


def _blanks(script: str, start: int) -> str:
    line = script[start : _end_of_line(script, start)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _start_of_line(script: str, offset: int) -> int:
    return script.rfind("\n", 0, offset) + 1


def _end_of_line(script: str, offset: int) -> int:
    end = script.find("\n", offset)
    return len(script) if end < 0 else end
