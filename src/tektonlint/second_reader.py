"""Another YAML reader, which shares nothing with ours, for a second opinion on a text that was fixed.

ruamel.yaml parses in Python, so it also has none of libyaml's own faults. Only the shapes and the texts are
compared: its YAML 1.2 would resolve scalars otherwise than Kubernetes does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tektonlint.document import Document, Mapping, Node, Scalar

_EMPTY = (None, "", "null", "Null", "NULL", "~")


def same(text: str, documents: tuple[Document, ...]) -> bool:
    """Whether ruamel.yaml reads the same keys, lists and texts as `documents` holds."""
    try:
        theirs = list(_load(text))
    except Exception:
        # Besides its own errors it raises others where a text takes it by surprise; either way it cannot read it.
        return False
    return [_texts(document.root) for document in documents] == theirs


def _load(text: str) -> Iterator[object]:
    """Every document that holds anything, with every scalar as its text."""
    from ruamel.yaml import YAML

    reader = YAML(typ="base", pure=True)
    reader.allow_duplicate_keys = True
    for document in reader.load_all(text):
        if document not in _EMPTY:
            yield document


def _texts(node: Node) -> Any:
    """The shape of a value with the texts of its scalars, as it is written: merge keys are keys.

    Of keys that stand twice the first counts, as for ruamel.yaml.
    """
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        texts: dict[str, Any] = {}
        for entry in node.entries:
            if entry.key.text not in texts:
                texts[entry.key.text] = _texts(entry.value)
        return texts
    return [_texts(item) for item in node.items]
