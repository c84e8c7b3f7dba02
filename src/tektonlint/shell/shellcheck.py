"""ShellCheck over many scripts at once: https://www.shellcheck.net, which is a program of its own.

It sees scripts with Tekton's variables masked, in a folder for this one call, and nothing else: neither a configuration
of the folder it stands in (`--norc`) nor what a script sources (never `-x`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tektonlint.errors import UserError
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import interpreter, masked, shebang

# The shells that it knows; for any other it answers SC1071.
KNOWN = frozenset(("sh", "bash", "dash", "ash", "ksh", "busybox"))
# Nobody waits longer for a script that was written to take forever.
_SECONDS = 120
# What it says of the shebang, of files that it is not to follow, and of `ash`, which it reads as dash.
_NOT_ITS_BUSINESS = frozenset((1071, 1090, 1091, 1114, 1128, 2148, 2187))
# Single quotes around an expansion, `rm -rf "$x/"*`, an expansion in printf's format, in an array, in `tr`'s set.
_ABOUT_EXPANSIONS = frozenset((2016, 2059, 2060, 2089, 2090, 2115, 2206, 2207))


class Program(NamedTuple):
    """Leave to start ShellCheck, by its absolute path. Only the command line gives it."""

    path: str


class Replacement(NamedTuple):
    """`text` in place of a part of a script."""

    start: int
    end: int
    text: str


class Remark(NamedTuple):
    """What ShellCheck says about a part of a script; its offsets are those of the text that was given."""

    start: int
    end: int
    level: str
    code: int
    text: str
    replacements: tuple[Replacement, ...]


# What Tekton puts before a script without a shebang; ShellCheck reads the option as `set -e`.
DEFAULT = "#!/bin/sh -e"
# Among the names of an environment: it may set any.
ANY_NAME = "*"


class Input(NamedTuple):
    """A script, the first line that it is run with where it has none, and the names that its environment sets."""

    text: str
    first: str = DEFAULT
    names: frozenset[str] = frozenset()


def remarks(program: Program, scripts: Sequence[Input], minimum: str) -> list[tuple[Remark, ...]]:
    """What there is to say about each script. Raises `UserError` where the program does not do its work."""
    batch = [_Sent(one) for one in scripts]
    found: list[list[Remark]] = [[] for _ in batch]
    for number, raw in _comments(_run(program, batch, minimum)):
        if number < len(batch):
            remark = batch[number].remark(raw)
            if remark is not None:
                found[number].append(remark)
    return [tuple(sorted(each)) for each in found]


class _Sent:
    """A script as ShellCheck gets it."""

    def __init__(self, given: Input) -> None:
        self.given = given
        text = masked(given.text)
        line = shebang(given.text)
        if line is None:
            head = f"{given.first}\n"
        elif not given.text.startswith("#!"):
            head = f"#!/bin/{interpreter(given.text)}\n"
        else:
            head = ""
        # Whether the image decides which shell /bin/sh is; `bash-syntax-under-default-sh` knows images.
        self.by_default = line is None and given.first == DEFAULT
        self.ahead = head.count("\n")
        self.text = head + text
        # What was masked, by its place.
        self.hidden = list(_differing(given.text, text))
        self.lines = [0]
        for at, one in enumerate(given.text):
            if one == "\n":
                self.lines.append(at + 1)

    def remark(self, raw: dict[str, Any]) -> Remark | None:
        """A comment with its place in the script; None for what is about the masks, or no fault of the script's."""
        start, end = self.offset(raw["line"], raw["column"]), self.offset(raw["endLine"], raw["endColumn"])
        if start is None or raw["code"] in _NOT_ITS_BUSINESS:
            return None
        end = max(start, end if end is not None else start)
        if raw["code"] == 2154 and not {ANY_NAME, str(raw["message"]).split(" ", 1)[0]}.isdisjoint(self.given.names):
            return None
        if 3000 <= raw["code"] < 4000 and self.by_default:
            return None
        if self.is_about_masks(start, end, raw["code"]):
            return None
        text = " ".join(str(raw["message"]).split())[:400]
        return Remark(start, end, str(raw["level"]), int(raw["code"]), text, self.replacements(raw.get("fix")))

    def is_about_masks(self, start: int, end: int, code: int) -> bool:
        """Whether a comment is about Tekton's variables, which are text when a shell comes to see them.

        One about a larger part is so if no expansion of the shell's own is left in it without them.
        """
        inside = [one for one in self.hidden if start < one[1] and one[0] < end]
        if any(first <= start and end <= last for first, last in inside):
            return True
        if not inside or code not in _ABOUT_EXPANSIONS:
            return False
        rest, at = "", start
        for first, last in inside:
            rest += self.given.text[at:first]
            at = last
        rest += self.given.text[at:end]
        return "$" not in rest and "`" not in rest

    def replacements(self, fix: Any) -> tuple[Replacement, ...]:
        """Its own corrections; none where one would touch what is masked."""
        found: list[Replacement] = []
        for one in (fix or {}).get("replacements", ()):
            start, end = self.offset(one["line"], one["column"]), self.offset(one["endLine"], one["endColumn"])
            if start is None or end is None or any(start < last and first < end for first, last in self.hidden):
                return ()
            found.append(Replacement(start, end, str(one["replacement"])))
        return tuple(sorted(found))

    def offset(self, line: int, column: int) -> int | None:
        """An offset of the script; columns count characters from 1, a tab as one."""
        number = line - 1 - self.ahead
        if not 0 <= number < len(self.lines):
            return len(self.given.text) if number >= 0 else None
        return min(self.lines[number] + column - 1, len(self.given.text))


def _differing(one: str, other: str) -> Iterator[tuple[int, int]]:
    """Where two texts of one length differ: Tekton's variables, from `$(` to `)`."""
    at = 0
    while one != other:
        at = next((number for number in range(at, len(one)) if one[number] != other[number]), len(one))
        if at >= len(one):
            return
        end = one.find(")", at) + 1
        yield at - 1, end
        at = end


def _run(program: Program, batch: Sequence[_Sent], minimum: str) -> bytes:
    import subprocess
    import tempfile

    # Options of the caller's could switch on what is switched off here.
    environment = {name: value for name, value in os.environ.items() if name != "SHELLCHECK_OPTS"}
    with tempfile.TemporaryDirectory(prefix="tektonlint-") as folder:
        names = [f"{number}.sh" for number in range(len(batch))]
        for name, one in zip(names, batch, strict=True):
            with open(os.path.join(folder, name), "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(one.text)
        command = [program.path, "--norc", "--format=json1", f"--severity={minimum}", *names]
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS,
                check=False,
            )  # fmt: skip
        except OSError as error:
            raise UserError(f"{program.path} cannot be started: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise UserError(f"{program.path} has not answered after {_SECONDS} seconds") from None
    if done.returncode not in (0, 1):
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
        raise UserError(f"{program.path} ended with exit code {done.returncode}: {said}")
    return done.stdout


def _comments(output: bytes) -> Iterable[tuple[int, dict[str, Any]]]:
    """The comments of the format `json1`, each with the number of its script. Raises `UserError` for anything else."""
    try:
        comments = json.loads(output)["comments"]
        found = [(int(os.path.basename(one["file"]).partition(".")[0]), one) for one in comments]
        for _, one in found:
            for key in ("line", "endLine", "column", "endColumn", "code"):
                if not isinstance(one[key], int):
                    raise ValueError(key)
            _ = one["level"], one["message"]
    except (ValueError, KeyError, TypeError, IndexError):
        raise UserError("what ShellCheck printed is not its format `json1`, which it has since version 0.7") from None
    return found
