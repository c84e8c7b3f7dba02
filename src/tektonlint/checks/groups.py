"""The group of a run's volumes: fsGroup, and when kubelet applies it."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Mapping
from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.model.files import Access, accesses, is_root, known_users
from tektonlint.model.graph import Model
from tektonlint.model.owners import (
    ON_ROOT_MISMATCH,
    Meeting,
    gets_no_fs_group,
    in_folders,
    in_place,
    is_shared_volume,
)
from tektonlint.model.pipelines import Pipeline
from tektonlint.model.runs import PipelineRun
from tektonlint.model.security import pod_of
from tektonlint.policy.context import Context
from tektonlint.sentences import listed
from tektonlint.tekton.resource import Place

_CLAIMS = ("persistentVolumeClaim", "volumeClaimTemplate")


def missing_fs_group(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Volumes that tasks of different users write to, without a group that all of them have.

    OpenShift's SCCs fill in an fsGroup (pipelines-scc: MustRunAs), unless the namespace asks for one that does not.
    """
    model, resource = ctx.model, spec.resource
    if resource.group != "tekton.dev" or resource.partial or model.is_patched(resource):
        return
    run = model.run(resource)
    openshift = model.target.platform == "openshift"
    if (openshift and not gets_no_fs_group(model, run)) or _is_set_for_all(model):
        return
    claimed = [binding for binding in run.bindings.values() if binding.source in _CLAIMS]
    pipeline = model.pipeline_of(run).found if claimed else None
    # Of most scripts nothing says as whom they run, and then nobody need know what they write.
    if pipeline is None or len(known_users(model, pipeline, run)) < 2:
        return
    for binding in claimed:
        writers = _writers(model, pipeline, run, binding.name)
        users = {one.user.uid: one for one in reversed(writers) if one.user.uid is not None}
        if len(users) < 2 or any(_pod_has_group(one, run) for one in writers):
            continue
        if is_shared_volume(model, run, writers[0].directory.volume):
            continue
        field = _field(run)
        who = listed(f"`{users[uid].task.title}` (user {uid})" for uid in sorted(users, key=lambda uid: uid or 0))
        where = "" if model.target.platform is not None else "on plain Kubernetes "
        message = (
            f"{who} write to the volume of the workspace `{binding.name}`, but no `fsGroup` gives them a common group: "
            f"{where}a new volume belongs to root, and the files of one are closed to the other. Set `{field}`."
        )
        severity = Severity.NOTE if model.target.platform is None else None
        related = [(users[uid].location, f"user {uid} writes here") for uid in sorted(users, key=lambda uid: uid or 0)]
        fix = None if openshift else _with_group(run, ctx)
        place = binding.place.get("name") or binding.place
        yield ctx.finding(place, message, severity=severity, related=related, fix=fix)


def on_root_mismatch(spec: Place, ctx: Context) -> Iterator[Finding]:
    """`fsGroupChangePolicy: OnRootMismatch` where tasks change each other's files.

    Kubelet then leaves modes as they are once the volume's root is right (kubernetes pkg/volume/volume_linux.go).
    """
    model, resource = ctx.model, spec.resource
    if resource.group != "tekton.dev" or resource.partial:
        return
    run = model.run(resource)
    pipeline = model.pipeline_of(run).found
    if pipeline is None or pipeline.has_cycle:
        return
    found: dict[tuple[str | int, ...], tuple[Place, list[Meeting]]] = {}
    for find in (in_place, in_folders):
        for meeting in find(model, pipeline, run):
            pod = pod_of(meeting.by.task, run)
            policy = pod.get("fsGroupChangePolicy") if pod is not None else None
            if policy is None or policy.text != ON_ROOT_MISMATCH or meeting.made.directory.volume.source not in _CLAIMS:
                continue
            if meeting.differ is False or is_root(meeting.by.script, meeting.by.user):
                continue
            if not is_shared_volume(model, run, meeting.made.directory.volume):
                found.setdefault(policy.path, (policy, []))[1].append(meeting)
    for policy, meetings in found.values():
        first = meetings[0]
        made, by = first.made, first.by
        more = len({one.made.path for one in meetings}) - 1
        others = f", and so on for {more} more" if more else ""
        message = (
            f"`{ON_ROOT_MISMATCH}` leaves files the mode that their creator gave them, and `{by.task.title}` changes "
            f"`{made.effect.path}`, which `{made.task.title}` makes with mode {made.mode:04o}{others}. "
            "Make it group-writable there, or drop this policy, which makes every mount of a large volume slower."
        )
        related: list[tuple[Location, str]] = []
        for one in meetings:
            related.append((one.last.location, f"`{one.made.task.title}` makes it here"))
            related.append((one.by.location, f"`{one.by.task.title}` changes it here"))
        yield ctx.finding(policy, message, related=list(dict.fromkeys(related)))


def _writers(model: Model, pipeline: Pipeline, run: PipelineRun, workspace: str) -> list[Access]:
    """What the tasks of a run write to the volume of one of its workspaces, one access for each task and user."""
    found: dict[tuple[str, int | None], Access] = {}
    for task in pipeline.all_tasks:
        names = {one.name for one in task.workspaces.values() if one.workspace == workspace} | {workspace}
        for one in accesses(model, task, run):
            changes = one.writes or one.what in ("folder", "remove")
            if changes and not one.directory.read_only and one.directory.workspace in names:
                found.setdefault((task.title, one.user.uid), one)
    return list(found.values())


def _pod_has_group(access: Access, run: PipelineRun) -> bool:
    pod = pod_of(access.task, run)
    return pod is not None and pod.get("fsGroup") is not None


def _is_set_for_all(model: Model) -> bool:
    """Whether the cluster's default pod template has a group."""
    return "fsGroup" in model.cluster.settings.get("default-pod-template", "")


def _field(run: PipelineRun) -> str:
    above = "spec.taskRunTemplate.podTemplate" if run.resource.version == "v1" else "spec.podTemplate"
    return f"{above}.securityContext.fsGroup"


def _with_group(run: PipelineRun, ctx: Context) -> Fix | None:
    """Puts the group into the pod template of all tasks."""
    from tektonlint import edit

    group = ctx.options["fs-group"]
    # What a task says of its pod replaces it, so the run's would not do.
    if any(run.pod_template_of(name) is not None for name in run.task_specs):
        return None

    def change() -> edit.Change:
        keys = _field(run).split(".")[1:]
        place = run.place
        while len(keys) > 1 and (inner := place.get(keys[0])) is not None and isinstance(inner.node, Mapping):
            place, keys = inner, keys[1:]
        data: edit.Data = group
        for key in reversed(keys[1:]):
            data = {key: data}
        return edit.insert_key(place, keys[0], data)

    return ctx.fix(f"give all tasks the `fsGroup` {group}", change)
