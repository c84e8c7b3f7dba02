"""What tests of the command lint: a Task with one finding, the same without, and one that is no YAML."""

from __future__ import annotations

from pathlib import Path

# One finding of `mutable-image`, at 8:14.
TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang
      script: go build ./...
"""
CLEAN = TASK.replace("golang", "golang:1.23")
BROKEN = "apiVersion: tekton.dev/v1\nkind: Task\nspec: [\n"


def write(path: str, text: str) -> None:
    """Writes a file below the working folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
