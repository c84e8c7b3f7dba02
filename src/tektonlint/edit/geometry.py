"""Where entries and items stand, line by line, and what around them makes an edit inexact.

All offsets count characters of the file's text. A node's own span ends with its last visible character; a block
scalar may own blank lines behind that, so ends of lines are asked for here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TypeVar

from tektonlint.document import FOLDED, LITERAL, PLAIN, Entry, Mapping, Node, Scalar, Sequence
from tektonlint.edit.change import Refusal
from tektonlint.finding import Edit, Location
from tektonlint.offsets import indentation
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.text import BOM, LINE_END, Span


class Extent(NamedTuple):
    """The lines of an entry or item: from the start of its first line to behind the end of its last.

    `column` is that of its key or dash. A `dashed` one shares its first line with the dash of a list around it.
    """

    start: int
    end: int
    column: int
    dashed: bool


# What ends a line for YAML 1.1 but for no editor.
ODD_LINE_END = pattern("[\x85\u2028\u2029]")
# What stands before a key or dash on its line, if not more than that is needed.
_BEFORE = pattern(r" *(?:- +)*")
_COMMENT = pattern(r"#[^\r\n]*")
_BLANKS_AND_COMMENT = pattern(r"[ \t]+#")
_WITH_INDENTATION = pattern(r"[|>][+-]?[1-9]")
_CHOMPING = pattern(r"[|>][1-9]?([+-]?)")


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins; a byte-order mark is not part of the first."""
    start = text.rfind("\n", 0, offset) + 1
    start = max(start, text.rfind("\r", start, offset) + 1)
    return 1 if start == 0 and text.startswith(BOM) else start


def line_end(text: str, offset: int) -> int:
    """Where the text of the line of an offset ends."""
    match = LINE_END.search(text, offset)
    return match.start() if match else len(text)


def next_line(text: str, offset: int) -> int:
    """Where the next line begins, or the end of the text."""
    match = LINE_END.search(text, offset)
    return match.end() if match else len(text)


def line_above(text: str, start: int) -> int | None:
    """Where the line above the one that begins at `start` begins; None above the first."""
    if start == 0 or text[start - 1] not in "\r\n":
        return None
    return line_start(text, start - (2 if text.endswith("\r\n", 0, start) else 1))


def line_starts(text: str, start: int, end: int) -> Iterator[int]:
    """The offsets at which lines begin, from `start`, which is one, to before `end`."""
    while start < end:
        yield start
        start = next_line(text, start)


def newline_of(text: str, near: int) -> str:
    """The line end of the line of an offset, else the file's first, else a line feed."""
    match = LINE_END.search(text, near) or LINE_END.search(text)
    return match[0] if match else "\n"


def replacing(place: Place, start: int, end: int, text: str) -> Edit:
    """An edit in the file of a place."""
    return Edit(Location(place.resource.source, Span(start, end)), text)


def owner_of(place: Place) -> tuple[Mapping | Sequence, int]:
    """The collection in whose text a place stands, and the number of its entry or item there.

    It is found by position, so that neither duplicate keys nor merged ones matter.
    """
    root = place.resource.document.root
    wanted = place.key or place.node
    if wanted is root:
        raise Refusal("it is the whole document")
    node: Node = root
    while isinstance(node, Mapping | Sequence):
        number = _child_at(node, wanted.start)
        if number < 0:
            break
        key, value = _child(node, number)
        if key is not None and key.text == "<<" and key.style == PLAIN and wanted.start <= value.end:
            raise Refusal("it is merged into the mapping from elsewhere")
        if key is wanted or value is wanted:
            return node, number
        node = value
    raise Refusal(_SHARED)


def _child_at(node: Mapping | Sequence, offset: int) -> int:
    """The number of the last entry or item that begins at or before an offset; -1 if none does.

    They stand in the order of the file; a hostile collection may have a hundred thousand.
    """
    if isinstance(node, Mapping):
        return bisect_right(node.entries, offset, key=lambda entry: entry.key.start) - 1
    return bisect_right(node.items, offset, key=lambda item: item.start) - 1


def _child(node: Mapping | Sequence, number: int) -> tuple[Scalar | None, Node]:
    if isinstance(node, Mapping):
        return node.entries[number].key, node.entries[number].value
    return None, node.items[number]


def children(node: Mapping | Sequence) -> list[tuple[Scalar | None, Node]]:
    if isinstance(node, Mapping):
        return [(entry.key, entry.value) for entry in node.entries]
    return [(None, item) for item in node.items]


_SHARED = "it is shared through an alias"


def span_of(node: Mapping | Sequence, number: int) -> Span:
    """Where an entry or item stands, without its anchors and tags."""
    key, value = _child(node, number)
    return Span((key or value).start, value.end)


def unshared(node: Node) -> Node:
    """The node, if it stands only here. Raises `Refusal` for what an alias or an anchor shares."""
    if node.shared:
        raise Refusal(_SHARED)
    return node


def all_unshared(node: Node) -> None:
    """Refuses what holds an alias, or an anchor that one refers to."""
    stack = [node]
    while stack:
        current = unshared(stack.pop())
        if not isinstance(current, Scalar):
            for key, value in children(current):
                stack += [value] if key is None else [key, value]


def entry_of(place: Place) -> tuple[Mapping, int]:
    """The mapping in which a place's key is written, and the number of its entry there."""
    owner, number = owner_of(place)
    unshared(owner)
    if not isinstance(owner, Mapping):
        raise Refusal("it is no entry of a mapping")
    unshared(owner.entries[number].key)
    return owner, number


def item_of(place: Place) -> tuple[Sequence, int]:
    """The list in which a place is written, and the number of its item."""
    owner, number = owner_of(place)
    unshared(owner)
    if not isinstance(owner, Sequence):
        raise Refusal("it is no item of a list")
    return owner, number


def refuse_uncovering(place: Place, owner: Mapping, entry: Entry) -> None:
    """Refuses an entry without which another value of its name would count."""
    if owner.index.get(entry.name) is not entry:
        return
    if entry in _with_a_double(place.resource):
        raise Refusal("the key stands twice, and the other value would count")
    if _has_merges(place.resource) and any(entry.name in source.index for source in _merged(owner)):
        raise Refusal("the key is merged into the mapping too, and that value would count")


def _with_a_double(resource: Resource) -> frozenset[Entry]:
    """The entries of a document before which another of their name stands."""
    duplicates = resource.document.duplicates
    return once(resource, "entries with a double", lambda: frozenset(duplicate.last for duplicate in duplicates))


def _has_merges(resource: Resource) -> bool:
    text, span = resource.source.text, resource.document.span
    return once(resource, "maybe a merge key", lambda: text.find("<<", *span) >= 0)


_Fact = TypeVar("_Fact")


def once(resource: Resource, name: str, compute: Callable[[], _Fact]) -> _Fact:
    """A fact about a resource's document, computed when it is first asked for."""
    if name not in resource.memo:
        resource.memo[name] = compute()
    fact: _Fact = resource.memo[name]
    return fact


def _merged(owner: Mapping) -> list[Mapping]:
    values = [entry.value for entry in owner.entries if entry.name == "<<" and entry.key.style == PLAIN]
    sources = [item for value in values for item in (value.items if isinstance(value, Sequence) else [value])]
    return [source for source in sources if isinstance(source, Mapping)]


def before_value(text: str, owner: Mapping | Sequence, number: int) -> str:
    """What stands between a value and its key, or the item before it: `:`, `-`, `,`, anchors, tags."""
    key, value = _child(owner, number)
    since = span_of(owner, number - 1).end if number else owner.start
    if key is not None:
        since = key.end
    return without_comments(text[since : value.start])


def without_comments(text: str) -> str:
    """A text that holds no scalar, with blanks in place of its comments."""
    return _COMMENT.sub(lambda match: " " * len(match[0]), text)


def refuse_tagged(before: str) -> None:
    """Refuses a value with a tag, under which another text may read as something else."""
    if "!" in before:
        raise Refusal("it has a tag")


def refuse_open_colon(text: str, offset: int) -> None:
    """Refuses to put a comma or a bracket right behind the colon of an empty value.

    go-yaml takes `a:,` and `a:}` for a text `a:`, libyaml for a key.
    """
    if text[offset - 1] == ":":
        raise Refusal("the value before it is empty, in flow style")


def extent_of(place: Place, entry: Entry) -> Extent:
    """The lines of an entry of a block mapping."""
    end = last_offset(place.resource.source.text, entry.value)
    return lines_of(place, entry.key.start, max(entry.key.end, end))


def lines_of(place: Place, first: int, end: int) -> Extent:
    """The lines from a key or dash at `first` to the end of some value."""
    text = place.resource.source.text
    if _has_odd_line_end(place.resource):
        raise Refusal("the document holds a character that only YAML takes for a line end")
    start = line_start(text, first)
    before = text[start:first]
    if not _BEFORE.fullmatch(before):
        raise Refusal("something else stands before it on its line")
    only_a_comment_behind(text, end)
    return Extent(start, next_line(text, end), first - start, "-" in before)


def _has_odd_line_end(resource: Resource) -> bool:
    text, span = resource.source.text, resource.document.span
    return once(resource, "odd line end", lambda: not text.isascii() and ODD_LINE_END.search(text, *span) is not None)


def dash_of(text: str, owner: Sequence, number: int) -> int:
    """Where the dash of an item is. Refuses an item with an anchor or a tag."""
    since = owner.items[number - 1].end if number else owner.start
    before = without_comments(text[since : owner.items[number].start])
    if before.split() != ["-"]:
        raise Refusal("something stands between the item and its dash")
    return since + before.index("-")


def only_a_comment_behind(text: str, offset: int) -> None:
    """Refuses an end that is not the end of its line, but for a comment."""
    rest = text[offset : line_end(text, offset)]
    if rest.strip(" \t") and not _BLANKS_AND_COMMENT.match(rest):
        raise Refusal("something else stands behind it on its line")


def last_offset(text: str, node: Node) -> int:
    """An offset on the last line that belongs to a node, behind everything of the node on it."""
    last = last_of(node)
    if is_block(text, last):
        assert isinstance(last, Scalar)
        return end_of_block(text, last)
    return max(node.end, last.end)


def last_of(node: Node) -> Node:
    """The last thing written in a node: a scalar, a collection in flow style, or an alias."""
    while not isinstance(node, Scalar) and not node.flow:
        key, value = _child(node, -1)
        if not node.start <= (key or value).start <= node.end:
            return node  # an alias: what is in it stands elsewhere
        node = value
    return node


def _is_alias(text: str, node: Node) -> bool:
    return node.shared and text.startswith("*", node.start)


def is_block(text: str, node: Node) -> bool:
    """Whether a literal or folded block scalar is written here, rather than an alias of one."""
    return isinstance(node, Scalar) and node.style in (LITERAL, FOLDED) and not _is_alias(text, node)


def says_its_indentation(text: str, node: Scalar) -> bool:
    """Whether a block scalar's header says how far it is indented."""
    return _WITH_INDENTATION.match(text, node.start) is not None


def chomping(text: str, node: Scalar) -> str:
    """`-` or `+` where a block scalar's header says what becomes of its last line ends, else an empty text."""
    match = _CHOMPING.match(text, node.start)
    return match[1] if match else ""


def end_of_block(text: str, node: Scalar) -> int:
    """The end of the last line that counts: of blank lines those that are kept, or wider than the indentation."""
    keeps = chomping(text, node) == "+"
    indent = indentation(node, text)
    end = node.end
    at = next_line(text, end)
    while at < len(text):
        stop = line_end(text, at)
        if text[at:stop].strip(" \t"):
            break
        if keeps or (indent and stop - at > indent):
            end = stop
        at = next_line(text, stop)
    return end


def refuse_swallowing(text: str, above: Node, start: int, rest: str) -> None:
    """Refuses where the block scalar right above `start`, if one is there, would take in what begins `rest`."""
    last = last_of(above)
    if not is_block(text, last):
        return
    assert isinstance(last, Scalar)
    if not text[end_of_block(text, last) : start].strip():
        refuse_growth(text, last, indentation(last, text), rest)


def refuse_growth(text: str, block: Scalar, indent: int, rest: str) -> None:
    """Refuses where a block scalar of an indentation would take in blank lines or comments that begin `rest`."""
    keeps = chomping(text, block) == "+"
    for start in line_starts(rest, 0, len(rest)):
        line = rest[start : line_end(rest, start)]
        words = line.lstrip(" ")
        if words.startswith("#"):
            # Where the block has no text its indentation is not known.
            if len(line) - len(words) >= max(indent, 1):
                raise Refusal("a comment behind it would become part of the block above")
            return
        if words.strip("\t"):
            return
        if keeps or len(line) > indent:
            raise Refusal("blank lines behind it would become part of the block above")
