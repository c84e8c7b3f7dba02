"""Runs: what a PipelineRun or TaskRun says about time, volumes and pods."""

from __future__ import annotations

from tektonlint.lazy import cached_property
from tektonlint.model.definitions import name_of, unless_null
from tektonlint.model.pipelines import duration_of
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.target import Target

_SOURCES = (
    "persistentVolumeClaim",
    "volumeClaimTemplate",
    "emptyDir",
    "configMap",
    "secret",
    "projected",
    "csi",
)


class Limits(NamedTuple):
    """The limits of a PipelineRun in nanoseconds, 0 for none; `tasks` and `finally_` are None where nothing is said.

    `pipeline` is what Tekton fills in where the run says nothing (pipelinerun_defaults.go:56-61); `explicit` says
    whether the run says it.
    """

    pipeline: int
    tasks: int | None
    finally_: int | None
    explicit: bool

    @property
    def for_tasks(self) -> int:
        """The time for all of `tasks` together, 0 for no limit."""
        if self.tasks is not None:
            return min(self.tasks, self.pipeline) if self.tasks and self.pipeline else self.tasks or self.pipeline
        if self.finally_ and self.pipeline:
            return max(self.pipeline - self.finally_, 0) or self.pipeline
        return self.pipeline

    @property
    def for_finally(self) -> int:
        """The time for `finally`, 0 for no limit (pipelinerun_types.go, FinallyTimeout)."""
        if self.finally_ is not None:
            both = self.finally_ and self.pipeline
            return min(self.finally_, self.pipeline) if both else self.finally_ or self.pipeline
        if self.tasks and self.pipeline:
            return max(self.pipeline - self.tasks, 0) or self.pipeline
        return self.pipeline

    @property
    def are_refused(self) -> bool:
        """Whether admission takes no run with them (pipelinerun_validation.go:297-334).

        Without a limit for the run it still compares the sum of the two others with that zero.
        """
        parts = [one for one in (self.tasks, self.finally_) if one is not None]
        if self.pipeline and any(not one or one > self.pipeline for one in parts):
            return True
        return len(parts) > 1 and sum(parts) > self.pipeline


class Binding(NamedTuple):
    """An item of a run's `workspaces`; `source` is the key that says where the volume comes from.

    `claim` is the name of an existing claim, where that is written out.
    """

    name: str
    place: Place
    source: str | None
    claim: str | None
    sub_path: str


class Bound:
    """What PipelineRuns and TaskRuns have in common."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.place = resource.place.get("spec") or resource.place

    @property
    def title(self) -> str:
        """The run's name for a person: `build-*`, or `this run`."""
        return self.resource.name or "this run"

    @cached_property
    def bindings(self) -> dict[str, Binding]:
        """What is bound, by the name of the workspace; of two of one name the first."""
        found: dict[str, Binding] = {}
        for place in self.place.each("workspaces"):
            name = name_of(place)
            if name is not None and name not in found:
                found[name] = _binding(name, place)
        return found

    @cached_property
    def bindings_are_known(self) -> bool:
        """Whether every binding has a name that is written out."""
        return all(name_of(place) is not None for place in self.place.each("workspaces"))

    @cached_property
    def params(self) -> dict[str, Place]:
        """The params that it passes, by name."""
        return {name: place for place in self.place.each("params") if (name := name_of(place)) is not None}

    @cached_property
    def params_are_known(self) -> bool:
        """Whether every param has a name that is written out."""
        return all(name_of(place) is not None for place in self.place.each("params"))


class PipelineRun(Bound):
    """A PipelineRun, in the tree or in a TriggerTemplate."""

    @cached_property
    def limits_place(self) -> Place:
        """Where its limits stand: `timeouts`, a v1beta1 `timeout`, or its spec where it has none."""
        return self.place.get("timeouts") or self.old_timeout or self.place

    @property
    def old_timeout(self) -> Place | None:
        """`spec.timeout`, which is `timeouts.pipeline` in v1beta1 and nothing at all in v1."""
        return self.place.get("timeout") if self.resource.version == "v1beta1" else None

    @property
    def whole_field(self) -> str:
        """Where the time of the whole run is written, or would be."""
        return "timeout" if self.place.get("timeouts") is None and self.old_timeout is not None else "timeouts.pipeline"

    def limits(self, target: Target) -> Limits | None:
        """Its limits; None where one of them is only known later, or cannot be read."""
        said = self._said
        if said is None:
            return None
        pipeline, tasks, final = said
        return Limits(target.default_timeout if pipeline is None else pipeline, tasks, final, pipeline is not None)

    @cached_property
    def _said(self) -> tuple[int | None, int | None, int | None] | None:
        """What it says of the whole, of its tasks and of `finally`."""
        said = {name: unless_null(self.place.get("timeouts", name)) for name in ("pipeline", "tasks", "finally")}
        said["pipeline"] = said["pipeline"] or unless_null(self.old_timeout)
        values = {name: duration_of(place) for name, place in said.items()}
        if any(place is not None and (values[name] or 0) < 0 for name, place in said.items()):
            return None
        if any(place is not None and values[name] is None for name, place in said.items()):
            return None
        timeouts = self.place.get("timeouts")
        if timeouts is not None and timeouts.text is not None:
            return None
        return values["pipeline"], values["tasks"], values["finally"]

    @cached_property
    def task_specs(self) -> dict[str, Place]:
        """The items of `taskRunSpecs` by the name of the pipeline task; the last of one name counts."""
        found: dict[str, Place] = {}
        for place in self.place.each("taskRunSpecs"):
            name = name_of(place, "pipelineTaskName")
            if name is not None:
                found[name] = place
        return found

    @property
    def pod_template(self) -> Place | None:
        """The pod template of all its tasks, where this API version has it."""
        if self.resource.version == "v1":
            return self.place.get("taskRunTemplate", "podTemplate")
        return self.place.get("podTemplate")

    def pod_template_of(self, task: str) -> Place | None:
        """The pod template of one of its tasks."""
        spec = self.task_specs.get(task)
        key = "podTemplate" if self.resource.version == "v1" else "taskPodTemplate"
        return spec.get(key) if spec is not None else None

    @property
    def service_account(self) -> Place | None:
        """The name of the service account of all its tasks."""
        if self.resource.version == "v1":
            return self.place.get("taskRunTemplate", "serviceAccountName")
        return self.place.get("serviceAccountName")


class TaskRun(Bound):
    """A TaskRun, in the tree or in a TriggerTemplate."""

    @property
    def timeout(self) -> int | None:
        """Its timeout in nanoseconds; None where nothing is said, or nothing that can be read."""
        return duration_of(self.place.get("timeout"))

    @property
    def pod_template(self) -> Place | None:
        """Its pod template."""
        return self.place.get("podTemplate")


def _binding(name: str, place: Place) -> Binding:
    source = next((key for key in _SOURCES if place.get(key) is not None), None)
    sub_path = place.get("subPath")
    claim = name_of(place.get("persistentVolumeClaim"), "claimName")
    return Binding(name, place, source, claim, (sub_path.text or "") if sub_path is not None else "")
