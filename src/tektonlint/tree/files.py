"""What was read: files, and the tree of all of them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint.document import Document, Loaded, load
from tektonlint.finding import Location
from tektonlint.lazy import cached_property
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Resource, is_tekton, resources_of
from tektonlint.text import NotText, Source, Span

_NOTHING = Loaded((), ())
_NOWHERE = Span(0, 0)


class File(NamedTuple):
    """One file: its text, what was read from it, and why it was not read if it was not.

    `unreadable` and `outside` are clauses for a person. `template` says which kind of template the file is,
    if its text is no YAML before it is rendered. `reported` is false for files that are only read for what
    they say about others.
    """

    source: Source
    loaded: Loaded = _NOTHING
    resources: tuple[Resource, ...] = ()
    unreadable: str | None = None
    outside: str | None = None
    template: str | None = None
    template_at: Span = _NOWHERE
    reported: bool = True

    @property
    def start(self) -> Location:
        """The first character."""
        return Location(self.source, Span(0, 0))


class Tree:
    """Everything that was read; it does not change.

    `others` are the names, the names to show and the bytes of files that only say something about the cluster.
    `folder` is the absolute path of the root; `patches` are the names of files that kustomizations list as such.
    `base` is what the tree was in an earlier revision, where somebody asked to compare with it.
    """

    def __init__(
        self,
        files: tuple[File, ...],
        others: tuple[tuple[str, str, bytes], ...] = (),
        folder: str = "",
        patches: frozenset[str] = frozenset(),
        base: Base | None = None,
    ) -> None:
        self.files = files
        self.others = others
        self.folder = folder
        self.patches = patches
        self.base = base
        # What is worked out about the whole tree, by what it was worked out for; see `model.graph`.
        self.models: list[tuple[object, Any]] = []
        self._parsed: dict[int, tuple[Document, ...]] = {}

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every Tekton object of the tree, in the order of files and documents."""
        return tuple(resource for file in self.files for resource in file.resources)

    def context(self, *words: str, names: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Documents that are not Tekton's but say something: Namespaces, claims, kustomizations and so on.

        Only those of files in which one of the words stands, or whose last name is one of `names`; they are parsed
        when something first asks for them, and nothing is reported on them.
        """
        documents = [
            document
            for source, others in self._beside
            if any(word in source.text for word in words) or _last(source.name) in names
            for document in others
        ]
        marks = [word.encode() for word in words]
        for number, (name, _, data) in enumerate(self.others):
            # Of UTF-16 nobody can tell before it is read.
            if any(mark in data for mark in marks) or _last(name) in names or b"\0" in data:
                documents.extend(self._other(number))
        return tuple(documents)

    @cached_property
    def _beside(self) -> tuple[tuple[Source, tuple[Document, ...]], ...]:
        """The documents of each file that are not Tekton's; few files have any."""
        whole = ((file.source, file.loaded.documents) for file in self.files if file.template is None)
        each = ((source, tuple(one for one in found if not is_tekton(one.root))) for source, found in whole)
        return tuple((source, others) for source, others in each if others)

    def _other(self, number: int) -> tuple[Document, ...]:
        known = self._parsed.get(number)
        if known is None:
            name, shown, data = self.others[number]
            try:
                known = load(Source.from_bytes(name, data, shown)).documents
            except NotText:
                known = ()
            self._parsed[number] = known
        return known

    def with_texts(self, texts: Dict[str, str]) -> Tree:
        """The tree as it would be with other texts in some files, by name; the rest is not read again."""
        files = tuple(self._with_text(file, texts) for file in self.files)
        return Tree(files, self.others, self.folder, self.patches, self.base)

    def with_base(self, base: Base) -> Tree:
        """The tree, with what to compare it with."""
        return Tree(self.files, self.others, self.folder, self.patches, base)

    def reporting(self, names: Collection[str]) -> Tree:
        """The tree, with only the files of these names reported on."""
        files = tuple(file._replace(reported=file.source.name in names) for file in self.files)
        return Tree(files, self.others, self.folder, self.patches, self.base)

    def _with_text(self, file: File, texts: Dict[str, str]) -> File:
        name = file.source.name
        if name not in texts:
            return file
        changed = file_of(Source(name, texts[name], file.source.shown), reported=file.reported)
        return as_patch(changed) if name in self.patches else changed


class Base(NamedTuple):
    """What a tree was in an earlier revision.

    `revision` is its name as messages have it. `then` has the earlier name of each file that was renamed, by the name
    it has now; a file that is not in it has kept its name, if it was there.
    """

    tree: Tree
    revision: str
    then: Dict[str, str]

    @property
    def now(self) -> dict[str, str]:
        """The present name of each file that was renamed, by the earlier one."""
        return {then: now for now, then in self.then.items()}


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def file_of(source: Source, *, reported: bool = True) -> File:
    """A text, parsed."""
    loaded = load(source)
    if "{{" in source.text or "{%" in source.text:
        from tektonlint.tree.templates import template_of

        template = template_of(source.text, loaded)
        if template is not None:
            what, at = template
            return File(source=source, template=what, template_at=at, reported=reported)
    resources = tuple(resource for document in loaded.documents for resource in resources_of(document))
    return File(source=source, loaded=loaded, resources=resources, reported=reported)


def as_patch(file: File) -> File:
    """A file whose objects are partial ones: Kustomize patches."""
    documents = file.loaded.documents if file.template is None else ()
    resources = (resource for document in documents for resource in resources_of(document, partial=True))
    return file._replace(resources=tuple(resources))
