"""YAML as Kubernetes reads it, with the place of every key and value.

libyaml's events go into nodes of our own: composing recurses in C and dies on 50,000 nested brackets,
refuses a second anchor of one name, which Kubernetes takes, and loses the place of an alias. Documents
are split as apimachinery's YAMLReader splits them, before anything is parsed, so that a broken document
does not hide its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from tektonlint import scalars
from tektonlint.errors import UserError
from tektonlint.text import BOM, Source, Span

DEPTH_LIMIT = 200
# Four times what go-yaml's own ratio lets through at its strictest; keeps a hostile file from taking minutes.
ALIAS_LIMIT = 400_000

PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED = "", "'", '"', "|", ">"


class Scalar:
    """A scalar: its text as YAML unfolds it, its value as Kubernetes reads it, and where it stands.

    The span is tight: no anchor or tag before it, no comment after it; a block scalar's begins with its
    indicator and ends with the last line that holds text.
    """

    __slots__ = ("end", "shared", "start", "style", "text", "value")

    def __init__(self, start: int, end: int, text: str, style: str, value: scalars.Value) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.style = style
        self.value = value
        self.shared = False


class Entry:
    """A key and its value. `name` is the key as Kubernetes reads it: `y: 1` is an entry `true`."""

    __slots__ = ("key", "merged", "name", "value")

    def __init__(self, key: Scalar, value: Node, name: str) -> None:
        self.key = key
        self.value = value
        self.name = name
        self.merged = False


class Mapping:
    """A mapping. `entries` is what is written; `index` is what counts, merge keys and duplicates resolved."""

    __slots__ = ("end", "entries", "flow", "index", "shared", "start")

    def __init__(self, start: int, end: int, entries: list[Entry], index: dict[str, Entry], flow: bool) -> None:
        self.start = start
        self.end = end
        self.entries = entries
        self.index = index
        self.flow = flow
        self.shared = False

    def get(self, name: str) -> Node | None:
        """The value under a key, or None."""
        entry = self.index.get(name)
        return entry.value if entry is not None else None


class Sequence:
    """A list of nodes."""

    __slots__ = ("end", "flow", "items", "shared", "start")

    def __init__(self, start: int, end: int, items: list[Node], flow: bool) -> None:
        self.start = start
        self.end = end
        self.items = items
        self.flow = flow
        self.shared = False


Node: TypeAlias = Scalar | Mapping | Sequence


class Duplicate(NamedTuple):
    """A key that stands twice in one mapping; Kubernetes keeps the last."""

    first: Entry
    last: Entry


class Problem(NamedTuple):
    """Something Kubernetes cannot read, or silently does not: where, and what it is in one clause."""

    span: Span
    message: str
    document: int
    refused: bool = True


class Document:
    """One non-empty document of a file; `index` counts those from 0."""

    __slots__ = ("duplicates", "index", "root", "source", "span")

    def __init__(
        self, source: Source, index: int, root: Node, span: Span, duplicates: tuple[Duplicate, ...]
    ) -> None:
        self.source = source
        self.index = index
        self.root = root
        self.span = span
        self.duplicates = duplicates


class Loaded(NamedTuple):
    """All of one file."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


class LibyamlMissing(UserError):
    """PyYAML was built without libyaml; its pure parser is 13 times slower and rejects other files."""


class _Refused(Exception):
    """Ends the reading of one document."""

    def __init__(self, start: int, message: str, end: int | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end if end is not None else start
        self.message = message


def load(source: Source) -> Loaded:
    """Every document of a file, and what could not be read. Raises `LibyamlMissing`."""
    documents: list[Document] = []
    problems: list[Problem] = []
    count = 0
    for span, bad_separator in _chunks(source.text):
        if bad_separator is not None:
            message = "only a comment may follow `---` on its line, so Kubernetes reads nothing from here on"
            problems.append(Problem(bad_separator, message, count))
            break
        builder = _Builder(source.text, span)
        try:
            root = builder.build()
        except _Refused as error:
            problems.append(Problem(_within(Span(error.start, error.end), source.text), error.message, count))
            count += 1
            continue
        if root is None or (isinstance(root, Scalar) and root.value is None):
            continue
        documents.append(Document(source, count, root, span, tuple(builder.duplicates)))
        if builder.dropped is not None:
            message = "Kubernetes stops reading the document at `...` and drops what follows"
            problems.append(Problem(builder.dropped, message, count, refused=False))
        count += 1
    return Loaded(tuple(documents), tuple(problems))


def walk(root: Node) -> Iterator[Node]:
    """Every node under and including `root` that is written there, keys before their values."""
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Mapping):
            for entry in reversed(node.entries):
                stack.append(entry.value)
                stack.append(entry.key)
        elif isinstance(node, Sequence):
            stack.extend(reversed(node.items))


def path_to(root: Node, wanted: Node) -> tuple[str | int, ...] | None:
    """The path of a node (a key's is its entry's), or None where it is not below `root`."""
    stack: list[tuple[Node, tuple[str | int, ...]]] = [(root, ())]
    while stack:
        node, path = stack.pop()
        if node is wanted:
            return path
        if isinstance(node, Mapping):
            for entry in node.entries:
                if entry.key is wanted:
                    return (*path, entry.name)
                stack.append((entry.value, (*path, entry.name)))
        elif isinstance(node, Sequence):
            stack.extend((item, (*path, number)) for number, item in enumerate(node.items))
    return None


def plain_data(node: Node) -> object:
    """What Kubernetes reads: dicts, lists, strings, numbers, booleans and None; merge keys resolved."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {name: plain_data(entry.value) for name, entry in node.index.items()}
    return [plain_data(item) for item in node.items]


# apimachinery's YAMLReader (pkg/util/yaml/decoder.go): a line that begins with `---` ends a document.
_SEPARATOR = re.compile(r"^---([^\n]*)\n?", re.MULTILINE)


def _chunks(text: str) -> Iterator[tuple[Span, Span | None]]:
    """The documents of a text; with a span instead where a separator line is one Kubernetes refuses."""
    start = 1 if text.startswith(BOM) else 0
    for match in _SEPARATOR.finditer(text):
        rest = match[1].strip()
        yield Span(start, match.start()), None
        if rest and not rest.startswith("#"):
            yield Span(start, start), Span(match.start(), match.start() + 3 + len(match[1].rstrip()))
            return
        start = match.end()
    yield Span(start, len(text)), None


_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s|#[^\n]*\n)+)+")
# What libyaml's reader takes (yaml_parser_update_buffer); go-yaml's is the same list.
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _parser(text: str) -> Any:
    """libyaml's parser; PyYAML's stubs do not know it."""
    if not yaml.__with_libyaml__:
        raise LibyamlMissing("PyYAML has no libyaml here; install a wheel of PyYAML, which carries it")
    return yaml.cyaml.CParser(text)


class _Builder:
    """Builds the first document of one chunk of a text."""

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.base = span.start
        self.chunk = text if span == (0, len(text)) else text[span.start : span.end]
        self.duplicates: list[Duplicate] = []
        self.dropped: Span | None = None
        self._anchors: dict[str, Node | None] = {}
        self._decoded = 0
        self._aliased = 0
        self._last_block_scalar: Scalar | None = None

    def build(self) -> Node | None:
        try:
            return self._events()
        except yaml.reader.ReaderError as error:
            raise self._control_character(error.reason) from None
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None

    def _events(self) -> Node | None:
        """The loop over libyaml's events: leaves are appended flat, a collection's end folds them."""
        event_of = _parser(self.chunk).get_event
        base = self.base
        text = self.text
        anchors = self._anchors
        children: list[Node] = []
        stack: list[tuple[list[Node], Any]] = []
        decoded = 0
        plain = scalars.plain
        node: Node
        while True:
            event = event_of()
            kind = type(event)
            if kind is ScalarEvent:
                start = base + event.start_mark.index
                end = base + event.end_mark.index
                style = event.style or PLAIN
                value = event.value
                decoded += 1
                if style == PLAIN and event.tag is None:
                    try:
                        node = Scalar(start, end, value, PLAIN, plain(value))
                    except scalars.NotAValue as error:
                        raise _Refused(start, str(error), end) from None
                else:
                    node = self._styled(event, start, end, style)
                if event.anchor is not None:
                    node.start = self._after_properties(start, end)
                    anchors[event.anchor] = node
                children.append(node)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= DEPTH_LIMIT:
                    at = base + event.start_mark.index
                    raise _Refused(at, f"nested deeper than {DEPTH_LIMIT} levels; tektonlint reads no further")
                if event.anchor is not None:
                    anchors[event.anchor] = None
                stack.append((children, event))
                children = []
                decoded += 1
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                inner = children
                children, opening = stack.pop()
                node = self._collection(opening, base + event.end_mark.index, inner, kind is MappingEndEvent)
                if opening.anchor is not None:
                    anchors[opening.anchor] = node
                children.append(node)
            elif kind is AliasEvent:
                self._decoded = decoded
                children.append(self._alias(event))
                decoded = self._decoded
            elif kind is DocumentEndEvent:
                if event.explicit:
                    self._note_dropped(text, base + event.end_mark.index)
                return children[0]
            elif kind is StreamEndEvent:
                return None

    def _styled(self, event: Any, start: int, end: int, style: str) -> Scalar:
        """A scalar with quotes, a block indicator or a tag."""
        value: str = event.value
        tag: str | None = event.tag
        read: scalars.Value = value
        if tag is not None:
            try:
                read = scalars.tagged(tag, value, quoted=style != PLAIN)
            except scalars.NotAValue as error:
                raise _Refused(start, str(error), end) from None
            start = self._after_properties(start, end)
        if style in (LITERAL, FOLDED):
            end = self._end_of_text(start, end)
            scalar = Scalar(start, end, value, style, read)
            self._last_block_scalar = scalar
            return scalar
        return Scalar(start, end, value, style, read)

    def _after_properties(self, start: int, end: int) -> int:
        """libyaml's start mark stands before `&anchor !tag`; the value starts after them."""
        match = _PROPERTIES.match(self.text, start)
        return min(match.end(), end) if match else end

    def _end_of_text(self, start: int, end: int) -> int:
        """libyaml's end mark stands behind the blank lines after a block scalar."""
        kept = start + len(self.text[start:end].rstrip(" \t\r\n"))
        newline = re.compile(r"[\r\n]").search(self.text, kept)
        return min(end, newline.start() if newline else end)

    def _collection(self, opening: Any, end: int, children: list[Node], is_mapping: bool) -> Node:
        flow = bool(opening.flow_style)
        start: int = self.base + opening.start_mark.index
        if flow:
            if opening.anchor is not None or opening.tag is not None:
                start = self._after_properties(start, end)
        elif children:
            # A block collection's marks stand at its properties and at the next token.
            start = children[0].start if is_mapping else self._dash(start, children[0].start)
            end = children[-1].end
        else:
            end = start
        if not is_mapping:
            return Sequence(start, end, children, flow)
        return self._mapping(start, end, children, flow)

    def _dash(self, start: int, first: int) -> int:
        """Where a block sequence's first `-` is, if its start mark stands at an anchor or tag."""
        text = self.text
        if start < len(text) and text[start] == "-":
            return start
        found = text.rfind("-", start, first)
        return found if found >= 0 else first

    def _mapping(self, start: int, end: int, children: list[Node], flow: bool) -> Mapping:
        entries: list[Entry] = []
        index: dict[str, Entry] = {}
        pairs = iter(children)
        for key in pairs:
            value = next(pairs)
            if type(key) is not Scalar:
                raise _Refused(key.start, "a mapping or a list is used as a key", key.end)
            if value.start == value.end:
                self._settle_empty(key, value)
            name = key.text
            if type(key.value) is not str:
                try:
                    name = scalars.key(key.value)
                except scalars.NotAValue as error:
                    raise _Refused(key.start, str(error), key.end) from None
            entry = Entry(key, value, name)
            entries.append(entry)
            if name == "<<" and key.style == PLAIN:
                self._merge(index, value)
            else:
                earlier = index.get(name)
                if earlier is not None and not earlier.merged:
                    self.duplicates.append(Duplicate(earlier, entry))
                index[name] = entry
        if entries and not flow:
            end = max(end, entries[-1].value.end) if entries[-1].value.end > entries[-1].key.end else end
        return Mapping(start, end, entries, index, flow)

    def _settle_empty(self, key: Scalar, value: Node) -> None:
        """In flow style an empty value's mark stands at the next token; it belongs behind the colon."""
        colon = self.text.find(":", key.end, value.start + 1)
        if colon >= 0:
            value.start = value.end = colon + 1

    def _merge(self, index: dict[str, Entry], value: Node) -> None:
        """go-yaml merges where `<<` stands: it overrides what came before and yields to what comes after."""
        sources = list(reversed(value.items)) if isinstance(value, Sequence) else [value]
        for source in sources:
            if not isinstance(source, Mapping):
                raise _Refused(source.start, "`<<` merges something that is not a mapping", source.end)
            for name, entry in source.index.items():
                merged = Entry(entry.key, entry.value, name)
                merged.merged = True
                index[name] = merged

    def _alias(self, event: Any) -> Node:
        name: str = event.anchor
        start: int = self.base + event.start_mark.index
        end: int = self.base + event.end_mark.index
        if name not in self._anchors:
            raise _Refused(start, f"there is no anchor `&{name}` before this alias in the document", end)
        target = self._anchors[name]
        if target is None:
            raise _Refused(start, f"the anchor `&{name}` contains itself", end)
        size = _share(target)
        self._decoded += size
        self._aliased += size
        self._limit_aliases(start, end)
        return _copy_at(target, start, end)

    def _limit_aliases(self, start: int, end: int) -> None:
        """go-yaml's bound on aliases (decode.go, allowedAliasRatio), and one of our own below it."""
        decoded, aliased = self._decoded, self._aliased
        if decoded <= 400_000:
            ratio = 0.99
        elif decoded >= 4_000_000:
            ratio = 0.10
        else:
            ratio = 0.99 - 0.89 * (decoded - 400_000) / 3_600_000
        if aliased > ALIAS_LIMIT or (aliased > 100 and decoded > 1000 and aliased / decoded > ratio):
            raise _Refused(start, "the document's aliases expand to too many values", end)

    def _note_dropped(self, text: str, end: int) -> None:
        rest = text[end : self.base + len(self.chunk)]
        content = re.search(r"^[^\S\n]*([^\s#][^\r\n]*)", rest, re.MULTILINE)
        if content and content[1] != "...":
            self.dropped = Span(end + content.start(1), end + content.end(1))

    def _control_character(self, reason: str) -> _Refused:
        match = _CONTROL.search(self.chunk)
        if match is None:
            return _Refused(self.base, reason)
        at = self.base + match.start()
        return _Refused(at, f"the control character U+{ord(match[0]):04X} is not allowed in YAML", at + 1)

    def _syntax(self, error: Any) -> _Refused:
        mark = error.problem_mark or error.context_mark
        if error.problem == "could not find expected ':'" and error.context_mark:
            # The problem's mark is where the next token begins, lines further down.
            mark = error.context_mark
        at = self.base + mark.index if mark else self.base
        block = self._last_block_scalar
        problem = _in_words(str(error.problem), self.text[at : at + 1])
        if str(error.problem) in _AFTER_A_VALUE and self.text[self.text.rfind("\n", 0, at) + 1 : at].strip(" \t-"):
            problem = "the value has ended before this text (mend the quotes, or begin a new line)"
        if block is not None:
            line = self._line_after(block, at)
            if line is not None:
                header = self.text.count("\n", 0, block.start) + 1
                fallen = f"the block scalar of line {header} ends here because this line is indented less"
                problem = fallen if self._ends_heredoc(block, at) else f"{problem}; {fallen}"
                return _Refused(line.start, problem, line.end)
        return _Refused(at, problem)

    def _line_after(self, block: Scalar, at: int) -> Span | None:
        """The first line with text after a block scalar, if nothing was understood between it and `at`."""
        text = self.text
        match = re.compile(r"[^\S\r\n]*([^\s#][^\r\n]*)").search(text, block.end)
        while match and match.start(1) <= block.end:
            match = re.compile(r"[^\S\r\n]*([^\s#][^\r\n]*)").search(text, match.end())
        if match is None or at < match.start():
            return None
        if text.count("\n", match.start(1), at) <= 1 or self._ends_heredoc(block, at):
            return Span(match.start(1), match.end(1))
        return None

    def _ends_heredoc(self, block: Scalar, at: int) -> bool:
        """Whether the word at `at` ends a heredoc that the block scalar begins: its body has fallen out of it."""
        word = re.compile(r"\w+").match(self.text, at)
        return word is not None and re.search(rf"<<-?\s*[\"'\\]?{word[0]}\b", block.text) is not None


# What libyaml says of a text behind a value, too, where it is not the line's indentation that is wrong.
_AFTER_A_VALUE = ("did not find expected key", "did not find expected '-' indicator")
_WORDS_FOR_PROBLEMS = {
    "mapping values are not allowed in this context": "a `: ` stands where no key can be (quote the text, or mend the indentation)",
    "could not find expected ':'": "this line is neither `key: value` nor part of the text above it",
    "did not find expected key": "this line is not indented like its neighbours, so it is no key of theirs",
    "did not find expected '-' indicator": "a list item was expected here, indented like the ones above",
    "block sequence entries are not allowed in this context": "a list item cannot begin here (mend the indentation)",
    "found unexpected end of stream": "the file ends inside a quoted text",
    "did not find expected ',' or ']'": "a list in brackets is not closed here",
    "did not find expected ',' or '}'": "a mapping in braces is not closed here",
    "found a tab character that violates indentation": "a tab stands where YAML takes only spaces",
    "did not find expected alphabetic or numeric character": "`*` and `&` are for aliases and anchors (quote the text)",
    "did not find expected comment or line break": "no text can follow `|` or `>` on its line",
    "did not find expected <document start>": "the document has ended before this text",
    "found unknown escape character": "double quotes do not know this `\\` sequence (use single quotes)",
}


def _in_words(problem: str, character: str) -> str:
    if problem == "found character that cannot start any token":
        if character == "\t":
            return "a tab stands where YAML takes only spaces"
        if character == "`":
            return "no value can begin with a backtick (quote it)"
        if character.isprintable() and character:
            return f"no value can begin with `{character}` (quote it)"
    return _WORDS_FOR_PROBLEMS.get(problem, problem)


def _within(span: Span, text: str) -> Span:
    """libyaml may point behind the last character; a finding stands inside the file."""
    start = min(span.start, len(text))
    return Span(start, min(max(span.end, start), len(text)))


def _share(node: Node) -> int:
    """Marks a subtree as reached through an alias too, and counts its nodes as go-yaml decodes them."""
    count = 0
    stack: list[Node] = [node]
    while stack:
        current = stack.pop()
        current.shared = True
        count += 1
        if count > ALIAS_LIMIT:
            break
        if isinstance(current, Mapping):
            for entry in current.entries:
                stack.append(entry.key)
                stack.append(entry.value)
        elif isinstance(current, Sequence):
            stack.extend(current.items)
    return count


def _copy_at(node: Node, start: int, end: int) -> Node:
    """The anchored value again, standing where its alias stands; what is inside keeps its place."""
    copy: Node
    if isinstance(node, Scalar):
        copy = Scalar(start, end, node.text, node.style, node.value)
    elif isinstance(node, Mapping):
        copy = Mapping(start, end, node.entries, node.index, node.flow)
    else:
        copy = Sequence(start, end, node.items, node.flow)
    copy.shared = True
    return copy
