"""`config.schema.json`: the walker judges by it as the jsonschema library does, and editors can show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tektonlint.bundled import folder
from tektonlint.config import load
from tektonlint.document import Mapping, plain_data
from tektonlint.document import load as load_yaml
from tektonlint.schema import Schema, unknown_keywords
from tektonlint.tekton.target import SUGGEST
from tektonlint.text import Source

RAW: dict[str, Any] = json.loads((Path(folder("schemas")) / "config.schema.json").read_text(encoding="utf-8"))

GOOD = [
    "{}",
    "select: [a]",
    "select: [a, images]",
    "ignore: []",
    "ignore: ['']",
    "policies: {}",
    "policies: {a: error}",
    "policies: {a: warning, b: note}",
    "policies: {a: off}",
    "policies: {a: 'off'}",
    "policies: {a: false}",
    "policies: {a: {}}",
    "policies: {a: {severity: off}}",
    "policies: {a: {severity: error, options: {x: [1, {y: null}]}}}",
    "policies: {a: {options: {}}}",
    "exclude: [vendor/**]",
    "policy-paths: [policies, ../x]",
    "target: {}",
    "target: {tekton: '1.15'}",
    "target: {tekton: 1.15.2}",
    "target: {tekton: '0.0'}",
    "target: {tekton: '9999.9999'}",
    "target: {platform: kubernetes}",
    "target: {platform: openshift, api-fields: alpha, tekton: '1.10'}",
    "images: {}",
    "images: {quay.io/acme/tools: {present: [jq, skopeo], user: 1001}}",
    "images: {alpine: {absent: [], shell: ash}}",
    "images: {'quay.io/acme/*:1.*': {shell: none, user: 0}}",
    "coschedule: isolate-pipelinerun",
    "coschedule: disabled",
    "default-timeout-minutes: 0",
    "default-timeout-minutes: 60.0",
    "default-timeout-minutes: 153722867",
    "timeouts: {}",
    "timeouts: {suggest: {}}",
    "timeouts: {suggest: {build: 2h, transfer: 1h30m, test: 90m, other: 1.5h}}",
    "timeouts: {suggest: {build: 1m1h}}",
    "timeouts: {suggest: {build: .5h}}",
    "timeouts: {suggest: {build: 500ms}}",
    "timeouts: {suggest: {build: 0h1m}}",
]
BAD = [
    "[]",
    "text",
    "1",
    "selct: [a]",
    "Select: [a]",
    "select: a",
    "select: []",
    "select:",
    "select: [1]",
    "select: [a, null]",
    "ignore: {a: b}",
    "policies: [a]",
    "policies:",
    "policies: {a: }",
    "policies: {a: on}",
    "policies: {a: 0}",
    "policies: {a: Error}",
    "policies: {a: fatal}",
    "policies: {a: [error]}",
    "policies: {a: {severity: }}",
    "policies: {a: {severity: true}}",
    "policies: {a: {severity: [off]}}",
    "policies: {a: {options: []}}",
    "policies: {a: {options: }}",
    "policies: {a: {allow: []}}",
    "exclude: vendor/**",
    "exclude: [[vendor]]",
    "policy-paths: ['']",
    "policy-paths: policies",
    "target: '1.15'",
    "target: {tekton: 1.15}",
    "target: {tekton: 1}",
    "target: {tekton: '1'}",
    "target: {tekton: v1.15}",
    "target: {tekton: '1.15.'}",
    "target: {tekton: '01.15'}",
    "target: {tekton: '1.05'}",
    "target: {tekton: '1.15.2.1'}",
    'target: {tekton: "1.15\\n"}',
    "target: {tekton: '\u0661.\u0661\u0665'}",
    "target: {platform: }",
    "target: {platform: OpenShift}",
    "target: {api-fields: true}",
    "target: {cluster: prod}",
    "images: [alpine]",
    "images: {alpine: }",
    "images: {alpine: {}}",
    "images: {alpine: bash}",
    "images: {alpine: {commands: [jq]}}",
    "images: {alpine: {present: jq}}",
    "images: {alpine: {present: [1]}}",
    "images: {alpine: {absent: ['']}}",
    "images: {alpine: {absent: [/usr/bin/jq]}}",
    "images: {alpine: {absent: [jq .]}}",
    "images: {alpine: {shell: zsh}}",
    "images: {alpine: {shell: }}",
    "images: {alpine: {user: root}}",
    "images: {alpine: {user: -1}}",
    "images: {alpine: {user: 4294967296}}",
    "images: {alpine: {user: null}}",
    "coschedule: node",
    "coschedule: false",
    "default-timeout-minutes: -1",
    "default-timeout-minutes: 1.5",
    "default-timeout-minutes: '60'",
    "default-timeout-minutes: true",
    "default-timeout-minutes: 153722868",
    "default-timeout-minutes: 1e21",
    "timeouts: {build: 2h}",
    "timeouts: {suggest: {deploy: 2h}}",
    "timeouts: {suggest: {build: 90}}",
    "timeouts: {suggest: {build: '90'}}",
    "timeouts: {suggest: {build: ''}}",
    "timeouts: {suggest: {build: 0h}}",
    "timeouts: {suggest: {build: '0'}}",
    "timeouts: {suggest: {build: -2h}}",
    "timeouts: {suggest: {build: 1d}}",
    "timeouts: {suggest: {build: 2H}}",
    "timeouts: {suggest: {build: 1h 30m}}",
    'timeouts: {suggest: {build: "2h\\n"}}',
    "timeouts: {suggest: {build: 9999999h}}",
    "'$schema': x",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [*((text, True) for text in GOOD), *((text, False) for text in BAD)],
    ids=[*GOOD, *BAD],
)
def test_the_walker_and_the_library_give_the_same_verdict(text: str, expected: bool) -> None:
    (document,) = load_yaml(Source("config.yaml", text)).documents
    verdicts = (
        Schema(RAW).accepts(document.root),
        jsonschema.Draft202012Validator(RAW).is_valid(plain_data(document.root)),
    )

    assert (expected, expected) == verdicts


def subschemas(raw: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property in a schema, with the names that lead to it."""
    for key, inner in raw.get("properties", {}).items():
        yield f"{name}.{key}", inner
        yield from subschemas(inner, f"{name}.{key}")
    if isinstance(raw.get("additionalProperties"), dict):
        yield f"{name}.ID", raw["additionalProperties"]
        yield from subschemas(raw["additionalProperties"], f"{name}.ID")
    for inner in raw.get("anyOf", []):
        yield from subschemas(inner, name)


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(RAW)


def test_it_says_nothing_that_the_walker_would_pass_over() -> None:
    unknown = list(unknown_keywords(RAW))

    assert not unknown


def test_editors_can_describe_every_key() -> None:
    keys = dict(subschemas(RAW))
    bare = [name for name, inner in keys.items() if not inner.get("description", "").endswith(".")]

    assert ".policies.ID.severity" in keys
    assert not bare


def test_every_mapping_of_fixed_keys_is_closed() -> None:
    fixed = [(name, inner) for name, inner in [("", RAW), *subschemas(RAW)] if "properties" in inner]
    open_ones = [name for name, inner in fixed if inner.get("additionalProperties") is not False]

    assert not open_ones


def test_the_defaults_that_editors_show_are_those_that_count() -> None:
    config = load(None)
    shown = {name: inner["default"] for name, inner in subschemas(RAW) if "default" in inner}
    expected = {
        ".ignore": list(config.choice.ignore),
        ".exclude": list(config.exclude),
        ".waivers": list(config.waivers),
        ".locked": [],
        ".policy-paths": list(config.policy_paths),
        ".target.api-fields": config.target.api_fields,
        ".coschedule": config.target.coschedule,
        ".default-timeout-minutes": config.target.default_timeout_minutes,
        **{f".timeouts.suggest.{name}": duration for name, duration in SUGGEST.items()},
    }

    assert expected == shown


def test_a_longest_duration_is_one_that_go_can_hold() -> None:
    """A Go duration is 64 bits of nanoseconds, 292 years; the schema bounds digits and parts instead."""
    seconds = 8 * max(99_999 * 3600 + 3600, 9_999_999 * 60 + 60, 999_999_999 + 1)
    pattern = RAW["$defs"]["duration"]["pattern"]
    longest = Schema({"pattern": pattern})

    (document,) = load_yaml(Source("x.yaml", f"x: {'999999999.9s' * 8}\ny: {'9s' * 9}\n")).documents
    assert isinstance(document.root, Mapping)
    verdicts = [longest.accepts(entry.value) for entry in document.root.entries]
    assert seconds * 10**9 < 2**63
    assert verdicts == [True, False]
