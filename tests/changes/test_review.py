"""Findings and what they are excused by, without git: two trees of texts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import engine
from tektonlint.document import Scalar, load, walk
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.review import Review
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Source
from tektonlint.tree import Base, Tree, of_texts
from tests.changes.repositories import task

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "gitops"
# What another tree holds makes no difference here, so a part is as good as the whole, and quicker.
TEXTS = {
    path.relative_to(EXAMPLES).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(EXAMPLES.rglob("*.yaml"))[::3]
    if path.stat().st_size < 20_000
}


def lint(tree: Tree) -> tuple[Finding, ...]:
    bundled = catalog.load()
    return engine.run(tree, enabled(bundled, Choice({}, {})), bundled, Target(tekton=newest())).findings


def reported(before: dict[str, str], after: dict[str, str], then: dict[str, str] | None = None) -> list[Finding]:
    tree = of_texts(after)
    return Review(Base(of_texts(before), "0123abc", then or {}), lint).of(lint(tree))


@cache
def whole_lines(name: str) -> tuple[int, ...]:
    """The lines (from 0) before which a line can be put without being in a scalar; the last is behind them all."""
    source = Source(name, TEXTS[name])
    inside: set[int] = set()
    for document in load(source).documents:
        for node in walk(document.root):
            if isinstance(node, Scalar):
                first, last = source.line_column(node.start)[0], source.line_column(node.end)[0]
                inside.update(range(first, last))
    return tuple(line for line in range(source.line_count()) if line not in inside)


@st.composite
def with_comments(draw: st.DrawFn) -> dict[str, str]:
    """The texts with comments and empty lines put between lines."""
    texts = dict(TEXTS)
    for name in draw(st.sets(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=3)):
        lines = TEXTS[name].split("\n")
        for at in sorted(draw(st.sets(st.sampled_from(whole_lines(name)), min_size=1, max_size=4)), reverse=True):
            lines.insert(at, draw(st.sampled_from(["", "# why", "  # a comment", "    ", "#"])))
        texts[name] = "\n".join(lines)
    return texts


def test_there_is_something_old_in_the_texts() -> None:
    """Otherwise what follows would prove nothing."""
    assert len(lint(of_texts(TEXTS))) > 30


@settings(deadline=None, max_examples=40)
@given(with_comments())
def test_comments_and_empty_lines_bring_no_finding(texts: dict[str, str]) -> None:
    assert [] == [(one.policy, one.at.source.name, one.message) for one in reported(TEXTS, texts)]


@settings(deadline=None, max_examples=15)
@given(st.permutations(sorted(TEXTS)))
def test_a_file_that_only_moved_brings_no_finding(names: list[str]) -> None:
    name = names[0]
    folder = name.rpartition("/")[0]
    moved = f"{folder}/moved.yaml".lstrip("/")
    texts = {moved if one == name else one: text for one, text in TEXTS.items()}

    assert [] == [(one.policy, one.message) for one in reported(TEXTS, texts, {moved: name})]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # The same mistake twice is one more than once.
        (task("a", image="x"), task("a", image="x") + "---\n" + task("a", image="x"), [18]),
        # Another image on the same line of an object that was renamed.
        (task("a", image="x"), task("b", image="z"), [8]),
        # What is mended does not excuse what is new.
        (task("a", image="x") + "---\n" + task("b"), task("a") + "---\n" + task("b", image="x"), [18]),
        # What is put before it moves it down, and touches nothing of it.
        (task("a", image="x"), task("b") + "---\n" + task("a", image="x"), []),
    ],
)
def test_an_old_finding_excuses_one(before: str, after: str, expected: list[int]) -> None:
    findings = [one for one in reported({"t.yaml": before}, {"t.yaml": after}) if one.policy == "mutable-image"]

    assert expected == [one.at.source.line_column(one.at.span.start)[0] for one in findings]


def test_what_tektonlint_says_of_its_own_work_is_always_reported() -> None:
    tree = of_texts({"t.yaml": task("a", image="x")})
    findings = [one for one in lint(tree) if one.policy == "mutable-image"]
    review = Review(Base(tree, "0123abc", {}), lint)

    assert ([], findings) == (review.of(findings), review.of(findings, ("mutable-image",)))
