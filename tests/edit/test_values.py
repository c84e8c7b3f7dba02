"""A value that is written reads back as that value, whoever reads it.

Kubernetes' reading is that of `tektonlint.document`; PyYAML stands for YAML 1.1 and ruamel.yaml for 1.1 and 1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tektonlint import edit
from tektonlint.document import plain_data
from tektonlint.edit import Refusal
from tektonlint.edit.values import key_text, scalar_text
from tests.edit.places import documents_of, place_at

# fmt: off
AWKWARD = [
    # What some reader takes for a boolean or null.
    "yes", "Yes", "NO", "no", "on", "On", "off", "OFF", "y", "Y", "n", "N", "true", "True", "TRUE", "false",
    "~", "null", "Null", "NULL", "",
    # What some reader takes for a number, a date or a time.
    "0", "12", "-3", "+12", "08", "0644", "010", "0o14", "0x1F", "0b101", "1_000", "_1", "1e3", "1E3", "1.5", "1.",
    ".", ".5", ".1_", "._", "..", "...", ".inf", "-.inf", "+.Inf", ".nan", ".NaN", "inf", "nan", "1:30", "12:30:45",
    "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "1.2.3", "-", "--", "---", "-1", "+", "1/2",
    "18446744073709551616",
    # What begins or ends something in YAML.
    "- x", "-x", "? x", "?", ":", ": x", "a: b", "a:", "a :b", "a:b", "#c", "a #c", "a#c", "{x}", "[y]", "{", "]",
    ",", "a, b", "a,b", "*a", "&a", "!t", "!!str x", "|", "|-", ">", ">2", "%", "%YAML 1.1", "@", "@x", "`", "`x`",
    "=", "<<", "<", "'", '"', "it's", "''", '""', "'x'", '"x"', "\\", "\\n", "a\\", 'say "x"', "--- x", "... x",
    # Blanks, line ends and what else is not seen.
    " lead", "trail ", " ", "  ", "a  b", "\t", "a\tb", "\ttab", "\n", "a\n", "\na", "a\nb", "a\n\nb\n", "a\r\nb",
    "\r", "\x00", "\x07", "\x1b", "\x7f", "\x85", "a\x85b", "\xa0", "\xa0x", "\xad", "\u200b", "\u200e", "\u2028",
    "a\u2029b", "\ufeff", "\ufeffx", "x\ufeff", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U0010ffff",
    # What stands in manifests.
    "é", "名前", "\U0001f600", "a \U0001f600", "1h", "1h30m", "90s", "500Mi", "100m", "2Gi", "0h", "1d", "1e", "10 %",
    "$(params.x)", "$(params.x[*])", "$(tasks.a.results.b)-c", "${x}", "{{ x }}", "{% if x %}", "a {{ x }}", "$",
    "docker.io/library/alpine:3.20", "git@github.com:a/b.git", "https://x.y/z?a=b&c=d#e", "./x", "../x", ".tekton",
    "/x", "~/x", "a=b", "tekton.dev/v1", "x*", "x!", "x|y", "x>y", "x%", "x@y", "100%", "é: x", "echo 'a' # b", "(x)",
    "--flag", "-c", "--flag=a b", "1.0-$(params.x)", "x" * 2000,
]
PLAIN = [
    "alpine", "docker.io/library/alpine:3.20", "git@github.com:a/b.git", "https://x.y/z?a=b&c=d#e", "1h30m", "500Mi",
    "$(params.x)", "$(params.x[*])", "--flag", "-c", "./run.sh", "/workspace/x", "several words", "it's", "a, b",
    "1.0-$(params.x)",
]
# fmt: on


def shown(value: str) -> str:
    return ascii(value)[:40]


def ruamel(version: tuple[int, int]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        return reader.load(text)

    return read


def kubernetes(text: str) -> Any:
    (document,) = documents_of(text)
    return plain_data(document.root)


READERS: dict[str, Callable[[str], Any]] = {
    "Kubernetes": kubernetes,
    "libyaml, YAML 1.1": lambda text: yaml.load(text, yaml.CSafeLoader),
    "PyYAML, YAML 1.1": lambda text: yaml.load(text, yaml.SafeLoader),
    "ruamel.yaml, YAML 1.1": ruamel((1, 1)),
    "ruamel.yaml, YAML 1.2": ruamel((1, 2)),
}


def readings(text: str) -> dict[str, Any]:
    return {name: read(text) for name, read in READERS.items()}


def by_all(value: Any) -> dict[str, Any]:
    return dict.fromkeys(READERS, value)


def test_the_readers_differ_about_what_is_not_quoted() -> None:
    """Otherwise it would prove little that they agree about what is written here."""
    assert {
        "Kubernetes": [True, 12, "1:30"],
        "libyaml, YAML 1.1": [True, "0o14", 90],
        "PyYAML, YAML 1.1": [True, "0o14", 90],
        "ruamel.yaml, YAML 1.1": [True, "0o14", 90],
        "ruamel.yaml, YAML 1.2": ["on", 12, "1:30"],
    } == readings("- on\n- 0o14\n- 1:30")


PLACES = """\
mapping:
  a: x
list:
  - x
braces: {a: x}
brackets: [x]
empty: {}
none: []
plain: x
single: 'x'
double: "x"
nothing:
number: 12
long: 'x
  y'
flow: [{plain: x, single: 'x', double: "x", nothing: , number: 12}]
"""


@pytest.mark.parametrize("value", AWKWARD, ids=shown)
def test_a_string_that_is_written_reads_back_as_itself(value: str) -> None:
    document = documents_of(PLACES)[0]
    scalars = ("plain", "single", "double", "nothing", "number")
    changes = [
        edit.insert_key(place_at(document, ("mapping",)), "new", value),
        edit.insert_key(place_at(document, ("braces",)), "new", value),
        edit.insert_key(place_at(document, ("empty",)), "new", value),
        edit.append_item(place_at(document, ("list",)), value),
        edit.append_item(place_at(document, ("brackets",)), value),
        edit.append_item(place_at(document, ("none",)), value),
        *(edit.replace_scalar(place_at(document, (name,)), value) for name in (*scalars, "long")),
        *(edit.replace_scalar(place_at(document, ("flow", 0, name)), value) for name in scalars),
    ]

    after = edit.apply(PLACES, [one for change in changes for one in change.edits])

    expected = {
        "mapping": {"a": "x", "new": value},
        "list": ["x", value],
        "braces": {"a": "x", "new": value},
        "brackets": ["x", value],
        "empty": {"new": value},
        "none": [value],
        **dict.fromkeys((*scalars, "long"), value),
        "flow": [dict.fromkeys(scalars, value)],
    }
    assert by_all(expected) == readings(after)


KEYS = """\
mapping:
  a: x
braces: {a: x}
quoted:
  'a': x
renamed:
  a: x
flow: {'a': x}
"""


@pytest.mark.parametrize("name", [value for value in AWKWARD if len(value) < 1000], ids=shown)
def test_a_key_that_is_written_reads_back_as_itself(name: str) -> None:
    document = documents_of(KEYS)[0]
    changes = [
        edit.insert_key(place_at(document, ("mapping",)), name, "v"),
        edit.insert_key(place_at(document, ("braces",)), name, "v"),
        edit.insert_key(place_at(document, ("quoted",)), name, "v"),
        edit.rename_key(place_at(document, ("renamed", "a")), name),
        edit.rename_key(place_at(document, ("flow", "a")), name),
    ]

    after = edit.apply(KEYS, [one for change in changes for one in change.edits])

    added = {"a": "x", name: "v"}
    expected = {"mapping": added, "braces": added, "quoted": added, "renamed": {name: "x"}, "flow": {name: "x"}}
    assert by_all(expected) == readings(after)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.booleans(), st.sampled_from(["", "'", '"']))
def test_any_text_reads_back_as_itself(value: str, flow: bool, quote: str) -> None:
    written = scalar_text(value, flow=flow, quote=quote)

    assert by_all({"k": [value]}) == readings(f"k: [{written}]" if flow else f"k:\n- {written}")


# Texts of the characters that numbers, dates and indicators are made of.
@settings(max_examples=200, deadline=None)
@given(st.text("0123456789abcdefxoEXOTZ_+-.:~#!&*?|>%@`'\"{}[],= ", max_size=8), st.booleans())
def test_any_text_that_looks_like_something_else_reads_back_as_itself(value: str, flow: bool) -> None:
    written = scalar_text(value, flow=flow)

    assert by_all({"k": [value]}) == readings(f"k: [{written}]" if flow else f"k:\n- {written}")


@pytest.mark.parametrize("value", PLAIN)
def test_a_string_that_needs_no_quotes_gets_none(value: str) -> None:
    assert value == scalar_text(value)


@pytest.mark.parametrize(
    ("value", "quote", "written"),
    [
        ("alpine", "'", "'alpine'"),
        ("alpine", '"', '"alpine"'),
        ("it's", "'", "'it''s'"),
        ("", "'", "''"),
        ("a\nb", "'", '"a\\nb"'),
        ('a"b', '"', '"a\\"b"'),
        (True, "'", "true"),
        (False, "", "false"),
        (-12, '"', "-12"),
    ],
)
def test_a_value_is_written_in_the_quotes_asked_for_where_they_will_do(
    value: str | int | bool, quote: str, written: str
) -> None:
    assert written == scalar_text(value, quote=quote)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(Refusal, match="half of a surrogate pair is no character"):
        scalar_text("\ud800")


def test_a_number_that_kubernetes_reads_as_another_is_refused() -> None:
    with pytest.raises(Refusal, match="the number has more digits than Kubernetes reads"):
        scalar_text(10**21 + 1)


def test_a_key_that_does_not_fit_on_a_line_is_refused() -> None:
    with pytest.raises(Refusal, match="the key is too long for one line"):
        key_text("x" * 1001)
