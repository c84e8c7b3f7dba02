"""What the tree was in an earlier revision, read from git's objects: nothing is checked out, and no filter runs.

A text is taken as git would have checked it out, as far as line ends and encodings go, so that a clone in which
they are converted differs from its revision only where somebody changed something. What a filter would make of a
file (gitattributes(5)) stays unknown: it is compared as it is stored.
"""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict

from tektonlint.git import Entry, GitError, Repository
from tektonlint.lazy import cached_property
from tektonlint.lines import lines_of
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tree import SIZE_LIMIT, Base, File, Past, Root, Tree, is_yaml, of_past
from tektonlint.tree.ignoring import Ignore, is_ignored, patterns

# As git does it (git-diff(1), -M): half of the lines are the same, and not too many files are compared with each other.
_ALIKE = 0.5
_PAIRS = 40_000
# As many links behind one another as Linux follows.
_LINKS = 40

_ATTRIBUTES = ("text", "crlf", "eol", "working-tree-encoding")
# What Python calls an encoding may do more than encode; these families do not.
_ENCODING = pattern(r"(?i)(?:utf|iso|latin|windows|cp|shift|sjis|euc|koi8|gb|big)[-_0-9a-z]*")
_TRUE = ("true", "yes", "on", "1")
_LINE_FEED = pattern(rb"(?<!\r)\n")


def base_of(tree: Tree, root: Root, exclude: Iterable[str], repository: Repository, commit: str) -> Base:
    """The base of a tree: what a commit holds where the tree has its root. Raises `GitError`.

    What `exclude` leaves out of the tree, as patterns of .gitignore, it leaves out of its base.
    """
    past = _Past(tree, root, tuple(exclude), repository, commit)
    then = of_past(past.files(), root, past.now.keys())
    return Base(then, repository.short(commit), _renamed(tree, then))


class _Stored(NamedTuple):
    """A name of a revision, below the root, and the repository that holds what it names."""

    name: str
    entry: Entry
    repository: Repository


def _stored(repository: Repository, commit: str, folder: str, above: str) -> Iterator[_Stored]:
    """All files and links of a commit; those of a submodule are of the commit that it had then."""
    for entry in repository.entries(commit):
        name = above + entry.name
        path = os.path.join(folder, *entry.name.split("/"))
        if not entry.is_submodule:
            yield _Stored(name, entry, repository)
        elif os.path.lexists(os.path.join(path, ".git")):
            inner = Repository(path)
            if inner.prefix or inner.commit(entry.id) is None:
                raise GitError(
                    f"{name}: the submodule does not have its commit {entry.id[:9]} to compare with; "
                    "`git submodule update --init --recursive` and a clone with the whole history bring it"
                )
            yield from _stored(inner, entry.id, path, f"{name}/")


class _Past:
    """Finds out what has to be read for the base of a tree, and what is known because it has not changed."""

    def __init__(
        self, tree: Tree, root: Root, exclude: tuple[str, ...], repository: Repository, commit: str
    ) -> None:
        self.tree = tree
        self.root = root
        self.repository = repository
        self.excluded = patterns(exclude) if exclude else None
        self.now = {file.source.name: file for file in tree.files}
        self.stored = {one.name: one for one in _stored(repository, commit, root.folder, "")}
        self._folders: dict[str, tuple[bool, tuple[Ignore, ...]]] = {}

    def files(self) -> Iterator[Past]:
        """Every file of the base."""
        taken = {name: one for name, one in self.stored.items() if self._is_taken(one)}
        for one in [one for one in taken.values() if one.entry.is_link]:
            del taken[one.name]
            led = self._followed(one)
            if isinstance(led, _Stored):
                taken[led.name] = led
            elif led is not None:
                yield led
        changed: list[_Stored] = []
        for one in taken.values():
            if _id(self._bytes.get(one.name), one.repository) == one.entry.id:
                yield self._unchanged(one.name)
            else:
                changed.append(one)
        yield from self._read(changed)
        for name in self._left_alone():
            yield self._unchanged(name)

    @cached_property
    def _bytes(self) -> dict[str, bytes]:
        """What is in the files of the tree, where it is known."""
        known = {name: file.source.to_bytes() for name, file in self.now.items() if _is_read(file)}
        return known | {name: data for name, _, data in self.tree.others}

    def _is_taken(self, one: _Stored) -> bool:
        """Whether a name is of the base: it is of the tree, or nothing would keep it out if it were there."""
        if one.name in self.now:
            return True
        if not is_yaml(one.name) or self._is_excluded(one.name):
            return False
        folder, path = posixpath.dirname(one.name), os.path.join(self.root.folder, one.name)
        is_out, ignores = self._ignores(folder)
        return not is_out and not is_ignored(path, False, ignores)

    def _is_excluded(self, name: str) -> bool:
        return self.excluded is not None and bool(self.excluded.match_file(name))

    def _ignores(self, folder: str) -> tuple[bool, tuple[Ignore, ...]]:
        """Whether the .gitignore files of the revision leave a folder out, and those that count for what is in it."""
        known = self._folders.get(folder)
        if known is None:
            is_out, ignores = self._ignores(posixpath.dirname(folder)) if folder else (False, ())
            path = os.path.join(self.root.folder, folder) if folder else self.root.folder
            is_out = is_out or bool(folder and is_ignored(path, True, ignores))
            own = self.stored.get(posixpath.join(folder, ".gitignore"))
            if own is not None and own.entry.is_file:
                text = _data(own).decode("utf-8-sig", "surrogateescape")
                ignores = (*ignores, (path, patterns(line.removesuffix("\r") for line in text.split("\n"))))
            known = self._folders[folder] = is_out, ignores
        return known

    def _followed(self, link: _Stored) -> _Stored | Past | None:
        """Where a link of the revision leads: to a file, or why nowhere; None for a folder, which is read anyway."""
        one: _Stored | None = link
        name = link.name
        for _ in range(_LINKS):
            if one is None or not one.entry.is_link:
                break
            target = os.path.join(self.root.folder, os.path.dirname(name), os.fsdecode(_data(one)))
            path = os.path.relpath(os.path.normpath(target), self.root.folder).replace(os.sep, "/")
            if path == ".." or path.startswith("../") or os.path.isabs(path):
                # What is outside has no revision.
                return Past(link.name, outside=os.path.normpath(target)) if os.path.exists(target) else _dangling(link)
            name, one = path, self.stored.get(path)
        if one is not None and one.entry.is_file:
            return one
        if one is None and (name == "." or any(other.startswith(f"{name}/") for other in self.stored)):
            return None
        # What git ignores may be there without being in a revision.
        if link.name not in self.now and os.path.lexists(os.path.join(self.root.folder, name)):
            return None
        return _dangling(link) if is_yaml(link.name) else None

    def _unchanged(self, name: str) -> Past:
        file = self.now.get(name)
        # A patch is read otherwise than a file that is none, and it may have been the one then and the other now.
        if file is None or (name in self.tree.patches and _is_read(file)):
            return Past(name, data=self._bytes[name])
        return Past(name, known=file)

    def _read(self, changed: list[_Stored]) -> Iterator[Past]:
        """The files that git has to be asked for, as it would have checked them out."""
        by_repository: dict[int, list[_Stored]] = {}
        for one in changed:
            by_repository.setdefault(id(one.repository), []).append(one)
        for some in by_repository.values():
            repository = some[0].repository
            asked = [one.entry.name for one in some if one.name in self.now]
            attributes = repository.attributes(asked, _ATTRIBUTES)
            contents = repository.contents((one.entry.id for one in some), SIZE_LIMIT)
            for one, data in zip(some, contents, strict=True):
                if data is None:
                    if one.name in self.now:
                        yield Past(one.name, unreadable=f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
                    continue
                said = attributes.get(one.entry.name, {})
                now = self._bytes.get(one.name)
                text = _encoded(data, said.get("working-tree-encoding", ""))
                if now is not None and b"\r\n" in now and _ends_with_crlf(text, said, repository):
                    text = _LINE_FEED.sub(b"\r\n", text)
                yield self._unchanged(one.name) if text == now else Past(one.name, data=text)

    def _left_alone(self) -> Iterator[str]:
        """Files of the tree that git has nothing to do with: no change under review made them what they are."""
        fresh = [name for name in self.now if name not in self.stored and not self._is_nested(posixpath.dirname(name))]
        yield from self.repository.ignored(fresh)

    def _is_nested(self, folder: str) -> bool:
        """Whether a folder belongs to another repository inside the root."""
        while folder:
            if os.path.lexists(os.path.join(self.root.folder, folder, ".git")):
                return True
            folder = posixpath.dirname(folder)
        return False


def _dangling(link: _Stored) -> Past:
    return Past(link.name, unreadable="the link leads nowhere")


def _is_read(file: File) -> bool:
    return file.unreadable is None and file.outside is None


def _data(one: _Stored) -> bytes:
    return next(one.repository.contents((one.entry.id,), SIZE_LIMIT)) or b""


def _id(data: bytes | None, repository: Repository) -> str | None:
    """The name that git gives to the contents of a file."""
    if data is None:
        return None
    import hashlib

    digest = hashlib.new(repository.hash, usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


def _encoded(data: bytes, encoding: str) -> bytes:
    """A file as it is in the working tree where an attribute says that it has another encoding there."""
    if not _ENCODING.fullmatch(encoding):
        return data
    try:
        return data.decode("utf-8").encode(encoding)
    except (LookupError, UnicodeError):
        return data


def _ends_with_crlf(data: bytes, attributes: Dict[str, str], repository: Repository) -> bool:
    """Whether git ends lines with CR and LF when it checks a file out (gitattributes(5), `text` and `eol`)."""
    said = attributes.get("text") or attributes.get("crlf", "")
    end = attributes.get("eol") or ("lf" if said == "input" else "")
    by_setting = repository.setting("core.autocrlf")
    if said == "unset" or not (said or end or by_setting in _TRUE):
        return False
    # Unless something says that it is text, git only converts what it takes for one that nobody converted before.
    if (said == "auto" or not (said or end)) and b"\r" in data:
        return False
    if end or by_setting == "input":
        return end == "crlf"
    by_platform = {"crlf": True, "lf": False}.get(repository.setting("core.eol"), os.linesep == "\r\n")
    return by_setting in _TRUE or by_platform


def _renamed(tree: Tree, then: Tree) -> dict[str, str]:
    """The earlier name of each file that was renamed, by the name that it has now."""
    now = {file.source.name: file for file in tree.files}
    old = {file.source.name: file for file in then.files}
    gone = [
        file
        for name, file in old.items()
        if name not in now and _is_read(file) and not os.path.lexists(os.path.join(tree.folder, name))
    ]
    fresh = [file for name, file in now.items() if name not in old and _is_read(file)]
    pairs = _alike(gone, fresh) if gone and fresh else []
    names: dict[str, str] = {}
    left = {file.source.name for file in gone}
    for _, then_name, now_name in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if then_name in left and now_name not in names:
            left.remove(then_name)
            names[now_name] = then_name
    return names


def _alike(gone: list[File], fresh: list[File]) -> Iterator[tuple[float, str, str]]:
    """Files that may be one under two names: how much of them is the same, and the names.

    Of several that are the same the one that kept its last name counts most.
    """
    lines = {id(file): Counter(lines_of(file.source.text)) for file in (*gone, *fresh)}
    few = len(gone) * len(fresh) <= _PAIRS
    for one in gone:
        for other in fresh:
            same = one.source.text == other.source.text
            if not same and not few:
                continue
            left, right = lines[id(one)], lines[id(other)]
            share = 1.0 if same else (left & right).total() / max(left.total(), right.total())
            if share >= _ALIKE:
                kept = posixpath.basename(one.source.name) == posixpath.basename(other.source.name)
                yield share + (0.01 if kept else 0), one.source.name, other.source.name
