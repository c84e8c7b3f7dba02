"""What a configuration decides about findings: which of them stay, and which policies nothing below it may silence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Location, ResourceId
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tree import File, Tree

if TYPE_CHECKING:
    import datetime

EXPIRED, UNUSED, LOCKED = "waiver-expired", "waiver-unused", "suppression-locked"


class Waiver(NamedTuple):
    """A decision that the findings of some policies stay, in the files or objects of a pattern.

    `name` is the id or the area as it is written, and `ids` are the policies that it silences. `path` is a pattern as
    in .gitignore, relative to the root; `resource` is `Kind/name`, where `*` stands for anything. `expires` is the
    last day on which it counts. `at` is where it stands, and `expires_at` where that day does.
    """

    name: str
    ids: frozenset[str]
    path: str | None
    resource: str | None
    reason: str
    expires: datetime.date | None
    at: Location
    expires_at: Location

    def is_for(self, resource: ResourceId | None) -> bool:
        """Whether an object is one of those that are meant; where none are named, all are."""
        if self.resource is None:
            return True
        if resource is None:
            return False
        from fnmatch import fnmatchcase

        kind, _, name = self.resource.partition("/")
        # kubectl does not tell `Task` and `task` apart either.
        return fnmatchcase(resource.kind.lower(), kind.lower()) and fnmatchcase(resource.name or "", name)


class Attempt(NamedTuple):
    """Something that would silence a policy that is locked, and what is to be said of it."""

    at: Location
    message: str


class Decisions(NamedTuple):
    """The waivers that count, those that no longer do, who locks which policy, and what tried to get around that.

    `locked` says for each policy where it is locked, as `file:line`.
    """

    waivers: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()
    locked: Dict[str, str] = {}
    attempts: tuple[Attempt, ...] = ()

    def on(self, today: Callable[[], datetime.date]) -> Decisions:
        """The decisions as they are today; nobody is asked which day that is where it does not matter."""
        if all(waiver.expires is None for waiver in self.waivers):
            return self
        day = today()
        over = [waiver.expires is not None and waiver.expires < day for waiver in self.waivers]
        return self._replace(
            waivers=tuple(one for one, is_over in zip(self.waivers, over, strict=True) if not is_over),
            expired=tuple(one for one, is_over in zip(self.waivers, over, strict=True) if is_over),
        )

    def waived(self, findings: Iterable[Finding]) -> tuple[list[Finding], frozenset[int]]:
        """The findings that no waiver silences, and the numbers of the waivers that silence one."""
        files = _Files(self.waivers)
        by_policy: dict[str, list[int]] = {}
        for number, waiver in enumerate(self.waivers):
            for one in waiver.ids:
                by_policy.setdefault(one, []).append(number)
        kept: list[Finding] = []
        used: set[int] = set()
        for finding in findings:
            hits = [
                number
                for number in by_policy.get(finding.policy, ())
                if self.waivers[number].is_for(finding.resource) and files.covers(number, finding.at.source.name)
            ]
            used.update(hits)
            if not hits:
                kept.append(finding)
        return kept, frozenset(used)


class _Files:
    """Which files the patterns of waivers mean; each pattern is read once."""

    def __init__(self, waivers: Sequence[Waiver]) -> None:
        self._covers: list[Callable[[str], bool]] = [_pattern(one.path) for one in waivers]
        self._known: dict[tuple[int, str], bool] = {}

    def covers(self, number: int, name: str) -> bool:
        known = self._known.get((number, name))
        if known is None:
            known = self._known[number, name] = self._covers[number](name)
        return known


def _pattern(path: str | None) -> Callable[[str], bool]:
    if path is None:
        return lambda name: True
    from tektonlint.tree.ignoring import patterns

    return patterns([path]).match_file


def complaints(
    decisions: Decisions,
    used: Collection[int],
    tree: Tree,
    policies: Iterable[Enabled],
    catalog: Catalog,
    *,
    whole: bool,
) -> Iterator[Finding]:
    """What is wrong with the decisions themselves, as far as the policies that say so run.

    `used` are the numbers of the waivers that silenced something, and `whole` says that all of the root was read.
    """
    ran = {one.policy.id: one for one in policies}
    for attempt in decisions.attempts:
        yield from _finding(LOCKED, attempt.message, attempt.at, ran)
    for waiver in decisions.expired:
        message = (
            f"This waiver for `{waiver.name}` ended with {waiver.expires} and silences nothing any more. "
            "Mend what it stood for, or decide anew and set another day."
        )
        yield from _finding(EXPIRED, message, waiver.expires_at, ran)
    files = _Files(decisions.waivers)
    for number, waiver in enumerate(decisions.waivers):
        if number in used or not _all_ran(waiver, ran, catalog):
            continue
        covered = [file for file in tree.files if files.covers(number, file.source.name)]
        if not all(map(_was_checked, covered)) or not (covered or _is_known_whole(tree, whole)):
            continue
        what = "finds nothing in these files that it would" if covered else "has nothing to look at: no file matches"
        message = f"This waiver silences nothing: `{waiver.name}` {what}. Delete it, or it hides the next mistake."
        yield from _finding(UNUSED, message, waiver.at, ran)


def _all_ran(waiver: Waiver, ran: Collection[str], catalog: Catalog) -> bool:
    """Whether all of the policies ran; those that are opt-in, or compare with an earlier revision, only belong to an
    area where somebody asks for them."""
    missing = [catalog.policies[one] for one in waiver.ids if one not in ran]
    return len(missing) < len(waiver.ids) and all(one.opt_in or one.needs_base for one in missing)


def _was_checked(file: File) -> bool:
    return file.reported and not (file.unreadable or file.outside or file.template or file.loaded.problems)


def _is_known_whole(tree: Tree, whole: bool) -> bool:
    """Whether all files are known; one that stands for a folder that could not be listed stands for more."""
    return whole and not any(file.unreadable or file.outside for file in tree.files)


def _finding(policy: str, message: str, at: Location, ran: Dict[str, Enabled]) -> Iterator[Finding]:
    if policy in ran:
        yield Finding(policy=policy, severity=ran[policy].severity, message=message, at=at)


def locked_out(ids: Iterable[str], locked: Dict[str, str], what: str) -> str:
    """What to say of something that would silence locked policies, if it could; `what` is what it does not do.

    `locked` says where each policy is locked.
    """
    names = sorted(ids)
    by = listed(dict.fromkeys(f"`{locked[name]}`" for name in names))
    shown = listed([f"`{name}`" for name in names], most=3)
    is_locked = "is locked" if len(names) == 1 else "are locked"
    return f"{shown} {is_locked} by {by}, so this {what}. Mend what it finds, or ask there for a waiver."
