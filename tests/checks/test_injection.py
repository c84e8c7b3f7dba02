"""What stands in place of a param in a script, by the place where the param stands, and where nothing can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tektonlint import engine, fixing, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.tree import Tree

CATALOG = catalog.load()
POLICIES = enabled(CATALOG, Choice(select=("param-injected-into-script",), severities={}, options={}))
HEAD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: tag-model}
spec:
  params:
    - name: x
    - name: verbose
      default: "true"
    - name: extra-args
      default: ""
    - {name: list, type: array}
    - {name: object, properties: {key: {}}}
  steps:
    - name: tag
      image: registry.example.com/tools/tag:1.2
"""


def task(*lines: str, shebang: str = "#!/bin/bash", env: str = "") -> str:
    body = "".join(f"        {line}\n" for line in (shebang, *lines))
    return f"{HEAD}{env}      script: |\n{body}"


def lint(files: Tree) -> tuple[Finding, ...]:
    return engine.run(files, POLICIES, CATALOG, Target(tekton=newest())).findings


def script_after(text: str) -> list[str]:
    """The lines of the script after every fix, without its first."""
    outcome = fixing.fix(tree.of_texts({"a.yaml": text}), lint, lambda _: True)
    assert () == outcome.refused
    lines = outcome.tree.files[0].source.text.split("script: |\n")[1].splitlines()
    return [line.removeprefix("        ") for line in lines[1:]]


X, V = "$(params.x)", "${PARAM_X}"


REPLACED = [
    (f"tag {X}", f'tag "{V}"'),
    (f"tag --name={X}.tar", f'tag --name="{V}".tar'),
    (f'tag "models/{X}"', f'tag "models/{V}"'),
    (f"name={X}", f'name="{V}"'),
    (f"export NAME={X}", f'export NAME="{V}"'),
    (f"NAME={X} tag", f'NAME="{V}" tag'),
    (f"tag > {X}", f'tag > "{V}"'),
    (f"tag <<< {X}", f'tag <<< "{V}"'),
    (f'echo "$(tag {X})"', f'echo "$(tag "{V}")"'),
    (f"echo `tag {X}`", f'echo `tag "{V}"`'),
    (f'echo "${{NAME:-{X}}}"', f'echo "${{NAME:-{V}}}"'),
    (f"[ {X} = a ] && tag", f'[ "{V}" = a ] && tag'),
    (f"[[ {X} == a* ]] && tag", f'[[ "{V}" == a* ]] && tag'),
    (f"case {X} in a) tag;; esac", f'case "{V}" in a) tag;; esac'),
    (f"for one in {X}; do tag; done", f"for one in {V}; do tag; done"),
    (f"all=({X} b)", f"all=({V} b)"),
    (f"{X} build", f"{V} build"),
    ("if $(params.verbose); then tag; fi", 'if "${PARAM_VERBOSE}"; then tag; fi'),
    ("tag $(params.extra-args)", "tag ${PARAM_EXTRA_ARGS}"),
    ('tag "$(params.extra-args)"', 'tag "${PARAM_EXTRA_ARGS}"'),
    ("tag $(params.object.key)", 'tag "${PARAM_OBJECT_KEY}"'),
    ("tag $(params.list[0])", 'tag "${PARAM_LIST_0}"'),
    (f"tag {X}{X}", f'tag "{V}""{V}"'),
    (f"sudo bash fetch.sh {X}", f'sudo bash fetch.sh "{V}"'),
]


@pytest.mark.parametrize(("before", "after"), REPLACED)
def test_a_param_is_replaced_by_a_variable_that_means_the_same_there(before: str, after: str) -> None:
    assert [after] == script_after(task(before))


# What the made-up commands are: they show which words they get.
COMMANDS = """\
show() { printf '<%s>' "$@"; cat; echo; }
for name in tag sudo abc; do eval "$name() { show $name \\"\\$@\\"; }"; done
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
@pytest.mark.parametrize(("before", "after"), REPLACED)
@pytest.mark.parametrize("value", ["abc", "a"])
def test_a_shell_does_the_same_with_the_variable(before: str, after: str, value: str, tmp_path: Path) -> None:
    def output(script: str) -> tuple[bytes, dict[str, str]]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        names = ("X", "VERBOSE", "EXTRA_ARGS", "OBJECT_KEY", "LIST_0")
        run = subprocess.run(
            ["bash", "-c", COMMANDS + script],
            cwd=folder, input=b"", capture_output=True, check=False,
            env={"PATH": os.environ["PATH"], **{f"PARAM_{name}": value for name in names}},
        )  # fmt: skip
        return run.stdout, {file.name: file.read_text() for file in folder.iterdir()}

    assert output(re.sub(r"\$\(params\.[^)]*\)", value, before)) == output(after)


@pytest.mark.parametrize(
    "line",
    [
        f"echo '{X}'",
        f"echo $'{X}'",
        f"[[ a == {X} ]] && tag",
        f"echo $(( {X} + 1 ))",
        f"(( {X} > 1 )) && tag",
        f"case a in {X}) tag;; esac",
        f"{X}=a",
        f"export {X}",
        f'bash -c "tag {X}"',
        f'eval "tag {X}"',
        f'ssh build.example.com "tag {X}"',
        f"python3 -c \"print('{X}')\"",
        f"tag {X} '{X}'",
        f"tag {X} 'never closed",
    ],
)
def test_where_a_variable_would_not_be_the_same_it_is_only_said(line: str) -> None:
    text = task(line)

    assert [None] == [one.fix for one in lint(tree.of_texts({"a.yaml": text}))]


@pytest.mark.parametrize(
    "line",
    [
        f"# tag {X}",
        X,
        f'bash -c "{X}"',
        f'eval "{X}"',
        "tag '$(params.list[*])'",
        "tag $(workspaces.x.path) $(context.taskRun.name)",
        "tag $x $(date)",
    ],
)
def test_code_on_purpose_comments_and_what_is_no_param_are_left_alone(line: str) -> None:
    assert () == lint(tree.of_texts({"a.yaml": task(line)}))


@pytest.mark.parametrize(
    ("body", "fixed"),
    [
        (("cat <<EOF", f"name: {X}", "EOF"), ["cat <<EOF", f"name: {V}", "EOF"]),
        (("cat <<EOF", f"\\`{X}\\`", "EOF"), ["cat <<EOF", f"\\`{V}\\`", "EOF"]),
        (("cat <<EOF", f"`tag {X}`", "EOF"), None),
        (("cat <<'EOF'", f"name: {X}", "EOF"), None),
        (("bash <<EOF", f"tag {X}", "EOF"), None),
    ],
)
def test_in_a_here_document_a_variable_needs_no_quotes(body: tuple[str, ...], fixed: list[str] | None) -> None:
    text = task(*body)
    findings = lint(tree.of_texts({"a.yaml": text}))

    assert [fixed is not None] == [one.fix is not None for one in findings]
    assert (fixed or list(body)) == script_after(text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f'tag "{X}" "$NAME"', 'tag "${NAME}" "$NAME"'),
        (f'NAME=b; tag "{X}" "$NAME"', 'NAME=b; tag "${PARAM_X}" "$NAME"'),
        (f'read -r NAME; tag "{X}" "$NAME"', 'read -r NAME; tag "${PARAM_X}" "$NAME"'),
        (f'tag "{X}" "$PARAM_X"', 'tag "${NAME}" "$PARAM_X"'),
        (f'NAME=b; tag "{X}" "$PARAM_X"', 'NAME=b; tag "${PARAM_X_2}" "$PARAM_X"'),
    ],
)
def test_the_variable_that_holds_a_param_already_is_used_unless_the_script_sets_it(line: str, expected: str) -> None:
    env = "      env:\n        - name: NAME\n          value: $(params.x)\n"

    assert [expected] == script_after(task(line, env=env))
