"""What a run is refused or fails for before its first task starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Scalar, Sequence
from tektonlint.finding import Finding, Fix, Safety
from tektonlint.model.definitions import is_null
from tektonlint.policy.context import Context
from tektonlint.tekton import durations
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint import edit


def timeout_and_timeouts(run: Place, ctx: Context) -> Iterator[Finding]:
    """`timeout` beside `timeouts`, which v1beta1 alone knows both (v1beta1/pipelinerun_validation.go)."""
    timeout, timeouts = run.get("timeout"), run.get("timeouts")
    if timeout is None or timeouts is None or is_null(timeout) or not isinstance(timeouts.node, Mapping):
        return
    pipeline = timeouts.get("pipeline")
    instead = "Keep `timeouts`, with this one as its `pipeline`."
    if pipeline is not None and _same(timeout, pipeline):
        instead = "Delete `timeout`; `timeouts.pipeline` says the same."
    elif pipeline is not None and not is_null(pipeline):
        instead = "Delete the one that you do not mean: `timeouts.pipeline` is the time of the whole run too."
    message = f"`timeout` and `timeouts` exclude each other, so Tekton refuses the run. {instead}"
    fix = _one_timeout(timeout, pipeline, ctx)
    related = [(timeouts.key_location, "the other one")]
    yield ctx.finding(timeout, message, at=timeout.key_location, refused=True, related=related, fix=fix)


def _one_timeout(timeout: Place, pipeline: Place | None, ctx: Context) -> Fix | None:
    """Takes `timeout` out where it says the same again, or moves it where nothing is said yet."""
    from tektonlint import edit

    if pipeline is None and timeout.text is not None:
        title = "move `timeout` to `timeouts.pipeline`"
        return ctx.fix(title, lambda: edit.move_key(timeout, "timeouts", "pipeline"), Safety.SAFE)
    if pipeline is not None and _same(timeout, pipeline):
        title = "delete `timeout`, which `timeouts.pipeline` says again"
        return ctx.fix(title, lambda: edit.remove_key(timeout), Safety.SAFE)
    return None


def _same(one: Place, other: Place) -> bool:
    """Whether two timeouts are the same time, in the same words or not."""
    if one.text is None or other.text is None:
        return False
    time = durations.parse(one.text)
    return one.text == other.text or (time is not None and time == durations.parse(other.text))


def onerror_with_retries(task: Place, ctx: Context) -> Iterator[Finding]:
    """`onError: continue` on a pipeline task that has retries (pipeline_types.go, ValidateOnError)."""
    on_error, retries = task.get("onError"), task.get("retries")
    if on_error is None or retries is None or on_error.text != "continue":
        return
    count = retries.node.value if isinstance(retries.node, Scalar) else None
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0:
        return
    name = task.get("name")
    who = f"`{name.text}`" if name is not None and name.text else "This task"
    message = (
        f"{who} has `onError: continue` and `retries: {count}`, which exclude each other, so Tekton refuses the "
        "pipeline. Delete one of them: retries repeat a failed task, `continue` goes on without it."
    )
    yield ctx.finding(on_error, message, refused=True, related=[(retries.location, "the retries")])


def volumeclaimtemplate_incomplete(run: Place, ctx: Context) -> Iterator[Finding]:
    """Templates of claims without an access mode or a size (kubernetes, ValidatePersistentVolumeClaimSpec)."""
    if run.resource.partial:
        return
    for workspace in run.each("workspaces"):
        template = workspace.get("volumeClaimTemplate")
        if template is None or not isinstance(template.node, Mapping):
            continue
        modes, size = _lacks_modes(template), _lacks_size(template)
        lacks = {"`accessModes`": modes, "`resources.requests.storage`": size}
        missing = [name for name, lacking in lacks.items() if lacking]
        if not missing:
            continue
        name = workspace.get("name")
        what = f"the workspace `{name.text}`" if name is not None and name.text else "this workspace"
        message = (
            f"The claim of {what} has no {' and no '.join(missing)}: Tekton accepts the run, and it fails because "
            "Kubernetes refuses the claim. Add what is missing under `spec` of the `volumeClaimTemplate`."
        )
        spec = template.get("spec") or template
        fix = _completed(template, modes, size, ctx)
        yield ctx.finding(spec, message, at=spec.key_location, fix=fix)


def _lacks_modes(template: Place) -> bool:
    spec = template.get("spec")
    modes = template.get("spec", "accessModes")
    if modes is None:
        return spec is None or is_null(spec) or isinstance(spec.node, Mapping)
    return is_null(modes) or (isinstance(modes.node, Sequence) and not modes.node.items)


def _lacks_size(template: Place) -> bool:
    """Whether there is no amount of storage; not where something on the way to it is of the wrong type."""
    place = template
    for name in ("spec", "resources", "requests", "storage"):
        inner = place.get(name)
        if inner is None or is_null(inner):
            # A null amount is decoded as 0, which Kubernetes refuses as well.
            return isinstance(place.node, Mapping)
        place = inner
    return False


def _completed(template: Place, modes: bool, size: bool, ctx: Context) -> Fix | None:
    """Adds what is missing; the size only where the configuration says one."""
    from tektonlint import edit

    storage = ctx.options["storage"]
    spec = template.get("spec")
    if (size and not storage) or spec is None or not isinstance(spec.node, Mapping):
        return None

    def change() -> edit.Change:
        changes: list[edit.Change] = []
        if modes:
            present = spec.get("accessModes")
            if present is None:
                changes.append(edit.insert_key(spec, "accessModes", ["ReadWriteOnce"]))
            elif isinstance(present.node, Sequence):
                changes.append(edit.append_item(present, "ReadWriteOnce"))
            else:
                raise edit.Refusal("the access modes are null")
        if size:
            changes.append(_with_size(spec, storage))
        first, *rest = changes
        for more in rest:
            first = first.with_(more)
        return first

    what = " and ".join(part for part in ("`ReadWriteOnce`" if modes else "", f"`{storage}`" if size else "") if part)
    return ctx.fix(f"claim {what}", change, Safety.UNSAFE)


def _with_size(spec: Place, storage: str) -> edit.Change:
    """Adds the size in the deepest mapping that is there."""
    from tektonlint import edit

    requests, resources = spec.get("resources", "requests"), spec.get("resources")
    if requests is not None:
        return edit.insert_key(requests, "storage", storage)
    if resources is not None:
        return edit.insert_key(resources, "requests", {"storage": storage})
    return edit.insert_key(spec, "resources", {"requests": {"storage": storage}})
