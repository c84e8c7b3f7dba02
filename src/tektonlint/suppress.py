"""Comments that say a finding is known and stays: `# tektonlint: ignore[policy-id] reason`.

A comment counts for its own line; on a line of its own, for the entry that begins below it; on the header
line of a block scalar, for everything in that scalar.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tektonlint.document import FOLDED, LITERAL, Mapping, Node, Scalar, walk
from tektonlint.document import Sequence as List
from tektonlint.finding import Finding, Location
from tektonlint.near import did_you_mean
from tektonlint.offsets import header_line_end
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Context
from tektonlint.text import Span
from tektonlint.tree import File

_COMMENT = re.compile(r"#[ \t]*tektonlint:[ \t]*([^\r\n]*)")
_IGNORE = re.compile(r"ignore\[([^\]\r\n]*)\][ \t]*(.*)")

REASON, UNKNOWN, UNUSED = "suppression-reason", "suppression-unknown", "suppression-unused"
# These speak about comments and about tektonlint itself, so a comment cannot silence them.
NOT_SUPPRESSIBLE = frozenset((REASON, UNKNOWN, UNUSED, "internal-error"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One comment: the ids it names, its reason, the lines (1-based) it counts for."""

    span: Span
    ids: tuple[str, ...]
    reason: str
    lines: frozenset[int]
    malformed: bool


def suppressions(file: File) -> tuple[Suppression, ...]:
    """The comments of one file, in order. Text that looks like one inside a scalar is none."""
    text = file.source.text
    if "tektonlint:" not in text:
        return ()
    scalars = _scalar_spans(file)
    found: list[Suppression] = []
    for match in _COMMENT.finditer(text):
        if _inside(scalars, match.start()) or not _begins_comment(text, match.start()):
            continue
        ignore = _IGNORE.match(match[1])
        ids = tuple(name.strip() for name in ignore[1].split(",")) if ignore else ()
        found.append(
            Suppression(
                span=Span(match.start(), match.start() + len(match[0].rstrip())),
                ids=tuple(name for name in ids if name),
                reason=_reason(ignore[2]) if ignore else "",
                lines=frozenset(_lines(file, match.start())),
                malformed=ignore is None,
            )
        )
    return tuple(found)


def _reason(text: str) -> str:
    """What is said behind the bracket; another tool's comment on the same line says nothing about this one."""
    return "" if text.startswith("#") else text.strip(" \t:-–—")


def apply(
    file: File, findings: Sequence[Finding], comments: Sequence[Suppression], catalog: Catalog
) -> tuple[list[Finding], set[tuple[int, str]]]:
    """The findings of a file that no comment silences, and which comments silenced one, as (position, id)."""
    kept: list[Finding] = []
    used: set[tuple[int, str]] = set()
    for finding in findings:
        lines = _lines_of(file, finding)
        hits = {
            (position, name)
            for position, comment in enumerate(comments)
            if not lines.isdisjoint(comment.lines)
            for name in comment.ids
            if _id(catalog, name) == finding.policy and finding.policy not in NOT_SUPPRESSIBLE
        }
        used |= hits
        if not hits:
            kept.append(finding)
    return kept, used


def complaints(
    file: File,
    comments: Sequence[Suppression],
    used: Collection[tuple[int, str]],
    catalog: Catalog,
    contexts: dict[str, Context],
) -> Iterator[Finding]:
    """What is wrong with the comments themselves. `contexts` holds those of the policies that ran, by id."""
    silencing = {position for position, _ in used}
    for position, comment in enumerate(comments):
        if position not in silencing and not _understood(file, comment.span.start):
            continue
        at = Location(file.source, comment.span)
        document = _document_at(file, comment.span.start)
        if comment.malformed or not comment.ids:
            if UNKNOWN in contexts:
                message = "The comment silences nothing: write `# tektonlint: ignore[policy-id] reason`."
                yield contexts[UNKNOWN].file_finding(file, message, at=at, document=document)
            continue
        if not comment.reason and REASON in contexts:
            message = "The comment does not say why. Write the reason behind the bracket, for whoever reads this next."
            yield contexts[REASON].file_finding(file, message, at=at, document=document)
        for name in comment.ids:
            policy = _id(catalog, name)
            if policy is None:
                if UNKNOWN in contexts:
                    message = f"There is no policy `{name}`{_instead(name, catalog)}"
                    yield contexts[UNKNOWN].file_finding(file, message, at=at, document=document)
            elif policy in contexts and (position, name) not in used and UNUSED in contexts:
                message = f"`{name}` finds nothing here any more. Delete the comment, or it will hide the next mistake."
                if policy in NOT_SUPPRESSIBLE:
                    message = f"No comment can silence `{name}`. Mend what it finds, and delete this."
                yield contexts[UNUSED].file_finding(file, message, at=at, document=document)


def _instead(name: str, catalog: Catalog) -> str:
    """How to go on after a name that is no policy's."""
    if name in catalog.areas:
        return "; that is an area, and a comment names each policy by itself."
    return did_you_mean(name, catalog.policies) or "; `tektonlint policies` lists them."


def _understood(file: File, offset: int) -> bool:
    """Whether policies looked at the text around an offset, and whether it is a comment is known.

    In a document that cannot be read it may as well be a line of a script.
    """
    if file.template is not None or file.unreadable is not None:
        return False
    if any(document.span.start <= offset < document.span.end for document in file.loaded.documents):
        return True
    return not any(problem.refused for problem in file.loaded.problems)


def _id(catalog: Catalog, name: str) -> str | None:
    policy = catalog.policy(name)
    return policy.id if policy is not None else None


def _document_at(file: File, offset: int) -> int:
    index = 0
    for document in file.loaded.documents:
        if document.span.start <= offset:
            index = document.index
    return index


def _begins_comment(text: str, start: int) -> bool:
    """YAML 1.1 §4.1.1: a `#` begins a comment at the start of a line or behind white space."""
    return start == 0 or text[start - 1] in " \t\r\n\ufeff"


def _scalar_spans(file: File) -> list[Span]:
    """Where scalars stand, without the header lines of block scalars, which may hold a comment."""
    spans: list[Span] = []
    for document in file.loaded.documents:
        for node in walk(document.root):
            if isinstance(node, Scalar) and node.end > node.start:
                start = node.start
                if node.style in (LITERAL, FOLDED):
                    start = min(header_line_end(node, file.source.text), node.end)
                spans.append(Span(start, node.end))
    return sorted(spans)


def _inside(spans: list[Span], offset: int) -> bool:
    position = bisect_right(spans, Span(offset, len(spans) and spans[-1].end)) - 1
    return position >= 0 and spans[position].start <= offset < spans[position].end


def _lines(file: File, start: int) -> Iterator[int]:
    """The lines a comment counts for: its own, or the next one with content where it stands alone."""
    source = file.source
    line, column = source.line_column(start)
    if source.line(line)[: column - 1].strip():
        yield line
        return
    for number in range(line + 1, source.line_count() + 1):
        text = source.line(number).strip()
        if not text.startswith("#"):
            if text:
                yield number
            return


def _lines_of(file: File, finding: Finding) -> frozenset[int]:
    """The lines a comment about a finding may count for: its own, its entry's, its block scalar's header."""
    source, span = finding.at
    lines = {source.line_column(span.start)[0]}
    for document in file.loaded.documents:
        if document.index == finding.document:
            lines.update(source.line_column(offset)[0] for offset in _holders(document.root, span.start))
    return frozenset(lines)


def _holders(root: Node, offset: int) -> Iterable[int]:
    """Where the entries begin that an offset is about: their keys, one of which is a block scalar's header.

    That is the innermost entry that holds it, and each whose value begins there: a finding about a mapping
    stands on its first key.
    """
    holders: list[int] = []
    key: Scalar | None = None
    node: Node = root
    while not isinstance(node, Scalar):
        inner: Node | None = None
        if isinstance(node, Mapping):
            for entry in node.entries:
                if entry.key.start <= offset < max(entry.value.end, entry.key.end):
                    key, inner = entry.key, entry.value
                    if entry.value.start == offset:
                        holders.append(key.start)
        elif isinstance(node, List):
            inner = next((item for item in node.items if item.start <= offset < item.end), None)
        if inner is None or (inner.shared and not inner.start <= offset < inner.end):
            break
        node = inner
    if key is not None:
        holders.append(key.start)
    if isinstance(node, Scalar) and node.style in (LITERAL, FOLDED):
        holders.append(node.start)
    return holders
