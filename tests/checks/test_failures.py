"""Which failures a script hides, and which it only seems to."""

from __future__ import annotations

import textwrap

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def found(policy: str, script: str, more: str = "") -> list[tuple[str, Severity]]:
    """What a finding stands on, and its severity."""
    text = (
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: send}\nspec:\n  params: [{name: model}]\n"
        f"  steps:\n    - name: send\n      image: registry.example.com/tools:1\n{more}      script: |\n"
        + textwrap.indent(script if script.endswith("\n") else f"{script}\n", " " * 8)
    )
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    findings = engine.run(read, policies, CATALOG, Target(tekton=newest())).findings
    return [(text[one.at.span.start : one.at.span.end], one.severity) for one in findings]


@pytest.mark.parametrize(
    "body",
    [
        "pack a\nsend a",
        "cd a\nls",
        "for one in a b; do send $one; done",
        "if [ -f a ]; then\n  send a\n  echo sent\nfi",
        "f() {\n  pack a\n  send a\n}\nf",
        "send a\necho done",
        "cat a | send\necho done",
        "send a\nexit 0",
        "timeout 5 send a\necho done",
        "command send a\necho done",
        "trap 'pack a; send a' EXIT\necho done",
        "tool=send\n$tool a\necho done",
        "echo() {\n  send a\n  cat b\n}\necho done",
    ],
)
def test_a_command_that_the_script_goes_on_after_is_found(body: str) -> None:
    assert [("#!/bin/bash", Severity.WARNING)] == found("shebang-without-errexit", f"#!/bin/bash\n{body}")


@pytest.mark.parametrize(
    "body",
    [
        "send a",
        "echo a\nsend a",
        "if [ -f a ]; then send a; else send b; fi",
        "case $x in a) send a ;; *) send b ;; esac",
        "f() {\n  send a\n}\nf",
        "x=$(send a)\necho $x",
        "send a || exit 1\nsend b || exit 1\necho sent",
        "if ! send a; then exit 1; fi\necho sent",
        "send a && echo sent",
        "cat log\nexit 1",
        "send a\nexit 1",
        "set -e\nsend a\nsend b",
        "set +e\nsend a\nsend b",
        "send a\nif [ $? != 0 ]; then exit 1; fi",
        "trap 'exit 1' ERR\nsend a\nsend b",
        "send --version\nsend a",
        "oc delete job a\nsend a",
        "send a &\nwait",
        "exec send a",
        "! send a | grep b\necho done",
    ],
)
def test_a_script_whose_failures_count_anyway_is_left_alone(body: str) -> None:
    assert [] == found("shebang-without-errexit", f"#!/bin/bash\n{body}")


def test_a_step_whose_failure_does_not_matter_is_a_note() -> None:
    more = "      onError: continue\n"

    assert [Severity.NOTE] == [
        severity for _, severity in found("shebang-without-errexit", "#!/bin/sh\nsend a\nsend b\n", more)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "curl -f https://x | tee a",
        "curl -f https://x | jq . > a",
        "x=$(curl -f https://x | cut -d: -f1)",
        "oras pull a 2>&1 | tee log | sort",
        "skopeo inspect a | head -20 || echo failed",
        "if buildah bud . | tee log; then ls; fi",
        "git archive HEAD | gzip > a",
        "timeout 5 curl https://x | tee a",
        "mc cat a | while read -r line; do echo $line; done",
        "{ git fetch; git log; } | tee log",
        "curl -f https://x | tee a\nset -o pipefail",
        "set +o pipefail\ncurl -f https://x | tee a",
        "set -o pipefail\nset +o pipefail\ncurl -f https://x | tee a",
        "(set -o pipefail)\ncurl -f https://x | tee a",
        "set -e\n[ -n $x ] && set -o pipefail\ncurl -f https://x | tee a",
    ],
)
def test_a_failure_that_a_pipe_hides_is_a_warning(line: str) -> None:
    assert [Severity.WARNING] == [severity for _, severity in found("pipe-hides-failure", line)]


@pytest.mark.parametrize(
    "line",
    [
        "curl -f https://x | grep a",
        "curl -f https://x | tar -xz",
        "curl -f https://x | gunzip > a",
        "curl -f https://x | gzip -dc > a",
        "curl -f https://x | sha256sum -c",
        "curl -f https://x | jq -e .",
        "helm template a | kubectl apply -f -",
        "echo a | tee b",
        "cat a | tee b",
        "curl -f https://x | tee a || true",
        "(curl -f https://x || exit 1) | tee a",
        "if curl https://x | jq .; then ls; fi",
        "while kubectl get a | awk '{ print }'; do sleep 1; done",
        'x=$(curl -f https://x | tr a b)\n[ -n "$x" ]',
        'x=$(curl -f https://x | tr a b)\necho "${x:?}"',
        "set -o pipefail\ncurl -f https://x | tee a",
        "# Fetch.\nset -x\nset -euo pipefail\ncurl -f https://x | tee a",
        "curl --version | head -1",
        "#!/bin/bash\ncurl -f https://x | tee a\necho done",
        'echo "$(curl https://x | tr a b)"',
        "# curl https://x | tee a",
    ],
)
def test_a_pipe_that_hides_nothing_is_left_alone(line: str) -> None:
    assert [] == found("pipe-hides-failure", line)


def test_a_variable_may_turn_pipefail_off() -> None:
    env = "      env: [{name: OPTION, value: +o pipefail}]\n"

    assert 1 == len(found("pipe-hides-failure", "set -o pipefail\nset $OPTION\ncurl -f https://x | tee a", env))


def test_the_name_of_what_may_not_fail_may_come_from_the_environment() -> None:
    env = "      env: [{name: TOOL, value: /usr/bin/skopeo}]\n"

    assert 1 == len(found("critical-command-failure-ignored", "$TOOL copy a b || true", env))


def test_what_is_only_shown_is_a_note() -> None:
    assert [Severity.NOTE] == [severity for _, severity in found("pipe-hides-failure", "oc get pods | sort")]


@pytest.mark.parametrize(
    "line",
    [
        "buildah push a || true",
        "skopeo copy a b ||true",
        "chmod -R g+w a || :",
        "mv a b || true",
        "curl -o a https://x || true",
        "curl https://x > a || true",
        "git push origin HEAD >log 2>&1 || true",
        "if [ -f a ]; then oras push a || true; fi",
        "kubectl apply -f a || true",
    ],
)
def test_a_failure_that_is_thrown_away_is_a_note(line: str) -> None:
    ((text, severity),) = found("critical-command-failure-ignored", line)

    assert text.startswith("||")
    assert Severity.NOTE is severity


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf a || true",
        "umount a || true",
        "oc delete a --ignore-not-found || true",
        "curl https://x || true",
        "kubectl get a || true",
        "git fetch || true",
        "cp a b 2>/dev/null || true",
        "[ -f a ] && cp a b || true",
        "x=$(skopeo copy a b || true)",
        "for i in 1 2; do oras push a && break || true; done",
        "buildah push a || echo failed",
        "buildah push a || exit 1",
        "echo 'buildah push a || true'",
        "# buildah push a || true",
        "make clean || true",
    ],
)
def test_what_may_fail_is_left_alone(line: str) -> None:
    assert [] == found("critical-command-failure-ignored", line)
