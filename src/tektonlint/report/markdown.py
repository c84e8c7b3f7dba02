"""A table for the summary of a job and for comments on a merge request, in GitHub's Markdown.

https://github.github.com/gfm/; GitHub and GitLab make mentions and references of text too, but not of code spans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tektonlint.finding import Finding, Severity
from tektonlint.pages import url
from tektonlint.patterns import pattern
from tektonlint.report.terminal import escape
from tektonlint.report.view import View, counted, how_many

# GitHub takes 1 MiB of summary for each step, and nothing at all of more than that.
MOST_BYTES = 1024 * 1024
# For what stands around the rows.
_ROOM = 4096

# A word, or a number with a unit, that nothing makes more of than text: no character in it is one of Markdown's,
# and it is no address, no mention, no reference, and no commit.
_PROSE = pattern(r"(?![0-9a-f]{7})\(?(?:[A-Za-z]+(?:[-'][A-Za-z]+)*|[0-9]{1,6}[a-z]{0,2})?\)?[,.;:?!]*")
_RUN_OF_BACKTICKS = pattern(r"`+")


def render(view: View) -> str:
    """A heading, a row for each finding, and a sentence for what is not shown; at most 1 MiB of UTF-8."""
    rows, left_out = _fitting(view, MOST_BYTES - _ROOM)
    found = how_many(view.by_severity) or "no findings"
    lines = [f"### tektonlint: {found} in {counted(view.files, 'file')}"]
    if rows:
        lines += ["", "| severity | place | message | policy |", "|---|---|---|---|", *rows]
    for sentence in _sentences(view, left_out):
        lines += ["", sentence]
    return "\n".join(lines) + "\n"


def _sentences(view: View, left_out: Counter[Severity]) -> Iterator[str]:
    if any(finding.fix is not None for finding in view.findings):
        yield "`tektonlint --fix` makes the safe fixes, with `--unsafe-fixes` the others too."
    if left_out:
        counts = _begun(how_many(left_out))
        yield f"{counts} left out, for a summary has room for 1 MiB; `--format json=FILE` has them all."
    if view.fixed:
        yield f"{counted(view.fixed, 'finding')} fixed."
    hidden = [severity for severity in Severity if view.hidden.get(severity)]
    if hidden:
        them = "it" if sum(view.hidden.values()) == 1 else "them"
        yield f"{_begun(how_many(view.hidden))} hidden; `--severity {hidden[-1].value}` shows {them}."


def _begun(counts: str) -> str:
    return f"{counts} {'is' if counts.startswith('1 ') and ',' not in counts else 'are'}"


def _fitting(view: View, room: int) -> tuple[list[str], Counter[Severity]]:
    """The rows that fit into so many bytes, and what the others are; a huge one takes nothing from those behind it."""
    rows: list[str] = []
    left_out: Counter[Severity] = Counter()
    for finding in view.findings:
        row = _row(finding, view)
        size = len(row.encode("utf-8")) + 1
        if size > room:
            left_out[finding.severity] += 1
            continue
        room -= size
        rows.append(row)
    return rows, left_out


def _row(finding: Finding, view: View) -> str:
    line, column = finding.at.source.line_column(finding.at.span.start)
    place = f"{view.path(finding.at.source)}:{line}:{column}"
    message = finding.message
    if finding.fix is not None:
        message += f" Fix ({finding.fix.safety.value}): {finding.fix.title}."
    policy = view.policies.get(finding.policy)
    page = url(policy) if policy is not None else None
    name = _code(escape(finding.policy))
    linked = f"[{name}]({page})" if page is not None else name
    return f"| {finding.severity.value} | {_code(escape(place))} | {_inline(escape(message))} | {linked} |"


def _inline(text: str) -> str:
    """A text with its values in backticks: plain words stay what they are, and all else is code.

    A value may hold a backtick itself, so neither side of one is trusted.
    """
    pieces: list[tuple[bool, str]] = []
    for number, part in enumerate(text.split("`")):
        if number % 2:
            pieces.append((True, part))
        else:
            pieces += [(word != " " and _PROSE.fullmatch(word) is None, word) for word in _words(part)]
    return "".join(_code(piece) if is_code else piece for is_code, piece in _joined(pieces))


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


def _code(text: str) -> str:
    """A code span that shows exactly this text; where a pipe is in it, several with the pipe between them.

    A pipe ends a cell of a table even in code, and a backslash in front of it may be the text's own.
    """
    return "&#124;".join(_span(part) for part in text.split("|"))


def _span(text: str) -> str:
    if not text.strip(" "):
        return text
    longest = max((len(run) for run in _RUN_OF_BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    # A space at both ends is taken off again, and keeps backticks from the fence.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
