"""What a task may take: the results of running Tekton's own reconciler, replayed."""

from __future__ import annotations

import pytest

from tektonlint.model.timeouts import cut_at
from tektonlint.tekton.durations import HOUR, MINUTE, parse, text_of
from tests.model.trees import model_of, only_run, run_of

TASK = "- {name: build, taskRef: {name: build}}\n"
FINAL = "- {name: report, taskRef: {name: report}}\n"

# The limits that a run sets, and what a task without a timeout gets: since Tekton 1.11, and before.
UNTIMED = [
    ("", "60m", "60m"),
    ("timeouts: {pipeline: 4h}", "60m", "60m"),
    ('timeouts: {pipeline: "0"}', "60m", "60m"),
    ("timeouts: {pipeline: 4h, tasks: 3h}", "3h", "60m"),
    ("timeouts: {pipeline: 4h, finally: 30m}", "3h30m", "60m"),
    ("timeouts: {pipeline: 4h, tasks: 20m}", "60m", "60m"),
    ('timeouts: {pipeline: "0", tasks: "0"}', "0", "60m"),
    ('timeouts: {pipeline: "0", tasks: 3h}', "3h", "60m"),
    ('timeouts: {pipeline: "0", finally: 30m}', "60m", "60m"),
    ("timeouts: {tasks: 20m}", "60m", "60m"),
]


@pytest.mark.parametrize(("limits", "since", "before"), UNTIMED)
def test_a_task_without_a_timeout_gets_the_default_or_what_the_run_hands_down(
    limits: str, since: str, before: str
) -> None:
    got = {}
    for tekton in ("1.10", "1.11", "1.15"):
        model = run_of(TASK, limits + "\n" if limits else "", tekton=tekton)
        run, pipeline = only_run(model)
        effective = model.effective_timeout(pipeline.tasks[0], run)
        assert effective is not None
        got[tekton] = effective.timeout

    assert {"1.10": parse(before), "1.11": parse(since), "1.15": parse(since)} == got


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("timeouts: {pipeline: 6h, finally: 2h}", "2h"),
        ("timeouts: {pipeline: 6h, tasks: 4h}", "2h"),
        ("timeouts: {pipeline: 6h, finally: 30m}", "60m"),
        ("timeouts: {pipeline: 6h}", "60m"),
    ],
)
def test_a_task_of_finally_gets_what_is_meant_for_finally(limits: str, expected: str) -> None:
    model = run_of(TASK, limits + "\n", FINAL)
    run, pipeline = only_run(model)
    effective = model.effective_timeout(pipeline.final_tasks[0], run)

    assert effective is not None
    assert text_of(parse(expected) or 0) == text_of(effective.timeout)


@pytest.mark.parametrize(
    ("tekton", "source", "expected"),
    [("1.3", "task", 30 * MINUTE), ("1.4", "taskRunSpecs", 2 * HOUR), ("1.11", "taskRunSpecs", 2 * HOUR)],
)
def test_a_timeout_for_one_task_of_a_run_counts_since_tekton_1_4(tekton: str, source: str, expected: int) -> None:
    limits = "timeouts: {pipeline: 4h}\ntaskRunSpecs: [{pipelineTaskName: build, timeout: 2h}]\n"
    model = run_of("- {name: build, timeout: 30m, taskRef: {name: build}}\n", limits, tekton=tekton)
    run, pipeline = only_run(model)
    effective = model.effective_timeout(pipeline.tasks[0], run)

    assert effective is not None
    assert (source, expected) == (effective.source, effective.timeout)


@pytest.mark.parametrize(("minutes", "limits", "expected"), [(120, "", "2h"), (0, "", "0"), (180, "tasks: 2h", "3h")])
def test_the_default_of_the_cluster_counts(minutes: int, limits: str, expected: str) -> None:
    said = f"timeouts: {{pipeline: 8h, {limits}}}\n" if limits else ""
    model = run_of(TASK, said, default_timeout_minutes=minutes)
    run, pipeline = only_run(model)
    effective = model.effective_timeout(pipeline.tasks[0], run)

    assert effective is not None
    assert expected == text_of(effective.timeout)


@pytest.mark.parametrize(
    ("timeout", "limits", "expected"),
    [
        ("2h", "", "1h"),
        ("2h", "timeouts: {pipeline: 4h}", "2h"),
        ("2h", "timeouts: {pipeline: 4h, tasks: 90m}", "1h30m"),
        ("4h", "timeouts: {pipeline: 4h, finally: 30m}", "3h30m"),
        ("2h", 'timeouts: {pipeline: "0"}', "2h"),
        ("0", "", "1h"),
        ("0", 'timeouts: {pipeline: "0"}', "0"),
    ],
)
def test_a_run_cuts_a_task_that_may_take_longer(timeout: str, limits: str, expected: str) -> None:
    """A longer timeout of a task alone does not help: without limits of its own a run ends after an hour."""
    task = f'- {{name: build, timeout: "{timeout}", taskRef: {{name: build}}}}\n'
    model = run_of(task, limits + "\n" if limits else "")
    run, pipeline = only_run(model)
    effective, said = model.effective_timeout(pipeline.tasks[0], run), run.limits(model.target)

    assert effective is not None
    assert said is not None
    assert expected == text_of(cut_at(effective.timeout, said, is_finally=False))


def test_every_retry_has_the_whole_timeout() -> None:
    model = run_of("- {name: build, timeout: 40m, retries: 2, taskRef: {name: build}}\n")
    run, pipeline = only_run(model)

    assert 120 * MINUTE == model.budget(pipeline, run).tasks


def test_the_budget_is_the_longest_chain_and_the_longest_of_finally() -> None:
    model = run_of(
        """\
        - {name: fetch, timeout: 20m, taskRef: {name: fetch}}
        - {name: build, timeout: 2h, runAfter: [fetch], taskRef: {name: build}}
        - {name: scan, timeout: 10m, runAfter: [fetch], taskRef: {name: scan}}
        - {name: push, timeout: 30m, runAfter: [build, scan], taskRef: {name: push}}
        - {name: notify, taskRef: {name: notify}}
        """,
        finally_="- {name: clean, timeout: 5m, taskRef: {name: a}}\n- {name: tell, timeout: 15m, taskRef: {name: b}}\n",
    )
    run, pipeline = only_run(model)
    budget = model.budget(pipeline, run)

    assert ["fetch", "build", "push"] == [task.name for task in budget.chain]
    assert (170 * MINUTE, 15 * MINUTE, 185 * MINUTE) == (budget.tasks, budget.final, budget.need)


def test_implicit_timeouts_count_only_where_they_are_asked_for() -> None:
    model = run_of(TASK + "- {name: push, timeout: 30m, runAfter: [build], taskRef: {name: push}}\n")
    run, pipeline = only_run(model)

    assert 30 * MINUTE == model.budget(pipeline, run).tasks
    assert 90 * MINUTE == model.budget(pipeline, run, implicit=True).tasks


def test_branches_that_exclude_each_other_do_not_add_up() -> None:
    model = run_of(
        """\
        - name: fast
          timeout: 1h
          when: [{input: $(params.size), operator: in, values: [small]}]
          taskRef: {name: build}
        - name: slow
          timeout: 3h
          runAfter: [fast]
          when: [{input: $(params.size), operator: notin, values: [small]}]
          taskRef: {name: build}
        - {name: push, timeout: 30m, runAfter: [slow], taskRef: {name: push}}
        """
    )
    run, pipeline = only_run(model)
    budget = model.budget(pipeline, run)

    assert (["slow", "push"], 210 * MINUTE) == ([task.name for task in budget.chain], budget.tasks)


@pytest.mark.parametrize(
    "task",
    [
        "- {name: approve, timeout: 2h, taskRef: {apiVersion: approvals.dev/v1, kind: Approval, name: ask}}\n",
        "- {name: child, timeout: 2h, pipelineRef: {name: other}}\n",
        "- {name: child, timeout: 2h, pipelineSpec: {tasks: []}}\n",
    ],
)
def test_what_another_controller_does_with_a_timeout_is_not_known(task: str) -> None:
    model = run_of(task)
    run, pipeline = only_run(model)

    assert model.effective_timeout(pipeline.tasks[0], run) is None
    assert 0 == model.budget(pipeline, run).tasks


def test_a_limit_that_is_filled_in_later_is_not_known() -> None:
    text = """\
        apiVersion: triggers.tekton.dev/v1beta1
        kind: TriggerTemplate
        metadata: {name: on-push}
        spec:
          params: [{name: limit}]
          resourcetemplates:
            - apiVersion: tekton.dev/v1
              kind: PipelineRun
              metadata: {generateName: deliver-}
              spec:
                timeouts: {pipeline: $(tt.params.limit)}
                pipelineSpec:
                  tasks: [{name: build, taskRef: {name: build}}]
        """
    model = model_of({"trigger.yaml": text})
    run, pipeline = only_run(model)

    assert run.limits(model.target) is None
    assert model.effective_timeout(pipeline.tasks[0], run) is None


@pytest.mark.parametrize("text", ["1h30m", "90s", "0", "1.5h", "500ms", "-1h", "1h0m0s"])
def test_a_duration_is_written_as_it_is_read(text: str) -> None:
    value = parse(text)

    assert value is not None
    assert value == parse(text_of(value))


@pytest.mark.parametrize("text", ["60", "", "1d", "1h 30m", "1h30", "$(params.x)", "h", "١h", "9" * 30 + "h"])
def test_what_go_refuses_is_no_duration(text: str) -> None:
    assert parse(text) is None
