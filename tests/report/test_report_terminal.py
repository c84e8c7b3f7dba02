"""What a stranger wrote into a file reaches neither a terminal nor a program as a command."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tektonlint.finding import Finding, Location, Severity
from tektonlint.report import FORMATS, Style, render
from tektonlint.report.terminal import WIDEST, escape, excerpt
from tektonlint.report.view import View
from tektonlint.text import Source, Span

CONTROLS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}
DIRECTIONS = {chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
SEPARATORS = {"\u2028", "\u2029"}
SURROGATES = {chr(code) for code in range(0xD800, 0xE000)}
DANGEROUS = CONTROLS | DIRECTIONS | SEPARATORS | SURROGATES


def test_exactly_the_characters_that_a_terminal_would_obey_are_escaped() -> None:
    every = [chr(code) for code in range(0x110000)]

    assert DANGEROUS == {character for character in every if escape(character) != character}


def test_nothing_that_is_escaped_holds_what_a_terminal_would_obey() -> None:
    assert not DANGEROUS & set(escape("".join(sorted(DANGEROUS))))


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\x1b[31m", "\x1b[31m"),
        (r"a\x0ab", "a\nb"),
        (r"\x09", "\t"),
        (r"\x7f\x9b", "\x7f\x9b"),
        (r"user\u202e", "user\u202e"),
        (r"\u2028", "\u2028"),
        (r"\udc80", "\udc80"),
        (r"back\slash", r"back\slash"),
        ("`näme` 名前\xa0", "`näme` 名前\xa0"),
        (r"\x23#[error]", "##[error]"),
        (r"#\x23#[error] \x23#vso[task.x]", "###[error] ##vso[task.x]"),
        ("## [a] ##vs #[b]", "## [a] ##vs #[b]"),
        (r"\x3a:error::a", "::error::a"),
        ("\xa0\\x3a:error::a", "\xa0::error::a"),
        ("a::b", "a::b"),
    ],
)
def test_an_escaped_text_says_what_was_there(escaped: str, text: str) -> None:
    assert escaped == escape(text)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_a_control_character_through(name: str, attack: View) -> None:
    assert {"\n"} == DANGEROUS & set(render(name, attack, Style(statistics=True)))


def test_colour_lets_no_control_character_through_but_its_own(attack: View) -> None:
    colored = render("text", attack, Style(color=True, statistics=True))

    assert render("text", attack, Style(statistics=True)) == re.sub(r"\x1b\[[0-9;]*m", "", colored)


@pytest.mark.parametrize(
    ("name", "beginnings"),
    [
        (
            "text",
            ["path", "  1 | line", "    | ^^^^", "  path", "  fix: title", "", "1  error    policy", "", "1 error"],
        ),
        ("concise", ["path"]),
        ("json", ['{"version": 1']),
        ("sarif", ['{"$schema": ']),
        ("github", ["::error file=path"]),
        ("gitlab", ['[{"description": "message']),
        ("rdjson", ['{"source": {"name": "tektonlint"']),
        ("markdown", ["### tektonlint: 1 error in 1 file", "", "| severity |", "|---|", "| error | `path", "", "`tek"]),
        (
            "junit",
            [
                *("<?xml ", "<testsuites ", "  <testsuite ", "    <testcase ", "      <failure ", "path", "fix: title"),
                *("    </testcase>", "  </testsuite>", "</testsuites>"),
            ],
        ),
    ],
)
def test_no_name_begins_a_line_of_its_own(name: str, beginnings: list[str], attack: View) -> None:
    lines = render(name, attack, Style(statistics=True)).removesuffix("\n").split("\n")

    assert beginnings == [line[: len(beginning)] for beginning, line in zip(beginnings, lines, strict=True)]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_encoded(name: str, attack: View) -> None:
    """A path that is not UTF-8 comes with surrogates, which no encoding takes."""
    assert render(name, attack, Style()) == render(name, attack, Style()).encode("utf-8").decode("utf-8")


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab", "junit", "rdjson"])
def test_a_report_for_programs_is_ascii(name: str, attack: View) -> None:
    assert render(name, attack, Style()).isascii()


def test_the_line_of_a_finding_is_no_command_and_its_carets_stand_where_they_should() -> None:
    source = Source("a.yaml", "a: ##[group]value\n")
    finding = Finding(policy="p", severity=Severity.NOTE, message="m", at=Location(source, Span(12, 17)))
    view = View(findings=(finding,), files=1, documents=1, hidden={}, lowest=Severity.NOTE)

    lines = render("text", view, Style(quiet=True)).splitlines()

    assert [r"  1 | a: \x23#[group]value", "    |" + 16 * " " + "^^^^^"] == lines[1:]


def test_the_report_for_programs_gives_back_the_names_as_they_are(attack: View) -> None:
    found = json.loads(render("json", attack, Style()))["findings"][0]
    finding = attack.findings[0]

    assert finding.resource is not None
    assert [finding.message, finding.at.source.shown, finding.resource.name] == [
        found["message"],
        found["path"],
        found["resource"]["name"],
    ]


@given(
    st.text(st.sampled_from("ab\t名e\u0301\u200d\x1b\u202e\udc80 "), max_size=400),
    st.integers(0, 410),
    st.integers(0, 410),
)
def test_an_excerpt_keeps_within_its_columns_whatever_the_line(line: str, start: int, end: int) -> None:
    shown = excerpt(line, start, end)

    assert not DANGEROUS & set(shown.text)
    assert shown.width >= 1
    # One more, for the caret behind the end.
    assert 0 <= shown.column < shown.column + shown.width <= WIDEST + 1
