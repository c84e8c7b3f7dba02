"""The policies about the time of tasks and runs: what must never change what they find, and what repair makes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import engine, fixing, tree
from tektonlint.finding import Finding, Severity
from tektonlint.model.runs import Limits
from tektonlint.policy import catalog
from tektonlint.policy.context import Enabled
from tektonlint.tekton.durations import text_of
from tektonlint.tekton.target import Target, parse_version

CATALOG = catalog.load()
BUDGETS = ("task-timeout-exceeds-run", "timeout-budget", "retries-multiply-timeout")
ALL = ("missing-task-timeout", "run-timeout-not-inherited", "finally-can-be-starved", *BUDGETS)
MINUTE = 60_000_000_000

PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: publish-model}
spec:
  tasks:
    - name: download
      timeout: 30m
      taskRef: {name: download-model}
    - name: build
      runAfter: [download]
      taskRef: {name: build-model}
    - name: push
      timeout: 40m
      runAfter: [build]
      taskRef: {name: push-model}
  finally:
    - name: report
      timeout: 10m
      taskRef: {name: report}
"""
TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build-model}
spec:
  steps:
    - name: build
      image: quay.io/buildah/stable:v1.37
      script: buildah bud -t model .
"""
RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: publish-granite-}
spec:
  pipelineRef: {name: publish-model}
  timeouts: {pipeline: 2h}
"""


def enabled(*names: str) -> tuple[Enabled, ...]:
    policies = [CATALOG.policies[name] for name in names]
    return tuple(Enabled(policy=one, severity=one.severity, options=one.defaults) for one in policies)


def findings(read: tree.Tree, *names: str, tekton: str = "1.15") -> tuple[Finding, ...]:
    target = Target(tekton=parse_version(tekton), decided=frozenset(("tekton",)))
    report = engine.run(read, enabled(*names), CATALOG, target)
    assert () == report.crashes
    return report.findings


def said(read: tree.Tree) -> list[tuple[str, str, str]]:
    """Policy, message and the text a finding stands on."""
    found = findings(read, *ALL)
    return sorted((one.policy, one.message, one.at.source.text[slice(*one.at.span)]) for one in found)


@given(st.permutations([PIPELINE, TASK, RUN]), st.permutations(["a.yaml", "b.yaml", "c.yaml"]))
@settings(max_examples=30, deadline=None)
def test_neither_names_of_files_nor_the_order_of_documents_change_what_is_found(
    texts: list[str], names: list[str]
) -> None:
    expected = said(tree.of_texts({"all.yaml": "---\n".join((PIPELINE, TASK, RUN))}))

    assert 3 <= len(expected)
    assert expected == said(tree.of_texts(dict(zip(names, texts, strict=True))))
    assert expected == said(tree.of_texts({"all.yaml": "---\n".join(texts)}))


HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("wanted", "pipeline", "tasks", "final"),
    [
        (2 * HOUR, 2 * HOUR, None, None),
        (HOUR, 3 * HOUR, 2 * HOUR, None),
        (HOUR, 3 * HOUR, None, HOUR),
        (HOUR, 3 * HOUR, HOUR, HOUR),
        (HOUR, 0, None, HOUR),
        (0, 0, HOUR, None),
        (0, 0, None, 0),
        # Tekton takes a difference of nothing for no limit.
        (2 * HOUR, 2 * HOUR, 2 * HOUR, None),
    ],
)
def test_the_time_for_finally(wanted: int, pipeline: int, tasks: int | None, final: int | None) -> None:
    assert wanted == Limits(pipeline, tasks, final, explicit=True).for_finally


@pytest.mark.parametrize(
    ("refused", "pipeline", "tasks", "final"),
    [
        (False, HOUR, None, None),
        (False, 3 * HOUR, 2 * HOUR, HOUR),
        (False, 0, HOUR, None),
        (False, 0, 0, 0),
        (True, HOUR, 2 * HOUR, None),
        (True, HOUR, None, 2 * HOUR),
        (True, 2 * HOUR, 2 * HOUR, HOUR),
        (True, HOUR, 0, None),
        (True, 0, HOUR, HOUR),
    ],
)
def test_limits_that_admission_refuses(refused: bool, pipeline: int, tasks: int | None, final: int | None) -> None:
    assert refused is Limits(pipeline, tasks, final, explicit=True).are_refused


times = st.integers(1, 48).map(lambda count: count * 5 * MINUTE)


@st.composite
def chains(draw: st.DrawFn) -> str:
    """The spec of a pipeline: tasks with any timeouts and retries, each after some of those above it."""
    lines = ["tasks:"]
    for number in range(draw(st.integers(1, 5))):
        after = [f"t{one}" for one in range(number) if draw(st.booleans())]
        timeout = f"timeout: {text_of(draw(times))}, " if draw(st.booleans()) else ""
        retries = draw(st.integers(0, 2))
        waits = f"retries: {retries}, runAfter: [{', '.join(after)}]"
        lines.append(f"- {{name: t{number}, {timeout}{waits}, taskRef: {{name: x}}}}")
    if draw(st.booleans()):
        lines += ["finally:", f"- {{name: f, timeout: {text_of(draw(times))}, taskRef: {{name: x}}}}"]
    return "".join(f"    {line}\n" for line in lines)


def run_text(chain: str, pipeline: int, tasks: int | None, finally_: int | None) -> str:
    parts = {"pipeline": pipeline, "tasks": tasks, "finally": finally_}
    limits = ", ".join(f"{name}: {text_of(time)}" for name, time in parts.items() if time is not None)
    head = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: publish}\nspec:\n"
    return f"{head}  timeouts: {{{limits}}}\n  pipelineSpec:\n{chain}"


@given(chains(), times, times, st.sampled_from(["tasks", "finally", "neither"]), st.integers(1, 47))
@settings(max_examples=150, deadline=None)
def test_more_time_for_the_whole_run_never_makes_it_too_short(
    chain: str, pipeline: int, more: int, other: str, part: int
) -> None:
    """Tekton takes a limit as large as the run's for none at all, so a part is always less than the whole here."""
    rest = pipeline * part // 48
    limits = (rest if other == "tasks" else None, rest if other == "finally" else None)
    before, after = (
        [
            one
            for one in findings(tree.of_texts({"run.yaml": run_text(chain, time, *limits)}), *BUDGETS)
            if one.severity is Severity.WARNING
        ]
        for time in (pipeline, pipeline + more)
    )

    assert before or not after


@given(chains(), times, st.sampled_from(["tasks", "finally", "neither"]), st.integers(1, 47))
@settings(max_examples=100, deadline=None)
def test_the_fix_gives_the_run_enough_for_all_of_its_tasks(chain: str, pipeline: int, other: str, part: int) -> None:
    rest = pipeline * part // 48
    limits = (rest if other == "tasks" else None, rest if other == "finally" else None)
    read = tree.of_texts({"run.yaml": run_text(chain, pipeline, *limits)})
    names = ("task-timeout-exceeds-run", "timeout-budget")
    offered = [one for one in findings(read, *names) if one.fix is not None]
    outcome = fixing.fix(read, lambda changed: findings(changed, *names), lambda _: True)

    assert () == outcome.refused
    assert () == findings(outcome.tree, *names)
    assert bool(offered) is bool(outcome.fixed)


@pytest.mark.parametrize("tekton", ["1.3", "1.15"])
def test_a_timeout_for_the_task_brings_the_time_for_its_run(tekton: str) -> None:
    """The incident's repair: one number for the build, and the run's number that this one needs."""
    run, limits = RUN.replace("  timeouts: {pipeline: 2h}\n", ""), "  timeouts:\n    pipeline: 3h20m\n"
    read = tree.of_texts({"pipeline.yaml": PIPELINE, "task.yaml": TASK, "run.yaml": run})
    names = ("missing-task-timeout", *BUDGETS)
    outcome = fixing.fix(read, lambda changed: findings(changed, *names, tekton=tekton), lambda _: True)
    texts = {file.source.name: file.source.text for file in outcome.tree.files}

    assert () == outcome.refused
    assert PIPELINE.replace("- name: build\n", "- name: build\n      timeout: 2h\n") == texts["pipeline.yaml"]
    assert run + limits == texts["run.yaml"]
