"""From a name to what it names: found, ambiguous, missing, or somewhere else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import cache
from typing import Generic, TypeVar

from tektonlint.model.kustomize import Kustomizations
from tektonlint.tekton.resource import Place, Resource

FOUND, AMBIGUOUS, MISSING, REMOTE = "found", "ambiguous", "missing", "remote"

# Cluster-wide kinds, which have no namespace.
_OF_THE_CLUSTER = frozenset(("ClusterTask", "ClusterInterceptor"))

T = TypeVar("T")


class Answer(Generic[T]):
    """What a reference leads to.

    `state` is `found`, `ambiguous` (several, and nothing decides), `missing` (no such name in the tree) or `remote`
    (a resolver, a variable in the name, a custom task: nothing that could stand in the tree). `name` and `at` are
    the name as it is written and where it stands; an inline spec is found and has neither.
    """

    # A generic NamedTuple is refused by Python 3.10.
    __slots__ = ("at", "candidates", "found", "name", "state")

    def __init__(
        self,
        state: str,
        found: T | None = None,
        candidates: tuple[T, ...] = (),
        name: str | None = None,
        at: Place | None = None,
    ) -> None:
        self.state = state
        self.found = found
        self.candidates = candidates
        self.name = name
        self.at = at


def nearest(user: Resource, candidates: Iterable[Resource], kustomizations: Kustomizations) -> tuple[Resource, ...]:
    """Those of several objects of one name that a reference in `user` may mean; one, if anything decides.

    A kustomization that lists both decides, the innermost one; else the one in the deepest folder that both share.
    Objects in another namespace than the user's are none of them.
    """
    file = user.source.name
    listed = bool(kustomizations.listing(file))
    if not listed and None in _spaces(user, kustomizations.namespaces(file)):
        # Of most users nothing says which namespace they are put into: it may be that of any candidate.
        left = [*candidates]
    else:
        left = [one for one in candidates if _may_share(user, one, kustomizations)]
    if len(left) < 2:
        return tuple(left)
    together = _listed_together(file, left, kustomizations) if listed else []
    if together:
        return tuple(together)
    depths = [_shared_depth(user, one) for one in left]
    deepest = max(depths)
    return tuple(one for one, depth in zip(left, depths, strict=True) if depth == deepest)


def namespace_of(resource: Resource, kustomizations: Kustomizations) -> str | None:
    """The namespace that an object is put into, where that is known; Kustomize's wins over its own."""
    spaces = _spaces(resource, kustomizations.namespaces(resource.source.name))
    return next(iter(spaces)) if len(spaces) == 1 else None


def _spaces(resource: Resource, said: frozenset[str | None]) -> frozenset[str | None]:
    """The namespaces that an object may be put into, None for one that is not known."""
    known: dict[frozenset[str | None], frozenset[str | None]] = resource.memo.setdefault("namespaces", {})
    if said not in known:
        known[said] = _worked_out(resource, said)
    return known[said]


def _worked_out(resource: Resource, said: frozenset[str | None]) -> frozenset[str | None]:
    if resource.kind in _OF_THE_CLUSTER:
        return frozenset((None,))
    own = resource.namespace or None
    if own is not None and ("$(" in own or "{{" in own):
        own = None
    return frozenset(own if one is None else one for one in said or (None,))


def _may_share(user: Resource, candidate: Resource, kustomizations: Kustomizations) -> bool:
    """Whether two objects can be in one namespace: in some kustomization that lists both, or else at all."""
    one, other = user.source.name, candidate.source.name
    is_together = False
    for around in kustomizations.listing(one):
        if other in kustomizations.files(around.folder):
            is_together = True
            first = kustomizations.namespaces_inside(around.folder, one)
            if _overlap(user, first, candidate, kustomizations.namespaces_inside(around.folder, other)):
                return True
    if is_together:
        return False
    return _overlap(user, kustomizations.namespaces(one), candidate, kustomizations.namespaces(other))


def _overlap(user: Resource, first: frozenset[str | None], candidate: Resource, second: frozenset[str | None]) -> bool:
    left, right = _spaces(user, first), _spaces(candidate, second)
    return None in left or None in right or bool(left & right)


def _listed_together(file: str, candidates: list[Resource], kustomizations: Kustomizations) -> list[Resource]:
    """The candidates in the innermost kustomizations that list the file and at least one of them."""
    both: dict[str, list[Resource]] = {}
    for one in kustomizations.listing(file):
        files = kustomizations.files(one.folder)
        inside = [candidate for candidate in candidates if candidate.source.name in files]
        if inside:
            both[one.folder] = inside
    innermost = [
        folder
        for folder in both
        if not any(kustomizations.is_part(other, folder) for other in both)
    ]
    found: list[Resource] = []
    for folder in innermost:
        found.extend(one for one in both[folder] if one not in found)
    return found


def _shared_depth(one: Resource, other: Resource) -> int:
    """How many folders two files share; a file shares more with itself than with any other."""
    if one.source is other.source:
        return 1_000_000
    depth = 0
    for left, right in zip(_folders(one.source.name), _folders(other.source.name), strict=False):
        if left != right:
            break
        depth += 1
    return depth


@cache
def _folders(name: str) -> tuple[str, ...]:
    """The folders that a file stands in, from the root."""
    return tuple(folder for folder in posixpath.dirname(name).split("/") if folder)
