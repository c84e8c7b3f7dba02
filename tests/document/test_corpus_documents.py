"""Real manifests: every scalar stands where it says, and reads as others read it.

`TEKTONLINT_CORPUS` is a folder of manifests, `TEKTONLINT_VERDICTS` one with `corpus.jsonl`, a row for each of their
documents, made with Kubernetes' own reader.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tektonlint import scalars
from tektonlint.document import FOLDED, LITERAL, PLAIN, Document, Mapping, Node, Scalar, load, plain_data, walk
from tektonlint.offsets import header_line_end, indentation
from tektonlint.text import Source


def folder_of(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} is not set")
    return Path(os.environ[variable])


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The text of every manifest, by its name."""
    folder = folder_of("TEKTONLINT_CORPUS")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml") and path.is_file()]
    assert paths
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8") for path in paths}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    lines = (folder_of("TEKTONLINT_VERDICTS") / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def documents(texts: dict[str, str]) -> Iterator[tuple[str, Document]]:
    for name, text in texts.items():
        for document in load(Source(name, text)).documents:
            yield name, document


def reads(piece: str) -> str | None:
    """The text of a scalar that is parsed alone, without its surroundings."""
    events = [event for event in yaml.parse(piece, Loader=yaml.CSafeLoader) if isinstance(event, yaml.ScalarEvent)]
    return events[0].value if len(events) == 1 else None


def block_reads(scalar: Scalar, text: str) -> bool:
    """Whether the lines of a block scalar hold its text, in order; what the fold put between them is white space."""
    indent = indentation(scalar, text)
    lines = text[header_line_end(scalar, text) : scalar.end].replace("\r\n", "\n").split("\n")
    content = [line[indent:] for line in lines]
    if scalar.style == LITERAL:
        return "\n".join(content).rstrip("\n") == scalar.text.rstrip("\n")
    return "".join(content).split() == scalar.text.split() or " ".join(content).split() == scalar.text.split()


def is_right(scalar: Scalar, text: str) -> bool:
    piece = text[scalar.start : scalar.end]
    if text.startswith("*", scalar.start):
        return scalar.shared
    if scalar.style in (LITERAL, FOLDED):
        return piece.startswith(scalar.style) and block_reads(scalar, text)
    if piece == "":
        return scalar.style == PLAIN and scalar.text == ""
    return piece == piece.strip() and reads(piece) == scalar.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["as is", "crlf"])
def test_every_scalar_reads_the_same_from_its_span_alone(texts: dict[str, str], newline: str) -> None:
    changed = {name: text.replace("\n", newline) for name, text in texts.items()}
    styles: Counter[str] = Counter()
    wrong = []
    for name, document in documents(changed):
        for node in walk(document.root):
            if isinstance(node, Scalar):
                styles[node.style] += 1
                if not is_right(node, changed[name]):
                    wrong.append((name, node.start, changed[name][node.start : node.end], node.text))

    assert [] == wrong
    assert {"", "'", '"', "|", ">"} == set(styles)


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text], ids=["crlf", "mark"]
)
def test_line_ends_and_a_mark_change_no_value(texts: dict[str, str], change: Callable[[str], str]) -> None:
    different = [
        name
        for name, text in texts.items()
        if [plain_data(each.root) for each in load(Source(name, change(text))).documents]
        != [plain_data(each.root) for each in load(Source(name, text)).documents]
    ]

    assert [] == different


def outside(node: Node) -> Iterator[tuple[Node, Node]]:
    """Every node with one written inside it."""
    for parent in walk(node):
        if isinstance(parent, Mapping):
            for entry in parent.entries:
                yield parent, entry.key
                yield parent, entry.value
        elif not isinstance(parent, Scalar):
            for item in parent.items:
                yield parent, item


def test_every_node_stands_within_the_one_around_it(texts: dict[str, str]) -> None:
    wrong = [
        (name, parent.start, child.start)
        for name, document in documents(texts)
        for parent, child in outside(document.root)
        if not parent.shared and not parent.start <= child.start <= child.end <= parent.end
    ]

    assert [] == wrong


# What others read


def head(root: Node, key: str) -> str:
    """A string under a key of the root, and empty where there is none, as Go decodes it."""
    value = root.get(key) if isinstance(root, Mapping) else None
    return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else ""


def test_the_documents_are_those_that_kubernetes_reads(texts: dict[str, str], rows: list[dict[str, Any]]) -> None:
    kept = {(row["file"], row["doc"]): (row["apiVersion"], row["kind"]) for row in rows if row.get("stage") != "yaml"}
    known = {row["file"] for row in rows}
    ours = {
        (name, document.index): (head(document.root, "apiVersion"), head(document.root, "kind"))
        for name, document in documents(texts)
        if name in known
    }

    assert len(kept) > 1000
    assert kept == {key: value for key, value in ours.items() if key in kept}


def test_what_is_refused_is_what_kubernetes_cannot_read(texts: dict[str, str], rows: list[dict[str, Any]]) -> None:
    unreadable = {(row["file"], row["doc"]) for row in rows if row.get("stage") == "yaml"}
    known = {row["file"] for row in rows}

    assert unreadable
    assert unreadable == {
        (name, problem.document)
        for name, text in texts.items()
        if name in known
        for problem in load(Source(name, text)).problems
        if problem.refused
    }


class KubernetesLoader(yaml.CSafeLoader):
    """PyYAML with its own rules for plain scalars replaced by those of `scalars`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def construct_kubernetes(self, node: yaml.Node) -> object:
        assert isinstance(node, yaml.ScalarNode)
        return node.value if node.style else scalars.plain(node.value)

    def construct_json(self, node: yaml.Node) -> dict[str, object]:
        assert isinstance(node, yaml.MappingNode)
        return {
            key.value if key.style else scalars.plain_key(key.value): self.construct_object(value, deep=True)
            for key, value in node.value
        }


KubernetesLoader.add_constructor("tag:yaml.org,2002:str", KubernetesLoader.construct_kubernetes)
KubernetesLoader.add_constructor("tag:yaml.org,2002:map", KubernetesLoader.construct_json)


def test_the_values_are_those_that_pyyaml_reads_with_the_same_scalars(texts: dict[str, str]) -> None:
    compared = 0
    for name, text in texts.items():
        loaded = load(Source(name, text))
        if loaded.problems:
            continue
        theirs = [data for data in yaml.load_all(text, Loader=KubernetesLoader) if data is not None]
        ours = [plain_data(document.root) for document in loaded.documents]
        # PyYAML does not end the last line of a file.
        if not text.endswith("\n"):
            theirs = [data for data in yaml.load_all(text + "\n", Loader=KubernetesLoader) if data is not None]
        assert theirs == ours, name
        compared += len(ours)

    assert compared > 1000
