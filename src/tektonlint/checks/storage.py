"""Where Buildah keeps images and layers, and with which driver."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import Task, is_true, name_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.images import facts_of
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select
from tektonlint.tekton.variables import variables

_ROOT = "/var/lib/containers"
_VOLUME = "varlibcontainers"
_OVERLAY = ("overlay", "overlay2")
# How the driver is chosen in a script; `STORAGE_DRIVER` is read by all of the containers tools.
_CHOSEN = pattern(
    r"""(?:--storage-driver(?:=|[ \t]+)|\bSTORAGE_DRIVER=)["']?"""
    r"""(overlay2?\b|\$\(params[^)\s]*\)|\$\{?STORAGE_DRIVER\b)"""
)
_BY_VARIABLE = pattern(r"""--storage-driver(?:=|[ \t]+)["']?\$\{?STORAGE_DRIVER\b""")
_COMMENT = pattern(r"(?m)^[ \t]*#.*$")
_ROOT_OPTION = pattern(r"--root(?:=|[ \t]+)(\S+)")
# Words that tell of a mount program for overlay, which needs /dev/fuse and no other file system below.
_FUSE = pattern(r"fuse|mount_program|storage\.conf|CONTAINERS_STORAGE_CONF|STORAGE_OPTS|--storage-opt")
_BUILDAH = pattern(r"(?<![\w-])buildah(?![\w-])")


class _Choice(NamedTuple):
    """Where a step says `overlay`: the value that says it, and where it is used if that is elsewhere."""

    place: Place
    at: Location
    used: Location | None = None


def overlay_without_volume(step: Place, ctx: Context) -> Iterator[Finding]:
    """Buildah's driver overlay where its storage is in the container's own file system, itself an overlay.

    docs/tutorials/05-openshift-rootless-build.md of Buildah; an image that declares a VOLUME there gets one from the
    container engine.
    """
    resource = step.resource
    if resource.partial or "overlay" not in resource.source.text or step.get("ref") is not None:
        return
    spec = _task_spec(step)
    task = ctx.model.task(spec) if spec is not None else None
    texts = list(_texts(step, task))
    if not any(_BUILDAH.search(text) for text in texts) or any(_FUSE.search(text) for text in texts):
        return
    choice = next(_choices(step, task), None)
    root = _root(texts)
    if choice is None or root is None or _is_mounted(step, task, root) or _has_fuse(step):
        return
    severity = _severity(step, task, root, ctx)
    by_default = " by default" if choice.used is not None else ""
    message = (
        f"Buildah stores layers with `overlay`{by_default}, but nothing is mounted at `{root}`, and overlay does not "
        "work on the container's own file system, which is one already. Mount an `emptyDir` there, or use `vfs`."
    )
    related = [(choice.used, "used here")] if choice.used is not None else []
    fix = _mount(step, task, ctx) if severity is None and root == _ROOT and task is not None else None
    yield ctx.finding(choice.place, message, at=choice.at, severity=severity, related=related, fix=fix)


def _task_spec(step: Place) -> Place | None:
    if step.resource.kind == "StepAction":
        return None
    path = step.path[:-2]
    return next((spec for spec in select(step.resource, "task-specs") if spec.path == path), None)


def _texts(step: Place, task: Task | None) -> Iterator[str]:
    """What a step runs: its image, its script without comments, and the words of its command."""
    image = task.image_of(step) if task is not None else (place.text if (place := step.get("image")) else None)
    yield image or ""
    script = step.get("script")
    yield _COMMENT.sub("", (script.text or "") if script is not None else "")
    yield " ".join(word.text or "" for key in ("command", "args") for word in step.each(key))
    for container in (step, task.template if task is not None else None):
        for variable in container.each("env") if container is not None else ():
            name, value = name_of(variable), variable.get("value")
            yield f"{name}={value.text if value is not None else ''}" if name != "STORAGE_DRIVER" else ""


def _choices(step: Place, task: Task | None) -> Iterator[_Choice]:
    """Where overlay is chosen: by an option first, which wins over the variable."""
    script = step.get("script")
    text = script.text if script is not None else None
    words = [word for key in ("command", "args") for word in step.each(key)]
    if script is not None and text:
        for match in _CHOSEN.finditer(_COMMENT.sub(lambda one: " " * len(one[0]), text)):
            if match[1] in _OVERLAY:
                yield _Choice(script, script.part(match.start(1), match.end(1)))
            elif match[1].startswith("$("):
                yield from _of_param(match[1], script.part(match.start(1), match.end(1)), task, step)
        # An option wins over the variable.
        if "--storage-driver" in text and not _BY_VARIABLE.search(text):
            return
    for before, word in pairwise([None, *words]):
        assert word is not None
        option, is_joined, value = (word.text or "").partition("=")
        if option == "--storage-driver" and is_joined:
            yield from _said(word, value, task, step)
        elif before is not None and before.text == "--storage-driver":
            yield from _said(word, word.text or "", task, step)
    for container in (step, task.template if task is not None else None):
        for variable in container.each("env") if container is not None else ():
            value_place = variable.get("value")
            if name_of(variable) == "STORAGE_DRIVER" and value_place is not None:
                yield from _said(value_place, value_place.text or "", task, step)
                return


def _said(place: Place, value: str, task: Task | None, step: Place) -> Iterator[_Choice]:
    if value in _OVERLAY:
        yield _Choice(place, place.location)
    elif value.startswith("$("):
        yield from _of_param(value, place.location, task, step)


def _of_param(value: str, used: Location, task: Task | None, step: Place) -> Iterator[_Choice]:
    """The default of the param that a value is."""
    found = variables(value)
    name = found[0].param if len(found) == 1 and found[0].end == len(value) else None
    owner = task.place if task is not None else step
    for param in owner.each("params"):
        default = param.get("default")
        if name is not None and name_of(param) == name and default is not None and default.text in _OVERLAY:
            yield _Choice(default, default.location, used)


def _root(texts: list[str]) -> str | None:
    """Where the storage is; None where that is only known later."""
    roots = {root.strip("\"'").rstrip("/") for text in texts for root in _ROOT_OPTION.findall(text)}
    if not roots:
        return _ROOT
    return roots.pop() if len(roots) == 1 and not any("$" in root for root in roots) else None


def _is_mounted(step: Place, task: Task | None, root: str) -> bool:
    """Whether a volume or a workspace is mounted at a folder, above it, or in it."""
    template = task.template if task is not None else None
    paths = [
        mount.get(key)
        for container in (step, template)
        if container is not None
        for kind, key in (("volumeMounts", "mountPath"), ("workspaces", "mountPath"))
        for mount in container.each(kind)
    ]
    known = [path.known_text for path in paths if path is not None]
    if task is not None:
        known += [declared.mount_path for declared in task.workspaces.values()]
    for path in known:
        if path is None or "$(" in path or "containers" in path:
            return True
        if root == path.rstrip("/") or root.startswith(f"{path.rstrip('/')}/"):
            return True
    return False


def _has_fuse(step: Place) -> bool:
    """Whether annotations ask CRI-O for the device, or a volume is made of it."""
    return "/dev/fuse" in step.resource.source.text[step.resource.root.start : step.resource.root.end]


def _severity(step: Place, task: Task | None, root: str, ctx: Context) -> Severity | None:
    """A note where the image probably has a volume there, or the step the device of fuse-overlayfs."""
    if task is None or ctx.model.is_patched(step.resource) or is_true(step.get("securityContext", "privileged")):
        return Severity.NOTE
    image = task.image_of(step)
    facts = facts_of(image, ctx.target.images)
    volumes = facts.volumes if facts is not None else ()
    if any(root == volume or root.startswith(f"{volume}/") for volume in volumes):
        return Severity.NOTE
    # The images that Buildah's and Podman's makers and others build mostly declare it, whether that is known or not.
    named = parse_image(image).repository.split("/") if image is not None else ("buildah",)
    return Severity.NOTE if not volumes and not {"buildah", "podman"}.isdisjoint(named) else None


def _mount(step: Place, task: Task, ctx: Context) -> Fix | None:
    """Adds an emptyDir to the task and mounts it."""
    from tektonlint import edit

    volumes = task.place.get("volumes")
    same = next((one for one in task.place.each("volumes") if name_of(one) == _VOLUME), None)
    if same is not None and same.get("emptyDir") is None:
        return None
    mount: dict[str, edit.Data] = {"name": _VOLUME, "mountPath": _ROOT}
    volume: dict[str, edit.Data] = {"name": _VOLUME, "emptyDir": {}}
    mounts = step.get("volumeMounts")

    def change() -> edit.Change:
        if mounts is not None:
            made = edit.append_item(mounts, mount)
        else:
            made = edit.insert_key(step, "volumeMounts", [mount], after="image")
        if same is not None:
            return made
        if volumes is not None and not (isinstance(volumes.node, Scalar) and volumes.node.value is None):
            return made.with_(edit.append_item(volumes, volume))
        return made.with_(edit.insert_key(task.place, "volumes", [volume]))

    return ctx.fix(f"mount an emptyDir at {_ROOT}", change, Safety.UNSAFE)
