"""Workspaces of tasks and pipelines: what is declared, what is named, and which step sees which."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import Task, WorkspaceDeclaration, name_of
from tektonlint.near import did_you_mean, nearest
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select
from tektonlint.tekton.variables import Use, uses

if TYPE_CHECKING:
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import PipelineRun

# What a workspace's variables end in (docs/variables.md); anything else is none of Tekton's.
_PARTS = frozenset(("path", "bound", "claim", "volume"))


def unknown_workspace_variable(spec: Place, ctx: Context) -> Iterator[Finding]:
    """`$(workspaces.x.path)` and its like, where a task has no workspace `x`. One finding for each name.

    Tekton replaces what is bound (pkg/workspace/apply.go); an inline spec has the workspaces around it too
    (docs/pipelineruns.md:1132,1219,1297). In a pipeline's inline task each name becomes a binding, which the run has to
    have, however it refers to the pipeline (pkg/reconciler/pipelinerun/pipelinerun.go, propagateWorkspaces).
    """
    declared = ctx.model.task(spec).workspaces
    named = [(name, use) for use in uses(spec) if (name := _workspace(use)) is not None and name not in declared]
    scope = _scope(spec, ctx) if named else None
    if scope is None:
        return
    wrong: dict[str, list[Use]] = {}
    for name, use in named:
        if name not in scope.names and not _is_prose(use, spec):
            wrong.setdefault(name, []).append(use)
    patched = bool(wrong) and ctx.model.is_patched(spec.resource)
    for name, where in wrong.items():
        mild = scope.open or (not scope.inside and _is_idle(where, spec))
        severity = Severity.NOTE if patched else Severity.WARNING if mild else None
        related = [(one.location, "used here too") for one in where[1:_MANY]]
        related += [(run.place.location, f"does not bind `{name}`") for run in scope.runs[:_MANY]]
        fix = _other_workspace(where, name, _near(name, scope.names), ctx)
        message = _no_workspace(where[0], name, scope)
        yield ctx.finding(
            where[0].place, message, at=where[0].location, severity=severity, related=related, fix=fix
        )


_MANY = 5
# Of more names than people write, none is looked for that is near: it would take long for each wrong one.
_LOOKED_AT = 300


def _near(name: str, names: AbstractSet[str]) -> str | None:
    """The name that was probably meant."""
    return nearest(name, names) if len(names) <= _LOOKED_AT else None


def _meant(name: str, names: AbstractSet[str]) -> str:
    """The end of a sentence about a wrong name, if there is one that was probably meant."""
    return did_you_mean(name, names) if len(names) <= _LOOKED_AT else ""


class _Scope(NamedTuple):
    """The workspaces that variables of a task spec may name.

    `open` says that a run outside the tree may bind more. `runs` are those whose bindings were looked at, and
    `inside` what the spec stands in: a pipeline, a PipelineRun or neither.
    """

    names: frozenset[str]
    inside: str = ""
    open: bool = False
    runs: tuple[PipelineRun, ...] = ()


def _scope(spec: Place, ctx: Context) -> _Scope | None:
    """What is in scope; None where a name is only known later, or the whole is."""
    resource = spec.resource
    if resource.partial or _is_foreign(spec):
        return None
    names = _names_in(spec)
    if names is None:
        return None
    if resource.kind in ("Task", "ClusterTask"):
        # Pipelines-as-Code puts tasks into its runs as inline specs, which then have the workspaces around them.
        users = (user.place.resource for user in ctx.model.users_of(ctx.model.task(spec)))
        inlined = any(ctx.model.is_pac(one) for one in (resource, *users))
        return None if inlined else _Scope(frozenset(names))
    if resource.kind == "TaskRun":
        run = ctx.model.task_run(resource)
        return _Scope(frozenset((*names, *run.bindings))) if run.bindings_are_known else None
    # Every PipelineTask, pipeline and run around the spec.
    at: Place | None = spec.parent
    while at is not None and len(at.path) > len(resource.path):
        if at.get("workspaces") is not None:
            more = _names_in(at)
            if more is None:
                return None
            names |= more
        at = at.parent
    if resource.kind == "PipelineRun":
        return _Scope(frozenset(names), "run")
    pipeline = next(iter(select(resource, "pipeline-specs")))
    runs = ctx.model.runs_of(ctx.model.pipeline(pipeline))
    if not all(run.bindings_are_known for run in runs):
        return None
    names.update(name for run in runs for name in run.bindings)
    return _Scope(frozenset(names), "pipeline", open=not runs, runs=runs)


def _names_in(place: Place) -> set[str] | None:
    """The names under `workspaces`; None where one is only known later."""
    declared = place.get("workspaces")
    if declared is not None and declared.text is not None:
        return None
    found: set[str] = set()
    for item in place.each("workspaces"):
        name = name_of(item)
        if name is not None:
            found.add(name)
        elif item.text is not None or ((at := item.get("name")) is not None and at.text):
            return None
    return found


def _is_foreign(spec: Place) -> bool:
    """Whether a `taskSpec` is that of a custom task."""
    version = spec.get("apiVersion")
    return version is not None and bool(version.text)


def _workspace(use: Use) -> str | None:
    """The workspace that a variable names in a way that Tekton replaces."""
    variable = use.variable
    if variable.root != "workspaces" or variable.quoted or variable.subscript is not None:
        return None
    return variable.workspace if variable.names[-1:] and variable.names[-1] in _PARTS else None


def _is_prose(use: Use, spec: Place) -> bool:
    """Whether a variable stands in a description, or in a comment of a script."""
    if {"description", "displayName", "metadata"} & set(use.place.path[len(spec.path) :]):
        return True
    return _line_of(use).lstrip().startswith("#")


def _line_of(use: Use) -> str:
    """The line of a script in which a variable stands."""
    assert isinstance(use.place.node, Scalar)
    text = use.place.node.text
    end = text.find("\n", use.variable.end)
    return text[text.rfind("\n", 0, use.variable.start) + 1 : end if end >= 0 else len(text)]


def _is_idle(where: list[Use], spec: Place) -> bool:
    """Whether nothing may come of a wrong name: it is asked for first, or only stands in `env` that no script reads."""
    if any(use.variable.names[-1] == "bound" for use in where):
        return True
    variables: list[str] = []
    for use in where:
        parent = use.place.parent if "env" in use.place.path[-3:] else None
        name = name_of(parent)
        if name is None:
            return False
        variables.append(name)
    steps = list(spec.each("steps"))
    scripts = [script.text or "" for step in steps if (script := step.get("script")) is not None]
    return len(scripts) == len(steps) and not any(name in script for name in variables for script in scripts)


def _no_workspace(use: Use, name: str, scope: _Scope) -> str:
    whose = {
        "": "This task has no workspace",
        "run": "Neither this task nor the run around it has a workspace",
        "pipeline": "Neither this task nor its pipeline has a workspace",
    }[scope.inside]
    if use.variable.names[-1] == "bound":
        then = "and it is never `true`"
    elif use.place.path[-1:] == ("script",):
        then = "and a shell takes it for a command that prints nothing"
    else:
        then = "in place of a path"
    fate = f"Tekton leaves the text as it is, {then}"
    if scope.inside:
        fate = f"the task does not start, or the text stays as it is, {then}"
    if scope.open:
        fate = f"unless each run binds one, {fate}"
    near = _near(name, scope.names)
    advice = f"Did you mean `{use.text.replace(name, near, 1)}`?" if near else "Declare it under `workspaces`."
    joint = ": " if scope.open else ", so "
    return f"{whose} `{name}`{joint}{fate}. {advice}"


def _other_workspace(where: list[Use], old: str, new: str | None, ctx: Context) -> Fix | None:
    """Names another workspace, everywhere in a task."""
    from tektonlint import edit

    if new is None:
        return None

    def change() -> edit.Change:
        made: edit.Change | None = None
        for use in where:
            start = use.variable.start + len("$(workspaces.")
            one = edit.replace_fragment(use.place, start, start + len(old), new)
            made = one if made is None else made.with_(one)
        assert made is not None
        return made

    # The other workspace may be one that only some steps list.
    follow = ("isolated-workspace-used-elsewhere",)
    return ctx.fix(f"write `{new}` for `{old}`", change, Safety.UNSAFE, follow=follow)


def isolated_workspace_used_elsewhere(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Steps and sidecars that use a workspace's path without listing it, where others list it.

    As soon as one lists it, only those that list it get the mount (pkg/workspace/apply.go:127-190).
    """
    if spec.resource.partial or _is_foreign(spec):
        return
    task = ctx.model.task(spec)
    for container in (*task.steps, *task.sidecars) if task.isolated else ():
        listed = _listed_by(container)
        found: dict[str, list[Use]] = {}
        for use in uses(container):
            found.setdefault(use.variable.workspace or "", []).append(use)
        for name, where in found.items():
            if listed is None or name in listed or name not in task.isolated or name not in task.workspaces:
                continue
            needed = [use for use in where if _needs_the_files(use, container)]
            if needed and not any(use.variable.names[-1] == "volume" for use in where):
                asks = all(use.place.path[-1:] == ("script",) and _ASKS.match(_line_of(use)) for use in needed)
                severity = Severity.WARNING if asks else None
                yield _not_mounted(needed, container, name, task.isolated[name], ctx, severity)


def _listed_by(container: Place) -> set[str] | None:
    """The workspaces that a step or sidecar lists; None where one is only known later."""
    listed = container.get("workspaces")
    names = [name_of(one) for one in container.each("workspaces")]
    return None if (listed is not None and listed.text is not None) or None in names else {*filter(None, names)}


# Lines that only show a text: no redirection, no pipe and no second command.
_PRINTS = pattern(r"\s*(?:echo|printf)\s(?:[^|&;<>`$]|\$\((?:workspaces|params|context)\.[^()]*\)|\$\w|\$\{\w+\})*")
# Lines that only ask whether something is there: that it never is may be what is asked.
_ASKS = pattern(r"\s*(?:el)?if\s+(?:!\s+)?(?:\[|test\s)")
_PRINTERS = frozenset(("echo", "printf"))


def _needs_the_files(use: Use, container: Place) -> bool:
    """Whether a step does more with a path than print it."""
    if use.variable.names[-1] != "path" or use.variable.quoted:
        return False
    field = next(iter(use.place.path[len(container.path) :]), None)
    if field == "script":
        line = _line_of(use)
        return not line.lstrip().startswith("#") and not _PRINTS.fullmatch(line)
    if field in ("args", "command"):
        command = next(container.each("command"), None)
        return command is None or (command.text or "").rpartition("/")[2] not in _PRINTERS
    return field in ("workingDir", "env", "params")


def _not_mounted(
    needed: list[Use],
    container: Place,
    name: str,
    listing: tuple[Place, ...],
    ctx: Context,
    severity: Severity | None,
) -> Finding:
    from tektonlint import edit

    use, listed = needed[0], container.get("workspaces")
    kind = "Sidecar" if "sidecars" in container.path[-2:] else "Step"
    who = f"{kind} `{name_of(container)}`" if name_of(container) else f"This {kind.lower()}"
    others = " and ".join(f"`{name_of(one)}`" if name_of(one) else "another" for one in listing[:2])
    if len(listing) > 2:
        others = f"{others} and {len(listing) - 2} more"
    verb = "list" if len(listing) > 1 else "lists"
    message = (
        f"{who} uses the workspace `{name}`, but as {others} {verb} it, only those that list it get it mounted, and "
        f"there is nothing at its path here. Add `workspaces: [{{name: {name}}}]` to this {kind.lower()}."
    )

    def change() -> edit.Change:
        item: dict[str, edit.Data] = {"name": name}
        if listed is not None:
            return edit.append_item(listed, item)
        return edit.insert_key(container, "workspaces", [item], after="image")

    fix = ctx.fix(f"list `{name}` in this {kind.lower()} too", change, Safety.UNSAFE)
    related = [(_entry(one, name), "listed here") for one in listing[:_MANY]]
    related += [(one.location, "used here too") for one in needed[1:_MANY]]
    return ctx.finding(use.place, message, at=use.location, severity=severity, related=related, fix=fix)


def _entry(container: Place, name: str) -> Location:
    """Where a step lists a workspace."""
    return next(one.location for one in container.each("workspaces") if name_of(one) == name)


def unknown_workspace(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Workspaces of a pipeline or a task that are used but not declared, or declared but not used.

    pkg/apis/pipeline/v1/pipeline_validation.go, PipelineTask.validateWorkspaces; task_validation.go,
    validateWorkspaceUsages.
    """
    resource = whole.resource
    if resource.partial:
        return
    for place in select(resource, "pipeline-specs"):
        pipeline = ctx.model.pipeline(place)
        if len(place.path) - len(resource.path) <= 2:
            yield from _not_in_pipeline(pipeline, ctx)
            yield from _unused_in_pipeline(pipeline, ctx)
    for place in select(resource, "task-specs"):
        if not _is_foreign(place):
            task = ctx.model.task(place)
            yield from _not_in_task(task, ctx)
            yield from _unused_in_task(task, ctx)


def _not_in_pipeline(pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    """What tasks bind that the pipeline does not declare.

    In the inline pipeline of a PipelineRun those that the run binds are as good as declared; for the others admission
    refuses a v1beta1 run and does not look at a v1 one.
    """
    resource = pipeline.resource
    declared = _names_in(pipeline.place)
    if declared is None:
        return
    inline = resource.kind == "PipelineRun"
    checked = not inline or resource.version == "v1beta1"
    run = ctx.model.run(resource) if inline else None
    if run is not None:
        if not run.bindings_are_known:
            return
        declared = declared | set(run.bindings)
    for task in pipeline.all_tasks:
        for binding in task.place.each("workspaces"):
            key, name = _bound(binding)
            at = binding.get(key) if name is not None and name not in declared else None
            if at is None or name is None:
                continue
            severity = None
            whose, fate = "the pipeline does not declare it", "so Tekton refuses the pipeline"
            if inline:
                whose, fate = "neither the run nor its pipeline has it", "so Tekton refuses the run"
            if not checked:
                optional = _may_be_optional(task, binding, ctx)
                if optional is None:
                    continue
                severity = Severity.WARNING if optional else None
                fate = "so the run fails when this task is to start"
            if resource.created and checked:
                fate = "so Tekton refuses the run when an event comes to create it"
            patched = ctx.model.is_patched(resource)
            message = (
                f"`{task.title}` uses the workspace `{name}`, but {whose}, {fate}"
                f"{_meant(name, declared) or _declare(inline)}"
            )
            yield ctx.finding(
                at, message, severity=Severity.NOTE if patched else severity, refused=checked and not patched
            )


def _declare(inline: bool) -> str:
    return ". Bind it under `workspaces` of the run." if inline else ". Declare it under `workspaces` of the pipeline."


def _bound(binding: Place) -> tuple[str, str | None]:
    """The pipeline's workspace that an item of a PipelineTask's `workspaces` binds, behind the key that names it."""
    mapped = binding.get("workspace")
    key = "workspace" if mapped is not None and mapped.text != "" else "name"
    return key, name_of(binding, key)


def _may_be_optional(task: PipelineTask, binding: Place, ctx: Context) -> bool | None:
    """Whether a task may do without a workspace: False and None say for certain that it cannot or can."""
    answer = ctx.model.task_of(task)
    if answer.found is None:
        return True
    declared = answer.found.workspaces.get(name_of(binding) or "")
    return None if declared is not None and declared.optional else False


def _not_in_task(task: Task, ctx: Context) -> Iterator[Finding]:
    """What steps and sidecars list that the task does not declare."""
    declared = _names_in(task.place) if task.isolated else None
    if declared is None:
        return
    resource = task.resource
    for container in (*task.steps, *task.sidecars):
        for listed in container.each("workspaces"):
            at, name = listed.get("name"), name_of(listed)
            if at is None or name is None or name in declared:
                continue
            what = {"Pipeline": "pipeline", "PipelineRun": "run", "TaskRun": "run"}.get(resource.kind, "task")
            when = " when an event comes to create it" if resource.created else ""
            message = (
                f"This lists the workspace `{name}`, but the task does not declare it, so Tekton refuses the "
                f"{what}{when}{_meant(name, declared) or '. Declare it under `workspaces` of the task.'}"
            )
            patched = ctx.model.is_patched(resource)
            yield ctx.finding(at, message, severity=Severity.NOTE if patched else None, refused=not patched)


def _unused_in_pipeline(pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    """What a pipeline declares and no task uses; whatever an inline task names reaches it from there."""
    declared = [one for one in pipeline.workspaces.values() if not one.optional]
    if not declared:
        return
    used: set[str | None] = set()
    for task in pipeline.all_tasks:
        for binding in task.place.each("workspaces"):
            name = _bound(binding)[1]
            if name is None:
                return
            used.add(name)
        for key in ("taskSpec", "pipelineSpec"):
            inline = task.place.get(key)
            names = _names_in(inline) if inline is not None else set[str]()
            if names is None:
                return
            used |= names
    unused = [one for one in declared if one.name not in used]
    if unused:
        used.update(one.variable.workspace for one in uses(pipeline.place))
    for one in unused:
        if one.name not in used:
            message = (
                f"No task of this pipeline uses the workspace `{one.name}`, yet every run has to bind a volume to it. "
                "Pass it to the task that needs it, or delete it."
            )
            yield from _unused(one, message, ctx)


def _unused_in_task(task: Task, ctx: Context) -> Iterator[Finding]:
    """What a task declares and nothing in it mentions.

    Tools find some directories by where they are mounted, so those with a `mountPath` say nothing; nor do steps that
    a StepAction or the image brings.
    """
    if not task.workspaces:
        return
    variables = [one.variable for one in uses(task.place)]
    used = {one.workspace for one in variables} | set(task.isolated)
    declared = [
        one
        for one in task.workspaces.values()
        if one.name not in used and not one.optional and one.place.get("mountPath") is None
    ]
    if not declared or any(not _says_what_it_does(step) for step in (*task.steps, *task.sidecars)):
        return
    if any(_WORK.search(one.param or "") for one in variables):
        return
    paths = [text for text in _texts(task.place) if "/workspace" in text]
    if any(_ANY_WORKSPACE.search(text) for text in paths):
        return
    for one in declared:
        if any(f"/workspace/{one.name}" in text for text in paths):
            continue
        message = (
            f"Nothing in this task uses the workspace `{one.name}`, yet whoever runs it has to bind a volume to it. "
            f"Use `$(workspaces.{one.name}.path)`, or delete it."
        )
        yield from _unused(one, message, ctx)


def _says_what_it_does(step: Place) -> bool:
    """Whether a step's work is written in the file: a script or a command, not what an image or StepAction brings."""
    return step.get("ref") is None and (step.get("script") is not None or step.get("command") is not None)


def _texts(place: Place) -> Iterator[str]:
    """Every text at and below a place."""
    waiting = [place]
    while waiting:
        one = waiting.pop()
        if one.text:
            yield one.text
        waiting.extend((*one.entries(), *one.items()))


# Params that bring a script or a part of one, which may use any workspace.
_WORK = pattern(r"(?i)script|command|cmd|args")
# `/workspace` itself, or a directory below it whose name is only known later.
_ANY_WORKSPACE = pattern(r"/workspace(?:/?(?![\w/.-])|/[$*{])")


def _unused(declared: WorkspaceDeclaration, message: str, ctx: Context) -> Iterator[Finding]:
    at = declared.place.get("name")
    if at is not None and not ctx.model.is_patched(at.resource):
        yield ctx.finding(at, message, severity=Severity.NOTE)
