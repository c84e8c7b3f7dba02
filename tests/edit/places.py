"""Places of texts, and what an edit makes of them."""

from __future__ import annotations

from collections.abc import Callable

from tektonlint.document import Document, Mapping, load
from tektonlint.edit import Change, apply
from tektonlint.finding import Path
from tektonlint.tekton.resource import Place, Resource
from tektonlint.text import Source

Operation = Callable[[Place], Change]


def documents_of(text: str) -> tuple[Document, ...]:
    """The documents of a text that Kubernetes reads without a problem."""
    loaded = load(Source("task.yaml", text))
    assert () == loaded.problems
    return loaded.documents


def whole(document: Document) -> Place:
    """The place of a document's root."""
    assert isinstance(document.root, Mapping)
    return Resource(document, document.root).place


def place_at(document: Document, path: Path) -> Place:
    """The place at a path from a document's root."""
    place: Place | None = whole(document)
    for step in path:
        assert place is not None
        place = place.get(step) if isinstance(step, str) else list(place.items())[step]
    assert place is not None
    return place


def edited(text: str, path: Path, operation: Operation, *, document: int = 0) -> str:
    """What an operation at a path makes of a text."""
    return apply(text, operation(place_at(documents_of(text)[document], path)).edits)
