"""What a script needs of its image: when it is certain that it is not there, and how that is said."""

from __future__ import annotations

import textwrap

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.images import own_facts
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
ALPINE = "docker.io/library/alpine:3.20"
SKOPEO = "quay.io/skopeo/stable:v1.16"
DEBIAN = "docker.io/library/debian:12"


def task(script: str, image: str = ALPINE, more: str = "") -> str:
    body = textwrap.indent(script if script.endswith("\n") else f"{script}\n", " " * 8)
    return (
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: describe}\nspec:\n"
        f"  params: [{{name: image, default: '{ALPINE}'}}]\n  workspaces: [{{name: tools}}]\n"
        f"  steps:\n    - name: describe\n      image: {image}\n{more}      script: |\n{body}"
    )


def findings(policy: str, text: str, target: Target | None = None) -> list[Finding]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    return list(engine.run(read, policies, CATALOG, target or Target(tekton=newest())).findings)


def shown(policy: str, text: str) -> list[tuple[str, Severity]]:
    return [(text[one.at.span.start : one.at.span.end], one.severity) for one in findings(policy, text)]


def missing(script: str, image: str = ALPINE, more: str = "") -> list[tuple[str, Severity]]:
    return shown("command-not-in-image", task(script, image, more))


@pytest.mark.parametrize(
    "script",
    [
        "jq . a",
        "if ! jq . a; then exit 1; fi",
        "until jq . a; do sleep 1; done",
        "x=$(jq . a)",
        "cat a | jq .",
        "timeout 5 jq . a",
        "f() { jq . a; }\nf",
        "/usr/bin/jq . a",
        "set +e\njq . a",
        'if [ -z "$x" ]; then exit 1; fi\njq . a',
    ],
)
def test_a_command_that_certainly_runs_and_is_not_there_is_an_error(script: str) -> None:
    assert [Severity.ERROR] == [severity for _, severity in missing(script)]


@pytest.mark.parametrize(
    "script",
    [
        "if [ -f a ]; then jq . a; fi",
        "jq . a || true",
        "[ -f a ] && jq . a",
        "for f in a b; do jq . $f; done",
        "f() { jq . a; }",
        "case $x in a) jq . a ;; esac",
        'if [ -z "$x" ]; then exit 0; fi\njq . a',
        ". ./functions.sh\njq . a",
        "apk add curl\njq . a",
        "apk update\njq . a",
        "trap 'jq . a' EXIT",
        "if [ -n \"$x\" ]; then eval 'jq . a'; fi",
    ],
)
def test_a_command_that_may_not_run_or_may_have_come_is_a_warning(script: str) -> None:
    assert [Severity.WARNING] == [severity for _, severity in missing(script)]


@pytest.mark.parametrize(
    "script",
    [
        "apk add jq\njq . a",
        "apk add github-cli\njq . a",
        "pip install yq\njq . a",
        "wget -O /usr/local/bin/jq https://x\njq . a",
        "cp /tools/jq /bin\njq . a",
        "ln -s /tools/jq-1.7 /usr/local/bin/jq\njq . a",
        "wget -qO- https://x | tar -xz -C /usr/local/bin\njq . a",
        "cat /tools/it > /usr/bin/jq\njq . a",
        "command -v jq || exit 1\njq . a",
        "which jq\njq . a",
        "hash jq\njq . a",
        "for one in jq sed; do command -v $one || exit 1; done\njq . a",
        "if ! jq --version; then exit 1; fi\njq . a",
        "[ -x /usr/bin/jq ] && jq . a",
        "jq() { cat; }\njq . a",
        "alias jq=cat\njq . a",
        "PATH=/tools:$PATH\njq . a",
        "export PATH=$PATH:$(workspaces.tools.path)\njq . a",
        "PATH=/tools jq . a",
        "./jq . a",
        "$(workspaces.tools.path)/jq . a",
        "$JQ . a",
        "chroot /root jq . a",
        "# jq . a",
        "echo jq . a",
        "cat <<EOF\njq . a\nEOF",
        "ls 'jq . a'",
        "#!/usr/bin/env perl\njq . a",
    ],
)
def test_a_command_that_comes_from_elsewhere_is_left_alone(script: str) -> None:
    assert [] == missing(script)


@pytest.mark.parametrize(
    "more",
    [
        "      env: [{name: PATH, value: /tools}]\n",
        "      volumeMounts: [{name: tools, mountPath: /usr/local/bin}]\n",
        "      volumeMounts: [{name: tools, mountPath: /usr/bin/jq}]\n",
        "      volumeMounts: [{name: tools, mountPath: /usr/local/}]\n",
    ],
)
def test_a_path_or_a_mount_may_bring_any_command(more: str) -> None:
    assert [] == missing("jq . a", more=more)


def test_a_mount_elsewhere_brings_none() -> None:
    mount = "      volumeMounts: [{name: tools, mountPath: /models}]\n"

    assert [("jq", Severity.ERROR)] == missing("jq . a", more=mount)


@pytest.mark.parametrize(
    "image", ["quay.io/acme/alpine:3.20", "alpine-tools:3", "'{{ image }}'", "$(params.other)", "$(tt.params.image)"]
)
def test_of_an_image_that_is_not_known_nothing_is_said(image: str) -> None:
    assert [] == missing("#!/bin/bash\nset -e\njq . a", image)
    assert [] == shown("shebang-interpreter-missing", task("#!/bin/bash\nset -e\njq . a", image))


@pytest.mark.parametrize(
    "image", ["alpine", "docker.io/alpine:3.20", "index.docker.io/library/alpine@sha256:" + "0" * 64]
)
def test_other_names_of_an_image_are_the_same_image(image: str) -> None:
    assert [("jq", Severity.ERROR)] == missing("jq . a", image)


def test_the_default_image_of_a_param_is_said_to_be_one() -> None:
    (finding,) = findings("command-not-in-image", task("jq . a", "$(params.image)"))

    assert Severity.WARNING is finding.severity
    assert finding.message.startswith("If the default image is used, `jq` is missing")


@pytest.mark.parametrize(
    ("script", "consequence"),
    [
        ("if ! jq . a; then exit 1; fi", "and `if ! jq` takes that for a failed check"),
        ("if ! cat a | jq .; then exit 1; fi", "and `if ! cat … | jq` takes that for a failed check"),
        ("if jq . a; then exit 1; fi", "and `if jq` takes that for a no"),
        ("until jq . a; do sleep 1; done", "so the `until` loop never ends"),
        ("jq . a || true", "and `|| true` takes that for success"),
        ("jq . a || exit 1", "and `|| exit` takes that for a failed `jq`"),
        ("jq . a | wc -l", "and the pipe takes that for empty output"),
        ("jq . a", "so the step ends there with status 127"),
        ("x=$(jq . a)", "so the step ends there with status 127"),
        ("export X=$(jq . a)", "and nothing is put in its place"),
        ('echo "$(jq . a)"', "and nothing is put in its place"),
        ("#!/bin/sh\njq . a\nls", "and the step goes on without it"),
    ],
)
def test_a_message_says_what_the_missing_command_is_taken_for(script: str, consequence: str) -> None:
    (finding,) = findings("command-not-in-image", task(script))

    assert f"), {consequence}. " in finding.message


def test_a_command_is_said_once_for_a_script_where_that_is_most_certain() -> None:
    text = task("if [ -f a ]; then jq . a; fi\njq . b\njq . c\n")

    (finding,) = findings("command-not-in-image", text)

    assert text.index("jq . b") == finding.at.span.start


def test_what_a_configuration_says_of_an_image_counts() -> None:
    own = {"quay.io/acme/tools": own_facts("quay.io/acme/tools", absent=["mc"], present=["jq"])}
    target = Target(tekton=newest(), images=own)

    (finding,) = findings("command-not-in-image", task("mc ls\njq . a", "quay.io/acme/tools:3"), target)

    assert "`mc` is not in `quay.io/acme/tools:3`" in finding.message


def test_a_script_that_cannot_start_is_not_looked_at_for_commands() -> None:
    assert [] == missing("#!/bin/bash\nset -e\njq . a")


@pytest.mark.parametrize(
    ("image", "script"),
    [
        (ALPINE, "#!/bin/bash"),
        (ALPINE, "#! /usr/bin/env -S bash -e"),
        (ALPINE, "#!/usr/bin/python3"),
        ("gcr.io/kaniko-project/executor:v1.23.2", "#!/bin/sh"),
        ("gcr.io/distroless/base", "#!/bin/sh"),
        ("bash:5.2", "#!/bin/bash -eu"),
        ("docker.io/library/bash:5.2", "#! /usr/bin/bash"),
    ],
)
def test_an_interpreter_that_is_not_there_is_an_error_at_the_shebang(image: str, script: str) -> None:
    assert [(script, Severity.ERROR)] == shown("shebang-interpreter-missing", task(f"{script}\necho a\n", image))


@pytest.mark.parametrize(
    ("image", "script"),
    [
        (ALPINE, "#!/bin/sh"),
        (ALPINE, "echo a"),
        (ALPINE, "#!/bin/ash"),
        (ALPINE, "#!/workspace/bin/runner"),
        (DEBIAN, "#!/bin/bash"),
        ("gcr.io/kaniko-project/executor:debug", "#!/busybox/sh"),
        ("docker.io/library/bash:5.2", "#!/usr/bin/env bash"),
    ],
)
def test_an_interpreter_that_is_there_or_not_known_is_left_alone(image: str, script: str) -> None:
    assert [] == shown("shebang-interpreter-missing", task(f"{script}\necho a\n", image))


# Tried with dash 0.5.12 and busybox 1.35.
@pytest.mark.parametrize(
    ("line", "ash"),
    [
        ("x=(a b)", False),
        ("x[1]=a", False),
        ("x+=a", False),
        ('echo "${x[1]}"', False),
        ('echo "${x^^}"', False),
        ('echo "${!x}"', False),
        ("((x++))", False),
        ("for ((i = 0; i < 2; i++)); do echo; done", False),
        ("cat <<< a", False),
        ("echo a |& cat", False),
        ("declare -A x", False),
        ("typeset x=1", False),
        ("mapfile -t x < a", False),
        ("shopt -s nullglob", False),
        ("read -ra x", False),
        ("export -f x", False),
        ("echo {1..3}", False),
        ("[[ -f a ]]", True),
        ("cat <(ls)", True),
        ('echo "${x/a/b}"', True),
        ('echo "${x:0:3}"', True),
        ("set -euo pipefail", True),
        ("function f { ls; }", True),
        ("source ./a", True),
        ("ls &> a", True),
        ('[ "$x" == a ]', True),
        ("echo $'a'", True),
        ("let x=1", True),
    ],
)
def test_what_needs_bash_is_found_under_dash_and_where_it_lacks_it_under_ash(line: str, ash: bool) -> None:
    assert 1 == len(findings("bash-syntax-under-default-sh", task(line, DEBIAN)))
    assert (0 if ash else 1) == len(findings("bash-syntax-under-default-sh", task(line, ALPINE)))


@pytest.mark.parametrize(
    "line",
    [
        'echo "$((x + 1))" "${x:-a}" "${x%.*}" "${x##*/}" "${#x}"',
        '[ "$x" = a ]',
        "echo '[[ a ]] x=(a)'",
        'echo "[[ a == b ]]"',
        "case $x in a==b) ls ;; esac",
        "f() { local x=1; }",
        "ls > a 2>&1",
        "(set -o pipefail) 2>/dev/null && ls",
        "awk '{ x[1] += $2 } END { print x[1] }' a",
        "$(params.image) a[0]",
        "echo a{,b}",
        "read -r x",
    ],
)
def test_plain_sh_is_left_alone(line: str) -> None:
    assert [] == findings("bash-syntax-under-default-sh", task(line, DEBIAN))
