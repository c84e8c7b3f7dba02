"""The action, step by step, as GitHub's runner would run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.github_action.conftest import Installed, Job, Repository
from tests.github_action.runner import ACTION, STEPS, Command, action_outputs, obeyed, run_step

ROOT = Path(__file__).parent.parent.parent

GOOD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: compile
spec:
  steps:
    - name: compile
      image: golang:1.23
      script: go build ./...
"""
# A warning, `mutable-image`, at 8:14.
BAD = GOOD.replace("golang:1.23", "golang")
FOUND = [("mutable-image", "task.yaml")]
SILENT = "ignore: [mutable-image]\n"
POLICY = (ROOT / "examples" / "policies" / "team" / "owner-label.yaml").read_text(encoding="utf-8")
POLICY = POLICY.replace("applies-to: [PipelineRun, TaskRun]", "applies-to: [Task]")


# What action.yml says


def test_no_input_is_written_into_a_script() -> None:
    assert [] == [name for name, step in STEPS.items() if "${{" in step["run"]]


def test_every_input_reaches_the_scripts_as_a_variable() -> None:
    names = {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}

    assert names == {name: value for name, value in STEPS["lint"]["env"].items() if name.startswith("INPUT_")}


def test_no_other_action_runs_in_it() -> None:
    assert [] == [step for step in STEPS.values() if "uses" in step]


# Installing


def test_what_is_installed_comes_from_the_action_and_lies_outside_the_workspace(installed: Installed) -> None:
    said = subprocess.run(
        [installed.venv / "bin" / "python", "-I", "-m", "tektonlint", "--version"], capture_output=True, check=True
    )

    assert said.stdout.startswith(b"tektonlint ")
    assert installed.workspace not in installed.venv.resolve().parents


def test_no_module_of_the_workspace_is_imported_while_installing(installed: Installed) -> None:
    assert not (installed.workspace / "sprung").exists()
    # The trap works: this is how Python finds modules where nothing keeps it from it.
    subprocess.run([sys.executable, "-m", "venv", "--help"], cwd=installed.workspace, check=True)
    assert (installed.workspace / "sprung").exists()
    (installed.workspace / "sprung").unlink()


@pytest.mark.parametrize("answer", ["exit 1", "exit 127"], ids=["too old", "not there"])
def test_a_runner_without_a_new_python_is_told_what_to_add(tmp_path: Path, answer: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("bash", "dirname"):
        (programs / program).symlink_to(str(shutil.which(program)))
    (programs / "python3").write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    (programs / "python3").chmod(0o755)

    done = run_step(
        "install",
        workspace=tmp_path,
        temporary=tmp_path,
        event_name="push",
        event={},
        inputs={},
        outputs={},
        path=str(programs),
    )

    (command,) = done.commands
    assert (2, "error", True) == (done.code, command.name, "actions/setup-python" in command.data)


# What comes of a run


def test_findings_are_annotations_and_a_table_and_fail_the_step(job: Job) -> None:
    job.push({"task.yaml": BAD})

    done = job.lint()

    assert 1 == done.code
    (command,) = [one for one in done.commands if one.name != "stop-commands"]
    place = {name: command.properties[name] for name in ("file", "line", "col")}
    assert ("warning", {"file": "task.yaml", "line": "8", "col": "14"}) == (command.name, place)
    assert "`golang`" in command.data
    assert "| warning | " in done.summary
    assert {"exit-code": "1", "sarif-file": "", "suggestions-file": ""} == action_outputs(done)


def test_the_log_says_it_in_words_too(job: Job) -> None:
    job.push({"task.yaml": BAD})

    assert "\ntask.yaml:8:14  warning  " in job.lint().log


def test_nothing_is_found_in_what_is_right(job: Job) -> None:
    job.push({"task.yaml": GOOD})

    done = job.lint()

    assert (0, ["stop-commands"]) == (done.code, [one.name for one in done.commands])
    assert done.summary.startswith("### tektonlint: no findings in 1 file")
    assert "0" == action_outputs(done)["exit-code"]


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("note", 1)])
def test_the_lowest_severity_that_fails_the_step_can_be_chosen(job: Job, level: str, code: int) -> None:
    job.push({"task.yaml": BAD})

    done = job.lint(fail_on=level)

    assert (code, FOUND) == (done.code, job.found(done))


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"fail_on": "everything"}, "--fail-on cannot be `everything`"),
        ({"fail_on": "error --exit-zero"}, "--fail-on cannot be `error --exit-zero`"),
        ({"fail_on": ""}, "--fail-on cannot be ``"),
        ({"paths": "nowhere"}, "nowhere"),
        ({"config": "nowhere.yaml"}, "nowhere.yaml"),
        ({"sarif_file": "nowhere/report.sarif"}, "there is no folder `nowhere`"),
        ({"only_changed": "yes"}, "The input `only-changed` is `yes`; write `true` or `false`."),
        ({"only_changed": ""}, "The input `only-changed` is ``; write `true` or `false`."),
        ({"suggestions": "1%\n2"}, "The input `suggestions` is `1%\n2`; write `true` or `false`."),
    ],
    ids=str,
)
def test_what_cannot_be_done_fails_the_step_with_one_annotation_that_says_why(
    job: Job, inputs: dict[str, str], words: str
) -> None:
    job.push({"task.yaml": GOOD})

    done = job.lint(**inputs)

    (command,) = [one for one in done.commands if one.name != "stop-commands"]
    assert (2, "error", True) == (done.code, command.name, words in command.data), done.log
    assert "**tektonlint could not do its work.** The log of the step says why.\n" == done.summary
    assert {"exit-code": "2", "sarif-file": "", "suggestions-file": ""} == action_outputs(done)


def test_a_mistake_in_the_configuration_fails_the_step(job: Job) -> None:
    job.push({"task.yaml": GOOD, ".tektonlint.yaml": "ignore: [mutable-imag]\n"})

    done = job.lint()

    assert 2 == done.code
    assert "did you mean `mutable-image`?" in done.commands[-1].data


# Inputs are values, whatever they look like


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ("tasks\npipelines", ["tasks", "pipelines"]),
        ("\ntasks\n\n", ["tasks"]),
        ("", ["."]),
        ("a b", ["a b"]),
        ("*.yaml", ["*.yaml"]),
        ("--exit-zero\n--", ["--exit-zero", "--"]),
        ("-", ["./-"]),
        ("$(touch sprung)\n`touch sprung`", ["$(touch sprung)", "`touch sprung`"]),
        ("; touch sprung #\n&& touch sprung", ["; touch sprung #", "&& touch sprung"]),
        ("'\"\\n\n${HOME}\n~", ["'\"\\n", "${HOME}", "~"]),
    ],
    ids=repr,
)
def test_each_line_is_one_path(job: Job, paths: str, words: list[str]) -> None:
    job.push({"task.yaml": GOOD})

    arguments = job.arguments(paths=paths)

    assert words == arguments[arguments.index("--") + 1 :]
    assert ["task.yaml"] == sorted(path.name for path in job.workspace.iterdir() if path.name != ".git")


@pytest.mark.parametrize("value", ["$(touch sprung)", "a; touch sprung", "--exit-zero", "a b\nc", "'\"`touch sprung`"])
def test_other_inputs_are_one_word_of_their_option(job: Job, value: str) -> None:
    job.push({"task.yaml": GOOD})

    arguments = job.arguments(config=value, fail_on=value, sarif_file=value)

    expected = [f"--config={value}", f"--fail-on={value}", f"--format=sarif={value}"]
    assert expected == sorted(word for word in arguments if value in word)
    assert not (job.workspace / "sprung").exists()


def test_an_output_cannot_make_another_one(job: Job) -> None:
    job.push({"task.yaml": GOOD})
    value = "report\nexit-code=1"

    done = job.lint(sarif_file=value)

    assert {"exit-code": "0", "sarif-file": value, "suggestions-file": ""} == action_outputs(done)


# The repository is a stranger's


HOSTILE = ["::add-mask::e", "##[add-mask]e", "::stop-commands::x", "##[stop-commands]x", "::error::e", "%0A::debug::e"]


def test_what_the_repository_holds_is_no_command_to_the_runner(job: Job) -> None:
    job.push({f"{number}.yaml": BAD.replace("golang", f'"{line}/golang"') for number, line in enumerate(HOSTILE)})

    done = job.lint()

    assert {"stop-commands", "warning"} == {one.name for one in done.commands}
    assert [("mutable-image", f"{number}.yaml") for number in range(len(HOSTILE))] == job.found(done)


@pytest.mark.parametrize("line", HOSTILE)
@pytest.mark.parametrize("stream", [1, 2])
def test_what_tektonlint_prints_is_no_command_even_where_it_looks_like_one(job: Job, line: str, stream: int) -> None:
    job.push({})
    job.replace_tektonlint(f"printf '%s\\n' '{line}' >&{stream}")

    done = job.lint()

    assert ["stop-commands"] == [one.name for one in done.commands]
    assert line in done.log.splitlines()


def test_a_configuration_that_is_wrong_is_no_command_either(job: Job) -> None:
    job.push({"task.yaml": GOOD, ".tektonlint.yaml": 'ignore: ["##[add-mask]e", "\\n::add-mask::e"]\n'})

    done = job.lint()

    assert (2, ["stop-commands", "error"]) == (done.code, [one.name for one in done.commands])


def test_the_runner_of_these_tests_would_obey_them() -> None:
    log = "a ##[add-mask]e\n  ::error file=a%2Cb::c%0Ad\n::stop-commands::t\n::error::e\n::t::\n::nothing::f\n"

    assert [
        Command("add-mask", {}, "e"),
        Command("error", {"file": "a,b"}, "c\nd"),
        Command("stop-commands", {}, "t"),
    ] == list(obeyed(log))


def test_no_module_of_the_repository_is_imported(job: Job) -> None:
    trap = f"open({json.dumps(str(job.temporary / 'sprung'))}, 'w')\n"
    names = ("tektonlint", "yaml", "sitecustomize", "usercustomize", "json", "argparse")
    job.pull_request({"task.yaml": GOOD}, {f"{name}.py": trap for name in names})

    done = job.lint()

    assert (0, False) == (done.code, (job.temporary / "sprung").exists())


# SARIF, and suggestions


def test_a_sarif_report_may_lie_outside_the_workspace(job: Job) -> None:
    job.push({"task.yaml": BAD})
    path = job.temporary / "report.sarif"

    done = job.lint(sarif_file=str(path))

    assert (1, str(path)) == (done.code, action_outputs(done)["sarif-file"])
    (run,) = json.loads(path.read_text(encoding="utf-8"))["runs"]
    assert ["mutable-image"] == [result["ruleId"] for result in run["results"]]


def test_a_sarif_report_in_the_workspace_takes_the_place_of_what_the_repository_put_there(job: Job) -> None:
    target = job.temporary / "precious"
    target.write_text("precious", encoding="utf-8")
    (job.workspace / "report.sarif").symlink_to(target)
    job.push({"task.yaml": BAD})

    done = job.lint(sarif_file="report.sarif")

    assert ("precious", "report.sarif") == (target.read_text(encoding="utf-8"), action_outputs(done)["sarif-file"])
    assert "2.1.0" == json.loads((job.workspace / "report.sarif").read_text(encoding="utf-8"))["version"]


def test_what_the_repository_holds_under_the_name_is_not_taken_for_a_report(job: Job) -> None:
    job.push({"task.yaml": GOOD, "report.sarif": "{}", ".tektonlint.yaml": "no: such key\n"})

    done = job.lint(sarif_file="report.sarif")

    assert (2, "") == (done.code, action_outputs(done)["sarif-file"])


def test_suggestions_are_a_report_for_reviewdog(job: Job) -> None:
    job.push({"task.yaml": GOOD.replace("      script", "      resources: {}\n      script")})

    done = job.lint(suggestions="true")

    report = json.loads(Path(action_outputs(done)["suggestions-file"]).read_text(encoding="utf-8"))
    (diagnostic,) = report["diagnostics"]
    assert ("task.yaml", ["computeResources"]) == (
        diagnostic["location"]["path"],
        [suggestion["text"] for suggestion in diagnostic["suggestions"]],
    )


# Whose configuration counts


def test_after_a_push_the_configuration_is_that_of_the_tree(job: Job) -> None:
    job.push({"task.yaml": BAD, ".tektonlint.yaml": SILENT})

    assert 0 == job.lint().code


def test_after_a_push_another_configuration_can_be_named(job: Job) -> None:
    job.push({"task.yaml": BAD, ".tektonlint.yaml": SILENT, "ci/lint.yaml": "policies: {mutable-image: error}\n"})

    done = job.lint(config="ci/lint.yaml")

    assert (1, "error") == (done.code, done.commands[-1].name)


@pytest.mark.parametrize("name", [".tektonlint.yaml", ".tektonlint.yml", "pyproject.toml"])
def test_a_pull_request_cannot_bring_a_configuration(job: Job, name: str) -> None:
    text = SILENT if name != "pyproject.toml" else '[tool.tektonlint]\nignore = ["mutable-image"]\n'
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD, name: text})

    done = job.lint()

    assert (1, FOUND) == (done.code, job.found(done))
    # It would count after a push.
    job.event_name, job.event = "push", {}
    assert 0 == job.lint().code


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ({".tektonlint.yaml": "{}\n"}, {".tektonlint.yaml": SILENT}),
        ({".tektonlint.yml": "{}\n"}, {".tektonlint.yaml": SILENT}),
        ({"pyproject.toml": "[tool.tektonlint]\n"}, {".tektonlint.yaml": SILENT}),
        ({"pyproject.toml": "[project]\n"}, {"pyproject.toml": '[tool.tektonlint]\nignore = ["mutable-image"]\n'}),
        ({}, {"tasks/.tektonlint.yaml": SILENT}),
    ],
    ids=str,
)
def test_a_pull_request_cannot_change_the_configuration(
    job: Job, base: dict[str, str], head: dict[str, str]
) -> None:
    job.pull_request({"tasks/task.yaml": GOOD, **base}, {"tasks/task.yaml": BAD, **head})

    done = job.lint(paths="tasks")

    assert (1, [("mutable-image", "tasks/task.yaml")]) == (done.code, job.found(done))


def test_a_pull_request_cannot_take_the_configuration_away(job: Job) -> None:
    strict = "policies: {mutable-image: error}\n"
    job.pull_request({"task.yaml": GOOD, ".tektonlint.yaml": strict}, {"task.yaml": BAD, ".tektonlint.yaml": None})

    done = job.lint(fail_on="error")

    assert (1, FOUND) == (done.code, job.found(done))


def test_the_base_decides_about_policies_of_the_repository(job: Job) -> None:
    config = {".tektonlint.yaml": "policy-paths: [policies]\nselect: [owner-label]\n"}
    job.pull_request(
        {"task.yaml": GOOD, "policies/team/owner-label.yaml": POLICY, **config},
        {"policies/team/owner-label.yaml": None, "policies/team/other.yaml": POLICY.replace("owner-label", "other")},
    )

    done = job.lint()

    assert [("owner-label", "task.yaml")] == job.found(done)


def test_a_pull_request_cannot_add_to_the_baseline(job: Job) -> None:
    job.push({"task.yaml": BAD, "good.yaml": GOOD, ".tektonlint.yaml": "baseline: known.json\n"})
    known: dict[str, str | None] = {}
    for name in ("good.yaml", "task.yaml"):
        path = job.temporary / f"{name}.json"
        words = ("-I", "-m", "tektonlint", "--isolated", f"--write-baseline={path}", name)
        subprocess.run([job.folder / "venv" / "bin" / "python", *words], cwd=job.workspace, check=True)
        known[name] = path.read_text(encoding="utf-8")
    job.pull_request({"known.json": known["good.yaml"]}, {"known.json": known["task.yaml"]})

    done = job.lint()

    assert (1, FOUND) == (done.code, job.found(done))
    # It would count after a push.
    job.event_name, job.event = "push", {}
    assert 0 == job.lint().code


def test_patterns_of_the_base_are_about_the_workspace(job: Job) -> None:
    config = {".tektonlint.yaml": "exclude: [/vendor/]\n"}
    job.pull_request({"vendor/task.yaml": GOOD, **config}, {"vendor/task.yaml": BAD, "task.yaml": GOOD})

    assert 0 == job.lint().code


def test_a_link_of_the_base_counts_as_the_file_it_leads_to(job: Job) -> None:
    (job.workspace / ".tektonlint.yaml").symlink_to("ci/lint.yaml")
    job.pull_request({"ci/lint.yaml": "policies: {mutable-image: error}\n"}, {"task.yaml": BAD, "ci/lint.yaml": SILENT})

    assert 1 == job.lint(fail_on="error").code


def test_a_link_of_the_base_out_of_the_repository_is_not_followed(job: Job) -> None:
    (job.workspace / ".tektonlint.yaml").symlink_to("../runner temp/lint.yaml")
    (job.temporary / "lint.yaml").write_text(SILENT, encoding="utf-8")
    job.pull_request({}, {"task.yaml": BAD})

    done = job.lint()

    assert (2, True) == (done.code, "The base has no file `.tektonlint.yaml`" in done.commands[-1].data)


def test_a_named_configuration_of_the_repository_is_read_from_the_base(job: Job) -> None:
    job.pull_request({"ci/lint.yaml": "policies: {mutable-image: error}\n"}, {"task.yaml": BAD, "ci/lint.yaml": SILENT})

    assert 1 == job.lint(fail_on="error", config="ci/lint.yaml").code
    shutil.rmtree(job.folder / "base")
    assert 1 == job.lint(fail_on="error", config=str(job.workspace / "ci/lint.yaml")).code


@pytest.mark.parametrize(("config", "code"), [("ci/lint.yaml", 1), ("link/lint.yaml", 1), ("link.yaml", 2)])
def test_a_named_configuration_that_only_the_pull_request_has_does_not_count(job: Job, config: str, code: int) -> None:
    """A link of the base that leads nowhere there is a mistake; the others are no files of the base."""
    (job.workspace / "link").symlink_to("ci")
    (job.workspace / "link.yaml").symlink_to("ci/lint.yaml")
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD, "ci/lint.yaml": SILENT})

    assert code == job.lint(config=config).code


def test_a_named_configuration_outside_the_repository_counts_as_it_is(job: Job) -> None:
    job.pull_request({".tektonlint.yaml": "{}\n"}, {"task.yaml": BAD})
    (job.temporary / "lint.yaml").write_text(SILENT, encoding="utf-8")

    assert 0 == job.lint(config=str(job.temporary / "lint.yaml")).code


def test_a_named_configuration_of_another_checkout_counts_as_it_is(job: Job) -> None:
    job.pull_request({".tektonlint.yaml": "{}\n"}, {"task.yaml": BAD})
    Repository(job.workspace / "organisation").commit({"lint.yaml": SILENT})

    assert 0 == job.lint(config="organisation/lint.yaml", paths="task.yaml").code


def test_a_merge_queue_is_judged_by_its_base_too(job: Job) -> None:
    base = job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD, ".tektonlint.yaml": SILENT})
    job.event_name, job.event = "merge_group", {"merge_group": {"base_sha": base}}

    assert 1 == job.lint().code


def test_no_filter_of_the_repository_runs_while_the_base_is_read(job: Job) -> None:
    marker = job.temporary / "sprung"
    job.pull_request({".gitattributes": "*.yaml filter=trap\n", ".tektonlint.yaml": SILENT}, {"task.yaml": BAD})
    for part in ("smudge", "clean"):
        job.repository.git("config", f"filter.trap.{part}", f"touch '{marker}'; cat")
    job.repository.git("config", "core.fsmonitor", f"touch '{marker}'")

    assert (0, False) == (job.lint().code, marker.exists())
    # The trap works.
    job.repository.git("checkout", "--quiet", "HEAD~1", "--", ".tektonlint.yaml")
    (job.workspace / ".tektonlint.yaml").unlink()
    job.repository.git("checkout", "--quiet", "HEAD", "--", ".tektonlint.yaml")
    assert marker.exists()


# What the base needs


def test_a_shallow_clone_is_told_what_to_write(job: Job, tmp_path: Path) -> None:
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD, ".tektonlint.yaml": SILENT})
    job.repository.git("branch", "merged")
    url = f"file://{job.workspace}"
    job.repository.git("clone", "--quiet", "--depth=1", "--branch=merged", url, str(tmp_path / "shallow"))
    job.workspace = tmp_path / "shallow"

    done = job.lint()

    (command,) = done.commands
    assert (2, "error", True) == (done.code, command.name, "`fetch-depth: 0`" in command.data)


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_clone_without_files_is_told_what_to_leave_out(job: Job, tmp_path: Path, left_out: str) -> None:
    job.pull_request({"ci/lint.yaml": "{}\n"}, {"task.yaml": BAD, "ci/lint.yaml": SILENT})
    job.repository.git("branch", "merged")
    job.repository.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{job.workspace}"
    job.repository.git("clone", "--quiet", f"--filter={left_out}", "--branch=merged", url, str(tmp_path / "partial"))
    job.workspace = tmp_path / "partial"

    done = job.lint()

    assert (2, True) == (done.code, "without `filter`" in done.commands[-1].data)


def test_a_workspace_that_is_no_repository_is_told_so(job: Job, tmp_path: Path) -> None:
    job.pull_request({"task.yaml": GOOD}, {})
    job.workspace = tmp_path / "elsewhere"
    job.workspace.mkdir()

    done = job.lint()

    assert (2, True) == (done.code, "not the top of a Git repository" in done.commands[-1].data)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_the_workspace_of_a_container_may_belong_to_another_user(job: Job) -> None:
    job.pull_request({".tektonlint.yaml": SILENT}, {"task.yaml": BAD})
    for folder, _, names in os.walk(job.workspace):
        for name in (".", *names):
            os.chown(os.path.join(folder, name), 1001, 1001, follow_symlinks=False)
    with pytest.raises(AssertionError, match="dubious ownership"):
        job.repository.git("status")

    assert 0 == job.lint().code


def test_the_event_whose_workspace_is_the_base_is_refused(job: Job) -> None:
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD})
    job.event_name = "pull_request_target"

    done = job.lint()

    assert (2, True) == (done.code, "Run this on `pull_request`" in done.commands[-1].data)


@pytest.mark.parametrize("event_name", ["pull_request", "merge_group"])
def test_an_event_without_its_base_is_refused(job: Job, event_name: str) -> None:
    job.push({"task.yaml": BAD, ".tektonlint.yaml": SILENT})
    job.event_name = event_name

    assert 2 == job.lint().code


# What a pull request would hide


def test_a_pull_request_hides_nothing_by_naming_it_in_gitignore(job: Job) -> None:
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD, ".gitignore": "*.yaml\n"})

    done = job.lint()

    assert (1, FOUND) == (done.code, job.found(done))


@pytest.mark.parametrize(("paths", "expected"), [("a", 0), ("a\nb", 1), ("b/task.yaml", 1), ("", 1)])
def test_what_is_hidden_elsewhere_is_not_what_was_asked_for(paths: str, expected: int, job: Job) -> None:
    job.pull_request({"a/task.yaml": GOOD}, {"b/task.yaml": BAD, ".gitignore": "b\n"})

    assert expected == job.lint(paths=paths).code


# Only what changed


def test_of_a_pull_request_only_what_it_changes_can_be_asked_for(job: Job) -> None:
    base = job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD})

    assert f"--changed={base}" in job.arguments(only_changed="true")


@pytest.mark.parametrize(("event_name", "value"), [("push", "true"), ("pull_request", "false")])
def test_everything_is_told_otherwise(job: Job, event_name: str, value: str) -> None:
    job.pull_request({"task.yaml": GOOD}, {"task.yaml": BAD})
    if event_name == "push":
        job.event_name, job.event = event_name, {}

    assert [] == [word for word in job.arguments(only_changed=value) if word.startswith("--changed")]


def test_what_was_there_before_is_not_told_again(job: Job) -> None:
    job.pull_request({"old.yaml": BAD.replace("compile\nspec", "old\nspec"), "task.yaml": GOOD}, {"task.yaml": BAD})

    done = job.lint(only_changed="true")

    assert (1, FOUND) == (done.code, job.found(done))
