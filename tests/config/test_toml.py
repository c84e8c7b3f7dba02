"""The table `[tool.tektonlint]` of pyproject.toml: the same configuration, and the lines of its mistakes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tektonlint.config import Config
from tektonlint.finding import Severity
from tektonlint.policy.catalog import Choice
from tektonlint.tekton.images import own_facts
from tektonlint.tekton.target import Target

Loader = Callable[..., Config]
Errors = Callable[..., str]

PYPROJECT = "pyproject.toml"

COMPLETE = """\
[project]
name = "pipelines"

[tool.tektonlint]
select = ["timeouts", "image-pinned"]
ignore = ["b"]
exclude = ["vendor/**"]
coschedule = "disabled"
default-timeout-minutes = 90

[tool.tektonlint.target]
tekton = "1.10"
platform = "openshift"

[tool.tektonlint.policies]
a = "off"
b = false
image-pinned = { severity = "error", options = { allow = ["registry.local/"] } }

[tool.tektonlint.timeouts.suggest]
build = "3h"

[tool.tektonlint.images."quay.io/acme/tools"]
present = ["jq"]

[tool.other]
select = 1
"""


def test_the_table_says_what_a_yaml_file_can_say(loaded: Loader) -> None:
    expected = Config(
        file=PYPROJECT,
        choice=Choice(
            select=("timeouts", "image-pinned"),
            ignore=("b",),
            severities={"a": None, "b": None, "image-pinned": Severity.ERROR},
            options={"image-pinned": {"allow": ["registry.local/"]}},
        ),
        exclude=("vendor/**",),
        policy_paths=(),
        target=Target(
            tekton=(1, 10),
            platform="openshift",
            coschedule="disabled",
            default_timeout_minutes=90,
            decided=frozenset(("tekton", "platform", "coschedule", "default_timeout_minutes")),
            suggest={"build": "3h", "transfer": "1h", "test": "1h", "other": "30m"},
            images={"quay.io/acme/tools": own_facts("quay.io/acme/tools", present=["jq"])},
        ),
    )

    assert expected == loaded(COMPLETE, PYPROJECT)._replace(written=None)


def test_a_toml_file_of_any_name_holds_the_same_table(loaded: Loader) -> None:
    choice = loaded('[tool.tektonlint]\nignore = ["a"]\n', "shared.toml", given=True).choice

    assert Choice(ignore=("a",), severities={}, options={}) == choice


def test_a_byte_order_mark_is_not_part_of_the_first_key(loaded: Loader) -> None:
    choice = loaded('\ufeff[tool.tektonlint]\nignore = ["a"]\n', PYPROJECT).choice

    assert Choice(ignore=("a",), severities={}, options={}) == choice


def test_a_whole_float_is_an_integer_as_it_is_in_yaml(loaded: Loader) -> None:
    minutes = loaded("[tool.tektonlint]\ndefault-timeout-minutes = 60.0\n", PYPROJECT).target.default_timeout_minutes

    assert (int, 60) == (type(minutes), minutes)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x = 1.5", {"x": 1.5}),
        ("x = -2", {"x": -2}),
        ("x = true", {"x": True}),
        ("x = [[1], []]", {"x": [[1], []]}),
        ("x.y = 'z'", {"x": {"y": "z"}}),
    ],
)
def test_options_keep_the_type_they_are_written_with(loaded: Loader, text: str, options: dict[str, object]) -> None:
    config = loaded(f"[tool.tektonlint.policies.a.options]\n{text}\n", PYPROJECT)

    assert repr({"a": options}) == repr(config.choice.options)


SAID = {
    "a Tekton that TOML reads as another": (
        "[tool.tektonlint]\ntarget.tekton = 1.10",
        '2: `target.tekton` has to be quoted, since 1.10 is the number 1.1: write `"1.10"`',
    ),
    "a boolean": (
        "[tool.tektonlint]\ncoschedule = true",
        "2: `coschedule` cannot be `true`; it is one of"
        " `workspaces`, `pipelineruns`, `isolate-pipelinerun`, `disabled`",
    ),
    "a date": ("[tool.tektonlint]\nselect = [1979-05-27]", "2: `1979-05-27` is a date or a time; quote it"),
    "infinity": ("[tool.tektonlint]\ndefault-timeout-minutes = inf", "2: `inf` has no JSON form"),
    "not a number": ("[tool.tektonlint]\ndefault-timeout-minutes = nan", "2: `nan` has no JSON form"),
    "a table that is none": (
        "[tool]\ntektonlint = 1",
        "2: the configuration has to be a mapping of keys to values, not the number `1`",
    ),
    "a list of tables": (
        "[[tool.tektonlint]]\nselect = ['a']",
        "1: the configuration has to be a mapping of keys to values, not a list",
    ),
    "a key that stands twice": (
        "[tool.tektonlint]\nselect = ['a']\nselect = ['b']\nignore = ['c']",
        "3: not TOML: a key stands twice",
    ),
    "a table that stands twice": (
        "[tool.tektonlint]\n[tool.other]\n[tool.tektonlint]\n",
        "3: not TOML: Cannot declare ('tool', 'tektonlint') twice",
    ),
    "a table that does not end": (
        "\n[tool.tektonlint",
        "2: not TOML: Expected ']' at the end of a table declaration",
    ),
    "a list that does not end": ("[tool.tektonlint]\nselect = [\n'a',\n\n", "3: not TOML: Invalid value"),
    "nesting in dots": (f"[tool.tektonlint]\n{'a.' * 300}b = 1", "2: nested deeper than 200 levels"),
}


@pytest.mark.parametrize(("text", "said"), SAID.values(), ids=SAID)
def test_the_error_says_where_and_what(error: Errors, text: str, said: str) -> None:
    assert f"pyproject.toml:{said}" == error(text, PYPROJECT)


@pytest.mark.parametrize(
    ("value", "said"),
    [("[" * 50_000, "nested too deeply"), ("9" * 5000, "a number has too many digits")],
    ids=["brackets without end", "a number with 5000 digits"],
)
def test_what_no_line_is_known_of_is_an_error_of_the_file(error: Errors, value: str, said: str) -> None:
    assert f"pyproject.toml: {said}" == error(f"[tool.tektonlint]\nx = {value}\n", PYPROJECT)


def test_a_file_that_was_named_has_to_have_the_table(error: Errors) -> None:
    expected = "pyproject.toml: there is no table `[tool.tektonlint]`"

    assert expected == error("[tool.other]\nselect = ['a']\n", PYPROJECT, given=True)


# Each text has one mistake, such as a key `wrong`, or an item 0 in a list of texts. Its line is marked with `# <-`.
PLACES = {
    "in the table": "[tool.tektonlint]\nselect = ['a']\nwrong = 1  # <-\n",
    "in the table, with the name in quotes": "[tool.'tektonlint']\n\n\"wrong\" = 1  # <-\n",
    "in the table, with an escape in the name": '[tool.tektonlint]\n\n"wr\\u006fng" = 1  # <-\n',
    "in the table, with blanks in the header": "[ tool . tektonlint ]\n\nwrong=1  # <-\n",
    "in a table within": "[tool.tektonlint]\n[tool.tektonlint.target]\nwrong = 1  # <-\n",
    "in a table within that stands before": (
        "[tool.tektonlint.target]\nwrong = 1  # <-\n[tool.other]\nwrong = 1\n[tool.tektonlint]\nselect = ['a']\n"
    ),
    "in dots": "[tool.tektonlint]\ntarget.platform = 'openshift'\ntarget.wrong = 1  # <-\n",
    "in dots from above": "[tool]\nother.wrong = 1\ntektonlint.target.wrong = 1  # <-\n",
    "in dots from the top": "tool.other.wrong = 1\ntool.tektonlint.wrong = 1  # <-\n",
    "in braces": "[tool]\nother = { wrong = 1 }\ntektonlint = { select = ['a'], wrong = 1 }  # <-\n",
    "the header of the wrong table": "[tool.tektonlint]\n[tool.tektonlint.wrong]  # <-\nx = 1\n",
    "the header within the wrong table": "[tool.tektonlint]\n\n[tool.tektonlint.wrong.deeper]  # <-\nx = 1\n",
    "the header of the first of the wrong tables": (
        "[tool.tektonlint]\n\n[[tool.tektonlint.wrong]]  # <-\nx = 1\n[[tool.tektonlint.wrong]]\n"
    ),
    "an item": "[tool.tektonlint]\nselect = [\n  'a',\n  0,  # <-\n]\n",
    "an item behind a comment": "[tool.tektonlint]\nselect = [ # ], 0\n  'a', # 'b'\n\n  0  # <-\n]\n",
    "an item that is a list": "[tool.tektonlint]\nselect = [\n  'a',\n  [ # <-\n  0]\n]\n",
    "behind the same name elsewhere": (
        "[other]\nwrong = 1\n[tool.tektonlint.policies.wrong.options]\nwrong = 1\n[tool.tektonlint]\nwrong = 1  # <-\n"
    ),
    "behind the same name in a text": (
        "description = '''\n[tool.tektonlint]\nwrong = 1\n'''\n[tool.tektonlint]\nwrong = 1  # <-\n"
    ),
    "behind a text of several lines": (
        '[tool.tektonlint]\npolicies.a.options.x = """\nwrong = 1\n\\"""\n""""\nwrong = 1  # <-\n'
    ),
    "behind a literal of several lines": (
        "[tool.tektonlint]\npolicies.a.options.x = '''\n\\'\nwrong = 1'''''\nwrong = 1  # <-\n"
    ),
    "behind a bracket in a text": '[tool.tektonlint]\nselect = ["[", \'{\', "#\\"]"]\nwrong = 1  # <-\n',
    "behind empty texts": "[tool.tektonlint]\nselect = ['', \"\", '''''', \"\"\"\"\"\"]\nwrong = 1  # <-\n",
    "behind an empty key": "[tool.tektonlint]\npolicies.a.options.'' = 1\nwrong = 1  # <-\n",
    "behind numbers and times": (
        "[tool]\nother = [1_0.5e-3, 1979-05-27 07:32:00Z, +inf, 0xff]\n[tool.tektonlint]\nwrong = 1  # <-\n"
    ),
    "behind tables in a list of tables": (
        "[[tool.other]]\n[tool.other.tektonlint]\nwrong = 1\n[[tool.other]]\nwrong = 1\n"
        "[tool.tektonlint]\n[[tool.tektonlint.policies.a.options.x]]\nwrong = 1\n"
        "[tool.tektonlint.policies.a.options.x.y]\nwrong = 1\n[tool.tektonlint.target]\nwrong = 1  # <-\n"
    ),
    "in the second of the tables of a list": (
        "[[tool.tektonlint.policies.a.options.x]]\ny = 1\n[[tool.tektonlint.policies.a.options.x]]\n"
        "[tool.tektonlint.policies.a.options.x.y]\nz = 1979-05-27  # <-\n"
    ),
    "behind CRLF and a byte-order mark": "\ufeff[tool.tektonlint]\r\n\r\nselect = ['a']\r\nwrong = 1  # <-\r\n",
    "with CRLF in a text of several lines": (
        "[tool.tektonlint]\r\npolicies.a.options.x = '''\r\nwrong\r\n'''\r\nwrong = 1  # <-\r\n"
    ),
    "a key in dots with blanks and quotes": "[tool.tektonlint]\n\ntimeouts . 'suggest' . \"wrong\" = 1  # <-\n",
    "a key that is a number": "[tool.tektonlint.timeouts]\n\n3.14 = 1  # <-\n",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_the_line_is_that_of_the_key(error: Errors, text: str) -> None:
    """tomllib has no positions; the text is searched for the key."""
    marked = [number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("# <-")]

    assert [marked] == [[int(error(text, PYPROJECT).split(":")[1])]]
