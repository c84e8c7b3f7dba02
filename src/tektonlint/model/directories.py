"""Where a task's workspaces lead: which volume, which directory of it, and where the task sees it.

Two tasks see the same file if their directories have the same volume and their paths on it agree. What a task does
to a file is an access: a path below one of its directories.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from tektonlint.model.definitions import Task
from tektonlint.model.pipelines import PipelineTask
from tektonlint.model.runs import Binding, PipelineRun
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import uses

# Sources whose contents no task can change.
READ_ONLY = frozenset(("configMap", "secret", "projected", "csi"))
_PER_TASK = "emptyDir"
_OF_THE_RUN = pattern(r"\$\(context\.pipeline(?:Run)?\.(?:name|uid|namespace)\)")
_PROPAGATED_TO = (("steps",), ("sidecars",), ("stepTemplate",))


class Volume(NamedTuple):
    """What a workspace's files are on.

    `source` is the key of the binding, or `workspace` where no run is known: then each workspace of a pipeline is a
    volume of its own. `owner` and `name` tell two volumes of one source apart.
    """

    source: str
    owner: str
    name: str



class Directory(NamedTuple):
    """A workspace of a task: the volume, the path on it ("" for all of it, None where it is only known later), and
    where the task sees it (None where that is only known later, or no workspace of that name is declared)."""

    workspace: str
    volume: Volume
    path: str | None
    mount_path: str | None
    read_only: bool
    optional: bool
    place: Place


class Mount(NamedTuple):
    """A workspace of a pipeline, or of the run itself, that a PipelineTask's TaskRun gets.

    `name` is what the task calls it. `place` is the entry that binds it, or the variable by which an inline spec
    gets it.
    """

    name: str
    workspace: str
    sub_path: str
    place: Place


def volume_of(binding: Binding | None, run: PipelineRun | None, task: PipelineTask, workspace: str) -> Volume:
    """The volume behind a pipeline's workspace, as a run binds it, seen by one task."""
    if binding is None or run is None:
        owner = task.pipeline.place
        return Volume("workspace", f"{owner.resource.source.name}#{owner.field}", workspace)
    if binding.source == "persistentVolumeClaim":
        namespace = run.resource.namespace or ""
        return Volume(binding.source, namespace, binding.claim or f"?{workspace}")
    # An emptyDir is made for each pod, so it is nobody else's (docs/workspaces.md:497).
    owner_name = f"{run.title}/{task.title}" if binding.source == _PER_TASK else run.title
    return Volume(binding.source or "?", owner_name, workspace)


def directories(task: PipelineTask, spec: Task | None, run: PipelineRun | None) -> dict[str, Directory]:
    """The directories of a PipelineTask by the name of the task's workspace.

    `spec` is what it runs, where that is known. Workspaces of the run and of the pipelines around reach an inline
    spec without being bound (docs/pipelineruns.md:1219).
    """
    found: dict[str, Directory] = {}
    for bound in task.workspaces.values():
        if bound.workspace is not None:
            found[bound.name] = _directory(task, spec, run, bound.name, bound.workspace, bound.sub_path, bound.place)
    if spec is not None and spec.inline:
        names: Iterable[str] = {*task.pipeline.workspaces, *(run.bindings if run is not None else ())}
        for name in sorted(names):
            found.setdefault(name, _directory(task, spec, run, name, name, "", task.place))
    return found


def _directory(
    task: PipelineTask, spec: Task | None, run: PipelineRun | None, name: str, workspace: str, sub: str, place: Place
) -> Directory:
    binding = run.bindings.get(workspace) if run is not None else None
    volume = volume_of(binding, run, task, workspace)
    declared = spec.workspaces.get(name) if spec is not None else None
    if declared is not None:
        mount_path = declared.mount_path
    else:
        mount_path = f"/workspace/{name}" if spec is not None and spec.inline else None
    return Directory(
        workspace=name,
        volume=volume,
        path=joined(binding.sub_path if binding is not None else "", sub),
        mount_path=mount_path,
        read_only=volume.source in READ_ONLY or (declared is not None and declared.read_only),
        optional=declared is not None and declared.optional,
        place=place,
    )


def mounts(task: PipelineTask, spec: Task | None) -> tuple[Mount, ...]:
    """What a PipelineTask's TaskRun gets bound: the entries of its `workspaces`, then what an inline spec uses.

    Only workspaces whose variables stand in steps, sidecars or the step template reach an inline spec without an
    entry (pkg/reconciler/pipelinerun/pipelinerun.go, propagateWorkspaces; pkg/workspace/apply.go).
    """
    found = {
        one.name: Mount(one.name, one.workspace, one.sub_path, one.place)
        for one in task.workspaces.values()
        if one.workspace is not None
    }
    if spec is not None and spec.inline:
        for use in uses(spec.place):
            name = use.variable.workspace
            field = use.place.path[len(spec.place.path) :][:1]
            if name and name not in task.workspaces and field in _PROPAGATED_TO:
                found.setdefault(name, Mount(name, name, "", use.place))
    return tuple(found.values())


def joined(outer: str, inner: str) -> str | None:
    """The sub-paths of a run and of a PipelineTask together; None where one is only known later.

    What is one and the same for all tasks of a run stays as it is: `$(context.pipelineRun.name)`.
    """
    path = posixpath.normpath(posixpath.join(outer.strip("/"), inner.strip("/"))) if outer or inner else ""
    later = "{{" in path or ("$(" in path and "$(" in _OF_THE_RUN.sub("", path))
    return None if later else path.removeprefix("./").strip(".") if path == "." else path


def located(path: str, found: Iterable[Directory]) -> tuple[Directory, str] | None:
    """The directory that a path in a task's containers lies in, and the path on its volume.

    The innermost mount counts. None for a path outside all of them, or on a volume whose path is not known.
    """
    path = posixpath.normpath(path)
    inside = [one for one in found if one.mount_path is not None and _is_below(path, one.mount_path)]
    if not inside:
        return None
    best = max(inside, key=lambda one: len(one.mount_path or ""))
    if best.path is None:
        return None
    rest = posixpath.relpath(path, best.mount_path or "/")
    whole = posixpath.normpath(posixpath.join(best.path, rest)) if best.path else rest
    return best, "" if whole == "." else whole


def _is_below(path: str, folder: str) -> bool:
    folder = posixpath.normpath(folder)
    return path == folder or path.startswith("/" if folder == "/" else folder + "/")
