"""Which archives of images count as checked, and what is proposed for those that are not."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
WRITE = "buildah push m oci-archive:$(workspaces.shared.path)/m.tar"
READ = "skopeo copy oci-archive:$(workspaces.shared.path)/m.tar docker://registry.example.com/m:1"


BUILDAH = "quay.io/buildah/stable:v1.38"


def found(writer: str, reader: str, image: str = BUILDAH, after: str = "[]") -> tuple[Finding, ...]:
    def task(name: str, script: str, more: str) -> str:
        lines = "".join(f"              {line}\n" for line in script.split("\n"))
        return (
            f"    - name: {name}\n{more}      workspaces: [{{name: shared}}]\n      taskSpec:\n"
            f"        workspaces: [{{name: shared}}]\n        steps:\n          - image: {image}\n"
            f"            script: |\n{lines}"
        )

    text = (
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n"
        "  workspaces: [{name: shared}]\n  tasks:\n"
        + task("build", writer, f"      runAfter: {after}\n")
        + task("push", reader, "      runAfter: [build]\n" if after == "[]" else "")
    )
    policies = enabled(CATALOG, Choice(select=("unchecked-archive",), severities={}, options={}))
    report = engine.run(tree.of_texts({"p.yaml": text}), policies, CATALOG, Target(tekton=newest()))
    assert () == report.crashes
    return report.findings


@pytest.mark.parametrize(
    "more",
    [
        "skopeo inspect oci-archive:$(workspaces.shared.path)/m.tar",
        "sha256sum $(workspaces.shared.path)/m.tar",
        "tar tf $(workspaces.shared.path)/m.tar",
        "tar -tf $(workspaces.shared.path)/m.tar",
        "cd $(workspaces.shared.path)\ntar --list --file m.tar",
        "buildah pull oci-archive:$(workspaces.shared.path)/m.tar",
        "skopeo copy oci-archive:$(workspaces.shared.path)/m.tar docker://registry.example.com/m:0",
        "rm $(workspaces.shared.path)/m.tar",
    ],
)
def test_whoever_reads_all_of_it_behind_the_write_has_checked_it(more: str) -> None:
    assert 1 == len(found(WRITE, READ))
    assert () == found(f"{WRITE}\n{more}", READ)
    assert 1 == len(found(f"{more}\n{WRITE}", READ))


@pytest.mark.parametrize("more", ["ls -l $(workspaces.shared.path)/m.tar", "chmod 664 $(workspaces.shared.path)/m.tar"])
def test_looking_at_its_name_is_no_check(more: str) -> None:
    assert 1 == len(found(f"{WRITE}\n{more}", READ))


def test_a_check_by_the_reader_has_to_come_first() -> None:
    check = "skopeo inspect oci-archive:$(workspaces.shared.path)/m.tar"

    assert () == found(WRITE, f"{check}\n{READ}")
    assert 1 == len(found(WRITE, f"{READ}\n{check}"))


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        (WRITE, READ.replace("m.tar", "other.tar")),
        (WRITE.replace("m.tar", "$(params.name).tar"), READ),
        ("tar -cf $(workspaces.shared.path)/m.tar .", "tar -xf $(workspaces.shared.path)/m.tar"),
        ("buildah push m dir:$(workspaces.shared.path)/m", "skopeo copy dir:$(workspaces.shared.path)/m docker://x/m"),
    ],
)
def test_what_is_another_file_or_no_image_is_left_alone(writer: str, reader: str) -> None:
    assert () == found(writer, reader)


def test_a_task_that_reads_before_it_is_written_reads_another_run_s() -> None:
    assert () == found(WRITE, READ, after="[push]")


def test_what_is_proposed_is_in_the_image() -> None:
    (without,) = found(WRITE, READ)
    (with_skopeo,) = found(WRITE, READ, image="quay.io/skopeo/stable:v1.16")

    assert "Add `tar -tf $(workspaces.shared.path)/m.tar > /dev/null`" in without.message
    assert "has no skopeo" in without.message
    assert "Add `skopeo inspect oci-archive:$(workspaces.shared.path)/m.tar`" in with_skopeo.message
