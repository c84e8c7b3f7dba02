"""The configuration: `.tektonlint.yaml`, or the table `[tool.tektonlint]` of pyproject.toml, in the root folder.

What it may say is `schemas/config.schema.json`, which editors read too. Everything else that can be wrong
is checked here with the file alone (`load`), or against the policies there are (`check`).
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from functools import cache
from typing import Any, NamedTuple

from tektonlint import document
from tektonlint.bundled import folder as bundled_folder
from tektonlint.document import DEPTH_LIMIT, Entry, Mapping, Node, Scalar, Sequence, plain_data
from tektonlint.errors import UserError
from tektonlint.finding import Path, Severity
from tektonlint.near import did_you_mean, nearest
from tektonlint.policy.catalog import Catalog, Choice
from tektonlint.policy.format import Policy
from tektonlint.schema import Problem, Schema, type_of
from tektonlint.tekton.resource import field as dotted
from tektonlint.tekton.target import Target, Version, newest, parse_version, version_text
from tektonlint.text import BOM, NotText, Source
from tektonlint.tree import SIZE_LIMIT

NAMES = (".tektonlint.yaml", ".tektonlint.yml", "pyproject.toml")

# What is suggested for a task without a timeout, by what the task does.
SUGGEST = {"build": "2h", "transfer": "1h", "test": "1h", "other": "30m"}

# What the policies know of Tekton's releases begins here.
OLDEST: Version = (0, 40)


class ConfigError(UserError):
    """A configuration that cannot be used, in one line: `file:line: what is wrong; did you mean x?`."""


class Written(NamedTuple):
    """A configuration as it is written: the text, and its keys and values with their places."""

    source: Source
    root: Mapping

    def error(self, node: Node, what: str) -> ConfigError:
        return _error(self.source.shown, what, self.source.line_column(node.start)[0])

    def comply(self, schema: Schema, node: Node, path: Path = ()) -> None:
        """Raises `ConfigError` for the first place in the file that the schema does not allow."""
        found = [_Fault.of(problem, path) for problem in schema.problems(node)]
        if found:
            first = min(found, key=lambda fault: fault.at.start)
            raise self.error(first.at, first.sentence())

    def items(self, key: str) -> Iterator[tuple[str, Node]]:
        """The texts of the list under a key, and where they stand; none where it is missing."""
        node = self.at(key)
        for item in node.items if isinstance(node, Sequence) else ():
            yield str(plain_data(item)), item

    def entries(self, *path: str) -> Iterator[Entry]:
        """The keys and values of the mapping under a path of keys; none where it is missing or no mapping."""
        node = self.at(*path)
        if isinstance(node, Mapping):
            yield from node.index.values()

    def at(self, *path: str) -> Node | None:
        """The value under a path of keys, if there is one."""
        node: Node | None = self.root
        for name in path:
            node = node.get(name) if isinstance(node, Mapping) else None
        return node


class Config(NamedTuple):
    """What the users of a tree decided; everything is set.

    `file` is None where there is no configuration. `exclude` are patterns as in .gitignore, relative to the
    root. `policy_paths` are absolute, with links resolved. `suggest` is `timeouts.suggest`: a Go duration for
    each class of tasks in `SUGGEST`. `written` is where all of it stands, which `check` needs for its lines.
    """

    file: str | None
    choice: Choice
    exclude: tuple[str, ...]
    policy_paths: tuple[str, ...]
    target: Target
    suggest: Dict[str, str]
    written: Written | None = None


def find(folder: str) -> str | None:
    """The path of a folder's configuration: the first of `NAMES`; a pyproject.toml counts if it has the table.

    What stands under one of the other names is taken for the configuration whatever it is, and so is a
    pyproject.toml that cannot be read, so that `load` says what is wrong with it.
    """
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.lexists(path) and (not name.endswith(".toml") or _has_table(path)):
            return path
    return None


def load(path: str | None, *, given: bool = False) -> Config:
    """The configuration of a file, or the defaults. Raises `ConfigError`.

    `given` says that the operator named the file, rather than that it was found in the tree that is linted:
    only then may it be a link out of its folder, or name folders of policies outside of it.
    """
    if path is None:
        written = Written(Source("", ""), _empty())
        return _config(None, written, os.curdir, given)
    home = os.path.realpath(os.path.dirname(path) or os.curdir)
    if not given:
        _stay_inside(path, home)
    source = _source(path, _bytes(path))
    written = _from_toml(source) if path.endswith(".toml") else _from_yaml(source)
    written.comply(_schema(), written.root)
    return _config(path, written, home, given)


def check(config: Config, catalog: Catalog) -> None:
    """Whether every policy, area and option that the file names is there. Raises `ConfigError` if one is not."""
    written = config.written
    if written is None:
        return
    for key in ("select", "ignore"):
        for name, node in written.items(key):
            if catalog.policy(name) is None and name not in catalog.areas:
                hint = did_you_mean(name, catalog.names())
                raise written.error(node, f"there is no policy or area `{_short(name)}`{hint}")
    seen: dict[str, str] = {}
    for entry in written.entries("policies"):
        policy = catalog.policy(entry.name)
        if policy is None:
            raise written.error(entry.key, _no_policy(entry.name, catalog))
        if policy.id in seen:
            message = f"`{entry.name}` is the policy `{seen[policy.id]}` again, which has been renamed"
            raise written.error(entry.key, message)
        seen[policy.id] = entry.name
        for option in written.entries("policies", entry.name, "options"):
            _check_option(written, policy, entry.name, option)


def _no_policy(name: str, catalog: Catalog) -> str:
    if name in catalog.areas:
        return f"`{name}` is an area, and this is decided policy by policy; `ignore: [{name}]` switches it off"
    return f"there is no policy `{_short(name)}`{did_you_mean(name, catalog.policies)}"


def _check_option(written: Written, policy: Policy, name: str, option: Entry) -> None:
    schema = policy.options.get(option.name)
    if schema is None:
        hint = did_you_mean(option.name, policy.options) or _one_of(policy.options)
        raise written.error(option.key, f"`{name}` has no option `{_short(option.name)}`{hint}")
    written.comply(Schema(schema), option.value, ("policies", name, "options", option.name))


def _config(path: str | None, written: Written, home: str, given: bool) -> Config:
    """The configuration that a valid file, or an empty one, stands for; `home` is the file's folder."""
    data: Any = plain_data(written.root)
    policies = {
        name: decided if isinstance(decided, dict) else {"severity": decided}
        for name, decided in data.get("policies", {}).items()
    }
    return Config(
        file=path,
        choice=Choice(
            select=tuple(data.get("select", ())),
            ignore=tuple(data.get("ignore", ())),
            severities={
                name: Severity(decided["severity"]) if decided["severity"] not in ("off", False) else None
                for name, decided in policies.items()
                if "severity" in decided
            },
            options={name: decided["options"] for name, decided in policies.items() if "options" in decided},
        ),
        exclude=tuple(_exclude(written)),
        policy_paths=tuple(_policy_paths(written, home, given)),
        target=_target(written, data),
        suggest=SUGGEST | data.get("timeouts", {}).get("suggest", {}),
        written=written,
    )


def _exclude(written: Written) -> Iterator[str]:
    """The patterns, each of which can match something."""
    for line, node in written.items("exclude"):
        # Takes 50 ms to import, which a run without patterns does not have to pay.
        import pathspec

        try:
            says = any(one.include is not None for one in pathspec.GitIgnoreSpec.from_lines([line]).patterns)
        except ValueError:
            says = False
        if not says:
            message = f"`exclude` has `{_short(line)}`, which is no pattern of .gitignore that matches anything"
            raise written.error(node, message)
        yield line


def _policy_paths(written: Written, home: str, given: bool) -> Iterator[str]:
    """The folders, absolute and with links resolved; a tree that is linted does not choose others' files."""
    for relative, node in written.items("policy-paths"):
        name = f"`{_short(relative)}`"
        try:
            path = os.path.realpath(os.path.join(home, relative))
        except ValueError:
            raise written.error(node, f"`policy-paths` has {name}, which cannot be a path") from None
        if not given and not _inside(path, home):
            message = f"`policy-paths` leads out of the folder of this file with {name}; only --config allows that"
            raise written.error(node, message)
        if not os.path.isdir(path):
            raise written.error(node, f"`policy-paths` has {name}, but there is no such folder")
        yield path


def _target(written: Written, data: Dict[str, Any]) -> Target:
    raw = data.get("target", {})
    decided = {
        "tekton": _tekton(written),
        "platform": raw.get("platform"),
        "api_fields": raw.get("api-fields"),
        "coschedule": data.get("coschedule"),
        "default_timeout_minutes": data.get("default-timeout-minutes"),
    }
    return Target(**{name: value for name, value in decided.items() if value is not None})


def _tekton(written: Written) -> Version:
    """The version that was asked for, if it is one that tektonlint knows, or the newest."""
    node = written.at("target", "tekton")
    if node is None:
        return newest()
    text = str(plain_data(node))
    version = parse_version(text)
    if version > newest():
        message = f"the newest that tektonlint knows is {version_text(newest())}"
    elif version < OLDEST:
        message = f"the oldest that tektonlint knows is {version_text(OLDEST)}"
    else:
        return version
    raise written.error(node, f"`target.tekton` cannot be {text}; {message}")


def _error(shown: str, what: str, line: int | None = None) -> ConfigError:
    """An error in one line: what a file says may hold line ends and a terminal's control sequences."""
    text = f"{shown}:{line}: {what}" if line is not None else f"{shown}: {what}"
    return ConfigError("".join(one if one.isprintable() else ascii(one)[1:-1] for one in text))


def _shown(path: str) -> str:
    """The path relative to the working folder, with forward slashes."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:
        return path


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _stay_inside(path: str, home: str) -> None:
    target = os.path.realpath(path)
    if not _inside(target, home):
        raise _error(_shown(path), f"it is a link to {target}, outside its folder; only --config allows that")


def _bytes(path: str) -> bytes:
    try:
        # Before it is opened: opening a pipe waits for a writer.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise _error(_shown(path), "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _error(_shown(path), (error.strerror or str(error)).lower()) from None
    if len(data) > SIZE_LIMIT:
        raise _error(_shown(path), f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
    return data


def _source(path: str, data: bytes) -> Source:
    try:
        return Source.from_bytes(_shown(path), data)
    except NotText as error:
        line = Source("", error.valid).line_count()
        raise _error(_shown(path), error.problem, line) from None


def _empty() -> Mapping:
    return Mapping(0, 0, [], {}, False)


def _from_yaml(source: Source) -> Written:
    documents, problems = document.load(source)
    for problem in problems:
        line = source.line_column(problem.span.start)[0]
        raise _error(source.shown, f"not YAML: {problem.message}", line)
    if not documents:
        return Written(source, _empty())
    written = Written(source, _mapping(source, documents[0].root))
    for duplicate in sorted(documents[0].duplicates, key=lambda one: one.last.key.start):
        first = source.line_column(duplicate.first.key.start)[0]
        raise written.error(duplicate.last.key, f"`{_short(duplicate.last.name)}` stands on line {first} already")
    if len(documents) > 1:
        raise written.error(documents[1].root, "a second document begins here; a configuration is one")
    return written


def _mapping(source: Source, root: Node) -> Mapping:
    if not isinstance(root, Mapping):
        line = source.line_column(root.start)[0]
        raise _error(source.shown, f"the configuration has to be {_WORDS['object']}, {_found(root)}", line)
    return root


_TABLE = ("tool", "tektonlint")
# How the table is written in a file that is not TOML, or not text.
_HEADER = re.compile(rb"^[ \t]*\[+[ \t]*[\"']?tool[\"']?[ \t]*\.[ \t]*[\"']?tektonlint[\"']?[ \t]*[.\]]", re.MULTILINE)


class _WrittenFloat(float):
    """A float that remembers its text: 1.10 is 1.1."""

    text: str

    def __new__(cls, text: str) -> _WrittenFloat:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _has_table(path: str) -> bool:
    try:
        data = _bytes(path)
    except ConfigError:
        return os.path.isfile(path)
    if b"tektonlint" not in data:
        return False
    try:
        return _table(_toml(_source(path, data))) is not None
    except ConfigError:
        return _HEADER.search(data) is not None


def _table(data: Dict[str, Any]) -> object:
    tool = data.get(_TABLE[0])
    return tool.get(_TABLE[1]) if isinstance(tool, dict) else None


def _toml(source: Source) -> dict[str, Any]:
    """The data of a TOML file, whose parser only users of pyproject.toml need. Raises `ConfigError`."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

    try:
        data: dict[str, Any] = tomllib.loads(source.text.removeprefix(BOM), parse_float=_WrittenFloat)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(source, str(error)) from None
    except ValueError:
        # int() of Python takes 4300 digits.
        raise _error(source.shown, "a number has too many digits") from None
    except RecursionError:
        raise _error(source.shown, "nested too deeply") from None
    return data


# tomllib's words where they do not say what a person did.
_TOML_PROBLEMS = {"Cannot overwrite a value": "a key stands twice"}


def _toml_error(source: Source, said: str) -> ConfigError:
    message, _, place = said.partition(" (at ")
    number = re.match(r"line (\d+)", place)
    # "at end of document" is on the last line that holds anything.
    line = int(number[1]) if number else source.line_column(len(source.text.rstrip()))[0]
    return _error(source.shown, f"not TOML: {_TOML_PROBLEMS.get(message, message)}", line)


def _from_toml(source: Source) -> Written:
    table = _table(_toml(source))
    if table is None:
        raise _error(source.shown, f"there is no table `[{'.'.join(_TABLE)}]`")
    places = _TomlReader(source.text, _TABLE).places()
    return Written(source, _mapping(source, _node(table, _TABLE, places, 0, source)))


def _node(value: object, path: Path, places: Dict[Path, int], start: int, source: Source) -> Node:
    """TOML data as nodes, each where its key stands, or else where what it stands in begins."""
    start = places.get(path, start)
    if len(path) > DEPTH_LIMIT:
        line = source.line_column(start)[0]
        raise _error(source.shown, f"nested deeper than {DEPTH_LIMIT} levels", line)
    if isinstance(value, dict):
        index: dict[str, Entry] = {}
        for name, inner in value.items():
            node = _node(inner, (*path, name), places, start, source)
            index[name] = Entry(Scalar(node.start, node.start, name, document.PLAIN, name), node, name)
        return Mapping(start, start, list(index.values()), index, False)
    if isinstance(value, list):
        items = [_node(inner, (*path, number), places, start, source) for number, inner in enumerate(value)]
        return Sequence(start, start, items, False)
    text = value.text if isinstance(value, _WrittenFloat) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _error(source.shown, f"`{text}` has no JSON form", source.line_column(start)[0])
        # As for YAML (`scalars`): a whole float is an integer.
        value = int(value) if value.is_integer() and abs(value) < 1e21 else float(value)
    elif not isinstance(value, str | int):
        raise _error(source.shown, f"`{text}` is a date or a time; quote it", source.line_column(start)[0])
    return Scalar(start, start, text, document.PLAIN, value)


_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}=,.\n]"
    r"|[^\s\[\]{}=,.\"'#\ufeff]+",
    re.DOTALL,
)


class _TomlReader:
    """Finds out where things stand in a text that tomllib has accepted, since tomllib does not say."""

    def __init__(self, text: str, table: tuple[str, ...]) -> None:
        self._places: dict[Path, int] = {}
        self._table = table
        self._tokens = [(match[0], match.start()) for match in _TOKEN.finditer(text) if match[0][0] != "#"]
        self._tokens.append(("", len(text)))
        self._next = 0
        self._lengths: dict[Path, int] = {}

    def places(self) -> dict[Path, int]:
        """Where the keys, and the items of the lists, of the table and what is in it stand: offsets by path.

        A table without a header of its own stands where the first of its keys does.
        """
        base: Path = ()
        while self._peek():
            if self._skip("\n"):
                continue
            if self._peek() == "[":
                base = self._header()
            else:
                self._pair(base)
        return self._places

    def _header(self) -> Path:
        start = self._tokens[self._next][1]
        is_list = self._tokens[self._next + 1][0] == "["
        self._skip("[")
        path: Path = ()
        keys = self._key()
        for number, name in enumerate(keys, start=1):
            path = (*path, name)
            if is_list and number == len(keys):
                self._lengths[path] = self._lengths.get(path, 0) + 1
            # What follows `[[a]]` under `a` belongs to the last of its tables.
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        self._skip("]")
        self._note(path, start)
        return path

    def _pair(self, base: Path) -> None:
        start = self._tokens[self._next][1]
        path = (*base, *self._key())
        self._note(path, start)
        self._skip("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._peek() == "[":
            self._next += 1
            number = 0
            while not self._at_end_of("]"):
                self._note((*path, number), self._tokens[self._next][1])
                self._value((*path, number))
                number += 1
        elif self._peek() == "{":
            self._next += 1
            while not self._at_end_of("}"):
                self._pair(path)
        else:
            while self._peek() not in (",", "]", "}", "\n", ""):
                self._next += 1

    def _at_end_of(self, closing: str) -> bool:
        """Passes over what separates items, and over the closing bracket if it is next."""
        while self._peek() in (",", "\n"):
            self._next += 1
        if self._peek() not in (closing, ""):
            return False
        self._next += 1
        return True

    def _key(self) -> Path:
        parts = [self._part()]
        while self._peek() == ".":
            self._next += 1
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        token = self._tokens[self._next][0]
        self._next += 1
        if token[0] == '"':
            name: str = _toml(Source("", f"key = {token}"))["key"]
            return name
        return token.strip("'")

    def _note(self, path: Path, start: int) -> None:
        depth = len(self._table)
        if path[:depth] != self._table:
            return
        for length in range(depth, min(len(path), DEPTH_LIMIT) + 1):
            self._places.setdefault(path[:length], start)

    def _peek(self) -> str:
        return self._tokens[self._next][0]

    def _skip(self, token: str) -> bool:
        before = self._next
        while self._peek() == token:
            self._next += 1
        return self._next > before


@cache
def _schema() -> Schema:
    with open(os.path.join(bundled_folder("schemas"), "config.schema.json"), encoding="utf-8") as file:
        return Schema(json.load(file))


class _Fault(NamedTuple):
    """A problem with its path from the root of the file."""

    problem: Problem
    path: Path

    @classmethod
    def of(cls, problem: Problem, above: Path) -> _Fault:
        """The problem, or the one inside the alternative that was meant: the one of the value's own type."""
        path = (*above, *problem.path)
        if problem.keyword == "anyOf":
            for raw in problem.schema.raw["anyOf"]:
                meant = problem.schema.sub(raw)
                if meant.types is not None and type_of(problem.node) in meant.types:
                    return cls.of(meant.problems(problem.node)[0], path)
        return cls(problem, path)

    @property
    def at(self) -> Node:
        """What the line of the error is the line of."""
        problem = self.problem
        return problem.key if problem.keyword == "additionalProperties" and problem.key else problem.node

    def sentence(self) -> str:
        say = _SENTENCES.get(self.problem.keyword, _other)
        return say(f"`{_short(dotted(self.path))}`", self)


def _unknown_key(name: str, fault: _Fault) -> str:
    key = str(fault.path[-1])
    names = fault.problem.schema.names
    hint = did_you_mean(key, names)
    if not hint and fault.path[0] != "policies":
        elsewhere = {full.rpartition(".")[2]: full for full in _full_names(_schema().raw)}
        found = nearest(key, elsewhere)
        hint = f"; did you mean `{elsewhere[found]}`?" if found else ""
    return f"there is no key {name}{hint or _one_of(names)}"


def _full_names(raw: Dict[str, Any], above: str = "") -> Iterator[str]:
    for name, inner in raw.get("properties", {}).items():
        yield above + name
        yield from _full_names(inner, f"{above}{name}.")


_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
    "array": "a list",
    "object": "a mapping of keys to values",
}


def _wrong_type(name: str, fault: _Fault) -> str:
    problem = fault.problem
    raw = problem.schema.raw
    types = [raw["type"]] if isinstance(raw["type"], str) else list(raw["type"])
    node = problem.node
    if isinstance(node, Scalar):
        if type_of(node) in ("integer", "number") and "string" in types:
            # `(?!)` matches nothing.
            if re.search(raw.get("pattern", "(?!)"), node.text):
                return f'{name} has to be quoted, since {node.text} is the number {node.value}: write `"{node.text}"`'
        elif "array" in types and isinstance(node.value, str):
            return f"{name} has to be a list: write `[{_short(node.text)}]`"
    wanted = " or ".join(_WORDS[one] for one in types)
    return f"{name} has to be {wanted}, {_found(node)}{_such_as(raw, quoted=True)}"


def _found(node: Node) -> str:
    if not isinstance(node, Scalar):
        return f"not {_WORDS[type_of(node)]}"
    if node.value is None:
        return "but it is empty"
    kind = {"string": "text", "boolean": "boolean"}.get(type_of(node), "number")
    return f"not the {kind} `{_short(node.text)}`"


def _no_choice(name: str, fault: _Fault) -> str:
    node = fault.problem.node
    choices = [_json(choice) for choice in fault.problem.schema.raw["enum"]]
    hint = did_you_mean(node.text, choices) if isinstance(node, Scalar) else ""
    return f"{name} cannot be {_value(node)}{hint or _one_of(choices)}"


def _no_match(name: str, fault: _Fault) -> str:
    raw = fault.problem.schema.raw
    such_as = _such_as(raw) or f"; it has to match {raw['pattern']}"
    return f"{name} cannot be {_value(fault.problem.node)}{such_as}"


def _bounded(by: str) -> Callable[[str, _Fault], str]:
    def say(name: str, fault: _Fault) -> str:
        bound = fault.problem.schema.raw[fault.problem.keyword]
        return f"{name} has to be {by} {bound}, not {_value(fault.problem.node)}"

    return say


def _sized(by: str, of: str) -> Callable[[str, _Fault], str]:
    def say(name: str, fault: _Fault) -> str:
        bound = fault.problem.schema.raw[fault.problem.keyword]
        if bound == 1 and by == "at least":
            return f"{name} cannot be empty; leave it out instead"
        return f"{name} has to have {by} {bound} {of}"

    return say


def _other(name: str, fault: _Fault) -> str:
    raw = fault.problem.schema.raw
    hint = _such_as(raw) or f" ({fault.problem.keyword}: {_short(_json(raw.get(fault.problem.keyword)))})"
    return f"{name} cannot be {_value(fault.problem.node)}{hint}"


_SENTENCES: dict[str, Callable[[str, _Fault], str]] = {
    "additionalProperties": _unknown_key,
    "type": _wrong_type,
    "enum": _no_choice,
    "pattern": _no_match,
    "minimum": _bounded("at least"),
    "maximum": _bounded("at most"),
    "exclusiveMinimum": _bounded("more than"),
    "exclusiveMaximum": _bounded("less than"),
    "minLength": _sized("at least", "characters"),
    "maxLength": _sized("at most", "characters"),
    "minItems": _sized("at least", "items"),
    "maxItems": _sized("at most", "items"),
    "minProperties": _sized("at least", "keys"),
    "maxProperties": _sized("at most", "keys"),
}


def _such_as(raw: Dict[str, Any], *, quoted: bool = False) -> str:
    """The examples of a schema; texts in quotes where it was the quotes that were missing."""
    examples = [json.dumps(one) if quoted else _json(one) for one in raw.get("examples", ())]
    return f"; write it like {' or '.join(f'`{one}`' for one in examples)}" if examples else ""


def _one_of(names: Iterable[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"; it is one of {listed}" if listed else ""


def _value(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"`{_short(node.text)}`" if node.value is not None else "empty"
    return f"`{_short(_json(plain_data(node)))}`"


def _json(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
