"""Named kinds of places: what a policy is about, found once for all policies that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tektonlint.tekton.resource import Place, Resource

Selector = Callable[[Resource], Iterator[Place]]


def select(resource: Resource, name: str) -> tuple[Place, ...]:
    """The places of a selector in a resource, computed once. Raises `KeyError` for an unknown name."""
    places: tuple[Place, ...] | None = resource.memo.get(name)
    if places is None:
        places = resource.memo[name] = tuple(SELECTORS[name](resource))
    return places


def whole(resource: Resource) -> Iterator[Place]:
    yield resource.place


def metadata(resource: Resource) -> Iterator[Place]:
    yield from _present(resource.place.get("metadata"))


def spec(resource: Resource) -> Iterator[Place]:
    yield from _present(resource.place.get("spec"))


def pipeline_specs(resource: Resource) -> Iterator[Place]:
    """`spec` of a Pipeline, `pipelineSpec` of a PipelineRun and of a PipelineTask, to any depth."""
    if resource.group != "tekton.dev":
        return
    if resource.kind == "Pipeline":
        waiting = list(_present(resource.place.get("spec")))
    elif resource.kind == "PipelineRun":
        waiting = list(_present(resource.place.get("spec", "pipelineSpec")))
    else:
        return
    while waiting:
        place = waiting.pop(0)
        yield place
        for task in _tasks_of(place):
            waiting.extend(_present(task.get("pipelineSpec")))


def pipeline_tasks(resource: Resource) -> Iterator[Place]:
    """The items of `tasks` and `finally` of every pipeline spec."""
    for place in select(resource, "pipeline-specs"):
        yield from _tasks_of(place)


def task_specs(resource: Resource) -> Iterator[Place]:
    """`spec` of a Task or ClusterTask and every `taskSpec`."""
    if resource.group != "tekton.dev":
        return
    if resource.kind in ("Task", "ClusterTask"):
        yield from _present(resource.place.get("spec"))
    elif resource.kind == "TaskRun":
        yield from _present(resource.place.get("spec", "taskSpec"))
    for task in select(resource, "pipeline-tasks"):
        yield from _present(task.get("taskSpec"))


def steps(resource: Resource) -> Iterator[Place]:
    """The steps of every task spec, and a StepAction's spec, which is one."""
    if resource.group == "tekton.dev" and resource.kind == "StepAction":
        yield from _present(resource.place.get("spec"))
    for place in select(resource, "task-specs"):
        yield from place.each("steps")


def sidecars(resource: Resource) -> Iterator[Place]:
    for place in select(resource, "task-specs"):
        yield from place.each("sidecars")


def steps_and_sidecars(resource: Resource) -> Iterator[Place]:
    """What runs something: steps, sidecars and StepActions' specs."""
    yield from select(resource, "steps")
    yield from select(resource, "sidecars")


def step_templates(resource: Resource) -> Iterator[Place]:
    for place in select(resource, "task-specs"):
        yield from _present(place.get("stepTemplate"))


def containers(resource: Resource) -> Iterator[Place]:
    """What becomes a container or fills one: step templates, steps and sidecars."""
    yield from select(resource, "step-templates")
    yield from select(resource, "steps")
    yield from select(resource, "sidecars")


def images(resource: Resource) -> Iterator[Place]:
    """Every `image` of a container."""
    for container in select(resource, "containers"):
        yield from _present(container.get("image"))


def scripts(resource: Resource) -> Iterator[Place]:
    """Every `script` of a step or sidecar."""
    for container in (*select(resource, "steps"), *select(resource, "sidecars")):
        yield from _present(container.get("script"))


def volumes(resource: Resource) -> Iterator[Place]:
    """The items of `volumes` of every task spec."""
    for place in select(resource, "task-specs"):
        yield from place.each("volumes")


def pod_templates(resource: Resource) -> Iterator[Place]:
    """Where a run says what its pods are like: the run's own pod template and one for each task."""
    if resource.group != "tekton.dev" or resource.kind not in ("PipelineRun", "TaskRun"):
        return
    run = resource.place.get("spec")
    if run is None:
        return
    yield from _present(run.get("podTemplate"))
    yield from _present(run.get("taskRunTemplate", "podTemplate"))
    for task in run.each("taskRunSpecs"):
        yield from _present(task.get("podTemplate"))
        yield from _present(task.get("taskPodTemplate"))


SELECTORS: dict[str, Selector] = {
    "resource": whole,
    "metadata": metadata,
    "spec": spec,
    "pipeline-specs": pipeline_specs,
    "pipeline-tasks": pipeline_tasks,
    "task-specs": task_specs,
    "steps": steps,
    "sidecars": sidecars,
    "steps-and-sidecars": steps_and_sidecars,
    "step-templates": step_templates,
    "containers": containers,
    "images": images,
    "scripts": scripts,
    "volumes": volumes,
    "pod-templates": pod_templates,
}


def _present(place: Place | None) -> tuple[Place, ...]:
    return () if place is None else (place,)


def _tasks_of(pipeline_spec: Place) -> Iterator[Place]:
    yield from pipeline_spec.each("tasks")
    yield from pipeline_spec.each("finally")
