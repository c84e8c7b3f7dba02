"""Which variables of a script nothing sets, and which dollars are doubled for nothing."""

from __future__ import annotations

import textwrap

import pytest

from tektonlint import engine, tree
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def found(policy: str, script: str, more: str = "") -> list[str]:
    """The messages about a script."""
    text = (
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: send}\nspec:\n  params: [{name: model}]\n"
        f"  steps:\n    - name: send\n      image: registry.example.com/tools:1\n{more}      script: |\n"
        + textwrap.indent(script if script.endswith("\n") else f"{script}\n", " " * 8)
    )
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    return [one.message for one in engine.run(read, policies, CATALOG, Target(tekton=newest())).findings]


@pytest.mark.parametrize(
    "script",
    [
        "echo $FOLDER",
        'echo "${FOLDER}/a"',
        'echo "${FOLDER%/}"',
        "cat <<EOF\n$FOLDER\nEOF",
        "if [ -f a ]; then ls $FOLDER; fi",
        "ls $(workspaces.source.path) $FOLDER",
        "yq eval .a b\nls $FOLDER",
        "ls > $FOLDER/a",
        "f() { ls $FOLDER; }\nf",
        "x=$(ls $FOLDER)",
        "ls $FOLDER\nFOLDER=a",
    ],
)
def test_a_variable_that_nothing_sets_before_is_found(script: str) -> None:
    (message,) = found("undefined-shell-variable", script)

    assert "`$FOLDER`" in message


@pytest.mark.parametrize(
    "script",
    [
        "FOLDER=a\nls $FOLDER",
        "export FOLDER=a\nls $FOLDER",
        "export FOLDER\nls $FOLDER",
        "f() { ls $FOLDER; }\nFOLDER=a\nf",
        "for i in 1 2; do ls $FOLDER; FOLDER=a; done",
        "for FOLDER in a b; do ls $FOLDER; done",
        "read -r FOLDER < a\nls $FOLDER",
        "IFS=: read -r A FOLDER < a\nls $FOLDER",
        "printf -v FOLDER %s a\nls $FOLDER",
        "mapfile -t FOLDER < a\nls ${FOLDER[0]}",
        "FOLDER[0]=a\nls ${FOLDER[0]}",
        "declare -A FOLDER\nls ${FOLDER[a]}",
        "FOLDER+=a\nls $FOLDER",
        "((FOLDER = 1))\nls $FOLDER",
        "if cd a && FOLDER=b; then ls $FOLDER; fi",
        "FOLDER=a ls $FOLDER",
        "ls ${FOLDER:-a}",
        "ls ${FOLDER-}",
        "ls ${FOLDER:?is missing}",
        ": ${FOLDER:=a}\nls $FOLDER",
        'if [ -n "$FOLDER" ]; then ls $FOLDER; fi',
        'test -z "$FOLDER" || ls $FOLDER',
        '[[ -v FOLDER ]] && ls "${FOLDER+x}"',
        ". ./settings\nls $FOLDER",
        "if [ -f a ]; then . ./a; fi\nls $FOLDER",
        "source ./settings\nls $FOLDER",
        "eval $(settings)\nls $FOLDER",
        "set -a\nls $FOLDER",
        "export $(cat settings)\nls $FOLDER",
        'export "$NAME=a"\nls $FOLDER',
        "echo '$FOLDER' \\$FOLDER \"\\$FOLDER\" # $FOLDER",
        "cat <<'EOF'\n$FOLDER\nEOF",
        "awk '{ print $FOLDER }' a",
        "echo $1 $@ $? $$ $! $# $* $0 $-",
        "echo $HOME $PATH $RANDOM $HTTPS_PROXY $JAVA_HOME $GOPATH $REDIS_SERVICE_HOST $NODE_VERSION",
        "echo $(params.model) $((COUNT + 1))",
        "#!/usr/bin/env python3\nprint('$FOLDER')",
    ],
)
def test_a_variable_that_is_set_or_may_be_missing_is_left_alone(script: str) -> None:
    assert [] == found("undefined-shell-variable", script)


@pytest.mark.parametrize(
    "more",
    [
        "      env: [{name: FOLDER, value: a}]\n",
        "      env: [{name: $(params.model), value: a}]\n",
        "      envFrom: [{secretRef: {name: a}}]\n",
    ],
)
def test_the_environment_of_a_step_sets_variables(more: str) -> None:
    assert [] == found("undefined-shell-variable", "ls $FOLDER", more)


def test_the_nearest_name_is_offered() -> None:
    (message,) = found("undefined-shell-variable", "ls $FLODER", "      env: [{name: FOLDER, value: a}]\n")

    assert message.endswith("did you mean `FOLDER`?")


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("echo $$(date)", 1),
        ("echo $${HOME} $$HOME", 2),
        ('echo "$$HOME"', 1),
        ("echo $$ a.$$ $$.log $$-a", 0),
        ("echo '$$HOME'", 0),
        ("echo \\$$HOME", 0),
        ("# $$HOME", 0),
        ("cat <<'EOF'\n$$HOME\nEOF", 0),
        ("cat <<EOF\n$$HOME\nEOF", 1),
        ("#!/usr/bin/env python3\nprint('$$HOME')", 0),
    ],
)
def test_a_dollar_is_doubled_where_a_name_or_a_bracket_follows(script: str, count: int) -> None:
    assert count == len(found("double-dollar-in-script", script))
