"""Runs policies over a tree."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tektonlint import suppress, workers
from tektonlint.errors import UserError
from tektonlint.finding import Finding, Location, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Context, Enabled
from tektonlint.policy.declarative import failed
from tektonlint.policy.format import Assertion, Check, Emitted, Policy
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select
from tektonlint.tekton.target import Target
from tektonlint.text import Source, Span
from tektonlint.tree import File, Tree

if TYPE_CHECKING:
    from tektonlint.decisions import Decisions

CRASH = "internal-error"
_ABOUT_COMMENTS = Emitted(by=suppress.__name__)

Function = Callable[[Any, Context], Iterable[Finding]]

# One file of so many is done before the work is shared.
_FIRST = 32
# So many files are looked at together, by one policy after another: a processor that goes on in the same code is 7 %
# faster than one that comes back to it with each file. Of more files the last syntax trees would be forgotten.
_TOGETHER = 64


class Report(NamedTuple):
    """What a run found, sorted. `reached` counts the places each policy looked at; `crashes` are exceptions.

    `waivers` are the numbers of the waivers that silenced something.
    """

    findings: tuple[Finding, ...]
    files: int
    documents: int
    reached: dict[str, int]
    crashes: tuple[Exception, ...]
    waivers: frozenset[int] = frozenset()

    def with_findings(self, more: Iterable[Finding]) -> Report:
        """The report with findings that were made elsewhere, in their places."""
        findings = sorted((*self.findings, *more), key=lambda finding: finding.order)
        return self._replace(findings=tuple(findings))


def run(
    tree: Tree,
    policies: Iterable[Enabled],
    catalog: Catalog,
    target: Target,
    least: Severity = Severity.NOTE,
    decisions: Decisions | None = None,
) -> Report:
    """Every finding whose place or a related place is in a file that is reported on, and that stays after decisions.

    Those below `least` are there to be counted; they may lack their fixes.
    """
    return _Run(tree, tuple(policies), catalog, target, least, decisions).report()


class _Share(NamedTuple):
    """What came of some of the files."""

    findings: list[Finding]
    reached: dict[str, int]
    crashes: list[Exception]


class _Places(NamedTuple):
    """What a policy looks at in one resource; no `places` where finding them failed."""

    file: File
    resource: Resource
    places: tuple[Place, ...] | None


class _Runner(NamedTuple):
    """A policy over places of a resource; see `Check` for `across` and for what `keys` and `texts` are.

    It is `idle` if the tree lacks what it is about.
    """

    name: str
    across: bool
    keys: frozenset[str]
    texts: tuple[str, ...]
    idle: bool


class _Run:
    def __init__(
        self,
        tree: Tree,
        policies: tuple[Enabled, ...],
        catalog: Catalog,
        target: Target,
        least: Severity,
        decisions: Decisions | None,
    ) -> None:
        self.tree = tree
        self.decisions = decisions
        self.catalog = catalog
        runs = [one for one in policies if tree.base is not None or not one.policy.needs_base]
        self.contexts = {one.policy.id: Context(one, target, tree, least) for one in runs}
        self.reached = dict.fromkeys(self.contexts, 0)
        self.crashes: list[Exception] = []
        self._wide: dict[str, list[str]] = {}
        for name, context in self.contexts.items():
            if isinstance(context.enabled.policy.logic, Check):
                self._wide.setdefault(context.enabled.policy.logic.select, []).append(name)
        self._functions: dict[str, Function] = {}
        # The last source that was searched: what was found, and whether it has escapes.
        self._searched: tuple[Source | None, dict[str, bool], bool] = (None, {}, False)
        self._kinds = {resource.kind for resource in tree.resources}
        self._by_kind: dict[tuple[str, str], dict[str, list[_Runner]]] = {}

    def report(self) -> Report:
        files = self.tree.files
        reported = [file for file in files if file.reported]
        sources = [file.source for file in files]
        by_source: dict[int, list[Finding]] = {id(source): [] for source in sources}
        wanted = {id(file.source) for file in reported}
        for finding in self._found(reported, sources):
            places = (finding.at, *(related.at for related in finding.related))
            if any(id(place.source) in wanted for place in places):
                by_source[id(finding.at.source)].append(finding)
        findings = [one for file in files for one in self._after_comments(file, by_source[id(file.source)])]
        waivers = frozenset[int]()
        if self.decisions is not None and self.decisions.waivers:
            findings, waivers = self.decisions.waived(findings)
        return Report(
            findings=tuple(_sorted(findings)),
            files=len(reported),
            documents=sum(len(file.loaded.documents) for file in reported),
            reached=self.reached,
            crashes=tuple(self.crashes),
            waivers=waivers,
        )

    def _found(self, reported: list[File], sources: list[Source]) -> Iterator[Finding]:
        """What the policies find, before comments are heard."""
        if reported:
            yield from self._over("tree", self.tree, reported[0])
        # A file that is not reported on may be the one in which what another says comes to light.
        files = [file for file in self.tree.files if file.reported or file.resources] if reported else []
        processes = workers.count(len(files))
        shares = [self._share(files)] if processes < 2 else self._shares(files, sources, processes)
        for share in shares:
            self.crashes.extend(share.crashes)
            for name, number in share.reached.items():
                self.reached[name] += number
            yield from share.findings

    def _shares(self, files: Sequence[File], sources: Sequence[Source], processes: int) -> list[_Share]:
        # Some files of all kinds come first: what they import, and what they ask of the whole tree, is then there for
        # every process and not worked out by each.
        first = self._share(files[::_FIRST])
        files = [file for number, file in enumerate(files) if number % _FIRST]
        # A crash is worked out again in this process: a traceback does not go through a pipe.
        # A file costs something whatever is in it: about as much as some nodes.
        sizes = [sum(document.size for document in file.loaded.documents) + 20 for file in files]
        shares = workers.shared(files, sizes, self._share, lambda share: not share.crashes, sources, processes)
        return [first, *shares]

    def _share(self, files: Sequence[File]) -> _Share:
        """Some of the files, on their own."""
        before, self.reached, self.crashes = (self.reached, self.crashes), dict.fromkeys(self.contexts, 0), []
        try:
            some = (files[at : at + _TOGETHER] for at in range(0, len(files), _TOGETHER))
            findings = [finding for each in some for finding in self._over_files(each)]
            return _Share(findings, self.reached, self.crashes)
        finally:
            self.reached, self.crashes = before

    def _over_files(self, files: Sequence[File]) -> Iterator[Finding]:
        """What is found in some files, one policy after another."""
        asked: dict[str, list[_Places]] = {}
        for file in files:
            if file.reported:
                yield from self._over("file", file, file)
            for resource in file.resources:
                self._ask(file, resource, asked)
        for name, jobs in asked.items():
            for job in jobs:
                yield from self._guarded(name, *job)

    def _after_comments(self, file: File, findings: list[Finding]) -> Iterator[Finding]:
        comments = suppress.suppressions(file)
        if not comments:
            yield from findings
            return
        locked = self.decisions.locked if self.decisions is not None else {}
        kept, used = suppress.apply(file, findings, comments, self.catalog, locked)
        yield from kept
        if not file.reported:
            return
        for name, context in self.contexts.items():
            if context.enabled.policy.logic == _ABOUT_COMMENTS:
                self.reached[name] += len(comments)
        yield from suppress.complaints(file, comments, used, self.catalog, self.contexts, locked)

    def _over(self, select: str, subject: Any, file: File) -> Iterator[Finding]:
        for name in self._wide.get(select, ()):
            yield from self._guarded(name, file, subject, (subject,))

    def _policies_for(self, resource: Resource) -> dict[str, list[_Runner]]:
        """The policies over places that apply to a kind and version, by their selectors."""
        key = (resource.kind, resource.version)
        runners = self._by_kind.get(key)
        if runners is None:
            runners = self._by_kind[key] = {}
            for name, context in self.contexts.items():
                logic = context.enabled.policy.logic
                if isinstance(logic, Assertion | Check) and _applies(context.enabled.policy, *key):
                    runners.setdefault(logic.select, []).append(self._runner(name, logic))
        return runners

    def _runner(self, name: str, logic: Assertion | Check) -> _Runner:
        if isinstance(logic, Assertion):
            return _Runner(name, False, frozenset(), (), False)
        keys = frozenset(word for word in logic.mentions if word[0].isalpha())
        texts = tuple(word.lstrip("*") for word in logic.mentions if word not in keys)
        idle = bool(logic.only_with) and self._kinds.isdisjoint(logic.only_with)
        return _Runner(name, logic.across_files, keys, texts, idle)

    def _ask(self, file: File, resource: Resource, asked: dict[str, list[_Places]]) -> None:
        """Notes for each policy the places of a resource that it has to look at.

        In a file that is not reported on it is only asked for what may be because of another: who renames a param of
        a Task is told of the Pipeline that passes it.
        """
        keys = resource.document.keys
        for selector, runners in self._policies_for(resource).items():
            try:
                places = select(resource, selector)
            except Exception:
                # Each of the policies that ask for it fails in the same way, and is named.
                places = None
            if places == ():
                continue
            for name, is_across, wanted, texts, idle in runners:
                if not (file.reported or is_across):
                    continue
                missing = idle or ((wanted or texts) and keys.isdisjoint(wanted))
                if missing and places is not None and (idle or not (texts and self._has_one(file.source, texts))):
                    self.reached[name] += len(places)
                else:
                    asked.setdefault(name, []).append(_Places(file, resource, places))

    def _has_one(self, source: Source, texts: tuple[str, ...]) -> bool:
        if self._searched[0] is not source:
            # A text that is not there may be written with escapes.
            self._searched = (source, {}, "\\" in source.text and _ESCAPE.search(source.text) is not None)
        _, searched, is_escaped = self._searched
        if is_escaped:
            return True
        for text in texts:
            known = searched.get(text)
            if known is None:
                known = searched[text] = text in source.text
            if known:
                return True
        return False

    def _guarded(self, name: str, file: File, subject: Any, places: tuple[Any, ...] | None) -> list[Finding]:
        """A crash is a finding that names policy and file; the rest of the run goes on."""
        context = self.contexts[name]
        try:
            if places is None:
                places = select(subject, getattr(context.enabled.policy.logic, "select", "resource"))
            function = self._functions.get(name)
            if function is None:
                function = self._functions[name] = _function(context.enabled.policy)
            findings = [finding for place in places for finding in function(place, context)]
        except UserError:
            # Of what somebody asked for, not of tektonlint.
            raise
        except Exception as error:
            self.crashes.append(error)
            return self._crash(name, file, "these files" if subject is self.tree else "this file", error)
        self.reached[name] += len(places)
        return findings

    def _crash(self, name: str, file: File, what: str, error: Exception) -> list[Finding]:
        # Neither configuration nor a comment switches this off: what was not checked must not look clean.
        severity = self.catalog.policies[CRASH].severity
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = f"`{name}` failed on {what}: {text}. Please report it; `--debug` prints the traceback."
        return [
            Finding(policy=CRASH, severity=severity, message=message, at=Location(file.source, Span(0, 0)), trail=name)
        ]


def _sorted(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each finding once, in the order of reports.

    An anchor may stand for several steps, and a policy says the same of each; one change mends them all.
    """

    def key(finding: Finding) -> tuple[object, ...]:
        return (*finding.order, -finding.severity.rank, finding.document, finding.trail)

    last = None
    for finding in sorted(findings, key=key):
        if finding.order != last:
            yield finding
        last = finding.order


def _applies(policy: Policy, kind: str, version: str) -> bool:
    if getattr(policy.logic, "select", "file") in ("file", "tree"):
        return False
    return (not policy.applies_to or kind in policy.applies_to) and (not policy.versions or version in policy.versions)


def _function(policy: Policy) -> Function:
    """What finds something at a place, in a file or in the tree; a check's is imported with its first place."""
    logic = policy.logic
    if isinstance(logic, Assertion):
        assertion = logic
        return lambda place, context: failed(place, assertion, context)
    return resolve(logic.function) if isinstance(logic, Check) else lambda place, context: ()


# In double quotes any character can be written by its number.
_ESCAPE = pattern(r"\\[xuU][0-9A-Fa-f]")


def resolve(name: str) -> Function:
    """The function that `module:function` names."""
    module, _, attribute = name.partition(":")
    function: Function = getattr(importlib.import_module(module), attribute)
    return function
