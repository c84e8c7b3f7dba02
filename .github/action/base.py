"""Decides about the configuration of a pull request: its base's, so that no pull request changes what it is judged by.

    python base.py REVISION FOLDER CONFIG

prints the options of tektonlint to use in the working folder, the top of the repository, and behind `--` the files that
it would pass over because a .gitignore names them; each with a NUL behind it. Standard input has the paths to check.
FOLDER is made; into it goes what a configuration can name (policies, other configurations, a baseline) as REVISION has
it. CONFIG is the input `config`, or empty for the repository's own configuration. What goes wrong is one line on
standard error, and exit code 2.
"""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator
from pathlib import Path

from tektonlint.commands.loading import configured
from tektonlint.config import NAMES, find
from tektonlint.errors import UserError
from tektonlint.git import Entry, GitError, Repository
from tektonlint.tree import SIZE_LIMIT, Root, is_yaml

# Of configurations, policies and baselines.
SUFFIXES = (".yaml", ".yml", ".toml", ".json")
# As many links behind one another as Linux follows.
LINKS = 40


class Revision:
    """What a revision holds, read from objects: nothing is checked out, so that no filter of the repository runs."""

    def __init__(self, name: str) -> None:
        """Raises `UserError` where the working folder is not the top of a repository that has the revision."""
        self._repository = _top()
        commit = self._repository.commit(name)
        if commit is None:
            raise UserError(
                f"The base {name} of the pull request is not in this clone, so it is not known whose configuration "
                "counts. Write `fetch-depth: 0` for actions/checkout."
            )
        self.entries = self._listed(commit)

    def is_at_head(self, path: str) -> bool:
        """Whether the commit that is checked out has a file or a link of this name."""
        head = self._repository.commit("HEAD")
        return head is not None and path in self._listed(head)

    def files(self, named: str | None) -> Iterator[tuple[str, bytes]]:
        """The files that a configuration can name, and the one that is named: their names and what is in them.

        A link to a file of the revision counts as that file; other links are left out, and what tektonlint would
        refuse for its size.
        """
        links = [path for path, entry in self.entries.items() if entry.is_link]
        targets = dict(self._read([(path, self.entries[path]) for path in links]))
        found: list[tuple[str, Entry]] = []
        for path in self.entries:
            if path.endswith(SUFFIXES) or path == named:
                entry = self._followed(path, targets)
                if entry is not None and entry.is_file:
                    found.append((path, entry))
        yield from self._read(found)

    def _followed(self, path: str, targets: dict[str, bytes]) -> Entry | None:
        name = path
        for _ in range(LINKS):
            if name not in targets:
                break
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), os.fsdecode(targets[name])))
        return self.entries.get(name)

    def _read(self, some: list[tuple[str, Entry]]) -> Iterator[tuple[str, bytes]]:
        try:
            contents = self._repository.contents((entry.id for _, entry in some), SIZE_LIMIT)
            for (path, _), data in zip(some, contents, strict=True):
                if data is not None:
                    yield path, data
        except GitError as error:
            raise _incomplete(error) from None

    def _listed(self, commit: str) -> dict[str, Entry]:
        try:
            return {entry.name: entry for entry in self._repository.entries(commit)}
        except GitError as error:
            raise _incomplete(error) from None


def _top() -> Repository:
    """The repository, of which the working folder has to be the top."""
    try:
        repository = Repository(os.curdir)
    except GitError as error:
        raise _not_the_top(f" ({error})") from None
    if repository.prefix:
        raise _not_the_top("")
    return repository


def _not_the_top(why: str) -> UserError:
    return UserError(f"The workspace is not the top of a Git repository{why}. Check it out there, without `path`.")


def _incomplete(error: GitError) -> UserError:
    return UserError(f"Files of the base are not in this clone. Check it out without `filter`. ({error})")


def options(name: str, folder: Path, given: str) -> list[str]:
    """What gives tektonlint the configuration of a revision, which is copied to a new folder. Raises `UserError`."""
    revision = Revision(name)
    ours = _names_in_workspace(given) if given else []
    named = next((path for path in ours if path in revision.entries), None)
    if given and named is None and not any(map(revision.is_at_head, ours)):
        # It is no part of the repository: another checkout, or the runner's.
        return [f"--config={given}"]
    folder.mkdir()
    for path, data in revision.files(named):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    if named is None and not given:
        named = _own(revision, folder)
    if named is None:
        return ["--isolated"]
    config = _copied(folder, named)
    return [f"--config={config}", *_baseline(config, folder)]


def _own(revision: Revision, folder: Path) -> str | None:
    """The name of the configuration that tektonlint finds by itself in the top of the revision, if there is one."""
    found = find(os.fspath(folder))
    for name in NAMES:
        # What was left out counts all the same, but for a pyproject.toml, which need not be a configuration.
        if found == os.path.join(folder, name) or (name in revision.entries and name != "pyproject.toml"):
            return name
    return None


def _baseline(config: Path, folder: Path) -> Iterator[str]:
    """A configuration names its baseline relative to the root, where the pull request's own would be."""
    workspace = os.path.realpath(os.curdir)
    settings, _ = configured(Root(folder=workspace, marked=True), os.fspath(config), isolated=False)
    if settings.baseline is not None and settings.baseline.startswith(workspace + os.sep):
        yield f"--baseline={_copied(folder, os.path.relpath(settings.baseline, workspace))}"


def _copied(folder: Path, name: str) -> Path:
    """The copy of a file of the base. Raises `UserError` where it was left out."""
    if not (folder / name).is_file():
        raise UserError(f"The base has no file `{name}`, or it is huge, or a link that leads out of the repository.")
    return folder / name


def hidden(paths: list[str]) -> Iterator[str]:
    """The YAML files below some paths that are in the repository although a .gitignore names them.

    Git goes on to track them, and a pull request could otherwise hide whatever it likes.
    """
    wanted = [os.path.realpath(path) for path in paths]
    for name in _top().hidden():
        file = os.path.realpath(name)
        under = any(file == path or file.startswith(path.rstrip(os.sep) + os.sep) for path in wanted)
        if is_yaml(name) and under and os.path.isfile(file):
            yield os.path.join(os.curdir, name)


def _names_in_workspace(path: str) -> list[str]:
    """What a path can be called in the repository, before links are followed and after."""
    workspace = os.path.realpath(os.curdir)
    folder, name = os.path.split(os.path.abspath(path))
    ways = (os.path.join(folder, name), os.path.join(os.path.realpath(folder), name), os.path.realpath(path))
    return [os.path.relpath(way, workspace) for way in dict.fromkeys(ways) if way.startswith(workspace + os.sep)]


def main() -> int:
    _, name, folder, given = sys.argv
    try:
        paths = [path for path in sys.stdin.read().split("\n") if path] or [os.curdir]
        print(*options(name, Path(folder), given), "--", *hidden(paths), sep="\0", end="\0")
    except (UserError, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
