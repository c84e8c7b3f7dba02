"""Does a value have the shape that a JSON Schema asks for? Says which node does not, and how.

A walker over our own nodes: it needs no conversion, costs a tenth of the jsonschema library and knows the
exact place of what it reports. The library is its oracle in the tests, and judges the assertions of users'
policies that use a keyword the walker does not know.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from functools import cache
from typing import Any

from tektonlint.bundled import folder
from tektonlint.document import Mapping, Node, Scalar, Sequence, plain_data

RawSchema = Dict[str, Any]

_TYPES: dict[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


class Problem:
    """One way in which a value is not what the schema asks for.

    `keyword` is the JSON Schema keyword that failed (`additionalProperties` for an unknown field).
    `node` is the value at fault, `key` its key if it has one, `owner` the mapping it stands in if it is an
    unknown field. `path` leads to it from the node that was checked. `embedded` is true inside a part that
    the API server's structural schema does not see and only the webhook decodes.
    """

    __slots__ = ("embedded", "key", "keyword", "node", "owner", "path", "schema")

    def __init__(
        self,
        keyword: str,
        schema: Schema,
        node: Node,
        key: Scalar | None,
        embedded: bool,
        owner: Mapping | None = None,
    ) -> None:
        self.keyword = keyword
        self.schema = schema
        self.node = node
        self.key = key
        self.embedded = embedded
        self.owner = owner
        self.path: list[str | int] = []


class Schema:
    """A JSON Schema (2020-12, the keywords of `KEYWORDS`), opened only as far as values reach into it."""

    __slots__ = (
        "_definitions",
        "_items",
        "additional",
        "embedded",
        "is_object",
        "properties",
        "raw",
        "rest",
        "simple",
        "types",
    )

    def __init__(self, raw: RawSchema | bool, definitions: RawSchema | None = None) -> None:
        opened: RawSchema = ({} if raw else {"not": {}}) if isinstance(raw, bool) else raw
        self._definitions: RawSchema = opened.get("$defs", {}) if definitions is None else definitions
        # True where only the webhook's strict decoding sees this part; `$ref` may have siblings.
        self.embedded = bool(opened.get("x-embedded"))
        while "$ref" in opened:
            opened = self._definitions[opened["$ref"].removeprefix("#/$defs/")]
        self.raw = opened
        self.types = _types(opened)
        # Those of its properties that have been opened.
        self.properties: dict[str, Schema] = {}
        self._items: Schema | None = None
        additional = opened.get("additionalProperties", True)
        # True: anything may stand beside the known properties; False: nothing may.
        self.additional: Schema | bool = (
            additional if isinstance(additional, bool) else Schema(additional, self._definitions)
        )
        self.rest = tuple((keyword, opened[keyword]) for keyword in opened if keyword in _CHECKS)
        # The types of values with which a scalar is as it should be, whatever else it is.
        self.simple = frozenset[type]() if self.rest else _values_of(self.types)
        # Of a mapping nothing is asked but what its entries are.
        self.is_object = not self.rest and (self.types is None or "object" in self.types)

    def under(self, name: str) -> Schema | bool:
        """The schema of the value under a key; True where it is free, False where the key is not allowed."""
        schema = self.properties.get(name)
        if schema is not None:
            return schema
        raw = self.raw.get("properties", {}).get(name)
        if raw is None:
            return self.additional
        schema = self.properties[name] = self.sub(raw)
        return schema

    @property
    def names(self) -> Dict[str, Any]:
        """The properties it knows, by name."""
        known: Dict[str, Any] = self.raw.get("properties", {})
        return known

    @property
    def items(self) -> Schema | None:
        """The schema of a list's items, if anything is said of them."""
        if self._items is None and "items" in self.raw:
            self._items = self.sub(self.raw["items"])
        return self._items

    def sub(self, raw: RawSchema | bool) -> Schema:
        """A schema written inside this one."""
        return Schema(raw, self._definitions)

    def problems(self, node: Node) -> list[Problem]:
        """Everything in `node` that the schema does not allow, outer before inner."""
        found: list[Problem] = []
        _check(node, None, self, self.embedded, found)
        return found

    def accepts(self, node: Node) -> bool:
        """Whether there is no problem."""
        return not self.problems(node)


def load(group: str, version: str, kind: str) -> Schema | None:
    """The schema of a served kind, or None where no CRD that tektonlint knows serves it."""
    wanted = (group, version, kind)
    if wanted not in _loaded:
        _loaded[wanted] = None
        # The three come from a manifest: nothing but plain words may become part of a file name.
        if all(re.fullmatch(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*", part) for part in wanted):
            try:
                with open(os.path.join(folder("schemas"), *wanted) + ".json", encoding="utf-8") as file:
                    _loaded[wanted] = Schema(json.load(file))
            except FileNotFoundError:
                pass
    return _loaded[wanted]


_loaded: dict[tuple[str, str, str], Schema | None] = {}


def type_of(node: Node) -> str:
    """The JSON type of what Kubernetes reads: `object`, `array`, `string`, `integer`, `number`, `boolean`, `null`."""
    if isinstance(node, Scalar):
        return _TYPES[type(node.value)]
    return "object" if isinstance(node, Mapping) else "array"


def _types(raw: RawSchema) -> frozenset[str] | None:
    types = raw.get("type")
    if types is None:
        return None
    names = {types} if isinstance(types, str) else set(types)
    return frozenset(names | {"integer"} if "number" in names else names)


@cache
def _values_of(types: frozenset[str] | None) -> frozenset[type]:
    return frozenset(value for value, name in _TYPES.items() if types is None or name in types)


def _check(node: Node, key: Scalar | None, schema: Schema, embedded: bool, found: list[Problem]) -> None:
    """Appends the problems of `node`; the paths of those inside it begin at its children."""
    types = schema.types
    if isinstance(node, Scalar):
        if types is not None and _TYPES[type(node.value)] not in types:
            found.append(Problem("type", schema, node, key, embedded))
            return
    elif isinstance(node, Mapping):
        if types is not None and "object" not in types:
            found.append(Problem("type", schema, node, key, embedded))
            return
        _check_entries(node, schema, embedded, found)
    else:
        if types is not None and "array" not in types:
            found.append(Problem("type", schema, node, key, embedded))
            return
        _check_items(node, schema, embedded, found)
    for keyword, wanted in schema.rest:
        blamed = _CHECKS[keyword](node, wanted, schema)
        if blamed is not None:
            at, at_key, path = blamed
            problem = Problem(keyword, schema, at, at_key if at is not node else key, embedded)
            problem.path.extend(path)
            found.append(problem)


def _check_entries(node: Mapping, schema: Schema, embedded: bool, found: list[Problem]) -> None:
    opened = schema.properties
    for name, entry in node.index.items():
        value = entry.value
        inner = opened.get(name)
        if inner is None:
            allowed = schema.under(name)
            if not isinstance(allowed, Schema):
                if not allowed:
                    found.append(Problem("additionalProperties", schema, value, entry.key, embedded, node))
                    _prefix(found, len(found) - 1, name)
                continue
            inner = allowed
        # Most values are such scalars; a call for each would take most of the walk's time.
        if type(value) is Scalar and type(value.value) in inner.simple:
            continue
        before = len(found)
        if inner.is_object and type(value) is Mapping:
            _check_entries(value, inner, embedded or inner.embedded, found)
        else:
            _check(value, entry.key, inner, embedded or inner.embedded, found)
        if len(found) > before:
            _prefix(found, before, name)


def _check_items(node: Sequence, schema: Schema, embedded: bool, found: list[Problem]) -> None:
    items = schema.items
    if items is None:
        return
    embedded = embedded or items.embedded
    for number, item in enumerate(node.items):
        if type(item) is Scalar and type(item.value) in items.simple:
            continue
        before = len(found)
        if items.is_object and type(item) is Mapping:
            _check_entries(item, items, embedded, found)
        else:
            _check(item, None, items, embedded, found)
        if len(found) > before:
            _prefix(found, before, number)


def _prefix(found: list[Problem], before: int, step: str | int) -> None:
    """Paths grow on the way out, so that a value without problems costs no path."""
    for problem in found[before:]:
        problem.path.insert(0, step)


# What a failed keyword blames: a node, its key and the path to it from the node that was checked.
_Blame = tuple[Node, Scalar | None, list[str | int]]
_Check = Callable[[Node, Any, Schema], _Blame | None]


def _blame(node: Node, failed: bool) -> _Blame | None:
    return (node, None, []) if failed else None


def _string(node: Node) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _number(node: Node) -> float | None:
    if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _pattern(node: Node, wanted: str, schema: Schema) -> _Blame | None:
    text = _string(node)
    return _blame(node, text is not None and re.search(wanted, text) is None)


def _length(compare: Callable[[int, int], bool]) -> _Check:
    def check(node: Node, wanted: int, schema: Schema) -> _Blame | None:
        text = _string(node)
        return _blame(node, text is not None and not compare(len(text), wanted))

    return check


def _size(of: type, compare: Callable[[int, int], bool]) -> _Check:
    def check(node: Node, wanted: int, schema: Schema) -> _Blame | None:
        if type(node) is not of:
            return None
        size = len(node.items) if isinstance(node, Sequence) else len(node.index) if isinstance(node, Mapping) else 0
        return _blame(node, not compare(size, wanted))

    return check


def _bound(compare: Callable[[float, float], bool]) -> _Check:
    def check(node: Node, wanted: float, schema: Schema) -> _Blame | None:
        number = _number(node)
        return _blame(node, number is not None and not compare(number, wanted))

    return check


def _required(node: Node, wanted: list[str], schema: Schema) -> _Blame | None:
    return _blame(node, isinstance(node, Mapping) and any(name not in node.index for name in wanted))


def _enum(node: Node, wanted: list[Any], schema: Schema) -> _Blame | None:
    value = plain_data(node)
    return _blame(node, not any(_equal(value, choice) for choice in wanted))


def _const(node: Node, wanted: Any, schema: Schema) -> _Blame | None:
    return _blame(node, not _equal(plain_data(node), wanted))


def _equal(left: object, right: object) -> bool:
    """Equality as JSON has it: true is not 1, and 1.0 is 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right


def _all_of(node: Node, wanted: list[RawSchema], schema: Schema) -> _Blame | None:
    for raw in wanted:
        for problem in schema.sub(raw).problems(node):
            return problem.node, problem.key, problem.path
    return None


def _any_of(node: Node, wanted: list[RawSchema], schema: Schema) -> _Blame | None:
    return _blame(node, not any(schema.sub(raw).accepts(node) for raw in wanted))


def _one_of(node: Node, wanted: list[RawSchema], schema: Schema) -> _Blame | None:
    return _blame(node, sum(schema.sub(raw).accepts(node) for raw in wanted) != 1)


def _not(node: Node, wanted: RawSchema | bool, schema: Schema) -> _Blame | None:
    if not schema.sub(wanted).accepts(node):
        return None
    # `not: {required: [timeout]}` is about the field that stands there, so that is what it blames.
    required = wanted.get("required", []) if isinstance(wanted, Dict) else []
    if isinstance(node, Mapping) and required:
        entry = node.index[required[0]]
        return entry.value, entry.key, [entry.name]
    return node, None, []


_CHECKS: dict[str, _Check] = {
    "pattern": _pattern,
    "minLength": _length(lambda size, wanted: size >= wanted),
    "maxLength": _length(lambda size, wanted: size <= wanted),
    "minItems": _size(Sequence, lambda size, wanted: size >= wanted),
    "maxItems": _size(Sequence, lambda size, wanted: size <= wanted),
    "minProperties": _size(Mapping, lambda size, wanted: size >= wanted),
    "maxProperties": _size(Mapping, lambda size, wanted: size <= wanted),
    "minimum": _bound(lambda number, wanted: number >= wanted),
    "maximum": _bound(lambda number, wanted: number <= wanted),
    "exclusiveMinimum": _bound(lambda number, wanted: number > wanted),
    "exclusiveMaximum": _bound(lambda number, wanted: number < wanted),
    "required": _required,
    "enum": _enum,
    "const": _const,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
}
_SAY_NOTHING = frozenset(
    ("$schema", "$id", "$defs", "title", "description", "default", "examples", "format", "x-embedded")
)
KEYWORDS = frozenset((*_CHECKS, *_SAY_NOTHING, "$ref", "type", "properties", "additionalProperties", "items"))


def unknown_keywords(raw: RawSchema | bool) -> Iterator[str]:
    """The keywords in a schema that the walker does not know, and would pass over."""
    if isinstance(raw, bool):
        return
    yield from (keyword for keyword in raw if keyword not in KEYWORDS)
    for keyword in ("properties", "$defs"):
        for inner in raw.get(keyword, {}).values():
            yield from unknown_keywords(inner)
    for keyword in ("items", "additionalProperties", "not"):
        if keyword in raw:
            yield from unknown_keywords(raw[keyword])
    for keyword in ("allOf", "anyOf", "oneOf"):
        for inner in raw.get(keyword, []):
            yield from unknown_keywords(inner)
