"""Takes entries out of mappings and items out of lists."""

from __future__ import annotations

from tektonlint.document import Node
from tektonlint.edit.change import Change, Refusal
from tektonlint.edit.geometry import (
    Extent,
    all_unshared,
    dash_of,
    entry_of,
    extent_of,
    item_of,
    last_offset,
    lines_of,
    refuse_open_colon,
    refuse_swallowing,
    refuse_uncovering,
    replacing,
)
from tektonlint.finding import Edit
from tektonlint.tekton.resource import Place
from tektonlint.text import Span


def remove_key(place: Place) -> Change:
    """Takes an entry out, with the comments on its lines and without those above and below.

    Of two entries of one name the earlier can be taken out; the value that counts stays.
    """
    owner, entry = entry_of(place)
    all_unshared(place.node)
    refuse_uncovering(owner, entry)
    if len(owner.entries) == 1:
        raise Refusal("nothing else stands in the mapping")
    touches = frozenset((place.path,))
    number = owner.entries.index(entry)
    if owner.flow:
        spans = [Span(one.key.start, max(one.key.end, one.value.end)) for one in owner.entries]
        return Change((_out_of_brackets(place, owner.start, spans, number),), touches)
    lines = extent_of(place, entry)
    above = owner.entries[number - 1].value if number else None
    below = owner.entries[1].key.start
    return Change((_without(place, lines, entry.key.start, above, below),), touches)


def remove_item(place: Place) -> Change:
    """Takes an item out of a list, with the comments on its lines and without those above and below."""
    owner, number = item_of(place)
    all_unshared(place.node)
    if len(owner.items) == 1:
        raise Refusal("nothing else stands in the list")
    # The items behind it move up.
    touches = frozenset((*place.path[:-1], later) for later in range(number, len(owner.items)))
    if owner.flow:
        spans = [Span(one.start, one.end) for one in owner.items]
        return Change((_out_of_brackets(place, owner.start, spans, number),), touches)
    text = place.resource.source.text
    dash = dash_of(text, owner, number)
    lines = lines_of(place, dash, last_offset(text, place.node))
    above = owner.items[number - 1] if number else None
    below = dash_of(text, owner, 1) if lines.dashed else 0
    return Change((_without(place, lines, dash, above, below),), touches)


def _without(place: Place, lines: Extent, first: int, above: Node | None, below: int) -> Edit:
    """Takes lines out; of a line that begins with a dash of a list around, what stands behind that.

    `first` is where the entry or item begins, `above` is its neighbour above, `below` is where the one below begins.
    """
    text = place.resource.source.text
    if lines.dashed:
        if text[lines.end : below].strip():
            raise Refusal("a comment stands between it and what follows")
        return replacing(place, first, below, "")
    if above is not None:
        refuse_swallowing(text, above, lines.start, text[lines.end :])
    return replacing(place, lines.start, lines.end, "")


def _out_of_brackets(place: Place, opening: int, spans: list[Span], number: int) -> Edit:
    """Takes one of several out of brackets, with the comma that is too many without it."""
    text = place.resource.source.text
    start, end = spans[number]
    before = text[(spans[number - 1].end if number else opening) : start]
    if before.strip(" \t\r\n") not in ("[", "{", ","):
        raise Refusal("a comment, an anchor or a tag stands before it, in flow style")
    if number + 1 == len(spans):
        refuse_open_colon(text, spans[number - 1].end)
        return replacing(place, spans[number - 1].end, end, "")
    after = text[end : spans[number + 1].start]
    if after.strip(" \t\r\n") != ",":
        raise Refusal("a comment, an anchor or a tag stands behind it, in flow style")
    return replacing(place, start, spans[number + 1].start, "")
