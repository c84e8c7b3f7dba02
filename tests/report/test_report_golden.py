"""Each report of the sample is what was written down for it by hand in `golden/`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tektonlint import __version__
from tektonlint.report import FORMATS, Style, render
from tektonlint.report.view import View

GOLDEN = Path(__file__).parent / "golden"
FILES = {path.stem: path for path in sorted(GOLDEN.iterdir())}


def golden(name: str) -> str:
    return FILES[name].read_bytes().decode("utf-8").replace("VERSION", __version__)


@pytest.mark.parametrize("name", ["gitlab", "rdjson", "sarif"])
def test_a_report_in_json_says_what_was_written_down(name: str, sample: View) -> None:
    assert json.loads(golden(name)) == json.loads(render(name, sample, Style()))


@pytest.mark.parametrize("name", ["gitlab", "rdjson", "sarif"])
def test_a_report_in_json_is_one_line_with_its_keys_in_that_order(name: str, sample: View) -> None:
    assert json.dumps(json.loads(golden(name))) + "\n" == render(name, sample, Style())


@pytest.mark.parametrize("name", ["github", "junit", "markdown"])
def test_a_report_in_text_is_what_was_written_down(name: str, sample: View) -> None:
    assert golden(name) == render(name, sample, Style())


def test_every_format_has_its_test() -> None:
    """Those of the first three are in the modules named after them."""
    assert set(FORMATS) - {"text", "concise", "json"} == set(FILES)
