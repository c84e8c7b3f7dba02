"""What the steps of a task run, with which environment, arguments and folder."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tektonlint.model.scripts import Script, opaque_steps, script_at, scripts_of
from tektonlint.shell.values import UNKNOWN
from tektonlint.tekton.selectors import select
from tests.model.trees import model_of

ACTION = """\
apiVersion: tekton.dev/v1beta1
kind: StepAction
metadata: {name: fetch}
spec:
  params: [{name: to, default: here}, {name: from}]
  image: alpine
  env: [{name: TO, value: $(params.to)}, {name: FROM, value: $(params.from)}]
  workingDir: /data/$(params.to)
  script: cat $FROM > $TO
"""


def scripts(spec: str, action: str = ACTION) -> tuple[Script, ...]:
    """The scripts of a task with a spec, in a tree with a StepAction."""
    text = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\nspec:\n" + indent(dedent(spec), "  ")
    model = model_of({"task.yaml": text, "action.yaml": action})
    (resource,) = model.named("Task", "build")
    return scripts_of(model, model.task(next(iter(select(resource, "task-specs")))))


def step(lines: str, more: str = "") -> Script:
    """The script of the only step of a task."""
    text = "steps:\n  - name: a\n    image: alpine\n" + indent(dedent(lines), "    ") + "\n" + dedent(more)
    (script,) = scripts(text)
    return script


def effects(script: Script) -> list[str]:
    return [f"{one.what} {one.path}" for one in script.analysis.effects.effects]


@pytest.mark.parametrize(
    ("env", "template", "expected"),
    [
        ("[{name: A, value: x}]", "[]", {"A": ("x",)}),
        ("[{name: A, value: x}]", "[{name: A, value: t}, {name: B, value: z}]", {"A": ("x",), "B": ("z",)}),
        ("[]", "[{name: A, value: t}]", {"A": ("t",)}),
        ("[{name: A, value: x}, {name: B, value: $(A)/y}]", "[]", {"A": ("x",), "B": ("x/y",)}),
        ("[{name: B, value: $(A)/y}]", "[{name: A, value: x}]", {"A": ("x",), "B": ("x/y",)}),
        ("[{name: B, value: $(A)/y}, {name: A, value: x}]", "[]", {"B": ("$(A)/y",), "A": ("x",)}),
        ("[{name: A, value: $(params.x)}]", "[]", {"A": ("$(params.x)",)}),
        ("[{name: A, value: $(workspaces.w.path)/x}]", "[]", {"A": ("$(workspaces.w.path)/x",)}),
        ("[{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]", "[]", {"A": (UNKNOWN,)}),
        ("[{name: A}]", "[]", {"A": ("",)}),
        ("[{name: A, value: ''}]", "[]", {"A": ("",)}),
    ],
)
def test_the_environment_of_a_step(env: str, template: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert expected == step(f"env: {env}\nscript: echo", f"stepTemplate: {{env: {template}}}\n").environment


def test_a_sidecar_takes_nothing_from_the_template() -> None:
    sidecar, _ = scripts("""\
        stepTemplate: {env: [{name: A, value: x}], workingDir: /data}
        sidecars: [{name: s, image: alpine, script: cat a}]
        steps: [{name: a, image: alpine, script: cat a}]
        """)

    assert ({}, (UNKNOWN,), True) == (sidecar.environment, sidecar.folders, sidecar.is_sidecar)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("script: cat /data/a", ["read /data/a"]),
        ("command: [cat, /data/a]", ["read /data/a"]),
        ("command: [cat]\nargs: [/data/a, /data/b]", ["read /data/a", "read /data/b"]),
        ("command: [sh, -c, cat /data/a]", ["read /data/a"]),
        ("command: [/bin/bash, -ec]\nargs: ['cat /data/a > /data/b']", ["read /data/a", "write /data/b"]),
        ("command: [sh]\nargs: [-c, cat /data/a]", ["read /data/a"]),
        ("env: [{name: A, value: /data}]\ncommand: [cat, $(A)/a]", ["read /data/a"]),
        ("env: [{name: A, value: /data}]\nscript: cat $A/a", ["read /data/a"]),
        ("command: [cat, $A/a]", []),
        ('script: cat "$1" > "$2"\nargs: [/data/a, /data/b]', ["read /data/a", "write /data/b"]),
        ('script: cat "$@"\nargs: [/data/a, /data/b]', ["read /data/a", "read /data/b"]),
        ('script: cat "$1"\nargs: ["$(params.list[*])"]', []),
        ('script: cat "$1"', []),
        ("script: cat a\nworkingDir: /data", ["read /data/a"]),
        ("script: cat a\nworkingDir: $(workspaces.w.path)/src", ["read $(workspaces.w.path)/src/a"]),
        ("script: cat a", []),
        ("script: cat a\nworkingDir: src", []),
        ("script: |\n  #!/usr/bin/env python3\n  open('/data/a')", []),
        ("command: [tar, xf, /data/a.tar, -C, /out]", ["read /data/a.tar", "write /out"]),
    ],
)
def test_what_a_step_does(lines: str, expected: list[str]) -> None:
    assert expected == effects(step(lines))


def test_the_folder_of_the_template_is_taken() -> None:
    assert ["read /data/a"] == effects(step("script: cat a", "stepTemplate: {workingDir: /data}\n"))
    assert ["read /own/a"] == effects(step("script: cat a\nworkingDir: /own", "stepTemplate: {workingDir: /data}\n"))


def test_a_step_action_is_given_what_the_step_passes() -> None:
    (script,) = scripts("""\
        steps:
          - name: a
            ref: {name: fetch}
            params: [{name: from, value: $(workspaces.w.path)/x}]
        """)

    assert {"TO": ("here",), "FROM": ("$(workspaces.w.path)/x",)} == script.environment
    assert ["read $(workspaces.w.path)/x", "write /data/here/here"] == effects(script)
    assert (True, "action.yaml") == (script.is_in_action, script.location(0, 3).source.name)


def test_a_step_action_by_itself_knows_no_step() -> None:
    model = model_of({"action.yaml": ACTION})
    (resource,) = model.named("StepAction", "fetch")
    script = script_at(model, next(iter(select(resource, "steps-and-sidecars"))))

    assert script is not None
    assert (None, ("$(params.to)",)) == (script.task, script.environment["TO"])


def test_a_step_whose_action_is_not_in_the_tree_is_not_known() -> None:
    text = """\
        apiVersion: tekton.dev/v1
        kind: Task
        metadata: {name: build}
        spec:
          steps:
            - {name: action, ref: {name: elsewhere}}
            - {name: image, image: alpine}
            - {name: python, image: alpine, script: "#!/usr/bin/python3"}
            - {name: program, image: alpine, command: [mytool]}
            - {name: shell, image: alpine, script: mytool}
            - {name: known, image: alpine, command: [cat, a]}
        """
    model = model_of({"task.yaml": text})
    (resource,) = model.named("Task", "build")
    task = model.task(next(iter(select(resource, "task-specs"))))

    assert [0, 1, 2, 3] == [place.path[-1] for place in opaque_steps(model, task)]


def test_one_script_is_the_same_by_its_task_and_by_its_step() -> None:
    (script,) = scripts("steps: [{name: a, image: alpine, script: cat a}]")

    assert script is script_at(script.model, script.step)


def test_what_a_list_says_stands_where_its_item_does() -> None:
    script = step("command: [cat, /data/a]\nargs: [/data/b]")
    shown = [script.location_of(one) for one in script.analysis.effects.effects]

    assert ["/data/a", "/data/b"] == [at.source.text[at.span.start : at.span.end] for at in shown]
