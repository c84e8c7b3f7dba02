"""A comment that silences nothing is deleted, and what stands beside it stays."""

from __future__ import annotations

import pytest

from tektonlint import engine, fixing, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
SELECT = ("mutable-image", "privileged-step", "suppression-reason", "suppression-unknown", "suppression-unused")
UNUSED = "# tektonlint: ignore[mutable-image] no tags there"
TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mirror
spec:
  steps:
    - name: list
      image: quay.io/minio/mc:1.0
      script: mc ls
"""
IMAGE, SCRIPT, STEP = "mc:1.0\n", "      script: mc ls\n", "    - name: list\n"
MOVING = "quay.io/minio/mc:latest"


def fixed(text: str) -> str:
    """The text after every fix of a comment; none of them may be refused."""
    policies = enabled(CATALOG, Choice(select=SELECT, severities={}, options={}))

    def lint(changed: tree.Tree) -> tuple[Finding, ...]:
        return engine.run(changed, policies, CATALOG, Target(tekton=newest())).findings

    outcome = fixing.fix(tree.of_texts({"task.yaml": text}), lint, lambda finding: True)
    assert () == outcome.refused
    return outcome.tree.files[0].source.text


# Words of the task, what stands there before and after.
DELETED = {
    "behind a value": (IMAGE, f"mc:1.0  {UNUSED}\n", IMAGE),
    "behind a value and a tab": (IMAGE, f"mc:1.0\t{UNUSED}  \n", IMAGE),
    "on its own line": (STEP, f"{STEP}      {UNUSED}\n", STEP),
    "on the first line": ("apiVersion:", f"{UNUSED}\napiVersion:", "apiVersion:"),
    "on the first line behind a byte-order mark": ("apiVersion:", f"\ufeff{UNUSED}\napiVersion:", "\ufeffapiVersion:"),
    "on the last line": (SCRIPT, f"{SCRIPT}{UNUSED}\n", SCRIPT),
    "on the last line, which has no end": (SCRIPT, f"{SCRIPT}{UNUSED}", SCRIPT.rstrip("\n")),
    "on the header of a block scalar": (
        SCRIPT,
        f"      script: |  {UNUSED}\n        mc ls\n",
        "      script: |\n        mc ls\n",
    ),
    "between two comments": (
        STEP,
        f"{STEP}      # one\n      {UNUSED}\n      # two\n",
        f"{STEP}      # one\n      # two\n",
    ),
    "behind another tool's comment": (IMAGE, f"mc:1.0  # nosec {UNUSED}\n", "mc:1.0  # nosec\n"),
    "before another tool's comment": (
        IMAGE,
        "mc:1.0  # tektonlint: ignore[mutable-image] # nosec\n",
        "mc:1.0  # nosec\n",
    ),
    "two of them": (IMAGE, f"mc:1.0  {UNUSED} # tektonlint: ignore[privileged-step] too\n", IMAGE),
    "with two ids": (IMAGE, "mc:1.0  # tektonlint: ignore[mutable-image,privileged-step] why\n", IMAGE),
    "without a reason": (IMAGE, "mc:1.0  # tektonlint: ignore[mutable-image]\n", IMAGE),
    "with the number of an issue": (IMAGE, "mc:1.0  # tektonlint: ignore[mutable-image] see #12\n", IMAGE),
    "for what no comment silences": (IMAGE, "mc:1.0  # tektonlint: ignore[suppression-unused] why\n", IMAGE),
    "one id of two": (
        "quay.io/minio/mc:1.0\n",
        f"{MOVING}  # tektonlint: ignore[ privileged-step,mutable-image ] our mirror\n",
        f"{MOVING}  # tektonlint: ignore[mutable-image] our mirror\n",
    ),
    "two ids of three, behind other words": (
        "quay.io/minio/mc:1.0\n",
        f"{MOVING}  # nosec # tektonlint: ignore[privileged-step, mutable-image, suppression-reason] why\n",
        f"{MOVING}  # nosec # tektonlint: ignore[mutable-image] why\n",
    ),
}


@pytest.mark.parametrize(("place", "before", "after"), DELETED.values(), ids=DELETED)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_comment_that_silences_nothing_is_deleted(place: str, before: str, after: str, newline: str) -> None:
    wanted = TASK.replace(place, after).replace("\n", newline)

    assert wanted == fixed(TASK.replace(place, before).replace("\n", newline))


# What stands in the task in place of some words, and stays.
LEFT = {
    "another comment may begin in its reason": (IMAGE, f"mc:1.0  {UNUSED} # nosec\n"),
    "one of its ids is no policy": (IMAGE, "mc:1.0  # tektonlint: ignore[mutable-image, mutable-imge] why\n"),
    "it keeps a comment out of a script": (
        SCRIPT,
        f"      script: |\n        mc ls\n    {UNUSED}\n        # not of the script\n",
    ),
    "it keeps blank lines out of a script": (SCRIPT, f"      script: |+\n        mc ls\n    {UNUSED}\n\n\n"),
}


@pytest.mark.parametrize(("place", "before"), LEFT.values(), ids=LEFT)
def test_a_comment_stays_where_deleting_it_is_not_exact(place: str, before: str) -> None:
    text = TASK.replace(place, before)

    assert text == fixed(text)
