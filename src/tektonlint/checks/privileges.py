"""Steps that are given the whole node."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Path, Safety
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tektonlint import edit


def privileged_step(container: Place, ctx: Context) -> Iterator[Finding]:
    """`privileged: true`, but for images that cannot do without (option `allow`)."""
    privileged = _privileged(container)
    if privileged is None or _is_plain_buildah(container):
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


def privileged_buildah(step: Place, ctx: Context) -> Iterator[Finding]:
    """A privileged step that only builds and pushes with Buildah, which needs one capability.

    OpenShift Pipelines' own buildah task runs with SETFCAP and no privileges (task-containers,
    templates/spec-buildah.tpl).
    """
    privileged = _privileged(step)
    if privileged is None or not _is_plain_buildah(step):
        return
    message = (
        "Buildah does not need `privileged: true`, which gives the step the whole node. Use `runAsUser: 0` and "
        "`capabilities: {add: [SETFCAP]}`, with `BUILDAH_ISOLATION=chroot` and `STORAGE_DRIVER=vfs` (or a volume at "
        "`/var/lib/containers`)."
    )
    yield ctx.finding(privileged, message, fix=_without_privileges(step, privileged, ctx))


def _privileged(container: Place) -> Place | None:
    """`privileged`, where it is true."""
    privileged = container.get("securityContext", "privileged")
    node = privileged.node if privileged is not None else None
    return privileged if isinstance(node, Scalar) and node.value is True else None


# What needs more than SETFCAP: containers in the step, mounts, other architectures' binaries.
_NEEDS_MORE = frozenset(("podman", "docker", "dockerd", "mount", "umount", "losetup", "kind", "update-binfmts"))
_NEEDS_MORE_WORDS = (
    "--device",
    "--isolation=oci",
    "--isolation=rootless",
    "--platform",
    "--all-platforms",
    "binfmt",
    "qemu",
)
_BUILDAH = ("buildah", "buildah/stable", "buildah/upstream")


def _is_plain_buildah(step: Place) -> bool:
    """Whether a step runs Buildah, by its image or in its script, and nothing that needs more than it does."""
    from tektonlint.shell import commands

    if "steps" not in step.path[-2:] and step.resource.kind != "StepAction":
        return False
    script = step.get("script")
    run = commands(script.text) if script is not None and script.text else ()
    words = [word for place in (*step.each("command"), *step.each("args")) if (word := place.text)]
    names = {command.name for command in run} | {word.rpartition("/")[2] for word in words}
    if "buildah" not in names and not any(parse_image(image).is_one_of(_BUILDAH) for image in _images(step)):
        return False
    words += [word for command in run for word in command.words]
    if names & _NEEDS_MORE or any(more in word for word in words for more in _NEEDS_MORE_WORDS):
        return False
    isolations = {word for option, word in pairwise(words) if option == "--isolation"}
    return not isolations & {"oci", "rootless"}


def _without_privileges(step: Place, privileged: Place, ctx: Context) -> Fix | None:
    """The whole edit: the capability and the user for the privilege, and what Buildah has to be told without it."""
    from tektonlint import edit

    security = step.get("securityContext")
    assert security is not None

    def change() -> edit.Change:
        if security.get("runAsUser") is None:
            # The same line says the user instead, so that nothing else in the mapping moves.
            made = edit.rename_key(privileged, "runAsUser").with_(edit.replace_scalar(privileged, 0))
        else:
            made = edit.remove_key(privileged)
        for more in (_capability(security), *_environment(step)):
            if more is not None:
                made = made.with_(more)
        return made

    return ctx.fix("run Buildah with SETFCAP instead of privileges", change, Safety.UNSAFE)


def _capability(security: Place) -> edit.Change | None:
    """Adds SETFCAP where it is not there."""
    from tektonlint import edit

    capabilities, added = security.get("capabilities"), security.get("capabilities", "add")
    if added is not None:
        there = any(one.text in ("SETFCAP", "CAP_SETFCAP", "ALL") for one in added.items())
        return None if there else edit.append_item(added, "SETFCAP")
    if capabilities is not None:
        return edit.insert_key(capabilities, "add", ["SETFCAP"])
    return edit.insert_key(security, "capabilities", {"add": ["SETFCAP"]})


def _environment(step: Place) -> Iterator[edit.Change]:
    """Adds BUILDAH_ISOLATION and STORAGE_DRIVER, each where nothing else says it."""
    from tektonlint import edit

    wanted: list[dict[str, str]] = []
    images = [parse_image(image).repository for image in _images(step)]
    # The image's own Containerfile sets it (containers/image_build, buildah/Containerfile).
    if not _sets(step, "BUILDAH_ISOLATION") and images != ["quay.io/buildah/stable"]:
        wanted.append({"name": "BUILDAH_ISOLATION", "value": "chroot"})
    if not _sets(step, "STORAGE_DRIVER") and not _has_storage(step):
        wanted.append({"name": "STORAGE_DRIVER", "value": "vfs"})
    variables = step.get("env")
    if variables is None and wanted:
        yield edit.insert_key(step, "env", [{**variable} for variable in wanted], after="image")
    elif variables is not None:
        for variable in wanted:
            yield edit.append_item(variables, dict(variable))


def _sets(step: Place, name: str) -> bool:
    """Whether a step or its step template sets a variable, or its script mentions it."""
    spec = _task_spec(step)
    template = spec.get("stepTemplate") if spec is not None else None
    script = step.get("script")
    if script is not None and name in (script.text or ""):
        return True
    for container in (step, template):
        for variable in container.each("env") if container is not None else ():
            named = variable.get("name")
            if named is not None and named.text == name:
                return True
    return False


def _has_storage(step: Place) -> bool:
    """Whether Buildah's storage is on a volume, or the script says where it is and with which driver."""
    for mount in step.each("volumeMounts"):
        path = mount.get("mountPath")
        if path is not None and (path.text or "").rstrip("/") == "/var/lib/containers":
            return True
    script = step.get("script")
    text = (script.text or "") if script is not None else ""
    return "--root" in text or "--storage-driver" in text
