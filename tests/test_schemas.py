"""The schemas in ``schemas/`` keep to their form, follow from their sources, and agree with Tekton's own verdicts."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "schemas"
GROUPS = ("tekton.dev", "resolution.tekton.dev")
FILES = sorted(path for group in GROUPS for path in SCHEMAS.glob(f"{group}/*/*.json"))

SERVED = {
    *(f"tekton.dev/{version}/{kind}" for version in ("v1", "v1beta1") for kind in ("Task", "Pipeline")),
    *(f"tekton.dev/{version}/{kind}" for version in ("v1", "v1beta1") for kind in ("TaskRun", "PipelineRun")),
    *(f"tekton.dev/{version}/StepAction" for version in ("v1alpha1", "v1beta1")),
    "tekton.dev/v1beta1/CustomRun",
    "tekton.dev/v1alpha1/VerificationPolicy",
    *(f"resolution.tekton.dev/{version}/ResolutionRequest" for version in ("v1alpha1", "v1beta1")),
}

SUBSCHEMA_KEYWORDS = {
    "$ref",
    "additionalProperties",
    "format",
    "items",
    "pattern",
    "properties",
    "type",
    "x-embedded",
}
ROOT_KEYWORDS = SUBSCHEMA_KEYWORDS | {"$defs", "$id", "$schema"}

# Documents on which a schema and Tekton differ, by verdict id, with the reason.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "cases": {},
    "probes": {
        "case-in-taskSpec": "Go matches field names without regard to case inside an embedded taskSpec",
        "status-block-junk": "status is a controller's business, so its schema is open",
    },
    "corpus": {
        "tektoncd-pipeline/examples/v1/pipelineruns/beta/isolated-workspaces.yaml#1": (
            "writes mountpath for mountPath in an embedded taskSpec, where Go does not care about case"
        ),
    },
}


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("derive_schemas", ROOT / "tools" / "derive_schemas.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = load_tool()


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and all schemas inside it, definitions included."""
    yield schema
    inner = [*schema.get("$defs", {}).values(), *schema.get("properties", {}).values()]
    inner += [schema[keyword] for keyword in ("items", "additionalProperties") if keyword in schema]
    for node in inner:
        if node is not False:
            yield from subschemas(node)


def load(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def at_path(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """The subschema at a path such as ``spec.steps[].image``; KeyError if there is none."""
    node = schema
    for field in path.split("."):
        node = resolve(schema, resolve(schema, node)["properties"][field.removesuffix("[]")])
        if field.endswith("[]"):
            node = resolve(schema, node["items"])
    return node


def resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


each_schema = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SCHEMAS).as_posix())


# Form ----------------------------------------------------------------------------------------------------------------


def test_there_is_one_schema_for_every_served_kind_and_version() -> None:
    assert {path.relative_to(SCHEMAS).with_suffix("").as_posix() for path in FILES} == SERVED


@each_schema
def test_a_schema_names_its_dialect_and_its_kind(path: Path) -> None:
    schema = load(path)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == path.relative_to(SCHEMAS).with_suffix("").as_posix()


@each_schema
def test_a_schema_is_valid_json_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(load(path))


@each_schema
def test_a_schema_uses_no_keyword_but_those_that_the_walker_knows(path: Path) -> None:
    """So there is no prose either: descriptions and titles are keywords."""
    root, *inner = subschemas(load(path))

    assert root.keys() <= ROOT_KEYWORDS
    assert set().union(*inner) <= SUBSCHEMA_KEYWORDS


@each_schema
def test_a_schema_has_no_text_but_types_formats_patterns_and_references(path: Path) -> None:
    texts = {
        text
        for node in subschemas(load(path))
        for keyword, value in node.items()
        if keyword not in ("$schema", "$id", "$ref", "pattern", "properties", "$defs")
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    }

    assert texts <= {"array", "boolean", "integer", "null", "number", "object", "string", "go-duration", "quantity"}


@each_schema
def test_every_reference_leads_to_a_definition_and_every_definition_is_used(path: Path) -> None:
    schema = load(path)
    references = {node["$ref"] for node in subschemas(schema) if "$ref" in node}

    assert references == {f"#/$defs/{name}" for name in schema.get("$defs", {})}


@each_schema
def test_every_object_with_fields_is_closed(path: Path) -> None:
    assert all(node["additionalProperties"] is False for node in subschemas(load(path)) if "properties" in node)


@each_schema
def test_every_type_allows_null(path: Path) -> None:
    """The API server prunes the null of a field that is not nullable: it means "not set"."""
    assert all("null" in node["type"] for node in subschemas(load(path)) if "type" in node)


@pytest.mark.parametrize("path", [*FILES, SCHEMAS / "fields-by-version.json"], ids=lambda path: path.stem)
def test_a_file_is_compact_canonical_json(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True) + "\n"


def test_every_field_with_a_first_release_is_in_the_schema_of_its_kind() -> None:
    fields = load(SCHEMAS / "fields-by-version.json")["fields"]

    for kind_and_version, paths in fields.items():
        kind, version = kind_and_version.split("/")
        schema = load(SCHEMAS / "tekton.dev" / version / f"{kind}.json")
        for path in paths:
            at_path(schema, path)


# Content -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("v1/Task", ["spec.volumes"]),
        ("v1/Pipeline", ["spec.tasks[].taskSpec", "spec.tasks[].pipelineSpec", "spec.finally[].taskSpec"]),
        ("v1/PipelineRun", ["spec.pipelineSpec", "spec.workspaces[].volumeClaimTemplate"]),
        ("v1beta1/TaskRun", ["spec.taskSpec", "spec.podTemplate.affinity", "spec.podTemplate.volumes"]),
    ],
)
def test_a_place_that_only_the_webhook_sees_into_is_marked(kind: str, places: list[str]) -> None:
    schema = load(SCHEMAS / "tekton.dev" / f"{kind}.json")

    for place in places:
        parent, _, field = place.rpartition(".")
        assert at_path(schema, parent)["properties"][field]["x-embedded"] is True


@pytest.mark.parametrize("place", ["spec.params[].default", "spec.results[].value", "spec.steps[].params[].value"])
def test_a_param_value_may_be_anything(place: str) -> None:
    assert at_path(load(SCHEMAS / "tekton.dev/v1/Task.json"), place) == {}


@pytest.mark.parametrize("place", ["spec.tasks[].taskSpec.spec", "spec.tasks[].pipelineSpec.tasks[].taskSpec.spec"])
def test_the_spec_of_a_custom_task_is_open(place: str) -> None:
    assert at_path(load(SCHEMAS / "tekton.dev/v1/Pipeline.json"), place) == {"type": ["object", "null"]}


@pytest.mark.parametrize(
    ("text", "accepted"),
    [("1h30m", True), ("0", True), ("1.5h", True), (".5s", True), ("1d", False), ("1h 30m", False), ("3600", False)],
)
def test_a_timeout_is_a_go_duration(text: str, accepted: bool) -> None:
    schema = at_path(load(SCHEMAS / "tekton.dev/v1/TaskRun.json"), "spec.timeout")

    assert jsonschema.Draft202012Validator(schema).is_valid(text) is accepted


@pytest.mark.parametrize(
    ("value", "accepted"),
    [("512Mi", True), ("500m", True), ("1e3", True), (0.5, True), ("512MB", False), ("1 Gi", False), ("", False)],
)
def test_a_size_is_a_kubernetes_quantity(value: object, accepted: bool) -> None:
    schema = at_path(load(SCHEMAS / "tekton.dev/v1/PipelineRun.json"), "spec.workspaces[].emptyDir.sizeLimit")

    assert jsonschema.Draft202012Validator(schema).is_valid(value) is accepted


# The tool ------------------------------------------------------------------------------------------------------------

WIDGET = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {"wait": {"type": "string"}, "inner": {"x-kubernetes-preserve-unknown-fields": True}},
        },
    },
}
WIDGET_IN_GO = {
    "$id": "example.dev/v1/Widget",
    "$ref": "#/$defs/example.Widget",
    "$defs": {
        "example.Widget": {
            "properties": {
                "metadata": {"$ref": "#/$defs/k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
                "spec": {"$ref": "#/$defs/example.WidgetSpec"},
            },
            "type": ["object", "null"],
        },
        "example.WidgetSpec": {
            "properties": {
                "inner": {"$ref": "#/$defs/example.WidgetSpec"},
                "wait": {"type": ["string", "null"], "x-go": "metav1.Duration"},
            },
            "type": ["object", "null"],
        },
        "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"properties": {}, "type": ["object", "null"]},
    },
}


class Sources:
    """Inputs for the tool in a temporary directory: one made-up kind, Widget."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.out = directory / "schemas"
        self.crd: dict[str, Any] = json.loads(json.dumps(WIDGET))
        self.go: dict[str, Any] = json.loads(json.dumps(WIDGET_IN_GO))
        self.fields: dict[str, Any] = {"source": "v1.0.0 to v1.2.0", "fields": []}

    def run(self, *options: str) -> int:
        version = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": self.crd}}
        spec = {"group": "example.dev", "names": {"kind": "Widget"}, "versions": [version]}
        files = {"widget.yaml": {"kind": "CustomResourceDefinition", "spec": spec}, "v1-Widget.json": self.go}
        for name, content in {**files, "fields": self.fields}.items():
            (self.directory / name).write_text(json.dumps(content), encoding="utf-8")
        here = str(self.directory)
        fields, out = str(self.directory / "fields"), str(self.out)
        code: int = tool.main(["--crds", here, "--definitions", here, "--fields", fields, "--out", out, *options])
        return code

    def derived(self) -> dict[str, Any]:
        assert self.run() == 0
        return load(self.out / "example.dev/v1/Widget.json")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


def test_a_duration_is_found_in_the_go_types_where_the_crd_says_string(sources: Sources) -> None:
    assert at_path(sources.derived(), "spec.wait")["format"] == "go-duration"


def test_a_preserve_unknown_place_is_filled_from_the_go_types_and_marked(sources: Sources) -> None:
    schema = sources.derived()

    assert at_path(schema, "spec")["properties"]["inner"] == {"$ref": "#/$defs/WidgetSpec", "x-embedded": True}
    assert at_path(schema, "spec.inner.inner.inner.wait")["format"] == "go-duration"


def test_a_crd_keyword_without_a_rule_stops_the_tool(sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
    sources.crd["properties"]["spec"]["properties"]["wait"]["x-kubernetes-validations"] = []

    assert sources.run() == 2
    assert capsys.readouterr().err == (
        "error: example.dev/v1/Widget: spec.wait: unknown keyword in the CRD: x-kubernetes-validations\n"
    )
    assert not sources.out.exists()


def test_a_field_that_only_the_crd_has_stops_the_tool(sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
    sources.crd["properties"]["spec"]["properties"]["extra"] = {"type": "string"}

    assert sources.run() == 2
    assert capsys.readouterr().err == "error: example.dev/v1/Widget: spec: only the CRD has extra\n"


def test_a_field_that_only_the_go_types_have_stops_the_tool(
    sources: Sources, capsys: pytest.CaptureFixture[str]
) -> None:
    del sources.crd["properties"]["spec"]["properties"]["wait"]

    assert sources.run() == 2
    assert capsys.readouterr().err == "error: example.dev/v1/Widget: spec: only the Go types have wait\n"


def test_a_field_with_two_types_stops_the_tool(sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
    sources.crd["properties"]["spec"]["properties"]["wait"] = {"type": "integer"}

    assert sources.run() == 2
    assert "spec.wait: the CRD allows ['integer', 'null'], the Go types ['string', 'null']" in capsys.readouterr().err


def test_check_names_a_stale_file_and_writes_nothing(sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
    sources.derived()
    stale = sources.out / "example.dev/v1/Widget.json"
    stale.write_text("{}\n", encoding="utf-8")
    capsys.readouterr()

    assert sources.run("--check") == 1
    assert capsys.readouterr().out == f"stale: {stale}\n"
    assert stale.read_text(encoding="utf-8") == "{}\n"


def test_check_finds_nothing_stale_after_a_run(sources: Sources) -> None:
    sources.derived()

    assert sources.run("--check") == 0


def test_the_schema_of_a_kind_that_is_no_longer_served_is_removed(sources: Sources) -> None:
    sources.derived()
    gone = sources.out / "example.dev/v1alpha1/Widget.json"
    gone.parent.mkdir()
    gone.write_text("{}\n", encoding="utf-8")

    assert sources.run() == 0
    assert not gone.exists()


def test_the_newest_release_is_the_last_that_the_list_of_fields_names(sources: Sources) -> None:
    sources.fields["fields"] = [{"kind": "Widget", "version": "v1", "path": "spec.wait", "since": "v1.1.0"}]
    sources.derived()

    assert load(sources.out / "fields-by-version.json") == {
        "newest": "1.2",
        "fields": {"Widget/v1": {"spec.wait": "1.1"}},
    }


# Sources and verdicts ------------------------------------------------------------------------------------------------


class KubernetesLoader(yaml.CSafeLoader):
    """Reads scalars as go-yaml v2 does: y and n are booleans, 0o14 and 1e3 numbers, dates and 12:30 strings."""

    def integer(self, node: yaml.ScalarNode) -> int:
        text = node.value.replace("_", "")
        if re.fullmatch(r"[-+]?0[0-7]+", text):
            return int(text, 8)
        return int(text, 0 if re.match(r"[-+]?0[box]", text) else 10)

    def number(self, node: yaml.ScalarNode) -> int | float:
        value = float(node.value)
        return int(value) if value.is_integer() else value


def use_kubernetes_scalars(loader: type[KubernetesLoader]) -> None:
    kept = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in kept]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    integer = re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$")
    number = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
    loader.bool_values = {**loader.bool_values, "y": True, "n": False}
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("[yYnN]$"), list("yYnN"))
    loader.add_implicit_resolver("tag:yaml.org,2002:int", integer, list("+-0123456789"))
    loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("+-.0123456789"))
    loader.add_constructor("tag:yaml.org,2002:int", loader.integer)
    loader.add_constructor("tag:yaml.org,2002:float", loader.number)


use_kubernetes_scalars(KubernetesLoader)


def directory_from(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} is not set")
    return Path(os.environ[variable])


def verdicts(source: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Id, Tekton's verdict and the document, for all documents that are YAML; corpus ids are ``file#doc``."""
    corpus = directory_from("TEKTONLINT_CORPUS") if source == "corpus" else None
    parsed: dict[str, list[Any]] = {}
    with (directory_from("TEKTONLINT_VERDICTS") / f"{source}.jsonl").open(encoding="utf-8") as lines:
        for verdict in map(json.loads, lines):
            if verdict.get("stage") == "yaml":
                continue
            if corpus is None:
                yield verdict["id"], verdict, yaml.load(verdict["yaml"], Loader=KubernetesLoader)
                continue
            name = verdict["file"]
            if name not in parsed:
                text = (corpus / name).read_text(encoding="utf-8")
                parsed[name] = [doc for doc in yaml.load_all(text, Loader=KubernetesLoader) if doc is not None]
            yield f"{name}#{verdict['doc']}", verdict, parsed[name][verdict["doc"]]


def is_badly_formed(verdict: dict[str, Any]) -> bool:
    """Whether Tekton met an unknown field, a wrong JSON type, or a quantity or duration that does not parse.

    Its other decode errors are about values that are missing.
    """
    decode_errors = [verdict.get("decode_error", ""), verdict.get("webhook_decode_error", "")]
    about_form = re.compile(r"json: unknown field|json: cannot unmarshal|time: |quantities must match")
    return bool(verdict.get("unknown_fields")) or any(about_form.match(error) for error in decode_errors)


@pytest.mark.parametrize("source", ["cases", "probes", "corpus"])
def test_a_schema_finds_an_error_exactly_where_tekton_does(source: str) -> None:
    validators = {schema["$id"]: jsonschema.Draft202012Validator(schema) for schema in map(load, FILES)}
    compared, differing = 0, set()
    for name, verdict, document in verdicts(source):
        validator = validators.get(f"{document.get('apiVersion')}/{document.get('kind')}")
        if validator is None:
            continue
        compared += 1
        if validator.is_valid(document) == is_badly_formed(verdict):
            differing.add(name)

    assert differing == EXCEPTIONS[source].keys()
    assert compared > 100


def test_the_committed_schemas_are_what_the_tool_derives(capsys: pytest.CaptureFixture[str]) -> None:
    tekton = directory_from("TEKTONLINT_VERDICTS").parent
    inputs = {
        "--crds": tekton / "crds" / "tekton-pipelines",
        "--definitions": tekton / "jsonschema",
        "--fields": tekton / "fields-by-version.json",
    }
    arguments = [text for option, path in inputs.items() for text in (option, str(path))]

    assert tool.main([*arguments, "--out", str(SCHEMAS), "--check"]) == 0, capsys.readouterr().out
