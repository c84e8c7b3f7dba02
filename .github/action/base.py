"""Decides about the configuration of a pull request: its base's, so that no pull request changes what it is judged by.

    python base.py REVISION FOLDER CONFIG

prints the options of tektonlint to use in the working folder, the top of the repository, each with a NUL behind it.
FOLDER is made; into it goes what a configuration can name (policies, other configurations, a baseline) as REVISION has
it. CONFIG is the input `config`, or empty for the repository's own configuration. What goes wrong is one line on
standard error, and exit code 2.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tektonlint.commands.loading import configured
from tektonlint.config import NAMES, find
from tektonlint.errors import UserError
from tektonlint.tree import SIZE_LIMIT, Root

# Whatever the configuration of the repository says: nothing is started, fetched or replaced.
OPTIONS = ("--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
# Of configurations, policies and baselines.
SUFFIXES = (".yaml", ".yml", ".toml", ".json")
FILE, LINK = "100", "120000"
INCOMPLETE = "Files of the base are not in this clone. Check it out without `filter`."
# As many links behind one another as Linux follows.
LINKS = 40


class Entry(NamedTuple):
    """A file or a link of a revision: its mode in octal digits, and the name of its object."""

    mode: str
    object: str


class Revision:
    """What a revision holds, read from objects: nothing is checked out, so that no filter of the repository runs."""

    def __init__(self, name: str) -> None:
        """Raises `UserError` where the working folder is not the top of a repository that has the revision."""
        git = shutil.which("git", path=os.pathsep.join(filter(os.path.isabs, os.get_exec_path())))
        if git is None:
            raise UserError("This runner has no git, and the configuration of the base is read with it.")
        self._git = (git, *OPTIONS)
        if self._said("rev-parse", "--show-prefix") != b"\n":
            raise UserError("The workspace is not the top of a Git repository. Check it out there, without `path`.")
        if self._said("cat-file", "-t", name) != b"commit\n":
            raise UserError(
                f"The base {name} of the pull request is not in this clone, so it is not known whose configuration "
                "counts. Write `fetch-depth: 0` for actions/checkout."
            )
        self.entries = self._listed(name)

    def is_at_head(self, path: str) -> bool:
        """Whether the commit that is checked out has a file or a link of this name."""
        return path in self._listed("HEAD", f":(top,literal){path}")

    def files(self, named: str | None) -> Iterator[tuple[str, bytes]]:
        """The files that a configuration can name, and the one that is named: their names and what is in them.

        A link to a file of the revision counts as that file; other links are left out, and what tektonlint would
        refuse for its size.
        """
        wanted = [path for path in self.entries if path.endswith(SUFFIXES) or path == named]
        with subprocess.Popen(
            [*self._git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as objects:
            for path in wanted:
                name, entry = path, self.entries.get(path)
                for _ in range(LINKS):
                    if entry is None or entry.mode != LINK:
                        break
                    target = os.fsdecode(_content(objects, entry))
                    name = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                    entry = self.entries.get(name)
                if entry is not None and entry.mode.startswith(FILE):
                    data = _content(objects, entry)
                    if len(data) <= SIZE_LIMIT:
                        yield path, data

    def _listed(self, revision: str, *paths: str) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        listed = self._said("ls-tree", "-r", "-z", "--full-tree", revision, "--", *paths)
        if listed is None:
            raise UserError(INCOMPLETE)
        for line in listed.split(b"\0")[:-1]:
            head, _, path = line.partition(b"\t")
            mode, _, name = head.decode("ascii").split()
            entries[os.fsdecode(path)] = Entry(mode, name)
        return entries

    def _said(self, *words: str) -> bytes | None:
        """What git prints, or None where it fails."""
        done = subprocess.run([*self._git, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None


def _content(objects: subprocess.Popen[bytes], entry: Entry) -> bytes:
    """What is in an object, from a running `git cat-file --batch`. Raises `UserError` where it was not fetched."""
    assert objects.stdin is not None
    assert objects.stdout is not None
    objects.stdin.write(f"{entry.object}\n".encode())
    objects.stdin.flush()
    header = objects.stdout.readline().split()
    if len(header) != 3:
        raise UserError(INCOMPLETE)
    return objects.stdout.read(int(header[2]) + 1)[:-1]


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


def _names_in_workspace(path: str) -> list[str]:
    """What a path can be called in the repository, before links are followed and after."""
    workspace = os.path.realpath(os.curdir)
    folder, name = os.path.split(os.path.abspath(path))
    ways = (os.path.join(folder, name), os.path.join(os.path.realpath(folder), name), os.path.realpath(path))
    return [os.path.relpath(way, workspace) for way in dict.fromkeys(ways) if way.startswith(workspace + os.sep)]


def main() -> int:
    _, name, folder, given = sys.argv
    try:
        print(*options(name, Path(folder), given), sep="\0", end="\0")
    except (UserError, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
