"""What .gitignore files leave out. pathspec knows their language, and is imported where there is one."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec

# A .gitignore: the folder it stands in, and its patterns.
Ignore = tuple[str, "pathspec.GitIgnoreSpec"]


def patterns(lines: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """The patterns of a .gitignore; a line that is no pattern matches nothing, as for git."""
    import warnings

    import pathspec

    lines = tuple(lines)
    with warnings.catch_warnings():
        # `[[:alpha:]]` makes a regular expression that Python means to read otherwise some day.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return pathspec.GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            return pathspec.GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    import pathspec

    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def ignores_above(folder: str, root: str) -> tuple[Ignore, ...]:
    """The .gitignore files of the folders from the root down to `folder`, without its own."""
    above: list[str] = []
    while folder != root and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        above.append(folder)
    ignores: list[Ignore] = []
    for parent in reversed(above):
        ignores.extend(_own_ignore(parent))
    return tuple(ignores)


def with_own(
    folder: str, ignores: tuple[Ignore, ...], entries: Iterable[os.DirEntry[str]]
) -> tuple[Ignore, ...]:
    if any(entry.name == ".gitignore" for entry in entries):
        return (*ignores, *_own_ignore(folder))
    return ignores


def _own_ignore(folder: str) -> Iterator[Ignore]:
    path = os.path.join(folder, ".gitignore")
    try:
        # git does not follow a link here either (gitignore(5)), and it could lead out of the root.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return
    yield folder, patterns(line.removesuffix("\r") for line in lines)


def is_ignored(path: str, is_folder: bool, ignores: tuple[Ignore, ...]) -> bool:
    """Whether the last .gitignore that says anything about a path leaves it out (gitignore(5))."""
    for folder, patterns in reversed(ignores):
        name = os.path.relpath(path, folder).replace(os.sep, "/")
        said = patterns.check_file(name + "/" if is_folder else name).include
        if said is not None:
            return said
    return False
