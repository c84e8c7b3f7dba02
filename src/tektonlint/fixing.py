"""Applies fixes: chooses those that do not clash, applies them, looks again, and refuses what went wrong.

A fix that breaks something is worse than a finding. So the text that edits make is read again by two readers,
only the values that the fixes declared may have changed, no comment may be lost, the finding has to be gone and
no other of its weight may have come; otherwise the file keeps its bytes and the refusal is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from tektonlint.document import Loaded, Mapping, Node, Scalar
from tektonlint.document import Sequence as List
from tektonlint.edit import apply
from tektonlint.finding import Edit, Finding, Path, Safety
from tektonlint.structure import faults
from tektonlint.text import Source, Span
from tektonlint.tree import File, Tree, with_texts

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
    """The tree after fixing, how many findings were fixed, which fixes were refused, and what is left."""

    tree: Tree
    fixed: int
    refused: tuple[Refused, ...]
    findings: tuple[Finding, ...]

    def changed(self, before: Tree) -> dict[str, tuple[Source, Source]]:
        """The files that differ from those of the tree before, by name: the text then and now."""
        old = {file.source.name: file.source for file in before.files}
        return {
            file.source.name: (old[file.source.name], file.source)
            for file in self.tree.files
            if old[file.source.name].text != file.source.text
        }


def fix(tree: Tree, lint: Lint, allowed: Collection[Safety]) -> Outcome:
    """Fixes until nothing is left to fix, at most ten times. Nothing is written."""
    refused: dict[str, Refused] = {}
    one_by_one: set[str] = set()
    fixed = 0
    findings = tuple(lint(tree))
    start = tree
    for _ in range(PASSES):
        chosen = _chosen(tree, findings, allowed, refused, one_by_one)
        if not chosen:
            return Outcome(tree, fixed, tuple(refused.values()), findings)
        texts: dict[str, str] = {}
        for name, fixes in list(chosen.items()):
            try:
                texts[name] = _candidate(tree, name, fixes)
            except FixRejected as error:
                _reject(name, fixes, str(error), refused, one_by_one)
                del chosen[name]
        if not texts:
            continue
        candidate = with_texts(tree, texts)
        after = tuple(lint(candidate))
        bad = {name: reason for name, fixes in chosen.items() if (reason := _worse(name, fixes, findings, after))}
        if bad:
            for name, reason in bad.items():
                _reject(name, chosen[name], reason, refused, one_by_one)
            candidate = with_texts(tree, {name: text for name, text in texts.items() if name not in bad})
            after = tuple(lint(candidate))
        fixed += sum(len(fixes) for name, fixes in chosen.items() if name not in bad)
        tree, findings = candidate, after
    return _given_up(start, tree, lint, allowed, refused)


def _given_up(start: Tree, tree: Tree, lint: Lint, allowed: Collection[Safety], refused: dict[str, Refused]) -> Outcome:
    """Files that still change after the last pass go back to what they were."""
    findings = tuple(lint(tree))
    unstable = _chosen(tree, findings, allowed, refused, set())
    if not unstable:
        return Outcome(tree, 0, tuple(refused.values()), findings)
    old = {file.source.name: file.source.text for file in start.files}
    tree = with_texts(tree, {name: old[name] for name in unstable})
    for fixes in unstable.values():
        for finding in fixes:
            refused[finding.fingerprint] = Refused(finding, f"it still changes the file after {PASSES} passes")
    return Outcome(tree, 0, tuple(refused.values()), tuple(lint(tree)))


def _chosen(
    tree: Tree,
    findings: Iterable[Finding],
    allowed: Collection[Safety],
    refused: dict[str, Refused],
    one_by_one: set[str],
) -> dict[str, list[Finding]]:
    """The findings whose fixes are applied together in this pass, by file."""
    reported = {file.source.name for file in tree.files if file.reported}
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.fix is None or finding.fix.safety not in allowed or finding.fingerprint in refused:
            continue
        name = finding.at.source.name
        if name in reported:
            by_file.setdefault(name, []).append(finding)
    return {name: choose(some)[: 1 if name in one_by_one else None] for name, some in by_file.items()}


def choose(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes do not clash, in the order of their first edits.

    Touching counts as clashing, since the result would depend on the order; an edit that another fix makes too
    counts once. The rest get their turn in the next pass.
    """
    taken: list[Edit] = []
    chosen: list[Finding] = []
    for finding in sorted(findings, key=_first_edit):
        assert finding.fix is not None
        new = [edit for edit in finding.fix.edits if edit not in taken]
        if any(_touch(edit.at.span, other.at.span) for edit in new for other in taken):
            continue
        taken += new
        chosen.append(finding)
    return chosen


def _first_edit(finding: Finding) -> tuple[int, str, str]:
    assert finding.fix is not None
    return (min(edit.at.span.start for edit in finding.fix.edits), finding.policy, finding.message)


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _candidate(tree: Tree, name: str, fixes: Sequence[Finding]) -> str:
    """The text of a file with fixes applied, verified by reading. Raises `FixRejected`."""
    file = _file(tree, name)
    edits: list[Edit] = []
    touches: set[tuple[int, Path]] = set()
    for finding in fixes:
        assert finding.fix is not None
        edits += [edit for edit in finding.fix.edits if edit not in edits]
        touches |= {(finding.document, path) for path in finding.fix.touches}
    try:
        text = apply(file.source.text, edits)
    except ValueError as error:
        raise FixRejected(str(error)) from None
    verify(file, _file(with_texts(tree, {name: text}), name), touches, edits)
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
        allowed = {path for document, path in touches if document == old.index}
        for path in _differences(old.root, new.root, ()):
            if not any(path[: len(one)] == one or one[: len(path)] == path for one in allowed):
                raise FixRejected(f"`{'.'.join(map(str, path))}` changed too")
    lost = _comments(before) - _comments(after)
    removed = Counter(_comments_in(before.source.text, [edit.at.span for edit in edits], before.loaded))
    if lost - removed:
        raise FixRejected(f"the comment `{next(iter(lost - removed))}` got lost")
    if _fault_count(after) > _fault_count(before):
        raise FixRejected("the result has more structural errors")
    _second_reader_agrees(after)


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
    elif not (isinstance(old, Scalar) and isinstance(new, Scalar) and _same(old, new)):
        yield path


def _same(old: Scalar, new: Scalar) -> bool:
    """The same value of the same type: `"1"` is not `1`, but `"1h"` is `1h`."""
    return type(old.value) is type(new.value) and old.value == new.value


def _fault_count(file: File) -> int:
    return sum(len(faults(resource)) for resource in file.resources)


def _comments(file: File) -> Counter[str]:
    return Counter(_comments_in(file.source.text, [Span(0, len(file.source.text))], file.loaded))


def _comments_in(text: str, spans: Iterable[Span], loaded: Loaded) -> Iterable[str]:
    """The texts of the comments that begin inside any of some spans."""
    from tektonlint.comments import comments

    every = comments(text, loaded)
    return [
        text[one.start : one.end].rstrip()
        for one in every
        if any(span.start <= one.start < span.end for span in spans)
    ]


def _worse(
    name: str, fixes: Sequence[Finding], before: Iterable[Finding], after: Iterable[Finding]
) -> str | None:
    """Why the findings after fixing are not better: one is still there, or one as bad is new."""
    old = Counter(map(_identity, before))
    new = Counter(map(_identity, after))
    for finding in fixes:
        key = _identity(finding)
        if new[key] >= old[key]:
            return "the finding is still there afterwards"
    least = min(finding.severity.rank for finding in fixes)
    for finding in after:
        if finding.severity.rank >= least and new[_identity(finding)] > old[_identity(finding)]:
            places = (finding.at, *(related.at for related in finding.related))
            if any(place.source.name == name for place in places):
                return f"`{finding.policy}` finds something new afterwards"
    return None


def _identity(finding: Finding) -> tuple[str, str, str]:
    """A finding without its place, which moves: policy, file and the text it stands on."""
    source, span = finding.at
    return finding.policy, source.name, " ".join(source.text[span.start : span.end].split())


def _reject(
    name: str, fixes: Sequence[Finding], reason: str, refused: dict[str, Refused], one_by_one: set[str]
) -> None:
    """One of several fixes may be at fault for all: then they are tried one by one."""
    if len(fixes) > 1:
        one_by_one.add(name)
        return
    refused[fixes[0].fingerprint] = Refused(fixes[0], reason)


def _second_reader_agrees(file: File) -> None:
    """ruamel.yaml has to read the same keys and texts as our own reader does. Raises `FixRejected`."""
    from tektonlint.second_reader import disagreement

    difference = disagreement(file)
    if difference is not None:
        raise FixRejected(f"a second YAML reader reads it differently: {difference}")
