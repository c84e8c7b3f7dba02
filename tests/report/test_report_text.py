"""The report for people: what it says, and where its carets stand."""

from __future__ import annotations

import re

import pytest

from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.report.text import render
from tektonlint.report.view import View
from tektonlint.text import Source, Span

GOLDEN = """\
gitops/locked.yaml:1:1  error  the file cannot be read: permission denied  [unreadable]

gitops/task.yaml:8:14  warning  `golang` may be another image tomorrow  [image-pinned]
  8 |       image: golang
    |              ^^^^^^
  fix: pin the tag (unsafe; run with --fix --unsafe-fixes)

gitops/task.yaml:9:7  error  v1 steps use `computeResources`, not `resources`  [compute-resources]
  9 |       resources:
    |       ^^^^^^^^^
  gitops/run.yaml:6:12: the run that binds it
  fix: rename `resources` to `computeResources` (safe; run with --fix)

2 errors, 1 warning in 3 files; 5 notes hidden (--severity note shows them)
"""


def test_the_report_for_people_is_as_it_was_designed(sample: View) -> None:
    assert GOLDEN == render(sample, color=False)


def test_a_quiet_report_ends_with_the_last_finding(sample: View) -> None:
    assert GOLDEN.rpartition("\n\n")[0] + "\n" == render(sample, color=False, quiet=True)


def test_a_quiet_report_without_findings_is_empty(nothing: View) -> None:
    assert "" == render(nothing, color=False, quiet=True, statistics=True)


def test_a_report_without_findings_is_its_closing_line(nothing: View) -> None:
    assert "No findings in 1 file\n" == render(nothing, color=False, statistics=True)


def test_colour_adds_nothing_but_colour(sample: View) -> None:
    shown = render(sample, color=True, statistics=True)

    assert render(sample, color=False, statistics=True) == re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_severities_and_carets_have_the_colour_of_the_severity(sample: View) -> None:
    shown = render(sample, color=True)

    assert "  \x1b[1;31merror\x1b[0m  " in shown
    assert "\x1b[1;33m^^^^^^\x1b[0m\n" in shown


# What surrounds the findings.


def finding(policy: str = "p", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(policy=policy, severity=severity, message="m", at=Location(Source("a.yaml", ""), Span(0, 0)))


def shown(*findings: Finding, files: int = 2, hidden: dict[Severity, int] | None = None, fixed: int = 0) -> View:
    return View(findings=findings, files=files, documents=1, hidden=hidden or {}, fixed=fixed, lowest=Severity.WARNING)


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
CLOSING = [
    ("No findings in 0 files", shown(files=0)),
    ("No findings in 1 file", shown(files=1)),
    ("No findings in 12 files", shown(files=12)),
    ("1 error in 1 file", shown(finding(), files=1)),
    ("2 errors in 2 files", shown(finding(), finding())),
    ("1 error, 1 warning, 1 note in 2 files", shown(*(finding(severity=one) for one in (N, W, E)))),
    ("2 warnings, 2 notes in 2 files", shown(*(finding(severity=one) for one in (N, W, N, W)))),
    ("1 error in 2 files; 1 note hidden (--severity note shows it)", shown(finding(), hidden={N: 1})),
    ("No findings in 2 files; 5 notes hidden (--severity note shows them)", shown(hidden={N: 5})),
    ("No findings in 2 files; 1 warning hidden (--severity warning shows it)", shown(hidden={W: 1, N: 0})),
    ("No findings in 2 files; 1 warning, 1 note hidden (--severity note shows them)", shown(hidden={N: 1, W: 1})),
    ("1 error in 2 files; 2 fixed", shown(finding(), fixed=2)),
    ("No findings in 2 files; 1 fixed; 2 notes hidden (--severity note shows them)", shown(hidden={N: 2}, fixed=1)),
    (
        "1 error in 2 files; 3 in the baseline; 1 entry pruned from the baseline",
        shown(finding())._replace(baselined=3, pruned=1),
    ),
    ("1 error in 2 files; 2 entries pruned from the baseline", shown(finding())._replace(pruned=2)),
]


@pytest.mark.parametrize(("closing", "view"), CLOSING, ids=[closing for closing, _ in CLOSING])
def test_the_closing_line_counts_in_singular_and_plural(closing: str, view: View) -> None:
    assert closing == render(view, color=False).splitlines()[-1]


def test_statistics_name_each_policy_with_its_worst_severity_most_findings_first_and_then_by_id() -> None:
    findings = [finding("few", N), finding("same", W), finding("also-few", E)]
    findings += [finding("many", severity) for severity in (W, *[N] * 9)]
    expected = """
10  warning  many
 1  error    also-few
 1  note     few
 1  warning  same

1 error, 2 warnings, 10 notes in 2 files
"""

    assert render(shown(*findings), color=False, statistics=True).endswith(f"[many]\n{expected}")


def test_a_quiet_report_has_no_statistics() -> None:
    assert "a.yaml:1:1  error  m  [p]\n" == render(shown(finding()), color=False, quiet=True, statistics=True)


def test_an_unreadable_file_has_no_line_to_show() -> None:
    one = finding()._replace(fix=Fix(title="none", edits=()))

    assert ["a.yaml:1:1  error  m  [p]", "  fix: none (unsafe; run with --fix --unsafe-fixes)"] == render(
        shown(one), color=False, quiet=True
    ).splitlines()


# The line of a finding, and the carets under it.


def lines(text: str, start: int, end: int) -> list[str]:
    """The line that is shown for a place in a text, and the line of carets."""
    place = Location(Source("a.yaml", text), Span(start, end))
    view = shown(Finding(policy="p", severity=E, message="m", at=place))
    return render(view, color=False, quiet=True).split("\n")[1:-1]


def underlined(part: str, text: str) -> list[str]:
    start = text.index(part)
    return lines(text, start, start + len(part))


def test_a_tab_is_shown_as_spaces_up_to_the_next_multiple_of_eight() -> None:
    assert [
        "  1 | a:      value",
        "    |         ^^^^^",
    ] == underlined("value", "a:\tvalue\n")


def test_a_tab_at_a_multiple_of_eight_takes_eight_columns() -> None:
    assert [
        "  1 | 12345678        x",
        "    |                 ^",
    ] == underlined("x", "12345678\tx\n")


def test_a_tab_that_is_the_finding_is_underlined_as_wide_as_it_is_shown() -> None:
    assert [
        "  1 | a:      value",
        "    |   ^^^^^^",
    ] == underlined("\t", "a:\tvalue\n")


def test_a_wide_character_takes_two_columns() -> None:
    expected = ["  1 | 名前: value", "    | " + 6 * " " + "^^^^^"]

    assert expected == underlined("value", "名前: value\n")


def test_a_wide_character_is_underlined_by_two_carets() -> None:
    expected = ["  1 | 名前: value", "    | ^^^^"]

    assert expected == underlined("名前", "名前: value\n")


def test_a_combining_mark_takes_no_column() -> None:
    expected = ["  1 | e\u0301te\u0301: value", "    | " + 5 * " " + "^^^^^"]

    assert expected == underlined("value", "e\u0301te\u0301: value\n")


def test_a_letter_with_a_combining_mark_is_underlined_by_one_caret() -> None:
    assert "    | ^" == underlined("e\u0301", "e\u0301te\u0301: value\n")[1]


def test_an_escaped_character_takes_the_columns_of_its_spelling() -> None:
    expected = [r"  1 | a: \x1b[31m\u202evalue", "    | " + 17 * " " + "^^^^^"]

    assert expected == underlined("value", "a: \x1b[31m\u202evalue\n")


def test_a_place_that_goes_on_is_underlined_to_the_end_of_its_first_line() -> None:
    assert [
        "  2 |   a: [1,",
        "    |      ^^^",
    ] == lines("spec:\n  a: [1,\n  2]\n", 11, 19)


def test_a_place_that_takes_its_line_end_with_it_is_underlined_to_the_end_of_the_line() -> None:
    assert [
        "  1 | a: 1",
        "    |    ^",
    ] == lines("a: 1\r\nb: 2\r\n", 3, 6)


def test_an_empty_place_has_one_caret() -> None:
    assert [
        "  1 | a: 1",
        "    |    ^",
    ] == lines("a: 1\n", 3, 3)


def test_an_empty_place_at_the_end_of_a_line_is_behind_it() -> None:
    assert [
        "  1 | a:",
        "    |   ^",
    ] == lines("a:\nb: 2\n", 2, 2)


def test_an_empty_place_at_the_end_of_a_file_is_on_the_empty_line_behind_its_last_newline() -> None:
    assert [
        "  2 |",
        "    | ^",
    ] == lines("a: 1\n", 5, 5)


def test_an_empty_place_at_the_end_of_a_file_without_newline_is_behind_its_last_line() -> None:
    assert [
        "  1 | a: 1",
        "    |     ^",
    ] == lines("a: 1", 4, 4)


def test_a_place_beyond_the_end_of_a_file_is_behind_its_last_line() -> None:
    """A wrong place must not hide the finding behind a crash."""
    assert [
        "  1 | a: 1",
        "    |     ^",
    ] == lines("a: 1", 9, 12)


@pytest.mark.parametrize(("start", "end"), [(0, 5), (1, 5)])
def test_a_byte_order_mark_is_neither_shown_nor_underlined(start: int, end: int) -> None:
    assert [
        "  1 | kind: Task",
        "    | ^^^^",
    ] == lines("\ufeffkind: Task\n", start, end)


def test_the_gutter_is_as_wide_as_the_line_number() -> None:
    assert [
        "  100 | kind: Task",
        "      |       ^^^^",
    ] == underlined("Task", 99 * "\n" + "kind: Task\n")


def test_a_line_of_160_columns_is_shown_whole() -> None:
    expected = ["  1 | " + 155 * "x" + "VALUE", "    | " + 155 * " " + "^^^^^"]

    assert expected == underlined("VALUE", 155 * "x" + "VALUE")


def test_a_longer_line_is_cut_on_both_sides_of_the_place() -> None:
    expected = ["  1 | …" + 76 * "x" + "VALUE" + 77 * "y" + "…", "    | " + 77 * " " + "^^^^^"]

    assert expected == underlined("VALUE", 300 * "x" + "VALUE" + 300 * "y")


def test_a_longer_line_is_not_cut_in_front_where_the_place_is_at_its_beginning() -> None:
    expected = ["  1 | VALUE" + 154 * "y" + "…", "    | ^^^^^"]

    assert expected == underlined("VALUE", "VALUE" + 156 * "y")


def test_a_longer_line_is_not_cut_behind_where_the_place_is_at_its_end() -> None:
    expected = ["  1 | …" + 154 * "x" + "VALUE", "    | " + 155 * " " + "^^^^^"]

    assert expected == underlined("VALUE", 156 * "x" + "VALUE")


def test_a_place_wider_than_what_is_shown_is_underlined_up_to_the_cut() -> None:
    expected = ["  1 | …" + 19 * "x" + 139 * "V" + "…", "    | " + 20 * " " + 139 * "^"]

    assert expected == underlined(400 * "V", 300 * "x" + 400 * "V" + 300 * "y")


def test_a_longer_line_of_wide_characters_keeps_within_its_columns() -> None:
    """A wide character does not fit into the one column left beside each cut; it goes as a whole."""
    expected = ["  1 | …" + 38 * "名" + "VALUE" + 38 * "前" + "…", "    | " + 77 * " " + "^^^^^"]

    assert expected == underlined("VALUE", 300 * "名" + "VALUE" + 300 * "前")


def test_a_mark_whose_letter_is_cut_off_goes_with_it() -> None:
    """Otherwise it would stand on the sign of the cut."""
    assert underlined("VALUE", 300 * "e\u0301" + "VALUE" + 300 * "y")[0].startswith("  1 | …e\u0301e")


def test_a_huge_line_is_cut_like_a_long_one() -> None:
    expected = ["  1 | …" + 76 * "x" + "VALUE" + 77 * "y" + "…", "    | " + 77 * " " + "^^^^^"]

    assert expected == underlined("VALUE", 10**6 * "x" + "VALUE" + 10**6 * "y")
