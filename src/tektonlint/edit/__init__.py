"""The edit operations: a closed vocabulary of changes to a text, each exact or refused.

Every operation takes places of one file and gives a `Change`: the edits, and the paths whose values may differ
afterwards. Where it cannot be exact it raises `Refusal` with the reason: what stands in an alias or under an
anchor that one refers to, block scalars with an indentation indicator, tabs in the indentation, and, but for a
few operations that are exact there too, flow style.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Entry, Mapping, Node, Scalar, Sequence
from tektonlint.edit.geometry import (
    Extent,
    Refusal,
    column_of,
    entry_of,
    extent_of,
    in_flow,
    line_end,
    line_start,
    line_starts,
    newline_of,
    next_line,
    only_a_comment_behind,
    refuse_what_cannot_move,
    replacing,
    says_its_indentation,
    sequence_of,
    step_of,
    unshared,
)
from tektonlint.edit.values import (
    Data,
    double_quoted,
    entry_lines,
    fits_single,
    item_lines,
    key_text,
    plain_safe,
    scalar_text,
    scalars_agree,
)
from tektonlint.finding import Edit, Path
from tektonlint.offsets import header_line_end, indentation, source_offsets, span_in
from tektonlint.tekton.resource import Place


class Change(NamedTuple):
    """Edits of one file, and the paths (from the document's root) at or under which values may differ."""

    edits: tuple[Edit, ...]
    touches: frozenset[Path]

    def with_(self, other: Change) -> Change:
        """Both together."""
        return Change(self.edits + other.edits, self.touches | other.touches)


def replace_scalar(place: Place, value: str | int | bool) -> Change:
    """Writes another value; a string keeps the quotes it has, and gets some where it needs them."""
    node = unshared(place.node)
    if not isinstance(node, Scalar):
        raise Refusal("a mapping or a list stands there")
    if node.style in (LITERAL, FOLDED):
        raise Refusal("it is a block scalar")
    flow = in_flow(place)
    if not isinstance(value, str):
        text = scalar_text(value)
    elif node.style == SINGLE and fits_single(value):
        text = "'" + value.replace("'", "''") + "'"
    elif node.style == PLAIN and plain_safe(value, flow=flow) and scalars_agree(value):
        text = value
    else:
        text = double_quoted(value)
    if node.start == node.end:
        text = f" {text}"
    return Change((replacing(place, node.start, node.end, text),), frozenset((place.path,)))


def rename_key(place: Place, name: str) -> Change:
    """Gives an entry another key. Exact in flow style too."""
    owner, entry = entry_of(place)
    if name in owner.index:
        raise Refusal(f"`{name}` is already there")
    edit = replacing(place, entry.key.start, entry.key.end, key_text(name, owner))
    return Change((edit,), frozenset((place.path, (*place.path[:-1], name))))


def remove_key(place: Place) -> Change:
    """Takes an entry out, with the comment behind it and without the one above its neighbour."""
    owner, entry = entry_of(place)
    if len(owner.entries) == 1:
        raise Refusal("nothing else stands in the mapping")
    if owner.flow:
        return Change((_removal_in_flow(place, owner, entry),), frozenset((place.path,)))
    lines = extent_of(place, entry)
    if not lines.dashed:
        return Change((replacing(place, lines.start, lines.end, ""),), frozenset((place.path,)))
    following = owner.entries[1]
    text = place.resource.source.text
    if "#" in text[lines.end : following.key.start]:
        raise Refusal("a comment stands between it and the next key")
    return Change((replacing(place, entry.key.start, following.key.start, ""),), frozenset((place.path,)))


def remove_item(place: Place) -> Change:
    """Takes an item out of a list."""
    owner = sequence_of(place)
    number = place.path[-1]
    assert isinstance(number, int)
    if len(owner.items) == 1:
        raise Refusal("nothing else stands in the list")
    # The items behind it move up.
    touches = frozenset((*place.path[:-1], later) for later in range(number, len(owner.items)))
    text = place.resource.source.text
    if owner.flow:
        return Change((_flow_removal(place, [(one.start, one.end) for one in owner.items], number),), touches)
    item = owner.items[number]
    start = line_start(text, item.start)
    if not re.fullmatch(r"\ufeff? *- +", text[start : item.start]):
        raise Refusal("the item does not begin on a line of its own")
    only_a_comment_behind(text, item.end)
    return Change((replacing(place, start, next_line(text, item.end), ""),), touches)


def insert_key(mapping: Place, name: str, data: Data, *, after: str | None = None) -> Change:
    """Adds an entry to a block mapping, behind the entry `after`, or behind the last."""
    node = unshared(mapping.node)
    if not isinstance(node, Mapping):
        raise Refusal("there is no mapping to write into")
    if name in node.index:
        raise Refusal(f"`{name}` is already there")
    if node.flow or not node.entries:
        raise Refusal("the mapping is written in flow style")
    entry = node.entries[-1]
    if after is not None:
        entry = next((one for one in node.entries if one.name == after), entry)
    source = mapping.resource.source
    column = column_of(source.text, node.entries[0].key.start)
    lines = entry_lines(name, data, column, step_of(mapping), flow=False)
    return Change(_insert_lines_behind(mapping, entry.value, lines, column), frozenset(((*mapping.path, name),)))


def append_item(sequence: Place, data: Data) -> Change:
    """Adds an item to a list, in block style, or in flow style on one line."""
    node = unshared(sequence.node)
    if not isinstance(node, Sequence):
        raise Refusal("there is no list to add to")
    touches = frozenset(((*sequence.path, len(node.items)),))
    text = sequence.resource.source.text
    if node.flow:
        if isinstance(data, dict | list):
            raise Refusal("the list is written in flow style")
        if node.items and "#" in text[node.items[-1].end : node.end]:
            raise Refusal("a comment stands in the list")
        at = node.items[-1].end if node.items else node.start + 1
        added = scalar_text(data, flow=True)
        return Change((replacing(sequence, at, at, f", {added}" if node.items else added),), touches)
    first = node.items[0]
    dash = text.rfind("-", line_start(text, first.start), first.start)
    if dash < 0:
        raise Refusal("the items do not begin on the lines of their dashes")
    column = column_of(text, dash)
    lines = item_lines(data, column, step_of(sequence))
    return Change(_insert_lines_behind(sequence, node.items[-1], lines, column), touches)


def move_key(place: Place, *to: str) -> Change:
    """Moves an entry under other keys of the same mapping, made where they are missing.

    `move_key(timeout, "timeouts", "pipeline")` makes `timeout: 1h` into `timeouts: {pipeline: 1h}`. What stands
    in the entry keeps its text but for the indentation; the comments above it move along.
    """
    owner, entry = entry_of(place)
    if len(to) == 1:
        return rename_key(place, to[0])
    if owner.flow:
        return _move_in_flow(place, owner, entry, to)
    lines = extent_of(place, entry)
    refuse_what_cannot_move(place, entry.value)
    touches = frozenset((place.path, (*place.path[:-1], to[0])))
    parent = owner.index.get(to[0])
    if parent is None:
        return Change(_nested_in_place(place, entry, lines, to), touches)
    target: Node = parent.value
    names = list(to[1:])
    while len(names) > 1 and isinstance(target, Mapping) and names[0] in target.index:
        target = target.index[names.pop(0)].value
    if not isinstance(target, Mapping) or target.flow or not target.entries or target.shared:
        raise Refusal(f"`{to[0]}` is there, but not as a block mapping")
    if names[0] in target.index:
        raise Refusal(f"`{'.'.join(to)}` is already there")
    if lines.dashed:
        raise Refusal("the entry begins a list item")
    return Change(_moved_into(place, entry, lines, target, names), touches)


def insert_lines(place: Place, number: int, lines: tuple[str, ...]) -> Change:
    """Puts lines into a literal block scalar before its line `number` (from 0), in its own indentation."""
    node = unshared(place.node)
    if not isinstance(node, Scalar) or node.style != LITERAL:
        raise Refusal("the text is not a literal block")
    source = place.resource.source
    text = source.text
    present = node.text.split("\n")
    indent = indentation(node, text)
    if indent == 0 or says_its_indentation(node, text):
        raise Refusal("the block has no indentation of its own")
    nl = newline_of(source, node.start)
    block = "".join(f"{' ' * indent}{line}{nl}" if line else nl for line in lines)
    ended = node.text.endswith("\n")
    count = len(present) - 1 if ended else len(present)
    if number < count:
        offsets = source_offsets(node, text)
        at = line_start(text, offsets[sum(len(line) + 1 for line in present[:number])])
        return Change((replacing(place, at, at, block),), frozenset((place.path,)))
    return Change(_insert_text_behind(place, node.end, block, nl), frozenset((place.path,)))


def replace_fragment(place: Place, start: int, end: int, replacement: str) -> Change:
    """Writes other text for `node.text[start:end]`, escaped as the scalar's style asks for."""
    node = unshared(place.node)
    if not isinstance(node, Scalar):
        raise Refusal("a mapping or a list stands there")
    source = place.resource.source
    span = span_in(node, source.text, start, end)
    if node.style == PLAIN:
        wanted = node.text[:start] + replacement + node.text[end:]
        if "\n" in replacement or not plain_safe(wanted, flow=in_flow(place)) or not scalars_agree(wanted):
            raise Refusal("the text would need quotes")
        if node.end - node.start != len(node.text):
            raise Refusal("the text goes over several lines")
    elif node.style == DOUBLE:
        replacement = double_quoted(replacement)[1:-1]
    elif node.style == SINGLE:
        if not fits_single(replacement):
            raise Refusal("the text would need other quotes")
        replacement = replacement.replace("'", "''")
    elif "\n" in replacement:
        if node.style == FOLDED:
            raise Refusal("the text is folded")
        indent = " " * indentation(node, source.text)
        replacement = f"{newline_of(source, node.start)}{indent}".join(replacement.split("\n"))
    return Change((replacing(place, *span, replacement),), frozenset((place.path,)))


def _insert_lines_behind(place: Place, value: Node, lines: list[str], column: int) -> tuple[Edit, ...]:
    """Edits that put lines behind the last line of a value; the first line lacks its indentation."""
    source = place.resource.source
    only_a_comment_behind(source.text, value.end)
    nl = newline_of(source, value.start)
    block = nl.join([" " * column + lines[0], *lines[1:]]) + nl
    return _insert_text_behind(place, value.end, block, nl)


def _insert_text_behind(place: Place, offset: int, block: str, nl: str) -> tuple[Edit, ...]:
    """Edits that put whole lines behind the line of an offset, also where the file ends without a line end."""
    text = place.resource.source.text
    at = next_line(text, offset)
    if at < len(text) or text[-1:] in ("\n", "\r"):
        return (replacing(place, at, at, block),)
    # The file ends without a line end: it goes before the block instead of behind it, and a literal block that
    # was the last thing in the file must not gain a line feed from it.
    edits = [replacing(place, at, at, nl + block.removesuffix(nl))]
    last = _last_scalar(place.resource.document.root)
    if isinstance(last, Scalar) and last.style in (LITERAL, FOLDED) and not last.text.endswith("\n"):
        header = text[last.start : header_line_end(last, text)]
        if "-" not in header.partition("#")[0]:
            edits.insert(0, replacing(place, last.start + 1, last.start + 1, "-"))
    return tuple(edits)


def _last_scalar(node: Node) -> Node:
    while True:
        if isinstance(node, Mapping) and node.entries:
            node = node.entries[-1].value
        elif isinstance(node, Sequence) and node.items:
            node = node.items[-1]
        else:
            return node


def _nested_in_place(place: Place, entry: Entry, lines: Extent, to: tuple[str, ...]) -> tuple[Edit, ...]:
    """The entry stays where it is, one level deeper for each key that is made above it."""
    source = place.resource.source
    step = step_of(place)
    nl = newline_of(source, entry.key.start)
    head = "".join(f"{name}:{nl}{' ' * (lines.column + step * (depth + 1))}" for depth, name in enumerate(to[:-1]))
    shift = step * (len(to) - 1)
    edits = [replacing(place, entry.key.start, entry.key.end, head + to[-1])]
    first = next_line(source.text, entry.key.start)
    edits += [
        replacing(place, start, start, " " * shift)
        for start in line_starts(source.text, first, lines.end)
        if source.text[start : start + 1] not in ("\n", "\r", "")
    ]
    return tuple(edits)


def _moved_into(place: Place, entry: Entry, lines: Extent, target: Mapping, names: list[str]) -> tuple[Edit, ...]:
    """The entry's lines, and the comments right above them, go behind the last entry of another mapping."""
    source = place.resource.source
    text = source.text
    step = step_of(place)
    column = column_of(text, target.entries[0].key.start)
    only_a_comment_behind(text, target.end)
    nl = newline_of(source, entry.key.start)
    head = [" " * (column + step * depth) + f"{name}:" for depth, name in enumerate(names[:-1])]
    shift = column + step * len(head) - lines.column
    start = _comments_above(text, lines)
    moved: list[str] = []
    for at in line_starts(text, start, lines.end):
        line = text[at : line_end(text, at)]
        if at == lines.start:
            line = line[: lines.column] + names[-1] + line[lines.column + entry.key.end - entry.key.start :]
        moved.append(_shifted(line, shift))
    block = nl.join([*head, *moved]) + nl
    removal = replacing(place, start, lines.end, "")
    insertion = _insert_text_behind(place, target.end, block, nl)
    behind = insertion[-1].at.span.start
    if start <= behind <= lines.end:
        # It stands right behind the mapping it goes into: one edit says both.
        return (replacing(place, start, lines.end, block),)
    return (removal, *insertion)


def _comments_above(text: str, lines: Extent) -> int:
    """Where the comment lines begin that stand right above an entry, in its own column."""
    start = lines.start
    while start > 0:
        above = line_start(text, start - 1 - text.startswith("\n", start - 1) * text.startswith("\r", start - 2))
        line = text[above:start]
        if not re.fullmatch(rf" {{{lines.column}}}#[^\r\n]*[\r\n]+", line):
            break
        start = above
    return start


def _shifted(line: str, shift: int) -> str:
    if not line:
        return line
    if shift >= 0:
        return " " * shift + line
    if line[:-shift].strip(" "):
        raise Refusal("a line of it is not indented far enough")
    return line[-shift:]


def _removal_in_flow(place: Place, owner: Mapping, entry: Entry) -> Edit:
    spans = [(one.key.start, max(one.key.end, one.value.end)) for one in owner.entries]
    return _flow_removal(place, spans, owner.entries.index(entry))


def _flow_removal(place: Place, spans: list[tuple[int, int]], number: int) -> Edit:
    """One of several in brackets, with the comma that is too many without it."""
    start, end = spans[number]
    if number + 1 < len(spans):
        end = spans[number + 1][0]
    else:
        start = spans[number - 1][1]
    if "#" in place.resource.source.text[start:end].replace(place.resource.source.text[slice(*spans[number])], ""):
        raise Refusal("a comment stands beside it")
    return replacing(place, start, end, "")


def _move_in_flow(place: Place, owner: Mapping, entry: Entry, to: tuple[str, ...]) -> Change:
    """`{timeout: 1h}` becomes `{timeouts: {pipeline: 1h}}`."""
    if to[0] in owner.index:
        raise Refusal(f"`{to[0]}` is there, and written in flow style")
    head = "".join(f"{name}: {{" for name in to[:-1])
    edits = (
        replacing(place, entry.key.start, entry.key.end, head + to[-1]),
        replacing(place, entry.value.end, entry.value.end, "}" * (len(to) - 1)),
    )
    return Change(edits, frozenset((place.path, (*place.path[:-1], to[0]))))
