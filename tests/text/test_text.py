"""The exact text of a file: bytes in and out, lines and columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.text import BOM, NotText, Source, Span, utf16

QUICK = settings(deadline=None, max_examples=150)

# Line ends of every kind, what only looks like one, blanks, and characters of 1 to 4 bytes.
PIECES = st.sampled_from(
    [
        *("\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", BOM),
        *("", " ", "  \n", "\t", "a", "key: value", "é", "€", "😀", "\0"),
    ]
)
TEXTS = st.builds(
    lambda mark, pieces: mark + "".join(pieces),
    st.sampled_from(["", BOM]),
    st.lists(PIECES | st.text(max_size=3), max_size=12),
)


def naive_line_column(text: str, offset: int) -> tuple[int, int]:
    """Counted character by character; CR LF is one line end, and ends behind its LF."""
    line = column = 1
    for position, character in enumerate(text[:offset]):
        within = character == "\r" and text[position + 1 : position + 2] == "\n"
        if character in "\r\n" and not within:
            line, column = line + 1, 1
        elif not (position == 0 and character == BOM):
            column += 1
    return line, column


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@QUICK
@given(TEXTS)
def test_a_text_comes_back_from_its_bytes(text: str) -> None:
    assert text == Source.from_bytes("a.yaml", text.encode("utf-8")).text


@QUICK
@given(st.binary(max_size=12) | TEXTS.map(lambda text: text.encode("utf-8")))
def test_bytes_come_back_unchanged_or_are_refused(data: bytes) -> None:
    if is_utf8(data):
        assert data == Source.from_bytes("a.yaml", data).to_bytes()
    else:
        with pytest.raises(NotText) as refusal:
            Source.from_bytes("a.yaml", data)
        assert data.startswith(refusal.value.valid.encode("utf-8"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a: 1",
        b"a: 1  \n\t \n",
        b"\xef\xbb\xbfa: 1\n",
        b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n",
        b"a: 1\r\nb: 2\r\n",
        b"a: 1\rb: 2",
        b"a: 1\r\r\n\n\r",
        b"a: '\xe2\x80\xa8\xe2\x80\xa9\xc2\x85'\n",
        b"a: \xf0\x9f\x98\x80\0\n",
    ],
)
def test_no_byte_of_a_file_is_changed(data: bytes) -> None:
    assert data == Source.from_bytes("a.yaml", data).to_bytes()


@QUICK
@given(TEXTS)
def test_every_offset_has_the_line_and_column_that_counting_gives(text: str) -> None:
    source = Source("a.yaml", text)
    offsets = range(len(text) + 1)

    assert [naive_line_column(text, offset) for offset in offsets] == [source.line_column(each) for each in offsets]


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("a\nb", 1, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("a\n", 2, (2, 1)),
        ("a\r\nb", 2, (1, 3)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("a\n\rb", 3, (3, 1)),
        ("é😀b", 2, (1, 3)),
        ("a\u2028b\x85c\vd", 6, (1, 7)),
        (BOM + "ab", 0, (1, 1)),
        (BOM + "ab", 1, (1, 1)),
        (BOM + "ab", 2, (1, 2)),
        (BOM + "a\nb", 3, (2, 1)),
        ("a\n" + BOM + "b", 3, (2, 2)),
    ],
)
def test_the_line_and_column_of_an_offset(text: str, offset: int, expected: tuple[int, int]) -> None:
    assert expected == Source("a.yaml", text).line_column(offset)


@QUICK
@given(TEXTS)
def test_the_lines_are_what_stands_between_the_line_ends(text: str) -> None:
    source = Source("a.yaml", text)

    lines = [source.line(number) for number in range(1, source.line_count() + 1)]

    assert re.split(r"\r\n|\r|\n", text.removeprefix(BOM)) == lines


@QUICK
@given(TEXTS)
def test_a_line_span_goes_from_the_first_column_of_its_line_to_behind_its_text(text: str) -> None:
    source = Source("a.yaml", text)

    for number in range(1, source.line_count() + 1):
        start, end = source.line_span(number)
        assert source.line(number) == text[start:end].removeprefix(BOM if start == 0 else "")
        assert (number, 1) == source.line_column(start)
        assert (number, 1 + len(source.line(number))) == source.line_column(end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a  \r\n\r\nb\t", ["a  ", "", "b\t"]),
        ("a\rb\n\rc", ["a", "b", "", "c"]),
        ("a\r\r\nb", ["a", "", "b"]),
        ("a\u2028b\u2029c\x85d\v\f\x1ce", ["a\u2028b\u2029c\x85d\v\f\x1ce"]),
        (BOM, [""]),
        (BOM + "a\n" + BOM + "b", ["a", BOM + "b"]),
    ],
)
def test_the_lines_of_a_text(text: str, expected: list[str]) -> None:
    source = Source("a.yaml", text)

    assert expected == [source.line(number) for number in range(1, source.line_count() + 1)]


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("", 1, Span(0, 0)),
        ("ab\r\ncd", 1, Span(0, 2)),
        ("ab\r\ncd", 2, Span(4, 6)),
        ("ab\n", 2, Span(3, 3)),
        (BOM + "ab\n", 1, Span(0, 3)),
        (BOM + "ab\n", 2, Span(4, 4)),
    ],
)
def test_where_a_line_stands(text: str, number: int, expected: Span) -> None:
    assert expected == Source("a.yaml", text).line_span(number)


def test_there_is_no_line_behind_the_last() -> None:
    with pytest.raises(IndexError):
        Source("a.yaml", "a\n").line(3)


@pytest.mark.parametrize(
    ("data", "valid", "problem"),
    [
        (b"\xff", "", "byte 0xff here is not UTF-8"),
        (b"a: \xe9\n", "a: ", "byte 0xe9 here is not UTF-8"),
        (b"a: 1\r\nb: caf\xe9", "a: 1\r\nb: caf", "byte 0xe9 here is not UTF-8"),
        (b"\xef\xbb\xbfa\x80", BOM + "a", "byte 0x80 here is not UTF-8"),
        ("é😀".encode() + b"\xf0\x9f\x98", "é😀", "byte 0xf0 here is not UTF-8"),
        # A surrogate, an overlong form, and beyond U+10FFFF.
        (b"a\xed\xa0\x80", "a", "byte 0xed here is not UTF-8"),
        (b"a\xc0\x80", "a", "byte 0xc0 here is not UTF-8"),
        (b"a\xf4\x90\x80\x80", "a", "byte 0xf4 here is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "", "the file is UTF-16"),
        (b"\xfe\xff" + "a: 1\n".encode("utf-16-be"), "", "the file is UTF-16"),
        (b"\xff\xfe" + "a: 1\n".encode("utf-16-le"), "", "the file is UTF-16"),
        (b"\xff\xfe\0\0" + "a: 1\n".encode("utf-32-le"), "", "the file is UTF-32"),
        (b"\0\0\xfe\xff" + "a: 1\n".encode("utf-32-be"), "", "the file is UTF-32"),
    ],
)
def test_what_is_not_utf8_is_refused_with_the_text_before_it(data: bytes, valid: str, problem: str) -> None:
    with pytest.raises(NotText) as refusal:
        Source.from_bytes("a.yaml", data)

    assert (valid, problem) == (refusal.value.valid, refusal.value.problem)
    assert problem == str(refusal.value)


@QUICK
@given(TEXTS, st.sampled_from([b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"]), st.sampled_from(["", "\nb"]))
def test_the_text_before_the_first_wrong_byte_is_kept(text: str, wrong: bytes, rest: str) -> None:
    with pytest.raises(NotText) as refusal:
        Source.from_bytes("a.yaml", text.encode("utf-8") + wrong + rest.encode("utf-8"))

    assert text == refusal.value.valid


@pytest.mark.parametrize("data", [b"", b"a", b"\xff", b"\xfe", b"\xef\xbb\xbfa", b"a\xff\xfe", b"\0\0\xff\xfe"])
def test_bytes_without_the_mark_of_utf16_or_utf32_are_neither(data: bytes) -> None:
    assert utf16(data) is None


def test_a_file_is_shown_by_its_name_unless_told_otherwise() -> None:
    assert "a/b.yaml" == Source("a/b.yaml", "").shown
    assert "../b.yaml" == Source.from_bytes("a/b.yaml", b"", "../b.yaml").shown
