"""ShellCheck: who may start it, what it is given, and where what it says ends up.

Most tests use a program of their own that is called `shellcheck`, keeps what it is given, and prints what it is told.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tektonlint import cli, engine, tree
from tektonlint.checks import shellchecks
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.policy.context import Enabled
from tektonlint.shell.shellcheck import Input, Program, Remark, remarks
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
REAL = shutil.which("shellcheck")
needs_shellcheck = pytest.mark.skipif(REAL is None, reason="shellcheck is not installed")
needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a shebang")

FAKE = """\
#!{python}
import json, os, sys
names = [word for word in sys.argv[1:] if not word.startswith("-")]
texts = dict((name, open(name, encoding="utf-8", newline="").read()) for name in names)
with open({seen!r}, "a", encoding="utf-8") as file:
    file.write(json.dumps([sys.argv[1:], os.getcwd(), texts, dict(os.environ)]) + "\\n")
sys.stdout.write(open({answer!r}, encoding="utf-8").read())
sys.exit(int(open({code!r}).read()))
"""

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mirror
spec:
  steps:
    - name: copy
      image: quay.io/skopeo/stable:v1.16
      script: |
        #!/bin/bash
        set -euo pipefail
        TARGET=$1
        skopeo copy docker://model docker://$TARGET
"""

Fake = Callable[..., None]
Seen = Callable[[], list[Any]]


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """What the stand-in was called with: words, folder, files and environment, for each call."""

    def read() -> list[Any]:
        file = tmp_path / "bin" / "seen"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a `shellcheck` on PATH that says these comments and ends with this code."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(*comments: dict[str, Any], code: int = 0, output: str | None = None) -> None:
        names = {name: str(folder / name) for name in ("seen", "answer", "code")}
        program = folder / "shellcheck"
        program.write_text(FAKE.format(python=sys.executable, **names))
        program.chmod(0o755)
        (folder / "answer").write_text(output if output is not None else json.dumps({"comments": comments}))
        (folder / "code").write_text(f"{code}")

    return make


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "task.yaml").write_text(TASK)
    monkeypatch.chdir(folder)
    return folder


def comment(line: int, column: int, end: int, code: int = 2086, **more: Any) -> dict[str, Any]:
    place = {"line": line, "endLine": line, "column": column, "endColumn": end}
    return {"file": "0.sh", **place, "level": "warning", "code": code, "message": "Mind this.", "fix": None, **more}


def quotes(line: int, column: int, end: int) -> dict[str, Any]:
    """The fix that puts quotes around something."""
    both = [(column, "afterEnd"), (end, "beforeStart")]
    return {
        "replacements": [
            {"line": line, "endLine": line, "column": at, "endColumn": at, "insertionPoint": where, "precedence": 7,
             "replacement": '"'}
            for at, where in both
        ]
    }  # fmt: skip


def found(text: str, **options: str) -> tuple[Finding, ...]:
    """What the policy says with leave to start the program that is on PATH."""
    path = shutil.which("shellcheck")
    assert path is not None
    policy = CATALOG.policies["shellcheck"]
    given = {**policy.defaults, **options, "program": Program(path)}
    one = Enabled(policy=policy, severity=policy.severity, options=given)
    report = engine.run(tree.of_texts({"task.yaml": text}), (one,), CATALOG, Target(tekton=newest()))
    assert report.crashes == ()
    return report.findings


def places(findings: tuple[Finding, ...]) -> list[tuple[int, int, str]]:
    return [
        (*finding.at.source.line_column(finding.at.span.start), finding.at.source.text[slice(*finding.at.span)])
        for finding in findings
    ]


@needs_scripts
def test_a_remark_stands_at_its_place_in_the_file(fake: Fake) -> None:
    fake(comment(4, 37, 44), code=1)

    findings = found(TASK)

    assert [(13, 45, "$TARGET")] == places(findings)
    assert ["Mind this (SC2086)."] == [finding.message for finding in findings]


@needs_scripts
def test_lines_that_are_put_in_front_do_not_count(fake: Fake, seen: Seen) -> None:
    """Without a shebang Tekton runs a script under `/bin/sh` with `set -e`; ShellCheck is told the same."""
    fake(comment(2, 6, 10))

    findings = found(TASK.replace("#!/bin/bash", "echo $TEA"))

    assert ["#!/bin/sh -e", "echo $TEA"] == seen()[0][2]["0.sh"].split("\n")[:2]
    assert [(10, 14, "$TEA")] == places(findings)


@needs_scripts
def test_what_is_about_the_masks_is_left_out(fake: Fake, seen: Seen) -> None:
    script = "cp $(params.file) $TARGET '$(params.file)' \"$(workspaces.shared.path)/\"$TARGET"
    fake(
        comment(2, 4, 18),
        comment(2, 19, 26),
        comment(2, 27, 43, 2016),
        comment(2, 44, 79, 2115),
        comment(2, 1, 79, 2164),
    )

    findings = found(TASK.replace("#!/bin/bash", script))

    assert "$(" not in seen()[0][2]["0.sh"]
    assert ["SC2164", "SC2086", "SC2115"] == [finding.message[-8:-2] for finding in findings]


@needs_scripts
def test_syntax_of_bash_is_another_policy_where_the_image_decides_on_the_shell(fake: Fake) -> None:
    fake(comment(2, 1, 3, 3010))

    assert () == found(TASK.replace("#!/bin/bash", "[[ $1 ]]"))
    assert 1 == len(found(TASK.replace("#!/bin/bash", "#!/bin/sh\n        [[ $1 ]]")))


@needs_scripts
def test_its_corrections_are_unsafe_fixes_in_the_file(fake: Fake) -> None:
    fake(comment(4, 37, 44, fix=quotes(4, 37, 44)))

    (finding,) = found(TASK)

    assert finding.fix is not None
    assert "unsafe" == finding.fix.safety.value
    assert ['"', '"'] == [edit.text for edit in finding.fix.edits]
    assert ["docker://", "$TARGET"] == [
        TASK[: finding.fix.edits[0].at.span.start].split()[-1],
        TASK[finding.fix.edits[0].at.span.start : finding.fix.edits[1].at.span.start],
    ]


@needs_scripts
def test_a_correction_that_touches_a_mask_is_not_offered(fake: Fake) -> None:
    one = {"line": 2, "endLine": 2, "column": 4, "endColumn": 30, "replacement": "x"}
    fake(comment(2, 1, 30, 2164, fix={"replacements": [one]}))

    (finding,) = found(TASK.replace("#!/bin/bash", "cd $(workspaces.shared.path)/x"))

    assert finding.fix is None


@needs_scripts
def test_all_scripts_are_one_call_and_equal_ones_are_one_file(fake: Fake, seen: Seen) -> None:
    fake()
    other = TASK.replace("mirror", "push").replace("docker://model", "docker://other")

    found(f"{TASK}---\n{TASK}---\n{other}")

    assert 1 == len(seen())
    assert ["0.sh", "1.sh"] == list(seen()[0][2])


@needs_scripts
def test_it_reads_no_configuration_and_follows_nothing(
    fake: Fake, seen: Seen, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELLCHECK_OPTS", "-x")
    fake()

    found(TASK)

    words, folder, _, environment = seen()[0]
    assert ["--norc", "--format=json1", "--severity=warning", "0.sh"] == words
    assert "SHELLCHECK_OPTS" not in environment
    assert not Path(folder).is_relative_to(repository)
    assert not Path(folder).exists()


@needs_scripts
def test_other_languages_are_not_its_business(fake: Fake, seen: Seen) -> None:
    fake()

    found(TASK.replace("#!/bin/bash", "#!/usr/bin/env python3"))

    assert [] == seen()


@needs_scripts
@pytest.mark.parametrize("output", ["", "nonsense", "[]", '{"comments": [{"file": "0.sh"}]}', '{"comments": 5}'])
def test_an_answer_that_is_not_understood_is_an_error_in_one_line(
    fake: Fake, repository: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    fake(output=output)

    assert 2 == cli.main([".", "--select", "shellcheck"])
    assert "what ShellCheck printed is not its format" in capsys.readouterr().err


@needs_scripts
def test_a_failure_of_the_program_is_an_error_in_one_line(
    fake: Fake, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(code=4)

    assert 2 == cli.main([".", "--select", "shellcheck"])
    assert "ended with exit code 4" in capsys.readouterr().err


def test_without_leave_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the examples of a policy that somebody else wrote: `program` can be an option of it."""
    monkeypatch.setattr(shellchecks, "remarks", None)
    policy = CATALOG.policies["shellcheck"]
    for program in (None, "/bin/true", ["/bin/true"]):
        one = Enabled(policy=policy, severity=policy.severity, options={**policy.defaults, "program": program})
        report = engine.run(tree.of_texts({"task.yaml": TASK}), (one,), CATALOG, Target(tekton=newest()))

        assert ((), ()) == (report.findings, report.crashes)


def test_it_runs_only_where_it_is_asked_for() -> None:
    assert "shellcheck" not in {one.policy.id for one in enabled(CATALOG, Choice(severities={}, options={}))}


@needs_scripts
@pytest.mark.parametrize("line", ["policies: {shellcheck: warning}", "select: [shellcheck]"])
def test_the_configuration_of_the_tree_does_not_start_it(
    fake: Fake, seen: Seen, repository: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    fake()
    (repository / ".tektonlint.yaml").write_text(f"# ours\n{line}\n")

    assert 2 == cli.main(["."])

    error = capsys.readouterr().err
    assert [] == seen()
    assert error.startswith("tektonlint: .tektonlint.yaml:2: `shellcheck` starts the program `shellcheck`")
    assert "--select shellcheck" in error


@needs_scripts
def test_a_policy_of_the_tree_does_not_start_it_under_another_name(
    fake: Fake, seen: Seen, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake()
    (repository / ".tektonlint.yaml").write_text("policy-paths: [policies]\n")
    (repository / "policies").mkdir()
    page = Path(CATALOG.policies["shellcheck"].file).read_text()
    page = page.replace("id: shellcheck\n", "id: our-style\n").replace("opt-in: true\n", "")
    (repository / "policies" / "our-style.yaml").write_text(page)

    assert 2 == cli.main(["."])

    assert [] == seen()
    assert "`our-style` starts the program `shellcheck`" in capsys.readouterr().err


@needs_scripts
@pytest.mark.parametrize("words", [["--select", "shellcheck"], ["--config", ".tektonlint.yaml"]])
def test_the_command_line_starts_it(fake: Fake, seen: Seen, repository: Path, words: list[str]) -> None:
    fake(comment(4, 37, 44), code=1)
    (repository / ".tektonlint.yaml").write_text("policies: {shellcheck: warning}\n")

    assert 1 == cli.main([".", *words])
    assert 1 == len(seen())


def test_a_program_that_is_not_there_is_said(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(repository / "nothing"))

    assert 2 == cli.main([".", "--select", "shellcheck"])

    error = "the policy `shellcheck` needs the program `shellcheck`, which is not installed or not on PATH"
    assert f"tektonlint: {error}\n" == capsys.readouterr().err


@needs_scripts
def test_a_program_in_a_relative_folder_of_the_path_is_not_taken(
    fake: Fake, seen: Seen, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the tree's."""
    fake()
    shutil.copy(shutil.which("shellcheck") or "", repository / "shellcheck")
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", str(repository / "nothing"))))

    assert 2 == cli.main([".", "--select", "shellcheck"])
    assert [] == seen()


# With the program itself.


def real(text: str, minimum: str = "style") -> tuple[Remark, ...]:
    return remarks(Program(REAL or ""), [Input(text)], minimum)[0]


@needs_shellcheck
def test_columns_count_characters_whatever_stands_before_them() -> None:
    text = '#!/bin/sh\n\tread -r n\n\techo "é – 🙂" $n\n'

    assert ["$n"] == [text[one.start : one.end] for one in real(text) if one.code == 2086]


@needs_shellcheck
def test_what_it_calls_info_is_asked_for() -> None:
    text = "#!/bin/sh\nread -r n\necho $n\n"

    assert [2086] == [one.code for one in real(text)]
    assert () == real(text, "warning")


@needs_shellcheck
def test_a_directive_at_the_top_of_a_script_is_for_all_of_it() -> None:
    assert () == real("# shellcheck disable=SC2086\nread -r n\necho $n\necho $n\n")


@needs_shellcheck
def test_what_an_environment_sets_is_set() -> None:
    text = "echo \"$name\"\n"
    program = Program(REAL or "")

    assert [[2154], [], []] == [
        [one.code for one in each]
        for each in remarks(
            program, [Input(text), Input(text, names=frozenset(("name",))), Input(text, names=frozenset("*"))], "style"
        )
    ]


@needs_shellcheck
def test_scripts_of_a_real_batch_do_not_mix() -> None:
    each = remarks(Program(REAL or ""), [Input("cd /a\n"), Input("for i in\n"), Input('echo "$(params.x)"\n')], "error")

    assert [False, True, False] == [bool(one) for one in each]


@needs_shellcheck
def test_a_fix_of_its_own_is_verified_like_any_other(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # SC2086 is an info, and the option is a configuration's.
    (repository / "ours.yaml").write_text("select: [shellcheck]\npolicies: {shellcheck: {options: {minimum: info}}}\n")

    code = cli.main(["task.yaml", "--config", "ours.yaml", "--severity", "note", "--fix", "--unsafe-fixes"])

    assert 0 == code, capsys.readouterr()
    assert (repository / "task.yaml").read_text() == TASK.replace("docker://$TARGET", 'docker://"$TARGET"')
