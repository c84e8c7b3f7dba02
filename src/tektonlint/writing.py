"""Replaces a file by other bytes: wholly or not at all."""

from __future__ import annotations

import contextlib
import os
import stat


class NotWritten(Exception):
    """The file was left as it is; the text says why, in a clause."""


def replace(path: str, before: bytes, after: bytes) -> None:
    """Writes `after` to a file that still holds `before`. Raises `NotWritten`.

    The bytes go to a new file beside it, with its mode and owner, which then takes its name: whoever is killed
    on the way leaves the old file or the new one. A link is never written through, for it could lead anywhere.
    """
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotWritten("it is a link or no regular file")
        # Opened for writing too, so that what is read-only stays what it is.
        with open(path, "r+b") as file:
            if file.read() != before:
                raise NotWritten("it was changed since it was read")
        temporary = _beside(path, after, status)
        try:
            if _version(os.lstat(path)) != _version(status):
                raise NotWritten("it was changed since it was read")
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise NotWritten((error.strerror or str(error)).lower()) from None
    _sync_folder(os.path.dirname(path))


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """What changes with a file's bytes."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def _beside(path: str, data: bytes, status: os.stat_result) -> str:
    """A new file in the same folder, on the disk when this returns, with the mode and owner of another.

    Its name does not end like that of a YAML file, in case it is left behind.
    """
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".tektonlint-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            own = os.fstat(file.fileno())
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            # After the owner, since giving a file away takes some bits of its mode.
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


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
