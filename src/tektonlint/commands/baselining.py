"""`--baseline`, `--write-baseline` and `--prune-baseline`: what of a run is known already."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict

from tektonlint import baseline, clock
from tektonlint.baseline import Baseline, Entry
from tektonlint.config import Config
from tektonlint.decisions import LOCKED, locked_out
from tektonlint.engine import Report
from tektonlint.finding import Finding
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.records import NamedTuple
from tektonlint.sentences import short
from tektonlint.tree import Tree, UsageError
from tektonlint.writing import Change, NotWritten, check, create, replace


class Run(NamedTuple):
    """What was looked at: the tree, with which policies, and the paths that were named."""

    tree: Tree
    policies: Sequence[Enabled]
    catalog: Catalog
    paths: Sequence[str]


class Plan(NamedTuple):
    """What a run is to do with baselines: the one that counts, if any, the file to write, and what that held before.

    Policies that are `locked`, each with the place that says so, are never left out.
    """

    counting: Baseline | None
    path: str | None
    written: Baseline | None
    prune: bool
    catalog: Catalog
    locked: Dict[str, str] = {}

    def knows(self, finding: Finding) -> bool:
        """Whether a finding is one that the baseline speaks of, so that no fix touches it."""
        return self.counting is not None and baseline.knows(finding, self.counting, self.catalog, self.locked)

    def applied(self, report: Report, run: Run) -> tuple[Report, int, int]:
        """The report without what is known, how many findings that were, and how many entries were pruned.

        Writes the file that is to be written. Raises `UsageError` where it cannot. After a crash nothing is written:
        what was not looked for does not count as gone.
        """
        compared = self._compared(report)
        known, pruned = sum(compared.found.values()), 0
        if report.crashes:
            if self.path is not None or self.prune:
                print("tektonlint: no baseline was written, since a policy failed", file=sys.stderr)
        elif self.path is not None:
            return self._recorded(report, run)
        elif self.counting is not None:
            gone = [*baseline.gone(self.counting, compared.found, _judge(run))]
            if self.prune and gone:
                _write(self.counting.source.shown, self.counting, baseline.without(self.counting, gone))
                pruned = len(gone)
            else:
                compared = compared._replace(new=(*compared.new, *self._about(gone, run)))
        return report._replace(findings=()).with_findings(compared.new), known, pruned

    def _compared(self, report: Report) -> baseline.Compared:
        if self.counting is None:
            return baseline.Compared(report.findings, Counter())
        return baseline.compare(report.findings, self.counting, self.catalog, self.locked)

    def _recorded(self, report: Report, run: Run) -> tuple[Report, int, int]:
        """The report without what is now written down, and how many findings that is."""
        assert self.path is not None
        old = [one for one in (self.counting, self.written) if one is not None]
        known = [entry for one in old for entry in one.entries.values()]
        is_judged, today = _judge(run), clock.today().isoformat()
        text = baseline.recorded(report.findings, known, lambda entry: not is_judged(entry), today, self.locked)
        _write(self.path, self.written, text)
        compared = baseline.compare(report.findings, baseline.read(self.path), self.catalog, self.locked)
        return report._replace(findings=compared.new), sum(compared.found.values()), 0


    def _about(self, gone: Sequence[tuple[Entry, int]], run: Run) -> Iterator[Finding]:
        """What is said of entries that are not found any more, or that count for nothing."""
        if self.counting is None or not gone:
            return
        places = self.counting.places()
        severities = {one.policy.id: one.severity for one in run.policies}
        told: set[str] = set()
        for entry, missing in gone:
            policy = self._id(entry)
            is_locked = policy in self.locked
            name = LOCKED if is_locked else baseline.STALE
            # Of a locked policy one entry is enough to know.
            if name not in severities or (is_locked and policy in told):
                continue
            told.add(policy)
            message = locked_out([policy], self.locked, "does not leave it out") if is_locked else _why(entry, missing)
            yield Finding(policy=name, severity=severities[name], message=message, at=places[entry.fingerprint])

    def _id(self, entry: Entry) -> str:
        """What the policy of an entry is called today."""
        policy = self.catalog.policy(entry.policy)
        return policy.id if policy is not None else entry.policy


def planned(options: argparse.Namespace, settings: Config, catalog: Catalog) -> Plan:
    """What the command line and the configuration ask for, as far as it can be done. Raises `UserError`.

    All that can be wrong with the files is found here, before `--fix` changes anything.
    """
    path, prune = options.write_baseline, options.prune_baseline
    for name in ("baseline", "write_baseline"):
        if getattr(options, name) == "":
            raise UsageError(f"--{name.replace('_', '-')} names no file")
    if path is not None and prune:
        raise UsageError("--write-baseline and --prune-baseline exclude each other")
    if options.diff and (path is not None or prune):
        raise UsageError(f"--diff and {'--prune-baseline' if path is None else '--write-baseline'} exclude each other")
    given = options.baseline if options.baseline is not None else settings.baseline
    if given is None and prune:
        raise UsageError("--prune-baseline needs a baseline: name it with --baseline, or in the configuration")
    before = baseline.read(path) if path is not None and os.path.lexists(path) else None
    counting = None
    if given is not None:
        is_first = path is not None and before is None and os.path.realpath(path) == os.path.realpath(given)
        if not is_first:
            if not os.path.lexists(given):
                raise baseline.missing_file(given)
            counting = baseline.read(given)
    rewritten = counting if prune else before
    if rewritten is not None:
        _check(rewritten)
    elif path is not None and not os.path.isdir(os.path.dirname(path) or os.curdir):
        raise UsageError(f"{path}: there is no such folder")
    locked = settings.decisions.locked if settings.decisions is not None else {}
    return Plan(counting, path, before, prune, catalog, locked)


def _check(old: Baseline) -> None:
    """Raises `UsageError` where a file could not be rewritten."""
    data = old.source.to_bytes()
    try:
        check(Change(old.source.shown, data, data))
    except NotWritten as error:
        raise _unwritten(old.source.shown, error) from None


def _write(path: str, old: Baseline | None, text: str) -> None:
    """Writes a baseline; one that says the same already keeps its date."""
    data = text.encode("ascii")
    try:
        if old is None:
            create(path, data)
        elif old.source.to_bytes() != data:
            replace(path, old.source.to_bytes(), data)
    except NotWritten as error:
        raise _unwritten(path, error) from None


def _unwritten(path: str, error: NotWritten) -> UsageError:
    return UsageError(f"{path}: the baseline cannot be written: {error}")


def _why(entry: Entry, missing: int) -> str:
    """What is wrong with an entry that nothing is found for, or that may not be there."""
    if entry.policy in baseline.NEVER:
        return f"No baseline leaves out `{entry.policy}`. Run with `--prune-baseline`, which takes this out."
    times = "" if entry.times == 1 else f" {missing} of {entry.times} times"
    return (
        f"`{entry.policy}` is not found{times} in `{short(entry.path)}` any more. "
        "Run with `--prune-baseline`, or this hides the next finding of its kind."
    )


def _judge(run: Run) -> Callable[[Entry], bool]:
    """Says whether a run would have found what an entry stands for: its policy ran, and its file was looked at.

    So was one that is gone, or that the configuration leaves out, where the folder it stood in was named.
    """
    files = {file.source.name: file for file in run.tree.files}
    closed = [name for name, file in files.items() if file.unreadable or file.outside]
    named = [os.path.realpath(path) for path in run.paths]
    ran = {one.policy.id for one in run.policies}

    def is_judged(entry: Entry) -> bool:
        policy = run.catalog.policy(entry.policy)
        if policy is None or policy.id not in ran or any(_is_under(entry.path, name, "/") for name in closed):
            return False
        file = files.get(entry.path)
        if file is not None:
            return file.reported and not (file.template or file.loaded.problems)
        path = os.path.join(run.tree.folder, *entry.path.split("/"))
        return any(_is_under(path, one, os.sep) for one in named)

    return is_judged


def _is_under(path: str, folder: str, separator: str) -> bool:
    return path == folder or path.startswith(folder.removesuffix(separator) + separator)
