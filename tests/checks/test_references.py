"""What the examples of the policies about references do not say: how bad a finding is, and which names are near."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def every(policy: str, **files: str) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    read = tree.of_texts({name.replace("__", "/") + ".yaml": text for name, text in files.items()})
    return engine.run(read, policies, CATALOG, Target(tekton=newest())).findings


def task(name: str, params: str = "", kind: str = "Task") -> str:
    spec = f"{{params: [{params}], steps: [{{image: a}}]}}"
    return f"---\napiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def pipeline(*refs: str, metadata: str = "") -> str:
    tasks = ", ".join(f"{{name: t{number}, taskRef: {{{ref}}}}}" for number, ref in enumerate(refs))
    head = f"---\napiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: p{metadata}}}\n"
    return f"{head}spec: {{tasks: [{tasks}]}}\n"


def task_run(name: str, params: str = "") -> str:
    spec = f"{{taskRef: {{name: {name}}}, params: [{params}]}}"
    return f"---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{generateName: run-}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        pytest.param(["name: scan"], "note", id="alone"),
        pytest.param(["name: build", "name: scan"], "warning", id="the other is there"),
        pytest.param(["name: build", "name: scan", "name: scan"], "warning", id="twice the same"),
        pytest.param(["name: scan", "resolver: hub"], "note", id="the other is remote"),
        pytest.param(["name: scan", "name: $(params.other)"], "note", id="the other is a variable"),
        pytest.param(["name: scan", "name: build, kind: ClusterTask"], "note", id="the other is the cluster's"),
        pytest.param(["name: biuld"], "warning", id="a near miss alone"),
    ],
)
def test_a_missing_task_is_a_warning_where_the_tree_seems_complete(refs: list[str], expected: str) -> None:
    found = every("unknown-task", task=task("build"), pipeline=pipeline(*refs))

    assert {Severity(expected)} == {finding.severity for finding in found}


def test_of_two_missing_tasks_neither_is_a_warning() -> None:
    found = every("unknown-task", task=task("build"), pipeline=pipeline("name: build", "name: scan", "name: notify"))

    assert [Severity.NOTE, Severity.NOTE] == [finding.severity for finding in found]


@pytest.mark.parametrize(
    "kustomization",
    [
        "resources: [pipeline.yaml, task.yaml, 'https://example.com/tasks.yaml']\n",
        "resources: [pipeline.yaml, task.yaml]\npatches: [{target: {kind: Pipeline}, patch: '[]'}]\n",
    ],
    ids=["lists a URL", "patches it"],
)
def test_a_kustomization_that_may_bring_it_makes_it_a_note(kustomization: str) -> None:
    texts = {"task": task("build"), "pipeline": pipeline("name: build", "name: scan")}
    (finding,) = every("unknown-task", **texts, kustomization=kustomization)

    assert Severity.NOTE is finding.severity


def test_a_cluster_task_is_nothing_that_a_tree_lacks() -> None:
    user = pipeline("name: build", "name: scan, kind: ClusterTask")

    assert () == every("unknown-task", task=task("build"), pipeline=user)


@pytest.mark.parametrize("name", ["$NAME", "<task>", "%TASK%", "@task@", "REPLACE ME"])
def test_a_placeholder_is_no_name(name: str) -> None:
    assert () == every("unknown-task", run=task_run(f"'{name}'"))


@pytest.mark.parametrize(
    ("name", "there", "near"),
    [
        ("build-image", "build-images", True),
        ("buildimage", "build-image", True),
        ("Build_Image", "build-image", True),
        ("biuld", "build", True),
        ("donwload-model", "download-model", True),
        ("evaluate-modal", "evaluate-model", False),
        ("evelaute", "evaluate", False),
        ("downlaad-model", "download-model", True),
        ("git-clone", "git-clone-v0-9", True),
        ("git-clone-0.8", "git-clone-0.9", True),
        ("publish-v1", "publish-v2", True),
        ("pull-image", "push-image", False),
        ("clone", "clean", False),
        ("lint", "list", False),
        ("git-clone", "git-clone-oci", False),
        ("build-1", "build-2", False),
        ("stage-a", "stage-b", False),
        ("build-amd64", "build-arm64", False),
        ("a", "b", False),
        ("v1", "v2", False),
    ],
)
def test_which_names_are_near(name: str, there: str, near: bool) -> None:
    (finding,) = every("unknown-task", task=task(there), run=task_run(name))

    assert near is (f"did you mean `{there}`?" in finding.message)
    assert near is (finding.fix is not None)


def test_a_name_in_another_namespace_is_not_called_undefined() -> None:
    there = task("build").replace("name: build", "name: build, namespace: a")
    user = pipeline("name: build", metadata=", namespace: b")
    (finding,) = every("unknown-task", task=there, pipeline=user)

    assert "into another namespace" in finding.message
    assert finding.fix is None


@pytest.mark.parametrize(
    ("declared", "passed", "expected"),
    [
        ("{name: image}", "{name: imgae}", "Should `imgae`, which it passes, be `image`?"),
        ("{name: image-1}", "{name: image-2}", "Pass it under `params`, or give it a default in the Task."),
        ("{name: a}, {name: b}", "", "Pass them under `params`, or give them a default in the Task."),
    ],
)
def test_what_a_missing_param_asks_for(declared: str, passed: str, expected: str) -> None:
    (finding,) = every("missing-param", task=task("build", declared), run=task_run("build", passed))

    assert finding.message.endswith(expected)


@pytest.mark.parametrize(
    ("declared", "passed"),
    [
        ("{name: image, default: ''}", ""),
        ("{name: image, default: []}", ""),
        ("{name: image}", "{name: image}"),
        ("{name: image}", "{name: $(tt.params.name)}"),
        ("{name: image}", "{name: '{{ name }}'}"),
        ("{name: image, value: alpine}", ""),
        ("{name: '{{ name }}'}", ""),
        ("image", ""),
        ("", ""),
    ],
)
def test_what_is_not_missing(declared: str, passed: str) -> None:
    assert () == every("missing-param", task=task("build", declared), run=task_run("build", passed))


def test_a_default_of_null_is_none() -> None:
    assert 1 == len(every("missing-param", task=task("build", "{name: image, default: null}"), run=task_run("build")))


@pytest.mark.parametrize("second", ["{name: image}", "{name: image, default: alpine}"])
def test_two_tasks_have_to_agree_that_a_param_is_required(second: str) -> None:
    texts = {"a__task": task("build", "{name: image}"), "b__task": task("build", second), "run": task_run("build")}

    assert ("default" not in second) is bool(every("missing-param", **texts))


@pytest.mark.parametrize(
    ("where", "expected"),
    [("script: echo $(params.extra)", 0), ("script: echo $(params.extra.key)", 0), ("script: echo", 1)],
)
def test_what_a_pipeline_uses_without_declaring_it_is_not_extra(where: str, expected: int) -> None:
    """The params of a run reach the inline specs of a Pipeline that it names."""
    inline = (
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\n"
        f"spec: {{tasks: [{{name: a, taskSpec: {{steps: [{{image: a, {where}}}]}}}}]}}\n"
    )
    run = (
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: r-}\n"
        "spec: {pipelineRef: {name: p}, params: [{name: extra, value: a}]}\n"
    )

    assert expected == len(every("extra-param", pipeline=inline, run=run))


def test_a_task_that_is_patched_may_declare_it() -> None:
    kustomization = "resources: [task.yaml, run.yaml]\npatches: [{target: {kind: Task}, patch: '[]'}]\n"
    texts = {"task": task("build", "{name: image}"), "run": task_run("build", "{name: other, value: a}")}

    assert 1 == len(every("extra-param", **texts))
    assert () == every("extra-param", **texts, kustomization=kustomization)
    assert () == every("missing-param", **texts, kustomization=kustomization)


PAC = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: on-push
  annotations: {pipelinesascode.tekton.dev/on-event: "[push]", pipelinesascode.tekton.dev/on-target-branch: main}
spec:
  params: [{name: image, value: a}]
  pipelineSpec: {tasks: [{name: build, params: [{name: extra, value: b}], taskRef: {name: build}}]}
"""


@pytest.mark.parametrize(("param", "expected"), [("image", 0), ("model", 1)])
def test_what_pipelines_as_code_puts_inline_gets_the_params_of_the_run(param: str, expected: int) -> None:
    texts = {".tekton__run": PAC, ".tekton__build": task("build", f"{{name: {param}}}")}

    assert expected == len(every("missing-param", **texts))
    assert () == every("extra-param", **texts)
