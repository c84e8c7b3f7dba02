"""The hooks do in a commit what docs/pre-commit.md says.

They are installed from the checkout as it is, uncommitted changes included, once for all tests. Installing needs the
package registry (or a cache of it); where pip cannot get what it needs the tests are skipped, but for CI.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
TEKTONLINT = (sys.executable, "-c", "from tektonlint.cli import entry; entry()")
NO_NETWORK = ("No matching distribution found", "Could not fetch URL", "Max retries exceeded", "Temporary failure")

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
# A safe fix mends it.
BAD = GOOD.replace("      script", "      resources: {}\n      script")
MENDED = BAD.replace("resources", "computeResources")
# Tekton kills the build after an hour, which only an unsafe fix knows something against.
WITHOUT_TIMEOUT = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: deliver
spec:
  workspaces:
    - name: source
  tasks:
    - name: build
      taskRef:
        name: build-image
      workspaces:
        - name: source
          workspace: source
---
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build-image
spec:
  workspaces:
    - name: source
  steps:
    - name: build
      image: quay.io/buildah/stable:v1.37
      workingDir: $(workspaces.source.path)
      computeResources:
        requests:
          memory: 4Gi
      script: |
        buildah build --tag app:1 .
"""
POLICY = (ROOT / "examples" / "policies" / "team" / "owner-label.yaml").read_text(encoding="utf-8")


class Checkout(NamedTuple):
    """A Git repository with a commit of what is to be installed, and where pre-commit keeps what it installed."""

    folder: Path
    revision: str
    home: Path


class Committed(NamedTuple):
    """What came of a commit: its exit code and everything that was printed."""

    code: int
    said: str


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "PRE_COMMIT"))}
    who = {f"GIT_{role}_{part}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return {**kept, **who, "GIT_CONFIG_GLOBAL": os.devnull, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}


def run(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """What try-repo of pre-commit does, but for all tests at once: it would install everything anew for each."""
    if importlib.util.find_spec("pre_commit") is None or shutil.which("git") is None:
        pytest.skip("pre-commit and git are not installed here")
    home = tmp_path_factory.mktemp("home")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT, home=home)
    if listed.returncode != 0:
        pytest.skip(f"this is no checkout: {listed.stderr.strip()}")
    folder = tmp_path_factory.mktemp("checkout")
    for name in filter(None, listed.stdout.split("\0")):
        # A file that was deleted but not committed is still listed.
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for command in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "--message", "all"]):
        assert 0 == run("git", *command, cwd=folder, home=home).returncode
    revision = run("git", "rev-parse", "HEAD", cwd=folder, home=home).stdout.strip()
    return Checkout(folder, revision, home)


class Repository:
    """A user's repository in which every commit runs hooks."""

    def __init__(self, folder: Path, checkout: Checkout) -> None:
        self.folder = folder
        self.checkout = checkout
        self.git("init", "--quiet")

    def git(self, *words: str) -> str:
        done = run("git", *words, cwd=self.folder, home=self.checkout.home)
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def use(self, *hooks: str, arguments: str = "") -> None:
        """Configures hooks and installs them."""
        lines = [f"repos:\n- repo: {self.checkout.folder}\n  rev: {self.checkout.revision}\n  hooks:"]
        lines += [f"  - id: {hook}{arguments}" for hook in hooks]
        self.configure("\n".join(lines) + "\n")

    def configure(self, text: str) -> None:
        """Installs the hooks that a configuration names."""
        self.write(".pre-commit-config.yaml", text)
        done = run(
            sys.executable, "-m", "pre_commit", "install", "--install-hooks", cwd=self.folder, home=self.checkout.home
        )
        said = done.stdout + done.stderr
        if done.returncode and "CI" not in os.environ and any(words in said for words in NO_NETWORK):
            pytest.skip("pip cannot download what the hooks need")
        assert 0 == done.returncode, said

    def commit(self) -> Committed:
        """Commits what is staged."""
        done = run("git", "commit", "--message", "a change", cwd=self.folder, home=self.checkout.home)
        return Committed(done.returncode, done.stdout + done.stderr)

    def committed(self, name: str) -> str:
        return self.git("show", f"HEAD:{name}")


@pytest.fixture
def repository(checkout: Checkout, tmp_path: Path) -> Repository:
    made = Repository(tmp_path, checkout)
    made.use("tektonlint")
    made.git("add", "--all")
    assert 0 == made.commit().code
    return made


# What the file of hooks says


def test_every_hook_is_there() -> None:
    assert ["tektonlint", "tektonlint-fix", "tektonlint-policies"] == [hook["id"] for hook in HOOKS]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_once_for_all_yaml_files(hook: dict[str, object]) -> None:
    """Several processes would each read the whole repository, and repair it under each other's eyes."""
    assert ("python", ["yaml"], True) == (hook["language"], hook["types"], hook["require_serial"])


# Commits


def test_a_commit_of_a_good_file_passes(repository: Repository) -> None:
    repository.write("task.yaml", GOOD)
    repository.git("add", "task.yaml")

    done = repository.commit()

    assert 0 == done.code, done.said
    assert re.search(r"^tektonlint\.+Passed$", done.said, re.MULTILINE)


def test_a_commit_of_a_bad_file_is_blocked(repository: Repository) -> None:
    repository.write("task.yaml", BAD)
    repository.git("add", "task.yaml")

    done = repository.commit()

    assert 1 == done.code
    assert re.search(r"^tektonlint\.+Failed$", done.said, re.MULTILINE)
    assert "task.yaml:9:7  error  " in done.said


def test_the_lines_of_the_readme_block_a_missing_timeout_until_it_is_repaired(
    checkout: Checkout, tmp_path: Path
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^## pre-commit\n\n```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    lines, repositories = re.subn(r"https://github\.com/tektonlint/tektonlint", str(checkout.folder), lines)
    lines, revisions = re.subn(r"(?<=rev: )v[0-9.]+", checkout.revision, lines)
    repository = Repository(tmp_path, checkout)
    repository.configure(lines)
    path = repository.write("pipeline.yaml", WITHOUT_TIMEOUT)
    repository.git("add", "--all")

    before = repository.commit()
    run(*TEKTONLINT, "--fix", "--unsafe-fixes", "pipeline.yaml", cwd=repository.folder, home=checkout.home)
    repository.git("add", "--all")
    after = repository.commit()

    assert (1, 1) == (repositories, revisions)
    assert 1 == before.code
    assert "[missing-task-timeout]" in before.said
    assert 0 == after.code, after.said
    assert WITHOUT_TIMEOUT.replace("taskRef:", "timeout: 2h\n      taskRef:") == path.read_text(encoding="utf-8")


def test_who_tries_the_hook_without_configuring_it_is_told_the_same(repository: Repository) -> None:
    repository.write("a task.yaml", BAD)
    repository.git("add", "a task.yaml")
    words = ("try-repo", str(repository.checkout.folder), "tektonlint", "--all-files")

    done = run(sys.executable, "-m", "pre_commit", *words, cwd=repository.folder, home=repository.checkout.home)

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "a task.yaml:9:7  error  " in done.stdout


def test_only_files_of_the_commit_are_told(repository: Repository) -> None:
    repository.write("other.yaml", BAD)
    repository.git("add", "other.yaml")
    repository.git("commit", "--no-verify", "--message", "before tektonlint was used")
    repository.write("task.yaml", GOOD)
    repository.git("add", "task.yaml")

    assert 0 == repository.commit().code


def test_a_commit_without_yaml_is_not_checked(repository: Repository) -> None:
    repository.write("README.md", "# Nothing\n")
    repository.git("add", "README.md")

    done = repository.commit()

    assert (0, True) == (done.code, "(no files to check)Skipped" in done.said)


def test_what_is_staged_is_checked_whatever_else_is_in_the_file(repository: Repository) -> None:
    file = repository.write("task.yaml", BAD)
    repository.git("add", "task.yaml")
    file.write_text(GOOD, encoding="utf-8")

    assert 1 == repository.commit().code
    assert GOOD == file.read_text(encoding="utf-8")


def test_what_is_not_staged_blocks_nothing(repository: Repository) -> None:
    file = repository.write("task.yaml", GOOD)
    repository.git("add", "task.yaml")
    file.write_text(BAD, encoding="utf-8")

    assert 0 == repository.commit().code
    assert (GOOD, BAD) == (repository.committed("task.yaml"), file.read_text(encoding="utf-8"))


def test_a_renamed_file_is_checked_under_its_new_name(repository: Repository) -> None:
    repository.write("old.yaml", BAD)
    repository.git("add", "old.yaml")
    repository.git("commit", "--no-verify", "--message", "before tektonlint was used")
    repository.git("mv", "old.yaml", "new.yaml")

    done = repository.commit()

    assert (1, True, False) == (done.code, "new.yaml:9:7  error  " in done.said, "old.yaml" in done.said)


def test_a_deleted_file_is_no_file(repository: Repository) -> None:
    repository.write("task.yaml", BAD)
    repository.git("add", "task.yaml")
    repository.git("commit", "--no-verify", "--message", "before tektonlint was used")
    repository.git("rm", "--quiet", "task.yaml")

    assert 0 == repository.commit().code


@pytest.mark.parametrize("name", ["my tasks/build it.yaml", "aufgäbe.yml", "--fix.yaml", "--config=x.yaml"])
def test_a_file_may_have_any_name(name: str, repository: Repository) -> None:
    file = repository.write(name, BAD)
    repository.git("add", "--all")

    done = repository.commit()

    assert (1, True) == (done.code, f"{name}:9:7  error  " in done.said)
    assert BAD == file.read_text(encoding="utf-8")


# Repairs


def test_the_repair_changes_the_file_and_blocks_the_commit_once(repository: Repository) -> None:
    repository.use("tektonlint-fix")
    file = repository.write("task.yaml", BAD)
    repository.git("add", "--all")

    first = repository.commit()
    mended = file.read_text(encoding="utf-8")
    repository.git("add", "--all")
    second = repository.commit()

    assert (1, MENDED, True) == (first.code, mended, "files were modified by this hook" in first.said)
    assert (0, MENDED) == (second.code, repository.committed("task.yaml"))


def test_the_repair_leaves_what_is_not_staged(repository: Repository) -> None:
    """pre-commit puts it aside, and back where that fits."""
    repository.use("tektonlint-fix")
    named, other = repository.write("task.yaml", BAD), repository.write("other.yaml", BAD)
    repository.git("add", ".pre-commit-config.yaml", "task.yaml")

    assert 1 == repository.commit().code
    assert (MENDED, BAD) == (named.read_text(encoding="utf-8"), other.read_text(encoding="utf-8"))


def test_what_cannot_be_repaired_blocks_every_commit(repository: Repository) -> None:
    repository.use("tektonlint-fix")
    repository.write("task.yaml", GOOD.replace("golang:1.23", "golang"))
    repository.git("add", "--all")

    assert [1, 1] == [repository.commit().code, repository.commit().code]


# Policies


def test_policies_whose_examples_hold_pass(repository: Repository) -> None:
    repository.use("tektonlint-policies")
    repository.write("policies/team/owner-label.yaml", POLICY)
    repository.git("add", "--all")

    done = repository.commit()

    assert 0 == done.code, done.said
    assert re.search(r"^tektonlint \(policies\)\.+Passed$", done.said, re.MULTILINE)


def test_a_policy_whose_example_does_not_hold_is_blocked(repository: Repository) -> None:
    repository.use("tektonlint-policies")
    repository.write("policies/team/owner-label.yaml", POLICY.replace("# <-", "# ->"))
    repository.git("add", "--all")

    assert 1 == repository.commit().code


def test_policies_may_be_in_another_folder(repository: Repository) -> None:
    repository.use("tektonlint-policies", arguments="\n    args: [ci/rules]\n    files: ^ci/rules/")
    repository.write("ci/rules/team/owner-label.yaml", POLICY.replace("# <-", "# ->"))
    repository.git("add", "--all")

    done = repository.commit()

    assert (1, True) == (done.code, "ci/rules/team/owner-label.yaml" in done.said)


# What the page about them says

PAGE = (ROOT / "docs" / "pre-commit.md").read_text(encoding="utf-8")


def test_the_page_names_every_hook_with_what_it_runs() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    words = [(hook["id"], [*hook["entry"].split(), *hook["args"]]) for hook in HOOKS]

    assert [(name, " ".join(word for word in line if word != "--")) for name, line in words] == rows


def test_the_options_on_the_page_end_with_two_hyphens_where_file_names_follow() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    hooks = [hook for block in blocks for hook in (block["repos"][0]["hooks"] if isinstance(block, dict) else block)]
    names_follow = {hook["id"]: hook.get("pass_filenames", True) for hook in HOOKS}

    assert ["tektonlint", "tektonlint", "tektonlint-policies"] == [hook["id"] for hook in hooks]
    assert [["--fail-on", "error", "--"]] == [
        hook["args"] for hook in hooks if "args" in hook and names_follow[hook["id"]]
    ]
