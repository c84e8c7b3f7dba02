"""Applies fixes: chooses those that do not clash, applies them, looks again, and refuses what went wrong.

A fix that breaks something is worse than a finding. So the text that edits make is read again by two readers,
only the values that the fixes declared may have changed, no comment may be lost, the finding has to be gone and
no other of its weight may have come; otherwise the file keeps its bytes and the refusal is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Mapping as Dict
from typing import NamedTuple

from tektonlint.comments import comments
from tektonlint.document import Mapping, Node, Scalar
from tektonlint.document import Sequence as List
from tektonlint.edit import apply
from tektonlint.finding import Edit, Finding, Path
from tektonlint.second_reader import same
from tektonlint.structure import faults
from tektonlint.text import Source, Span
from tektonlint.tree import File, Tree

PASSES = 10

# Lints a whole tree; the findings are those after comments, sorted.
Lint = Callable[[Tree], Sequence[Finding]]


class FixRejected(Exception):
    """What edits make of a text is not what they promised; the text of the error says why, in a clause."""


class Refused(NamedTuple):
    """A fix that was not applied: the finding it belongs to, and why."""

    finding: Finding
    reason: str


class Outcome(NamedTuple):
    """The tree after fixing, how many findings were fixed in which file, and which fixes were refused."""

    tree: Tree
    by_file: Dict[str, int]
    refused: tuple[Refused, ...]

    @property
    def fixed(self) -> int:
        """How many findings were fixed in all."""
        return sum(self.by_file.values())

    def changed(self, before: Tree) -> list[tuple[Source, Source]]:
        """The files that differ from those of the tree before: the text then and now."""
        pairs = zip((file.source for file in before.files), (file.source for file in self.tree.files), strict=True)
        return [(old, new) for old, new in pairs if old.text != new.text]


def fix(tree: Tree, lint: Lint, wanted: Callable[[Finding], bool]) -> Outcome:
    """Applies the wanted fixes until none is left, in at most ten passes. Nothing is written.

    A file that would go on changing goes back to what it was.
    """
    work = _Work(tree, lint, wanted)
    for _ in range(PASSES):
        if not work.one_pass():
            break
    else:
        work.give_up(tree)
    return Outcome(work.tree, work.fixed, tuple(work.refused.values()))


class _Work:
    """Fixing in progress: the tree so far, its findings, and what has been refused."""

    def __init__(self, tree: Tree, lint: Lint, wanted: Callable[[Finding], bool]) -> None:
        self.tree = tree
        self.fixed: Counter[str] = Counter()
        self.refused: dict[tuple[str, str, str], Refused] = {}
        self._lint = lint
        self._wanted = wanted
        self._findings = tuple(lint(tree))
        # Files in which several fixes failed together: there they are tried one by one.
        self._one_by_one: set[str] = set()

    def one_pass(self) -> bool:
        """Applies what can be applied together; whether there was anything to try."""
        chosen = self._chosen()
        texts: dict[str, str] = {}
        for name, findings in chosen.items():
            try:
                texts[name] = _candidate(self.tree, name, findings)
            except FixRejected as error:
                self._reject(name, findings, str(error))
        tree = self.tree.with_texts(texts)
        after = tuple(self._lint(tree)) if texts else self._findings
        worse = {name: why for name in texts if (why := _worse(name, chosen[name], self._findings, after))}
        if worse:
            for name, why in worse.items():
                self._reject(name, chosen[name], why)
            texts = {name: text for name, text in texts.items() if name not in worse}
            tree = self.tree.with_texts(texts)
            after = tuple(self._lint(tree))
        for name in texts:
            self.fixed[name] += len(chosen[name])
        self.tree, self._findings = tree, after
        return bool(chosen)

    def give_up(self, start: Tree) -> None:
        """Puts files that still have something to fix back to what they were."""
        old = {file.source.name: file.source.text for file in start.files}
        unstable = self._chosen()
        self.tree = self.tree.with_texts({name: old[name] for name in unstable})
        for name, findings in unstable.items():
            del self.fixed[name]
            for finding in findings:
                self.refused[_identity(finding)] = Refused(finding, f"it still finds something after {PASSES} passes")

    def _chosen(self) -> dict[str, list[Finding]]:
        """The findings whose fixes are applied together in a pass, by file."""
        reported = {file.source.name for file in self.tree.files if file.reported}
        by_file: dict[str, list[Finding]] = {}
        for finding in self._findings:
            name = finding.at.source.name
            offered = finding.fix is not None and name in reported and self._wanted(finding)
            if offered and _identity(finding) not in self.refused:
                by_file.setdefault(name, []).append(finding)
        return {name: choose(some)[: 1 if name in self._one_by_one else None] for name, some in by_file.items()}

    def _reject(self, name: str, findings: Sequence[Finding], reason: str) -> None:
        if len(findings) > 1:
            self._one_by_one.add(name)
        else:
            self.refused[_identity(findings[0])] = Refused(findings[0], reason)


def choose(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes do not clash, in the order of their first edits.

    Touching counts as clashing, since the result would depend on the order; an edit that another fix makes too
    counts once. The rest get their turn in the next pass.
    """
    taken: list[Edit] = []
    chosen: list[Finding] = []
    for finding in sorted(findings, key=_first_edit):
        new = [edit for edit in _edits(finding) if edit not in taken]
        if not any(_touch(edit.at.span, other.at.span) for edit in new for other in taken):
            taken += new
            chosen.append(finding)
    return chosen


def _edits(finding: Finding) -> tuple[Edit, ...]:
    return finding.fix.edits if finding.fix is not None else ()


def _first_edit(finding: Finding) -> tuple[int, str, str]:
    return (min(edit.at.span.start for edit in _edits(finding)), finding.policy, finding.message)


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _candidate(tree: Tree, name: str, findings: Sequence[Finding]) -> str:
    """The text of a file with fixes applied, verified by reading. Raises `FixRejected`."""
    file = _file(tree, name)
    edits: list[Edit] = []
    touches: set[tuple[int, Path]] = set()
    for finding in findings:
        edits += [edit for edit in _edits(finding) if edit not in edits]
        if finding.fix is not None:
            touches |= {(finding.document, path) for path in finding.fix.touches}
    try:
        text = apply(file.source.text, edits)
    except ValueError as error:
        raise FixRejected(str(error)) from None
    verify(file, _file(tree.with_texts({name: text}), name), touches, edits)
    return text


def verify(before: File, after: File, touches: Collection[tuple[int, Path]], edits: Sequence[Edit]) -> None:
    """Raises `FixRejected` unless a text differs from another only as declared.

    `touches` are the documents and paths at or under which values may differ.
    """
    if after.loaded.problems or after.template is not None:
        problem = after.loaded.problems[0].message if after.loaded.problems else "it became a template"
        raise FixRejected(f"the result is not YAML: {problem}")
    if len(before.loaded.documents) != len(after.loaded.documents):
        raise FixRejected("the number of documents changed")
    for old, new in zip(before.loaded.documents, after.loaded.documents, strict=True):
        allowed = [path for document, path in touches if document == old.index]
        for path in _differences(old.root, new.root, ()):
            if not any(path[: len(one)] == one for one in allowed):
                raise FixRejected(f"`{'.'.join(map(str, path))}` changed too")
    lost = Counter(_comments(before)) - Counter(_comments(after))
    # Comments inside removed lines go with them; a comment that an edit merely moved is still there.
    lost -= Counter(_comments(before, [edit.at.span for edit in edits]))
    if lost:
        raise FixRejected(f"the comment `{next(iter(lost))}` got lost")
    if _fault_count(after) > _fault_count(before):
        raise FixRejected("the result has more structural errors")
    if same(before.source.text, before.loaded.documents) and not same(after.source.text, after.loaded.documents):
        raise FixRejected("a second YAML reader reads the result differently")


def _file(tree: Tree, name: str) -> File:
    return next(file for file in tree.files if file.source.name == name)


def _differences(old: Node, new: Node, path: Path) -> Iterable[Path]:
    """The paths of the outermost values that differ, as Kubernetes reads them."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old.index, **new.index}:
            before, after = old.get(name), new.get(name)
            if before is None or after is None:
                yield (*path, name)
            else:
                yield from _differences(before, after, (*path, name))
    elif isinstance(old, List) and isinstance(new, List):
        for number in range(max(len(old.items), len(new.items))):
            if number >= len(old.items) or number >= len(new.items):
                yield (*path, number)
            else:
                yield from _differences(old.items[number], new.items[number], (*path, number))
    elif not (isinstance(old, Scalar) and isinstance(new, Scalar) and _equal(old, new)):
        yield path


def _equal(old: Scalar, new: Scalar) -> bool:
    """The same value of the same type: `"1"` is not `1`, but `"1h"` is `1h`."""
    return type(old.value) is type(new.value) and old.value == new.value


def _fault_count(file: File) -> int:
    return sum(len(faults(resource)) for resource in file.resources)


def _comments(file: File, spans: Iterable[Span] | None = None) -> list[str]:
    """The texts of a file's comments, or of those that begin inside some spans."""
    text = file.source.text
    spans = tuple(spans) if spans is not None else (Span(0, len(text)),)
    return [
        text[one.start : one.end].rstrip()
        for one in comments(text, file.loaded.documents)
        if any(span.start <= one.start < span.end for span in spans)
    ]


def _worse(
    name: str, fixed: Sequence[Finding], before: Iterable[Finding], after: Sequence[Finding]
) -> str | None:
    """Why the findings after fixing a file are not better: one is still there, or one as bad is new."""
    old = Counter(map(_identity, before))
    new = Counter(map(_identity, after))
    gone = Counter(map(_identity, fixed))
    for key, count in gone.items():
        if new[key] > old[key] - count:
            return "the finding is still there afterwards"
    least = min(finding.severity.rank for finding in fixed)
    for finding in after:
        key = _identity(finding)
        if finding.severity.rank >= least and new[key] > old[key]:
            places = (finding.at, *(related.at for related in finding.related))
            if any(place.source.name == name for place in places):
                return f"`{finding.policy}` finds something new afterwards"
    return None


def _identity(finding: Finding) -> tuple[str, str, str]:
    """A finding without its place, which moves: policy, file and the text it stands on."""
    source, span = finding.at
    return finding.policy, source.name, " ".join(source.text[span.start : span.end].split())
