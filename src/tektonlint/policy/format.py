"""What a policy file says. One file is one policy; its presence is its registration."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping as Dict
from functools import cache
from typing import Any

from tektonlint.bundled import folder
from tektonlint.document import Mapping, load, plain_data
from tektonlint.errors import UserError
from tektonlint.finding import Safety, Severity
from tektonlint.near import did_you_mean
from tektonlint.records import NamedTuple
from tektonlint.schema import Problem, Schema
from tektonlint.sentences import Fault
from tektonlint.tekton.selectors import SELECTORS
from tektonlint.text import NotText, Source


class PolicyError(UserError):
    """A policy, or a configuration, that cannot be used; the text names the file and the line."""


class Repair(NamedTuple):
    """What to do about a place that does not satisfy an assertion: an edit operation and what it takes."""

    operation: str
    title: str
    safety: Safety
    arguments: Dict[str, Any]


class Assertion(NamedTuple):
    """A JSON Schema that every selected place has to satisfy; `message` may use `{value}`, `{key}` and `{field}`."""

    select: str
    schema: Dict[str, Any]
    message: str
    fix: Repair | None = None


class Check(NamedTuple):
    """A Python function, named `module:function`, called with each selected place (or file, or the tree).

    `across_files` says that what it finds in one file may be because of another. It finds nothing in a document in
    which none of `mentions` stands, if there are any: words that begin with a letter are keys, all others any text, and
    `*chmod` is the text `chmod`. It finds nothing in a tree without an object of one of the kinds `only_with`, if there
    are any. With `needs_base` it runs only where the tree is compared with an earlier revision.
    """

    select: str
    function: str
    across_files: bool = False
    mentions: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()
    needs_base: bool = False


class Emitted(NamedTuple):
    """Findings that a part of tektonlint makes while it works, rather than a policy that looks for them."""

    by: str


Logic = Assertion | Check | Emitted

# What a check can be called with besides the places of a selector of the Tekton model.
WIDE_SELECTORS = ("file", "tree")


class Policy(NamedTuple):
    """A policy without its examples, which only its page and its tests need; `file` is an absolute path.

    An `opt_in` policy runs only where somebody asks for it by its id.
    """

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
    fix_safety: str | None = None
    references: tuple[str, ...] = ()
    applies_to: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()
    formerly: tuple[str, ...] = ()
    opt_in: bool = False

    @property
    def needs_base(self) -> bool:
        """Whether it compares the tree with an earlier revision, and says nothing where there is none."""
        return isinstance(self.logic, Check) and self.logic.needs_base

    @property
    def defaults(self) -> dict[str, Any]:
        """The value that each option has when nobody sets it."""
        return {name: schema["default"] for name, schema in self.options.items()}


class Example(NamedTuple):
    """A text, or several files, that the policy finds fault with on the marked lines, or finds good.

    `files` is file name to text, without the marks. Where no text of a file can show what the policy finds,
    there are none, and `tested_by` names the test that does, as `path::name`. `fixed` is what the files are
    after every fix that is offered, safe or not; None where none is.
    """

    name: str
    files: Dict[str, str]
    marked: frozenset[tuple[str, int]]
    bad: bool
    options: Dict[str, Any]
    target: Dict[str, Any]
    tested_by: str | None = None
    fixed: Dict[str, str] | None = None
    base: Dict[str, str] | None = None


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
    if "assert" in raw["logic"]:
        _check_assertion(raw["logic"]["assert"], root, source)
    return from_raw(raw, area, path), tuple(_example(example) for example in raw["examples"])


def _check_assertion(schema: Dict[str, Any], root: Mapping, source: Source) -> None:
    """Raises `PolicyError` for a JSON Schema that would fail, not end or fetch something when it is used.

    A policy may come with the tree that is linted, from a stranger.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    problem: str | None
    try:
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        problem = _loose_reference(schema, schema.get("$defs", {}))
    except SchemaError as error:
        problem = error.message
    except RecursionError:
        problem = "it is nested too deeply"
    if problem is not None:
        logic = root.get("logic")
        node = logic.get("assert") if isinstance(logic, Mapping) else None
        line = source.line_column((node or root).start)[0]
        raise PolicyError(f"{source.shown}:{line}: `logic.assert` is no JSON Schema that can be used: {problem}")


def _loose_reference(schema: object, definitions: Dict[str, Any]) -> str | None:
    """What is wrong with the first reference that does not lead to a definition of the same schema, if there is one."""
    if isinstance(schema, dict):
        for keyword, inner in schema.items():
            if keyword in ("$id", "$dynamicRef") and isinstance(inner, str):
                return f"`{keyword}` is not supported"
            if keyword == "$ref" and isinstance(inner, str):
                problem = _reference(inner, definitions)
            else:
                problem = _loose_reference(inner, definitions)
            if problem is not None:
                return problem
    elif isinstance(schema, list):
        return next((found for inner in schema if (found := _loose_reference(inner, definitions)) is not None), None)
    return None


def _reference(reference: str, definitions: Dict[str, Any]) -> str | None:
    """What is wrong with a reference: it leads nowhere, or only to itself."""
    seen: set[str] = set()
    while True:
        name = reference.removeprefix("#/$defs/")
        if name == reference or name not in definitions:
            return f"`{reference}` is not `#/$defs/` and the name of a definition in it"
        if name in seen:
            return f"the definition `{name}` leads only to itself"
        seen.add(name)
        target = definitions[name]
        following = target.get("$ref") if isinstance(target, dict) else None
        if not isinstance(following, str):
            return None
        reference = following


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
            fix_safety=raw.get("fix-safety"),
            references=tuple(raw.get("references", ())),
            applies_to=frozenset(raw.get("applies-to", ())),
            versions=frozenset(raw.get("versions", ())),
            formerly=tuple(raw.get("formerly", ())),
            options=raw.get("options", {}),
            file=path,
            opt_in=raw.get("opt-in", False),
        )
    except PolicyError as error:
        raise PolicyError(f"{os.path.relpath(path)}: {error}") from None


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
        # Before it is opened: opening a pipe waits for a writer.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise PolicyError(f"{shown}: it is not a regular file")
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
    if select not in SELECTORS and not ("check" in raw and select in WIDE_SELECTORS):
        names = (*SELECTORS, *WIDE_SELECTORS) if "check" in raw else tuple(SELECTORS)
        raise PolicyError(f"there is no selector `{select}`{did_you_mean(select, names)}")
    if "check" in raw:
        return Check(
            select,
            raw["check"],
            across_files=raw.get("across-files", False),
            mentions=tuple(raw.get("mentions", ())),
            only_with=tuple(raw.get("only-with", ())),
            needs_base=raw.get("needs-base", False),
        )
    if "message" not in raw:
        raise PolicyError("`logic.assert` needs a `message`")
    fix = raw.get("fix")
    if fix is None:
        return Assertion(select=select, schema=raw["assert"], message=raw["message"])
    arguments = {name: value for name, value in fix.items() if name not in ("op", "title", "safety")}
    repair = Repair(operation=fix["op"], title=fix["title"], safety=Safety(fix["safety"]), arguments=arguments)
    return Assertion(select=select, schema=raw["assert"], message=raw["message"], fix=repair)


def _example(raw: Dict[str, Any]) -> Example:
    bad = "good" not in raw
    files = _by_name(raw.get("bad", raw.get("good", {})))
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
        fixed=_files(raw["fixed"], files) if "fixed" in raw else None,
        base=_by_name(raw["base"]) if "base" in raw else None,
    )


def _by_name(text: str | Dict[str, str]) -> Dict[str, str]:
    """Texts by the names of their files; a single one is that of `example.yaml`."""
    return {"example.yaml": text} if isinstance(text, str) else text


def _files(raw: str | Dict[str, str], before: Dict[str, str]) -> Dict[str, str]:
    """The texts after fixing; a file that is not named stays as it was."""
    after = _by_name(raw)
    return {name: after.get(name, _unmarked(text)) for name, text in before.items()}


def _unmarked(text: str) -> str:
    return "\n".join(
        line.rstrip()[: -len(MARK)].rstrip() if line.rstrip().endswith(MARK) else line for line in text.split("\n")
    )
