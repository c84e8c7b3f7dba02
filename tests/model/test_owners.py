"""Who makes a file of a volume, and who needs its mode later."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tektonlint.model.graph import Model
from tektonlint.model.owners import (
    in_folders,
    in_place,
    is_block_volume,
    is_mended_at_mount,
    is_shared_volume,
    of_others,
)
from tests.model.trees import model_of, only_run


def run_of(*scripts: str, users: Sequence[int | None] = (1, 2, 3), pod: str = "{}", volume: str = "") -> Model:
    """A run of tasks one after the other, each with one script, that share a volume at /w."""
    lines = ["apiVersion: tekton.dev/v1", "kind: PipelineRun", "metadata: {generateName: run-}", "spec:"]
    lines += [f"  taskRunTemplate: {{podTemplate: {{securityContext: {pod}}}}}"]
    lines += [f"  workspaces: [{{name: w, {volume or 'persistentVolumeClaim: {claimName: models}'}}}]"]
    lines += ["  pipelineSpec:", "    workspaces: [{name: w}]", "    tasks:"]
    for number, script in enumerate(scripts):
        user = users[number]
        lines += [f"    - name: t{number}", f"      runAfter: [{'t' + str(number - 1) if number else ''}]"]
        lines += ["      workspaces: [{name: w}]", "      taskSpec:", "        workspaces: [{name: w, mountPath: /w}]"]
        lines += ["        steps:", f"        - image: registry.example.com/tools/t{number}:1", "          name: run"]
        lines += [f"          securityContext: {{runAsUser: {user}}}"] if user is not None else []
        lines += ["          script: |", *(f"            {line}" for line in script.split("\n"))]
    return model_of({"run.yaml": "\n".join(lines) + "\n"})


def meetings_of(model: Model) -> list[tuple[str, str, str]]:
    """The tasks that meet in place, and the path."""
    run, pipeline = only_run(model)
    return [(one.made.task.title, one.by.task.title, one.made.path) for one in in_place(model, pipeline, run)]


IN_PLACE = {
    "written again": ("date > /w/a", "date > /w/a"),
    "written to": ("date > /w/a", "date >> /w/a"),
    "by tee": ("date > /w/a", "date | tee /w/a"),
    "copied over": ("date > /w/a", "cp /etc/hostname /w/a"),
    "made if it is not there": ("[ -f /w/a ] || date > /w/a", "date > /w/a"),
    "made in one branch": ("if [ -f /w/a ]; then\n  date >> /w/a\nelse\n  date > /w/a\nfi", "date > /w/a"),
}


@pytest.mark.parametrize("scripts", IN_PLACE.values(), ids=IN_PLACE)
def test_a_later_task_writes_into_the_file_of_another(scripts: tuple[str, str]) -> None:
    assert [("t0", "t1", "a")] == meetings_of(run_of(*scripts))


NOT_IN_PLACE = {
    "another file": ("date > /w/a", "date > /w/b"),
    "moved over": ("date > /w/a", "date > /w/b\nmv /w/b /w/a"),
    "edited": ("date > /w/a", "sed -i s/a/b/ /w/a"),
    "installed": ("date > /w/a", "install -m 664 /etc/hostname /w/a"),
    "removed first": ("date > /w/a", "rm -f /w/a\ndate > /w/a"),
    "nobody minds": ("date > /w/a", "date > /w/a || true"),
    "open to the group": ("date > /w/a\nchmod g+w /w/a", "date > /w/a"),
    "open with all below": ("date > /w/a\nchmod -R g+rwX /w", "date > /w/a"),
    "made under another umask": ("umask 002\ndate > /w/a", "date > /w/a"),
    "there before": ("cat /w/a\ndate > /w/a", "date > /w/a"),
    "perhaps there before": ("train --output /w", "date >> /w/a"),
    "only read": ("date > /w/a", "cat /w/a"),
}


@pytest.mark.parametrize("scripts", NOT_IN_PLACE.values(), ids=NOT_IN_PLACE)
def test_a_later_task_does_not_need_the_mode_of_a_file(scripts: tuple[str, str]) -> None:
    assert [] == meetings_of(run_of(*scripts))


def test_who_puts_a_new_file_in_its_place_owns_it() -> None:
    model = run_of("date > /w/a", "date > /w/b\nmv /w/b /w/a", "date >> /w/a")

    assert [("t1", "t2", "a")] == meetings_of(model)


def test_a_root_between_them_may_open_the_file() -> None:
    scripts = ("date > /w/a", "chmod g+w /w/a", "date >> /w/a")

    assert [] == meetings_of(run_of(*scripts, users=(1, 0, 3)))
    assert [("t0", "t2", "a")] == meetings_of(run_of(*scripts, users=(1, 2, 3)))


def test_a_folder_is_needed_for_what_is_made_in_it_but_not_for_what_is_there() -> None:
    model = run_of("mkdir /w/d\ndate > /w/d/a", "date > /w/d/a", "date > /w/d/b")
    run, pipeline = only_run(model)

    assert [("d", "t2")] == [(one.made.path, one.by.task.title) for one in in_folders(model, pipeline, run)]


def test_a_mode_is_changed_by_another_than_the_owner() -> None:
    model = run_of("date > /w/d/a", "chmod -R g+w /w/d", "chmod g+w /w/d/b")
    run, pipeline = only_run(model)

    assert [("d/a", "t1")] == [(one.made.path, one.by.task.title) for one in of_others(model, pipeline, run)]


@pytest.mark.parametrize(
    ("users", "expected"), [((1, 2), True), ((1, 1), False), ((1, None), None), ((None, None), None)]
)
def test_two_tasks_run_as_different_users(users: tuple[int | None, ...], expected: bool | None) -> None:
    model = run_of("date > /w/a", "date > /w/a", users=users)
    run, pipeline = only_run(model)
    (meeting,) = in_place(model, pipeline, run)

    assert expected is meeting.differ


def test_two_tasks_of_one_image_run_as_one_user() -> None:
    text = run_of("date > /w/a", "date > /w/a", users=(None, None)).tree.files[0].source.text
    model = model_of({"run.yaml": text.replace("t1:1", "t0:1")})
    run, pipeline = only_run(model)
    (meeting,) = in_place(model, pipeline, run)

    assert meeting.differ is False


BLOCK = "volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}"


@pytest.mark.parametrize(
    ("pod", "volume", "expected"),
    [
        ("{fsGroup: 5}", BLOCK, True),
        ("{fsGroup: 5, fsGroupChangePolicy: Always}", BLOCK, True),
        ("{fsGroup: 5, fsGroupChangePolicy: OnRootMismatch}", BLOCK, False),
        ("{}", BLOCK, False),
        ("{fsGroup: 5}", "volumeClaimTemplate: {spec: {accessModes: [ReadWriteMany]}}", False),
        ("{fsGroup: 5}", "volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: efs}}", False),
        ("{fsGroup: 5}", "persistentVolumeClaim: {claimName: models}", False),
    ],
)
def test_kubelet_mends_modes_when_it_mounts_a_volume(pod: str, volume: str, expected: bool) -> None:
    model = run_of("date > /w/a", "date > /w/a", pod=pod, volume=volume)
    run, pipeline = only_run(model)
    (meeting,) = in_place(model, pipeline, run)

    assert expected is is_mended_at_mount(model, meeting)


def test_what_kind_of_volume_it_is_the_claim_s_manifest_may_say() -> None:
    text = run_of("date > /w/a", "date > /w/a").tree.files[0].source.text
    claim = "kind: PersistentVolumeClaim\nmetadata: {name: models}\nspec: {accessModes: [ReadWriteMany]}\n"
    model = model_of({"run.yaml": f"{text}---\n{claim}"})
    run, pipeline = only_run(model)
    (meeting,) = in_place(model, pipeline, run)

    assert is_shared_volume(model, run, meeting.made.directory.volume)
    assert not is_block_volume(model, run, meeting.made.directory.volume)
