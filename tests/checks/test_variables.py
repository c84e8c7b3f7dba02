"""Which variables nothing replaces, in which kind of object and at which place, and how bad that is."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def found(texts: str | dict[str, str]) -> list[tuple[str, Severity]]:
    """The variables that are told, with their severities."""
    policies = enabled(CATALOG, Choice(select=("unresolved-tekton-variable",), severities={}, options={}))
    read = tree.of_texts({"example.yaml": texts} if isinstance(texts, str) else texts)
    findings = engine.run(read, policies, CATALOG, Target(tekton=newest())).findings
    return [(one.at.source.text[one.at.span.start : one.at.span.end], one.severity) for one in findings]


def task(spec: str, kind: str = "Task") -> str:
    version = "v1beta1" if kind == "StepAction" else "v1"
    return f"apiVersion: tekton.dev/{version}\nkind: {kind}\nmetadata: {{name: publish}}\nspec: {{{spec}}}\n"


def args(*texts: str, more: str = "") -> str:
    return f"steps: [{{name: a, image: 'a:1', args: [{', '.join(repr(text) for text in texts)}]}}]{more}"


def inline(text: str, around: str = "", where: str = "tasks") -> str:
    """A Pipeline with an inline task."""
    other = "tasks: [{name: build, taskRef: {name: build}}], " if where == "finally" else ""
    return task(f"{other}{where}: [{{name: publish, taskSpec: {{{args(text)}}}}}]{around}", "Pipeline")


@pytest.mark.parametrize(
    "text",
    [
        "$(tasks.build.results.digest)",
        "$(tasks.build.status)",
        "$(tasks.status)",
        "$(finally.report.results.url)",
        "$(context.pipelineRun.name)",
        "$(context.pipeline.name)",
        "$(context.pipelineTask.retries)",
        "$(credentials.home)",
        "$(results.digest.path)",
        "$(step.results.digest.path)",
        "$(steps.b.results.digest)",
        "$(steps.a.exitCode.path)",
        "$(inputs.params.model)",
        "$(inputs.resources.source.path)",
        "$(outputs.resources.image.url)",
    ],
)
def test_a_task_by_itself_knows_nothing_of_it(text: str) -> None:
    assert [(text, ERROR)] == found(task(args(text)))


@pytest.mark.parametrize(
    "text",
    [
        "$(context.taskRun.name)",
        "$(context.taskRun.uid)",
        "$(context.task.retry-count)",
        "$(credentials.path)",
        "$(params.model)",  # admission refuses it
        "$(context.task.nmae)",  # and this
        "$(workspaces.source.path)",  # another policy's
        "$(steps.step-a.exitCode.path)",
        "$(steps.a.results.digest)",
        "$(artifacts.path)",
        "$(date)",
        "$(tasks)",
        "$(tasks.sh)",
        "$(tt.params.model)",
        "$(uid)",
    ],
)
def test_it_is_replaced_or_somebody_elses_to_tell(text: str) -> None:
    assert [] == found(task(args(text)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$(context.pipelineRun.name)", False),
        ("$(tasks.build.results.digest)", False),
        ("$(tasks.build.outputs.image)", False),
        ("$(tasks.build.result.digest)", False),
        ("$(tasks.build.status)", True),
        ("$(tasks.status)", True),
        ("$(context.pipelineTask.retries)", True),
        ("$(context.pipelineRun.labels)", True),
        ("$(context.build.status)", True),
    ],
)
def test_an_inline_task_knows_its_pipeline_but_not_the_state_of_tasks(text: str, told: bool) -> None:
    assert ([(text, ERROR)] if told else []) == found(inline(text, where="finally"))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("sidecars: [{name: s, image: 'a:1', args: [$(params.x)]}], steps: []", ["$(params.x)"]),
        ("volumes: [{name: v, secret: {secretName: $(params.x)}}], steps: []", ["$(params.x)"]),
        ("stepTemplate: {envFrom: [{secretRef: {name: $(params.x)}}]}, steps: []", ["$(params.x)"]),
        ("workspaces: [{name: w, mountPath: $(params.x)}], steps: []", ["$(params.x)"]),
        ("stepTemplate: {env: [{name: X, value: $(params.x)}]}, steps: []", []),
        ("params: [{name: model, default: $(params.x)}], steps: []", []),
        ("description: $(params.x), results: [{name: r, description: $(tasks.a.status)}], steps: []", []),
        ("params: [{name: $(tt.params.p)}], volumes: [{name: v, secret: {secretName: $(params.x)}}]", []),
        ("params: [{name: x}], volumes: [{name: v, secret: {secretName: $(params.x)}}]", []),
        ("params: [{name: x.y}], volumes: [{name: v, secret: {secretName: '$(params[\"x.y\"])'}}]", []),
        ("params: [{name: x, properties: {y: {}}}], volumes: [{name: v, secret: {secretName: $(params.x.y)}}]", []),
    ],
)
def test_params_are_looked_for_where_admission_does_not(spec: str, told: list[str]) -> None:
    assert [(one, ERROR) for one in told] == found(task(spec))


@pytest.mark.parametrize(
    ("run", "severities"),
    [
        ("", [WARNING]),
        ("params: [{name: model, value: a}]", [ERROR]),
        ("params: [{name: x, value: a}]", []),
        ("params: [{name: $(tt.params.p), value: a}]", []),
    ],
)
def test_a_run_may_pass_more_to_a_pipeline_than_is_declared(run: str, severities: list[Severity]) -> None:
    spec = "sidecars: [{name: s, image: 'a:1', args: [$(params.x)]}], steps: []"
    texts = {"pipeline.yaml": task(f"tasks: [{{name: a, taskSpec: {{{spec}}}}}]", "Pipeline")}
    if run:
        texts["run.yaml"] = task(f"pipelineRef: {{name: publish}}, {run}", "PipelineRun")

    assert severities == [severity for _, severity in found(texts)]


@pytest.mark.parametrize(
    ("where", "text", "told"),
    [
        ("tasks: [{name: a, taskSpec: {}, workspaces: [{name: w, subPath: $(params.x)}]}]", "$(params.x)", True),
        # The TaskRun puts its own params in, and an unknown task may have one of that name.
        ("tasks: [{name: a, taskRef: {name: t}, workspaces: [{name: w, subPath: $(params.x)}]}]", "", False),
        (
            "tasks: [{name: a, params: [{name: x, value: y}], workspaces: [{name: w, subPath: $(params.x)}]}]",
            "",
            False,
        ),
        (
            "tasks: [{name: a, matrix: {params: [{name: x, value: [y]}]}, "
            "workspaces: [{name: w, subPath: $(params.x)}]}]",
            "",
            False,
        ),
        (
            "tasks: [{name: a, taskSpec: {params: [{name: x}]}, workspaces: [{name: w, subPath: $(params.x)}]}]",
            "",
            False,
        ),
        ("tasks: [{name: a, taskRef: {resolver: git, params: [{name: p, value: $(params.x)}]}}]", "$(params.x)", True),
        ("finally: [{name: a, taskRef: {name: t}, params: [{name: p, value: $(params.x)}]}]", "$(params.x)", True),
        ("tasks: [{name: a, taskRef: {name: t}, params: [{name: p, value: $(params.x)}]}]", "", False),
        ("params: [{name: x}], tasks: [{name: a, workspaces: [{name: w, subPath: $(params.x)}]}]", "", False),
    ],
)
def test_around_the_tasks_of_an_inline_pipeline(where: str, text: str, told: bool) -> None:
    assert ([(text, ERROR)] if told else []) == found(task(f"pipelineSpec: {{{where}}}", "PipelineRun"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$(params.s.name)", True),
        ("$(params.o.name)", False),
        ("$(params.s)", False),
        ("$(results.r)", True),
        ("$(results.r.path)", False),
        ("$(workspaces.w)", True),
        ("$(workspaces.w.dir)", True),
        ("$(workspaces.w.path/sub)", True),
        ("$(workspaces['w'].path)", True),
        ("$(workspaces.w.path)", False),
        ("$(workspaces.w.bound)", False),
        ("$(param.s)", True),
        ("$(Params.s)", True),
        ("$( params.s )", True),
        ("$(workspace.w.path)", True),
        ("$(result.r.path)", True),
        ("$(param.other)", False),
        ("$(parameter.s)", False),
        ("$(workspace.w.sh)", False),
    ],
)
def test_what_is_declared_tells_what_was_meant(text: str, told: bool) -> None:
    declared = ", params: [{name: s}, {name: o, type: object, properties: {name: {}}}], results: [{name: r}]"
    spec = args(text.replace("'", "\""), more=f"{declared}, workspaces: [{{name: w}}]")

    assert ([(text.replace("'", "\""), ERROR)] if told else []) == found(task(spec))


def script(*lines: str, first: str = "#!/bin/sh") -> str:
    text = "".join(f"        {line}\n" for line in (first, *lines))
    head = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: publish}\nspec:\n  steps:\n"
    return f"{head}    - name: a\n      image: 'a:1'\n      script: |\n{text}"


STATE = "$(tasks.build.status)"


@pytest.mark.parametrize(
    ("lines", "severities"),
    [
        ((f'state="{STATE}"',), [ERROR]),
        ((f"echo {STATE} > state",), [ERROR]),
        ((f"echo {STATE}",), [WARNING]),
        ((f"# {STATE}",), []),
        ((f"echo \\{STATE} > state",), []),
        (("cat <<EOF", "apiVersion: tekton.dev/v1", f"value: {STATE}", "EOF"), []),
    ],
)
def test_in_a_script_it_counts_what_the_line_does(lines: tuple[str, ...], severities: list[Severity]) -> None:
    assert severities == [severity for _, severity in found(script(*lines))]


def test_a_variable_is_told_once_in_a_task() -> None:
    assert 1 == len(found(script(f"a={STATE}", f"b={STATE}")))


def test_a_patch_may_declare_what_is_missing() -> None:
    texts = {
        "task.yaml": task("volumes: [{name: v, secret: {secretName: $(params.x)}}], steps: []"),
        "kustomization.yaml": "resources: [task.yaml]\npatches: [{path: patch.yaml}]\n",
        "patch.yaml": task("params: [{name: x}]"),
    }

    assert [NOTE] == [severity for _, severity in found(texts)]


def test_a_task_that_pipelines_as_code_puts_into_a_run_knows_what_is_around_it() -> None:
    run = task("pipelineSpec: {tasks: [{name: a, taskRef: {name: publish}}]}", "PipelineRun").replace(
        "{name: publish}", '{name: run, annotations: {pipelinesascode.tekton.dev/on-event: "[push]"}}', 1
    )

    assert [] == found({".tekton/run.yaml": run, ".tekton/task.yaml": task(args("$(context.pipelineRun.name)"))})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$(tasks.build.status)", True),
        ("$(context.pipelineRun.name)", True),
        ("$(step.results.r.path)", True),
        ("$(params.x)", False),
        ("$(results.r.path)", False),
        ("$(context.taskRun.name)", False),
    ],
)
def test_a_step_action_is_put_into_any_task(text: str, told: bool) -> None:
    assert ([(text, ERROR)] if told else []) == found(task(f"image: 'a:1', args: ['{text}']", "StepAction"))
