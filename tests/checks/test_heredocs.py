"""Which here-documents are told of, how gravely, and what the fix makes of them."""

from __future__ import annotations

import pytest

from tektonlint import engine, fixing, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.tree import Tree

CATALOG = catalog.load()
POLICIES = enabled(CATALOG, Choice(select=("heredoc-substitution",), severities={}, options={}))
HEAD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: write}
spec:
  steps:
    - name: a
      image: a:1
"""


def task(*lines: str, shebang: str = "#!/bin/bash") -> str:
    return f"{HEAD}      script: |\n" + "".join(f"        {line}\n" for line in (shebang, *lines))


def lint(files: Tree) -> tuple[Finding, ...]:
    return engine.run(files, POLICIES, CATALOG, Target(tekton=newest())).findings


def severities(text: str) -> list[str]:
    return [one.severity.value for one in lint(tree.of_texts({"a.yaml": text}))]


@pytest.mark.parametrize(
    ("start", "body", "expected"),
    [
        ("cat > a.json <<EOF", "$(skopeo inspect a)", ["note"]),
        ("cat > a.json <<EOF", "$(date) $(hostname) $X ${Y:-z} $((1 + 2))", []),
        ("cat > a.json <<EOF", '"$(date -u +"%F")"', ["warning"]),
        ("cat > a.json <<EOF", '"$(date -u +%F)"', []),
        ("cat > a.json <<EOF", "$(tag > b)", ["warning"]),
        ("cat > a.json <<EOF", "$(date 2> /dev/null)", []),
        ("cat > a.json <<EOF", "$(rm -v b)", ["warning"]),
        ("cat > a.json <<EOF", "the model `granite-8b`", ["warning"]),
        ("cat > a.json <<EOF", "`date`", []),
        ("cat > a.json <<EOF", "\\`granite\\` \\$(tag)", []),
        ("cat > a.md <<EOF", "`git clone`", ["warning"]),
        ("cat > a.json <<'EOF'", "$(tag) `granite`", []),
        ("cat > a.json <<\\EOF", "$(tag) `granite`", []),
        ("cat > a.json <<EOF", "$(params.x) $(workspaces.w.path)", []),
        ("cat > a.sh <<EOF", "x=1; echo $x", ["warning"]),
        ("cat > a.sh <<EOF", "echo $1", ["warning"]),
        ("cat > a.sh <<EOF", 'export X="$X"; echo $X', []),
        ("cat > a.txt <<EOF", "x=1; echo $x", []),
        ("bash <<EOF", "x=1; echo $x", ["warning"]),
        ("x=2; cat > a.sh <<EOF", "x=1; echo $x", []),
        ("cat > Dockerfile <<EOF", "ARG X", []),
        ("cat > Dockerfile <<EOF", "ENV X=1 Y=$X", ["warning"]),
        ("cat <<< EOF", "$(skopeo inspect a)", []),
    ],
)
def test_what_the_shell_expands_is_told_as_gravely_as_it_is(start: str, body: str, expected: list[str]) -> None:
    assert expected == severities(task(start, body, "EOF"))


def test_the_arguments_of_a_function_are_meant() -> None:
    assert [] == severities(task("f() {", "cat > a.sh <<EOF", "echo $1", "EOF", "}", "f a"))


def test_another_language_knows_no_here_documents() -> None:
    assert [] == severities(task("x = 1 <<EOF", "`a`", "EOF", shebang="#!/usr/bin/env python3"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["cat <<EOF", "size: $(du a)", "EOF"], ["size=$(du a)", "cat <<EOF", "size: ${size}", "EOF"]),
        (
            ["size=1", "cat <<EOF", "size: $(du a)", "EOF"],
            ["size=1", "size_2=$(du a)", "cat <<EOF", "size: ${size_2}", "EOF"],
        ),
        (
            ["if true; then", "  cat <<EOF | tag", "$(du a)", "EOF", "fi"],
            ["if true; then", "  du_output=$(du a)", "  cat <<EOF | tag", "${du_output}", "EOF", "fi"],
        ),
        (["tag && cat <<EOF", "$(du a)", "EOF"], None),
        (["cat <<EOF", "$(du a |", "sort)", "EOF"], None),
        (["cat <<EOF", "the `granite`", "EOF"], ["cat <<'EOF'", "the `granite`", "EOF"]),
        (["cat <<EOF", "$X, the `granite`", "EOF"], ["cat <<EOF", "$X, the \\`granite\\`", "EOF"]),
        (["bash <<EOF", "x=1; echo $x > $Y", "EOF"], ["bash <<EOF", "x=1; echo \\$x > $Y", "EOF"]),
    ],
)
def test_a_value_is_computed_before_and_a_text_is_kept(before: list[str], after: list[str] | None) -> None:
    text = task(*before)
    outcome = fixing.fix(tree.of_texts({"a.yaml": text}), lint, lambda _: True)

    assert () == outcome.refused
    assert task(*(after or before)) == outcome.tree.files[0].source.text
