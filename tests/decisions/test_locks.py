"""`locked`: what nothing below the file that has it may silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.manifests import TASK, write

Run = Callable[..., Any]

COMMENT = "  # tektonlint: ignore[mutable-image] ours"
SILENCED = TASK.replace("golang", f"golang{COMMENT}")
FOUND = "task.yaml:8 mutable-image"
TRIED = "task.yaml:8 suppression-locked"
WHAT_TO_DO = "Mend what it finds, or ask there for a waiver."


@pytest.mark.parametrize("name", ["mutable-image", "pinning"])
def test_a_comment_cannot_silence_a_locked_policy_and_is_a_finding(name: str, run: Run) -> None:
    write("task.yaml", SILENCED)
    write("org.yaml", f"ignore: []\nlocked: [{name}]\n")

    ran = run("--config", "org.yaml")

    assert (1, [FOUND, TRIED]) == (ran.code, ran.found)
    assert f"`mutable-image` is locked by `org.yaml:2`, so this does not silence it. {WHAT_TO_DO}" in ran.out


def test_the_rest_of_such_a_comment_counts(run: Run) -> None:
    both = "# tektonlint: ignore[mutable-image, capability-prefix] ours"
    context = "securityContext: {capabilities: {add: [CAP_CHOWN]}}"
    step = f"    - {{name: a, image: golang, {context}}}  {both}\n"
    write("task.yaml", TASK.partition("    - ")[0] + step)
    write(".tektonlint.yaml", "locked: [mutable-image]\n")

    found = run("--select", "pinning,capability-prefix,tool").found
    assert ["task.yaml:7 mutable-image", "task.yaml:7 suppression-locked"] == found


def test_the_trees_own_configuration_may_lock_against_comments(run: Run) -> None:
    write("task.yaml", SILENCED)
    write(".tektonlint.yaml", "locked: [mutable-image]\n")

    assert [FOUND, TRIED] == run().found


def test_a_given_configuration_takes_the_place_of_the_trees_own(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "ignore: [mutable-image]\nwaivers: [{policy: pinning, path: '*', reason: ours}]\n")
    write("org.yaml", "locked: [mutable-image]\n")

    assert ([], [FOUND]) == (run().found, run("--config", "org.yaml").found)


def test_a_files_own_waiver_is_its_own_decision(run: Run) -> None:
    write("task.yaml", TASK)
    write("org.yaml", "locked: [mutable-image]\nwaivers: [{policy: mutable-image, path: task.yaml, reason: ours}]\n")

    assert (0, []) == (lambda ran: (ran.code, ran.found))(run("--config", "org.yaml"))


def test_a_locked_policy_is_not_in_a_baseline(run: Run) -> None:
    write("task.yaml", TASK)
    run("--write-baseline", "known.json")
    write(".tektonlint.yaml", "locked: [mutable-image]\n")

    ran = run("--baseline", "known.json", "--severity", "note")

    assert ["known.json:5 suppression-locked", FOUND] == ran.found
    assert f"is locked by `.tektonlint.yaml:1`, so this does not leave it out. {WHAT_TO_DO}" in ran.out
    run("--write-baseline", "other.json")
    assert "mutable-image" not in Path("other.json").read_text()
    run("--baseline", "known.json", "--prune-baseline")
    assert Path("other.json").read_text() == Path("known.json").read_text()


def test_the_command_line_is_the_operators(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "locked: [mutable-image]\n")

    assert ([], []) == (run("--ignore", "mutable-image").found, run("--select", "duplicate-env").found)


def test_a_selection_holds_what_is_locked(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "select: [duplicate-env]\nlocked: [mutable-image]\n")

    assert [FOUND] == run().found


def test_locking_an_opt_in_policy_asks_for_it_and_locking_its_area_does_not(run: Run) -> None:
    write("task.yaml", TASK.replace("golang", "golang:1.23"))
    write(".tektonlint.yaml", "locked: [restricted-security-context]\n")
    asked = run().found
    write(".tektonlint.yaml", "locked: [security]\n")

    assert ({"restricted-security-context"}, []) == ({one.split()[1] for one in asked}, run().found)


@pytest.mark.parametrize(
    "text",
    [
        "ignore: [mutable-image]",
        "ignore: [pinning]",
        "policies: {mutable-image: off}",
    ],
)
def test_a_file_that_locks_what_it_keeps_from_running_is_refused(text: str, run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", f"{text}\nlocked: [mutable-image]\n")

    said = "`locked` has `mutable-image`, but this file, or one that it extends, keeps it from running"
    assert (2, "", f"tektonlint: .tektonlint.yaml:2: {said}\n") == run()


def test_a_lock_names_what_there_is(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "locked:\n  - mutable-images\n")

    said = "there is no policy or area `mutable-images`; did you mean `mutable-image`?"
    assert (2, "", f"tektonlint: .tektonlint.yaml:2: {said}\n") == run()


# Files that extend the one with the lock

BELOW: dict[str, tuple[str, str]] = {
    "ignoring it": ("ignore: [mutable-image]", "so this does not leave it out"),
    "ignoring its area": ("ignore: [pinning]", "so this does not leave it out"),
    "switching it off": ("policies: {mutable-image: off}", "so this does not switch it off"),
    "lowering it": ("policies: {mutable-image: note}", "so this does not lower it"),
    "waiving it": ("waivers: [{policy: mutable-image, path: '*', reason: ours}]", "so this does not waive it"),
    "waiving its area": ("waivers: [{policy: pinning, path: '*', reason: ours}]", "so this does not waive it"),
}


@pytest.mark.parametrize("case", BELOW)
def test_a_file_below_does_not_silence_a_locked_policy_and_is_told(case: str, run: Run) -> None:
    text, what = BELOW[case]
    write("task.yaml", TASK)
    write("org.yaml", "locked: [mutable-image]\n")
    write(".tektonlint.yaml", f"extends: org.yaml\n{text}\n")

    ran = run()

    assert (1, [".tektonlint.yaml:2 suppression-locked", FOUND]) == (ran.code, ran.found)
    assert f"`mutable-image` is locked by `org.yaml:1`, {what}. {WHAT_TO_DO}" in ran.out


@pytest.mark.parametrize("case", BELOW)
def test_the_same_counts_without_the_lock(case: str, run: Run) -> None:
    write("task.yaml", TASK)
    write("org.yaml", "locked: []\n")
    write(".tektonlint.yaml", f"extends: org.yaml\n{BELOW[case][0]}\n")

    ran = run()

    assert (0, [], "") == (ran.code, ran.found, ran.err)


@pytest.mark.parametrize("locked", ["[mutable-image]", "[]"])
def test_a_file_below_does_not_set_the_options_of_a_locked_policy(locked: str, run: Run) -> None:
    write("task.yaml", TASK.replace("golang", "golang:1.23"))
    write("org.yaml", f"policies: {{mutable-image: {{options: {{require: digest}}}}}}\nlocked: {locked}\n")
    write(".tektonlint.yaml", "extends: org.yaml\npolicies: {mutable-image: {options: {require: tag}}}\n")

    ran = run()

    tried = ".tektonlint.yaml:2 suppression-locked"
    assert ([tried, FOUND] if locked != "[]" else []) == ran.found
    assert ("is locked by `org.yaml:2`, so this does not set its options." in ran.out) == (locked != "[]")


@pytest.mark.parametrize("case", BELOW)
def test_the_operators_lock_binds_what_it_extends_in_the_tree(case: str, run: Run, tmp_path: Path) -> None:
    text, what = BELOW[case]
    org = tmp_path.parent / f"{tmp_path.name}-org.yaml"
    org.write_text(f"extends: {tmp_path}/.tektonlint.yaml\nlocked: [mutable-image]\n")
    write("task.yaml", TASK)
    write(".tektonlint.yaml", f"{text}\n")

    ran = run("--config", str(org))

    assert (1, [".tektonlint.yaml:1 suppression-locked", FOUND]) == (ran.code, ran.found)
    assert f"{what}. {WHAT_TO_DO}" in ran.out


def test_a_file_below_may_raise_a_locked_policy(run: Run) -> None:
    write("task.yaml", TASK)
    write("org.yaml", "locked: [mutable-image]\n")
    write(".tektonlint.yaml", "extends: org.yaml\npolicies: {mutable-image: error}\n")

    ran = run()

    assert ([FOUND], True) == (ran.found, "8:14: error" in ran.out)


def test_a_file_above_may_waive_what_a_file_below_locks(run: Run) -> None:
    write("task.yaml", TASK)
    write("org.yaml", "waivers: [{policy: mutable-image, path: task.yaml, reason: ours}]\n")
    write(".tektonlint.yaml", "extends: org.yaml\nlocked: [mutable-image]\n")

    assert [] == run().found


def test_the_rest_of_a_waiver_for_an_area_counts(run: Run) -> None:
    context = "      securityContext: {capabilities: {add: [CAP_CHOWN]}, privileged: true}\n"
    write("task.yaml", TASK.replace("golang", "golang:1.23") + context)
    write("org.yaml", "locked: [privileged-step]\n")
    write(".tektonlint.yaml", "extends: org.yaml\nwaivers: [{policy: security, path: '*', reason: ours}]\n")

    assert ["suppression-locked", "privileged-step"] == [one.split()[1] for one in run().found]


def test_a_lock_of_the_tree_starts_no_program(run: Run) -> None:
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "locked: [shellcheck]\n")

    ran = run()

    assert 2 == ran.code
    assert ran.err.startswith("tektonlint: .tektonlint.yaml:1: `shellcheck` starts the program")


def test_nor_does_what_the_operators_file_extends_in_the_tree(run: Run, tmp_path: Path) -> None:
    org = tmp_path.parent / f"{tmp_path.name}-org.yaml"
    org.write_text(f"extends: {tmp_path}/.tektonlint.yaml\n")
    write("task.yaml", TASK)
    write(".tektonlint.yaml", "policies: {shellcheck: warning}\n")

    ran = run("--config", str(org))

    assert 2 == ran.code
    assert ran.err.startswith("tektonlint: .tektonlint.yaml:1: `shellcheck` starts the program")
