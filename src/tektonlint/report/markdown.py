"""A table for the summary of a job and for comments on a merge request, in GitHub's Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tektonlint.finding import Finding, Severity
from tektonlint.pages import url
from tektonlint.report.gfm import code_in_table, inline
from tektonlint.report.view import View, counted, how_many

# GitHub takes 1 MiB of summary for each step, and nothing at all of more than that.
MOST_BYTES = 1024 * 1024
# For what stands around the rows.
_ROOM = 4096


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
    name = code_in_table(finding.policy)
    linked = f"[{name}]({page})" if page is not None else name
    return f"| {finding.severity.value} | {code_in_table(place)} | {inline(message, in_table=True)} | {linked} |"
