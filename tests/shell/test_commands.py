"""Which commands a script runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.shell.commands import commands
from tektonlint.shell.dialect import interpreter, masked


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("buildah bud .", ["buildah"]),
        ("#!/bin/bash\nset -e\nbuildah bud . && skopeo copy a b", ["set", "buildah", "skopeo"]),
        ("/usr/bin/buildah push x", ["buildah"]),
        ("'buildah' push x", ["buildah"]),
        ("STORAGE_DRIVER=vfs buildah bud .", ["buildah"]),
        ("env STORAGE_DRIVER=vfs buildah bud .", ["env", "buildah"]),
        ("sudo -E buildah bud .", ["sudo", "buildah"]),
        ("timeout 30 podman run x", ["timeout", "podman"]),
        ("timeout -k 5 30 podman", ["timeout", "30"]),
        ('"$TOOL" bud .', []),
        ("x=$(buildah inspect y)", ["buildah"]),
        ("echo `jq . a`", ["echo", "jq"]),
        ("if [ -f a ]; then\n  jq . a\nfi", ["jq"]),
        ("for i in a b; do tar xf $i; done", ["tar"]),
        ("f() {\n  oras pull x\n}\nf", ["oras", "f"]),
        ("cat <<EOF\nbuildah bud .\nEOF", ["cat"]),
        ("# buildah bud .\ntrue", ["true"]),
        ("echo 'buildah bud .'", ["echo"]),
        ("buildah --root=$(workspaces.x.path)/s bud .", ["buildah"]),
        ("$(params.command) --now", []),
        ("a | b | c", ["a", "b", "c"]),
        ("(cd x && make)", ["cd", "make"]),
        ("#!/usr/bin/env python3\nbuildah = 1", []),
        ("#!/usr/bin/env bash\nbuildah bud .", ["buildah"]),
        ("", []),
    ],
)
def test_the_names_of_the_commands(script: str, names: list[str]) -> None:
    found = [command.name for command in commands(script)]

    assert names == found


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("echo", "sh"),
        ("#!/bin/bash\n", "bash"),
        ("#!/usr/bin/env bash\n", "bash"),
        ("#! /bin/sh -e\n", "sh"),
        ("#!/usr/bin/env -S python3\n", "python3"),
        ("\n  #!/bin/ash\n", "ash"),
        ("#!/usr/bin/python3.11", "python3.11"),
    ],
)
def test_the_interpreter(script: str, name: str) -> None:
    assert name == interpreter(script)


def test_a_command_knows_where_its_name_stands() -> None:
    script = "echo ä\nbuildah bud ."
    (_, buildah) = commands(script)

    assert "buildah" == script[buildah.start : buildah.end]
    assert ("bud", ".") == buildah.words


@pytest.mark.parametrize(
    ("raw", "mask"),
    [
        ("$(params.a)", "${PARAMS_A}"),
        ("$(params['a.b'])", "${PARAMS__A_B__}"),
        ("$(params.list[*])", "${PARAMS_LIST___}"),
        ("$(workspaces.src.path)/x", "${WORKSPACES_SRC_PATH}/x"),
        ("$(date)", "$(date)"),
        ("$(params)", "$(params)"),
    ],
)
def test_tektons_variables_become_the_shells(raw: str, mask: str) -> None:
    assert mask == masked(raw)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["$(params.a)", "$(", ")", "ä", "\n", " ", "x", "$(tasks.t.results.r[0])", "'"])))
def test_masking_keeps_every_offset(parts: list[str]) -> None:
    script = "".join(parts)

    assert len(script) == len(masked(script))
    assert [one if one == "\n" else "" for one in script] == [one if one == "\n" else "" for one in masked(script)]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab $(){}[]|&;<>'\"`\\\n#=-", max_size=60))
def test_no_text_is_too_broken_to_be_read(script: str) -> None:
    for command in commands(script):
        assert 0 <= command.start <= command.end <= len(script)
