"""What is a secret, and where a script gives one away."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
HEAD = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: log-in}\nspec:\n"


def found(text: str) -> list[tuple[str, Severity]]:
    """What a finding stands on, and its severity."""
    policies = enabled(CATALOG, Choice(select=("secret-exposure",), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    findings = engine.run(read, policies, CATALOG, Target(tekton=newest())).findings
    return [(text[one.at.span.start : one.at.span.end], one.severity) for one in findings]


def variable(name: str, value: str) -> str:
    return f"{HEAD}  steps: [{{name: a, image: 'a:1', env: [{{name: {name}, value: '{value}'}}]}}]\n"


# Put together here, so that nobody who looks for secrets in this repository finds them.
@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "Q3EGTN5WLJ7R2VZB",
        "ASIA" + "Q3EGTN5WLJ7R2VZB",
        *("gh" + one + "_" + "a1B2c3D4e5" * 3 + "f6G7h8" for one in "pousr"),
        "github_pat_" + "a1B2c3D4e5" * 5,
        "glpat-" + "a1B2c3D4e5" * 2,
        "hf_" + "aZcYeFgHiJ" * 3 + "kLmN",
        "npm_" + "a1B2c3D4e5" * 3 + "f6G7h8",
        "dckr_pat_" + "a1B2c3D4e5" * 2,
        "xoxb-" + "2348716590-" + "a1B2c3D4e5",
        "https://hooks.slack.com/services/" + "T" + "Q3EGTN5W" + "/B" + "LJ7R2VZB" + "/" + "a1B2c3D4e5" * 2,
        "AIza" + "a1B2c3D4e5" * 3 + "f6G7h",
        "hvs." + "a1B2c3D4e5" * 2 + "f6G7",
        "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + "." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I",
    ],
)
def test_a_value_with_the_form_of_a_secret_is_one_whatever_its_name(secret: str) -> None:
    assert [secret] == [text for text, _ in found(variable("X", secret))]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD", "Tr0ub4dor&3"),
        ("registryPassword", "hunter2_9"),
        ("API_KEY", "7Hq2LmZ9pRtV4wXs8KdB"),
        ("token", "9f86d081884c7d659a2feaa0c55ad015"),
    ],
)
def test_a_name_tells_that_a_value_is_secret(name: str, value: str) -> None:
    assert [value] == [text.strip("'") for text, _ in found(variable(name, value))]


def test_no_message_shows_a_secret() -> None:
    policies = enabled(CATALOG, Choice(select=("secret-exposure",), severities={}, options={}))
    read = tree.of_texts({"example.yaml": variable("PASSWORD", "Tr0ub4dor&3")})
    (finding,) = engine.run(read, policies, CATALOG, Target(tekton=newest())).findings

    assert "Tr0ub4dor" not in finding.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD", ""),
        ("PASSWORD", "$(params.password)"),
        ("PASSWORD", "changeme1"),
        ("PASSWORD", "{{ password_1 }}"),
        ("PASSWORD_FILE", "Tr0ub4dor&3"),
        ("PASSWORD_LENGTH", "Zk4-9xQ"),
        ("TOKEN", "github-bot-2"),
        ("TOKEN", "/run/credentials/registry7"),
        ("TOKEN", "https://models.example.com/A7"),
        ("SECRET_NAME", "Zk49xQLm7Rt2Vw8p"),
        ("KEY", "Zk49xQLm7Rt2Vw8p"),
        ("CACHE_KEY", "Zk49xQLm7Rt2Vw8p"),
        ("SSH_PRIVATE_KEY", "id_rsa.pem"),
    ],
)
def test_names_of_secrets_paths_addresses_and_placeholders_are_none(name: str, value: str) -> None:
    assert [] == found(variable(name, value))


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("https://mirror:Wq7pLx93n@git.example.com/models.git", "Wq7pLx93n"),
        ("https://mirror:$(params.password)@git.example.com/models.git", None),
        ("https://mirror:password@git.example.com/models.git", None),
        ("https://git.example.com:8443/models@main", None),
        ("git@git.example.com:models.git", None),
    ],
)
def test_a_password_in_an_address_is_a_secret(address: str, secret: str | None) -> None:
    assert ([secret] if secret else []) == [text for text, _ in found(variable("URL", address))]


def script(*lines: str, first: str = "#!/bin/bash") -> str:
    env = "      env:\n        - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: token}}}\n"
    text = "".join(f"        {line}\n" for line in (first, *lines))
    return f"{HEAD}  results: [{{name: r}}]\n  steps:\n    - name: a\n      image: 'a:1'\n{env}      script: |\n{text}"


@pytest.mark.parametrize(
    "lines",
    [
        ("set -x", 'login --password "$TOKEN"'),
        ("set -euxo pipefail", "login ${TOKEN}"),
        ("set -o xtrace", "header=$TOKEN"),
        ('echo "$TOKEN"',),
        ('echo "token: $TOKEN" >&2',),
        ('if true; then printf %s "$TOKEN"; fi',),
        ('printf %s "$TOKEN" > $(results.r.path)',),
        ("env",),
        ("date | printenv",),
    ],
)
def test_a_script_gives_a_secret_away(lines: tuple[str, ...]) -> None:
    assert [Severity.WARNING] == [severity for _, severity in found(script(*lines))]


def test_an_option_behind_the_interpreter_turns_the_trace_on_as_well() -> None:
    assert 1 == len(found(script("login $TOKEN", first="#!/bin/bash -ex")))


@pytest.mark.parametrize(
    "lines",
    [
        ("set -x", "login", "set +x", "login $TOKEN"),
        ("login $TOKEN", "set -x", "date"),
        ("set -x", 'echo "${#TOKEN} ${TOKEN:+set}"'),
        ("set -x", "# login $TOKEN", "date"),
        ("set -x", "login <<EOF", "$TOKEN", "EOF"),
        ("set -x", "echo '$TOKEN'"),
        ('echo "$TOKEN" | login --password-stdin',),
        ('echo "$TOKEN" > /tmp/token',),
        ('header="$(echo "$TOKEN" | base64)"',),
        ('token() { echo "$TOKEN"; }', "login --password=$(token)"),
        ("{", "echo $TOKEN", "} > /tmp/token"),
        ("env | grep -v TOKEN > /tmp/environment",),
        ("env DEBUG=1 login",),
    ],
)
def test_a_script_keeps_a_secret(lines: tuple[str, ...]) -> None:
    assert [] == found(script(*lines))


def test_a_trace_that_depends_on_something_is_a_note() -> None:
    text = script('if [ "$DEBUG" = true ]; then set -x; fi', "login $TOKEN")

    assert [Severity.NOTE] == [severity for _, severity in found(text)]


def test_user_names_and_addresses_from_a_secret_are_none() -> None:
    text = script("set -x", "login $REGISTRY_USER").replace("TOKEN", "REGISTRY_USER").replace("key: token", "key: user")

    assert [] == found(text)
