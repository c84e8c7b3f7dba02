"""Where entries and items stand, line by line, and what around them makes an edit inexact.

All offsets count characters of the file's text. A node's own span ends with its last visible character; a block
scalar may own blank lines behind that, so ends of lines are asked for here.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Entry, Mapping, Node, Scalar, Sequence
from tektonlint.edit.change import Refusal as Refusal
from tektonlint.edit.values import Layout
from tektonlint.finding import Edit, Location
from tektonlint.offsets import indentation
from tektonlint.patterns import pattern
from tektonlint.tekton.resource import Place
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
_DASH = pattern(r"- +\Z")

# Lines


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins; a byte-order mark is not part of the first."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
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


def line_starts(text: str, start: int, end: int) -> list[int]:
    """The offsets at which lines begin, from `start`, which is one, to before `end`."""
    starts: list[int] = []
    while start < end:
        starts.append(start)
        start = next_line(text, start)
    return starts


def newline_of(text: str, near: int) -> str:
    """The line end of the line of an offset, else the file's first, else a line feed."""
    match = LINE_END.search(text, near) or LINE_END.search(text)
    return match[0] if match else "\n"


def replacing(place: Place, start: int, end: int, text: str) -> Edit:
    """An edit in the file of a place."""
    return Edit(Location(place.resource.source, Span(start, end)), text)


# What stands around a place


def owner_of(place: Place) -> Mapping | Sequence:
    """The collection in whose text a place stands; found by position, so that duplicate keys do not matter."""
    wanted = place.key or place.node
    node: Node | None = place.resource.document.root
    while isinstance(node, Mapping | Sequence):
        inner: Node | None = None
        for key, value in _children(node):
            here = key is wanted or value is wanted
            if here or value.start <= wanted.start <= value.end:
                if key is not None and key.text == "<<" and key.style == PLAIN:
                    raise Refusal("it is merged into the mapping from elsewhere")
                if here:
                    return node
                inner = value
        node = inner
    raise Refusal("it is the whole document" if wanted is place.resource.document.root else _SHARED)


def _children(node: Mapping | Sequence) -> list[tuple[Scalar | None, Node]]:
    if isinstance(node, Mapping):
        return [(entry.key, entry.value) for entry in node.entries]
    return [(None, item) for item in node.items]


_SHARED = "it is shared through an alias"


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
            for key, value in _children(current):
                stack += [value] if key is None else [key, value]


def entry_of(place: Place) -> tuple[Mapping, Entry]:
    """The mapping in which a place's key is written, and the entry it is the key of."""
    owner = owner_of(place)
    unshared(owner)
    if not isinstance(owner, Mapping):
        raise Refusal("it is no entry of a mapping")
    # They stand in the order of the file; a hostile mapping may have a hundred thousand.
    start = (place.key or place.node).start
    entry = owner.entries[bisect_right(owner.entries, start, key=lambda entry: entry.key.start) - 1]
    if place.key is not entry.key and place.node is not entry.value:
        raise Refusal("it is merged into the mapping from elsewhere")
    unshared(entry.key)
    return owner, entry


def item_of(place: Place) -> tuple[Sequence, int]:
    """The list in which a place is written, and the number of its item."""
    owner = owner_of(place)
    unshared(owner)
    if not isinstance(owner, Sequence):
        raise Refusal("it is no item of a list")
    return owner, next(number for number, item in enumerate(owner.items) if item is place.node)


def refuse_uncovering(owner: Mapping, entry: Entry) -> None:
    """Refuses an entry without which another value of its name would count."""
    if owner.index.get(entry.name) is not entry:
        return
    if any(other.name == entry.name and other is not entry for other in owner.entries):
        raise Refusal("the key stands twice, and the other value would count")
    if any(entry.name in source.index for source in _merged(owner)):
        raise Refusal("the key is merged into the mapping too, and that value would count")


def _merged(owner: Mapping) -> list[Mapping]:
    values = [entry.value for entry in owner.entries if entry.name == "<<" and entry.key.style == PLAIN]
    sources = [item for value in values for item in (value.items if isinstance(value, Sequence) else [value])]
    return [source for source in sources if isinstance(source, Mapping)]


def before_value(place: Place, owner: Mapping | Sequence) -> str:
    """What stands between a value and its key, or the item before it: `:`, `-`, `,`, anchors, tags."""
    text = place.resource.source.text
    if isinstance(owner, Mapping):
        since = next(entry.key.end for entry in owner.entries if entry.value is place.node)
    else:
        number = next(number for number, item in enumerate(owner.items) if item is place.node)
        since = owner.items[number - 1].end if number else owner.start
    return without_comments(text[since : place.node.start])


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


# Lines of entries and items


def extent_of(place: Place, entry: Entry) -> Extent:
    """The lines of an entry of a block mapping."""
    end = last_offset(place.resource.source.text, entry.value)
    return lines_of(place, entry.key.start, max(entry.key.end, end))


def lines_of(place: Place, first: int, end: int) -> Extent:
    """The lines from a key or dash at `first` to the end of some value."""
    text = place.resource.source.text
    span = place.resource.document.span
    if ODD_LINE_END.search(text, *span):
        raise Refusal("the document holds a character that only YAML takes for a line end")
    start = line_start(text, first)
    before = text[start:first]
    if not _BEFORE.fullmatch(before):
        raise Refusal("something else stands before it on its line")
    only_a_comment_behind(text, end)
    return Extent(start, next_line(text, end), first - start, "-" in before)


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
    while not isinstance(node, Scalar) and not node.flow and _children(node):
        key, value = _children(node)[-1]
        if not node.start <= (key or value).start <= node.end:
            return node  # an alias: what is in it stands elsewhere
        node = value
    return node


def _is_alias(text: str, node: Node) -> bool:
    return node.shared and text.startswith("*", node.start)


# Block scalars


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


# Layout


def layout_of(place: Place) -> Layout:
    """How the document of a place indents mappings and lists: by the first of each that is met, else by two."""
    text = place.resource.source.text
    step = dash = width = None
    level: list[Node] = [place.resource.document.root]
    while level and None in (step, dash, width):
        below: list[Node] = []
        for node in level:
            if isinstance(node, Scalar) or node.flow or node.shared:
                continue
            if isinstance(node, Sequence):
                width = width or item_width(text, node.items[0])
            for key, value in _children(node):
                below.append(value)
                if key is None or isinstance(value, Scalar) or value.flow or value.shared:
                    continue
                columns = _column(text, value.start) - _column(text, key.start)
                if isinstance(value, Sequence) and dash is None:
                    dash = max(columns, 0)
                elif isinstance(value, Mapping) and columns > 0:
                    step = step or columns
        level = below
    step = step or 2
    return Layout(step, step if dash is None else dash, width or 2)


def _column(text: str, offset: int) -> int:
    return offset - line_start(text, offset)


def item_width(text: str, item: Node) -> int | None:
    """How far an item stands from its dash, where both are on one line."""
    before = _DASH.search(text[line_start(text, item.start) : item.start])
    return len(before[0]) if before else None


def common_quote(nodes: list[Node]) -> str:
    """The quotes that all strings among some nodes have, if they have the same."""
    styles = {node.style for node in nodes if isinstance(node, Scalar) and isinstance(node.value, str)}
    return styles.pop() if styles in ({SINGLE}, {DOUBLE}) else PLAIN
