"""Another YAML reader, which shares nothing with ours, for a second opinion on a text that was fixed.

ruamel.yaml parses in Python, so it also has none of libyaml's own faults. Only the shapes and the texts are
compared: its YAML 1.2 would resolve scalars otherwise than Kubernetes does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tektonlint.document import Document, Mapping, Node, Scalar


def same(text: str, documents: tuple[Document, ...]) -> bool:
    """Whether ruamel.yaml reads the same keys, lists and texts as `documents` holds."""
    try:
        theirs = list(_load(text))
    except _unreadable():
        return False
    return [_texts(document.root) for document in documents] == theirs


def _load(text: str) -> Iterator[object]:
    """Every document that holds anything, with every scalar as its text."""
    from ruamel.yaml import YAML

    reader = YAML(typ="base", pure=True)
    reader.allow_duplicate_keys = True
    for document in reader.load_all(text):
        if document not in (None, "", "null", "~"):
            yield document


def _unreadable() -> tuple[type[Exception], ...]:
    from ruamel.yaml.error import YAMLError

    return (YAMLError, ValueError, RecursionError)


def _texts(node: Node) -> Any:
    """The shape of a value with the texts of its scalars, as it is written: merge keys are keys."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {entry.key.text: _texts(entry.value) for entry in node.entries}
    return [_texts(item) for item in node.items]
