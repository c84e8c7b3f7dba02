"""Where the lines of entries and items are, and which of them can be edited exactly."""

from __future__ import annotations

import re
from typing import NamedTuple

from tektonlint.document import FOLDED, LITERAL, Entry, Mapping, Node, Scalar, Sequence
from tektonlint.finding import Edit, Location
from tektonlint.tekton.resource import Place
from tektonlint.text import Source, Span


class Refusal(ValueError):
    """The change cannot be made exactly here; the text says why, in a clause."""


class Extent(NamedTuple):
    """The lines of an entry: from the start of its key's line to behind its last line's end; its key's column."""

    start: int
    end: int
    column: int
    dashed: bool


def step_of(place: Place) -> int:
    """How far the file indents a mapping in a mapping: the first difference found in its document, else 2."""
    text = place.resource.source.text
    stack: list[Node] = [place.resource.document.root]
    while stack:
        node = stack.pop(0)
        if isinstance(node, Mapping) and not node.flow:
            for entry in node.entries:
                value = entry.value
                if isinstance(value, Mapping) and not value.flow and value.entries:
                    step = column_of(text, value.entries[0].key.start) - column_of(text, entry.key.start)
                    if step > 0:
                        return step
                stack.append(value)
        elif isinstance(node, Sequence):
            stack.extend(node.items)
    return 2


def newline_of(source: Source, near: int) -> str:
    """The line end of the line at an offset, else the file's first, else a line feed."""
    match = re.compile(r"\r\n|\n|\r").search(source.text, near) or re.search(r"\r\n|\n|\r", source.text)
    return match[0] if match else "\n"


def unshared(node: Node) -> Node:
    """The node, if it stands only here. Raises `Refusal` for what an alias or an anchor shares."""
    if node.shared:
        raise Refusal("it is shared through an alias")
    return node


def owner_of(place: Place) -> Mapping:
    """The mapping that a place's key stands in."""
    node: Node = place.resource.document.root
    for step in place.path[:-1]:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.index[step].value
        elif isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
    if not isinstance(node, Mapping):
        raise Refusal("it is no entry of a mapping")
    return node


def sequence_of(place: Place) -> Sequence:
    node: Node = place.resource.document.root
    for step in place.path[:-1]:
        node = node.index[str(step)].value if isinstance(node, Mapping) else node.items[int(step)]  # type: ignore[union-attr]
    if not isinstance(unshared(node), Sequence):
        raise Refusal("it is no item of a list")
    return node  # type: ignore[return-value]


def entry_of(place: Place) -> tuple[Mapping, Entry]:
    owner = owner_of(place)
    unshared(owner)
    unshared(place.node)
    for entry in owner.entries:
        if entry.key is place.key:
            unshared(entry.key)
            return owner, entry
    raise Refusal("it is merged into the mapping from elsewhere")


def in_flow(place: Place) -> bool:
    """Whether anything around a place is written in flow style."""
    node: Node = place.resource.document.root
    for step in place.path:
        if not isinstance(node, Scalar) and node.flow:
            return True
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.index:
            node = node.index[step].value
        elif isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
    return False


def extent_of(place: Place, entry: Entry) -> Extent:
    text = place.resource.source.text
    start = line_start(text, entry.key.start)
    before = text[start : entry.key.start].removeprefix("\ufeff")
    if "\t" in before:
        raise Refusal("the line is indented with a tab")
    dashed = bool(before.strip(" "))
    if dashed and not re.fullmatch(r" *(?:- +)+", before):
        raise Refusal("something else stands before the key on its line")
    end = max(entry.value.end, entry.key.end)
    only_a_comment_behind(text, end)
    return Extent(start, next_line(text, end), column_of(text, entry.key.start), dashed)


def only_a_comment_behind(text: str, offset: int) -> None:
    rest = text[offset : line_end(text, offset)]
    if rest.strip(" \t:") and not re.match(r":?[ \t]+#", rest):
        raise Refusal("something else stands behind it on its line")


def column_of(text: str, offset: int) -> int:
    start = line_start(text, offset)
    return offset - start - (1 if text.startswith("\ufeff", start) else 0)


def line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    match = re.compile(r"[\r\n]").search(text, offset)
    return match.start() if match else len(text)


def next_line(text: str, offset: int) -> int:
    match = re.compile(r"\r\n|\n|\r").search(text, offset)
    return match.end() if match else len(text)


def replacing(place: Place, start: int, end: int, text: str) -> Edit:
    return Edit(Location(place.resource.source, Span(start, end)), text)


def says_its_indentation(node: Scalar, text: str) -> bool:
    """Whether a block scalar's header says how far it is indented."""
    return re.match(r"[|>][+-]?[1-9]", text[node.start : node.start + 3]) is not None


def refuse_what_cannot_move(place: Place, value: Node) -> None:
    """Refuses what a change of indentation may change, or what cannot be re-indented by lines."""
    text = place.resource.source.text
    stack = [value]
    while stack:
        node = stack.pop()
        unshared(node)
        if isinstance(node, Scalar) and node.style in (LITERAL, FOLDED):
            if says_its_indentation(node, text):
                raise Refusal("a block in it says how far it is indented")
            if "+" in text[node.start : line_end(text, node.start)].partition("#")[0]:
                raise Refusal("a block in it keeps its trailing blank lines")
        if isinstance(node, Mapping):
            stack.extend(entry.value for entry in node.entries)
        elif isinstance(node, Sequence):
            stack.extend(node.items)


def line_starts(text: str, start: int, end: int) -> list[int]:
    """The offsets at which lines begin, from `start`, which is one, to before `end`."""
    starts: list[int] = []
    while start < end:
        starts.append(start)
        start = next_line(text, start)
    return starts
