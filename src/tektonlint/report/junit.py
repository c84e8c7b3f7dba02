"""JUnit XML, as GitLab, Jenkins and the test reporters for GitHub read it.

There is no standard. The elements and attributes are those of https://github.com/testmoapp/junitxml, and those that
GitLab reads (https://docs.gitlab.com/ci/testing/unit_test_reports/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from tektonlint.finding import Finding, Location, Severity
from tektonlint.patterns import pattern
from tektonlint.report.terminal import escape
from tektonlint.report.view import View, counted, how_to_fix

# Not of `Char` (XML 1.0 §2.2), and not of what `escape` spells out anyway.
_NO_XML = pattern("[\ufffe\uffff]")


def render(view: View) -> str:
    """A test suite for each file that has findings, with a test case for each of them; a passing one if there are none.

    Errors and warnings are failures. A note is a test that passes and says something.
    """
    root = Element("testsuites", name="tektonlint")
    for path, findings in groupby(view.findings, key=lambda finding: view.path(finding.at.source)):
        _suite(root, _xml(path), list(findings), view)
    if not view.findings:
        suite = SubElement(root, "testsuite", name="tektonlint", tests="1", failures="0", errors="0")
        SubElement(suite, "testcase", classname="tektonlint", name=f"no findings in {counted(view.files, 'file')}")
    suites = list(root)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ElementTree.indent(root)
    # Other characters become references, so that no encoding on the way can break it.
    text = ElementTree.tostring(root, encoding="us-ascii").decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: Element, path: str, findings: list[Finding], view: View) -> None:
    failures = sum(finding.severity is not Severity.NOTE for finding in findings)
    suite = SubElement(root, "testsuite", name=path, tests=str(len(findings)), failures=str(failures), errors="0")
    for finding, name in zip(findings, _names(findings), strict=True):
        line, _ = finding.at.source.line_column(finding.at.span.start)
        # Consumers know a test case by class and name, and show the second only where there are several.
        case = SubElement(suite, "testcase", classname=path, name=name, file=path, line=str(line))
        text = "\n".join(_lines(finding, view))
        if finding.severity is Severity.NOTE:
            SubElement(case, "system-out").text = text
        else:
            SubElement(case, "failure", type=finding.severity.value, message=_xml(finding.message)).text = text


def _names(findings: Iterable[Finding]) -> Iterator[str]:
    """What tells the findings of a file apart: policy and place, and a number where that is not enough."""
    seen: dict[str, int] = {}
    for finding in findings:
        line, column = finding.at.source.line_column(finding.at.span.start)
        name = f"{_xml(finding.policy)} at {line}:{column}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _lines(finding: Finding, view: View) -> Iterator[str]:
    yield f"{_where(finding.at, view)}: {finding.severity.value}: {_xml(finding.message)}"
    for related in finding.related:
        yield f"{_where(related.at, view)}: {_xml(related.message)}"
    if finding.fix is not None:
        yield f"fix: {_xml(finding.fix.title)} ({how_to_fix(finding.fix)})"


def _where(at: Location, view: View) -> str:
    line, column = at.source.line_column(at.span.start)
    return f"{_xml(view.path(at.source))}:{line}:{column}"


def _xml(text: str) -> str:
    r"""The text without what XML cannot hold; it is spelled out, as `\x1b`."""
    return _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", escape(text))
