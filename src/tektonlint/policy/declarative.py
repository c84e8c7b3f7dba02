"""Policies whose logic is a JSON Schema at a selector."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint import edit
from tektonlint.document import Mapping, Node, Scalar, Sequence, plain_data
from tektonlint.edit import Change
from tektonlint.edit.geometry import Refusal
from tektonlint.finding import Finding, Fix
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
    make = OPERATIONS[repair.operation]
    return context.fix(_filled(repair.title, at), lambda: make(at, **repair.arguments), repair.safety)


def _move_key(place: Place, to: str) -> Change:
    return edit.move_key(place, *to.split("."))


def _replace_scalar(place: Place, value: Any) -> Change:
    return edit.replace_scalar(place, value)


def _insert_key(place: Place, key: str, value: Any, after: str | None = None) -> Change:
    return edit.insert_key(place, key, value, after=after)


def _replace_fragment(place: Place, pattern: str, **others: str) -> Change:
    match = re.search(pattern, place.text or "")
    if match is None:
        raise Refusal("the pattern matches nothing")
    return edit.replace_fragment(place, *match.span(), match.expand(others.get("with", "")))


# `fix.op` of a policy file; the other keys of `fix` are the arguments.
OPERATIONS: Dict[str, Callable[..., Change]] = {
    "rename-key": lambda place, to: edit.rename_key(place, to),
    "move-key": _move_key,
    "remove-key": edit.remove_key,
    "remove-item": edit.remove_item,
    "insert-key": _insert_key,
    "replace-scalar": _replace_scalar,
    "replace-fragment": _replace_fragment,
}


_WORD = re.compile(r"\{(value|key|field)\}")


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
