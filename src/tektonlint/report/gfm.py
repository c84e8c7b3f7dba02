"""Text of the tree in Markdown, as text that it cannot break out of.

https://github.github.com/gfm/. GitHub and GitLab make mentions, references and links of plain text too, but not of
code, so all that is not certainly a plain word becomes a code span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tektonlint.patterns import pattern
from tektonlint.report.terminal import escape

# A word, or a number with a unit, that nothing makes more of than text: no character in it is one of Markdown's,
# and it is no address, no mention, no reference, and no commit.
_PROSE = pattern(r"(?![0-9a-f]{7})\(?(?:[A-Za-z]+(?:[-'][A-Za-z]+)*|[0-9]{1,6}[a-z]{0,2})?\)?[,.;:?!]*")
_RUN_OF_BACKTICKS = pattern(r"`+")


def inline(text: str, *, in_table: bool = False) -> str:
    """A sentence with its values in backticks: plain words stay what they are, and all else is code.

    A value may hold a backtick itself, so neither side of one is trusted.
    """
    pieces: list[tuple[bool, str]] = []
    for number, part in enumerate(escape(text).split("`")):
        if number % 2:
            pieces.append((True, part))
        else:
            pieces += [(word != " " and _PROSE.fullmatch(word) is None, word) for word in _words(part)]
    span = _spans_and_pipes if in_table else _span
    return "".join(span(piece) if is_code else piece for is_code, piece in _joined(pieces))


def code_in_table(text: str) -> str:
    """A code span that shows a text; where a pipe is in it, several with the pipe between them.

    A pipe ends a cell of a table even in code, and a backslash in front of it may be the text's own.
    """
    return _spans_and_pipes(escape(text))


def code(text: str) -> str:
    """A code span that shows a text; nothing but what is spelled out (see `escape`) is other than in the text."""
    return _span(escape(text))


def _spans_and_pipes(text: str) -> str:
    return "&#124;".join(_span(part) for part in text.split("|"))


def _span(text: str) -> str:
    if not text.strip(" "):
        return text
    longest = max((len(run) for run in _RUN_OF_BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    # A space at both ends is taken off again, and keeps backticks from the fence.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _words(text: str) -> Iterable[str]:
    """The words of a text and, as words that are prose, the single spaces between them."""
    for number, word in enumerate(text.split(" ")):
        if number:
            yield " "
        if word:
            yield word


def _joined(pieces: Iterable[tuple[bool, str]]) -> Iterator[tuple[bool, str]]:
    """Neighbours of one kind as one, for two code spans side by side would be none."""
    last: tuple[bool, str] | None = None
    for is_code, piece in pieces:
        if last is not None and last[0] == is_code:
            last = (is_code, last[1] + piece)
            continue
        if last is not None:
            yield last
        last = (is_code, piece)
    if last is not None:
        yield last
