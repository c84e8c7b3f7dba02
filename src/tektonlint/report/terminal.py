"""Text of the tree on a terminal: made harmless, and measured in columns."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

# Lines that are wider are cut; wide enough for all but minified YAML.
WIDEST = 160
TAB = 8

# What a terminal obeys rather than shows, or what cannot be encoded: C0, DEL and C1 (ECMA-48), every character
# with the property Bidi_Control (Unicode, PropList.txt), the two separators that end a line, and lone surrogates.
_UNSHOWABLE_CLASS = r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"

# What the services that run pipelines obey in the middle of a line of the log, by its first character: `##[` on
# GitHub (actions/runner, ActionCommand.cs) and on Azure, where it is `##vso[` too.
_COMMAND = r"#(?=#(?:\[|vso\[))"
# GitHub obeys `::` at the beginning of a line, spaces or not.
_OBEYED = pattern(rf"{_UNSHOWABLE_CLASS}|{_COMMAND}|(?<!\S):(?=:)")

# Characters of one column each, or one that has to be looked at.
_RUN = pattern(rf"(?P<plain>(?:[ -\"$-~]+|(?!{_COMMAND})#)+)|(?P<command>{_COMMAND})|.", re.DOTALL)

# Of a cut line a span gets at most so many columns, so that something around it stays in sight.
_SPAN_AT_MOST = WIDEST - 40
# Measuring stops so many characters away from the start of a span. It is more than `WIDEST` because there are
# characters that take no column.
_FARTHEST = 4 * WIDEST


def escape(text: str) -> str:
    r"""The text with what a terminal, or a service that keeps it as a log, would obey spelled out, as `\x1b`.

    Paths, messages and names hold what a stranger wrote into a pull request. A newline is spelled out too: it
    could fake the next line of a report. Backslashes stay as they are, so this is for eyes and not for parsers.
    """
    harmless = text.isprintable() and "##" not in text and "::" not in text
    return text if harmless else _OBEYED.sub(_spelled, text)


class Excerpt(NamedTuple):
    """A line as a terminal shows it, and the columns to underline, counted from 0."""

    text: str
    column: int
    width: int


def excerpt(line: str, start: int, end: int) -> Excerpt:
    """The line around the characters from `start` to `end`, at most `WIDEST` columns of it.

    At least one column is underlined, and that may be the one behind the line's end. Tabs are filled with spaces.
    """
    start = min(start, len(line))
    end = min(max(start, end), len(line))
    if len(line) <= WIDEST and line.isascii() and line.isprintable() and "##" not in line:
        return Excerpt(line, start, max(1, end - start))
    low, high = max(0, start - _FARTHEST), min(len(line), start + _FARTHEST)
    cells, columns = _measured(line[low:high])
    first, last = columns[start - low], columns[min(end, high) - low]
    if (low, high) == (0, len(line)) and columns[-1] <= WIDEST:
        return Excerpt("".join(cells), first, max(1, last - first))

    # What was not measured counts as one column on its side.
    total = columns[-1] + (high < len(line))
    around = WIDEST - min(last - first, _SPAN_AT_MOST)
    begin = max(-1 if low > 0 else 0, min(first - around // 2, total - WIDEST))
    before = "…" if low > 0 or begin > 0 else ""
    behind = "…" if high < len(line) or begin + WIDEST < total else ""
    # Each … stands in the outermost column; a wide character that does not fit beside it goes as a whole, and
    # so do marks whose letter is cut off, since they would stand on the sign.
    left = bisect_left(columns, begin + len(before))
    while before and left < start - low and columns[left] == columns[left + 1]:
        left += 1
    right = bisect_right(columns, begin + WIDEST - len(behind)) - 1
    return Excerpt(
        before + "".join(cells[left:right]) + behind,
        len(before) + first - columns[left],
        max(1, min(last, columns[right]) - first),
    )


def _measured(text: str) -> tuple[list[str], list[int]]:
    """What is shown for each character, and the column at which it begins; behind the last one the end column."""
    cells: list[str] = []
    columns = [0]
    for match in _RUN.finditer(text):
        run, column = match[0], columns[-1]
        if match.lastgroup == "plain":
            cells.extend(run)
            columns.extend(range(column + 1, column + 1 + len(run)))
            continue
        if match.lastgroup == "command":
            cell, width = _spelled(match), len(_spelled(match))
        else:
            cell, width = (" " * (TAB - column % TAB), TAB - column % TAB) if run == "\t" else _cell(run)
        cells.append(cell)
        columns.append(column + width)
    return cells, columns


@lru_cache(maxsize=4096)
def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and how many columns that takes (Unicode, UAX #11)."""
    import unicodedata

    cell = escape(character)
    if cell != character:
        return cell, len(cell)
    # Marks stand on the character before them; format characters, but for the soft hyphen, join or are invisible.
    if unicodedata.category(character) in ("Mn", "Me", "Cf") and character != "\xad":
        return cell, 0
    return cell, 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
