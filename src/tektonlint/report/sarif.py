"""SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (the paragraphs below are of it)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

import tektonlint
from tektonlint.engine import CRASH
from tektonlint.finding import Finding, Fix, Location, ResourceId
from tektonlint.pages import REPOSITORY, is_bundled, url
from tektonlint.policy.format import Policy
from tektonlint.report.encoding import is_text, json_line, path_bytes
from tektonlint.report.terminal import escape
from tektonlint.report.view import View, counted
from tektonlint.text import Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

# GitHub refuses a whole file for one result or one place more
# (https://docs.github.com/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit).
MOST_RESULTS = 25_000
MOST_PLACES = 1_000

# Of `partialFingerprints` (§3.27.17); the number counts up where fingerprints change.
_FINGERPRINT = "tektonlint/v1"
_ROOT = "SRCROOT"
_EXIT_CODES = {0: "nothing to report", 1: "findings", 2: "tektonlint could not do its work"}


def render(view: View) -> str:
    """One JSON object on one line: a log with one run."""
    findings = _results(view)
    ids = list(dict.fromkeys(sorted(finding.policy for finding in findings)))
    run = {
        "tool": {
            "driver": {
                "name": "tektonlint",
                "version": tektonlint.__version__,
                "semanticVersion": tektonlint.__version__,
                "informationUri": REPOSITORY,
                "rules": [_rule(name, view.policies.get(name)) for name in ids],
            }
        },
        "invocations": [_invocation(view, len(view.findings) - len(findings))],
        "automationDetails": {"id": "tektonlint/"},
        # Without an address: where the repository lies on this machine is nobody's business (§3.14.14).
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        # What `Source.line_column` takes for a line end (§3.14.15), and for a column (§3.14.17).
        "newlineSequences": ["\r\n", "\n", "\r"],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, ids.index(finding.policy), view) for finding in findings],
    }
    return json_line({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _results(view: View) -> Sequence[Finding]:
    """The findings, or as many as GitHub takes; then those of a worse severity are kept, in the order of all."""
    if len(view.findings) <= MOST_RESULTS:
        return view.findings
    numbers = range(len(view.findings))
    worst = sorted(numbers, key=lambda number: -view.findings[number].severity.rank)[:MOST_RESULTS]
    return [view.findings[number] for number in sorted(worst)]


def _rule(name: str, policy: Policy | None) -> dict[str, Any]:
    """A policy as a `reportingDescriptor` (§3.49).

    The text of users' own policies may be a stranger's, so it is never Markdown, which viewers render.
    """
    if policy is None:
        return {"id": escape(name)}
    examples = f"`tektonlint explain {policy.id}` shows examples."
    rule: dict[str, Any] = {
        "id": policy.id,
        "name": "".join(word.capitalize() for word in policy.id.split("-")),
        "shortDescription": {"text": f"{_plain(policy.title)}."},
        "fullDescription": {"text": _paragraphs(policy.rationale)},
        "help": {"text": f"{_paragraphs(policy.remediation)}\n\n{examples}"},
        "defaultConfiguration": {"level": policy.severity.value},
        "properties": {"tags": [escape(policy.area)]},
    }
    page = url(policy)
    if page is not None:
        rule["helpUri"] = page
    if is_bundled(policy):
        rule["help"]["markdown"] = (
            f"## What happens otherwise\n\n{policy.rationale.rstrip()}\n\n"
            f"## What to write\n\n{policy.remediation.rstrip()}\n\n[Examples]({page})\n"
        )
    return rule


def _message(text: str) -> dict[str, str]:
    return {"text": _plain(text)}


def _paragraphs(text: str) -> str:
    return "\n".join(_plain(line) for line in text.rstrip().split("\n"))


def _plain(text: str) -> str:
    """A line that is shown as it is: where there would be a link in it (§3.11.6) brackets are escaped."""
    text = escape(text)
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _invocation(view: View, left_out: int) -> dict[str, Any]:
    """How the run went (§3.20). A policy that failed is a finding too, which is what the notification says."""
    crashes = [finding for finding in view.findings if finding.policy == CRASH]
    notifications = [_notification("error", finding.message, finding.at, view) for finding in crashes]
    if left_out:
        notifications.append(
            _notification("warning", f"{counted(left_out, 'finding')} left out: GitHub takes {MOST_RESULTS} at most.")
        )
    invocation: dict[str, Any] = {"executionSuccessful": not crashes and view.exit_code != 2}
    if view.exit_code is not None:
        invocation |= {"exitCode": view.exit_code, "exitCodeDescription": _EXIT_CODES[view.exit_code]}
    return {**invocation, "toolExecutionNotifications": notifications}


def _notification(level: str, message: str, at: Location | None = None, view: View | None = None) -> dict[str, Any]:
    notification: dict[str, Any] = {"level": level, "message": _message(message)}
    if at is not None and view is not None:
        notification["locations"] = [_location(at, view)]
    return notification


def _result(finding: Finding, rule: int, view: View) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": escape(finding.policy),
        "ruleIndex": rule,
        # SARIF has the same three words (§3.27.10).
        "level": finding.severity.value,
        "message": _message(finding.message),
        "locations": [_location(finding.at, view, resource=finding.resource)],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
    }
    related = finding.related[: MOST_PLACES - 1]
    if related:
        result["relatedLocations"] = [
            _location(one.at, view, number=number, message=one.message) for number, one in enumerate(related, start=1)
        ]
    if any(one.at.source.name != finding.at.source.name for one in related):
        # In the order of the report for people: what is wrong, and then where it comes from.
        steps = [_location(finding.at, view, message=finding.message)]
        steps += [_location(one.at, view, message=one.message) for one in related]
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": step} for step in steps]}]}]
    edits = finding.fix.all_edits if finding.fix is not None else ()
    if finding.fix is not None and edits and all(is_text(edit.text) for edit in edits):
        result["fixes"] = [_fix(finding.fix, view)]
    return result


def _location(
    at: Location,
    view: View,
    *,
    number: int | None = None,
    message: str | None = None,
    resource: ResourceId | None = None,
) -> dict[str, Any]:
    location: dict[str, Any] = {} if number is None else {"id": number}
    location["physicalLocation"] = {"artifactLocation": _artifact(at.source, view), "region": _region(at)}
    if resource is not None:
        location["logicalLocations"] = [_logical(resource)]
    if message is not None:
        location["message"] = _message(message)
    return location


def _logical(resource: ResourceId) -> dict[str, str]:
    parts = [resource.api_version, resource.kind, *([resource.name] if resource.name is not None else [])]
    name = {"name": escape(resource.name)} if resource.name is not None else {}
    return {**name, "fullyQualifiedName": escape("/".join(parts)), "kind": "resource"}


def _artifact(source: Source, view: View) -> dict[str, str]:
    return {"uri": quote(path_bytes(view.path(source))), "uriBaseId": _ROOT}


def _region(at: Location) -> dict[str, int]:
    """A text region (§3.30): the end is the column behind it, and a byte-order mark is none."""
    line, column = at.source.line_column(at.span.start)
    end_line, end_column = at.source.line_column(at.span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix, view: View) -> dict[str, Any]:
    """All that a fix replaces, by file, in the order of the text (§3.55): regions are of the text as it is now."""
    by_file = sorted(fix.all_edits, key=lambda edit: (edit.at.source.name, edit.at.span))
    changes = []
    for _, edits in groupby(by_file, key=lambda edit: edit.at.source.name):
        of_file = list(edits)
        changes.append(
            {
                "artifactLocation": _artifact(of_file[0].at.source, view),
                "replacements": [
                    {"deletedRegion": _region(edit.at), "insertedContent": {"text": edit.text}} for edit in of_file
                ],
            }
        )
    return {"description": _message(f"{fix.title} ({fix.safety.value})"), "artifactChanges": changes}
