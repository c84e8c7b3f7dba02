"""A tree in which names, paths and scripts are written to be obeyed: no report obeys them, and none loses them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from tektonlint.report import FORMATS, Style, render
from tektonlint.report.view import View

SOURCE = Path(__file__).parents[2] / "src"
# Every way out at once: of a line, of a terminal, of a log, of a property, of a cell, of a string, of an element.
MEAN = '::error::x ##[add-mask]y ##vso[task.z]q %0A,a=b:c |<img src=x>@team [l](http:e.x) ]]>&lt;"\\`'
PATH = f"::add-mask::{MEAN}".replace("/", "_") + "\x1b[31m\n::stop-commands::t\u202e.yaml"
# A variable is there twice, and the script reads a file by such a name and puts a param into the shell's words.
TASK = f"""\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: {json.dumps(MEAN)}
spec:
  params:
    - name: {json.dumps(MEAN)}
  workspaces:
    - name: data
  steps:
    - name: run
      image: {json.dumps("golang" + MEAN)}
      env:
        - {{name: {json.dumps(MEAN)}, value: a}}
        - {{name: {json.dumps(MEAN)}, value: b}}
      script: |
        #!/bin/sh
        set -eu
        echo ::error::x; echo '##[add-mask]y ##vso[task.z]q' $(params["a"])
        cat '/workspace/data/##[add-mask]y|<img src=x>@team [l](http:e.x)'
"""
# What actions/runner takes for a command: at the beginning of a line, and anywhere in it.
COMMAND = re.compile(r"^\s*::\w[^:]*::|##\[|##vso\[", re.MULTILINE)
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All reports of one run, in a process of its own, over a file that has such a name and says such things."""
    folder = tmp_path_factory.mktemp("hostile")
    tree = folder / "tree"
    tree.mkdir()
    try:
        (tree / PATH).write_text(TASK, encoding="utf-8")
        (tree / os.fsdecode(b"\xff.yaml")).write_text(TASK, encoding="utf-8")
    except OSError as error:
        pytest.skip(f"this file system has no such names: {error}")
    asked = [word for name in FORMATS for word in ("--format", f"{name}={folder / name}")]
    done = subprocess.run(
        [sys.executable, "-m", "tektonlint", ".", "--severity", "note", *asked],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (1, b"", b"") == (done.returncode, done.stdout, done.stderr)
    return {name: (folder / name).read_bytes().decode("utf-8") for name in FORMATS}


def test_the_tree_is_mean_enough(reports: dict[str, str]) -> None:
    found = json.loads(reports["json"])["findings"]

    assert {PATH, os.fsdecode(b"\xff.yaml")} == {finding["path"] for finding in found}
    messages = {finding["policy"]: finding["message"] for finding in found}
    assert MEAN in messages["duplicate-env"]
    assert "param-injected-into-script" in messages
    assert r"cat '/workspace/data/\x23#[add-mask]y|<img src=x>" in reports["text"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_terminal_has_nothing_to_obey(name: str, reports: dict[str, str], attack: View) -> None:
    for report in (reports[name], render(name, attack, Style())):
        assert None is CONTROLS.search(report)


@pytest.mark.parametrize("name", FORMATS)
def test_a_service_that_keeps_the_log_has_nothing_to_obey(name: str, reports: dict[str, str], attack: View) -> None:
    """But for the commands that the report for GitHub is."""
    for report in (reports[name], render(name, attack, Style())):
        if name == "github":
            report = re.sub(r"^::(error|warning|notice) [^:]*::", "", report, flags=re.MULTILINE)
        assert None is COMMAND.search(report)


@pytest.mark.parametrize("name", ["text", "concise", "github", "markdown"])
def test_no_line_begins_with_what_a_stranger_wrote(name: str, reports: dict[str, str]) -> None:
    beginnings = {
        "text": r"( {2})?(\\x3a:add-mask|\\udcff)| +(\d+ )?\||  fix: |$|\d+ (error|warning|note)",
        "concise": r"\\x3a:add-mask|\\udcff",
        "github": r"::(error|warning|notice) (file|title)=",
        "markdown": r"\| (severity|error|warning|note) \||\|---|###? |$|`tektonlint --fix`",
    }

    assert [] == [line for line in reports[name].splitlines() if not re.match(beginnings[name], line)]


def strings(value: Any) -> list[str]:
    """Every string in a JSON value, those of keys too."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", ["sarif", "gitlab", "rdjson"])
def test_a_reader_in_another_language_can_read_every_string(name: str, reports: dict[str, str]) -> None:
    """Lone surrogates are refused by the JSON parsers of Go, which is reviewdog's, and of others."""
    for text in strings(json.loads(reports[name])):
        text.encode("utf-8")


def test_sarif_has_no_link_of_a_stranger(reports: dict[str, str]) -> None:
    """SARIF 2.1.0 §3.11.6: `[text](target)`, where the bracket is not escaped."""
    messages = re.findall(r'"text": ("(?:[^"\\]|\\.)*")', reports["sarif"])
    results = [json.loads(message) for message in messages]

    assert any(r"\[l\](http:e.x)" in text for text in results)
    assert [] == [text for text in results if re.search(r"(?<!\\)\]\(", text)]


def test_sarif_has_paths_without_any_character_of_another_meaning(reports: dict[str, str]) -> None:
    results = json.loads(reports["sarif"])["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}

    assert 2 == len(uris)
    assert all(re.fullmatch(r"([\w.~/-]|%[0-9A-F]{2})+", uri) for uri in uris)


def test_github_has_one_command_a_line_with_its_own_properties(reports: dict[str, str]) -> None:
    for line in reports["github"].splitlines():
        properties = line[2:].partition("::")[0].partition(" ")[2]
        assert {"file", "line", "col", "endLine", "endColumn", "title"} >= {
            pair.partition("=")[0] for pair in properties.split(",")
        }


def test_junit_has_no_element_of_a_stranger(reports: dict[str, str]) -> None:
    elements = {element.tag for element in ElementTree.fromstring(reports["junit"]).iter()}

    assert elements <= {"testsuites", "testsuite", "testcase", "failure", "system-out"}


def test_markdown_has_no_html_no_image_and_no_link_but_to_policies(reports: dict[str, str]) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(reports["markdown"])
    inside = [token for block in tokens for token in (block, *(block.children or ()))]

    assert {"html_block", "html_inline", "image"}.isdisjoint(token.type for token in inside)
    links = [str(token.attrs["href"]) for token in inside if token.type == "link_open"]
    assert links
    assert all(link.startswith("https://github.com/tektonlint/tektonlint/blob/main/docs/policies/") for link in links)
    assert [] == [token.content for token in inside if token.type == "text" and re.search("[@#<]", token.content)]
