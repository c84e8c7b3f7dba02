"""Which findings a change is to blame for: those on lines that it touched, and those that were not there before it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from tektonlint.finding import Finding, Location
from tektonlint.lazy import cached_property
from tektonlint.lines import common, lines_of
from tektonlint.text import Source
from tektonlint.tree import Base, Tree

# Lints a tree; the findings are those after comments.
Lint = Callable[[Tree], Sequence[Finding]]


class Review:
    """A tree's change against its base. `lint` finds in the base what the same policies find in it."""

    def __init__(self, base: Base, lint: Lint) -> None:
        self._base = base
        self._lint = lint

    def of(self, findings: Sequence[Finding], always: Collection[str] = ()) -> list[Finding]:
        """The findings that the change is to blame for, and those of the policies that count `always`.

        Of what the change did not touch, each finding that the base has too excuses one of the tree's: one of the
        same fingerprint, or else one of the same policy that says the same on the same line.
        """
        files = _Files(self._base)
        untouched = [one for one in findings if one.policy not in always and not files.touched(one)]
        excused = _excused(untouched, self._old(untouched, files), files)
        return [finding for finding in findings if id(finding) not in excused]

    def _old(self, findings: Iterable[Finding], files: _Files) -> Sequence[Finding]:
        """What the base has to say of the files that findings are about."""
        names = {files.then(finding.at.source.name) for finding in findings}
        return self._lint(self._base.tree.reporting(names)) if names else ()


class _Files:
    """The files of a tree, each with what it was."""

    def __init__(self, base: Base) -> None:
        self._old = {file.source.name: file.source for file in base.tree.files}
        self._others = {name: data for name, _, data in base.tree.others}
        self._then = base.then
        self._now = base.now
        self._known: dict[str, _Versions | None] = {}

    def then(self, name: str) -> str:
        """The name that a file of the tree had."""
        return self._then.get(name, name)

    def touched(self, finding: Finding) -> bool:
        """Whether the place of a finding, or one that it speaks of besides, is on a line that the change touched."""
        return any(self.line_then(at) is None for at in (finding.at, *(related.at for related in finding.related)))

    def line_then(self, at: Location) -> int | None:
        """The line (1-based) that a place began on in the base; None where the change touched it."""
        source = at.source
        if source.name not in self._known:
            old = self._source_then(source.name)
            self._known[source.name] = _Versions(old, source) if old is not None else None
        versions = self._known[source.name]
        return versions.line_then(source.line_column(at.span.start)[0]) if versions is not None else None

    def as_now(self, finding: Finding) -> Finding:
        """A finding of the base under the name that its file has now."""
        source, span = finding.at
        name = self._now.get(source.name)
        return finding if name is None else finding._replace(at=Location(Source(name, source.text), span))

    def _source_then(self, name: str) -> Source | None:
        then = self.then(name)
        if then in self._others:
            return Source(then, self._others[then].decode("utf-8", "replace"))
        return self._old.get(then)


class _Versions:
    """The text of a file then and now."""

    def __init__(self, old: Source, new: Source) -> None:
        self._old = old
        self._new = new

    def line_then(self, line: int) -> int | None:
        """The line of the old text that is this one of the new; lines count from 1."""
        return line if self._old.text == self._new.text else self._lines.get(line)

    @cached_property
    def _lines(self) -> dict[int, int]:
        blocks = common(lines_of(self._old.text), lines_of(self._new.text))
        return {new + number + 1: old + number + 1 for old, new, size in blocks for number in range(size)}


def _excused(findings: Iterable[Finding], old: Iterable[Finding], files: _Files) -> set[int]:
    """The identities (`id`) of findings that were in the base already."""
    alike: dict[str, list[Finding]] = defaultdict(list)
    for one in old:
        alike[files.as_now(one).fingerprint].append(one)
    excused: set[int] = set()
    left: list[Finding] = []
    for finding in findings:
        same = alike[finding.fingerprint]
        if same:
            same.pop()
            excused.add(id(finding))
        else:
            left.append(finding)
    # A step or a Task that was given another name: its place says so, and what is written there does not.
    rest = [one for some in alike.values() for one in some]
    by_place = Counter(_said_at(one, _line(one), one.at.source.name) for one in rest)
    for finding in left:
        said = _said_at(finding, files.line_then(finding.at), files.then(finding.at.source.name))
        if by_place[said] > 0:
            by_place[said] -= 1
            excused.add(id(finding))
    return excused


def _line(finding: Finding) -> int:
    return finding.at.source.line_column(finding.at.span.start)[0]


def _said_at(finding: Finding, line: int | None, name_then: str) -> tuple[object, ...]:
    """What a finding says of which line of the base, but for the name of the object that it is about."""
    source, span = finding.at
    name = finding.resource.name if finding.resource is not None else None
    message = finding.message.replace(name, "\0") if name else finding.message
    return finding.policy, name_then, line, source.line_column(span.start)[1], message
