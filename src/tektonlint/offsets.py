"""Where a character of a scalar's text stands in the file, for every style of scalar.

A script is a scalar; what is found in it has to be shown, and one day edited, in the file.
"""

from __future__ import annotations

import re

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Scalar
from tektonlint.text import Span

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_DOUBLE_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r\n[ \t]*|[\r\n][ \t]*|.)", re.DOTALL)
_FOLD = re.compile(r"[ \t]*(?:\r\n|\n|\r)[ \t\r\n]*")


def source_offsets(scalar: Scalar, text: str) -> list[int]:
    """For every character of `scalar.text`, and for its end, the offset in `text` it was read from.

    The list has ``len(scalar.text) + 1`` items and never decreases. A character that stands for
    several (an escape, a fold) maps to the first of them.
    """
    if scalar.style in (LITERAL, FOLDED):
        return _block(scalar, text)
    if scalar.style == PLAIN and scalar.end - scalar.start == len(scalar.text):
        return list(range(scalar.start, scalar.end + 1))
    return _flow(scalar, text)


def span_in(scalar: Scalar, text: str, start: int, end: int) -> Span:
    """The span in the file of ``scalar.text[start:end]``; an empty one where the range is empty."""
    offsets = source_offsets(scalar, text)
    if start >= end:
        return Span(offsets[start], offsets[start])
    last = offsets[end - 1]
    # The next character may stand on a later line, behind indentation that is not part of the range.
    stop = offsets[end] if offsets[end] == last + 1 else _end_of(scalar, text, last)
    return Span(offsets[start], max(stop, offsets[start]))


def _end_of(scalar: Scalar, text: str, offset: int) -> int:
    """Where the source of the one character read from `offset` ends."""
    if scalar.style == DOUBLE and text[offset] == "\\":
        match = _DOUBLE_ESCAPE.match(text, offset)
        return match.end() if match else offset + 1
    if scalar.style == SINGLE and text.startswith("''", offset):
        return offset + 2
    return offset + 2 if text.startswith("\r\n", offset) else offset + 1


def header_line_end(scalar: Scalar, text: str) -> int:
    """Where the line of a block scalar's indicator ends, its line end included."""
    match = re.compile(r"\r\n|\n|\r").search(text, scalar.start)
    return match.end() if match else len(text)


def indentation(scalar: Scalar, text: str) -> int:
    """How many spaces stand before a block scalar's content on every line; 0 where it has no content.

    Read from the first line with text and its value, so that an indentation indicator needs no parent.
    """
    value_line = next((line for line in scalar.text.split("\n") if line.strip(" \t")), None)
    if value_line is None:
        return 0
    for match in _LINE.finditer(text, header_line_end(scalar, text)):
        if match[1].strip(" \t"):
            return _leading_spaces(match[1]) - _leading_spaces(value_line)
    return 0


def _leading_spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _block(scalar: Scalar, text: str) -> list[int]:
    value = scalar.text
    indent = indentation(scalar, text)
    offsets: list[int] = []
    position = header_line_end(scalar, text)
    for match in _LINE.finditer(text, position):
        if len(offsets) >= len(value) or match.start() >= len(text):
            break
        content = match[1][indent:]
        start = match.start() + min(indent, len(match[1]))
        if scalar.style == LITERAL:
            offsets.extend(range(start, start + len(content)))
            offsets.append(match.end(1))
        elif content:
            # Between two lines' texts a folded scalar holds only blanks and line feeds that the fold put there.
            while len(offsets) < len(value) and not value.startswith(content, len(offsets)):
                offsets.append(position)
            offsets.extend(range(start, start + len(content)))
        position = match.end(1)
    del offsets[len(value) :]
    offsets.extend([position if scalar.style == FOLDED else _last(offsets, position)] * (len(value) + 1 - len(offsets)))
    return offsets


def _last(offsets: list[int], position: int) -> int:
    return max(position, offsets[-1]) if offsets else position


def _flow(scalar: Scalar, text: str) -> list[int]:
    """Plain over several lines, single-quoted or double-quoted: read again, character by character."""
    quoted = scalar.style != PLAIN
    position = scalar.start + quoted
    stop = scalar.end - quoted
    value = scalar.text
    offsets: list[int] = []
    while position < stop and len(offsets) <= len(value):
        fold = _FOLD.match(text, position, stop)
        if fold:
            breaks = len(re.findall(r"\r\n|\n|\r", fold[0]))
            # One line end reads as a blank, each further one as a line feed.
            offsets.extend([position] * max(1, breaks - 1))
            position = fold.end()
        elif scalar.style == DOUBLE and text[position] == "\\":
            match = _DOUBLE_ESCAPE.match(text, position, stop)
            end = match.end() if match else position + 1
            if text[position + 1 : position + 2] not in ("\r", "\n"):
                offsets.append(position)
            position = end
        elif scalar.style == SINGLE and text.startswith("''", position):
            offsets.append(position)
            position += 2
        else:
            offsets.append(position)
            position += 1
    del offsets[len(value) :]
    offsets.extend([stop] * (len(value) + 1 - len(offsets)))
    return offsets
