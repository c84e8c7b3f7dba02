"""Scratch repositories, driven by plain git as a developer would, and the command line run in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import tektonlint

# Nothing of the machine's own configuration, and no clock: the tests say what git is told.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "PYTHONPATH": str(Path(tektonlint.__file__).parent.parent),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


class Run(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[str]:
        """`path:line policy` of each finding of a report with `--format concise`."""
        lines = [line for line in self.out.splitlines() if line.endswith("]")]
        return [f"{':'.join(line.split(':')[:2])} {line.rpartition(' [')[2][:-1]}" for line in lines]


class Repository:
    """A repository with a working tree in `folder`."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *words: str) -> str:
        """What plain git prints."""
        done = subprocess.run(["git", *words], cwd=self.folder, env=ENVIRONMENT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace")

    def write(self, name: str, text: str | bytes) -> Path:
        """A file of the working tree."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def commit(self) -> str:
        """Commits the working tree as it is, and returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=x", "--allow-empty")
        return self.git("rev-parse", "HEAD").strip()

    def lint(
        self, *argv: str, stdin: bytes = b"", where: str = "", environment: Mapping[str, str] | None = None
    ) -> Run:
        """`tektonlint --format concise` in the working tree, or in a folder of it, as a process of its own."""
        words = [sys.executable, "-m", "tektonlint", "--format", "concise", *argv]
        done = subprocess.run(
            words,
            cwd=self.folder / where,
            env={**ENVIRONMENT, **(environment or {})},
            input=stdin,
            capture_output=True,
            check=False,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def task(name: str, *, image: str = "golang:1.23", params: str = "", script: str = "go build ./...") -> str:
    """A Task with one step; `mutable-image` finds fault with an image without a tag, on the line after the step's."""
    head = f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: {name}\nspec:\n"
    asked = f"  params:\n    - name: {params}\n" if params else ""
    return f"{head}{asked}  steps:\n    - name: compile\n      image: {image}\n      script: {script}\n"


def pipeline(name: str, task_name: str, *, param: str = "", more: str = "") -> str:
    """A Pipeline with one task, which may be given a param."""
    head = f"apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata:\n  name: {name}\nspec:\n  tasks:\n"
    given = f"      params:\n        - name: {param}\n          value: x\n" if param else ""
    return f"{head}    - name: build\n      taskRef:\n        name: {task_name}\n{given}{more}"
