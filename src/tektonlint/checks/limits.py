"""Limits that cannot hold together, are not there, or do not reach what they are meant for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Sequence
from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.model.definitions import unless_null
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tekton.durations import parse, text_of
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select
from tektonlint.tekton.target import HANDS_DOWN, TASK_RUN_SPECS

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import Limits, PipelineRun
    from tektonlint.model.timeouts import Effective

_CHILD_PIPELINES = (1, 14)


def inconsistent_timeouts(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Timeouts below zero, and `timeouts` whose parts do not fit into the whole.

    pkg/apis/pipeline/v1/pipelinerun_validation.go:90-105,297-334; taskrun_validation.go:122;
    container_validation.go (Step.Validate).
    """
    resource = whole.resource
    if resource.group != "tekton.dev":
        return
    negative = list(_negative(resource, ctx))
    yield from negative
    spec = whole.get("spec")
    if resource.kind == "PipelineRun" and spec is not None and not negative:
        yield from _uneven(spec, ctx)


def _negative(resource: Resource, ctx: Context) -> Iterator[Finding]:
    for place in _timeouts_of(resource):
        if (_duration(place) or 0) < 0:
            message = f"A timeout cannot be negative, so Tekton refuses the {_object(resource)}. {_SAY_HOW_LONG}"
            yield ctx.finding(place, message, refused=True)


_SAY_HOW_LONG = 'Write how long it may take, or `"0"` for no limit.'


def _object(resource: Resource) -> str:
    return "run" if resource.kind.endswith("Run") else resource.kind.lower()


def _timeouts_of(resource: Resource) -> Iterator[Place]:
    """Every timeout that admission wants to be zero or more, but for those in `taskRunSpecs`.

    That of a pipeline's task is not among them: Tekton takes the pipeline (and fails to create the TaskRun).
    """
    spec = resource.place.get("spec")
    if spec is None:
        return
    found: list[Place | None] = []
    if resource.kind == "PipelineRun":
        found.extend(_said(spec, "timeouts", name) for name in ("pipeline", "tasks", "finally"))
    if resource.kind == "TaskRun" or (resource.kind == "PipelineRun" and resource.version == "v1beta1"):
        found.append(_said(spec, "timeout"))
    for task in select(resource, "task-specs"):
        found.extend(_said(step, "timeout") for step in task.each("steps"))
    yield from (place for place in found if place is not None)


class _Parts(NamedTuple):
    """What a run says in `timeouts`: where it stands, and its time; None where nothing is said."""

    pipeline: Place | None
    whole: int
    tasks: Place | None
    tasks_time: int
    final: Place | None
    final_time: int

    @property
    def both(self) -> bool:
        return self.tasks is not None and self.final is not None

    @property
    def need(self) -> int | None:
        """What `timeouts.pipeline` has to be at least, 0 for no limit; None where no value makes them fit."""
        unlimited = (self.tasks is not None and not self.tasks_time) or (self.final is not None and not self.final_time)
        if unlimited:
            return None if self.tasks_time or self.final_time else 0
        return self.tasks_time + self.final_time


def _parts(spec: Place, ctx: Context) -> _Parts | None:
    """None where one of them is only known later, or cannot be read."""
    timeouts = spec.get("timeouts")
    pipeline, tasks, final = (_said(spec, "timeouts", name) for name in ("pipeline", "tasks", "finally"))
    if pipeline is None and spec.resource.version == "v1beta1":
        pipeline = _said(spec, "timeout")
    places = (pipeline, tasks, final)
    times = [_duration(place) for place in places]
    if timeouts is None or any(place is not None and time is None for place, time in zip(places, times, strict=True)):
        return None
    whole = times[0] if times[0] is not None else ctx.model.target.default_timeout
    return _Parts(pipeline, whole, tasks, times[1] or 0, final, times[2] or 0)


def _does_not_fit(parts: _Parts) -> Place | None:
    """The value that is too large; the run is refused for it.

    Without a limit for the run, Tekton still compares the sum of the two others with its zero.
    """
    said = ((parts.tasks, parts.tasks_time), (parts.final, parts.final_time))
    if parts.whole:
        endless = [place for place, time in said if place is not None and not time]
        too_long = [place for place, time in said if place is not None and time > parts.whole]
        if endless or too_long:
            return [*endless, *too_long][0]
    if parts.both and parts.tasks_time + parts.final_time > parts.whole:
        return parts.tasks if parts.whole else parts.pipeline or parts.tasks
    return None


def _uneven(spec: Place, ctx: Context) -> Iterator[Finding]:
    resource = spec.resource
    parts = _parts(spec, ctx)
    place = _does_not_fit(parts) if parts is not None else None
    if parts is None or place is None or (parts.pipeline is None and resource.partial):
        return
    if parts.whole:
        message = _too_large(place, parts)
    else:
        message = (
            'Where a run has no limit (`timeouts.pipeline: "0"`), Tekton refuses it if both `tasks` and `finally` are '
            f"set. {_or_without(parts)}."
        )
    related = [
        (one.location, f"`{one.path[-1]}`, which counts too")
        for one in (parts.pipeline, parts.tasks, parts.final)
        if one is not None and one.path != place.path
    ]
    # A patch may set what is missing here.
    uncertain = parts.pipeline is None and ctx.model.is_patched(resource)
    severity = Severity.NOTE if uncertain else None
    fix = _with_room(spec, parts, ctx)
    yield ctx.finding(place, message, severity=severity, refused=not uncertain, related=related, fix=fix)


def _too_large(place: Place, parts: _Parts) -> str:
    field = "timeout" if parts.pipeline is not None and parts.pipeline.path[-1] == "timeout" else "timeouts.pipeline"
    whole = f"the {text_of(parts.whole)} {'that a run has without' if parts.pipeline is None else 'of'} `{field}`"
    name = place.path[-1]
    time = parts.tasks_time if name == "tasks" else parts.final_time
    if not time:
        who = "the tasks" if name == "tasks" else "the tasks of `finally`"
        or_zero = 'Set `timeouts.pipeline` to `"0"` too, or write' if parts.need is not None else "Write"
        return (
            f'`timeouts.{name}: "0"` is no limit at all, and so more than {whole}: Tekton refuses the run. '
            f"{or_zero} how long {who} may take."
        )
    if time > parts.whole:
        message = f"`timeouts.{name}` ({text_of(time)}) is more than {whole}"
    else:
        total = text_of(parts.tasks_time + parts.final_time)
        message = f"`timeouts.tasks` and `timeouts.finally` are {total} together, more than {whole}"
    verb = "Raise that" if parts.pipeline is not None else "Set it"
    return f"{message}, so Tekton refuses the run. {verb} to {text_of(parts.need or 0)}, or lower what is too much."


def _or_without(parts: _Parts) -> str:
    without = "leave one of the two out"
    if parts.need is None:
        return without.capitalize()
    return f"Write their sum, `pipeline: {text_of(parts.need)}`, or {without}"


def _with_room(spec: Place, parts: _Parts, ctx: Context) -> Fix | None:
    """Raises or adds `timeouts.pipeline`; not where a `timeout` beside it has to be sorted out first."""
    from tektonlint import edit

    if parts.need is None or _said(spec, "timeout") is not None:
        return None
    need = text_of(parts.need)
    title = f"let the run take {need}: `timeouts.pipeline`" if parts.need else "take the limit off the run"
    pipeline, timeouts = parts.pipeline, spec.get("timeouts")
    if pipeline is not None:
        return ctx.fix(title, lambda: edit.replace_scalar(pipeline, need))
    return ctx.fix(title, lambda: edit.insert_key(timeouts, "pipeline", need)) if timeouts is not None else None


def taskrunspecs_timeout_unsupported(spec: Place, ctx: Context) -> Iterator[Finding]:
    """`taskRunSpecs[].timeout`: since v1.4.0 (commit 665a03be5), and never more than the run allows
    (pipelinerun_validation.go:361-407)."""
    if spec.resource.group != "tekton.dev":
        return
    for item in spec.each("taskRunSpecs"):
        timeout = _said(item, "timeout")
        if timeout is not None:
            yield from _judged(spec, item, timeout, ctx)


def _judged(spec: Place, item: Place, timeout: Place, ctx: Context) -> Iterator[Finding]:
    target = ctx.target
    task = _pipeline_task(item, ctx)
    named = item.get("pipelineTaskName")
    name = f"`{named.text}`" if named is not None and named.text else "this task"
    related = [((task.place.get("name") or task.place).location, "the task")] if task is not None else []
    if target.tekton < TASK_RUN_SPECS:
        message = (
            f"`taskRunSpecs[].timeout` came with Tekton 1.4, and the configured target is {target.tekton_text}: "
            f"{_fate(spec.resource, ctx)}. {_instead(timeout, name, task)}."
        )
        fix = _onto_the_task(item, timeout, task, ctx)
        yield ctx.finding(timeout, message, refused=True, related=related, fix=fix)
        return
    time = _duration(timeout)
    if time is not None and time < 0:
        message = f"A timeout cannot be negative, so Tekton refuses the run. {_SAY_HOW_LONG}"
        yield ctx.finding(timeout, message, refused=True)
        return
    over = _over(spec, time, ctx) if time else None
    if over is not None:
        limit, said, at = over
        related += [(at.location, "what the run allows")] if at is not None else []
        message = (
            f"{name[0].upper()}{name[1:]} may take {text_of(time or 0)} here, more than the {text_of(limit)} that the "
            f"run allows ({said}), so Tekton refuses the run. Raise the run's limit first, or lower this one."
        )
        uncertain = at is None and ctx.model.is_patched(spec.resource)
        severity = Severity.NOTE if uncertain else None
        yield ctx.finding(timeout, message, severity=severity, refused=not uncertain, related=related)
    elif "tekton" not in target.decided:
        message = (
            "`taskRunSpecs[].timeout` needs Tekton 1.4; an older cluster drops it without a word. Name the cluster's "
            f"version as `target.tekton` in the configuration, or set `timeout` on {name} in the pipeline."
        )
        yield ctx.finding(timeout, message, severity=Severity.NOTE, related=related)


def _fate(resource: Resource, ctx: Context) -> str:
    """What becomes of a field that the cluster does not know."""
    if not ctx.target.prunes:
        return f"Tekton {ctx.target.tekton_text} refuses the run"
    if resource.created:
        return "it is dropped when an event comes to create the run"
    return "`kubectl apply` refuses the run, and Argo CD drops the field without a word"


def _instead(timeout: Place, name: str, task: PipelineTask | None) -> str:
    """What to write, and where."""
    time = _duration(timeout)
    own = task.timeout if task is not None else None
    if own is not None and own == time:
        return "Delete it, since the pipeline says the same"
    if own is not None and time is not None:
        return f"Delete it, and change the `timeout: {text_of(own)}` of {name} in the pipeline if that is not enough"
    return f"Write {f'`timeout: {timeout.text}`' if time else '`timeout`'} on {name} in the pipeline"


def _over(spec: Place, time: int | None, ctx: Context) -> tuple[int, str, Place | None] | None:
    """The limit that a time is above, how it came about and where it stands; None where it fits, or nobody knows."""
    default = ctx.model.target.default_timeout
    tasks, pipeline = (_said(spec, "timeouts", name) for name in ("tasks", "pipeline"))
    old = _said(spec, "timeout") if spec.resource.version == "v1beta1" else None
    place = tasks or pipeline
    if place is None and old is not None:
        # v1beta1 compares with the default here, whatever `timeout` says; what is above both is certainly refused.
        limit, place = _duration(old), old
        limit = max(limit, default) if limit and default else None
    elif place is not None:
        limit = _duration(place)
    else:
        limit = default if not spec.resource.partial else None
    if not limit or not time or time <= limit:
        return None
    if place is None:
        return limit, "the default, as it sets no `timeouts.pipeline`", None
    return limit, f"`{'timeout' if place is old else f'timeouts.{place.path[-1]}'}`", place


def _pipeline_task(item: Place, ctx: Context) -> PipelineTask | None:
    """The task of the pipeline that an item of `taskRunSpecs` is about, where that is in the tree."""
    from tektonlint.model.definitions import name_of

    if item.resource.partial:
        return None
    pipeline = ctx.model.pipeline_of(ctx.model.run(item.resource)).found
    name = name_of(item, "pipelineTaskName")
    return pipeline.by_name.get(name) if pipeline is not None and name is not None else None


def _onto_the_task(item: Place, timeout: Place, task: PipelineTask | None, ctx: Context) -> Fix | None:
    """Writes the timeout on the pipeline's task, in whatever file that stands, and takes this one out.

    Not where the runs of the pipeline do not agree on it.
    """
    from tektonlint import edit

    text, time = timeout.text, _duration(timeout)
    if task is None or text is None or not time:
        return None
    if task.timeout == time:
        return ctx.fix("delete `timeout`, which the pipeline says too", lambda: _without(item, timeout))
    runs = ctx.model.runs_of(task.pipeline)
    others = (_said(spec, "timeout") for run in runs if (spec := run.task_specs.get(task.name or "")) is not None)
    if task.timeout_place is not None or any(other is not None and _duration(other) != time for other in others):
        return None
    resource = task.place.resource
    title = f"write `timeout: {text}` on `{task.title}` in the pipeline"

    def added() -> edit.Change:
        return edit.insert_key(task.place, "timeout", text, after="name")

    if resource.document is item.resource.document:
        return ctx.fix(title, lambda: added().with_(_without(item, timeout)))
    return ctx.fix(title, lambda: _without(item, timeout), elsewhere=lambda: [(resource, added())])


def _without(item: Place, timeout: Place) -> edit.Change:
    """Takes the timeout out, and what would be empty without it."""
    from tektonlint import edit

    specs = item.parent
    if {str(entry.path[-1]) for entry in item.entries()} - {"timeout", "pipelineTaskName"} or specs is None:
        return edit.remove_key(timeout)
    alone = isinstance(specs.node, Sequence) and len(specs.node.items) == 1
    return edit.remove_key(specs) if alone else edit.remove_item(item)


def timeout_disabled(whole: Place, ctx: Context) -> Iterator[Finding]:
    """`"0"`, which is no limit (pkg/apis/config/default.go:37-38).

    A step's own `"0"` is as if it said nothing, since the TaskRun still ends.
    """
    resource = whole.resource
    spec = whole.get("spec")
    if resource.group != "tekton.dev" or spec is None:
        return
    if resource.kind == "TaskRun":
        place = _said(spec, "timeout")
        if place is not None and _duration(place) == 0:
            message = f"`timeout: \"0\"` takes the limit off this TaskRun: if it hangs, {_HOLDS}. {_WRITE_A_LIMIT}"
            yield ctx.finding(place, message)
    if resource.kind == "PipelineRun":
        yield from _run_without_limit(spec, ctx)
    for task in select(resource, "pipeline-tasks"):
        yield from _task_without_limit(task, ctx)


_HOLDS = "it keeps its volumes and its place on the node until somebody cancels it"
_WRITE_A_LIMIT = "Write the longest time that it may take."


def _run_without_limit(spec: Place, ctx: Context) -> Iterator[Finding]:
    parts = _parts(spec, ctx)
    if parts is None and spec.get("timeouts") is None and spec.resource.version == "v1beta1":
        old = _said(spec, "timeout")
        if old is not None and _duration(old) == 0:
            yield ctx.finding(old, _no_end("timeout", ctx))
    if parts is not None and _does_not_fit(parts) is None:
        said = ((parts.pipeline, parts.whole), (parts.tasks, parts.tasks_time), (parts.final, parts.final_time))
        zeros = [place for place, time in said if place is not None and not time]
        # With a time for all tasks the run ends, because those of `finally` have timeouts of their own.
        if zeros and not parts.tasks_time:
            first, *others = zeros
            field = "timeout" if first.path[-1] == "timeout" else f"timeouts.{first.path[-1]}"
            handed_down = any(place is parts.tasks for place in zeros)
            related = [(place.location, "no limit either") for place in others]
            yield ctx.finding(first, _no_end(field, ctx, handed_down=handed_down), related=related)
    for item in spec.each("taskRunSpecs"):
        place = _said(item, "timeout")
        if place is not None and _duration(place) == 0 and ctx.target.tekton >= TASK_RUN_SPECS:
            task = _pipeline_task(item, ctx)
            if task is None or not (task.is_custom or task.runs_pipeline):
                yield _no_limit_of_a_task(place, item.get("pipelineTaskName"), [ctx.model.run(spec.resource)], ctx)


def _no_end(field: str, ctx: Context, *, handed_down: bool = False) -> str:
    default = ctx.model.target.default_timeout
    tasks = f"a task without a timeout still stops after {text_of(default)}"
    if handed_down and ctx.target.tekton >= HANDS_DOWN:
        tasks = "its tasks without a timeout get none either"
    elif not default:
        tasks = "the cluster has no default either"
    return f'`{field}: "0"` takes the limit off this run; {tasks}. Write the longest time that the run may take.'


def _task_without_limit(place: Place, ctx: Context) -> Iterator[Finding]:
    timeout = _said(place, "timeout")
    if timeout is None or _duration(timeout) != 0:
        return
    if place.resource.partial:
        yield _no_limit_of_a_task(timeout, place.get("name"), [], ctx)
        return
    task = ctx.model.pipeline_task(place)
    # Somebody else's controller waits for approvals and the like, and does as it likes with a timeout.
    if not task.is_custom and not task.runs_pipeline:
        yield _no_limit_of_a_task(timeout, place.get("name"), ctx.model.runs_of(task.pipeline), ctx)


def _no_limit_of_a_task(timeout: Place, name: Place | None, runs: Iterable[PipelineRun], ctx: Context) -> Finding:
    who = f"`{name.text}`" if name is not None and name.text else "this task"
    limited = [one for one in _limited(runs, ctx) if one.limits.pipeline]
    if limited:
        run, limits = min(limited, key=lambda one: (one.limits.pipeline, _order(one.run)))
        why = "" if limits.explicit else ", the default"
        message = (
            f'`timeout: "0"` takes the limit off {who}, but {_name(run)} still ends after '
            f"{text_of(limits.pipeline)}{why}. {_WRITE_A_LIMIT}"
        )
        return ctx.finding(timeout, message, related=[_limit(run)])
    return ctx.finding(timeout, f'`timeout: "0"` takes the limit off {who}: if it hangs, {_HOLDS}. {_WRITE_A_LIMIT}')


def child_pipeline_timeout_ignored(place: Place, ctx: Context) -> Iterator[Finding]:
    """`timeout` and `retries` on a task that starts a pipeline of its own (docs/pipelines-in-pipelines.md:171)."""
    from tektonlint.model.definitions import number_of

    if ctx.target.tekton < _CHILD_PIPELINES:
        return
    if place.get("pipelineRef") is None and place.get("pipelineSpec") is None:
        return
    timeout, retries, name = _said(place, "timeout"), _said(place, "retries"), place.get("name")
    who = f"`{name.text}`" if name is not None and name.text else "This task"
    if timeout is not None and timeout.text is not None:
        default = ctx.model.target.default_timeout
        instead = f"has the cluster's default of {text_of(default)} instead" if default else "has no limit"
        message = (
            f"{who} starts a PipelineRun of its own, which never sees this `timeout` and {instead}. Set `timeout` on "
            "the tasks of that pipeline."
        )
        yield ctx.finding(timeout, message)
    if retries is not None and (number_of(retries) or 0) > 0:
        message = (
            f"{who} starts a PipelineRun of its own, which is not tried again whatever `retries` says here. Set it on "
            "the tasks of that pipeline."
        )
        yield ctx.finding(retries, message)


class _Attempts(NamedTuple):
    """A run in which the attempts of a task do not fit; times are in nanoseconds."""

    run: PipelineRun
    one: Effective
    room: int
    certain: bool

    @property
    def order(self) -> tuple[bool, int, str, int]:
        """What is certain first, then the run that ends first, whatever the order of the files."""
        return not self.certain, self.room, *_order(self.run)


def retries_multiply_timeout(place: Place, ctx: Context) -> Iterator[Finding]:
    """Attempts that the run cannot wait for.

    Each has the whole timeout (pkg/reconciler/taskrun/taskrun.go:1402-1412).
    """
    retries = place.get("retries")
    if retries is None or place.resource.partial:
        return
    task = ctx.model.pipeline_task(place)
    attempts = task.retries + 1
    # More than Go's int32 can hold is refused, and no duration is as long as that.
    if not 1 < attempts < 2**31 or task.is_custom or task.runs_pipeline:
        return
    found: list[_Attempts] = []
    for run, limits in _limited(ctx.model.runs_of(task.pipeline), ctx):
        one = ctx.model.effective_timeout(task, run)
        room = limits.for_finally if task.is_finally else limits.for_tasks
        # One attempt that is too long is told by another policy, and what a run hands down is all that it has.
        if one is None or not one.timeout or one.source == "run":
            continue
        if one.timeout <= room < one.timeout * attempts:
            certain = one.explicit and not ctx.model.is_patched(run.resource)
            found.append(_Attempts(run, one, room, certain))
    if not found:
        return
    worst = min(found, key=lambda one: one.order)
    each, total = text_of(worst.one.timeout), text_of(worst.one.timeout * attempts)
    count = worst.room // worst.one.timeout
    advice = "Lower the timeout or the retries" if worst.one.explicit else "Give it a short timeout or fewer retries"
    message = (
        f"With `retries: {task.retries}`, {_quoted_title(task)} may take {attempts} times {each}, {total} in all, but "
        f"{_name(worst.run)} allows {text_of(worst.room)}, enough for {count}. {advice}, or raise the run's limits."
    )
    related = [_limit(worst.run)]
    if worst.one.place is not None:
        related.append((worst.one.place.location, "the time of one attempt"))
    yield ctx.finding(retries, message, severity=None if worst.certain else Severity.NOTE, related=related)


def finally_can_be_starved(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Runs whose tasks may use up all the time, so that `finally` is skipped (docs/pipelineruns.md:1394;
    pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go:562-572)."""
    if spec.resource.partial or spec.resource.group != "tekton.dev":
        return
    model = ctx.model
    run = model.run(spec.resource)
    pipeline = model.pipeline_of(run).found
    limits = run.limits(model.target)
    if pipeline is None or limits is None or not pipeline.final_tasks or not pipeline.tasks:
        return
    reserved = limits.tasks is not None or limits.finally_ is not None
    if reserved or not limits.pipeline or _leaves_room(pipeline, run, limits, ctx) or model.is_patched(spec.resource):
        return
    names = listed((f"`{task.name}`" for task in pipeline.final_tasks if task.name is not None), 3)
    said = _said(spec, "timeouts", "pipeline") or run.old_timeout
    default = "" if limits.explicit else " (the default)"
    advice = "Keep some of it with `timeouts.finally`"
    if not limits.explicit:
        advice = "Set `timeouts.pipeline`, and keep some of it with `timeouts.finally`"
    are = "is" if len(pipeline.final_tasks) == 1 else "are"
    message = (
        f"If the tasks use up the {text_of(limits.pipeline)} of this run{default}, {names or 'what'} under `finally` "
        f"{are} never started. {advice}."
    )
    at = said.location if said is not None else (spec.get("timeouts") or spec).key_location
    related = [((task.place.get("name") or task.place).location, "may be skipped") for task in pipeline.final_tasks]
    yield ctx.finding(said or spec, message, at=at, related=related, fix=_reserve(spec, run, pipeline, limits, ctx))


def _leaves_room(pipeline: Pipeline, run: PipelineRun, limits: Limits, ctx: Context) -> bool:
    """Whether the tasks end in time by their own timeouts, those that nobody wrote too."""
    every = [ctx.model.effective_timeout(task, run) for task in pipeline.tasks]
    if pipeline.has_cycle or any(one is None or not one.timeout or one.source == "run" for one in every):
        return pipeline.has_cycle
    return ctx.model.budget(pipeline, run, implicit=True).need <= limits.pipeline


def _reserve(spec: Place, run: PipelineRun, pipeline: Pipeline, limits: Limits, ctx: Context) -> Fix | None:
    """Adds `timeouts.finally`, and as much to `timeouts.pipeline` where the tasks' own timeouts need it."""
    from tektonlint import edit

    timeouts, whole = spec.get("timeouts"), _said(spec, "timeouts", "pipeline")
    wanted = parse(ctx.options["reserve"])
    if timeouts is None or whole is None or not wanted or wanted < 0:
        return None
    reserve = max(wanted, ctx.model.budget(pipeline, run).final)
    # What is left has to do for the tasks, those without a timeout too, and be more than a moment.
    tasks = ctx.model.budget(pipeline, run, implicit=True).tasks
    enough = max(tasks, reserve) <= limits.pipeline - reserve
    need = limits.pipeline if enough else limits.pipeline + reserve
    text = ctx.options["reserve"] if reserve == wanted else text_of(reserve)

    def change() -> edit.Change:
        added = edit.insert_key(timeouts, "finally", text)
        return added if need == limits.pipeline else edit.replace_scalar(whole, text_of(need)).with_(added)

    more = "" if need == limits.pipeline else f", which then has {text_of(need)}"
    return ctx.fix(f"keep {text} of the run for `finally`{more}", change)


# What several of them ask.


class _Limited(NamedTuple):
    """A run and its limits."""

    run: PipelineRun
    limits: Limits


def _limited(runs: Iterable[PipelineRun], ctx: Context) -> list[_Limited]:
    """Those of some runs whose limits are known, and which Tekton takes."""
    found = ((run, run.limits(ctx.model.target)) for run in runs)
    return [_Limited(run, limits) for run, limits in found if limits is not None and not limits.are_refused]


def _limit(run: PipelineRun) -> tuple[Location, str]:
    """Where a run says what it allows, for a related place."""
    place = run.limits_place
    if place is run.place:
        named = run.resource.place.get("metadata", "name") or run.resource.place.get("metadata", "generateName")
        return (named.location if named is not None else place.key_location), "it sets no limit, so it has the default"
    return place.location, "what the run allows"


def _name(run: PipelineRun) -> str:
    """The run, for a person."""
    return f"`{run.resource.name}`" if run.resource.name else "the run"


def _quoted_title(task: PipelineTask) -> str:
    return f"`{task.name}`" if task.name is not None else "this task"


def _order(run: PipelineRun) -> tuple[str, int]:
    return run.resource.source.name, run.place.node.start


def _said(place: Place, *names: str) -> Place | None:
    """The place under some keys, where anything but null stands there."""
    return unless_null(place.get(*names))


def _duration(place: Place | None) -> int | None:
    """A duration in nanoseconds; None where there is none that can be read."""
    text = place.known_text if place is not None else None
    return parse(text) if text is not None else None
