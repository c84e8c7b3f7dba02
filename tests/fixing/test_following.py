"""A fix may announce findings that other fixes then mend; none of them may be left in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest

from tektonlint import fixing, tree
from tektonlint.finding import Finding, Safety, Severity
from tektonlint.policy import context
from tektonlint.tree import File, Tree
from tests.fixing.conftest import MadeUp

TEXT = "task: 1h\nlimit: 1h\n"
Lint = Callable[[Tree], Sequence[Finding]]


def replacing(made_up: MadeUp, name: str, old: str, new: str, **more: Any) -> Callable[[File], Iterable[Finding]]:
    """A policy that replaces the first occurrence of some words; without `new` it only finds them."""

    def policy(file: File) -> Iterator[Finding]:
        if old in file.source.text:
            edits = [made_up.edit(file.source, old, new)] if new else []
            yield made_up.finding(file.source, old, edits, policy=name, trail=old.partition(":")[0], **more)

    return policy


def limit(made_up: MadeUp, new: str, **more: Any) -> Callable[[File], Iterable[Finding]]:
    """A policy that finds the limit too small where the task has two hours."""
    raising = replacing(made_up, "limit", "limit: 1h", new, **more)
    return lambda file: raising(file) if "task: 2h" in file.source.text else ()


def fixed(
    made_up: MadeUp,
    *policies: Callable[[File], Iterable[Finding]],
    text: str = TEXT,
    wanted: Callable[[Finding], bool] = lambda _: True,
) -> fixing.Outcome:
    return fixing.fix(tree.of_texts({"x.yaml": text}), made_up.lint(*policies), wanted)


def text_of(outcome: fixing.Outcome) -> str:
    return outcome.tree.files[0].source.text


def reasons(outcome: fixing.Outcome) -> list[tuple[str, str]]:
    return [(one.finding.policy, one.reason) for one in outcome.refused]


def test_what_a_fix_announces_is_fixed_in_turn(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"]),
        limit(made_up, "limit: 3h"),
    )

    assert ("task: 2h\nlimit: 3h\n", 2, []) == (text_of(outcome), outcome.fixed, reasons(outcome))


def test_what_a_fix_does_not_announce_refuses_it_though_it_could_be_fixed(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "task", "task: 1h", "task: 2h", follow=["another"]),
        limit(made_up, "limit: 3h"),
    )

    assert (TEXT, [("task", "`limit` finds something new afterwards")]) == (text_of(outcome), reasons(outcome))


def test_what_a_fix_announces_has_to_have_a_fix(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up, replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"]), limit(made_up, "")
    )

    said = "`limit` finds something new afterwards, which has no fix"
    assert (TEXT, [("task", said)]) == (text_of(outcome), reasons(outcome))


def test_what_a_fix_announces_has_to_have_a_fix_that_is_wanted(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"]),
        limit(made_up, "limit: 3h", safety=Safety.UNSAFE),
        wanted=lambda finding: finding.fix is not None and finding.fix.safety is Safety.SAFE,
    )

    said = "`limit` finds something new afterwards, whose fix is not asked for"
    assert (TEXT, [("task", said)]) == (text_of(outcome), reasons(outcome))
    assert [False] == [one.wrong for one in outcome.refused]


def test_what_a_fix_announces_has_to_be_in_a_file_that_may_be_changed(made_up: MadeUp) -> None:
    read = tree.of_texts({"a.yaml": TEXT, "b.yaml": TEXT})
    read = Tree((read.files[0], read.files[1]._replace(reported=False)))
    task = replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"])
    raising = replacing(made_up, "limit", "limit: 1h", "limit: 3h")

    def lint(now: Tree) -> list[Finding]:
        task_file, run_file = now.files
        return [*task(task_file), *(raising(run_file) if "2h" in task_file.source.text else ())]

    outcome = fixing.fix(read, lint, lambda _: True)

    assert [] == outcome.changed(read)
    assert [("task", "`limit` finds something new afterwards, whose fix is not asked for")] == reasons(outcome)


def test_a_fix_is_taken_back_where_the_fix_of_what_it_announced_is_refused(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"]),
        limit(made_up, "limit: ["),
    )

    ((policy, reason),) = reasons(outcome)
    assert (TEXT, 0, "task") == (text_of(outcome), outcome.fixed, policy)
    assert [True] == [one.wrong for one in outcome.refused]
    assert reason.startswith("`limit` finds something new afterwards, whose fix is refused: the result is not YAML")


def test_what_else_was_fixed_stays_where_a_fix_is_taken_back(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"]),
        replacing(made_up, "other", "other: 1h", "other: 2h", follow=["limit"]),
        limit(made_up, "limit: ["),
        text=f"{TEXT}other: 1h\n",
    )

    assert (f"{TEXT}other: 2h\n", 1) == (text_of(outcome), outcome.fixed)
    assert ["task"] == [one.finding.policy for one in outcome.refused]


def test_what_is_announced_at_one_place_is_taken_back_without_what_is_announced_at_another(made_up: MadeUp) -> None:
    """Only the second limit cannot be raised."""
    read = tree.of_texts({"a.yaml": TEXT, "b.yaml": f"{TEXT}fixed: true\n"})

    def policy(file: File) -> Iterator[Finding]:
        yield from replacing(made_up, "task", "task: 1h", "task: 2h", follow=["limit"])(file)
        yield from limit(made_up, "limit: [" if "fixed" in file.source.text else "limit: 3h")(file)

    outcome = fixing.fix(read, made_up.lint(policy), lambda _: True)

    assert [("a.yaml", "task: 2h\nlimit: 3h\n")] == [(new.name, new.text) for _, new in outcome.changed(read)]
    assert [("task", "b.yaml")] == [(one.finding.policy, one.finding.at.source.name) for one in outcome.refused]


def chain(made_up: MadeUp, last: str) -> list[Callable[[File], Iterable[Finding]]]:
    """Each announces the next; the text behind the last is made of it."""
    return [
        replacing(made_up, "one", "a: 1", "a: 2", follow=["two"]),
        replacing(made_up, "two", "a: 2", "a: 3", follow=["three"]),
        replacing(made_up, "three", "a: 3", last),
    ]


def test_a_chain_of_announced_findings_is_fixed_to_its_end(made_up: MadeUp) -> None:
    outcome = fixed(made_up, *chain(made_up, "a: 4"), text="a: 1\n")

    assert ("a: 4\n", 3, []) == (text_of(outcome), outcome.fixed, reasons(outcome))


def test_a_chain_of_announced_findings_is_taken_back_to_its_beginning(made_up: MadeUp) -> None:
    outcome = fixed(made_up, *chain(made_up, "a: ["), text="a: 1\n")

    assert ("a: 1\n", 0, ["one"]) == (text_of(outcome), outcome.fixed, [policy for policy, _ in reasons(outcome)])


def test_fixes_that_announce_each_other_forever_are_taken_back(made_up: MadeUp) -> None:
    outcome = fixed(
        made_up,
        replacing(made_up, "there", "a: 1", "a: 2", follow=["back"]),
        replacing(made_up, "back", "a: 2", "a: 1", follow=["there"]),
        text="a: 1\n",
    )

    assert ("a: 1\n", 0, 1) == (text_of(outcome), outcome.fixed, len(outcome.refused))


def test_an_announced_finding_always_elsewhere_does_not_go_on_forever(made_up: MadeUp) -> None:
    """Each attempt is barred from where the last one ended, and this policy then ends somewhere else."""
    counts: list[int] = []

    def lint(now: Tree) -> list[Finding]:
        source = now.files[0].source
        if "a: 1" in source.text:
            return [made_up.finding(source, "a: 1", [made_up.edit(source, "1", "2")], follow=["late"])]
        counts.append(1)
        edits = [made_up.edit(source, "2", "[")]
        return [made_up.finding(source, "a: 2", edits, policy="late", trail=str(len(counts)))]

    outcome = fixing.fix(tree.of_texts({"x.yaml": "a: 1\n"}), lint, lambda _: True)

    assert ("a: 1\n", ["made-up"]) == (text_of(outcome), [policy for policy, _ in reasons(outcome)])


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(Severity.NOTE, "a: 3\n"), (Severity.WARNING, "a: 1\n"), (Severity.ERROR, "a: 1\n")],
)
def test_what_follows_may_not_leave_more_behind_than_the_first_fix_may(
    severity: Severity, expected: str, made_up: MadeUp
) -> None:
    """The error would be mended at the price of a warning, but without the first fix it would not be there."""
    outcome = fixed(
        made_up,
        replacing(made_up, "first", "a: 1", "a: 2", severity=Severity.WARNING, follow=["second"]),
        replacing(made_up, "second", "a: 2", "a: 3", severity=Severity.ERROR),
        replacing(made_up, "left", "a: 3", "", severity=severity),
        text="a: 1\n",
    )

    assert expected == text_of(outcome)


def test_a_check_says_which_policies_may_follow(made_up: MadeUp) -> None:
    from tektonlint.edit import Change
    from tektonlint.policy import catalog
    from tektonlint.tekton.target import Target, newest

    known = catalog.load()
    policy = next(iter(known.policies.values()))
    ctx = context.Context(
        context.Enabled(policy, policy.severity, {}), Target(tekton=newest()), tree.of_texts({"x.yaml": TEXT})
    )

    fix = ctx.fix("raise it", lambda: Change((), frozenset()), follow=["limit", "other"])

    assert fix is not None
    assert frozenset({"limit", "other"}) == fix.follow
