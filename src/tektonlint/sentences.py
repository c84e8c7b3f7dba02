"""Sentences about keys and values that a file's schema does not allow, for whoever wrote the file.

Policies and configurations are written by people: each error says what is wrong, and what can stand there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint.document import Mapping, Node, Scalar, plain_data
from tektonlint.finding import Path
from tektonlint.near import did_you_mean, nearest
from tektonlint.records import NamedTuple
from tektonlint.schema import Problem, Schema, type_of
from tektonlint.tekton.resource import field as dotted


class Fault(NamedTuple):
    """A problem with its path from the root of the file, and the schema of the whole file."""

    problem: Problem
    path: Path
    whole: Schema

    @classmethod
    def of(cls, problem: Problem, above: Path, whole: Schema) -> Fault:
        """The problem, or the one inside the alternative that was meant: the one of the value's own type."""
        path = (*above, *problem.path)
        if problem.keyword == "anyOf":
            for raw in problem.schema.raw["anyOf"]:
                meant = problem.schema.sub(raw)
                if meant.types is not None and type_of(problem.node) in meant.types:
                    return cls.of(meant.problems(problem.node)[0], path, whole)
        return cls(problem, path, whole)

    @property
    def at(self) -> Node:
        """What the line of the error is the line of."""
        problem = self.problem
        return problem.key if problem.keyword == "additionalProperties" and problem.key else problem.node

    def sentence(self) -> str:
        """What is wrong and what to write instead, without a capital or a period."""
        say = _SENTENCES.get(self.problem.keyword, _other)
        return say(f"`{short(dotted(self.path))}`", self)


def _unknown_key(name: str, fault: Fault) -> str:
    key = str(fault.path[-1])
    names = fault.problem.schema.names
    hint = did_you_mean(key, names)
    if not hint and fault.path[0] != "policies":
        elsewhere = {full.rpartition(".")[2]: full for full in _full_names(fault.whole.raw)}
        found = nearest(key, elsewhere)
        hint = f"; did you mean `{elsewhere[found]}`?" if found else ""
    return f"there is no key {name}{hint or one_of(names)}"


def _full_names(raw: Dict[str, Any], above: str = "") -> Iterator[str]:
    for name, inner in raw.get("properties", {}).items():
        yield above + name
        yield from _full_names(inner, f"{above}{name}.")


WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
    "array": "a list",
    "object": "a mapping of keys to values",
}


def _wrong_type(name: str, fault: Fault) -> str:
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
            return f"{name} has to be a list: write `[{short(node.text)}]`"
    wanted = " or ".join(WORDS[one] for one in types)
    return f"{name} has to be {wanted}, {found_instead(node)}{_such_as(raw, quoted=True)}"


def found_instead(node: Node) -> str:
    if not isinstance(node, Scalar):
        return f"not {WORDS[type_of(node)]}"
    if node.value is None:
        return "but it is empty"
    kind = {"string": "text", "boolean": "boolean"}.get(type_of(node), "number")
    return f"not the {kind} `{short(node.text)}`"


def _no_choice(name: str, fault: Fault) -> str:
    node = fault.problem.node
    choices = [_json(choice) for choice in fault.problem.schema.raw["enum"]]
    hint = did_you_mean(node.text, choices) if isinstance(node, Scalar) else ""
    return f"{name} cannot be {_value(node)}{hint or one_of(choices)}"


def _no_match(name: str, fault: Fault) -> str:
    raw = fault.problem.schema.raw
    such_as = _such_as(raw) or f"; it has to match {raw['pattern']}"
    return f"{name} cannot be {_value(fault.problem.node)}{such_as}"


def _bounded(by: str) -> Callable[[str, Fault], str]:
    def say(name: str, fault: Fault) -> str:
        bound = fault.problem.schema.raw[fault.problem.keyword]
        return f"{name} has to be {by} {bound}, not {_value(fault.problem.node)}"

    return say


def _sized(by: str, of: str) -> Callable[[str, Fault], str]:
    def say(name: str, fault: Fault) -> str:
        bound = fault.problem.schema.raw[fault.problem.keyword]
        if bound == 1 and by == "at least":
            return f"{name} cannot be empty; leave it out instead"
        return f"{name} has to have {by} {bound} {of}"

    return say


def _required(name: str, fault: Fault) -> str:
    node = fault.problem.node
    present = node.index if isinstance(node, Mapping) else {}
    missing = next(key for key in fault.problem.schema.raw["required"] if key not in present)
    return f"{name if fault.path else 'the file'} needs a key `{missing}`"


def _other(name: str, fault: Fault) -> str:
    raw = fault.problem.schema.raw
    hint = _such_as(raw) or f" ({fault.problem.keyword}: {short(_json(raw.get(fault.problem.keyword)))})"
    return f"{name} cannot be {_value(fault.problem.node)}{hint}"


_SENTENCES: dict[str, Callable[[str, Fault], str]] = {
    "additionalProperties": _unknown_key,
    "required": _required,
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


def listed(parts: Iterable[str], most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; of more than `most` the first and how many more: `a, b, c and 2 more`."""
    shown = list(parts)
    if most is not None and len(shown) > most:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)


def one_of(names: Iterable[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"; it is one of {listed}" if listed else ""


def _value(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"`{short(node.text)}`" if node.value is not None else "empty"
    return f"`{short(_json(plain_data(node)))}`"


def _json(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
