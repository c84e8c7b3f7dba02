"""What git is asked, and what a repository's configuration must not make of that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tektonlint import git
from tests.changes.repositories import ENVIRONMENT, Repository, task

OLD = task("old", image="golang")
REPORTED = ["new.yaml:8 mutable-image"]

# What a repository can plant: the file of the attributes, settings (`{}` is the program), and the words with which
# plain git runs the program.
PLANTED = {
    "fsmonitor": ("", {"core.fsmonitor": "{}"}, ["--no-pager", "status"]),
    "hook": ("", {"core.hooksPath": "hooks"}, ["update-index", "--refresh"]),
    "external diff": ("", {"diff.external": "{}"}, ["--no-pager", "diff"]),
    "diff driver": ("*.yaml diff=evil", {"diff.evil.command": "{}"}, ["--no-pager", "diff"]),
    "textconv": ("*.yaml diff=evil", {"diff.evil.textconv": "{}"}, ["--no-pager", "diff"]),
    "clean filter": ("*.yaml filter=evil", {"filter.evil.clean": "{}"}, ["--no-pager", "diff"]),
    "smudge filter": ("*.yaml filter=evil", {"filter.evil.smudge": "{}"}, ["checkout", "--", "gone.yaml"]),
    "filter process": ("*.yaml filter=evil", {"filter.evil.process": "{}"}, ["--no-pager", "diff"]),
    "alias": ("", {f"alias.{name}": "!{}" for name in ("evil", "cat-file", "ls-tree", "rev-parse")}, ["evil"]),
    "pager": ("", {"core.pager": "{}"}, ["log"]),
    "pager of a command": ("", {"pager.rev-parse": "{}", "pager.ls-tree": "{}"}, ["ls-tree", "HEAD"]),
}


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
@pytest.mark.parametrize(("attributes", "settings", "words"), PLANTED.values(), ids=PLANTED.keys())
def test_nothing_that_a_repository_plants_is_run(
    repository: Repository, tmp_path: Path, attributes: str, settings: dict[str, str], words: list[str]
) -> None:
    marker = tmp_path / "marker"
    program = tmp_path / "planted"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    for name in ("old.yaml", "gone.yaml"):
        repository.write(name, OLD)
    repository.write("hooks/post-index-change", program.read_text()).chmod(0o755)
    base = repository.commit()
    repository.write(".gitattributes", attributes + "\n")
    for key, value in settings.items():
        repository.git("config", key, value.format(program))
    repository.write("old.yaml", OLD + "\n# more\n")
    (repository.folder / "gone.yaml").unlink()
    repository.write("new.yaml", task("new", image="rust"))
    os.utime(repository.folder / "hooks" / "post-index-change", (0, 0))

    assert REPORTED == repository.lint(f"--changed={base}").findings
    assert [] == git.Repository(str(repository.folder)).hidden()
    assert not marker.exists()

    _on_a_terminal(repository, words)
    assert marker.exists(), "plain git does not run it either, so this proves nothing"


def _on_a_terminal(repository: Repository, words: list[str]) -> None:
    """Plain git, where it takes its output for a terminal's and so may start a pager."""
    ours, its = os.openpty()
    with subprocess.Popen(
        ["git", *words],
        cwd=repository.folder,
        env=ENVIRONMENT | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    ) as process:
        os.close(its)
        try:
            while os.read(ours, 4096):
                pass
        except OSError:
            # Linux says so where nobody has the other end any more.
            pass
        os.close(ours)
        process.wait()


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    program = tmp_path / "planted"
    program.write_text(f'#!/bin/sh\ntouch {marker}\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    repository.write("t.yaml", task("t"))
    base = repository.commit()
    repository.write("t.yaml", OLD)
    repository.commit()
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("clone", "--quiet", "--filter=blob:none", f"file://{repository.folder}", str(tmp_path / "partial"))
    partial = Repository(tmp_path / "partial")
    partial.git("config", "remote.origin.uploadpack", str(program))

    run = partial.lint(f"--changed={base}")

    assert (2, "") == (run.code, run.out)
    assert 1 == run.err.count("\n")
    assert "a partial clone lacks some" in run.err
    assert not marker.exists()
    partial.git("cat-file", "-p", f"{base}:t.yaml")
    assert marker.exists(), "plain git does not fetch it either, so this proves nothing"


def test_the_variables_that_git_sets_for_a_hook_do_not_lead_astray(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.commit()
    repository.write("old.yaml", OLD)
    base = repository.commit()
    repository.write("new.yaml", OLD)
    variables = {
        "GIT_DIR": str(other.folder / ".git"),
        "GIT_INDEX_FILE": str(other.folder / ".git" / "index"),
        "GIT_WORK_TREE": str(other.folder),
        "GIT_OBJECT_DIRECTORY": str(tmp_path),
        "GIT_EXTERNAL_DIFF": "false",
    }

    assert REPORTED == repository.lint(f"--changed={base}", environment=variables).findings


def test_a_replacement_does_not_make_a_revision_say_something_else(repository: Repository) -> None:
    repository.write("t.yaml", task("t"))
    base = repository.commit()
    repository.write("t.yaml", OLD)
    replacement = repository.commit()
    repository.git("replace", base, replacement)

    assert ["t.yaml:8 mutable-image"] == repository.lint(f"--changed={base}").findings


@pytest.mark.parametrize(
    ("option", "revision", "said"),
    [
        ("--changed", "mian", "there is no revision `mian`; did you mean `main`?"),
        ("--base", "mian", "there is no revision `mian`; did you mean `main`?"),
        ("--changed", "--output=x", "there is no revision `--output=x`"),
        ("--changed", "-h", "there is no revision `-h`"),
        ("--changed", "main:t.yaml", "there is no revision `main:t.yaml`"),
        ("--changed", "main..main", "there is no revision `main..main`"),
        ("--changed", "@{", "there is no revision `@{`"),
        ("--changed", "a\nb", "there is no revision `a b`"),
        ("--changed", "", "--changed names no revision; write it as --changed=origin/main"),
        ("--base", "", "--base names no revision; write it as --base=origin/main"),
    ],
)
def test_what_is_no_revision_is_said_in_one_line(
    repository: Repository, option: str, revision: str, said: str
) -> None:
    repository.write("t.yaml", OLD)
    repository.commit()

    run = repository.lint(f"{option}={revision}")

    assert (2, "", f"tektonlint: {said}\n") == run


def test_both_options_together_are_refused(repository: Repository) -> None:
    run = repository.lint("--changed=main", "--base=main")

    assert 2 == run.code
    assert "tektonlint: --changed and --base exclude each other; --changed=REV compares with REV, too\n" == run.err


def test_without_a_repository_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "tree")
    shutil.rmtree(repository.folder / ".git")

    run = repository.lint("--changed=main", environment={"GIT_CEILING_DIRECTORIES": str(tmp_path)})

    assert (2, "") == (run.code, run.out)
    assert "is in no git repository" in run.err


def test_without_a_commit_there_is_nothing_to_compare_with(repository: Repository) -> None:
    run = repository.lint("--changed=main")

    assert (2, "", "tektonlint: there is no commit yet, so there is nothing to compare with\n") == run


def test_without_an_upstream_it_says_what_to_give(repository: Repository) -> None:
    repository.commit()

    run = repository.lint("--changed")

    assert (2, "") == (run.code, run.out)
    assert "no upstream and there is no origin/HEAD to compare with; give a revision" in run.err


def test_a_bare_repository_has_no_working_tree(tmp_path: Path) -> None:
    bare = Repository(tmp_path / "bare", "--bare")

    run = bare.lint("--changed=main", "--root=.")

    assert (2, "") == (run.code, run.out)
    assert "the repository is bare, so there is nothing to compare" in run.err


def test_a_working_tree_that_is_elsewhere_is_not_compared(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()

    run = repository.lint("--changed=main")

    assert (2, "") == (run.code, run.out)
    assert "it is in no working tree of its repository" in run.err


def test_unrelated_histories_have_no_base(repository: Repository) -> None:
    repository.commit()
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.git("commit", "--quiet", "--allow-empty", "--message=y")

    run = repository.lint("--changed=main")

    assert (2, "", "tektonlint: HEAD and `main` have no commit in common\n") == run


def test_a_shallow_clone_without_the_common_commit_says_how_to_get_it(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.git("branch", "topic")
    for _ in range(2):
        repository.commit()
    repository.git("checkout", "--quiet", "topic")
    repository.write("t.yaml", OLD)
    repository.commit()
    repository.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repository.folder}", "../shallow")
    shallow = Repository(tmp_path / "shallow")

    run = shallow.lint("--changed=origin/main")
    unknown = shallow.lint("--changed=v1")

    assert (2, "") == (run.code, run.out)
    assert "HEAD and `origin/main` have no commit in common here, for the clone is shallow" in run.err
    assert "`fetch-depth: 0`" in run.err
    assert (2, True) == (unknown.code, "`fetch-depth: 0`" in unknown.err)


def test_without_git_it_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit()

    run = repository.lint("--changed=main", environment={"PATH": str(tmp_path)})

    assert (2, "") == (run.code, run.out)
    assert "needs the program `git`, which is not installed or not on PATH" in run.err


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_git_is_not_taken_from_the_tree(repository: Repository, tmp_path: Path) -> None:
    repository.write("git", f"#!/bin/sh\ntouch {tmp_path}/marker\n").chmod(0o755)
    repository.commit()

    run = repository.lint("--changed=main", environment={"PATH": "."})

    assert 2 == run.code
    assert not (tmp_path / "marker").exists()


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
@pytest.mark.parametrize(
    ("word", "does", "said"),
    [
        ("rev-parse", "echo 'fatal: detected dubious ownership in repository' >&2; exit 128", "git does not trust"),
        ("merge-base", "echo 'fatal: \033[31mbroken' >&2; exit 128", r"(exit code 128): \x1b[31mbroken"),
        ("ls-tree", "exit 3", "`git ls-tree` failed (exit code 3): it does not say why"),
        ("ls-tree", "kill -9 $$", "`git ls-tree` failed (exit code -9)"),
        ("cat-file", "exit 1", "git cannot read the object"),
        ("cat-file", "read id; echo $id blob 100000; echo short", "git cannot read the object"),
        ("cat-file", "read id; echo $id blob 99999999; echo short", "git cannot read the object"),
        ("check-attr", "exit 1", "`git check-attr` failed"),
        ("check-ignore", "exit 128", "`git check-ignore` failed"),
    ],
)
def test_a_git_that_fails_in_the_middle_is_one_line_and_not_a_clean_run(
    repository: Repository, tmp_path: Path, word: str, does: str, said: str
) -> None:
    git = shutil.which("git")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "git"
    program.write_text(f'#!/bin/sh\ncase " $* " in *" {word} "*) {does}; exit;; esac\nexec {git} "$@"\n')
    program.chmod(0o755)
    repository.write("t.yaml", OLD)
    repository.commit()
    repository.write("t.yaml", OLD + "# more\n")
    repository.write("u.yaml", OLD)

    run = repository.lint("--changed=main", environment={"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"})

    assert (2, "") == (run.code, run.out)
    assert said in run.err
    assert 1 == run.err.count("\n")


def test_a_damaged_repository_is_one_line_and_not_a_clean_run(repository: Repository) -> None:
    repository.write("t.yaml", OLD)
    repository.commit()
    name = repository.git("rev-parse", "HEAD:t.yaml").strip()
    (repository.folder / ".git" / "objects" / name[:2] / name[2:]).unlink()
    repository.write("t.yaml", OLD + "# more\n")

    run = repository.lint("--changed=main")

    assert (2, "") == (run.code, run.out)
    assert f"git cannot read the object {name[:12]}" in run.err


def test_a_run_that_compares_nothing_imports_nothing_for_it(repository: Repository) -> None:
    repository.write("t.yaml", task("t"))
    script = (
        "import sys; from tektonlint import cli; cli.main(sys.argv[1:]); "
        "own = 'git history installed lines review model.past checks.lost_timeouts commands.changes'.split(); "
        "names = ('subprocess', 'hashlib', 'difflib', *('tektonlint.' + name for name in own)); "
        "print([name for name in names if name in sys.modules])"
    )

    def imported(*argv: str) -> str:
        words = [sys.executable, "-c", script, *argv]
        done = subprocess.run(words, cwd=repository.folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[-1]

    repository.commit()
    assert "[]" == imported(".")
    assert "'tektonlint.git'" in imported(".", "--changed=HEAD")
