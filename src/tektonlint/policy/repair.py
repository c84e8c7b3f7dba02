"""The fixes that policy files describe, by the edit operations. Imported where an assertion with a fix fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint import edit
from tektonlint.edit import Change, Refusal
from tektonlint.tekton.resource import Place


def change(place: Place, operation: str, arguments: Dict[str, Any]) -> Change:
    """What `fix.op` makes of a place; the other keys of `fix` are its arguments. Raises `Refusal`."""
    return _OPERATIONS[operation](place, **arguments)


def _rename_key(place: Place, to: str) -> Change:
    return edit.rename_key(place, to)


def _move_key(place: Place, to: str) -> Change:
    return edit.move_key(place, *to.split("."))


def _insert_key(place: Place, key: str, value: Any, after: str | None = None) -> Change:
    return edit.insert_key(place, key, value, after=after)


def _replace_fragment(place: Place, pattern: str, **others: str) -> Change:
    match = re.search(pattern, place.text or "")
    if match is None:
        raise Refusal("the pattern matches nothing")
    return edit.replace_fragment(place, *match.span(), match.expand(others.get("with", "")))


_OPERATIONS: Dict[str, Callable[..., Change]] = {
    "rename-key": _rename_key,
    "move-key": _move_key,
    "remove-key": edit.remove_key,
    "remove-item": edit.remove_item,
    "insert-key": _insert_key,
    "replace-scalar": edit.replace_scalar,
    "replace-fragment": _replace_fragment,
}
