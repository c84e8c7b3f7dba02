"""What the examples of the policies about paths of workspaces do not say: how bad a finding is, what silences it."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
HARD, READ_ONLY, OPTIONAL = "hardcoded-workspace-path", "readonly-workspace-written", "optional-workspace-unguarded"


def found(policy: str, *texts: str) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    files = {f"{number}.yaml": text for number, text in enumerate(texts)}
    report = engine.run(tree.of_texts(files), policies, CATALOG, Target(tekton=newest()))
    assert () == report.crashes
    return report.findings


def severities(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.severity.value for finding in findings]


def task(*lines: str, name: str = "write", workspaces: str = "[]", more: str = "") -> str:
    script = "".join(f"        {line}\n" for line in lines)
    return (
        f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: {name}}}\nspec:\n  workspaces: {workspaces}\n{more}"
        f"  steps:\n    - name: s\n      image: docker.io/library/alpine:3.20\n      script: |\n{script}"
    )


PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  workspaces: [{name: shared}]
  tasks:
    - {name: write, taskRef: {name: write}, workspaces: [{name: shared}]}
    - {name: read, runAfter: [write], taskRef: {name: read}, workspaces: [{name: shared}]}
"""
SHARED = "[{name: shared}]"


@pytest.mark.parametrize(
    ("writer", "reader", "expected"),
    [
        # What is written beside the workspace, and read in it; and the other way round.
        ("echo > /workspace/m/x", "cat $(workspaces.shared.path)/m/x", ["error"]),
        ("echo > $(workspaces.shared.path)/m/x", "cat /workspace/m/x", ["error"]),
        ("echo > /workspace/m/x", "cat /workspace/m/x", ["error", "error"]),
        # Each has its own.
        ("echo > /workspace/m/x", "echo > /workspace/m/x; cat /workspace/m/x", ["note", "note"]),
        ("echo > /workspace/m/x; cat /workspace/m/x", "cat $(workspaces.shared.path)/m/x", ["note"]),
        ("echo > /workspace/m/x", "cat $(workspaces.shared.path)/m/y", ["note"]),
        ("echo > /workspace/m/x", "test -f $(workspaces.shared.path)/n", ["note"]),
        # Nothing is there; unless something may have written it, or it is only looked for.
        ("true", "cat /workspace/m/x", ["warning"]),
        ("true", "tool --out /workspace/m; cat /workspace/m/x", ["note"]),
        ("true", "if [ -f /workspace/m/x ]; then cat /workspace/m/x; fi", ["note"]),
        ("true", "cat /workspace/m/x || true", ["note"]),
    ],
)
def test_it_is_an_error_where_the_path_is_shared_and_the_file_is_not(
    writer: str, reader: str, expected: list[str]
) -> None:
    texts = task(writer, workspaces=SHARED), task(reader, name="read", workspaces=SHARED), PIPELINE

    assert expected == severities(found(HARD, *texts))


def test_a_task_that_is_not_in_the_tree_may_write_the_file_where_it_is_read() -> None:
    other = "    - {name: other, taskRef: {resolver: hub}, workspaces: [{name: shared}]}\n"
    writer = task("echo > /workspace/m/x", workspaces=SHARED)
    reader = task("cat $(workspaces.shared.path)/m/x", name="read", workspaces=SHARED)

    assert ["warning"] == severities(found(HARD, writer, reader, PIPELINE + other))


@pytest.mark.parametrize(
    "line",
    [
        "# /workspace/m/x",
        "echo /workspace/m/x",
        "ls $HOME/workspace/m https://example.com/workspace/m ./workspace/m",
        "cat > Dockerfile <<EOF\n        WORKDIR /workspace/m\n        EOF",
        "ls /workspace /workspace/ /workspaces/m",
        'ls "/workspace/$NAME" /workspace/m-${NAME}',
    ],
)
def test_what_only_looks_like_such_a_path_is_none(line: str) -> None:
    assert () == found(HARD, task(line))


@pytest.mark.parametrize(
    ("workspaces", "more"),
    [
        ("[{name: a, mountPath: /workspace}]", ""),
        ("[{name: a, mountPath: /workspace/m}]", ""),
        ("[{name: a, mountPath: $(params.p)}]", ""),
        ("[]", "  stepTemplate: {volumeMounts: [{name: v, mountPath: /workspace/m}]}\n"),
        ("[]", "  resources: {inputs: [{name: m, type: git}]}\n"),
    ],
)
def test_something_is_mounted_there(workspaces: str, more: str) -> None:
    assert () == found(HARD, task("cat /workspace/m/x", workspaces=workspaces, more=more))


def test_of_scratch_space_it_is_said_once() -> None:
    text = task("echo > /workspace/m/x", "cat /workspace/m/x")
    second = "    - {name: t, image: i, args: [/workspace/m/x], script: cat /workspace/m/x}\n"

    assert ["note"] == severities(found(HARD, text + second))


def test_a_workspace_of_the_run_reaches_an_inline_task() -> None:
    run = (
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: r-}\nspec:\n"
        "  workspaces: [{name: m, emptyDir: {}}]\n"
        "  taskSpec: {steps: [{name: s, image: i, script: cat /workspace/m/x}]}\n"
    )

    assert () == found(HARD, run)


@pytest.mark.parametrize(
    ("declaration", "is_fixed"), [("{name: m}", True), ("{name: m, optional: true}", False)]
)
def test_the_variable_of_an_optional_workspace_may_be_empty_where_the_path_is_not(
    declaration: str, is_fixed: bool
) -> None:
    (finding,) = found(HARD, task("ls /workspace/m", workspaces=f"[{declaration}]"))

    assert Severity.NOTE == finding.severity
    assert is_fixed == (finding.fix is not None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("echo > $(workspaces.m.path)/x", ["error"]),
        ("touch /workspace/m/x", ["error"]),
        ("if [ -n \"$1\" ]; then echo > $(workspaces.m.path)/x; fi", ["warning"]),
        ("rm -f $(workspaces.m.path)/x", ["warning"]),
        ("rm $(workspaces.m.path)/x", ["error"]),
        ("echo > $(workspaces.m.path)/x || true", []),
        ("echo > $(workspaces.m.path)/x || exit 0", []),
        ("mkdir -p $(workspaces.m.path)", []),
        ("cp $(workspaces.m.path)/x /tmp/x", []),
        ("cd $(workspaces.m.path); cat x > /tmp/x", []),
    ],
)
def test_writes_into_a_read_only_workspace(line: str, expected: list[str]) -> None:
    text = task(line, workspaces="[{name: m, readOnly: true}]")

    assert expected == severities(found(READ_ONLY, text))


@pytest.mark.parametrize(
    ("bindings", "expected"),
    [
        (["secret: {secretName: s}"], ["error"]),
        (["projected: {sources: []}"], ["error"]),
        (["csi: {driver: d, readOnly: true}"], ["error"]),
        (["csi: {driver: d, readOnly: false}"], []),
        (["emptyDir: {}"], []),
        (["secret: {secretName: s}", "emptyDir: {}"], ["warning"]),
    ],
)
def test_what_runs_bind_decides(bindings: list[str], expected: list[str]) -> None:
    runs = [
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: r-}\nspec:\n"
        f"  taskRef: {{name: write}}\n  workspaces: [{{name: m, {binding}}}]\n"
        for binding in bindings
    ]

    text = task("echo > $(workspaces.m.path)/x", workspaces="[{name: m}]")

    assert expected == severities(found(READ_ONLY, text, *runs))


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("", ["error"]),
        ("workspaces: [{name: keys, workspace: keys}], ", ["error"]),
        ("workspaces: [{name: keys, workspace: files}], ", []),
    ],
)
def test_the_workspaces_of_a_run_reach_an_inline_task_that_does_not_bind_them(bound: str, expected: list[str]) -> None:
    run = (
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: r-}\nspec:\n"
        "  workspaces: [{name: keys, secret: {secretName: s}}, {name: files, emptyDir: {}}]\n"
        f"  pipelineSpec:\n    tasks:\n      - {{name: a, {bound}taskSpec: {{steps: [{{name: s, image: x, "
        "script: 'echo > $(workspaces.keys.path)/x'}]}}\n"
    )

    assert expected == severities(found(READ_ONLY, run))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('rm -rf "$(workspaces.m.path)"/*', "`rm` then removes what is in `/`"),
        ('rm -rf "$(workspaces.m.path)/cache"', "`rm` then removes `/cache`"),
        ('echo x > "$(workspaces.m.path)/x"', "`echo` then writes `/x`"),
        ('cp -r "$(workspaces.m.path)" /tmp', "`cp` then gets an empty path"),
        ('tool --cache="$(workspaces.m.path)"', None),
        ('export DOCKER_CONFIG="$(workspaces.m.path)"', None),
        ('[ -d "$(workspaces.m.path)" ] && ls "$(workspaces.m.path)/x"', None),
        ('cat "$(workspaces.m.path)/x" 2>/dev/null || true', None),
        ('test -n "$(workspaces.m.path)" || exit 0; cat "$(workspaces.m.path)/x"', None),
        ('echo "$(workspaces.m.bound)"; cat "$(workspaces.m.path)/x"', None),
    ],
)
def test_an_optional_workspace_that_is_not_bound(line: str, expected: str | None) -> None:
    messages = [one.message for one in found(OPTIONAL, task(line, workspaces="[{name: m, optional: true}]"))]

    assert expected is not None or [] == messages
    assert expected is None or expected in messages[0]
