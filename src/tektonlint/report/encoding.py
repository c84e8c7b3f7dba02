"""How reports for programs are written down, so that nothing on the way obeys or breaks them."""

from __future__ import annotations

import json
from typing import Any


def json_line(value: Any) -> str:
    """JSON on one line, in ASCII, so that no encoding on the way can break it.

    JSON lets stand what is escaped here, and it can only be inside a string: DEL, which is for terminals, and what a
    service that keeps the line as a log would obey (see `terminal.escape`).
    """
    line = json.dumps(value).replace("\x7f", "\\u007f")
    return line.replace("##[", "\\u0023#[").replace("##vso[", "\\u0023#vso[") + "\n"


def is_text(value: str) -> bool:
    """Whether every character can be written to a file; lone surrogates, for bytes that are no UTF-8, cannot."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def path_bytes(path: str) -> bytes:
    """A path in bytes: those on the disk, where names are bytes, of which Python makes lone surrogates."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "backslashreplace")


def path_text(path: str) -> str:
    r"""A path for programs that refuse lone surrogates: a byte that is no UTF-8 is spelled out, as `\x80`."""
    return path_bytes(path).decode("utf-8", "backslashreplace")
