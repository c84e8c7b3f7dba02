"""Every character of a scalar is found again in the file, whatever its style."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Scalar, load, walk
from tektonlint.offsets import header_line_end, indentation, source_offsets, span_in
from tektonlint.text import Source, Span

_LINE_END = re.compile("[\r\n\x85\u2028\u2029]")
BREAKS = ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029")


def scalars(text: str) -> list[Scalar]:
    """All that are in a text, as far as it can be read."""
    documents = load(Source("a.yaml", text)).documents
    return [node for document in documents for node in walk(document.root) if isinstance(node, Scalar)]


def last_scalar(text: str) -> Scalar:
    return scalars(text)[-1]


# A text; where the marks ^ below it stand, the characters of its last scalar were read from, and its end.
PLACES = {
    "plain": ("a: b c", "   ^^^^"),
    "plain in brackets": ("[a, b ]", "    ^^"),
    "plain with a comment behind": ("a: b #c", "   ^^"),
    "plain and anchored": ("a: &x b", "      ^^"),
    "plain and tagged": ("a: !t &x b", "         ^^"),
    "plain over two lines": ("a: b\n  c", "   ^^  ^^"),
    "plain over two lines with CRLF": ("a: b\r\n  c", "   ^^   ^^"),
    "plain with blanks before a line end": ("a: b  \n  c", "   ^^    ^^"),
    "plain with a blank line": ("a: b\n\n  c", "   ^ ^  ^^"),
    "plain with two blank lines": ("a: b\n\n\n  c", "   ^ ^^  ^^"),
    "plain with 4-byte characters": ("a: 😀\n  é", "   ^^  ^^"),
    "nothing": ("a:", "  ^"),
    "single quotes": ("a: 'b c'", "    ^^^^"),
    "nothing in single quotes": ("a: ''", "    ^"),
    "a quote in single quotes": ("a: 'b''c'", "    ^^ ^^"),
    "only a quote in single quotes": ("a: ''''", "    ^ ^"),
    "single quotes over two lines": ("a: 'b\n c'", "    ^^ ^^"),
    "single quotes with a blank line": ("a: 'b\n \n c'", "    ^  ^ ^^"),
    "double quotes": ('a: "b c"', "    ^^^^"),
    "an escape": ('a: "b\\nc"', "    ^^ ^^"),
    "escapes of 2, 4 and 8 digits": ('a: "\\x41\\u00e9\\U0001F600"', "    ^   ^     ^         ^"),
    "an escaped quote and backslash": ('a: "\\"\\\\"', "    ^ ^ ^"),
    "double quotes over two lines": ('a: "b\n  c"', "    ^^  ^^"),
    "an escaped line end": ('a: "b\\\n  c"', "    ^    ^^"),
    "an escaped line end with CRLF": ('a: "b\\\r\n  c"', "    ^     ^^"),
    "blanks before an escaped line end": ('a: "b \\\n  c"', "    ^^    ^^"),
    "an escaped blank behind an escaped line end": ('a: "b\\\n  \\ c"', "    ^    ^ ^^"),
    "blank lines behind an escaped line end": ('a: "b\\\n\n\n c"', "    ^  ^^ ^^"),
    "literal": ("a: |\n  b\n  c\n", "       ^^  ^^^"),
    "literal with CRLF": ("a: |\r\n  b\r\n  c\r\n", "        ^^   ^^ ^"),
    "literal without a final line end": ("a: |\n  b\n  c", "       ^^  ^^"),
    "literal that is stripped": ("a: |-\n  b\n", "        ^^"),
    "literal that is kept": ("a: |+\n  b\n\n\n", "        ^^^^^"),
    "literal with a comment in its header": ("a: | # c\n  b\n", "           ^^^"),
    "literal with deeper lines": ("a: |\n  b\n    c\n", "       ^^  ^^^^^"),
    "literal that says its indentation": ("a: |1\n   b\n", "       ^^^^^"),
    "literal with blank lines first": ("a: |\n\n\n  b\n", "     ^^  ^^^"),
    "literal with a blank line of blanks": ("a: |\n  b\n    \n  c\n", "       ^^  ^^^  ^^^"),
    "literal and anchored": ("a: &x |\n  b\n", "          ^^^"),
    "literal of blanks": ("a: |2\n    \n", "        ^^^^"),
    "empty literal": ("a: |\n", "     ^"),
    "literal of kept blank lines": ("a: |+\n    \n\n", "          ^^^"),
    "folded": ("a: >\n  b\n  c\n", "       ^^  ^^^"),
    "folded with CRLF": ("a: >\r\n  b\r\n  c\r\n", "        ^^   ^^ ^"),
    "folded with a blank line": ("a: >\n  b\n\n  c\n", "       ^ ^  ^^^"),
    "folded with deeper lines": ("a: >\n  b\n    c\n  d\n", "       ^^  ^^^^  ^^^"),
    "folded with blank lines first": ("a: >\n\n  b\n", "     ^  ^^^"),
    "folded that is kept": ("a: >+\n  b\n\n", "        ^^^^"),
    "folded that says its indentation": ("a: >2\n    b\n    c\n", "        ^^^^  ^^^^^"),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_characters_of_a_scalar_stand_where_they_were_read(name: str) -> None:
    text, marks = PLACES[name]

    assert [place for place, mark in enumerate(marks) if mark == "^"] == source_offsets(last_scalar(text), text)


# Scalars of every style, with every kind of line end, in a block or in brackets


@st.composite
def block_scalars(draw: st.DrawFn) -> str:
    """Also some that end early, or are none: what is left of them has to be found all the same."""
    line_end = st.sampled_from(BREAKS[:1] if draw(st.booleans()) else BREAKS)
    header = draw(st.sampled_from("|>")) + draw(st.sampled_from(["", "-", "+", "2", "3+", "-1", " # c", "+ # c"]))
    pieces = st.sampled_from(["a", "é", "😀", "x y", '"', "\\", "#", ": ", "\t", " "])
    content = st.lists(pieces, max_size=3).map("".join)
    lines = draw(st.lists(st.tuples(line_end, st.integers(0, 5), content), max_size=6))
    behind = draw(st.sampled_from(["", "\n", "\r\n\r\n", "\n  ", "\nk: v", "\n# c\nz: 1"]))
    return header + "".join(f"{end}{' ' * indent}{text}" for end, indent, text in lines) + behind


SPECIAL = {
    "": ["'", '"', "\\"],
    "'": ["''", '"', "\\"],
    '"': ["'", r"\n", r"\x41", r"\u00e9", r"\U0001F600", r"\\", r"\"", r"\ ", *(f"\\{end}" for end in BREAKS)],
}


@st.composite
def flow_scalars(draw: st.DrawFn) -> str:
    quote, special = draw(st.sampled_from(list(SPECIAL.items())))
    pieces = ["a", "bc", "é", "😀", "x  y", " ", *(f"{blank}{end}{blank}" for end in BREAKS for blank in ("", "  "))]
    text = "".join(draw(st.lists(st.sampled_from([*pieces, *special]), max_size=8)))
    return quote + text + quote + draw(st.sampled_from(["", "\n", " # c", "\r\n\r\n"]))


before = ["", "a: ", "- ", "a:\n  b: ", "&x ", "a: !!str &y ", "a: !t # c\n  ", "\ufeffa: ", "a: 1\n---\nb: "]
manifests = st.builds(str.__add__, st.sampled_from(before), st.one_of(block_scalars(), flow_scalars()))


def stands_for(character: str, source: str, style: str) -> bool:
    """Whether a character of a value can have been read from where this one stands."""
    if character == source or (character == "\n" and source in "\r\x85"):
        return True
    if style == DOUBLE and source == "\\":
        return True
    return style != LITERAL and character == " " and source in "\n\r\x85\t"


@settings(deadline=None, max_examples=200)
@given(manifests)
def test_every_character_was_read_where_it_is_said_to_stand(text: str) -> None:
    for scalar in scalars(text):
        offsets = source_offsets(scalar, text)

        assert len(scalar.text) + 1 == len(offsets)
        assert [] == [
            (character, text[offset])
            for character, offset in zip(scalar.text, offsets, strict=False)
            if not stands_for(character, text[offset], scalar.style)
        ]
        assert scalar.start <= offsets[0] <= offsets[-1] <= len(text)
        assert all(one < other for one, other in pairwise(offsets[:-1]))
        assert offsets == sorted(offsets)


@settings(deadline=None, max_examples=200)
@given(manifests, st.data())
def test_the_span_of_a_part_within_a_line_reads_as_that_part(text: str, data: st.DataObject) -> None:
    for scalar in scalars(text):
        start = data.draw(st.integers(0, len(scalar.text)))
        end = data.draw(st.integers(start, len(scalar.text)))
        part = scalar.text[start:end]
        span = span_in(scalar, text, start, end)
        source = text[span.start : span.end]

        if _LINE_END.search(source):
            continue
        if scalar.style in (SINGLE, DOUBLE):
            source = yaml.load(f"{scalar.style}{source}{scalar.style}", Loader=yaml.CBaseLoader)
        assert part == source


# A text, the start and end of a part of its last scalar, and what stands there in the file
PARTS = {
    "of a plain text": ("a: b cd", 2, 4, "cd"),
    "of a plain text over two lines": ("a: bc\n  de", 1, 4, "c\n  d"),
    "up to a line end": ("a: bc\n  de", 1, 2, "c"),
    "of a line end": ("a: bc\r\n  de", 2, 3, "\r\n"),
    "of an escape": ('a: "b\\tc"', 1, 2, "\\t"),
    "of a long escape": ('a: "b\\u00e9"', 1, 2, "\\u00e9"),
    "up to the closing quote": ('a: "bc" # c', 1, 2, "c"),
    "of a doubled quote": ("a: 'b''c'", 1, 2, "''"),
    "up to a doubled quote": ("a: 'b''c'", 0, 1, "b"),
    "of a script's line": ("a: |\n  bc\n  de\n", 3, 5, "de"),
    "of two of its lines": ("a: |\n  bc\n  de\n", 1, 4, "c\n  d"),
    "of its line with the line end": ("a: |\n  bc\n  de\n", 0, 3, "bc\n"),
    "of its line with the line end, with CRLF": ("a: |\r\n  bc\r\n  de\r\n", 0, 3, "bc\r\n"),
    "of its last line at the end of the file": ("a: |\n  bc\n  de", 3, 5, "de"),
    "of all of it": ("a: |\n  bc\n\n  de\n", 0, 7, "bc\n\n  de\n"),
    "of a blank script's line end": ("a: |+\n \n", 0, 1, "\n"),
    "of its line behind YAML 1.1's other line end": ("a: |\n  bc\x85  de\n", 3, 5, "de"),
    "of a folded text": ("a: >\n  bc\n  de\n", 1, 4, "c\n  d"),
    "that is empty": ("a: bc", 1, 1, ""),
    "that is empty in a script": ("a: |\n  bc\n", 2, 2, ""),
}


@pytest.mark.parametrize("name", PARTS)
def test_the_span_of_a_part(name: str) -> None:
    text, start, end, expected = PARTS[name]
    span = span_in(last_scalar(text), text, start, end)

    assert expected == text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "offset"),
    [("a: b", 4), ("a: |\n  b\n", 7), ('a: "b"', 5), ("a: |\n  b\n  c\n", 7)],
)
def test_an_empty_part_stands_before_the_character_that_follows(text: str, offset: int) -> None:
    position = 1 if text == "a: b" or '"' in text else 0

    assert Span(offset, offset) == span_in(last_scalar(text), text, position, position)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: |\n  b\n", 2),
        ("a: |\n    b\n  # c\n", 4),
        ("a: |1\n    b\n", 1),
        ("- a: |2\n     b\n", 4),
        ("a: >\n\n\n   b\n   c\n", 3),
        ("a: |\r\n  b\r\n", 2),
        ("a: |2\n     \n", 2),
        ("a: |\n", 0),
        ("a: |+\n     \n", 0),
    ],
)
def test_the_indentation_of_a_block_scalar(text: str, expected: int) -> None:
    assert expected == indentation(last_scalar(text), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a: |\n  b", 5), ("a: |  # c\r\n  b", 11), ("a: |\r  b", 5), ("a: |", 4), ("a: &x >-\n  b", 9)],
)
def test_the_line_of_a_header_ends_behind_its_line_end(text: str, expected: int) -> None:
    assert expected == header_line_end(last_scalar(text), text)


@pytest.mark.parametrize("style", [LITERAL, FOLDED, SINGLE, DOUBLE, PLAIN])
def test_a_long_scalar_is_mapped_in_one_pass(style: str) -> None:
    """A megabyte takes well under a second; with a pass for every line or escape it would take minutes."""
    text = {
        LITERAL: "a: |\n" + "  text\n" * 150_000,
        FOLDED: "a: >\n" + "  text\n\n" * 130_000,
        SINGLE: "a: '" + "''" * 500_000 + "'",
        DOUBLE: 'a: "' + r"\n" * 500_000 + '"',
        PLAIN: "a: b\n" + "  b\n" * 250_000,
    }[style]
    scalar = last_scalar(text)

    assert len(scalar.text) + 1 == len(source_offsets(scalar, text))


# Texts in which most characters stand once, so that it is known where each was read


MARK = "\0"
ANY_BREAK = st.sampled_from([*["\n"] * 3, *BREAKS])
BEHIND = st.sampled_from(["", "\n", "\nz: 1\n", "\n# c\nz: 1\n", "\n---\nz: |\n  1\n"])
PROPERTIES = st.sampled_from(["", "&x ", "!t ", "&x !!str "])


def numbered(template: str) -> str:
    """Another character for every mark, of 1 to 4 bytes by turns."""
    first, *parts = template.split(MARK)
    marks = [chr((0x42, 0x3A9, 0x4E00, 0x1F600)[number % 4] + number // 4) for number in range(len(parts))]
    return first + "".join(mark + part for mark, part in zip(marks, parts, strict=True))


@st.composite
def marked_blocks(draw: st.DrawFn) -> str:
    indent, said = draw(st.integers(1, 4)), draw(st.booleans())
    header = draw(st.sampled_from("|>")) + str(indent) * said + draw(st.sampled_from(["", "-", "+", " # c"]))
    words = st.lists(st.sampled_from([MARK, MARK + " " + MARK, MARK + "  "]), max_size=3).map("".join)
    lines = []
    for text, more in draw(st.lists(st.tuples(words, st.integers(0, 3)), max_size=8)):
        # Blanks beyond the indentation are content where it is said, and an error before the first text elsewhere.
        lines.append(" " * (indent + more) + text if text or said else " " * min(more, indent))
    return "a: " + draw(PROPERTIES) + header + "".join(draw(ANY_BREAK) + line for line in lines) + draw(BEHIND)


@st.composite
def marked_flows(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(["", "'", '"']))
    special = {"": ["\\", "'"], "'": ["''", "\t"], '"': ["\\n", "\\\\", '\\"', "\\x41", "\\ ", "\\\t", "'"]}[quote]
    folds = [blank + end + "  " for end in BREAKS for blank in ("", " \t", "\\" if quote == '"' else "")]
    pieces = st.sampled_from([*[MARK] * 4, " ", "  ", *special]) | st.sampled_from(folds)
    text = "".join(draw(st.lists(pieces, max_size=12)))
    return f"a: {draw(PROPERTIES)}{quote}{MARK}{text}{MARK}{quote}{draw(BEHIND)}"


@settings(deadline=None, max_examples=300)
@given(st.one_of(marked_blocks(), marked_flows()).map(numbered))
def test_a_character_that_stands_once_in_the_file_is_found_there(text: str) -> None:
    for scalar in scalars(text):
        unique = [at for at, each in enumerate(scalar.text) if not each.isspace() and text.count(each) == 1]
        offsets = source_offsets(scalar, text)

        assert [text.index(scalar.text[at]) for at in unique] == [offsets[at] for at in unique]
        assert [scalar.text[at] for at in unique] == [text[slice(*span_in(scalar, text, at, at + 1))] for at in unique]


@settings(deadline=None, max_examples=200)
@given(marked_blocks().map(numbered))
def test_a_line_of_a_literal_text_is_the_line_as_many_behind_its_header(text: str) -> None:
    for scalar in scalars(text):
        indent = indentation(scalar, text)
        if scalar.style == LITERAL and indent:
            starts = [0, *(match.end() for match in re.finditer("[\n\u2028\u2029](?=.)", scalar.text, re.DOTALL))]
            lines = re.compile("[^\n\r\x85\u2028\u2029]*(\r\n|.|$)", re.DOTALL)
            written = list(lines.finditer(text, header_line_end(scalar, text)))[: len(starts)]
            columns = [match.start() + min(indent, match.start(1) - match.start()) for match in written]

            assert columns == [source_offsets(scalar, text)[start] for start in starts]


@pytest.mark.parametrize("anchored", ["b c", "'b''c'", '"b\\nc"', "|\n    b\n    c\n", ">\n    b\n    c\n"])
def test_every_part_of_an_alias_is_the_alias(anchored: str) -> None:
    text = f"a: &x {anchored}\nb: *x # c\n"
    alias = last_scalar(text)
    length = len(alias.text)

    assert [text.index("*x")] * length + [text.index(" # c")] == source_offsets(alias, text)
    assert "*x" == text[slice(*span_in(alias, text, 0, 1))] == text[slice(*span_in(alias, text, length - 1, length))]


def manifest_texts() -> list[str]:
    """The texts of all files of the corpus."""
    if "TEKTONLINT_CORPUS" not in os.environ:
        pytest.skip("TEKTONLINT_CORPUS is not set")
    paths = sorted(Path(os.environ["TEKTONLINT_CORPUS"]).rglob("*.y*ml"))
    return [path.read_bytes().decode("utf-8") for path in paths]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_character_of_real_manifests_is_found_in_them(line_end: str) -> None:
    wrong = []
    count = 0
    for manifest in manifest_texts():
        text = manifest.replace("\n", line_end)
        for scalar in scalars(text):
            if text[scalar.start : scalar.start + 1] == "*":
                continue
            offsets = source_offsets(scalar, text)
            places = zip(scalar.text, offsets, strict=False)
            strange = [at for each, at in places if not stands_for(each, text[at], scalar.style)]
            if strange or len(offsets) != len(scalar.text) + 1 or offsets != sorted(offsets):
                wrong.append((scalar.text, strange))
            count += 1

    assert [] == wrong
    assert count > 100_000
