"""YAML as Kubernetes reads it, with the place of every key and value.

libyaml's events go into nodes of our own: composing recurses in C and dies on 50,000 nested brackets,
refuses a second anchor of one name, which Kubernetes takes, and loses the place of an alias. Documents
are split as apimachinery's YAMLReader splits them, before anything is parsed, so that a broken document
does not hide its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

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
from tektonlint.records import NamedTuple
from tektonlint.text import BOM, Source, Span

DEPTH_LIMIT = 200
# About what go-yaml's ratio lets through in all but documents of millions of values (decode.go).
ALIAS_LIMIT = 400_000

PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED = "", "'", '"', "|", ">"


class Scalar:
    """A scalar: its text as YAML unfolds it, its value as Kubernetes reads it, and where it stands.

    The value of a string is its text; but a block scalar at the very end of a file without a final line end
    has one in its value, since apimachinery reads line by line.

    The span is tight: no anchor or tag before it, no comment after it; a block scalar's begins with its
    indicator and ends with the last line that holds text.
    """

    __slots__ = ("end", "shared", "start", "style", "text", "value")

    start: int
    end: int
    text: str
    style: str
    value: scalars.Value
    shared: bool

    @classmethod
    def of(cls, start: int, end: int, text: str, style: str, value: scalars.Value) -> Scalar:
        """A scalar of these parts."""
        made = cls()
        made.start = start
        made.end = end
        made.text = text
        made.style = style
        made.value = value
        made.shared = False
        return made


class Entry:
    """A key and its value. `name` is the key as Kubernetes reads it: `y: 1` is an entry `true`."""

    __slots__ = ("key", "name", "value")

    merged = False

    key: Scalar
    value: Node
    name: str

    @classmethod
    def of(cls, key: Scalar, value: Node, name: str) -> Entry:
        """An entry of these parts."""
        made = cls()
        made.key = key
        made.value = value
        made.name = name
        return made


class MergedEntry(Entry):
    """An entry that `<<` brought into a mapping, where it is not written."""

    __slots__ = ()

    merged = True


class Mapping:
    """A mapping. `entries` is what is written; `index` is what counts, merge keys and duplicates resolved."""

    __slots__ = ("end", "entries", "flow", "index", "shared", "start")

    start: int
    end: int
    entries: list[Entry]
    index: dict[str, Entry]
    flow: bool
    shared: bool

    @classmethod
    def of(cls, start: int, end: int, entries: list[Entry], index: dict[str, Entry], flow: bool) -> Mapping:
        """A mapping of these parts."""
        made = cls()
        made.start = start
        made.end = end
        made.entries = entries
        made.index = index
        made.flow = flow
        made.shared = False
        return made

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
    """One non-empty document of a file; `index` counts those from 0.

    `keys` are the keys of all its mappings, as they are read. `aliases` says whether it has any, `size` how many nodes
    are written in it.
    """

    __slots__ = ("aliases", "duplicates", "index", "keys", "root", "size", "source", "span")

    def __init__(
        self,
        source: Source,
        index: int,
        root: Node,
        span: Span,
        duplicates: tuple[Duplicate, ...],
        keys: frozenset[str] | set[str],
        aliases: bool,
        size: int,
    ) -> None:
        self.source = source
        self.index = index
        self.root = root
        self.span = span
        self.duplicates = duplicates
        self.keys = keys
        self.aliases = aliases
        self.size = size


class Loaded(NamedTuple):
    """All of one file."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


class LibyamlMissing(UserError):
    """PyYAML was built without libyaml; its pure parser is 13 times slower and rejects other files."""


class _Refused(Exception):
    """Ends the reading of one document."""

    def __init__(self, start: int, message: str, end: int | None = None, *, refused: bool = True) -> None:
        super().__init__(message)
        self.span = Span(start, start if end is None else end)
        self.message = message
        # Kubernetes itself refuses the document.
        self.refused = refused


def load(source: Source) -> Loaded:
    """Every document of a file, and what could not be read. Raises `LibyamlMissing`."""
    text = source.text
    documents: list[Document] = []
    problems: list[Problem] = []
    count = 0
    spans, bad_separator = _split(text)
    for span in spans:
        builder = _Builder(source, span)
        try:
            root = builder.build()
        except _Refused as error:
            problems.append(Problem(_within(error.span, text), error.message, count, error.refused))
            count += 1
            continue
        if builder.dropped is not None:
            problems.append(Problem(*builder.dropped, count, refused=False))
        if root is not None and not (type(root) is Scalar and root.value is None):
            duplicates, keys = tuple(builder.duplicates), builder.keys
            documents.append(Document(source, count, root, span, duplicates, keys, builder.aliases, builder.size))
            count += 1
    if bad_separator is not None:
        # YAMLReader gives up with what it has gathered of the document that the separator ends.
        lost = documents and documents[-1].span.end == bad_separator.start
        what = "neither the document before this nor anything behind it" if lost else "nothing from here on"
        message = f"only a comment may follow `---` on its line, so Kubernetes reads {what}"
        problems.append(Problem(bad_separator, message, count))
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


def _split(text: str) -> tuple[list[Span], Span | None]:
    """Where the documents of a text stand; and the separator behind them that Kubernetes refuses, if there is one.

    As apimachinery's YAMLReader does it (pkg/util/yaml/decoder.go): a line that begins with `---` ends the
    document before it. If nothing stands before it, it is the first line of its own document.
    """
    spans: list[Span] = []
    start = 0
    for separator in _separators(text):
        newline = text.find("\n", separator)
        line = text[separator : newline if newline >= 0 else len(text)]
        if separator > start:
            spans.append(Span(start, separator))
            start = min(separator + len(line) + 1, len(text))
        behind = line[3:].strip()
        if behind and not behind.startswith("#"):
            return spans, Span(separator, separator + len(line.rstrip()))
    spans.append(Span(start, len(text)))
    return spans, None


def _separators(text: str) -> Iterator[int]:
    if text.startswith("---"):
        yield 0
    newline = text.find("\n---")
    while newline >= 0:
        yield newline + 1
        newline = text.find("\n---", newline + 1)


# A line ends at three more characters for YAML 1.1 than for an editor.
_COMMENT = r"#[^\r\n\x85\u2028\u2029]*"
_BLANK = rf"(?:[ \t\r\n\x85\u2028\u2029]|{_COMMENT})*"
# Few files need these, so they are compiled where they are needed; `re` keeps them.
_COLON = rf"{_BLANK}:"
_PROPERTIES = rf"(?:(?:&[\w-]+|!<[^>]*>|![^\s,\[\]{{}}]*){_BLANK})+"
_AFTER_DOCUMENT = rf"(?:\s|{_COMMENT}|\.\.\.(?!\S))*"
_TEXT_LINE = r"([ \t]*)(\S[^\r\n]*)"
_DIRECTIVE = r"(?m)^%[^\r\n]*"
_WORD = r"\w+"
_LOOKS_LIKE_ENTRY = r"""-(?!\S)|["']?[\w./-]+["']?[ \t]*:(?!\S)"""
# What libyaml's reader takes (yaml_parser_update_buffer); go-yaml's is the same list.
_NOT_YAML = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_LINE_BREAK = re.compile(r"[\r\n]")
_END_OF_FILE = re.compile(r" *\Z")
_BREAKS = ("", "\n", "\u2028", "\u2029")
_QUOTES = frozenset((SINGLE, DOUBLE))
_MERGE_TAGS = frozenset((None, "!", "tag:yaml.org,2002:merge"))
_TOO_DEEP = f"nested deeper than {DEPTH_LIMIT} levels; tektonlint reads no further"


def _parser(text: str) -> Any:
    """libyaml's parser; PyYAML's stubs do not know it."""
    if not yaml.__with_libyaml__:
        raise LibyamlMissing("PyYAML has no libyaml here; install a wheel of PyYAML, which carries it")
    cyaml: Any = yaml.cyaml
    return cyaml.CParser(text)


class _Builder:
    """Builds the first document of one part of a text."""

    def __init__(self, source: Source, span: Span) -> None:
        text = source.text
        self.source = source
        self.text = text
        self.span = span
        self.chunk = text if span == (0, len(text)) else text[span.start : span.end]
        # libyaml does not count a byte-order mark.
        self.base = span.start + self.chunk.startswith(BOM)
        self.duplicates: list[Duplicate] = []
        self.dropped: tuple[Span, str] | None = None
        self.keys: set[str] = set()
        # What every anchor stands for: a node, or the event that opened it if it is a collection still open.
        self._anchors: dict[str, Any] = {}
        self._not_merging: set[int] = set()
        self.aliases = False
        self.size = 0
        self._aliased = 0
        self._last_block: Scalar | None = None

    def build(self) -> Node | None:
        """The root, or None where nothing is written. Raises `_Refused`.

        The loop makes no call for most scalars, and the nodes that there are most of have no `__init__`: reading takes
        a good part of a run's time, and calling one costs more than what it does.
        """
        nodes: list[Node] = []
        # For every open collection, what stood before it in the one around it, and the event that opened it.
        opened: list[tuple[list[Node], Any]] = []
        base = self.base
        words, numeric = scalars.WORDS, scalars.NUMERIC
        count = 0
        try:
            next_event = _parser(self.chunk).get_event
            while True:
                event = next_event()
                kind = type(event)
                if kind is ScalarEvent:
                    count += 1
                    text = event.value
                    start = base + event.start_mark.index
                    end = base + event.end_mark.index
                    if end - start == len(text) and text not in words and text[0] not in numeric:
                        # All that stands in the file is the text: no quotes, no tag, no anchor.
                        style = PLAIN
                    else:
                        style = event.style
                        if style not in _QUOTES or event.tag is not None or event.anchor is not None:
                            nodes.append(self._scalar(event, start, end, nodes))
                            continue
                    scalar = Scalar()
                    scalar.start = start
                    scalar.end = end
                    scalar.text = scalar.value = text
                    scalar.style = style
                    scalar.shared = False
                    nodes.append(scalar)
                elif kind is MappingEndEvent:
                    children = nodes
                    nodes, opening = opened.pop()
                    nodes.append(self._mapping(opening, event, children))
                elif kind is SequenceEndEvent:
                    children = nodes
                    nodes, opening = opened.pop()
                    nodes.append(self._sequence(opening, event, children))
                elif kind is MappingStartEvent or kind is SequenceStartEvent:
                    count += 1
                    if len(opened) >= DEPTH_LIMIT:
                        raise _Refused(base + event.start_mark.index, _TOO_DEEP, refused=False)
                    if event.anchor is not None:
                        self._anchors[event.anchor] = event
                    opened.append((nodes, event))
                    nodes = []
                elif kind is AliasEvent:
                    count += 1
                    nodes.append(self._alias(event, len(opened), count))
                elif kind is DocumentEndEvent:
                    self.size = count
                    self._note_dropped(base + event.end_mark.index, event.explicit)
                    return nodes[0]
                elif kind is StreamEndEvent:
                    return None
        except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
            raise self._not_yaml(str(error)) from None
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error, nodes, [opening for _, opening in opened]) from None

    def _scalar(self, event: Any, start: int, end: int, before: list[Node]) -> Scalar:
        """A scalar that is not just its text: typed, tagged, anchored, a block or empty."""
        text: str = event.value
        style: str = event.style or PLAIN
        tag: str | None = event.tag
        if tag is not None or event.anchor is not None:
            start = self._after_properties(start, end)
        read = text
        if style in (LITERAL, FOLDED):
            # Behind a carriage return that line feed is no line end of its own.
            if not self.chunk.endswith(("\n", "\r")) and self._gains_line_feed(text, start, end):
                read = text + "\n"
            end = self._end_of_text(start, end)
        elif start == end and tag is None and event.anchor is None and len(before) % 2:
            start = end = self._empty_value(before[-1], start)
        value: scalars.Value = read
        try:
            if tag is not None:
                value = scalars.tagged(tag, read, quoted=style != PLAIN)
            elif style == PLAIN:
                value = scalars.plain(read)
        except scalars.NotAValue as error:
            raise _Refused(start, str(error), end) from None
        if text == "<<" and tag not in _MERGE_TAGS:
            self._not_merging.add(start)
        scalar = Scalar.of(start, end, text, style, value)
        if event.anchor is not None:
            self._anchors[event.anchor] = scalar
        if style in (LITERAL, FOLDED):
            self._last_block = scalar
        return scalar

    def _after_properties(self, start: int, end: int) -> int:
        """libyaml's start mark stands before `&anchor !tag`; the value starts after them."""
        match = re.compile(_PROPERTIES).match(self.text, start, end)
        return match.end() if match else start

    def _gains_line_feed(self, text: str, start: int, end: int) -> bool:
        """Whether a block scalar ends a file and has one line feed more once apimachinery has ended the last line."""
        if not _END_OF_FILE.match(self.text, end):
            return False
        header_end = self._line_end(start)
        header = self.text[start:header_end].partition("#")[0]
        if "+" in header:
            return header_end < len(self.text)
        return end == len(self.text) and "-" not in header and text[-1:] not in _BREAKS

    def _end_of_text(self, start: int, end: int) -> int:
        """libyaml's end mark stands behind the blank lines after a block scalar."""
        text = self.text
        kept = end
        while text[kept - 1] in " \t\r\n":
            kept -= 1
        line_break = _LINE_BREAK.search(text, kept, end)
        return line_break.start() if line_break else end

    def _empty_value(self, key: Node, mark: int) -> int:
        """Where an empty value stands: libyaml's mark may be at the next token, but it belongs behind the colon."""
        if self.text.endswith((":", "-"), 0, mark):
            return mark
        colon = re.compile(_COLON).match(self.text, key.end, mark)
        # `{key, ...}` and `? key` have none.
        return colon.end() if colon else key.end

    def _sequence(self, opening: Any, closing: Any, items: list[Node]) -> Sequence:
        flow: bool = opening.flow_style
        start: int = self.base + opening.start_mark.index
        # A block collection's end mark stands at the next token.
        end: int = self.base + closing.end_mark.index if flow else items[-1].end
        if opening.anchor is not None or opening.tag is not None:
            start = self._after_properties(start, items[0].start if items else end)
        sequence = Sequence(start, end, items, flow)
        if opening.anchor is not None:
            self._complete(opening, sequence)
        return sequence

    def _mapping(self, opening: Any, closing: Any, nodes: list[Node]) -> Mapping:
        """A mapping of `nodes`, which are its keys and values by turns."""
        index: dict[str, Entry] = {}
        each = iter(nodes)
        for key, value in zip(each, each, strict=True):
            if type(key) is not Scalar:
                raise self._no_key(key)
            name = key.value
            if type(name) is not str:
                name = self._name(key)
            entry = index[name] = Entry()
            entry.key = key
            entry.value = value
            entry.name = name
        entries = list(index.values())
        if 2 * len(entries) < len(nodes) or "<<" in index:
            entries, index = self._resolved(nodes)
        self.keys.update(index)
        if opening.flow_style:
            mapping = self._flow_mapping(opening, closing, entries, index)
        else:
            mapping = Mapping()
            mapping.start = nodes[0].start
            mapping.end = nodes[-1].end
            mapping.entries = entries
            mapping.index = index
            mapping.flow = mapping.shared = False
        if opening.anchor is not None:
            self._complete(opening, mapping)
        return mapping

    def _flow_mapping(self, opening: Any, closing: Any, entries: list[Entry], index: dict[str, Entry]) -> Mapping:
        start = self.base + opening.start_mark.index
        end = self.base + closing.end_mark.index
        if opening.anchor is not None or opening.tag is not None:
            start = self._after_properties(start, end)
        if self.text[start] != "{":
            # The one pair of `[key: value]`, whose end mark stands at the next token.
            start, end = entries[0].key.start, entries[0].value.end
        return Mapping.of(start, end, entries, index, True)

    def _complete(self, opening: Any, node: Node) -> None:
        """The anchor of a collection now stands for `node`, unless the name was given again inside it."""
        if self._anchors[opening.anchor] is opening:
            self._anchors[opening.anchor] = node

    def _no_key(self, key: Node) -> _Refused:
        if self.text.startswith("{{", key.start - 1):
            message = "an unquoted `{{` begins a mapping within a mapping (quote the text)"
            return _Refused(key.start - 1, message, key.end)
        return _Refused(key.start, "a mapping or a list is used as a key", key.end)

    def _name(self, key: Scalar) -> str:
        try:
            return scalars.plain_key(key.text) if key.style == PLAIN else scalars.key(key.value)
        except scalars.NotAValue as error:
            raise _Refused(key.start, str(error), key.end) from None

    def _resolved(self, nodes: list[Node]) -> tuple[list[Entry], dict[str, Entry]]:
        """The entries of a mapping that names a key twice or merges, and those that count.

        go-yaml merges where `<<` stands, over what came before it.
        """
        entries: list[Entry] = []
        index: dict[str, Entry] = {}
        written: dict[str, Entry] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            assert isinstance(key, Scalar)
            entry = Entry.of(key, value, key.value if isinstance(key.value, str) else self._name(key))
            entries.append(entry)
            if self._merges(entry.key):
                self._merge(index, entry.value)
                continue
            if entry.name in written:
                self.duplicates.append(Duplicate(written[entry.name], entry))
            index[entry.name] = written[entry.name] = entry
        return entries, index

    def _merges(self, key: Scalar) -> bool:
        """Whether a key is go-yaml's merge key: it is not if it is quoted, has another tag or is an alias."""
        if key.text != "<<" or key.style != PLAIN or self.text[key.start] == "*":
            return False
        return key.start not in self._not_merging

    def _merge(self, index: dict[str, Entry], value: Node) -> None:
        """Puts the entries of a mapping, or of a list of mappings, in; the earlier of a list's win."""
        is_list = isinstance(value, Sequence) and self.text[value.start] != "*"
        for source in reversed(value.items) if isinstance(value, Sequence) and is_list else [value]:
            if not isinstance(source, Mapping):
                raise _Refused(source.start, "`<<` merges something that is not a mapping", source.end)
            for name, entry in source.index.items():
                index[name] = MergedEntry.of(entry.key, entry.value, name)

    def _alias(self, event: Any, depth: int, written: int) -> Node:
        name: str = event.anchor
        start: int = self.base + event.start_mark.index
        end: int = self.base + event.end_mark.index
        target = self._anchors.get(name)
        if target is None:
            raise _Refused(start, f"there is no anchor `&{name}` before this alias in the document", end)
        if not isinstance(target, Scalar | Mapping | Sequence):
            raise _Refused(start, f"the anchor `&{name}` contains itself", end)
        self.aliases = True
        size, height = _share(target, self.text)
        self._aliased += size
        if _too_many(self._aliased, written + self._aliased):
            raise _Refused(start, "the document's aliases expand to too many values", end)
        if depth + height > DEPTH_LIMIT:
            raise _Refused(start, _TOO_DEEP, end, refused=False)
        return _copy_at(target, start, end)

    def _note_dropped(self, end: int, explicit: bool) -> None:
        """What stands behind the document's end is lost, and nobody is told."""
        if end >= self.span.end:
            return
        rest = re.compile(_AFTER_DOCUMENT).match(self.text, end, self.span.end)
        if rest is None or rest.end() == self.span.end:
            return
        message = (
            "Kubernetes stops reading the document at `...` and drops what follows"
            if explicit
            else "the document is complete before this, so Kubernetes drops this and what follows"
        )
        self.dropped = Span(rest.end(), min(self._line_end(rest.end()), self.span.end)), message

    def _not_yaml(self, reason: str) -> _Refused:
        match = re.compile(_NOT_YAML).search(self.text, self.span.start, self.span.end)
        if match is None:
            return _Refused(self.base, reason)
        what = "control character" if match[0] < "\xa0" else "character"
        return _Refused(match.start(), f"the {what} U+{ord(match[0]):04X} is not allowed in YAML", match.end())

    def _syntax(self, error: Any, nodes: list[Node], openings: list[Any]) -> _Refused:
        problem = str(error.problem)
        mark = error.problem_mark or error.context_mark
        if problem in _WHERE_IT_BEGAN and error.context_mark:
            mark = error.context_mark
        at = self.base + (mark.index if mark else 0)
        if problem == "did not find expected <document start>" or "directive" in str(error.context):
            directive = re.compile(_DIRECTIVE).search(self.text, self.span.start, self.span.end)
            if directive:
                return _Refused(directive.start(), "Kubernetes refuses a line that begins with `%`", directive.end())
        message = self._in_words(problem, openings, at)
        if problem == "found unexpected ':'":
            # go-yaml takes it for part of the text: `{a:, b: 1}` has a key `a:`.
            message = "Kubernetes takes this `:` for part of the text (a space is missing behind it, or quotes)"
            return _Refused(at, message, at + 1, refused=False)
        block = self._last_block
        line = self._line_that_ends(block, nodes, openings, at) if block is not None else None
        if block is None or line is None:
            return _Refused(at, message, self._text_end(at))
        header, _ = self.source.line_column(block.start)
        because = f"the block scalar of line {header} ends here because this line is indented less"
        shows_here = line.start() <= at < line.end()
        return _Refused(line.start(2), f"{message}; {because}" if shows_here else because, line.end(2))

    def _in_words(self, problem: str, openings: list[Any], at: int) -> str:
        """What libyaml found, for somebody who does not know YAML's grammar."""
        character = self.text[at : at + 1]
        if problem == "found character that cannot start any token" and character.isprintable():
            shown = "a backtick" if character == "`" else f"`{character}`"
            return f"no value can begin with {shown} (quote it)"
        if problem == "found unknown escape character":
            escape = self.text[at : at + 2]
            return f"`{escape}` is no escape in double quotes (write `\\{escape}`, or use single quotes)"
        if problem == "did not find expected key" and character == ":":
            return "a key is missing before this `:` (quote the text if it is a value)"
        if problem in _NO_ENTRY and self.text[self._line_start(at) : at].strip(" \t-"):
            return "the value has ended before this text (mend the quotes, or begin a new line)"
        inner = openings[-1] if openings else None
        at_end = not self.text[at : self.span.end].strip()
        if inner is not None and inner.flow_style and (problem in _NOT_CLOSED or at_end):
            closing, what = ("]", "list") if type(inner) is SequenceStartEvent else ("}", "mapping")
            line, _ = self.source.line_column(self.base + inner.start_mark.index)
            return f"a `,` or `{closing}` is missing before this, in the {what} of line {line}"
        return _IN_WORDS.get(problem, problem)

    def _line_that_ends(self, block: Scalar, nodes: list[Node], openings: list[Any], at: int) -> re.Match[str] | None:
        """The line that ended a block scalar too early, if that is what is wrong at `at` or behind it."""
        text_lines = re.compile(_TEXT_LINE).finditer
        lines = text_lines(self.text, block.end, self.span.end)
        first = line = next(lines, None)
        if self._ends_heredoc(block, at):
            return first
        while line is not None and line[2].startswith("#"):
            line = next(lines, None)
        if line is None or at < line.start(2) or _last_scalar(nodes) is not block:
            return None
        columns = {opening.start_mark.column for opening in openings}
        if len(line[1]) in columns and re.compile(_LOOKS_LIKE_ENTRY).match(line[2]):
            return None
        # A comment ends a block scalar too, and is the culprit if the line behind it would have been part of it.
        content = [len(text[1]) for text in text_lines(self.text, self._line_end(block.start), block.end)]
        return first if content and len(line[1]) >= min(content) else line

    def _ends_heredoc(self, block: Scalar, at: int) -> bool:
        """Whether the word at `at` ends a heredoc that the block scalar begins: its body has fallen out of it."""
        word = re.compile(_WORD).match(self.text, at)
        return word is not None and re.search(rf"<<-?\s*[\"'\\]?{word[0]}\b", block.text) is not None

    def _line_start(self, offset: int) -> int:
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def _line_end(self, offset: int) -> int:
        match = _LINE_BREAK.search(self.text, offset)
        return match.start() if match else len(self.text)

    def _text_end(self, offset: int) -> int:
        return offset + len(self.text[offset : self._line_end(offset)].rstrip())


# Problems that libyaml notices later than they begin.
_WHERE_IT_BEGAN = frozenset(
    (
        "could not find expected ':'",
        "found unexpected end of stream",
        "found unexpected document indicator",
        "did not find expected alphabetic or numeric character",
        "did not find expected whitespace or line break",
        "did not find expected tag URI",
    )
)
_NO_ENTRY = frozenset(("did not find expected key", "did not find expected '-' indicator"))
_NOT_CLOSED = frozenset(("did not find expected ',' or ']'", "did not find expected ',' or '}'"))
_TAB = "a tab stands where YAML takes only spaces"
_IN_WORDS = {
    "mapping values are not allowed in this context": (
        "a `: ` stands where no key can be (quote the text, or mend the indentation)"
    ),
    "could not find expected ':'": "this line is neither `key: value` nor part of the text above it",
    "did not find expected key": "this line is not indented like its neighbours, so it is no key of theirs",
    "did not find expected '-' indicator": "a list item was expected here, indented like the ones above",
    "did not find expected node content": "a value was expected here",
    "block sequence entries are not allowed in this context": "a list item cannot begin here (mend the indentation)",
    "mapping keys are not allowed in this context": "no value can begin with `? ` (quote it)",
    "did not find expected alphabetic or numeric character": "`*` and `&` are for aliases and anchors (quote the text)",
    "did not find expected whitespace or line break": "`!` is for tags (quote the text)",
    "did not find expected tag URI": "`!` is for tags (quote the text)",
    "found undefined tag handle": "`!` is for tags (quote the text)",
    "did not find expected comment or line break": "no text can follow `|` or `>` on its line",
    "found an indentation indicator equal to 0": "a block scalar is indented by 1 to 9 spaces, not by `0`",
    "found a tab character where an indentation space is expected": _TAB,
    "found a tab character that violates indentation": _TAB,
    "found character that cannot start any token": _TAB,
    "found unexpected end of stream": "the quoted text that begins here is never closed",
    "found unexpected document indicator": "the quoted text that begins here is not closed in its document",
    "did not find expected hexdecimal number": "an escape in double quotes lacks hexadecimal digits",
    "found invalid Unicode character escape code": "an escape in double quotes names no character",
}


def _within(span: Span, text: str) -> Span:
    """libyaml may point behind the last character; a finding stands inside the file."""
    start = min(span.start, len(text))
    return Span(start, min(max(span.end, start), len(text)))


def _last_scalar(nodes: list[Node]) -> Scalar | None:
    """The scalar that was read last of all, if it was the last thing of all."""
    while nodes and not nodes[-1].shared:
        node = nodes[-1]
        if isinstance(node, Scalar):
            return node
        nodes = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries[-1:]]
    return None


def _share(node: Node, text: str) -> tuple[int, int]:
    """Marks a subtree as reached through an alias too; how many nodes it has, as go-yaml decodes them, and levels."""
    count = height = 0
    stack: list[tuple[Node, int]] = [(node, 0)]
    while stack and count <= ALIAS_LIMIT:
        current, depth = stack.pop()
        current.shared = True
        # An alias in it counts twice: itself, and what it stands for.
        count += 2 if text.startswith("*", current.start) else 1
        height = max(height, depth)
        if isinstance(current, Mapping):
            for entry in current.entries:
                stack.append((entry.key, depth + 1))
                stack.append((entry.value, depth + 1))
        elif isinstance(current, Sequence):
            stack.extend((item, depth + 1) for item in current.items)
    return count, height


def _too_many(aliased: int, decoded: int) -> bool:
    """go-yaml's bound on what aliases add (decode.go, allowedAliasRatio), and a bound of our own."""
    beyond = min(max((decoded - 400_000) / 3_600_000, 0), 1)
    return aliased > ALIAS_LIMIT or (aliased > 100 and decoded > 1000 and aliased / decoded > 0.99 - 0.89 * beyond)


def _copy_at(node: Node, start: int, end: int) -> Node:
    """The anchored value again, standing where its alias stands; what is inside keeps its place."""
    copy: Node
    if isinstance(node, Scalar):
        copy = Scalar.of(start, end, node.text, node.style, node.value)
    elif isinstance(node, Mapping):
        copy = Mapping.of(start, end, node.entries, node.index, node.flow)
    else:
        copy = Sequence(start, end, node.items, node.flow)
    copy.shared = True
    return copy
