"""The report of one line for each finding."""

from __future__ import annotations

from tektonlint.report.concise import render
from tektonlint.report.view import View

GOLDEN = """\
gitops/locked.yaml:1:1: error: the file cannot be read: permission denied [unreadable]
gitops/task.yaml:8:14: warning: `golang` may be another image tomorrow [image-pinned]
gitops/task.yaml:9:7: error: v1 steps use `computeResources`, not `resources` [compute-resources]
"""


def test_each_finding_is_one_line(sample: View) -> None:
    assert GOLDEN == render(sample)


def test_a_run_without_findings_gives_nothing(nothing: View) -> None:
    assert "" == render(nothing)
