"""Whatever way a manifest is written, it reads as what was meant, and everything stands where it is written.

The renderer here writes YAML by hand, so that nothing of what is tested has a part in the expectation.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.document import FOLDED, LITERAL, Mapping, Node, Scalar, Sequence, load, plain_data, walk
from tektonlint.text import BOM, Source

# Texts that mean the same in every style; what YAML cares about stands only in those that are quoted or blocks.
WORDS = st.text("abz019./é\U0001f600-", min_size=0, max_size=6).map(lambda text: f"v{text}e")
QUOTABLE = st.text("ab19 :#-,[]{}&*!|>'\"%@`\\é\U0001f600?", max_size=8)
ESCAPED = st.text("ab :#'\"\\\n\t\r\0é\U0001f600", max_size=8)
LINES = st.text("ab1 :#-'\"|{é", min_size=0, max_size=8).map(lambda line: "" if line.isspace() else line)
TYPED: list[tuple[str, object]] = [
    ("12", 12),
    ("0x1F", 31),
    ("0644", 420),
    ("1.5", 1.5),
    ("1e3", 1000),
    ("true", True),
    ("y", True),
    ("off", False),
    ("~", None),
    ("null", None),
    ("12:30:45", "12:30:45"),
    ("2001-01-01", "2001-01-01"),
    ("=", "="),
]


class Written(NamedTuple):
    """Lines that follow `key:` or `-`: the first on the same line, the others indented by one step.

    `kept` says that blank lines behind them would be part of them.
    """

    lines: list[str]
    value: object
    kept: bool = False


class Manifest(NamedTuple):
    """A file, and what its documents are."""

    text: str
    documents: list[object]


@st.composite
def one_line_scalars(draw: st.DrawFn) -> Written:
    kind = draw(st.sampled_from(["word", "words", "typed", "single", "double", "tagged"]))
    if kind == "words":
        text = " ".join(draw(st.lists(WORDS, min_size=1, max_size=3)))
        return Written([text], text)
    if kind == "typed":
        text, value = draw(st.sampled_from(TYPED))
        return Written([text], value)
    if kind == "single":
        text = draw(QUOTABLE)
        return Written(["'" + text.replace("'", "''") + "'"], text)
    if kind == "double":
        text = draw(ESCAPED)
        return Written([json.dumps(text, ensure_ascii=False)], text)
    if kind == "tagged":
        text, _ = draw(st.sampled_from(TYPED))
        return Written([f"!!str {text}"], text)
    text = draw(WORDS)
    return Written([text], text)


@st.composite
def many_line_scalars(draw: st.DrawFn, step: int) -> Written:
    """Plain and quoted scalars over several lines, and block scalars."""
    kind = draw(st.sampled_from(["plain", "single", "double", "literal", "folded"]))
    if kind == "literal":
        return draw(literals(step))
    paragraphs = draw(st.lists(st.lists(WORDS, min_size=1, max_size=2), min_size=1, max_size=2))
    lines = "\n\n".join("\n".join(paragraph) for paragraph in paragraphs).split("\n")
    value = "\n".join(" ".join(paragraph) for paragraph in paragraphs)
    if kind == "folded":
        header = draw(st.sampled_from([">", ">-", "> # note"]))
        return Written([header, *lines], value if header == ">-" else value + "\n")
    quote = {"plain": "", "single": "'", "double": '"'}[kind]
    lines[0] = quote + lines[0]
    lines[-1] += quote
    return Written(lines, value)


@st.composite
def literals(draw: st.DrawFn, step: int) -> Written:
    lines = draw(st.lists(LINES, min_size=1, max_size=4).filter(lambda lines: bool(lines[-1])))
    chomping = draw(st.sampled_from(["", "-", "+"]))
    first = next(line for line in lines if line)
    indicator = str(step) if first.startswith(" ") or draw(st.booleans()) else ""
    blank = draw(st.integers(0, 2)) if chomping == "+" else 0
    ends = {"": "\n", "-": "", "+": "\n" * (1 + blank)}[chomping]
    header = f"|{indicator}{chomping}{draw(st.sampled_from(['', ' # note', '  ']))}"
    return Written([header, *lines, *[""] * blank], "\n".join(lines) + ends, kept=chomping == "+")


@st.composite
def flows(draw: st.DrawFn, depth: int) -> Written:
    """A list or mapping in brackets, on one line or over several."""
    below = one_line_scalars() if depth <= 0 else st.one_of(one_line_scalars(), flows(depth - 1))
    items = draw(st.lists(below, max_size=3))
    line_end = draw(st.sampled_from(["", "", "\n", " # note\n"]))
    pieces = ["\n".join(item.lines) for item in items]
    value: object
    if draw(st.booleans()):
        value = [item.value for item in items]
        opening, closing = "[", "]"
    else:
        keys = [draw(keys_of(number)) for number in range(len(items))]
        value = {key.value: item.value for key, item in zip(keys, items, strict=True)}
        pieces = [f"{key.lines[0]}: {piece}" for key, piece in zip(keys, pieces, strict=True)]
        opening, closing = "{", "}"
    inside = f",{line_end or ' '}".join(pieces)
    last = draw(st.sampled_from(["", " ", ",", " ,"])) if items else ""
    return Written(f"{opening}{line_end}{inside}{last}{line_end}{closing}".split("\n"), value)


@st.composite
def keys_of(draw: st.DrawFn, number: int) -> Written:
    """A key; the number keeps those of one mapping apart."""
    quote = draw(st.sampled_from(["", "'", '"']))
    text = f"k{number}{draw(WORDS)}"
    return Written([f"{quote}{text}{quote}"], text)


@st.composite
def leaves(draw: st.DrawFn, step: int) -> Written:
    written = draw(st.one_of(one_line_scalars(), many_line_scalars(step), flows(1), st.just(Written([""], None))))
    is_block = written.lines[0].startswith(("|", ">"))
    lines = list(written.lines)
    if not is_block and lines[-1] and draw(st.booleans()):
        lines[-1] += draw(st.sampled_from(["  # note", "\t# note", "   "]))
    if not lines[0].startswith("!!") and draw(st.booleans()):
        lines[0] = f"&x {lines[0]}" if lines[0] else "&x"
    return Written(lines, written.value, written.kept)


@st.composite
def gaps(draw: st.DrawFn, *, kept: bool) -> list[str]:
    """Comments and blank lines before an entry; a comment ends the block scalar before it."""
    return draw(
        st.sampled_from([[], ["# note"], ["# note", "", "    # more"]] + ([] if kept else [[""], ["", "# note"]]))
    )


@st.composite
def collections(draw: st.DrawFn, depth: int, step: int) -> Written:
    """The lines of a block list or mapping, none of which is indented."""
    is_list = draw(st.booleans())
    lines: list[str] = []
    items: list[object] = []
    entries: dict[object, object] = {}
    kept = False
    for number in range(draw(st.integers(1, 3))):
        lines += draw(gaps(kept=kept))
        key = draw(keys_of(number))
        lead = "-" if is_list else draw(st.sampled_from([f"{key.lines[0]}:", f"{key.lines[0]} :"]))
        if depth > 0 and draw(st.booleans()):
            below = draw(collections(depth - 1, step))
            properties = draw(
                st.sampled_from(["", " # note", " &x", " !!map" if isinstance(below.value, dict) else " !!seq"])
            )
            lines.append(lead + properties)
            lines += [" " * step + line if line else "" for line in below.lines]
        else:
            below = draw(leaves(step))
            lines.append(f"{lead} {below.lines[0]}" if below.lines[0] else lead)
            lines += [" " * step + line if line else "" for line in below.lines[1:]]
        kept = below.kept
        items.append(below.value)
        entries[key.value] = below.value
    return Written(lines, items if is_list else entries, kept)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # The splitter knows no lone carriage return.
    most = 1 if newline == "\r" else 3
    step = draw(st.integers(2, 4))
    roots = draw(st.lists(collections(2, step), min_size=1, max_size=most))
    lines: list[str] = []
    for number, root in enumerate(roots):
        if number or (newline != "\r" and draw(st.booleans())):
            lines.append(draw(st.sampled_from(["---", "--- # note", "---  "])))
        lines += root.lines
    # Of a text that keeps its blank lines the last one needs its end.
    end = newline if roots[-1].kept else draw(st.sampled_from(["", newline]))
    text = draw(st.sampled_from(["", BOM])) + newline.join(lines) + end
    return Manifest(text, [root.value for root in roots])


def roots_of(text: str) -> list[Node]:
    documents, problems = load(Source("file.yaml", text))
    assert () == problems
    return [document.root for document in documents]


@settings(deadline=None, max_examples=150)
@given(manifests())
def test_what_was_written_is_what_is_read(manifest: Manifest) -> None:
    assert same(manifest.documents, [plain_data(root) for root in roots_of(manifest.text)])


def same(expected: object, found: object) -> bool:
    """Equal, and of equal types: True is not 1."""
    return json.dumps(expected) == json.dumps(found)


def scalars_of(text: str) -> list[Scalar]:
    return [node for root in roots_of(text) for node in walk(root) if isinstance(node, Scalar)]


@settings(deadline=None, max_examples=60)
@given(manifests())
def test_every_scalar_reads_the_same_from_its_span_alone(manifest: Manifest) -> None:
    text = manifest.text
    for scalar in scalars_of(text):
        piece = text[scalar.start : scalar.end]
        if scalar.style in (LITERAL, FOLDED):
            lines = [line.strip() for line in re.split(r"\r\n|\n|\r", piece)[1:]]
            assert piece.startswith(scalar.style)
            assert scalar.text.split() == " ".join(lines).split()
        elif piece:
            assert piece.strip() == piece
            assert [scalar.text] == [
                event.value
                for event in yaml.parse(piece, Loader=yaml.CSafeLoader)
                if isinstance(event, yaml.ScalarEvent)
            ]
        else:
            assert ("", None) == (scalar.text, scalar.value)


def below(node: Node) -> list[Node]:
    """What is written in a collection, in order."""
    if isinstance(node, Mapping):
        return [part for entry in node.entries for part in (entry.key, entry.value)]
    return node.items if isinstance(node, Sequence) else []


@settings(deadline=None, max_examples=60)
@given(manifests())
def test_spans_nest_and_do_not_overlap(manifest: Manifest) -> None:
    for root in roots_of(manifest.text):
        for node in walk(root):
            places = [offset for child in below(node) for offset in (child.start, child.end)]
            assert sorted(places) == places
            assert [] == [offset for offset in places if not node.start <= offset <= node.end]


@settings(deadline=None, max_examples=60)
@given(manifests())
def test_outside_of_scalars_stand_only_comments_and_signs(manifest: Manifest) -> None:
    text = manifest.text
    for scalar in reversed(scalars_of(text)):
        text = text[: scalar.start] + text[scalar.end :]

    rest = re.sub(r"#[^\r\n]*|&x[0-9]?|!!(str|map|seq)|---", "", text.removeprefix(BOM))
    assert "" == re.sub(r"[-:,\[\]{}\s]", "", rest)


# Any text at all

YAMLISH = st.lists(
    st.sampled_from(
        [
            *"ab1y~-?:,[]{}#&*!|>'\"%@`<. \n\t\r\\",
            "\n  ",
            "\n- ",
            ": ",
            "---",
            "...",
            "\n---\n",
            "\r\n",
            "<<: ",
            "&a ",
            "*a",
            "!!int ",
            "!!str ",
            "!!binary ",
            "|\n  ",
            ">-\n  ",
            "{{ a }}",
            "\x00",
            "\x85",
            "\u2028",
            BOM,
            "\ud800",
            "é",
            "0x",
        ]
    ),
    max_size=30,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(), YAMLISH, st.binary().map(lambda data: data.decode("latin-1"))))
def test_any_text_is_read_or_has_a_problem_inside_the_file(text: str) -> None:
    documents, problems = load(Source("file.yaml", text))

    assert [] == [problem for problem in problems if not 0 <= problem.span.start <= problem.span.end <= len(text)]
    for document in documents:
        json.dumps(plain_data(document.root), allow_nan=False)
        assert [] == [node for node in walk(document.root) if not 0 <= node.start <= node.end <= len(text)]


@settings(deadline=None, max_examples=300)
@given(YAMLISH)
def test_the_documents_and_problems_of_a_file_are_counted_together(text: str) -> None:
    documents, problems = load(Source("file.yaml", text))
    numbers = [document.index for document in documents]
    failed = {problem.document for problem in problems} - set(numbers)

    assert sorted(set(numbers)) == numbers
    assert failed | set(numbers) <= set(range(len(numbers) + len(failed)))
