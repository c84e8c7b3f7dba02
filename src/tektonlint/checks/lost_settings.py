"""Settings that the base of the tree had for a task, and that are gone now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Severity
from tektonlint.model.definitions import name_of, number_of
from tektonlint.model.settings import (
    OF_PODS,
    Path,
    Settings,
    data_of,
    lost,
    path_in,
    pod_settings,
    resources_of,
    restored,
    said,
    security_of,
    shown,
)
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.definitions import Task
    from tektonlint.model.past import Past
    from tektonlint.model.pipelines import PipelineTask
    from tektonlint.model.runs import PipelineRun, TaskRun

    Run = PipelineRun | TaskRun

_MOST = 4


class _Loss(NamedTuple):
    """What is gone: whose it was, its name and value, where it was, what is there now, and where to say so."""

    subject: str
    had: Dict[str, str]
    was: Place
    at: Place
    new: str | None = None
    fix: Fix | None = None


def config_lost(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Resources, security settings, retries, sub-paths, digests and flags that the base has and the tree has not."""
    from tektonlint.model.past import past_of

    past = past_of(ctx.model)
    resource = whole.resource
    if past is None or resource.partial or resource.group != "tekton.dev":
        return
    severity = Severity.NOTE if ctx.model.is_patched(resource) else None
    for loss in _losses(whole, past, ctx):
        had = listed((f"`{name}: {value}`" for name, value in loss.had.items()), _MOST)
        message = (
            f"In `{past.where(loss.was)}`, {loss.subject} had {had}; "
            f"this version has {f'`{loss.new}`' if loss.new is not None else 'none'}. "
            "If that is not intended, restore it."
        )
        at = loss.at.location if loss.at.text is not None else loss.at.key_location
        yield ctx.finding(loss.at, message, at=at, severity=severity, fix=loss.fix)


def _losses(whole: Place, past: Past, ctx: Context) -> Iterator[_Loss]:
    from tektonlint.tekton.selectors import select

    resource, old = whole.resource, past.resource(whole.resource)
    for place in select(resource, "pipeline-tasks"):
        yield from _of_pipeline_task(ctx.model.pipeline_task(place), past, ctx)
    for place in select(resource, "task-specs"):
        yield from _of_task(ctx.model.task(place), past, ctx)
    if old is None or old.kind != resource.kind:
        return
    if resource.kind == "PipelineRun":
        yield from _of_run(ctx.model.run(resource), past.then.run(old), past, ctx)
    elif resource.kind == "TaskRun":
        yield from _of_task_run(ctx.model.task_run(resource), past.then.task_run(old), ctx)


# Of a task in a pipeline.


def _of_pipeline_task(task: PipelineTask, past: Past, ctx: Context) -> Iterator[_Loss]:
    then = past.pipeline_task(task)
    if then is None or task.runs_pipeline:
        return
    subject, at = f"task `{task.title}`", task.place.get("name") or task.place
    yield from _retries(subject, task.place, then.place, at, ctx)
    yield from _on_error(subject, task.place, then.place, at, ctx)
    runs = ctx.model.runs_of(task.pipeline)
    for name, was in then.workspaces.items():
        now = task.workspaces.get(name)
        if now is None or not was.sub_path or now.sub_path:
            continue
        bound = [run.bindings[now.workspace] for run in runs if now.workspace in run.bindings]
        if not bound or not all(one.sub_path for one in bound):
            yield _sub_path(f"workspace `{name}` of {subject}", now.place, was.place, now.place.get("name"), ctx)


def _retries(subject: str, owner: Place, then: Place, at: Place, ctx: Context) -> Iterator[_Loss]:
    was, now = then.get("retries"), owner.get("retries")
    if was is not None and (number_of(was) or 0) > 0 and (now is None or number_of(now) == 0):
        yield _scalar(subject, owner, "retries", was, at, ctx)


def _on_error(subject: str, owner: Place, then: Place, at: Place, ctx: Context) -> Iterator[_Loss]:
    was, now = then.get("onError"), owner.get("onError")
    if was is not None and was.text == "continue" and (now is None or now.text == "stopAndFail"):
        yield _scalar(subject, owner, "onError", was, at, ctx)


def _sub_path(subject: str, owner: Place, then: Place, at: Place | None, ctx: Context) -> _Loss:
    was = then.get("subPath")
    assert was is not None
    return _scalar(subject, owner, "subPath", was, at or owner, ctx)


# Of a task and its steps.


def _of_task(task: Task, past: Past, ctx: Context) -> Iterator[_Loss]:
    then = past.task(task)
    if then is None:
        return
    uses = _Uses(task, ctx)
    if then.template is not None:
        everywhere = _everywhere([resources_of(step) | security_of(step) for step in task.steps])
        old, new = _settings_of(then.template), _settings_of(task.template)
        gone = lost(old, new, everywhere, uses.resources(None), uses.security)
        at = task.resource.place.get("metadata", "name") if task.name is not None else None
        yield from _settings("the stepTemplate", task.place, ("stepTemplate",), gone, at or task.place, ctx)
    for step, was in past.steps(task):
        # What a StepAction says of itself is not this task's.
        if step.get("ref") is None and was.get("ref") is None:
            yield from _of_step(step, was, task, then, uses, ctx)


def _of_step(step: Place, was: Place, task: Task, then: Task, uses: _Uses, ctx: Context) -> Iterator[_Loss]:
    is_step = "steps" in step.path[-2:]
    name, at = name_of(step), step.get("name") or step.get("image") or step
    subject = f"{'step' if is_step else 'sidecar'} `{name}`" if name else "this container"
    template = _settings_of(task.template) if is_step else {}
    gone = lost(_settings_of(was), _settings_of(step), template, uses.resources(name), uses.security)
    yield from _settings(subject, step, (), gone, at, ctx)
    yield from _on_error(subject, step, was, at, ctx)
    mounts = {_text(one, "mountPath"): one for one in step.each("volumeMounts")}
    for one in was.each("volumeMounts"):
        mount = mounts.get(_text(one, "mountPath"))
        has_one = mount is None or _text(mount, "subPath") or _text(mount, "subPathExpr")
        if mount is not None and _text(one, "subPath") and not has_one:
            yield _sub_path(f"a mount of {subject}", mount, one, mount.get("mountPath"), ctx)
    yield from _digest(subject, step, was, task, then, ctx)
    yield from _flags(subject, step, was, task, ctx)


def _digest(subject: str, step: Place, was: Place, task: Task, then: Task, ctx: Context) -> Iterator[_Loss]:
    """The digest of an image that is still the same one; of another image it would be another digest."""
    from tektonlint import edit

    place, old_place = step.get("image"), was.get("image")
    old, new = then.image_of(was), task.image_of(step)
    if place is None or old_place is None or old is None or new is None:
        return
    before, now = parse_image(old), parse_image(new)
    if before.digest is None or now.digest is not None or _last(before.repository) != _last(now.repository):
        return
    fix = None
    if (new, old) == (place.text, old_place.text) and before._replace(digest=None) == now:
        fix = ctx.fix("name the digest again", lambda: edit.replace_scalar(place, old))
    yield _Loss(subject, {"image": old}, old_place, place, f"image: {new}", fix)


def _flags(subject: str, step: Place, was: Place, task: Task, ctx: Context) -> Iterator[_Loss]:
    from tektonlint.model.flags import lost_flags

    script, old = step.get("script"), was.get("script")
    for flag in lost_flags(step, was, task):
        assert script is not None
        assert old is not None
        fix = _inserted(flag.written, script, flag.at, ctx) if flag.at is not None else None
        had = {f"buildah {flag.command} {flag.flag}": flag.value}
        yield _Loss(subject, had, old, step.get("name") or step.get("image") or step, fix=fix)


def _inserted(words: str, script: Place, at: int, ctx: Context) -> Fix | None:
    from tektonlint import edit

    return ctx.fix(f"write `{words}` again", lambda: edit.replace_fragment(script, at, at, f" {words}"))


class _Uses:
    """What every run of a task says that is known, besides what the task says itself."""

    def __init__(self, task: Task, ctx: Context) -> None:
        from tektonlint.model.pipelines import PipelineTask
        from tektonlint.model.security import pod_security

        self._specs: list[Place | None] = []
        pods: list[Place | None] = []
        for user in ctx.model.users_of(task):
            if not isinstance(user, PipelineTask):
                self._specs.append(user.place)
                pods.append(pod_security(user))
                continue
            for run in ctx.model.runs_of(user.pipeline):
                self._specs.append(run.task_specs.get(user.name or ""))
                pods.append(pod_security(run, user.name))
        every = _everywhere([pod_settings(pod) for pod in pods])
        self.security: Settings = {path[1:]: one for path, one in every.items() if path[2] in OF_PODS}

    def resources(self, step: str | None) -> Settings:
        """The resources that all of them give to the whole task, or to one of its steps."""
        return _everywhere([self._resources(spec, step) for spec in self._specs])

    def _resources(self, spec: Place | None, step: str | None) -> Settings:
        found = resources_of(spec)
        for one in (*spec.each("stepSpecs"), *spec.each("stepOverrides")) if spec is not None else ():
            if step is not None and name_of(one) == step:
                found = found | resources_of(one)
        return found


# Of runs.


def _of_run(run: PipelineRun, then: PipelineRun, past: Past, ctx: Context) -> Iterator[_Loss]:
    from tektonlint.model.security import pod_security

    subject = f"run `{run.title}`"
    pipeline = ctx.model.pipeline_of(run).found
    tasks = pipeline.all_tasks if pipeline is not None else ()
    specs = [ctx.model.task_of(task).found for task in tasks]
    of_tasks = _everywhere([pod_settings(pod_security(run, task.name)) for task in tasks])
    gone = lost(pod_settings(pod_security(then)), pod_settings(pod_security(run)), of_tasks, _as_pods(specs))
    above = ("taskRunTemplate",) if run.resource.version == "v1" else ()
    yield from _settings(subject, run.place, above, gone, run.place, ctx)
    for name, was in then.task_specs.items():
        if pipeline is None:
            yield from _of_task_run_spec(run, then, name, name, was, None, ctx)
        for task in tasks:
            before = past.pipeline_task(task)
            if name == (before.name if before is not None else task.name) and task.name is not None:
                yield from _of_task_run_spec(run, then, name, task.name, was, ctx.model.task_of(task).found, ctx)
    given = {one.workspace for task in tasks for one in task.workspaces.values() if one.sub_path}
    yield from _bindings(run, then, given, ctx)


def _of_task_run_spec(
    run: PipelineRun, then: PipelineRun, before: str, name: str, was: Place, task: Task | None, ctx: Context
) -> Iterator[_Loss]:
    """What an item of `taskRunSpecs` said of a task that is called `name` now, and was called `before`."""
    from tektonlint.model.security import pod_security

    now, own = run.task_specs.get(name), then.pod_template_of(before)
    pod = pod_settings(own.get("securityContext") if own is not None else None)
    gone = lost(pod, pod_settings(pod_security(run, name)), _as_pods([task]))
    if run.resource.version != "v1":
        gone = {("taskPodTemplate", *path[1:]): place for path, place in gone.items()}
    gone |= lost(resources_of(was), resources_of(now), _anywhere(task))
    subject = f"task `{name}` of run `{run.title}`"
    if now is not None:
        yield from _settings(subject, now, (), gone, now.get("pipelineTaskName") or now, ctx)
    elif gone:
        yield _Loss(subject, said(gone), next(iter(gone.values())), run.place.get("taskRunSpecs") or run.place)


def _of_task_run(run: TaskRun, then: TaskRun, ctx: Context) -> Iterator[_Loss]:
    from tektonlint.model.security import pod_security

    subject, task = f"TaskRun `{run.title}`", ctx.model.task_of(run).found
    gone = lost(pod_settings(pod_security(then)), pod_settings(pod_security(run)), _as_pods([task]))
    gone |= lost(resources_of(then.place), resources_of(run.place), _anywhere(task))
    yield from _settings(subject, run.place, (), gone, run.place, ctx)
    yield from _retries(subject, run.place, then.place, run.place, ctx)
    yield from _bindings(run, then, set(), ctx)


def _bindings(run: Run, then: Run, given: set[str | None], ctx: Context) -> Iterator[_Loss]:
    """Sub-paths of what runs bind, but for those that the tasks' own bindings have now."""
    for name, was in then.bindings.items():
        now = run.bindings.get(name)
        if now is not None and was.sub_path and not now.sub_path and name not in given:
            subject = f"workspace `{name}` of run `{run.title}`"
            yield _sub_path(subject, now.place, was.place, now.place.get("name"), ctx)


# Settings that are elsewhere.


def _settings_of(owner: Place | None) -> Settings:
    return resources_of(owner) | security_of(owner)


def _everywhere(each: Iterable[Settings]) -> Settings:
    """What all of several owners have; nothing where there is none."""
    first, *others = each or ({},)
    return {path: place for path, place in first.items() if all(path in other for other in others)}


def _anywhere(task: Task | None) -> Settings:
    """The resources of any step: Tekton gives those of a whole task to its steps as well, and only the sum counts."""
    found: Settings = {}
    for owner in (*task.steps, task.template) if task is not None else ():
        found |= resources_of(owner)
    return found


def _as_pods(tasks: Iterable[Task | None]) -> Settings:
    """What every step of all tasks says of itself, called as if their pods said it; nothing if a task is not known."""
    each = [
        security_of(step) | security_of(task.template) if task is not None else {}
        for task in tasks
        for step in (task.steps if task is not None else (None,))
    ]
    return {("podTemplate", *path): place for path, place in _everywhere(each).items()}


# What is said of it.


def _settings(subject: str, owner: Place, above: Path, gone: Settings, at: Place, ctx: Context) -> Iterator[_Loss]:
    """One loss for all that is gone of one mapping; `above` leads from the owner to where it was."""
    for name in dict.fromkeys(path[0] for path in gone):
        some = {path: place for path, place in gone.items() if path[0] == name}
        yield _Loss(subject, said(some), next(iter(some.values())), at, fix=_written(owner, above, some, ctx))


def _written(owner: Place, above: Path, gone: Settings, ctx: Context) -> Fix | None:
    data = {path_in(owner, above, path): data_of(place.node) for path, place in gone.items()}
    return ctx.fix(f"write `{next(iter(gone))[0]}` again", lambda: restored(owner, data))


def _scalar(subject: str, owner: Place, key: str, was: Place, at: Place, ctx: Context) -> _Loss:
    """A key of a mapping that is not there any more, or says that it is off."""
    from tektonlint import edit

    now, value = owner.get(key), data_of(was.node)

    def again() -> edit.Change:
        if not isinstance(value, str | int):
            raise edit.Refusal("the value cannot be written again")
        return edit.insert_key(owner, key, value, after="name") if now is None else edit.replace_scalar(now, value)

    new = f"{key}: {shown(now.node)}" if now is not None else None
    fix = ctx.fix(f"write `{key}: {shown(was.node)}` again", again)
    return _Loss(subject, {key: shown(was.node)}, was, now or at, new, fix)


def _text(owner: Place, key: str) -> str | None:
    place = owner.get(key)
    return place.text if place is not None else None


def _last(repository: str) -> str:
    return repository.rpartition("/")[2]
