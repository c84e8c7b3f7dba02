"""What is known of an image is what the rows for it say, and every row has evidence and covers something."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tektonlint.bundled import folder
from tektonlint.tekton.images import KINDS, SHELLS, ImageFacts, facts_of, own_facts, table_rows

TABLE: list[dict[str, Any]] = json.loads((Path(folder("tables")) / "images.json").read_text(encoding="utf-8"))["images"]
ROWS = list(table_rows())


def first_name(raw: dict[str, Any]) -> str:
    image = raw["image"]
    return str(image if isinstance(image, str) else image[0])


@pytest.mark.parametrize(
    ("image", "pattern"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3.19", "docker.io/library/alpine"),
        ("alpine@sha256:0f", "docker.io/library/alpine"),
        ("alpine:3.19@sha256:0f", "docker.io/library/alpine"),
        ("alpine:$(params.tag)", "docker.io/library/alpine"),
        ("alpine@$(params.digest)", "docker.io/library/alpine"),
        ("library/alpine", "docker.io/library/alpine"),
        ("docker.io/alpine", "docker.io/library/alpine"),
        ("docker.io/library/alpine", "docker.io/library/alpine"),
        ("index.docker.io/library/alpine", "docker.io/library/alpine"),
        ("mirror.gcr.io/alpine", "docker.io/library/alpine"),
        ("mirror.gcr.io/library/alpine", "docker.io/library/alpine"),
        ("quay.io/acme/alpine", None),
        ("acme/alpine", None),
        ("localhost/alpine", None),
        ("localhost:5000/alpine", None),
        ("registry.example/library/alpine", None),
        ("docker.io/library/alpine/sub", None),
        ("my-alpine", None),
        ("alpine/git", "docker.io/alpine/git"),
        ("curlimages/curl:8.1.2", "docker.io/curlimages/curl"),
        ("quay.io/curl/curl", "quay.io/curl/curl"),
        ("gcr.io/distroless/static", "gcr.io/distroless/*"),
        ("gcr.io/distroless/static/sub", None),
        ("gcr.io/distroless/base:debug", None),
        ("gcr.io/distroless/base@sha256:0f", None),
        ("gcr.io/kaniko-project/executor:v1.8.1", "gcr.io/kaniko-project/executor"),
        ("gcr.io/kaniko-project/executor:debug", None),
        ("gcr.io/kaniko-project/executor:debug-v0.16.0", None),
        ("gcr.io/kaniko-project/executor@sha256:0f", None),
        ("gcr.io/kaniko-project/executor:$(params.tag)", None),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.3", "registry.access.redhat.com/ubi9/ubi-minimal"),
        ("registry.redhat.io/ubi8-minimal", "registry.redhat.io/ubi8-minimal"),
        ("registry.access.redhat.com/ubi9-micro", "registry.access.redhat.com/ubi*-micro"),
        ("quay.io/acme/ubi9-micro", None),
        ("minio/mc:RELEASE.2023-10-24T21-42-22Z", "docker.io/minio/mc"),
        ("minio/mc:RELEASE.2023-09-29T16-41-22Z", None),
        ("minio/mc", "docker.io/minio/mc"),
        ("minio/mc:latest@sha256:0f", None),
        ("golang:1.23-windowsservercore", None),
        ("python:3.12-nanoserver", None),
        ("$(params.image)", None),
        ("$(params.registry)/library/alpine", None),
        ("docker.io/library/$(params.image)", None),
        ("{{ .Values.image }}", None),
        ("Alpine", None),
        ("", None),
        (":", None),
        ("@", None),
        ("/", None),
        ("alpine ", None),
    ],
)
def test_an_image_is_known_by_its_whole_name(image: str, pattern: str | None) -> None:
    facts = facts_of(image)

    assert pattern == (facts.pattern if facts else None)


def test_no_image_is_no_image() -> None:
    assert facts_of(None) is None
    assert facts_of(None, {"*": own_facts("*", user=1)}) is None


@pytest.mark.parametrize(
    ("image", "shell", "user"),
    [
        ("python:3.12-slim", "dash", 0),
        ("python:3.12-alpine", "ash", 0),
        ("python", "dash", 0),
        ("python@sha256:0f", None, 0),
        ("ubuntu", "dash", 0),
        ("busybox", "ash", None),
        ("quay.io/buildah/stable", "bash", 0),
        ("gcr.io/distroless/static", "none", None),
        ("gcr.io/distroless/static:nonroot", "none", 65532),
        ("gcr.io/distroless/static:debug-nonroot", None, 65532),
        ("mikefarah/yq", "ash", 1000),
        ("mikefarah/yq:4", "ash", 1000),
        ("mikefarah/yq:4.50.1", "ash", 1000),
        ("mikefarah/yq:4.16.2", "ash", None),
        ("mikefarah/yq:4@sha256:0f", "ash", None),
        ("mikefarah/yq:5-rc", "ash", 1000),
        ("mikefarah/yq:edge", "ash", None),
        ("curlimages/curl", "ash", 100),
        ("quay.io/konflux-ci/task-runner:1.6.0", "bash", 1000),
        ("quay.io/konflux-ci/task-runner:1.0.0", "bash", None),
    ],
)
def test_the_rows_that_cover_a_tag_are_taken_together(image: str, shell: str | None, user: int | None) -> None:
    facts = facts_of(image)

    assert facts is not None
    assert (shell, user) == (facts.shell, facts.user)


def test_volumes_hold_for_the_tags_that_declare_them() -> None:
    newest, old = facts_of("quay.io/buildah/stable:v1"), facts_of("quay.io/buildah/stable:v1.17.0")

    assert newest is not None
    assert old is not None
    assert ("/var/lib/containers", "/home/build/.local/share/containers") == newest.volumes
    assert () == old.volumes


def test_a_shell_says_which_commands_there_are() -> None:
    ubi, scratch, alpine = (own_facts("a", shell=shell) for shell in ("bash", "none", "ash"))

    assert [["bash", "sh"], []] == [sorted(ubi.present), sorted(ubi.absent)]
    assert [[], ["sh"]] == [sorted(scratch.present), sorted(scratch.absent)]
    assert [["sh"], []] == [sorted(alpine.present), sorted(alpine.absent)]
    assert "none" == own_facts("a", absent=["sh"]).shell


def test_what_the_configuration_says_comes_before_the_table() -> None:
    own = {"alpine": own_facts("alpine", present=["jq"], user=1001), "*": own_facts("*", user=7)}
    known, facts = facts_of("alpine"), facts_of("docker.io/library/alpine:3.19", own)

    assert known is not None
    assert facts is not None
    assert ("ash", 1001) == (facts.shell, facts.user)
    assert known.absent - {"jq"} == facts.absent
    assert known.present | {"jq"} == facts.present
    assert "`images` of the configuration, `alpine`" == facts.evidence_of("jq") == facts.evidence_of("user")
    assert known.evidence_of("curl") == facts.evidence_of("curl")


def test_the_configuration_may_take_a_shell_away_or_give_one() -> None:
    without = facts_of("alpine", {"alpine": own_facts("alpine", shell="none")})
    given = facts_of("ghcr.io/jqlang/jq", {"**": own_facts("ghcr.io/**", present=["sh"])})

    assert without is not None
    assert given is not None
    assert ("none", False, True) == (without.shell, "sh" in without.present, "sh" in without.absent)
    assert (None, True, False) == (given.shell, "sh" in given.present, "sh" in given.absent)


@pytest.mark.parametrize(
    ("pattern", "image", "meant"),
    [
        ("quay.io/acme/tools", "quay.io/acme/tools", True),
        ("quay.io/acme/tools", "quay.io/acme/tools:1.2@sha256:0f", True),
        ("quay.io/acme/tools", "quay.io/acme/tools-x", False),
        ("quay.io/acme/*", "quay.io/acme/tools", True),
        ("quay.io/acme/*", "quay.io/acme/a/b", False),
        ("quay.io/acme/**", "quay.io/acme/a/b", True),
        ("*/acme/tools", "registry.example:5000/acme/tools", True),
        ("quay.io/acme/tools:1.*", "quay.io/acme/tools:1.2", True),
        ("quay.io/acme/tools:1.*", "quay.io/acme/tools:2.0", False),
        ("quay.io/acme/tools:1.*", "quay.io/acme/tools@sha256:0f", False),
        ("quay.io/acme/tools:latest", "quay.io/acme/tools", True),
        ("registry.example:5000/acme/tools", "registry.example:5000/acme/tools:1", True),
        ("acme/tools", "docker.io/acme/tools", True),
        ("acme/tools", "quay.io/acme/tools", False),
        ("tools?", "tools1", True),
        ("quay.io/acme.tools/a", "quay.io/acmextools/a", False),
        ("**", "$(params.image)", False),
    ],
)
def test_a_pattern_of_the_configuration_means_whole_names(pattern: str, image: str, meant: bool) -> None:
    facts = facts_of(image, {pattern: own_facts(pattern, user=4711)})

    assert meant == (facts is not None and facts.user == 4711)


def test_the_first_pattern_that_matches_counts() -> None:
    own = {one: own_facts(one, user=user) for one, user in [("q.io/a/b", 1), ("q.io/a/*", 2), ("q.io/**", 3)]}

    facts = [facts_of(image, own) for image in ("q.io/a/b", "q.io/a/c", "q.io/c")]

    assert [1, 2, 3] == [one.user for one in facts if one]


@pytest.mark.parametrize("pattern", ["", "a b", "quay.io/Acme/x", "a:b c", "a@sha256:0f", "$(params.x)", "a//b", "[a]"])
def test_a_pattern_that_can_match_nothing_is_none(pattern: str) -> None:
    with pytest.raises(ValueError, match="which "):
        own_facts(pattern, user=0)


def test_the_table_keeps_to_its_form() -> None:
    schema = json.loads((Path(folder("schemas")) / "images.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate({"images": TABLE}, schema)


def test_the_table_is_sorted() -> None:
    names = [first_name(raw) for raw in TABLE]

    assert sorted(names) == names
    for raw in TABLE:
        for kind in ("absent", "present"):
            assert sorted(raw.get(kind, ())) == raw.get(kind, [])


def items(facts: ImageFacts) -> set[tuple[str, object]]:
    """The single facts, those about commands under the names of their lists."""
    commands = {(kind, one) for kind in ("absent", "present", "volumes") for one in getattr(facts, kind)}
    return commands | {(kind, getattr(facts, kind)) for kind in ("shell", "user", "packages")}


def covered(row: Any) -> Iterator[str]:
    """Images that a row should cover, and some that it may not: its patterns with something in place of `*`."""
    name = row.repository.replace("*", "9")
    since = row.since or "0"
    for glob in row.tags or ("*",):
        for filler in (since, f"{since}-", since.removeprefix("v"), "0", ""):
            yield f"{name}:{glob.replace('*', filler).replace('?', '0')}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.repository} {row.tags or row.not_tags or row.since or ''}")
def test_a_row_has_evidence_and_adds_to_what_others_say_without_contradiction(row: Any) -> None:
    stated = {one for one in items(row.facts) if one[1] is not None}
    reached = [facts for image in covered(row) if (facts := facts_of(image)) and stated <= items(facts)]

    assert stated
    assert reached, "it covers nothing, or another row says otherwise"
    assert all(not facts.absent & facts.present for facts in reached)
    for other in ROWS:
        if other.repository == row.repository and not (other.tags or other.not_tags or other.since):
            assert other is row or not stated <= items(other.facts), "a row for all tags says all of it"
    for kind, value in stated:
        fact = str(value) if kind in ("absent", "present") else kind
        assert row.facts.evidence_of(fact).strip()


def test_evidence_is_given_for_what_the_row_states() -> None:
    for raw in TABLE:
        if isinstance(raw["evidence"], dict):
            commands = {*raw.get("absent", ()), *raw.get("present", ())}
            assert set(raw["evidence"]) <= {"all", *KINDS, *commands}, first_name(raw)
            assert {kind for kind in KINDS if kind in raw["evidence"]} <= set(raw), first_name(raw)


def test_a_shell_is_one_of_those_there_are() -> None:
    schema = json.loads((Path(folder("schemas")) / "config.schema.json").read_text(encoding="utf-8"))
    known = schema["properties"]["images"]["additionalProperties"]["properties"]["shell"]["enum"]

    assert list(SHELLS) == known


class Loader(yaml.SafeLoader):
    """YAML of any kind: tags that are not known are passed over."""


Loader.add_multi_constructor("", lambda *_: None)


def steps(node: Any, params: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Image and script of the steps in a document, parameters replaced by their defaults."""
    if isinstance(node, list):
        for one in node:
            yield from steps(one, params)
    if not isinstance(node, dict):
        return
    given = node.get("params")
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and isinstance(one.get("default"), str):
            params = {**params, str(one.get("name")): one["default"]}
    if isinstance(node.get("image"), str) and isinstance(node.get("script"), str):
        image = re.sub(r"\$\(params\.([\w.-]+)\)", lambda found: params.get(found[1], found[0]), node["image"])
        yield image, node["script"]
    for value in node.values():
        yield from steps(value, params)


def test_no_script_of_the_corpus_runs_what_its_image_is_said_to_lack() -> None:
    """They run every day; a command that one of them starts a line or a pipe's part with is there."""
    if "TEKTONLINT_CORPUS" not in os.environ:
        pytest.skip("TEKTONLINT_CORPUS is not set")
    command = re.compile(r"(?m)^\s*(?:if |! |then )*([a-z][\w-]*) |(?:\|\|?|&&|\$\() *([a-z][\w-]*) ")
    found, seen = [], 0
    for path in Path(os.environ["TEKTONLINT_CORPUS"]).rglob("*.yaml"):
        try:
            documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader))
        except (yaml.YAMLError, ValueError, TypeError):
            continue
        for image, script in steps(documents, {}):
            facts = facts_of(image)
            if facts is None or not facts.absent:
                continue
            seen += 1
            first = re.match(r"#!\s*(?:/usr/bin/env\s+)?(?:\S*/)?(\S+)", script)
            shell = first[1] if first else "sh"
            words = {shell}
            if shell in ("sh", "bash", "ash"):
                words |= {one or other for one, other in command.findall(script)}
            found += [(str(path), image, word) for word in words & facts.absent]

    assert seen > 300
    assert [] == found
