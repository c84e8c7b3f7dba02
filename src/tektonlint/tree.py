"""The tree that is linted: which files there are, what is in them, and what the rest of the root says.

The root bounds everything: nothing outside it is read. What is named on the command line is reported on;
the rest of the root is read so that what it says counts.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from functools import cached_property

from tektonlint.document import Document, Loaded, Mapping, Sequence, load
from tektonlint.errors import UserError
from tektonlint.finding import Location
from tektonlint.tekton.resource import Resource, is_tekton, resources_of, text_of
from tektonlint.text import NotText, Source, Span

SUFFIXES = (".yaml", ".yml")
# Far above what an API server takes for one object (etcd: 1.5 MiB), low enough to hold a few in memory.
SIZE_LIMIT = 32 * 1024 * 1024

_MARKER = b"tekton.dev/"
_WIDE_MARKERS = tuple(
    _MARKER.decode().encode(encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
)
# Other documents that say something about the cluster or about which files belong together.
_CONTEXT = re.compile(
    rb"""kind["']?\s*:\s*["']?(?:Namespace|PersistentVolumeClaim|Secret|ConfigMap|LimitRange|Kustomization"""
    rb"""|Component|Application|ApplicationSet)\b"""
)
_NOTHING = Loaded((), ())
_NOWHERE = Span(0, 0)
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The folder that bounds a run. `folder` is absolute with links resolved.

    `marked` says that a `.git` or a configuration makes it one (or that it was given), so that all of it
    belongs together; otherwise only what is named is read.
    """

    folder: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
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


@dataclass(frozen=True)
class Tree:
    """Everything that was read; it does not change."""

    files: tuple[File, ...]
    others: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every Tekton object of the tree, in the order of files and documents."""
        return tuple(resource for file in self.files for resource in file.resources)

    @cached_property
    def context(self) -> tuple[Document, ...]:
        """Documents that are not Tekton's but say something: Namespaces, claims, kustomizations and so on.

        They are parsed when something first asks for them, and nothing is reported on them.
        """
        documents = [
            document
            for file in self.files
            if file.template is None
            for document in file.loaded.documents
            if not is_tekton(document.root)
        ]
        for name, shown, data in self.others:
            try:
                documents.extend(load(Source.from_bytes(name, data, shown)).documents)
            except NotText:
                continue
        return tuple(documents)


class UsageError(UserError):
    """What was asked for cannot be done; the text is one line for a person."""


def find_root(paths: Iterable[str], given: str | None, has_config: Iterable[str]) -> Root:
    """The root for the named paths: the one given, or the nearest folder upward with `.git` or a configuration.

    `has_config` are the names of configuration files. Without any of them it is the folder that holds
    everything named. Raises `UsageError`.
    """
    if given is not None:
        if not os.path.isdir(given):
            raise UsageError(f"--root {given}: there is no such folder")
        return Root(folder=os.path.realpath(given), marked=True)
    folders = [_folder_of(path) for path in paths] or [os.path.realpath(os.curdir)]
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UsageError("the paths are on different drives and have no root in common") from None
    names = (".git", *has_config)
    folder = common
    while True:
        if any(_marks(os.path.join(folder, name)) for name in names):
            return Root(folder=folder, marked=True)
        parent = os.path.dirname(folder)
        if parent == folder:
            return Root(folder=common, marked=False)
        folder = parent


def _marks(path: str) -> bool:
    """A `.git` or a configuration is there; a pyproject.toml counts where it configures tektonlint."""
    if not path.endswith("pyproject.toml"):
        return os.path.lexists(path)
    try:
        with open(path, "rb") as file:
            return b"[tool.tektonlint" in file.read(SIZE_LIMIT)
    except OSError:
        return False


def _folder_of(path: str) -> str:
    """The folder of a path, links resolved; a link that is named is judged where it stands."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    return os.path.realpath(os.path.dirname(path) or os.curdir)


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


class _Reader:
    """Collects the files of a run. Each is read once, under its own name rather than a link's."""

    def __init__(self, root: Root, exclude: tuple[str, ...]) -> None:
        self.root = root
        self.reported = True
        self._excluded = _patterns(exclude) if exclude else None
        self._read: dict[str, tuple[Source, Loaded, bool]] = {}
        self._failed: dict[str, File] = {}
        self._others: dict[str, tuple[str, str, bytes]] = {}
        self._seen: set[str] = set()
        self._folders: set[str] = set()
        self._links: list[tuple[str, bool]] = []

    def tree(self) -> Tree:
        patches = self._patches()
        files = [_file(*parts, partial=path in patches) for path, parts in self._read.items()]
        files.extend(self._failed.values())
        files.sort(key=lambda file: file.source.shown)
        return Tree(tuple(files), tuple(self._others.values()))

    def add_stdin(self, name: str, data: bytes) -> None:
        path = os.path.join(os.path.realpath(os.path.dirname(name) or os.curdir), os.path.basename(name))
        self._seen.add(path)
        if not self._is_excluded(path, folder=False):
            self._keep(path, data, named=True, source_name=name)

    def add_text(self, name: str, data: bytes) -> None:
        """Bytes that stand nowhere, as if they were named on the command line."""
        self._keep(os.path.join(self.root.folder, name), data, named=True, source_name=name)

    def add_named(self, path: str) -> None:
        """A path of the command line."""
        if os.path.islink(path) or not os.path.isdir(path):
            try:
                os.lstat(path)
            except (OSError, ValueError) as error:
                why = _reason(error) if isinstance(error, PermissionError) else "there is no such file or folder"
                raise UsageError(f"{path}: {why}") from None
            absolute = os.path.join(_folder_of(os.path.dirname(path) or os.curdir), os.path.basename(path))
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
        above = _ignores_above(top, self.root.folder)
        if named and _ignored(top, True, above):
            above = ()
        waiting: list[tuple[str, tuple[_Ignore, ...]]] = [(top, above)]
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
            ignores = _with_own(folder, ignores, entries)
            for entry in entries:
                is_link = entry.is_symlink()
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not is_link and not _is_yaml(entry.name):
                    continue
                path = entry.path
                if entry.name == ".git" or _ignored(path, is_folder, ignores):
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
            if not (is_folder or named or _is_yaml(path)):
                continue
            try:
                os.stat(path)
            except OSError as error:
                if named or _is_yaml(path):
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
            if os.path.basename(path) in _KUSTOMIZATIONS or _CONTEXT.search(data):
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
        self._read[path] = (source, load(source), self.reported)

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
        for path, (_, loaded, _) in self._read.items():
            if os.path.basename(path) in _KUSTOMIZATIONS:
                yield path, loaded.documents
        for path, (name, shown, data) in self._others.items():
            if os.path.basename(path) in _KUSTOMIZATIONS:
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
        return os.path.relpath(path, self.root.folder).replace(os.sep, "/")


def _file(source: Source, loaded: Loaded, reported: bool, *, partial: bool) -> File:
    template = _template(source.text, loaded)
    if template is not None:
        what, at = template
        return File(source=source, template=what, template_at=at, reported=reported)
    resources = tuple(
        resource for document in loaded.documents for resource in resources_of(document, partial=partial)
    )
    return File(source=source, loaded=loaded, resources=resources, reported=reported)


# The actions of Helm and Go templates, and Jinja's placeholders, statements and comments.
_ACTION = re.compile(r"\{\{-?\s*/\*[\s\S]*?\*/\s*-?\}\}|\{#[\s\S]*?#\}|\{\{[^\r\n]*?\}\}|\{%[^\r\n]*?%\}")
# What only a template says: statements, includes and pipes that trim.
_STATEMENT = re.compile(r"\{%|\{\{-|\{\{\s*(?:if|else|end|range|with|define|include|template|block)\b|\{#")


def _template(text: str, loaded: Loaded) -> tuple[str, Span] | None:
    """What kind of template a text is that Kubernetes' reader refuses because of it, and where that shows.

    A text that parses is YAML, whatever stands in its strings. One that does not is a template where words in
    place of its actions mend it, or where at least the first problem goes with the statements; otherwise it is
    broken YAML in which some script has braces.
    """
    if "{{" not in text and "{%" not in text:
        return None
    first = next((problem for problem in loaded.problems if problem.refused), None)
    actions = list(_ACTION.finditer(text))
    if first is None or not actions:
        return None
    rendered = _ACTION.sub(_stand_in, text)
    left = [problem for problem in load(Source("", rendered)).problems if problem.refused]
    statements = [action for action in actions if _STATEMENT.match(action[0])]
    if left and (not statements or (left[0].span, left[0].message) == (first.span, first.message)):
        return None
    kind = statements or actions
    at = next((action for action in reversed(kind) if action.start() <= first.span.end), kind[0])
    jinja = any(action[0].startswith(("{%", "{#")) for action in statements)
    language = "Jinja" if jinja else "Helm or Go"
    what = f"{language} statements" if statements else "`{{ }}` placeholders outside quotes"
    end = text.find("\n", at.start(), at.end())
    return what, Span(at.start(), end if end >= 0 else at.end())


def _stand_in(action: re.Match[str]) -> str:
    """What is put in place of an action, as long as it is: a word, or a comment where it has the line for itself."""
    text, start, end = action.string, action.start(), action.end()
    alone = not text[text.rfind("\n", 0, start) + 1 : start].strip() and not text[end:].partition("\n")[0].strip()
    filler = "#" if alone else "x" if action[0].startswith("{{") else " "
    return re.sub(r"[^\r\n]", filler, action[0])


def _takes_part(data: bytes) -> bool:
    """Whether a text names an API group of Tekton's; UTF-16 and UTF-32 count, marked or not."""
    return _MARKER in data or (b"\0" in data and any(marker in data for marker in _WIDE_MARKERS))


def _mentions_tekton(path: str) -> bool:
    """The same for a file that is too large to be read."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(marker) >= 0 for marker in (_MARKER, *_WIDE_MARKERS))


def _is_yaml(path: str) -> bool:
    """Whether a name says YAML. `.#name` is a link with which Emacs locks a file, and leads nowhere."""
    name = os.path.basename(path)
    return name == "Kustomization" or (name.endswith(SUFFIXES) and not name.startswith(".#"))


def _shown(path: str) -> str:
    """The path relative to the working folder, with forward slashes."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:
        return path


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


# A .gitignore: the folder it stands in, and its patterns.
_Ignore = tuple[str, "pathspec.GitIgnoreSpec"]


def _patterns(lines: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """The patterns of a .gitignore; a line that is no pattern matches nothing, as for git."""
    import pathspec

    def valid(line: str) -> bool:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error):
            return False
        return True

    lines = tuple(lines)
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return pathspec.GitIgnoreSpec.from_lines([line for line in lines if valid(line)])


def _ignores_above(folder: str, root: str) -> tuple[_Ignore, ...]:
    """The .gitignore files of the folders from the root down to `folder`, without its own."""
    above: list[str] = []
    while folder != root and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        above.append(folder)
    ignores: list[_Ignore] = []
    for parent in reversed(above):
        ignores.extend(_own_ignore(parent))
    return tuple(ignores)


def _with_own(
    folder: str, ignores: tuple[_Ignore, ...], entries: Iterable[os.DirEntry[str]]
) -> tuple[_Ignore, ...]:
    if any(entry.name == ".gitignore" for entry in entries):
        return (*ignores, *_own_ignore(folder))
    return ignores


def _own_ignore(folder: str) -> Iterator[_Ignore]:
    path = os.path.join(folder, ".gitignore")
    try:
        # git does not follow a link here either (gitignore(5)), and it could lead out of the root.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return
    yield folder, _patterns(line.removesuffix("\r") for line in lines)


def _ignored(path: str, is_folder: bool, ignores: tuple[_Ignore, ...]) -> bool:
    """Whether the last .gitignore that says anything about a path leaves it out (gitignore(5))."""
    for folder, patterns in reversed(ignores):
        name = os.path.relpath(path, folder).replace(os.sep, "/")
        said = patterns.check_file(name + "/" if is_folder else name).include
        if said is not None:
            return said
    return False


TYPE_CHECKING = False
if TYPE_CHECKING:
    import pathspec
