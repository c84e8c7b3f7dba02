"""Tekton's variables, `$(…)`: the one place that reads them, wherever they stand.

The forms are those of docs/variables.md: `$(params.name)`, `$(params["a.b"])`, `$(params.list[*])`,
`$(params.list[0])`, `$(params.object.key)`, `$(tasks.t.results.r)`, `$(finally.t.results.r)`, `$(tasks.t.status)`,
`$(tasks.status)`, `$(steps.s.results.r)`, `$(steps.step-s.exitCode.path)`, `$(results.r.path)`,
`$(step.results.r.path)`, `$(workspaces.w.path)`, `$(context.pipelineRun.name)`, and of Tekton Triggers
`$(tt.params.p)` and `$(uid)`. Everything else in `$(…)` is somebody else's: a shell's command, a variable of
Kubernetes' in `args`.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from tektonlint.document import Mapping, Node, Scalar, Sequence
from tektonlint.finding import Location, Path
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource

ROOTS = frozenset(
    (
        "artifacts",
        "context",
        "credentials",
        "finally",
        "inputs",
        "outputs",
        "params",
        "results",
        "step",
        "steps",
        "tasks",
        "tt",
        "uid",
        "workspaces",
    )
)

_VARIABLE = pattern(
    r"""\$\(([A-Za-z][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_/-]+|\[(?:\*|[0-9]+|'[^'\])]*'|"[^"\])]*")\])*)\)"""
)
_SEGMENT = pattern(r"""\.([A-Za-z0-9_/-]+)|\[(\*|[0-9]+)\]|\[(?:'([^']*)'|"([^"]*)")\]""")


# How a character is written by its number.
_ESCAPE = pattern(r"\\[xuU]")
_BEGINNING = pattern(r"\$\(")


class Variable(NamedTuple):
    """One `$(…)` at `text[start:end]` of a scalar.

    `root` is the first word, `names` are those that follow it, in dots or in quotes; `subscript` is what stands in the
    last brackets without quotes: `*` or digits. `quoted` says that some name stood in brackets and quotes.
    """

    start: int
    end: int
    root: str
    names: tuple[str, ...]
    subscript: str | None
    quoted: bool

    @property
    def result_of(self) -> tuple[str, str] | None:
        """The task and the result that `$(tasks.t.results.r)` is about, with an index or a key behind it or not.

        Tekton takes exactly four or five words (pkg/apis/pipeline/v1/resultref.go, parseExpression), none in quotes.
        """
        names = self.names
        is_result = self.root in ("tasks", "finally") and len(names) in (3, 4) and names[1] == "results"
        return (names[0], names[2]) if is_result and not self.quoted else None

    @property
    def param(self) -> str | None:
        """The param that `$(params.p)` is about; of `$(params.a.b)` the whole `a.b`, whichever way it is meant."""
        return ".".join(self.names) if self.root == "params" and self.names else None

    @property
    def workspace(self) -> str | None:
        """The workspace that `$(workspaces.w.path)` and its like are about."""
        names = self.names
        return ".".join(names[:-1]) if self.root == "workspaces" and len(names) >= 2 else None


class Use(NamedTuple):
    """A variable and the scalar it stands in."""

    place: Place
    variable: Variable

    @property
    def text(self) -> str:
        """The variable as it is written."""
        assert isinstance(self.place.node, Scalar)
        return self.place.node.text[self.variable.start : self.variable.end]

    @property
    def location(self) -> Location:
        """Where the variable stands in the file."""
        return self.place.part(self.variable.start, self.variable.end)


@lru_cache(maxsize=1024)
def variables(text: str) -> tuple[Variable, ...]:
    """Tekton's variables in a text, from left to right; there is no way to escape one."""
    if "$(" not in text:
        return ()
    return tuple(
        _variable(match.start(), match.end(), match[1], match[2])
        for match in _VARIABLE.finditer(text)
        if match[1] in ROOTS
    )


def _variable(start: int, end: int, root: str, rest: str) -> Variable:
    names: list[str] = []
    subscript: str | None = None
    quoted = False
    for dotted, number, single, double in _SEGMENT.findall(rest):
        if dotted:
            names.append(dotted)
        elif number:
            subscript = number
        else:
            names.append(single or double)
            quoted = True
    return Variable(start, end, root, tuple(names), subscript, quoted)


def uses(place: Place) -> tuple[Use, ...]:
    """Every variable in the values at and below a place, in the order they stand in."""
    resource = place.resource
    known: tuple[tuple[Use, ...], dict[Path, tuple[int, int]]] | None = resource.memo.get("variables")
    if known is None:
        found: list[Use] = []
        spans: dict[Path, tuple[int, int]] = {}
        text = resource.source.text
        if "$(" in text:
            # What an alias or a merge brings stands elsewhere in the text, and an escape may be a dollar.
            odd = resource.document.aliases or _ESCAPE.search(text) is not None
            each = _BEGINNING.finditer(text, resource.root.start, resource.root.end)
            starts = None if odd else [match.start() for match in each]
            _collect(resource, resource.root, resource.path, None, found, spans, starts)
        known = resource.memo["variables"] = (tuple(found), spans)
    start, end = known[1].get(place.path, (0, 0))
    return known[0][start:end]


def _collect(
    resource: Resource,
    node: Node,
    path: Path,
    key: Scalar | None,
    found: list[Use],
    spans: dict[Path, tuple[int, int]],
    starts: list[int] | None,
) -> None:
    """Appends what stands at and below a node, and notes for each path which part of the list that is.

    `starts` are the offsets in the file at which variables begin, where all of them stand as they are written there.
    """
    start = len(found)
    if isinstance(node, Mapping):
        for name, entry in node.index.items():
            value = entry.value
            if "$(" in value.text if type(value) is Scalar else starts is None or _is_among(value, starts):
                _collect(resource, value, (*path, name), entry.key, found, spans, starts)
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            if "$(" in item.text if type(item) is Scalar else starts is None or _is_among(item, starts):
                _collect(resource, item, (*path, number), None, found, spans, starts)
    else:
        place = Place(resource, node, path, key)
        found.extend(Use(place, one) for one in variables(node.text))
    if len(found) > start:
        spans[path] = (start, len(found))


def _is_among(node: Node, starts: list[int]) -> bool:
    """Whether one of the offsets is inside a node."""
    number = bisect_left(starts, node.start)
    return number < len(starts) and starts[number] < node.end
