"""The table `[tool.tektonlint]` of a pyproject.toml, as nodes with their places."""

from __future__ import annotations

import datetime
import math
import re
import sys
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint.config import ConfigError, Written, error_in, mapping_root, source_of
from tektonlint.document import DEPTH_LIMIT, PLAIN, Entry, Mapping, Node, Scalar, Sequence
from tektonlint.finding import Path
from tektonlint.text import BOM, Source

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


def has_table(path: str, data: bytes) -> bool:
    """Whether the bytes of a file hold the table, or look like it where they are no TOML."""
    try:
        return _table(_toml(source_of(path, data))) is not None
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
        raise error_in(source.shown, "a number has too many digits") from None
    except RecursionError:
        raise error_in(source.shown, "nested too deeply") from None
    return data


# tomllib's words where they do not say what a person did.
_TOML_PROBLEMS = {"Cannot overwrite a value": "a key stands twice"}


def _toml_error(source: Source, said: str) -> ConfigError:
    message, _, place = said.partition(" (at ")
    number = re.match(r"line (\d+)", place)
    # "at end of document" is on the last line that holds anything.
    line = int(number[1]) if number else source.line_column(len(source.text.rstrip()))[0]
    return error_in(source.shown, f"not TOML: {_TOML_PROBLEMS.get(message, message)}", line)


def read(source: Source) -> Written:
    """The table of a file. Raises `ConfigError`."""
    table = _table(_toml(source))
    if table is None:
        raise error_in(source.shown, f"there is no table `[{'.'.join(_TABLE)}]`")
    places = _TomlReader(source.text, _TABLE).places()
    return Written(source, mapping_root(source, _node(table, _TABLE, places, 0, source)))


def _node(value: object, path: Path, places: Dict[Path, int], start: int, source: Source) -> Node:
    """TOML data as nodes, each where its key stands, or else where what it stands in begins."""
    start = places.get(path, start)
    if len(path) > DEPTH_LIMIT:
        line = source.line_column(start)[0]
        raise error_in(source.shown, f"nested deeper than {DEPTH_LIMIT} levels", line)
    if isinstance(value, dict):
        index: dict[str, Entry] = {}
        for name, inner in value.items():
            node = _node(inner, (*path, name), places, start, source)
            index[name] = Entry.of(Scalar.of(node.start, node.start, name, PLAIN, name), node, name)
        return Mapping.of(start, start, list(index.values()), index, False)
    if isinstance(value, list):
        items = [_node(inner, (*path, number), places, start, source) for number, inner in enumerate(value)]
        return Sequence(start, start, items, False)
    text = value.text if isinstance(value, _WrittenFloat) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise error_in(source.shown, f"`{text}` has no JSON form", source.line_column(start)[0])
        # As for YAML (`scalars`): a whole float is an integer.
        value = int(value) if value.is_integer() and abs(value) < 1e21 else float(value)
    elif type(value) is datetime.date and path[-1:] == ("expires",):
        value = text
    elif not isinstance(value, str | int):
        raise error_in(source.shown, f"`{text}` is a date or a time; quote it", source.line_column(start)[0])
    return Scalar.of(start, start, text, PLAIN, value)


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


