"""Adds entries to mappings and items to lists."""

from __future__ import annotations

import re

from tektonlint.document import Mapping, Node, Sequence
from tektonlint.edit.change import Change, Refusal
from tektonlint.edit.geometry import (
    extent_of,
    last_offset,
    lines_of,
    newline_of,
    next_line,
    refuse_open_colon,
    replacing,
    unshared,
)
from tektonlint.edit.layout import common_quote, item_width, layout_of
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
    return Change((_new_lines(mapping, end, entry_lines(name, data, layout), column),), touches)


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
    return Change((_new_lines(sequence, lines.end, item_lines(data, layout), lines.column),), touches)


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
        if text[node.start + 1 : node.end - 1].strip():
            raise Refusal("a comment stands in the brackets")
        # The brackets are part of the edit, so that no two changes can both be the first in them.
        return replacing(place, node.start, node.end, text[node.start] + added + text[node.end - 1])
    refuse_open_colon(text, last.end)
    if re.compile(r"[ \t,]*#").match(text, last.end):
        raise Refusal("a comment stands behind the last of them, in flow style")
    return replacing(place, last.end, last.end, f", {added}")


def _new_lines(place: Place, end: int, lines: list[str], column: int) -> Edit:
    """Puts lines, indented by `column`, behind a line that ends at `end`."""
    newline = newline_of(place.resource.source.text, place.node.start)
    at = behind_comments(place.resource.source.text, end, column)
    return inserted(place, at, "".join(f"{' ' * column}{line}{newline}" for line in lines))


def behind_comments(text: str, at: int, column: int) -> int:
    """Where the comments end that begin at `at` and belong to what stands above: those deeper than `column`."""
    while re.compile(rf" {{{column + 1},}}#").match(text, at):
        at = next_line(text, at)
    return at


def inserted(place: Place, at: int, block: str) -> Edit:
    """Puts whole lines where a line begins, or behind a last line that has no line end.

    What ends the file without a line end gains one, which changes no value: Kubernetes ends every line before it
    parses (apimachinery, pkg/util/yaml/decoder.go, LineReader), so a literal block has its line feed already.
    """
    text = place.resource.source.text
    if at == len(text) and not text.endswith(("\n", "\r")):
        newline = newline_of(block, 0)
        block = newline + block.removesuffix(newline)
    return replacing(place, at, at, block)
