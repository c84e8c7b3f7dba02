"""Files between tasks: how bad it is, between whom, and when nothing is said. The examples show the plain cases."""

from __future__ import annotations

import itertools
from textwrap import indent

import pytest

from tektonlint import engine, fixing, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
POLICIES = (
    "parallel-archive-readers",
    "concurrent-write",
    "matrix-races-with-itself",
    "reader-not-after-writer",
    "guarded-writer-unguarded-reader",
    "file-never-written",
    "emptydir-shared-between-tasks",
)
FRESH = "volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}}"
CLAIM = "persistentVolumeClaim: {claimName: builds}"
WS = "$(workspaces.ws.path)"


def lint(files: dict[str, str], *policies: str) -> tuple[Finding, ...]:
    chosen = enabled(CATALOG, Choice(select=policies or POLICIES, severities={}, options={}))
    return engine.run(tree.of_texts(files), chosen, CATALOG, Target(tekton=newest())).findings


def task(name: str, script: str, more: str = "", step: str = "", bound: str = "{name: ws}") -> str:
    """A PipelineTask that runs a script with the workspace `ws`."""
    lines = [
        f"- name: {name}",
        *([f"  {more}"] if more else []),
        f"  workspaces: [{bound}]",
        "  taskSpec:",
        "    workspaces: [{name: ws}]",
        "    steps:",
        "      - name: s",
        "        image: docker.io/library/alpine:3.20",
        *([f"        {step}"] if step else []),
        "        script: |",
        indent(f"#!/bin/sh\nset -eu\n{script}", " " * 10),
    ]
    return "\n".join(lines) + "\n"


def run(*tasks: str, volume: str = FRESH, final: str = "") -> str:
    """A run of tasks on one volume."""
    text = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: deliver-}\nspec:\n"
    text += f"  workspaces: [{{name: ws, {volume}}}]\n  pipelineSpec:\n    workspaces: [{{name: ws}}]\n    tasks:\n"
    text += indent("".join(tasks), " " * 6)
    return text + ("    finally:\n" + indent(final, " " * 6) if final else "")


def found(text: str, *policies: str) -> list[str]:
    """What is found, as `policy severity`."""
    return [f"{one.policy} {one.severity.value}" for one in lint({"run.yaml": text}, *policies)]


WRITES = f'date > "{WS}/status.json"'
READS = f'cat "{WS}/status.json"'
WRITER = task("build", WRITES)
READER = task("push", READS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(run(WRITER, READER), ["reader-not-after-writer error"], id="a volume of its own"),
        pytest.param(run(WRITER, READER, volume=CLAIM), ["reader-not-after-writer warning"], id="an existing claim"),
        pytest.param(
            run(WRITER, task("push", f'if [ "$(date +%u)" = 1 ]; then cat "{WS}/status.json"; fi')),
            ["reader-not-after-writer warning"],
            id="only sometimes",
        ),
        pytest.param(
            run(WRITER, task("rewrite", f'date > "{WS}/status.json"', "runAfter: [build]"), READER),
            ["reader-not-after-writer warning"],
            id="two writers",
        ),
        pytest.param(
            run(WRITER, task("push", f'cat "{WS}/status.json" || {{ echo none; exit 1; }}')),
            ["reader-not-after-writer error"],
            id="it says so and stops",
        ),
        pytest.param(run(WRITER, task("push", f'cat "{WS}/status.json" || echo none')), [], id="it may lack it"),
        pytest.param(
            run(WRITER, task("push", f'while ! test -s "{WS}/status.json"; do sleep 1; done\ncat "{WS}/status.json"')),
            [],
            id="it waits",
        ),
        pytest.param(
            run(WRITER, task("push", f'until [ -f "{WS}/done" ]; do sleep 1; done\ncat "{WS}/status.json"')),
            ["concurrent-write warning"],
            id="it waits for a sign, which is not followed",
        ),
        pytest.param(
            run(WRITER, task("push", f'date > "{WS}/other"\ncat "{WS}/other"')), [], id="it reads what is its own"
        ),
        pytest.param(
            run(READER, task("build", WRITES, "runAfter: [push]")),
            ["reader-not-after-writer error"],
            id="the wrong way round",
        ),
        pytest.param(
            run(READER, final=WRITER), ["reader-not-after-writer error"], id="written in finally, which is too late"
        ),
        pytest.param(run(READER, final=WRITER, volume=CLAIM), [], id="left in finally for the next run"),
        pytest.param(
            run(task("tool", f'unheard-of "{WS}"'), WRITER, task("push", READS, "runAfter: [tool]")),
            ["concurrent-write warning"],
            id="it may have been there before",
        ),
        pytest.param(
            run(
                task("tool", "unheard-of", step=f"env: [{{name: OUT, value: '{WS}'}}]"),
                task("push", READS, "runAfter: [tool]"),
            ),
            [],
            id="a program that is told of the folder by its environment",
        ),
        pytest.param(
            run(
                task("tool", "unheard-of", bound="{name: ws, subPath: $(params.where)}"),
                task("push", READS, "runAfter: [tool]"),
            ),
            [],
            id="a folder that is only known later",
        ),
        pytest.param(
            run(
                task("build", WRITES, "when: [{input: $(params.a), operator: in, values: [one]}]"),
                task("push", READS, "when: [{input: $(params.a), operator: in, values: [two]}]"),
                volume=CLAIM,
            ),
            [],
            id="never in one run",
        ),
    ],
)
def test_a_reader_that_does_not_wait(text: str, expected: list[str]) -> None:
    assert expected == found(text)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ('echo a > "{ws}/f"', 'echo b > "{ws}/f"', ["warning"]),
        ('echo a > "{ws}/f"', 'echo b > "{ws}/g"', []),
        ('echo a > "{ws}/f"', 'echo b >> "{ws}/f"', ["warning"]),
        ('echo a >> "{ws}/f"', 'echo b | tee -a "{ws}/f"', ["note"]),
        ('touch "{ws}/f"', 'touch "{ws}/f"', []),
        ('mkdir -p "{ws}/d"', 'mkdir -p "{ws}/d"', []),
        ('echo a > "{ws}/$(date)"', 'echo b > "{ws}/$(date)"', []),
        ('[ "$(date +%u)" = 1 ] && echo a > "{ws}/f"', 'echo b > "{ws}/f"', ["note"]),
        ('git clone https://a.example.com/x "{ws}/x"', 'git clone https://a.example.com/x "{ws}/x"', ["warning"]),
        ('tar -xf /a.tar -C "{ws}/x"', 'tar -xf /b.tar -C "{ws}/x"', ["note"]),
        ('git clone https://a.example.com/x "{ws}/x"', 'echo b > "{ws}/x/y"', []),
        ('rm -rf "{ws}/d"', 'echo b > "{ws}/d/f"', ["warning"]),
        ('rm -rf "{ws}/d"', 'rm -rf "{ws}/d"', []),
        ('rm -rf "{ws}/d"', 'echo b > "{ws}/e/f"', []),
        ('rm -rf "{ws}/"*', 'echo b > "{ws}/e/f"', ["warning"]),
        ('rm -rf "{ws}/$(date)"', 'echo b > "{ws}/e/f"', []),
        ('skopeo copy docker://a.example.com/x "dir:{ws}/x"', 'skopeo copy docker://b.example.com/y "dir:{ws}/x"',
         ["warning"]),
    ],
)  # fmt: skip
def test_two_tasks_at_the_same_time(one: str, other: str, expected: list[str]) -> None:
    text = run(task("first", one.replace("{ws}", WS)), task("second", other.replace("{ws}", WS)))

    assert [f"concurrent-write {severity}" for severity in expected] == found(text, "concurrent-write")


@pytest.mark.parametrize(
    ("variable", "script", "expected"),
    [
        ("HOME", "git config --global user.name robot", ["warning"]),
        ("HOME", "echo nothing", []),
        ("TMPDIR", "pip install build", []),
        ("DOCKER_CONFIG", "skopeo copy docker://a.example.com/x docker://b.example.com/x", []),
        ("REGISTRY_AUTH_FILE", "podman login a.example.com < /run/token", ["warning"]),
    ],
)
def test_a_home_that_two_tasks_share_counts_where_both_write_there(
    variable: str, script: str, expected: list[str]
) -> None:
    step = f"env: [{{name: {variable}, value: '{WS}/home'}}]"
    text = run(task("first", script, step=step), task("second", script, step=step))

    assert [f"concurrent-write {severity}" for severity in expected] == found(text, "concurrent-write")


def test_fixes_of_several_policies_make_no_circle() -> None:
    """Three tasks that stream one archive, and an order that stands against that of the file."""
    stream = f'tar -xf "{WS}/models.tar" -C /tmp'
    text = run(
        task("a", stream, "runAfter: [c]"),
        task("b", f'{stream}\necho b > "{WS}/f"'),
        task("c", f'{stream}\necho c > "{WS}/f"'),
    )
    chosen = enabled(CATALOG, Choice(select=POLICIES[:2], severities={}, options={}))
    target = Target(tekton=newest())

    def look(changed: tree.Tree) -> tuple[Finding, ...]:
        return engine.run(changed, chosen, CATALOG, target).findings

    after = fixing.fix(tree.of_texts({"run.yaml": text}), look, lambda finding: True).tree
    dag = enabled(CATALOG, Choice(select=("invalid-dag",), severities={}, options={}))

    assert () == engine.run(after, dag, CATALOG, target).findings


def test_several_files_between_two_tasks_are_one_finding() -> None:
    text = run(
        task("build", f'date > "{WS}/a"\ndate > "{WS}/b"\ndate > "{WS}/c"'),
        task("push", f'cat "{WS}/a"\ncat "{WS}/b"\ncat "{WS}/c"'),
    )

    (finding,) = lint({"run.yaml": text})
    assert "(and 2 more)" in finding.message
    assert 6 == len(finding.related)


def test_a_pipeline_that_two_runs_bind_is_judged_by_the_worse_one() -> None:
    pipeline = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  workspaces: [{name: ws}]\n"
    pipeline += "  tasks:\n" + indent(WRITER + READER, "    ")
    one, other = (
        f"apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: {name}}}\n"
        f"spec: {{pipelineRef: {{name: p}}, workspaces: [{{name: ws, {volume}}}]}}\n"
        for name, volume in (("a", CLAIM), ("b", FRESH))
    )

    (finding,) = lint({"p.yaml": pipeline, "a.yaml": one, "b.yaml": other}, "reader-not-after-writer")
    assert "error" == finding.severity.value


@pytest.mark.parametrize(
    ("guard", "mine", "expected"),
    [
        ("operator: in, values: [a]", "operator: in, values: [a]", 0),
        ("operator: in, values: [a, b]", "operator: in, values: [a]", 0),
        ("operator: in, values: [a]", "operator: in, values: [a, b]", 1),
        ("operator: notin, values: [a]", "operator: in, values: [b]", 0),
        ("operator: notin, values: [a]", "operator: notin, values: [a, b]", 0),
        ("operator: notin, values: [a, b]", "operator: notin, values: [a]", 1),
    ],
)
def test_a_reader_is_guarded_where_its_when_holds_only_with_the_writers(guard: str, mine: str, expected: int) -> None:
    text = run(
        task("build", f'date > "{WS}/f"', f"when: [{{input: $(params.x), {guard}}}]"),
        task("push", f'cat "{WS}/f"', f"runAfter: [build]\n  when: [{{input: $(params.x), {mine}}}]"),
    )

    assert expected == len(found(text, "guarded-writer-unguarded-reader"))


@pytest.mark.parametrize("size", ["2", "two"])
def test_a_script_of_another_language_is_left_alone(size: str) -> None:
    python = task("push", f'open("{WS}/{size}")').replace("#!/bin/sh\n", "#!/usr/bin/env python3\n")

    assert [] == found(run(WRITER, python))


def test_one_of_several_names_is_named_only_if_it_is_the_only_one() -> None:
    one = run(task("build", f'date > "{WS}/build.json"'), task("push", f'cat "{WS}/push.json"', "runAfter: [build]"))
    two = one.replace(f'date > "{WS}/build.json"', f'date | tee "{WS}/build.json" "{WS}/other.json"')

    (named,), (unnamed,) = (lint({"run.yaml": text}, "file-never-written") for text in (one, two))
    assert "`build.json`" in named.message
    assert named.fix is not None
    assert "build.json" not in unnamed.message
    assert unnamed.fix is None


@pytest.mark.parametrize(("volume", "expected"), [(FRESH, 1), (CLAIM, 0)])
def test_of_a_volume_that_no_other_task_has_only_a_new_one_certainly_lacks_a_file(volume: str, expected: int) -> None:
    text = run(task("push", f'cat "{WS}/push.json"'), "- {name: other, taskRef: {name: z}}\n", volume=volume)

    assert expected == len(found(text, "file-never-written"))


_ODD = ("null", "[]", "{}", "7", "x", "[null]", "[[]]", "[{name: null}]", "{a: [1]}", "[x, {name: y}]", "9" * 40)
_FIELDS = ("runAfter", "when", "matrix", "taskSpec", "workspaces", "params", "name")


@pytest.mark.parametrize("key", ["tasks", "finally", "workspaces", "params"])
def test_nothing_of_the_wrong_form_is_a_crash(key: str) -> None:
    whole = run(WRITER, READER, final=task("report", f'cat "{WS}/status.json"'))
    for odd in _ODD:
        text = whole.replace(f"    {key}:\n", "    x:\n", 1).replace(f"    {key}: [{{name: ws}}]\n", "", 1)
        text += f"    {key}: {odd}\n"
        assert not [one for one in lint({"run.yaml": text}) if one.policy == "internal-error"]


@pytest.mark.parametrize(("field", "odd"), [*itertools.product(_FIELDS, _ODD)])
def test_no_task_of_the_wrong_form_is_a_crash(field: str, odd: str) -> None:
    text = run(WRITER, READER, f"- {{name: z, {field}: {odd}}}\n" if field != "name" else f"- {{name: {odd}}}\n")

    assert not [one for one in lint({"run.yaml": text}) if one.policy == "internal-error"]


@pytest.mark.parametrize("odd", _ODD)
def test_no_binding_of_the_wrong_form_is_a_crash(odd: str) -> None:
    text = run(WRITER, READER, volume=f"emptyDir: {odd}, subPath: {odd}")

    assert not [one for one in lint({"run.yaml": text}) if one.policy == "internal-error"]
