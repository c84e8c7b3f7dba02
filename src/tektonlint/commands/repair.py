"""`--fix` and `--diff`: apply what can be applied, and write it, or show it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tektonlint import engine, fixing
from tektonlint.finding import Finding, Safety, Severity
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.report.terminal import escape
from tektonlint.tekton.target import Target
from tektonlint.text import Source
from tektonlint.tree import Tree
from tektonlint.writing import NotWritten, replace

FAILED = "fix-failed"


class Repaired(NamedTuple):
    """The tree as it is now, how many findings were fixed, what was not done, and the exit code of `--diff`."""

    tree: Tree
    fixed: int
    failures: tuple[Finding, ...]
    exit_code: int


def run(
    read: Tree, policies: Sequence[Enabled], catalog: Catalog, target: Target, options: argparse.Namespace
) -> Repaired:
    """Fixes the findings that are shown; writes the files with `--fix`, prints a patch with `--diff`."""
    safeties = {Safety.SAFE, Safety.UNSAFE} if options.unsafe_fixes else {Safety.SAFE}
    lowest = Severity(options.severity)

    def wanted(finding: Finding) -> bool:
        return (
            finding.fix is not None and finding.fix.safety in safeties and finding.severity.rank >= lowest.rank
        )

    outcome = fixing.fix(read, lambda tree: engine.run(tree, policies, catalog, target).findings, wanted)
    failures = [_failure(one.finding, one.reason, catalog) for one in outcome.refused]
    changed = outcome.changed(read)
    if options.diff:
        for old, new in changed:
            sys.stdout.writelines(_patch(old, new))
        for failure in failures:
            print(f"tektonlint: {escape(failure.message)}", file=sys.stderr)
        return Repaired(outcome.tree, 0, tuple(failures), 2 if failures else 1 if changed else 0)
    unwritten: dict[str, str] = {}
    for old, new in changed:
        try:
            replace(os.path.join(read.folder, *old.name.split("/")), old.to_bytes(), new.to_bytes())
        except NotWritten as error:
            unwritten[old.name] = old.text
            failures.append(_unwritten(old, str(error), read, catalog))
    fixed = outcome.fixed - sum(count for name, count in outcome.by_file.items() if name in unwritten)
    return Repaired(outcome.tree.with_texts(unwritten), fixed, tuple(failures), 0)


def _failure(finding: Finding, reason: str, catalog: Catalog) -> Finding:
    message = (
        f"The fix of `{finding.policy}` was not applied: {reason}. The file keeps this as it was; please report it."
    )
    return finding._replace(
        policy=FAILED, severity=catalog.policies[FAILED].severity, message=message, refused=False, related=(), fix=None
    )


def _unwritten(source: Source, reason: str, read: Tree, catalog: Catalog) -> Finding:
    file = next(file for file in read.files if file.source is source)
    message = f"The file was not written: {reason}. Its fixes are still to be made."
    return Finding(policy=FAILED, severity=catalog.policies[FAILED].severity, message=message, at=file.start)


def _patch(old: Source, new: Source) -> Iterator[str]:
    """A unified diff; on a terminal nothing in it can do more than be read."""
    import difflib

    for_people = sys.stdout.isatty()
    lines = difflib.unified_diff(_lines(old.text), _lines(new.text), f"a/{old.shown}", f"b/{new.shown}", n=3)
    for line in lines:
        text = line.removesuffix("\n")
        ended = len(text) < len(line) or line.startswith(("---", "+++", "@@"))
        yield (escape(text) if for_people else text) + "\n"
        if not ended:
            yield "\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines with their ends, as `patch` and git count them: only a line feed ends one."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
