"""The Code Quality report of GitLab."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tektonlint.finding import Finding, Location, Severity
from tektonlint.report.gitlab import render
from tektonlint.report.view import View
from tektonlint.text import Source, Span

# What https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format asks for.
FORMAT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def finding(**fields: Any) -> Finding:
    at = Location(Source("a.yaml", "a: 1\nb: 2\n"), Span(0, 1))
    return Finding(**{"policy": "p", "severity": Severity.ERROR, "message": "m", "at": at, **fields})


def issues(*findings: Finding, prefix: str | None = None) -> list[dict[str, Any]]:
    shown = View(findings=findings, files=1, documents=1, hidden={}, lowest=Severity.NOTE, prefix=prefix)
    found: list[dict[str, Any]] = json.loads(render(shown))
    return found


def test_every_report_is_what_gitlab_asks_for(two_views: tuple[View, View]) -> None:
    jsonschema.Draft202012Validator(FORMAT).validate(json.loads(render(two_views[0])))


def test_a_run_without_findings_is_an_empty_list(nothing: View) -> None:
    """GitLab compares with the report of the target branch, so there has to be one."""
    assert "[]\n" == render(nothing)


@pytest.mark.parametrize(
    ("expected", "severity"),
    [("critical", Severity.ERROR), ("major", Severity.WARNING), ("info", Severity.NOTE)],
)
def test_severities_are_those_of_gitlab(expected: str, severity: Severity) -> None:
    assert expected == issues(finding(severity=severity))[0]["severity"]


def test_findings_that_say_the_same_of_the_same_text_have_fingerprints_of_their_own() -> None:
    """GitLab shows one of those that share one."""
    found = issues(finding(), finding(), finding(), finding(policy="q"))

    assert finding().fingerprint == found[0]["fingerprint"]
    assert 4 == len({issue["fingerprint"] for issue in found})


def test_the_fingerprint_of_the_second_is_the_same_in_the_next_run() -> None:
    assert issues(finding(), finding()) == issues(finding(), finding())


def test_a_place_over_several_lines_has_its_last_line() -> None:
    at = Location(Source("a.yaml", "a:\n  b: 1\n"), Span(0, 9))

    assert {"begin": 1, "end": 2} == issues(finding(at=at))[0]["location"]["lines"]


def test_a_path_is_that_in_the_repository() -> None:
    assert "sub/a.yaml" == issues(finding(), prefix="sub/")[0]["location"]["path"]


def test_a_path_that_is_no_utf_8_has_no_lone_surrogate() -> None:
    """JSON parsers of other languages refuse a whole report for one."""
    at = Location(Source("\udcff.yaml", "a"), Span(0, 1))

    assert "\\xff.yaml" == issues(finding(at=at))[0]["location"]["path"]
