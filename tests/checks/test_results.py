"""What is written into results: which commands end a line, which have no limit, and what counts as written."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
HEAD = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: describe}\nspec:\n  results: [{name: r}]\n"
R = "$(results.r.path)"


def task(*lines: str, shebang: str = "#!/bin/sh", more: str = "") -> str:
    body = "".join(f"        {line}\n" for line in (shebang, *lines))
    return f"{HEAD}  steps:\n    - name: a\n      image: a:1\n{more}      script: |\n{body}"


def found(policy: str, text: str) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    return engine.run(tree.of_texts({"a.yaml": text}), policies, CATALOG, Target(tekton=newest())).findings


def fixed(line: str) -> str | None:
    """The line after the fix, None where nothing is found, the same line where no fix is offered."""
    text = task(line)
    findings = found("result-with-trailing-newline", text)
    if not findings:
        return None
    for edit in reversed(findings[0].fix.edits if findings[0].fix is not None else ()):
        text = text[: edit.at.span.start] + edit.text + text[edit.at.span.end :]
    return text.splitlines()[-1].strip()


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (f'echo "a b" > {R}', f"printf '%s' \"a b\" > {R}"),
        (f"echo 'a b' > {R}", f"printf '%s' 'a b' > {R}"),
        (f"echo abc >{R}", f"printf '%s' abc >{R}"),
        (f"echo $X > {R}", f"printf '%s' \"$X\" > {R}"),
        (f"echo ${{X}} > {R}", f"printf '%s' \"${{X}}\" > {R}"),
        (f"echo $(params.x) > {R}", f"printf '%s' \"$(params.x)\" > {R}"),
        (f"echo $(tag a) > {R}", f"printf '%s' \"$(tag a)\" > {R}"),
        (f"printf '%s\\n' \"$X\" > {R}", f"printf '%s' \"$X\" > {R}"),
        (f'printf "abc\\n" > {R}', f'printf "abc" > {R}'),
        (f"printf '%s\\n' a b > {R}", f"printf '%s\\n' a b > {R}"),
        (f"echo a b > {R}", f"echo a b > {R}"),
        (f'echo "a"b > {R}', f'echo "a"b > {R}'),
        (f'echo "a\\tb" > {R}', f'echo "a\\tb" > {R}'),
        (f"echo -e abc > {R}", f"echo -e abc > {R}"),
        (f"date +%F > {R}", f"date +%F > {R}"),
        (f"echo abc >| {R}", f"printf '%s' abc >| {R}"),
        (f'F={R}; echo abc 2>&1 > "$F"', f"F={R}; printf '%s' abc 2>&1 > \"$F\""),
        (f"git rev-parse HEAD > {R}", f"git rev-parse HEAD > {R}"),
        (f"echo -n abc > {R}", None),
        (f"echo -en abc > {R}", None),
        (f"echo abc >> {R}", None),
        (f"echo abc 2> {R}", None),
        (f"echo abc | tee {R}", None),
        (f"echo abc | tr -d '\\n' > {R}", None),
        (f"printf '%s' abc > {R}", None),
        (f"echo '[1, 2]' > {R}", None),
        ("echo abc > $(results.other.path)", None),
    ],
)
def test_a_line_end_is_left_out_of_what_prints_one(line: str, after: str | None) -> None:
    assert after == fixed(line)


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        (f"git log > {R}", True),
        (f"git log | tee {R}", True),
        (f"git log -5 > {R}", False),
        (f"git log | head -n 1 > {R}", False),
        (f"git rev-parse HEAD > {R}", False),
        (f"kubectl get pods -o yaml > {R}", True),
        (f"kubectl get pods -o=json > {R}", True),
        (f"kubectl get pods -o name > {R}", False),
        (f"kubectl logs server > {R}", True),
        (f"kubectl logs --tail=1 server > {R}", False),
        (f"skopeo inspect docker://a.example.com/m > {R}", True),
        (f"skopeo inspect --format '{{{{.Digest}}}}' docker://a.example.com/m > {R}", False),
        (f"cat build.log > {R}", True),
        (f"cat digest > {R}", False),
        (f"cp sbom.json {R}", True),
        (f"name=app.SARIF; cat out/$name > {R}", True),
        (f"/usr/bin/git log > {R}", True),
        ("git log > all.txt", False),
    ],
)
def test_what_has_no_limit_is_too_large_for_a_result(line: str, is_told: bool) -> None:
    assert is_told is bool(found("result-too-large", task(line)))


def test_a_name_or_a_command_may_come_from_the_environment_or_the_arguments() -> None:
    env = "      env: [{name: F, value: /tmp/build.log}, {name: TOOL, value: /bin/syft}]\n      args: [/tmp/a.tar]\n"

    for line in (f"cat $F > {R}", f"$TOOL scan . > {R}", f"cat $1 > {R}"):
        assert 1 == len(found("result-too-large", task(line, more=env)))


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        (task("ls"), ["warning"]),
        (task("./count.sh"), ["note"]),
        (task("print()", shebang="#!/usr/bin/env python3"), ["note"]),
        (task("$(params.script)"), []),
        (task(f"tag {R}"), []),
        (task("tag /tekton/results/r"), []),
        (task('tag "/tekton/results/$NAME"'), []),
        (task("tag /tekton/results/other"), ["warning"]),
        (task("ls", more="      env: [{name: R, value: $(results.r.path)}]\n"), []),
        (f"{HEAD}  steps: [{{name: a, ref: {{name: elsewhere}}}}]\n", []),
        (f"{HEAD}  steps: []\n", []),
        (f"{HEAD}  steps: {{a: [1]}}\n", []),
        (f"{HEAD}  steps: [null, 1, [x], {{script: 7, env: 3}}]\n", ["note"]),
    ],
)
def test_a_result_whose_path_stands_nowhere_is_never_written(text: str, severities: list[str]) -> None:
    assert severities == [one.severity.value for one in found("result-never-written", text)]
