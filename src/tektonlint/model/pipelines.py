"""Pipelines as graphs: their tasks, what makes one wait for another, and which may run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Sequence
from tektonlint.finding import Location
from tektonlint.lazy import cached_property
from tektonlint.model.definitions import Spec, name_of, named, number_of
from tektonlint.records import NamedTuple
from tektonlint.tekton.durations import parse
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import Use, uses

# Fields of a PipelineTask whose result references make it wait (pkg/apis/pipeline/v1/resultref.go:124-144, and
# pipeline_validation.go:515-547 for embedded steps, since v0.53).
_ORDERING = ("params", "matrix", "when")
_ORDERING_IN_STEPS = frozenset(("name", "image", "script", "workingDir", "command", "args", "env"))


class Guard(NamedTuple):
    """One `when` entry: whether `input` is among `values` (`wanted`) or is not. Kept as texts."""

    input: str
    wanted: bool
    values: frozenset[str]

    def excludes(self, other: Guard) -> bool:
        """Whether no value of the same input lets both pass."""
        if self.input != other.input:
            return False
        if self.wanted and other.wanted:
            # Two variables may turn out to be the same text.
            constant = not any("$(" in value for value in self.values | other.values)
            return constant and not self.values & other.values
        if self.wanted:
            return self.values <= other.values
        return other.wanted and other.values <= self.values


class Edge(NamedTuple):
    """What makes a task wait for the task `on`: an entry of `runAfter`, or a result that it uses.

    `use` is the variable in the text of `place` that names the result.
    """

    on: str
    place: Place
    by_result: bool
    use: Use | None = None

    @property
    def location(self) -> Location:
        """Where the entry or the variable stands."""
        return self.use.location if self.use is not None else self.place.location


class WorkspaceBinding(NamedTuple):
    """An entry of a PipelineTask's `workspaces`: the task's workspace, the pipeline's, and where inside that.

    `sub_path` is "" for the whole; it may hold variables.
    """

    name: str
    workspace: str | None
    sub_path: str
    place: Place


class PipelineTask:
    """An item of `tasks` or `finally`."""

    def __init__(self, place: Place, pipeline: Pipeline, *, is_finally: bool) -> None:
        self.place = place
        self.pipeline = pipeline
        self.is_finally = is_finally
        self.name = name_of(place)

    @property
    def title(self) -> str:
        """Its name, for a person."""
        return self.name or "this task"

    @cached_property
    def runs_pipeline(self) -> bool:
        """Whether it starts a child PipelineRun."""
        return self.place.get("pipelineRef") is not None or self.place.get("pipelineSpec") is not None

    @cached_property
    def is_custom(self) -> bool:
        """Whether another controller than Tekton's runs it: `taskRef` or `taskSpec` with a foreign `apiVersion`."""
        for key in ("taskRef", "taskSpec"):
            version = self.place.get(key, "apiVersion")
            text = version.text if version is not None else None
            if text and not text.startswith("tekton.dev/"):
                return True
            if text and key == "taskRef":
                # Any apiVersion makes it a custom task but for Tekton's own Task (pipeline_types.go, IsCustomTask).
                kind = self.place.get(key, "kind")
                return (kind.text if kind is not None else None) not in (None, "", "Task", "ClusterTask")
        return False

    @cached_property
    def timeout_place(self) -> Place | None:
        """Where its own timeout stands."""
        return self.place.get("timeout")

    @cached_property
    def timeout(self) -> int | None:
        """Its own timeout in nanoseconds, 0 for none at all; None where none is written, or none that can be read."""
        return duration_of(self.timeout_place)

    @cached_property
    def retries(self) -> int:
        """How often it is tried again; 0 where it is not known, or no number that Tekton reads."""
        retries = number_of(self.place.get("retries")) or 0
        return retries if 0 < retries < 2**31 else 0

    @cached_property
    def guards(self) -> tuple[Guard, ...]:
        """The entries of `when` that compare an input with values; others are left out."""
        return tuple(guard for place in self.place.each("when") if (guard := _guard(place)) is not None)

    @cached_property
    def fans_out(self) -> bool:
        """Whether a `matrix` runs it more than once, or may."""
        if self.place.get("matrix") is None:
            return False
        combinations = 1
        for param in self.place.each("matrix", "params"):
            value = param.get("value")
            combinations *= len(value.node.items) if value is not None and isinstance(value.node, Sequence) else 2
        return combinations + len(list(self.place.each("matrix", "include"))) > 1

    @cached_property
    def params(self) -> dict[str, Place]:
        """The params that it passes, those of its matrix too, by name."""
        found = named(self.place.each("params"))
        found.update(named(self.place.each("matrix", "params")))
        for include in self.place.each("matrix", "include"):
            found.update(named(include.each("params")))
        return found

    @cached_property
    def workspaces(self) -> dict[str, WorkspaceBinding]:
        """What it binds, by the name of the task's workspace."""
        found: dict[str, WorkspaceBinding] = {}
        for place in self.place.each("workspaces"):
            name = name_of(place)
            if name is None:
                continue
            mapped, sub_path = place.get("workspace"), place.get("subPath")
            workspace = name if mapped is None or not mapped.text else name_of(place, "workspace")
            below = (sub_path.text or "") if sub_path is not None else ""
            found[name] = WorkspaceBinding(name, workspace, below, place)
        return found

    @cached_property
    def result_uses(self) -> tuple[Use, ...]:
        """Every result of another task that it uses, in whatever field.

        Tekton takes `$(finally.t.results.r)` for one too, and then finds no such task (resultref.go, parseExpression).
        """
        return tuple(use for use in uses(self.place) if use.variable.result_of)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Everything that makes it wait, as it is written; a task of `finally` waits for all others anyway."""
        found = [Edge(name, place, False) for place in self.place.each("runAfter") if (name := place.known_text)]
        for use in self.result_uses:
            result = use.variable.result_of
            if result is not None and _orders(use.place.path[len(self.place.path) :]):
                found.append(Edge(result[0], use.place, True, use))
        return tuple(found)


class Pipeline(Spec):
    """A pipeline spec: of a Pipeline, or inline in a PipelineRun or PipelineTask."""

    @cached_property
    def tasks(self) -> tuple[PipelineTask, ...]:
        """The items of `tasks`, in the order they stand in."""
        return tuple(PipelineTask(place, self, is_finally=False) for place in self.place.each("tasks"))

    @cached_property
    def final_tasks(self) -> tuple[PipelineTask, ...]:
        """The items of `finally`."""
        return tuple(PipelineTask(place, self, is_finally=True) for place in self.place.each("finally"))

    @cached_property
    def all_tasks(self) -> tuple[PipelineTask, ...]:
        """Both."""
        return self.tasks + self.final_tasks

    @cached_property
    def by_name(self) -> dict[str, PipelineTask]:
        """All tasks that have a name; of two of one name, which Tekton refuses, the first."""
        found: dict[str, PipelineTask] = {}
        for task in self.all_tasks:
            if task.name is not None:
                found.setdefault(task.name, task)
        return found

    @cached_property
    def names_are_known(self) -> bool:
        """Whether every task that has a name has one that is written out."""
        named = ((task, task.place.get("name")) for task in self.all_tasks)
        return all(task.name is not None or name is None or name.text == "" for task, name in named)

    @cached_property
    def parents(self) -> dict[str, frozenset[str]]:
        """For each of `tasks` the names of those it waits for; edges that lead nowhere are left out."""
        known = {task.name for task in self.tasks}
        return {
            task.name: frozenset(edge.on for edge in task.edges if edge.on in known)
            for task in self.tasks
            if task.name is not None
        }

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """For each of `tasks` every task that has ended before it starts. In a cycle each comes before itself."""
        return {name: self._above(name) for name in self.parents}

    def _above(self, name: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(self.parents[name])
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting.extend(self.parents[parent])
        return frozenset(found)

    @cached_property
    def has_cycle(self) -> bool:
        """Whether some task waits for itself, so that Tekton refuses the pipeline."""
        return any(name in above for name, above in self.ancestors.items())

    def comes_before(self, first: PipelineTask, second: PipelineTask) -> bool:
        """Whether the first has always ended when the second starts."""
        if second.is_finally:
            return not first.is_finally
        return not first.is_finally and first.name in self.ancestors.get(second.name or "", frozenset())

    def may_run_together(self, first: PipelineTask, second: PipelineTask) -> bool:
        """Whether two tasks, or two copies of one, may run at the same time.

        All of `finally` start together (docs/pipelines.md:1916), the copies of a matrix too (docs/matrix.md:684);
        `when` guards of which only one can hold keep two tasks apart.
        """
        if first is second:
            return first.fans_out
        if first.is_finally is not second.is_finally or self.are_exclusive(first, second):
            return False
        return first.is_finally or not (self.comes_before(first, second) or self.comes_before(second, first))

    def are_exclusive(self, first: PipelineTask, second: PipelineTask) -> bool:
        """Whether at most one of the two runs, by their own `when`."""
        return any(one.excludes(other) for one in first.guards for other in second.guards)

    def would_cycle(self, task: PipelineTask, on: PipelineTask) -> bool:
        """Whether a task cannot be made to wait for another."""
        return task is on or self.comes_before(task, on)


def duration_of(place: Place | None) -> int | None:
    """A Go duration in nanoseconds; None where there is none, or none that can be read."""
    text = place.known_text if place is not None else None
    return parse(text) if text is not None else None


def _orders(path: tuple[str | int, ...]) -> bool:
    """Whether a result reference at a path below a PipelineTask makes that wait."""
    if not path:
        return False
    if path[0] in _ORDERING:
        return True
    in_a_container = path[0] == "taskSpec" and len(path) > 3 and path[1] in ("steps", "sidecars")
    return in_a_container and path[3] in _ORDERING_IN_STEPS


def _guard(place: Place) -> Guard | None:
    """A `when` entry; v1beta1 has had `input`, `operator` and `values` with capitals too."""
    fields = {str(one.path[-1]).lower(): one for one in place.entries()}
    compared, operator, values = fields.get("input"), fields.get("operator"), fields.get("values")
    if compared is None or operator is None or values is None or not isinstance(values.node, Sequence):
        return None
    texts = [item.text for item in values.items()]
    if compared.text is None or operator.text not in ("in", "notin") or None in texts:
        return None
    return Guard(compared.text, operator.text == "in", frozenset(text for text in texts if text is not None))


def critical_path(pipeline: Pipeline, weights: dict[str, int]) -> tuple[tuple[PipelineTask, ...], int]:
    """The chain of `tasks` that takes longest, and how long, by the weight of each name (missing: 0).

    A branch whose `when` guards cannot hold together with another's does not count with it. Tasks of weight 0 are
    left out of the chain. Of a pipeline with a cycle there is none.
    """
    if pipeline.has_cycle:
        return (), 0
    best: tuple[tuple[PipelineTask, ...], int] = ((), 0)
    for skipped in _branches(pipeline):
        found = _longest(pipeline, {name: weight for name, weight in weights.items() if name not in skipped})
        if found[1] > best[1]:
            best = found
    return best


def _longest(pipeline: Pipeline, weights: dict[str, int]) -> tuple[tuple[PipelineTask, ...], int]:
    ends: dict[str, tuple[int, str | None]] = {}
    order = sorted(pipeline.parents, key=lambda name: len(pipeline.ancestors[name]))
    for name in order:
        # Of two chains of one length the one whose last task stands first, so that the answer does not change.
        before = max(((ends[parent][0], parent) for parent in sorted(pipeline.parents[name])), default=(0, None))
        ends[name] = (before[0] + weights.get(name, 0), before[1])
    if not ends:
        return (), 0
    last: str | None = max(order, key=lambda name: ends[name][0])
    total = ends[last or ""][0]
    chain: list[PipelineTask] = []
    while last is not None:
        if weights.get(last, 0):
            chain.append(pipeline.by_name[last])
        last = ends[last][1]
    return tuple(reversed(chain)), total


def _branches(pipeline: Pipeline) -> Iterator[frozenset[str]]:
    """The sets of tasks that are skipped together, one for each way the guards may turn out.

    Only where there are few enough ways to try them all; else as if no guard excluded another.
    """
    inputs: dict[str, set[str]] = {}
    guarded = [task for task in pipeline.tasks if task.guards and task.name is not None]
    for task in guarded:
        for guard in task.guards:
            inputs.setdefault(guard.input, set()).update(guard.values)
    ways = 1
    for values in inputs.values():
        ways *= len(values) + 1
        # Two texts are two values unless one is a variable, which may become the other.
        if ways > 256 or (len(values) > 1 and any("$(" in value for value in values)):
            yield frozenset()
            return
    # None stands for every value that no guard names.
    assignments: list[dict[str, str | None]] = [{}]
    for text, values in inputs.items():
        assignments = [{**one, text: value} for one in assignments for value in (None, *sorted(values))]
    for assignment in assignments:
        yield frozenset(
            task.name
            for task in guarded
            if task.name is not None
            and any((assignment[guard.input] in guard.values) is not guard.wanted for guard in task.guards)
        )
