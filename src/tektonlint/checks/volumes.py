"""Workspaces between runs, pipelines and tasks: what has to be bound, and to which volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from tektonlint.document import Scalar, Sequence
from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import Task, WorkspaceDeclaration
from tektonlint.model.directories import mounts
from tektonlint.model.pipelines import Pipeline, PipelineTask, WorkspaceBinding
from tektonlint.model.runs import Binding, PipelineRun, TaskRun
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.sentences import listed
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select
from tektonlint.tekton.variables import uses

if TYPE_CHECKING:
    from tektonlint import edit


def missing_workspace(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Workspaces that are required and not bound, and bindings that a task does not know.

    Between run and pipeline only the first fails, between TaskRun and task both do (pkg/workspace/validate.go:31-69).
    What a patch or a template may still say is not missing.
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial or ctx.model.is_patched(resource):
        return
    if resource.kind == "TaskRun":
        yield from _unbound_by_task_run(ctx.model.task_run(resource), ctx)
        return
    if resource.kind == "PipelineRun":
        yield from _unbound_by_run(ctx.model.run(resource), ctx)
    for place in select(resource, "pipeline-tasks"):
        yield from _unbound_by_task(ctx.model.pipeline_task(place), ctx)


def _unbound_by_run(run: PipelineRun, ctx: Context) -> Iterator[Finding]:
    answer = ctx.model.pipeline_of(run)
    pipeline = answer.found
    if pipeline is None:
        return
    missing = [one for one in _required(pipeline) if one.name not in run.bindings]
    if missing and _is_all_there(run.place) and _may_be_judged(pipeline, run.place, ctx):
        place = run.place.get("workspaces") or answer.at or run.place.get("pipelineSpec") or run.place
        who = f"`{pipeline.name}`" if pipeline.name else "The pipeline"
        message = (
            f"{who} needs {_named(missing)}, which this run does not bind, so it fails before its first task. "
            f"Bind {_it(missing)} under the run's `workspaces`."
        )
        yield ctx.finding(place, message, at=_standing(place), related=_declared(missing))


def _unbound_by_task(task: PipelineTask, ctx: Context) -> Iterator[Finding]:
    if task.is_custom or task.runs_pipeline:
        return
    answer = ctx.model.task_of(task)
    spec = answer.found
    if spec is None or _is_bound_as_it_should(spec, task.workspaces.keys()):
        return
    if not _is_all_there(task.place) or not _may_be_judged(spec, task.place, ctx):
        return
    if not _is_plain(task.place.get("taskRef")):
        return
    missing = [one for one in _required(spec) if one.name not in task.workspaces]
    inline = ctx.model.is_put_inline(task, spec)
    if inline:
        reach = _reaching(task, ctx)
        missing = [one for one in missing if reach is not None and one.name not in reach]
    if _default_binding(ctx):
        missing = []
    unknown = [] if inline else [one for name, one in task.workspaces.items() if name not in spec.workspaces]
    who = f"the task `{spec.name}`" if spec.name else f"`{task.title}`"
    yield from _unknown(who, [one.place.get("name") or one.place for one in unknown], missing, spec, ctx)
    if len(unknown) == len(missing) == 1:
        return
    if missing:
        place = task.place.get("workspaces") or answer.at or task.place.get("name") or task.place
        message = (
            f"{who[0].upper()}{who[1:]} needs {_named(missing)}, but this does not bind {_it(missing)}, so its TaskRun "
            f"fails. Add {_it(missing)} to the `workspaces` of this pipeline task."
        )
        fix = _with_bindings(task, missing, ctx)
        yield ctx.finding(place, message, at=_standing(place), related=_declared(missing), fix=fix)


def _unbound_by_task_run(run: TaskRun, ctx: Context) -> Iterator[Finding]:
    answer = ctx.model.task_of(run)
    spec = answer.found
    if spec is None or _is_bound_as_it_should(spec, run.bindings.keys()):
        return
    if not _is_all_there(run.place) or not _may_be_judged(spec, run.place, ctx):
        return
    if not _is_plain(run.place.get("taskRef")):
        return
    missing = [one for one in _required(spec) if one.name not in run.bindings and not _default_binding(ctx)]
    unknown = [] if spec.inline else [one for name, one in run.bindings.items() if name not in spec.workspaces]
    who = f"the task `{spec.name}`" if spec.name else "the task"
    yield from _unknown(who, [one.place.get("name") or one.place for one in unknown], missing, spec, ctx)
    if len(unknown) == len(missing) == 1:
        return
    if missing:
        place = run.place.get("workspaces") or answer.at or run.place.get("taskSpec") or run.place
        message = (
            f"{who[0].upper()}{who[1:]} needs {_named(missing)}, which this run does not bind, so it fails at once. "
            f"Bind {_it(missing)} under the run's `workspaces`."
        )
        yield ctx.finding(place, message, at=_standing(place), related=_declared(missing))


def _is_bound_as_it_should(spec: Task, bound: AbstractSet[str]) -> bool:
    """Whether everything that a task requires is bound, and nothing else than what it declares; nearly always it is."""
    declared = spec.workspaces.keys()
    return bound == declared or (bound <= declared and all(one.name in bound for one in _required(spec)))


def _unknown(
    who: str, places: list[Place], missing: list[WorkspaceDeclaration], spec: Task, ctx: Context
) -> Iterator[Finding]:
    """Bindings of workspaces that the task does not declare."""
    declared = spec.place.get("workspaces") or spec.place
    for place in places:
        if len(places) == len(missing) == 1:
            fails = f"and `{missing[0].name}`, which it needs, is not bound: its TaskRun fails"
            instead = f"Bind `{missing[0].name}` instead."
            related = _declared(missing)
        else:
            others = ", ".join(f"`{name}`" for name in spec.workspaces)
            fails = "so its TaskRun fails"
            instead = f"It knows {others}." if others else "It knows none at all: delete the entry."
            related = [(_standing(declared), "the task's workspaces" if others else "the task")]
        message = f"{who[0].upper()}{who[1:]} has no workspace `{place.text}`, {fails}. {instead}"
        yield ctx.finding(place, message, related=related)


def _reaching(task: PipelineTask, ctx: Context) -> frozenset[str] | None:
    """The workspaces that reach an inline spec without being bound; None where no run says which.

    Those of the run do (docs/pipelineruns.md:1219), whatever the pipeline declares.
    """
    resource = task.place.resource
    if resource.kind != "PipelineRun" or len(task.pipeline.place.path) != len(resource.path) + 2:
        return None
    run = ctx.model.run(resource)
    if not _is_all_there(run.place):
        return None
    # What the pipeline itself requires is missed where the run should bind it.
    return frozenset((*run.bindings, *(one.name for one in _required(task.pipeline))))


def _with_bindings(task: PipelineTask, missing: list[WorkspaceDeclaration], ctx: Context) -> Fix | None:
    """Binds the workspaces of the same names that the pipeline has."""
    from tektonlint import edit

    if any(one.name not in task.pipeline.workspaces for one in missing):
        return None
    if any(_is_one_too_many(task, missing, run, ctx) for run in ctx.model.runs_of(task.pipeline)):
        return None
    bound = task.place.get("workspaces")
    items: list[edit.Data] = [{"name": one.name} for one in missing]

    def change() -> edit.Change:
        if bound is None:
            return edit.insert_key(task.place, "workspaces", items)
        made = edit.append_item(bound, items[0])
        for item in items[1:]:
            made = made.with_(edit.append_item(bound, item))
        return made

    return ctx.fix(f"bind {_named(missing)} of the pipeline", change, Safety.UNSAFE)


def _is_one_too_many(
    task: PipelineTask, missing: list[WorkspaceDeclaration], run: PipelineRun, ctx: Context
) -> bool:
    """Whether a run has something else behind a missing workspace than what the task can use: a second claim, or an
    emptyDir of its own."""
    more = [run.bindings[one.name] for one in missing if one.name in run.bindings]
    names = {mount.workspace for mount in mounts(task, ctx.model.task_of(task).found)}
    now = [binding for name, binding in run.bindings.items() if name in names]
    too_many = ctx.model.target.coschedule == "workspaces" and len(_distinct((*now, *more))) > 1
    return too_many or any(one.source == "emptyDir" for one in more)


def _required(spec: Pipeline | Task) -> Iterator[WorkspaceDeclaration]:
    """The workspaces that are certainly not optional."""
    for one in spec.workspaces.values():
        optional = one.place.get("optional")
        if optional is None or (isinstance(optional.node, Scalar) and optional.node.value in (False, None)):
            yield one


def _is_all_there(holder: Place) -> bool:
    """Whether every name in the `workspaces` of something is written out."""
    places = holder.get("workspaces")
    if places is None or (isinstance(places.node, Scalar) and places.node.value is None):
        return True
    names = [one.get("name") for one in places.items()]
    texts = [name.known_text if name is not None else None for name in names]
    return isinstance(places.node, Sequence) and all(text and "$(" not in text for text in texts)


def _may_be_judged(spec: Pipeline | Task, user: Place, ctx: Context) -> bool:
    """Whether all that a spec declares is known, and no patch changes it."""
    elsewhere = spec.resource is not user.resource
    return _is_all_there(spec.place) and not (elsewhere and ctx.model.is_patched(spec.resource))


def _is_plain(ref: Place | None) -> bool:
    """Whether a reference says nothing but a name, so that no build makes another one of it (Konflux' `version`)."""
    return ref is None or all(entry.path[-1] in ("name", "kind", "apiVersion") for entry in ref.entries())


def _default_binding(ctx: Context) -> bool:
    """Whether the cluster binds what a task requires by itself (docs/workspaces.md:275-286)."""
    return bool(ctx.model.cluster.settings.get("default-task-run-workspace-binding", "").strip())


def _named(missing: list[WorkspaceDeclaration]) -> str:
    return f"the workspace{'s' if len(missing) > 1 else ''} {_quoted([one.name for one in missing])}"


def _it(missing: list[WorkspaceDeclaration]) -> str:
    return "them" if len(missing) > 1 else "it"


def _quoted(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    return listed(f"`{name}`" for name in names)


def _declared(missing: list[WorkspaceDeclaration]) -> list[tuple[Location, str]]:
    return [((one.place.get("name") or one.place).location, f"`{one.name}` is required here") for one in missing]


def _standing(place: Place) -> Location:
    """The key of a list or mapping, which is long; else the value."""
    return place.location if isinstance(place.node, Scalar) else place.key_location


def static_claim(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Existing claims that every run of a kind shares, without a directory for each.

    One run that is applied again and again under one name shares with nobody but itself.
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial or not _runs_often(spec, ctx):
        return
    run = ctx.model.run(resource)
    pipeline = ctx.model.pipeline_of(run).found
    for binding in run.bindings.values():
        place = binding.place.get("persistentVolumeClaim", "claimName")
        if place is None or not binding.claim or _varies(binding.place.get("subPath")):
            continue
        users = _users(binding.name, pipeline, ctx)
        if users and all("$(" in sub_path for sub_path, _ in users):
            continue
        yield _shared(binding, binding.claim, place, run, all(only for _, only in users) and bool(users), ctx)


def _shared(
    binding: Binding, name: str, place: Place, run: PipelineRun, read_only: bool, ctx: Context
) -> Finding:
    claim = ctx.model.cluster.claim(name, ctx.model.namespace_of(run.resource))
    related = [(claim.at, "the claim")] if claim is not None else []
    what = f"Every run keeps `{binding.name}` on the claim `{name}`"
    severity: Severity | None = None
    said_read_only = binding.place.get("persistentVolumeClaim", "readOnly")
    if read_only or (said_read_only is not None and getattr(said_read_only.node, "value", None) is True):
        severity = Severity.NOTE
        message = f"{what} and only reads it. Who fills the claim anew changes it for the runs under way, too."
    elif any(_is_about(word, binding.name) for word in ctx.options["meant-to-be-shared"]):
        severity = Severity.NOTE
        message = f"{what}, which is right for a cache if its tools can bear runs at the same time. Nothing clears it."
    else:
        message = (
            f"{what}, with what failed ones left there, and two runs at a time overwrite each other. "
            "Use a `volumeClaimTemplate`, or `subPath: $(context.pipelineRun.name)`."
        )
    fix = _with_template(binding, name, run, ctx) if severity is None else None
    return ctx.finding(place, message, severity=severity, related=related, fix=fix)


_WORD = pattern(r"[a-z0-9]+")


def _is_about(word: str, name: str) -> bool:
    """Whether a name has a word in it: a short one as a word of its own, a longer one inside a word too.

    The workspace's name counts, which says what the tasks use it for: a claim `models` may be where they all work.
    """
    word = word.lower()
    return any(one == word or (len(word) > 3 and word in one) for one in _WORD.findall(name.lower()))


def _runs_often(spec: Place, ctx: Context) -> bool:
    """Whether more than one run is made from a manifest: by a trigger, or under a name that the server makes up.

    Pipelines-as-Code makes a prefix of every name (pkg/resolve/remote.go:249).
    """
    resource = spec.resource
    return resource.created or resource.place.get("metadata", "name") is None or ctx.model.is_pac(resource)


def _varies(place: Place | None) -> bool:
    """Whether a text has a variable in it, of Tekton's or of something that renders it."""
    text = place.text if place is not None else None
    return text is not None and place is not None and ("$(" in text or place.known_text is None)


def _users(workspace: str, pipeline: Pipeline | None, ctx: Context) -> list[tuple[str, bool]]:
    """The sub-paths under which tasks get a workspace of a pipeline, and whether they only read it."""
    found: list[tuple[str, bool]] = []
    for task in pipeline.all_tasks if pipeline is not None else ():
        spec = ctx.model.task_of(task).found
        for mount in mounts(task, spec):
            if mount.workspace == workspace:
                declared = spec.workspaces.get(mount.name) if spec is not None else None
                found.append((mount.sub_path, declared is not None and declared.read_only))
    return found


def _with_template(binding: Binding, name: str, run: PipelineRun, ctx: Context) -> Fix | None:
    """A claim for each run, like the one that is there now, if the tree says what that is like."""
    from tektonlint import edit

    claim = ctx.model.cluster.claim(name, ctx.model.namespace_of(run.resource))
    source = binding.place.get("persistentVolumeClaim")
    # Two workspaces on one claim would become two claims.
    alone = sum(one.claim == name for one in run.bindings.values()) == 1
    if claim is None or source is None or not claim.storage or not claim.access_modes or not alone:
        return None
    spec: dict[str, edit.Data] = {"accessModes": list(claim.access_modes)}
    if claim.storage_class is not None:
        spec["storageClassName"] = claim.storage_class
    spec["resources"] = {"requests": {"storage": claim.storage}}

    def change() -> edit.Change:
        made = edit.insert_key(binding.place, "volumeClaimTemplate", {"spec": spec})
        return made.with_(edit.remove_key(source))

    return ctx.fix(f"give each run a claim like `{name}`", change, Safety.UNSAFE)


def claim_bound_twice(spec: Place, ctx: Context) -> Iterator[Finding]:
    """One claim behind two workspaces of a run.

    Tekton keeps one affinity assistant for each claim, that of the last workspace (since v0.51.0,
    pkg/reconciler/pipelinerun/affinity_assistant.go:79-104); a task waits for that of the last workspace it binds.
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial or not _is_coscheduled(ctx):
        return
    run = ctx.model.run(resource)
    pipeline = ctx.model.pipeline_of(run).found
    by_claim: dict[str, list[Binding]] = {}
    for binding in run.bindings.values():
        if binding.claim is not None:
            by_claim.setdefault(binding.claim, []).append(binding)
    for claim, bindings in by_claim.items():
        if len(bindings) > 1:
            yield _bound_twice(claim, bindings, run, pipeline, ctx)


def _bound_twice(
    claim: str, bindings: list[Binding], run: PipelineRun, pipeline: Pipeline | None, ctx: Context
) -> Finding:
    *lost, kept = bindings
    waiting = [] if pipeline is None else [task for task in pipeline.all_tasks if _waits(task, lost, run, ctx)]
    # The claim's name is where `static_claim` speaks.
    place = kept.place.get("persistentVolumeClaim") or kept.place
    related = [((one.place.get("name") or one.place).location, f"`{claim}` as `{one.name}`") for one in lost]
    related += [((task.place.get("name") or task.place).location, "hangs") for task in waiting]
    names = _quoted(one.name for one in bindings)
    severity: Severity | None = None
    if waiting:
        titles = _quoted(dict.fromkeys(task.title for task in waiting))
        s = "s" if len(waiting) == 1 else ""
        happens = f"{titles} wait{s} for another one and stay{s} Pending"
    elif pipeline is None:
        severity = Severity.WARNING
        happens = f"tasks that use {_quoted(one.name for one in lost)} alone wait for another one and stay Pending"
    else:
        severity = Severity.NOTE
        happens = f"a task that used {_quoted(one.name for one in lost)} alone would stay Pending"
    message = (
        f"`{claim}` is bound to {names}, but gets one affinity assistant, that of `{kept.name}`: {happens}. "
        "Bind it once, and tell the tasks apart by `subPath`."
    )
    fix = _bound_once(lost[0], kept, run, pipeline, ctx) if pipeline is not None and len(lost) == 1 else None
    return ctx.finding(place, message, at=_standing(place), severity=severity, related=related, fix=fix)


def _bound_once(lost: Binding, kept: Binding, run: PipelineRun, pipeline: Pipeline, ctx: Context) -> Fix | None:
    """Leaves one binding, and gives its workspace to the tasks of the other, below the other's path.

    Only where this is the pipeline's one run in the tree, and every use of the workspace is an entry of a task.
    """
    from tektonlint import edit

    declared = pipeline.workspaces.get(lost.name)
    if kept.sub_path or declared is None or kept.name not in pipeline.workspaces:
        return None
    if len(ctx.model.runs_of(pipeline)) != 1 or ctx.model.is_patched(pipeline.resource) or _is_used(lost, pipeline):
        return None
    entries = [one for task in pipeline.all_tasks for one in task.workspaces.values() if one.workspace == lost.name]

    def of_pipeline() -> edit.Change:
        made = edit.remove_item(declared.place)
        for entry in entries:
            for change in _redirected(entry, kept.name, lost.sub_path):
                made = made.with_(change)
        return made

    def of_run() -> edit.Change:
        made = edit.remove_item(lost.place)
        return made if elsewhere else made.with_(of_pipeline())

    elsewhere = pipeline.resource is not run.resource
    title = f"bind the claim to `{kept.name}` alone"
    if not elsewhere:
        return ctx.fix(title, of_run, Safety.UNSAFE)
    return ctx.fix(title, of_run, Safety.UNSAFE, elsewhere=lambda: [(pipeline.resource, of_pipeline())])


def _is_used(lost: Binding, pipeline: Pipeline) -> bool:
    """Whether a variable or a child pipeline uses a pipeline's workspace, beside the entries of tasks."""
    for task in pipeline.all_tasks:
        if task.is_custom or task.runs_pipeline:
            return True
        if lost.name not in task.workspaces and any(use.variable.workspace == lost.name for use in uses(task.place)):
            return True
        guards = [use for one in ("when", "params", "matrix") if (field := task.place.get(one)) for use in uses(field)]
        if any(use.variable.workspace == lost.name for use in guards):
            return True
    return False


def _redirected(entry: WorkspaceBinding, workspace: str, above: str) -> Iterator[edit.Change]:
    """Makes an entry of a task lead to a directory of another workspace."""
    from tektonlint import edit

    mapped, sub_path = entry.place.get("workspace"), entry.place.get("subPath")
    if mapped is not None:
        yield edit.replace_scalar(mapped, workspace)
    else:
        yield edit.insert_key(entry.place, "workspace", workspace, after="name")
    path = "/".join(part.strip("/") for part in (above, entry.sub_path) if part)
    if sub_path is not None:
        yield edit.replace_scalar(sub_path, path)
    elif path:
        yield edit.insert_key(entry.place, "subPath", path, after="workspace" if mapped is not None else "name")


def _waits(task: PipelineTask, lost: list[Binding], run: PipelineRun, ctx: Context) -> bool:
    """Whether the last claim among a task's workspaces is bound under a name that has no assistant."""
    if task.is_custom or task.runs_pipeline:
        return False
    bound: list[Binding] = []
    used: list[Binding] = []
    for mount in mounts(task, ctx.model.task_of(task).found):
        binding = run.bindings.get(mount.workspace)
        if binding is not None and binding.source in _CLAIMS:
            (bound if mount.name in task.workspaces else used).append(binding)
    # What an inline spec uses comes behind what is bound, in any order.
    return all(one in lost for one in used) if used else bool(bound) and bound[-1] in lost


_CLAIMS = ("persistentVolumeClaim", "volumeClaimTemplate")


def _is_coscheduled(ctx: Context) -> bool:
    return ctx.model.target.coschedule == "workspaces" and ctx.model.target.tekton >= (0, 51)


def two_claims(spec: Place, ctx: Context) -> Iterator[Finding]:
    """A task that gets two claims, which Tekton refuses to run beside an affinity assistant.

    One claim twice counts as one, each template as one of its own (pkg/workspace/validate.go:71-86; also for a
    TaskRun on its own, pkg/reconciler/taskrun/taskrun.go:699-708).
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial or ctx.model.target.coschedule != "workspaces":
        return
    if resource.kind == "TaskRun":
        bindings = _distinct(ctx.model.task_run(resource).bindings.values())
        for second in bindings[1:2]:
            yield _too_many(["This TaskRun"], bindings[0], second, [], ctx)
        return
    run = ctx.model.run(resource)
    if len(_distinct(run.bindings.values())) < 2:
        return
    pipeline = ctx.model.pipeline_of(run).found
    order = list(run.bindings)
    found: dict[tuple[str, str], list[PipelineTask]] = {}
    for task in pipeline.all_tasks if pipeline is not None else ():
        if task.is_custom or task.runs_pipeline:
            continue
        names = {mount.workspace for mount in mounts(task, ctx.model.task_of(task).found)}
        bindings = _distinct(run.bindings[name] for name in order if name in names)
        if len(bindings) > 1:
            found.setdefault((bindings[0].name, bindings[1].name), []).append(task)
    for (first, other), tasks in found.items():
        titles = [f"`{title}`" for title in dict.fromkeys(task.title for task in tasks)]
        yield _too_many(titles, run.bindings[first], run.bindings[other], tasks, ctx)


def _distinct(bindings: Iterable[Binding]) -> list[Binding]:
    """The bindings of claims that are certainly different ones, in their order."""
    found: dict[tuple[str, str], Binding] = {}
    for one in bindings:
        if one.source == "volumeClaimTemplate":
            found.setdefault((one.source, one.name), one)
        elif one.source == "persistentVolumeClaim" and one.claim is not None:
            found.setdefault((one.source, one.claim), one)
    return list(found.values())


def _too_many(
    titles: list[str], first: Binding, second: Binding, tasks: list[PipelineTask], ctx: Context
) -> Finding:
    place = second.place.get(second.source or "") or second.place
    who = " and ".join((", ".join(titles[:-1]), titles[-1])) if len(titles) > 1 else titles[0]
    gets, fails = ("get", "they fail") if len(titles) > 1 else ("gets", "it fails")
    default = "" if "coschedule" in ctx.model.target.decided else ", Tekton's default"
    message = (
        f"{who} {gets} two claims, for `{first.name}` and `{second.name}`, so {fails} under `coschedule: workspaces`"
        f"{default}. Put both on one claim under a `subPath` each, or set `coschedule` to `pipelineruns` or `disabled`."
    )
    related = [((first.place.get("name") or first.place).location, "the first claim")]
    related += [((task.place.get("name") or task.place).location, "gets both") for task in tasks]
    return ctx.finding(place, message, at=_standing(place), related=related)
