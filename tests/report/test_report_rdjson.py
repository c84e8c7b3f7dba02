"""reviewdog's format: positions in bytes, and suggestions that can be accepted one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import cli
from tektonlint.edit import apply
from tektonlint.finding import Edit, Elsewhere, Finding, Fix, Location, Severity
from tektonlint.report.rdjson import render
from tektonlint.report.view import View
from tektonlint.text import BOM, Source, Span

POSITION = {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}}
RANGE = {"start": POSITION, "end": POSITION}


def message(required: Sequence[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def strict(shape: dict[str, Any]) -> dict[str, Any]:
    """A message in which everything is required."""
    inner = {key: value if "type" in value else strict(value) for key, value in shape.items()}
    return message(list(shape), **inner)


TEXT = {"type": "string"}
# The messages of reviewdog.proto, whose JSON mapping refuses fields that are not in it; images are not made here.
RESULT = message(
    ["source", "diagnostics"],
    source=strict({"name": TEXT, "url": TEXT}),
    diagnostics={
        "type": "array",
        "items": message(
            ["message", "location", "severity", "code", "original_output"],
            message={"type": "string", "minLength": 1},
            location=strict({"path": TEXT, "range": RANGE}),
            severity={"enum": ["ERROR", "WARNING", "INFO"]},
            code=message(["value"], value=TEXT, url=TEXT),
            suggestions={"type": "array", "items": strict({"range": RANGE, "text": TEXT})},
            original_output=TEXT,
        ),
    },
)


def finding(at: Location, fix: Fix | None = None, text: str = "m") -> Finding:
    return Finding(policy="p", severity=Severity.ERROR, message=text, at=at, fix=fix)


def diagnostic(one: Finding, prefix: str | None = None) -> dict[str, Any]:
    shown = View(findings=(one,), files=1, documents=1, hidden={}, lowest=Severity.NOTE, prefix=prefix)
    found: dict[str, Any] = json.loads(render(shown))["diagnostics"][0]
    return found


def test_every_report_is_a_diagnostic_result(two_views: tuple[View, View]) -> None:
    jsonschema.Draft202012Validator(RESULT).validate(json.loads(render(two_views[0])))


def test_a_path_is_that_in_the_repository() -> None:
    at = Location(Source("a.yaml", "a"), Span(0, 1))

    assert "sub/a.yaml" == diagnostic(finding(at), prefix="sub/")["location"]["path"]


def test_columns_count_bytes() -> None:
    """The example of reviewdog.proto: of `a𐐀b`, b is in column 6."""
    at = Location(Source("a.yaml", "k: 1\r\na𐐀b\r\n"), Span(8, 9))

    expected = {"start": {"line": 2, "column": 6}, "end": {"line": 2, "column": 7}}
    assert expected == diagnostic(finding(at))["location"]["range"]


def test_a_message_is_markdown_that_a_stranger_cannot_write() -> None:
    at = Location(Source("a.yaml", "a"), Span(0, 1))

    shown = diagnostic(finding(at, text="`a`@team `b|<img src=x>` is [no](https://example.com)"))["message"]

    assert "`a@team` `b|<img src=x>` is `[no](https://example.com)`" == shown


def accepted(data: bytes, suggestion: dict[str, Any]) -> bytes:
    """What becomes of a file when a reviewer accepts a suggestion: lines end at line feeds, columns count bytes."""
    lines = data.split(b"\n")

    def offset(position: dict[str, int]) -> int:
        return sum(len(line) + 1 for line in lines[: position["line"] - 1]) + position["column"] - 1

    start, end = offset(suggestion["range"]["start"]), offset(suggestion["range"]["end"])
    inserted: bytes = suggestion["text"].encode("utf-8")
    return data[:start] + inserted + data[end:]


WORDS = st.lists(st.sampled_from(["a", ":", "é", "😀", "\u2028", "\x85", "\n", "\r\n", "\r"])).map("".join)


@settings(deadline=None)
@given(st.sampled_from(["", BOM]), WORDS, st.data())
def test_a_suggestion_makes_of_the_file_what_the_fix_makes_of_it(mark: str, text: str, data: st.DataObject) -> None:
    source = Source("a.yaml", mark + text)
    offsets = st.integers(0, len(source.text))
    cuts = sorted(data.draw(st.lists(offsets, min_size=2, max_size=8, unique=True))) if source.text else []
    edits = tuple(Edit(Location(source, Span(*pair)), data.draw(WORDS)) for pair in list(pairwise(cuts))[::2])
    one = finding(Location(source, Span(0, 0)), Fix(title="t", edits=edits))

    suggestions = diagnostic(one).get("suggestions", [])

    assert bool(edits) == bool(suggestions)
    for suggestion in suggestions:
        assert apply(source.text, edits).encode() == accepted(source.to_bytes(), suggestion)


A, B = Source("a.yaml", "a: 1\n"), Source("b.yaml", "b: 1\n")
OWN, OTHER, NO_TEXT = Edit(Location(A, Span(3, 4)), "2"), Edit(Location(B, Span(3, 4)), "2"), "\udc80"
HALF = [
    pytest.param((OWN,), (Elsewhere(0, (OTHER,), frozenset()),), id="in two files"),
    pytest.param((), (Elsewhere(0, (OTHER,), frozenset()),), id="in another file"),
    pytest.param((Edit(OWN.at, NO_TEXT),), (), id="of what is no text"),
]


@pytest.mark.parametrize(("edits", "elsewhere"), HALF)
def test_a_fix_that_cannot_be_made_whole_is_not_suggested(
    edits: tuple[Edit, ...], elsewhere: tuple[Elsewhere, ...]
) -> None:
    assert "suggestions" not in diagnostic(finding(OWN.at, Fix(title="t", edits=edits, elsewhere=elsewhere)))


def test_a_fix_of_another_document_of_the_file_is_suggested_with_the_rest() -> None:
    source = Source("a.yaml", "a: 1\n---\nb: 1\n")
    edits = [Edit(Location(source, Span(at, at + 1)), "2") for at in (3, 12)]
    fix = Fix(title="t", edits=(edits[0],), elsewhere=(Elsewhere(1, (edits[1],), frozenset()),))

    (suggestion,) = diagnostic(finding(edits[0].at, fix))["suggestions"]

    assert b"a: 2\n---\nb: 2\n" == accepted(source.to_bytes(), suggestion)


FIXABLE = """\
# für 😀
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: "gölang:1.23"
      resources: {limits: {memory: 1Gi}}   # mehr geht nicht 名
      script: go build ./...
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_suggestion_is_what_fix_writes(
    line_end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = FIXABLE.replace("\n", line_end).encode()
    Path("task.yaml").write_bytes(before)

    cli.main(["task.yaml", "--format", "rdjson", "--output", "out.json"])
    cli.main(["task.yaml", "--fix"])

    diagnostics = json.loads(Path("out.json").read_text(encoding="utf-8"))["diagnostics"]
    (suggestion,) = [one for found in diagnostics for one in found.get("suggestions", ())]
    after = Path("task.yaml").read_bytes()
    assert before != after
    assert after == accepted(before, suggestion)
