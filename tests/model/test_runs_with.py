"""Which runs run a task, and which of a task's steps do heavy work."""

from __future__ import annotations

from tektonlint.model.graph import Model
from tektonlint.model.work import works_of
from tektonlint.tekton.selectors import select
from tests.model.trees import model_of

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  steps:
    - {name: pull, image: alpine, script: skopeo copy a b}
    - {name: list, image: alpine, script: ls}
    - {name: build, image: alpine, script: "skopeo copy a b; buildah bud ."}
"""
PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: deliver}
spec:
  tasks:
    - {name: first, taskRef: {name: build}}
    - {name: second, taskSpec: {steps: [{image: alpine, script: ls}]}}
"""
RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: monday}
spec: {pipelineRef: {name: deliver}}
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: tuesday}
spec: {pipelineSpec: {tasks: [{name: alone, taskRef: {name: build}}, {name: inline, taskSpec: {steps: []}}]}}
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: wednesday}
spec: {taskRef: {name: build}}
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: thursday}
spec: {taskSpec: {steps: []}}
"""


def tree() -> Model:
    return model_of({"task.yaml": TASK, "pipeline.yaml": PIPELINE, "run.yaml": RUN})


def runs(model: Model, holder: str) -> set[tuple[str | None, str | None]]:
    """The names of the runs of the first task spec that an object holds, and of their PipelineTasks."""
    resource = next(one for one in model.tree.resources if one.name == holder)
    task = model.task(select(resource, "task-specs")[0])
    return {(run.resource.name, name) for run, name in model.runs_with(task)}


def test_a_task_is_run_by_pipelines_by_inline_pipelines_and_by_itself() -> None:
    assert {("monday", "first"), ("tuesday", "alone"), ("wednesday", None)} == runs(tree(), "build")


def test_an_inline_task_is_run_by_what_runs_its_pipeline_or_holds_it() -> None:
    assert {("monday", "second")} == runs(tree(), "deliver")
    assert {("tuesday", "inline")} == runs(tree(), "tuesday")
    assert {("thursday", None)} == runs(tree(), "thursday")


def test_each_heavy_step_is_told_with_its_heaviest_work() -> None:
    model = tree()
    resource = next(one for one in model.tree.resources if one.name == "build")
    task = model.task(select(resource, "task-specs")[0])

    found = [(step.path[-1], work.what) for step, work in works_of(model, task)]

    assert [(0, "skopeo copy"), (2, "buildah bud")] == found
