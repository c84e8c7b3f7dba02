"""The folder that bounds a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from tektonlint.errors import UserError
from tektonlint.records import NamedTuple


class Root(NamedTuple):
    """The folder that bounds a run. `folder` is absolute with links resolved.

    `marked` says that a `.git` or a configuration makes it one (or that it was given), so that all of it
    belongs together; otherwise only what is named is read.
    """

    folder: str
    marked: bool


class UsageError(UserError):
    """What was asked for cannot be done; the text is one line for a person."""


def find_root(
    paths: Iterable[str], given: str | None, is_configured: Callable[[str], bool]
) -> Root:
    """The root for the named paths: the one given, or the nearest folder upward with `.git` or a configuration.

    `is_configured` says whether a folder holds a configuration. Without a mark it is the folder that holds
    everything named. Raises `UsageError`.
    """
    if given is not None:
        if not os.path.isdir(given):
            raise UsageError(f"--root {given}: there is no such folder")
        return Root(folder=os.path.realpath(given), marked=True)
    folders = [folder_of(path) for path in paths] or [os.path.realpath(os.curdir)]
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UsageError("the paths are on different drives and have no root in common") from None
    folder = common
    while True:
        if os.path.lexists(os.path.join(folder, ".git")) or is_configured(folder):
            return Root(folder=folder, marked=True)
        parent = os.path.dirname(folder)
        if parent == folder:
            return Root(folder=common, marked=False)
        folder = parent


def folder_of(path: str) -> str:
    """The folder of a path, links resolved; a link that is named is judged where it stands."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    return os.path.realpath(os.path.dirname(path) or os.curdir)
