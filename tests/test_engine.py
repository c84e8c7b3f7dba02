"""What a run makes of policies and a tree: which findings, in which order, and what a crash leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tektonlint import engine, tree
from tektonlint.engine import Report
from tektonlint.finding import Finding, Location, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Catalog, Choice, enabled
from tektonlint.policy.context import Context, Enabled
from tektonlint.policy.format import Assertion, Check, Emitted, Logic, Policy
from tektonlint.tekton.resource import Place
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Span
from tektonlint.tree import File, Tree

CATALOG = catalog.load()

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mirror
spec:
  steps:
    - name: copy
      image: quay.io/skopeo/stable
    - name: check
      image: quay.io/skopeo/stable
"""

Found = Callable[[Any, Context], Iterator[Finding]]


class Checks:
    """Functions in the place of those that policies name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._functions: dict[str, Found] = {}
        monkeypatch.setattr(engine, "resolve", self._functions.__getitem__)

    def policy(self, name: str, select: str, function: Found, **more: Any) -> Enabled:
        """A policy over the places of a selector."""
        return self.mentioning((), name, select, function, **more)

    def mentioning(self, words: tuple[str, ...], name: str, select: str, function: Found, **more: Any) -> Enabled:
        """The same, for files in which one of some words stands."""
        self._functions[name] = function
        return policy(name, Check(select=select, function=name, mentions=words), **more)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(monkeypatch)


def policy(name: str, logic: Logic, *, severity: Severity = Severity.WARNING, **more: Any) -> Enabled:
    made = Policy(
        id=name,
        area="test",
        title="A title",
        severity=severity,
        since="0.1",
        logic=logic,
        rationale="",
        remediation="",
        options={},
        file="",
        **more,
    )
    return Enabled(policy=made, severity=severity, options={})


def run(what: Tree | dict[str, str] | str, *policies: Enabled) -> Report:
    texts = {"task.yaml": what} if isinstance(what, str) else what
    read = texts if isinstance(texts, Tree) else tree.of_texts(texts)
    known = Catalog({**CATALOG.policies, **{one.policy.id: one.policy for one in policies}})
    return engine.run(read, policies, known, Target(tekton=newest()))


def says(message: str) -> Found:
    """A check that says the same of every place."""

    def check(place: Place, context: Context) -> Iterator[Finding]:
        yield context.finding(place, message)

    return check


def crash(place: Any, context: Context) -> Iterator[Finding]:
    raise KeyError("spec\nsteps")


def partly(read: Tree, *unreported: str) -> Tree:
    """The same tree in which some files are only read for what they say about others."""
    files = tuple(
        File(source=one.source, loaded=one.loaded, resources=one.resources, reported=one.source.name not in unreported)
        for one in read.files
    )
    return Tree(files, read.others)


# Crashes


def test_a_crash_is_a_finding_that_names_policy_and_file(checks: Checks) -> None:
    report = run(
        {"a.yaml": TASK, "b.yaml": "apiVersion: tekton.dev/v1\nkind: Pipeline\n"},
        checks.policy("fragile", "steps", crash),
        checks.policy("sturdy", "steps", says("a step")),
    )
    crashes = [finding for finding in report.findings if finding.policy == "internal-error"]

    assert [("a.yaml", Severity.ERROR)] == [(finding.at.source.name, finding.severity) for finding in crashes]
    assert crashes[0].message.startswith("`fragile` failed on this file: KeyError: 'spec\\nsteps'. ")
    assert 2 == len([finding for finding in report.findings if finding.policy == "sturdy"])


def test_a_crash_is_kept_for_the_traceback(checks: Checks) -> None:
    report = run(TASK, checks.policy("fragile", "resource", crash))

    assert [KeyError] == [type(error) for error in report.crashes]


def test_a_message_about_a_crash_is_one_short_line(checks: Checks) -> None:
    def verbose(place: Any, context: Context) -> Iterator[Finding]:
        raise RuntimeError("first\nsecond " + "x" * 1000)

    (finding,) = run(TASK, checks.policy("fragile", "resource", verbose)).findings

    assert "RuntimeError: first second xxx" in finding.message
    assert len(finding.message) < 300


def test_each_file_a_policy_crashes_on_is_named_once(checks: Checks) -> None:
    report = run({"a.yaml": TASK + "---\n" + TASK, "b.yaml": TASK}, checks.policy("fragile", "resource", crash))

    assert ["a.yaml", "b.yaml"] == [finding.at.source.name for finding in report.findings]
    assert 3 == len(report.crashes)


def test_a_crash_over_a_file_or_over_the_tree_is_a_finding_too(checks: Checks) -> None:
    report = run(TASK, checks.policy("a", "file", crash), checks.policy("b", "tree", crash))

    assert ["`a` failed on this file", "`b` failed on these files"] == [
        finding.message.partition(":")[0] for finding in report.findings
    ]


def test_a_crash_of_a_generator_after_a_finding_is_a_crash(checks: Checks) -> None:
    def late(place: Place, context: Context) -> Iterator[Finding]:
        yield context.finding(place, "A step.")
        raise ValueError("too late")

    report = run(TASK, checks.policy("fragile", "resource", late))

    assert ["internal-error"] == [finding.policy for finding in report.findings]


def test_a_check_that_cannot_be_imported_is_a_crash() -> None:
    missing = policy("missing", Check(select="steps", function="tektonlint.checks.images:no_such_check"))
    report = run(TASK, missing)

    assert ["internal-error"] == [finding.policy for finding in report.findings]


def test_a_crash_can_neither_be_switched_off_nor_silenced(checks: Checks) -> None:
    text = f"# tektonlint: ignore[internal-error, fragile] we know\n{TASK}"
    report = run(text, checks.policy("fragile", "resource", crash))

    assert ["internal-error"] == [finding.policy for finding in report.findings]


# The tree and what was named


def in_one_about_the_other(read: Tree, context: Context) -> Iterator[Finding]:
    """A finding in `one.yaml` with a related place in `two.yaml`."""
    one, two = (resource for resource in read.resources if resource.source.name in ("one.yaml", "two.yaml"))
    yield context.finding(one.place, "These two.", related=[(two.place.location, "this one")])


TWO = {"one.yaml": TASK, "two.yaml": TASK, "three.yaml": TASK}


@pytest.mark.parametrize("unreported", [(), ("one.yaml",), ("two.yaml",), ("three.yaml",), ("one.yaml", "three.yaml")])
def test_a_finding_over_the_tree_counts_when_its_place_or_a_related_one_is_in_a_named_file(
    checks: Checks, unreported: tuple[str, ...]
) -> None:
    report = run(partly(tree.of_texts(TWO), *unreported), checks.policy("pair", "tree", in_one_about_the_other))

    assert ["one.yaml"] == [finding.at.source.name for finding in report.findings]


def test_a_finding_over_the_tree_without_a_place_in_a_named_file_does_not_count(checks: Checks) -> None:
    read = partly(tree.of_texts(TWO), "one.yaml", "two.yaml")
    report = run(read, checks.policy("pair", "tree", in_one_about_the_other))

    assert () == report.findings
    assert 1 == report.reached["pair"]


def test_a_comment_in_a_file_that_was_not_named_silences_what_stands_there(checks: Checks) -> None:
    text = TASK.replace("apiVersion", "# tektonlint: ignore[pair] known\napiVersion", 1)
    read = partly(tree.of_texts({**TWO, "one.yaml": text}), "one.yaml")

    assert () == run(read, checks.policy("pair", "tree", in_one_about_the_other)).findings


def test_places_and_files_are_looked_at_only_where_they_are_reported_on(checks: Checks) -> None:
    read = partly(tree.of_texts(TWO), "one.yaml")
    report = run(read, checks.policy("step", "steps", says("A step.")), checks.policy("file", "file", no_finding))

    assert {"step": 4, "file": 2} == report.reached
    assert {"two.yaml", "three.yaml"} == {finding.at.source.name for finding in report.findings}
    assert 2 == report.files


def no_finding(subject: Any, context: Context) -> Iterator[Finding]:
    yield from ()


def test_files_and_documents_that_are_reported_on_are_counted() -> None:
    read = tree.of_texts({"a.yaml": f"{TASK}---\n{TASK}---\n", "b.yaml": "a: [\n"})

    assert (2, 2) == (run(read).files, run(read).documents)


# Which policies run where


def test_a_policy_looks_only_at_the_kinds_it_applies_to(checks: Checks) -> None:
    texts = {"task.yaml": TASK, "pipeline.yaml": TASK.replace("Task", "Pipeline")}
    report = run(texts, checks.policy("kind", "resource", says("It."), applies_to=frozenset({"Pipeline"})))

    assert ["pipeline.yaml"] == [finding.at.source.name for finding in report.findings]
    assert {"kind": 1} == report.reached


def test_a_policy_looks_only_at_the_versions_it_is_for(checks: Checks) -> None:
    texts = {"old.yaml": TASK.replace("tekton.dev/v1", "tekton.dev/v1beta1"), "new.yaml": TASK}
    report = run(texts, checks.policy("version", "resource", says("It."), versions=frozenset({"v1beta1"})))

    assert ["old.yaml"] == [finding.at.source.name for finding in report.findings]


def test_what_a_trigger_creates_counts_as_its_own_kind(checks: Checks) -> None:
    text = """\
apiVersion: triggers.tekton.dev/v1beta1
kind: TriggerTemplate
spec:
  resourcetemplates:
    - apiVersion: tekton.dev/v1
      kind: TaskRun
"""
    report = run(text, checks.policy("run", "resource", says("It."), applies_to=frozenset({"TaskRun"})))

    assert [5] == [finding.at.source.line_column(finding.at.span.start)[0] for finding in report.findings]


def test_an_assertion_is_judged_at_its_places() -> None:
    assertion = Assertion(select="steps", schema={"properties": {"name": {"const": "copy"}}}, message="Not `{value}`.")
    report = run(TASK, policy("name", assertion))

    assert ["Not `check`."] == [finding.message for finding in report.findings]
    assert {"name": 2} == report.reached


def test_what_a_policy_about_comments_looked_at_are_comments() -> None:
    about = policy("suppression-unknown", Emitted(by="tektonlint.suppress"))
    silent = policy("other", Emitted(by="tektonlint.engine"))

    two = f"# tektonlint: x\n# tektonlint: y\n{TASK}"

    assert {"suppression-unknown": 0, "other": 0} == run(TASK, about, silent).reached
    assert {"suppression-unknown": 2, "other": 0} == run(two, about, silent).reached


# Findings


def test_findings_are_sorted_by_file_place_and_policy(checks: Checks) -> None:
    report = run(
        {"b.yaml": TASK, "a.yaml": TASK},
        checks.policy("z", "steps", says("A step.")),
        checks.policy("a", "images", says("An image.")),
        checks.policy("m", "steps", says("A step.")),
    )

    step = ["m", "z", "a"]
    assert [(name, policy) for name in ("a.yaml", "b.yaml") for policy in step * 2] == [
        (finding.at.source.name, finding.policy) for finding in report.findings
    ]


def test_what_is_said_twice_of_one_place_is_reported_once(checks: Checks) -> None:
    def twice(place: Place, context: Context) -> Iterator[Finding]:
        yield context.finding(place, "A step.")
        yield context.finding(place, "A step.")
        yield context.finding(place, "A step!")

    report = run(TASK, checks.policy("twice", "steps", twice))

    assert ["A step!", "A step."] * 2 == [finding.message for finding in report.findings]


def test_a_place_that_an_alias_brings_twice_is_reported_once(checks: Checks) -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: Pipeline
spec:
  tasks:
    - name: one
      taskSpec: &same
        steps:
          - image: quay.io/skopeo/stable
    - name: two
      taskSpec: *same
"""
    report = run(text, checks.policy("image", "images", says("An image.")))

    assert ["spec/tasks/one/taskSpec/steps/0/image"] == [finding.trail for finding in report.findings]
    assert {"image": 2} == report.reached


def test_of_two_severities_for_one_place_the_worse_is_reported(checks: Checks) -> None:
    def both(place: Place, context: Context) -> Iterator[Finding]:
        yield context.finding(place, "It.", severity=Severity.NOTE)
        yield context.finding(place, "It.")

    report = run(TASK, checks.policy("both", "resource", both))

    assert [Severity.WARNING] == [finding.severity for finding in report.findings]


@pytest.mark.parametrize(
    ("decided", "asked", "expected"),
    [
        (Severity.ERROR, Severity.WARNING, Severity.WARNING),
        (Severity.ERROR, Severity.NOTE, Severity.NOTE),
        (Severity.WARNING, Severity.ERROR, Severity.WARNING),
        (Severity.NOTE, Severity.ERROR, Severity.NOTE),
        (Severity.NOTE, Severity.WARNING, Severity.NOTE),
        (Severity.WARNING, None, Severity.WARNING),
    ],
)
def test_a_check_may_lower_the_severity_and_never_raise_it(
    checks: Checks, decided: Severity, asked: Severity | None, expected: Severity
) -> None:
    def check(place: Place, context: Context) -> Iterator[Finding]:
        yield context.finding(place, "It.", severity=asked)

    report = run(TASK, checks.policy("it", "resource", check, severity=decided))

    assert [expected] == [finding.severity for finding in report.findings]


def test_a_finding_may_stand_in_another_file_than_the_one_it_was_found_from(checks: Checks) -> None:
    def elsewhere(read: Tree, context: Context) -> Iterator[Finding]:
        last = read.files[-1]
        yield context.file_finding(last, "There.", at=Location(last.source, Span(0, 3)))

    report = run({"a.yaml": TASK, "b.yaml": TASK}, checks.policy("it", "tree", elsewhere))

    assert ["b.yaml"] == [finding.at.source.name for finding in report.findings]


def test_two_runs_over_one_tree_give_equal_results() -> None:
    texts = dict.fromkeys(("c.yaml", "a.yaml", "b.yaml"), f"{TASK}---\n{TASK}# tektonlint: x\n")
    read = tree.of_texts(texts)
    policies = enabled(CATALOG, Choice(severities={}, options={}))
    one, two = (engine.run(read, policies, CATALOG, Target(tekton=newest())) for _ in range(2))

    assert one.findings == two.findings
    assert one.reached == two.reached
    assert len(one.findings) >= 15


# Words that have to stand in a file


MENTIONING = [
    one
    for one in enabled(CATALOG, Choice(severities={}, options={}))
    if isinstance(one.policy.logic, Check) and one.policy.logic.mentions
]


def without_mentions(enabled: Enabled) -> Enabled:
    assert isinstance(enabled.policy.logic, Check)
    logic = enabled.policy.logic._replace(mentions=(), only_with=())
    return enabled._replace(policy=enabled.policy._replace(logic=logic))


def test_a_policy_does_not_look_at_a_document_without_its_keys_and_yet_counts_it(checks: Checks) -> None:
    words = ("hostPath", "never")
    one = checks.mentioning(words, "one", "resource", says("here"))
    report = run({"with.yaml": TASK.replace("name: mirror", "hostPath: mirror"), "without.yaml": TASK}, one)

    assert ["with.yaml"] == [finding.at.source.name for finding in report.findings]
    assert 2 == report.reached["one"]


def test_a_word_that_is_written_by_the_numbers_of_its_characters_is_no_way_round_a_policy(checks: Checks) -> None:
    one = checks.mentioning(("hostPath",), "one", "resource", says("here"))
    text = TASK.replace("name: mirror", '"hostP\\x61th": mirror')

    assert ["here"] == [finding.message for finding in run(text, one).findings]


@pytest.mark.parametrize(("kinds", "expected"), [(("Pipeline", "PipelineRun"), 0), (("Pipeline", "Task"), 1)])
def test_a_policy_does_not_look_at_a_tree_without_its_kinds_and_yet_counts_it(
    kinds: tuple[str, ...], expected: int, checks: Checks
) -> None:
    one = checks.mentioning((), "one", "resource", says("here"))
    assert isinstance(one.policy.logic, Check)
    one = one._replace(policy=one.policy._replace(logic=one.policy.logic._replace(only_with=kinds)))
    report = run(TASK, one)

    assert expected == len(report.findings)
    assert 1 == report.reached["one"]


def test_the_kinds_of_a_policy_never_cost_a_finding() -> None:
    folder = Path(__file__).parent.parent / "examples"
    some = [one for one in MENTIONING if isinstance(one.policy.logic, Check) and one.policy.logic.only_with]
    alone = [str(path.resolve()) for path in sorted(folder.rglob("*.yaml"))]
    trees = [tree.read([path], tree.Root(folder=os.path.dirname(path), marked=False)) for path in alone]
    without = [
        one for one in trees if one.resources and not any("Pipeline" in other.kind for other in one.resources)
    ]
    target = Target(tekton=newest())
    found = [
        finding
        for read in without
        for finding in engine.run(read, [without_mentions(one) for one in some], CATALOG, target).findings
    ]

    assert len(some) >= 3
    assert len(without) > 10
    assert [] == found


def words(finding: Finding) -> tuple[object, ...]:
    """What a finding says, and where, in names and numbers."""
    related = [(one.at.source.name, one.at.span, one.message) for one in finding.related]
    return finding.order, finding.severity, related, finding.fix


@pytest.mark.parametrize(("text", "expected"), [("a $(uid) b", 1), ('"a \\x24(uid) b"', 1), ("a $(date) b", 0)])
def test_what_does_not_begin_with_a_letter_is_any_text(text: str, expected: int, checks: Checks) -> None:
    one = checks.mentioning(("$(uid",), "one", "resource", says("here"))

    assert expected == len(run(TASK.replace("mirror", text), one).findings)


@pytest.mark.parametrize("variable", [None, "TEKTONLINT_CORPUS"], ids=["examples", "corpus"])
def test_the_words_of_a_policy_never_cost_a_finding(variable: str | None) -> None:
    if variable is not None and variable not in os.environ:
        pytest.skip(f"{variable} is not set")
    folder = Path(os.environ[variable] if variable is not None else Path(__file__).parent.parent / "examples").resolve()
    read = tree.read([str(folder)], tree.Root(folder=str(folder), marked=False))
    target = Target(tekton=newest())
    quick = engine.run(read, MENTIONING, CATALOG, target)
    slow = engine.run(read, [without_mentions(one) for one in MENTIONING], CATALOG, target)

    assert len(MENTIONING) > 20
    assert quick.findings
    assert [words(one) for one in slow.findings] == [words(one) for one in quick.findings]
    assert slow.reached == quick.reached
