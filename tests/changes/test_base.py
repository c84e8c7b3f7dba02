"""`--base`: what the base revision had and the tree has not."""

from __future__ import annotations

import pytest

from tests.changes.repositories import Repository, pipeline, task

TIMEOUT = pipeline("p", "build").replace("    - name: build\n", '    - name: build\n      timeout: "2h"\n')
WITHOUT = pipeline("p", "build")
NOTHING_ELSE = "--select=timeout-lost-in-change,config-lost-in-change"


def test_a_lost_timeout_is_reported_with_the_place_that_it_had(repository: Repository) -> None:
    repository.write("p.yaml", TIMEOUT)
    base = repository.commit()
    repository.write("p.yaml", WITHOUT)

    run = repository.lint(f"--base={base}", NOTHING_ELSE)

    assert ["p.yaml:7 timeout-lost-in-change"] == run.findings
    assert (
        f"Task `build` had `timeout: 2h` in `{base[:9]}:p.yaml:8`; this version has none. "
        "If that is not intended, restore it."
    ) in run.out


def test_the_change_under_review_is_told_of_what_it_lost(repository: Repository) -> None:
    """Nothing was touched on the line where it is reported."""
    repository.write("p.yaml", TIMEOUT)
    base = repository.commit()
    repository.write("p.yaml", WITHOUT)

    assert ["p.yaml:7 timeout-lost-in-change"] == repository.lint(f"--changed={base}", NOTHING_ELSE).findings


def test_with_base_alone_what_is_old_is_reported_too(repository: Repository) -> None:
    repository.write("t.yaml", task("t", image="golang"))
    base = repository.commit()

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--base={base}").findings


def test_what_was_lost_in_a_file_that_moved_and_was_rewritten_is_reported(repository: Repository) -> None:
    repository.write("v2/pipeline.yaml", TIMEOUT)
    base = repository.commit()
    (repository.folder / "v2/pipeline.yaml").unlink()
    repository.write("v3/publish.yaml", WITHOUT.replace("name: p\n", "name: p-v3\n"))

    assert ["v3/publish.yaml:7 timeout-lost-in-change"] == repository.lint(f"--base={base}", NOTHING_ELSE).findings


def test_both_policies_about_a_missing_timeout_write_the_old_one(repository: Repository) -> None:
    """`missing-task-timeout` would suggest another time for a build."""
    build = task("build", image="quay.io/buildah/stable:v1.37.0", script="buildah build --format oci .")
    repository.write("t.yaml", build)
    repository.write("p.yaml", TIMEOUT.replace("2h", "3h"))
    base = repository.commit()
    repository.write("p.yaml", WITHOUT)
    words = (f"--base={base}", "--select=timeout-lost-in-change,missing-task-timeout")

    assert 2 == len(repository.lint(*words).findings)
    assert (0, "") == repository.lint(*words, "--fix", "--unsafe-fixes")[:2]
    assert TIMEOUT.replace('"2h"', "3h") == (repository.folder / "p.yaml").read_text()


@pytest.mark.parametrize("name", ["config-lost-in-change", "timeout-lost-in-change", "change"])
def test_asking_for_a_comparison_without_a_base_is_refused(repository: Repository, name: str) -> None:
    """The silence of what does not run must not be taken for a clean tree."""
    run = repository.lint(f"--select={name}")

    assert 2 == run.code
    assert (
        f"tektonlint: `{name}` compares with an earlier revision; give --base=REV or --changed=REV with it\n"
    ) == run.err
    assert 0 == repository.lint("--select=timeouts").code


def test_a_comment_about_what_cannot_be_judged_without_a_base_is_not_called_superfluous(
    repository: Repository,
) -> None:
    said = "    # tektonlint: ignore[timeout-lost-in-change] the build takes ten minutes now\n    - name: build\n"
    repository.write("p.yaml", TIMEOUT)
    base = repository.commit()
    repository.write("p.yaml", WITHOUT.replace("    - name: build\n", said))

    assert [] == repository.lint("--ignore=timeouts").findings
    assert [] == repository.lint(f"--base={base}", "--ignore=missing-task-timeout,unknown-task").findings


def test_one_task_of_the_base_is_at_most_one_task_now(repository: Repository) -> None:
    """The old file stays as it is; what was copied from it is new."""
    repository.write("v2.yaml", TIMEOUT)
    base = repository.commit()
    repository.write("v3.yaml", WITHOUT.replace("name: p\n", "name: p-v3\n"))

    assert [] == repository.lint(f"--base={base}", NOTHING_ELSE).findings
