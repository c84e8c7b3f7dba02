"""What a report shows of a run, and the words that reports have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.records import NamedTuple
from tektonlint.text import Source

if TYPE_CHECKING:
    from tektonlint.engine import Report
    from tektonlint.policy.catalog import Catalog
    from tektonlint.policy.context import Enabled
    from tektonlint.policy.format import Policy


_HOW_TO_FIX = {Safety.SAFE: "safe; run with --fix", Safety.UNSAFE: "unsafe; run with --fix --unsafe-fixes"}


class View(NamedTuple):
    """The findings that are shown, in `Finding.order`, and counts of what was looked at.

    `hidden` counts the findings below `lowest`, the least severity shown; a severity with none may be missing.
    `fixed` counts findings that are gone because this run mended them, `baselined` those that are left out because a
    baseline knows them, and `pruned` the entries of it that went because nothing is found for them any more. `policies`
    are those that ran and those of the findings, by id; one of a finding may be missing. `exit_code` is that of the
    run. `prefix` is the root's place in the Git repository, such as `gitops/`, empty where it is the repository itself,
    and None where there is none.
    """

    findings: tuple[Finding, ...]
    files: int
    documents: int
    hidden: Mapping[Severity, int]
    lowest: Severity
    fixed: int = 0
    baselined: int = 0
    pruned: int = 0
    policies: Mapping[str, Policy] = {}
    exit_code: int | None = None
    prefix: str | None = None

    def path(self, source: Source) -> str:
        """Where a file is, for programs that know the repository rather than the working folder."""
        return source.shown if self.prefix is None else self.prefix + source.name

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


def with_policies(view: View, ran: Iterable[Enabled], catalog: Catalog) -> View:
    """The view with the policies that its formats speak of."""
    policies = {one.policy.id: one.policy for one in ran}
    for finding in view.findings:
        policy = catalog.policies.get(finding.policy)
        if policy is not None:
            policies.setdefault(policy.id, policy)
    return view._replace(policies=policies)


def how_to_fix(fix: Fix) -> str:
    """What has to be done for a fix to be made."""
    return _HOW_TO_FIX[fix.safety]


def counted(number: int, word: str) -> str:
    """A number of things, in singular or plural."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def how_many(counts: Mapping[Severity, int]) -> str:
    """The counts of the severities that have any, the worst first; empty where none has."""
    return ", ".join(counted(counts[severity], severity.value) for severity in Severity if counts.get(severity, 0) > 0)
