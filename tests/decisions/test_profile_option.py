"""`--profile` in whole runs, and `tektonlint policies`, which says what runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tektonlint import cli

Run = Callable[..., Any]

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  volumes:
    - name: left-over
      emptyDir: {}
  steps:
    - name: compile
      image: golang
      script: go build ./...
"""


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], {"mutable-image"}),
        (["--profile", "recommended"], {"mutable-image"}),
        (["--profile", "strict"], {"mutable-image", "unused-volume", "restricted-security-context"}),
        (["--profile", "strict", "--isolated"], {"mutable-image", "unused-volume", "restricted-security-context"}),
        (["--profile", "strict", "--ignore", "security"], {"mutable-image", "unused-volume"}),
        (["--profile", "security"], {"mutable-image", "restricted-security-context"}),
    ],
    ids=" ".join,
)
def test_a_profile_decides_what_runs(argv: list[str], expected: set[str], run: Run) -> None:
    Path("task.yaml").write_text(TASK, encoding="utf-8")

    assert expected == {one.split()[1] for one in run(*argv).found}


def test_the_configuration_stands_on_the_profile(run: Run) -> None:
    Path("task.yaml").write_text(TASK, encoding="utf-8")
    Path(".tektonlint.yaml").write_text("policies: {unused-volume: note, restricted-security-context: off}\n")

    assert ["task.yaml:11 mutable-image"] == run("--profile", "strict").found


def test_an_unknown_profile_is_one_line_and_exit_code_2(run: Run) -> None:
    said = "there is no profile `stict`; did you mean `strict`?"

    assert (2, "", f"tektonlint: {said}\n") == run("--profile", "stict")


def listed(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, str]:
    """What `tektonlint policies` says that policies count as."""
    assert 0 == cli.main(["policies", "--format", "json", *argv])
    return {one["id"]: one["counts-as"] for one in json.loads(capsys.readouterr().out)["policies"]}


@pytest.mark.parametrize("argv", [["--profile", "strict"], []])
def test_policies_says_what_runs_under_profile_and_configuration(
    argv: list[str], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".tektonlint.yaml").write_text("ignore: [pinning]\npolicies: {duplicate-env: error}\n")

    counting = listed(capsys, *argv)

    names = ("mutable-image", "duplicate-env", "wrong-type")
    assert ("off", "error", "error") == tuple(counting[name] for name in names)
    opt_in = ("warning", "warning") if argv else ("off", "note")
    assert opt_in == tuple(counting[name] for name in ("restricted-security-context", "unused-volume"))


def test_policies_as_text_shows_what_does_not_run(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".tektonlint.yaml").write_text("ignore: [pinning]\n")

    assert 0 == cli.main(["policies"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}

    assert ["off", "warning"] == [lines[name].split()[1] for name in ("mutable-image", "duplicate-env")]
    assert lines["shellcheck"].split()[1] == "off"
    assert lines["shellcheck"].endswith(" (opt-in)")
