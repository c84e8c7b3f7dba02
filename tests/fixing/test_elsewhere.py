"""A fix of several documents and files is applied in all of them or in none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tektonlint import cli, edit, fixing, tree, writing
from tektonlint.finding import Edit, Elsewhere, Finding, Location, Related, Safety
from tektonlint.policy import catalog
from tektonlint.policy.context import Context, Enabled
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Source, Span
from tektonlint.tree import Tree
from tests.fixing.conftest import MadeUp
from tests.fixing.test_refusals import TASK, WRONG

AB = {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"}
ANYWHERE: frozenset[tuple[str | int, ...]] = frozenset({()})
Lint = Callable[[Tree], Sequence[Finding]]


def part(
    made_up: MadeUp, source: Source, old: str, new: str, touches: Iterable[tuple[str | int, ...]] = ANYWHERE
) -> Elsewhere:
    return Elsewhere(0, (made_up.edit(source, old, new),), frozenset(touches))


def of_both(made_up: MadeUp, name: str, first: tuple[str, str, str], second: tuple[str, str, str], **more: Any) -> Lint:
    """A policy that finds words in a file, replaces them, and replaces other words in another file."""

    def lint(now: Tree) -> list[Finding]:
        sources = {file.source.name: file.source for file in now.files}
        one, other = sources[first[0]], sources[second[0]]
        if first[1] not in one.text:
            return []
        there = [part(made_up, other, *second[1:])] if second[1] in other.text else []
        edits = [made_up.edit(one, *first[1:])]
        return [made_up.finding(one, first[1], edits, policy=name, elsewhere=there, **more)]

    return lint


def fixed(
    texts: dict[str, str], *lints: Lint, unnamed: Iterable[str] = (), closed: dict[str, str] | None = None
) -> fixing.Outcome:
    read = tree.of_texts(texts)
    files = tuple(file._replace(reported=file.source.name not in unnamed) for file in read.files)

    def lint(now: Tree) -> list[Finding]:
        return sorted((finding for one in lints for finding in one(now)), key=lambda one: one.order)

    return fixing.fix(Tree(files), lint, lambda _: True, closed)


def texts_of(outcome: fixing.Outcome) -> list[str]:
    return [file.source.text for file in outcome.tree.files]


def reasons(outcome: fixing.Outcome) -> list[tuple[str, str, bool]]:
    return [(one.finding.policy, one.reason, one.wrong) for one in outcome.refused]


# Applied in all


def test_a_fix_of_two_files_is_applied_in_both_and_counts_once(made_up: MadeUp) -> None:
    outcome = fixed(AB, of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2")))

    assert (["a: 2\n", "b: 2\n"], 1, []) == (texts_of(outcome), outcome.fixed, reasons(outcome))


def test_a_fix_may_change_another_document_of_its_file(made_up: MadeUp) -> None:
    def lint(now: Tree) -> list[Finding]:
        source = now.files[0].source
        if "a: 1" not in source.text:
            return []
        there = Elsewhere(1, (made_up.edit(source, "b: 1", "b: 2"),), frozenset({("b",)}))
        return [
            made_up.finding(source, "a: 1", [made_up.edit(source, "a: 1", "a: 2")], [("a",)], elsewhere=[there])
        ]

    outcome = fixed({"x.yaml": "a: 1\n---\nb: 1\n"}, lint)

    assert (["a: 2\n---\nb: 2\n"], []) == (texts_of(outcome), reasons(outcome))
    assert () == outcome.together


def test_what_is_declared_for_a_document_is_not_declared_for_another(made_up: MadeUp) -> None:
    def lint(now: Tree) -> list[Finding]:
        source = now.files[0].source
        there = Elsewhere(0, (made_up.edit(source, "b: 1", "b: 2"),), frozenset({("b",)}))
        return [made_up.finding(source, "a: 1", [made_up.edit(source, "a: 1", "a: 2")], elsewhere=[there])]

    outcome = fixed({"x.yaml": "a: 1\n---\nb: 1\n"}, lint)

    assert [("made-up", "`b` changed too", True)] == reasons(outcome)


def test_a_fix_may_change_only_another_file(made_up: MadeUp) -> None:
    def lint(now: Tree) -> list[Finding]:
        one, other = (file.source for file in now.files)
        there = [part(made_up, other, "b: 1", "b: 2")] if "b: 1" in other.text else []
        return [made_up.finding(one, "a: 1", elsewhere=there)] if there else []

    outcome = fixed(AB, lint)

    assert (["a: 1\n", "b: 2\n"], {"a.yaml": 1}) == (texts_of(outcome), dict(outcome.by_file))


def test_files_of_one_fix_are_to_be_written_together(made_up: MadeUp) -> None:
    """And so are those that one of them joins, though no fix is of both."""
    texts = {**AB, "c.yaml": "c: 1\n", "d.yaml": "d: 1\n", "e.yaml": "e: 1\n"}

    outcome = fixed(
        texts,
        of_both(made_up, "p", ("a.yaml", "a", "A"), ("b.yaml", "b", "B")),
        of_both(made_up, "q", ("c.yaml", "c", "C"), ("b.yaml", "1", "2")),
        of_both(made_up, "r", ("d.yaml", "d", "D"), ("e.yaml", "e", "E")),
    )

    assert {frozenset({"a.yaml", "b.yaml", "c.yaml"}), frozenset({"d.yaml", "e.yaml"})} == {*outcome.together}
    assert (3, 2) == (outcome.fixed, len(outcome.together))


# Choosing


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 4), (3, 6), ["p"]),
        ((0, 4), (4, 6), ["p"]),
        ((0, 4), (5, 6), ["p", "q"]),
        ((0, 4), (0, 4), ["p", "q"]),
    ],
    ids=["they overlap", "they touch", "they are apart", "they are the same"],
)
def test_two_fixes_clash_where_they_meet_in_another_file(
    first: tuple[int, int], second: tuple[int, int], expected: list[str], made_up: MadeUp
) -> None:
    one, other, both = Source("a.yaml", "a: 1\n"), Source("c.yaml", "a: 1\n"), Source("b.yaml", "b: 123456\n")

    def finding(source: Source, policy: str, span: tuple[int, int]) -> Finding:
        there = Elsewhere(0, (Edit(Location(both, Span(*span)), "x"),), ANYWHERE)
        return made_up.finding(source, "1", [made_up.edit(source, "1", "2")], policy=policy, elsewhere=[there])

    chosen = fixing.choose([finding(other, "q", second), finding(one, "p", first)])

    assert expected == [one.policy for one in chosen]


def test_the_same_place_of_two_files_is_no_clash(made_up: MadeUp) -> None:
    sources = [Source("a.yaml", "a: 1\n"), Source("b.yaml", "a: 1\n")]

    chosen = fixing.choose(made_up.finding(one, "1", [made_up.edit(one, "1", "2")]) for one in sources)

    assert 2 == len(chosen)


def test_what_clashes_in_another_file_gets_its_turn_in_the_next_pass(made_up: MadeUp) -> None:
    outcome = fixed(
        {"a.yaml": "a: 1\n", "b.yaml": "b: xy\n", "c.yaml": "c: 1\n"},
        of_both(made_up, "p", ("a.yaml", "1", "2"), ("b.yaml", "x", "X")),
        of_both(made_up, "q", ("c.yaml", "1", "2"), ("b.yaml", "y", "Y")),
    )

    assert (["a: 2\n", "b: XY\n", "c: 2\n"], []) == (texts_of(outcome), reasons(outcome))


def test_what_two_fixes_change_alike_in_another_file_is_changed_once(made_up: MadeUp) -> None:
    outcome = fixed(
        {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n", "c.yaml": "c: 1\n"},
        of_both(made_up, "p", ("a.yaml", "1", "2"), ("b.yaml", "1", "11")),
        of_both(made_up, "q", ("c.yaml", "1", "2"), ("b.yaml", "1", "11")),
    )

    assert (["a: 2\n", "b: 11\n", "c: 2\n"], 2) == (texts_of(outcome), outcome.fixed)


# Refused in all

IN_ANOTHER_FILE = [
    "what it makes is no YAML",
    "what it makes is a template",
    "a value changes beside the one it declared",
    "a value gets another type",
    "a value vanishes that it did not declare",
    "the document becomes another thing",
    "a document is lost",
    "a document is added",
    "a comment is lost",
    "a comment is deleted as if it were an entry",
    "there are more structural errors",
    "what an alias shares is touched",
    "a finding of the same severity is new",
    "a finding of higher severity is new",
]


@pytest.mark.parametrize("case", IN_ANOTHER_FILE)
def test_what_is_wrong_in_one_file_refuses_the_fix_in_all(case: str, made_up: MadeUp) -> None:
    wrong = WRONG[case]

    def lint(now: Tree) -> list[Finding]:
        one, other = (file.source for file in now.files)
        there = [part(made_up, other, wrong.old, wrong.new, wrong.touches)] if wrong.old in other.text else []
        here = [made_up.finding(one, "a: 1", [made_up.edit(one, "1", "2")], elsewhere=there)] if "1" in one.text else []
        return [*here, *wrong.also(made_up, other)]

    outcome = fixed({"a.yaml": "a: 1\n", "b.yaml": TASK}, lint)

    assert ["a: 1\n", TASK] == texts_of(outcome)
    ((policy, reason, blamed),) = reasons(outcome)
    assert ("made-up", True, True) == (policy, blamed, wrong.reason in reason)
    assert (0, ()) == (outcome.fixed, outcome.together)


def test_a_second_reader_is_asked_about_every_file(made_up: MadeUp) -> None:
    outcome = fixed(AB, of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2\t# two")))

    assert (["a: 1\n", "b: 1\n"], [("p", "a second YAML reader reads the result differently", True)]) == (
        texts_of(outcome),
        reasons(outcome),
    )


def test_a_finding_is_not_about_a_comment_at_its_offset_in_another_file(made_up: MadeUp) -> None:
    outcome = fixed(
        {"a.yaml": "a: 1\n", "b.yaml": "# one\nb: 1\n"},
        of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "# one\n", "")),
    )

    assert [("p", "the comment `# one` got lost", True)] == reasons(outcome)


def test_a_fix_that_is_refused_for_another_file_does_not_keep_the_others_from_theirs(made_up: MadeUp) -> None:
    texts = {"a.yaml": "a: 1\nc: 1\n", "b.yaml": "b: 1\nd: 1\n"}

    def single(now: Tree) -> Iterator[Finding]:
        for file, old in zip(now.files, ("c: 1", "d: 1"), strict=True):
            if old in file.source.text:
                edits = [made_up.edit(file.source, old, old.replace("1", "3"))]
                yield made_up.finding(file.source, old, edits, policy="single")

    both = of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: ["))
    outcome = fixed(texts, both, lambda now: [*single(now)])

    assert (["a: 1\nc: 3\n", "b: 1\nd: 3\n"], 2) == (texts_of(outcome), outcome.fixed)
    assert ["p"] == [policy for policy, _, _ in reasons(outcome)]


def test_a_text_that_was_not_read_is_not_changed(made_up: MadeUp) -> None:
    stale, gone = Source("b.yaml", "b: 1\n"), Source("c.yaml", "b: 1\n")

    for source in (stale, gone):

        def lint(now: Tree, source: Source = source) -> list[Finding]:
            there = [part(made_up, source, "b: 1", "b: 2")]
            one = now.files[0].source
            return [made_up.finding(one, "a: 1", [made_up.edit(one, "1", "2")], elsewhere=there)]

        outcome = fixed(AB, lint)

        said = "it would change another text than the one that was read"
        assert (["a: 1\n", "b: 1\n"], [("made-up", said, True)]) == (texts_of(outcome), reasons(outcome))


def test_edits_of_two_files_that_pass_for_one_are_refused(made_up: MadeUp) -> None:
    def lint(now: Tree) -> list[Finding]:
        one, other, third = (file.source for file in now.files)
        edits = (made_up.edit(other, "b: 1", "b: 2"), made_up.edit(third, "c: 1", "c: 2"))
        return [made_up.finding(one, "a: 1", elsewhere=[Elsewhere(0, edits, ANYWHERE)])]

    texts = {**AB, "c.yaml": "c: 1\n"}
    outcome = fixed(texts, lint)

    assert (list(texts.values()), [("made-up", "it would change several files as if they were one", True)]) == (
        texts_of(outcome),
        reasons(outcome),
    )


def test_where_a_file_goes_on_changing_those_that_a_fix_changed_with_it_go_back_too(made_up: MadeUp) -> None:
    def growing(now: Tree) -> list[Finding]:
        source = now.files[0].source
        line = source.text.splitlines()[-1]
        return [made_up.finding(source, line, [made_up.edit(source, line, f"{line}1")], policy="growing")]

    outcome = fixed(
        {"a.yaml": "a: 1\nx: 1\n", "b.yaml": "b: 1\n", "c.yaml": "c: 1\n"},
        growing,
        of_both(made_up, "p", ("b.yaml", "b: 1", "b: 2"), ("a.yaml", "a: 1", "a: 2")),
        of_both(made_up, "q", ("c.yaml", "c: 1", "c: 2"), ("c.yaml", "absent", "")),
    )

    assert ["a: 1\nx: 1\n", "b: 1\n", "c: 2\n"] == texts_of(outcome)
    assert ({"c.yaml": 1}, ()) == (dict(outcome.by_file), outcome.together)


# What may not be changed


def test_a_fix_that_would_change_a_file_that_is_not_named_is_not_applied_and_told(made_up: MadeUp) -> None:
    outcome = fixed(
        AB, of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2")), unnamed=["b.yaml"]
    )

    said = "it would change `b.yaml` too, which is not among the files to fix"
    assert (["a: 1\n", "b: 1\n"], [("p", said, False)]) == (texts_of(outcome), reasons(outcome))


def test_it_is_told_too_where_the_finding_is_in_the_file_that_is_not_named(made_up: MadeUp) -> None:
    outcome = fixed(
        AB, of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2")), unnamed=["a.yaml"]
    )

    said = "it would change `a.yaml` too, which is not among the files to fix"
    assert (["a: 1\n", "b: 1\n"], [("p", said, False)]) == (texts_of(outcome), reasons(outcome))


def test_a_fix_is_applied_where_only_its_finding_is_in_a_file_that_is_not_named(made_up: MadeUp) -> None:
    def lint(now: Tree) -> list[Finding]:
        one, other = (file.source for file in now.files)
        there = [part(made_up, other, "b: 1", "b: 2")] if "b: 1" in other.text else []
        return [made_up.finding(one, "a: 1", elsewhere=there)] if there else []

    outcome = fixed(AB, lint, unnamed=["a.yaml"])

    assert (["a: 1\n", "b: 2\n"], []) == (texts_of(outcome), reasons(outcome))


def test_a_fix_that_another_fix_makes_needless_is_not_told(made_up: MadeUp) -> None:
    def single(now: Tree) -> list[Finding]:
        source = now.files[0].source
        old = "a: 1"
        edits = [made_up.edit(source, old, "a: 3")] if old in source.text else []
        return [made_up.finding(source, old, edits, policy="single")] if edits else []

    outcome = fixed(
        AB, of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2")), single, unnamed=["b.yaml"]
    )

    assert (["a: 3\n", "b: 1\n"], []) == (texts_of(outcome), reasons(outcome))


@pytest.mark.parametrize("name", ["a.yaml", "b.yaml"])
def test_a_fix_is_not_applied_where_one_of_its_files_cannot_be_written(name: str, made_up: MadeUp) -> None:
    outcome = fixed(
        {"a.yaml": "a: 1\nc: 1\n", "b.yaml": "b: 1\n"},
        of_both(made_up, "p", ("a.yaml", "a: 1", "a: 2"), ("b.yaml", "b: 1", "b: 2")),
        of_both(made_up, "single", ("a.yaml", "c: 1", "c: 2"), ("b.yaml", "absent", "")),
        closed={name: "permission denied"},
    )

    said = f"it would change `{name}`, which cannot be written: permission denied"
    assert (["a: 1\nc: 2\n", "b: 1\n"], [("p", said, False)]) == (texts_of(outcome), reasons(outcome))


# With what follows


def following(made_up: MadeUp) -> list[Lint]:
    """The task in one file gets more time; the limit in the other, which speaks of the task, is then raised."""
    task = of_both(made_up, "task", ("a.yaml", "task: 1", "task: 2"), ("b.yaml", "absent", ""), follow=["limit"])

    def limit(now: Tree) -> list[Finding]:
        one, other = (file.source for file in now.files)
        if "task: 2" not in one.text or "limit: 1" not in other.text:
            return []
        found = made_up.finding(other, "limit: 1", [made_up.edit(other, "1", "3")], policy="limit")
        return [found._replace(related=(Related(Location(one, Span(0, 4)), "it takes two"),))]

    return [task, limit]


FOLLOWING = {"a.yaml": "task: 1\n", "b.yaml": "limit: 1\n"}


def test_a_file_and_that_of_what_follows_are_to_be_written_together(made_up: MadeUp) -> None:
    outcome = fixed(FOLLOWING, *following(made_up))

    assert ["task: 2\n", "limit: 3\n"] == texts_of(outcome)
    assert (frozenset({"a.yaml", "b.yaml"}),) == outcome.together


def test_what_follows_may_be_in_a_file_that_no_fix_changed(made_up: MadeUp) -> None:
    """It does not say either which of the changed files it speaks of."""
    task, limit = following(made_up)

    outcome = fixed(FOLLOWING, task, lambda now: [one._replace(related=()) for one in limit(now)])

    assert ["task: 2\n", "limit: 3\n"] == texts_of(outcome)
    assert (frozenset({"a.yaml", "b.yaml"}),) == outcome.together


def test_a_fix_is_not_applied_where_the_file_of_what_follows_cannot_be_written(made_up: MadeUp) -> None:
    outcome = fixed(FOLLOWING, *following(made_up), closed={"b.yaml": "permission denied"})

    said = "`limit` finds something new afterwards, but `b.yaml` cannot be written: permission denied"
    assert (list(FOLLOWING.values()), [("task", said, False)]) == (texts_of(outcome), reasons(outcome))


# What checks make


def context_of(read: Tree) -> Context:
    known = catalog.load()
    policy = known.policies["mutable-image"]
    return Context(Enabled(policy, policy.severity, policy.defaults), Target(tekton=newest()), read)


def renamed(resource: Resource) -> edit.Change:
    place = resource.place.get("metadata")
    assert place is not None
    return edit.rename_key(place, "Metadata")


def test_a_check_says_what_its_fix_does_elsewhere() -> None:
    read = tree.of_texts({"a.yaml": TASK, "b.yaml": f"a: 1\n---\n{TASK}"})
    here, there = read.files[0].resources[0], read.files[1].resources[0]

    fix = context_of(read).fix(
        "rename it", lambda: renamed(here), elsewhere=lambda: [(there, renamed(there))]
    )

    assert fix is not None
    assert [("a.yaml", "Metadata"), ("b.yaml", "Metadata")] == [
        (one.at.source.name, one.text) for one in fix.all_edits
    ]
    assert [(1, frozenset({("metadata",), ("Metadata",)}))] == [
        (one.document, one.touches) for one in fix.elsewhere
    ]


def test_there_is_no_fix_where_one_of_its_files_cannot_be_changed_exactly() -> None:
    read = tree.of_texts({"a.yaml": TASK})

    def refuse() -> NoReturn:
        raise edit.Refusal("it is shared")

    ctx, resource = context_of(read), read.files[0].resources[0]

    assert None is not ctx.fix("rename it", lambda: renamed(resource))
    assert None is ctx.fix("rename it", lambda: renamed(resource), elsewhere=refuse)


# The command line

IMAGES = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang
"""
DONE = IMAGES.replace("golang", "golang:1.23")
# What a fix of one file mends.
RESOURCES = "      resources: {}\n"


@pytest.fixture
def cli_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in a root with two tasks, whose images are fixed together; the finding is in `a.yaml`."""

    def mutable_image(image: Place, ctx: Context) -> Iterator[Finding]:
        if image.known_text != "golang" or image.location.source.name != "a.yaml":
            return
        other = next(file.resources[0] for file in ctx.tree.files if file.source.name == "b.yaml")
        step = next(other.place.each("spec", "steps")).get("image")
        assert step is not None
        fix = ctx.fix(
            "name a version",
            lambda: edit.replace_scalar(image, "golang:1.23"),
            Safety.SAFE,
            elsewhere=lambda: [(other, edit.replace_scalar(step, "golang:1.23"))],
        )
        yield ctx.finding(image, "It moves.", fix=fix)

    monkeypatch.setattr("tektonlint.checks.containers.mutable_image", mutable_image)
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(IMAGES + RESOURCES)

    def run(*argv: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.main(["--select", "mutable-image,compute-resources", *argv])
        return code, *capfd.readouterr()

    return run


Cli = Callable[..., tuple[int, str, str]]
SAFE = "      computeResources: {}\n"


def on_disk() -> tuple[str, str]:
    """Both files; nothing else may be left in their folder."""
    assert {".git", "a.yaml", "b.yaml"} == {*os.listdir()}
    return Path("a.yaml").read_text(), Path("b.yaml").read_text()


def failures(out: str) -> list[tuple[str, str]]:
    findings = json.loads(out)["findings"]
    return [(one["path"], one["message"]) for one in findings if one["policy"] == "fix-failed"]


def test_fix_writes_all_files_of_a_fix(cli_in: Cli) -> None:
    code, out, err = cli_in("--fix")

    assert (0, "No findings in 2 files; 3 fixed\n", "") == (code, out, err)
    assert (DONE + SAFE, DONE + SAFE) == on_disk()


def test_diff_shows_all_files_of_a_fix(cli_in: Cli) -> None:
    code, out, err = cli_in("--diff")

    assert (1, "") == (code, err)
    assert ["--- a/a.yaml", "--- a/b.yaml"] == [line for line in out.splitlines() if line.startswith("---")]
    assert 2 == out.count("+      image: golang:1.23\n")
    assert (IMAGES + RESOURCES, IMAGES + RESOURCES) == on_disk()


def test_the_json_report_lists_the_edits_of_all_files(cli_in: Cli) -> None:
    _, out, _ = cli_in("--format", "json")

    (fix,) = [one["fix"] for one in json.loads(out)["findings"] if one["policy"] == "mutable-image"]
    assert [("a.yaml", 8, 14, "golang:1.23"), ("b.yaml", 8, 14, "golang:1.23")] == [
        (one["path"], one["line"], one["column"], one["text"]) for one in fix["edits"]
    ]


def test_a_fix_of_a_file_that_is_not_named_is_told_with_exit_code_2(cli_in: Cli) -> None:
    code, out, err = cli_in("--fix", "a.yaml", "--format", "json")

    said = (
        "The fix of `mutable-image` was not applied: it would change `b.yaml` too, which is not among the files to "
        "fix. The file keeps this as it was."
    )
    assert (2, [("a.yaml", said)], "") == (code, failures(out), err)
    assert (IMAGES + SAFE, IMAGES + RESOURCES) == on_disk()


def test_diff_tells_a_fix_of_a_file_that_is_not_named(cli_in: Cli) -> None:
    code, out, err = cli_in("--diff", "a.yaml")

    assert (2, 1, False) == (code, err.count("\n"), "golang:1.23" in out)
    assert "it would change `b.yaml` too, which is not among the files to fix" in err


@pytest.mark.parametrize("name", ["a.yaml", "b.yaml"])
def test_where_one_file_cannot_be_written_the_fix_is_in_none_and_others_are_made(
    name: str, cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is another one than was read by the time it is to be written."""
    fix = fixing.fix

    def late(*arguments: Any) -> fixing.Outcome:
        Path(name).write_text("a: 1\n")
        return fix(*arguments)

    monkeypatch.setattr(fixing, "fix", late)

    code, out, _ = cli_in("--fix", "--format", "json")

    not_applied = (
        f"The fix of `mutable-image` was not applied: it would change `{name}`, which cannot be written: "
        "it was changed since it was read. The file keeps this as it was."
    )
    not_written = (
        "The file was not written: it was changed since it was read. Its fixes are still to be made."
    )
    assert (2, {("a.yaml", not_applied), (name, not_written)}) == (code, {*failures(out)})
    assert ("a: 1\n", IMAGES + SAFE) == (on_disk() if name == "a.yaml" else on_disk()[::-1])
    assert 1 == json.loads(out)["summary"]["fixed"]


def test_where_the_second_file_fails_at_last_the_first_is_put_back(
    cli_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_names(monkeypatch, "b.yaml")

    code, out, _ = cli_in("--fix", "--format", "json")

    assert (2, 0) == (code, json.loads(out)["summary"]["fixed"])
    assert [
        (
            "a.yaml",
            "The file was not written: `b.yaml`, which a fix changes too, could not be written: input/output error. "
            "Its fixes are still to be made.",
        ),
        ("b.yaml", "The file was not written: input/output error. Its fixes are still to be made."),
    ] == failures(out)
    assert ["compute-resources", "mutable-image"] == sorted(
        {one["policy"] for one in json.loads(out)["findings"]} - {"fix-failed"}
    )
    assert (IMAGES + RESOURCES, IMAGES + RESOURCES) == on_disk()


def test_a_file_that_cannot_be_put_back_is_told(cli_in: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_names(monkeypatch, "b.yaml", then="a.yaml")

    code, out, _ = cli_in("--fix", "--format", "json")

    assert (2, 0) == (code, json.loads(out)["summary"]["fixed"])
    assert (
        "a.yaml",
        "The file holds part of a fix and could not be put back: `b.yaml`, which a fix changes too, could not be "
        "written: input/output error. Look at it before you commit it.",
    ) == failures(out)[0]
    left = [one["path"] for one in json.loads(out)["findings"] if one["policy"] != "fix-failed"]
    assert ["b.yaml"] == left
    assert (DONE + SAFE, IMAGES + RESOURCES) == on_disk()


def refuse_names(monkeypatch: pytest.MonkeyPatch, *names: str, then: str | None = None) -> None:
    """No file can take one of the names; `then` is one that none can take any more once that has failed."""
    refused = set(names)
    replace = os.replace

    def fail(old: str, new: str) -> None:
        if os.path.basename(new) in refused:
            refused.update([then] if then is not None else [])
            raise OSError(5, "Input/output error")
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail)


# What is on the disk


@pytest.fixture
def changes(tmp_path: Path) -> list[writing.Change]:
    """Three files, in two folders."""
    made = [tmp_path / "one" / "a.yaml", tmp_path / "one" / "b.yaml", tmp_path / "two" / "c.yaml"]
    for path in made:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"1\n")
    return [writing.Change(str(path), b"1\n", b"2\n") for path in made]


def contents(changes: Sequence[writing.Change]) -> list[bytes]:
    """What the files hold; nothing else may be in their folders."""
    folders = {os.path.dirname(one.path) for one in changes}
    names = sorted(os.path.join(folder, name) for folder in folders for name in os.listdir(folder))
    assert [one.path for one in changes] == names
    return [Path(one.path).read_bytes() for one in changes]


def test_several_files_are_replaced(changes: list[writing.Change]) -> None:
    writing.replace_together(changes)

    assert [b"2\n"] * 3 == contents(changes)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_where_one_of_several_files_was_changed_none_is_replaced(number: int, changes: list[writing.Change]) -> None:
    Path(changes[number].path).write_bytes(b"3\n")

    with pytest.raises(writing.NotWritten, match="it was changed since it was read") as error:
        writing.replace_together(changes)

    assert (changes[number].path, frozenset()) == (error.value.path, error.value.stuck)
    assert [b"3\n" if one == number else b"1\n" for one in range(3)] == contents(changes)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_where_one_of_several_files_cannot_take_its_name_those_before_it_are_put_back(
    number: int, changes: list[writing.Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(changes[0].path).chmod(0o640)
    refuse_names(monkeypatch, "abc"[number] + ".yaml")

    with pytest.raises(writing.NotWritten, match="input/output error") as error:
        writing.replace_together(changes)

    assert (changes[number].path, frozenset()) == (error.value.path, error.value.stuck)
    assert [b"1\n"] * 3 == contents(changes)
    assert 0o640 == Path(changes[0].path).stat().st_mode & 0o777


def test_a_file_that_somebody_changes_before_it_can_be_put_back_stays_as_it_is_then(
    changes: list[writing.Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def fail(old: str, new: str) -> None:
        if new == changes[2].path:
            Path(changes[0].path).write_bytes(b"3\n")
            raise OSError(5, "Input/output error")
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail)

    with pytest.raises(writing.NotWritten) as error:
        writing.replace_together(changes)

    assert (changes[2].path, frozenset({changes[0].path})) == (error.value.path, error.value.stuck)
    assert [b"3\n", b"1\n", b"1\n"] == contents(changes)


def test_who_is_interrupted_between_two_files_leaves_both_as_they_were(
    changes: list[writing.Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def interrupt(old: str, new: str) -> None:
        if new == changes[1].path:
            raise KeyboardInterrupt
        replace(old, new)

    monkeypatch.setattr(os, "replace", interrupt)

    with pytest.raises(KeyboardInterrupt):
        writing.replace_together(changes)

    assert [b"1\n"] * 3 == contents(changes)


def test_a_file_that_is_only_checked_stays_as_it_is(changes: list[writing.Change]) -> None:
    writing.check(changes[0])

    assert [b"1\n"] * 3 == contents(changes)


def test_a_file_that_could_not_be_replaced_does_not_pass_the_check(changes: list[writing.Change]) -> None:
    Path(changes[0].path).write_bytes(b"3\n")

    with pytest.raises(writing.NotWritten, match="it was changed since it was read"):
        writing.check(changes[0])
