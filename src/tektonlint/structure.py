"""What is structurally wrong with a Tekton object, told apart by what a person has to do about it.

The walker says that a field is unknown; here it becomes a step's `resources` in v1, a `timeout` that lives
elsewhere, or a misspelling. Each problem has one topic, so that one policy speaks of it and no other.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache

from tektonlint import schema
from tektonlint.bundled import folder
from tektonlint.document import Mapping, Node, Scalar
from tektonlint.near import nearest
from tektonlint.records import NamedTuple
from tektonlint.schema import Problem, Schema
from tektonlint.tekton.resource import RENDERED_LATER, Place, Resource, field
from tektonlint.tekton.roles import role_of

UNKNOWN, TYPE, DURATION, QUANTITY = "unknown-field", "wrong-type", "duration", "quantity"
# A text in place of the list that `runAfter` takes: what it names decides what is said about it.
RUN_AFTER = "run-after"


class Moved(NamedTuple):
    """Where a field lives that is none in this place: `to` if one field replaces it, else `advice`."""

    topic: str
    to: str | None = None
    advice: str | None = None
    holds: str | None = None
    consequence: str | None = None


class Fault(NamedTuple):
    """A structural problem, its topic and what is known about the field's right place.

    `role` is that of the mapping an unknown field stands in (see `tekton.roles`). `misspelt` says that the
    field is known but for the case of its letters. Go's decoder does not mind that in an `embedded` part;
    the API server's own pruning does.
    """

    topic: str
    place: Place
    problem: Problem
    role: str | None = None
    moved: Moved | None = None
    near: str | None = None
    above: str | None = None

    @property
    def embedded(self) -> bool:
        """It stands where only Tekton's webhook decodes, and refuses the whole object for it."""
        return self.problem.embedded

    @property
    def name(self) -> str:
        """The field itself, without its path."""
        return str(self.place.path[-1])

    @property
    def owner(self) -> str:
        """The path of the mapping the field stands in, as people write it; empty for the object itself."""
        return field(self.place.path[len(self.place.resource.path) : -1])

    @property
    def misspelt(self) -> bool:
        """Only the case of letters is wrong."""
        return self.near is not None and self.near.lower() == self.name.lower()

    @property
    def settled(self) -> bool:
        """The field that replaces this one is there as well."""
        to = self.moved.to if self.moved is not None else None
        if to is None:
            return False
        if to.startswith("spec."):
            return self.place.resource.place.get(*to.split(".")) is not None
        return self.problem.owner is not None and to in self.problem.owner.index


def faults(resource: Resource) -> tuple[Fault, ...]:
    """The structural problems of an object, computed once; none for a kind that no known CRD serves."""
    found: tuple[Fault, ...] | None = resource.memo.get("faults")
    if found is None:
        whole = schema.load(resource.group, resource.version, resource.kind)
        problems = _once(whole.problems(resource.root)) if whole is not None else ()
        found = resource.memo["faults"] = tuple(
            _fault(resource, whole, problem) for problem in problems if whole is not None and not _unsettled(problem)
        )
    return found


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Each problem of a text once, however many aliases lead to it."""
    seen: set[tuple[int, str]] = set()
    for problem in problems:
        at = ((problem.key or problem.node).start, problem.keyword)
        if at not in seen:
            seen.add(at)
            yield problem


def fits(whole: Schema, node: Node) -> bool:
    """Whether a value may stand where a schema counts, but for what is wrong inside it and for an amount of it."""
    return all(
        problem.path or problem.schema.raw.get("format") in ("go-duration", QUANTITY) or _unsettled(problem)
        for problem in whole.problems(node)
    )


def _unsettled(problem: Problem) -> bool:
    """The text is rendered by something else before Kubernetes reads it, or steers how a patch is merged.

    Blanks around a quantity are no fault either: Go trims them (apimachinery quantity.go, UnmarshalJSON).
    """
    if problem.keyword == "pattern" and problem.schema.raw.get("format") == QUANTITY:
        text = problem.node.text if isinstance(problem.node, Scalar) else ""
        if re.search(problem.schema.raw["pattern"], text.strip()):
            return True
    if problem.keyword == "additionalProperties":
        key = problem.key.text if problem.key is not None else ""
        return key.startswith("$") or bool(RENDERED_LATER.search(key))
    return isinstance(problem.node, Scalar) and bool(RENDERED_LATER.search(problem.node.text))


def _fault(resource: Resource, whole: Schema, problem: Problem) -> Fault:
    place = Place(resource, problem.node, (*resource.path, *problem.path), problem.key)
    if problem.keyword != "additionalProperties":
        topic = {"go-duration": DURATION, "quantity": QUANTITY}.get(problem.schema.raw.get("format", ""), TYPE)
        if place.key is not None and place.key.text == "runAfter" and place.text is not None:
            topic = RUN_AFTER if role_of(resource.kind, problem.path[:-1]) == "pipeline-task" else topic
        return Fault(topic=topic, place=place, problem=problem)
    name = str(problem.path[-1])
    role = role_of(resource.kind, problem.path[:-1])
    moved = _moved(role, resource.version, name, problem)
    return Fault(
        topic=moved.topic if moved is not None else UNKNOWN,
        place=place,
        problem=problem,
        role=role,
        moved=moved,
        near=nearest(name, _candidates(name, problem)),
        above=_above(whole, problem.path, resource.root),
    )


def _candidates(name: str, problem: Problem) -> set[str]:
    """The fields that an unknown one may have been meant to be.

    None that stands beside it already, unless Go's decoder takes the one for the other.
    """
    beside = problem.owner.index if problem.owner is not None else {}
    return {
        known
        for known in problem.schema.names
        if known not in beside or (problem.embedded and known.lower() == name.lower())
    }


def _above(whole: Schema, path: list[str | int], root: Mapping) -> str | None:
    """The path of the nearest mapping further out that has a field of this name and does not set it yet.

    That is where a field belongs whose line is indented too far. The object's own top level does not count:
    every kind has `metadata` and `spec` there.
    """
    name = str(path[-1])
    found: str | None = None
    current: Schema | bool | None = whole
    node: object = root
    for length, step in enumerate(path[:-1]):
        if not isinstance(current, Schema):
            return None
        if length and isinstance(node, Mapping) and name in current.names and name not in node.index:
            found = field(tuple(path[:length]))
        current = current.items if isinstance(step, int) else current.under(step)
        node = _child(node, step)
    return found


def _child(node: object, step: str | int) -> object:
    if isinstance(node, Mapping):
        return node.get(str(step))
    items = getattr(node, "items", ())
    return items[step] if isinstance(step, int) and step < len(items) else None


def _moved(role: str | None, version: str, name: str, problem: Problem) -> Moved | None:
    for row in _moved_fields().get((role or "", version, name), ()):
        if row.holds is None or (isinstance(problem.node, Mapping) and row.holds in problem.node.index):
            return row
    return None


@cache
def _moved_fields() -> dict[tuple[str, str, str], tuple[Moved, ...]]:
    """`schemas/moved-fields.json` by role, version and field."""
    with open(os.path.join(folder("schemas"), "moved-fields.json"), encoding="utf-8") as file:
        rows = json.load(file)["fields"]
    table: dict[tuple[str, str, str], tuple[Moved, ...]] = {}
    for row in rows:
        moved = Moved(
            topic=row["topic"],
            to=row.get("to"),
            advice=row.get("advice"),
            holds=row.get("holds"),
            consequence=row.get("consequence"),
        )
        for role in row["roles"]:
            for version in row["versions"]:
                key = (role, version, row["field"])
                table[key] = (*table.get(key, ()), moved)
    return table
