"""Which file of which volume a task reads or writes, as whom, and with which mode at its end."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.model.files import (
    CERTAIN,
    NO,
    POSSIBLE,
    Access,
    accesses,
    covers,
    demands,
    is_group_writable,
    is_opaque,
    is_root,
    may_have_written,
    meet,
    same_path,
    sharing,
    users_differ,
)
from tektonlint.model.graph import Model
from tektonlint.model.security import User
from tektonlint.tekton.images import own_facts
from tests.model.trees import model_of, only_run, run_of

RUN = "workspaces: [{name: work, persistentVolumeClaim: {claimName: models}}]\n"


def one_task(script: str, *, spec: str = "", task: str = "", step: str = "", run: str = RUN, **others: object) -> Model:
    """A run of a pipeline with one task with a workspace `w` and one step."""
    text = "- name: build\n  workspaces: [{name: w, workspace: work}]\n" + indent(dedent(task), "  ")
    text += "  taskSpec:\n    workspaces: [{name: w}]\n" + indent(dedent(spec), "    ")
    text += "    steps:\n      - name: a\n        image: alpine\n" + indent(dedent(step), "        ")
    text += "        script: |\n" + indent(script, "          ") + "\n"
    return run_of(text, run, **others)  # type: ignore[arg-type]


def found(model: Model, number: int = 0) -> tuple[Access, ...]:
    run, pipeline = only_run(model)
    return accesses(model, pipeline.all_tasks[number], run)


def paths(model: Model) -> list[str]:
    return [f"{one.what} {one.path}" for one in found(model)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cat $(workspaces.w.path)/a", ["read a"]),
        ("cat /workspace/w/a", ["read a"]),
        ("cat /workspace/w/d/../a", ["read a"]),
        ("cat $(workspaces.w.path)/../a", []),
        ("cat /workspace/other/a", []),
        ("cat /tmp/a", []),
        ("cat $(workspaces.other.path)/a", []),
        ("tar xf /tmp/a.tar -C $(workspaces.w.path)", ["write "]),
        ("cat $(workspaces.w.path)/$(params.x)", ["read $(params.x)"]),
        ("cat $(workspaces.w.path)/$UNKNOWN/a", ["read */a"]),
        ("cd $(workspaces.w.path); cat a > b", ["read a", "write b"]),
    ],
)
def test_where_a_path_leads(script: str, expected: list[str]) -> None:
    assert expected == paths(one_task(script))


def test_the_mount_path_of_a_workspace() -> None:
    model = one_task("cat /data/a /workspace/w/b", spec="description: x\n")
    assert ["read b"] == paths(model)

    text = """\
        - name: build
          workspaces: [{name: w, workspace: work, subPath: granite}]
          taskSpec:
            workspaces: [{name: w, mountPath: /data}]
            steps: [{name: a, image: alpine, script: cat /data/a /workspace/w/b}]
        """
    assert ["read granite/a"] == paths(run_of(text, RUN))


def test_sub_paths_of_the_run_and_the_task_are_joined() -> None:
    run = "workspaces: [{name: work, subPath: outer, persistentVolumeClaim: {claimName: models}}]\n"
    text = """\
        - name: build
          workspaces: [{name: w, workspace: work, subPath: inner}]
          taskSpec:
            workspaces: [{name: w}]
            steps: [{name: a, image: alpine, script: touch $(workspaces.w.path)/x}]
        """

    assert ["update outer/inner/x"] == paths(run_of(text, run))


X = "params: [{name: x}]\n"


@pytest.mark.parametrize(
    ("spec", "task", "run", "expected"),
    [
        ("params: [{name: x, default: d}]\n", "", RUN, ["read d"]),
        ("params: [{name: x, default: d}]\n", "params: [{name: x, value: v}]\n", RUN, ["read v"]),
        (X, "params: [{name: x, value: v/$(params.b)}]\n", RUN, ["read v/$(params.b)"]),
        (X, "params: [{name: x, value: v/$(params.b)}]\n", f"{RUN}params: [{{name: b, value: z}}]\n",
         ["read v/z"]),
        (X, "params: [{name: x, value: $(tasks.t.results.r)}]\n", RUN, ["read $(tasks.t.results.r)"]),
        (X, "params: [{name: x, value: /workspace/w/z}]\n", RUN, ["read z"]),
        (X, "params: [{name: x, value: /tmp/z}]\n", RUN, []),
        (X, "matrix: {params: [{name: x, value: [a, b]}]}\n", RUN, ["read *"]),
        (X, "", RUN, ["read *"]),
        # A param of the pipeline's by the name of one of the task's.
        ("params: [{name: x}, {name: b}]\n", "params: [{name: x, value: $(params.b)}, {name: b, value: other}]\n", RUN,
         ["read $(params.b)"]),
    ],
)  # fmt: skip
def test_what_params_make_of_a_path(spec: str, task: str, run: str, expected: list[str]) -> None:
    assert expected == paths(one_task("cd $(workspaces.w.path); cat $(params.x)", spec=spec, task=task, run=run))


def test_without_a_run_a_pipeline_s_param_stays() -> None:
    model = one_task("cat $(workspaces.w.path)/$(params.x)", spec="params: [{name: x}]\n",
                     task="params: [{name: x, value: $(params.y)}]\n")  # fmt: skip
    _, pipeline = only_run(model)

    assert ["$(params.y)"] == [one.path for one in accesses(model, pipeline.tasks[0], None)]


def test_a_volume_of_the_step_s_own_hides_a_workspace() -> None:
    mounts = "volumeMounts: [{name: cache, mountPath: /workspace/w/cache}]\n"
    model = one_task("cat /workspace/w/a /workspace/w/cache/b", step=mounts)

    assert ["read a"] == paths(model)


def test_a_workspace_of_another_step_alone_is_not_mounted() -> None:
    text = """\
        - name: build
          workspaces: [{name: w, workspace: work}]
          taskSpec:
            workspaces: [{name: w}]
            steps:
              - {name: a, image: alpine, workspaces: [{name: w}], script: cat $(workspaces.w.path)/a}
              - {name: b, image: alpine, script: cat $(workspaces.w.path)/b}
        """

    assert ["read a"] == paths(run_of(text, RUN))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo x > a", [("write", 0o644)]),
        ("echo x > a\nchmod g+w a", [("write", 0o664), ("mode", None)]),
        ("echo x > a\nchmod 0660 a", [("write", 0o660), ("mode", 0o660)]),
        ("echo x > a\nchmod -R 770 .", [("write", 0o770), ("mode", 0o770)]),
        ("mkdir d\nchmod g+w,o-rx d", [("folder", 0o770), ("mode", None)]),
        ("echo x > a\nchmod u=rw,go=r a", [("write", 0o644), ("mode", None)]),
        ("chmod 600 a\necho x > a", [("mode", 0o600), ("write", 0o600)]),
        ("echo x > a\nchmod 600 b", [("write", 0o644), ("mode", 0o600)]),
        ("umask 002\necho x > a", [("write", 0o664)]),
        ("echo x > d/a\nfind d -type f -exec chmod g+w {} +", [("write", 0o664), ("mode", None)]),
        ("echo x > d/a\nchmod g+w d/*", [("write", 0o664), ("mode", None)]),
    ],
)
def test_the_mode_at_the_end_of_a_task(script: str, expected: list[tuple[str, int | None]]) -> None:
    assert expected == [(one.what, one.mode) for one in found(one_task(f"cd $(workspaces.w.path)\n{script}"))]


def test_a_later_step_changes_the_mode() -> None:
    text = """\
        - name: build
          workspaces: [{name: w, workspace: work}]
          taskSpec:
            workspaces: [{name: w}]
            steps:
              - {name: a, image: alpine, script: echo x > $(workspaces.w.path)/a}
              - {name: b, image: alpine, script: chmod -R g+w $(workspaces.w.path)}
        """

    assert [0o664, None] == [one.mode for one in found(run_of(text, RUN))]


@pytest.mark.parametrize(
    ("step", "run", "platform", "uid"),
    [
        ("", RUN, None, None),
        ("securityContext: {runAsUser: 1000}\n", RUN, None, 1000),
        ("", f"{RUN}taskRunTemplate: {{podTemplate: {{securityContext: {{runAsUser: 65532}}}}}}\n", None, 65532),
        ("securityContext: {runAsUser: 0}\n",
         f"{RUN}taskRunTemplate: {{podTemplate: {{securityContext: {{runAsUser: 1}}}}}}\n", None, 0),
        ("", RUN, "openshift", None),
    ],
)  # fmt: skip
def test_the_user_of_an_access(step: str, run: str, platform: str | None, uid: int | None) -> None:
    (access,) = found(one_task("cat /workspace/w/a", step=step, run=run, platform=platform))

    assert uid == access.user.uid


def test_on_kubernetes_the_image_s_user_counts() -> None:
    text = """\
        - name: build
          workspaces: [{name: w, workspace: work}]
          taskSpec:
            workspaces: [{name: w}]
            steps: [{name: a, image: quay.io/acme/x, script: cat /workspace/w/a}]
        """
    images = {"quay.io/acme/x": own_facts("quay.io/acme/x", user=1001)}

    uids = [
        found(run_of(text, RUN, platform=platform, images=images))[0].user.uid
        for platform in ("kubernetes", "openshift", None)
    ]

    assert [1001, None, None] == uids


@pytest.mark.parametrize(
    ("one", "other", "expected"), [(1, 1, False), (1, 2, True), (None, 1, None), (1, None, None), (None, None, None)]
)
def test_whether_users_differ(one: int | None, other: int | None, expected: bool | None) -> None:
    assert expected is users_differ(User(one), User(other))


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ("{runAsUser: 0}", True),
        ("{runAsUser: 1000}", False),
        ("{runAsUser: 0, capabilities: {drop: [ALL]}}", False),
        ("{runAsUser: 0, capabilities: {drop: [ALL], add: [DAC_OVERRIDE]}}", True),
        ("{runAsUser: 0, capabilities: {drop: [ALL]}, privileged: true}", True),
        ("{runAsUser: 0, capabilities: {drop: [NET_RAW]}}", True),
        ("{}", False),
    ],
)
def test_who_may_pass_over_modes(security: str, expected: bool) -> None:
    (access,) = found(one_task("cat /workspace/w/a", step=f"securityContext: {security}\n"))

    assert expected is is_root(access.script, access.user)


@pytest.mark.parametrize(
    ("mode", "expected"), [(None, None), (0o644, False), (0o664, True), (0o2775, True), (0o755, False)]
)
def test_whether_the_group_may_write(mode: int | None, expected: bool | None) -> None:
    assert expected is is_group_writable(mode)


def test_a_home_in_a_workspace_is_written_by_what_commands_do_there() -> None:
    (access,) = found(one_task("true", step="env: [{name: HOME, value: $(workspaces.w.path)/home}]\n"))

    assert ("write", "home", True, "HOME") == (access.what, access.path, access.tree, access.by_home)


def test_what_a_script_demands() -> None:
    model = one_task("[ -f $(workspaces.w.path)/a ] || exit 1")
    run, pipeline = only_run(model)
    (access,) = demands(model, pipeline.tasks[0], run)

    assert ("read", "a") == (access.what, access.path)


def may(script: str, path: str) -> bool:
    model = one_task(script)
    run, pipeline = only_run(model)
    task = pipeline.tasks[0]
    return may_have_written(model, task, run, model.directories(task, run)["w"], path)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("true", False),
        ("mytool", False),
        ("cd $(workspaces.w.path); mytool", True),
        ("mytool --to $(workspaces.w.path)/d", True),
        ("mytool --to $(workspaces.w.path)/other", False),
        ("tar xf /tmp/a.tar -C $(workspaces.w.path)", True),
        ("git clone $URL $(workspaces.w.path)/d", True),
        ("cd $(workspaces.w.path)/other; mytool", False),
        ("if true; then cat a", True),
        ("#!/usr/bin/python3\nopen('x')", True),
    ],
)
def test_whether_a_file_may_come_from_a_task_unseen(script: str, expected: bool) -> None:
    assert expected is may(script, "d/a")


def test_a_task_that_is_not_in_the_tree_is_not_known() -> None:
    model = run_of("- {name: build, taskRef: {name: elsewhere}}\n", RUN)
    _, pipeline = only_run(model)

    assert is_opaque(model, pipeline.tasks[0])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", CERTAIN),
        ("a", "b", NO),
        ("a", "a/b", NO),
        ("d/*", "d/a", POSSIBLE),
        ("d/*", "e/a", NO),
        ("*.json", "a.json", POSSIBLE),
        ("*.json", "a.tar", NO),
        ("*", "*", POSSIBLE),
        ("d/*", "d/*", POSSIBLE),
        ("$(params.x)", "$(params.x)", CERTAIN),
        ("$(params.x)", "$(params.y)", POSSIBLE),
        ("$(params.x)/a", "b/a", POSSIBLE),
        ("$(params.x)/a", "b/c", NO),
        ("a*c", "a*b", NO),
        ("", "", CERTAIN),
    ],
)
def test_whether_two_paths_are_one_file(one: str, other: str, expected: str) -> None:
    assert expected == same_path(one, other) == same_path(other, one)


def access(path: str, *, tree: bool = False) -> Access:
    (found_one,) = found(BASE)
    return found_one._replace(path=path, tree=tree)


BASE = one_task("cat /workspace/w/a")


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("d", "d/a", True),
        ("d", "d", True),
        ("d", "da", False),
        ("", "a", True),
        ("d", "e/d/a", False),
        ("d/*", "d/a/b", True),
        ("d/*", "d", False),
        ("*/b", "a/b/c", True),
    ],
)
def test_what_a_whole_folder_covers(folder: str, path: str, expected: bool) -> None:
    assert expected is covers(access(folder, tree=True), path)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("a", False), ("a", False), CERTAIN),
        (("d", True), ("d/a", False), CERTAIN),
        (("d", False), ("d/a", False), NO),
        (("d", True), ("d/e", True), CERTAIN),
        (("d", True), ("e", True), NO),
        (("d/*", True), ("d/a/b", False), POSSIBLE),
        (("d", True), ("d/*.json", False), POSSIBLE),
        (("", True), ("a", False), CERTAIN),
    ],
)
def test_whether_two_accesses_meet(one: tuple[str, bool], other: tuple[str, bool], expected: str) -> None:
    first, second = access(one[0], tree=one[1]), access(other[0], tree=other[1])

    assert expected == meet(first, second) == meet(second, first)


def test_accesses_to_different_volumes_do_not_meet() -> None:
    first = access("a")
    volume = first.directory.volume._replace(name="other")

    assert NO == meet(first, first._replace(directory=first.directory._replace(volume=volume)))


PATHS = st.lists(
    st.sampled_from(["a", "b", "d", "/", "/", "*", ".json", "$(params.x)", "$(params.y)", "-"]), max_size=6
).map(lambda parts: "".join(parts).strip("/"))


@settings(max_examples=300, deadline=None)
@given(PATHS, PATHS, st.booleans(), st.booleans())
def test_meeting_is_the_same_from_both_sides(one: str, other: str, first_tree: bool, second_tree: bool) -> None:
    first, second = access(one, tree=first_tree), access(other, tree=second_tree)

    assert same_path(one, other) == same_path(other, one)
    assert meet(first, second) == meet(second, first)
    # What is the same file stays so when one of them is said to be a whole folder.
    if meet(first, second) == CERTAIN:
        assert meet(first._replace(tree=True), second._replace(tree=True)) == CERTAIN


def test_a_run_s_value_reaches_a_task_in_another_file() -> None:
    files = {
        "task.yaml": """\
            apiVersion: tekton.dev/v1
            kind: Task
            metadata: {name: build}
            spec:
              params: [{name: file, default: a.json}]
              workspaces: [{name: out}]
              steps: [{name: a, image: alpine, script: 'echo x > $(workspaces.out.path)/$(params.file)'}]
            """,
        "run.yaml": """\
            apiVersion: tekton.dev/v1
            kind: PipelineRun
            metadata: {name: deliver}
            spec:
              params: [{name: file, value: status.json}]
              workspaces: [{name: work, persistentVolumeClaim: {claimName: models}}]
              pipelineSpec:
                params: [{name: file}]
                workspaces: [{name: work}]
                tasks:
                  - name: build
                    taskRef: {name: build}
                    params: [{name: file, value: $(params.file)}]
                    workspaces: [{name: out, workspace: work, subPath: meta}]
            """,
    }

    assert ["write meta/status.json"] == paths(model_of(files))


@pytest.mark.parametrize(
    ("bound", "script", "more", "together", "at_once"),
    [
        ("{name: w, workspace: one}", "date", "", True, True),
        ("{name: w, workspace: one}", "date", ", runAfter: [a]", True, False),
        ("{name: w, workspace: one, subPath: other}", "date", "", True, True),
        ("{name: w, workspace: same}", "date", "", True, True),
        ("{name: w, workspace: two}", "date", "", False, False),
        ("{name: w, workspace: empty}", "date", "", False, False),
        ("{name: w, workspace: one}", "#!/usr/bin/env python3", "", False, False),
    ],
)
def test_which_tasks_can_meet_in_a_file(bound: str, script: str, more: str, together: bool, at_once: bool) -> None:
    task = """\
        apiVersion: tekton.dev/v1
        kind: Task
        metadata: {name: NAME}
        spec:
          workspaces: [{name: w}, {name: e}]
          steps: [{name: s, image: x, script: "SCRIPT"}]
        """
    pipeline_run = f"""\
        apiVersion: tekton.dev/v1
        kind: PipelineRun
        metadata: {{name: deliver}}
        spec:
          workspaces:
            - {{name: one, persistentVolumeClaim: {{claimName: models}}}}
            - {{name: same, persistentVolumeClaim: {{claimName: models}}}}
            - {{name: two, persistentVolumeClaim: {{claimName: keys}}}}
            - {{name: empty, emptyDir: {{}}}}
          pipelineSpec:
            tasks:
              - name: a
                taskRef: {{name: a}}
                workspaces: [{{name: w, workspace: one}}, {{name: e, workspace: empty}}]
              - {{name: b, taskRef: {{name: b}}, workspaces: [{bound}]{more}}}
              - {{name: c, taskRef: {{name: c}}, workspaces: [{{name: w, workspace: two}}]}}
        """
    files = {"a.yaml": task.replace("NAME", "a"), "b.yaml": task.replace("NAME", "b").replace("SCRIPT", script)}
    model = model_of({**files, "run.yaml": pipeline_run})
    run, pipeline = only_run(model)
    both = frozenset(pipeline.tasks[:2])

    assert (both if together else frozenset()) == sharing(model, pipeline, run)
    assert (both if at_once else frozenset()) == sharing(model, pipeline, run, at_once=True)
