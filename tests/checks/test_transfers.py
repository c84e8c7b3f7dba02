"""Which transfers take whatever comes."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
HEAD = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: fetch}\nspec:\n"


def found(text: str) -> list[str]:
    """What the findings stand on."""
    policies = enabled(CATALOG, Choice(select=("insecure-transfer",), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    findings = engine.run(read, policies, CATALOG, Target(tekton=newest())).findings
    return [text[one.at.span.start : one.at.span.end] for one in findings]


def script(*lines: str, params: str = "[]", env: str = "[]") -> str:
    text = "".join(f"        {line}\n" for line in ("#!/bin/bash", *lines))
    step = f"    - name: a\n      image: 'a:1'\n      env: {env}\n      script: |\n{text}"
    return f"{HEAD}  params: {params}\n  steps:\n{step}"


KANIKO = "gcr.io/kaniko-project/executor:v1"


def words(image: str, *texts: str, command: str = "") -> str:
    listed = ", ".join(repr(text) for text in texts)
    return f"{HEAD}  steps: [{{name: a, image: '{image}', {command}args: [{listed}]}}]\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("curl -k https://models.example.com", ["-k"]),
        ("curl -fskL https://models.example.com", ["-fskL"]),
        ("curl --insecure https://models.example.com", ["--insecure"]),
        ("curl -o k -f https://models.example.com", []),
        ("curl -H 'X-Mark: k' -f https://models.example.com", []),
        ("wget --no-check-certificate https://models.example.com", ["--no-check-certificate"]),
        ("skopeo copy --src-tls-verify=false docker://a.example.com/m dir:m", ["--src-tls-verify=false"]),
        ("skopeo copy --src-tls-verify=true docker://a.example.com/m dir:m", []),
        ("buildah push --tls-verify=false a.example.com/m", ["--tls-verify=false"]),
        ("buildah push --tls-verify=false localhost:5000/m", []),
        ("buildah push --tls-verify=false registry.mirror.svc:5000/m", []),
        ("oc --insecure-skip-tls-verify=true get pods", ["--insecure-skip-tls-verify=true"]),
        ("oc --insecure-skip-tls-verify=false get pods", []),
        ("git -c http.sslVerify=false clone https://git.example.com/m", ["http.sslVerify=false"]),
        ("git config --global http.sslVerify false", ["http.sslVerify"]),
        ("git config --global http.sslVerify true", []),
        ("export GIT_SSL_NO_VERIFY=true", ["GIT_SSL_NO_VERIFY=true"]),
        ("echo curl -k https://models.example.com", []),
        ("# curl -k https://models.example.com", []),
    ],
)
def test_certificates_that_nobody_looks_at(line: str, told: list[str]) -> None:
    assert told == found(script(line))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("curl -sSL -o m https://models.example.com", True),
        ("curl -LO https://models.example.com/m", True),
        ("curl https://models.example.com > m", True),
        ("curl https://models.example.com | tar -x", True),
        ("curl -fo m https://models.example.com", False),
        ("curl --fail-with-body -o m https://models.example.com", False),
        ("curl -s https://models.example.com", False),
        ("curl -o /dev/null https://models.example.com", False),
        ("curl -I https://models.example.com > head", False),
        ("curl -X POST -d @m https://models.example.com > answer", False),
        ("curl -o m -w '%{http_code}' https://models.example.com", False),
        ("curl $OPTIONS -o m https://models.example.com", False),
        ("curl $(params.options) -o m https://models.example.com", False),
        ("curl -o m http://localhost:8080", False),
        ("until curl -o m https://models.example.com; do sleep 1; done", False),
    ],
)
def test_an_error_page_may_be_taken_for_the_file(line: str, told: bool) -> None:
    assert (["curl"] if told else []) == found(script(line))


def test_options_that_stand_in_a_variable_count() -> None:
    assert [] == found(script("args=(-f -s)", 'curl "${args[@]}" -o m https://models.example.com'))
    assert 1 == len(found(script("args=(-s -S)", 'curl "${args[@]}" -o m https://models.example.com')))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("curl -f https://get.example.com | sh", True),
        ("curl -f https://get.example.com | sudo bash -s -- --quiet", True),
        ("wget -qO- https://get.example.com | python3 -", True),
        ("bash <(curl -fs https://get.example.com) -x", True),
        ('sh -c "$(curl -fs https://get.example.com)"', True),
        ('eval "$(curl -fs https://get.example.com)"', True),
        ("curl -f https://get.example.com | bash install.sh", False),
        ("curl -f https://get.example.com | python3 -c 'import json'", False),
        ("curl -f http://localhost:8080/install | sh", False),
        ("curl -f https://get.example.com | jq .", False),
    ],
)
def test_a_download_may_be_run_unseen(line: str, told: bool) -> None:
    assert told is bool(found(script(line)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (words(KANIKO, "--skip-tls-verify"), ["'--skip-tls-verify'"]),
        (words(KANIKO, "--skip-tls-verify=false"), []),
        (words(KANIKO, "--insecure", "--destination=registry.mirror.svc:5000/m"), []),
        (words(KANIKO, "--insecure", "--destination=registry.example.com/m"), ["'--insecure'"]),
        (words("a:1", "copy", "--tls-verify=false", command="command: [skopeo], "), ["'--tls-verify=false'"]),
        (words("a:1", "--tls-verify=false"), []),
    ],
)
def test_commands_that_are_lists(text: str, told: list[str]) -> None:
    assert told == found(text)


@pytest.mark.parametrize(
    ("default", "told"),
    [("'false'", ["'false'"]), ("'true'", []), ("$(context.task.name)", [])],
)
def test_the_default_of_a_param_is_what_has_to_change(default: str, told: list[str]) -> None:
    params, env = f"[{{name: tls, default: {default}}}]", "[{name: TLS, value: $(params.tls)}]"

    assert told == found(script('skopeo copy --src-tls-verify="$TLS" a b', params=params, env=env))
    assert told == found(script("skopeo copy --src-tls-verify=$(params.tls) a b", params=params))


def test_what_a_script_does_twice_is_told_once() -> None:
    assert 1 == len(found(script("buildah push --tls-verify=false a", "buildah push --tls-verify=false b")))
