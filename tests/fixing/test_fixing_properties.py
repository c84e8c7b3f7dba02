"""However a manifest is written, a fix changes what it says it changes, all of it, and nothing else.

The renderer here writes YAML by hand, so that nothing of what is tested has a part in what it is tested with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tektonlint import engine, fixing, tree
from tektonlint.edit import apply
from tektonlint.finding import Edit, Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.policy.context import Enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Span
from tektonlint.tree import Tree

CATALOG = catalog.load()
POLICIES = tuple(enabled(CATALOG, Choice(severities={}, options={})))
TARGET = Target(tekton=newest())

# Entries and items: a line, and the lines below it, which are indented further.
Lines = list[tuple[int, str]]

DURATIONS = ["1h", '"1h30m"', "90m # minutes", "1d", "2 hours", "'30 min'", "PT1H", "1h30", "0", "90", '""']
QUANTITIES = ["1Gi", '"500m"', "4 GB", "1gi", "2core", "100mb", "1", "'1 Gi'"]
VALUES = ["text", '"1"', "1", "true", "1.50", "0x1F", "y", "'on'", "# nothing", "2001-01-01", "1e3", "*x", "|-\n1\n2"]
NAMES = ["HOME", "GOOS", "A", '"A"', "'GOOS'"]


def spaced(draw: st.DrawFn, line: str) -> str:
    """The line with a comment or blanks behind it, where it is not part of a text."""
    if "\n" in line or line.endswith(("|", "|-")):
        return line
    return line + draw(st.sampled_from(["", "", "", " # why", "   ", " #", " # ünïcode \U0001f600 '"]))


def comments(draw: st.DrawFn, depth: int) -> Lines:
    """Blank lines and comments before an entry, mostly in its column."""
    kinds = draw(st.lists(st.sampled_from(["", "# note", "#", "# a: b"]), max_size=1))
    return [(depth if kind else 0, kind) for kind in kinds]


def entry(draw: st.DrawFn, depth: int, line: str) -> Lines:
    first, *others = spaced(draw, line).split("\n")
    return [*comments(draw, depth), (depth, first), *((depth + 1, other) for other in others)]


def mapping(draw: st.DrawFn, depth: int, name: str, entries: dict[str, str]) -> Lines:
    """A mapping of scalars, in block or in flow style."""
    if draw(st.booleans()) and not any("#" in value or "\n" in value or "*" in value for value in entries.values()):
        inside = ", ".join(f"{key}: {value}" for key, value in entries.items())
        return entry(draw, depth, f"{name}: {{{inside}}}")
    lines = entry(draw, depth, f"{name}:")
    for key, value in entries.items():
        lines += entry(draw, depth + 1, f"{key}: {value}")
    return lines


def shuffled(draw: st.DrawFn, parts: Sequence[Lines]) -> Lines:
    return [line for part in draw(st.permutations(parts)) for line in part]


def resources(draw: st.DrawFn, depth: int) -> Lines:
    name = draw(st.sampled_from(["resources", "computeResources", '"resources"']))
    lines = entry(draw, depth, f"{name}:")
    for part in draw(st.lists(st.sampled_from(["limits", "requests"]), min_size=1, max_size=2, unique=True)):
        amounts = draw(
            st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(QUANTITIES), min_size=1, max_size=2)
        )
        lines += mapping(draw, depth + 1, part, amounts)
    return lines


def env(draw: st.DrawFn, depth: int) -> Lines:
    lines = entry(draw, depth, "env:")
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)):
        value = draw(st.sampled_from(VALUES))
        if draw(st.booleans()) and not any(one in value for one in "#\n*"):
            lines += entry(draw, depth + 1, f"- {{name: {name}, value: {value}}}")
        else:
            lines += entry(draw, depth + 1, f"- name: {name}")
            lines += entry(draw, depth + 2, f"value: {value}")
    return lines


def step(draw: st.DrawFn, depth: int, number: int) -> Lines:
    optional: list[Callable[[], Lines]] = [
        lambda: resources(draw, depth + 1),
        lambda: env(draw, depth + 1),
        lambda: entry(draw, depth + 1, f"timeout: {draw(st.sampled_from(DURATIONS))}"),
        lambda: entry(draw, depth + 1, f"{draw(st.sampled_from(['workingdir', 'workingDir']))}: /x"),
        lambda: entry(draw, depth + 1, "Script: |\n#!/bin/sh\n\n# echo\necho 1"),
        lambda: entry(draw, depth + 1, "script: |-\n\n#!/bin/sh\nmake # all"),
        lambda: mapping(draw, depth + 1, "securityContext", {"fsGroup": "1", "runAsUser": "'0'"}),
    ]
    parts = [make() for make in draw(st.lists(st.sampled_from(optional), max_size=4, unique=True))]
    first = entry(draw, depth, f"- name: s{number}")
    return first + shuffled(draw, [entry(draw, depth + 1, "image: a:1"), *parts])


def task_spec(draw: st.DrawFn, depth: int) -> Lines:
    steps = entry(draw, depth, "steps:")
    for number in range(draw(st.integers(1, 2))):
        steps += step(draw, depth + 1, number)
    volumes = entry(draw, depth, "volumes:") + [
        line for name in "ab" for line in entry(draw, depth + 1, f"- {{name: {name}, emptyDir: {{}}}}")
    ]
    return shuffled(draw, [steps, volumes] if draw(st.booleans()) else [steps])


def run_spec(draw: st.DrawFn) -> Lines:
    optional: list[Callable[[], Lines]] = [
        lambda: entry(draw, 1, f"timeout: {draw(st.sampled_from(DURATIONS))}"),
        lambda: mapping(draw, 1, "timeouts", {"tasks": draw(st.sampled_from(DURATIONS))}),
        lambda: mapping(draw, 1, "podTemplate", {"hostNetwork": "true", "schedulerName": "x"}),
        lambda: entry(draw, 1, "serviceAccountName: builder"),
        lambda: mapping(draw, 1, "taskRunTemplate", {"serviceAccountName": "other"}),
    ]
    parts = [make() for make in draw(st.lists(st.sampled_from(optional), min_size=1, unique=True))]
    embedded = draw(st.booleans())
    if not embedded:
        return shuffled(draw, [mapping(draw, 1, "pipelineRef", {"name": "p"}), *parts])
    pipeline = entry(draw, 1, "pipelineSpec:") + entry(draw, 2, "tasks:") + entry(draw, 3, "- name: t")
    pipeline += entry(draw, 4, "taskSpec:") + task_spec(draw, 5)
    return shuffled(draw, [pipeline, *parts])


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """One to two documents with faults, in any newline style, with comments and blanks anywhere."""
    documents: list[str] = []
    width = draw(st.sampled_from([2, 2, 4]))
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        kind = draw(st.sampled_from(["Task", "PipelineRun"]))
        head = [(0, "apiVersion: tekton.dev/v1"), (0, f"kind: {kind}")]
        name = draw(st.sampled_from(["x", "1", "'1'", "&x x"]))
        head += mapping(draw, 0, "metadata", {"name": name, "annotations": "{a: 1, b: y}"})
        spec = entry(draw, 0, "spec:") + (task_spec(draw, 1) if kind == "Task" else run_spec(draw))
        lines = head + spec + comments(draw, 0)
        documents.append("".join(f"{' ' * (width * depth if text else 0)}{text}\n" for depth, text in lines))
    text = draw(st.sampled_from(["---\n", "---\n---\n# two\n"])).join(documents)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline)


def lint_with(policies: Sequence[Enabled]) -> fixing.Lint:
    return lambda read: engine.run(read, policies, CATALOG, TARGET).findings


LINT = lint_with(POLICIES)


def has_fix(finding: Finding) -> bool:
    return finding.fix is not None


def read(text: str) -> Tree:
    return tree.of_texts({"x.yaml": text})


def text_of(outcome: fixing.Outcome) -> str:
    return outcome.tree.files[0].source.text


def edits_of(findings: Sequence[Finding]) -> list[Edit]:
    """The edits of some findings, in the order in which they stand; one that several make is one."""
    edits = {edit for finding in findings if finding.fix is not None for edit in finding.fix.edits}
    return sorted(edits, key=lambda edit: (edit.at.span, edit.text))


thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@given(manifests())
@thorough
def test_no_fix_is_refused_and_none_is_left(text: str) -> None:
    outcome = fixing.fix(read(text), LINT, has_fix)

    assert [] == [(one.finding.policy, one.reason) for one in outcome.refused]
    assert [] == [finding for finding in LINT(outcome.tree) if has_fix(finding)]


@given(manifests())
@thorough
def test_fixing_what_was_fixed_changes_nothing(text: str) -> None:
    once = text_of(fixing.fix(read(text), LINT, has_fix))

    again = fixing.fix(read(once), LINT, has_fix)

    assert (once, 0) == (text_of(again), again.fixed)


@given(manifests())
@thorough
def test_what_is_outside_of_the_edits_of_a_pass_survives_it(text: str) -> None:
    before = read(text)
    passes: list[Sequence[Finding]] = []
    applied: dict[str, list[Edit]] = {}

    def once(now: Tree) -> Sequence[Finding]:
        """Fixes are offered for the first pass only."""
        passes.append(LINT(now))
        return passes[0] if len(passes) == 1 else [finding._replace(fix=None) for finding in passes[-1]]

    def noting(old: str, edits: Iterable[Edit]) -> str:
        edits = list(edits)
        new = apply(old, edits)
        applied[new] = edits
        return new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixing, "apply", noting)
        outcome = fixing.fix(before, once, has_fix)

    after = text_of(outcome)
    assert () == outcome.refused
    assert (after != text) == any(map(has_fix, passes[0]))
    made = sorted(applied.get(after, ()), key=lambda edit: (edit.at.span, edit.text))
    assert set(made) <= set(edits_of(passes[0]))
    done = written = 0
    for edit in made:
        kept = text[done : edit.at.span.start]
        assert kept + edit.text == after[written : written + len(kept) + len(edit.text)]
        written += len(kept) + len(edit.text)
        done = edit.at.span.end
    assert text[done:] == after[written:]


@given(manifests())
@thorough
def test_chosen_fixes_neither_overlap_nor_touch(text: str) -> None:
    chosen = fixing.choose(list(filter(has_fix, LINT(read(text)))))

    spans = [{edit.at.span for edit in edits_of([finding])} for finding in chosen]
    for number, one in enumerate(spans):
        for other in spans[number + 1 :]:
            assert [] == [(a, b) for a in one - other for b in other - one if meet(a, b)]


def meet(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


@given(manifests(), st.permutations(POLICIES))
@thorough
def test_the_order_of_policies_does_not_change_the_result(text: str, policies: list[Enabled]) -> None:
    expected = fixing.fix(read(text), LINT, has_fix)
    outcome = fixing.fix(read(text), lint_with(policies), has_fix)

    assert (text_of(expected), expected.fixed) == (text_of(outcome), outcome.fixed)


@given(manifests())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_line_ends_and_a_mark_do_not_change_what_is_fixed(text: str) -> None:
    """Lone carriage returns do not separate documents for Kubernetes, so they are tried on a single one."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")

    expected = text_of(fixing.fix(read(plain), LINT, has_fix))

    for mark, newline in (("", "\r\n"), ("\ufeff", "\n"), ("", "\r")):
        if newline != "\r" or "---" not in plain:
            written = mark + plain.replace("\n", newline)
            assert mark + expected.replace("\n", newline) == text_of(fixing.fix(read(written), LINT, has_fix))
