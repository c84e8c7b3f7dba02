"""What the tests of fixing share: a stand-in for policies, and edits by the words they replace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from tektonlint import engine
from tektonlint.finding import Edit, Elsewhere, Finding, Fix, Location, Path, Safety, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Source, Span
from tektonlint.tree import File, Tree

Policy = Callable[[File], Iterable[Finding]]


class MadeUp:
    """Policies that are functions, and findings with whatever fix a test wants."""

    def lint(self, *policies: Policy) -> Callable[[Tree], Sequence[Finding]]:
        """A function that lints a tree with the policies, sorted as the engine sorts."""

        def lint(tree: Tree) -> Sequence[Finding]:
            found = (one for file in tree.files if file.reported for policy in policies for one in policy(file))
            return sorted(found, key=lambda one: one.order)

        return lint

    def edit(self, source: Source, old: str, new: str, *, number: int = 0) -> Edit:
        """Replaces the occurrence of some words with a number, counted from 0."""
        start = -1
        for _ in range(number + 1):
            start = source.text.index(old, start + 1)
        return Edit(Location(source, Span(start, start + len(old))), new)

    def finding(
        self,
        source: Source,
        words: str,
        edits: Iterable[Edit] = (),
        touches: Iterable[Path] = ((),),
        *,
        policy: str = "made-up",
        severity: Severity = Severity.WARNING,
        document: int = 0,
        trail: str = "",
        safety: Safety = Safety.SAFE,
        follow: Iterable[str] = (),
        elsewhere: Iterable[Elsewhere] = (),
    ) -> Finding:
        """A finding on the first occurrence of some words; without edits it has no fix."""
        start = source.text.index(words)
        edits, elsewhere = tuple(edits), tuple(elsewhere)
        fix = Fix("mend it", edits, safety, frozenset(touches), frozenset(follow), elsewhere)
        at = Location(source, Span(start, start + len(words)))
        offered = fix if fix.all_edits else None
        return Finding(policy, severity, f"`{words}` is wrong.", at, document, trail=trail, fix=offered)


@pytest.fixture(scope="session")
def made_up() -> MadeUp:
    return MadeUp()


@pytest.fixture(scope="session")
def real_lint() -> Callable[[Tree], Sequence[Finding]]:
    """Every policy, as it is set by default."""
    known = catalog.load()
    policies = enabled(known, Choice(severities={}, options={}))
    target = Target(tekton=newest())
    return lambda tree: engine.run(tree, policies, known, target).findings
