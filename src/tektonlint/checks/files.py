"""What is wrong with a file as a whole, before anything in it is a Tekton object."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Entry, Mapping, Node, Sequence, plain_data
from tektonlint.finding import Finding, Fix, Location, Path, Safety
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place, Resource, is_tekton
from tektonlint.text import Span
from tektonlint.tree import File


def unreadable(file: File, ctx: Context) -> Iterator[Finding]:
    """Files that are there and cannot be read as text."""
    if file.unreadable is not None:
        end = Span(len(file.source.text), len(file.source.text))
        message = f"Nothing here was checked: {file.unreadable}. Mend that, or leave it out with `exclude`."
        yield ctx.file_finding(file, message, at=Location(file.source, end), refused=False)


def outside_root(file: File, ctx: Context) -> Iterator[Finding]:
    """Links that lead out of the root."""
    if file.outside is not None:
        message = (
            "This link leads out of the root, so nothing behind it was checked. "
            "Check the folder it leads to in a run of its own."
        )
        yield ctx.file_finding(file, message, at=file.start)


def templates(file: File, ctx: Context) -> Iterator[Finding]:
    """Files whose text is no YAML before something renders it."""
    if file.template is not None:
        message = (
            f"This file is a template ({file.template}) and was not checked. "
            "Render it and pipe the result into `tektonlint -`."
        )
        yield ctx.file_finding(file, message, at=Location(file.source, file.template_at), refused=True)


def not_yaml(file: File, ctx: Context) -> Iterator[Finding]:
    """What Kubernetes' YAML reader refuses, or silently passes over."""
    for problem in file.loaded.problems:
        message = f"{problem.message[:1].upper()}{problem.message[1:]}."
        if problem.refused:
            message = f"Not YAML: {problem.message}. Nothing in this document can be applied."
        at = Location(file.source, problem.span)
        yield ctx.file_finding(file, message, at=at, document=problem.document, refused=problem.refused)
    for document in file.loaded.documents:
        root = document.root
        if isinstance(root, Sequence) and any(is_tekton(item) for item in root.items):
            message = (
                "Kubernetes reads objects, and this document is a list of them, so nothing in it can be applied. "
                "Separate the objects with `---`, or put them under `items` of an object of `kind: List`."
            )
            at = Location(file.source, Span(root.start, root.start + 1))
            yield ctx.file_finding(file, message, at=at, document=document.index, refused=True)


# Nobody writes as many by hand, and each fix takes time in proportion to the mapping.
_MANY = 100


def duplicate_keys(file: File, ctx: Context) -> Iterator[Finding]:
    """Keys that stand twice in one mapping of a document with a Tekton object; all but the last are lost."""
    resources: dict[int, dict[Path, Resource]] = {}
    for resource in file.resources:
        resources.setdefault(id(resource.document), {})[resource.path] = resource
    for document in file.loaded.documents:
        by_path = resources.get(id(document))
        if by_path is None or not document.duplicates:
            continue
        counts: dict[int, Entry] = {}
        for duplicate in reversed(document.duplicates):
            counts[id(duplicate.first)] = counts.get(id(duplicate.last), duplicate.last)
        for entry, path in _with_paths(document.root):
            kept = counts.get(id(entry))
            if kept is not None:
                line = file.source.line_column(kept.key.start)[0]
                message = f"`{entry.name}` stands twice; only the one on line {line} counts, and this one is lost."
                place = Place(_holder(path, by_path), entry.value, path, entry.key)
                at = Location(file.source, Span(kept.key.start, kept.key.end))
                related = [(at, "this one counts")]
                few = len(document.duplicates) <= _MANY
                again = few and plain_data(entry.value) == plain_data(kept.value)
                fix = _without(place, ctx) if again else None
                yield ctx.finding(place, message, at=place.key_location, related=related, fix=fix)


def _without(place: Place, ctx: Context) -> Fix | None:
    """Takes out an entry that another one says again."""
    from tektonlint import edit

    return ctx.fix("delete the first, which says the same", lambda: edit.remove_key(place), Safety.SAFE)


def _with_paths(root: Node) -> Iterator[tuple[Entry, Path]]:
    """Every entry that is written below `root`, and its path."""
    waiting: list[tuple[Node, Path]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, Mapping):
            for entry in node.entries:
                yield entry, (*path, entry.name)
                waiting.append((entry.value, (*path, entry.name)))
        elif isinstance(node, Sequence):
            waiting.extend((item, (*path, number)) for number, item in enumerate(node.items))


def _holder(path: Path, resources: dict[Path, Resource]) -> Resource:
    """The innermost of a document's resources that holds a path; the first where none does."""
    for length in range(len(path), -1, -1):
        if path[:length] in resources:
            return resources[path[:length]]
    return next(iter(resources.values()))
