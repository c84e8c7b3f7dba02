"""Finds and reads the files of a run. Nothing outside the root is read, and each file once."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Dict
from functools import lru_cache

from tektonlint.document import Document, Mapping, Sequence, load
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import text_of
from tektonlint.text import NotText, Source
from tektonlint.tree.files import File, Tree, as_patch, file_of
from tektonlint.tree.ignoring import Ignore, ignores_above, is_ignored, patterns, with_own
from tektonlint.tree.root import Root, UsageError, folder_of

SUFFIXES = (".yaml", ".yml")
# Far above what an API server takes for one object (etcd: 1.5 MiB), low enough to hold a few in memory.
SIZE_LIMIT = 32 * 1024 * 1024

_MARKER = b"tekton.dev/"
# The same in UTF-16 and UTF-32, low byte first and last; Python has a module of its own for each of the four.
_WIDE_MARKERS = tuple(
    b"".join(before + bytes((byte,)) + after for byte in _MARKER)
    for before, after in ((b"", b"\0"), (b"\0", b""), (b"", b"\0\0\0"), (b"\0\0\0", b""))
)
# Other documents that say something about the cluster or about which files belong together.
_CONTEXT = pattern(
    rb"""kind["']?\s*:\s*["']?(?:Namespace|PersistentVolumeClaim|Secret|ConfigMap|LimitRange|Kustomization"""
    rb"""|Component|Application|ApplicationSet|RoleBinding|ClusterRoleBinding|SecurityContextConstraints)\b"""
)
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def read(
    paths: Iterable[str], root: Root, *, exclude: Iterable[str] = (), stdin: tuple[str, bytes] | None = None
) -> Tree:
    """Everything under `paths`, and the rest of a marked root. Raises `UsageError` for a path that is not there.

    `exclude` are patterns as in .gitignore, relative to the root. `stdin` is the name and the bytes of a file
    that is read in place of the one of that name.
    """
    reader = _Reader(root, tuple(exclude))
    if stdin is not None:
        reader.add_stdin(*stdin)
    for path in paths:
        reader.add_named(path)
    reader.follow_links()
    if root.marked:
        reader.reported = False
        reader.add_folder(root.folder)
        reader.follow_links()
    return reader.tree()


def of_texts(texts: Dict[str, str]) -> Tree:
    """A tree of texts by file name, without a folder: what examples are."""
    reader = _Reader(Root(folder=os.path.abspath(os.sep), marked=False), ())
    for name, text in texts.items():
        reader.add_text(name, text.encode("utf-8"))
    return reader.tree()


class Past(NamedTuple):
    """One file of an earlier revision: its name below the root, and its bytes or why there are none.

    `known` is the same file as it is now, where nothing changed. `outside` is where a link led that left the root.
    """

    name: str
    data: bytes | None = None
    known: File | None = None
    unreadable: str | None = None
    outside: str | None = None


def of_past(files: Iterable[Past], root: Root, named: Collection[str]) -> Tree:
    """A tree of files that are not on the disk; those that are `named` belong to it whatever they hold."""
    reader = _Reader(root, ())
    for file in files:
        reader.add_past(file, named=file.name in named)
    return reader.tree()


class _Reader:
    """Collects the files of a run. Each is read once, under its own name rather than a link's."""

    def __init__(self, root: Root, exclude: tuple[str, ...]) -> None:
        self.root = root
        self.reported = True
        self._excluded = patterns(exclude) if exclude else None
        self._read: dict[str, File] = {}
        self._failed: dict[str, File] = {}
        self._others: dict[str, tuple[str, str, bytes]] = {}
        self._seen: set[str] = set()
        self._folders: set[str] = set()
        self._links: list[tuple[str, bool]] = []

    def tree(self) -> Tree:
        patches = frozenset(self._name(path) for path in self._patches())
        files = [as_patch(file) if file.source.name in patches else file for file in self._read.values()]
        files.extend(self._failed.values())
        files.sort(key=lambda file: file.source.shown)
        return Tree(tuple(files), tuple(self._others.values()), self.root.folder, patches)

    def add_stdin(self, name: str, data: bytes) -> None:
        path = os.path.join(os.path.realpath(os.path.dirname(name) or os.curdir), os.path.basename(name))
        self._seen.add(path)
        if not self._is_excluded(path, folder=False):
            self._keep(path, data, named=True, source_name=name)

    def add_text(self, name: str, data: bytes) -> None:
        """Bytes that stand nowhere, as if they were named on the command line."""
        self._keep(os.path.join(self.root.folder, name), data, named=True, source_name=name)

    def add_past(self, file: Past, *, named: bool) -> None:
        path = os.path.join(self.root.folder, *file.name.split("/"))
        if file.known is not None:
            self._read[path] = file.known._replace(reported=True)
        elif file.outside is not None:
            self._outside(path, file.outside)
        elif file.data is None:
            self._fail(path, file.unreadable or "it was not read")
        else:
            self._keep(path, file.data, named=named)

    def add_named(self, path: str) -> None:
        """A path of the command line."""
        if os.path.islink(path) or not os.path.isdir(path):
            try:
                os.lstat(path)
            except (OSError, ValueError) as error:
                why = _reason(error) if isinstance(error, PermissionError) else "there is no such file or folder"
                raise UsageError(f"{path}: {why}") from None
            absolute = os.path.join(folder_of(os.path.dirname(path) or os.curdir), os.path.basename(path))
            if os.path.isdir(path) and self._inside(os.path.realpath(path)):
                self.add_folder(os.path.realpath(path), named=True)
                return
            if not self._inside(absolute):
                raise UsageError(f"{path}: it is outside the root {self.root.folder}")
            if self._is_excluded(absolute, folder=False):
                return
            if os.path.islink(path):
                self._links.append((absolute, True))
            else:
                self._add_file(absolute, named=True)
            return
        folder = os.path.realpath(path)
        if not self._inside(folder):
            raise UsageError(f"{path}: it is outside the root {self.root.folder}")
        self.add_folder(folder, named=True)

    def add_folder(self, top: str, *, named: bool = False) -> None:
        """Every YAML file below a folder that neither .gitignore nor `exclude` leaves out.

        Who names a folder wants it checked although git ignores it; what is ignored inside it stays ignored.
        """
        above = ignores_above(top, self.root.folder)
        if named and is_ignored(top, True, above):
            above = ()
        waiting: list[tuple[str, tuple[Ignore, ...]]] = [(top, above)]
        while waiting:
            folder, ignores = waiting.pop()
            if folder in self._folders:
                continue
            self._folders.add(folder)
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self._fail(folder, f"the folder cannot be listed ({_reason(error)})")
                continue
            ignores = with_own(folder, ignores, entries)
            for entry in entries:
                is_link = entry.is_symlink()
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not is_link and not is_yaml(entry.name):
                    continue
                path = entry.path
                if entry.name == ".git" or is_ignored(path, is_folder, ignores):
                    continue
                if self._is_excluded(path, folder=is_folder):
                    continue
                if is_link:
                    self._links.append((path, False))
                elif is_folder:
                    waiting.append((path, ignores))
                else:
                    self._add_file(path, named=False)

    def follow_links(self) -> None:
        """After everything else, so that a file is known by its own name where both were met."""
        while self._links:
            path, named = self._links.pop(0)
            target = os.path.realpath(path)
            is_folder = os.path.isdir(target)
            if not (is_folder or named or is_yaml(path)):
                continue
            try:
                os.stat(path)
            except OSError as error:
                if named or is_yaml(path):
                    self._fail(path, f"the link leads nowhere ({_reason(error)})")
                continue
            if not self._inside(target):
                self._outside(path, target)
            elif is_folder:
                self.add_folder(target)
            elif not self._is_excluded(target, folder=False):
                self._add_file(target, named=named)

    def _add_file(self, path: str, *, named: bool) -> None:
        if path in self._seen:
            return
        self._seen.add(path)
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                self._fail(path, "it is not a regular file")
                return
            if status.st_size > SIZE_LIMIT:
                if named or _mentions_tekton(path):
                    self._fail(path, f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
                return
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            self._fail(path, _reason(error))
            return
        self._keep(path, data, named=named)

    def _keep(self, path: str, data: bytes, *, named: bool, source_name: str | None = None) -> None:
        """Parses a file that Tekton takes part in; remembers one that only says something about the cluster."""
        name = self._name(path)
        shown = source_name if source_name is not None else _shown(path)
        if not _takes_part(data):
            if os.path.basename(path) in KUSTOMIZATIONS or _CONTEXT.search(data):
                self._others[path] = (name, shown, data)
                return
            if not named:
                return
        try:
            source = Source.from_bytes(name, data, shown)
        except NotText as error:
            source = Source(name, error.valid, shown)
            self._failed[path] = File(source=source, unreadable=error.problem, reported=self.reported)
            return
        if named and "\0" in source.text:
            self._failed[path] = File(
                source=Source(name, source.text.partition("\0")[0], shown),
                unreadable="it holds NUL bytes, so it is no text",
                reported=self.reported,
            )
            return
        self._read[path] = file_of(source, reported=self.reported)

    def _patches(self) -> set[str]:
        """The files that kustomizations of the root list as patches: partial objects."""
        patches: set[str] = set()
        for path, documents in self._kustomizations():
            for document in documents:
                for relative in _patch_files(document):
                    patches.add(os.path.normpath(os.path.join(os.path.dirname(path), relative)))
        return patches

    def _kustomizations(self) -> Iterator[tuple[str, tuple[Document, ...]]]:
        """Those that say nothing of Tekton, and those that do because a patch stands in them."""
        for path, file in self._read.items():
            if os.path.basename(path) in KUSTOMIZATIONS:
                yield path, file.loaded.documents
        for path, (name, shown, data) in self._others.items():
            if os.path.basename(path) in KUSTOMIZATIONS:
                try:
                    source = Source.from_bytes(name, data, shown)
                except NotText:
                    continue
                yield path, load(source).documents

    def _fail(self, path: str, why: str) -> None:
        if path not in self._failed:
            source = Source(self._name(path), "", _shown(path))
            self._failed[path] = File(source=source, unreadable=why, reported=self.reported)

    def _outside(self, path: str, target: str) -> None:
        if path not in self._failed:
            source = Source(self._name(path), "", _shown(path))
            self._failed[path] = File(source=source, outside=target, reported=self.reported)

    def _inside(self, path: str) -> bool:
        folder = self.root.folder
        return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)

    def _is_excluded(self, path: str, *, folder: bool) -> bool:
        if self._excluded is None:
            return False
        name = self._name(path)
        return bool(self._excluded.match_file(name + "/" if folder else name))

    def _name(self, path: str) -> str:
        return _relative(path, self.root.folder)


def _takes_part(data: bytes) -> bool:
    """Whether a text names an API group of Tekton's; UTF-16 and UTF-32 count, marked or not."""
    return _MARKER in data or (b"\0" in data and any(marker in data for marker in _WIDE_MARKERS))


def _mentions_tekton(path: str) -> bool:
    """The same for a file that is too large to be read."""
    import mmap

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(marker) >= 0 for marker in (_MARKER, *_WIDE_MARKERS))


def is_yaml(path: str) -> bool:
    """Whether a name says YAML. `.#name` is a link with which Emacs locks a file, and leads nowhere."""
    name = os.path.basename(path)
    return name == "Kustomization" or (name.endswith(SUFFIXES) and not name.startswith(".#"))


def _shown(path: str) -> str:
    """The path relative to the working folder, with forward slashes."""
    try:
        return _relative(path, os.getcwd())
    except ValueError:
        return path


def _relative(path: str, folder: str) -> str:
    """An absolute path relative to a folder, with forward slashes; that of its own folder is worked out once."""
    parent, name = os.path.split(path)
    if not name or name in (os.curdir, os.pardir):
        return os.path.relpath(path, folder).replace(os.sep, "/")
    above = _relative_folder(parent, folder)
    return name if above == os.curdir else f"{above}/{name}"


@lru_cache(maxsize=1024)
def _relative_folder(path: str, folder: str) -> str:
    inside = folder if folder.endswith(os.sep) else folder + os.sep
    below = path.removeprefix(inside) if path.startswith(inside) else ""
    return (below or os.path.relpath(path, folder)).replace(os.sep, "/")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _patch_files(document: Document) -> Iterator[str]:
    """The files under `patches`, `patchesStrategicMerge` and `patchesJson6902` of a kustomization."""
    root = document.root
    if not isinstance(root, Mapping):
        return
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        value = root.get(key)
        for item in value.items if isinstance(value, Sequence) else ():
            name = text_of(item.get("path")) if isinstance(item, Mapping) else text_of(item)
            # An inline patch is text over several lines, a file name is not.
            if name and "\n" not in name:
                yield name
