"""Replaces files by other bytes: wholly or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence

from tektonlint.records import NamedTuple


class Change(NamedTuple):
    """A file, the bytes that it is to hold still, and those that it is to hold then."""

    path: str
    before: bytes
    after: bytes


class NotWritten(Exception):
    """A file was left as it is; the text says why, in a clause.

    `path` is that file. `stuck` are files that were replaced together with it and could not be put back.
    """

    def __init__(self, reason: str, path: str = "", stuck: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.path = path
        self.stuck = frozenset(stuck)


class _Ready(NamedTuple):
    """A change, the file with the new bytes that is to take the name of the old one, and what the old one was."""

    change: Change
    temporary: str
    status: os.stat_result


def replace(path: str, before: bytes, after: bytes) -> None:
    """Writes `after` to a file that still holds `before`. Raises `NotWritten`.

    The bytes go to a new file beside it, with its mode and owner, which then takes its name: whoever is killed
    on the way leaves the old file or the new one. A link is never written through, for it could lead anywhere.
    """
    replace_together([Change(path, before, after)])


def replace_together(changes: Sequence[Change]) -> None:
    """Replaces several files as `replace` does, all of them or none. Raises `NotWritten`.

    Every new file is on the disk before the first takes its name, so that little is left that can fail. Where one
    still cannot take its name, those before it are put back, which is a replacement like any other: a file that
    somebody changed in between stays as it is then (`NotWritten.stuck`). No file system renames two files at once,
    so whoever is killed between two names leaves some files new and the others old, each of them whole.
    """
    ready: list[_Ready] = []
    taken: list[Change] = []
    try:
        for change in changes:
            ready.append(_made_ready(change))
        for one in ready:
            _take_name(one)
            taken.append(one.change)
    except BaseException as error:
        _discard(ready[len(taken) :])
        stuck = [change.path for change in reversed(taken) if not _put_back(change)]
        if isinstance(error, NotWritten):
            raise NotWritten(str(error), error.path, stuck) from None
        raise
    for folder in dict.fromkeys(os.path.dirname(change.path) for change in changes):
        _sync_folder(folder)


def check(change: Change) -> None:
    """Raises `NotWritten` where a file could not be replaced now. It does all of it but for the last step."""
    _discard([_made_ready(change)])


def put(path: str, data: bytes) -> None:
    """Writes bytes to a file of that name, which need not be there. Raises `NotWritten`.

    A file is replaced as `replace` does it, wholly or not at all. A link is replaced too and not written through, for
    the tree that is linted may have planted it. What is neither, such as a named pipe, is written into, and so is what
    the system itself has in /dev and /proc, where the links are its own.
    """
    try:
        old = os.lstat(path) if os.path.lexists(path) else None
        regular = old if old is not None and stat.S_ISREG(old.st_mode) else None
        special = old is not None and not regular and not stat.S_ISLNK(old.st_mode)
        if special or _is_of_the_system(path):
            _write_into(path, data)
            return
        if regular is not None and not os.access(path, os.W_OK):
            raise NotWritten("it is read-only", path)
        temporary = _beside(path, data, regular)
        try:
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise _not_written(error, path) from None
    _sync_folder(os.path.dirname(path))


def _is_of_the_system(path: str) -> bool:
    folder = os.path.realpath(os.path.dirname(path) or os.curdir)
    return os.name == "posix" and folder.split(os.sep)[1] in ("dev", "proc")


def _write_into(path: str, data: bytes) -> None:
    """Behind what is there, since the file may be the one that standard output was sent to as well."""
    with open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as file:
        file.write(data)


def _put_back(change: Change) -> bool:
    """Whether a replaced file could be replaced by what it was."""
    try:
        replace(change.path, change.after, change.before)
    except NotWritten:
        return False
    return True


def _discard(ready: Iterable[_Ready]) -> None:
    for one in ready:
        with contextlib.suppress(OSError):
            os.unlink(one.temporary)


def _made_ready(change: Change) -> _Ready:
    """A change with its new bytes on the disk. Raises `NotWritten`."""
    path = change.path
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotWritten("it is a link or no regular file", path)
        # Opened for writing too, so that what is read-only stays what it is.
        with open(path, "r+b") as file:
            if file.read() != change.before:
                raise NotWritten("it was changed since it was read", path)
        return _Ready(change, _beside(path, change.after, status), status)
    except OSError as error:
        raise _not_written(error, path) from None


def _take_name(ready: _Ready) -> None:
    """Lets the new file take the name of the old one. Raises `NotWritten`."""
    path = ready.change.path
    try:
        if _version(os.lstat(path)) != _version(ready.status):
            raise NotWritten("it was changed since it was read", path)
        os.replace(ready.temporary, path)
    except OSError as error:
        raise _not_written(error, path) from None


def _not_written(error: OSError, path: str) -> NotWritten:
    return NotWritten((error.strerror or str(error)).lower(), path)


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """What changes with a file's bytes."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def _beside(path: str, data: bytes, status: os.stat_result | None) -> str:
    """A new file in the same folder, on the disk when this returns, with the mode and owner of another if there is one.

    Its name does not end like that of a YAML file, in case it is left behind.
    """
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or os.curdir, prefix=".tektonlint-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            own = os.fstat(file.fileno())
            if status is not None and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            # After the owner, since giving a file away takes some bits of its mode.
            os.fchmod(file.fileno(), _usual_mode() if status is None else stat.S_IMODE(status.st_mode))
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _usual_mode() -> int:
    """The mode that whoever runs this gives to new files; the system tells only whoever sets it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: str) -> None:
    """Makes the new name last through a crash of the machine, where folders can be synced at all.

    The file is written whatever becomes of this.
    """
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder or os.curdir, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def create(path: str, data: bytes) -> None:
    """Writes a file that is not there yet, wholly or not at all. Raises `NotWritten`.

    Whoever is killed on the way leaves no file of that name. One that somebody else made in between stays.
    """
    temporary = None
    try:
        temporary = _beside(path, data, None)
        _link(temporary, path)
    except FileExistsError:
        raise NotWritten("it is there already", path) from None
    except OSError as error:
        raise _not_written(error, path) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    _sync_folder(os.path.dirname(path))


def _link(temporary: str, path: str) -> None:
    """Gives a file a second name. Unlike a rename, that does not take the place of what is there."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no links.
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(temporary, path)

