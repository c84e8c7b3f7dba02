"""`--baseline`, `--write-baseline` and `--prune-baseline` in whole runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tektonlint import clock, engine
from tests.manifests import BROKEN, CLEAN, TASK, write

Run = Callable[..., Any]

SECOND_STEP = """\
    - name: vet
      image: golang
      script: go vet ./...
"""
# A finding with a safe fix.
RENAMED = "      resources: {limits: {memory: 1Gi}}\n"


def entries(path: str = "known.json") -> list[dict[str, Any]]:
    data: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = data["findings"]
    return found


def known(path: str = "known.json") -> list[tuple[str, str, int, str]]:
    return [(entry["path"], entry["policy"], entry["count"], entry["date"]) for entry in entries(path)]


# Writing


def test_what_a_run_finds_is_recorded_with_path_policy_count_and_day(run: Run) -> None:
    write("b/task.yaml", TASK)
    write("a.yaml", TASK)

    run("--write-baseline", "known.json")

    day = "2026-02-03"
    assert [("a.yaml", "mutable-image", 1, day), ("b/task.yaml", "mutable-image", 1, day)] == known()


def test_what_is_recorded_is_not_reported(run: Run) -> None:
    write("task.yaml", TASK)

    ran = run("--write-baseline", "known.json", "--format", "text")

    assert (0, "No findings in 1 file; 1 in the baseline\n", "") == ran


def test_an_entry_is_one_line(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")

    lines = Path("known.json").read_text(encoding="ascii").splitlines()

    assert [entries()[0]] == [json.loads(line) for line in lines if '"path"' in line]


def test_notes_are_recorded_though_they_are_not_shown(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "policies: {mutable-image: note}\n")

    run("--write-baseline", "known.json")

    assert ["mutable-image"] == [entry["policy"] for entry in entries()]


def test_a_second_record_of_the_same_tree_is_the_same_file(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    before = Path("known.json").stat()

    run("--write-baseline", "known.json")

    assert (before.st_ino, before.st_mtime_ns) == (os.stat("known.json").st_ino, os.stat("known.json").st_mtime_ns)


def test_what_was_recorded_before_keeps_its_day(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    monkeypatch.setenv(clock.VARIABLE, "1770163200")
    write("other.yaml", TASK)

    run("--write-baseline", "known.json")

    assert [("other.yaml", "2026-02-04"), ("task.yaml", "2026-02-03")] == [(row[0], row[3]) for row in known()]


def test_a_new_file_takes_over_the_days_of_the_one_that_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    monkeypatch.setenv(clock.VARIABLE, "1770163200")

    run("--baseline", "known.json", "--write-baseline", "new.json")

    assert known() == known("new.json")


def test_a_run_over_one_file_keeps_what_is_recorded_of_others(run: Run) -> None:
    write("a.yaml", TASK)
    write("b.yaml", TASK)
    run("--write-baseline", "known.json")
    write("a.yaml", CLEAN)
    write("b.yaml", CLEAN)

    run("a.yaml", "--write-baseline", "known.json")

    assert ["b.yaml"] == [entry["path"] for entry in entries()]


def test_a_file_that_cannot_be_read_is_never_recorded(run: Run) -> None:
    write("broken.yaml", BROKEN)
    Path("locked.yaml").write_bytes("apiVersion: tekton.dev/v1\nkind: Task\n".encode("utf-16"))

    ran = run("--write-baseline", "known.json")

    assert (1, ["yaml-syntax", "unreadable-file"]) == (ran.code, [line.split()[1] for line in ran.found])
    assert [] == entries()


def test_a_crash_leaves_the_file_unwritten(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that failed has not looked, so what it would have found would count as gone."""
    write("task.yaml", TASK)

    def crash(name: str) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(engine, "resolve", crash)
    ran = run("--write-baseline", "known.json")

    assert (2, "tektonlint: no baseline was written, since a policy failed\n") == (ran.code, ran.err)
    assert not Path("known.json").exists()


def test_with_fix_what_is_left_is_recorded(run: Run) -> None:
    write("task.yaml", TASK + RENAMED)

    run("--fix", "--write-baseline", "known.json")

    assert "computeResources" in Path("task.yaml").read_text(encoding="utf-8")
    assert ["mutable-image"] == [entry["policy"] for entry in entries()]


@pytest.mark.parametrize("argv", [["--write-baseline", "task.yaml"], ["--write-baseline", "."], ["--baseline", "."]])
def test_what_is_no_baseline_is_told_before_anything_is_changed(argv: list[str], run: Run) -> None:
    text = TASK + RENAMED
    write("task.yaml", text)

    ran = run("--fix", *argv)

    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert text == Path("task.yaml").read_text(encoding="utf-8")


# Leaving out


def test_what_is_known_is_left_out(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")

    ran = run("--baseline", "known.json", "--format", "text")

    assert (0, "No findings in 1 file; 1 in the baseline\n", "") == ran


def test_what_is_new_is_reported(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    write("task.yaml", TASK + SECOND_STEP)

    ran = run("--baseline", "known.json")

    assert (1, ["task.yaml:11 mutable-image"]) == (ran.code, ran.found)


def test_one_more_than_the_baseline_counts_is_new(run: Run) -> None:
    text = "# tektonlint: ignore[nothing-such] why\n"
    write("task.yaml", text + CLEAN)
    run("--write-baseline", "known.json")
    write("task.yaml", text + "\n" + text + CLEAN)

    ran = run("--baseline", "known.json")

    assert (1, ["task.yaml:3 suppression-unknown"]) == (ran.code, ran.found)


def test_what_is_known_of_a_file_stays_known_from_every_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/task.yaml", TASK)
    run("--write-baseline", "known.json")
    monkeypatch.chdir("a")

    assert [] == run("task.yaml", "--baseline", "../known.json", "--severity", "note").found


def test_lines_that_moved_change_nothing(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    write("task.yaml", "# moved\n\n" + TASK.replace("    - name: compile", "  # moved\n    - name: compile"))

    assert [] == run("--baseline", "known.json", "--severity", "note").found


def test_json_counts_what_is_known(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")

    summary = json.loads(run("--baseline", "known.json", "--format", "json").out)["summary"]

    assert (0, 1) == (summary["findings"], summary["baselined"])


def test_fix_leaves_alone_what_is_known(run: Run) -> None:
    text = CLEAN + RENAMED
    write("task.yaml", text)
    run("--write-baseline", "known.json")

    run("--fix", "--baseline", "known.json")

    assert text == Path("task.yaml").read_text(encoding="utf-8")


def test_an_entry_for_a_file_that_cannot_be_read_counts_for_nothing(run: Run) -> None:
    write("broken.yaml", BROKEN)
    (finding,) = json.loads(run("--format", "json").out)["findings"]
    entry = {"path": "broken.yaml", "policy": "yaml-syntax", "fingerprint": finding["fingerprint"], "count": 1}
    entry["date"] = "2026-02-03"
    write("known.json", json.dumps({"tool": "tektonlint", "version": 1, "findings": [entry]}))

    assert ["yaml-syntax"] == [one.split()[1] for one in run("--baseline", "known.json").found]


# What is gone


def test_an_entry_that_is_not_found_any_more_is_a_note_on_its_line(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    write("task.yaml", CLEAN)

    ran = run("--baseline", "known.json", "--severity", "note")

    assert (0, ["known.json:5 baseline-stale"]) == (ran.code, ran.found)
    assert "`mutable-image` is not found in `task.yaml` any more." in ran.out


def test_so_is_one_of_a_file_that_is_gone(run: Run) -> None:
    write("a/task.yaml", TASK)
    run("--write-baseline", "known.json")
    Path("a/task.yaml").unlink()
    write("a/other.yaml", CLEAN)

    assert ["known.json:5 baseline-stale"] == run("a", "--baseline", "known.json", "--severity", "note").found


NOT_LOOKED_AT = {
    "another file": (["b.yaml"], {"a.yaml": CLEAN}),
    "another policy": (["--select", "duplicate-env,tool"], {"a.yaml": CLEAN}),
    "a file that cannot be read": ([], {"a.yaml": BROKEN}),
    "a template": ([], {"a.yaml": "apiVersion: tekton.dev/v1\n{{ if .Values.x }}\nkind: Task\n{{ end }}\n"}),
}


@pytest.mark.parametrize("case", NOT_LOOKED_AT)
def test_what_a_run_did_not_look_at_is_not_called_gone(case: str, run: Run) -> None:
    argv, texts = NOT_LOOKED_AT[case]
    write("a.yaml", TASK)
    write("b.yaml", CLEAN)
    run("--write-baseline", "known.json")
    for name, text in texts.items():
        write(name, text)
    before = Path("known.json").read_bytes()

    stale = [one for one in run(*argv, "--baseline", "known.json", "--severity", "note").found if "stale" in one]
    run(*argv, "--baseline", "known.json", "--prune-baseline")

    assert ([], before) == (stale, Path("known.json").read_bytes())


def test_a_folder_that_cannot_be_listed_takes_nothing_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/task.yaml", TASK)
    write("b.yaml", CLEAN)
    run("--write-baseline", "known.json")
    listed = os.scandir

    def scandir(path: str) -> Any:
        if os.path.basename(path) == "a":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ran = run("--baseline", "known.json", "--severity", "note")

    assert ["a:1 unreadable-file"] == ran.found


def test_pruning_takes_out_what_is_gone_and_nothing_else(run: Run) -> None:
    write("a.yaml", TASK)
    write("b.yaml", TASK)
    run("--write-baseline", "known.json")
    kept = entries()[1]
    write("a.yaml", CLEAN)

    ran = run("--baseline", "known.json", "--prune-baseline", "--format", "text")

    assert (0, "No findings in 2 files; 1 in the baseline; 1 entry pruned from the baseline\n", "") == ran
    assert [kept] == entries()


def test_pruning_lowers_a_count(run: Run) -> None:
    text = "# tektonlint: ignore[nothing-such] why\n"
    write("task.yaml", text + "\n" + text + CLEAN)
    run("--write-baseline", "known.json")
    (before,) = entries()
    write("task.yaml", text + CLEAN)

    said = run("--baseline", "known.json", "--severity", "note").out
    run("--baseline", "known.json", "--prune-baseline")

    assert "is not found 1 of 2 times in `task.yaml`" in said
    assert [{**before, "count": 1}] == entries()


# Where it is named


def test_the_configuration_names_one_relative_to_the_root(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/task.yaml", TASK)
    run("--write-baseline", "known.json")
    write(".tektonlint.yaml", "baseline: known.json\n")
    monkeypatch.chdir("a")

    assert (0, []) == (lambda ran: (ran.code, ran.found))(run())


def test_the_one_of_the_command_line_comes_before_the_configuration(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    write("empty.json", '{"tool": "tektonlint", "version": 1, "findings": []}')
    write(".tektonlint.yaml", "baseline: known.json\n")

    assert (["task.yaml:8 mutable-image"], []) == (run("--baseline", "empty.json").found, run().found)


def test_the_first_record_may_be_named_in_the_configuration_already(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "baseline: known.json\n")

    assert 2 == run().code
    assert 0 == run("--write-baseline", "known.json").code
    assert 0 == run().code


WRONG = {
    "one that is not there": (
        ["--baseline", "none.json"],
        "none.json: there is no such baseline; `--write-baseline none.json` makes it",
    ),
    "no name": (["--baseline", ""], "--baseline names no file"),
    "no name to write": (["--write-baseline", ""], "--write-baseline names no file"),
    "a folder": (["--baseline", "."], ".: it is a folder"),
    "a folder that is not there": (["--write-baseline", "a/b.json"], "a/b.json: there is no such folder"),
    "pruning nothing": (
        ["--prune-baseline"],
        "--prune-baseline needs a baseline: name it with --baseline, or in the configuration",
    ),
    "pruning and writing": (
        ["--prune-baseline", "--write-baseline", "b.json"],
        "--write-baseline and --prune-baseline exclude each other",
    ),
    "writing with --diff": (["--diff", "--write-baseline", "b.json"], "--diff and --write-baseline exclude each other"),
    "pruning with --diff": (
        ["--diff", "--prune-baseline", "--baseline", "b.json"],
        "--diff and --prune-baseline exclude each other",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(case: str, run: Run) -> None:
    argv, said = WRONG[case]
    write("task.yaml", TASK)

    assert (2, "", f"tektonlint: {said}\n") == run(*argv)


@pytest.mark.parametrize("path", ["../known.json", "/etc/passwd", "link.json"])
def test_the_trees_own_configuration_names_no_baseline_outside_the_root(path: str, run: Run, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.json"
    outside.write_text('{"tool": "tektonlint", "version": 1, "findings": []}')
    Path("link.json").symlink_to(outside)
    write("task.yaml", TASK)
    write(".tektonlint.yaml", f"ignore: []\nbaseline: {path}\n")

    said = f".tektonlint.yaml:2: `baseline` leads out of the root with `{path}`; only --config allows that"
    assert (2, "", f"tektonlint: {said}\n") == run()


def test_a_link_is_not_written_through(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    Path("link.json").symlink_to("known.json")
    write("task.yaml", CLEAN)

    ran = run("--baseline", "link.json", "--prune-baseline")

    assert (2, "tektonlint: link.json: the baseline cannot be written: it is a link or no regular file\n") == (
        ran.code,
        ran.err,
    )


def test_no_clock_and_no_hash_is_read_without_a_baseline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A date that is none would end a run that asks for it."""
    monkeypatch.setenv(clock.VARIABLE, "yesterday")
    write("task.yaml", TASK)

    assert 1 == run().code
    said = "SOURCE_DATE_EPOCH is `yesterday`, but it has to be a number of seconds since 1970"
    assert (2, "", f"tektonlint: {said}\n") == run("--write-baseline", "known.json")
