"""Where reports go: which places are refused, what is written there, and what is left alone."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from tektonlint import cli
from tests.manifests import TASK

PLACE = "task.yaml:8:14: warning: "


class Run(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str


Cli = Callable[..., Run]


@pytest.fixture
def cli_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command line in this process, in a folder with one task and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    Path("task.yaml").write_text(TASK, encoding="utf-8")

    def run(*argv: str) -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
        capsys.readouterr()
        code = cli.main(argv)
        return Run(code, *capsys.readouterr())

    yield run
    sys.stdin.close()


def read(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


WRONG = {
    "two for standard output": (
        ["--format", "json", "--format", "text"],
        "--format json and --format text cannot both go to standard output; write one to a file: --format text=FILE",
    ),
    "standard output by name, and by default": (
        ["--format", "json=/dev/stdout", "--format", "text"],
        "--format json and --format text cannot both go to standard output; write one to a file: --format text=FILE",
    ),
    "one format twice": (
        ["--format", "json", "--format", "json"],
        "--format json and --format json cannot both go to standard output; write one to a file: --format json=FILE",
    ),
    "a file twice": (["--format", "json=a", "--format", "text=a"], "a: two reports cannot go to one file"),
    "a file twice, spelled in two ways": (
        ["--format", "json=a", "--format", "text=./folder/../a"],
        "./folder/../a: two reports cannot go to one file",
    ),
    "a file twice, once by --output": (
        ["--format", "json=a", "--format", "text", "--output", "a"],
        "a: two reports cannot go to one file",
    ),
    "a format with one slip": (["--format", "jsn=a"], "--format cannot be `jsn`; did you mean `json`?"),
    "a file without a format": (["--format", "=a"], "--format cannot be ``; it is one of "),
    "no name of a file": (["--format", "json="], "--format json= has no name of a file behind `=`"),
    "no name for --output": (["--output", ""], "--output has no name of a file"),
    "a folder": (["--format", "json=folder"], "folder: it is a folder; a report goes to a file"),
    "a name like a folder's": (["--format", "json=new/"], "new/: it is a folder; a report goes to a file"),
    "a folder for --output": (["--output", "folder"], "folder: it is a folder; a report goes to a file"),
    "no such folder": (["--format", "json=no/a"], "no/a: there is no folder `no` to write it to"),
    "a file in a file": (["--output", "task.yaml/a"], "task.yaml/a: there is no folder `task.yaml` to write it to"),
    "--output with nothing left for it": (
        ["--format", "json=a", "--output", "b"],
        "--output is for the format without a file, and here each has its own",
    ),
    "a file that is to be checked": (
        ["task.yaml", "--output", "./task.yaml"],
        "./task.yaml: it is a file to be checked, and the report would replace it",
    ),
    "a YAML file in a folder": (
        [".", "--format", "json=task.yaml"],
        "task.yaml: it is a file to be checked, and the report would replace it",
    ),
    "a file for a patch": (
        ["--diff", "--output", "a"],
        "--diff prints a patch and makes no report for a file; leave --output and `=FILE` away",
    ),
    "a file with a format for a patch": (
        ["--diff", "--format", "json=a"],
        "--diff prints a patch and makes no report for a file; leave --output and `=FILE` away",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_makes_no_sense_is_refused_before_anything_is_checked(
    case: str, cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tektonlint.tree.read", lambda *_, **__: pytest.fail("a file was read"))
    Path("folder").mkdir()
    argv, message = WRONG[case]

    run = cli_in(*argv)

    assert (2, "") == (run.code, run.out)
    assert run.err.startswith(f"tektonlint: {message}")
    assert 1 == run.err.count("\n")
    assert ["folder", "task.yaml"] == sorted(os.listdir())
    assert TASK == read("task.yaml")


def test_each_report_goes_where_it_is_sent(cli_in: Cli) -> None:
    run = cli_in(".", "--format", "json=a.json", "--format", "concise", "--format", "text=a.txt")

    assert (1, "") == (run.code, run.err)
    assert run.out.startswith(PLACE)
    assert ["mutable-image"] == [finding["policy"] for finding in json.loads(read("a.json"))["findings"]]
    assert read("a.txt").endswith("\n1 warning in 1 file\n")


def test_without_a_report_for_it_standard_output_stays_empty(cli_in: Cli) -> None:
    assert (1, "", "") == cli_in("--format", "concise=a.txt")
    assert read("a.txt").startswith(PLACE)


def test_output_takes_the_report_that_has_no_file(cli_in: Cli) -> None:
    assert (1, "", "") == cli_in("--format", "json=a.json", "--format", "concise", "--output", "a.txt")
    assert read("a.txt").startswith(PLACE)


def test_output_alone_takes_the_report_for_people(cli_in: Cli) -> None:
    assert (1, "", "") == cli_in("--output", "a.txt")
    assert read("a.txt").endswith("\n1 warning in 1 file\n")


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/../dev/fd/1"])
def test_standard_output_has_names(name: str, cli_in: Cli) -> None:
    run = cli_in("--format", f"concise={name}", "--format", "json=a.json")

    assert run.out.startswith(PLACE)
    assert ["a.json", "task.yaml"] == sorted(os.listdir())


@pytest.mark.parametrize(("argv", "code"), [([], 1), (["--exit-zero"], 0), (["--fail-on", "error"], 0)])
def test_the_exit_code_does_not_depend_on_where_reports_go(argv: list[str], code: int, cli_in: Cli) -> None:
    assert code == cli_in("--format", "json=a.json", *argv).code


@pytest.mark.parametrize(("when", "colored"), [("auto", False), ("never", False), ("always", True)])
def test_a_file_has_no_colour_unless_always(
    when: str, colored: bool, cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    cli_in("--output", "a.txt", "--color", when)

    assert colored == ("\x1b[" in read("a.txt"))


def test_a_patch_is_printed_whatever_the_format_on_standard_output(cli_in: Cli) -> None:
    assert cli_in("--diff") == cli_in("--diff", "--format", "json")


# What reports for services know of the run


def sarif(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(name))["runs"][0]
    return found


def test_a_report_has_the_page_of_a_policy_and_the_exit_code(cli_in: Cli) -> None:
    cli_in("--format", "sarif=a.sarif")

    run = sarif("a.sarif")
    address = "https://github.com/tektonlint/tektonlint/blob/main/docs/policies/mutable-image.md"
    assert [address] == [rule["helpUri"] for rule in run["tool"]["driver"]["rules"]]
    assert [(True, 1)] == [(one["executionSuccessful"], one["exitCode"]) for one in run["invocations"]]


def test_the_exit_code_in_a_report_is_that_of_the_run(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr("tektonlint.engine.resolve", lambda _: fails)

    code = cli_in("--format", "sarif=a.sarif").code

    assert [(False, 2, True)] == [
        (one["executionSuccessful"], one["exitCode"], bool(one["toolExecutionNotifications"]))
        for one in sarif("a.sarif")["invocations"]
    ]
    assert 2 == code


@pytest.mark.parametrize(
    ("expected", "repository", "configured", "started"),
    [
        ("sub/task.yaml", ".", ".", "."),
        ("sub/task.yaml", ".", ".", "sub"),
        ("sub/task.yaml", ".", "sub", "."),
        ("task.yaml", "sub", "sub", "."),
        ("sub/task.yaml", None, ".", "."),
        ("task.yaml", None, ".", "sub"),
    ],
)
def test_paths_are_those_of_the_repository_wherever_the_run_is_started(
    expected: str,
    repository: str | None,
    configured: str,
    started: str,
    cli_in: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a repository they are those of the working folder."""
    Path("sub").mkdir()
    Path("task.yaml").rename("sub/task.yaml")
    Path(configured, ".tektonlint.yaml").write_text("exclude: []\n", encoding="utf-8")
    if repository is not None:
        Path(repository, ".git").mkdir()
    target = os.path.relpath("sub", started)
    monkeypatch.chdir(started)

    cli_in(target, "--format", "sarif=a.sarif", "--format", "gitlab")

    place = sarif("a.sarif")["results"][0]["locations"][0]["physicalLocation"]
    assert expected == place["artifactLocation"]["uri"]


# The file itself


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(cli_in: Cli) -> None:
    """The tree that is checked may have planted it."""
    Path("secret").write_text("kept\n", encoding="utf-8")
    os.symlink("secret", "a.txt")

    cli_in("--output", "a.txt")

    assert "kept\n" == read("secret")
    assert not os.path.islink("a.txt")
    assert read("a.txt").endswith("\n1 warning in 1 file\n")


def test_a_link_that_leads_nowhere_is_replaced(cli_in: Cli) -> None:
    os.symlink("nowhere", "a.txt")

    cli_in("--output", "a.txt")

    assert ["a.txt", "task.yaml"] == sorted(os.listdir())
    assert stat.S_ISREG(os.lstat("a.txt").st_mode)


def test_a_folder_may_be_a_link(cli_in: Cli, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The operator named it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    os.symlink(elsewhere, "out")

    assert 1 == cli_in(".", "--output", "out/a.txt").code
    assert (elsewhere / "a.txt").is_file()


def test_a_report_of_a_former_run_is_replaced_and_keeps_its_mode(cli_in: Cli) -> None:
    Path("a.txt").write_text("old and much longer than what comes\n" * 100, encoding="utf-8")
    os.chmod("a.txt", 0o640)

    cli_in("--output", "a.txt", "--format", "concise")

    assert 1 == read("a.txt").count("\n")
    assert 0o640 == stat.S_IMODE(os.stat("a.txt").st_mode)


def test_a_report_of_a_former_run_that_is_read_only_stays(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.txt").write_text("kept\n", encoding="utf-8")
    # Whoever runs as root may write to anything.
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == "a.txt" and mode == os.W_OK))

    run = cli_in("--output", "a.txt")

    assert (2, "tektonlint: a.txt: the text report could not be written: it is read-only\n") == (run.code, run.err)
    assert "kept\n" == read("a.txt")


def test_a_new_report_has_the_mode_of_any_new_file(cli_in: Cli) -> None:
    old = os.umask(0o027)
    try:
        cli_in("--output", "a.txt")
    finally:
        os.umask(old)

    assert 0o640 == stat.S_IMODE(os.stat("a.txt").st_mode)


def test_nothing_else_is_left_behind(cli_in: Cli) -> None:
    cli_in("--output", "a.txt")

    assert ["a.txt", "task.yaml"] == sorted(os.listdir())


def test_a_report_that_cannot_be_written_does_not_keep_the_others(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.replace

    def full(source: str, target: str) -> None:
        if target == "a.json":
            raise OSError(28, "No space left on device")
        really(source, target)

    monkeypatch.setattr(os, "replace", full)

    run = cli_in("--format", "json=a.json", "--format", "concise=a.txt", "--format", "text")

    message = "tektonlint: a.json: the json report could not be written: no space left on device\n"
    assert (2, message) == (run.code, run.err)
    assert run.out.endswith("\n1 warning in 1 file\n")
    assert ["a.txt", "task.yaml"] == sorted(os.listdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_written_into(cli_in: Cli) -> None:
    os.mkfifo("pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(read("pipe")))
    reader.start()

    cli_in("--format", "concise=pipe")
    reader.join(timeout=10)

    assert [True] == [text.startswith(PLACE) for text in got]
    assert stat.S_ISFIFO(os.lstat("pipe").st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_device_is_written_into(cli_in: Cli) -> None:
    run = cli_in("--format", "concise=/dev/full")

    message = "tektonlint: /dev/full: the concise report could not be written: no space left on device\n"
    assert (2, message) == (run.code, run.err)


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="there is no /dev/fd here")
def test_a_descriptor_that_is_a_file_is_written_behind_what_is_there(tmp_path: Path) -> None:
    """As of `3>>log`; the link in /dev is the system's own and stays."""
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    log = tmp_path / "log"
    log.write_text("before\n", encoding="utf-8")
    with open(log, "ab") as file:
        done = subprocess.run(
            [sys.executable, "-m", "tektonlint", "--format", f"concise=/dev/fd/{file.fileno()}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent / "src")},
            pass_fds=[file.fileno()],
            capture_output=True,
            check=False,
            timeout=60,
        )

    assert (1, b"", b"") == (done.returncode, done.stdout, done.stderr)
    assert log.read_text(encoding="utf-8").startswith(f"before\n{PLACE}")


def test_a_reader_that_has_seen_enough_does_not_keep_a_file_from_being_written(tmp_path: Path) -> None:
    """As in `tektonlint --format text --format json=a.json | head -1`."""
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    end, beginning = os.pipe()
    os.close(end)

    done = subprocess.run(
        [sys.executable, "-m", "tektonlint", "--format", "text", "--format", "json=a.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent / "src")},
        stdout=beginning,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(beginning)

    assert (1, b"") == (done.returncode, done.stderr)
    assert 1 == len(json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["findings"])
