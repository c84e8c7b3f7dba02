"""Workflow commands: what the runner reads of them is what was meant, and no more of them than GitHub shows."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.finding import Edit, Finding, Fix, Location, Safety, Severity
from tektonlint.report.github import MOST, render
from tektonlint.report.view import View
from tektonlint.text import Source, Span

ERROR, WARNING, NOTE = Severity


class Command(NamedTuple):
    """What the runner takes from a line of the log."""

    name: str
    properties: dict[str, str]
    data: str


def read(line: str) -> Command:
    """As `ActionCommand.TryParseV2` of actions/runner reads a line."""
    line = line.lstrip()
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, written = head.partition(" ")
    pairs = [pair.split("=", 1) for pair in written.strip().split(",") if pair]
    return Command(name, {key: plain(value, "%3A:", "%2C,") for key, value in pairs}, plain(data))


def plain(text: str, *more: str) -> str:
    for mapping in ("%0D\r", "%0A\n", *more, "%25%"):
        text = text.replace(mapping[:3], mapping[3])
    return text


def commands(shown: View) -> list[Command]:
    report = render(shown)
    assert report.endswith("\n") or not report
    return [read(line) for line in report.split("\n")[:-1]]


def view(*findings: Finding, prefix: str | None = None) -> View:
    return View(findings=findings, files=1, documents=1, hidden={}, lowest=NOTE, prefix=prefix)


def finding(severity: Severity = ERROR, message: str = "m", path: str = "a.yaml", text: str = "a: 1\n") -> Finding:
    return Finding(policy="p", severity=severity, message=message, at=Location(Source(path, text), Span(0, 1)))


def place(text: str, start: int, end: int) -> dict[str, str]:
    at = Location(Source("a.yaml", text), Span(start, end))
    (command,) = commands(view(finding()._replace(at=at)))
    return {key: value for key, value in command.properties.items() if key not in ("file", "title")}


def test_a_run_without_findings_gives_nothing(nothing: View) -> None:
    assert "" == render(nothing)


def test_the_worst_come_first_and_otherwise_the_order_stays() -> None:
    shown = view(finding(NOTE, "1"), finding(ERROR, "2"), finding(WARNING, "3"), finding(ERROR, "4"))

    assert [("error", "2"), ("error", "4"), ("warning", "3"), ("notice", "1")] == [
        (command.name, command.data) for command in commands(shown)
    ]


# What odd names come through as: everything but what a terminal would obey.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), min_size=1).filter(
    lambda text: "##" not in text and "::" not in text
)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_the_runner_reads_a_path_and_a_message_as_they_are(path: str, message: str) -> None:
    (command,) = commands(view(finding(message=message, path=path)))

    assert (path, message) == (command.properties["file"], command.data)


@pytest.mark.parametrize("path", ["a,b:c=d%25.yaml", "::error::x.yaml", "a%0Ab\nc\rd.yaml", " a,line=1.yaml"])
def test_a_path_cannot_be_more_than_a_path(path: str) -> None:
    (command,) = commands(view(finding(path=path)))

    assert ["file", "line", "col", "endLine", "endColumn", "title"] == list(command.properties)
    assert path == command.properties["file"]


def test_a_message_cannot_be_another_line() -> None:
    (command,) = commands(view(finding(message="m\n::add-mask::x\r%0A::error::y")))

    assert r"m\x0a\x3a:add-mask::x\x0d%0A::error::y" == command.data


def test_the_fix_is_a_line_of_its_own() -> None:
    fix = Fix(title="pin `a`", edits=(Edit(Location(Source("a.yaml", "a"), Span(0, 1)), "b"),), safety=Safety.SAFE)

    (command,) = commands(view(finding()._replace(fix=fix)))

    assert "m\nFix: pin `a` (safe; run with --fix)" == command.data


def test_a_path_is_that_in_the_repository() -> None:
    (command,) = commands(view(finding(), prefix="sub/"))

    assert "sub/a.yaml" == command.properties["file"]


# GitHub refuses columns where the lines differ, and an end in front of the beginning.


@pytest.mark.parametrize(
    ("expected", "text", "start", "end"),
    [
        ({"line": "1", "col": "4", "endLine": "1", "endColumn": "5"}, "a: 1\n", 3, 4),
        ({"line": "1", "col": "4", "endLine": "1", "endColumn": "4"}, "a: 1\n", 3, 3),
        ({"line": "1", "endLine": "2"}, "a: [1,\n2]\n", 3, 9),
        ({"line": "1", "endLine": "1"}, "a: 1\nb: 2\n", 0, 5),
        ({"line": "1", "endLine": "2"}, "a: 1\nb: 2\nc: 3\n", 0, 10),
        ({"line": "1", "col": "4", "endLine": "1", "endColumn": "5"}, "😀: 1\n", 3, 4),
    ],
    ids=["within a line", "empty", "over two lines", "a whole line", "two whole lines", "code points"],
)
def test_columns_are_only_those_of_one_line(expected: dict[str, str], text: str, start: int, end: int) -> None:
    assert expected == place(text, start, end)


# Ten of each kind


def names(shown: View) -> list[str]:
    return [command.name for command in commands(shown)]


def many(errors: int, warnings: int, notes: int) -> View:
    return view(*[finding(ERROR)] * errors, *[finding(WARNING)] * warnings, *[finding(NOTE)] * notes)


def test_ten_of_each_kind_are_shown_whole() -> None:
    assert ["error"] * MOST + ["warning"] * MOST + ["notice"] * MOST == names(many(MOST, MOST, MOST))


@pytest.mark.parametrize(
    ("counts", "shown", "left"),
    [
        ((11, 0, 0), (10, 0, 1), "1 error"),
        ((10, 12, 0), (10, 10, 1), "2 warnings"),
        ((0, 0, 11), (0, 0, 10), "2 notes"),
        ((11, 11, 10), (10, 10, 10), "1 error, 1 warning, 1 note"),
        ((300, 0, 3), (10, 0, 4), "290 errors"),
    ],
)
def test_what_does_not_fit_is_counted_in_a_last_notice(
    counts: tuple[int, int, int], shown: tuple[int, int, int], left: str
) -> None:
    found = commands(many(*counts))

    assert list(shown) == [[command.name for command in found].count(name) for name in ("error", "warning", "notice")]
    assert found[-1] == Command(
        "notice",
        {"title": "tektonlint"},
        f"Not annotated: {left}. GitHub shows 10 annotations of a kind for each step; "
        "`--format markdown=$GITHUB_STEP_SUMMARY` puts all findings into the summary of the job.",
    )
