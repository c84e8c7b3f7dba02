"""Comments that say a finding is known and stays: `# tektonlint: ignore[policy-id] reason`.

A comment counts for its own line; on a line of its own, for the entry that begins below it; on the header
line of a block scalar, for everything in that scalar.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Dict

from tektonlint.document import FOLDED, LITERAL, Document, Mapping, Node, Scalar, walk
from tektonlint.finding import Edit, Finding, Fix, Location, Safety
from tektonlint.near import did_you_mean
from tektonlint.patterns import pattern
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.text import Source, Span
from tektonlint.tree import File

_COMMENT = pattern(r"#[ \t]*tektonlint:[ \t]*")
_IGNORE = pattern(r"ignore\[([^\]]*)\][ \t]*(.*)")
# No policy has a longer name, and a message has to be readable.
_LONGEST_NAME = 60
_OTHER_COMMENT = pattern(r"[ \t]#(?![0-9])")

REASON, UNKNOWN, UNUSED = "suppression-reason", "suppression-unknown", "suppression-unused"
LOCKED = "suppression-locked"
# These speak about such decisions and about tektonlint itself, so neither a comment nor a waiver silences them.
NOT_SUPPRESSIBLE = frozenset(
    (REASON, UNKNOWN, UNUSED, LOCKED, "waiver-expired", "waiver-unused", "baseline-stale", "internal-error")
)

# The line of a comment or finding (1-based), and the id of a policy that is silenced there.
Silenced = tuple[int, str]


class Suppression(NamedTuple):
    """One comment: the ids it names, its reason, the line (1-based) it counts for, if it counts for any.

    Several may share a line, and one may stand behind other words: `within` is all that follows the line's `#`.
    """

    span: Span
    within: Span
    ids: tuple[str, ...]
    reason: str
    line: int | None
    malformed: bool

    def silences(self, catalog: Catalog, locked: Collection[str] = ()) -> Iterator[Silenced]:
        """What it silences where it is: the line, and the ids as they are today, without those that are locked."""
        for name in self.ids:
            policy = _id(catalog, name)
            if self.line is None or policy is None or policy in NOT_SUPPRESSIBLE or policy in locked:
                continue
            yield self.line, policy


def suppressions(file: File) -> tuple[Suppression, ...]:
    """The comments of one file, in order. Text that looks like one inside a scalar is none."""
    text = file.source.text
    if "tektonlint:" not in text:
        return ()
    from tektonlint.comments import comments

    starts = [
        (comment, *match.span())
        for comment in comments(text, file.loaded.documents)
        for match in _COMMENT.finditer(text, *comment)
        if match.start() == comment.start or text[match.start() - 1].isspace()
    ]
    following = _following_lines(file.source)
    found: list[Suppression] = []
    line, alone, end = 0, False, 0
    for number, (comment, start, content) in enumerate(starts):
        if start >= end:
            line = file.source.line_column(start)[0]
            end = file.source.line_span(line).end
            # A comment that has the line for itself counts for what follows.
            alone = file.source.line(line).lstrip().startswith("#")
        stop = min(end, starts[number + 1][1]) if number + 1 < len(starts) else end
        said = text[content:stop].rstrip()
        ignore = _IGNORE.match(said)
        ids = ignore[1].split(",") if ignore else ()
        found.append(
            Suppression(
                span=Span(start, start + len(text[start:stop].rstrip())),
                within=comment,
                ids=tuple(name.strip() for name in ids if name.strip()),
                reason=_reason(ignore[2]) if ignore else "",
                line=(following[line] or None) if alone else line,
                malformed=ignore is None,
            )
        )
    return tuple(found)


def _reason(text: str) -> str:
    """What is said behind the bracket; another tool's comment on the same line says nothing about this one."""
    return "" if text.startswith("#") else text.strip(" \t:-–—")


def apply(
    file: File,
    findings: Iterable[Finding],
    comments: Iterable[Suppression],
    catalog: Catalog,
    locked: Collection[str] = (),
) -> tuple[list[Finding], set[Silenced]]:
    """The findings of a file that no comment silences, and what was silenced."""
    silenced = {silence for comment in comments for silence in comment.silences(catalog, locked)}
    kept: list[Finding] = []
    used: set[Silenced] = set()
    for finding in findings:
        hits = {(line, finding.policy) for line in _lines_of(file, finding)} & silenced
        used |= hits
        if not hits:
            kept.append(finding)
    return kept, used


def complaints(
    file: File,
    comments: Iterable[Suppression],
    used: Collection[Silenced],
    catalog: Catalog,
    contexts: dict[str, Context],
    locked: Dict[str, str] = {},
) -> Iterator[Finding]:
    """What is wrong with the comments themselves. `contexts` holds those of the policies that ran, by id.

    `locked` are the ids of the policies that no comment may silence, each with the place that says so.
    """
    for comment in comments:
        silences = {silence for silence in comment.silences(catalog, locked) if silence in used}
        if not silences and not _understood(file, comment.span.start):
            continue
        at = Location(file.source, comment.span)
        document = _document_at(file, comment.span.start)
        number = document.index if document is not None else 0
        names = {name for _, name in silences}
        faults = tuple(_faults(comment, names, catalog, contexts, locked))
        unused = {fault.name for fault in faults if fault.policy == UNUSED}
        # What else is wrong with a comment would still be wrong with what is left of it.
        whole = unused.issuperset(comment.ids) or all(fault.policy == UNUSED for fault in faults)
        fix = _without(file, comment, unused) if unused and whole and _understood(file, comment.span.start) else None
        for policy, message, _ in faults:
            if policy in contexts:
                own = fix if policy == UNUSED else None
                yield contexts[policy].file_finding(file, message, at=at, document=number, fix=own)


class _Fault(NamedTuple):
    """What is wrong with a comment: the policy that says so, what it says, and the id in the comment, if one is."""

    policy: str
    message: str
    name: str = ""


def _faults(
    comment: Suppression, used: Collection[str], catalog: Catalog, ran: Collection[str], locked: Dict[str, str]
) -> Iterator[_Fault]:
    if comment.malformed or not comment.ids:
        yield _Fault(UNKNOWN, "The comment silences nothing: write `# tektonlint: ignore[policy-id] reason`.")
        return
    if not comment.reason:
        message = "The comment does not say why. Write the reason behind the bracket, for whoever reads this next."
        yield _Fault(REASON, message)
    for name in comment.ids:
        policy = _id(catalog, name)
        if policy is None:
            yield _Fault(UNKNOWN, f"There is no policy `{_short(name)}`{_instead(name, catalog)}", name)
        elif policy in NOT_SUPPRESSIBLE:
            yield _Fault(UNUSED, f"No comment can silence `{name}`. Mend what it finds, and delete this.", name)
        elif policy in locked:
            from tektonlint.decisions import locked_out

            yield _Fault(LOCKED, locked_out([policy], locked, "does not silence it"), name)
        elif policy in ran and policy not in used:
            message = f"`{name}` finds nothing here any more. Delete the comment, or it will hide the next mistake."
            yield _Fault(UNUSED, message, name)


def _without(file: File, comment: Suppression, names: Collection[str]) -> Fix | None:
    """Takes ids out of a comment, and the comment out of the file where it names no other.

    Other words on its line stay. No fix where nobody can say which of them belong to this comment.
    """
    from tektonlint.edit import Refusal

    text = file.source.text
    said = _IGNORE.search(text, *comment.span)
    # A reason may speak of issue `#12`; any other `#` in it may begin the comment of another tool.
    if said is None or (not said[2].startswith("#") and _OTHER_COMMENT.search(said[2])):
        return None
    kept = [name for name in comment.ids if name not in names]
    before, after = text[comment.within.start : comment.span.start], text[comment.span.end : comment.within.end]
    if kept:
        separator = ", " if ", " in said[1] else ","
        own = text[comment.span.start : said.start(1)] + separator.join(kept) + text[said.end(1) : comment.span.end]
        edit = Edit(Location(file.source, comment.within), before + own + after)
        gone = " and ".join(f"`{name}`" for name in comment.ids if name in names)
        return Fix(f"delete {gone} from the comment", (edit,), Safety.SAFE)
    left = (before + (said[2] if said[2].startswith("#") else "") + after.lstrip()).strip()
    try:
        span = comment.within if left else _whole(file, comment.within)
    except Refusal:
        return None
    return Fix("delete the comment", (Edit(Location(file.source, span), left),), Safety.SAFE)


def _whole(file: File, comment: Span) -> Span:
    """A comment with the blanks before it, or with its line where nothing else stands there.

    Raises `Refusal` where a block scalar above would take in what stands below.
    """
    from tektonlint.edit.geometry import line_above, line_start, next_line, refuse_swallowing

    text = file.source.text
    start = line_start(text, comment.start)
    code = text[start : comment.start].rstrip(" \t")
    if code:
        return Span(start + len(code), comment.end)
    end = next_line(text, comment.end)
    scalars = (node for document in file.loaded.documents for node in walk(document.root) if isinstance(node, Scalar))
    above = max((node for node in scalars if node.start < start), key=lambda node: node.start, default=None)
    if above is not None:
        refuse_swallowing(text, above, start, text[end:])
    if end == comment.end and line_above(text, start) is not None:
        # The file still ends without a line end.
        start -= 2 if text.endswith("\r\n", 0, start) else 1
    return Span(start, end)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"


def _instead(name: str, catalog: Catalog) -> str:
    """How to go on after a name that is no policy's."""
    if name in catalog.areas:
        return "; that is an area, and a comment names each policy by itself."
    hint = did_you_mean(name, catalog.policies) if len(name) <= _LONGEST_NAME else ""
    return hint or "; `tektonlint policies` lists them."


def _understood(file: File, offset: int) -> bool:
    """Whether policies looked at the text around an offset, and whether it is a comment is known.

    In a document that cannot be read it may as well be a line of a script.
    """
    if file.template is not None or file.unreadable is not None:
        return False
    document = _document_at(file, offset)
    if document is not None and offset < document.span.end:
        return True
    return not any(problem.refused for problem in file.loaded.problems)


def _id(catalog: Catalog, name: str) -> str | None:
    policy = catalog.policy(name)
    return policy.id if policy is not None else None


def _document_at(file: File, offset: int) -> Document | None:
    """The last document that begins at or before an offset."""
    documents = file.loaded.documents
    position = bisect_right(documents, offset, key=lambda document: document.span.start) - 1
    return documents[position] if position >= 0 else None


def _following_lines(source: Source) -> list[int]:
    """For each line (1-based) the next one that a comment on it counts for: what follows without an empty line."""
    count = source.line_count()
    following = [0] * (count + 1)
    for number in range(count - 1, 0, -1):
        below = source.line(number + 1).strip()
        following[number] = following[number + 1] if below.startswith("#") else number + 1 if below else 0
    return following


def _lines_of(file: File, finding: Finding) -> frozenset[int]:
    """The lines a comment about a finding may count for: its own, its entry's, its block scalar's header."""
    source, span = finding.at
    lines = {source.line_column(span.start)[0]}
    document = _document_at(file, span.start)
    if document is not None:
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
            position = bisect_right(node.entries, offset, key=lambda entry: entry.key.start) - 1
            entry = node.entries[position] if position >= 0 else None
            if entry is not None and offset < max(entry.value.end, entry.key.end):
                key, inner = entry.key, entry.value
                if entry.value.start == offset:
                    holders.append(key.start)
        else:
            position = bisect_right(node.items, offset, key=lambda item: item.start) - 1
            if position >= 0 and offset < node.items[position].end:
                inner = node.items[position]
        if inner is None or (inner.shared and not inner.start <= offset < inner.end):
            break
        node = inner
    if key is not None:
        holders.append(key.start)
    if isinstance(node, Scalar) and node.style in (LITERAL, FOLDED):
        holders.append(node.start)
    return holders
