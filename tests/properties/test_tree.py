"""What holds for every tree: the order it is read in says nothing, and more time is never too little."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import engine, tree
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "gitops"
CATALOG = catalog.load()
OPT_IN = {policy.id: policy.severity for policy in CATALOG.policies.values() if policy.opt_in}
ALL = enabled(CATALOG, Choice(severities={**OPT_IN}, options={}))
# They are about a file as a whole, or about the lines of its text, not about the objects in it.
ABOUT_FILES = {"template-not-linted", "yaml-syntax", "unreadable-file", "duplicate-key"}

Words = tuple[str, str, str, str, str]


def findings(texts: dict[str, str]) -> Counter[Words]:
    """The findings of a tree without files and lines: policy, severity, kind and name of the object, where in it."""
    report = engine.run(tree.of_texts(texts), ALL, CATALOG, Target(tekton=newest()))
    assert () == report.crashes
    return Counter(
        (
            finding.policy,
            finding.severity.value,
            finding.resource.kind if finding.resource else "",
            (finding.resource.name or "") if finding.resource else "",
            finding.trail.replace(finding.at.source.name, ""),
        )
        for finding in report.findings
        if finding.policy not in ABOUT_FILES
    )


def documents() -> list[str]:
    """The documents of the example tree, each once.

    One that YAML cannot read is left out: what stands in one file with it is not read either.
    """
    found: list[str] = []
    for path in sorted(EXAMPLES.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if "tekton.dev/" in text and "{{" not in text and ".tekton" not in path.parts:
            found.extend(part if part.endswith("\n") else part + "\n" for part in text.split("\n---\n"))
    return [text for text in found if not tree.of_texts({"one.yaml": text}).files[0].loaded.problems]


DOCUMENTS = documents()


@pytest.fixture(scope="module")
def expected() -> Counter[Words]:
    return findings({f"{number}.yaml": text for number, text in enumerate(DOCUMENTS)})


def test_there_is_something_to_find(expected: Counter[Words]) -> None:
    assert len(DOCUMENTS) > 5
    assert len(expected) > 20


@settings(deadline=None, max_examples=12)
@given(st.permutations(range(len(DOCUMENTS))), st.lists(st.integers(1, 4), min_size=len(DOCUMENTS)), st.randoms())
def test_neither_the_order_of_documents_nor_the_names_of_files_change_the_findings(
    expected: Counter[Words], order: list[int], sizes: list[int], random: Random
) -> None:
    """Documents in any order, some in one file, in files of any names in one folder."""
    texts: dict[str, str] = {}
    waiting = [DOCUMENTS[number] for number in order]
    for size in sizes:
        if waiting:
            name = f"{random.random()}-{len(texts)}.yaml"
            texts[name] = "---\n".join(waiting[:size])
            waiting = waiting[size:]

    assert expected == findings(texts)


# Of these only the one speaks that says most exactly why the time is not enough.
_SHORT = ("task-timeout-exceeds-run", "retries-multiply-timeout", "timeout-budget")
BUDGET = tuple(one for one in ALL if one.policy.id in _SHORT)
TIMES = st.integers(1, 40).map(lambda count: f"{count * 10}m")
TASK = st.tuples(st.one_of(st.none(), TIMES), st.integers(0, 2), st.sets(st.integers(0, 4), max_size=2))


def budget_findings(tasks: list[tuple[str | None, int, set[int]]], pipeline: int, more: str) -> set[tuple[str, str]]:
    """What is found about the time of a run with a limit in minutes, by timeouts that somebody wrote."""
    lines = [f"    timeouts: {{pipeline: {pipeline}m{more}}}", "    pipelineSpec:", "      tasks:"]
    for number, (timeout, retries, after) in enumerate(tasks):
        lines.append(f"        - name: task-{number}")
        lines.append(f"          taskRef: {{name: work-{number}}}")
        lines.append(f"          retries: {retries}")
        lines.append(f"          runAfter: {[f'task-{one}' for one in sorted(after) if one < number]}")
        lines.extend([f"          timeout: {timeout}"] if timeout else [])
    head = ["apiVersion: tekton.dev/v1", "kind: PipelineRun", "metadata: {generateName: deliver-}", "spec:"]
    text = "\n".join([*head, *(line[2:] for line in lines)]) + "\n"
    report = engine.run(tree.of_texts({"run.yaml": text}), BUDGET, CATALOG, Target(tekton=newest()))
    assert () == report.crashes
    return {(finding.policy, finding.trail) for finding in report.findings if finding.severity.value != "note"}


@settings(deadline=None, max_examples=80)
@given(
    st.lists(TASK, min_size=1, max_size=5),
    st.integers(1, 600),
    st.integers(0, 600),
    st.sampled_from(["", ", finally: 1m"]),
)
def test_more_time_for_a_run_never_adds_a_finding_about_its_budget(
    tasks: list[tuple[str | None, int, set[int]]], limit: int, added: int, more: str
) -> None:
    before, after = (bool(budget_findings(tasks, minutes, more)) for minutes in (limit, limit + added))

    assert before or not after


def test_a_budget_that_is_too_small_is_found() -> None:
    tasks: list[tuple[str | None, int, set[int]]] = [("50m", 0, set()), ("50m", 0, {0})]

    assert {"timeout-budget"} == {policy for policy, _ in budget_findings(tasks, 60, "")}
    assert set() == budget_findings(tasks, 100, "")
