"""Renames entries, moves them under other keys, and up in place of the mapping around them."""

from __future__ import annotations

import re

from tektonlint.document import Entry, Mapping, Node, Scalar, Sequence
from tektonlint.edit.adding import behind_comments, inserted
from tektonlint.edit.change import Change, Refusal, apply
from tektonlint.edit.geometry import (
    Extent,
    all_unshared,
    chomping,
    entry_of,
    extent_of,
    is_block,
    last_of,
    line_above,
    line_end,
    line_start,
    line_starts,
    newline_of,
    next_line,
    refuse_growth,
    refuse_swallowing,
    refuse_uncovering,
    replacing,
    says_its_indentation,
    unshared,
    without_comments,
)
from tektonlint.edit.layout import layout_of
from tektonlint.edit.values import key_text
from tektonlint.finding import Edit
from tektonlint.offsets import indentation
from tektonlint.patterns import pattern
from tektonlint.tekton.resource import Place
from tektonlint.text import LINE_END

# What stands between the keys and values of `a: {b: 1}`, and of the same over two lines.
_OPENING = pattern(r":[ \t]+\{[ \t]*")
_COLON = pattern(r":[ \t]+")
_CLOSING = pattern(r"[ \t]*,?[ \t]*\}")
_COLON_AND_LINE_END = pattern(r":[ \t]*(?:\r\n|[\r\n]) *")


def rename_key(place: Place, name: str) -> Change:
    """Gives an entry another key, in the quotes of the old one. Exact in flow style too."""
    owner, number = entry_of(place)
    entry = owner.entries[number]
    if name in owner.index:
        raise Refusal(f"`{name}` is already there")
    refuse_uncovering(place, owner, entry)
    return Change((_renamed(place, owner, entry, name),), frozenset((place.path, (*place.path[:-1], name))))


def move_key(place: Place, *to: str) -> Change:
    """Moves an entry under other keys of the same mapping, made where they are missing.

    `move_key(timeout, "timeouts", "pipeline")` makes `timeout: 1h` into `timeouts: {pipeline: 1h}`. What stands in
    the entry keeps its text but for the indentation. Where the first key is missing the entry stays in its place,
    one level deeper; otherwise it goes behind the last entry there, with the comments right above it.
    """
    if len(to) == 1:
        return rename_key(place, to[0])
    owner, number = entry_of(place)
    entry = owner.entries[number]
    refuse_uncovering(place, owner, entry)
    parent = owner.index.get(to[0])
    above = place.path[:-1]
    if parent is not None and parent is not entry:
        target, made = _target(parent, to[1:])
        touches = frozenset((place.path, (*above, *to[: len(to) - len(made) + 1])))
        return Change(_moved(place, owner, number, target, made), touches)
    touches = frozenset((place.path, (*above, to[0])))
    if owner.flow:
        return Change(_wrapped_in_braces(place, owner, entry, to), touches)
    return Change(_wrapped(place, owner, entry, to), touches)


def unwrap_key(place: Place) -> Change:
    """Puts the only entry of a mapping in that mapping's place: `a: {b: 1}` becomes `b: 1`."""
    owner, number = entry_of(place)
    entry = owner.entries[number]
    mapping = unshared(entry.value)
    if not isinstance(mapping, Mapping) or len(mapping.entries) != 1:
        raise Refusal("it does not hold just one entry")
    inner = mapping.entries[0]
    unshared(inner.key)
    if inner.name == "<<" or inner.name in owner.index:
        raise Refusal(f"`{inner.name}` is already there")
    refuse_uncovering(place, owner, entry)
    touches = frozenset((place.path, (*place.path[:-1], inner.name)))
    return Change(_out_of_braces(place, entry, inner) if mapping.flow else _unwrapped(place, entry, inner), touches)


def _out_of_braces(place: Place, entry: Entry, inner: Entry) -> tuple[Edit, ...]:
    text = place.resource.source.text
    start, end = entry.key.start, entry.value.end
    simple = (
        _OPENING.fullmatch(text, entry.key.end, inner.key.start)
        and _COLON.fullmatch(text, inner.key.end, inner.value.start)
        and _CLOSING.fullmatch(text, inner.value.end, end)
    )
    if not simple or inner.value.start == inner.value.end or LINE_END.search(text, start, end):
        raise Refusal("the braces hold more than a key and a value on one line")
    return replacing(place, start, inner.key.start, ""), replacing(place, inner.value.end, end, "")


def _unwrapped(place: Place, entry: Entry, inner: Entry) -> tuple[Edit, ...]:
    """The line of the outer key goes, and what is below comes up to its column, with the comments right behind."""
    text = place.resource.source.text
    lines = extent_of(place, entry)
    _refuse_what_cannot_move(text, entry, elsewhere=False)
    if not _COLON_AND_LINE_END.fullmatch(text, entry.key.end, inner.key.start):
        raise Refusal("something stands between the two keys")
    column = inner.key.start - line_start(text, inner.key.start)
    shift = column - lines.column
    _refuse_growth(text, entry, -shift, text[lines.end :])
    edits = [replacing(place, entry.key.start, inner.key.start, "")]
    end = behind_comments(text, lines.end, lines.column)
    for at in line_starts(text, next_line(text, inner.key.start), end):
        line = text[at : line_end(text, at)]
        blanks = len(line) - len(line.lstrip(" "))
        if blanks < column and blanks < len(line):
            raise Refusal("a line in it stands further left than its key")
        if blanks:
            edits.append(replacing(place, at, at + min(blanks, shift), ""))
    return tuple(edits)


def _target(parent: Entry, names: tuple[str, ...]) -> tuple[Mapping, tuple[str, ...]]:
    """The innermost block mapping that is there already, and the names that are still to be made in it."""
    while True:
        target = parent.value
        if parent.merged or target.shared or not isinstance(target, Mapping) or target.flow:
            raise Refusal(f"`{parent.name}` is already there, but not as a block mapping of its own")
        inner = target.index.get(names[0])
        if inner is None:
            return target, names
        if len(names) == 1:
            raise Refusal(f"`{names[0]}` is already there")
        parent, names = inner, names[1:]


def _wrapped_in_braces(place: Place, owner: Mapping, entry: Entry, to: tuple[str, ...]) -> tuple[Edit, ...]:
    """`{timeout: 1h}` becomes `{timeouts: {pipeline: 1h}}`."""
    end = entry.value.end
    if entry.value.start == end:
        raise Refusal("the value is empty, in flow style")
    head = "".join(f"{key_text(name, flow=True, quote=entry.key.style)}: {{" for name in to[:-1])
    renamed = _renamed(place, owner, entry, to[-1])
    return (renamed._replace(text=head + renamed.text), replacing(place, end, end, "}" * (len(to) - 1)))


def _wrapped(place: Place, owner: Mapping, entry: Entry, to: tuple[str, ...]) -> tuple[Edit, ...]:
    """The entry stays where it is, one level deeper for each key that is made above it."""
    text = place.resource.source.text
    lines = extent_of(place, entry)
    _refuse_what_cannot_move(text, entry, elsewhere=False)
    step = layout_of(place).step
    newline = newline_of(text, entry.key.start)
    head = "".join(
        f"{key_text(name, quote=entry.key.style)}:{newline}{' ' * (lines.column + step * depth)}"
        for depth, name in enumerate(to[:-1], start=1)
    )
    renamed = _renamed(place, owner, entry, to[-1])
    first = next_line(text, entry.key.start)
    return (renamed._replace(text=head + renamed.text), *_shifted(place, first, lines.end, step * (len(to) - 1)))


def _moved(place: Place, owner: Mapping, number: int, target: Mapping, names: tuple[str, ...]) -> tuple[Edit, ...]:
    """The entry's lines, and the comments right above them, go behind the last entry of another mapping."""
    text = place.resource.source.text
    entry = owner.entries[number]
    lines = extent_of(place, entry)
    if lines.dashed:
        raise Refusal("the entry begins an item of a list")
    _refuse_what_cannot_move(text, entry, elsewhere=True)
    neighbour = owner.entries[number - 1].value if number else None
    start = _comments_above(text, lines, neighbour)
    column = extent_of(place, target.entries[0]).column
    at = behind_comments(text, extent_of(place, target.entries[-1]).end, column)
    step = layout_of(place).step
    made = [f"{' ' * (column + step * depth)}{key_text(name)}:" for depth, name in enumerate(names[:-1])]
    head = "".join(line + newline_of(text, entry.key.start) for line in made)
    shift = column + step * len(made) - lines.column
    edits = (_renamed(place, owner, entry, names[-1]), *_shifted(place, start, lines.end, shift, head))
    if at <= start and not text[at:start].strip():
        _refuse_growth(text, entry, shift, text[lines.end :])
        return edits
    _refuse_growth(text, entry, shift, text[at:start] + text[lines.end :] if at <= start else text[at:])
    if neighbour is not None:
        refuse_swallowing(text, neighbour, start, text[lines.end :])
    block = apply(text[: lines.end], edits)[start:]
    if not block.endswith(("\n", "\r")):
        block += newline_of(text, entry.key.start)
    return (replacing(place, start, lines.end, ""), inserted(place, at, block))


def _comments_above(text: str, lines: Extent, neighbour: Node | None) -> int:
    """Where the comment lines begin that stand right above an entry, in its own column, and below its neighbour."""
    since = neighbour.end if neighbour is not None else 0
    start = lines.start
    while (above := line_above(text, start)) is not None and above >= since:
        if not re.compile(rf" {{{lines.column}}}#").match(text, above):
            break
        start = above
    return start


def _shifted(place: Place, start: int, end: int, shift: int, head: str = "") -> list[Edit]:
    """Edits that indent the lines from `start` to before `end` further, with `head` before the first of them."""
    text = place.resource.source.text
    filled = [at for at in line_starts(text, start, end) if line_end(text, at) > at]
    return [replacing(place, at, at, (head if at == start else "") + " " * shift) for at in filled]


def _renamed(place: Place, owner: Mapping, entry: Entry, name: str) -> Edit:
    text = place.resource.source.text
    key = entry.key
    before = text[line_start(text, key.start) : key.start]
    if is_block(text, key) or re.search(r"(?:^|[\s{\[,])[&!?]\S*\s+\Z", before):
        raise Refusal("the key has a tag, or is written as `? key`")
    return replacing(place, key.start, key.end, key_text(name, flow=owner.flow, quote=key.style))


def _refuse_growth(text: str, entry: Entry, shift: int, rest: str) -> None:
    """Refuses where a block scalar that ends the entry would take in what comes to stand behind it."""
    last = last_of(entry.value)
    if is_block(text, last):
        assert isinstance(last, Scalar)
        refuse_growth(text, last, indentation(last, text) + shift, rest)


def _refuse_what_cannot_move(text: str, entry: Entry, *, elsewhere: bool) -> None:
    """Refuses what another indentation may change, and what another place may."""
    all_unshared(entry.value)
    stack: list[tuple[int, Node]] = [(entry.key.end, entry.value)]
    while stack:
        since, node = stack.pop()
        if elsewhere and "&" in without_comments(text[since : node.start]):
            raise Refusal("an anchor stands in it")
        if isinstance(node, Mapping):
            stack += [(one.key.end, one.value) for one in node.entries]
        elif isinstance(node, Sequence):
            ends = [node.start, *(item.end for item in node.items)]
            stack += zip(ends, node.items, strict=False)
        elif is_block(text, node):
            if says_its_indentation(text, node):
                raise Refusal("a block in it says how far it is indented")
            if elsewhere and chomping(text, node) == "+":
                raise Refusal("a block in it keeps its trailing blank lines")
