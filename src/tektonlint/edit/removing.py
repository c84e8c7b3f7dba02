"""Takes entries out of mappings and items out of lists."""

from __future__ import annotations

from tektonlint.document import Mapping, Node, Sequence
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
    span_of,
)
from tektonlint.finding import Edit, Path
from tektonlint.tekton.resource import Place


def remove_key(place: Place) -> Change:
    """Takes an entry out, with the comments on its lines and without those above and below.

    Of two entries of one name the earlier can be taken out; the value that counts stays.
    """
    owner, number = entry_of(place)
    entry = owner.entries[number]
    all_unshared(place.node)
    refuse_uncovering(place, owner, entry)
    if len(owner.entries) == 1:
        raise Refusal("nothing else stands in the mapping")
    touches = frozenset((place.path,))
    if owner.flow:
        return Change((_out_of_brackets(place, owner, number, len(owner.entries)),), touches)
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
    touches = _from_item(place.path[:-1], number, len(owner.items))
    if owner.flow:
        return Change((_out_of_brackets(place, owner, number, len(owner.items)),), touches)
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


# So many paths of a list are better said as one, for the sake of a hostile file.
_MANY = 1000


def _from_item(path: Path, number: int, count: int) -> frozenset[Path]:
    """The paths of an item and of those behind it, which move up; of a long list its own, which is above them all."""
    if count - number > _MANY:
        return frozenset((path,))
    return frozenset((*path, later) for later in range(number, count))


def _out_of_brackets(place: Place, owner: Mapping | Sequence, number: int, count: int) -> Edit:
    """Takes one of several out of brackets, with the comma that is too many without it."""
    text = place.resource.source.text
    start, end = span_of(owner, number)
    before = span_of(owner, number - 1).end if number else owner.start
    if text[before:start].strip(" \t\r\n") not in ("[", "{", ","):
        raise Refusal("a comment, an anchor or a tag stands before it, in flow style")
    if number + 1 == count:
        refuse_open_colon(text, before)
        return replacing(place, before, end, "")
    behind = span_of(owner, number + 1).start
    if text[end:behind].strip(" \t\r\n") != ",":
        raise Refusal("a comment, an anchor or a tag stands behind it, in flow style")
    return replacing(place, start, behind, "")
