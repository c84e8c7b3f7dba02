"""`--fix` and `--diff`: apply what can be applied, and write it, or show it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
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

    crashes: list[str] = []

    def lint(tree: Tree) -> Sequence[Finding]:
        report = engine.run(tree, policies, catalog, target)
        crashes[:] = [finding.message for finding in report.findings if finding.policy == engine.CRASH]
        return report.findings

    outcome = fixing.fix(read, lint, wanted)
    failures = [_failure(one.finding, one.reason, catalog) for one in outcome.refused]
    changed = outcome.changed(read)
    if options.diff:
        _show(changed)
        wrong = [f"{_where(failure)}: {failure.message}" for failure in failures] + crashes
        for message in wrong:
            print(f"tektonlint: {escape(message)}", file=sys.stderr)
        return Repaired(outcome.tree, 0, tuple(failures), 2 if wrong else 1 if changed else 0)
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


def _where(finding: Finding) -> str:
    line, column = finding.at.source.line_column(finding.at.span.start)
    return f"{finding.at.source.shown}:{line}:{column}"


def _show(changed: Iterable[tuple[Source, Source]]) -> None:
    """Prints a patch: for people so that nothing in it can do more than be read, otherwise byte by byte."""
    lines = [line for old, new in changed for line in _patch(old, new)]
    if sys.stdout.isatty():
        sys.stdout.writelines(escape(line.removesuffix("\n")) + "\n" for line in lines)
        return
    bytes_of = getattr(sys.stdout, "buffer", None)
    if bytes_of is None:
        sys.stdout.writelines(lines)
        return
    # The text layer would change line ends on Windows, and everywhere what the terminal's encoding lacks.
    sys.stdout.flush()
    bytes_of.write("".join(lines).encode("utf-8", "surrogateescape"))
    bytes_of.flush()


def _patch(old: Source, new: Source) -> Iterator[str]:
    """A unified diff, as `patch -p1` and `git apply` take it."""
    import difflib

    names = _name(f"a/{old.shown}"), _name(f"b/{new.shown}")
    for line in difflib.unified_diff(_lines(old.text), _lines(new.text), *names, n=3):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _name(name: str) -> str:
    """A file name as git writes it: in quotes where it holds what they must escape, else up to a tab."""
    if re.search(r'[\x00-\x1f\x7f"\\]', name):
        return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', lambda match: f"\\{ord(match[0]):03o}", name) + '"'
    return f"{name}\t" if " " in name else name


def _lines(text: str) -> list[str]:
    """Lines with their ends, as `patch` and git count them: only a line feed ends one."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
