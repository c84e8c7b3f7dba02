"""What runs a script, and a script as a shell's parser may read it: with Tekton's variables masked."""

from __future__ import annotations

import os
from functools import lru_cache

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

# Shells by their names; busybox is one only where its first argument says so.
PLAIN_SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh"))
SHELLS = PLAIN_SHELLS | {"busybox"}

_VARIABLE = pattern(
    r"\$\((?:params|workspaces|results|context|steps?|tasks|inputs|outputs|credentials|artifacts|workspace)"
    r"(?:\.[A-Za-z0-9_\-./]+|\[(?:\*|\d+|'[^']*'|\"[^\"]*\")\])+\)"
)
_SHEBANG = pattern(r"#![ \t]*(\S+)(?:[ \t]+([^\n]*))?")
_NOT_ASCII = pattern(r"[^\x00-\x7f]")


class Shebang(NamedTuple):
    """The first line of a script: the interpreter's name without its folder, the words behind it, and the line.

    Of `#!/usr/bin/env -S bash -e` the interpreter is `bash` and the words are `-e`.
    """

    interpreter: str
    options: tuple[str, ...]
    line: str


@lru_cache(maxsize=1024)
def shebang(script: str) -> Shebang | None:
    """The shebang, which Tekton looks for behind white space (pkg/pod/script.go, hasShebang); None where there is
    none, and Tekton puts `#!/bin/sh` and `set -e` before the script."""
    match = _SHEBANG.match(script.lstrip())
    if match is None:
        return None
    words = (match[2] or "").split()
    name = os.path.basename(match[1])
    if name == "env":
        while words and (words[0].startswith("-") or "=" in words[0]):
            words = words[1:]
        if words:
            name, words = os.path.basename(words[0]), words[1:]
    return Shebang(name, tuple(words), match[0].rstrip())


def interpreter(script: str) -> str:
    """The name of what runs a script: `sh` where there is no shebang."""
    found = shebang(script)
    return "sh" if found is None else found.interpreter


def masked(script: str) -> str:
    """The script with `${…}` of the same length in place of each of Tekton's variables.

    Raw they would be command substitutions to a shell's parser: `$(params.x)` becomes `${PARAMS_X}`.
    """
    return _VARIABLE.sub(lambda match: _as_shell_variable(match[0]), script) if "$(" in script else script


def parsable(script: str) -> str:
    """The masked script with an `x` for every character outside ASCII, so that bytes and characters are counted
    alike."""
    text = masked(script)
    return text if text.isascii() else _NOT_ASCII.sub("x", text)


@lru_cache(maxsize=1024)
def _as_shell_variable(text: str) -> str:
    name = "".join(one if one.isalnum() and one.isascii() else "_" for one in text[2:-1])
    return f"${{{name.upper()}}}"
