"""From a name to what it names: found, ambiguous, missing, or somewhere else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from tektonlint.model.kustomize import Kustomizations
from tektonlint.tekton.resource import Place, Resource

FOUND, AMBIGUOUS, MISSING, REMOTE = "found", "ambiguous", "missing", "remote"

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """What a reference leads to.

    `state` is `found`, `ambiguous` (several, and nothing decides), `missing` (no such name in the tree) or `remote`
    (a resolver, a variable in the name, a custom task: nothing that could stand in the tree). `name` and `at` are
    the name as it is written and where it stands; an inline spec is found and has neither.
    """

    state: str
    found: T | None = None
    candidates: tuple[T, ...] = ()
    name: str | None = None
    at: Place | None = None


def nearest(user: Resource, candidates: Iterable[Resource], kustomizations: Kustomizations) -> tuple[Resource, ...]:
    """Those of several objects of one name that a reference in `user` may mean; one, if anything decides.

    A kustomization that lists both decides, the innermost one; else the one in the deepest folder that both share.
    Objects in another namespace than the user's are none of them.
    """
    wanted = namespace_of(user, kustomizations)
    left = [one for one in candidates if _may_share(wanted, namespace_of(one, kustomizations))]
    if len(left) < 2:
        return tuple(left)
    listed = _listed_together(user.source.name, left, kustomizations)
    if listed:
        return tuple(listed)
    depths = [_shared_depth(user, one) for one in left]
    return tuple(one for one, depth in zip(left, depths, strict=True) if depth == max(depths))


def namespace_of(resource: Resource, kustomizations: Kustomizations) -> str | None:
    """The namespace that an object is put into, where that is known; Kustomize's wins over its own."""
    namespace = resource.namespace
    if namespace is not None and ("$(" in namespace or "{{" in namespace):
        return None
    return kustomizations.namespace(resource.source.name) or namespace


def _may_share(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


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
        if not any(kustomizations.files(other) < kustomizations.files(folder) for other in both)
    ]
    found: list[Resource] = []
    for folder in innermost:
        found.extend(one for one in both[folder] if one not in found)
    return found


def _shared_depth(one: Resource, other: Resource) -> int:
    """How many folders two files share; a file shares more with itself than with any other."""
    if one.source is other.source:
        return 1_000_000
    first = posixpath.dirname(one.source.name).split("/")
    second = posixpath.dirname(other.source.name).split("/")
    depth = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        depth += left != ""
    return depth
