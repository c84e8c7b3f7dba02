"""Each way a fix can be wrong is refused, and the file keeps its bytes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tektonlint import fixing, tree, writing
from tektonlint.finding import Finding, Related, Severity
from tektonlint.text import Source
from tektonlint.tree import File
from tests.fixing.conftest import MadeUp

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile # of the team
spec:
  description: &words some words
  displayName: *words
  # in this order
  steps:
    # the only one
    - name: compile
      image: golang:1.23 # pinned
      timeout: 1h
      script: |
        #!/bin/sh
        make
  volumes:
    - name: cache
      emptyDir: {}
---
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: other
"""


class Wrong(NamedTuple):
    """A policy that finds the first `words` and would replace `old` by `new`, and why that is refused.

    `touches` are the paths that the fix declares. `also` makes more findings, before the fix and after it.
    """

    old: str
    new: str
    reason: str
    touches: tuple[tuple[str | int, ...], ...] = ((),)
    words: str = "1h"
    also: Callable[[MadeUp, Source], list[Finding]] = lambda _, __: []

    def policy(self, made_up: MadeUp) -> Callable[[File], Iterable[Finding]]:
        def policy(file: File) -> Iterable[Finding]:
            source = file.source
            if self.words in source.text:
                edits = [made_up.edit(source, self.old, self.new)] if self.old in source.text else []
                yield made_up.finding(source, self.words, edits, self.touches)
            yield from self.also(made_up, source)

        return policy


TIMEOUT = ("spec", "steps", 0, "timeout")


def once_mended(severity: Severity, words: str = "2h") -> Callable[[MadeUp, Source], list[Finding]]:
    """A finding of another policy that comes where the timeout is `2h`."""

    def more(made_up: MadeUp, source: Source) -> list[Finding]:
        there = "timeout: 2h" in source.text
        return [made_up.finding(source, words, policy="another", severity=severity)] if there else []

    return more


WRONG = {
    "what it makes is no YAML": Wrong("1h", '"2h', "the result is not YAML: the quoted text that begins here"),
    "what it makes is a template": Wrong("1h", "{{ 2h }}: {% if x %}", "the result is a template"),
    "a value changes that it did not declare": Wrong(
        "compile # of", "compiler # of", "`metadata.name` changed too", (TIMEOUT,), "compile # of"
    ),
    "a value changes beside the one it declared": Wrong(
        "1h\n", "2h\n      workingDir: /x\n", "`spec.steps.0.workingDir` changed too", (TIMEOUT,)
    ),
    "a value gets another type": Wrong("1h", "12", "`spec.steps.0.timeout` changed too", ()),
    "a value vanishes that it did not declare": Wrong(
        "      image: golang:1.23 # pinned\n      timeout: 1h\n",
        "",
        "`spec.steps.0.image` changed too",
        (TIMEOUT,),
    ),
    "an item is added that it did not declare": Wrong(
        "      timeout: 1h\n      script", "      script", "`spec.steps.0.timeout` changed too", (("spec", "volumes"),)
    ),
    "the document becomes another thing": Wrong(TASK.partition("---")[0], "- 1\n", "the whole document changed", ()),
    "a document is lost": Wrong("---\n", "#\n", "the number of documents changed"),
    "a document is added": Wrong("---\n", "---\na: 1\n---\n", "the number of documents changed"),
    "a comment is lost": Wrong("1.23 # pinned", "1.23", "the comment `# pinned` got lost", (TIMEOUT,)),
    "a comment is deleted as if it were an entry": Wrong(
        "    # the only one\n", "", "the comment `# the only one` got lost", ()
    ),
    "a comment becomes text": Wrong(
        "golang:1.23 # pinned", "'golang:1.23 # pinned'", "the comment `# pinned` got lost", words="golang:1.23"
    ),
    "a comment is deleted with the entry above it": Wrong(
        "  displayName: *words\n  # in this order\n",
        "",
        "the comment `# in this order` got lost",
        words="displayName",
    ),
    "there are more structural errors": Wrong(
        "      timeout: 1h\n", "      timeuot: 1h\n", "the result has more structural errors"
    ),
    "a moved value does not fit its new place": Wrong(
        "      timeout: 1h\n",
        "      securityContext: 1h\n",
        "the result has more structural errors",
        (TIMEOUT, (*TIMEOUT[:-1], "securityContext")),
        "timeout",
    ),
    "what an alias shares is touched": Wrong(
        "some words",
        "other words",
        "`spec.displayName` changed too",
        (("spec", "description"),),
        "some words",
    ),
    "the finding is still there": Wrong("golang:1.23", "golang:1.24", "the finding is still there afterwards"),
    "it changes nothing": Wrong("1h", "1h", "the finding is still there afterwards"),
    "the finding is there twice afterwards": Wrong(
        "1h\n", "1h\n      workingDir: 1h\n", "the finding is still there afterwards", (("spec", "steps"),)
    ),
    "a finding of the same severity is new": Wrong(
        "1h", "2h", "`another` finds something new afterwards", also=once_mended(Severity.WARNING)
    ),
    "a finding of higher severity is new": Wrong(
        "1h", "2h", "`another` finds something new afterwards", also=once_mended(Severity.ERROR)
    ),
    "a finding is new on what it did not touch": Wrong(
        "1h", "2h", "`another` finds something new afterwards", also=once_mended(Severity.WARNING, "cache")
    ),
    "it goes on forever": Wrong(
        "timeout: 1h",
        "timeout: 11h",
        "it is still changing after 10 passes",
        words="timeout: 1h",
    ),
}


def growing(made_up: MadeUp) -> Callable[[File], Iterable[Finding]]:
    """A policy that finds its own work wrong, each time otherwise."""

    def policy(file: File) -> Iterable[Finding]:
        line = next(line for line in file.source.text.splitlines() if "timeout:" in line)
        longer = line.replace("1h", "11h")
        yield made_up.finding(file.source, line, [made_up.edit(file.source, line, longer)])

    return policy


@pytest.mark.parametrize("case", WRONG)
def test_each_way_a_fix_can_be_wrong_is_refused(case: str, made_up: MadeUp) -> None:
    wrong = WRONG[case]
    policy = growing(made_up) if case == "it goes on forever" else wrong.policy(made_up)
    before = tree.of_texts({"task.yaml": TASK})

    outcome = fixing.fix(before, made_up.lint(policy), lambda _: True)

    assert TASK == outcome.tree.files[0].source.text
    assert ["made-up"] == [one.finding.policy for one in outcome.refused]
    assert wrong.reason in outcome.refused[0].reason
    assert (0, []) == (outcome.fixed, outcome.changed(before))


@pytest.mark.parametrize("case", [name for name in WRONG if name != "it goes on forever"])
def test_a_refused_fix_is_told_where_its_finding_stands(case: str, made_up: MadeUp) -> None:
    before = tree.of_texts({"task.yaml": TASK})

    (refused,) = fixing.fix(before, made_up.lint(WRONG[case].policy(made_up)), lambda _: True).refused

    assert TASK.index(WRONG[case].words) == refused.finding.at.span.start
    assert before.files[0].source is refused.finding.at.source


def fix_once(made_up: MadeUp, text: str, old: str, new: str, *touches: tuple[str | int, ...]) -> fixing.Outcome:
    """What becomes of a text in which a policy finds `old` and writes `new`."""

    def policy(file: File) -> Iterable[Finding]:
        if old in file.source.text:
            yield made_up.finding(file.source, old, [made_up.edit(file.source, old, new)], touches or ((),))

    return fixing.fix(tree.of_texts({"task.yaml": text}), made_up.lint(policy), lambda _: True)


def test_edits_of_one_fix_that_overlap_are_refused(made_up: MadeUp) -> None:
    def policy(file: File) -> Iterable[Finding]:
        edits = [made_up.edit(file.source, "timeout: 1h", "a: b"), made_up.edit(file.source, "1h", "2h")]
        yield made_up.finding(file.source, "1h", edits)

    outcome = fixing.fix(tree.of_texts({"task.yaml": TASK}), made_up.lint(policy), lambda _: True)

    assert TASK == outcome.tree.files[0].source.text
    assert "two edits clash at offset" in outcome.refused[0].reason


def test_an_edit_of_another_file_is_refused(made_up: MadeUp) -> None:
    before = tree.of_texts({"a.yaml": TASK, "b.yaml": TASK})

    def policy(file: File) -> Iterable[Finding]:
        if file.source.name == "a.yaml":
            yield made_up.finding(file.source, "1h", [made_up.edit(before.files[1].source, "1h", "2h")])

    outcome = fixing.fix(before, made_up.lint(policy), lambda _: True)

    assert [] == outcome.changed(before)
    assert ["it would change another file than the one it is about"] == [one.reason for one in outcome.refused]


def test_an_edit_behind_the_end_is_refused(made_up: MadeUp) -> None:
    def policy(file: File) -> Iterable[Finding]:
        longer = Source(file.source.name, file.source.text + "x: 1\n")
        edit = made_up.edit(longer, "x: 1", "x: 2")
        yield made_up.finding(file.source, "1h", [edit._replace(at=edit.at._replace(source=file.source))])

    outcome = fixing.fix(tree.of_texts({"task.yaml": TASK}), made_up.lint(policy), lambda _: True)

    assert ["an edit lies behind the end of the text"] == [one.reason for one in outcome.refused]


def test_a_second_reader_that_disagrees_is_believed(made_up: MadeUp) -> None:
    """A tab before a comment: libyaml and Kubernetes take it, ruamel.yaml does not."""
    outcome = fix_once(made_up, TASK, "1h", "2h\t# two")

    assert TASK == outcome.tree.files[0].source.text
    assert ["a second YAML reader reads the result differently"] == [one.reason for one in outcome.refused]


def test_a_second_reader_that_disagreed_before_is_not_asked(made_up: MadeUp) -> None:
    text = TASK.replace("golang:1.23 # pinned", "golang:1.23\t# pinned")

    outcome = fix_once(made_up, text, "1h", "2h")

    assert () == outcome.refused
    assert text.replace("1h", "2h") == outcome.tree.files[0].source.text


def test_a_second_reader_knows_keys_that_stand_twice(made_up: MadeUp) -> None:
    text = TASK.replace("kind: Task\n", "kind: Pipeline\nkind: Task\n", 1)

    outcome = fix_once(made_up, text, "1h", "2h\t# two")

    assert ["a second YAML reader reads the result differently"] == [one.reason for one in outcome.refused]


def test_a_new_finding_of_another_file_refuses_the_fix(made_up: MadeUp) -> None:
    """Which of the two files it is said of is for its policy to decide."""

    def policy(file: File) -> Iterable[Finding]:
        if file.source.name == "a.yaml" and "1h" in file.source.text:
            yield made_up.finding(file.source, "1h", [made_up.edit(file.source, "1h", "2h")])

    def about_both(read: tree.Tree) -> list[Finding]:
        a, b = (file.source for file in read.files)
        return [] if "1h" in a.text else [made_up.finding(b, "cache", policy="both")]

    before = tree.of_texts({"a.yaml": TASK, "b.yaml": TASK})
    one = made_up.lint(policy)
    outcome = fixing.fix(before, lambda read: [*one(read), *about_both(read)], lambda _: True)

    assert [] == outcome.changed(before)
    assert ["`both` finds something new afterwards"] == [one.reason for one in outcome.refused]


def test_of_two_files_only_the_one_whose_fix_makes_a_new_finding_keeps_its_bytes(made_up: MadeUp) -> None:
    def policy(file: File) -> Iterable[Finding]:
        if "1h" in file.source.text:
            yield made_up.finding(file.source, "1h", [made_up.edit(file.source, "1h", "2h")])

    def about_both(read: tree.Tree) -> list[Finding]:
        a, b = (file.source for file in read.files)
        new = made_up.finding(b, "cache", policy="both")
        return [] if "1h" in a.text else [new._replace(related=(Related(new.at, "here"),))]

    before = tree.of_texts({"a.yaml": TASK, "b.yaml": TASK})
    one = made_up.lint(policy)
    outcome = fixing.fix(before, lambda read: [*one(read), *about_both(read)], lambda _: True)

    assert ["b.yaml"] == [new.name for _, new in outcome.changed(before)]
    assert ["a.yaml"] == [refused.finding.at.source.name for refused in outcome.refused]


# What is not wrong, though it looks like it


def test_a_finding_of_lower_severity_may_be_new(made_up: MadeUp) -> None:
    def policy(file: File) -> Iterable[Finding]:
        if "1h" in file.source.text:
            yield made_up.finding(file.source, "1h", [made_up.edit(file.source, "1h", "2h")])
        else:
            yield made_up.finding(file.source, "2h", policy="another", severity=Severity.NOTE)

    outcome = fixing.fix(tree.of_texts({"task.yaml": TASK}), made_up.lint(policy), lambda _: True)

    assert (1, ()) == (outcome.fixed, outcome.refused)


def test_a_finding_on_what_holds_the_changed_value_is_not_new(made_up: MadeUp) -> None:
    """Its text changes with what is in it, yet it begins where it began."""

    def policy(file: File) -> Iterable[Finding]:
        step = file.source.text[file.source.text.index("- name") : file.source.text.index("  volumes")]
        yield made_up.finding(file.source, step, policy="outer", severity=Severity.ERROR)
        if "1h" in file.source.text:
            yield made_up.finding(file.source, "1h", [made_up.edit(file.source, "1h", "2h")])

    outcome = fixing.fix(tree.of_texts({"task.yaml": TASK}), made_up.lint(policy), lambda _: True)

    assert (1, ()) == (outcome.fixed, outcome.refused)


def test_another_spelling_of_the_same_value_is_no_change(made_up: MadeUp) -> None:
    outcome = fix_once(made_up, TASK, "timeout: 1h", 'timeout: "1h"', ("spec", "nothing"))

    assert (1, ()) == (outcome.fixed, outcome.refused)


def test_a_comment_inside_a_deleted_entry_goes_with_it(made_up: MadeUp) -> None:
    text = TASK.replace("    - name: cache\n", "    - name: cache # for make\n      # and for go\n")
    start = text.index("  volumes:")

    outcome = fix_once(made_up, text, text[start : text.index("---")], "")

    assert (1, ()) == (outcome.fixed, outcome.refused)


def test_a_comment_that_the_finding_is_about_may_go(made_up: MadeUp) -> None:
    def policy(file: File) -> Iterable[Finding]:
        if "# pinned" in file.source.text:
            yield made_up.finding(file.source, "# pinned", [made_up.edit(file.source, " # pinned", "")], ())

    outcome = fixing.fix(tree.of_texts({"task.yaml": TASK}), made_up.lint(policy), lambda _: True)

    assert TASK.replace(" # pinned", "") == outcome.tree.files[0].source.text


def test_a_comment_that_moves_is_not_lost(made_up: MadeUp) -> None:
    line = "      image: golang:1.23 # pinned\n"
    text = TASK.replace(line, "").replace("      timeout: 1h\n", f"      timeout: 1h\n{line}")

    def policy(file: File) -> Iterable[Finding]:
        if text == file.source.text:
            edits = [
                made_up.edit(file.source, line, ""),
                made_up.edit(file.source, "      timeout: 1h\n", f"{line}      timeout: 1h\n"),
            ]
            yield made_up.finding(file.source, "1h", edits, ())

    outcome = fixing.fix(tree.of_texts({"task.yaml": text}), made_up.lint(policy), lambda _: True)

    assert (1, ()) == (outcome.fixed, outcome.refused)
    assert TASK == outcome.tree.files[0].source.text


def test_beside_a_document_that_is_no_yaml_others_are_fixed(made_up: MadeUp) -> None:
    text = f"{TASK}---\na: [1\nb: 2\n"

    outcome = fix_once(made_up, text, "1h", "2h\n      workingDir: /x", ("spec", "steps"))

    assert (1, ()) == (outcome.fixed, outcome.refused)


RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: nightly
spec:
  pipelineRef:
    name: build
  timeout: 90
"""
STEP = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang:1.23
      resources:
        limits: {memory: all of it, cpu: many}
        request: {}
"""


@pytest.mark.parametrize(
    ("text", "policy", "shown"),
    [
        (RUN, "timeout-misplaced", ["invalid-duration"]),
        (STEP, "compute-resources", ["invalid-quantity", "invalid-quantity", "unknown-field"]),
        (STEP.replace("spec:", "Spec:"), "unknown-field", ["invalid-quantity", "invalid-quantity"]),
    ],
    ids=["a timeout without a unit", "wrong resources", "nothing was looked at before"],
)
def test_what_was_wrong_all_along_in_a_moved_value_is_no_reason_to_refuse(
    text: str, policy: str, shown: list[str], real_lint: fixing.Lint
) -> None:
    """Nobody looks into a field that should not be there, so what is in it shows only where it belongs."""
    before = tree.of_texts({"x.yaml": text})
    assert [policy] == policies(real_lint(before))

    outcome = fixing.fix(before, real_lint, lambda finding: finding.policy in (policy, "compute-resources"))

    assert () == outcome.refused
    assert shown == policies(real_lint(outcome.tree))


def policies(findings: Iterable[Finding]) -> list[str]:
    """Those that find more than something worth knowing."""
    return [finding.policy for finding in findings if finding.severity is not Severity.NOTE]


# What is on the disk

OLD, NEW = b"a: 1\n", b"a: 2\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "folder" / "task.yaml"
    made.parent.mkdir()
    made.write_bytes(OLD)
    return made


def refused(path: Path, before: bytes = OLD) -> str:
    with pytest.raises(writing.NotWritten) as error:
        writing.replace(str(path), before, NEW)
    return str(error.value)


def test_a_file_is_replaced(path: Path) -> None:
    writing.replace(str(path), OLD, NEW)

    assert ([path], NEW) == (list(path.parent.iterdir()), path.read_bytes())


def test_a_file_with_the_longest_name_is_replaced(path: Path) -> None:
    long = path.with_name("ö" * 125 + ".yaml")
    path.rename(long)

    writing.replace(str(long), OLD, NEW)

    assert NEW == long.read_bytes()


def test_a_file_that_was_changed_since_it_was_read_is_left_alone(path: Path) -> None:
    path.write_bytes(b"a: 3\n")

    assert "it was changed since it was read" == refused(path)
    assert ([path], b"a: 3\n") == (list(path.parent.iterdir()), path.read_bytes())


def test_a_file_that_changes_while_it_is_written_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def late(handle: int) -> None:
        sync(handle)
        path.write_bytes(b"a: 33\n")

    monkeypatch.setattr(os, "fsync", late)

    assert "it was changed since it was read" == refused(path)
    assert ([path], b"a: 33\n") == (list(path.parent.iterdir()), path.read_bytes())


def test_a_file_that_is_gone_does_not_come_back(path: Path) -> None:
    path.unlink()

    assert "no such file or directory" == refused(path)
    assert [] == list(path.parent.iterdir())


def test_a_link_is_not_written_through(path: Path) -> None:
    link = path.with_name("link.yaml")
    link.symlink_to(path)

    assert "it is a link or no regular file" == refused(link)
    assert (True, OLD) == (link.is_symlink(), path.read_bytes())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_not_read(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)

    assert "it is a link or no regular file" == refused(path)


def as_somebody(function: Callable[[], None]) -> None:
    """Runs something in a process that may not do everything, if this one may."""
    if os.geteuid() != 0:
        function()
        return
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            function()
            code = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert 0 == os.waitstatus_to_exitcode(status)


posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and owners are of POSIX")


@pytest.fixture
def shared_path(path: Path) -> Path:
    """A file that somebody else may write in a folder that they may write to."""
    for folder in (path.parent, *path.parent.parents):
        if folder in (Path("/"), Path("/tmp")):
            break
        folder.chmod(0o777)
    path.chmod(0o666)
    return path


@posix_only
def test_a_file_in_a_folder_that_cannot_be_written_to_is_left_alone(shared_path: Path) -> None:
    shared_path.parent.chmod(0o555)

    def attempt() -> None:
        assert "permission denied" == refused(shared_path)

    as_somebody(attempt)
    shared_path.parent.chmod(0o755)
    assert ([shared_path], OLD) == (list(shared_path.parent.iterdir()), shared_path.read_bytes())


@posix_only
def test_a_file_that_is_read_only_is_left_alone(shared_path: Path) -> None:
    shared_path.chmod(0o444)

    def attempt() -> None:
        assert "permission denied" == refused(shared_path)

    as_somebody(attempt)
    assert ([shared_path], OLD) == (list(shared_path.parent.iterdir()), shared_path.read_bytes())


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can make another's file")
def test_a_file_whose_owner_cannot_be_kept_is_left_alone(shared_path: Path) -> None:
    def attempt() -> None:
        assert "operation not permitted" == refused(shared_path)

    as_somebody(attempt)
    assert ([shared_path], OLD) == (list(shared_path.parent.iterdir()), shared_path.read_bytes())


@posix_only
def test_the_mode_is_kept(path: Path) -> None:
    path.chmod(0o640)

    writing.replace(str(path), OLD, NEW)

    assert 0o640 == stat.S_IMODE(path.stat().st_mode)


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can make another's file")
def test_the_owner_is_kept(path: Path) -> None:
    os.chown(path, 1234, 4321)
    path.chmod(0o4750)

    writing.replace(str(path), OLD, NEW)

    now = path.stat()
    assert (1234, 4321, 0o4750, NEW) == (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode), path.read_bytes())


def test_a_full_disk_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert "no space left on device" == refused(path)
    assert ([path], OLD) == (list(path.parent.iterdir()), path.read_bytes())
