"""`--changed` and `--base`: what the tree is compared with, and which findings are then reported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tektonlint import engine, history
from tektonlint.commands.loading import is_configured
from tektonlint.finding import Finding
from tektonlint.git import Repository
from tektonlint.lazy import cached_property
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.review import Review
from tektonlint.tekton.target import Target
from tektonlint.tree import Root, Tree, UsageError, find_root

if TYPE_CHECKING:
    from tektonlint.decisions import Decisions

STDIN = "-"
# What `--changed` compares with where it names nothing; no revision is empty.
UPSTREAM = ""
# What tektonlint says of its own work is never a matter of who changed what.
ALWAYS = frozenset((engine.CRASH, "fix-failed"))


def settle(options: argparse.Namespace) -> None:
    """Decides what the word behind `--changed` is: a revision, or the first of the paths. Raises `UsageError`."""
    word = options.loose
    if not word or (word != STDIN and not os.path.lexists(word)):
        return
    if word != STDIN and _is_revision(word, options):
        raise UsageError(
            f"`{word}` is a path and a revision; write `--changed={word}` for the revision, `--changed -- {word}` "
            "for the path"
        )
    options.paths = [word, *options.paths]
    options.changed = UPSTREAM


def _is_revision(word: str, options: argparse.Namespace) -> bool:
    """Whether the repository of all that is named has a revision that is called like one of the paths."""
    paths = [path for path in (word, *options.paths) if path != STDIN]
    root = find_root(paths, options.root, is_configured(isolated=options.isolated))
    return Repository(root.folder).commit(word) is not None


def with_base(tree: Tree, root: Root, exclude: Iterable[str], options: argparse.Namespace) -> Tree:
    """The tree with its base. Raises `GitError` or `UsageError`."""
    if STDIN in options.paths and options.stdin_name is None:
        raise UsageError("standard input has no earlier version to compare with; --stdin-name says which file it is")
    repository = Repository(root.folder)
    commit = repository.base(options.base or options.changed or None)
    return tree.with_base(history.base_of(tree, root, exclude, repository, commit))


class Changed:
    """What `--changed` reports of a tree that has a base, and what of it `--fix` may mend."""

    def __init__(
        self,
        tree: Tree,
        policies: Sequence[Enabled],
        catalog: Catalog,
        target: Target,
        decisions: Decisions | None = None,
    ) -> None:
        assert tree.base is not None
        self._tree = tree
        self._lint: Callable[[Tree], engine.Report] = lambda some: engine.run(
            some, policies, catalog, target, decisions=decisions
        )
        self._review = Review(tree.base, lambda base: self._lint(base).findings)

    def only(self, report: engine.Report) -> engine.Report:
        """The report without what the change is not to blame for."""
        return report._replace(findings=tuple(self._review.of(report.findings, ALWAYS)))

    def only_mended(self, report: engine.Report) -> engine.Report:
        """The same of a tree that `--fix` changed: what stood on a line that only a fix touched is not told of."""
        silent = self._held_back - self._told_of
        left = (one for one in self.only(report).findings if one.policy in ALWAYS or one.fingerprint not in silent)
        return report._replace(findings=tuple(left))

    def may_mend(self, finding: Finding) -> bool:
        """Whether a finding is not one of those that were there before the change."""
        return finding.fingerprint not in self._held_back

    @cached_property
    def _told_of(self) -> frozenset[str]:
        return self._fingerprints[0]

    @cached_property
    def _held_back(self) -> frozenset[str]:
        return self._fingerprints[1]

    @cached_property
    def _fingerprints(self) -> tuple[frozenset[str], frozenset[str]]:
        """Those of the findings of the tree, before any fix, that are reported, and of those that are not."""
        findings = self._lint(self._tree).findings
        told = self._review.of(findings, ALWAYS)
        kept = {id(one) for one in told}
        others = (one.fingerprint for one in findings if id(one) not in kept)
        return frozenset(one.fingerprint for one in told), frozenset(others)
