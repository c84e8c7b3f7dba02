"""Views of a run, built by hand, that the tests of several formats share."""

from __future__ import annotations

import pytest

from tektonlint.bundled import folder
from tektonlint.finding import Edit, Elsewhere, Finding, Fix, Location, Related, ResourceId, Safety, Severity
from tektonlint.policy.format import Emitted, Policy
from tektonlint.report.view import View
from tektonlint.text import Source, Span

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build
spec:
  steps:
    - name: compile
      image: golang
      resources:
        limits: {}
"""
RUN = """\
apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  generateName: build-
spec:
  taskRef: {name: build}
"""

# What a terminal would obey, each kind once: colour, window title, line ends, the one-byte CSI, overrides of the
# reading direction, the separators, and what stands for a byte that is not UTF-8.
HOSTILE = "\x1b[31m\x1b]0;owned\x07\n\r\x00\x7f\x9b\x85\u202e\u2066\u2069\u200f\u061c\u2028\u2029\udc80\x08"


def at(source: Source, part: str) -> Location:
    """Where `part` stands for the first time."""
    start = source.text.index(part)
    return Location(source, Span(start, start + len(part)))


def sample() -> View:
    """An unreadable file, a warning with an unsafe fix, an error with a related place and a safe fix; five notes."""
    locked = Source("locked.yaml", "", "gitops/locked.yaml")
    run = Source("run.yaml", RUN, "gitops/run.yaml")
    task = Source("task.yaml", TASK, "gitops/task.yaml")
    build = ResourceId("tekton.dev/v1", "Task", "build")
    return View(
        findings=(
            Finding(
                policy="unreadable",
                severity=Severity.ERROR,
                message="the file cannot be read: permission denied",
                at=Location(locked, Span(0, 0)),
            ),
            Finding(
                policy="image-pinned",
                severity=Severity.WARNING,
                message="`golang` may be another image tomorrow",
                at=at(task, "golang"),
                resource=build,
                fix=Fix(
                    title="pin the tag",
                    edits=(Edit(at(task, "golang"), "golang:1.22"),),
                    elsewhere=(Elsewhere(0, (Edit(at(run, "build}"), "build-1.22}"),), frozenset()),),
                ),
            ),
            Finding(
                policy="compute-resources",
                severity=Severity.ERROR,
                message="v1 steps use `computeResources`, not `resources`",
                at=at(task, "resources"),
                resource=build,
                refused=True,
                related=(Related(at(run, "{name: build}"), "the run that binds it"),),
                fix=Fix(
                    title="rename `resources` to `computeResources`",
                    edits=(Edit(at(task, "resources"), "computeResources"),),
                    safety=Safety.SAFE,
                ),
            ),
        ),
        files=3,
        documents=2,
        hidden={Severity.NOTE: 5},
        lowest=Severity.WARNING,
        policies={
            "compute-resources": policy("compute-resources", Severity.ERROR, f"{folder('policies')}/migration"),
            "image-pinned": policy("image-pinned", Severity.WARNING, "/home/team/policies/own"),
        },
        exit_code=1,
    )


def policy(name: str, severity: Severity, place: str) -> Policy:
    """A policy whose file is in a folder; the name of the folder is the area."""
    return Policy(
        id=name,
        area=place.rpartition("/")[2],
        title=f"The title of `{name}`",
        severity=severity,
        since="0.1",
        logic=Emitted(by="a test"),
        rationale="It fails.\nSee [why](https://example.com).\n",
        remediation="Write it otherwise.\n",
        options={},
        file=f"{place}/{name}.yaml",
    )


def attack() -> View:
    """One finding in which everything that comes from the tree is hostile, an unmangled word in front."""
    text = HOSTILE.replace("\n", "").replace("\r", "")
    source = Source(f"path{HOSTILE}", f"line{text}{HOSTILE}", f"path{HOSTILE}")
    place = Location(source, Span(0, 4))
    return View(
        findings=(
            Finding(
                policy=f"policy{HOSTILE}",
                severity=Severity.ERROR,
                message=f"message{HOSTILE}",
                at=place,
                resource=ResourceId(f"v1{HOSTILE}", f"Task{HOSTILE}", f"name{HOSTILE}"),
                related=(Related(place, f"related{HOSTILE}"),),
                fix=Fix(title=f"title{HOSTILE}", edits=(Edit(place, f"text{HOSTILE}"),)),
            ),
        ),
        files=1,
        documents=1,
        hidden={},
        lowest=Severity.NOTE,
    )


def nothing() -> View:
    """A run over one file without findings."""
    return View(findings=(), files=1, documents=1, hidden={}, lowest=Severity.NOTE)


@pytest.fixture(name="sample")
def sample_fixture() -> View:
    return sample()


@pytest.fixture(name="attack")
def attack_fixture() -> View:
    return attack()


@pytest.fixture(name="nothing")
def nothing_fixture() -> View:
    return nothing()


@pytest.fixture(params=[sample, attack, nothing], ids=["sample", "attack", "nothing"])
def two_views(request: pytest.FixtureRequest) -> tuple[View, View]:
    """The same view twice, from objects of their own."""
    return request.param(), request.param()
