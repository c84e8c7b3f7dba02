"""Replaces a file by other bytes: wholly or not at all."""

from __future__ import annotations

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
        with open(path, "rb") as file:
            if file.read() != before:
                raise NotWritten("it was changed since it was read")
        temporary = _beside(path, after, status)
        try:
            if os.lstat(path).st_mtime_ns != status.st_mtime_ns:
                raise NotWritten("it was changed since it was read")
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _sync_folder(os.path.dirname(path))
    except OSError as error:
        raise NotWritten((error.strerror or str(error)).lower()) from None


def _beside(path: str, data: bytes, status: os.stat_result) -> str:
    """A new file in the same folder, on the disk when this returns, with the mode and owner of another."""
    import tempfile

    handle, temporary = tempfile.mkstemp(
        dir=os.path.dirname(path), prefix=f".{os.path.basename(path)[:100]}.", suffix=".tektonlint"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            own = os.fstat(file.fileno())
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _sync_folder(folder: str) -> None:
    """Makes the new name last through a crash of the machine, where folders can be synced at all."""
    if os.name == "posix":
        handle = os.open(folder or os.curdir, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
