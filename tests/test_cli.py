"""The command line: verbs and paths, options, exit codes, and what is printed where."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from tektonlint import __version__, cli
from tests.manifests import CLEAN, TASK

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "gitops"

# `mutable-image` at 8:14, and `duplicate-env` at 10:17.
TWO_FINDINGS = TASK.replace(
    "      script",
    """\
      env:
        - name: GOOS
          value: linux
        - name: GOOS
          value: darwin
      script""",
)
AS_NOTE = "policies:\n  mutable-image: note\n"
AS_ERROR = "policies:\n  mutable-image: error\n"


class Run(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def places(self) -> list[str]:
        """`path:line:column: severity` of each finding of a report with `--format concise`."""
        return [" ".join(line.split(" ")[:2]).removesuffix(":") for line in self.out.splitlines()]

    @property
    def policies(self) -> list[str]:
        """The policy of each finding of a report with `--format concise`."""
        return [line.rpartition(" [")[2].removesuffix("]") for line in self.out.splitlines()]


Cli = Callable[..., Run]


@pytest.fixture
def cli_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)

    def run(*argv: str, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = cli.main(argv)
        return Run(code, *capsys.readouterr())

    yield run
    sys.stdin.close()


def write(path: str, text: str) -> str:
    """A file below the working folder; its path again."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return path


# Exit codes and severities


def test_without_findings_the_exit_code_is_0(cli_in: Cli) -> None:
    write("task.yaml", CLEAN)

    assert (0, "No findings in 1 file\n", "") == cli_in("task.yaml")


def test_with_a_finding_the_exit_code_is_1(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "--format", "concise")

    assert (1, ["task.yaml:8:14: warning"], "") == (run.code, run.places, run.err)


def test_exit_zero_tells_the_findings_and_exits_with_0(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "--format", "concise", "--exit-zero")

    assert (0, ["task.yaml:8:14: warning"]) == (run.code, run.places)


def test_what_is_below_fail_on_is_told_but_does_not_fail(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "--format", "concise", "--fail-on", "error")

    assert (0, ["task.yaml:8:14: warning"]) == (run.code, run.places)


def test_an_error_is_above_fail_on_warning(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_ERROR)

    run = cli_in("task.yaml", "--format", "concise", "--fail-on", "warning")

    assert (1, ["task.yaml:8:14: error"]) == (run.code, run.places)


def test_a_note_is_hidden_and_does_not_fail_but_the_closing_line_counts_it(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)

    run = cli_in("task.yaml")

    assert (0, "No findings in 1 file; 1 note hidden (--severity note shows it)\n", "") == run


def test_a_hidden_note_fails_with_fail_on_note(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)

    run = cli_in("task.yaml", "--fail-on", "note")

    assert (1, "No findings in 1 file; 1 note hidden (--severity note shows it)\n", "") == run


def test_severity_note_shows_notes(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)

    run = cli_in("task.yaml", "--severity", "note", "--format", "concise")

    assert (0, ["task.yaml:8:14: note"]) == (run.code, run.places)


def test_severity_error_hides_a_warning_that_still_fails(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "--severity", "error")

    assert (1, "No findings in 1 file; 1 warning hidden (--severity warning shows it)\n", "") == run


# What cannot be done: exit code 2, one line on standard error, nothing on standard output

WRONG = {
    "an unknown option": (["--bogus"], "there is no option `--bogus`"),
    "an option with one slip": (["--selct", "x"], "there is no option `--selct`; did you mean `--select`?"),
    "an option with a value and one slip": (
        ["--stdin-nam=x"],
        "there is no option `--stdin-nam`; did you mean `--stdin-name`?",
    ),
    "an abbreviated option": (["--isolate"], "there is no option `--isolate`; did you mean `--isolated`?"),
    "an option without its value": (["--format"], "argument --format: expected one argument"),
    "a value for a switch": (["--quiet=yes"], "argument --quiet: ignored explicit argument 'yes'"),
    "a format with one slip": (["--format", "jsn"], "--format cannot be `jsn`; did you mean `json`?"),
    "an unknown format": (
        ["--format", "xml"],
        "--format cannot be `xml`; "
        "it is one of text, concise, json, sarif, github, gitlab, junit, rdjson, markdown",
    ),
    "an unknown severity": (["--severity", "info"], "--severity cannot be `info`; it is one of error, warning, note"),
    "an unknown level to fail on": (["--fail-on", "notes"], "--fail-on cannot be `notes`; did you mean `note`?"),
    "an unknown colour setting": (["--color", "maybe"], "--color cannot be `maybe`; it is one of auto, always, never"),
    "a path that is not there": (["missing.yaml"], "missing.yaml: there is no such file or folder"),
    "an unknown id to select": (
        ["--select", "mutable-imag"],
        "there is no policy or area `mutable-imag`; did you mean `mutable-image`?",
    ),
    "an unknown id to ignore": (
        ["--ignore", "Mutable_Image"],
        "there is no policy or area `Mutable_Image`; did you mean `mutable-image`?",
    ),
    "an unknown area": (["--select", "pining"], "there is no policy or area `pining`; did you mean `pinning`?"),
    "an id that is like none": (["--select", "zzzz"], "there is no policy or area `zzzz`"),
    "an empty selection": (["--select", ","], "--select names no policy and no area"),
    "both --isolated and --config": (
        ["--isolated", "--config", "c.yaml"],
        "--isolated and --config exclude each other",
    ),
    "both --fix and --diff": (["--fix", "--diff"], "--fix and --diff exclude each other"),
    "--unsafe-fixes alone": (["--unsafe-fixes"], "--unsafe-fixes goes with --fix or --diff"),
    "--fix with standard input": (
        ["-", "--fix"],
        "--fix cannot write to standard input; --diff prints what it would change",
    ),
    "a name for standard input that is not read": (
        ["--stdin-name", "task.yaml"],
        "--stdin-name is for standard input, but the paths do not hold `-`",
    ),
    "a root that is not there": (["--root", "missing"], "--root missing: there is no such folder"),
    "a configuration that is not there": (
        ["--config", "missing.yaml"],
        "missing.yaml: no such file or directory",
    ),
    "explain without an id": (["explain"], "the following arguments are required: ID"),
    "explain with two ids": (["explain", "mutable-image", "more"], "`more` is one argument too many"),
    "explain with an id with one slip": (
        ["explain", "mutable-images"],
        "there is no policy `mutable-images`; did you mean `mutable-image`?",
    ),
    "explain with an id that is like none": (
        ["explain", "zzzz"],
        "there is no policy `zzzz`; `tektonlint policies` lists them",
    ),
    "an option that the verb does not have": (["policies", "--select", "x"], "there is no option `--select`"),
    "a format that policies does not have": (
        ["policies", "--format", "markdow"],
        "--format cannot be `markdow`; did you mean `markdown`?",
    ),
    "a path to test that is not there": (["test", "missing"], "missing: there is no such file or folder"),
    "a folder to test without policies": (["test", "."], ".: there is no policy in it (a policy is a .yaml file)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_told_in_one_line_with_exit_code_2(case: str, cli_in: Cli) -> None:
    argv, message = WRONG[case]

    assert (2, "", f"tektonlint: {message}\n") == cli_in(*argv)


def test_a_path_outside_the_root_is_refused(cli_in: Cli, tmp_path: Path) -> None:
    write("inside/task.yaml", TASK)
    write("outside.yaml", TASK)

    run = cli_in("outside.yaml", "--root", "inside")

    assert (2, "", f"tektonlint: outside.yaml: it is outside the root {tmp_path / 'inside'}\n") == run


def test_a_mistake_in_the_configuration_names_its_file_and_line(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "ignore:\n  - mutable-imag\n")

    message = ".tektonlint.yaml:2: there is no policy or area `mutable-imag`; did you mean `mutable-image`?"
    assert (2, "", f"tektonlint: {message}\n") == cli_in("task.yaml")


def test_a_key_that_no_configuration_has_is_refused(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "excludes: []\n")

    message = ".tektonlint.yaml:1: there is no key `excludes`; did you mean `exclude`?"
    assert (2, "", f"tektonlint: {message}\n") == cli_in("task.yaml")


# Verbs and paths


@pytest.mark.parametrize("verb", cli.VERBS)
def test_a_folder_that_is_called_like_a_verb_can_be_checked(verb: str, cli_in: Cli) -> None:
    write(f"{verb}/task.yaml", TASK)
    expected = [f"{verb}/task.yaml:8:14: warning"]

    for argv in ([f"{verb}/"], [f"./{verb}"], ["check", verb], ["--quiet", verb]):
        assert expected == cli_in(*argv, "--format", "concise").places


def test_a_verb_wins_over_a_folder_of_its_name(cli_in: Cli) -> None:
    write("policies/task.yaml", TASK)

    run = cli_in("policies")

    assert (0, True) == (run.code, "mutable-image" in run.out)


def test_without_a_path_the_working_folder_is_checked(cli_in: Cli) -> None:
    write("deep/down/task.yaml", TASK)

    assert ["deep/down/task.yaml:8:14: warning"] == cli_in("--format", "concise").places


def test_check_without_a_path_checks_the_working_folder(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    assert ["task.yaml:8:14: warning"] == cli_in("check", "--format", "concise").places


def test_files_and_folders_can_be_mixed(cli_in: Cli) -> None:
    write("a/task.yaml", TASK)
    write("b.yaml", TASK)
    write("not-named.yaml", TASK)

    run = cli_in("b.yaml", "a", "--format", "concise")

    assert ["a/task.yaml:8:14: warning", "b.yaml:8:14: warning"] == run.places


def test_a_file_that_is_named_twice_is_told_once(cli_in: Cli) -> None:
    write("a/task.yaml", TASK)

    run = cli_in("a/task.yaml", "a", "./a/../a/task.yaml", "--format", "concise")

    assert ["a/task.yaml:8:14: warning"] == run.places


def test_options_can_stand_between_paths(cli_in: Cli) -> None:
    write("a.yaml", TASK)
    write("b.yaml", TASK)

    run = cli_in("a.yaml", "--format", "concise", "b.yaml", "--exit-zero")

    assert (0, ["a.yaml:8:14: warning", "b.yaml:8:14: warning"]) == (run.code, run.places)


def test_everything_behind_two_hyphens_is_a_path(cli_in: Cli) -> None:
    write("a.yaml", TASK)
    write("--quiet.yaml", TASK)

    run = cli_in("a.yaml", "--format", "concise", "--", "--quiet.yaml")

    assert ["--quiet.yaml:8:14: warning", "a.yaml:8:14: warning"] == run.places


def test_paths_are_told_relative_to_the_working_folder(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/task.yaml", TASK)
    write("b/c/task.yaml", TASK)
    monkeypatch.chdir("b")

    run = cli_in(os.path.abspath("../a"), ".", "--format", "concise")

    assert ["../a/task.yaml:8:14: warning", "c/task.yaml:8:14: warning"] == run.places


def test_only_what_is_named_is_told_though_the_whole_root_is_read(cli_in: Cli) -> None:
    Path(".git").mkdir()
    write("a.yaml", TASK)
    write("b.yaml", TASK)

    run = cli_in("a.yaml")

    assert run.out.endswith("\n\n1 warning in 1 file\n")


def test_standard_input_is_a_file(cli_in: Cli) -> None:
    run = cli_in("-", "--format", "concise", stdin=TASK.encode())

    assert (1, ["stdin.yaml:8:14: warning"]) == (run.code, run.places)


def test_standard_input_can_have_a_name(cli_in: Cli) -> None:
    run = cli_in("-", "--stdin-name", "tasks/compile.yaml", "--format", "concise", stdin=TASK.encode())

    assert ["tasks/compile.yaml:8:14: warning"] == run.places


def test_standard_input_stands_for_the_file_of_its_name(cli_in: Cli) -> None:
    write("task.yaml", CLEAN)

    run = cli_in("-", ".", "--stdin-name", "task.yaml", "--format", "concise", stdin=TASK.encode())

    assert ["task.yaml:8:14: warning"] == run.places


def test_standard_input_and_files_can_be_mixed(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "-", "--format", "concise", stdin=TASK.encode())

    assert ["stdin.yaml:8:14: warning", "task.yaml:8:14: warning"] == run.places


def test_standard_input_with_a_name_has_the_configuration_of_its_place(cli_in: Cli) -> None:
    write("tree/.tektonlint.yaml", AS_NOTE)

    run = cli_in("-", "--stdin-name", "tree/task.yaml", stdin=TASK.encode())

    assert (0, "No findings in 1 file; 1 note hidden (--severity note shows it)\n", "") == run


# Which policies run


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], ["mutable-image", "duplicate-env"]),
        (["--select", "mutable-image"], ["mutable-image"]),
        (["--select", "mutable-image,duplicate-env"], ["mutable-image", "duplicate-env"]),
        (["--select", "mutable-image", "--select", "duplicate-env"], ["mutable-image", "duplicate-env"]),
        (["--select", " duplicate-env , pinning "], ["mutable-image", "duplicate-env"]),
        (["--select", "pinning"], ["mutable-image"]),
        (["--ignore", "pinning"], ["duplicate-env"]),
        (["--ignore", "mutable-image,duplicate-env"], []),
        (["--ignore", "mutable-image", "--ignore", "duplicate-env"], []),
        (["--select", "pinning", "--ignore", "mutable-image"], []),
        (["--ignore", ""], ["mutable-image", "duplicate-env"]),
    ],
    ids=" ".join,
)
def test_policies_are_selected_and_ignored_by_id_and_area(argv: list[str], expected: list[str], cli_in: Cli) -> None:
    write("task.yaml", TWO_FINDINGS)

    assert expected == cli_in("task.yaml", "--format", "concise", *argv).policies


def test_select_on_the_command_line_replaces_that_of_the_configuration(cli_in: Cli) -> None:
    write("task.yaml", TWO_FINDINGS)
    write(".tektonlint.yaml", "select: [mutable-image]\n")

    run = cli_in("task.yaml", "--format", "concise", "--select", "duplicate-env")

    assert ["duplicate-env"] == run.policies


def test_ignore_on_the_command_line_adds_to_that_of_the_configuration(cli_in: Cli) -> None:
    write("task.yaml", TWO_FINDINGS)
    write(".tektonlint.yaml", "ignore: [mutable-image]\n")

    run = cli_in("task.yaml", "--format", "concise", "--ignore", "duplicate-env")

    assert (0, []) == (run.code, run.policies)


def test_a_given_configuration_replaces_that_of_the_root(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)
    write("elsewhere/strict.yaml", AS_ERROR)

    run = cli_in("task.yaml", "--format", "concise", "--config", "elsewhere/strict.yaml")

    assert ["task.yaml:8:14: error"] == run.places


def test_isolated_reads_no_configuration(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)

    assert ["task.yaml:8:14: warning"] == cli_in("task.yaml", "--format", "concise", "--isolated").places


def test_isolated_works_where_the_configuration_is_broken(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "[")

    assert ["task.yaml:8:14: warning"] == cli_in("task.yaml", "--format", "concise", "--isolated").places


def test_the_configuration_of_the_nearest_folder_upward_counts(cli_in: Cli) -> None:
    write(".tektonlint.yaml", AS_ERROR)
    write("near/.tektonlint.yaml", AS_NOTE)
    write("near/deep/task.yaml", TASK)

    run = cli_in("near/deep/task.yaml", "--format", "concise", "--severity", "note")

    assert ["near/deep/task.yaml:8:14: note"] == run.places


def test_the_configuration_of_a_given_root_counts(cli_in: Cli) -> None:
    write(".tektonlint.yaml", AS_ERROR)
    write("near/.tektonlint.yaml", AS_NOTE)
    write("near/task.yaml", TASK)

    run = cli_in("near/task.yaml", "--format", "concise", "--root", ".")

    assert ["near/task.yaml:8:14: error"] == run.places


# What is printed


def test_quiet_prints_findings_only(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    run = cli_in("task.yaml", "--quiet")

    assert run.out.startswith("task.yaml:8:14  warning  ")
    assert ["  8 |       image: golang", "    |              ^^^^^^"] == lines(run.out)[1:]


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_quiet_prints_nothing_where_nothing_is_found(cli_in: Cli) -> None:
    write("task.yaml", CLEAN)

    assert (0, "", "") == cli_in("task.yaml", "--quiet")


def test_statistics_count_the_findings_of_each_policy(cli_in: Cli) -> None:
    write("a.yaml", TASK)
    write("b.yaml", TWO_FINDINGS)

    run = cli_in("--statistics", ".")

    expected = ["2  warning  mutable-image", "1  warning  duplicate-env", "", "3 warnings in 2 files"]
    assert expected == lines(run.out)[-4:]


@pytest.mark.parametrize(
    ("argv", "terminal", "environment", "colored"),
    [
        ([], True, {}, True),
        ([], False, {}, False),
        (["--color", "auto"], True, {"NO_COLOR": "1"}, False),
        (["--color", "auto"], True, {"NO_COLOR": ""}, True),
        (["--color", "auto"], True, {"TERM": "dumb"}, False),
        (["--color", "always"], False, {"NO_COLOR": "1"}, True),
        (["--color", "never"], True, {}, False),
    ],
)
def test_colour_is_for_terminals_unless_told_otherwise(
    argv: list[str],
    terminal: bool,
    environment: dict[str, str],
    colored: bool,
    cli_in: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """https://no-color.org: any value of NO_COLOR that is not empty counts."""
    write("task.yaml", TASK)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)

    assert colored == ("\x1b[" in cli_in("task.yaml", *argv).out)


def test_concise_is_one_line_for_each_finding(cli_in: Cli) -> None:
    write("task.yaml", TWO_FINDINGS)

    run = cli_in("task.yaml", "--format", "concise")

    assert ["task.yaml:8:14: warning", "task.yaml:10:17: warning"] == run.places


@pytest.mark.parametrize("argv", [[], ["--quiet"], ["--statistics"], ["--color", "always"]], ids=" ".join)
@pytest.mark.parametrize("text", [TASK, CLEAN], ids=["finding", "clean"])
def test_json_is_exactly_one_object_whatever_else_is_asked_for(text: str, argv: list[str], cli_in: Cli) -> None:
    write("task.yaml", text)

    run = cli_in("task.yaml", "--format", "json", *argv)

    report = json.loads(run.out)
    assert ([] if text == CLEAN else ["mutable-image"]) == [finding["policy"] for finding in report["findings"]]
    assert (1, "\n", "") == (run.out.count("\n"), run.out[-1], run.err)


def test_json_counts_what_is_hidden(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", AS_NOTE)

    report = json.loads(cli_in("task.yaml", "--format", "json").out)

    assert {
        "files": 1,
        "documents": 1,
        "findings": 0,
        "by_severity": {"error": 0, "warning": 0, "note": 0},
        "hidden": 1,
        "fixed": 0,
        "baselined": 0,
    } == report["summary"]


def test_version_is_one_line(cli_in: Cli) -> None:
    assert (0, f"tektonlint {__version__}\n", "") == cli_in("--version")


def test_explain_prints_the_page_of_a_policy(cli_in: Cli) -> None:
    run = cli_in("explain", "mutable-image")

    assert (0, (ROOT / "docs/policies/mutable-image.md").read_text(encoding="utf-8"), "") == run


def test_policies_as_json_is_one_object_that_holds_every_policy(cli_in: Cli) -> None:
    run = cli_in("policies", "--format", "json")

    expected = sorted(path.stem for path in (ROOT / "policies").glob("*/*.yaml"))
    assert expected == sorted(policy["id"] for policy in json.loads(run.out)["policies"])


def test_policies_as_markdown_is_the_index(cli_in: Cli) -> None:
    run = cli_in("policies", "--format", "markdown")

    assert (0, (ROOT / "policies/README.md").read_text(encoding="utf-8"), "") == run


def test_policies_lists_them_by_area(cli_in: Cli) -> None:
    found = lines(cli_in("policies").out)

    areas = [line for line in found if line and line[0] != " "]
    assert sorted({path.parent.name for path in (ROOT / "policies").glob("*/*.yaml")}) == areas
    below = found[found.index("pinning") + 1].split()
    assert ["mutable-image", "warning"] == below[:2]


# `compute-resources` at 9:7, with a safe fix.
FIXABLE = CLEAN.replace("      script", "      resources:\n        limits: {memory: 1Gi}\n      script")
FIXED = FIXABLE.replace("resources", "computeResources")
PATCH = """\
--- a/task.yaml
+++ b/task.yaml
@@ -6,6 +6,6 @@
   steps:
     - name: compile
       image: golang:1.23
-      resources:
+      computeResources:
         limits: {memory: 1Gi}
       script: go build ./...
"""


def test_diff_prints_what_would_change_and_changes_nothing(cli_in: Cli) -> None:
    write("task.yaml", FIXABLE)

    assert (1, PATCH, "") == cli_in("task.yaml", "--diff")
    assert FIXABLE == Path("task.yaml").read_text(encoding="utf-8")


def test_diff_prints_nothing_where_nothing_would_change(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    assert (0, "", "") == cli_in("task.yaml", "--diff")


def test_diff_of_standard_input(cli_in: Cli) -> None:
    run = cli_in("-", "--stdin-name", "task.yaml", "--diff", stdin=FIXABLE.encode())

    assert (1, PATCH, "") == run


def test_fix_repairs_the_file_and_counts(cli_in: Cli) -> None:
    write("task.yaml", FIXABLE)

    assert (0, "No findings in 1 file; 1 fixed\n", "") == cli_in("task.yaml", "--fix")
    assert FIXED == Path("task.yaml").read_text(encoding="utf-8")


def test_fix_tells_what_is_left(cli_in: Cli) -> None:
    write("task.yaml", FIXABLE.replace("golang:1.23", "golang"))

    run = cli_in("task.yaml", "--fix", "--format", "concise")

    assert (1, ["task.yaml:8:14: warning"]) == (run.code, run.places)


def test_fix_changes_only_what_is_named(cli_in: Cli) -> None:
    Path(".git").mkdir()
    write("task.yaml", FIXABLE)
    write("other.yaml", FIXABLE)

    cli_in("task.yaml", "--fix")

    assert FIXABLE == Path("other.yaml").read_text(encoding="utf-8")


def test_fix_changes_only_what_is_selected(cli_in: Cli) -> None:
    write("task.yaml", FIXABLE)

    cli_in("task.yaml", "--fix", "--select", "pinning")

    assert FIXABLE == Path("task.yaml").read_text(encoding="utf-8")


OWN_POLICY = """\
id: named-step
title: A step has a name
severity: note
since: "1"
rationale: Nobody finds the log of a step without a name.
remediation: Give it a name.
logic:
  select: steps
  assert:
    type: object
    required: [name]
  message: This step has no name.
examples:
  - name: no name
    bad: |
      apiVersion: tekton.dev/v1
      kind: Task
      metadata:
        name: compile
      spec:
        steps:
          - image: golang:1.23  # <-
            script: go build ./...
  - name: a name
    good: |
      apiVersion: tekton.dev/v1
      kind: Task
      metadata:
        name: compile
      spec:
        steps:
          - name: compile
            image: golang:1.23
            script: go build ./...
"""


def test_the_examples_of_own_policies_are_run(cli_in: Cli) -> None:
    write("own/named-step.yaml", OWN_POLICY)

    expected = """\
own/named-step.yaml
  ok    no name
  ok    a name
1 policy, 2 examples: all hold
"""
    assert (0, expected, "") == cli_in("test", "own")


def test_an_example_that_does_not_hold_fails_and_says_where(cli_in: Cli) -> None:
    write("own/named-step.yaml", OWN_POLICY.replace("  # <-", ""))

    run = cli_in("test", "own/named-step.yaml")

    assert 1 == run.code
    assert "  FAIL  no name\n        no line is marked with `# <-`, so nothing is expected\n" in run.out
    assert run.out.endswith("1 policy, 2 examples: 1 failed\n")


def test_test_without_a_path_runs_the_policies_of_the_configuration(cli_in: Cli) -> None:
    write("own/named-step.yaml", OWN_POLICY)
    write(".tektonlint.yaml", "policy-paths: [own]\n")

    assert cli_in("test").out.endswith("1 policy, 2 examples: all hold\n")


def test_own_policies_take_part_in_a_run(cli_in: Cli) -> None:
    write("own/named-step.yaml", OWN_POLICY)
    write(".tektonlint.yaml", "policy-paths: [own]\n")
    write("task.yaml", CLEAN.replace("name: compile\n      image", "image"))

    run = cli_in("task.yaml", "--format", "concise", "--severity", "note", "--select", "named-step")

    assert ["task.yaml:7:7: note"] == run.places


# Help


def test_help_fits_a_screen(cli_in: Cli) -> None:
    run = cli_in("--help")

    assert 0 == run.code
    assert len(lines(run.out)) <= 40
    assert max(map(len, lines(run.out))) <= 80


def test_help_names_every_option_and_no_other() -> None:
    options = {name for name in cli.check_parser()._option_string_actions if name.startswith("--")}

    assert options == set(re.findall(r"--[a-z]+(?:-[a-z]+)*", cli.HELP))


def test_help_names_every_verb() -> None:
    assert set(cli.VERBS) - {"check"} == set(re.findall(r"^ {7}tektonlint ([a-z]+) ", cli.HELP, re.MULTILINE))


@pytest.mark.parametrize("verb", sorted(set(cli.VERBS) - {"check"}))
def test_every_verb_has_help(verb: str, cli_in: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli_in(verb, "--help")

    assert 0 == stopped.value.code
    assert capsys.readouterr().out.startswith(f"usage: tektonlint {verb} ")


# tektonlint's own mistakes


def fail(*_: object) -> NoReturn:
    raise ZeroDivisionError("by\nzero")


def test_a_policy_that_crashes_is_a_finding_and_exit_code_2(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("task.yaml", TWO_FINDINGS)
    monkeypatch.setattr("tektonlint.checks.containers.mutable_image", fail)

    run = cli_in("task.yaml", "--format", "concise", "--exit-zero")

    assert (2, ["internal-error", "duplicate-env"], "") == (run.code, run.policies, run.err)
    assert "`mutable-image` failed on this file: ZeroDivisionError: by zero." in run.out


def test_debug_prints_the_traceback_of_a_crash(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("task.yaml", TASK)
    monkeypatch.setattr("tektonlint.checks.containers.mutable_image", fail)

    run = cli_in("task.yaml", "--format", "json", "--debug")

    assert 2 == run.code
    assert ["internal-error"] == [finding["policy"] for finding in json.loads(run.out)["findings"]]
    assert run.err.startswith("Traceback (most recent call last):\n")
    assert run.err.endswith("ZeroDivisionError: by\nzero\n")


def test_a_crash_outside_of_policies_is_one_line_and_exit_code_2(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tektonlint.engine.run", fail)

    message = "internal error: ZeroDivisionError: by zero (`--debug` prints the traceback; please report it)"
    assert (2, "", f"tektonlint: {message}\n") == cli_in(".")


def test_debug_prints_the_traceback_of_a_crash_outside_of_policies(
    cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tektonlint.engine.run", fail)

    run = cli_in(".", "--debug")

    assert (2, "") == (run.code, run.out)
    assert run.err.startswith("Traceback (most recent call last):\n")


def test_an_interrupt_ends_the_run_without_a_word(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """130 is what shells give a program that Ctrl-C ended."""

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("tektonlint.engine.run", interrupted)

    assert (130, "", "") == cli_in(".")


# As a process of its own

COMMAND = [sys.executable, "-m", "tektonlint"]


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **extra}


def process(*argv: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *argv], cwd=cwd, env=environment(**extra), capture_output=True, check=False, timeout=60
    )


def test_the_report_is_the_same_in_every_run() -> None:
    """Sets of strings have another order in each process, unless PYTHONHASHSEED says otherwise."""
    outputs = [
        process("examples/gitops", "--severity", "note", "--statistics", cwd=ROOT, PYTHONHASHSEED=seed).stdout
        for seed in ("0", "1", "random", "random")
    ]

    assert outputs[0].count(b"\n") > 100
    assert [outputs[0]] * 4 == outputs


def test_the_json_report_is_the_same_in_every_run() -> None:
    outputs = [
        process("examples/gitops", "--format", "json", cwd=ROOT, PYTHONHASHSEED=seed).stdout for seed in ("0", "random")
    ]

    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("steps", [1, 2000], ids=["a report that fits into a pipe", "one that does not"])
def test_a_reader_that_has_seen_enough_is_no_error(steps: int, tmp_path: Path) -> None:
    """As in `tektonlint | head -1`."""
    step = "    - name: compile\n      image: golang\n"
    (tmp_path / "task.yaml").write_text(TASK + step * (steps - 1), encoding="utf-8")
    end, beginning = os.pipe()
    os.close(end)

    run = subprocess.run(
        [*COMMAND, "--format", "concise"],
        cwd=tmp_path,
        env=environment(),
        stdout=beginning,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(beginning)

    assert (1, b"") == (run.returncode, run.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [*COMMAND, "--help"], cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert 2 == run.returncode
    assert b"No space left on device" in run.stderr
    assert 1 == run.stderr.count(b"\n")


def test_a_terminal_that_knows_only_ascii_gets_the_rest_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "aufgäbe.yaml").write_text(TASK.replace("golang", "gölang"), encoding="utf-8")

    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}

    run = process("--format", "concise", cwd=tmp_path, **ascii_only)

    assert (1, b"") == (run.returncode, run.stderr)
    assert rb"g\xf6lang" in run.stdout
    assert run.stdout.isascii()


def test_standard_input_that_is_closed_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    run = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m tektonlint - <&-'],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (2, b"", b"tektonlint: standard input is closed\n") == (run.returncode, run.stdout, run.stderr)
