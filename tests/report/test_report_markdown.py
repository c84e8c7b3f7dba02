"""The table in Markdown: another parser reads in it what was meant, whatever a stranger wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tektonlint.finding import Edit, Finding, Fix, Location, Safety, Severity
from tektonlint.report.gfm import code, inline
from tektonlint.report.markdown import MOST_BYTES, render
from tektonlint.report.terminal import escape
from tektonlint.report.view import View
from tektonlint.text import Source, Span

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# All that a report is made of; the one link is that of a policy.
BLOCKS = ("heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "link")
KINDS = {"inline", "text", "code_inline", *(f"{block}_{end}" for block in BLOCKS for end in ("open", "close"))}
PAGES = "https://github.com/tektonlint/tektonlint/blob/main/docs/policies/"
# What GitHub and GitLab make something of in plain text: mentions, references, addresses, formulas, emoji, commits.
MADE_OF_TEXT = re.compile(r"[@#$~%&*_<>\[\]{}\\]|://|www\.|:\w+:|\b[0-9a-f]{7,}\b|\b[A-Z]+-[0-9]")


def finding(message: str = "m", path: str = "a.yaml", **fields: Any) -> Finding:
    at = Location(Source(path, "a: 1\n"), Span(0, 1))
    return Finding(**{"policy": "p", "severity": Severity.ERROR, "message": message, "at": at, **fields})


def view(*findings: Finding, **fields: Any) -> View:
    return View(**{"files": 2, "documents": 2, "hidden": {}, "lowest": Severity.NOTE, **fields, "findings": findings})


def tokens(report: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(report):
        yield token
        yield from token.children or ()


def cells(report: str) -> list[list[Token]]:
    """What is in the cells of the rows, the heading's row left away."""
    parsed = MARKDOWN.parse(report)
    return [parsed[number + 1].children or [] for number, token in enumerate(parsed) if token.type == "td_open"]


def shown(parts: list[Token]) -> str:
    return "".join(part.content for part in parts)


def assert_harmless(report: str) -> None:
    for token in tokens(report):
        assert token.type in KINDS
        if token.type == "text":
            assert not MADE_OF_TEXT.search(token.content), token.content
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(PAGES)


def test_every_report_is_a_table_and_sentences(two_views: tuple[View, View]) -> None:
    assert_harmless(render(two_views[0]))


def test_each_finding_is_a_row_of_four_cells(sample: View) -> None:
    rows = [shown(parts) for parts in cells(render(sample))]

    assert [
        ["error", "gitops/locked.yaml:1:1", "the file cannot be read: permission denied", "unreadable"],
        [
            "warning",
            "gitops/task.yaml:8:14",
            "golang may be another image tomorrow Fix (unsafe): pin the tag.",
            "image-pinned",
        ],
        [
            "error",
            "gitops/task.yaml:9:7",
            "v1 steps use computeResources, not resources Fix (safe): rename resources to computeResources.",
            "compute-resources",
        ],
    ] == [rows[number : number + 4] for number in range(0, len(rows), 4)]


ATTACKS = [
    "@team and @org/team",
    "#12, GH-12, org/repo#12, !12, ~label, %milestone, $3, &epic",
    "https://example.com www.example.com mail@example.com http:`//example.com`",
    "[link](https://example.com) ![image](https://example.com/a.png) [a][b] [a]: https://example.com",
    "<img src=x onerror=alert(1)> <!-- --> </td></table><script> &lt;b&gt; &#64;team",
    "| cell | cell |\n| --- |\n\n# heading",
    r"a\|b a\\|b a\ \` ``\`` `\|`",
    "**bold** __bold__ *it* _it_ ~~gone~~ :tada: $x^2$ $`x`$",
    "`a`@team`b` `a``b` ``a`` ` ``` `",
    "deadbeef 0123456789abcdef0123456789abcdef01234567 ABC-123",
    "## [x] - * + 1. > quote",
    "",
    " ",
    "`",
    "|",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_a_stranger_writes_nothing_but_text(text: str) -> None:
    fix = Fix(title=text, edits=(Edit(finding().at, "b"),), safety=Safety.SAFE)
    report = render(view(finding(text, text.replace("/", "_"), policy=text, fix=fix), finding("next")))

    assert_harmless(report)
    assert "next" == shown(cells(report)[6])


def test_what_is_code_is_seen_as_such() -> None:
    (cell,) = [cells(render(view(finding("`a|b` is not `c`"))))[2]]

    assert [("code_inline", "a"), ("text", "|"), ("code_inline", "b"), ("text", " is not "), ("code_inline", "c")] == [
        (part.type, part.content) for part in cell
    ]


NASTY = st.text(st.one_of(st.sampled_from("`|\\ @#<>[]()!*_~$&:;.,-a1\n\r\t"), st.characters()), max_size=60)


@settings(deadline=None, max_examples=300)
@given(NASTY, NASTY.map(lambda text: text.replace("/", "")))
def test_nothing_is_lost_and_nothing_breaks_out_whatever_the_text(message: str, path: str) -> None:
    """But for backticks, which stand for code, and for how many spaces there are."""
    report = render(view(finding(message, path), finding("next")))

    assert_harmless(report)
    rows = [shown(parts) for parts in cells(report)]
    assert [8, "next"] == [len(rows), rows[6]]
    assert escape(path + ":1:1").split() == rows[1].split()
    assert "".join(escape(message).replace("`", "").split()) == "".join(rows[2].split())


@settings(deadline=None, max_examples=300)
@given(NASTY)
def test_outside_of_a_table_nothing_breaks_out_either(text: str) -> None:
    assert_harmless(f"x {inline(text)} y\n")


@settings(deadline=None)
@given(NASTY.filter(lambda text: text.strip(" ") != ""))
def test_a_code_span_shows_exactly_its_text(text: str) -> None:
    (paragraph,) = [token for token in MARKDOWN.parse(f"x{code(text)}x\n") if token.type == "inline"]

    assert [("text", "x"), ("code_inline", escape(text)), ("text", "x")] == [
        (part.type, part.content) for part in paragraph.children or ()
    ]


# What stands around the table


@pytest.mark.parametrize(
    ("expected", "of"),
    [
        ("### tektonlint: no findings in 2 files\n", view()),
        ("### tektonlint: no findings in 1 file\n\n1 finding fixed.\n", view(files=1, fixed=1)),
        (
            "### tektonlint: no findings in 2 files\n\n1 note is hidden; `--severity note` shows it.\n",
            view(hidden={Severity.NOTE: 1}),
        ),
        (
            "### tektonlint: no findings in 2 files\n\n"
            "1 warning, 2 notes are hidden; `--severity note` shows them.\n",
            view(hidden={Severity.NOTE: 2, Severity.WARNING: 1}),
        ),
        (
            "### tektonlint: no findings in 2 files\n\n2 warnings are hidden; `--severity warning` shows them.\n",
            view(hidden={Severity.WARNING: 2}),
        ),
    ],
)
def test_without_findings_there_is_no_table(expected: str, of: View) -> None:
    assert expected == render(of)


def test_a_path_is_that_in_the_repository() -> None:
    assert "sub/a.yaml:1:1" == shown(cells(render(view(finding(), prefix="sub/")))[1])


def test_a_report_that_github_would_not_take_is_cut_and_says_so() -> None:
    findings = [finding(f"{number} " + "ä" * 1000) for number in range(1000)]

    report = render(view(*findings))

    rows = len(cells(report)) // 4
    assert 500 < rows < 1000
    assert MOST_BYTES - 8192 < len(report.encode("utf-8")) <= MOST_BYTES
    assert "### tektonlint: 1000 errors in 2 files\n" == report.splitlines(keepends=True)[0]
    last = f"{1000 - rows} errors are left out, for a summary has room for 1 MiB; `--format json=FILE` has them all."
    assert last == report.splitlines()[-1]


def test_a_huge_row_takes_nothing_from_the_others() -> None:
    report = render(view(finding("x" * MOST_BYTES), finding("next", severity=Severity.NOTE)))

    assert ["note", "next"] == [shown(parts) for parts in cells(report)][::2]
    assert report.splitlines()[-1].startswith("1 error is left out, ")
