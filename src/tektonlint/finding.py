"""What tektonlint says about a place in a file."""

from __future__ import annotations

import enum

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.text import Source, Span

Path = tuple[str | int, ...]


class Severity(enum.Enum):
    """How bad it is if nobody acts.

    error: refused, hung, certain to fail or certainly wrong data; warning: likely to fail, to lose
    data or to be abused; note: worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        # `value` is an attribute of the library's own kind, which costs more than the rest.
        return _RANKS[self._value_]


_RANKS = {"error": 3, "warning": 2, "note": 1}


class Safety(enum.Enum):
    """What a fix may change: `safe` says again what the author already wrote, all else is `unsafe`."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Location(NamedTuple):
    """A range of characters of one file."""

    source: Source
    span: Span


class Related(NamedTuple):
    """Another place that a finding speaks of, and what is there."""

    at: Location
    message: str


class Edit(NamedTuple):
    """Replaces a range of characters by `text`."""

    at: Location
    text: str


class Elsewhere(NamedTuple):
    """What a fix does in another document of its file, or in a document of another file.

    `document` counts in the file that all of the edits are of; `touches` are paths from its root.
    """

    document: int
    edits: tuple[Edit, ...]
    touches: frozenset[Path]


class Fix(NamedTuple):
    """Edits, applied together or not at all; the title is imperative.

    `edits` are of the finding's file, `elsewhere` are those of other documents and files. `touches` are the paths,
    from the root of the finding's document, at or under which values may differ afterwards. Whatever else differs,
    the fix is refused. `follow` are the ids of policies that may find
    something new because of it, if what they find has a fix that is applied in turn.
    """

    title: str
    edits: tuple[Edit, ...]
    safety: Safety = Safety.UNSAFE
    touches: frozenset[Path] = frozenset()
    follow: frozenset[str] = frozenset()
    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def all_edits(self) -> tuple[Edit, ...]:
        """The edits in every file, those of the finding's file first."""
        return (*self.edits, *(edit for other in self.elsewhere for edit in other.edits))


class ResourceId(NamedTuple):
    """Which object a finding is about, as its manifest names it; `name` is None where it has none."""

    api_version: str
    kind: str
    name: str | None


class Finding(NamedTuple):
    """One place where a policy does not hold.

    `trail` says where in the resource the place is, in words that survive moved lines (see `tekton.place`).
    `refused` is true where `kubectl apply` with its default strict validation refuses the document for this.
    """

    policy: str
    severity: Severity
    message: str
    at: Location
    document: int = 0
    resource: ResourceId | None = None
    trail: str = ""
    refused: bool = False
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits from policy, file, resource, trail and offending text.

        Neither lines that move nor another indentation, line end or comment changes it. What says the same twice in
        one place has the same one twice.
        """
        import hashlib

        source, span = self.at
        parts = (self.policy, source.name, *(part or "" for part in self.resource or ()), self.trail)
        parts = (*parts, _words(source.text[span.start : span.end]))
        data = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The sort key of every report: path, place, policy; the message keeps equals in one order."""
        return (self.at.source.shown, self.at.span.start, self.at.span.end, self.policy, self.message)


# Over several lines, where none of it can be a value that was meant: a script's own comments go too.
_COMMENT = pattern(r"(?:^|(?<=\s))#[^\r\n]*")


def _words(text: str) -> str:
    """A text with what may change without a change of meaning evened out: blanks, line ends and comments."""
    return " ".join((_COMMENT.sub("", text) if "\n" in text or "\r" in text else text).split())
