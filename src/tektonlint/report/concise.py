"""One line for each finding, in the form that editors and `grep -n` made common."""

from __future__ import annotations

from tektonlint.finding import Finding
from tektonlint.report.terminal import escape
from tektonlint.report.view import View


def render(view: View) -> str:
    """`path:line:column: severity: message [policy]` for each finding, and nothing else."""
    return "".join(f"{line(finding)}\n" for finding in view.findings)


def line(finding: Finding) -> str:
    """The line of a finding, without its end."""
    source, span = finding.at
    number, column = source.line_column(span.start)
    return escape(f"{source.shown}:{number}:{column}: {finding.severity.value}: {finding.message} [{finding.policy}]")
