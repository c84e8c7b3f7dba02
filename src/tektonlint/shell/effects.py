"""What a script does to files: each path that it reads or writes, in order, with the mode that a new file gets.

Modes are those measured under each umask: 0666 and 0777 less the umask for files and folders, 0600 for what `mktemp`
makes and what is moved or copied from it, 0755 for `install`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import SHELLS
from tektonlint.shell.flow import Command, Fact, Flow, Redirect, Word
from tektonlint.shell.programs import INERT, Read, Role, last_part, path_in, read, transport_of
from tektonlint.shell.values import NOT_KNOWN, TEMPORARY, UNKNOWN, Value, joined
from tektonlint.shell.walk import follow, run_words

# What is done to a path. `use`: a program that may do anything was given it.
READ, WRITE, UPDATE, FOLDER, REMOVE, MODE, USE = "read", "write", "update", "folder", "remove", "mode", "use"

_REDIRECTS = {">": WRITE, ">|": WRITE, "&>": WRITE, ">&": WRITE, ">>": UPDATE, "&>>": UPDATE, "<": READ, "<>": UPDATE}
_ATOM = pattern(f"{TEMPORARY}[0-9]+{TEMPORARY}")
_MODE = pattern(r"0*([0-7]{1,4})")
# An option and the mode in the same word. Among other options only what looks like a mode is one.
_WITH_MODE = pattern(r"(-m|--mode=|-[A-Za-z]*?m(?=[0-7]|[ugoa]*[-+=]))(?s:.+)")
# What a role is: what it does, whether to everything below, and whether a new file takes the old one's place.
_ROLES = {
    "read": (READ, False, False),
    "at-read": (READ, False, False),
    "keyed-read": (READ, False, False),
    "typed-read": (READ, False, False),
    "read-or-remote": (READ, False, False),
    "image-read": (READ, False, False),
    "tree-read": (READ, True, False),
    "context-read": (READ, True, False),
    "mount": (USE, True, False),
    "write": (WRITE, False, False),
    "format-write": (WRITE, False, False),
    "image-write": (WRITE, False, False),
    "tree-write": (WRITE, True, False),
    "append": (UPDATE, False, False),
    "update": (UPDATE, False, False),
    "edit": (UPDATE, False, True),
    "folder": (FOLDER, False, False),
    "remove": (REMOVE, False, False),
    "move": (READ, True, False),
    "mode": (MODE, False, False),
}
# What stands behind `||` where a failure is of no account.
_FORGIVEN = ("true", ":", "echo")
# Variables that name what commands read, and whether that is a folder.
_READ_BY_ALL = {"KUBECONFIG": False, "DOCKER_CONFIG": True}
_RECURSIVE = ("-r", "-R", "--recursive", "-a", "--archive")
_TARGET = ("-t", "--target-directory")
# The ends of the names that packers give, and what becomes of them by unpacking.
_PACKED = {"gzip": ".gz", "pigz": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}
_UNPACKED = {".gz": "", ".bz2": "", ".xz": "", ".zst": "", ".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}
# Programs that only look at what they are given, or fetch a value, whatever stands before them.
_OPEN = pattern(r"(?:/|\$\(workspaces\.|\$\((?:step\.)?results\.|\$\(params[.\[])")


class Effect(NamedTuple):
    """What a command does to one path.

    `path` begins with `/` or one of Tekton's variables; what is not known of it is `*`. `tree`: to everything below it
    too. `anew`: a new file takes the place of the old one, so the folder has to be writable and not the file. `mode` of
    a file or folder that is made, or that `chmod` sets; None where it is not known. `start` and `end` are where the
    word stands. `guarded`: only where the path is known to be there. `optional`: it may fail without anybody minding.
    """

    what: str
    path: str
    tree: bool
    anew: bool
    mode: int | None
    start: int
    end: int
    command: Command
    transport: str = ""
    guarded: bool = False
    optional: bool = False
    text: str = ""


class Effects(NamedTuple):
    """The effects of a script, in order, and the paths (of `[ -f X ] || exit`) that it stops without."""

    effects: tuple[Effect, ...]
    demands: tuple[Effect, ...]
    # Folders in which programs ran that may have written anything there.
    opaque: frozenset[str]


NOTHING = Effects((), (), frozenset())


class Analysis(NamedTuple):
    """A script's commands and its effects."""

    flow: Flow
    effects: Effects


@lru_cache(maxsize=4096)
def analysed(
    script: str,
    environment: tuple[tuple[str, Value], ...] = (),
    folders: Value = NOT_KNOWN,
    arguments: tuple[Value, ...] | None = None,
    *,
    shell: bool = False,
) -> Analysis:
    """What a script does; see `walk.follow` for what it is given."""
    flow = follow(script, environment, folders, arguments, shell=shell)
    return Analysis(flow, effects_of(flow))


def effects_of(flow: Flow) -> Effects:
    """What a script does to files."""
    return _Effects(flow).all() if flow.commands else NOTHING


class _Effects:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.found: list[Effect] = []
        self.opaque: set[str] = set()
        # Modes of what was made so far, by the raw path; and what is certainly a folder.
        self.modes: dict[str, int | None] = {}
        self.folders: set[str] = set()

    def all(self) -> Effects:
        for command in self.flow.commands:
            self.command(command)
        for assigned in self.flow.assignments:
            if assigned.name in _READ_BY_ALL:
                at = Word(assigned.value, assigned.start, assigned.end)
                for value in assigned.value:
                    self.add(self.flow.commands[0], READ, value, at, tree=_READ_BY_ALL[assigned.name])
        demands = []
        for one in self.flow.demands:
            path = _pattern(one.path)
            if path is not None:
                tests = (test for test in self.flow.commands if test.start <= one.start and one.end <= test.end)
                test = next(tests, self.flow.commands[0])
                demands.append(Effect(READ, path, False, False, None, one.start, one.end, test))
        # By the command itself: its words are many where its effects are.
        unique: dict[tuple[object, ...], Effect] = {}
        for effect in self.found:
            unique.setdefault((*effect[:7], id(effect.command), *effect[8:]), effect)
        return Effects(tuple(unique.values()), tuple(demands), frozenset(self.opaque))

    def command(self, command: Command) -> None:
        name = command.name
        if name not in self.flow.functions:
            if "/" in command.program and command.program.startswith(("/work", "$(workspaces.", "./", "$(params.")):
                # A program that lies on a workspace is read.
                at = Word((command.program,), command.start, command.name_end)
                self.add(command, READ, command.program, at)
            self.program(command, name)
        for redirect in command.redirects:
            self.redirect(command, redirect)

    def program(self, command: Command, name: str) -> None:
        words = command.words
        reading = read(name, words)
        if reading is INERT:
            return
        if not reading.known:
            if name or command.program:
                self.unknown(command)
            return
        for variable, values in command.environment:
            if variable in _READ_BY_ALL:
                at = Word(values, command.start, command.name_end)
                for value in values:
                    self.add(command, READ, value, at, tree=_READ_BY_ALL[variable])
        mode = self.mode_of(command, reading)
        copies = name in ("cp", "mv", "install", "ln")
        named = reading.roles if copies else ()
        sources = [one.word for one in named if one.role in ("read", "tree-read", "move", "named")]
        for role in reading.roles:
            kind = role.role
            if kind in ("into", "into-anew", "tree-into"):
                self.into(command, reading, role, sources, mode)
            elif kind in ("downloaded", "cloned", "prefix"):
                self.named(command, reading, role)
            elif kind in ("packed", "unpacked"):
                self.packed(command, reading, role)
            elif kind == "folder" and name == "git":
                self.opaque.update(_known(self.paths(command, role, reading)))
            elif kind in _ROLES:
                what, tree, anew = _ROLES[kind]
                if what == READ and name in ("cp", "mv") and any(one in reading.options for one in _RECURSIVE):
                    tree = True
                made = mode if what in (FOLDER, MODE) else self.created(command) if what in (WRITE, UPDATE) else None
                if kind == "edit":
                    # The file has to be there, and keeps its mode.
                    made = None
                recursive = _RECURSIVE[:3] if what == REMOVE else _RECURSIVE[1:3] if what == MODE else ()
                if recursive and any(one in reading.options for one in recursive):
                    tree = True
                transport = transport_of(role.word.text) if kind in ("image-read", "image-write") else ""
                tree = tree or transport in ("dir", "oci")
                for path in self.paths(command, role, reading):
                    self.add(command, what, path, role.word, tree=tree, anew=anew, mode=made, transport=transport)
        if reading.writes_here:
            self.opaque.update(_known(command.folders))
            for folder in command.folders:
                whole = Word((folder,), command.start, command.end)
                self.add(command, WRITE, folder, whole, tree=True)
        if reading.opaque and not is_followed(command):
            self.unknown(command)

    def unknown(self, command: Command) -> None:
        """A program that may do anything: to its folder, and to every path that it is given."""
        self.opaque.update(_known(command.folders))
        for word in command.words:
            for value in word.values:
                text = value.partition("=")[2] if value.startswith("-") and "=" in value else value
                if text.startswith(("/", "$(workspaces.")) and "://" not in text and "\n" not in text:
                    self.opaque.update(_known((text,)))
                    self.add(command, USE, text, word, tree=True)

    def redirect(self, command: Command, redirect: Redirect) -> None:
        what = _REDIRECTS.get(redirect.operator)
        if what is None or redirect.word is None:
            return
        for value in redirect.word.values:
            if value.startswith(("/dev/", "&")) or not value:
                continue
            if redirect.operator == ">&" and (value == "-" or value.rstrip("-").isdigit()):
                continue
            mode = self.created(command) if what != READ else None
            self.add(command, what, value, redirect.word, mode=mode)

    def paths(self, command: Command, role: Role, reading: Read) -> Iterator[str]:
        for value in role.word.values:
            path = path_in(role.role, value[role.skip :])
            if path is None or (reading.absolute and not path.startswith(("/", "$(", "./"))):
                continue
            if role.folder is not None:
                path = joined(role.folder.text, path)
            yield path

    def into(self, command: Command, reading: Read, role: Role, sources: list[Word], mode: int | None) -> None:
        """The files that a copy makes: the destination, or one in it for each source."""
        anew = role.role == "into-anew"
        recursive = command.name == "cp" and any(one in reading.options for one in _RECURSIVE)
        tree = role.role == "tree-into" or command.name == "mv" or recursive
        given_folder = any(one in reading.options for one in _TARGET)
        for target in self.paths(command, role, reading):
            is_folder = given_folder or len(sources) > 1 or target.endswith(("/", "/.")) or target in (".", "..")
            whole = self.resolved(command, target)
            is_folder = is_folder or whole in self.folders or (
                # A workspace; the path of a result is that of a file.
                target.startswith("$(workspaces.") and target.endswith(".path)") and "/" not in target
            )
            for source in sources or [Word((UNKNOWN,), 0, 0)]:
                for value in source.values:
                    name = value.rstrip("/").rpartition("/")[2]
                    path = target
                    if tree and value.endswith(("/.", "/")):
                        path = target
                    elif is_folder:
                        path = f"{target.rstrip('/')}/{_ATOM.sub(UNKNOWN, name) or UNKNOWN}"
                    was = self.modes.get(self.resolved(command, value))
                    made = mode
                    if command.name != "install":
                        made = 0o600 if value.endswith(TEMPORARY) and was is None else was
                        if made is None and command.name == "cp" and not value.startswith(TEMPORARY):
                            made = self.created(command)
                    self.add(command, WRITE, path, role.word, tree=tree, anew=anew, mode=made)
            if command.name == "ln":
                break

    def named(self, command: Command, reading: Read, role: Role) -> None:
        """Files that take their names from an address."""
        if role.role == "cloned":
            if not any(one.role == "tree-write" and one.word is not role.word for one in reading.roles):
                for value in role.word.values:
                    self.add(command, WRITE, last_part(value), role.word, tree=True)
        elif role.role == "prefix":
            for value in role.word.values:
                self.add(command, WRITE, value + UNKNOWN, role.word, mode=self.created(command))
        else:
            folders = [one.word for one in reading.roles if one.role == "tree-write"]
            for value in role.word.values:
                name = last_part(value)
                path = joined(folders[0].text, name) if folders else name
                self.add(command, WRITE, path, role.word, mode=self.created(command))

    def packed(self, command: Command, reading: Read, role: Role) -> None:
        """A file that is packed or unpacked beside itself: `gzip a` makes `a.gz`."""
        for path in self.paths(command, role, reading):
            self.add(command, READ, path, role.word)
            new = path + _PACKED.get(command.name, UNKNOWN)
            if role.role == "unpacked":
                head, end = posixpath.splitext(path)
                new = head + _UNPACKED[end] if end in _UNPACKED else path + UNKNOWN
            self.add(command, WRITE, new, role.word, anew=True, mode=self.modes.get(self.resolved(command, path)))

    def mode_of(self, command: Command, reading: Read) -> int | None:
        """The mode that a command gives: of `mkdir -m`, `install -m`, `chmod`, or what the umask leaves."""
        name = command.name
        if name == "chmod":
            text = next((word.text for word in command.words if not word.text.startswith("-")), "")
            return mode_of(text)
        if name in ("mkdir", "install"):
            given = mode_given(command.words)
            if given is not None:
                return mode_of(given[0].text.removeprefix(given[1]))
            if name == "install":
                return 0o755
            return None if command.umask is None else 0o777 & ~command.umask
        return None

    @staticmethod
    def created(command: Command) -> int | None:
        return None if command.umask is None else 0o666 & ~command.umask

    def resolved(self, command: Command, path: str) -> str:
        return joined(command.folders[0], path)

    def add(
        self,
        command: Command,
        what: str,
        path: str,
        word: Word,
        *,
        tree: bool = False,
        anew: bool = False,
        mode: int | None = None,
        transport: str = "",
    ) -> None:
        for folder in command.folders if not path.startswith(("/", "$(work", TEMPORARY)) else command.folders[:1]:
            whole = joined(folder, path)
            if what == FOLDER:
                self.folders.add(whole)
            if what == UPDATE and whole in self.modes:
                mode = self.modes[whole]
            elif what in (WRITE, UPDATE, FOLDER):
                if whole.endswith(TEMPORARY) and mode is not None and what != FOLDER:
                    # What is written into a file of mktemp's keeps that file's mode.
                    mode = 0o600
                elif whole in self.modes and not anew:
                    mode = self.modes[whole]
                self.modes[whole] = mode
            elif what == MODE and command.name == "chmod":
                self.modes[whole] = mode
            known = _pattern(whole)
            if known is None:
                continue
            facts = command.facts
            guarded = bool(facts) and what == READ and any(
                one.what == "there" and _covers(one.left, whole) for one in facts
            )
            absent = bool(facts) and what in (WRITE, UPDATE) and Fact("missing", whole) in facts
            when = command.when
            optional = when.otherwise in _FORGIVEN or (what == READ and (when.asked or command.silenced))
            span = word.start, word.end
            self.found.append(
                Effect(what, known, tree, anew or absent, mode, *span, command, transport, guarded, optional, whole)
            )


def is_followed(command: Command) -> bool:
    """Whether it is `sh -c` with a script that is known, so that its commands are there themselves."""
    if command.name not in SHELLS:
        return False
    texts = iter(word.text for word in command.words)
    for text in texts:
        if not text.startswith(("-", "+")):
            return False
        if not text.startswith("--") and text.endswith("c"):
            return UNKNOWN not in next(texts, UNKNOWN)
    return False


def mode_of(text: str) -> int | None:
    """The mode that a number says; None for `g+w` and its like."""
    match = _MODE.fullmatch(text)
    return int(match[1], 8) if match is not None else None


def mode_given(words: tuple[Word, ...]) -> tuple[Word, str] | None:
    """The word in which `mkdir` or `install` is given a mode, and the option before the mode in it, as in `-m777`."""
    for number, word in enumerate(words):
        text = word.text
        attached = _WITH_MODE.fullmatch(text)
        if attached is not None:
            return word, attached[1]
        if text == "--mode" or (text.startswith("-") and not text.startswith("--") and text.endswith("m")):
            return (words[number + 1], "") if number + 1 < len(words) else None
    return None


def _covers(there: str, path: str) -> bool:
    """Whether a path is there because another one is."""
    return there == path or path.startswith(there.rstrip("/") + "/")


def _known(paths: Iterator[str] | Value) -> Iterator[str]:
    for path in paths:
        found = _pattern(path)
        if found is not None:
            yield found


@lru_cache(maxsize=1024)
def _pattern(path: str) -> str | None:
    """A path with `*` for what is not known, in plain form; None where it is not known where it begins."""
    match = _OPEN.match(path)
    if match is None or "\n" in path:
        return None
    head, rest = "", path
    if path.startswith("$("):
        at = path.find(")") + 1
        head, rest = path[:at], path[at:]
        if rest and not rest.startswith("/"):
            # What follows without a slash belongs to the name: `$(workspaces.x.path)-old`.
            return None if head.startswith("$(workspaces.") else path.replace(UNKNOWN, "*")
    if TEMPORARY in rest:
        rest = _ATOM.sub(UNKNOWN, rest)
    if head and "/.." in rest and posixpath.normpath(rest.lstrip("/")).startswith(".."):
        return None
    if "//" in rest or "/." in rest or rest.endswith("/"):
        rest = posixpath.normpath(f"/{rest.lstrip('/')}") if rest.strip("/") else ("/" if not head else "")
        if head and rest == "/":
            rest = ""
    if UNKNOWN in rest:
        rest = rest.replace(UNKNOWN, "*")
        while "**" in rest:
            rest = rest.replace("**", "*")
    return head + rest


@lru_cache(maxsize=4096)
def of_words(words: tuple[str, ...], environment: tuple[tuple[str, Value], ...], folders: Value) -> Analysis:
    """What a command does that is written as a list of words; offsets are the numbers of the words."""
    flow = run_words(words, environment, folders)
    return Analysis(flow, effects_of(flow))
