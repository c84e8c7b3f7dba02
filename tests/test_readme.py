"""Every command in the README does what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SET_UP = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/tektonlint examples/gitops/"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
# Each command in the order of the README with its exit code. The example tree has findings on purpose.
COMMANDS = {
    "tektonlint examples/gitops/runs/granite-8b.yaml": 1,
    SET_UP: 1,
    TEST: 0,
    "tektonlint policies": 0,
    "tektonlint explain timeout-misplaced": 0,
    "tektonlint examples/gitops --severity note --statistics": 1,
    "tektonlint examples/gitops --select timeouts,mutable-image --format concise": 1,
    "tektonlint --help": 0,
    "tektonlint examples/gitops --diff": 1,
    "tektonlint examples/gitops --changed=HEAD": 0,
    "tektonlint examples/gitops --base=HEAD": 1,
    "tektonlint examples/gitops --write-baseline known.json": 1,
    "tektonlint policies --profile strict": 0,
    "tektonlint examples/gitops --format json --exit-zero": 0,
    "tektonlint examples/gitops --format text --format sarif=tektonlint.sarif": 1,
    "tektonlint test examples/policies": 0,
}
PRIVATE = shutil.ignore_patterns(
    ".git", ".venv", ".hypothesis", ".*_cache", ".benchmarks", "__pycache__", "dist", "build", "*.egg-info"
)


class Transcript(NamedTuple):
    """A command and what it prints."""

    command: str
    output: str


def transcripts() -> list[Transcript]:
    return [
        Transcript(command, output)
        for language, text in BLOCKS
        if language == "console"
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    ]


def commands() -> list[str]:
    """Every distinct command, in order."""
    found = [
        line.removeprefix("$ ")
        for language, text in BLOCKS
        for line in text.splitlines()
        if language == "sh" or (language == "console" and line.startswith("$ "))
    ]
    return list(dict.fromkeys(found))


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Runs a line of the README as a new user's shell would, with the folder's own environment on the path.

    pytest is told, by its environment, to run one small file: this is itself a part of the whole suite, which
    would not end. That the line passes with nothing left out is what `.ci/run` shows, which takes it from here.
    """
    foreign = ("PYTHON", "VIRTUAL_ENV", "TEKTONLINT")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "PATH": f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONIOENCODING": "utf-8",
        "PYTEST_ADDOPTS": "tests/test_layers.py",
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout without anything that a clone does not have, in which the set-up line has been run."""
    folder = tmp_path_factory.mktemp("clone") / "tektonlint"
    shutil.copytree(ROOT, folder, ignore=PRIVATE)
    # A clone has a commit, and some commands compare with it.
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=x")):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words], cwd=folder, check=True)
    done = shell(SET_UP, folder)
    # An exit code of 1 is also pip's; only tektonlint prints this.
    assert re.search(rb"^\d+ errors, \d+ warnings in \d+ files", done.stdout, re.MULTILINE), done.stderr.decode()
    assert COMMANDS[SET_UP] == done.returncode
    return folder


def test_these_are_the_commands_of_the_readme() -> None:
    assert list(COMMANDS) == commands()


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda one: one.command)
def test_a_transcript_is_what_the_command_prints(transcript: Transcript) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *transcript.command.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (COMMANDS[transcript.command], b"") == (run.returncode, run.stderr)
    assert transcript.output == run.stdout.decode()


def test_there_is_a_transcript() -> None:
    assert 1 == len(transcripts())


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in (SET_UP, TEST)])
def test_a_command_does_what_the_readme_says(command: str, checkout: Path) -> None:
    done = shell(command, checkout)

    assert (COMMANDS[command], b"") == (done.returncode, done.stderr)
    assert done.stdout


def test_the_line_for_the_tests_sets_up_and_runs_them(checkout: Path) -> None:
    """See `shell` about what pytest runs here."""
    done = shell(TEST, checkout)

    assert COMMANDS[TEST] == done.returncode, (done.stdout + done.stderr).decode()
    assert re.search(rb"^=+ \d+ passed in [\d.]+s", done.stdout, re.MULTILINE)


def test_ci_runs_the_line_for_the_tests_as_it_stands_in_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    (assignment,) = re.findall(r"^tests=.*$", script, re.MULTILINE)

    taken = subprocess.run(
        ["bash", "-c", f'{assignment}; printf %s "$tests"'], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert TEST == taken.stdout
    assert 'bash -c "$tests"' in script
    assert "-m pytest" not in script.replace(assignment, "")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", README))))
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).is_file()


def test_every_area_is_named() -> None:
    areas = {path.parent.name for path in (ROOT / "policies").glob("*/*.yaml")}

    section = README.partition("## What it finds")[2].partition("\n## ")[0]
    assert areas == set(re.findall(r"`([a-z]+)`", section)) & areas
