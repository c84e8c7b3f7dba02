"""Which policies there are, and which of them are enabled.

The policies that come with tektonlint stand in a generated catalogue without their examples, because
reading a hundred YAML files costs more than linting one. In a checkout the catalogue is believed only as
long as it was made from the files that are there; a policy's file is its registration, not its row here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint import bundled
from tektonlint.finding import Severity
from tektonlint.near import did_you_mean
from tektonlint.policy.context import Enabled
from tektonlint.policy.format import Example, Policy, PolicyError, from_raw, read, without_examples
from tektonlint.records import NamedTuple

CATALOGUE = "catalogue.json"


class Catalog(NamedTuple):
    """Policies by id."""

    policies: Dict[str, Policy]

    @property
    def areas(self) -> frozenset[str]:
        """The folders that policies stand in."""
        return frozenset(policy.area for policy in self.policies.values())

    def policy(self, name: str) -> Policy | None:
        """The policy of an id, or of one it had formerly."""
        found = self.policies.get(name)
        if found is not None:
            return found
        return next((policy for policy in self.policies.values() if name in policy.formerly), None)

    def ids(self, name: str) -> frozenset[str]:
        """The ids that an id or an area stands for. Raises `PolicyError` with the nearest name."""
        policy = self.policy(name)
        if policy is not None:
            return frozenset((policy.id,))
        ids = frozenset(policy.id for policy in self.policies.values() if policy.area == name)
        if not ids:
            raise PolicyError(f"there is no policy or area `{name}`{did_you_mean(name, self.names())}")
        return ids

    def names(self) -> frozenset[str]:
        """Every id and every area."""
        return frozenset(self.policies) | self.areas


def load(extra: Iterable[str] = ()) -> Catalog:
    """The bundled policies and those of further folders (absolute paths). Raises `PolicyError`."""
    policies = {policy.id: policy for policy in _bundled()}
    for folder in extra:
        for path, area in policy_files(folder):
            policy, _ = read(path, area)
            if policy.id in policies:
                raise PolicyError(f"{os.path.relpath(path)}: there is already a policy `{policy.id}`")
            policies[policy.id] = policy
    return Catalog(policies)


def policy_files(folder: str) -> Iterator[tuple[str, str]]:
    """The policy files below a folder with their areas: the name of the folder each stands in."""
    if not os.path.isdir(folder):
        raise PolicyError(f"{os.path.relpath(folder)}: there is no such folder of policies")
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                yield os.path.join(parent, name), os.path.basename(parent)


def examples(policy: Policy) -> tuple[Example, ...]:
    """The examples of a policy, read from its file."""
    return read(policy.file, policy.area)[1]


def catalogue(folder: str) -> dict[str, Any]:
    """What the generated catalogue of a folder has to say."""
    files = list(policy_files(folder))
    return {
        "made-from": _digest(path for path, _ in files),
        "sizes": {_relative(path, folder): os.path.getsize(path) for path, _ in files},
        "policies": [
            {"area": area, "file": _relative(path, folder), **without_examples(path)}
            for path, area in files
        ],
    }


def _bundled() -> Iterator[Policy]:
    folder = bundled.folder("policies")
    for raw in _current_rows(folder):
        yield from_raw(raw, raw["area"], os.path.join(folder, *raw["file"].split("/")))


def _relative(path: str, folder: str) -> str:
    return path.removeprefix(os.path.join(folder, "")).replace(os.sep, "/")


def _current_rows(folder: str) -> list[dict[str, Any]]:
    """What the catalogue says, or what the files say where they are not those that it was made from."""
    path = os.path.join(folder, CATALOGUE)
    try:
        with open(path, encoding="utf-8") as file:
            made: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        made = {}
    # A wheel is made from files that a test has compared with the catalogue, and does not change.
    if made and (bundled.INSTALLED or _is_current(made, folder, os.path.getmtime(path))):
        return list(made["policies"])
    for file_path, area in policy_files(folder):
        read(file_path, area)
    made = catalogue(folder)
    return list(made["policies"])


def _is_current(made: Dict[str, Any], folder: str, since: float) -> bool:
    """Whether a catalogue was made from the files that are there now.

    Those of the same names and sizes, none of which is younger than the catalogue, are the same; otherwise, as
    after a checkout, which dates files as it likes, their contents decide.
    """
    paths = [path for path, _ in policy_files(folder)]
    files = {_relative(path, folder): os.stat(path) for path in paths}
    if {name: status.st_size for name, status in files.items()} != made["sizes"]:
        return False
    if all(status.st_mtime < since for status in files.values()):
        return True
    return bool(made["made-from"] == _digest(paths))


def _digest(paths: Iterable[str]) -> str:
    # Nobody gains anything by a false one, and hashlib takes longer to import than all files take to read.
    import zlib

    digest = 0
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        head = f"{os.path.basename(os.path.dirname(path))}/{os.path.basename(path)} {len(data)}\n"
        digest = zlib.crc32(data, zlib.crc32(head.encode(), digest))
    return f"{digest:08x}"


class Choice(NamedTuple):
    """What users decided about policies: ids or areas, severities (None is off) and options by id."""

    severities: Dict[str, Severity | None]
    options: Dict[str, Dict[str, Any]]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


# They say that something was not checked at all. Only `ignore` and `off` leave them out: a run over some policies
# must not take what it could not read for something without findings.
UNCHECKED = frozenset(("outside-root", "template-not-linted", "unreadable-file", "yaml-syntax"))


def enabled(catalog: Catalog, choice: Choice) -> tuple[Enabled, ...]:
    """The policies that are to run, in the order of their ids. Raises `PolicyError` for unknown names.

    An opt-in policy runs where a severity is given to it, or `select` has its id; its area does not ask for it.
    """
    selected = _union(catalog, choice.select) | UNCHECKED if choice.select else frozenset(catalog.policies)
    ignored = _union(catalog, choice.ignore)
    severities = {one: value for name, value in choice.severities.items() for one in catalog.ids(name)}
    decided = {one: options for name, options in choice.options.items() for one in catalog.ids(name)}
    asked = {*severities, *(policy.id for name in choice.select if (policy := catalog.policy(name)) is not None)}
    running: list[Enabled] = []
    for policy in sorted(catalog.policies.values(), key=lambda policy: policy.id):
        severity = severities.get(policy.id, policy.severity)
        if policy.opt_in and policy.id not in asked:
            continue
        if policy.id in selected and policy.id not in ignored and severity is not None:
            options = {**policy.defaults, **decided.get(policy.id, {})}
            running.append(Enabled(policy=policy, severity=severity, options=options))
    return tuple(running)


def _union(catalog: Catalog, names: Iterable[str]) -> frozenset[str]:
    return frozenset(policy_id for name in names for policy_id in catalog.ids(name))
