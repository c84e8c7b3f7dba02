"""The diagnostic format of reviewdog, as one `DiagnosticResult`.

https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto: lines and columns count from 1, columns
count bytes of UTF-8, and a range ends with the first position behind it.
"""

from __future__ import annotations

from typing import Any

from tektonlint.edit import apply
from tektonlint.finding import Edit, Finding, Fix, Location, Severity
from tektonlint.pages import REPOSITORY, url
from tektonlint.report import concise
from tektonlint.report.encoding import is_text, json_line, path_text
from tektonlint.report.gfm import inline
from tektonlint.report.terminal import escape
from tektonlint.report.view import View
from tektonlint.text import Source, Span

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(view: View) -> str:
    """One JSON object on one line."""
    return json_line(
        {
            "source": {"name": "tektonlint", "url": REPOSITORY},
            "diagnostics": [_diagnostic(finding, view) for finding in view.findings],
        }
    )


def _diagnostic(finding: Finding, view: View) -> dict[str, Any]:
    policy = view.policies.get(finding.policy)
    page = url(policy) if policy is not None else None
    code = {"value": escape(finding.policy)}
    if page is not None:
        code["url"] = page
    diagnostic: dict[str, Any] = {
        # reviewdog posts it as a comment, which is Markdown.
        "message": inline(finding.message),
        "location": {"path": path_text(view.path(finding.at.source)), "range": _range(finding.at)},
        "severity": _SEVERITIES[finding.severity],
        "code": code,
        "original_output": concise.line(finding),
    }
    edit = _whole(finding.fix, finding.at.source) if finding.fix is not None else None
    if edit is not None:
        diagnostic["suggestions"] = [{"range": _range(edit.at), "text": edit.text}]
    return diagnostic


def _whole(fix: Fix, source: Source) -> Edit | None:
    """All edits of a fix as one edit of a file, since a reviewer accepts each suggestion on its own.

    A fix that changes other files too has none: half of it would be worse than nothing.
    """
    edits = fix.all_edits
    if not edits or any(edit.at.source.name != source.name or not is_text(edit.text) for edit in edits):
        return None
    start = min(edit.at.span.start for edit in edits)
    end = max(edit.at.span.end for edit in edits)
    within = Source(source.name, source.text[start:end])
    text = apply(
        within.text,
        [Edit(Location(within, Span(at.span.start - start, at.span.end - start)), text) for at, text in edits],
    )
    return Edit(Location(source, Span(start, end)), text)


def _range(at: Location) -> dict[str, Any]:
    return {"start": _position(at.source, at.span.start), "end": _position(at.source, at.span.end)}


def _position(source: Source, offset: int) -> dict[str, int]:
    """In the bytes of the file: a byte-order mark has three of them, and nothing but a line feed ends a line."""
    start = source.text.rfind("\n", 0, offset) + 1
    before = source.text[start:offset].encode("utf-8", "surrogatepass")
    return {"line": source.text.count("\n", 0, offset) + 1, "column": len(before) + 1}
