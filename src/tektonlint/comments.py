"""Where the comments of a file are; YAML parsers drop them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from tektonlint.document import FOLDED, LITERAL, Document, Scalar, walk
from tektonlint.offsets import header_line_end
from tektonlint.patterns import pattern
from tektonlint.text import Span

_COMMENT = pattern(r"(?<![^\s\ufeff])#[^\r\n]*")


def comments(text: str, documents: Iterable[Document]) -> list[Span]:
    """The comments of a text, each from its `#` to the end of its line.

    A `#` begins one at the start of a line or behind white space (YAML 1.1 §4.1.1), outside of scalars. The
    header line of a block scalar may end with one. Of a document that could not be read nothing is known, so
    everything that looks like a comment counts there.
    """
    scalars = _scalar_spans(text, documents)
    starts = [span.start for span in scalars]
    found: list[Span] = []
    position = 0
    while match := _COMMENT.search(text, position):
        holder = bisect_right(starts, match.start()) - 1
        if holder >= 0 and match.start() < scalars[holder].end:
            position = scalars[holder].end
            continue
        found.append(Span(*match.span()))
        position = match.end()
    return found


def _scalar_spans(text: str, documents: Iterable[Document]) -> list[Span]:
    """Where scalars stand, without the header lines of block scalars."""
    spans: list[Span] = []
    for document in documents:
        for node in walk(document.root):
            if isinstance(node, Scalar) and node.end > node.start:
                start = node.start
                if node.style in (LITERAL, FOLDED):
                    start = min(header_line_end(node, text), node.end)
                spans.append(Span(start, node.end))
    return sorted(spans)
