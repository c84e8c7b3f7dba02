"""What a policy file says. One file is one policy; its presence is its registration."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping as Dict
from functools import cache
from typing import Any, NamedTuple

from tektonlint.bundled import folder
from tektonlint.document import Mapping, load, plain_data
from tektonlint.errors import UserError
from tektonlint.finding import Severity
from tektonlint.near import did_you_mean
from tektonlint.schema import Problem, Schema
from tektonlint.sentences import Fault
from tektonlint.tekton.selectors import SELECTORS
from tektonlint.text import NotText, Source


class PolicyError(UserError):
    """A policy, or a configuration, that cannot be used; the text names the file and the line."""


class Assertion(NamedTuple):
    """A JSON Schema that every selected place has to satisfy; `message` may use `{value}`, `{key}` and `{field}`."""

    select: str
    schema: Dict[str, Any]
    message: str


class Check(NamedTuple):
    """A Python function, named `module:function`, called with each selected place (or file, or the tree)."""

    select: str
    function: str


class Emitted(NamedTuple):
    """Findings that a part of tektonlint makes while it works, rather than a policy that looks for them."""

    by: str


Logic = Assertion | Check | Emitted

# What a check can be called with besides the places of a selector of the Tekton model.
WIDE_SELECTORS = ("file", "tree")


class Policy(NamedTuple):
    """A policy without its examples, which only its page and its tests need; `file` is an absolute path."""

    id: str
    area: str
    title: str
    severity: Severity
    since: str
    logic: Logic
    rationale: str
    remediation: str
    options: Dict[str, Any]
    file: str
    references: tuple[str, ...] = ()
    applies_to: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()
    formerly: tuple[str, ...] = ()

    @property
    def defaults(self) -> dict[str, Any]:
        """The value that each option has when nobody sets it."""
        return {name: schema["default"] for name, schema in self.options.items()}


class Example(NamedTuple):
    """A text, or several files, that the policy finds fault with on the marked lines, or finds good.

    `files` is file name to text, without the marks. Where no text of a file can show what the policy finds,
    there are none, and `tested_by` names the test that does, as `path::name`.
    """

    name: str
    files: Dict[str, str]
    marked: frozenset[tuple[str, int]]
    bad: bool
    options: Dict[str, Any]
    target: Dict[str, Any]
    tested_by: str | None = None


# The mark stands at the end of a line, so that no position on the line moves when it is taken off.
MARK = "# <-"


def read(path: str, area: str) -> tuple[Policy, tuple[Example, ...]]:
    """One policy file. Raises `PolicyError` with file and line."""
    raw, root, source = _raw(path)
    problems = policy_schema().problems(root)
    if problems:
        raise PolicyError(said(source, problems))
    expected = os.path.splitext(os.path.basename(path))[0]
    if raw["id"] != expected:
        raise PolicyError(f"{source.shown}: the file is called `{expected}`, but its id is `{raw['id']}`")
    return from_raw(raw, area, path), tuple(_example(example) for example in raw["examples"])


def from_raw(raw: Dict[str, Any], area: str, path: str) -> Policy:
    """A policy from the data of its file, which `policy.schema.json` has accepted."""
    try:
        return Policy(
            id=raw["id"],
            area=area,
            title=raw["title"],
            severity=Severity(raw["severity"]),
            since=raw["since"],
            logic=_logic(raw["logic"]),
            rationale=raw["rationale"],
            remediation=raw["remediation"],
            references=tuple(raw.get("references", ())),
            applies_to=frozenset(raw.get("applies-to", ())),
            versions=frozenset(raw.get("versions", ())),
            formerly=tuple(raw.get("formerly", ())),
            options=raw.get("options", {}),
            file=path,
        )
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}") from None


def without_examples(path: str) -> dict[str, Any]:
    """The data of a policy file that the catalogue holds."""
    raw = dict(_raw(path)[0])
    del raw["examples"]
    return raw


@cache
def policy_schema() -> Schema:
    """What a policy file may say."""
    with open(os.path.join(folder("schemas"), "policy.schema.json"), encoding="utf-8") as file:
        return Schema(json.load(file))


def said(source: Source, problems: list[Problem]) -> str:
    """One line about the first of several problems with what a person wrote: file, line, what, what instead."""
    first = min((Fault.of(problem, (), policy_schema()) for problem in problems), key=lambda fault: fault.at.start)
    return f"{source.shown}:{source.line_column(first.at.start)[0]}: {first.sentence()}"


def _raw(path: str) -> tuple[Dict[str, Any], Mapping, Source]:
    shown = os.path.relpath(path)
    try:
        with open(path, "rb") as file:
            source = Source.from_bytes(shown, file.read())
    except OSError as error:
        raise PolicyError(f"{shown}: {error.strerror}") from None
    except NotText as error:
        raise PolicyError(f"{shown}: {error.problem}") from None
    root = mapping_of(source)
    data = plain_data(root)
    assert isinstance(data, dict)
    return data, root, source


def mapping_of(source: Source) -> Mapping:
    """The one mapping that a policy or configuration file holds. Raises `PolicyError`."""
    documents, problems = load(source)
    for problem in problems:
        line = source.line_column(problem.span.start)[0]
        raise PolicyError(f"{source.shown}:{line}: not YAML: {problem.message}")
    if len(documents) != 1 or not isinstance(documents[0].root, Mapping):
        raise PolicyError(f"{source.shown}: expected one mapping of keys to values")
    for duplicate in documents[0].duplicates:
        line = source.line_column(duplicate.last.key.start)[0]
        raise PolicyError(f"{source.shown}:{line}: `{duplicate.last.name}` stands twice")
    return documents[0].root


def _logic(raw: Dict[str, Any]) -> Logic:
    kinds = [kind for kind in ("assert", "check", "emitted-by") if kind in raw]
    if len(kinds) != 1:
        raise PolicyError("`logic` takes exactly one of `assert`, `check` and `emitted-by`")
    if "emitted-by" in raw:
        return Emitted(by=raw["emitted-by"])
    select = raw.get("select", "resource")
    names = (*SELECTORS, *WIDE_SELECTORS) if "check" in raw else tuple(SELECTORS)
    if select not in names:
        raise PolicyError(f"there is no selector `{select}`{did_you_mean(select, names)}")
    if "check" in raw:
        return Check(select=select, function=raw["check"])
    if "message" not in raw:
        raise PolicyError("`logic.assert` needs a `message`")
    return Assertion(select=select, schema=raw["assert"], message=raw["message"])


def _example(raw: Dict[str, Any]) -> Example:
    bad = "good" not in raw
    text = raw.get("bad", raw.get("good", {}))
    files = {"example.yaml": text} if isinstance(text, str) else text
    marked = frozenset(
        (name, number)
        for name, content in files.items()
        for number, line in enumerate(content.split("\n"), start=1)
        if line.rstrip().endswith(MARK)
    )
    return Example(
        name=raw["name"],
        files={name: _unmarked(content) for name, content in files.items()},
        marked=marked,
        bad=bad,
        options=raw.get("options", {}),
        target=raw.get("target", {}),
        tested_by=raw.get("tested-by"),
    )


def _unmarked(text: str) -> str:
    return "\n".join(
        line.rstrip()[: -len(MARK)].rstrip() if line.rstrip().endswith(MARK) else line for line in text.split("\n")
    )
