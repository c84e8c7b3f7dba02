"""JUnit XML, as two parsers of others read it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import junitparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.finding import Finding, Location, Severity
from tektonlint.report.junit import render
from tektonlint.report.view import View
from tektonlint.text import Source, Span

A, B = (Source(name, "a: 1\n") for name in ("a.yaml", "b.yaml"))


def finding(**fields: Any) -> Finding:
    given = {"policy": "p", "severity": Severity.ERROR, "message": "m", "at": Location(A, Span(0, 1)), **fields}
    return Finding(**given)


def view(*findings: Finding) -> View:
    return View(findings=findings, files=2, documents=2, hidden={}, lowest=Severity.NOTE)


def parsed(shown: View) -> Element:
    return ElementTree.fromstring(render(shown))


def test_another_parser_counts_the_same(sample: View) -> None:
    report = junitparser.JUnitXml.fromstring(render(sample).encode())

    assert [("gitops/locked.yaml", 1), ("gitops/task.yaml", 2)] == [(suite.name, len(list(suite))) for suite in report]
    results = [result for suite in report for case in suite for result in case.result]
    assert [finding.message for finding in sample.findings] == [result.message for result in results]
    assert (3, 3, 0) == (report.tests, report.failures, report.errors)


def test_a_run_without_findings_is_a_test_that_passes(nothing: View) -> None:
    """A report without any test is an error to Jenkins."""
    report = junitparser.JUnitXml.fromstring(render(nothing).encode())

    assert [("no findings in 1 file", [])] == [(case.name, list(case.result)) for suite in report for case in suite]
    assert (1, 0, 0) == (report.tests, report.failures, report.errors)


def test_a_note_is_a_test_that_passes_and_says_something() -> None:
    report = parsed(view(finding(severity=Severity.NOTE, message="worth knowing")))

    assert ("1", "0") == (report.get("tests"), report.get("failures"))
    assert None is report.find(".//failure")
    assert ["a.yaml:1:1: note: worth knowing"] == [out.text for out in report.iter("system-out")]


def test_test_cases_of_one_place_have_names_of_their_own() -> None:
    """GitLab ignores all but the first of those that share class and name."""
    report = parsed(view(finding(), finding(), finding(policy="q"), finding(at=Location(B, Span(0, 1)))))

    assert [
        ("a.yaml", "p at 1:1"),
        ("a.yaml", "p at 1:1 (2)"),
        ("a.yaml", "q at 1:1"),
        ("b.yaml", "p at 1:1"),
    ] == [(case.get("classname"), case.get("name")) for case in report.iter("testcase")]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ("a < b & \"c\" > 'd' ]]>", "a < b & \"c\" > 'd' ]]>"),
        (r"\x00\x0b\x1b", "\x00\x0b\x1b"),
        (r"\ufffe\uffff", "\ufffe\uffff"),
        (r"\udc80", "\udc80"),
        (r"\x0a\x09", "\n\t"),
        ("名 😀 &lt;", "名 😀 &lt;"),
    ],
)
def test_what_xml_cannot_hold_is_spelled_out_and_all_else_is_as_it_is(expected: str, message: str) -> None:
    failure = parsed(view(finding(message=message))).find(".//failure")

    assert failure is not None
    assert (expected, f"a.yaml:1:1: error: {expected}") == (failure.get("message"), failure.text)


@settings(deadline=None)
@given(st.text(), st.text())
def test_every_report_is_xml_in_ascii(message: str, path: str) -> None:
    report = render(view(finding(message=message, at=Location(Source(path, "a"), Span(0, 1)))))

    assert report.isascii()
    assert 1 == len(list(ElementTree.fromstring(report).iter("testcase")))
