"""The exact text of one file, and how an offset in it becomes a line and a column."""

from __future__ import annotations

from bisect import bisect_right
from io import StringIO
from itertools import accumulate

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

BOM = "\ufeff"

# What an editor counts as the end of a line (LSP 3.17, "Text Documents"). `str.splitlines` also
# splits at \v, \f, \x1c-\x1e, U+0085, U+2028 and U+2029, and would count lines nobody sees.
LINE_END = pattern(r"\r\n|\n|\r")


class Span(NamedTuple):
    """Half-open range of character offsets into `Source.text`."""

    start: int
    end: int


class NotText(ValueError):
    """Bytes that are not UTF-8; `valid` is the text before the first wrong byte."""

    def __init__(self, problem: str, valid: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.valid = valid


class Source:
    """One file: its exact text, with byte-order mark, CRLF and all, and its names.

    `name` is relative to the root, with forward slashes, and stays the same wherever the tool is run;
    `shown` is relative to the working folder, for people and reports.
    """

    __slots__ = ("_starts", "name", "shown", "text")

    def __init__(self, name: str, text: str, shown: str | None = None) -> None:
        self.name = name
        self.shown = shown if shown is not None else name
        self.text = text
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"

    @classmethod
    def from_bytes(cls, name: str, data: bytes, shown: str | None = None) -> Source:
        """Strict UTF-8, so that ``from_bytes(name, data).to_bytes() == data``. Raises `NotText` otherwise."""
        try:
            return cls(name, data.decode("utf-8"), shown)
        except UnicodeDecodeError as error:
            encoding = utf16(data)
            if encoding:
                raise NotText(f"the file is {encoding}", "") from None
            valid = data[: error.start].decode("utf-8")
            raise NotText(f"byte 0x{data[error.start]:02x} here is not UTF-8", valid) from None

    def to_bytes(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode("utf-8")

    def line_column(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset.

        The column counts code points, as SARIF's ``unicodeCodePoints`` does (SARIF 2.1.0 §3.14.17).
        A byte-order mark at the start of the file is not a column, since no editor shows one.
        """
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        if line == 1 and self.text.startswith(BOM):
            start = min(offset, 1)
        return line, offset - start + 1

    def line_count(self) -> int:
        """How many lines there are; the empty one after a final newline is one."""
        return len(self._line_starts())

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line end and without a byte-order mark."""
        start, end = self.line_span(number)
        text = self.text[start:end]
        return text[1:] if number == 1 and text.startswith(BOM) else text

    def line_span(self, number: int) -> Span:
        """Where a 1-based line stands, without its line end; a byte-order mark is in the first one's."""
        starts = self._line_starts()
        start = starts[number - 1]
        end = starts[number] if number < len(starts) else len(self.text)
        return Span(start, start + len(self.text[start:end].rstrip("\r\n")))

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            # With `newline=""` a StringIO has the same ends of lines as `LINE_END`.
            self._starts = [0, *accumulate(map(len, StringIO(self.text, newline="")))]
            if self.text and self.text[-1] not in "\r\n":
                self._starts.pop()
        return self._starts


def utf16(data: bytes) -> str | None:
    """The name of the UTF-16 or UTF-32 encoding that the bytes begin with the mark of, if any."""
    for mark, name in (
        (b"\xff\xfe\x00\x00", "UTF-32"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ):
        if data.startswith(mark):
            return name
    return None
