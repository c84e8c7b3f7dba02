"""Steps, sidecars and step templates: images, privileges, environment, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Sequence, plain_data
from tektonlint.finding import Finding, Fix, Path, Safety, Severity
from tektonlint.patterns import pattern
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
        message = f"The tag of `{text}` can be moved to another image. Add its digest: `{text}@sha256:…`."
        yield ctx.finding(image, message)


def privileged_step(container: Place, ctx: Context) -> Iterator[Finding]:
    """`privileged: true`, but for images that cannot do without (option `allow`)."""
    privileged = container.get("securityContext", "privileged")
    if privileged is None or getattr(privileged.node, "value", None) is not True:
        return
    images = list(_images(container))
    if images and all(parse_image(image).is_one_of(ctx.options["allow"]) for image in images):
        return
    name = container.get("name")
    who = f"`{name.text}`" if name is not None and name.text else "This step"
    if container.path[-1] == "stepTemplate":
        who = "Every step of this task"
    refusal = "" if ctx.target.platform == "kubernetes" else "; OpenShift's pipelines-scc refuses the pod"
    instead = "Add the one capability it needs under `capabilities` instead, if it needs any."
    if any("buildah" in image for image in images):
        instead = "Buildah needs only `capabilities: {add: [SETFCAP]}` and `runAsUser: 0`."
    message = f"{who} runs with `privileged: true`, which gives it the whole node{refusal}. {instead}"
    yield ctx.finding(privileged, message)


def _images(container: Place) -> Iterator[str]:
    """The images a container runs: its own, the step template's, or for a step template those of the steps.

    A parameter stands for its default.
    """
    spec = _task_spec(container)
    template = spec.get("stepTemplate") if spec is not None else None
    is_step = "steps" in container.path[-2:]
    image = container.get("image") or (template.get("image") if template is not None and is_step else None)
    if image is not None and image.text:
        yield _PARAM.sub(lambda match: _default(spec or container, match[1]) or match[0], image.text)
    elif container.path[-1] == "stepTemplate" and spec is not None:
        for step in spec.each("steps"):
            yield from _images(step) if step.get("image") is not None else ("",)


_PARAM = pattern(r"\$\(params\.([A-Za-z0-9_-]+)\)")


def _default(spec: Place, name: str) -> str | None:
    """The text that a parameter of a task or step action has by default."""
    for param in spec.each("params"):
        named, default = param.get("name"), param.get("default")
        if named is not None and named.text == name:
            return default.text if default is not None else None
    return None


def _task_spec(container: Place) -> Place | None:
    """The task spec a container stands in; a StepAction's stands in none."""
    resource = container.resource
    by_path: dict[Path, Place] | None = resource.memo.get("task-specs by path")
    if by_path is None:
        by_path = resource.memo["task-specs by path"] = {spec.path: spec for spec in select(resource, "task-specs")}
    return by_path.get(container.path[:-1]) or by_path.get(container.path[:-2])


def duplicate_env(container: Place, ctx: Context) -> Iterator[Finding]:
    """Variables that one list sets twice: the last one wins, unless a later value is made from the first.

    Kubernetes puts `$(NAME)` into a value from what stands above it (kubelet, makeEnvironmentVariables).
    """
    last: dict[str, Place] = {}
    used: dict[str, bool] = {}
    for variable in reversed(list(container.each("env"))):
        name_place = variable.get("name")
        name = name_place.known_text if name_place is not None else None
        if name is not None:
            later = last.get(name)
            if later is not None and not used[name]:
                yield _set_twice(name, variable, later, ctx)
            last[name] = variable
            used[name] = False
        value = variable.get("value")
        for one in _VARIABLE.findall(value.text or "" if value is not None else ""):
            used[one] = True


def _set_twice(name: str, variable: Place, later: Place, ctx: Context) -> Finding:
    place, kept = variable.get("name") or variable, later.get("name") or later
    source = kept.resource.source
    line = source.line_column(kept.node.start)[0]
    where = f"on line {line}" if line != source.line_column(place.node.start)[0] else "further right"
    related = [(kept.location, "this one counts")]
    if plain_data(variable.node) == plain_data(later.node):
        message = f"`{name}` is set to the same {where}. Delete one of the two, before they differ."
        fix = _without(variable, f"delete the first `{name}`, which says the same", ctx, Safety.SAFE)
        return ctx.finding(place, message, severity=Severity.NOTE, related=related, fix=fix)
    message = f"`{name}` is set twice here; only the value {where} counts, and this one is lost."
    fix = _without(variable, f"delete the first `{name}`, which is lost", ctx, Safety.UNSAFE)
    return ctx.finding(place, message, related=related, fix=fix)


def _without(item: Place, title: str, ctx: Context, safety: Safety) -> Fix | None:
    """Takes an item out of its list, and the list with it where it is the only one."""
    from tektonlint import edit

    parent = item.parent
    alone = parent is not None and isinstance(parent.node, Sequence) and len(parent.node.items) == 1
    if alone and parent is not None:
        return ctx.fix(title, lambda: edit.remove_key(parent), safety)
    return ctx.fix(title, lambda: edit.remove_item(item), safety)


_VARIABLE = pattern(r"\$\(([^()$]+)\)")


def _containers(task_spec: Place) -> Iterator[Place]:
    """Everything in a task spec that becomes a container, or fills one."""
    template = task_spec.get("stepTemplate")
    if template is not None:
        yield template
    yield from task_spec.each("steps")
    yield from task_spec.each("sidecars")


def _mounts(task_spec: Place) -> Iterator[Place]:
    """Their volume mounts and devices."""
    for container in _containers(task_spec):
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
    for container in _containers(task_spec):
        for variable in container.each("env"):
            from_file = variable.get("valueFrom", "fileKeyRef", "volumeName")
            used.add((from_file.text if from_file is not None else None) or "")
    for volume in task_spec.each("volumes"):
        name = volume.get("name")
        text = name.known_text if name is not None else None
        if name is not None and text and "$(" not in text and text not in used:
            # The kubelet passes over a volume without a mount; the scheduler looks up every claim (VolumeBinding).
            claim = volume.get("persistentVolumeClaim")
            what = "so nothing sees it" if claim is None else "yet the pod waits until its claim is bound"
            message = f"No step or sidecar mounts the volume `{text}`, {what}. Delete it, or add the missing mount."
            fix = _without(volume, f"delete the volume `{text}`", ctx, Safety.SAFE)
            yield ctx.finding(name, message, fix=fix)


def undefined_volume(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Mounts of volumes that neither the task spec nor a run's pod template has.

    Only inside a run is everything known; a Task on its own may get the volume from any run's pod template.
    """
    resource = task_spec.resource
    known = {*_names(task_spec.each("volumes")), *ctx.options["cluster-volumes"]}
    names = [name for name in (mount.get("name") for mount in _mounts(task_spec)) if name is not None]
    if resource.partial or all(name.text in known for name in names):
        return
    in_a_run = resource.kind in ("PipelineRun", "TaskRun")
    for run in ctx.tree.resources:
        if not in_a_run or run is resource or run.partial:
            for template in select(run, "pod-templates"):
                known.update(_names(template.each("volumes")))
    if None in known:
        return
    for name in names:
        text = name.known_text
        if not text or "$(" in text or text in known or text.startswith("tekton-internal-"):
            continue
        unless = "" if in_a_run else ", unless every run brings it in its `podTemplate`"
        message = (
            f"This mounts `{text}`, but {'this run' if in_a_run else 'the task'} has no volume of that name, "
            f"so Kubernetes refuses the pod. Add it under `volumes`{unless}."
        )
        yield ctx.finding(name, message, severity=None if in_a_run else Severity.WARNING)


def _names(volumes: Iterator[Place]) -> Iterator[str | None]:
    """The names of volumes; None for one that is only known later."""
    for volume in volumes:
        name = volume.get("name")
        text = name.known_text if name is not None else None
        yield None if text is None or "$(" in text else text
