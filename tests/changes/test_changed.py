"""`--changed`: what a change touched or brought is reported, and nothing else."""

from __future__ import annotations

import os

import pytest

from tests.changes.repositories import Repository, pipeline, task

# `mutable-image` stands on line 8.
OLD = task("old", image="golang")


def test_of_five_hundred_old_mistakes_and_a_new_one_only_the_new_one_is_reported(repository: Repository) -> None:
    for number in range(500):
        repository.write(f"tasks/t{number}.yaml", task(f"t{number}", image="golang"))
    base = repository.commit()
    repository.write("tasks/t7.yaml", task("t7", image="golang") + "---\n" + task("new", image="rust"))

    assert 501 == len(repository.lint().findings)
    assert ["tasks/t7.yaml:18 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_an_old_mistake_on_a_line_that_the_change_touched_is_reported(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    base = repository.commit()
    repository.write("t.yaml", OLD.replace("image: golang", "image: golang  # later"))

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


@pytest.mark.parametrize("staged", [True, False])
def test_staged_and_unstaged_changes_count(repository: Repository, staged: bool) -> None:
    repository.write("t.yaml", task("t"))
    base = repository.commit()
    repository.write("t.yaml", OLD)
    if staged:
        repository.git("add", "--all")

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


def test_an_untracked_file_counts_whole(repository: Repository) -> None:
    base = repository.commit()
    repository.write("t.yaml", OLD)

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


@pytest.mark.parametrize("excluded_by", [".gitignore", ".git/info/exclude"])
def test_an_ignored_file_is_not_of_the_change_even_if_it_is_named(repository: Repository, excluded_by: str) -> None:
    repository.write(excluded_by, "t.yaml\n")
    base = repository.commit()
    repository.write("t.yaml", OLD)

    assert ["t.yaml:8 mutable-image"] == repository.lint("t.yaml").findings
    assert [] == repository.lint("t.yaml", f"--changed={base}").findings


def test_what_upstream_has_done_since_is_not_of_the_change(repository: Repository) -> None:
    repository.write("t.yaml", task("t", image="golang"))
    repository.commit()
    repository.git("branch", "topic")
    repository.write("t.yaml", task("t"))
    repository.commit()
    repository.git("checkout", "--quiet", "topic")

    assert [] == repository.lint("--changed=main").findings


def test_renaming_a_param_of_a_task_is_reported_on_the_pipeline_that_passes_it(repository: Repository) -> None:
    repository.write("task.yaml", task("compile", params="url"))
    repository.write("pipeline.yaml", pipeline("p", "compile", param="url"))
    base = repository.commit()
    repository.write("task.yaml", task("compile", params="address"))

    expected = ["pipeline.yaml:10 missing-param", "pipeline.yaml:11 extra-param"]
    assert expected == repository.lint(f"--changed={base}").findings


def test_deleting_a_task_is_reported_on_the_pipeline_that_refers_to_it(repository: Repository) -> None:
    repository.write("tasks/compile.yaml", task("compile"))
    repository.write("tasks/other.yaml", task("other", image="golang"))
    repository.write("pipeline.yaml", pipeline("p", "compile"))
    base = repository.commit()
    (repository.folder / "tasks/compile.yaml").unlink()

    run = repository.lint(f"--changed={base}")
    assert ["pipeline.yaml:9 unknown-task"] == run.findings
    assert f"defines no Task `compile` any more, as it did in {base[:9]}." in run.out


@pytest.mark.parametrize("edited", [False, True])
def test_a_moved_file_brings_nothing_new(repository: Repository, edited: bool) -> None:
    repository.write("a/t.yaml", OLD)
    base = repository.commit()
    (repository.folder / "b").mkdir()
    text = OLD.replace("go build", "go vet") if edited else OLD
    repository.write("b/u.yaml", text)
    (repository.folder / "a/t.yaml").unlink()

    assert ["b/u.yaml:8 mutable-image"] == repository.lint().findings
    assert [] == repository.lint(f"--changed={base}").findings


def test_a_renamed_task_keeps_its_old_mistakes(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    base = repository.commit()
    repository.write("t.yaml", OLD.replace("name: old", "name: new"))

    assert [] == repository.lint(f"--changed={base}").findings


def test_a_comment_that_the_change_made_superfluous_is_reported(repository: Repository) -> None:
    text = task("t", image="golang  # tektonlint: ignore[mutable-image] it is rebuilt nightly")
    repository.write("t.yaml", text)
    base = repository.commit()
    (repository.folder / "t.yaml").write_text(text.replace("golang ", "golang:1.23 "))

    assert ["t.yaml:8 suppression-unused"] == repository.lint(f"--changed={base}").findings


def test_without_a_revision_it_is_the_common_commit_with_the_upstream_branch(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    repository.commit()
    repository.git("branch", "upstream")
    repository.git("branch", "--set-upstream-to=upstream")
    repository.write("u.yaml", OLD)
    repository.commit()

    assert ["u.yaml:8 mutable-image"] == repository.lint("--changed").findings


def test_where_there_is_no_upstream_the_remotes_head_counts(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    base = repository.commit()
    repository.git("update-ref", "refs/remotes/origin/trunk", base)
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    repository.write("u.yaml", OLD)
    repository.commit()

    assert ["u.yaml:8 mutable-image"] == repository.lint("--changed").findings


@pytest.mark.parametrize(
    "words", [("--changed=HEAD",), ("--changed", "HEAD"), ("--changed", "HEAD", "."), (".", "--changed", "HEAD")]
)
def test_a_revision_may_stand_behind_the_option_in_both_ways(repository: Repository, words: tuple[str, ...]) -> None:
    repository.write("t.yaml", OLD)
    repository.commit()
    repository.write("u.yaml", OLD)

    assert ["u.yaml:8 mutable-image"] == repository.lint(*words).findings


def test_a_word_behind_the_option_that_is_a_path_and_no_revision_is_a_path(repository: Repository) -> None:
    repository.write("a/t.yaml", OLD)
    repository.write("b/t.yaml", OLD)
    base = repository.commit()
    repository.git("update-ref", "refs/remotes/origin/HEAD", base)
    repository.write("a/u.yaml", OLD)
    repository.write("b/u.yaml", OLD)

    assert ["a/u.yaml:8 mutable-image"] == repository.lint("--changed", "a").findings


def test_a_word_that_is_a_path_and_a_revision_has_to_be_told_apart(repository: Repository) -> None:
    repository.write("main/t.yaml", OLD)
    base = repository.commit()
    repository.git("update-ref", "refs/remotes/origin/HEAD", base)

    run = repository.lint("--changed", "main")

    assert 2 == run.code
    assert (
        "tektonlint: `main` is a path and a revision; write `--changed=main` for the revision, "
        "`--changed -- main` for the path\n"
    ) == run.err
    assert 0 == repository.lint("--changed=main").code
    assert 0 == repository.lint("--changed", "--", "main").code


def test_only_what_is_named_is_reported(repository: Repository) -> None:
    repository.write("a/t.yaml", task("a"))
    repository.write("b/t.yaml", task("b"))
    base = repository.commit()
    repository.write("a/t.yaml", task("a", image="golang"))
    repository.write("b/t.yaml", task("b", image="golang"))

    assert ["b/t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}", "b").findings


def test_standard_input_is_compared_with_the_file_that_it_stands_for(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    base = repository.commit()
    text = OLD + "---\n" + task("new", image="rust")

    run = repository.lint("-", "--stdin-name", "t.yaml", f"--changed={base}", stdin=text.encode())

    assert ["t.yaml:18 mutable-image"] == run.findings
    assert [] == repository.lint("-", "--stdin-name", "t.yaml", f"--changed={base}", stdin=OLD.encode()).findings


def test_standard_input_without_a_name_has_nothing_to_be_compared_with(repository: Repository) -> None:
    repository.commit()

    for words in (("-", "--changed=HEAD"), ("--changed", "-"), ("-", "--base=HEAD")):
        run = repository.lint(*words, stdin=OLD.encode())

        assert (2, "") == (run.code, run.out)
        assert "--stdin-name says which file it is" in run.err


def test_fix_mends_only_what_is_reported(repository: Repository) -> None:
    """`resources` of a step was renamed in v1, and the fix says so; the old one stays as it is."""
    old = task("old") + "      resources: {}\n"
    new = task("new") + "      resources: {}\n"
    repository.write("old.yaml", old)
    base = repository.commit()
    repository.write("new.yaml", new)
    repository.write("old.yaml", old + "---\n" + new)

    run = repository.lint(f"--changed={base}", "--fix")

    assert (0, "") == (run.code, run.out)
    assert new.replace("resources", "computeResources") == (repository.folder / "new.yaml").read_text()
    fixed = new.replace("resources", "computeResources")
    assert f"{old}---\n{fixed}" == (repository.folder / "old.yaml").read_text()


def test_a_patch_holds_only_what_is_reported(repository: Repository) -> None:
    old = task("old") + "      resources: {}\n"
    repository.write("old.yaml", old)
    base = repository.commit()
    repository.write("old.yaml", old + "---\n" + task("new") + "      resources: {}\n")

    changed = [line for line in repository.lint(f"--changed={base}", "--diff").out.splitlines() if line[0] in "+-"]

    assert ["-      resources: {}", "+      computeResources: {}"] == changed[2:]


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be on Windows")
@pytest.mark.parametrize(
    "name",
    ["a b.yaml", "ä.yaml", 'q"uo\'te.yaml', "back\\slash.yaml", ":(top)x.yaml", "*.yaml", "-x.yaml", "new\nline.yaml"],
)
def test_any_name_of_a_file_is_taken_as_it_is(repository: Repository, name: str) -> None:
    repository.write(f"folder/{name}", OLD)
    repository.write(f"folder/{name}.more/t.yaml", OLD)
    base = repository.commit()

    assert [] == repository.lint(f"--changed={base}").findings

    repository.write(f"folder/{name}", OLD + "---\n" + task("new", image="rust"))
    repository.write(f"folder/2{name}", OLD)

    assert 2 == repository.lint(f"--changed={base}").out.count("mutable-image")
