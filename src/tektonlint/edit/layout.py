"""What is learnt from a file about how added lines have to look."""

from __future__ import annotations

from tektonlint.document import DOUBLE, PLAIN, SINGLE, Mapping, Node, Scalar, Sequence
from tektonlint.edit.geometry import children, line_start, once
from tektonlint.edit.values import Layout
from tektonlint.patterns import pattern
from tektonlint.tekton.resource import Place

_DASH = pattern(r"- +\Z")


def layout_of(place: Place) -> Layout:
    """How the document of a place indents mappings and lists: by the first of each that is met, else by two."""
    document = place.resource.document
    return once(place.resource, "layout", lambda: _layout(document.source.text, document.root))


def _layout(text: str, root: Node) -> Layout:
    step = dash = width = None
    level: list[Node] = [root]
    while level and None in (step, dash, width):
        below: list[Node] = []
        for node in level:
            if isinstance(node, Scalar) or node.flow or node.shared:
                continue
            if isinstance(node, Sequence):
                width = width or item_width(text, node.items[0])
            for key, value in children(node):
                below.append(value)
                if key is None or isinstance(value, Scalar) or value.flow or value.shared:
                    continue
                columns = _column(text, value.start) - _column(text, key.start)
                if isinstance(value, Sequence) and dash is None:
                    dash = max(columns, 0)
                elif isinstance(value, Mapping) and columns > 0:
                    step = step or columns
        level = below
    step = step or 2
    return Layout(step, step if dash is None else dash, width or 2)


def _column(text: str, offset: int) -> int:
    return offset - line_start(text, offset)


def item_width(text: str, item: Node) -> int | None:
    """How far an item stands from its dash, where both are on one line."""
    before = _DASH.search(text[line_start(text, item.start) : item.start])
    return len(before[0]) if before else None


def common_quote(nodes: list[Node]) -> str:
    """The quotes that all strings among some nodes have, if they have the same."""
    styles = {node.style for node in nodes if isinstance(node, Scalar) and isinstance(node.value, str)}
    return styles.pop() if styles in ({SINGLE}, {DOUBLE}) else PLAIN
