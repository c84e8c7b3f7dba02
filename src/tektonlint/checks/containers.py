"""Steps, sidecars and step templates: images, privileges, environment, volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tektonlint.document import Sequence, plain_data
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place, Resource
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


def duplicate_env(container: Place, ctx: Context) -> Iterator[Finding]:
    """Variables that one list sets twice: the last one wins, unless a later value is made from the first.

    Kubernetes puts `$(NAME)` into a value from what stands above it (kubelet, makeEnvironmentVariables).
    """
    variables = list(container.each("env"))
    # Most lists name each variable once.
    if len({variable.text_at("name") for variable in variables}) == len(variables):
        return
    last: dict[str, Place] = {}
    used: dict[str, bool] = {}
    for variable in reversed(variables):
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
    volumes = list(task_spec.each("volumes"))
    if not volumes or task_spec.resource.partial or any(step.get("ref") for step in task_spec.each("steps")):
        return
    used: set[str] = set()
    for mount in _mounts(task_spec):
        name = mount.get("name")
        text = name.known_text if name is not None else None
        if text is None or "$(" in text:
            return
        used.add(text)
    if "fileKeyRef" in task_spec.resource.document.keys:
        for container in _containers(task_spec):
            for variable in container.each("env"):
                from_file = variable.get("valueFrom", "fileKeyRef", "volumeName")
                used.add((from_file.text if from_file is not None else None) or "")
    # A mount without a volume may be this volume's, misspelt: then deleting it would be the wrong half to mend.
    astray = used - {""} - set(_names(volumes))
    for volume in volumes:
        name = volume.get("name")
        text = name.known_text if name is not None else None
        if name is not None and text and "$(" not in text and text not in used:
            # The kubelet passes over a volume without a mount; the scheduler looks up every claim (VolumeBinding).
            claim = volume.get("persistentVolumeClaim")
            what = "so nothing sees it" if claim is None else "yet the pod waits until its claim is bound"
            message = f"No step or sidecar mounts the volume `{text}`, {what}. Delete it, or add the missing mount."
            claimed = claim is not None or volume.get("ephemeral") is not None
            safety = Safety.UNSAFE if claimed or astray else Safety.SAFE
            fix = _without(volume, f"delete the volume `{text}`", ctx, safety)
            yield ctx.finding(name, message, fix=fix)


def undefined_volume(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Mounts of volumes that neither the task spec nor a run's pod template has.

    Only inside a run is everything known; a Task on its own may get the volume from any run's pod template.
    """
    resource = task_spec.resource
    names = [name for name in (mount.get("name") for mount in _mounts(task_spec)) if name is not None]
    if not names or resource.partial:
        return
    known = {*_names(task_spec.each("volumes")), *ctx.options["cluster-volumes"]}
    if all(name.text in known for name in names):
        return
    in_a_run = resource.kind in ("PipelineRun", "TaskRun")
    if in_a_run:
        known.update(_volumes_of_pods(resource))
    known |= _volumes_of_runs(ctx, only_partial=in_a_run)
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


def _volumes_of_runs(ctx: Context, *, only_partial: bool) -> frozenset[str | None]:
    """The names of the volumes that any run of the tree brings in a pod template, or any patch of a run."""
    memo: dict[bool, frozenset[str | None]] = ctx.model.memo.setdefault("volumes of pod templates", {})
    if only_partial not in memo:
        runs = (run for run in ctx.tree.resources if run.partial or not only_partial)
        memo[only_partial] = frozenset(name for run in runs for name in _volumes_of_pods(run))
    return memo[only_partial]


def _volumes_of_pods(run: Resource) -> Iterator[str | None]:
    for template in select(run, "pod-templates"):
        yield from _names(template.each("volumes"))


def _names(volumes: Iterable[Place]) -> Iterator[str | None]:
    """The names of volumes; None for one that is only known later."""
    for volume in volumes:
        name = volume.get("name")
        text = name.known_text if name is not None else None
        yield None if text is None or "$(" in text else text
