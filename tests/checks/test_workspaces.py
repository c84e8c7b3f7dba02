"""What the examples of the policies about workspaces do not say: how bad a finding is, and when nothing is said."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
RUN = "---\napiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: deliver-}\nspec:\n"


def every(policy: str, files: dict[str, str], **target: object) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    known = Target(tekton=newest(), decided=frozenset(target))._replace(**target)  # type: ignore[arg-type]
    return engine.run(tree.of_texts(files), policies, CATALOG, known).findings


def severities(policy: str, text: str, **target: object) -> list[str]:
    return [finding.severity.value for finding in every(policy, {"run.yaml": text}, **target)]


def claim(name: str, claim: str, more: str = "") -> str:
    return f"{{name: {name}, persistentVolumeClaim: {{claimName: {claim}}}{more}}}"


def run(*bindings: str, tasks: str = "", declared: str = "") -> str:
    """A run with bindings, of a pipeline that is inline or, without tasks, somewhere else."""
    inline = f"  pipelineSpec: {{workspaces: [{declared}], tasks: [{tasks}]}}\n"
    pipeline = inline if tasks else "  pipelineRef: {resolver: cluster}\n"
    return f"{RUN}  workspaces: [{', '.join(bindings)}]\n{pipeline}"


def task(name: str, *bindings: str) -> str:
    return f"{{name: {name}, taskRef: {{resolver: cluster}}, workspaces: [{', '.join(bindings)}]}}"


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param("", ["warning"], id="the pipeline is somewhere else"),
        pytest.param(task("a", "{name: one}"), ["error"], id="a task of the first"),
        pytest.param(task("a", "{name: two}"), ["note"], id="a task of the last"),
        pytest.param(task("a", "{name: one}", "{name: two}"), ["note"], id="a task of both, the last behind"),
        pytest.param(task("a", "{name: two}", "{name: one}"), ["error"], id="a task of both, the first behind"),
        pytest.param(task("a", "{name: x, workspace: one}"), ["error"], id="under another name"),
        pytest.param("{name: a, taskRef: {apiVersion: example.com/v1}}", ["note"], id="a custom task"),
    ],
)
def test_a_claim_bound_twice_is_an_error_where_a_task_certainly_hangs(tasks: str, expected: list[str]) -> None:
    text = run(claim("one", "builds"), claim("two", "builds"), tasks=tasks, declared="{name: one}, {name: two}")

    assert expected == severities("same-pvc-in-two-workspaces", text)


@pytest.mark.parametrize("target", [{"coschedule": "disabled"}, {"coschedule": "pipelineruns"}, {"tekton": (0, 50)}])
def test_without_an_assistant_for_each_claim_it_may_be_bound_twice(target: dict[str, object]) -> None:
    text = run(claim("one", "builds"), claim("two", "builds"))

    assert [] == severities("same-pvc-in-two-workspaces", text, **target)


@pytest.mark.parametrize(
    "bindings",
    [
        pytest.param((claim("one", "builds"), claim("two", "models")), id="two claims"),
        pytest.param((claim("one", "$(params.a)"), claim("two", "$(params.a)")), id="names that are not known"),
        pytest.param((claim("one", "builds"), "{name: two, emptyDir: {}}"), id="one claim"),
    ],
)
def test_only_a_claim_that_is_certainly_the_same_is_bound_twice(bindings: tuple[str, ...]) -> None:
    assert [] == severities("same-pvc-in-two-workspaces", run(*bindings))


@pytest.mark.parametrize(
    ("sub_path", "expected"),
    [("", ["warning"]), (", subPath: builds", ["warning"]), (", subPath: $(context.pipelineRun.uid)", [])],
)
def test_a_shared_claim_is_fine_with_a_directory_for_each_run(sub_path: str, expected: list[str]) -> None:
    text = run(claim("shared", "builds", sub_path))

    assert expected == severities("static-pvc-shared-across-runs", text)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("cache", "builds"), "note"),
        (("maven-repository", "builds"), "note"),
        (("local-m2", "builds"), "note"),
        (("models", "builds"), "note"),
        (("team2-source", "builds"), "warning"),
        (("shared", "models"), "warning"),
        (("source", "builds"), "warning"),
    ],
)
def test_a_name_says_whether_a_claim_is_meant_to_be_shared(names: tuple[str, str], expected: str) -> None:
    assert [expected] == severities("static-pvc-shared-across-runs", run(claim(*names)))


def test_a_claim_of_two_workspaces_is_not_made_into_two_claims() -> None:
    builds = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: builds}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    )
    both = run(claim("one", "builds"), claim("two", "builds"))
    found = {
        name: [finding.fix is not None for finding in every("static-pvc-shared-across-runs", files)]
        for name, files in {
            "one": {"a.yaml": builds, "run.yaml": run(claim("one", "builds"))},
            "two": {"a.yaml": builds, "run.yaml": both},
        }.items()
    }

    assert {"one": [True], "two": [False, False]} == found


PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: deliver}
spec:
  workspaces: [{name: source}, {name: cache}]
  tasks: [{name: build, taskRef: {name: build}, workspaces: [{name: source}]}]
---
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec: {workspaces: [{name: source}, {name: cache}], steps: [{image: registry.example.com/build:1.0}]}
"""


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        pytest.param("persistentVolumeClaim: {claimName: builds}", True, id="the claim that it has"),
        pytest.param("configMap: {name: cache}", True, id="no claim"),
        pytest.param("persistentVolumeClaim: {claimName: cache}", False, id="a second claim"),
        pytest.param("emptyDir: {}", False, id="a folder of its own"),
    ],
)
def test_a_missing_workspace_is_only_bound_where_the_run_has_something_useful_behind_it(
    cache: str, expected: bool
) -> None:
    bindings = f"  workspaces: [{claim('source', 'builds')}, {{name: cache, {cache}}}]\n"
    text = f"{RUN}{bindings}  pipelineRef: {{name: deliver}}\n"
    (finding,) = every("missing-workspace", {"pipeline.yaml": PIPELINE, "run.yaml": text})

    assert expected is (finding.fix is not None)


@pytest.mark.parametrize(
    ("declared", "bound"),
    [
        pytest.param("[{name: source, optional: '{{ optional }}'}]", "[]", id="whether it has to be"),
        pytest.param("[{name: $(params.name)}]", "[]", id="what it is called, a variable says"),
        pytest.param("'{{ workspaces }}'", "[]", id="what is declared, a template says"),
        pytest.param("[{name: source}]", "'{{ workspaces }}'", id="what is bound, a template says"),
        pytest.param("[{name: source}]", "[{name: $(tt.params.name)}]", id="the name of what is bound"),
        pytest.param("[{name: source}, 3, {name: [a]}]", "[]", id="nonsense"),
    ],
)
def test_what_is_only_known_later_is_not_missing(declared: str, bound: str) -> None:
    text = (
        f"apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{name: a}}\nspec: {{workspaces: {bound}, "
        f"taskSpec: {{workspaces: {declared}, steps: []}}}}\n"
    )

    assert [] == severities("missing-workspace", text)


def test_a_task_that_pipelines_as_code_puts_inline_may_be_given_more_than_it_declares() -> None:
    annotations = "{name: a, annotations: {pipelinesascode.tekton.dev/on-event: '[push]'}}"
    tasks = "{name: list, taskRef: {name: list}, workspaces: [{name: source}]}"
    text = run("{name: source, emptyDir: {}}", tasks=tasks).replace("{generateName: deliver-}", annotations)
    listing = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: list}\nspec: {steps: []}\n"
    found = [
        len(every("missing-workspace", {f"{folder}/run.yaml": text, f"{folder}/task.yaml": listing}))
        for folder in (".tekton", "runs")
    ]

    assert [0, 1] == found
