"""The Tekton objects of a document, and places inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tektonlint.document import Document, Mapping, Node, Scalar, Sequence
from tektonlint.finding import Location, Path, ResourceId
from tektonlint.patterns import pattern
from tektonlint.text import Span

# Text that something else replaces before Tekton reads it: a TriggerTemplate's params (triggers
# docs/triggertemplates.md) and the variables of Pipelines-as-Code, Helm and Jinja.
RENDERED_LATER = pattern(r"\$\((?:tt\.params\.|uid\))|\{\{|\{%")


class Resource:
    """One object: a document, an item of a `kind: List`, or what a TriggerTemplate creates.

    `source` is the file it stands in; `path` leads from the document's root to `root`. A `created` object is written
    by a TriggerTemplate when an event comes, so nothing checks it when the manifest is applied. A `partial` one is a
    Kustomize patch: what it does not say is said elsewhere. `place` is the whole object. `name` is `metadata.name`, or
    `metadata.generateName` with a `*` for what the server adds; `namespace` is there if it is written. `memo` keeps
    what was computed about it once, by the name of the fact.
    """

    __slots__ = (
        "created",
        "document",
        "group",
        "kind",
        "memo",
        "name",
        "namespace",
        "partial",
        "path",
        "place",
        "root",
        "source",
        "version",
    )

    def __init__(
        self, document: Document, root: Mapping, path: Path = (), *, created: bool = False, partial: bool = False
    ) -> None:
        self.document = document
        self.source = document.source
        self.root = root
        self.path = path
        self.created = created
        self.partial = partial
        self.group, _, self.version = (text_of(root.get("apiVersion")) or "").rpartition("/")
        self.kind = text_of(root.get("kind")) or ""
        self.name, self.namespace = _name_and_namespace(root.get("metadata"))
        self.place = Place(self, root, path, None)
        self.memo: dict[str, Any] = {}

    @property
    def api_version(self) -> str:
        """`group/version`, as written."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def id(self) -> ResourceId:
        """How reports name it."""
        return ResourceId(self.api_version, self.kind, self.name)


def _name_and_namespace(metadata: Node | None) -> tuple[str | None, str | None]:
    if not isinstance(metadata, Mapping):
        return None, None
    name = text_of(metadata.get("name"))
    prefix = text_of(metadata.get("generateName")) if name is None else None
    return f"{prefix}*" if prefix is not None else name, text_of(metadata.get("namespace"))


# A run makes a hundred places for each file: those that are most are made without `__init__`, which costs more than
# all that it sets.
_new = object.__new__


class Place:
    """A value inside a resource: its node, its path from the document's root, and its key if it has one."""

    __slots__ = ("key", "node", "path", "resource")

    def __init__(self, resource: Resource, node: Node, path: Path, key: Scalar | None) -> None:
        self.resource = resource
        self.node = node
        self.path = path
        self.key = key

    def get(self, *names: str) -> Place | None:
        """The place under one key after another, or None where a step of the way is not there."""
        node, key = self.node, self.key
        for name in names:
            if type(node) is not Mapping:
                return None
            entry = node.index.get(name)
            if entry is None:
                return None
            node = entry.value
            key = entry.key
        place = _new(Place)
        place.resource = self.resource
        place.node = node
        place.path = self.path + names
        place.key = key
        return place

    @property
    def parent(self) -> Place | None:
        """The place that holds this one; None for the document's root."""
        if not self.path:
            return None
        path = self.path[:-1]
        node: Node = self.resource.document.root
        key: Scalar | None = None
        for step in path:
            if type(node) is Mapping:
                entry = node.index[str(step)]
                node, key = entry.value, entry.key
            elif type(node) is Sequence:
                node, key = node.items[int(step)], None
        return Place(self.resource, node, path, key)

    def items(self) -> Iterator[Place]:
        """The places of a list's items; nothing where this is no list."""
        return _items(self.resource, self.node, self.path)

    def entries(self) -> Iterator[Place]:
        """The places of a mapping's values; nothing where this is no mapping."""
        if isinstance(self.node, Mapping):
            for name, entry in self.node.index.items():
                yield Place(self.resource, entry.value, (*self.path, name), entry.key)

    def each(self, *names: str) -> Iterator[Place]:
        """The items of the list under a path of keys."""
        node = self.node
        for name in names:
            entry = node.index.get(name) if type(node) is Mapping else None
            if entry is None:
                return iter(())
            node = entry.value
        return _items(self.resource, node, self.path + names)

    @property
    def text(self) -> str | None:
        """The text of a string, or None for any other value."""
        node = self.node
        return node.value if type(node) is Scalar and type(node.value) is str else None

    @property
    def known_text(self) -> str | None:
        """The text of a string that is not rendered by something else first."""
        text = text_of(self.node)
        if text is None or ("{" not in text and "$" not in text):
            return text
        return None if RENDERED_LATER.search(text) else text

    def text_at(self, name: str) -> str | None:
        """The text of a string below a key, of which no place is made."""
        return text_of(self.node.get(name)) if type(self.node) is Mapping else None

    @property
    def location(self) -> Location:
        """Where the value stands in its file."""
        return Location(self.resource.source, Span(self.node.start, self.node.end))

    def part(self, start: int, end: int) -> Location:
        """Where `node.text[start:end]` of a scalar stands in its file, whatever its style."""
        # Most runs find nothing inside a scalar.
        from tektonlint.offsets import span_in

        assert isinstance(self.node, Scalar)
        return Location(self.resource.source, span_in(self.node, self.resource.source.text, start, end))

    @property
    def key_location(self) -> Location:
        """Where the key stands, or the value where there is no key."""
        node = self.key or self.node
        return Location(self.resource.source, Span(node.start, node.end))

    @property
    def field(self) -> str:
        """The path as people write it: `spec.steps[0].image`, from the resource's own root."""
        return field(self.path[len(self.resource.path) :])

    @property
    def trail(self) -> str:
        """The path with names in place of numbers where items have one; it survives moved items."""
        return trail(self.resource.document.root, self.path)


def _items(resource: Resource, node: Node, path: Path) -> Iterator[Place]:
    if type(node) is Sequence:
        for number, item in enumerate(node.items):
            place = _new(Place)
            place.resource = resource
            place.node = item
            place.path = path + (number,)  # noqa: RUF005 - unpacking the path makes a list of it first
            place.key = None
            yield place


def text_of(node: Node | None) -> str | None:
    """The text of a scalar that Kubernetes reads as a string."""
    return node.value if type(node) is Scalar and type(node.value) is str else None


def field(path: Path) -> str:
    """A path as people write it, `spec.steps[0].image`; keys that are no words stand in brackets."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f'["{step}"]')
    return "".join(parts)


def trail(root: Node, path: Path) -> str:
    """The path from `root` in which a list's item is called by its `name`, if it has one, not by its number."""
    parts: list[str] = []
    node: Node | None = root
    for step in path:
        if isinstance(step, int):
            node = node.items[step] if isinstance(node, Sequence) and step < len(node.items) else None
            name = text_of(node.get("name")) if isinstance(node, Mapping) else None
            parts.append(f"{name or step}")
        else:
            node = node.get(step) if isinstance(node, Mapping) else None
            parts.append(step)
    return "/".join(parts)


def is_tekton(root: Node) -> bool:
    """Whether a value is an object of an API group of Tekton's: `tekton.dev` or one that ends in `.tekton.dev`."""
    if not isinstance(root, Mapping):
        return False
    group = (text_of(root.get("apiVersion")) or "").rpartition("/")[0]
    return group == "tekton.dev" or group.endswith(".tekton.dev")


def resources_of(document: Document, *, partial: bool = False) -> Iterator[Resource]:
    """The Tekton objects of one document, in the order they stand in.

    A `kind: List` stands for its items (kubectl's cli-runtime flattens every kind that ends in `List`
    and has `items`), and a TriggerTemplate for itself and for what it creates.
    """
    root = document.root
    if not isinstance(root, Mapping):
        return
    for mapping, path in _flattened(root, ()):
        if not is_tekton(mapping):
            continue
        resource = Resource(document, mapping, path, partial=partial)
        yield resource
        for template in _templates(resource):
            for place in template.each("resourcetemplates"):
                if isinstance(place.node, Mapping) and is_tekton(place.node):
                    yield Resource(document, place.node, place.path, created=True, partial=partial)


def _flattened(root: Mapping, path: Path) -> Iterator[tuple[Mapping, Path]]:
    items = root.get("items")
    if (text_of(root.get("kind")) or "").endswith("List") and isinstance(items, Sequence):
        for number, item in enumerate(items.items):
            if isinstance(item, Mapping):
                # Lists inside lists are not flattened by kubectl, so one level is all there is.
                yield item, (*path, "items", number)
    else:
        yield root, path


def _templates(resource: Resource) -> Iterator[Place]:
    """Every TriggerTemplate spec in a resource of Tekton Triggers."""
    if resource.group != "triggers.tekton.dev":
        return
    spec = resource.place.get("spec")
    if spec is None:
        return
    if resource.kind == "TriggerTemplate":
        yield spec
    elif resource.kind == "Trigger":
        inline = spec.get("template", "spec")
        if inline is not None:
            yield inline
    elif resource.kind == "EventListener":
        for trigger in spec.each("triggers"):
            inline = trigger.get("template", "spec")
            if inline is not None:
                yield inline
