"""What each part of a tree was in the base that the tree is compared with.

Names decide first, then what a task refers to, then how much of its images and scripts is the same; one thing of the
base is at most one thing now. What has no counterpart is new, and what of the base has none is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tektonlint.model.definitions import Task, name_of
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import Pipeline, PipelineTask

T = TypeVar("T")
# Each takes something to what it has to have in common with its counterpart, or to None.
_Key = Callable[[T], Hashable | None]

# A ClusterTask that became a Task is the same one.
_KINDS = {**{kind: kind for kind in ("Task", "Pipeline", "PipelineRun", "TaskRun")}, "ClusterTask": "Task"}
# How much has to be the same of two things whose names differ, and of how many pairs that is worked out.
_ALIKE = 0.5
_PAIRS = 40_000


class Past:
    """The counterparts of resources, pipelines, tasks and steps in the base."""

    def __init__(self, now: Model, then: Model) -> None:
        base = now.tree.base
        assert base is not None
        self.now = now
        self.then = then
        self.revision = base.revision
        self._names = base.then
        self._resources = self._paired_resources()
        self._pipelines = self._paired_pipelines()
        self._pipeline_tasks = self._paired_pipeline_tasks()
        self._tasks = self._paired_tasks()

    def resource(self, now: Resource) -> Resource | None:
        """What an object was."""
        return self._resources.get(id(now))

    def pipeline(self, now: Pipeline) -> Pipeline | None:
        """What a pipeline spec was."""
        return self._pipelines.get(id(now))

    def pipeline_task(self, now: PipelineTask) -> PipelineTask | None:
        """What a task of a pipeline was."""
        return self._pipeline_tasks.get(id(now))

    def task(self, now: Task) -> Task | None:
        """What a task spec was."""
        return self._tasks.get(id(now))

    def steps(self, now: Task) -> list[tuple[Place, Place]]:
        """The steps and sidecars of a task spec that it had already: what each is, and what it was."""
        then = self.task(now)
        if then is None:
            return []
        found: list[tuple[Place, Place]] = []
        for old, new in ((then.steps, now.steps), (then.sidecars, now.sidecars)):
            pairs = paired(old, new, (name_of,), _lines_of_container)
            found.extend((one, pairs[id(one)]) for one in new if id(one) in pairs)
        return found

    def lost_timeout(self, task: PipelineTask) -> Place | None:
        """The timeout that a task had, if it has a shorter one now, or none and not as much in every known run."""
        from tektonlint.model.timeouts import is_shorter, limit_of

        then = self.pipeline_task(task)
        was = then.timeout_place if then is not None else None
        before = limit_of(was) if was is not None else None
        if before is None or task.runs_pipeline:
            return None
        if task.timeout_place is not None:
            return was if is_shorter(limit_of(task.timeout_place), before) else None
        if task.is_custom:
            return was
        each = [self.now.effective_timeout(task, run) for run in self.now.runs_of(task.pipeline) or (None,)]
        # A default that is longer is still nobody's decision; one that is the same makes no difference.
        kept = all(
            one is None or one.timeout == before or (one.source != "default" and not is_shorter(one.timeout, before))
            for one in each
        )
        return None if kept else was

    def where(self, then: Place) -> str:
        """Where something stood: `revision:file:line`."""
        source = then.resource.source
        return f"{self.revision}:{source.shown}:{source.line_column(then.key_location.span.start)[0]}"

    def _paired_resources(self) -> dict[int, Resource]:
        old = [one for one in self.then.tree.resources if _is_compared(one)]
        new = [one for one in self.now.tree.resources if _is_compared(one)]
        of_now = frozenset(map(id, new))

        def file(one: Resource) -> str:
            """The name that its file had."""
            name = one.source.name
            return self._names.get(name, name) if id(one) in of_now else name

        keys: tuple[_Key[Resource], ...] = (
            lambda one: (file(one), _KINDS[one.kind], one.name, one.namespace) if one.name else None,
            lambda one: (file(one), _KINDS[one.kind], one.name) if one.name else None,
            lambda one: (_KINDS[one.kind], one.name) if one.name else None,
        )
        found: dict[int, Resource] = {}
        for kind in dict.fromkeys(_KINDS.values()):
            some = [one for one in old if _KINDS[one.kind] == kind]
            found |= paired(some, [one for one in new if _KINDS[one.kind] == kind], keys, _lines_of_resource)
        return found

    def _paired_pipelines(self) -> dict[int, Pipeline]:
        """Those of the same object, and those that one run ran then and now."""
        found: dict[int, Pipeline] = {}
        for new in self.now.pipelines:
            resource = self.resource(new.resource)
            for place in select(resource, "pipeline-specs") if resource is not None else ():
                if _inner(place) == _inner(new.place):
                    found[id(new)] = self.then.pipeline(place)
        taken = set(map(id, found.values()))
        for run in self.now.runs:
            resource = self.resource(run.resource)
            now = self.now.pipeline_of(run).found
            then = self.then.pipeline_of(self.then.run(resource)).found if resource is not None else None
            if now is not None and then is not None and id(now) not in found and id(then) not in taken:
                found[id(now)] = then
                taken.add(id(then))
        return found

    def _paired_pipeline_tasks(self) -> dict[int, PipelineTask]:
        keys: tuple[_Key[PipelineTask], ...] = (lambda one: one.name, _ref_of)
        found: dict[int, PipelineTask] = {}
        for pipeline in self.now.pipelines:
            then = self.pipeline(pipeline)
            if then is not None:
                found |= paired(then.all_tasks, pipeline.all_tasks, keys, _lines_of_pipeline_task)
        taken = set(map(id, found.values()))
        old = [one for pipeline in self.then.pipelines for one in pipeline.all_tasks if id(one) not in taken]
        new = [one for pipeline in self.now.pipelines for one in pipeline.all_tasks if id(one) not in found]
        # A task that moved to another pipeline; a name alone, such as `build`, is many a task's.
        return found | paired(old, new, (lambda one: (one.name, _ref_of(one)) if _ref_of(one) else None,))

    def _paired_tasks(self) -> dict[int, Task]:
        """Those of the same object, and those that one task of a pipeline ran then and now."""
        found: dict[int, Task] = {}
        for resource in self.now.tree.resources:
            old = self.resource(resource)
            for place in select(old, "task-specs") if old is not None and _KINDS[old.kind] in _OWN else ():
                new = next((one for one in select(resource, "task-specs") if _inner(one) == _inner(place)), None)
                if new is not None:
                    found[id(self.now.task(new))] = self.then.task(place)
        taken = set(map(id, found.values()))
        for pipeline in self.now.pipelines:
            for task in pipeline.all_tasks:
                past = self.pipeline_task(task)
                now = self.now.task_of(task).found
                then = self.then.task_of(past).found if past is not None else None
                if now is not None and then is not None and id(now) not in found and id(then) not in taken:
                    found[id(now)] = then
                    taken.add(id(then))
        return found


_OWN = ("Task", "TaskRun")


def past_of(now: Model) -> Past | None:
    """What the parts of a tree were; None where it has no base."""
    if now.tree.base is None:
        return None
    if "past" not in now.memo:
        from tektonlint.model.graph import model_of

        now.memo["past"] = Past(now, model_of(now.tree.base.tree, now.target))
    past: Past = now.memo["past"]
    return past


def paired(
    old: Sequence[T],
    new: Sequence[T],
    keys: Iterable[_Key[T]],
    lines: Callable[[T], Counter[str]] | None = None,
) -> dict[int, T]:
    """The old one of each new one that has one, by the new one's `id`.

    Each key pairs what only one old one and one new one have; `lines` of what is left are counted as alike.
    """
    found: dict[int, T] = {}
    taken: set[int] = set()
    for key in keys:
        then = _by(key, (one for one in old if id(one) not in taken))
        now = _by(key, (one for one in new if id(one) not in found))
        for name, ones in now.items():
            others = then.get(name, [])
            if len(ones) == len(others) == 1:
                found[id(ones[0])] = others[0]
                taken.add(id(others[0]))
    left, fresh = [one for one in old if id(one) not in taken], [one for one in new if id(one) not in found]
    if lines is None or not left or not fresh or len(left) * len(fresh) > _PAIRS:
        return found
    then_lines, now_lines = [lines(one) for one in left], [lines(one) for one in fresh]
    alike = [
        (_share(then_lines[number], now_lines[other]), -number, -other)
        for number in range(len(left))
        for other in range(len(fresh))
    ]
    for share, number, other in sorted(alike, reverse=True):
        one, match = fresh[-other], left[-number]
        if share >= _ALIKE and id(one) not in found and id(match) not in taken:
            found[id(one)] = match
            taken.add(id(match))
    return found


def _by(key: _Key[T], ones: Iterable[T]) -> dict[Hashable, list[T]]:
    found: dict[Hashable, list[T]] = {}
    for one in ones:
        name = key(one)
        if name is not None:
            found.setdefault(name, []).append(one)
    return found


def _share(one: Counter[str], other: Counter[str]) -> float:
    return (one & other).total() / max(one.total(), other.total(), 1)


def _is_compared(resource: Resource) -> bool:
    return resource.group == "tekton.dev" and resource.kind in _KINDS and not resource.partial


def _inner(place: Place) -> tuple[object, ...]:
    """The path of a spec inside its object, a task called by its name."""
    path = place.path[len(place.resource.path) :]
    found: list[object] = []
    at: Place | None = place
    for step in reversed(path):
        found.append(name_of(at) or step if at is not None and isinstance(step, int) else step)
        at = at.parent if at is not None else None
    return tuple(reversed(found))


def _ref_of(task: PipelineTask) -> str | None:
    """The name of what a task refers to; that of a resolver too."""
    ref = task.place.get("taskRef") or task.place.get("pipelineRef")
    if ref is None:
        return None
    named = (one for one in ref.each("params") if name_of(one) == "name")
    return name_of(ref) or next((name_of(one, "value") for one in named), None)


def _lines_of_pipeline_task(task: PipelineTask) -> Counter[str]:
    spec = task.place.get("taskSpec")
    return _lines_of_steps(spec) if spec is not None else Counter()


def _lines_of_resource(resource: Resource) -> Counter[str]:
    """What a Task is made of: its images and scripts; of other objects the tasks, params and refs that they name."""
    specs = select(resource, "task-specs") if resource.kind in ("Task", "ClusterTask") else ()
    if specs:
        return _lines_of_steps(specs[0])
    spec = resource.place.get("spec")
    text = resource.source.text[spec.node.start : spec.node.end] if spec is not None else ""
    return Counter(line.strip() for line in text.splitlines() if ":" in line and not line.endswith(":"))


def _lines_of_steps(spec: Place) -> Counter[str]:
    found: Counter[str] = Counter()
    for step in spec.each("steps"):
        found += _lines_of_container(step)
    return found


def _lines_of_container(container: Place) -> Counter[str]:
    """The image without its tag, and the lines of the script, of the command and of its arguments."""
    image, script = container.get("image"), container.get("script")
    found: list[str] = []
    if image is not None and image.text:
        found.append(f"image {parse_image(image.text).repository}")
    if script is not None and script.text:
        found.extend(line.strip() for line in script.text.splitlines() if line.strip())
    for key in ("command", "args"):
        found.extend(f"{key} {one.text}" for one in container.each(key))
    return Counter(found)
