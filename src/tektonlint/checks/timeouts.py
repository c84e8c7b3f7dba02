"""Whether the time that a task gets, and the time of its run, are enough for what it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tekton.durations import HOUR, parse, rounded_up, text_of
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.target import HANDS_DOWN, SUGGEST

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.definitions import Task
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import Limits, PipelineRun
    from tektonlint.model.timeouts import Budget, Effective
    from tektonlint.model.work import Work

_WORK = {"build": "building", "transfer": "moving data", "test": "testing", "other": "any other work"}
_BUDGETS = ("task-timeout-exceeds-run", "timeout-budget", "retries-multiply-timeout", "run-timeout-not-inherited")
_AFTERWARDS = (*_BUDGETS, "finally-can-be-starved")


# A task without a timeout.


def missing_task_timeout(place: Place, ctx: Context) -> Iterator[Finding]:
    """Tasks that nobody gave a timeout, so that the cluster's default ends them (taskrun_defaults.go:70-72)."""
    name = place.get("name")
    if place.resource.partial or name is None or not name.text or place.get("timeout") is not None:
        return
    task = ctx.model.pipeline_task(place)
    killed = None if task.is_custom or task.runs_pipeline else _killed(task, ctx)
    if killed is None:
        return
    load = _load(task, ctx)
    severity = _severity(load, ctx)
    if severity is None or _is_moot(load, ctx):
        return
    if killed.unsure or ctx.model.is_patched(place.resource):
        severity = Severity.NOTE
    if not ctx.shows(severity):
        # Nearly every task of nearly every pipeline: it is only counted.
        yield ctx.finding(name, f"`{name.text}` has no `timeout`.", severity=severity)
        return
    roomy = _roomiest(task, killed.timeout, ctx) if load.kind is not None else None
    related = [(load.work.location, "what takes long")] if load.work is not None else []
    if roomy is not None:
        related.append((roomy.said.location, f"this run allows {_time(roomy.allows)}"))
    fix = _write_timeout(place, load, killed.timeout, severity, ctx)
    yield ctx.finding(name, _without(task, load, killed, roomy, ctx), severity=severity, related=related, fix=fix)


def _is_moot(load: _Load, ctx: Context) -> bool:
    """Whether somebody chose another default for the whole cluster than Tekton's, and it is enough."""
    default = ctx.model.target.default_timeout
    return default != _TEKTONS_DEFAULT and (not default or default >= _suggested(load.kind, ctx))


_TEKTONS_DEFAULT = HOUR


class _Killed(NamedTuple):
    """After how long a task without a timeout is killed, and whether a run that is known only later may say else."""

    timeout: int
    unsure: bool


def _killed(task: PipelineTask, ctx: Context) -> _Killed | None:
    """None where every run in the tree that is known gives it a timeout, or hands down one of its own."""
    from tektonlint.model.timeouts import effective

    model = ctx.model
    runs = model.runs_of(task.pipeline)
    each = [effective(task, run, model.target) for run in runs]
    left = [one.timeout for one in each if one is not None and one.source == "default"]
    if left:
        return _Killed(min(left), None in each)
    if any(one is not None for one in each):
        return None
    alone = effective(task, None, model.target)
    return _Killed(alone.timeout, bool(runs)) if alone is not None else None


class _Load(NamedTuple):
    """What a task does, as far as it is known.

    `kind` is None for work that is not heavy. `work` is what tells it; without it the name does. `found` is whether
    the task is there to be read.
    """

    kind: str | None
    work: Work | None
    found: bool


def _load(task: PipelineTask, ctx: Context) -> _Load:
    from tektonlint.model.work import work_of

    answer = ctx.model.task_of(task)
    if answer.found is not None:
        work = work_of(ctx.model, answer.found)
        return _Load(work.kind if work is not None else None, work, found=True)
    same = _agreed(answer.candidates, ctx)
    if same is not None:
        return _Load(same.kind, same, found=True)
    return _Load(_kind_by_name(task), None, found=False)


def _agreed(candidates: Iterable[Task], ctx: Context) -> Work | None:
    """The work of several tasks of one name, if each does heavy work of one class; of the first file's."""
    from tektonlint.model.work import work_of

    works = [work_of(ctx.model, one) for one in candidates]
    known = [work for work in works if work is not None]
    if not known or len(known) < len(works) or len({work.kind for work in known}) > 1:
        return None
    return min(known, key=lambda work: (work.what, work.place.resource.source.name, work.place.node.start))


_WORDS = pattern(r"[a-z0-9]+")
_NAMES = {
    "build": "build",
    "buildah": "build",
    "kaniko": "build",
    "buildpacks": "build",
    "push": "transfer",
    "mirror": "transfer",
    "download": "transfer",
    "upload": "transfer",
    "skopeo": "transfer",
    "sync": "transfer",
    "e2e": "test",
}


def _kind_by_name(task: PipelineTask) -> str | None:
    """What a task that cannot be read does, by its own name or by what it refers to."""
    params = [param for param in task.place.each("taskRef", "params") if _text(param.get("name")) == "name"]
    names = [task.place.get("name"), task.place.get("taskRef", "name"), *(param.get("value") for param in params)]
    for name in names:
        for word in _WORDS.findall((_text(name) or "").lower()):
            if word in _NAMES:
                return _NAMES[word]
    return None


def _severity(load: _Load, ctx: Context) -> Severity | None:
    """None for silence."""
    if load.kind is not None:
        return Severity.WARNING if load.found else Severity.NOTE
    # Without quotes `off` is a boolean.
    others = ctx.options["others"]
    return None if others in ("off", False) else Severity(others)


def _suggested(kind: str | None, ctx: Context) -> int:
    return parse(_suggestion(kind, ctx)) or 0


def _suggestion(kind: str | None, ctx: Context) -> str:
    return ctx.model.target.suggest.get(kind or "other") or SUGGEST[kind or "other"]


def _without(task: PipelineTask, load: _Load, killed: _Killed, roomy: _Roomy | None, ctx: Context) -> str:
    who, after = _quoted(task.place.get("name")), text_of(killed.timeout)
    if load.kind is None:
        return f"{who} has no `timeout`, so {_tekton(ctx)} ends it after {after}. Write how long it may take at most."
    although = f", although {_name(roomy.run)} allows {_time(roomy.allows)}" if roomy is not None else ""
    advice = f"Write `timeout: {_suggestion(load.kind, ctx)}`, or how long it takes at most."
    if _suggested(load.kind, ctx) <= killed.timeout:
        advice = "Write how long it takes at most."
    does = f"runs `{load.work.what}`" if load.work is not None else "takes long, by its name,"
    return f"{who} {does} and has no `timeout`, so {_tekton(ctx)} kills it after {after}{although}. {advice}"


class _Roomy(NamedTuple):
    """A run that allows more time than a task gets, and where it says so; 0 is no limit."""

    run: PipelineRun
    allows: int
    said: Place


def _roomiest(task: PipelineTask, timeout: int, ctx: Context) -> _Roomy | None:
    """The run that allows a task the most, if it says so and that is more than the task gets."""
    found: list[_Roomy] = []
    for run in ctx.model.runs_of(task.pipeline):
        limits = run.limits(ctx.model.target)
        said = _said(run)
        if limits is not None and said is not None:
            allows = _room(limits, task)
            own = run.place.get("timeouts", "finally" if task.is_finally else "tasks")
            if not allows or allows > timeout:
                found.append(_Roomy(run, allows, own or said))
    return min(found, key=lambda one: (one.allows != 0, -one.allows, *_order(one.run.resource)), default=None)


def _write_timeout(place: Place, load: _Load, killed: int, severity: Severity, ctx: Context) -> Fix | None:
    """Writes the suggestion, unless it would take time away from work that nobody has seen, or that is heavy."""
    from tektonlint import edit

    before = _before(place, ctx)
    if before is not None:
        title = f"write `timeout: {before}` again"
        return ctx.fix(title, lambda: edit.insert_key(place, "timeout", before, after="name"), follow=_BUDGETS)
    suggested = _suggested(load.kind, ctx)
    if (load.kind is not None and suggested < killed) or (load.kind is None and not load.found):
        return None
    runs = ctx.model.runs_of(ctx.model.pipeline_task(place).pipeline)
    if severity is Severity.NOTE and suggested > killed and not runs:
        # Every run would have to be changed too, and none is there.
        return None
    text, kind = _suggestion(load.kind, ctx), load.kind or "other"
    title = f"write `timeout: {text}`, the suggestion for {_WORK[kind]} (timeouts.suggest.{kind})"
    return ctx.fix(title, lambda: edit.insert_key(place, "timeout", text, after="name"), follow=_BUDGETS)


def _before(place: Place, ctx: Context) -> str | None:
    """The timeout that the task had in the revision that the tree is compared with, if it has lost one."""
    if ctx.tree.base is None:
        return None
    from tektonlint.model.past import past_of

    past = past_of(ctx.model)
    lost = past.lost_timeout(ctx.model.pipeline_task(place)) if past is not None else None
    return lost.text if lost is not None else None


# A run whose time does not reach its tasks.


def run_timeout_not_inherited(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Runs with more time than the default, whose tasks get the default (pipelinerun.go:1750-1781)."""
    looked_at = _looked_at(spec, ctx)
    said = _said(looked_at.run) if looked_at is not None else None
    if looked_at is None or said is None:
        return
    run, pipeline, _ = looked_at
    left = _left_behind(looked_at, ctx)
    heavy = [one for one in left if one.load.work is not None]
    told = heavy or _light_ones(left, looked_at, ctx)
    if not told:
        return
    several = len(told) > 1
    text = said.text if looked_at.limits.pipeline else '"0"'
    message = (
        f"`{run.whole_field}: {text}` does not reach the tasks: {listed((_title(one.task) for one in told), 3)} "
        f"{'have' if several else 'has'} no `timeout`, so {_tekton(ctx)} ends {'each' if several else 'it'} after "
        f"{text_of(ctx.model.target.default_timeout)}. Give {'them one' if several else 'it one'} in the Pipeline"
        f"{_or_hand_down(run, told, ctx)}."
    )
    related = [((one.task.place.get("name") or one.task.place).location, _does(one.load)) for one in told]
    unsure = not heavy or ctx.model.is_patched(run.resource) or ctx.model.is_patched(pipeline.resource)
    fix = _hand_down(looked_at, [one.task for one in told], ctx)
    yield ctx.finding(said, message, severity=Severity.NOTE if unsure else None, related=related, fix=fix)


class _Left(NamedTuple):
    """A task that gets the default although its run has more time for it."""

    task: PipelineTask
    load: _Load


def _left_behind(looked_at: _LookedAt, ctx: Context) -> list[_Left]:
    found: list[_Left] = []
    for task in looked_at.pipeline.all_tasks:
        one = ctx.model.effective_timeout(task, looked_at.run)
        if one is not None and one.source == "default" and one.timeout:
            room = _room(looked_at.limits, task)
            if not room or room > one.timeout:
                found.append(_Left(task, _load(task, ctx)))
    return found


def _light_ones(left: list[_Left], looked_at: _LookedAt, ctx: Context) -> list[_Left]:
    """Tasks that do nothing heavy, as far as is known: told only of a run with far more time, and no other timeouts."""
    run, pipeline, limits = looked_at
    enough = limits.pipeline and limits.pipeline <= 2 * ctx.model.target.default_timeout
    each = [ctx.model.effective_timeout(task, run) for task in pipeline.all_tasks]
    if enough or any(one is None or one.explicit for one in each):
        return []
    return [one for one in left if not one.task.is_finally]


def _does(load: _Load) -> str:
    return f"runs `{load.work.what}`" if load.work is not None else "gets the default"


def _or_hand_down(run: PipelineRun, told: list[_Left], ctx: Context) -> str:
    if ctx.model.target.tekton >= HANDS_DOWN and run.old_timeout is None:
        final = all(one.task.is_finally for one in told)
        return f", or set `timeouts.{'finally' if final else 'tasks'}`, which tasks do inherit"
    said = run.place.get("timeouts", "tasks")
    return "; `timeouts.tasks` does not reach them before Tekton 1.11 either" if said is not None else ""


def _hand_down(looked_at: _LookedAt, tasks: list[PipelineTask], ctx: Context) -> Fix | None:
    """Adds `timeouts.tasks`, which Tekton hands down where it is more than the default."""
    from tektonlint import edit
    run, pipeline, limits = looked_at
    timeouts, reserve = run.place.get("timeouts"), parse(ctx.options["reserve"]) or 0
    if ctx.model.target.tekton < HANDS_DOWN or timeouts is None or not limits.pipeline:
        return None
    if limits.tasks is not None or limits.finally_ is not None or any(task.is_finally for task in tasks):
        return None
    budget = ctx.model.budget(pipeline, run)
    time = limits.pipeline - (max(reserve, budget.final) if pipeline.final_tasks else 0)
    if time <= ctx.model.target.default_timeout or time < budget.tasks:
        return None
    text = text_of(time)
    kept = f", and keep {text_of(limits.pipeline - time)} for `finally`" if time < limits.pipeline else ""
    title = f"hand `timeouts.tasks: {text}` down to the tasks{kept}"
    return ctx.fix(title, lambda: edit.insert_key(timeouts, "tasks", text, after="pipeline"))


# Tasks with more time than their run.


def task_timeout_exceeds_run(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Timeouts that the run cuts short, which Tekton accepts (docs/pipelines.md:1205-1207)."""
    if spec.resource.kind == "Pipeline":
        yield from _without_a_run(spec, ctx)
        return
    looked_at = _looked_at(spec, ctx)
    if looked_at is None:
        return
    longer = [one for task in looked_at.pipeline.all_tasks if (one := _cut(task, looked_at, ctx)) is not None]
    if not longer:
        return
    worst = max(longer, key=lambda one: one.timeout - one.room)
    first, *others = longer
    who = [f"{_title(first.task)} may take {text_of(first.timeout)}"]
    who += [f"{_title(one.task)} {text_of(one.timeout)}" for one in others]
    at = _limit_at(looked_at, worst.task, worst.timeout)
    raised = _raised(looked_at, longer, ctx)
    message = f"{listed(who, 3)}, but {_ends(worst, at, looked_at)}. {raised.advice}, or lower the timeout."
    related = [(one.place.location, f"{text_of(one.timeout)} for {_title(one.task)}") for one in longer]
    yield _about_run(at, message, related, raised, looked_at, ctx)


class _Longer(NamedTuple):
    """A task with a timeout longer than what its run leaves it; times are in nanoseconds."""

    task: PipelineTask
    timeout: int
    room: int
    place: Place


def _cut(task: PipelineTask, looked_at: _LookedAt, ctx: Context) -> _Longer | None:
    one = ctx.model.effective_timeout(task, looked_at.run)
    if one is None or not one.explicit or one.place is None:
        return None
    limits = looked_at.limits
    room = _room(limits, task)
    if one.source == "taskRunSpecs" and one.timeout > (limits.tasks or limits.pipeline):
        # Admission refuses it (pipelinerun_validation.go:361-407); `taskrunspecs-timeout-unsupported` says so.
        return None
    return _Longer(task, one.timeout, room, one.place) if room and one.timeout > room else None


def _ends(worst: _Longer, at: _At, looked_at: _LookedAt) -> str:
    limit, of = text_of(worst.room), "`finally`" if worst.task.is_finally else "its tasks"
    if at.field != "timeouts.pipeline":
        return f"`{at.field}` allows {limit}"
    if worst.room < looked_at.limits.pipeline:
        return f"this run leaves {limit} for {of}"
    return _ends_after(looked_at.limits)


def _ends_after(limits: Limits) -> str:
    return f"this run ends after {text_of(limits.pipeline)}{'' if limits.explicit else ', the default'}"


def _without_a_run(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Pipelines that no run in the tree runs: whoever starts one has to know."""
    model = ctx.model
    default = model.target.default_timeout
    if spec.resource.partial or spec.resource.group != "tekton.dev" or not default:
        return
    pipeline = model.pipeline(spec)
    if model.runs_of(pipeline):
        return
    for task in pipeline.all_tasks:
        one = model.effective_timeout(task, None)
        if one is None or not one.explicit or one.place is None or one.timeout <= default:
            continue
        need = text_of(rounded_up(max(model.budget(pipeline, None).need, one.timeout)))
        message = (
            f"{_title(task)} may take {text_of(one.timeout)}, but a run that sets no limit of its own ends after "
            f"{text_of(default)}. Every run of this pipeline has to set `timeouts.pipeline` to {need} or more."
        )
        yield ctx.finding(one.place, message, severity=Severity.NOTE)


# Tasks that fit into their run one by one, but not one after another.


def timeout_budget(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Chains of tasks whose timeouts add up to more than the run has (docs/pipelineruns.md:1394-1412)."""
    looked_at = _looked_at(spec, ctx)
    if looked_at is None:
        return
    run, pipeline, limits = looked_at
    budget = ctx.model.budget(pipeline, run, implicit=bool(ctx.options["strict"]))
    chain = _parts(budget.chain, run, ctx)
    final = _parts([budget.final_task] if budget.final_task is not None else [], run, ctx)
    # Of two tasks of one name, which Tekton refuses, only one is in the chain.
    known = len(chain) == len(budget.chain) and budget.tasks == sum(part.time for part in chain)
    if not chain or not known or any(_does_not_fit_alone(part, limits) for part in chain + final):
        return
    tight = 0 < limits.for_tasks < budget.tasks
    if not tight and (not limits.pipeline or budget.need <= limits.pipeline):
        return
    parts = chain if tight else chain + final
    at = _limit_at(looked_at, chain[-1].task, budget.tasks if tight else budget.need)
    raised = _raised(looked_at, (), ctx, budget)
    total = text_of(sum(part.time for part in parts))
    message = (
        f"{_chain(parts)} may take {' + '.join(part.text for part in parts)} = {total}, but "
        f"{_allowed(at, limits, tight=tight)}. {raised.advice}, or lower the timeouts."
    )
    related = [(part.one.place.location, f"{part.text} for {_title(part.task)}") for part in parts if part.one.place]
    yield _about_run(at, message, related, raised, looked_at, ctx)


class _Part(NamedTuple):
    """A task of a chain, and the timeout of one attempt of it."""

    task: PipelineTask
    one: Effective

    @property
    def time(self) -> int:
        """All its attempts, in nanoseconds."""
        return self.one.timeout * (self.task.retries + 1)

    @property
    def text(self) -> str:
        each = text_of(self.one.timeout)
        return f"{self.task.retries + 1} × {each}" if self.task.retries else each


def _parts(tasks: Iterable[PipelineTask], run: PipelineRun, ctx: Context) -> list[_Part]:
    each = ((task, ctx.model.effective_timeout(task, run)) for task in tasks)
    return [_Part(task, one) for task, one in each if one is not None]


def _does_not_fit_alone(part: _Part, limits: Limits) -> bool:
    """Whether `task-timeout-exceeds-run` or `retries-multiply-timeout` tells it already."""
    room = _room(limits, part.task)
    return bool(room) and part.time > room


def _chain(parts: list[_Part]) -> str:
    tasks = " → ".join(_title(part.task) for part in parts if not part.task.is_finally)
    final = next((f", then {_title(part.task)} of `finally`," for part in parts if part.task.is_finally), "")
    return tasks + final


def _allowed(at: _At, limits: Limits, *, tight: bool) -> str:
    room = limits.for_tasks
    if at.field != "timeouts.pipeline":
        return f"`{at.field}` allows {text_of(room)}"
    if tight and room < limits.pipeline:
        return f"this run leaves {text_of(room)} for its tasks"
    return _ends_after(limits)


# Runs and their limits.


class _LookedAt(NamedTuple):
    """A run with the pipeline that it runs and its limits."""

    run: PipelineRun
    pipeline: Pipeline
    limits: Limits


def _looked_at(spec: Place, ctx: Context) -> _LookedAt | None:
    """None where pipeline or limits are not known, or where Tekton refuses the limits anyway."""
    resource = spec.resource
    if resource.partial or resource.group != "tekton.dev":
        return None
    run = ctx.model.run(resource)
    pipeline, limits = ctx.model.pipeline_of(run).found, run.limits(ctx.model.target)
    if pipeline is None or limits is None or limits.are_refused:
        return None
    return _LookedAt(run, pipeline, limits)


def _room(limits: Limits, task: PipelineTask) -> int:
    """What a run leaves to one of its tasks at most, 0 for no limit."""
    return limits.for_finally if task.is_finally else limits.for_tasks


def _said(run: PipelineRun) -> Place | None:
    """Where the time of the whole run is written."""
    from tektonlint.model.definitions import unless_null

    return unless_null(run.place.get("timeouts", "pipeline")) or unless_null(run.old_timeout)


class _At(NamedTuple):
    """Where a finding about a run's limits stands, and the field that has to be written there."""

    place: Place
    location: Location
    field: str


def _limit_at(looked_at: _LookedAt, task: PipelineTask, need: int) -> _At:
    """The limit that has to be raised first for tasks that need so long; where nothing is said, the run's name."""
    run, _, limits = looked_at
    own, name = (limits.finally_, "finally") if task.is_finally else (limits.tasks, "tasks")
    place = run.place.get("timeouts", name)
    if own and own < need and place is not None and (not limits.pipeline or need <= limits.pipeline):
        return _At(place, place.location, f"timeouts.{name}")
    said = _said(run)
    if said is not None:
        return _At(said, said.location, "timeouts.pipeline")
    timeouts, whole = run.place.get("timeouts"), run.resource.place
    if timeouts is not None:
        return _At(timeouts, timeouts.key_location, "timeouts.pipeline")
    named = whole.get("metadata", "name") or whole.get("metadata", "generateName")
    place = named or run.place
    return _At(place, named.location if named is not None else place.key_location, "timeouts.pipeline")


class _Raised(NamedTuple):
    """New limits for a run by their fields, only those that change, and a clause that says so."""

    times: dict[str, int]
    advice: str


def _raised(looked_at: _LookedAt, longer: Iterable[_Longer], ctx: Context, budget: Budget | None = None) -> _Raised:
    """The limits with which everything fits, rounded up; none is lowered."""
    run, pipeline, limits = looked_at
    budget = budget or ctx.model.budget(pipeline, run)
    # In a cycle, and for tasks whose name is not known, there is no chain.
    for_tasks = max([budget.tasks, *(one.timeout for one in longer if not one.task.is_finally)])
    for_final = max([budget.final, *(one.timeout for one in longer if one.task.is_finally)])
    tasks, final = _enough(limits.tasks, for_tasks), _enough(limits.finally_, for_final)
    whole = _enough(limits.pipeline, (tasks or for_tasks) + (final or for_final))
    new = {"pipeline": whole, "tasks": tasks, "finally": final}
    old = {"pipeline": limits.pipeline, "tasks": limits.tasks, "finally": limits.finally_}
    times = {name: time for name, time in new.items() if time is not None and time != old[name]}
    parts = [f"`{_field(run, name)}` to {text_of(time)}" for name, time in times.items()]
    return _Raised(times, f"{'Raise' if limits.explicit or 'pipeline' not in times else 'Set'} {listed(parts, 3)}")


def _enough(limit: int | None, need: int) -> int | None:
    """A limit, or more where it is less than what is needed."""
    return rounded_up(need) if limit and limit < need else limit


def _field(run: PipelineRun, name: str) -> str:
    return run.whole_field if name == "pipeline" else f"timeouts.{name}"


def _about_run(
    at: _At, message: str, related: list[tuple[Location, str]], raised: _Raised, looked_at: _LookedAt, ctx: Context
) -> Finding:
    run, pipeline, _ = looked_at
    unsure = ctx.model.is_patched(run.resource) or ctx.model.is_patched(pipeline.resource)
    said = ", ".join(f"`{_field(run, name)}: {text_of(time)}`" for name, time in raised.times.items())
    # Hundreds of years are no duration that Go can read.
    sensible = raised.times and all(parse(text_of(time)) is not None for time in raised.times.values())
    fix = ctx.fix(f"write {said}", lambda: _write_limits(run, raised), follow=_AFTERWARDS) if sensible else None
    severity = Severity.NOTE if unsure else None
    return ctx.finding(at.place, message, at=at.location, severity=severity, related=related, fix=fix)


def _write_limits(run: PipelineRun, raised: _Raised) -> edit.Change:
    changes = [_write_limit(run, name, text_of(time)) for name, time in raised.times.items()]
    first, *rest = changes
    for more in rest:
        first = first.with_(more)
    return first


def _write_limit(run: PipelineRun, name: str, text: str) -> edit.Change:
    from tektonlint import edit

    there = _said(run) if name == "pipeline" else run.place.get("timeouts", name)
    timeouts = run.place.get("timeouts")
    if there is not None:
        return edit.replace_scalar(there, text)
    if timeouts is not None:
        return edit.insert_key(timeouts, name, text)
    return edit.insert_key(run.place, "timeouts", {name: text}, after="pipelineRef")


# Words.


def _title(task: PipelineTask) -> str:
    return f"`{task.name}`" if task.name is not None else _quoted(task.place.get("name"))


def _quoted(place: Place | None) -> str:
    text = _text(place)
    return f"`{text}`" if text else "a task"


def _text(place: Place | None) -> str | None:
    return place.text if place is not None else None


def _name(run: PipelineRun) -> str:
    return f"the run `{run.resource.name}`" if run.resource.name else "its run"


def _time(limit: int) -> str:
    return text_of(limit) if limit else "any time"


def _tekton(ctx: Context) -> str:
    """With its version where somebody has said which one it is."""
    return f"Tekton {ctx.target.tekton_text}" if "tekton" in ctx.target.decided else "Tekton"


def _order(resource: Resource) -> tuple[str, int]:
    return resource.source.name, resource.root.start
