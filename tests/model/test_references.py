"""Where names lead: found, ambiguous, missing or remote."""

from __future__ import annotations

from itertools import permutations

import pytest

from tektonlint import tree
from tektonlint.model.definitions import Task
from tektonlint.model.graph import Model
from tektonlint.model.pipelines import PipelineTask
from tektonlint.model.references import AMBIGUOUS, FOUND, MISSING, REMOTE, Answer
from tektonlint.model.runs import PipelineRun, TaskRun
from tektonlint.tekton.target import Target, newest
from tests.model.trees import model_of

ON_PUSH = (
    'annotations: {pipelinesascode.tekton.dev/on-event: "[push]", pipelinesascode.tekton.dev/on-target-branch: main'
)


def task(name: str = "build", metadata: str = "", kind: str = "Task") -> str:
    """A Task; `metadata` is more of its metadata in flow style."""
    more = f", {metadata}" if metadata else ""
    head = f"---\napiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: {name}{more}}}\n"
    return head + "spec: {steps: [{image: a}]}\n"


def pipeline(ref: str = "name: build", metadata: str = "", name: str = "deliver") -> str:
    """A Pipeline with one task."""
    more = f", {metadata}" if metadata else ""
    return (
        f"---\napiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: {name}{more}}}\n"
        f"spec: {{tasks: [{{name: build, taskRef: {{{ref}}}}}]}}\n"
    )


def task_run(ref: str = "name: build", metadata: str = "generateName: build-") -> str:
    """A TaskRun."""
    return f"---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{{metadata}}}\nspec: {{taskRef: {{{ref}}}}}\n"


def pipeline_run(spec: str, metadata: str = "generateName: deliver-") -> str:
    """A PipelineRun."""
    return f"---\napiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


def kustomization(*resources: str, more: str = "") -> str:
    """A kustomization; `more` are further lines."""
    return f"resources: [{', '.join(resources)}]\n{more}"


def user_of(model: Model, file: str | None = None) -> PipelineTask | TaskRun:
    """The one PipelineTask or TaskRun, of a file where there are more."""
    users: list[PipelineTask | TaskRun] = [one for each in model.pipelines for one in each.all_tasks]
    users.extend(model.task_runs)
    (user,) = [one for one in users if file is None or one.place.resource.source.name == file]
    return user


def answer_in(files: dict[str, str], file: str | None = None) -> Answer[Task]:
    model = model_of(files)
    return model.task_of(user_of(model, file))


def outcome(answer: Answer[Task]) -> str | list[str]:
    """The file in which it was found, the files of which one is meant, or the state."""
    if answer.state == FOUND:
        assert answer.found is not None
        return answer.found.resource.source.name
    if answer.state == AMBIGUOUS:
        return sorted(one.resource.source.name for one in answer.candidates)
    return answer.state


# One reference.


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("name: build", "task.yaml"),
        ("name: build, kind: Task", "task.yaml"),
        ("name: build, apiVersion: tekton.dev/v1", "task.yaml"),
        ("name: build, apiVersion: tekton.dev/v1beta1, kind: Task", "task.yaml"),
        ("name: push", MISSING),
        ("name: build, kind: ClusterTask", MISSING),
        ("name: build, bundle: registry.example.com/tasks", REMOTE),
        ("resolver: hub, params: [{name: name, value: build}]", REMOTE),
        ("name: build, apiVersion: example.dev/v1, kind: Build", REMOTE),
        ("name: build, kind: Build", REMOTE),
        ("name: $(params.task)", REMOTE),
        ("name: build-$(params.kind)", REMOTE),
        ("name: '{{ task }}'", REMOTE),
        ("name: 8", REMOTE),
        ("name: [build]", REMOTE),
        ("name: ''", REMOTE),
        ("kind: Task", REMOTE),
        ("", REMOTE),
    ],
)
def test_what_a_task_ref_leads_to(ref: str, expected: str) -> None:
    assert expected == outcome(answer_in({"task.yaml": task(), "pipeline.yaml": pipeline(ref)}))


def test_an_answer_says_what_name_was_written_and_where() -> None:
    answer = answer_in({"pipeline.yaml": pipeline("name: push")})

    assert "push" == answer.name
    assert answer.at is not None
    assert "spec.tasks[0].taskRef.name" == answer.at.field


def test_an_inline_spec_is_found_and_has_no_name() -> None:
    text = "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {taskSpec: {steps: [{image: a}]}}\n"
    answer = answer_in({"task.yaml": task(), "run.yaml": text})

    assert (FOUND, None, None) == (answer.state, answer.name, answer.at)
    assert answer.found is not None
    assert answer.found.inline


def test_an_inline_spec_that_is_null_is_none() -> None:
    text = "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {taskSpec: null, taskRef: {name: build}}\n"

    assert "task.yaml" == outcome(answer_in({"task.yaml": task(), "run.yaml": text}))


def test_an_inline_spec_of_a_custom_task_is_remote() -> None:
    text = "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {taskSpec: {apiVersion: example.dev/v1, kind: Build}}\n"

    assert REMOTE == outcome(answer_in({"run.yaml": text}))


def test_a_task_without_a_spec_is_known_by_name_only() -> None:
    text = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\n"

    assert REMOTE == outcome(answer_in({"task.yaml": text, "run.yaml": task_run()}))


def test_a_cluster_task_is_in_no_namespace() -> None:
    files = {
        "kustomization.yaml": kustomization("run.yaml", more="namespace: models\n"),
        "task.yaml": task(metadata="namespace: nowhere", kind="ClusterTask"),
        "run.yaml": task_run("name: build, kind: ClusterTask"),
    }

    assert "task.yaml" == outcome(answer_in(files))


def test_what_a_trigger_creates_refers_but_is_not_referred_to() -> None:
    text = (
        "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: on-push}\nspec:\n"
        "  resourcetemplates:\n"
        "    - {apiVersion: tekton.dev/v1, kind: TaskRun, spec: {taskRef: {name: build}}}\n"
        "    - {apiVersion: tekton.dev/v1, kind: Task, metadata: {name: build}, spec: {steps: [{image: a}]}}\n"
    )

    assert "task.yaml" == outcome(answer_in({"task.yaml": task(), "trigger.yaml": text}))
    assert MISSING == outcome(answer_in({"trigger.yaml": text}))


def test_a_run_of_a_trigger_may_name_its_pipeline_when_an_event_comes() -> None:
    text = (
        "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: on-push}\nspec:\n"
        "  resourcetemplates:\n"
        "    - {apiVersion: tekton.dev/v1, kind: PipelineRun, spec: {pipelineRef: {name: $(tt.params.pipeline)}}}\n"
    )
    model = model_of({"trigger.yaml": text})

    assert [REMOTE] == [model.pipeline_of(run).state for run in model.runs]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("ref: {name: fetch}", FOUND),
        ("ref: {name: push}", MISSING),
        ("ref: {name: $(params.action)}", REMOTE),
        ("ref: {resolver: git}", REMOTE),
        ("image: alpine", REMOTE),
        ("ref: fetch", REMOTE),
    ],
)
def test_what_a_step_refers_to(step: str, expected: str) -> None:
    action = "apiVersion: tekton.dev/v1beta1\nkind: StepAction\nmetadata: {name: fetch}\nspec: {image: a}\n"
    text = f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: build}}\nspec: {{steps: [{{{step}}}]}}\n"
    model = model_of({"action.yaml": action, "task.yaml": text})
    place = next(one for one in model.tree.resources if one.kind == "Task").place
    (found,) = place.each("spec", "steps")

    assert expected == model.step_action_of(found).state


def test_the_runs_of_a_pipeline_are_those_that_certainly_run_it() -> None:
    model = model_of(
        {
            "pipelines.yaml": pipeline() + pipeline(name="publish"),
            "runs.yaml": pipeline_run("pipelineRef: {name: deliver}") + pipeline_run("pipelineRef: {name: $(b)}"),
            "more.yaml": pipeline_run("pipelineSpec: {tasks: [{name: a, taskRef: {name: build}}]}"),
        }
    )
    by_name = {one.name: [run.resource.source.name for run in model.runs_of(one)] for one in model.pipelines}

    assert {"deliver": ["runs.yaml"], "publish": [], None: ["more.yaml"]} == by_name


def test_the_users_of_a_task_are_pipeline_tasks_and_task_runs() -> None:
    model = model_of({"task.yaml": task(), "pipeline.yaml": pipeline(), "run.yaml": task_run()})
    answer = model.task_of(user_of(model, "run.yaml"))

    assert answer.found is not None
    assert ["pipeline.yaml", "run.yaml"] == [one.place.resource.source.name for one in model.users_of(answer.found)]


# Several of one name.


@pytest.mark.parametrize(
    ("tasks", "user", "expected"),
    [
        (["tasks/build.yaml"], "pipelines/deliver.yaml", "tasks/build.yaml"),
        (["a/build.yaml", "b/build.yaml"], "a/deliver.yaml", "a/build.yaml"),
        (["a/tasks/build.yaml", "b/tasks/build.yaml"], "b/pipelines/deliver.yaml", "b/tasks/build.yaml"),
        (["a/build.yaml", "b/build.yaml"], "deliver.yaml", ["a/build.yaml", "b/build.yaml"]),
        (["a/build.yaml", "a/again.yaml"], "a/deliver.yaml", ["a/again.yaml", "a/build.yaml"]),
        (["a/build.yaml", "deliver.yaml"], "deliver.yaml", "deliver.yaml"),
        (["a/build.yaml", "a/deliver.yaml"], "a/deliver.yaml", "a/deliver.yaml"),
        (["build.yaml", "a/b/build.yaml"], "a/deliver.yaml", "a/b/build.yaml"),
        # Catalogues: task/NAME/VERSION/, with tests and samples beside each version.
        (
            ["task/build/0.1/build.yaml", "task/build/0.2/build.yaml"],
            "task/build/0.1/tests/run.yaml",
            "task/build/0.1/build.yaml",
        ),
        (
            ["task/build/0.1/build.yaml", "task/build/0.10/build.yaml"],
            "task/build/0.1/samples/run.yaml",
            "task/build/0.1/build.yaml",
        ),
        (
            ["task/build/0.1/build.yaml", "task/build/0.2/build.yaml"],
            "task/push/0.1/samples/run.yaml",
            ["task/build/0.1/build.yaml", "task/build/0.2/build.yaml"],
        ),
    ],
)
def test_the_nearest_folder_decides(tasks: list[str], user: str, expected: str | list[str]) -> None:
    files = dict.fromkeys(tasks, task())
    files[user] = files.get(user, "") + pipeline()

    assert expected == outcome(answer_in(files))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ('"0.2"', "task/build/0.2/build.yaml"),
        ('"0.3"', "labelled.yaml"),
        ('"0.4"', REMOTE),
        ("0.2", REMOTE),
        ("$(params.version)", REMOTE),
    ],
)
def test_a_version_beside_the_name_chooses_in_a_catalogue(version: str, expected: str) -> None:
    """Tekton has no such field; the builds of some catalogues do."""
    files = {
        "task/build/0.1/build.yaml": task(),
        "task/build/0.2/build.yaml": task(),
        "labelled.yaml": task(metadata='labels: {app.kubernetes.io/version: "0.3"}'),
        "pipeline.yaml": pipeline(f"name: build, version: {version}"),
    }

    assert expected == outcome(answer_in(files))


def test_a_version_is_nothing_to_a_tree_without_versions() -> None:
    files = {"build.yaml": task(), "pipeline.yaml": pipeline('name: build, version: "0.2"')}

    assert "build.yaml" == outcome(answer_in(files))


@pytest.mark.parametrize(
    ("kustomizations", "expected"),
    [
        pytest.param({}, ["a/build.yaml", "b/build.yaml"], id="none"),
        pytest.param({"": ["deliver.yaml", "b/build.yaml"]}, "b/build.yaml", id="one lists both"),
        pytest.param({"": ["deliver.yaml", "./b"], "b": ["build.yaml"]}, "b/build.yaml", id="through another"),
        pytest.param(
            {"": ["deliver.yaml", "c"], "c": ["../b/"], "b": ["build.yaml"]}, "b/build.yaml", id="through two"
        ),
        pytest.param(
            {"": ["deliver.yaml"], "b": ["build.yaml"]}, ["a/build.yaml", "b/build.yaml"], id="no one lists both"
        ),
        pytest.param(
            {"": ["b/build.yaml", "a/build.yaml", "in"], "in": ["../deliver.yaml", "../a/build.yaml"]},
            "a/build.yaml",
            id="the innermost",
        ),
        pytest.param(
            {"x": ["../deliver.yaml", "../a/build.yaml"], "y": ["../deliver.yaml", "../b/build.yaml"]},
            ["a/build.yaml", "b/build.yaml"],
            id="two overlays, each with its own",
        ),
        pytest.param(
            {"x": ["../deliver.yaml", "../a/build.yaml"], "y": ["../deliver.yaml"]},
            "a/build.yaml",
            id="two overlays, one of them with a task",
        ),
        pytest.param({"": ["deliver.yaml", "a/build.yaml", "b"], "b": [".."]}, "a/build.yaml", id="a cycle"),
        pytest.param(
            {"": ["deliver.yaml", "https://example.com/b/build.yaml", "gone"]},
            ["a/build.yaml", "b/build.yaml"],
            id="a URL and a folder that is not there",
        ),
    ],
)
def test_a_kustomization_that_lists_both_decides(
    kustomizations: dict[str, list[str]], expected: str | list[str]
) -> None:
    files = {"a/build.yaml": task(), "b/build.yaml": task(), "deliver.yaml": pipeline()}
    for folder, resources in kustomizations.items():
        files[f"{folder}/kustomization.yaml".lstrip("/")] = kustomization(*resources)

    assert expected == outcome(answer_in(files))


@pytest.mark.parametrize("key", ["resources", "bases", "components"])
@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_kustomization_lists_others_in_three_ways(key: str, name: str) -> None:
    files = {
        "a/build.yaml": task(),
        "b/build.yaml": task(),
        f"b/{name}": kustomization("build.yaml"),
        "a/deliver.yaml": pipeline(),
        f"top/{name}": f"resources: [../a/deliver.yaml]\n{key}: [../a/deliver.yaml, ../b]\n",
    }

    assert "b/build.yaml" == outcome(answer_in(files))


def test_a_kustomization_wins_over_a_nearer_folder() -> None:
    files = {
        "a/build.yaml": task(),
        "b/build.yaml": task(),
        "a/deliver.yaml": pipeline(),
        "kustomization.yaml": kustomization("a/deliver.yaml", "b/build.yaml"),
    }

    assert "b/build.yaml" == outcome(answer_in(files))


# Namespaces.


@pytest.mark.parametrize(
    ("of_user", "of_tasks", "expected"),
    [
        ("a", ["a"], "0.yaml"),
        ("a", ["b"], MISSING),
        ("a", [""], "0.yaml"),
        ("", ["a"], "0.yaml"),
        ("a", ["a", "b"], "0.yaml"),
        ("a", ["b", "c"], MISSING),
        ("", ["a", "b"], ["0.yaml", "1.yaml"]),
        ("a", ["", "b"], "0.yaml"),
        ("'{{ namespace }}'", ["a"], "0.yaml"),
        ("$(tt.params.namespace)", ["a"], "0.yaml"),
    ],
)
def test_what_is_in_another_namespace_is_not_meant(
    of_user: str, of_tasks: list[str], expected: str | list[str]
) -> None:
    def said(namespace: str) -> str:
        return f"namespace: {namespace}" if namespace else ""

    files = {f"{number}.yaml": task(metadata=said(one)) for number, one in enumerate(of_tasks)}

    assert expected == outcome(answer_in({**files, "user.yaml": pipeline(metadata=said(of_user))}))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"kustomization.yaml": kustomization("task.yaml", "user.yaml", more="namespace: models\n")},
            "task.yaml",
            id="one namespace for both",
        ),
        pytest.param(
            {
                "base/kustomization.yaml": kustomization("../task.yaml", "../user.yaml"),
                "dev/kustomization.yaml": kustomization("../base", more="namespace: dev\n"),
                "prod/kustomization.yaml": kustomization("../base", more="namespace: prod\n"),
            },
            "task.yaml",
            id="overlays, each with its own",
        ),
        pytest.param(
            {
                "base/kustomization.yaml": kustomization("../task.yaml"),
                "dev/kustomization.yaml": kustomization("../base", "../user.yaml", more="namespace: dev\n"),
                "prod/kustomization.yaml": kustomization("../base", more="namespace: prod\n"),
            },
            "task.yaml",
            id="only one of the overlays lists the user",
        ),
        pytest.param(
            {
                "a/kustomization.yaml": kustomization("../task.yaml", more="namespace: a\n"),
                "b/kustomization.yaml": kustomization("../user.yaml", more="namespace: b\n"),
            },
            MISSING,
            id="two kustomizations, two namespaces",
        ),
        pytest.param(
            {
                "a/kustomization.yaml": kustomization("../task.yaml", more="namespace: a\n"),
                "b/kustomization.yaml": kustomization("../user.yaml", more="namespace: b\n"),
                "all/kustomization.yaml": kustomization("../a", "../b"),
            },
            MISSING,
            id="and one around them that sets none",
        ),
        pytest.param(
            {
                "a/kustomization.yaml": kustomization("../task.yaml", more="namespace: a\n"),
                "b/kustomization.yaml": kustomization("../user.yaml", more="namespace: b\n"),
                "all/kustomization.yaml": kustomization("../a", "../b", more="namespace: models\n"),
            },
            "task.yaml",
            id="and one around them, which wins",
        ),
        pytest.param(
            {"kustomization.yaml": kustomization("task.yaml", more="namespace: ''\n")}, MISSING, id="an empty one"
        ),
    ],
)
def test_the_namespace_of_kustomize_counts(files: dict[str, str], expected: str) -> None:
    """Without a kustomization, the two would be in the namespaces `one` and `other`."""
    own = {"task.yaml": task(metadata="namespace: one"), "user.yaml": pipeline(metadata="namespace: other")}

    assert expected == outcome(answer_in({**own, **files}))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "own"),
        ({"kustomization.yaml": kustomization("task.yaml")}, "own"),
        ({"kustomization.yaml": kustomization("task.yaml", more="namespace: models\n")}, "models"),
        (
            {
                "dev/kustomization.yaml": kustomization("../task.yaml", more="namespace: dev\n"),
                "prod/kustomization.yaml": kustomization("../task.yaml", more="namespace: prod\n"),
            },
            None,
        ),
        (
            {
                "in/kustomization.yaml": kustomization("../task.yaml", more="namespace: inner\n"),
                "out/kustomization.yaml": kustomization("../in", more="namespace: outer\n"),
            },
            "outer",
        ),
    ],
)
def test_the_namespace_that_an_object_is_put_into(files: dict[str, str], expected: str | None) -> None:
    model = model_of({"task.yaml": task(metadata="namespace: own"), **files})
    (resource,) = model.tree.resources

    assert expected == model.namespace_of(resource)


# Patches, prefixes, and what is not read.


PATCHED = {"task.yaml": task(), "run.yaml": pipeline()}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("patches: [{path: patch.yaml}]\n", id="a file"),
        pytest.param("patchesStrategicMerge: [patch.yaml]\n", id="a file, as it was said before"),
    ],
)
def test_a_patch_is_no_candidate_and_never_misses_anything(more: str) -> None:
    files = {**PATCHED, "patch.yaml": task() + pipeline("name: gone", name="other")}
    model = model_of({**files, "kustomization.yaml": kustomization("task.yaml", "run.yaml", more=more)})
    (own,) = [one for one in model.pipelines if one.name == "deliver"]

    assert "task.yaml" == outcome(model.task_of(own.all_tasks[0]))
    assert ["deliver"] == [one.name for one in model.pipelines]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),
        ("patches: [{target: {kind: Task}, patch: '[]'}]\n", True),
        ("patches: [{target: {kind: Task, name: build}, patch: '[]'}]\n", True),
        ("patches: [{target: {kind: Task, name: bu.*}, patch: '[]'}]\n", True),
        ("patches: [{target: {kind: Task, name: push}, patch: '[]'}]\n", False),
        ("patches: [{target: {kind: Pipeline}, patch: '[]'}]\n", False),
        ("patches: [{target: {labelSelector: a=b}, patch: '[]'}]\n", True),
        ("patches: ['{kind: Task}']\n", False),
        ("patches: [{patch: '{kind: Task, metadata: {name: build}}'}]\n", True),
        ("patches:\n  - patch: |\n      kind: Task\n      metadata:\n        name: build\n", True),
        ("patches:\n  - patch: |\n      kind: Task\n      metadata:\n        name: push\n", False),
        ("patchesStrategicMerge:\n  - |\n    kind: Task\n    metadata:\n      name: build\n", True),
        ("patchesJson6902: [{target: {kind: Task, name: build}, path: operations.yaml}]\n", True),
        ("replacements: [{source: {kind: A}, targets: [{select: {kind: Task, name: build}}]}]\n", True),
        ("replacements: [{source: {kind: A}, targets: [{select: {kind: Pipeline}}]}]\n", False),
        ("replacements: [{path: replacements.yaml}]\n", True),
        ("transformers: [labels.yaml]\n", True),
        ("components: [more]\n", True),
    ],
)
def test_what_a_kustomization_patches(more: str, expected: bool) -> None:
    component = "kind: Component\npatches: [{target: {kind: Task}, patch: '[]'}]\n"
    model = model_of(
        {
            "task.yaml": task(),
            "kustomization.yaml": kustomization("task.yaml", more=more),
            "more/kustomization.yaml": component,
        }
    )
    (resource,) = model.tree.resources

    assert expected is model.is_patched(resource)


def test_a_kustomization_patches_nothing_that_it_does_not_list() -> None:
    more = "patches: [{target: {kind: Task}, patch: '[]'}]\n"
    model = model_of({"task.yaml": task(), "kustomization.yaml": kustomization("other.yaml", more=more)})
    (resource,) = model.tree.resources

    assert not model.is_patched(resource)


@pytest.mark.parametrize("ref", ["build", "dev-build-v2"])
def test_what_kustomize_renames_is_found_by_both_names(ref: str) -> None:
    """It leaves `taskRef` alone unless it is configured to follow it."""
    files = {
        "task.yaml": task(),
        "run.yaml": task_run(f"name: {ref}"),
        "kustomization.yaml": kustomization("task.yaml", "run.yaml", more="namePrefix: dev-\nnameSuffix: -v2\n"),
    }

    assert "task.yaml" == outcome(answer_in(files))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: build\n{{- if .on }}\nspec: {}\n{{- end }}\n",
            id="a chart's template",
        ),
        pytest.param("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build\n", id="broken YAML"),
    ],
)
def test_a_name_in_a_file_that_was_not_read_is_not_missing(text: str) -> None:
    files = {"unread.yaml": text, "run.yaml": task_run(), "other.yaml": task_run("name: push")}

    assert REMOTE == outcome(answer_in(files, "run.yaml"))
    assert MISSING == outcome(answer_in(files, "other.yaml"))


# Pipelines-as-Code.


def pac_run(spec: str, more: str = "") -> str:
    return pipeline_run(spec, f"name: on-push, {ON_PUSH}{', ' if more else ''}{more}}}")


USES_BUILD = "pipelineSpec: {tasks: [{name: build, taskRef: {name: build}}]}"
TASK = "pipelinesascode.tekton.dev/task"


@pytest.mark.parametrize(
    ("annotations", "tasks", "expected"),
    [
        pytest.param("", [], MISSING, id="nowhere"),
        pytest.param("", [".tekton/build.yaml"], ".tekton/build.yaml", id="beside it"),
        pytest.param("", [".tekton/tasks/build.yaml"], ".tekton/tasks/build.yaml", id="below it"),
        pytest.param("", ["tasks/build.yaml"], MISSING, id="elsewhere in the repository"),
        pytest.param("", ["other/.tekton/build.yaml"], MISSING, id="in another .tekton"),
        pytest.param(f'{TASK}: "[tasks/build.yaml]"', ["tasks/build.yaml"], "tasks/build.yaml", id="annotated"),
        pytest.param(f"{TASK}: tasks/build.yaml", ["tasks/build.yaml"], "tasks/build.yaml", id="without brackets"),
        pytest.param(
            f'{TASK}-2: "[tasks/push.yaml, tasks/build.yaml]"',
            ["tasks/build.yaml", "tasks/push.yaml"],
            ["tasks/build.yaml", "tasks/push.yaml"],
            id="two files",
        ),
        pytest.param(
            f'{TASK}: "[tasks/build.yaml]"', ["tasks/build.yaml", ".tekton/build.yaml"], "tasks/build.yaml", id="first"
        ),
        pytest.param(f'{TASK}: "[git-clone]"', [], REMOTE, id="a hub may have it"),
        pytest.param(f'{TASK}: "[https://example.com/build.yaml]"', [], REMOTE, id="a URL may hold it"),
        pytest.param(f'{TASK}: "[tasks/gone.yaml]"', [], REMOTE, id="a file that is not in the tree"),
        pytest.param(f'{TASK}: "[tasks/{{{{ kind }}}}.yaml]"', [], REMOTE, id="a variable in the place"),
        pytest.param(f"{TASK}: [tasks/gone.yaml]", [], REMOTE, id="a list, which is of the wrong type"),
        pytest.param(f'{TASK}: "[git-clone]"', ["tasks/build.yaml"], REMOTE, id="not from elsewhere then either"),
        pytest.param(f'{TASK}: "[git-clone]"', [".tekton/build.yaml"], ".tekton/build.yaml", id="beside, and a hub"),
        pytest.param(f'{TASK}-a: "[git-clone]"', [], MISSING, id="a key that is not read"),
        pytest.param(
            'pipelinesascode.tekton.dev/pipeline: "[https://example.com/p.yaml]"', [], MISSING, id="a pipeline is none"
        ),
    ],
)
def test_where_pipelines_as_code_finds_a_task(annotations: str, tasks: list[str], expected: str | list[str]) -> None:
    files = dict.fromkeys(tasks, task())

    assert expected == outcome(answer_in({**files, ".tekton/run.yaml": pac_run(USES_BUILD, annotations)}))


def test_a_location_is_looked_up_from_the_folder_that_holds_the_tekton_folder() -> None:
    files = {
        "service/.tekton/run.yaml": pac_run(USES_BUILD, f"{TASK}: '[ci/build.yaml]'"),
        "service/ci/build.yaml": task(),
        "ci/build.yaml": task(),
    }

    assert "service/ci/build.yaml" == outcome(answer_in(files))


def test_a_tekton_folder_without_annotations_is_any_folder() -> None:
    files = {".tekton/run.yaml": pipeline_run(USES_BUILD), "tasks/build.yaml": task()}

    assert "tasks/build.yaml" == outcome(answer_in(files))


def test_a_namespace_does_not_matter_to_pipelines_as_code() -> None:
    files = {
        ".tekton/run.yaml": pac_run(USES_BUILD).replace("name: on-push", "name: on-push, namespace: a"),
        ".tekton/build.yaml": task(metadata="namespace: b"),
    }

    assert ".tekton/build.yaml" == outcome(answer_in(files))


@pytest.mark.parametrize(("others", "expected"), [([], REMOTE), (["tasks/build.yaml"], "tasks/build.yaml")])
def test_what_lies_in_a_tekton_folder_is_hardly_on_the_cluster(others: list[str], expected: str) -> None:
    files = {
        **dict.fromkeys([".tekton/build.yaml", *others], task()),
        ".tekton/run.yaml": pac_run("pipelineSpec: {tasks: []}"),
        "run.yaml": task_run(),
    }

    assert expected == outcome(answer_in(files, "run.yaml"))


def test_a_cluster_task_is_left_to_the_cluster() -> None:
    files = {
        ".tekton/run.yaml": pac_run(USES_BUILD.replace("name: build}", "name: build, kind: ClusterTask}")),
        "tasks/build.yaml": task(kind="ClusterTask"),
    }

    assert "tasks/build.yaml" == outcome(answer_in(files))


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("", MISSING),
        ('pipelinesascode.tekton.dev/pipeline: "[ci/pipeline.yaml]"', FOUND),
        ('pipelinesascode.tekton.dev/pipeline: "[https://example.com/p.yaml]"', REMOTE),
        ('pipelinesascode.tekton.dev/task: "[git-clone]"', MISSING),
    ],
)
def test_where_pipelines_as_code_finds_a_pipeline(annotation: str, expected: str) -> None:
    files = {
        ".tekton/run.yaml": pac_run("pipelineRef: {name: deliver}", annotation),
        "ci/pipeline.yaml": pipeline("resolver: hub"),
    }
    model = model_of(files)
    (run,) = model.runs

    assert expected == model.pipeline_of(run).state


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, MISSING, id="nowhere"),
        pytest.param({"ci/build.yaml": task()}, "ci/build.yaml", id="applied in another way too"),
        pytest.param({".tekton/build.yaml": task()}, ".tekton/build.yaml", id="in .tekton"),
        pytest.param({"annotation": f'{TASK}: "[git-clone]"'}, REMOTE, id="the run has a hub's"),
        pytest.param({"own": f'annotations: {{{TASK}: "[git-clone]"}}'}, REMOTE, id="the pipeline has a hub's"),
    ],
)
def test_a_pipeline_that_a_run_fetches_gets_its_tasks_as_the_run_does(files: dict[str, str], expected: str) -> None:
    files = dict(files)
    fetches = 'pipelinesascode.tekton.dev/pipeline: "[ci/pipeline.yaml]"'
    annotation, own = files.pop("annotation", ""), files.pop("own", "")
    files["ci/pipeline.yaml"] = pipeline(metadata=own)
    files[".tekton/run.yaml"] = pac_run("pipelineRef: {name: deliver}", ", ".join(filter(None, (fetches, annotation))))

    assert expected == outcome(answer_in(files))


# What applies an object again and again.


def application(source: str) -> str:
    """An Argo CD Application."""
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: models}\n"
    return f"{head}spec: {{source: {{{source}}}}}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ()),
        ({"kustomization.yaml": kustomization("deploy/runs/build.yaml")}, ("kustomization.yaml",)),
        (
            {
                "kustomization.yaml": kustomization("deploy"),
                "deploy/kustomization.yaml": kustomization("runs/build.yaml"),
            },
            ("kustomization.yaml", "deploy/kustomization.yaml"),
        ),
        ({"app.yaml": application("path: deploy/runs")}, ("models",)),
        ({"app.yaml": application("path: ./deploy/runs/")}, ("models",)),
        ({"app.yaml": application("path: deploy")}, ()),
        ({"app.yaml": application("path: deploy, directory: {recurse: true}")}, ("models",)),
        ({"app.yaml": application("path: ., directory: {recurse: true}")}, ("models",)),
        ({"app.yaml": application("path: dep, directory: {recurse: true}")}, ()),
        (
            {
                "app.yaml": application("path: deploy, directory: {recurse: true}"),
                "deploy/kustomization.yaml": kustomization("other.yaml"),
            },
            (),
        ),
    ],
)
def test_what_applies_an_object_again_and_again(files: dict[str, str], expected: tuple[str, ...]) -> None:
    model = model_of({"deploy/runs/build.yaml": task_run(), **files})
    (run,) = model.task_runs

    assert expected == model.applied_by(run.resource)


# Order.


ORDERED = {
    "a/kustomization.yaml": kustomization("build.yaml", "../deliver.yaml"),
    "a/kustomization.yml": kustomization("../b/build.yaml", "../deliver.yaml"),
    "a/build.yaml": task(),
    "b/build.yaml": task() + task("push", "namespace: models"),
    "deliver.yaml": pipeline() + task_run("name: push", "name: push, namespace: models"),
    ".tekton/run.yaml": pac_run(USES_BUILD, f"{TASK}: '[b/build.yaml]'"),
}


def answers(model: Model) -> list[tuple[str, str, str | list[str]]]:
    users: list[PipelineTask | TaskRun] = [one for each in model.pipelines for one in each.all_tasks]
    users.extend(model.task_runs)
    return sorted((str(one.place.resource.source.name), one.place.field, outcome(model.task_of(one))) for one in users)


def test_the_order_of_files_never_changes_an_answer() -> None:
    expected = [
        (".tekton/run.yaml", "spec.pipelineSpec.tasks[0]", "b/build.yaml"),
        ("deliver.yaml", "spec", "b/build.yaml"),
        ("deliver.yaml", "spec.tasks[0]", "a/build.yaml"),
    ]
    for names in list(permutations(ORDERED))[::7]:
        found = tree.Tree(
            tuple(sorted(tree.of_texts(ORDERED).files, key=lambda file: names.index(file.source.name))),
            tuple((name, name, ORDERED[name].encode()) for name in names if "kustomization" in name),
        )
        assert expected == answers(Model(found, Target(tekton=newest())))


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_of_documents_never_changes_an_answer(backwards: bool) -> None:
    documents = [task(metadata="namespace: a"), task(metadata="namespace: b"), pipeline(metadata="namespace: b")]
    model = model_of({"all.yaml": "".join(reversed(documents) if backwards else documents)})
    found = model.task_of(user_of(model)).found

    assert found is not None
    assert "b" == found.resource.namespace


def test_of_two_in_one_namespace_none_is_chosen_whatever_the_order() -> None:
    documents = [task(metadata="labels: {a: b}"), task(), pipeline()]
    states = {answer_in({"all.yaml": "".join(order)}).state for order in permutations(documents)}

    assert {AMBIGUOUS} == states


@pytest.mark.parametrize(
    "text",
    [
        "taskRef: [build]",
        "taskRef: build",
        "taskRef: {name: {name: build}}",
        "taskRef: null",
        "taskSpec: []",
        "taskSpec: build",
        "pipelineRef: {name: null}",
        "pipelineSpec: {tasks: {name: build}}",
    ],
)
def test_wrong_shapes_lead_nowhere_and_break_nothing(text: str) -> None:
    files = {
        "run.yaml": f"apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{annotations: [a]}}\nspec: {{{text}}}\n",
        ".tekton/run.yaml": pac_run(f"pipelineSpec: {{tasks: [{{{text}}}]}}"),
        "kustomization.yaml": "resources: {a: b}\npatches: [1, [], {target: []}]\nreplacements: [1]\nnamespace: []\n",
    }
    model = model_of(files)
    runs: list[PipelineRun] = list(model.runs)

    assert {FOUND, REMOTE} >= {model.task_of(one).state for one in model.task_runs}
    assert {FOUND} == {model.pipeline_of(one).state for one in runs}
