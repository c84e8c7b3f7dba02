"""Which files belong together: what the tree's kustomizations list, patch and put into a namespace.

Kustomize itself is not run. What it lists from outside the tree (a URL, a folder that is not there) is not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tektonlint.document import Document, Mapping, Node, Sequence, load
from tektonlint.lazy import cached_property
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import text_of
from tektonlint.text import Source
from tektonlint.tree import KUSTOMIZATIONS, Tree

_LISTS = ("resources", "bases", "components")
# What Kustomize fetches: a URL, or a short form of one (kustomize api/internal/git/repospec.go).
_REMOTE = pattern(r"://|^git@|[?&]ref=|^(?:gh:|github\.com[/:]|bitbucket\.org/|gitlab\.com/)")


class Kustomization(NamedTuple):
    """One kustomization: the name of its file and folder, what it lists, patches and sets.

    `files` are the names of the files that it lists itself, `folders` those of other kustomizations. `patched` are
    pairs of kind and name; None is any. `prefix` and `suffix` are put around the names of objects. `is_component`
    ones are only ever a part of others; `lists_remote` ones list something by a URL.
    """

    file: str
    folder: str
    files: frozenset[str]
    folders: tuple[str, ...]
    patched: frozenset[tuple[str | None, str | None]]
    namespace: str | None
    is_component: bool
    prefix: str = ""
    suffix: str = ""
    lists_remote: bool = False


class Kustomizations:
    """Those of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._namespaces: dict[str, frozenset[str | None]] = {}
        self._namespaces_inside: dict[tuple[str, str], frozenset[str | None]] = {}
        self._parts: dict[tuple[str, str], bool] = {}

    @cached_property
    def by_folder(self) -> dict[str, Kustomization]:
        """By the folder they stand in; of two in one folder, which Kustomize refuses, the first."""
        found: dict[str, Kustomization] = {}
        for document in sorted(self._tree.context(names=KUSTOMIZATIONS), key=lambda one: (one.source.name, one.index)):
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
        return self._listing.get(file, ())

    @cached_property
    def _listing(self) -> dict[str, tuple[Kustomization, ...]]:
        found: dict[str, list[Kustomization]] = {}
        for folder in sorted(self.by_folder):
            for file in self._closures[folder]:
                found.setdefault(file, []).append(self.by_folder[folder])
        return {file: tuple(listing) for file, listing in found.items()}

    def patches(self, file: str, kind: str, name: str | None) -> bool:
        """Whether a kustomization that lists a file may change an object in it.

        A component changes everything that the kustomization around it lists.
        """
        if file not in self._listing:
            return False
        wanted = frozenset(((kind, name), (kind, None), (None, name), (None, None)))
        return any(wanted & one.patched for one in self._changing(file) if one.patched)

    def _changing(self, file: str) -> Iterator[Kustomization]:
        """The kustomizations that list a file, and the components of each."""
        seen: set[str] = set()
        for one in self.listing(file):
            waiting = [one.folder]
            while waiting:
                folder = waiting.pop()
                if folder in seen or folder not in self.by_folder:
                    continue
                seen.add(folder)
                yield self.by_folder[folder]
                inner = self.by_folder[folder].folders
                waiting.extend(name for name in inner if name in self.by_folder and self.by_folder[name].is_component)

    def namespace(self, file: str) -> str | None:
        """The one namespace that all kustomizations which list a file put its objects into."""
        said = self.namespaces(file)
        return next(iter(said)) if len(said) == 1 else None

    def namespaces(self, file: str) -> frozenset[str | None]:
        """The namespaces that a file's objects are put into, None for the one they name; nothing where none lists it.

        Of nested kustomizations the outermost that sets one counts. Those that others list are not built alone.
        """
        found = self._namespaces.get(file)
        if found is None:
            outermost = [one.folder for one in self.listing(file) if one.folder not in self._inner]
            outermost = outermost or [one.folder for one in self.listing(file)]
            found = self._namespaces[file] = frozenset().union(
                *(self.namespaces_inside(folder, file) for folder in outermost)
            )
        return found

    def namespaces_inside(self, folder: str, file: str) -> frozenset[str | None]:
        """The same for the kustomization of one folder, by itself or by those that it lists."""
        known = self._namespaces_inside.get((folder, file))
        if known is None:
            known = self._namespaces_inside[folder, file] = frozenset(self._walk(folder, file))
        return known

    def _walk(self, folder: str, file: str) -> set[str | None]:
        found: set[str | None] = set()
        seen: set[str] = set()
        waiting = [folder]
        while waiting:
            name = waiting.pop()
            if name in seen or file not in self.files(name):
                continue
            seen.add(name)
            one = self.by_folder[name]
            if one.namespace is not None:
                found.add(one.namespace)
                continue
            if file in one.files:
                found.add(None)
            waiting.extend(one.folders)
        return found

    def is_part(self, folder: str, other: str) -> bool:
        """Whether all that one kustomization lists is listed by another, which lists more."""
        known = self._parts.get((folder, other))
        if known is None:
            known = self._parts[folder, other] = self.files(folder) < self.files(other)
        return known

    @cached_property
    def _inner(self) -> frozenset[str]:
        """The folders of the kustomizations that others list."""
        return frozenset(name for folder, one in self.by_folder.items() for name in one.folders if name != folder)

    def renamed(self, file: str, name: str) -> frozenset[str]:
        """The other names that an object of a file gets from kustomizations with a prefix or a suffix, one by one."""
        if file not in self._listing:
            return frozenset()
        names = (f"{one.prefix}{name}{one.suffix}" for one in self._changing(file))
        return frozenset(names) - {name}

    def takes_more(self, file: str) -> bool:
        """Whether a kustomization that lists a file lists something else by a URL, of which nothing is known."""
        return any(one.lists_remote for one in self._changing(file))


def _read(document: Document) -> Kustomization:
    root = document.root
    name = document.source.name
    folder = posixpath.dirname(name)
    listed: list[str] = []
    remote = False
    patched: set[tuple[str | None, str | None]] = set()
    namespace = kind = prefix = suffix = None
    if isinstance(root, Mapping):
        for key in _LISTS:
            value = root.get(key)
            texts = [text_of(item) for item in value.items] if isinstance(value, Sequence) else []
            listed.extend(posixpath.normpath(posixpath.join(folder, text)) for text in texts if text)
            remote = remote or any(text and _REMOTE.search(text) for text in texts)
        patched.update(_patches(root))
        namespace, kind = text_of(root.get("namespace")) or None, text_of(root.get("kind"))
        prefix, suffix = text_of(root.get("namePrefix")), text_of(root.get("nameSuffix"))
    files = frozenset(one for one in listed if one.endswith((".yaml", ".yml")))
    folders = tuple("" if one == "." else one for one in listed if one not in files)
    return Kustomization(
        file=name,
        folder=folder,
        files=files,
        folders=folders,
        patched=frozenset(patched),
        namespace=namespace,
        is_component=kind == "Component",
        prefix=prefix or "",
        suffix=suffix or "",
        lists_remote=remote,
    )


def _patches(root: Mapping) -> Iterator[tuple[str | None, str | None]]:
    """What inline patches, targets and replacements name. Patches in files are objects of their own, and partial."""
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for item in _items(root.get(key)):
            target = item.get("target") if isinstance(item, Mapping) else None
            if isinstance(target, Mapping):
                yield _target(target)
                continue
            inline = text_of(item.get("patch")) if isinstance(item, Mapping) else text_of(item)
            # An item of `patchesStrategicMerge` is a file's name, or a patch over several lines.
            if inline and ("\n" in inline or isinstance(item, Mapping)):
                for one in load(Source("patch", inline)).documents:
                    body = one.root if isinstance(one.root, Mapping) else None
                    metadata = body.get("metadata") if body is not None else None
                    if body is not None and isinstance(metadata, Mapping):
                        yield text_of(body.get("kind")), text_of(metadata.get("name"))
    for item in _items(root.get("replacements")):
        if not isinstance(item, Mapping) or item.get("targets") is None:
            # What a file or a wrong value replaces is not known.
            yield None, None
            continue
        for target in _items(item.get("targets")):
            chosen = target.get("select") if isinstance(target, Mapping) else None
            yield _target(chosen) if isinstance(chosen, Mapping) else (None, None)
    if next(_items(root.get("transformers")), None) is not None:
        yield None, None


def _items(node: Node | None) -> Iterator[Node]:
    yield from node.items if isinstance(node, Sequence) else ()


def _target(node: Mapping) -> tuple[str | None, str | None]:
    return _plain(text_of(node.get("kind"))), _plain(text_of(node.get("name")))


def _plain(text: str | None) -> str | None:
    """A target's kind or name, which may be a regular expression: then it may be any."""
    return text if text and text.replace("-", "").replace("_", "").isalnum() else None
