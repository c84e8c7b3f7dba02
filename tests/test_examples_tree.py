"""The example tree shows every policy at least once, and tells the story that it is meant to tell."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tektonlint import cli

ROOT = Path(__file__).parent.parent
POLICIES = sorted(path.stem for path in (ROOT / "policies").glob("*/*.yaml"))
# What a tree of plain files cannot show, or should not.
NOT_SHOWN = {
    "affinity-assistant-securitycontext": "says nothing on OpenShift, which fills it in and is what the tree is for",
    "baseline-stale": "needs a baseline, which would leave out what the tree is to show",
    "child-pipeline-timeout-ignored": "needs pipelines in pipelines, which came with Tekton 1.14; the tree is for 1.3",
    "config-lost-in-change": "needs an earlier revision to compare with",
    "fix-failed": "needs a mistake in a fix, or a file that is not named or cannot be written",
    "internal-error": "only a mistake in tektonlint itself makes one",
    "outside-root": "needs a symbolic link, which a checkout on Windows or a zip archive turns into something else",
    "restricted-security-context": "says nothing on OpenShift, which fills it in and is what the tree is for",
    "shellcheck": "only the command line may start a program",
    "suppression-locked": "needs an organisation that locks a policy",
    "timeout-lost-in-change": "needs an earlier revision to compare with",
    "unreadable-file": "needs bytes that are no text, which editors and reviewers of the example would stumble over",
    "waiver-expired": "stands in the configuration, so a run over any one file would tell it",
    "waiver-unused": "stands in the configuration, so a run over any one file would tell it",
}


@pytest.fixture(scope="module")
def findings() -> list[dict[str, Any]]:
    """The findings of the example tree, notes too."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.chdir(ROOT)
        code = cli.main(["examples/gitops", "--format", "json", "--severity", "note"])
    assert 1 == code
    found: list[dict[str, Any]] = json.loads(out.getvalue())["findings"]
    return found


@pytest.fixture(scope="module")
def shown(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["policy"] for finding in findings}


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy not in NOT_SHOWN])
def test_the_example_tree_shows_the_policy(policy: str, shown: set[str]) -> None:
    assert policy in shown


@pytest.mark.parametrize("policy", NOT_SHOWN)
def test_an_exception_is_needed(policy: str, shown: set[str]) -> None:
    assert policy in POLICIES
    assert policy not in shown


@pytest.mark.parametrize(
    ("file", "line", "policy", "incident"),
    [
        ("runs/granite-8b.yaml", 10, "timeout-misplaced", "`timeout` in a v1 PipelineRun had no effect"),
        ("pipelines/deliver-model.yaml", 6, "timeout-misplaced", "`timeouts` on a Pipeline had no effect"),
        ("tasks/download-model.yaml", 27, "compute-resources", "`resources` on a v1 step: out of memory"),
        ("runs/granite-8b.yaml", 11, "podtemplate-misplaced", "the fsGroup had no effect: permission denied"),
        ("tasks/build-image.yaml", 24, "fsgroup-in-container-securitycontext", "an fsGroup in a container"),
        ("tasks/build-image.yaml", 23, "privileged-buildah", "Buildah ran privileged"),
        ("pipelines/deliver-model.yaml", 25, "missing-task-timeout", "no `timeout`: a build was killed after 1h"),
        ("runs/granite-8b.yaml", 19, "taskrunspecs-timeout-unsupported", "two hours on paper, killed after one"),
        ("release/pipeline.yaml", 23, "missing-task-timeout", "the rewrite of a pipeline dropped its `timeout`"),
        ("release/granite-34b.yaml", 10, "run-timeout-not-inherited", "raising only the run's timeout did not help"),
        ("release/trial.yaml", 5, "task-timeout-exceeds-run", "a task with more time than its run, which set none"),
        ("release/granite-2b.yaml", 10, "timeout-budget", "each task had its time, all of them together had not"),
        ("runs/granite-8b.yaml", 26, "static-pvc-shared-across-runs", "stale content of an earlier run was pushed"),
        ("serving/runs.yaml", 15, "fsgroup-not-allowed", "an fsGroup that the namespace does not allow"),
        ("serving/tasks.yaml", 31, "hardcoded-namespace-id", "an ID that belonged to one namespace of one cluster"),
        ("serving/runs.yaml", 55, "taskrunspec-drops-pod-securitycontext", "a task lost what the run's pods share"),
        ("evaluation/evaluate-granite.yaml", 4, "fixed-run-name", "the run could be applied only once"),
        ("evaluation/evaluate-model.yaml", 15, "unknown-task", "task not found"),
        ("evaluation/evaluate-model.yaml", 35, "missing-param", "a param was missing"),
        ("evaluation/evaluate-model.yaml", 27, "extra-param", "a param that the task does not declare was ignored"),
        ("serving/publish-server.yaml", 31, "missing-workspace", "a workspace that the task needs was not bound"),
        ("nightly-eval/leaderboard.yaml", 46, "unknown-workspace", "a workspace that nobody declares"),
        ("chain/pipeline.yaml", 38, "parallel-archive-readers", "two pushes read one archive at the same time"),
        ("chain/tasks/register-adapter.yaml", 17, "file-never-written", "written under one name, read under another"),
        ("permissions/tasks.yaml", 26, "group-writable-file", "a metadata file that the next task could not update"),
        ("scripts/check-archive.yaml", 26, "command-not-in-image", "a script called jq in an image without it"),
        ("storage/tasks.yaml", 64, "hardcoded-workspace-path", "written beside the volume, and lost with the pod"),
    ],
)
def test_an_incident_is_told_where_it_was_made(
    file: str, line: int, policy: str, incident: str, findings: list[dict[str, Any]]
) -> None:
    """What went wrong for the team whose tree this is like."""
    places = {(finding["path"], finding["line"], finding["policy"]) for finding in findings}

    assert (f"examples/gitops/{file}", line, policy) in places, incident


def test_a_comment_with_a_reason_silences_its_finding(findings: list[dict[str, Any]]) -> None:
    path = "examples/gitops/tasks/push-image.yaml"
    assert "ignore[mutable-image]" in (ROOT / path).read_text(encoding="utf-8")

    assert "mutable-image" not in {finding["policy"] for finding in findings if finding["path"] == path}
