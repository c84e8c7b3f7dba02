"""The report for programs keeps to its contract, `schemas/report.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tektonlint import __version__
from tektonlint.finding import Finding, Location, ResourceId, Severity
from tektonlint.report.json_report import render
from tektonlint.report.view import View
from tektonlint.text import Source, Span

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report.schema.json").read_text(encoding="utf-8"))


def golden(view: View) -> dict[str, Any]:
    """The report of the sample, its keys in the order of the contract."""
    return {
        "version": 1,
        "tool": {"name": "tektonlint", "version": __version__},
        "summary": {
            "files": 3,
            "documents": 2,
            "findings": 3,
            "by_severity": {"error": 2, "warning": 1, "note": 0},
            "hidden": 5,
            "fixed": 0,
            "baselined": 0,
        },
        "findings": [
            {
                "policy": "unreadable",
                "severity": "error",
                "message": "the file cannot be read: permission denied",
                "path": "gitops/locked.yaml",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 1,
                "document": 0,
                "resource": None,
                "refused": False,
                "related": [],
                "fix": None,
                "fingerprint": view.findings[0].fingerprint,
            },
            {
                "policy": "image-pinned",
                "severity": "warning",
                "message": "`golang` may be another image tomorrow",
                "path": "gitops/task.yaml",
                "line": 8,
                "column": 14,
                "end_line": 8,
                "end_column": 20,
                "document": 0,
                "resource": {"apiVersion": "tekton.dev/v1", "kind": "Task", "name": "build"},
                "refused": False,
                "related": [],
                "fix": {
                    "title": "pin the tag",
                    "safety": "unsafe",
                    "edits": [
                        {
                            "path": "gitops/task.yaml",
                            "line": 8,
                            "column": 14,
                            "end_line": 8,
                            "end_column": 20,
                            "text": "golang:1.22",
                        },
                        {
                            "path": "gitops/run.yaml",
                            "line": 6,
                            "column": 19,
                            "end_line": 6,
                            "end_column": 25,
                            "text": "build-1.22}",
                        },
                    ],
                },
                "fingerprint": view.findings[1].fingerprint,
            },
            {
                "policy": "compute-resources",
                "severity": "error",
                "message": "v1 steps use `computeResources`, not `resources`",
                "path": "gitops/task.yaml",
                "line": 9,
                "column": 7,
                "end_line": 9,
                "end_column": 16,
                "document": 0,
                "resource": {"apiVersion": "tekton.dev/v1", "kind": "Task", "name": "build"},
                "refused": True,
                "related": [{"path": "gitops/run.yaml", "line": 6, "column": 12, "message": "the run that binds it"}],
                "fix": {
                    "title": "rename `resources` to `computeResources`",
                    "safety": "safe",
                    "edits": [
                        {
                            "path": "gitops/task.yaml",
                            "line": 9,
                            "column": 7,
                            "end_line": 9,
                            "end_column": 16,
                            "text": "computeResources",
                        }
                    ],
                },
                "fingerprint": view.findings[2].fingerprint,
            },
        ],
    }


def test_the_report_for_programs_is_as_the_contract_says(sample: View) -> None:
    assert golden(sample) == json.loads(render(sample))


def test_the_report_is_one_line_with_its_keys_in_the_order_of_the_contract(sample: View) -> None:
    assert json.dumps(golden(sample)) + "\n" == render(sample)


def test_every_report_is_valid_by_the_published_schema(two_views: tuple[View, View]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(render(two_views[0])))


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def objects(schema: Any, name: str = "the report") -> Iterator[Any]:
    """Every part of the schema that describes an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield pytest.param(schema, id=name)
        for key, value in schema.items():
            yield from objects(value, key)


@pytest.mark.parametrize("described", tuple(objects(SCHEMA)))
def test_an_object_of_the_schema_requires_every_key_and_allows_no_other(described: dict[str, Any]) -> None:
    assert described["required"] == list(described["properties"])
    assert described["additionalProperties"] is False


def one(text: str, start: int, end: int) -> dict[str, Any]:
    place = Location(Source("a.yaml", text), Span(start, end))
    finding = Finding(policy="p", severity=Severity.NOTE, message="m", at=place, document=1)
    view = View(findings=(finding,), files=1, documents=2, hidden={}, lowest=Severity.NOTE)
    found: dict[str, Any] = json.loads(render(view))["findings"][0]
    return found


def place(found: dict[str, Any]) -> list[int]:
    return [found["line"], found["column"], found["end_line"], found["end_column"]]


def test_columns_count_code_points_and_not_utf_16_units() -> None:
    assert [1, 3, 1, 4] == place(one("\U0001f600:x", 2, 3))


def test_the_end_of_a_place_over_several_lines_is_in_its_last_line() -> None:
    assert [1, 4, 2, 3] == place(one("a: [\n1]\n", 3, 7))


def test_an_empty_place_ends_where_it_begins() -> None:
    assert [2, 1, 2, 1] == place(one("a: 1\n", 5, 5))


def test_a_byte_order_mark_is_no_column() -> None:
    assert [1, 1, 1, 5] == place(one("\ufeffkind: Task\n", 1, 5))


def test_documents_count_from_zero() -> None:
    assert 1 == one("--- 1\n--- 2\n", 6, 9)["document"]


def test_a_resource_without_a_name_has_null_for_it(sample: View) -> None:
    finding = sample.findings[0]._replace(resource=ResourceId("tekton.dev/v1", "Task", None))
    report = json.loads(render(sample._replace(findings=(finding,))))

    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert {"apiVersion": "tekton.dev/v1", "kind": "Task", "name": None} == report["findings"][0]["resource"]


def test_what_is_fixed_is_counted(nothing: View) -> None:
    assert 4 == json.loads(render(nothing._replace(fixed=4)))["summary"]["fixed"]


def test_hidden_findings_of_every_severity_are_one_number(nothing: View) -> None:
    hidden = {Severity.WARNING: 2, Severity.NOTE: 3}

    assert 5 == json.loads(render(nothing._replace(hidden=hidden)))["summary"]["hidden"]
