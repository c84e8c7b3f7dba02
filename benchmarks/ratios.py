"""How long tektonlint takes, as ratios of runs of the same minute on the same machine.

Usage: python benchmarks/ratios.py FOLDER [--rounds 9]

Two ratios, each from interleaved runs of whole processes, so that start-up, imports and printing count and a
machine that slows down slows both sides down:

- the folder: `tektonlint FOLDER` against an interpreter that reads the folder's Tekton files and passes each
  once through `yaml.compose_all(Loader=CSafeLoader)`. Budget: 3.
- one file that stands alone: `tektonlint FILE` against an interpreter that does nothing. Budget: 7.

The median of each side is compared; the smallest and largest ratio of a round are printed beside it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

BUDGETS = {"folder": 3.0, "file": 7.0}

COMPOSE = """
import os, sys, yaml
for parent, _, names in os.walk(sys.argv[1]):
    for name in names:
        if not name.endswith((".yaml", ".yml")):
            continue
        with open(os.path.join(parent, name), "rb") as file:
            data = file.read()
        if b"tekton.dev/" not in data:
            continue
        try:
            for _ in yaml.compose_all(data, Loader=yaml.CSafeLoader):
                pass
        except yaml.YAMLError:
            pass
"""

ALONE = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  params:
    - name: package
      type: string
      default: ./...
  workspaces:
    - name: source
  steps:
    - name: compile
      image: docker.io/library/golang:1.23
      workingDir: $(workspaces.source.path)
      env:
        - name: PACKAGE
          value: $(params.package)
      script: |
        #!/bin/sh
        set -eu
        go build "$PACKAGE"
"""


def seconds(command: Sequence[str], folder: str) -> float:
    """Wall time of one process; what it prints goes nowhere, and it may have findings but must not fail."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    taken = time.perf_counter() - start
    if done.returncode not in (0, 1) or done.stderr:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode()}")
    return taken


def compare(name: str, ours: Sequence[str], base: Sequence[str], folder: str, rounds: int) -> bool:
    """Prints one ratio with its budget; whether it is kept."""
    pairs = []
    for command in (base, ours):
        seconds(command, folder)
    for _ in range(rounds):
        pairs.append((seconds(ours, folder), seconds(base, folder)))
    mine = statistics.median(pair[0] for pair in pairs)
    theirs = statistics.median(pair[1] for pair in pairs)
    each = sorted(pair[0] / pair[1] for pair in pairs)
    ratio = mine / theirs
    print(
        f"{name:6}  {ratio:5.2f} times (rounds {each[0]:.2f} to {each[-1]:.2f}), budget {BUDGETS[name]:g}; "
        f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms"
    )
    return ratio <= BUDGETS[name]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    tektonlint = [sys.executable, "-c", "from tektonlint.cli import entry; entry()"]
    with tempfile.TemporaryDirectory() as alone:
        file = os.path.join(alone, "task.yaml")
        Path(file).write_text(ALONE, encoding="utf-8")
        kept = [
            compare(
                "folder",
                [*tektonlint, "--isolated", str(options.folder.resolve())],
                [sys.executable, "-c", COMPOSE, str(options.folder.resolve())],
                alone,
                options.rounds,
            ),
            compare("file", [*tektonlint, "task.yaml"], [sys.executable, "-c", "pass"], alone, options.rounds),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
