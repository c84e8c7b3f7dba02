"""Where a character of a scalar's text stands in the file, for every style of scalar.

A script is a scalar; what is found in it has to be shown, and one day edited, in the file.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Scalar
from tektonlint.patterns import pattern
from tektonlint.text import Span

# What ends a line in YAML 1.1. The last two stay what they are when lines are folded.
_BREAK = r"(?:\r\n|[\r\n\x85\u2028\u2029])"
_KEPT_BREAKS = "\u2028\u2029"
_LINE_END = pattern(_BREAK)
_LINE = pattern(rf"([^\r\n\x85\u2028\u2029]*)({_BREAK}|\Z)")
_VALUE_LINE = pattern(r"[^\n\u2028\u2029]+")
_FOLD = pattern(rf"[ \t]*{_BREAK}[ \t\r\n\x85\u2028\u2029]*")
_ESCAPED_FOLD = pattern(rf"\\{_BREAK}([ \t\r\n\x85\u2028\u2029]*)")
_VERBATIM = pattern(r"[^\\' \t\r\n\x85\u2028\u2029]+")
_ESCAPE = pattern(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r\n|.)", re.DOTALL)


# What is found in a script, and the fix of it, ask for one scalar again and again.
@lru_cache(maxsize=8)
def source_offsets(scalar: Scalar, text: str, stop: int | None = None) -> list[int]:
    """For every character of `scalar.text`, and for its end, the offset in `text` it was read from.

    The list has ``len(scalar.text) + 1`` items, or at least those up to the index `stop`, and never decreases. A
    character that stands for several (an escape, the blanks and the line end that became a blank) maps to the first of
    them, and every one of an alias to its `*`.
    """
    if _is_alias(scalar, text):
        return [*[scalar.start] * len(scalar.text), scalar.end]
    if scalar.style in (LITERAL, FOLDED):
        return _block(scalar, text, len(scalar.text) if stop is None else stop)
    if scalar.style == PLAIN and scalar.end - scalar.start == len(scalar.text):
        return list(range(scalar.start, scalar.end + 1))
    return _flow(scalar, text)


def span_in(scalar: Scalar, text: str, start: int, end: int) -> Span:
    """The span in the file of ``scalar.text[start:end]``; an empty one where the range is empty."""
    if scalar.style == LITERAL and start < end and scalar.text.isascii():
        lines = _literal_lines(scalar, text)
        if lines is not None:
            return Span(_in_lines(lines, scalar.text, start), _in_lines(lines, scalar.text, end - 1) + 1)
    offsets = source_offsets(scalar, text, end)
    if start >= end:
        return Span(offsets[start], offsets[start])
    last = offsets[end - 1]
    # The next character may stand on a later line, behind indentation that is not part of the range.
    stop = offsets[end] if offsets[end] == last + 1 else _end_of(scalar, text, last)
    return Span(offsets[start], max(stop, offsets[start]))


@lru_cache(maxsize=8)
def _literal_lines(scalar: Scalar, text: str) -> list[int] | None:
    """Where each line of a literal scalar begins in the file; None where that is not all there is to know.

    The scalar has no line ends but the line feed, and is not blank: of blank lines no blank counts. Most scripts are
    such, and two offsets of one are asked for.
    """
    if _is_alias(scalar, text) or not scalar.text.strip("\n"):
        return None
    begin = at = header_line_end(scalar, text)
    indent = indentation(scalar, text)
    count = scalar.text.count("\n") + 1
    starts: list[int] = []
    for line in text[begin:].split("\n", count)[:count]:
        starts.append(at + min(indent, len(line)))
        at += len(line) + 1
    return None if any(text.find(end, begin, at) >= 0 for end in "\r\x85") else starts


def _in_lines(lines: list[int], value: str, index: int) -> int:
    """Where a character stands, given where the lines begin."""
    return lines[value.count("\n", 0, index)] + index - value.rfind("\n", 0, index) - 1


def _is_alias(scalar: Scalar, text: str) -> bool:
    """Whether only `*name` stands there; no scalar begins so by itself."""
    return text.startswith("*", scalar.start, scalar.end)


def _end_of(scalar: Scalar, text: str, offset: int) -> int:
    """Where the source of the one character read from `offset` ends."""
    if _is_alias(scalar, text):
        return scalar.end
    if scalar.style == DOUBLE:
        escape = _ESCAPE.match(text, offset)
        if escape:
            return escape.end()
    if scalar.style == SINGLE and text.startswith("''", offset):
        return offset + 2
    return offset + 2 if text.startswith("\r\n", offset) else offset + 1


def header_line_end(scalar: Scalar, text: str) -> int:
    """Where the line of a block scalar's indicator ends, its line end included."""
    match = _LINE_END.search(text, scalar.start)
    return match.end() if match else len(text)


def indentation(scalar: Scalar, text: str) -> int:
    """How many spaces stand before a block scalar's content on every line; 0 where it has no content.

    Read from a line and its value, so that an indentation indicator needs no parent.
    """
    first = _VALUE_LINE.search(scalar.text)
    if first is None:
        return 0
    # Before the first text, folding joins no lines, so as many stand before it in the file.
    lines = _LINE.finditer(text, header_line_end(scalar, text))
    line = next(match[1] for number, match in enumerate(lines) if number == first.start())
    return _leading_spaces(line) - _leading_spaces(first[0])


def _leading_spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _block(scalar: Scalar, text: str, stop: int) -> list[int]:
    value = scalar.text
    with_content = len(value.rstrip("\n\u2028\u2029"))
    # Where nothing but blank lines stands, none of their blanks counts, however many they are.
    indent = indentation(scalar, text) if with_content else sys.maxsize
    offsets: list[int] = []
    # The ends of the lines since the last content; most become a character each.
    ends: list[int] = []
    end = header_line_end(scalar, text)
    for line in _LINE.finditer(text, end):
        if len(offsets) > stop:
            return offsets
        if len(offsets) >= with_content and len(offsets) + len(ends) >= len(value):
            break
        content = line[1][indent:]
        if content:
            between = value.index(content, len(offsets)) - len(offsets)
            # Folding drops the first of them if there are more than one.
            offsets.extend(ends[len(ends) - between :])
            offsets.extend(range(line.end(1) - len(content), line.end(1)))
            ends.clear()
        ends.append(line.end(1))
    offsets.extend(ends[: len(value) - len(offsets)])
    offsets.append(_end_of(scalar, text, offsets[-1]) if offsets else end)
    return offsets


def _flow(scalar: Scalar, text: str) -> list[int]:
    """Plain over several lines, single-quoted or double-quoted: read again, piece by piece."""
    quoted = scalar.style != PLAIN
    position = scalar.start + quoted
    stop = scalar.end - quoted
    offsets: list[int] = []
    while position < stop:
        verbatim = _VERBATIM.match(text, position, stop)
        fold = _FOLD.match(text, position, stop)
        escaped_fold = _ESCAPED_FOLD.match(text, position, stop) if scalar.style == DOUBLE else None
        if verbatim:
            offsets.extend(range(position, verbatim.end()))
            position = verbatim.end()
        elif fold:
            offsets.extend(_folded(text, position, fold.end()))
            position = fold.end()
        elif escaped_fold:
            # The escaped line end is no character, but each further one is.
            offsets.extend(end.start() for end in _LINE_END.finditer(text, *escaped_fold.span(1)))
            position = escaped_fold.end()
        else:
            offsets.append(position)
            position = _end_of(scalar, text, position)
    offsets.append(stop)
    return offsets


def _folded(text: str, start: int, end: int) -> list[int]:
    """The offsets of the characters that a fold becomes: one blank, or all of its line ends but the first."""
    ends = [match.start() for match in _LINE_END.finditer(text, start, end)]
    if text[ends[0]] in _KEPT_BREAKS:
        return ends
    return ends[1:] or [start]
