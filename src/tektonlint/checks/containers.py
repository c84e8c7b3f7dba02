"""Steps, sidecars and step templates: images, privileges, environment, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.finding import Finding, Severity
from tektonlint.policy.context import Context
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select


def mutable_image(image: Place, ctx: Context) -> Iterator[Finding]:
    """Images whose content can change under the same name.

    An image with a variable in it is judged where the variable is bound.
    """
    text = image.known_text
    if not text or "$(" in text:
        return
    parsed = parse_image(text)
    if parsed.digest:
        return
    if parsed.tag in (None, "latest"):
        moves = f"The tag `latest` of `{text}` moves" if parsed.tag else f"`{text}` means the tag `latest`, which moves"
        message = (
            f"{moves} with every release, so the tools that this task relies on may be gone tomorrow. "
            "Name a version, or better a digest."
        )
        yield ctx.finding(image, message)
    elif ctx.options["require"] == "digest":
        yield ctx.finding(image, f"The tag of `{text}` can be moved to another image. Add its digest: `{text}@sha256:…`.")


def privileged_step(container: Place, ctx: Context) -> Iterator[Finding]:
    """`privileged: true`, but for images that cannot do without (option `allow`)."""
    privileged = container.get("securityContext", "privileged")
    if privileged is None or getattr(privileged.node, "value", None) is not True:
        return
    image = container.get("image")
    text = image.text if image is not None else None
    if text is not None and parse_image(text).is_one_of(ctx.options["allow"]):
        return
    name = container.get("name")
    who = f"`{name.text}`" if name is not None and name.text else "This container"
    refusal = "" if ctx.target.platform == "kubernetes" else "; OpenShift's pipelines-scc refuses the pod"
    message = (
        f"{who} runs with `privileged: true`, which gives it the whole node{refusal}. "
        "Name the one capability it needs instead (for buildah: `capabilities: {add: [SETFCAP]}`)."
    )
    yield ctx.finding(privileged, message)


def duplicate_env(container: Place, ctx: Context) -> Iterator[Finding]:
    """Variables that one list sets twice: the last one wins, unless it is made from the first."""
    last: dict[str, Place] = {}
    for variable in reversed(list(container.each("env"))):
        name_place = variable.get("name")
        name = name_place.known_text if name_place is not None else None
        if name is None or name_place is None:
            continue
        later = last.get(name)
        if later is None:
            last[name] = variable
            continue
        value = later.get("value")
        if value is not None and f"$({name})" in (value.text or ""):
            continue
        kept = later.get("name") or later
        line = kept.resource.source.line_column(kept.node.start)[0]
        message = f"`{name}` is set twice in this list; only the value on line {line} counts, and this one is lost."
        yield ctx.finding(name_place, message, related=[(kept.location, "this one counts")])


def _mounts(task_spec: Place) -> Iterator[Place]:
    """The volume mounts and devices of everything in a task spec that becomes a container."""
    template = task_spec.get("stepTemplate")
    containers = [*task_spec.each("steps"), *task_spec.each("sidecars"), *([template] if template else [])]
    for container in containers:
        yield from container.each("volumeMounts")
        yield from container.each("volumeDevices")


def unused_volume(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Volumes that nothing in the task spec mounts.

    A mount whose name is a variable may mean any of them, and so may a StepAction that a step refers to.
    """
    if task_spec.resource.partial or any(step.get("ref") for step in task_spec.each("steps")):
        return
    used: set[str] = set()
    for mount in _mounts(task_spec):
        name = mount.get("name")
        text = name.known_text if name is not None else None
        if text is None or "$(" in text:
            return
        used.add(text)
    for container in (*task_spec.each("steps"), *task_spec.each("sidecars")):
        for variable in container.each("env"):
            from_file = variable.get("valueFrom", "fileKeyRef", "volumeName")
            used.add((from_file.text if from_file is not None else None) or "")
    for volume in task_spec.each("volumes"):
        name = volume.get("name")
        text = name.known_text if name is not None else None
        if name is not None and text and "$(" not in text and text not in used:
            message = (
                f"The volume `{text}` is mounted nowhere, yet the pod waits for it: a Secret or ConfigMap that is "
                "missing blocks the start. Delete it."
            )
            yield ctx.finding(name, message)


def undefined_volume(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Mounts of volumes that neither the task spec nor a run's pod template has.

    Only inside a run is everything known; a Task on its own may get the volume from any run's pod template.
    """
    resource = task_spec.resource
    if resource.partial:
        return
    known = set(_names(task_spec.each("volumes")))
    for run in ctx.tree.resources:
        for template in select(run, "pod-templates"):
            known.update(_names(template.each("volumes")))
    if None in known:
        return
    in_a_run = resource.kind in ("PipelineRun", "TaskRun")
    for mount in _mounts(task_spec):
        name = mount.get("name")
        text = name.known_text if name is not None else None
        if name is None or not text or "$(" in text or text in known or text.startswith("tekton-internal-"):
            continue
        where = "this run has no volume" if in_a_run else "the Task has no volume"
        message = (
            f"The mount names `{text}`, but {where} of that name, so Kubernetes refuses the pod. "
            f"Add it under `volumes`{'' if in_a_run else ', unless every run brings it in its `podTemplate`'}."
        )
        yield ctx.finding(name, message, severity=None if in_a_run else Severity.WARNING)


def _names(volumes: Iterator[Place]) -> Iterator[str | None]:
    """The names of volumes; None for one that is only known later."""
    for volume in volumes:
        name = volume.get("name")
        text = name.known_text if name is not None else None
        yield None if text is None or "$(" in text else text
