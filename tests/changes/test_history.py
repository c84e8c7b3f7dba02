"""The base of a tree: what a revision held, read as git would have checked it out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.changes.repositories import Repository, pipeline, task

OLD = task("old", image="golang")
NEW = task("new", image="rust")


def test_a_root_below_the_top_of_the_repository_is_compared_with_its_own_part(repository: Repository) -> None:
    repository.write("deploy/.tektonlint.yaml", "{}\n")
    repository.write("deploy/t.yaml", OLD)
    repository.write("t.yaml", task("t"))
    base = repository.commit()
    repository.write("deploy/u.yaml", NEW)

    assert ["u.yaml:8 mutable-image"] == repository.lint(f"--changed={base}", where="deploy").findings
    named = repository.lint(f"--changed={base}", "--root", "deploy", "deploy")
    assert ["deploy/u.yaml:8 mutable-image"] == named.findings


def test_a_worktree_is_compared_like_any_other(repository: Repository, tmp_path: Path) -> None:
    repository.write("t.yaml", OLD)
    base = repository.commit()
    repository.git("worktree", "add", "--quiet", "../other")
    (tmp_path / "other" / "u.yaml").write_text(NEW)

    assert ["u.yaml:8 mutable-image"] == repository.lint(f"--changed={base}", where="../other").findings


@pytest.mark.parametrize(
    ("attributes", "setting"),
    [("*.yaml text eol=crlf\n", "false"), ("*.yaml eol=crlf\n", "false"), ("* text=auto\n", "true"), ("", "true")],
)
def test_line_ends_that_git_converts_are_no_change(repository: Repository, attributes: str, setting: str) -> None:
    """What CRLF does to the shebang is found in the working tree, and not in the text that git stores."""
    text = task("t", image="golang", script="|\n        #!/bin/sh\n        go build\n")
    repository.git("config", "core.autocrlf", setting)
    repository.write(".gitattributes", attributes)
    repository.write("t.yaml", text.replace("\n", "\r\n"))
    base = repository.commit()
    assert b"\r" not in repository.git("cat-file", "-p", f"{base}:t.yaml").encode()

    assert ["t.yaml:8 mutable-image"] == [one for one in repository.lint().findings if "image" in one]
    assert [] == repository.lint(f"--changed={base}", "--severity=note").findings

    repository.write("t.yaml", text.replace("golang", "rust").replace("\n", "\r\n"))
    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_a_text_that_is_stored_in_another_encoding_is_no_change(repository: Repository) -> None:
    """UTF-16 is reported as unreadable, but not as new, for the working tree of the base had it too."""
    repository.write(".gitattributes", "*.yaml working-tree-encoding=UTF-16\n")
    repository.write("t.yaml", OLD.encode("utf-16"))
    base = repository.commit()
    assert OLD == repository.git("cat-file", "-p", f"{base}:t.yaml")

    assert ["t.yaml:1 unreadable-file"] == repository.lint().findings
    assert [] == repository.lint(f"--changed={base}").findings


def test_what_a_filter_makes_of_a_file_is_compared_with_what_is_stored(repository: Repository) -> None:
    repository.git("config", "filter.secret.clean", "sed s/golang/hidden/")
    repository.write(".gitattributes", "*.yaml filter=secret\n")
    repository.write("t.yaml", OLD)
    base = repository.commit()

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
@pytest.mark.parametrize(
    "target", ["real/t.txt", "nowhere.yaml", "../outside.yaml", "/outside.yaml", "real", "again.yaml"]
)
def test_a_link_that_has_not_changed_brings_nothing(repository: Repository, tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.yaml").write_text(OLD)
    repository.write("real/t.txt", OLD)
    repository.write("real/u.yaml", OLD)
    (repository.folder / "link.yaml").symlink_to(target)
    (repository.folder / "again.yaml").symlink_to("link.yaml")
    base = repository.commit()

    before = repository.lint()
    after = repository.lint(f"--changed={base}")

    assert len(before.findings) >= 1
    assert ([], "") == (after.findings, after.err)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_file_in_place_of_a_link_is_of_the_change(repository: Repository) -> None:
    repository.write("a.yaml", task("a"))
    (repository.folder / "b.yaml").symlink_to("a.yaml")
    base = repository.commit()
    (repository.folder / "b.yaml").unlink()
    repository.write("b.yaml", OLD)

    assert ["b.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_what_the_revision_ignored_was_not_of_its_tree(repository: Repository) -> None:
    """The Task is tracked, but a .gitignore leaves it out, then and now: nobody deleted it."""
    repository.write("tasks/compile.yaml", task("compile"))
    repository.write("pipeline.yaml", pipeline("p", "compile"))
    repository.commit()
    repository.write(".gitignore", "tasks/\n")
    base = repository.commit()

    assert ["pipeline.yaml:9 unknown-task"] == repository.lint("--severity=note", "--select=unknown-task").findings
    assert [] == repository.lint("--severity=note", "--select=unknown-task", f"--changed={base}").findings


def test_ignoring_a_task_that_is_needed_is_of_the_change(repository: Repository) -> None:
    repository.write("tasks/compile.yaml", task("compile"))
    repository.write("pipeline.yaml", pipeline("p", "compile"))
    base = repository.commit()
    repository.write(".gitignore", "tasks/*\n")

    assert ["pipeline.yaml:9 unknown-task"] == repository.lint(f"--changed={base}").findings


def test_what_the_configuration_excludes_is_excluded_from_the_base(repository: Repository) -> None:
    repository.write(".tektonlint.yaml", "exclude: [tasks/]\n")
    repository.write("tasks/compile.yaml", task("compile"))
    repository.write("pipeline.yaml", pipeline("p", "compile"))
    base = repository.commit()

    assert [] == repository.lint("--severity=note", "--select=unknown-task", f"--changed={base}").findings


def _with_submodule(repository: Repository, tmp_path: Path) -> Repository:
    shared = Repository(tmp_path / "shared")
    shared.write("t.yaml", OLD)
    shared.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(shared.folder), "lib")
    return Repository(repository.folder / "lib")


def test_a_submodule_is_compared_with_the_commit_that_it_had(repository: Repository, tmp_path: Path) -> None:
    inner = _with_submodule(repository, tmp_path)
    base = repository.commit()

    assert ["lib/t.yaml:8 mutable-image"] == repository.lint().findings
    assert [] == repository.lint(f"--changed={base}").findings

    inner.write("u.yaml", NEW)
    assert ["lib/u.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings

    inner.commit()
    repository.commit()
    assert ["lib/u.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_a_submodule_that_was_not_fetched_is_empty_then_and_now(repository: Repository, tmp_path: Path) -> None:
    _with_submodule(repository, tmp_path)
    base = repository.commit()
    repository.git("submodule", "--quiet", "deinit", "--force", "lib")

    assert (0, []) == (repository.lint(f"--changed={base}").code, repository.lint(f"--changed={base}").findings)


def test_a_submodule_without_the_commit_of_the_base_is_said_in_one_line(repository: Repository, tmp_path: Path) -> None:
    inner = _with_submodule(repository, tmp_path)
    inner.write("t.yaml", NEW)
    lost = inner.commit()
    base = repository.commit()
    inner.git("reset", "--quiet", "--hard", "HEAD~")
    (repository.folder / ".git/modules/lib/objects" / lost[:2] / lost[2:]).unlink()

    run = repository.lint(f"--changed={base}")

    assert (2, "") == (run.code, run.out)
    assert f"lib: the submodule does not have its commit {lost[:9]}" in run.err


def test_a_sha256_repository_is_compared_like_any_other(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "tree", "--object-format=sha256")
    repository.write("t.yaml", OLD)
    base = repository.commit()
    repository.write("u.yaml", NEW)

    assert ["u.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_a_file_that_was_too_large_is_not_new(repository: Repository) -> None:
    """33 MiB; the limit of what is read is 32."""
    repository.write("t.yaml", OLD + "#" * (33 * 1024 * 1024))
    base = repository.commit()

    assert ["t.yaml:1 unreadable-file"] == repository.lint().findings
    assert [] == repository.lint(f"--changed={base}").findings
