"""Timeouts that the base of the tree had, and that are gone or shorter now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Severity
from tektonlint.model.timeouts import is_shorter, limit_of, written
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.past import Past
    from tektonlint.model.pipelines import PipelineTask
    from tektonlint.model.runs import PipelineRun

# What may be found once a timeout is back.
_FOLLOW = ("task-timeout-exceeds-run", "timeout-budget", "retries-multiply-timeout", "run-timeout-not-inherited")
_LIMITS = ("pipeline", "tasks", "finally")


def timeout_lost(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Explicit timeouts of tasks and runs that the base has and the tree has not, or has shorter."""
    from tektonlint.model.past import past_of
    from tektonlint.tekton.selectors import select

    past = past_of(ctx.model)
    resource = whole.resource
    if past is None or resource.partial or resource.group != "tekton.dev":
        return
    for place in select(resource, "pipeline-tasks"):
        yield from _of_task(ctx.model.pipeline_task(place), past, ctx)
    old = past.resource(resource)
    if old is None or old.kind != resource.kind:
        return
    if resource.kind == "PipelineRun":
        run, then = ctx.model.run(resource), past.then.run(old)
        yield from _of_run(run, then, past, ctx)
        yield from _of_task_run_specs(run, then, past, ctx)
    elif resource.kind == "TaskRun":
        spec, was = whole.get("spec"), old.place.get("spec", "timeout")
        if spec is not None and was is not None:
            yield from _of_task_run(spec, was, past, ctx)


def _of_task(task: PipelineTask, past: Past, ctx: Context) -> Iterator[Finding]:
    was = past.lost_timeout(task)
    if was is not None:
        severity = Severity.NOTE if ctx.model.is_patched(task.place.resource) else None
        subject = f"Task `{task.title}`"
        yield _finding(subject, task.place, "timeout", was, past, ctx, severity=severity, after="name")


def _of_run(run: PipelineRun, then: PipelineRun, past: Past, ctx: Context) -> Iterator[Finding]:
    """What is left of `timeouts`; a v1beta1 `timeout` is its `pipeline`."""
    limits, were = run.limits(ctx.model.target), then.limits(ctx.model.target)
    if limits is None or were is None:
        return
    for name in _LIMITS:
        was = then.place.get("timeouts", name) or (then.old_timeout if name == "pipeline" else None)
        now = run.place.get("timeouts", name) or (run.old_timeout if name == "pipeline" else None)
        if was is None or written(was) is None:
            continue
        if now is None and name == "pipeline" and limits.pipeline == limit_of(was):
            # The cluster's default, filled in, is the same.
            continue
        if now is None and name == "tasks" and limits.finally_ is not None and limits.for_tasks >= were.for_tasks:
            continue
        if now is None and name == "finally" and limits.tasks is not None and limits.for_finally >= were.for_finally:
            continue
        if now is not None:
            if is_shorter(limit_of(now), limit_of(was)):
                owner = now.parent or run.place
                yield _finding(f"Run `{run.title}`", owner, str(now.path[-1]), was, past, ctx)
        else:
            yield _finding(f"Run `{run.title}`", run.place, f"timeouts.{name}", was, past, ctx)


def _of_task_run_specs(run: PipelineRun, then: PipelineRun, past: Past, ctx: Context) -> Iterator[Finding]:
    pipeline = ctx.model.pipeline_of(run).found
    tasks = {task.name: task for task in pipeline.all_tasks} if pipeline is not None else None
    for name, spec in then.task_specs.items():
        was = spec.get("timeout")
        if was is None or written(was) is None:
            continue
        now = run.task_specs.get(name)
        task = tasks.get(name) if tasks is not None else None
        if tasks is not None and task is None:
            # The whole task is gone, or it is called otherwise now.
            task = next((one for one in tasks.values() if _was_called(one, past) == name), None)
            if task is None:
                continue
            now = run.task_specs.get(task.name or "")
        said = now.get("timeout") if now is not None else None
        effective = ctx.model.effective_timeout(task, run) if task is not None else None
        if effective is not None and effective.explicit:
            if not is_shorter(effective.timeout, limit_of(was)):
                continue
        elif said is not None and not is_shorter(limit_of(said), limit_of(was)):
            continue
        subject = f"Task `{task.title if task is not None else name}`"
        if now is not None:
            yield _finding(subject, now, "timeout", was, past, ctx)
        else:
            yield _gone(subject, run.place, name, was, past, ctx)


def _was_called(task: PipelineTask, past: Past) -> str | None:
    then = past.pipeline_task(task)
    return then.name if then is not None else None


def _of_task_run(spec: Place, was: Place, past: Past, ctx: Context) -> Iterator[Finding]:
    now, default = spec.get("timeout"), ctx.model.target.default_timeout
    is_lost = is_shorter(limit_of(now), limit_of(was)) if now is not None else limit_of(was) != default
    if written(was) is not None and is_lost:
        yield _finding(f"TaskRun `{spec.resource.name or 'this run'}`", spec, "timeout", was, past, ctx)


def _finding(
    subject: str,
    owner: Place,
    field: str,
    was: Place,
    past: Past,
    ctx: Context,
    *,
    severity: Severity | None = None,
    after: str | None = None,
) -> Finding:
    """A timeout under `field` of a mapping that is not there, or shorter than it was."""
    from tektonlint import edit

    old = written(was) or ""
    *above, name = field.split(".")
    holder = owner.get(*above)
    now = holder.get(name) if holder is not None else None
    has = f"`{written(now) or 'another one'}`" if now is not None else "none"
    message = (
        f"{subject} had `{field}: {old}` in `{past.where(was)}`; this version has {has}. "
        "If that is not intended, restore it."
    )

    def restored() -> edit.Change:
        if now is not None:
            return edit.replace_scalar(now, old)
        if holder is not None:
            return edit.insert_key(holder, name, old, after=after)
        return edit.insert_key(owner, above[0], {name: old})

    at = now or owner.get("name") or holder or owner
    return ctx.finding(
        at,
        message,
        at=at.location if now is not None or at.text is not None else at.key_location,
        severity=severity,
        fix=ctx.fix(f"write `{field}: {old}` again", restored, follow=_FOLLOW),
    )


def _gone(subject: str, run: Place, task: str, was: Place, past: Past, ctx: Context) -> Finding:
    """A run's timeout for one task, and all else that the run said of the task."""
    from tektonlint import edit

    old = written(was) or ""
    specs = run.get("taskRunSpecs")
    message = (
        f"{subject} had `taskRunSpecs[].timeout: {old}` in `{past.where(was)}`; this version has none. "
        "If that is not intended, restore it."
    )
    item: edit.Data = {"pipelineTaskName": task, "timeout": old}

    def restored() -> edit.Change:
        return edit.append_item(specs, item) if specs is not None else edit.insert_key(run, "taskRunSpecs", [item])

    at = specs or run
    fix: Fix | None = ctx.fix(f"write the timeout of `{task}` again", restored, follow=_FOLLOW)
    return ctx.finding(at, message, at=at.key_location, fix=fix)
