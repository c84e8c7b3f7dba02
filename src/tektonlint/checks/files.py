"""What is wrong with a file as a whole, before anything in it is a Tekton object."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Entry, Sequence, path_to
from tektonlint.finding import Finding, Location
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


def duplicate_keys(file: File, ctx: Context) -> Iterator[Finding]:
    """Keys that stand twice in one mapping of a document with a Tekton object; all but the last are lost."""
    for document in file.loaded.documents:
        resources = [resource for resource in file.resources if resource.document is document]
        if not resources:
            continue
        last = {id(duplicate.first): duplicate.last for duplicate in document.duplicates}
        for duplicate in document.duplicates:
            counts = duplicate.last
            while id(counts) in last:
                counts = last[id(counts)]
            line = file.source.line_column(counts.key.start)[0]
            name = duplicate.first.name
            message = f"`{name}` stands twice; only the one on line {line} counts, and this one is lost."
            kept = Location(file.source, Span(counts.key.start, counts.key.end))
            place = _place(resources, duplicate.first)
            yield ctx.finding(place, message, at=place.key_location, related=[(kept, "this one counts")])


def _place(resources: list[Resource], entry: Entry) -> Place:
    """The place of an entry, in the innermost of the document's resources that holds it."""
    path = path_to(resources[0].document.root, entry.key) or ()
    holder = max(
        (resource for resource in resources if path[: len(resource.path)] == resource.path),
        key=lambda resource: len(resource.path),
        default=resources[0],
    )
    return Place(holder, entry.value, path, entry.key)
