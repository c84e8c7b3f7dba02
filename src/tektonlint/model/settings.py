"""Settings as paths with values: of resources and of security contexts, and how they are written again."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Node, Scalar, Sequence, plain_data
from tektonlint.model.definitions import is_null
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint import edit

# A setting's path below the mapping that it is a part of.
Path = tuple[str, ...]
Settings = dict[Path, Place]

_RESOURCES = ("computeResources", "resources")
# What a pod's securityContext sets for all of its containers (core/v1, PodSecurityContext).
OF_PODS = frozenset(("runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile", "seLinuxOptions", "appArmorProfile"))
# Without them a container has less power, or the same.
_LOOSE = {
    "privileged": (True, False),
    "allowPrivilegeEscalation": (True,),
    "readOnlyRootFilesystem": (False,),
    "runAsNonRoot": (False,),
}


def lost(old: Settings, new: Settings, *elsewhere: Settings) -> Settings:
    """The settings that are neither where they were nor elsewhere with the same effect."""
    return {
        path: place for path, place in old.items() if path not in new and not any(path in other for other in elsewhere)
    }


def resources_of(owner: Place | None) -> Settings:
    """The amounts of a step, a template or a run, as v1 calls them."""
    for key in _RESOURCES if owner is not None else ():
        place = owner.get(key) if owner is not None else None
        if place is not None:
            return {
                (_RESOURCES[0], *path): one for path, one in leaves(place).items() if path[0] in ("limits", "requests")
            }
    return {}


def security_of(owner: Place | None) -> Settings:
    """The securityContext, but for what only loosens it."""
    place = owner.get("securityContext") if owner is not None else None
    each = leaves(place) if place is not None else {}
    return {
        ("securityContext", *path): one
        for path, one in each.items()
        if not (isinstance(one.node, Scalar) and any(one.node.value is value for value in _LOOSE.get(path[0], ())))
    }


def pod_settings(security: Place | None) -> Settings:
    """A pod's securityContext, called as v1 does."""
    each = leaves(security) if security is not None else {}
    return {("podTemplate", "securityContext", *path): one for path, one in each.items()}


def leaves(place: Place) -> Settings:
    """What a mapping says, with its paths; a list is one setting, and null is none."""
    found: Settings = {}
    waiting: list[tuple[Path, Place]] = [((), place)]
    while waiting:
        path, one = waiting.pop(0)
        if isinstance(one.node, Mapping):
            waiting.extend(((*path, str(inner.path[-1])), inner) for inner in one.entries())
        elif path and not is_null(one) and not (isinstance(one.node, Sequence) and not one.node.items):
            found[path] = one
    return found


def path_in(owner: Place, above: Path, path: Path) -> Path:
    """The path from an owner, as its API version has it: v1beta1 has `resources` in steps and templates
    (docs/migrating-v1beta1-to-v1.md)."""
    is_step = owner.path[-2:-1] in (("steps",), ("sidecars",)) or above == ("stepTemplate",)
    if path[0] == _RESOURCES[0] and owner.resource.version == "v1beta1" and is_step:
        path = (_RESOURCES[1], *path[1:])
    return (*above, *path)


def said(settings: Settings) -> dict[str, str]:
    """The settings and their values for a person."""
    return {".".join(path): shown(place.node) for path, place in settings.items()}


def restored(owner: Place, data: Dict[Path, edit.Data | None]) -> edit.Change:
    """Puts values back under their paths, with the mappings that lead there. Raises `Refusal`."""
    from tektonlint import edit

    wanted: dict[Path, edit.Data] = {}
    for path, value in data.items():
        if value is None:
            raise edit.Refusal("the value cannot be written again")
        depth = next(length for length in range(len(path) - 1, -1, -1) if owner.get(*path[:length]) is not None)
        inner: edit.Data = value
        for key in reversed(path[depth + 1 :]):
            inner = {key: inner}
        key_path = path[: depth + 1]
        known = wanted.get(key_path)
        wanted[key_path] = _merged(known, inner) if known is not None else inner
    changes = []
    for path, value in wanted.items():
        holder = owner.get(*path[:-1])
        assert holder is not None
        changes.append(edit.insert_key(holder, path[-1], value))
    change = changes[0]
    for other in changes[1:]:
        change = change.with_(other)
    return change


def _merged(one: edit.Data, other: edit.Data) -> edit.Data:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    both = dict(one)
    for key, value in other.items():
        both[key] = _merged(both[key], value) if key in both else value
    return both


def data_of(node: Node) -> edit.Data | None:
    """What can be written again: no number with a fraction, and no null."""
    data = plain_data(node)

    def writable(value: object) -> bool:
        if isinstance(value, dict):
            return all(map(writable, value.values()))
        return all(map(writable, value)) if isinstance(value, list) else isinstance(value, str | int | bool)

    return data if writable(data) else None  # type: ignore[return-value]


def shown(node: Node) -> str:
    """A value for a person, not too long to be read."""
    if isinstance(node, Scalar):
        return node.text[:80]
    if isinstance(node, Sequence):
        return f"[{', '.join(shown(item) for item in node.items)}]"[:80]
    return "{…}"
