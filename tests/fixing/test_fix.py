"""What is fixed and what is left, in which order, and what the command line makes of it."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from tektonlint import cli, fixing, tree
from tektonlint.edit import apply
from tektonlint.finding import Edit, Finding, Location, Safety, Severity
from tektonlint.text import Source, Span
from tektonlint.tree import File, Tree
from tests.fixing.conftest import MadeUp

LETTERS = "".join(f"{letter}: 1\n" for letter in "abcdefghijklmnop")


def edits(source: Source, *changes: tuple[int, int, str]) -> list[Edit]:
    return [Edit(Location(source, Span(start, end)), text) for start, end, text in changes]


@pytest.fixture
def chosen(made_up: MadeUp) -> Callable[..., list[str]]:
    """The names of the fixes that are chosen of some: each a name, and ranges with their new text."""
    source = Source("letters.yaml", LETTERS)

    def choose(**fixes: Sequence[tuple[int, int, str]]) -> list[str]:
        findings = [
            made_up.finding(source, "a: 1", edits(source, *changes), policy=name) for name, changes in fixes.items()
        ]
        random.Random(len(fixes)).shuffle(findings)
        return [finding.policy for finding in fixing.choose(findings)]

    return choose


# Choosing


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((3, 6), (7, 9), ["a", "b"]),
        ((3, 6), (6, 9), ["a"]),
        ((3, 6), (5, 9), ["a"]),
        ((3, 9), (4, 5), ["a"]),
        ((3, 3), (3, 3), ["a"]),
        ((3, 3), (3, 9), ["a"]),
        ((3, 9), (9, 9), ["a"]),
        ((3, 3), (4, 4), ["a", "b"]),
        ((0, 0), (1, 2), ["a", "b"]),
    ],
)
def test_of_two_fixes_that_overlap_or_touch_the_first_is_chosen(
    first: tuple[int, int], second: tuple[int, int], expected: list[str], chosen: Callable[..., list[str]]
) -> None:
    assert expected == chosen(a=[(*first, "x")], b=[(*second, "y")])


def test_a_fix_is_chosen_with_all_of_its_edits_or_not_at_all(chosen: Callable[..., list[str]]) -> None:
    assert ["a", "c"] == chosen(a=[(0, 6, "x")], b=[(5, 6, "x"), (12, 15, "y")], c=[(14, 16, "z")])


def test_a_fix_that_begins_earlier_goes_first(chosen: Callable[..., list[str]]) -> None:
    assert ["z"] == chosen(a=[(5, 9, "x")], z=[(0, 1, "x"), (9, 10, "y")])


def test_of_two_that_begin_together_the_policy_with_the_lesser_name_goes_first(
    chosen: Callable[..., list[str]],
) -> None:
    assert ["a"] == chosen(b=[(0, 1, "x")], a=[(0, 2, "x")])


def test_an_edit_that_two_fixes_make_counts_once(chosen: Callable[..., list[str]]) -> None:
    assert ["a", "b"] == chosen(a=[(0, 4, "x")], b=[(0, 4, "x")])


def test_two_fixes_that_share_an_edit_may_differ_in_others(chosen: Callable[..., list[str]]) -> None:
    assert ["a", "b"] == chosen(a=[(0, 4, "x"), (10, 11, "")], b=[(0, 4, "x"), (20, 21, "")])


def test_what_was_not_chosen_takes_no_room(chosen: Callable[..., list[str]]) -> None:
    assert ["a", "c"] == chosen(a=[(0, 4, "x")], b=[(3, 9, "y")], c=[(8, 12, "z")])


def test_thousands_of_fixes_are_chosen_from_in_a_moment(made_up: MadeUp) -> None:
    """Each is compared with its neighbours only; with each other they would be fifty million pairs."""
    source = Source("long.yaml", "a: 1\n" * 10_000)
    findings = [
        made_up.finding(source, "a: 1", edits(source, (at, at + 1, "b"), (at + 2, at + 3, "2")), trail=str(at))
        for at in range(0, 50_000, 5)
    ]

    assert 10_000 == len(fixing.choose(reversed(findings)))


# Passes


def replacing(made_up: MadeUp, name: str, old: str, new: str, **more: Any) -> Callable[[File], Iterable[Finding]]:
    """A policy that replaces some words wherever they stand."""

    def policy(file: File) -> Iterator[Finding]:
        text = file.source.text
        for number in range(text.count(old)):
            edit = made_up.edit(file.source, old, new, number=number)
            finding = made_up.finding(file.source, old, [edit], policy=name, trail=str(number), **more)
            yield finding._replace(at=edit.at)

    return policy


def fixed(
    made_up: MadeUp, texts: dict[str, str] | str, *policies: Callable[[File], Iterable[Finding]]
) -> fixing.Outcome:
    read = tree.of_texts({"x.yaml": texts} if isinstance(texts, str) else texts)
    return fixing.fix(read, made_up.lint(*policies), lambda _: True)


def text_of(outcome: fixing.Outcome, number: int = 0) -> str:
    return outcome.tree.files[number].source.text


def test_what_touches_gets_its_turn_in_the_next_pass(made_up: MadeUp) -> None:
    outcome = fixed(made_up, "a: xy\n", replacing(made_up, "one", "x", "1"), replacing(made_up, "two", "y", "2"))

    assert ("a: 12\n", 2, ()) == (text_of(outcome), outcome.fixed, outcome.refused)


def test_a_fix_may_make_the_finding_that_the_next_pass_fixes(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        "a: one\n",
        replacing(made_up, "a", "one", "two", severity=Severity.ERROR),
        replacing(made_up, "b", "two", "three"),
    )

    assert ("a: three\n", 2, ()) == (text_of(outcome), outcome.fixed, outcome.refused)


def test_nine_passes_are_not_too_many(made_up: MadeUp) -> None:
    """Each waits for the one before it, since they touch."""
    policies = [replacing(made_up, f"p{number}", letter, "x") for number, letter in enumerate("abcdefghi")]
    texts = {"x.yaml": "k: abcdefghi\n"}
    waiting = [lambda file, policy=policy: list(policy(file))[:1] for policy in policies]

    outcome = fixed(made_up, texts, *waiting)

    assert ("k: xxxxxxxxx\n", 9, ()) == (text_of(outcome), outcome.fixed, outcome.refused)


def test_a_file_that_goes_on_changing_does_not_keep_others_from_theirs(made_up: MadeUp) -> None:
    def growing(file: File) -> Iterator[Finding]:
        if file.source.name == "a.yaml":
            word = file.source.text.split()[-1]
            yield made_up.finding(file.source, word, [made_up.edit(file.source, word, f"{word}x")], policy="growing")

    outcome = fixed(made_up, {"a.yaml": "a: y\nb: x\n", "b.yaml": "a: y\n"}, growing, replacing(made_up, "y", "y", "z"))

    assert ["a: y\nb: x\n", "a: z\n"] == [text_of(outcome, 0), text_of(outcome, 1)]
    assert (1, {"b.yaml": 1}) == (outcome.fixed, dict(outcome.by_file))
    assert [("growing", "a.yaml", "x")] == [
        (one.finding.policy, one.finding.at.source.name, words(one.finding)) for one in outcome.refused
    ]


def words(finding: Finding) -> str:
    source, span = finding.at
    return source.text[span.start : span.end]


def test_the_order_of_policies_does_not_change_the_result(made_up: MadeUp) -> None:
    policies = [
        replacing(made_up, "a", "1\nb", "2\nb"),
        replacing(made_up, "b", "1\nc", "3\nc"),
        replacing(made_up, "c", "c: 1", "c: 4"),
        replacing(made_up, "d", ": 1\nd", ": 5\nd"),
    ]

    results = {text_of(fixed(made_up, LETTERS, *order)) for order in itertools.permutations(policies)}

    assert [LETTERS.replace("a: 1\nb: 1\nc: 1", "a: 2\nb: 3\nc: 4")] == list(results)


def test_an_unsafe_fix_waits_until_its_file_has_no_safe_one_left(made_up: MadeUp) -> None:
    """Here the safe one says again what was written, and then nothing is left to guess."""

    def guessing(file: File) -> Iterator[Finding]:
        if "limit" not in file.source.text:
            change = made_up.edit(file.source, "a: 1", "a: 1\nlimit: 2")
            yield made_up.finding(file.source, "a: 1", [change], policy="guessing", safety=Safety.UNSAFE)

    says_again = replacing(made_up, "says-again", "limmit: 4", "limit: 4")

    outcome = fixed(made_up, {"both.yaml": "a: 1\nb: 1\nlimmit: 4\n", "one.yaml": "a: 1\n"}, guessing, says_again)

    assert ["a: 1\nb: 1\nlimit: 4\n", "a: 1\nlimit: 2\n"] == [text_of(outcome, 0), text_of(outcome, 1)]
    assert (2, ()) == (outcome.fixed, outcome.refused)


def test_an_unsafe_fix_does_not_wait_for_a_safe_one_that_is_refused(made_up: MadeUp) -> None:
    guessing = replacing(made_up, "guessing", "a: 1", "a: 2", safety=Safety.UNSAFE)
    bad = replacing(made_up, "bad", "b: 1", "b: [")

    outcome = fixed(made_up, "a: 1\nb: 1\n", guessing, bad)

    assert ("a: 2\nb: 1\n", ["bad"]) == (text_of(outcome), [one.finding.policy for one in outcome.refused])


# One bad fix among good ones


@pytest.mark.parametrize("bad", [0, 7, 15])
def test_one_bad_fix_among_good_ones_in_a_file_is_refused_alone(bad: int, made_up: MadeUp) -> None:
    letter = LETTERS[bad * 5]

    def policy(file: File) -> Iterator[Finding]:
        for line in file.source.text.splitlines(keepends=True):
            if "1" in line:
                new = line.replace("1", "[" if line.startswith(letter) else "2")
                yield made_up.finding(file.source, line, [made_up.edit(file.source, line.strip(), new.strip())])

    outcome = fixed(made_up, LETTERS, policy)

    assert LETTERS.replace("1", "2").replace(f"{letter}: 2", f"{letter}: 1") == text_of(outcome)
    assert (15, [f"{letter}: 1\n"]) == (outcome.fixed, [words(one.finding) for one in outcome.refused])


def test_several_bad_fixes_are_each_refused(made_up: MadeUp) -> None:
    bad = "bcfkp"

    def policy(file: File) -> Iterator[Finding]:
        for line in file.source.text.splitlines(keepends=True):
            if "1" in line:
                new = line.replace("1", "[" if line[0] in bad else "2")
                yield made_up.finding(file.source, line, [made_up.edit(file.source, line.strip(), new.strip())])

    outcome = fixed(made_up, LETTERS, policy)

    assert (11, [*bad]) == (outcome.fixed, [words(one.finding)[0] for one in outcome.refused])
    assert [*bad] == [line[0] for line in text_of(outcome).splitlines() if "1" in line]


def test_a_fix_whose_words_stand_elsewhere_too_is_refused_alone(made_up: MadeUp) -> None:
    """The findings differ only in where in the resource they are."""

    def policy(file: File) -> Iterator[Finding]:
        for number, line in enumerate(file.source.text.splitlines()):
            if "1" in line:
                at = Location(file.source, Span(5 * number + 3, 5 * number + 4))
                edit = Edit(at, "[" if number else "3")
                yield made_up.finding(file.source, "1", [edit], trail=line[0])._replace(at=at)

    outcome = fixed(made_up, "a: 1\nb: 1\n", policy)

    assert ("a: 3\nb: 1\n", 1) == (text_of(outcome), outcome.fixed)
    assert [8] == [one.finding.at.span.start for one in outcome.refused]


def test_what_holds_only_without_the_other_is_made_in_another_pass_or_refused(made_up: MadeUp) -> None:
    """Each alone is right; together they make a finding as bad as theirs."""

    def clash(file: File) -> Iterator[Finding]:
        if file.source.text == "a: 2\nb: 2\n":
            yield made_up.finding(file.source, "a: 2", policy="clash")

    outcome = fixed(
        made_up,
        "a: 1\nb: 1\n",
        replacing(made_up, "a", "a: 1", "a: 2"),
        replacing(made_up, "b", "b: 1", "b: 2"),
        clash,
    )

    assert ("a: 2\nb: 1\n", 1) == (text_of(outcome), outcome.fixed)
    assert ["b"] == [one.finding.policy for one in outcome.refused]


def test_a_bad_fix_in_one_file_does_not_keep_others_from_theirs(made_up: MadeUp) -> None:
    texts = {f"{number}.yaml": "a: 1\nb: 1\n" for number in range(8)}

    def policy(file: File) -> Iterator[Finding]:
        if "a: 1" in file.source.text:
            new = "a: [" if file.source.name == "5.yaml" else "a: 2"
            yield made_up.finding(file.source, "a: 1", [made_up.edit(file.source, "a: 1", new)])

    outcome = fixed(made_up, texts, policy)

    assert ["a: 2\nb: 1\n"] * 5 + ["a: 1\nb: 1\n"] + ["a: 2\nb: 1\n"] * 2 == [
        file.source.text for file in outcome.tree.files
    ]
    assert (7, ["5.yaml"]) == (outcome.fixed, [one.finding.at.source.name for one in outcome.refused])


def test_a_refused_fix_is_told_where_its_finding_stands_after_the_others(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up, "a: 1\nb: 1\n", replacing(made_up, "a", "a: 1", "a: 2000"), replacing(made_up, "b", "b: 1", "b: [")
    )

    (refused,) = outcome.refused
    assert "b: 1" == words(refused.finding)
    assert outcome.tree.files[0].source is refused.finding.at.source


# What is wanted


def test_only_wanted_fixes_are_made(made_up: MadeUp) -> None:
    read = tree.of_texts({"x.yaml": "a: 1\nb: 1\n"})
    lint = made_up.lint(
        replacing(made_up, "a", "a: 1", "a: 2"), replacing(made_up, "b", "b: 1", "b: 2", safety=Safety.UNSAFE)
    )

    outcome = fixing.fix(read, lint, lambda one: one.fix is not None and one.fix.safety is Safety.SAFE)

    assert ("a: 2\nb: 1\n", 1, ()) == (text_of(outcome), outcome.fixed, outcome.refused)


def test_a_file_that_is_only_read_for_others_is_not_changed(made_up: MadeUp) -> None:
    read = tree.of_texts({"a.yaml": "a: 1\n", "b.yaml": "a: 1\n"})
    files = (read.files[0], read.files[1]._replace(reported=False))
    policy = replacing(made_up, "a", "a: 1", "a: 2")

    outcome = fixing.fix(
        Tree(files), lambda now: [one for file in now.files for one in policy(file)], lambda _: True
    )

    assert ["a: 2\n", "a: 1\n"] == [file.source.text for file in outcome.tree.files]


def test_fixed_findings_are_counted_by_file(made_up: MadeUp) -> None:
    texts = {"a.yaml": LETTERS, "b.yaml": "a: 1\n", "c.yaml": "a: 2\n"}

    outcome = fixed(made_up, texts, replacing(made_up, "a", ": 1", ": 2"))

    assert ({"a.yaml": 16, "b.yaml": 1}, 17) == (dict(outcome.by_file), outcome.fixed)


# The command line

RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: nightly # every night
spec:
  timeout: 1h # long
  pipelineRef:
    name: build
"""
RUN_FIXED = RUN.replace("  timeout: 1h # long\n", "  timeouts:\n    pipeline: 1h # long\n")
# One safe fix (`timeout-misplaced`) and one unsafe one (`duplicate-env`), and what has no fix (`mutable-image`).
TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang
      resources: {}
      env:
        - name: GOOS
          value: linux
        - name: GOARCH
          value: arm64
        - name: GOOS
          value: darwin
"""
TASK_SAFE = TASK.replace("resources", "computeResources")
TASK_UNSAFE = TASK_SAFE.replace("        - name: GOOS\n          value: linux\n", "")


class Run(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str


Cli = Callable[..., Run]


@pytest.fixture
def cli_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Cli:
    """Runs a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> Run:
        capfdbinary.readouterr()
        code = cli.main(argv)
        out, err = capfdbinary.readouterr()
        return Run(code, out.decode(), err.decode())

    return run


def write(path: str, text: str | bytes) -> Path:
    """A file below the working folder."""
    made = Path(path)
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(text if isinstance(text, bytes) else text.encode())
    return made


def test_fix_writes_what_is_safe_and_reports_what_is_left(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    run = cli_in("--fix", "task.yaml", "--format", "concise")

    assert TASK_SAFE == file.read_text()
    assert (1, "") == (run.code, run.err)
    assert ["task.yaml:8:14:", "task.yaml:11:17:"] == [line.split()[0] for line in run.out.splitlines()]


def test_unsafe_fixes_are_made_when_they_are_asked_for(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    run = cli_in("--fix", "--unsafe-fixes", "task.yaml", "--format", "concise")

    assert TASK_UNSAFE == file.read_text()
    assert (1, ["task.yaml:8:14:"]) == (run.code, [line.split()[0] for line in run.out.splitlines()])


def test_when_nothing_is_left_the_exit_code_is_0(cli_in: Cli) -> None:
    file = write("run.yaml", RUN)

    assert (0, "No findings in 1 file; 1 fixed\n", "") == cli_in("--fix", "--select", "timeout-misplaced")
    assert RUN_FIXED == file.read_text()


def test_the_json_report_says_how_many_findings_were_fixed(cli_in: Cli) -> None:
    write("task.yaml", TASK)
    write("run.yaml", RUN)

    run = cli_in("--fix", "--unsafe-fixes", "--format", "json")

    summary = json.loads(run.out)["summary"]
    assert (3, 1) == (summary["fixed"], summary["findings"])


def test_without_fix_nothing_is_written(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    cli_in("task.yaml")

    assert TASK == file.read_text()


def test_a_file_that_needs_no_fix_is_not_written(cli_in: Cli) -> None:
    file = write("run.yaml", RUN_FIXED)
    before = file.stat()

    cli_in("--fix")

    now = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (now.st_ino, now.st_mtime_ns)


def test_what_is_not_selected_is_not_fixed(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    cli_in("--fix", "--unsafe-fixes", "--ignore", "compute-resources")

    assert TASK_UNSAFE.replace("computeResources", "resources") == file.read_text()


def test_what_is_hidden_is_not_fixed(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    cli_in("--fix", "--unsafe-fixes", "--severity", "error")

    assert TASK_SAFE == file.read_text()


def test_what_a_comment_silences_is_not_fixed(cli_in: Cli) -> None:
    text = RUN.replace("1h # long", "1h # tektonlint: ignore[timeout-misplaced] old cluster")
    file = write("run.yaml", text)

    assert (0, "No findings in 1 file\n", "") == cli_in("--fix", "--select", "timeout-misplaced")
    assert text == file.read_text()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--fix", "--diff"], "--fix and --diff exclude each other"),
        (["--unsafe-fixes"], "--unsafe-fixes goes with --fix or --diff"),
        (["--fix", "-"], "--fix cannot write to standard input; --diff prints what it would change"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line_with_exit_code_2(argv: list[str], message: str, cli_in: Cli) -> None:
    file = write("task.yaml", TASK)

    assert (2, "", f"tektonlint: {message}\n") == cli_in(*argv)
    assert TASK == file.read_text()


def test_context_files_are_never_written(cli_in: Cli) -> None:
    """They are read because they are in the same root."""
    Path(".git").mkdir()
    named, other = write("a/task.yaml", TASK), write("b/task.yaml", TASK)

    cli_in("--fix", "a")

    assert (TASK_SAFE, TASK) == (named.read_text(), other.read_text())


@pytest.mark.parametrize("path", [".", "link.yaml"], ids=["its folder", "the link"])
def test_a_link_stays_a_link_and_what_is_outside_the_root_stays_as_it_is(
    path: str, cli_in: Cli, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "task.yaml"
    outside.write_text(TASK)
    Path("link.yaml").symlink_to(outside)

    run = cli_in("--fix", path, "--format", "concise", "--severity", "note")

    assert (TASK, True) == (outside.read_text(), Path("link.yaml").is_symlink())
    assert run.out.endswith(" [outside-root]\n")


def test_a_file_is_written_under_its_own_name_where_a_link_inside_the_root_leads_to_it(cli_in: Cli) -> None:
    Path(".git").mkdir()
    file = write("task.yaml", TASK)
    Path("link.yaml").symlink_to("task.yaml")

    cli_in("--fix", "link.yaml")

    assert (TASK_SAFE, True, False) == (file.read_text(), Path("link.yaml").is_symlink(), file.is_symlink())


def test_the_mode_is_kept(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)
    file.chmod(0o640)

    cli_in("--fix")

    assert (TASK_SAFE, 0o640) == (file.read_text(), stat.S_IMODE(file.stat().st_mode))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can make another's file")
def test_the_owner_is_kept(cli_in: Cli) -> None:
    file = write("task.yaml", TASK)
    os.chown(file, 1234, 4321)

    cli_in("--fix")

    assert (TASK_SAFE, 1234, 4321) == (file.read_text(), file.stat().st_uid, file.stat().st_gid)


AWKWARD = TASK.replace("golang", "golang:1.23   \n      # ü \U0001f600 \t", 1).replace("spec:", "\n\n\nspec:   # end  ")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "mark"])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "not ended"])
def test_every_byte_outside_of_the_edits_stays(newline: str, mark: str, ended: bool, cli_in: Cli) -> None:
    def written(text: str) -> bytes:
        text = mark + (text if ended else text.removesuffix("\n"))
        return text.replace("\n", newline).encode()

    file = write("task.yaml", written(AWKWARD))

    run = cli_in("--fix", "--select", "compute-resources")

    assert (0, written(AWKWARD.replace("resources", "computeResources"))) == (run.code, file.read_bytes())


# What is refused


def broken(*_: Any) -> str:
    return "[\n"


def test_a_refused_fix_is_a_finding_and_exit_code_2(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = write("good.yaml", RUN), write("run.yaml", RUN)

    def partly_broken(text: str, edits: list[Edit]) -> str:
        return apply(text, edits) + ("[" if edits[0].at.source.name == "run.yaml" else "")

    monkeypatch.setattr(fixing, "apply", partly_broken)

    run = cli_in("--fix", "--format", "json", "--exit-zero")

    report = json.loads(run.out)
    found = [(one["policy"], one["path"], one["line"], one["severity"]) for one in report["findings"]]
    assert [("fix-failed", "run.yaml", 6, "error"), ("timeout-misplaced", "run.yaml", 6, "error")] == found
    message = "The fix of `timeout-misplaced` was not applied: the result is not YAML: "
    assert message == report["findings"][0]["message"][: len(message)]
    assert (2, "", 1) == (run.code, run.err, report["summary"]["fixed"])
    assert (RUN, RUN_FIXED) == (bad.read_text(), good.read_text())


def test_a_file_that_changed_meanwhile_is_a_finding_and_exit_code_2(
    cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = write("good.yaml", RUN), write("run.yaml", RUN)
    fix = fixing.fix

    def late(*arguments: Any) -> fixing.Outcome:
        bad.write_text("a: 1\n")
        return fix(*arguments)

    monkeypatch.setattr(fixing, "fix", late)

    run = cli_in("--fix", "--format", "json")

    report = json.loads(run.out)
    found = [(one["policy"], one["path"], one["line"]) for one in report["findings"]]
    assert [("fix-failed", "run.yaml", 1), ("timeout-misplaced", "run.yaml", 6)] == found
    assert (2, "", 1) == (run.code, run.err, report["summary"]["fixed"])
    assert ("a: 1\n", RUN_FIXED) == (bad.read_text(), good.read_text())


def test_a_policy_that_crashes_does_not_keep_others_from_fixing(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("by zero")

    file = write("task.yaml", TASK)
    monkeypatch.setattr("tektonlint.checks.containers.mutable_image", fail)

    assert 2 == cli_in("--fix").code
    assert TASK_SAFE == file.read_text()


# --diff


def test_diff_prints_a_patch_and_writes_nothing(cli_in: Cli) -> None:
    file = write("run.yaml", RUN)

    run = cli_in("--diff")

    patch = """\
--- a/run.yaml
+++ b/run.yaml
@@ -3,6 +3,7 @@
 metadata:
   name: nightly # every night
 spec:
-  timeout: 1h # long
+  timeouts:
+    pipeline: 1h # long
   pipelineRef:
     name: build
"""
    assert (1, patch, "") == run
    assert RUN == file.read_text()


def test_diff_without_a_change_prints_nothing_whatever_was_found(cli_in: Cli) -> None:
    write("task.yaml", TASK_UNSAFE)

    assert (0, "", "") == cli_in("--diff", "--unsafe-fixes")


def test_diff_with_unsafe_fixes_shows_them_too(cli_in: Cli) -> None:
    write("task.yaml", TASK)

    safe, unsafe = cli_in("--diff").out, cli_in("--diff", "--unsafe-fixes").out

    assert (False, True) == ("-          value: linux" in safe, "-          value: linux" in unsafe)


def test_diff_takes_standard_input(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tektonlint.commands.check._stdin", lambda: RUN.encode())

    run = cli_in("--diff", "-", "--stdin-name", "runs/nightly.yaml")

    assert (1, "--- a/runs/nightly.yaml", "") == (run.code, run.out.splitlines()[0], run.err)


def test_diff_tells_a_refused_fix_in_one_line_with_exit_code_2(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("run.yaml", RUN)
    monkeypatch.setattr(fixing, "apply", broken)

    run = cli_in("--diff")

    assert (2, "", 1) == (run.code, run.out, run.err.count("\n"))
    assert run.err.startswith("tektonlint: run.yaml:6:3: The fix of `timeout-misplaced` was not applied: ")


def test_diff_tells_a_policy_that_crashes_in_one_line_with_exit_code_2(
    cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("by zero")

    write("task.yaml", TASK)
    monkeypatch.setattr("tektonlint.checks.containers.mutable_image", fail)

    run = cli_in("--diff")

    assert (2, True, 1) == (run.code, run.out.startswith("--- a/task.yaml\n"), run.err.count("\n"))
    assert "`mutable-image` failed on this file: ZeroDivisionError: by zero." in run.err


NAMES = ["run.yaml", "in a folder/my run.yaml", 'quo"ted\\.yaml', "aufgäbe \U0001f600.yaml", "tab\tand\nline.yaml"]
TEXTS = {
    "as usual": RUN,
    "crlf": RUN.replace("\n", "\r\n"),
    "mark": "\ufeff" + RUN,
    "not ended": RUN.replace("  timeout: 1h # long\n", "") + "  timeout: 1h # länger",
    "not ended, crlf": (RUN.replace("  timeout: 1h # long\n", "") + "  timeout: 1h").replace("\n", "\r\n"),
    "not ended far from the change": RUN + "# 1\n# 2\n# 3\n# 4\n# 5",
    "not ended near the change": RUN.removesuffix("\n"),
    "several documents": f"{RUN}---\n{RUN}---\n{RUN}",
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("command", [["patch", "-p1", "--binary"], ["git", "apply", "-"]], ids=["patch", "git apply"])
def test_the_patch_makes_what_fix_makes(command: list[str], text: str, cli_in: Cli) -> None:
    check_patch(command, ["run.yaml"], TEXTS[text], cli_in)


@pytest.mark.parametrize("command", [["patch", "-p1", "--binary"], ["git", "apply", "-"]], ids=["patch", "git apply"])
def test_the_patch_names_files_as_the_tools_read_them(command: list[str], cli_in: Cli) -> None:
    check_patch(command, NAMES, RUN, cli_in)


def check_patch(command: list[str], names: list[str], text: str, cli_in: Cli) -> None:
    """Applies a patch to one copy and `--fix` to another."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    for name in names:
        write(f"one/{name}", text)
    shutil.copytree("one", "two")
    os.chdir("one")
    Path("../patch").write_bytes(cli_in("--diff", "--unsafe-fixes").out.encode())
    os.chdir("..")

    patched = subprocess.run(command, cwd="one", input=Path("patch").read_bytes(), capture_output=True, check=False)
    assert 0 == patched.returncode, patched.stdout + patched.stderr
    assert 0 == cli_in("--fix", "--unsafe-fixes", "two").code

    for name in names:
        assert Path("two", name).read_bytes() == Path("one", name).read_bytes()
        assert text.encode() != Path("one", name).read_bytes()


def test_a_terminal_does_not_obey_what_stands_in_a_file(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """U+202E turns the direction of what follows it."""
    write("run.yaml", RUN.replace("# long", "# \u202eslow"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    run = cli_in("--diff")

    assert (False, True) == ("\u202e" in run.out, "slow" in run.out)
