"""A job: a repository with a pull request, its workspace, and tektonlint installed as the action does it.

Installing needs the package registry (or a cache of it); where pip cannot get what it needs the tests are skipped, but
for CI.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.github_action.runner import Done, run_step

NO_NETWORK = ("No matching distribution found", "Could not fetch URL", "Max retries exceeded", "Temporary failure")
STARTED = """\
#!/usr/bin/env bash
if [ "$2" != -m ]; then
  exec '{python}' "$@"
fi
{script}
"""


class Repository:
    """A Git repository on the branch main."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        roles, parts = ("AUTHOR", "COMMITTER"), ("NAME", "EMAIL")
        who = {f"GIT_{role}_{part}": "test@example.com" for role in roles for part in parts}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**kept, **who, "GIT_CONFIG_GLOBAL": os.devnull},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout.strip()

    def write(self, name: str, text: str | None) -> None:
        """None deletes the file."""
        path = self.folder / name
        if text is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str | None]) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")


class Job:
    """The workspace of a job, and what the runner gives to its steps."""

    def __init__(self, repository: Repository, temporary: Path, venv: Path) -> None:
        self.repository = repository
        self.workspace = repository.folder
        self.temporary = temporary
        self.event: dict[str, Any] = {}
        self.event_name = "push"
        self.folder = temporary / "tektonlint.test"
        self.folder.mkdir(parents=True)
        (self.folder / "venv").symlink_to(venv)

    def push(self, files: Mapping[str, str | None]) -> None:
        self.repository.commit(files)

    def pull_request(self, base: Mapping[str, str | None], head: Mapping[str, str | None]) -> str:
        """Checks out the merge of a branch, as actions/checkout does; gives the name of the base revision."""
        git = self.repository.git
        revision = self.repository.commit(base)
        git("switch", "--quiet", "--create", "change")
        self.repository.commit(head)
        git("switch", "--quiet", "--detach", "main")
        git("merge", "--quiet", "--no-ff", "--message", "merged", "change")
        self.event_name, self.event = "pull_request", {"pull_request": {"base": {"sha": revision}}}
        return revision

    def lint(self, **inputs: str) -> Done:
        """Runs the step that lints; `fail_on` is the input `fail-on`."""
        return run_step(
            "lint",
            workspace=self.workspace,
            temporary=self.temporary,
            event_name=self.event_name,
            event=self.event,
            inputs={name.replace("_", "-"): value for name, value in inputs.items()},
            outputs={"install": {"folder": str(self.folder)}},
        )

    def replace_tektonlint(self, script: str) -> None:
        """What is started in place of tektonlint; everything else is done by the real Python."""
        venv = (self.folder / "venv").resolve()
        (self.folder / "venv").unlink()
        python = self.folder / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(STARTED.format(python=venv / "bin" / "python", script=script), encoding="utf-8")
        python.chmod(0o755)

    def arguments(self, **inputs: str) -> list[str]:
        """What tektonlint is started with, without starting it."""
        record = self.temporary / "record"
        self.replace_tektonlint(f"printf '%s\\0' \"$@\" >'{record}'")
        done = self.lint(**inputs)
        assert 0 == done.code, done.log
        words = record.read_bytes().decode("utf-8").split("\0")
        assert ["-I", "-m", "tektonlint"] == words[:3]
        return words[3:-1]

    def found(self, done: Done) -> list[tuple[str, str]]:
        """The policies and files of the annotations."""
        return [(one.properties["title"], one.properties["file"]) for one in done.commands if "file" in one.properties]


class Installed(NamedTuple):
    """What the first step did, in a workspace that holds traps."""

    done: Done
    venv: Path
    workspace: Path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    if shutil.which("git") is None or shutil.which("bash") is None:
        pytest.skip("git and bash are not installed here")
    workspace, temporary = tmp_path_factory.mktemp("workspace"), tmp_path_factory.mktemp("runner temp")
    for name in ("venv", "pip", "ensurepip", "sitecustomize", "hatchling", "tektonlint"):
        (workspace / f"{name}.py").write_text(f"open({json.dumps(str(workspace / 'sprung'))}, 'w')\n", encoding="utf-8")
    done = run_step(
        "install", workspace=workspace, temporary=temporary, event_name="push", event={}, inputs={}, outputs={}
    )
    if done.code and "CI" not in os.environ and any(words in done.log for words in NO_NETWORK):
        pytest.skip("pip cannot download what the action installs")
    assert 0 == done.code, done.log
    return Installed(done, Path(done.outputs["folder"]) / "venv", workspace)


@pytest.fixture
def job(installed: Installed, tmp_path: Path) -> Job:
    return Job(Repository(tmp_path / "workspace"), tmp_path / "runner temp", installed.venv)
