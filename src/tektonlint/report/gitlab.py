"""The Code Quality report of GitLab, https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tektonlint.finding import Finding, Severity
from tektonlint.report.encoding import json_line, path_text
from tektonlint.report.terminal import escape
from tektonlint.report.view import View

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(view: View) -> str:
    """A JSON list with one object for each finding."""
    seen: Counter[str] = Counter()
    return json_line([_finding(finding, view, seen) for finding in view.findings])


def _finding(finding: Finding, view: View, seen: Counter[str]) -> dict[str, Any]:
    line, _ = finding.at.source.line_column(finding.at.span.start)
    end_line, _ = finding.at.source.line_column(finding.at.span.end)
    return {
        "description": escape(finding.message),
        "check_name": escape(finding.policy),
        "fingerprint": _unique(finding.fingerprint, seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": path_text(view.path(finding.at.source)), "lines": {"begin": line, "end": end_line}},
    }


def _unique(fingerprint: str, seen: Counter[str]) -> str:
    """GitLab takes findings of one fingerprint for one; those that say the same of one text are counted."""
    import hashlib

    seen[fingerprint] += 1
    number = seen[fingerprint]
    if number == 1:
        return fingerprint
    return hashlib.blake2b(f"{fingerprint} {number}".encode(), digest_size=16).hexdigest()
