"""Adds entries to mappings and items to lists."""

from __future__ import annotations

import re

from tektonlint.document import Mapping, Node, Scalar, Sequence
from tektonlint.edit.change import Change, Refusal
from tektonlint.edit.geometry import (
    chomping,
    common_quote,
    end_of_block,
    extent_of,
    is_block,
    item_width,
    last_of,
    last_offset,
    layout_of,
    line_end,
    lines_of,
    newline_of,
    next_line,
    refuse_open_colon,
    replacing,
    unshared,
)
from tektonlint.edit.values import Data, entry_lines, flow_entry, flow_text, item_lines
from tektonlint.finding import Edit
from tektonlint.tekton.resource import Place


def insert_key(mapping: Place, name: str, data: Data, *, after: str | None = None) -> Change:
    """Adds an entry to a mapping, behind the entry `after` if that is there, else behind the last."""
    node = unshared(mapping.node)
    if not isinstance(node, Mapping):
        raise Refusal("there is no mapping to write into")
    if name in node.index:
        raise Refusal(f"`{name}` is already there")
    touches = frozenset(((*mapping.path, name),))
    layout = layout_of(mapping)._replace(
        quote=common_quote([entry.value for entry in node.entries]),
        key_quote=common_quote([entry.key for entry in node.entries]),
    )
    entry = next((entry for entry in reversed(node.entries) if entry.name == after), None)
    if entry is None and node.entries:
        entry = node.entries[-1]
    if node.flow or entry is None:
        value = entry.value if entry else None
        return Change((_in_brackets(mapping, node, value, flow_entry(name, data, layout)),), touches)
    column = extent_of(mapping, node.entries[0]).column
    end = extent_of(mapping, entry).end
    return Change(_new_lines(mapping, end, entry_lines(name, data, layout), column), touches)


def append_item(sequence: Place, data: Data) -> Change:
    """Adds an item to a list, behind the last."""
    node = unshared(sequence.node)
    if not isinstance(node, Sequence):
        raise Refusal("there is no list to add to")
    touches = frozenset(((*sequence.path, len(node.items)),))
    layout = layout_of(sequence)._replace(quote=_quote_of_items(node.items))
    last = node.items[-1] if node.items else None
    if node.flow or last is None:
        return Change((_in_brackets(sequence, node, last, flow_text(data, layout)),), touches)
    text = sequence.resource.source.text
    layout = layout._replace(width=item_width(text, last) or layout.width)
    lines = lines_of(sequence, node.start, last_offset(text, last))
    return Change(_new_lines(sequence, lines.end, item_lines(data, layout), lines.column), touches)


def _quote_of_items(items: list[Node]) -> str:
    """The quotes that the strings of a list have, or those in its last mapping."""
    last = items[-1] if items else None
    return common_quote([entry.value for entry in last.entries] if isinstance(last, Mapping) else items)


def _in_brackets(place: Place, node: Mapping | Sequence, last: Node | None, added: str) -> Edit:
    """Puts a text behind an entry or item in flow style, or into empty brackets."""
    text = place.resource.source.text
    if text[node.start] not in "[{":
        raise Refusal("the mapping has no braces of its own")
    if last is None:
        return replacing(place, node.start + 1, node.start + 1, added)
    refuse_open_colon(text, last.end)
    if re.compile(r"[ \t,]*#").match(text, last.end):
        raise Refusal("a comment stands behind the last of them, in flow style")
    return replacing(place, last.end, last.end, f", {added}")


def _new_lines(place: Place, end: int, lines: list[str], column: int) -> tuple[Edit, ...]:
    """Puts lines, indented by `column`, behind a line that ends at `end`."""
    newline = newline_of(place.resource.source.text, place.node.start)
    at = behind_comments(place.resource.source.text, end, column)
    return inserted(place, at, "".join(f"{' ' * column}{line}{newline}" for line in lines))


def behind_comments(text: str, at: int, column: int) -> int:
    """Where the comments end that begin at `at` and belong to what stands above: those deeper than `column`."""
    while re.compile(rf" {{{column + 1},}}#").match(text, at):
        at = next_line(text, at)
    return at


def inserted(place: Place, at: int, block: str) -> tuple[Edit, ...]:
    """Puts whole lines where a line begins, or behind a last line that has no line end."""
    text = place.resource.source.text
    if at < len(text) or text[-1:] in ("\n", "\r"):
        return (replacing(place, at, at, block),)
    newline = newline_of(block, 0)
    # The file still ends without a line end, so the last line gets its own.
    edit = replacing(place, at, at, newline + block.removesuffix(newline))
    return (*chomped(place, place.resource.document.root), edit)


def chomped(place: Place, node: Node) -> tuple[Edit, ...]:
    """Keeps a block scalar that ends the file without a line end from gaining one when lines follow: `|-`."""
    text = place.resource.source.text
    last = last_of(node)
    if not is_block(text, last):
        return ()
    assert isinstance(last, Scalar)
    says = chomping(text, last)
    if says == "-" or not last.text or line_end(text, end_of_block(text, last)) < len(text):
        return ()
    if not last.text.endswith("\n"):
        at = last.start + 1
        if says == "+":
            at = text.index("+", at)
        return (replacing(place, at, at + len(says), "-"),)
    if says == "+":
        raise Refusal("a block that keeps its blank lines ends the file in the middle of one")
    return ()
