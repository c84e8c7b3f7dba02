"""The report for programs; `schemas/report.schema.json` is the contract."""

from __future__ import annotations

from typing import Any

import tektonlint
from tektonlint.finding import Finding, Fix, Location, Related, ResourceId
from tektonlint.report.encoding import json_line
from tektonlint.report.view import View

# Counts up where a program that reads reports would have to change.
VERSION = 1


def render(view: View) -> str:
    """One JSON object on one line (see `json_line`)."""
    report = {
        "version": VERSION,
        "tool": {"name": "tektonlint", "version": tektonlint.__version__},
        "summary": {
            "files": view.files,
            "documents": view.documents,
            "findings": len(view.findings),
            "by_severity": {severity.value: count for severity, count in view.by_severity.items()},
            "hidden": sum(view.hidden.values()),
            "fixed": view.fixed,
            "baselined": view.baselined,
        },
        "findings": [_finding(finding) for finding in view.findings],
    }
    return json_line(report)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "policy": finding.policy,
        "severity": finding.severity.value,
        "message": finding.message,
        **_range(finding.at),
        "document": finding.document,
        "resource": _resource(finding.resource),
        "refused": finding.refused,
        "related": [_related(related) for related in finding.related],
        "fix": _fix(finding.fix),
        "fingerprint": finding.fingerprint,
    }


def _range(at: Location) -> dict[str, Any]:
    """Lines and columns count from 1 and columns count code points; the end is the first place behind the range."""
    source, span = at
    line, column = source.line_column(span.start)
    end_line, end_column = source.line_column(span.end)
    return {"path": source.shown, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _resource(resource: ResourceId | None) -> dict[str, Any] | None:
    if resource is None:
        return None
    return {"apiVersion": resource.api_version, "kind": resource.kind, "name": resource.name}


def _related(related: Related) -> dict[str, Any]:
    source, span = related.at
    line, column = source.line_column(span.start)
    return {"path": source.shown, "line": line, "column": column, "message": related.message}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{**_range(edit.at), "text": edit.text} for edit in fix.all_edits]
    return {"title": fix.title, "safety": fix.safety.value, "edits": edits}
