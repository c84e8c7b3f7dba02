"""The structural walker, with the jsonschema library as its oracle."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tektonlint import schema, tree
from tektonlint.bundled import folder
from tektonlint.document import Node, load, plain_data
from tektonlint.schema import KEYWORDS, Schema
from tektonlint.structure import faults
from tektonlint.tekton.resource import Resource, resources_of
from tektonlint.tekton.roles import role_of, roles
from tektonlint.text import Source

SCHEMAS = sorted(Path(folder("schemas")).rglob("v1*/*.json"))


def node(text: str) -> Node:
    """The root of a text with one document."""
    return load(Source("test.yaml", text)).documents[0].root


def resource(text: str) -> Resource:
    """The one object of a text."""
    (found,) = resources_of(load(Source("test.yaml", text)).documents[0])
    return found


@cache
def raw_schema(group: str, version: str, kind: str) -> Any:
    """The text of a schema file as data."""
    return json.loads((Path(folder("schemas")) / group / version / f"{kind}.json").read_text(encoding="utf-8"))


def library_paths(raw: Any, data: object) -> set[tuple[str, ...]]:
    """Where the library finds fault; an unknown field is said of the mapping it stands in."""
    return {tuple(map(str, error.absolute_path)) for error in Draft202012Validator(raw).iter_errors(data)}


def walker_paths(raw: Any, root: Node) -> set[tuple[str, ...]]:
    """Where the walker does, said as the library says it."""
    return {
        tuple(map(str, problem.path[:-1] if problem.keyword == "additionalProperties" else problem.path))
        for problem in Schema(raw).problems(root)
    }


def documents(folder_of_files: Path) -> Iterator[Resource]:
    """Every Tekton object below a folder, without those that something else renders first."""
    root = tree.Root(folder=os.path.realpath(folder_of_files), marked=False)
    yield from (found for found in tree.read([str(folder_of_files)], root).resources if not found.created)


def verdict_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents with a verdict of Tekton's own, by id."""
    given = os.environ.get("TEKTONLINT_VERDICTS")
    if not given:
        pytest.skip("TEKTONLINT_VERDICTS is not set")
    for name in ("cases", "probes"):
        with open(Path(given) / f"{name}.jsonl", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                yield row["id"], row


def test_the_library_agrees_on_every_document_of_the_corpus() -> None:
    given = os.environ.get("TEKTONLINT_CORPUS")
    if not given:
        pytest.skip("TEKTONLINT_CORPUS is not set")
    checked = 0
    for found in documents(Path(given)):
        known = schema.load(found.group, found.version, found.kind)
        if known is None:
            continue
        raw = raw_schema(found.group, found.version, found.kind)
        checked += 1

        assert library_paths(raw, plain_data(found.root)) == walker_paths(raw, found.root), found.source.shown

    assert checked > 1500


def test_the_library_agrees_on_every_document_with_a_verdict() -> None:
    checked = 0
    for name, row in verdict_documents():
        for document in load(Source(f"{name}.yaml", row["yaml"])).documents:
            for found in resources_of(document):
                if found.created or schema.load(found.group, found.version, found.kind) is None:
                    continue
                raw = raw_schema(found.group, found.version, found.kind)
                checked += 1

                assert library_paths(raw, plain_data(found.root)) == walker_paths(raw, found.root), name

    assert checked > 1800


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0, "", "a", "ab", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])
simple = st.one_of(
    st.booleans(),
    types.map(lambda name: {"type": name}),
    st.lists(types, min_size=1, max_size=3, unique=True).map(lambda names: {"type": names}),
    values.map(lambda value: {"const": value}),
    st.lists(values, min_size=1, max_size=3).map(lambda choices: {"enum": choices}),
    st.sampled_from(["^a", "b$", "^$"]).map(lambda pattern: {"pattern": pattern}),
    st.tuples(
        st.sampled_from(
            ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]
        ),
        st.integers(0, 3),
    ).map(lambda pair: {pair[0]: pair[1]}),
    st.tuples(
        st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), st.integers(0, 3)
    ).map(lambda pair: {pair[0]: pair[1]}),
    st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(lambda names: {"required": names}),
)
schemas = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("abc"), inner, max_size=2).map(lambda known: {"properties": known}),
        inner.map(lambda one: {"additionalProperties": one, "properties": {"a": True}}),
        inner.map(lambda one: {"items": one}),
        inner.map(lambda one: {"not": one}),
        st.tuples(st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda pair: {pair[0]: pair[1]}
        ),
        inner.map(lambda one: {"$defs": {"x": one}, "properties": {"a": {"$ref": "#/$defs/x"}}}),
    ),
    max_leaves=5,
)


def without_inner_definitions(raw: Any) -> Any:
    """`#/$defs` means those of the whole schema, so only the outermost ones are kept apart."""
    if isinstance(raw, dict):
        return {key: without_inner_definitions(value) for key, value in raw.items() if key != "$defs"}
    return [without_inner_definitions(item) for item in raw] if isinstance(raw, list) else raw


@settings(max_examples=400, deadline=None)
@given(schemas, values)
def test_the_walker_judges_as_the_library_does(raw: Any, value: object) -> None:
    whole = {"$defs": {"x": {"type": "string"}}, "properties": {"value": without_inner_definitions(raw)}}
    data = {"value": value}

    assert Draft202012Validator(whole).is_valid(data) == Schema(whole).accepts(node(json.dumps(data)))


def test_the_walker_knows_every_keyword_of_the_shipped_schemas() -> None:
    unknown = {
        (path.name, keyword)
        for path in (*SCHEMAS, *Path(folder("schemas")).glob("*.schema.json"))
        for keyword in schema.unknown_keywords(json.loads(path.read_text()))
    }

    assert set() == unknown


def test_an_unknown_keyword_is_named_wherever_it_stands() -> None:
    raw = {"properties": {"a": {"items": {"not": {"contains": {}}}}}, "anyOf": [{"if": {}}], "dependentRequired": {}}

    assert {"contains", "if", "dependentRequired"} == set(schema.unknown_keywords(raw))
    assert not {"contains", "if", "dependentRequired"} & KEYWORDS


def test_what_is_blamed_for_a_forbidden_field_is_the_field() -> None:
    (problem,) = Schema({"not": {"required": ["timeout"]}}).problems(node("name: a\ntimeout: 1h\n"))

    assert ["timeout"] == problem.path
    assert problem.key is not None
    assert "timeout" == problem.key.text


def test_a_kind_that_would_leave_the_folder_of_schemas_has_none() -> None:
    assert schema.load("tekton.dev", "v1", "../v1/Task") is None
    assert schema.load("..", "tekton.dev", "v1/Task") is None


@pytest.mark.parametrize(
    ("kind", "path", "role"),
    [
        ("Task", ("spec",), "task-spec"),
        ("Task", ("spec", "steps", 0), "step"),
        ("Task", ("spec", "steps", 0, "securityContext"), "container-security"),
        ("Task", ("spec", "stepTemplate"), "step-template"),
        ("Pipeline", ("spec", "tasks", 3), "pipeline-task"),
        ("Pipeline", ("spec", "finally", 0, "taskSpec", "sidecars", 1), "sidecar"),
        ("PipelineRun", ("spec", "pipelineSpec", "tasks", 0, "pipelineSpec", "tasks", 1, "taskSpec"), "task-spec"),
        ("PipelineRun", ("spec", "taskRunSpecs", 0, "stepSpecs", 0), "override"),
        ("TaskRun", ("spec", "taskSpec", "steps", 0), "step"),
        ("StepAction", ("spec", "securityContext"), "container-security"),
        ("Task", (), "Task"),
        ("Task", ("spec", "steps"), None),
        ("Task", ("spec", "volumes", 0), None),
        ("Task", ("metadata",), None),
        ("Secret", ("spec",), None),
    ],
)
def test_a_mapping_has_the_role_of_where_it_stands(kind: str, path: tuple[str | int, ...], role: str | None) -> None:
    assert role == role_of(kind, path)


def test_the_table_of_moved_fields_speaks_of_roles_that_exist_and_says_what_to_do() -> None:
    rows = json.loads((Path(folder("schemas")) / "moved-fields.json").read_text())["fields"]
    # Their checks say what to do themselves, for all of a kind alike.
    said_by_check = {"pod-setting-in-container", "podtemplate-misplaced"}

    assert set() == {role for row in rows for role in row["roles"]} - roles()
    assert [] == [row for row in rows if not {"to", "advice"} & row.keys() and row["topic"] not in said_by_check]


RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: nightly
spec:
  pipelineRef:
    name: build
  {line}
"""


@pytest.mark.parametrize(
    ("line", "topic", "to"),
    [
        ("timeout: 1h", "timeout-misplaced", "spec.timeouts.pipeline"),
        ("podTemplate: {}", "podtemplate-misplaced", "spec.taskRunTemplate.podTemplate"),
        ("serviceAccountName: bot", "renamed-field", "spec.taskRunTemplate.serviceAccountName"),
        ("colour: red", "unknown-field", None),
    ],
)
def test_a_problem_has_one_topic(line: str, topic: str, to: str | None) -> None:
    (fault,) = faults(resource(RUN.format(line=line)))

    assert topic == fault.topic
    assert to == (fault.moved.to if fault.moved else None)


def test_a_field_that_is_indented_too_far_belongs_further_out() -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: build
spec:
  tasks:
    - name: push
      taskRef:
        name: push
        runAfter: [build]
"""
    (fault,) = faults(resource(text))

    assert "spec.tasks[0]" == fault.above


def test_a_field_that_only_differs_in_case_is_misspelt() -> None:
    (fault,) = faults(
        resource(RUN.format(line="pipelineref: {name: build}").replace("  pipelineRef:\n    name: build\n", ""))
    )

    assert "pipelineRef" == fault.near
    assert fault.misspelt
