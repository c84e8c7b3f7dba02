"""Applies fixes: chooses those that do not clash, applies them, looks again, and refuses what went wrong.

A fix that breaks something is worse than a finding. So the text that edits make is read again by two readers,
only the values that the fixes declared may have changed, no comment may be lost, the finding has to be gone and
no other of its weight may have come, but for one that a fix announced (`Fix.follow`) and that is fixed in turn;
otherwise the file keeps its bytes and the refusal is a finding.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict

from tektonlint.comments import comments
from tektonlint.document import Document, Mapping, Node, Scalar, walk
from tektonlint.document import Sequence as List
from tektonlint.edit import apply
from tektonlint.finding import Edit, Elsewhere, Finding, Location, Path, Safety
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.second_reader import same
from tektonlint.structure import DURATION, QUANTITY, Fault, faults
from tektonlint.text import LINE_END, Source, Span
from tektonlint.tree import File, Tree

PASSES = 10

# Policies that say of two values of one object that they do not fit together; no fix makes up both.
_COMPARING = frozenset(
    (
        "inconsistent-timeouts",
        "onerror-with-retries",
        "request-above-limit",
        "task-and-step-resources-conflict",
        "timeout-and-timeouts",
    )
)

# Lints a whole tree; the findings are those after comments, sorted.
Lint = Callable[[Tree], Sequence[Finding]]
# Where a finding is, in terms that no change elsewhere in its file moves; see `_place`.
_Place = tuple[object, ...]
# The index of a document, and a path from its root at or under which values may differ.
Touched = tuple[int, Path]

_NUMBER = pattern(r"[0-9]+")


class FixRejected(Exception):
    """What edits make of a text is not what they promised; the text of the error says why, in a clause.

    `file` is the name of the file in which it shows, `files` are those of all that show at once. `wrong` is false
    where the fix announced what came of it.
    """

    def __init__(self, reason: str, file: str, *, files: Iterable[str] = (), wrong: bool = True) -> None:
        super().__init__(reason)
        self.file = file
        self.files = frozenset((file, *files))
        self.wrong = wrong


class Refused(NamedTuple):
    """A fix that was not applied: the finding it belongs to, and why.

    `wrong` is false where nothing is wrong with the fix, but it needs what may not be changed.
    """

    finding: Finding
    reason: str
    wrong: bool = True


class Outcome(NamedTuple):
    """The tree after fixing, how many findings were fixed in which file, and which fixes were refused.

    The findings of the refused stand where they are in that tree. `together` are names of files that go with each
    other, for a fix is of all of them: either all are written or none. No file is in two of these sets.
    """

    tree: Tree
    by_file: Dict[str, int]
    refused: tuple[Refused, ...]
    together: tuple[frozenset[str], ...] = ()

    @property
    def fixed(self) -> int:
        """How many findings were fixed in all."""
        return sum(self.by_file.values())

    def changed(self, before: Tree) -> list[tuple[Source, Source]]:
        """The files that differ from those of the tree before: the text then and now."""
        pairs = zip((file.source for file in before.files), (file.source for file in self.tree.files), strict=True)
        return [(old, new) for old, new in pairs if old.text != new.text]


def fix(
    tree: Tree, lint: Lint, wanted: Callable[[Finding], bool], closed: Dict[str, str] | None = None
) -> Outcome:
    """Applies the wanted fixes until none is left, in at most ten passes. Nothing is written.

    A fix of several files is applied in all of them or not at all; not at all where one of them is not reported on,
    or is `closed`, which says by name why a file cannot be written. A file that would go on changing goes back to
    what it was, and with it those that a fix was of too. Where a finding that was to be fixed in turn is left
    over, all begins again, and the fix that brought it is refused.
    """
    findings = tuple(lint(tree))
    barred: dict[_Place, str] = {}
    for _ in range(PASSES):
        work = _Work(tree, findings, lint, wanted, closed or {}, barred)
        work.run()
        left = work.left_over()
        if not left:
            return work.outcome()
        barred.update(left)
    work = _Work(tree, findings, lint, wanted, closed or {}, None)
    work.run()
    return work.outcome()


class _Tried(NamedTuple):
    """Fixes that hold together: their findings, the tree that they make, and its findings.

    `owed` are the places of those of its findings that have to be fixed in turn, each with the weight that it then
    counts with. `together` are the names of files that are to be written together or not at all.
    """

    fixed: tuple[Finding, ...]
    tree: Tree
    findings: tuple[Finding, ...]
    owed: Dict[_Place, int]
    together: tuple[Collection[str], ...]


class _Work:
    """Fixing in progress: the tree so far, its findings, and what has been refused.

    `barred` are the places of findings that no fix may bring, though it announces them, each with what is to be said
    of it; where it is None, no fix may bring any.
    """

    def __init__(
        self,
        tree: Tree,
        findings: tuple[Finding, ...],
        lint: Lint,
        wanted: Callable[[Finding], bool],
        closed: Dict[str, str],
        barred: Dict[_Place, str] | None,
    ) -> None:
        self._start = tree
        self._at_start = findings
        self._tree = tree
        self._findings = findings
        self._fixed: Counter[str] = Counter()
        self._refused: dict[tuple[object, ...], Refused] = {}
        self._owed: dict[_Place, int] = {}
        self._together: list[frozenset[str]] = []
        self._shown = {file.source.name: file.source.shown for file in tree.files}
        self._reported = {file.source.name for file in tree.files if file.reported}
        self._closed = closed
        # Texts that held when they were read again, of the tree that they are made from.
        self._texts: tuple[Tree, dict[tuple[object, ...], str]] = (tree, {})
        self._lint = lint
        self._wanted = wanted
        self._barred = barred

    def run(self) -> None:
        """All passes."""
        for _ in range(PASSES):
            if not self.one_pass():
                return
        self.give_up()

    def one_pass(self) -> bool:
        """Applies what can be applied together; whether there was anything to try."""
        chosen = self._chosen()
        if not chosen:
            return False
        tried = self._that_hold(chosen)
        if tried is not None:
            self._tree, self._findings = tried.tree, tried.findings
            for place, rank in tried.owed.items():
                self._owed[place] = min(rank, self._owed.get(place, rank))
            self._fixed.update(finding.at.source.name for finding in tried.fixed)
            for names in tried.together:
                if len(names) > 1:
                    self._together = _joined(self._together, names)
        return True

    def give_up(self) -> None:
        """Puts files that still have something to fix back to what they were."""
        unstable = self._chosen()
        if not unstable:
            return
        old = {file.source.name: file.source.text for file in self._start.files}
        names = {finding.at.source.name for finding in unstable}
        for group in self._together:
            if group & names:
                names |= group
        self._together = [group for group in self._together if not group & names]
        self._tree = self._tree.with_texts({name: old[name] for name in names})
        self._findings = tuple(self._lint(self._tree))
        for name in names:
            del self._fixed[name]
        for finding in unstable:
            self._refuse(finding, f"it is still changing after {PASSES} passes")

    def left_over(self) -> dict[_Place, str]:
        """The places of findings that were to be fixed in turn and are there, each with what to say of it."""
        old, new = Counter(map(_place, self._at_start)), Counter(map(_place, self._findings))
        why = {_place(finding): f", whose fix is refused: {reason}" for finding, reason, _ in self._refused.values()}
        return {place: why.get(place, "") for place in self._owed if new[place] > old[place]}

    def outcome(self) -> Outcome:
        """What came of it."""
        now = {_identity(finding): finding for finding in reversed(self._findings)}
        # A file that went back to what it was has other words where a fix changed them.
        there = {_place(finding): finding for finding in reversed(self._findings)}
        starts = {file.source.name: file.start for file in self._tree.files}
        refused: list[Refused] = []
        for finding, reason, wrong in self._refused.values():
            same_one = now.get(_identity(finding)) or there.get(_place(finding))
            at_start = finding._replace(at=starts[finding.at.source.name])
            refused.append(Refused(same_one or at_start, reason, wrong))
        for finding in self._findings:
            obstacle = self._obstacle(finding) if self._is_wanted(finding) else None
            if obstacle is not None:
                refused.append(Refused(finding, obstacle, wrong=False))
        return Outcome(self._tree, self._fixed, tuple(refused), tuple(self._together))

    def _chosen(self) -> list[Finding]:
        """The findings whose fixes are applied together in a pass.

        In a file that still gets a safe fix, an unsafe one waits. What it guesses the author may have written, where
        nobody reads it: once a safe fix has put that where it counts, there may be nothing left to guess.
        """
        wanted = list(filter(self._may_be_fixed, self._findings))
        safe = {name for finding in wanted if _is_safe(finding) for name in _changes(finding)}
        return choose(finding for finding in wanted if _is_safe(finding) or safe.isdisjoint(_changes(finding)))

    def _may_be_fixed(self, finding: Finding) -> bool:
        return self._is_wanted(finding) and self._obstacle(finding) is None

    def _is_wanted(self, finding: Finding) -> bool:
        """Whether a finding has a fix that is wanted and was not refused."""
        return (
            finding.fix is not None
            and (finding.at.source.name in self._reported or _reaches_out(finding))
            and self._wanted(finding)
            and _identity(finding) not in self._refused
        )

    def _obstacle(self, finding: Finding) -> str | None:
        """Why the fix of a finding cannot be applied in all of its files, if another than the finding's is one."""
        for name in sorted(_changes(finding)) if _reaches_out(finding) else ():
            if name in self._closed:
                return f"it would change `{self._shown[name]}`, which cannot be written: {self._closed[name]}"
            if name in self._shown and name not in self._reported:
                return f"it would change `{self._shown[name]}` too, which is not among the files to fix"
        return None

    def _that_hold(self, findings: Sequence[Finding]) -> _Tried | None:
        """Those of some findings whose fixes hold together; one that does not even hold alone is refused.

        What holds only without others gets its turn in the next pass.
        """
        try:
            return self._tried(findings)
        except FixRejected as error:
            if len(findings) == 1:
                self._refuse(findings[0], str(error), wrong=error.wrong)
                return None
            parts = _split(findings, error.files)
        held = [tried for part in parts if (tried := self._that_hold(part)) is not None]
        if len(held) < 2:
            return held[0] if held else None
        try:
            return self._tried([finding for tried in held for finding in tried.fixed])
        except FixRejected:
            return held[0]

    def _tried(self, findings: Sequence[Finding]) -> _Tried:
        """The tree with fixes applied. Raises `FixRejected`."""
        by_file = _by_touched_file(findings)
        texts = {name: self._text_of(name, some) for name, some in by_file.items()}
        tree = self._tree.with_texts(texts)
        after = tuple(self._lint(tree))
        _refuse_remaining(findings, self._findings, after)
        owed: dict[_Place, int] = {}
        together: list[Collection[str]] = [_files(finding) for finding in findings]
        rejected: list[tuple[str, str, bool]] = []
        for new in _new(findings, self._weight, _Known(self._tree, tree, by_file), self._findings, after):
            announced = [one for one in findings if one.fix is not None and new.policy in one.fix.follow]
            why = self._why_left(new) if announced else ""
            if why is not None:
                reason = f"`{new.policy}` finds something new afterwards{why}"
                rejected.append((reason, _suspect(new, by_file), not announced or self._is_barred(new)))
                continue
            # The one that brought it is rather one that changed a file that it speaks of.
            suspects = [one for one in announced if _suspect(new, by_file) in _files(one)] or announced
            owed[_place(new)] = min(map(self._weight, suspects))
            together.append({name for one in (new, *suspects) for name in _files(one)})
        if rejected:
            reason, file, wrong = rejected[0]
            raise FixRejected(reason, file, files=[name for _, name, _ in rejected], wrong=wrong)
        return _Tried(tuple(findings), tree, after, owed, tuple(together))

    def _text_of(self, name: str, findings: Sequence[Finding]) -> str:
        """The verified text of a file with fixes; worked out once for the same fixes, however often they are tried."""
        if self._texts[0] is not self._tree:
            self._texts = (self._tree, {})
        key = (name, *map(id, findings))
        text = self._texts[1].get(key)
        if text is None:
            text = self._texts[1][key] = _candidate(self._tree, name, findings)
        return text

    def _why_left(self, new: Finding) -> str | None:
        """Why a finding that a fix announces is not fixed in turn, as the end of a sentence; None where it is."""
        name = new.at.source.name
        if self._is_barred(new):
            return self._barred[_place(new)] if self._barred is not None else ""
        if new.fix is None:
            return ", which has no fix"
        if not self._is_wanted(new):
            return ", whose fix is not asked for"
        if name in self._closed:
            return f", but `{self._shown[name]}` cannot be written: {self._closed[name]}"
        obstacle = self._obstacle(new)
        return f", whose fix is not applied: {obstacle}" if obstacle is not None else None

    def _is_barred(self, new: Finding) -> bool:
        return self._barred is None or _place(new) in self._barred

    def _weight(self, finding: Finding) -> int:
        """How grave a finding has to be, at least, that its fix may not bring.

        What one fix brings and another mends may leave no more behind than the first may.
        """
        return min(finding.severity.rank, self._owed.get(_place(finding), finding.severity.rank))

    def _refuse(self, finding: Finding, reason: str, *, wrong: bool = True) -> None:
        self._refused[_identity(finding)] = Refused(finding, reason, wrong)


def _by_touched_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings whose fixes change a file, or that are in it, by its name."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        for name in _files(finding):
            by_file.setdefault(name, []).append(finding)
    return by_file


def _files(finding: Finding) -> dict[str, None]:
    """The names of the file of a finding and of those that its fix changes, in their order, without any twice."""
    return dict.fromkeys([finding.at.source.name, *_changes(finding)])


def _changes(finding: Finding) -> dict[str, None]:
    """The names of the files that a fix changes."""
    return dict.fromkeys(edit.at.source.name for edit in _edits(finding))


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.safety is Safety.SAFE


def _reaches_out(finding: Finding) -> bool:
    """Whether a fix changes another file than the one of its finding."""
    return len(_files(finding)) > 1


def _joined(groups: Sequence[frozenset[str]], names: Collection[str]) -> list[frozenset[str]]:
    """Groups of names without a name in common, with some more names that belong to each other."""
    apart = [group for group in groups if group.isdisjoint(names)]
    return [*apart, frozenset(names).union(*(group for group in groups if not group.isdisjoint(names)))]


def _split(findings: Sequence[Finding], suspects: Collection[str]) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """Two parts of some findings: those of some files and the others, or else two halves."""
    inside = [finding for finding in findings if not _files(finding).keys().isdisjoint(suspects)]
    if 0 < len(inside) < len(findings):
        return inside, [finding for finding in findings if _files(finding).keys().isdisjoint(suspects)]
    middle = len(findings) // 2
    return findings[:middle], findings[middle:]


# Choosing


def choose(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes do not clash in any file, in the order of their first edits.

    Touching counts as clashing, since the result would depend on the order; an edit that another fix makes too
    counts once. The rest get their turn in the next pass.
    """
    taken: set[Edit] = set()
    occupied: dict[str, _Occupied] = defaultdict(_Occupied)
    chosen: list[Finding] = []
    for finding in sorted(findings, key=_first_edit):
        new = [edit for edit in _edits(finding) if edit not in taken]
        if not any(occupied[edit.at.source.name].touches(edit.at.span) for edit in new):
            taken.update(new)
            for edit in new:
                occupied[edit.at.source.name].add(edit.at.span)
            chosen.append(finding)
    return chosen


class _Occupied:
    """Ranges of a text that edits have taken; those that touch are one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def touches(self, span: Span) -> bool:
        """Whether a range overlaps one that is taken, or begins or ends where one does."""
        first, behind = self._around(span)
        return first < behind

    def add(self, span: Span) -> None:
        """Takes a range."""
        first, behind = self._around(span)
        start = min([span.start, *self._starts[first:behind]])
        end = max([span.end, *self._ends[first:behind]])
        self._starts[first:behind] = [start]
        self._ends[first:behind] = [end]

    def _around(self, span: Span) -> tuple[int, int]:
        return bisect_left(self._ends, span.start), bisect_right(self._starts, span.end)


def _edits(finding: Finding) -> tuple[Edit, ...]:
    return finding.fix.all_edits if finding.fix is not None else ()


def _first_edit(finding: Finding) -> tuple[object, ...]:
    """Where a fix begins; what follows keeps the order of policies out of the result."""
    edits = sorted((edit.at.source.name, edit.at.span, edit.text) for edit in _edits(finding))
    file, start = (edits[0][0], edits[0][1].start) if edits else (finding.at.source.name, 0)
    return file, start, finding.policy, finding.message, edits


# Verifying


def _candidate(tree: Tree, name: str, findings: Sequence[Finding]) -> str:
    """The text of a file with the part of fixes applied that is of it, verified by reading. Raises `FixRejected`."""
    file = next((file for file in tree.files if file.source.name == name), None)
    parts = [part for finding in findings for part in _parts(finding, name)]
    edits = list(dict.fromkeys(edit for part in parts for edit in part.edits))
    if file is None or any(edit.at.source is not file.source for edit in edits):
        raise FixRejected("it would change another text than the one that was read", name)
    try:
        text = apply(file.source.text, edits)
    except ValueError as error:
        raise FixRejected(str(error), name) from None
    about = [finding.at.span.start for finding in findings if finding.at.source.name == name]
    verify(file, _file(tree.with_texts({name: text}), name), _touched(findings, name), edits, about)
    return text


def _parts(finding: Finding, name: str) -> list[Elsewhere]:
    """What the fix of a finding does in a file, by document. Raises `FixRejected`."""
    fix, own = finding.fix, finding.at.source.name
    if fix is None:
        return []
    if any(edit.at.source.name != own for edit in fix.edits):
        raise FixRejected("it would change another file than the one it is about", own)
    for part in fix.elsewhere:
        if len({edit.at.source.name for edit in part.edits}) > 1:
            raise FixRejected("it would change several files as if they were one", own)
    parts = [Elsewhere(finding.document, fix.edits, fix.touches)] if name == own else []
    return [*parts, *(part for part in fix.elsewhere if any(edit.at.source.name == name for edit in part.edits))]


def _touched(findings: Iterable[Finding], name: str) -> set[Touched]:
    """The values of a file that may differ."""
    parts = (part for finding in findings for part in _parts(finding, name))
    return {(part.document, path) for part in parts for path in part.touches}


def verify(
    before: File, after: File, touches: Collection[Touched], edits: Sequence[Edit], about: Collection[int] = ()
) -> None:
    """Raises `FixRejected` unless a text differs from another only as declared.

    `touches` are the documents and paths at or under which values may differ; a comment at one of the offsets
    `about` is what a finding is about, so it may differ too.
    """

    def reject(reason: str) -> FixRejected:
        return FixRejected(reason, before.source.name)

    if after.template is not None:
        raise reject("the result is a template")
    if _problems(before) != _problems(after):
        new = list((Counter(_problems(after)) - Counter(_problems(before))).elements())
        raise reject(f"the result is not YAML: {new[0][1]}" if new else "other documents can be read than before")
    if [one.index for one in before.loaded.documents] != [one.index for one in after.loaded.documents]:
        raise reject("the number of documents changed")
    for old, new_one in zip(before.loaded.documents, after.loaded.documents, strict=True):
        allowed = [path for document, path in touches if document == old.index]
        for path in _differences(old.root, new_one.root, ()):
            if not any(path[: len(one)] == one for one in allowed):
                raise reject(f"`{'.'.join(map(str, path))}` changed too" if path else "the whole document changed")
    lost = Counter(_comments(before)) - Counter(_comments(after)) - Counter(_removed_comments(before, edits, about))
    if lost:
        raise reject(f"the comment `{next(iter(lost))}` got lost")
    if _fault_count(after, before, touches) > sum(len(faults(resource)) for resource in before.resources):
        raise reject("the result has more structural errors")
    if same(before.source.text, before.loaded.documents) and not same(after.source.text, after.loaded.documents):
        raise reject("a second YAML reader reads the result differently")


def _file(tree: Tree, name: str) -> File:
    return next(file for file in tree.files if file.source.name == name)


def _problems(file: File) -> list[tuple[int, str]]:
    """What could not be read, without the numbers of lines, which may move."""
    return [(problem.document, _NUMBER.sub("", problem.message)) for problem in file.loaded.problems]


def _differences(old: Node, new: Node, path: Path) -> Iterator[Path]:
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


def _comments(file: File) -> list[str]:
    """The texts of a file's comments."""
    return [_text_of(one, file) for one in comments(file.source.text, file.loaded.documents)]


def _text_of(comment: Span, file: File) -> str:
    return file.source.text[comment.start : comment.end].rstrip()


def _removed_comments(file: File, edits: Iterable[Edit], about: Collection[int]) -> list[str]:
    """The comments that findings are about, and those that go with what edits take out.

    These stand behind its first value, and no further than the line of its last. A comment that an edit merely moves
    is still there.
    """
    text = file.source.text
    deletions = [edit.at.span for edit in edits if not edit.text and edit.at.span.end > edit.at.span.start]
    leaves: list[Node] = []
    if deletions:
        leaves = [node for document in file.loaded.documents for node in walk(document.root) if _is_leaf(node)]
    reaches: list[Span] = []
    for span in deletions:
        inside = [node for node in leaves if span.start <= node.start and node.end <= span.end]
        if inside:
            last = LINE_END.search(text, max(node.end for node in inside))
            reaches.append(Span(inside[0].start, min(span.end, last.start() if last else len(text))))
    return [
        _text_of(one, file)
        for one in comments(text, file.loaded.documents)
        if any(one.start <= offset < one.end for offset in about)
        or any(reach.start < one.start < reach.end for reach in reaches)
    ]


def _is_leaf(node: Node) -> bool:
    return isinstance(node, Scalar) or node.flow


def _fault_count(after: File, before: File, touches: Collection[Touched]) -> int:
    """How many structural errors a file has, without those that its author made and a fix only brought to light."""
    return sum(
        not _was_there(before, after, fault.place.resource.document.index, fault.place.path, touches, _is_format(fault))
        for resource in after.resources
        for fault in faults(resource)
    )


def _is_format(fault: Fault) -> bool:
    return fault.topic in (DURATION, QUANTITY)


def _was_there(
    before: File, after: File, document: int, path: Path, touches: Collection[Touched], or_itself: bool
) -> bool:
    """Whether what stands at a path is only a part of something that a fix moved, and so was wrong before.

    Nobody looks into a field that should not be there. What was moved must itself fit its new place, unless
    `or_itself`.
    """
    old, new = _document(before, document), _document(after, document)
    if old is None or new is None:
        return False
    node = _at(new.root, path)
    tops = [top for index, top in touches if index == document and top and isinstance(top[-1], str)]
    # How much of the path is the fix's doing: at least a touched path.
    made = min((len(top) for top in tops if path[: len(top)] == top), default=len(path) + 1)
    rests = [path[length:] for length in range(made, len(path) + or_itself)]
    places = {(*top, *rest) for top in tops for rest in rests} - {path}
    return node is not None and any(_alike(_at(old.root, place), node) for place in places)


def _document(file: File, index: int) -> Document | None:
    return next((one for one in file.loaded.documents if one.index == index), None)


def _at(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for step in path:
        if isinstance(node, Mapping):
            node = node.get(str(step))
        elif isinstance(node, List) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def _alike(old: Node | None, new: Node) -> bool:
    return old is not None and next(_differences(old, new, ()), None) is None


# Looking again


def _refuse_remaining(fixed: Sequence[Finding], before: Iterable[Finding], after: Iterable[Finding]) -> None:
    """Raises `FixRejected` where one of the findings that were fixed in a file is still there."""
    names = {finding.at.source.name for finding in fixed}
    old, new = (Counter(_words(one) for one in some if one.at.source.name in names) for some in (before, after))
    for key, count in Counter(map(_words, fixed)).items():
        if new[key] > old[key] - count:
            raise FixRejected("the finding is still there afterwards", key[1])


class _Known:
    """Which findings after fixing were there before, though their places moved."""

    def __init__(self, before: Tree, after: Tree, fixed: Dict[str, Sequence[Finding]]) -> None:
        self._before = {file.source.name: file for file in before.files if file.source.name in fixed}
        self._after = {file.source.name: file for file in after.files if file.source.name in fixed}
        self._touched = {name: _touched(findings, name) for name, findings in fixed.items()}
        self._edits = {
            name: sorted(
                {edit for finding in findings for part in _parts(finding, name) for edit in part.edits},
                key=lambda edit: edit.at.span,
            )
            for name, findings in fixed.items()
        }

    def moved(self, at: Location) -> int:
        """Where a place of the tree before begins in the tree after."""
        start = at.span.start
        shift = 0
        for edit in self._edits.get(at.source.name, ()):
            if edit.at.span.end > start:
                break
            shift += len(edit.text) - (edit.at.span.end - edit.at.span.start)
        return start + shift

    def only_shows_now(self, finding: Finding) -> bool:
        """Whether a finding is about what its author wrote, in something that had to be moved before it counted."""
        name = finding.at.source.name
        if name not in self._after:
            return False
        before, after = self._before[name], self._after[name]
        start = finding.at.span.start
        document = next((one for one in after.loaded.documents if one.span.start <= start < one.span.end), None)
        if document is None:
            return False
        path = _path_at(document.root, start)
        itself = any(
            _is_format(fault) and fault.place.path == path and fault.place.resource.document is document
            for resource in after.resources
            for fault in faults(resource)
        )
        return _was_there(before, after, document.index, path, self._touched[name], itself)


def _path_at(root: Node, offset: int) -> Path:
    """The path of the innermost entry or item that stands at an offset."""
    path: Path = ()
    node = root
    while True:
        children: list[tuple[str | int, int, int, Node]]
        if isinstance(node, Mapping):
            children = [
                (one.name, one.key.start, max(one.key.end, one.value.end), one.value)
                for one in node.entries
            ]
        elif isinstance(node, List):
            children = [(number, one.start, one.end, one) for number, one in enumerate(node.items)]
        else:
            return path
        inner = next((one for one in children if one[1] <= offset < max(one[2], one[1] + 1)), None)
        if inner is None:
            return path
        path = (*path, inner[0])
        node = inner[3]


def _new(
    fixed: Sequence[Finding],
    weight: Callable[[Finding], int],
    known: _Known,
    before: Sequence[Finding],
    after: Sequence[Finding],
) -> Iterator[Finding]:
    """The findings that are new and weigh as much as one that was fixed, in the same file if any was in it.

    Where a value could not be read, or stood where nobody reads it, policies that compare values see only afterwards
    what the author wrote: that is no fault of the fix.
    """
    revealed = {(one.at.source.name, one.document, one.resource) for one in fixed if one.refused}
    least = min(map(weight, fixed))
    old, new = Counter(map(_words, before)), Counter(map(_words, after))
    candidates = [one for one in after if one.severity.rank >= least and new[_words(one)] > old[_words(one)]]
    if not candidates:
        return
    places = {(one.policy, one.at.source.name, known.moved(one.at)) for one in before}
    ranks = {name: min(map(weight, some)) for name, some in _by_touched_file(fixed).items()}
    for finding in candidates:
        name = finding.at.source.name
        if finding.severity.rank < ranks.get(name, least):
            continue
        if (finding.policy, name, finding.at.span.start) in places or known.only_shows_now(finding):
            continue
        if finding.policy in _COMPARING and (name, finding.document, finding.resource) in revealed:
            continue
        yield finding


def _suspect(new: Finding, changed: Collection[str]) -> str:
    """The name of the file whose change may have brought a finding."""
    names = [new.at.source.name, *(related.at.source.name for related in new.related)]
    return next((name for name in names if name in changed), names[0])


def _words(finding: Finding) -> tuple[str, str, str]:
    """A finding without its place, which moves: policy, file and the text it stands on."""
    source, span = finding.at
    return finding.policy, source.name, " ".join(source.text[span.start : span.end].split())


def _identity(finding: Finding) -> tuple[object, ...]:
    """The same with where in the resource it is, which no change elsewhere in the file moves."""
    return (*_words(finding), *_place(finding))


def _place(finding: Finding) -> _Place:
    """The same without the words."""
    return finding.policy, finding.at.source.name, finding.document, finding.resource, finding.trail
