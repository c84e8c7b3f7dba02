"""`waivers` of a configuration: which findings stay, until when, and what is said of the waivers themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tektonlint import clock
from tests.manifests import BROKEN, CLEAN, TASK, write

Run = Callable[..., Any]

# A finding with a safe fix.
RENAMED = TASK.replace("golang", "golang:1.23") + "      resources: {limits: {memory: 1Gi}}\n"


def waive(**said: str) -> None:
    """A configuration with one waiver; each key has a line, `policy` the second."""
    lines = {"policy": "mutable-image", "reason": "ours", **said}
    write(".tektonlint.yaml", "waivers:\n  - " + "\n    ".join(f"{name}: {value}" for name, value in lines.items()))


MATCHES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a file": ({"path": "a/task.yaml"}, ["b/task.yaml", "task.yaml"]),
    "a folder": ({"path": "a/"}, ["b/task.yaml", "task.yaml"]),
    "a pattern": ({"path": "'**/task.yaml'"}, []),
    "a name anywhere": ({"path": "task.yaml"}, []),
    "a name in the root": ({"path": "/task.yaml"}, ["a/task.yaml", "b/task.yaml"]),
    "an object": ({"resource": "Task/compile"}, []),
    "an object by a pattern": ({"resource": "'*/comp*'"}, []),
    "an object as kubectl names it": ({"resource": "task/compile"}, []),
    "an object with another name": ({"resource": "Task/Compile"}, ["a/task.yaml", "b/task.yaml", "task.yaml"]),
    "another kind": ({"resource": "Pipeline/compile"}, ["a/task.yaml", "b/task.yaml", "task.yaml"]),
    "an object in a file": ({"path": "a/", "resource": "Task/compile"}, ["b/task.yaml", "task.yaml"]),
    "an area": ({"policy": "pinning", "path": "a/"}, ["b/task.yaml", "task.yaml"]),
    "another policy": ({"policy": "duplicate-env", "path": "a/"}, ["a/task.yaml", "b/task.yaml", "task.yaml"]),
}


@pytest.mark.parametrize("case", MATCHES)
def test_a_waiver_silences_what_it_names(case: str, run: Run) -> None:
    said, left = MATCHES[case]
    for name in ("a/task.yaml", "b/task.yaml", "task.yaml"):
        write(name, TASK)
    waive(**said)

    assert [f"{name}:8 mutable-image" for name in left] == run().found


def test_what_is_waived_does_not_fail(run: Run) -> None:
    write("task.yaml", TASK)
    waive(path="task.yaml")

    assert (0, "No findings in 1 file\n", "") == run("--format", "text")


def test_what_is_waived_is_not_fixed(run: Run) -> None:
    write("task.yaml", RENAMED)
    waive(policy="compute-resources", path="task.yaml")

    run("--fix")
    assert RENAMED == Path("task.yaml").read_text(encoding="utf-8")

    Path(".tektonlint.yaml").unlink()
    run("--fix")
    assert RENAMED != Path("task.yaml").read_text(encoding="utf-8")


def test_pyproject_takes_waivers_with_a_day_of_toml(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    table = '[[tool.tektonlint.waivers]]\npolicy = "mutable-image"\npath = "task.yaml"\nreason = "ours"\n'
    write("pyproject.toml", f"{table}expires = 2026-02-03\n")
    write("task.yaml", TASK)

    assert [] == run().found
    monkeypatch.setenv(clock.VARIABLE, "1770163200")
    assert ["pyproject.toml:5 waiver-expired", "task.yaml:8 mutable-image"] == run().found


# The last day


@pytest.mark.parametrize("written", ["2026-02-03", "'2026-02-03'", "2026-12-31"])
def test_on_its_last_day_a_waiver_counts(written: str, run: Run) -> None:
    write("task.yaml", TASK)
    waive(path="task.yaml", expires=written)

    assert [] == run().found


def test_the_day_after_its_last_a_waiver_silences_nothing_and_is_a_finding(run: Run) -> None:
    write("task.yaml", TASK)
    waive(path="task.yaml", expires="2026-02-02")

    ran = run()

    assert (1, [".tektonlint.yaml:5 waiver-expired", "task.yaml:8 mutable-image"]) == (ran.code, ran.found)
    assert "This waiver for `mutable-image` ended with 2026-02-02" in ran.out


def test_an_expired_waiver_is_told_though_only_another_file_is_reported(run: Run) -> None:
    write("a.yaml", TASK)
    write("b.yaml", CLEAN)
    waive(path="a.yaml", expires="2026-02-02")

    ran = run("b.yaml")

    assert (1, [".tektonlint.yaml:5 waiver-expired"]) == (ran.code, ran.found)


def test_every_format_shows_where_the_waiver_stands(run: Run) -> None:
    write("task.yaml", CLEAN)
    waive(path="task.yaml", expires="2026-02-02")

    text, (finding,) = run("--format", "text").out, json.loads(run("--format", "json").out)["findings"]

    assert "  5 |     expires: 2026-02-02\n    |              ^^^^^^^^^^\n" in text
    assert (".tektonlint.yaml", 5, 14, 24) == tuple(finding[key] for key in ("path", "line", "column", "end_column"))


# What silences nothing


def test_a_waiver_that_silences_nothing_is_a_note_in_the_configuration(run: Run) -> None:
    write("task.yaml", CLEAN)
    waive(path="task.yaml")

    ran = run("--severity", "note")

    assert (0, [".tektonlint.yaml:2 waiver-unused"]) == (ran.code, ran.found)
    assert "`mutable-image` finds nothing in these files that it would" in ran.out


def test_so_is_one_whose_pattern_matches_no_file(run: Run) -> None:
    write("task.yaml", CLEAN)
    waive(path="tasks.yaml")

    assert "no file matches" in run("--severity", "note").out


NOT_JUDGED: dict[str, tuple[list[str], dict[str, str], dict[str, str]]] = {
    "not all of its files were looked at": (["a.yaml"], {"a.yaml": CLEAN, "b.yaml": CLEAN}, {"path": "'*.yaml'"}),
    "its policy did not run": (["--select", "duplicate-env,tool"], {"a.yaml": CLEAN}, {"path": "a.yaml"}),
    "part of its area did not run": (
        ["--select", "duplicate-env,tool"],
        {"a.yaml": CLEAN},
        {"policy": "references", "path": "a.yaml"},
    ),
    "its file cannot be read": ([], {"a.yaml": BROKEN}, {"path": "a.yaml"}),
    "it silences something": ([], {"a.yaml": TASK, "b.yaml": CLEAN}, {"path": "'*.yaml'"}),
    "it has ended": ([], {"a.yaml": CLEAN}, {"path": "a.yaml", "expires": "2020-01-01"}),
}


@pytest.mark.parametrize("case", NOT_JUDGED)
def test_a_waiver_is_not_called_unused_where(case: str, run: Run) -> None:
    argv, texts, said = NOT_JUDGED[case]
    for name, text in texts.items():
        write(name, text)
    waive(**said)

    assert not [one for one in run("--severity", "note", *argv).found if "waiver-unused" in one]


def test_a_given_configuration_is_not_judged_by_a_folder_that_is_no_whole_tree(run: Run) -> None:
    Path(".git").rmdir()
    write("a/task.yaml", CLEAN)
    waive(path="b/task.yaml")
    Path(".tektonlint.yaml").rename("org.yaml")

    assert [] == run("a", "--config", "org.yaml", "--severity", "note").found


# What makes no sense

WRONG = {
    "no reason": ("policy: mutable-image, path: a", "`waivers[0]` needs a key `reason`"),
    "an empty reason": (
        "policy: mutable-image, path: a, reason: ''",
        "`waivers[0].reason` cannot be ``; write it like `the node's own tools, OPS-112`",
    ),
    "blanks for a reason": (
        "policy: mutable-image, path: a, reason: '  '",
        "`waivers[0].reason` cannot be ` `; write it like `the node's own tools, OPS-112`",
    ),
    "no policy": ("path: a, reason: b", "`waivers[0]` needs a key `policy`"),
    "an unknown policy": (
        "policy: mutable-images, path: a, reason: b",
        "there is no policy or area `mutable-images`; did you mean `mutable-image`?",
    ),
    "neither file nor object": (
        "policy: mutable-image, reason: b",
        "a waiver needs a `path` or a `resource`; what is to run nowhere is switched off with `ignore`",
    ),
    "a path that matches nothing": (
        "policy: mutable-image, path: '#a', reason: b",
        "`waivers` has `#a`, which is no pattern of .gitignore that matches anything",
    ),
    "a path that takes something out": (
        "policy: mutable-image, path: '!a', reason: b",
        "`waivers` has `!a`, which takes files out of nothing; name what is meant",
    ),
    "a resource without a name": (
        "policy: mutable-image, resource: Task, reason: b",
        "`waivers[0].resource` cannot be `Task`; write it like `Task/build-*`",
    ),
    "no day": (
        "policy: mutable-image, path: a, reason: b, expires: soon",
        "`waivers[0].expires` cannot be `soon`; write it like `2027-01-31`",
    ),
    "a day that no year has": (
        "policy: mutable-image, path: a, reason: b, expires: 2026-02-30",
        "`expires` has `2026-02-30`, which is no day of the calendar",
    ),
    "a key with a slip": (
        "policy: mutable-image, path: a, reason: b, expire: 2026-02-20",
        "there is no key `waivers[0].expire`; did you mean `expires`?",
    ),
    "what nothing silences": (
        "policy: internal-error, path: a, reason: b",
        "no waiver can silence `internal-error`; mend what it finds",
    ),
    "itself": (
        "policy: waiver-unused, path: a, reason: b",
        "no waiver can silence `waiver-unused`; mend what it finds",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_waiver_is_one_line_and_exit_code_2(case: str, run: Run) -> None:
    text, said = WRONG[case]
    write("task.yaml", TASK)
    write(".tektonlint.yaml", f"waivers:\n  - {{{text}}}\n")

    assert (2, "", f"tektonlint: .tektonlint.yaml:2: {said}\n") == run()


def test_nobody_asks_for_the_day_where_no_waiver_ends(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, "yesterday")
    write("task.yaml", TASK)
    waive(path="task.yaml")

    assert 0 == run().code
    waive(path="task.yaml", expires="2026-02-04")
    assert 2 == run().code
