"""What an edit operation gives: text edits, and the values that they may change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from tektonlint.finding import Edit, Path
from tektonlint.records import NamedTuple


class Refusal(ValueError):
    """The change cannot be made exactly here; the text says why, in a clause."""


class Change(NamedTuple):
    """Edits of one file, and the paths (from the document's root) at or under which values may differ.

    The edits of one change do not overlap; their order says nothing.
    """

    edits: tuple[Edit, ...]
    touches: frozenset[Path]

    def with_(self, other: Change) -> Change:
        """Both together; what both insert at one place stands there in this order, an edit of both once."""
        edits = list(self.edits)
        for edit in other.edits:
            place = next((number for number, one in enumerate(edits) if one.at == edit.at), None)
            if place is None:
                edits.append(edit)
            elif edits[place] != edit and edit.at.span.start == edit.at.span.end:
                edits[place] = edit._replace(text=edits[place].text + edit.text)
            elif edits[place] != edit:
                raise Refusal("both replace the same text")
        return Change(tuple(edits), self.touches | other.touches)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made, from the last to the first. Raises `ValueError` where two clash.

    Edits clash where they overlap, and where two of them insert at one offset, since nothing says in which order.
    They may touch otherwise: what is inserted where a replaced range begins stands before the replacement, and
    what is inserted where it ends stands behind it.
    """
    ordered = sorted(edits, key=lambda edit: edit.at.span)
    for one, other in itertools.pairwise(ordered):
        if other.at.span.start < one.at.span.end or one.at.span == other.at.span:
            raise ValueError(f"two edits clash at offset {other.at.span.start}")
    if any(edit.at.span.end > len(text) for edit in ordered):
        raise ValueError("an edit lies behind the end of the text")
    for edit in reversed(ordered):
        text = text[: edit.at.span.start] + edit.text + text[edit.at.span.end :]
    return text
