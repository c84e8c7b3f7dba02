"""What well-known programs do with their arguments: the table `tables/programs.json`, and how words are read by it.

A role says what a program does to the path in an argument:

- `read`, `write` (the file that is there keeps its owner and mode), `append`, `update` (changed in place), `edit`
  (changed, but written anew and renamed), `folder` (made), `remove`, `move` (read, then gone), `mode` (its mode, owner
  or group changes), `tree-read` and `tree-write` (it and everything below it)
- `into` (a copy: a file, or a folder that gets files of the same names), `into-anew` (the same by renaming or after
  removing), `tree-into` (with everything below), `named` (no path that matters, but its name becomes that of the copy)
- `packed`, `unpacked` (read, and a file beside it is written: `a.gz` of `a`, or `a` of `a.gz`)
- `image-read`, `image-write`: an image in one of the transports of containers/image; `oci-archive:PATH` names a path
- `typed-read` (`file:media/type`), `at-read` (`@file`), `keyed-read` (`key=file`), `format-write` (`json=file`),
  `context-read` (`dir://folder`), `read-or-remote`, `prefix` (of the names of several files), `downloaded` (an address
  whose last part becomes the name of a file), `cloned` (a repository, whose name becomes that of a folder),
  `mount` (`folder:inside`), `folder-for-the-rest` (what is named behind it lies there)
- `expression` (of grep, sed, jq and their like; another one given by an option takes its place), `value`, `value2`
  (the option takes two words), `value-read` (a name and then a file), `reference`, `program`: no path

`arguments` are the roles of the words that are no options; one with a `*` takes any number. A word that begins with a
name and the text of `remote` (`host:`) lies elsewhere. `variants` hold where one
of the options `with` is given. `commands` are sub-commands. An `opaque` program may write whatever it likes in its
folder and to the paths it is given; so may one that is not in the table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from tektonlint import bundled
from tektonlint.records import NamedTuple
from tektonlint.shell.flow import Word
from tektonlint.shell.values import UNKNOWN

Row = dict[str, Any]
_PLAIN: Row = {}


class Role(NamedTuple):
    """A word of a command, what the command does to the path in it, and in which folder it is looked for, if not in
    the working directory.

    `skip` is where in the word the path begins: behind `--output=`.
    """

    role: str
    word: Word
    skip: int = 0
    folder: Word | None = None


class Read(NamedTuple):
    """The words of a command as its program reads them.

    `options` are those given, without values; `known` says whether the table knows the program, `opaque` whether it may
    do to its folder what it likes, `writes_here` whether it certainly writes files there.
    """

    roles: tuple[Role, ...]
    options: tuple[str, ...]
    command: str
    known: bool
    opaque: bool
    writes_here: bool
    absolute: bool


INERT = Read((), (), "", True, False, False, False)
_UNKNOWN = Read((), (), "", False, True, False, False)


@cache
def _table() -> dict[str, Row]:
    with open(os.path.join(bundled.folder("tables"), "programs.json"), encoding="utf-8") as file:
        data = json.load(file)
    sets: dict[str, dict[str, str]] = {}
    for name, options in data["options"].items():
        sets[name] = _with_sets(options, sets)
    found: dict[str, Row] = {}
    for row in data["programs"]:
        expanded = _expanded(row, sets)
        for name in row["names"].split():
            found[name] = expanded
    return found


def _with_sets(options: dict[str, str], sets: dict[str, dict[str, str]]) -> dict[str, str]:
    named = options.get("*")
    return {**sets[named], **{key: value for key, value in options.items() if key != "*"}} if named else options


def _expanded(row: Row, sets: dict[str, dict[str, str]]) -> Row:
    new = dict(row)
    if "options" in row:
        new["options"] = _with_sets(row["options"], sets)
    if "commands" in row:
        new["commands"] = {
            name: _expanded(inner, sets) for names, inner in row["commands"].items() for name in names.split()
        }
    return new


def is_known(name: str) -> bool:
    """Whether the table has a program."""
    return name in _table()


def read(name: str, words: Sequence[Word]) -> Read:
    """The words of a command of a program, with the role of each path."""
    row = _table().get(name)
    if row is None:
        return _UNKNOWN
    if len(row) == 1:
        # Only a name: it does nothing to files by its words.
        return INERT
    return _read(row, list(words), "", opaque=False, absolute=False)


def _read(row: Row, words: list[Word], command: str, *, opaque: bool, absolute: bool) -> Read:
    opaque = row.get("opaque", opaque and not command)
    absolute = absolute or bool(row.get("absolute"))
    if row.get("first") == "options" and words and not words[0].text.startswith("-"):
        # tar's old way: `tar xzf file`.
        first = words[0]
        words = [first._replace(values=tuple(f"-{one}" for one in first.values)), *words[1:]]
    if "assignments" in row:
        roles = [
            Role(role, word, len(key) + 1)
            for word in words
            for key, role in row["assignments"].items()
            if word.text.startswith(f"{key}=")
        ]
        return Read(tuple(roles), (), command, True, opaque, False, absolute)
    commands = row.get("commands")
    given = _Options(row, words, until_word=commands is not None)
    if commands is not None:
        if not given.rest:
            return Read(tuple(given.roles), tuple(given.names), command, True, opaque, False, absolute)
        name = given.rest[0].text
        inner = commands.get(name)
        if inner is not None:
            under = _read(inner, given.rest[1:], name, opaque=False, absolute=absolute)
            whole = f"{name} {under.command}".strip() if under.command != name else name
            options = (*given.names, *under.options)
            return under._replace(roles=(*given.roles, *under.roles), options=options, command=whole)
        given = _Options(row, words, until_word=False)
        command = name
    for variant in row.get("variants", ()) if given.names else ():
        if any(_is_given(option, given.names) for option in variant["with"]):
            if "options" in variant:
                given = _Options({**row, "options": {**row.get("options", {}), **variant["options"]}}, words)
            arguments = variant.get("arguments", row.get("arguments", ""))
            here = bool(variant.get("writes-here"))
            break
    else:
        arguments = row.get("arguments", "")
        here = bool(row.get("writes-here") or row.get("otherwise", {}).get("writes-here"))
    rest = given.rest
    if rest and rest[0].text in row.get("skip", ()):
        rest = rest[1:]
    roles = [*given.roles, *_positional(arguments, rest, given)]
    remote = row.get("remote")
    if remote is not None:
        roles = [one for one in roles if one.skip or not _is_elsewhere(one.word.text, remote)]
    if any(one.role == "tree-write" for one in roles):
        here = False
    return Read(tuple(roles), tuple(given.names), command, True, opaque, here, absolute)


def _is_elsewhere(text: str, mark: str) -> bool:
    """Whether a word is `host:path`; what begins with a variable or a slash is not."""
    head, found, _ = text.partition(mark)
    return bool(found) and not head.startswith(("/", ".", "$"))


def _is_given(option: str, names: Sequence[str]) -> bool:
    """Whether an option was given; `-i` also as `-i.bak`."""
    short = len(option) == 2
    return any(one == option or (short and one.startswith(option) and not one.startswith("--")) for one in names)


class _Options:
    """The options among words, and the words that are none."""

    def __init__(self, row: Row, words: list[Word], *, until_word: bool = False) -> None:
        self.known: dict[str, str] = row.get("options", {})
        self.long = row.get("words") == "long"
        self.equals: dict[str, str] = row.get("equals", {})
        self.names: list[str] = []
        self.roles: list[Role] = []
        self.rest: list[Word] = []
        # Whether an option gave what the first word would have been: `-e` of sed, `-f` of awk.
        self.has_expression = False
        self.folder: Word | None = None
        self.folders: list[tuple[int, Word]] = []
        waiting = list(words)
        while waiting:
            word = waiting.pop(0)
            text = word.text
            if text == "--":
                self.rest.extend(waiting)
                return
            if until_word and text == UNKNOWN and not word.quoted:
                # A variable before the sub-command holds options, or nothing.
                continue
            if not text.startswith("-") or text == "-":
                self.rest.append(word)
                if until_word:
                    self.rest.extend(waiting)
                    return
                continue
            waiting = self.option(word, text, waiting)

    def option(self, word: Word, text: str, waiting: list[Word]) -> list[Word]:
        name, equals, _ = text.partition("=")
        if self.equals and equals and name in self.equals:
            self.take(self.equals[name], word, len(name) + 1)
            return waiting
        if text.startswith("--") or self.long:
            self.names.append(name)
            role = self.known.get(name, self.equals.get(name))
            if role is None and self.known.get(text[:2]) == "program":
                # `python -mpip`
                self.has_expression = True
            if role is None or role == "flag":
                return waiting
            if equals:
                self.take(role, word, len(name) + 1)
                return waiting
            return self.next(role, waiting)
        # Letters in one word: `-xzf file`, `-ofile`.
        for number, letter in enumerate(text[1:], 1):
            option = f"-{letter}"
            role = self.known.get(option)
            if role is None and text in self.known:
                # A long option with one dash.
                self.names.append(text)
                return self.next(self.known[text], waiting)
            self.names.append(option)
            if role is None or role == "flag":
                if letter == "i" and number == 1:
                    # `sed -i.bak`: what follows is a suffix.
                    break
                continue
            if number + 1 < len(text):
                skip = number + 1
                self.take(role, word, skip + 1 if text[skip] == "=" else skip)
                return waiting
            return self.next(role, waiting)
        return waiting

    def next(self, role: str, waiting: list[Word]) -> list[Word]:
        if not waiting:
            return waiting
        if role == "value2":
            return waiting[2:]
        if role == "value-read":
            if len(waiting) > 1:
                self.take("read", waiting[1], 0)
            return waiting[2:]
        self.take(role, waiting[0], 0)
        return waiting[1:]

    def take(self, role: str, word: Word, skip: int) -> None:
        if role in ("expression", "read-expression"):
            self.has_expression = True
            role = "read" if role == "read-expression" else "value"
        if role == "folder-for-the-rest":
            self.folders.append((len(self.rest), word))
            return
        if role not in ("value", "flag", "reference", "program"):
            self.roles.append(Role(role, word, skip))
        elif role == "program":
            # `python -c '…'`, `perl -e`: the first word is an argument of the program.
            self.has_expression = True

    def folder_at(self, number: int) -> Word | None:
        """The folder that a word is looked for in, by its number among the rest."""
        found = [word for at, word in self.folders if at <= number]
        return found[-1] if found else None


def _positional(arguments: str, words: list[Word], given: _Options) -> Iterator[Role]:
    """The roles of the words that are no options: fixed ones first and last, one with a star between."""
    if given.has_expression:
        head, _, behind = arguments.partition(" ")
        arguments = behind if head == "expression" else "value*" if head == "read" else arguments
    first, repeated, last = _order(arguments)
    pairs = list(zip(first, words, strict=False))
    if repeated is not None:
        stop = max(len(words) - len(last), len(first))
        pairs += [(repeated, word) for word in words[len(first) : stop]]
        pairs += zip(last, words[stop:], strict=False)
    for number, (role, word) in enumerate(pairs):
        if role not in ("value", "expression"):
            yield Role(role, word, 0, given.folder_at(number) if given.folders else None)


@cache
def _order(arguments: str) -> tuple[list[str], str | None, list[str]]:
    """The roles before the one with a star, that one without it, and those behind; None where there is no star."""
    roles = arguments.split()
    star = next((number for number, role in enumerate(roles) if role.endswith("*")), None)
    return (roles, None, []) if star is None else (roles[:star], roles[star].rstrip("*"), roles[star + 1 :])


def path_in(role: str, text: str) -> str | None:
    """The path in a word of a role; None where it holds none: an address, another transport."""
    if role in ("image-read", "image-write"):
        return _of_transport(text)
    if role == "context-read":
        return text.removeprefix("dir://") if "://" not in text or text.startswith("dir://") else None
    if "://" in text or text == "-" or not text or text.startswith(("/dev/", "/proc/")):
        return None
    if role == "at-read":
        at = text.find("@")
        return text[at + 1 :] if at == 0 or (at > 0 and text[at - 1] == "=") else None
    if role == "keyed-read":
        return text.partition("=")[2] or text
    if role == "format-write":
        return text.partition("=")[2] or None
    if role == "typed-read":
        head, colon, tail = text.rpartition(":")
        return head if colon and "/" in tail and ")" not in tail else text
    if role == "mount":
        return text.partition(":")[0] if text.startswith(("/", "$(")) else None
    return text


_TRANSPORTS = ("oci-archive:", "docker-archive:", "dir:", "oci:")


def transport_of(text: str) -> str:
    """`oci-archive`, `docker-archive`, `dir` or `oci`, or "" for what is no file (containers-transports(5))."""
    return next((one[:-1] for one in _TRANSPORTS if text.startswith(one)), "")


def _of_transport(text: str) -> str | None:
    transport = transport_of(text)
    if not transport or text.startswith("docker-daemon:"):
        return None
    path = text[len(transport) + 1 :]
    if transport != "dir":
        # A name or a tag may follow; a colon inside one of Tekton's variables cannot be.
        path = path.partition(":")[0]
    return path or None


def last_part(text: str) -> str:
    """The name that a program gives to what it fetches from an address: the last part, without `.git`."""
    path = text.split("?", 1)[0].rstrip("/")
    name = path.rpartition("/")[2].removesuffix(".git")
    return UNKNOWN if not name or UNKNOWN in name or "$(" in name else name
