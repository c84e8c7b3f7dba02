"""What a report shows of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from tektonlint.finding import Finding, Severity

if TYPE_CHECKING:
    from tektonlint.engine import Report


class View(NamedTuple):
    """The findings that are shown, in `Finding.order`, and counts of what was looked at.

    `hidden` counts the findings below `lowest`, the least severity shown; a severity with none may be missing.
    `fixed` counts findings that are gone because this run mended them, `baselined` those that are left out because a
    baseline knows them, and `pruned` the entries of it that went because nothing is found for them any more.
    """

    findings: tuple[Finding, ...]
    files: int
    documents: int
    hidden: Mapping[Severity, int]
    lowest: Severity
    fixed: int = 0
    baselined: int = 0
    pruned: int = 0

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many findings of each severity are shown, the worst first; every severity is there."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in Severity}


def view(report: Report, lowest: Severity) -> View:
    """What to show of a run whose findings count from `lowest` up; their order is the report's."""
    hidden = Counter(finding.severity for finding in report.findings if finding.severity.rank < lowest.rank)
    return View(
        findings=tuple(finding for finding in report.findings if finding.severity.rank >= lowest.rank),
        files=report.files,
        documents=report.documents,
        hidden=dict(hidden),
        lowest=lowest,
    )
