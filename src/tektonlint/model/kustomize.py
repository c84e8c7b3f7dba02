"""Which files belong together: what the tree's kustomizations list, patch and put into a namespace.

Kustomize itself is not run. What it lists from outside the tree (a URL, a folder that is not there) is not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tektonlint.document import Document, Mapping, Sequence, load
from tektonlint.tekton.resource import text_of
from tektonlint.text import Source
from tektonlint.tree import Tree

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases", "components")


class Kustomization(NamedTuple):
    """One kustomization: the name of its file and folder, what it lists, patches and sets.

    `files` are the names of the files that it lists itself, `folders` those of other kustomizations. `patched` are
    pairs of kind and name; None is any. `is_component` ones are only ever a part of others.
    """

    file: str
    folder: str
    files: frozenset[str]
    folders: tuple[str, ...]
    patched: frozenset[tuple[str | None, str | None]]
    namespace: str | None
    is_component: bool


class Kustomizations:
    """Those of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._listing: dict[str, tuple[Kustomization, ...]] = {}

    @cached_property
    def by_folder(self) -> dict[str, Kustomization]:
        """By the folder they stand in; of two in one folder, which Kustomize refuses, the first."""
        found: dict[str, Kustomization] = {}
        for document in self._tree.context:
            name = document.source.name
            if posixpath.basename(name) in NAMES:
                one = _read(document)
                found.setdefault(one.folder, one)
        return found

    @cached_property
    def _closures(self) -> dict[str, frozenset[str]]:
        return {folder: frozenset(self._all_files(folder)) for folder in self.by_folder}

    def files(self, folder: str) -> frozenset[str]:
        """The names of all files that the kustomization of a folder lists, through others too."""
        return self._closures.get(folder, frozenset())

    def _all_files(self, folder: str) -> Iterator[str]:
        seen: set[str] = set()
        waiting = [folder]
        while waiting:
            one = waiting.pop()
            if one in seen or one not in self.by_folder:
                continue
            seen.add(one)
            yield from self.by_folder[one].files
            waiting.extend(self.by_folder[one].folders)

    def listing(self, file: str) -> tuple[Kustomization, ...]:
        """The kustomizations that list a file, through others too, in the order of their folders."""
        found = self._listing.get(file)
        if found is None:
            folders = (folder for folder in sorted(self.by_folder) if file in self._closures[folder])
            found = self._listing[file] = tuple(self.by_folder[folder] for folder in folders)
        return found

    def patches(self, file: str, kind: str, name: str | None) -> bool:
        """Whether a kustomization that lists a file may change an object in it."""
        wanted = frozenset(((kind, name), (kind, None), (None, name), (None, None)))
        return any(wanted & one.patched for one in self.listing(file) if one.patched)

    def namespace(self, file: str) -> str | None:
        """The namespace that every kustomization which lists a file and sets one agrees on."""
        said = {one.namespace for one in self.listing(file) if one.namespace}
        return said.pop() if len(said) == 1 else None


def _read(document: Document) -> Kustomization:
    root = document.root
    name = document.source.name
    folder = posixpath.dirname(name)
    listed: list[str] = []
    patched: set[tuple[str | None, str | None]] = set()
    namespace = kind = None
    if isinstance(root, Mapping):
        for key in _LISTS:
            value = root.get(key)
            texts = (text_of(item) for item in value.items) if isinstance(value, Sequence) else ()
            listed.extend(posixpath.normpath(posixpath.join(folder, text)) for text in texts if text)
        patched.update(_patches(root))
        namespace, kind = text_of(root.get("namespace")), text_of(root.get("kind"))
    files = frozenset(one for one in listed if one.endswith((".yaml", ".yml")))
    folders = tuple("" if one == "." else one for one in listed if one not in files)
    return Kustomization(name, folder, files, folders, frozenset(patched), namespace, kind == "Component")


def _patches(root: Mapping) -> Iterator[tuple[str | None, str | None]]:
    """What inline patches and targets name. Patches in files are objects of their own, marked as partial."""
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        value = root.get(key)
        for item in value.items if isinstance(value, Sequence) else ():
            target = item.get("target") if isinstance(item, Mapping) else None
            if isinstance(target, Mapping):
                yield _plain(text_of(target.get("kind"))), _plain(text_of(target.get("name")))
                continue
            inline = text_of(item) if not isinstance(item, Mapping) else text_of(item.get("patch"))
            if inline and "\n" in inline:
                for one in load(Source("patch", inline)).documents:
                    body = one.root if isinstance(one.root, Mapping) else None
                    metadata = body.get("metadata") if body is not None else None
                    if body is not None and isinstance(metadata, Mapping):
                        yield text_of(body.get("kind")), text_of(metadata.get("name"))


def _plain(text: str | None) -> str | None:
    """A target's kind or name, which may be a regular expression: then it may be any."""
    return text if text and text.replace("-", "").replace("_", "").isalnum() else None
