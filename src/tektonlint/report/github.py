"""Annotations of a workflow run of GitHub Actions, as workflow commands in its log.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; the escaping is that of
@actions/core (command.ts), and how commands are read is in actions/runner (ActionCommand.cs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tektonlint.finding import Finding, Location, Severity
from tektonlint.report.terminal import escape
from tektonlint.report.view import View, how_many, how_to_fix

# How many annotations of one kind GitHub shows of a step (actions/toolkit, docs/problem-matchers.md).
MOST = 10

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(view: View) -> str:
    """A command for each finding, the most severe first, at most ten of each severity.

    What does not fit is counted in one more, which takes the place of the tenth notice.
    """
    by_severity = {
        severity: [finding for finding in view.findings if finding.severity is severity] for severity in Severity
    }
    room = dict.fromkeys(Severity, MOST)
    if any(len(findings) > MOST for findings in by_severity.values()):
        room[Severity.NOTE] = MOST - 1
    lines = [
        _command(_COMMANDS[severity], _properties(finding, view), _text(finding))
        for severity, findings in by_severity.items()
        for finding in findings[: room[severity]]
    ]
    left = Counter({severity: len(findings) - room[severity] for severity, findings in by_severity.items()})
    if +left:
        lines.append(_command("notice", {"title": "tektonlint"}, _rest(left)))
    return "".join(f"{line}\n" for line in lines)


def _rest(left: Counter[Severity]) -> str:
    return (
        f"Not annotated: {how_many(left)}. GitHub shows {MOST} annotations of a kind for each step; "
        "`--format markdown=$GITHUB_STEP_SUMMARY` puts all findings into the summary of the job."
    )


def _text(finding: Finding) -> str:
    lines = [escape(finding.message)]
    if finding.fix is not None:
        lines.append(f"Fix: {escape(finding.fix.title)} ({how_to_fix(finding.fix)})")
    return "\n".join(lines)


def _properties(finding: Finding, view: View) -> dict[str, str]:
    return {
        "file": view.path(finding.at.source),
        **{name: str(number) for name, number in _place(finding.at)},
        "title": finding.policy,
    }


def _place(at: Location) -> Iterator[tuple[str, int]]:
    """Lines, and within one line columns too, for GitHub refuses columns of a place over several lines.

    Lines and columns count from 1, and the end column is the one behind the place. What GitHub counts as a column is
    not documented; these are code points.
    """
    source, span = at
    line, column = source.line_column(span.start)
    end_line, end_column = source.line_column(span.end)
    if end_column == 1 and end_line > line:
        # The place takes the end of its last line with it.
        end_line, end_column = end_line - 1, 0
    yield "line", line
    if end_line == line and end_column:
        yield "col", column
    yield "endLine", end_line
    if end_line == line and end_column:
        yield "endColumn", end_column


def _command(name: str, properties: Mapping[str, str], data: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {written}::{_data(data)}"


def _data(text: str) -> str:
    """Keeps line ends as what they are; what else a terminal would obey is spelled out."""
    return escape(_without_line_ends(text))


def _property(text: str) -> str:
    return escape(_without_line_ends(text).replace(":", "%3A").replace(",", "%2C"))


def _without_line_ends(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
