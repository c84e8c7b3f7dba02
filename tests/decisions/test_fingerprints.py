"""A fingerprint is the same for the same finding wherever it stands, and another for another mistake."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import engine, tree
from tektonlint.finding import Finding, Location, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Source, Span

CATALOG = catalog.load()
POLICIES = enabled(CATALOG, Choice({}, {}))

BUILD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build
spec:
  params:
  - name: url
  steps:
  - name: fetch
    image: golang
    resources:
      limits:
        memory: 1Gi
    script: |
      #!/bin/sh
      git clone $(params.url) .
      make | tee log
  - name: test
    image: golang
    securityContext:
      privileged: true
    script: |
      set -o pipefail
      make test
"""
RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: nightly
spec:
  timeout: 4h
  serviceAccountName: bot
  pipelineSpec:
    tasks:
    - name: build
      taskRef:
        name: build
      params:
      - name: url
        value: a
      - name: colour
        value: red
"""
LATER = """\
apiVersion: tekton.dev/v1beta1
kind: TaskRun
metadata:
  generateName: once-
spec:
  timeout: 1hour
  taskSpec:
    steps:
    - image: alpine:latest
      script: echo $(params.nothing)
"""
TEXTS = (BUILD, RUN, LATER)


def findings(text: str, name: str = "all.yaml") -> tuple[Finding, ...]:
    return engine.run(tree.of_texts({name: text}), POLICIES, CATALOG, Target(tekton=newest())).findings


def fingerprints(text: str) -> Counter[str]:
    return Counter(finding.fingerprint for finding in findings(text))


PLAIN = fingerprints("---\n".join(TEXTS))


def test_the_texts_have_findings_of_many_kinds() -> None:
    found = findings("---\n".join(TEXTS))

    assert len(found) > 12
    assert len({finding.policy for finding in found}) > 8
    assert {"script"} < {finding.trail.rpartition("/")[2] for finding in found}


def in_script(lines: list[str], number: int) -> bool:
    """Whether a line is in a block scalar, where a comment would be a part of it."""
    for above in range(number - 1, -1, -1):
        if re.search(r"\|$", lines[above]):
            depth = len(lines[above]) - len(lines[above].lstrip())
            inner = [line for line in lines[above + 1 : number + 1] if line.strip()]
            return all(len(line) - len(line.lstrip()) > depth for line in inner)
    return False


@st.composite
def moved(draw: st.DrawFn) -> str:
    """The texts, moved about: other indentation, more lines and comments, another order, other line ends."""
    made: list[str] = []
    for text in draw(st.permutations(TEXTS)):
        lines = deeper(text.splitlines()) if draw(st.booleans()) else text.splitlines()
        width = draw(st.integers(2, 4))
        lines = [stretched(line, width) for line in lines]
        more: list[str] = []
        for number, line in enumerate(lines):
            if not in_script(lines, number) and draw(st.integers(0, 4)) == 0:
                more.append(draw(st.sampled_from(["", "# moved", "   # moved too", "#"])))
            more.append(line)
        made.append("\n".join(more) + "\n")
    head = draw(st.sampled_from(["", "# head\n", "---\n", "\n\n"]))
    text = head + "---\n".join(made)
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def stretched(line: str, width: int) -> str:
    """A line with so many blanks for each two, and behind a dash as many as its item's other lines need."""
    said = line.lstrip()
    item = f"-{' ' * (width - 1)}{said[2:]}" if said.startswith("- ") else said
    return " " * ((len(line) - len(said)) // 2 * width) + item


def deeper(lines: list[str]) -> list[str]:
    """Lists that stand deeper than their keys: every line that follows an item's dash moves with it."""
    made: list[str] = []
    dashes: list[int] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        while dashes and (depth < dashes[-1] or (depth == dashes[-1] and not line.lstrip().startswith("- "))):
            dashes.pop()
        if line.lstrip().startswith("- ") and (not dashes or dashes[-1] < depth):
            dashes.append(depth)
        made.append("  " * len(dashes) + line)
    return made


@settings(deadline=None, max_examples=60)
@given(moved())
def test_moved_lines_comments_indentation_and_order_keep_every_fingerprint(text: str) -> None:
    assert PLAIN == fingerprints(text)


def whole(text: str) -> str:
    """The fingerprint of a finding about a whole text."""
    at = Location(Source("a.yaml", text), Span(0, len(text)))
    return Finding(policy="p", severity=Severity.NOTE, message="", at=at).fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "steps:\n  - name: a\n    image: b\n",
        "steps:\n- name: a\n  image: b",
        "steps:\r\n- name: a\r\n  image: b",
        "steps:\n# why\n- name: a  # because\n\n  image: b\n",
    ],
)
def test_a_finding_about_several_lines_is_the_same_however_they_are_written(text: str) -> None:
    assert whole("steps:\n- name: a\n  image: b\n") == whole(text)


@pytest.mark.parametrize("other", ["a#b", "a #c", "b"])
def test_what_stands_behind_a_sign_in_one_line_counts(other: str) -> None:
    assert whole("a #b") != whole(other)


def test_a_long_text_counts_to_its_end() -> None:
    assert whole("x " * 1000 + "a") != whole("x " * 1000 + "b")


def test_two_mistakes_of_the_corpus_have_two_fingerprints() -> None:
    """A shared one would let the baseline of one hide the other."""
    given = os.environ.get("TEKTONLINT_CORPUS")
    if not given:
        pytest.skip("TEKTONLINT_CORPUS is not set")
    root = tree.Root(folder=os.path.realpath(given), marked=True)
    found = engine.run(tree.read([given], root), POLICIES, CATALOG, Target(tekton=newest())).findings
    messages: dict[str, set[str]] = {}
    for finding in found:
        messages.setdefault(finding.fingerprint, set()).add(finding.message)

    assert len(found) > 2000
    assert {} == {key: said for key, said in messages.items() if len(said) > 1}
