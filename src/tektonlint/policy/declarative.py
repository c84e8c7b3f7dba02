"""Policies whose logic is a JSON Schema at a selector."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from functools import partial
from typing import Any

from tektonlint.document import Mapping, Node, Scalar, Sequence, plain_data
from tektonlint.finding import Finding, Fix
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.policy.format import Assertion, Repair
from tektonlint.schema import Schema, unknown_keywords
from tektonlint.tekton.resource import RENDERED_LATER, Place


def failed(place: Place, assertion: Assertion, context: Context) -> Iterator[Finding]:
    """A finding for each way in which a place does not satisfy the assertion.

    It stands on the value at fault, or on the key where the key is at fault. Text that is rendered by
    something else first is not judged.
    """
    for node, key, path in _problems(place.node, assertion.schema):
        at = Place(place.resource, node, (*place.path, *path), key)
        if isinstance(node, Scalar) and RENDERED_LATER.search(node.text):
            continue
        fix = _fix(at, assertion.fix, context) if assertion.fix is not None else None
        yield context.finding(at, _filled(assertion.message, at), fix=fix)


def _fix(at: Place, repair: Repair, context: Context) -> Fix | None:
    """The fix that a policy file describes, for one place."""
    from tektonlint.policy.repair import change

    make = partial(change, at, repair.operation, repair.arguments)
    return context.fix(_filled(repair.title, at), make, repair.safety)


_WORD = pattern(r"\{(value|key|field)\}")


def _filled(text: str, at: Place) -> str:
    """A text of a policy file with what stands at a place; a brace that means nothing stays as it is written."""
    words = {"value": _shown(at.node), "key": at.key.text if at.key is not None else "", "field": at.field}
    return _WORD.sub(lambda match: words[match[1]], text)


def _shown(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else "…"


_walkable: dict[int, tuple[Dict[str, Any], Schema | None]] = {}


def _problems(node: Node, raw: Dict[str, Any]) -> Iterator[tuple[Node, Scalar | None, tuple[str | int, ...]]]:
    known = _walkable.get(id(raw))
    if known is None or known[0] is not raw:
        walker = None if next(unknown_keywords(raw), None) else Schema(raw)
        known = _walkable[id(raw)] = (raw, walker)
    if known[1] is not None:
        for problem in known[1].problems(node):
            yield problem.node, problem.key, tuple(problem.path)
        return
    yield from _library_problems(node, raw)


def _library_problems(
    node: Node, raw: Dict[str, Any]
) -> Iterator[tuple[Node, Scalar | None, tuple[str | int, ...]]]:
    """The same by the jsonschema library, for schemas with keywords that the walker does not know."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(dict(raw)).iter_errors(plain_data(node))
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        at: Node = node
        key: Scalar | None = None
        for part in error.absolute_path:
            if isinstance(at, Mapping):
                entry = at.index[str(part)]
                at, key = entry.value, entry.key
            elif isinstance(at, Sequence):
                at, key = at.items[int(part)], None
        yield at, key, tuple(error.absolute_path)
