"""`--fix` and `--diff`: apply what can be applied, and write it, or show it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tektonlint import engine, fixing
from tektonlint.finding import Finding, Location, Safety, Severity
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.records import NamedTuple
from tektonlint.report.terminal import escape
from tektonlint.tekton.target import Target
from tektonlint.text import Source, Span
from tektonlint.tree import Tree
from tektonlint.writing import Change, NotWritten, check, replace_together

if TYPE_CHECKING:
    from tektonlint.decisions import Decisions

FAILED = "fix-failed"


class Repaired(NamedTuple):
    """The tree as it is now, how many findings were fixed, what was not done, and the exit code of `--diff`."""

    tree: Tree
    fixed: int
    failures: tuple[Finding, ...]
    exit_code: int


def run(
    read: Tree,
    policies: Sequence[Enabled],
    catalog: Catalog,
    target: Target,
    options: argparse.Namespace,
    decisions: Decisions | None = None,
    may_mend: Callable[[Finding], bool] | None = None,
) -> Repaired:
    """Fixes the findings that are shown; writes the files with `--fix`, prints a patch with `--diff`.

    What a waiver silences is not shown, so it stays; `may_mend` says what else does, if anything.
    """
    safeties = {Safety.SAFE, Safety.UNSAFE} if options.unsafe_fixes else {Safety.SAFE}
    lowest = Severity(options.severity)

    def wanted(finding: Finding) -> bool:
        return (
            finding.fix is not None
            and finding.fix.safety in safeties
            and finding.severity.rank >= lowest.rank
            and (may_mend is None or may_mend(finding))
        )

    crashes: list[str] = []

    def lint(tree: Tree) -> Sequence[Finding]:
        report = engine.run(tree, policies, catalog, target, decisions=decisions)
        crashes[:] = [finding.message for finding in report.findings if finding.policy == engine.CRASH]
        return report.findings

    outcome = fixing.fix(read, lint, wanted)
    closed: dict[str, str] = {}
    while not options.diff and (more := _closed(outcome, read)):
        closed.update(more)
        outcome = fixing.fix(read, lint, wanted, closed)
    failures = [_failure(one, catalog) for one in outcome.refused]
    changed = outcome.changed(read)
    if options.diff:
        _show(changed)
        wrong = [f"{_where(failure)}: {failure.message}" for failure in failures] + crashes
        for message in wrong:
            print(f"tektonlint: {escape(message)}", file=sys.stderr)
        return Repaired(outcome.tree, 0, tuple(failures), 2 if wrong else 1 if changed else 0)
    not_fixed: set[str] = set()
    unwritten: dict[str, str] = {}
    by_name = {old.name: (old, new) for old, new in changed}
    for names in _groups(outcome, changed):
        some = [by_name[name] for name in sorted(names) if name in by_name]
        try:
            replace_together([_change(old, new, read) for old, new in some])
        except NotWritten as error:
            not_fixed |= names
            culprit = next(old for old, _ in some if _path(old, read) == error.path)
            for old, _ in some:
                stuck = _path(old, read) in error.stuck
                unwritten |= {} if stuck else {old.name: old.text}
                failures.append(_unwritten(old, culprit, str(error), stuck, catalog))
    fixed = outcome.fixed - sum(count for name, count in outcome.by_file.items() if name in not_fixed)
    return Repaired(outcome.tree.with_texts(unwritten), fixed, tuple(failures), 0)


def _closed(outcome: fixing.Outcome, read: Tree) -> dict[str, str]:
    """The names of files that fixes of several files change and that cannot be written, each with why."""
    closed: dict[str, str] = {}
    for old, new in outcome.changed(read):
        if any(old.name in names for names in outcome.together):
            try:
                check(_change(old, new, read))
            except NotWritten as error:
                closed[old.name] = str(error)
    return closed


def _groups(outcome: fixing.Outcome, changed: Iterable[tuple[Source, Source]]) -> list[frozenset[str]]:
    """The names of files that are written together, in the order of the first changed file of each."""
    own = {name: names for names in outcome.together for name in names}
    return list(dict.fromkeys(own.get(old.name, frozenset({old.name})) for old, _ in changed))


def _change(old: Source, new: Source, read: Tree) -> Change:
    return Change(_path(old, read), old.to_bytes(), new.to_bytes())


def _path(source: Source, read: Tree) -> str:
    return os.path.join(read.folder, *source.name.split("/"))


def _failure(refused: fixing.Refused, catalog: Catalog) -> Finding:
    finding = refused.finding
    message = (
        f"The fix of `{finding.policy}` was not applied: {refused.reason}. "
        f"The file keeps this as it was{'; please report it' if refused.wrong else ''}."
    )
    return finding._replace(
        policy=FAILED, severity=catalog.policies[FAILED].severity, message=message, refused=False, related=(), fix=None
    )


def _unwritten(source: Source, culprit: Source, reason: str, stuck: bool, catalog: Catalog) -> Finding:
    """What is said of a file where it or another, the culprit, could not be written.

    It is `stuck` if it was written before that and could not be put back.
    """
    if source.name != culprit.name:
        reason = f"`{culprit.shown}`, which a fix changes too, could not be written: {reason}"
    if stuck:
        message = f"The file holds part of a fix and could not be put back: {reason}. Look at it before you commit it."
    else:
        message = f"The file was not written: {reason}. Its fixes are still to be made."
    at = Location(source, Span(0, 0))
    return Finding(policy=FAILED, severity=catalog.policies[FAILED].severity, message=message, at=at)


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
