"""Adds entries to mappings and items to lists."""

from __future__ import annotations

from tektonlint.document import Mapping, Sequence
from tektonlint.edit.change import Change, Refusal
from tektonlint.edit.geometry import (
    common_quote,
    extent_of,
    extent_of_item,
    item_width,
    layout_of,
    unshared,
)
from tektonlint.edit.values import Data, entry_lines, flow_entry, flow_text, item_lines
from tektonlint.tekton.resource import Place


def insert_key(mapping: Place, name: str, data: Data, *, after: str | None = None) -> Change:
    """Adds an entry to a mapping, behind the entry `after` if it is there, else behind the last."""
    node = unshared(mapping.node)
    if not isinstance(node, Mapping):
        raise Refusal("there is no mapping to write into")
    if name in node.index:
        raise Refusal(f"`{name}` is already there")
    entry = next((entry for entry in reversed(node.entries) if after in (None, entry.name)), None)
    entry = entry or (node.entries[-1] if node.entries else None)
    touches = frozenset(((*mapping.path, name),))
    layout = layout_of(mapping)._replace(
        quote=common_quote([entry.value for entry in node.entries]),
        key_quote=common_quote([entry.key for entry in node.entries]),
    )
    if node.flow or entry is None:
        value = entry.value if entry is not None else None
        return Change((_in_flow(mapping, node, value, flow_entry(name, data, layout)),), touches)
    column = extent_of(mapping, node.entries[0]).column
    end = extent_of(mapping, entry).end
    return Change(_lines_from(mapping, entry.value, end, entry_lines(name, data, layout), column), touches)


def append_item(sequence: Place, data: Data) -> Change:
    """Adds an item to a list, behind the last."""
    node = unshared(sequence.node)
    if not isinstance(node, Sequence):
        raise Refusal("there is no list to add to")
    touches = frozenset(((*sequence.path, len(node.items)),))
    last = node.items[-1] if node.items else None
    layout = _layout_like(layout_of(sequence), node.items)
    if node.flow or last is None:
        return Change((_in_flow(sequence, node, last, flow_text(data, layout)),), touches)
    text = sequence.resource.source.text
    layout = layout._replace(width=item_width(text, last) or layout.width)
    column = extent_of_item(sequence, node, 0).column
    end = extent_of_item(sequence, node, len(node.items) - 1).end
    return Change(_lines_from(sequence, last, end, item_lines(data, layout), column), touches)
