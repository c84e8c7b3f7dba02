"""As whom a step runs, and which settings its pod has."""

from __future__ import annotations

from tektonlint.model.definitions import Task, number_of
from tektonlint.model.pipelines import PipelineTask
from tektonlint.model.runs import PipelineRun, TaskRun
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place


class User(NamedTuple):
    """The ID of the user that a step runs as.

    None is not known: what the image says counts, or on OpenShift the namespace's range. `place` is where it is
    written.
    """

    uid: int | None
    place: Place | None = None


def pod_security(run: PipelineRun | TaskRun | None, task: str | None = None) -> Place | None:
    """The securityContext of the pod of one of a run's tasks.

    Pod templates are merged field by field, so that of the task replaces the run's whole securityContext
    (pkg/apis/pipeline/pod/template.go:187-252).
    """
    if run is None:
        return None
    if isinstance(run, PipelineRun) and task is not None:
        own = run.pod_template_of(task)
        security = own.get("securityContext") if own is not None else None
        if security is not None:
            return security
    template = run.pod_template
    return template.get("securityContext") if template is not None else None


def user_of(step: Place, spec: Task, pod: Place | None) -> User:
    """As whom a step runs, in a pod with a securityContext: its own `runAsUser`, the template's, the pod's.

    A sidecar gets nothing from the template.
    """
    template = spec.template if "steps" in step.path[-2:] else None
    for security in (step.get("securityContext"), template.get("securityContext") if template else None, pod):
        place = security.get("runAsUser") if security is not None else None
        if place is not None:
            return User(number_of(place), place)
    return User(None)


def pod_of(task: PipelineTask, run: PipelineRun | None) -> Place | None:
    """The pod's securityContext of a PipelineTask in a run."""
    return pod_security(run, task.name)
