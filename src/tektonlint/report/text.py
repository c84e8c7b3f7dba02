"""The report for people: each finding with its line, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.report.terminal import escape, excerpt
from tektonlint.report.view import View, counted, how_many, how_to_fix

# Select Graphic Rendition, ECMA-48 §8.3.117.
_CODES = {"error": "1;31", "warning": "1;33", "note": "1;36", "where": "1", "aside": "2", "fix": "32"}

# Puts a text into one of the looks of `_CODES`, or leaves it alone.
Paint = Callable[[str, str], str]


def render(view: View, *, color: bool, quiet: bool = False, statistics: bool = False) -> str:
    """Blocks with an empty line between them: the findings, the counts per policy if asked for, the closing line.

    `quiet` leaves only the findings, whatever else is asked for; where there are none, nothing.
    """
    paint = _painted if color else _plain
    blocks = ["\n".join(_finding(finding, paint)) for finding in view.findings]
    if not quiet:
        if statistics and view.findings:
            blocks.append("\n".join(_statistics(view, paint)))
        blocks.append(_closing(view, paint))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _painted(look: str, text: str) -> str:
    return f"\x1b[{_CODES[look]}m{text}\x1b[0m"


def _plain(look: str, text: str) -> str:
    return text


def _finding(finding: Finding, paint: Paint) -> Iterator[str]:
    severity = finding.severity.value
    parts = (
        paint("where", _where(finding.at)),
        paint(severity, severity),
        escape(finding.message),
        paint("aside", f"[{escape(finding.policy)}]"),
    )
    yield "  ".join(parts)
    # A file that could not be read has no text to show.
    if finding.at.source.text:
        yield from _line(finding.at, severity, paint)
    for related in finding.related:
        yield f"  {_where(related.at)}: {escape(related.message)}"
    if finding.fix is not None:
        yield _fix(finding.fix, paint)


def _where(at: Location) -> str:
    line, column = at.source.line_column(at.span.start)
    return f"{escape(at.source.shown)}:{line}:{column}"


def _line(at: Location, severity: str, paint: Paint) -> Iterator[str]:
    """The first line of a place, and carets under what of the place is in it."""
    source, span = at
    number, column = source.line_column(span.start)
    end_number, end_column = source.line_column(span.end)
    line = source.line(number)
    shown = excerpt(line, column - 1, end_column - 1 if end_number == number else len(line))
    yield f"  {paint('aside', f'{number} |')} {shown.text}".rstrip(" ")
    gutter = paint("aside", " " * len(str(number)) + " |")
    yield f"  {gutter} {' ' * shown.column}{paint(severity, '^' * shown.width)}"


def _fix(fix: Fix, paint: Paint) -> str:
    return f"  {paint('fix', 'fix:')} {escape(fix.title)} ({how_to_fix(fix)})"


def _statistics(view: View, paint: Paint) -> Iterator[str]:
    """How many findings each policy has and the worst severity of them; most first, then by id."""
    counts = Counter(finding.policy for finding in view.findings)
    worst: dict[str, Severity] = {}
    for finding in view.findings:
        worst[finding.policy] = max(finding.severity, worst.get(finding.policy, finding.severity), key=_rank)
    digits = len(str(max(counts.values())))
    for policy, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        severity = worst[policy].value
        yield f"{count:>{digits}}  {paint(severity, f'{severity:<7}')}  {escape(policy)}"


def _rank(severity: Severity) -> int:
    return severity.rank


def _closing(view: View, paint: Paint) -> str:
    found = [
        paint(severity.value, counted(count, severity.value)) for severity, count in view.by_severity.items() if count
    ]
    parts = [f"{', '.join(found) or 'No findings'} in {counted(view.files, 'file')}"]
    if view.fixed:
        parts.append(f"{view.fixed} fixed")
    if view.baselined:
        parts.append(f"{view.baselined} in the baseline")
    if view.pruned:
        parts.append(f"{view.pruned} {'entry' if view.pruned == 1 else 'entries'} pruned from the baseline")
    hidden = [severity for severity in Severity if view.hidden.get(severity)]
    if hidden:
        them = "it" if sum(view.hidden.values()) == 1 else "them"
        parts.append(f"{how_many(view.hidden)} hidden (--severity {min(hidden, key=_rank).value} shows {them})")
    return "; ".join(parts)
