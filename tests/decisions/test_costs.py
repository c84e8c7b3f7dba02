"""What nobody asks for costs nothing: no module of it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tektonlint

PROGRAM = """
import os, sys
from tektonlint import cli
stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
cli.main(sys.argv[1:])
print(*sys.modules, file=stdout)
"""
ONLY_ON_USE = {
    "tektonlint.baseline",
    "tektonlint.clock",
    "tektonlint.commands.baselining",
    "tektonlint.config.extending",
    "tektonlint.config.settling",
    "tektonlint.config.waivers",
    "tektonlint.decisions",
    "hashlib",
}
TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang  # tektonlint: ignore[mutable-image] ours
      script: go build ./...
    - name: vet
      image: golang
      script: go vet ./...
"""


def imported(folder: Path, *argv: str) -> set[str]:
    """The modules that a run over a folder imports."""
    environment = {**os.environ, "PYTHONPATH": str(Path(tektonlint.__file__).parent.parent)}
    (folder / "task.yaml").write_text(TASK, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, *argv]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("config", [None, "policies: {mutable-image: error}\n"])
def test_a_run_without_these_decisions_imports_nothing_for_them(config: str | None, tmp_path: Path) -> None:
    if config is not None:
        (tmp_path / ".tektonlint.yaml").write_text(config)

    modules = imported(tmp_path)

    assert "tektonlint.engine" in modules
    assert set() == modules & ONLY_ON_USE


def test_a_run_with_all_of_them_imports_all_of_it(tmp_path: Path) -> None:
    """Otherwise the names above might be those of nothing."""
    waiver = "{policy: mutable-image, path: none, reason: ours, expires: 2999-12-31}"
    (tmp_path / ".tektonlint.yaml").write_text(f"extends: recommended\nwaivers: [{waiver}]\n")

    assert set() == ONLY_ON_USE - imported(tmp_path, "--write-baseline", "known.json")
