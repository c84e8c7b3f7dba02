"""What a mapping inside a Tekton object is: a step, a pipeline task, a run's spec, and so on.

Fields that moved between API versions moved for one role, wherever it stands: a step is a step in a Task, in
a taskSpec and in a taskSpec inside a pipelineSpec.
"""

from __future__ import annotations

from collections.abc import Iterable

# For each role, the roles of what stands under its keys. A key that ends in `[]` holds a list of them.
_INSIDE: dict[str, dict[str, str]] = {
    "Task": {"spec": "task-spec"},
    "ClusterTask": {"spec": "task-spec"},
    "Pipeline": {"spec": "pipeline-spec"},
    "PipelineRun": {"spec": "pipelinerun-spec"},
    "TaskRun": {"spec": "taskrun-spec"},
    "StepAction": {"spec": "step-action"},
    "pipeline-spec": {"tasks[]": "pipeline-task", "finally[]": "pipeline-task"},
    "pipeline-task": {"taskSpec": "task-spec", "pipelineSpec": "pipeline-spec", "taskRef": "task-ref"},
    "pipelinerun-spec": {
        "pipelineSpec": "pipeline-spec",
        "pipelineRef": "pipeline-ref",
        "taskRunTemplate": "taskrun-template",
        "taskRunSpecs[]": "taskrun-specs-item",
    },
    "taskrun-spec": {
        "taskSpec": "task-spec",
        "taskRef": "task-ref",
        "stepSpecs[]": "override",
        "sidecarSpecs[]": "override",
        "stepOverrides[]": "override",
        "sidecarOverrides[]": "override",
    },
    "taskrun-specs-item": {
        "stepSpecs[]": "override",
        "sidecarSpecs[]": "override",
        "stepOverrides[]": "override",
        "sidecarOverrides[]": "override",
    },
    "task-spec": {"steps[]": "step", "sidecars[]": "sidecar", "stepTemplate": "step-template"},
    "step": {"securityContext": "container-security"},
    "sidecar": {"securityContext": "container-security"},
    "step-template": {"securityContext": "container-security"},
    "step-action": {"securityContext": "container-security"},
}


def role_of(kind: str, path: Iterable[str | int]) -> str | None:
    """The role of the mapping at a path from the root of an object of a kind; None where it has no name here."""
    role: str | None = kind
    waiting: str | None = None
    for step in path:
        inside = _INSIDE.get(role or "", {})
        if isinstance(step, int):
            role = inside.get(f"{waiting}[]") if waiting is not None else None
            waiting = None
        elif waiting is not None:
            return None
        elif f"{step}[]" in inside:
            waiting = step
        else:
            role = inside.get(step)
        if role is None:
            return None
    return role if waiting is None else None


def roles() -> frozenset[str]:
    """Every role there is, without the kinds."""
    return frozenset(role for inside in _INSIDE.values() for role in inside.values())
