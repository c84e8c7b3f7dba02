"""Which volume and directory a workspace leads to, and as whom a step runs."""

from __future__ import annotations

import pytest

from tektonlint.model.directories import joined, located
from tektonlint.model.security import pod_of, user_of
from tests.model.trees import model_of, only_run, run_of

TASKS = """\
- name: build
  workspaces: [{name: output, workspace: work, subPath: image}]
  taskSpec:
    workspaces: [{name: output, mountPath: /out}]
    steps: [{name: build, image: alpine}]
- name: push
  workspaces: [{name: input, workspace: work}, {name: secret, workspace: login}]
  taskSpec:
    workspaces: [{name: input}, {name: secret, optional: true, readOnly: true}]
    steps: [{name: push, image: alpine}]
"""
CLAIM = "workspaces: [{name: work, subPath: granite, persistentVolumeClaim: {claimName: models}}]\n"


def test_two_tasks_share_the_volume_of_a_claim_in_different_directories() -> None:
    model = run_of(TASKS, CLAIM)
    run, pipeline = only_run(model)
    build, push = (model.directories(task, run) for task in pipeline.tasks)

    assert build["output"].volume == push["input"].volume
    assert ("persistentVolumeClaim", "models") == (build["output"].volume.source, build["output"].volume.name)
    assert ("granite/image", "/out") == (build["output"].path, build["output"].mount_path)
    assert ("granite", "/workspace/input") == (push["input"].path, push["input"].mount_path)
    assert (True, True) == (push["secret"].optional, push["secret"].read_only)


def test_one_file_seen_by_two_tasks_is_one_path_of_the_volume() -> None:
    model = run_of(TASKS, CLAIM)
    run, pipeline = only_run(model)
    build, push = (model.directories(task, run) for task in pipeline.tasks)

    written = located("/out/layers/../image.tar", build.values())
    read = located("/workspace/input/image/image.tar", push.values())

    assert written is not None
    assert read is not None
    assert ("granite/image/image.tar", "granite/image/image.tar") == (written[1], read[1])
    assert located("/workspace/elsewhere/image.tar", push.values()) is None


@pytest.mark.parametrize(
    ("source", "shared"),
    [
        ("persistentVolumeClaim: {claimName: models}", True),
        ("volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}", True),
        ("emptyDir: {}", False),
    ],
)
def test_an_empty_dir_is_each_task_s_own(source: str, shared: bool) -> None:
    model = run_of(TASKS, f"workspaces: [{{name: work, {source}}}]\n")
    run, pipeline = only_run(model)
    build, push = (model.directories(task, run) for task in pipeline.tasks)

    assert shared is (build["output"].volume == push["input"].volume)


def test_without_a_run_a_workspace_of_the_pipeline_is_a_volume() -> None:
    model = run_of(TASKS)
    _, pipeline = only_run(model)
    build, push = (model.directories(task, None) for task in pipeline.tasks)

    assert build["output"].volume == push["input"].volume
    assert build["output"].volume != push["secret"].volume


def test_what_is_bound_to_a_secret_cannot_be_written() -> None:
    model = run_of(TASKS, "workspaces: [{name: work, secret: {secretName: login}}]\n")
    run, pipeline = only_run(model)

    assert model.directories(pipeline.tasks[0], run)["output"].read_only


def test_workspaces_reach_an_inline_spec_without_being_bound() -> None:
    model = run_of("- {name: build, taskSpec: {steps: [{name: build, image: alpine}]}}\n", CLAIM)
    run, pipeline = only_run(model)
    (directory,) = model.directories(pipeline.tasks[0], run).values()

    assert ("work", "granite", "/workspace/work") == (directory.workspace, directory.path, directory.mount_path)


def test_workspaces_do_not_reach_a_task_by_name() -> None:
    task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\nspec: {steps: [{name: a, image: alpine}]}\n"
    run_text = (
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: deliver}\n"
        "spec:\n  workspaces: [{name: work, emptyDir: {}}]\n"
        "  pipelineSpec: {tasks: [{name: build, taskRef: {name: build}}]}\n"
    )
    model = model_of({"task.yaml": task, "run.yaml": run_text})
    run, pipeline = only_run(model)

    assert {} == model.directories(pipeline.tasks[0], run)


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("", "", ""),
        ("a", "", "a"),
        ("", "b", "b"),
        ("a/", "/b/", "a/b"),
        ("a", "./b", "a/b"),
        ("a", "$(params.x)", None),
        ("$(context.pipelineRun.name)", "b", "$(context.pipelineRun.name)/b"),
        ("$(context.taskRun.name)", "", None),
        (".", "", ""),
    ],
)
def test_sub_paths_are_joined(outer: str, inner: str, expected: str | None) -> None:
    assert expected == joined(outer, inner)


USERS = """\
- name: build
  taskSpec:
    stepTemplate: {securityContext: {runAsUser: 1000}}
    steps:
      - {name: own, image: alpine, securityContext: {runAsUser: 0}}
      - {name: template, image: alpine, securityContext: {privileged: false}}
    sidecars:
      - {name: beside, image: alpine}
"""


@pytest.mark.parametrize(
    ("pods", "beside"),
    [
        ("", None),
        ("taskRunTemplate: {podTemplate: {securityContext: {runAsUser: 7, fsGroup: 65532}}}\n", 7),
        (
            "taskRunTemplate: {podTemplate: {securityContext: {runAsUser: 7}}}\n"
            "taskRunSpecs: [{pipelineTaskName: build, podTemplate: {securityContext: {runAsUser: 8}}}]\n",
            8,
        ),
        (
            "taskRunTemplate: {podTemplate: {securityContext: {runAsUser: 7}}}\n"
            "taskRunSpecs: [{pipelineTaskName: build, podTemplate: {securityContext: {fsGroup: 8}}}]\n",
            None,
        ),
        (
            "taskRunTemplate: {podTemplate: {securityContext: {runAsUser: 7}}}\n"
            "taskRunSpecs: [{pipelineTaskName: build, podTemplate: {nodeSelector: {disk: fast}}}]\n",
            7,
        ),
    ],
)
def test_as_whom_a_step_runs(pods: str, beside: int | None) -> None:
    """A step's own user, then the step template's, then the pod's, whose securityContext is replaced as a whole."""
    model = run_of(USERS, pods)
    run, pipeline = only_run(model)
    spec = model.task_of(pipeline.tasks[0]).found
    assert spec is not None
    pod = pod_of(pipeline.tasks[0], run)
    users = [user_of(container, spec, pod).uid for container in (*spec.steps, *spec.sidecars)]

    assert [0, 1000, beside] == users
