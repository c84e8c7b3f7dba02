"""Which files are read, what stands in for those that cannot be, and where the root ends."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tektonlint import config, engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.tree import File, Root, Tree, UsageError

TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mirror
spec:
  steps:
    - name: copy
      image: docker.io/library/alpine:3.20
      script: echo copied
"""
CATALOG = catalog.load()
# What stands at the tests' root; a marked one is read as a whole.
CONFIG = ".tektonlint.yaml"



def configured(folder: str) -> bool:
    """Whether a folder holds what stands for a configuration."""
    return os.path.exists(os.path.join(folder, CONFIG))


def nowhere(folder: str) -> bool:
    """No folder is configured."""
    return False


not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked for root")


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are given, and shown, as somebody in the root folder writes them."""
    monkeypatch.chdir(tmp_path)


def write(*names: str, text: str | bytes = TASK) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def read(*paths: str, marked: bool = False, root: str = ".", **more: Any) -> Tree:
    return tree.read(paths or (".",), Root(folder=os.path.realpath(root), marked=marked), **more)


def reported(read_tree: Tree) -> list[str]:
    """The names of the files that are reported on."""
    return [file.source.name for file in read_tree.files if file.reported]


def only(read_tree: Tree) -> File:
    (file,) = read_tree.files
    return file


def findings(read_tree: Tree, *select: str) -> list[Finding]:
    """What the policies of these ids and areas say; by default those about files as a whole."""
    policies = enabled(CATALOG, Choice(select=select or ("tool", "yaml-syntax"), severities={}, options={}))
    return list(engine.run(read_tree, policies, CATALOG, Target(tekton=newest())).findings)


def policies_of(found: Iterable[Finding]) -> list[str]:
    return [finding.policy for finding in found]


# What a folder holds


def test_only_files_with_a_suffix_of_yaml_are_found() -> None:
    write("a.yaml", "b.yml", "c.json", "d.txt", "e.yaml.bak", "yaml", "f.YAML")

    assert ["a.yaml", "b.yml"] == reported(read())


def test_files_are_found_at_any_depth_and_in_hidden_folders_in_the_order_of_their_paths() -> None:
    write("z.yaml", "a/b/c.yaml", ".tekton/push.yaml", "a/b.yaml")

    assert [".tekton/push.yaml", "a/b.yaml", "a/b/c.yaml", "z.yaml"] == reported(read())


def test_the_folder_git_keeps_its_own_things_in_is_not_read() -> None:
    write(".git/task.yaml", "task.yaml")

    assert ["task.yaml"] == reported(read())


def test_a_found_file_that_does_not_name_a_group_of_tektons_is_none_of_ours() -> None:
    write("deployment.yaml", text="apiVersion: apps/v1\nkind: Deployment\n")
    write("broken.yaml", text="a: [\n")
    write("task.yaml")

    assert ["task.yaml"] == reported(read())


def test_a_named_file_is_read_whatever_it_is_called_and_whatever_it_names() -> None:
    write("notes.txt", text="a: [\n")

    assert ["yaml-syntax"] == policies_of(findings(read("notes.txt")))


def test_a_folder_that_is_called_like_a_file_is_a_folder() -> None:
    write("all.yaml/task.yaml")

    assert ["all.yaml/task.yaml"] == reported(read())


def test_documents_that_say_something_about_the_cluster_are_context_and_not_files() -> None:
    write("namespace.yaml", text="apiVersion: v1\nkind: Namespace\nmetadata: {name: models}\n")
    write("task.yaml")
    found = read()

    assert ["task.yaml"] == reported(found)
    assert 1 == len(found.context("Namespace"))
    assert () == found.context("PersistentVolumeClaim")


def test_two_folders_are_read_one_file_of_both_once() -> None:
    write("a/one.yaml", "b/two.yaml", "c/three.yaml")

    assert ["a/one.yaml", "b/two.yaml"] == reported(read("a", "b", "a/one.yaml", "./a"))


# .gitignore and exclude


def test_what_gitignore_names_is_left_out() -> None:
    write(".gitignore", text="/rendered\n*.tmp.yaml\nvendor/\n")
    write("rendered/a.yaml", "b.tmp.yaml", "x/vendor/c.yaml", "x/rendered/d.yaml", "e.yaml")

    assert ["e.yaml", "x/rendered/d.yaml"] == reported(read())


def test_a_nested_gitignore_counts_for_its_own_folder_and_overrides_the_outer_one() -> None:
    write(".gitignore", text="local-*.yaml\n")
    write("team/.gitignore", text="!local-task.yaml\n/old\n")
    write("local-task.yaml", "team/local-task.yaml", "team/local-run.yaml", "team/old/a.yaml", "old/b.yaml")

    assert ["old/b.yaml", "team/local-task.yaml"] == reported(read())


def test_a_file_below_an_ignored_folder_cannot_be_brought_back() -> None:
    write(".gitignore", text="rendered/\n!rendered/keep.yaml\n")
    write("rendered/keep.yaml", "rendered/.gitignore", "task.yaml")

    assert ["task.yaml"] == reported(read())


def test_the_gitignore_files_above_a_named_folder_up_to_the_root_count() -> None:
    write(".gitignore", text="*.tmp.yaml\n")
    write("team/.gitignore", text="old.yaml\n")
    write("team/tasks/a.tmp.yaml", "team/tasks/old.yaml", "team/tasks/b.yaml")

    assert ["team/tasks/b.yaml"] == reported(read("team/tasks"))


def test_a_folder_that_is_named_is_read_although_git_ignores_it() -> None:
    write(".gitignore", text="rendered/\n")
    write("rendered/.gitignore", text="old.yaml\n")
    write("rendered/a.yaml", "rendered/old.yaml")

    assert ["rendered/a.yaml"] == reported(read("rendered"))


def test_a_file_that_is_named_is_read_although_git_ignores_it() -> None:
    write(".gitignore", text="*.yaml\n")
    write("task.yaml")

    assert ["task.yaml"] == reported(read("task.yaml"))


@pytest.mark.parametrize("line", ["!", "\\", "[z-a]", "a\\", "", "# nothing", "[[:digit:]]"])
def test_a_line_of_gitignore_that_is_no_pattern_leaves_out_nothing(line: str) -> None:
    write(".gitignore", text=f"{line}\nb.yaml\r\n")
    write("a.yaml", "b.yaml")

    assert ["a.yaml"] == reported(read())


def test_a_gitignore_that_is_a_link_does_not_count_as_for_git() -> None:
    write("patterns", text="*.yaml\n")
    os.symlink("patterns", ".gitignore")
    write("task.yaml")

    assert ["task.yaml"] == reported(read())


def test_exclude_leaves_out_files_and_folders_by_patterns_from_the_root() -> None:
    write("charts/a.yaml", "x/charts/b.yaml", "vendor/c.yaml", "x/vendor/d.yaml", "e.yaml")

    assert ["e.yaml", "x/charts/b.yaml"] == reported(read(exclude=["/charts", "vendor/**", "**/vendor/"]))


@pytest.mark.parametrize("path", ["charts/task.yaml", "charts", "link.yaml"])
def test_exclude_holds_for_what_is_named(path: str) -> None:
    """A hook names every file of a commit, and must not have to know what is left out."""
    write("charts/task.yaml")
    os.symlink("charts/task.yaml", "link.yaml")

    assert [] == reported(read(path, exclude=["charts/"]))


def test_exclude_holds_for_the_name_of_a_link_too() -> None:
    write("task.yaml")
    os.symlink("task.yaml", "link.yaml")

    assert [] == reported(read("link.yaml", exclude=["link.yaml"]))


def test_exclude_holds_for_the_rest_of_the_root() -> None:
    write("task.yaml", "charts/other.yaml")

    assert ["task.yaml"] == [file.source.name for file in read("task.yaml", marked=True, exclude=["charts"]).files]


# Links


def test_a_link_out_of_the_root_is_a_note_and_not_followed(tmp_path: Path) -> None:
    write("outside/secret.yaml", "root/task.yaml")
    os.symlink(tmp_path / "outside", "root/folder")
    os.symlink("../outside/secret.yaml", "root/file.yaml")
    os.symlink("../outside/secret.yaml", "root/notes.txt")
    found = read("root", root="root")

    assert ["file.yaml", "folder", "task.yaml"] == reported(found)
    assert ["file.yaml", "folder"] == [finding.at.source.name for finding in findings(found, "outside-root")]
    assert {Severity.NOTE} == {finding.severity for finding in findings(found, "outside-root")}
    assert ["task.yaml"] == [resource.source.name for resource in found.resources]


def test_a_named_link_out_of_a_marked_root_is_reported() -> None:
    write("outside/secret.yaml", "root/task.yaml")
    os.symlink("../outside/secret.yaml", "root/file.yaml")
    found = tree.read(["root/file.yaml"], tree.find_root(["root/file.yaml"], "root", nowhere))

    assert ["file.yaml"] == reported(found)


def test_a_named_link_out_of_the_root_is_not_followed_either() -> None:
    write("outside/secret.yaml", "root/task.yaml")
    os.symlink("../outside/secret.yaml", "root/file.yaml")
    found = read("root/file.yaml", root="root")

    assert ["outside-root"] == policies_of(findings(found))
    assert () == found.resources


def test_a_folder_whose_name_begins_like_the_root_is_outside() -> None:
    write("root-of-another/secret.yaml", "root/task.yaml")
    os.symlink("../root-of-another", "root/link")

    assert ["outside-root"] == policies_of(findings(read("root", root="root")))


def test_a_link_inside_the_root_is_read_once_under_the_files_own_name() -> None:
    write("tasks/task.yaml")
    os.symlink("tasks/task.yaml", "a.yaml")
    os.symlink("tasks", "b")

    assert ["tasks/task.yaml"] == reported(read())
    assert ["tasks/task.yaml"] == reported(read("a.yaml", "b", "b/task.yaml", "tasks"))


def test_a_link_to_a_file_of_another_suffix_is_read() -> None:
    write("task.txt")
    os.symlink("task.txt", "task.yaml")

    assert ["task.txt"] == reported(read())


def test_links_that_lead_in_a_circle_come_to_an_end() -> None:
    write("a/task.yaml")
    os.symlink("..", "a/up")
    os.symlink("itself", "itself")
    os.symlink("there", "here")
    os.symlink("here", "there")

    assert ["a/task.yaml"] == reported(read())


def test_a_link_that_leads_nowhere_is_unreadable_where_it_says_yaml() -> None:
    write("task.yaml")
    os.symlink("gone.yaml", "link.yaml")
    os.symlink("gone", "link")
    found = read()

    assert ["link.yaml"] == [finding.at.source.name for finding in findings(found, "unreadable-file")]


def test_a_link_that_leads_nowhere_is_unreadable_where_it_is_named() -> None:
    os.symlink("gone", "link")

    assert ["unreadable-file"] == policies_of(findings(read("link")))


def test_a_link_by_which_an_editor_locks_a_file_is_passed_over() -> None:
    write("task.yaml")
    os.symlink("somebody@laptop.example.com:4711", ".#task.yaml")

    assert ["task.yaml"] == reported(read())


def test_a_link_to_a_folder_that_git_ignores_is_not_followed() -> None:
    write(".gitignore", text="cache/\n")
    write("cache/a.yaml")
    os.symlink("cache", "link")

    assert [] == reported(read())


# What cannot be read


def test_a_file_that_cannot_be_read_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind; none of them is passed over in silence."""
    write("locked.yaml", "task.yaml")
    write("utf-16.yaml", text=TASK.encode("utf-16"))
    write("latin-1.yaml", text=TASK.encode() + "# für alle".encode("latin-1"))
    os.mkfifo("pipe.yaml")
    os.symlink("gone.yaml", "link.yaml")
    locked(monkeypatch, "locked.yaml")
    found = findings(read())

    assert [
        ("latin-1.yaml", "byte 0xfc here is not UTF-8"),
        ("link.yaml", "the link leads nowhere (no such file or directory)"),
        ("locked.yaml", "permission denied"),
        ("pipe.yaml", "it is not a regular file"),
        ("utf-16.yaml", "the file is UTF-16"),
    ] == [(finding.at.source.name, finding.message.partition(": ")[2].partition(". ")[0]) for finding in found]
    assert {("unreadable-file", Severity.ERROR)} == {(finding.policy, finding.severity) for finding in found}


def locked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Makes opening a file fail as it does for a user without permission; for root chmod does not."""
    import builtins

    original = builtins.open

    def refusing(file: Any, *arguments: Any, **more: Any) -> Any:
        if os.path.basename(os.fspath(file)) == name:
            raise PermissionError(13, "Permission denied")
        return original(file, *arguments, **more)

    monkeypatch.setattr("tektonlint.tree.reading.open", refusing, raising=False)


@not_as_root
def test_a_file_without_permission_is_a_finding() -> None:
    write("locked.yaml")
    os.chmod("locked.yaml", 0)

    assert ["unreadable-file"] == policies_of(findings(read()))


def test_a_folder_that_cannot_be_listed_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    write("locked/task.yaml", "open/task.yaml")
    original = os.scandir

    def refusing(path: str) -> Any:
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = read()

    assert ["locked", "open/task.yaml"] == reported(found)
    assert ["unreadable-file"] == policies_of(findings(found))


@not_as_root
def test_a_folder_without_permission_is_a_finding() -> None:
    write("locked/task.yaml")
    os.chmod("locked", 0)
    found = findings(read())
    os.chmod("locked", stat.S_IRWXU)

    assert ["unreadable-file"] == policies_of(found)


def test_a_pipe_is_not_waited_for_where_it_is_named() -> None:
    os.mkfifo("pipe")

    assert "it is not a regular file" == only(read("pipe")).unreadable


def test_a_pipe_without_a_suffix_of_yaml_is_passed_over() -> None:
    os.mkfifo("pipe")

    assert () == read().files


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_another_unicode_encoding_is_a_finding_where_it_names_tekton(encoding: str) -> None:
    write("task.yaml", text=TASK.encode(encoding))

    assert {"error"} == {finding.severity.value for finding in findings(read())}


def test_utf_16_that_has_nothing_to_do_with_tekton_is_passed_over_unless_it_is_named() -> None:
    write("values.yaml", text="a: 1\n".encode("utf-16"))

    assert () == read().files
    assert ["unreadable-file"] == policies_of(findings(read("values.yaml")))


def test_binary_data_is_passed_over_where_it_is_found_and_a_finding_where_it_is_named() -> None:
    write("image.yaml", text=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    write("zeros.yaml", text=b"\0" * 64)

    assert () == read().files
    assert ["unreadable-file", "unreadable-file"] == policies_of(findings(read("image.yaml", "zeros.yaml")))


def test_a_finding_about_bytes_that_are_no_text_stands_behind_the_last_character_before_them() -> None:
    write("task.yaml", text=b"# tekton.dev/\na: \xff\n")
    (finding,) = findings(read())

    assert (2, 4) == finding.at.source.line_column(finding.at.span.start)


def test_a_file_that_is_too_large_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tektonlint.tree.reading.SIZE_LIMIT", len(TASK))
    write("fits.yaml")
    write("large.yaml", text=TASK + "\n")
    found = findings(read())

    assert [("large.yaml", "unreadable-file")] == [(finding.at.source.name, finding.policy) for finding in found]


def test_a_large_file_that_has_nothing_to_do_with_tekton_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tektonlint.tree.reading.SIZE_LIMIT", 100)
    write("index.yaml", text="entries: []\n" * 20)

    assert () == read().files
    assert ["unreadable-file"] == policies_of(findings(read("index.yaml")))


# The root


def test_the_root_is_the_nearest_folder_upward_with_git_or_a_configuration(tmp_path: Path) -> None:
    write("repository/.git/HEAD", "repository/team/.tektonlint.yaml", "repository/team/tasks/task.yaml")
    write("repository/other/task.yaml")
    inner = tree.find_root(["repository/team/tasks/task.yaml"], None, configured)
    outer = tree.find_root(["repository/other"], None, configured)

    assert Root(folder=str(tmp_path / "repository/team"), marked=True) == inner
    assert Root(folder=str(tmp_path / "repository"), marked=True) == outer


def test_git_may_be_a_file_as_in_a_worktree(tmp_path: Path) -> None:
    write("worktree/.git", text="gitdir: /elsewhere\n")
    write("worktree/tasks/task.yaml")

    assert Root(folder=str(tmp_path / "worktree"), marked=True) == tree.find_root(["worktree/tasks"], None, nowhere)


def test_the_root_of_several_paths_is_above_all_of_them(tmp_path: Path) -> None:
    write("repository/.git/HEAD", "repository/a/.tektonlint.yaml", "repository/a/one.yaml", "repository/b/two.yaml")
    found = tree.find_root(["repository/a/one.yaml", "repository/b"], None, configured)

    assert Root(folder=str(tmp_path / "repository"), marked=True) == found


def test_a_pyproject_marks_the_root_only_where_it_configures_tektonlint(tmp_path: Path) -> None:
    write("one/pyproject.toml", text="[tool.tektonlint]\n")
    write("one/inner/pyproject.toml", text="[project]\n")
    write("one/inner/task.yaml")

    found = tree.find_root(["one/inner/task.yaml"], None, lambda folder: config.find(folder) is not None)

    assert Root(folder=str(tmp_path / "one"), marked=True) == found


def test_without_a_mark_the_root_is_what_is_named(tmp_path: Path) -> None:
    write("a/one.yaml", "a/b/two.yaml")

    found = tree.find_root(["a/one.yaml", "a/b"], None, nowhere)

    assert Root(folder=str(tmp_path / "a"), marked=False) == found


def test_a_root_that_is_given_counts_and_is_marked(tmp_path: Path) -> None:
    write("repository/.git/HEAD", "repository/team/task.yaml")
    found = tree.find_root(["repository/team/task.yaml"], "repository/team", configured)

    assert Root(folder=str(tmp_path / "repository/team"), marked=True) == found


def test_a_root_that_is_no_folder_is_an_error() -> None:
    with pytest.raises(UsageError, match="--root nowhere: there is no such folder"):
        tree.find_root(["."], "nowhere", nowhere)


def test_a_named_file_inside_a_marked_root_reads_the_rest_without_reporting_on_it() -> None:
    write("task.yaml", "other/task.yaml")
    found = read("task.yaml", marked=True)

    assert ["task.yaml"] == reported(found)
    assert ["other/task.yaml", "task.yaml"] == [file.source.name for file in found.files]
    assert 2 == len(found.resources)


def test_nothing_is_reported_on_the_rest_of_a_marked_root() -> None:
    write("task.yaml")
    write("broken.yaml", text=TASK + "  - [\n")
    os.symlink("gone.yaml", "link.yaml")

    assert [] == findings(read("task.yaml", marked=True))


def test_without_a_mark_only_what_is_named_is_read() -> None:
    write("task.yaml", "other/task.yaml")

    assert ["task.yaml"] == [file.source.name for file in read("task.yaml").files]


def test_a_path_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: there is no such file or folder"):
        read("nowhere.yaml")


@pytest.mark.parametrize("path", ["outside/task.yaml", "outside"])
def test_a_path_outside_the_root_is_an_error(path: str) -> None:
    write("outside/task.yaml", "root/task.yaml")

    with pytest.raises(UsageError, match=f"{path}: it is outside the root "):
        read(path, root="root")


# Names


def test_names_are_relative_to_the_root_and_shown_as_seen_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("repository/team/task.yaml")
    monkeypatch.chdir(tmp_path / "repository/team")
    source = only(read(str(tmp_path / "repository"), root=str(tmp_path / "repository"))).source

    assert ("team/task.yaml", "task.yaml") == (source.name, source.shown)


@pytest.mark.parametrize("name", ["a\nb.yaml", "\x1b[31mred.yaml", "ü.yaml", "a b.yaml", os.fsdecode(b"\xff.yaml")])
def test_a_name_may_hold_any_character_a_file_system_takes(name: str) -> None:
    write(name)

    assert [name] == reported(read())
    assert [name] == reported(read(name))


def test_a_fingerprint_can_be_made_of_a_name_that_is_not_utf_8() -> None:
    name = os.fsdecode(b"\xff.yaml")
    write(name, text=TASK.replace(":3.20", ""))

    assert [32] == [len(finding.fingerprint) for finding in findings(read(), "mutable-image")]


# Standard input


def test_standard_input_is_read_in_place_of_the_file_it_is_named_after() -> None:
    write("task.yaml", "other.yaml")
    found = read("task.yaml", stdin=("task.yaml", TASK.replace("mirror", "from-an-editor").encode()))

    assert ["from-an-editor"] == [resource.name for resource in found.resources]


def test_standard_input_stands_in_for_its_file_in_the_rest_of_the_root_too() -> None:
    write("task.yaml", "other.yaml")
    found = tree.read([], Root(folder=os.getcwd(), marked=True), stdin=("task.yaml", TASK.encode()))

    assert ["task.yaml"] == reported(found)
    assert ["other.yaml", "task.yaml"] == [file.source.name for file in found.files]


def test_standard_input_need_not_have_a_file() -> None:
    found = tree.read([], Root(folder=os.getcwd(), marked=False), stdin=("stdin.yaml", TASK.encode()))

    assert ["stdin.yaml"] == [file.source.shown for file in found.files]


def test_exclude_holds_for_standard_input() -> None:
    write("charts/task.yaml")
    root = Root(folder=os.getcwd(), marked=True)

    assert () == tree.read([], root, exclude=["charts/"], stdin=("charts/task.yaml", TASK.encode())).files


# Kustomize


@pytest.mark.parametrize(
    "listed",
    [
        "patches:\n  - path: patch.yaml\n",
        "patches:\n  - path: ./patch.yaml\n    target: {kind: Task}\n",
        "patchesStrategicMerge:\n  - patch.yaml\n",
        "patchesJson6902:\n  - path: patch.yaml\n",
        # A patch for another object stands in the text, so the file itself has to do with Tekton.
        "patches:\n  - path: patch.yaml\n  - patch: |-\n      apiVersion: tekton.dev/v1\n      kind: Pipeline\n",
    ],
)
@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_what_a_kustomization_lists_as_a_patch_is_a_partial_object(name: str, listed: str) -> None:
    write(f"overlay/{name}", text=listed)
    write("overlay/patch.yaml", "overlay/task.yaml")
    found = read()

    assert {"overlay/patch.yaml": True, "overlay/task.yaml": False} == {
        resource.source.name: resource.partial for resource in found.resources
    }


def test_a_patch_in_another_folder_is_partial_and_a_patch_in_the_text_is_no_file() -> None:
    write("overlay/kustomization.yaml", text="patches:\n  - path: ../base/patch.yaml\n  - patch: |-\n      - op: add\n")
    write("base/patch.yaml")

    assert [True] == [resource.partial for resource in read().resources]


def test_a_kustomization_makes_a_named_patch_partial_where_the_root_is_marked() -> None:
    write("kustomization.yaml", text="patches: [{path: patch.yaml}]\n")
    write("patch.yaml")

    assert [True] == [resource.partial for resource in read("patch.yaml", marked=True).resources]


# Templates

HEAD = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: mirror\n"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("{{- if .Values.mirror }}\nspec:\n  steps: []\n{{- end }}\n", "Helm or Go statements"),
        ("  labels:\n    {{- toYaml .Values.labels | nindent 4 }}\n", "Helm or Go statements"),
        ("spec:\n  {{- range .Values.steps }}\n  - {{ . }}\n  {{- end }}\n", "Helm or Go statements"),
        ("spec:\n{{ include \"models.spec\" . }}\n", "Helm or Go statements"),
        ("{{/* a comment\n over lines */}}\nspec: {{ .Values.spec }}\n", "`{{ }}` placeholders outside quotes"),
        ("spec:\n{% for one in all %}\n  a: 1\n{% endfor %}\n", "Jinja statements"),
        ("spec:\n  description: {% if a %}one{% else %}two{% endif %}\n", "Jinja statements"),
        ("{# not for\n everyone #}\nspec: {{ spec }}\n", "Jinja statements"),
        ("spec: {{ spec }}\n", "`{{ }}` placeholders outside quotes"),
        ("spec:\n  params: [{{ one }}, {{ two }}]\n", "`{{ }}` placeholders outside quotes"),
        ("spec:\r\n  steps: {{ steps }}\r\n", "`{{ }}` placeholders outside quotes"),
    ],
)
def test_a_text_that_is_no_yaml_because_it_is_a_template_is_called_one(body: str, what: str) -> None:
    write("task.yaml", text=HEAD + body)
    found = read()

    assert what == only(found).template
    assert ["template-not-linted"] == policies_of(findings(found))


@pytest.mark.parametrize(
    "body",
    [
        'spec:\n  description: "{{ .Values.description }}"\n',
        "spec:\n  description: for {{ model }}\n",
        "spec:\n  steps:\n    - script: |\n        {{- if .x }}\n        {% raw %}\n",
        "# {{- if .Values.mirror }}\nspec: {}\n",
    ],
)
def test_a_text_that_is_yaml_is_no_template_whatever_braces_it_holds(body: str) -> None:
    write("task.yaml", text=HEAD + body)

    assert None is only(read()).template


@pytest.mark.parametrize(
    "body",
    [
        'spec:\n  description: "{{ description }}"\n   params: []\n',
        "spec:\n  description: for {{ model }}\n\tparams: []\n",
        "spec:\n  steps:\n    - script: docker ps --format '{{range .Ports}}{{.}}{{end}}'\n   params: []\n",
        "spec:\n  steps: [\n  params: {{ params }}\n",
        "  labels: {a: b\nspec:\n  steps:\n    - script: |\n        {{- range .items }}\n",
    ],
)
def test_broken_yaml_with_a_placeholder_elsewhere_stays_broken_yaml(body: str) -> None:
    write("task.yaml", text=HEAD + body)
    found = read()

    assert None is only(found).template
    assert ["yaml-syntax"] == policies_of(findings(found))


def test_text_behind_the_end_of_a_document_does_not_make_a_template_of_a_script() -> None:
    write("task.yaml", text=HEAD + "spec:\n  steps:\n    - script: |\n        {{- range .x }}\n...\nlost: true\n")

    assert None is only(read()).template


def test_the_finding_about_a_template_stands_where_it_shows() -> None:
    write("task.yaml", text=HEAD + 'spec:\n  description: "{{ one }}"\n  steps: {{ steps }}\n')
    (finding,) = findings(read())

    assert (7, 10) == finding.at.source.line_column(finding.at.span.start)
    assert "{{ steps }}" == finding.at.source.text[finding.at.span.start : finding.at.span.end]


# Texts without files


def test_texts_make_a_tree_without_a_folder() -> None:
    found = tree.of_texts({"task.yaml": TASK, "kustomization.yaml": "patches: [{path: task.yaml}]\n"})

    assert ["task.yaml"] == reported(found)
    assert [True] == [resource.partial for resource in found.resources]
