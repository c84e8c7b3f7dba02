"""What a task's run gets bound, and what the tree says of namespaces, claims and constraints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tektonlint import tree
from tektonlint.finding import Location
from tektonlint.model.directories import mounts
from tektonlint.model.graph import Model
from tektonlint.model.pipelines import PipelineTask
from tektonlint.tekton.target import Target, newest
from tektonlint.tree import Root
from tests.model.trees import model_of, pipeline_of, run_of

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: models
  annotations: {{openshift.io/sa.scc.supplemental-groups: {groups}/10000, operator.tekton.dev/scc: {scc}}}
  labels: {{team: models, stage: {stage}}}
"""


def text_at(location: Location) -> str:
    source, span = location
    return source.text[span.start : span.end]


def mounted(tasks: str) -> list[tuple[str, str, str]]:
    """The name, the pipeline's workspace and the sub-path of each mount of the first task."""
    model = run_of(tasks)
    (run,) = model.runs
    pipeline = model.pipeline_of(run).found
    assert pipeline is not None
    task = pipeline.tasks[0]
    return [(one.name, one.workspace, one.sub_path) for one in mounts(task, model.task_of(task).found)]


def test_what_a_pipeline_task_binds_is_mounted_under_the_name_that_the_task_knows() -> None:
    tasks = """
    - name: build
      taskRef: {name: build}
      workspaces: [{name: source, workspace: shared, subPath: model}, {name: cache}]
    """

    assert [("source", "shared", "model"), ("cache", "cache", "")] == mounted(tasks)


def test_a_workspace_whose_variable_an_inline_spec_uses_is_mounted_without_being_bound() -> None:
    tasks = """
    - name: build
      workspaces: [{name: source, workspace: shared}]
      taskSpec:
        steps:
          - {name: build, script: 'ls $(workspaces.source.path) $(workspaces.cache.path)'}
        sidecars:
          - {name: serve, args: [$(workspaces.models.path)]}
        stepTemplate: {workingDir: $(workspaces.home.path)}
    """

    assert [("source", "shared", ""), ("cache", "cache", ""), ("models", "models", ""), ("home", "home", "")] == (
        mounted(tasks)
    )


def test_a_workspace_that_an_inline_spec_only_declares_or_names_elsewhere_is_not_mounted() -> None:
    tasks = """
    - name: build
      taskSpec:
        description: $(workspaces.models.path)
        workspaces: [{name: source}]
        steps: [{name: build, script: ls}]
    """

    assert [] == mounted(tasks)


@pytest.mark.parametrize("spec", ["$(workspaces.source.path)", "[1]", "null", "{steps: 3}"])
def test_a_spec_of_a_wrong_shape_mounts_nothing(spec: str) -> None:
    assert [] == mounted(f"- {{name: build, taskSpec: {spec}}}")


def test_a_mount_says_where_it_is_bound() -> None:
    pipeline = pipeline_of("- {name: build, taskRef: {name: build}, workspaces: [{name: source}]}")
    (mount,) = mounts(pipeline.tasks[0], None)

    assert "{name: source}" == text_at(mount.place.location)


def test_namespaces_and_claims_know_where_their_names_stand() -> None:
    claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: builds}\nspec: {}\n"
    namespace = NAMESPACE.format(groups=1000970000, scc="builders", stage="test")
    cluster = model_of({"claim.yaml": claim, "namespace.yaml": namespace}).cluster

    assert "models" == text_at(cluster.namespaces["models"].at)
    assert ["builds"] == [text_at(one.at) for one in cluster.claims]


def test_of_two_namespaces_of_one_name_only_that_counts_in_which_they_agree() -> None:
    one = NAMESPACE.format(groups=1000970000, scc="builders", stage="test")
    other = NAMESPACE.format(groups=1001130000, scc="builders", stage="production")
    namespace = model_of({"one/namespace.yaml": one, "two/namespace.yaml": other}).cluster.namespaces["models"]

    assert (None, "builders", {"team": "models"}) == (namespace.first_group, namespace.scc, namespace.labels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: RoleBinding\nmetadata: {name: a}\nroleRef: {name: 'system:openshift:scc:anyuid'}", True),
        ("kind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {name: 'system:openshift:scc:anyuid'}", True),
        ("kind: SecurityContextConstraints\nmetadata: {name: builders}", True),
        ("kind: RoleBinding\nmetadata: {name: a}\nroleRef: {name: edit}", False),
        ("kind: RoleBinding\nmetadata: {name: a}\nroleRef: [anyuid]", False),
        ("kind: ConfigMap\nmetadata: {name: a}", False),
    ],
)
def test_who_gives_somebody_a_security_context_constraint_by_hand_is_known(
    text: str, expected: bool, tmp_path: Path
) -> None:
    (tmp_path / "binding.yaml").write_text(f"apiVersion: v1\n{text}\n", encoding="utf-8")
    run = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a}\n"
    (tmp_path / "run.yaml").write_text(run, encoding="utf-8")
    read = tree.read([str(tmp_path)], Root(str(tmp_path), marked=True))

    assert expected is Model(read, Target(tekton=newest())).cluster.grants_sccs


def put_inline(folder: str, annotations: str) -> bool:
    """Whether the task that the pipeline task of a run in a folder refers to is put inline."""
    run = f"""
    apiVersion: tekton.dev/v1
    kind: PipelineRun
    metadata: {{name: check, annotations: {{{annotations}}}}}
    spec: {{pipelineSpec: {{tasks: [{{name: list, taskRef: {{name: list}}}}]}}}}
    """
    task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: list}\nspec: {steps: []}\n"
    model = model_of({f"{folder}run.yaml": run, f"{folder}task.yaml": task})
    (pipeline,) = model.pipelines
    user: PipelineTask = pipeline.tasks[0]
    spec = model.task_of(user).found
    assert spec is not None
    return model.is_put_inline(user, spec)


def test_pipelines_as_code_puts_inline_what_its_runs_refer_to() -> None:
    annotations = "pipelinesascode.tekton.dev/on-event: '[push]'"

    assert [True, False, False] == [
        put_inline(".tekton/", annotations),
        put_inline("runs/", annotations),
        put_inline(".tekton/", ""),
    ]
