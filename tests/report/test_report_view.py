"""What is shown of a run, and which formats there are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tektonlint.engine import Report
from tektonlint.finding import Finding, Location, Severity
from tektonlint.pages import url
from tektonlint.policy.catalog import UNCHECKED, Choice, enabled, load
from tektonlint.policy.format import Policy
from tektonlint.report import FORMATS, Style, render
from tektonlint.report.view import View, view, with_policies
from tektonlint.text import Source, Span

SOURCE = Path(__file__).parents[2] / "src"
ERROR, WARNING, NOTE = (
    Finding(policy="p", severity=severity, message=severity.value, at=Location(Source("a.yaml", "a: 1\n"), Span(0, 1)))
    for severity in Severity
)


def report(*findings: Finding) -> Report:
    return Report(findings=findings, files=2, documents=3, reached={}, crashes=())


def test_findings_below_the_lowest_severity_are_counted_and_not_shown() -> None:
    seen = view(report(NOTE, ERROR, NOTE, WARNING), Severity.WARNING)

    assert (ERROR, WARNING) == seen.findings
    assert {Severity.NOTE: 2} == seen.hidden


def test_nothing_is_hidden_when_notes_are_shown() -> None:
    seen = view(report(NOTE, ERROR), Severity.NOTE)

    assert (NOTE, ERROR) == seen.findings
    assert {} == seen.hidden


def test_a_view_says_what_the_run_looked_at() -> None:
    seen = view(report(), Severity.ERROR)

    assert (2, 3, 0, Severity.ERROR) == (seen.files, seen.documents, seen.fixed, seen.lowest)


def test_a_view_counts_every_severity_the_worst_first() -> None:
    seen = view(report(NOTE, ERROR, NOTE), Severity.NOTE)

    assert [(Severity.ERROR, 1), (Severity.WARNING, 0), (Severity.NOTE, 2)] == list(seen.by_severity.items())


def test_these_are_the_formats() -> None:
    names = ["text", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown"]

    assert names == list(FORMATS)


def test_the_style_reaches_the_text_report(sample: View) -> None:
    shown = render("text", sample, Style(color=True, quiet=True))

    assert "\x1b[1;31merror\x1b[0m" in shown
    assert "5 notes hidden" not in shown


def test_a_view_has_the_policies_that_ran_and_those_of_the_findings() -> None:
    bundled = load()
    ran = enabled(bundled, Choice(severities={}, options={}, select=("mutable-image",)))
    found = [ERROR._replace(policy=name) for name in ("internal-error", "of nobody", "mutable-image")]

    seen = with_policies(view(report(*found), Severity.NOTE), ran, bundled)

    assert {*UNCHECKED, "mutable-image", "internal-error"} == set(seen.policies)
    assert all(policy is bundled.policies[name] for name, policy in seen.policies.items())


def test_without_a_repository_a_path_is_that_in_the_working_folder() -> None:
    source = Source("sub/a.yaml", "", "../a.yaml")

    assert ["../a.yaml", "sub/a.yaml", "tekton/sub/a.yaml"] == [
        view(report(), Severity.NOTE)._replace(prefix=prefix).path(source) for prefix in (None, "", "tekton/")
    ]


@pytest.mark.parametrize("policy", load().policies.values(), ids=lambda policy: policy.id)
def test_the_address_of_a_policy_is_that_of_a_page_in_the_repository(policy: Policy) -> None:
    address = url(policy)

    assert address is not None
    start, _, page = address.partition("/blob/main/")
    assert "https://github.com/tektonlint/tektonlint" == start
    assert (SOURCE.parent / page).is_file()


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(name: str, two_views: tuple[View, View]) -> None:
    first, second = (render(name, one, Style(statistics=True)) for one in two_views)

    assert first.encode() == second.encode()


def test_a_text_report_of_ascii_imports_neither_json_nor_the_character_database_nor_the_engine() -> None:
    """A run on one file spends most of its time importing."""
    program = """
import sys
from tektonlint.finding import Finding, Location, Severity
from tektonlint.report import Style, View, render
from tektonlint.text import Source, Span
finding = Finding(policy="p", severity=Severity.NOTE, message="m", at=Location(Source("a", "a: 1"), Span(0, 1)))
render("text", View(findings=(finding,), files=1, documents=1, hidden={}, lowest=Severity.NOTE), Style())
print(*{"json", "unicodedata", "yaml", "tektonlint.engine"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "\n" == done.stdout
