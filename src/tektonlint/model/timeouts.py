"""How long a task may take: the lab's table (pkg/reconciler/pipelinerun/pipelinerun.go:1750-1781) as functions.

A PipelineTask without a timeout does not get what is left of its run: it gets the cluster's default of 60 minutes,
and since 1.11 the run's `timeouts.tasks` or `timeouts.finally` if that is more.
"""

from __future__ import annotations

from tektonlint.model.pipelines import Pipeline, PipelineTask, critical_path, duration_of
from tektonlint.model.runs import Limits, PipelineRun
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.target import HANDS_DOWN, TASK_RUN_SPECS, Target


class Effective(NamedTuple):
    """The timeout that one attempt of a task has, in nanoseconds, 0 for none, and where it comes from.

    `source` is `taskRunSpecs`, `task`, `run` (handed down from the run) or `default`; `place` is where it stands.
    """

    timeout: int
    source: str
    place: Place | None

    @property
    def explicit(self) -> bool:
        """Whether somebody wrote it for this task."""
        return self.source in ("taskRunSpecs", "task")


def effective(task: PipelineTask, run: PipelineRun | None, target: Target) -> Effective | None:
    """What one attempt of a task may take. None where that is only known later, or is somebody else's business.

    Custom tasks and child pipelines get a timeout handed on, but only their controllers know what it means. Without
    a run (none is known) the cluster's default is taken for a task that has no timeout of its own.
    """
    if task.is_custom or task.runs_pipeline:
        return None
    override = run.task_specs.get(task.name or "") if run is not None else None
    place = override.get("timeout") if override is not None and target.tekton >= TASK_RUN_SPECS else None
    source = "taskRunSpecs"
    if place is None:
        place, source = task.timeout_place, "task"
    if place is not None:
        timeout = duration_of(place)
        return Effective(timeout, source, place) if timeout is not None and timeout >= 0 else None
    if run is None:
        return Effective(target.default_timeout, "default", None)
    limits = run.limits(target)
    if limits is not None:
        return handed_down(limits, target, is_finally=task.is_finally)
    # Whatever they are, older versions hand none of them down.
    return Effective(target.default_timeout, "default", None) if target.tekton < HANDS_DOWN else None


def handed_down(limits: Limits, target: Target, *, is_finally: bool) -> Effective:
    """The timeout of a task that has none of its own, in a run with these limits."""
    default = target.default_timeout
    if target.tekton < HANDS_DOWN:
        return Effective(default, "default", None)
    own, other = (limits.finally_, limits.tasks) if is_finally else (limits.tasks, limits.finally_)
    budget = own
    if budget is None and other and limits.pipeline:
        budget = limits.pipeline - other
    if budget is not None and (budget == 0 or budget > default):
        return Effective(budget, "run", None)
    return Effective(default, "default", None)


def limit_of(place: Place) -> int | None:
    """The nanoseconds of a timeout as it is written, 0 for no limit; None for what is no duration."""
    time = duration_of(place)
    return time if time is not None and time >= 0 else None


def written(place: Place | None) -> str | None:
    """A timeout as it is written; None for what is no duration, or is known only later."""
    return place.text if place is not None and limit_of(place) is not None else None


def is_shorter(now: int | None, then: int | None) -> bool:
    """Whether a limit is lower than another. 0, none at all, is the highest; one that is not known is never lower."""
    return now is not None and then is not None and now != 0 and (then == 0 or now < then)


def cut_at(timeout: int, limits: Limits, *, is_finally: bool) -> int:
    """When a task that starts with the run is killed at the latest, by its timeout or by the run's limits; 0 is never.

    When `timeouts.pipeline` is over, everything ends, `finally` too (docs/pipelineruns.md:1394).
    """
    budget = limits.for_finally if is_finally else limits.for_tasks
    return min((one for one in (timeout, budget, limits.pipeline) if one), default=0)


class Budget(NamedTuple):
    """What a pipeline's tasks may take together, by the timeouts that somebody wrote for them.

    `chain` is the one that takes longest, `tasks` its length; `final` is the longest of `finally`. `unbounded` are
    tasks whose timeout is switched off. Times are in nanoseconds, with every retry counted.
    """

    chain: tuple[PipelineTask, ...]
    tasks: int
    final_task: PipelineTask | None
    final: int
    unbounded: tuple[PipelineTask, ...]

    @property
    def need(self) -> int:
        """The least that `timeouts.pipeline` can be."""
        return self.tasks + self.final


def budget(
    pipeline: Pipeline, run: PipelineRun | None, target: Target, *, implicit: bool = False
) -> Budget:
    """The budget that a pipeline needs in a run; with `implicit` the cluster's default counts too.

    What is handed down from the run does not: it is as long as all tasks together have, whatever that is.
    """
    each = {task: effective(task, run, target) for task in pipeline.all_tasks}
    weights = {task: _weight(task, one, implicit) for task, one in each.items()}
    named = {task.name: weights[task] for task in pipeline.tasks if task.name is not None and weights[task]}
    chain, total = critical_path(pipeline, named) if named else ((), 0)
    final = max(pipeline.final_tasks, key=weights.__getitem__, default=None)
    unbounded = tuple(task for task, one in each.items() if one is not None and one.explicit and one.timeout == 0)
    longest = weights[final] if final is not None else 0
    return Budget(chain, total, final if longest else None, longest, unbounded)


def _weight(task: PipelineTask, one: Effective | None, implicit: bool) -> int:
    """All attempts; a matrix counts once, because its copies run side by side."""
    counts = one is not None and (one.explicit or (implicit and one.source == "default"))
    return one.timeout * (task.retries + 1) if one is not None and counts else 0
