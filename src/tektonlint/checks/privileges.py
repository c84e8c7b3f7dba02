"""Steps that are given the whole node."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Path, Safety, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.runs import PipelineRun, TaskRun


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
    from tektonlint.shell.commands import commands

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


def nonroot_buildah(step: Place, ctx: Context) -> Iterator[Finding]:
    """Buildah as another user than root, which cannot map users where nothing may gain privileges.

    The file capabilities of newuidmap count for nothing then (man 2 prctl, PR_SET_NO_NEW_PRIVS); OpenShift's
    pipelines-scc says so for every pod (operator, openshift-pipelines-scc.yaml). A service account of its own may have
    an SCC that allows more, and in a user namespace root of the pod is nobody on the node.
    """
    resource = step.resource
    if resource.partial or _privileged(step) is not None:
        return
    securities = [one for one in _securities(step) if one is not None]
    setfcap = next((item for one in securities for item in one.each("capabilities", "add") if _is_setfcap(item)), None)
    if setfcap is None:
        return
    escalation = next((said for one in securities if (said := one.get("allowPrivilegeEscalation")) is not None), None)
    value = escalation.node.value if escalation is not None and isinstance(escalation.node, Scalar) else None
    if escalation is not None and value is not False:
        return
    if escalation is None and (ctx.target.platform == "kubernetes" or ctx.model.cluster.grants_sccs):
        return
    user = _user(step, securities, ctx)
    if user is None or not _is_plain_buildah(step):
        return
    severity = None if escalation is not None or ctx.target.platform == "openshift" else Severity.NOTE
    fate = "which fail under `allowPrivilegeEscalation: false`"
    if escalation is None:
        fate = "which fail under OpenShift's pipelines-scc because it lets nothing gain privileges"
    uid = user.node.text if isinstance(user.node, Scalar) else ""
    or_else = " or in a user namespace (`hostUsers: false` in the run's pod template)"
    message = (
        f"As user {uid}, Buildah maps users with newuidmap and newgidmap, {fate}. Run it with `runAsUser: 0`"
        f"{or_else if ctx.target.tekton >= _HOST_USERS else ''}."
    )
    own = step.get("securityContext", "runAsUser")
    related = [(setfcap.location, "the capability")]
    if escalation is not None:
        related.append((escalation.location, "nothing may gain privileges"))
    at = user
    if user.resource is not resource or (own is None and "stepTemplate" not in user.path):
        at, related[0] = setfcap, (user.location, "the user of the pod")
    fix = None if _wants_no_root(step, ctx) else _as_root(step, own, ctx)
    yield ctx.finding(at, message, severity=severity, related=related, fix=fix)


# Since when a pod template has `hostUsers` (commit 04e5757c9).
_HOST_USERS = (1, 9)


def _securities(step: Place) -> tuple[Place | None, Place | None]:
    """The securityContext of a step and of its template, which is merged into it."""
    spec = _task_spec(step)
    template = spec.get("stepTemplate", "securityContext") if spec is not None else None
    return step.get("securityContext"), template


def _is_setfcap(item: Place) -> bool:
    return item.text in ("SETFCAP", "CAP_SETFCAP")


def _user(step: Place, securities: list[Place], ctx: Context) -> Place | None:
    """Where it is said that a step runs as another user than root, unless a run lets its pods gain privileges."""
    from tektonlint.model.definitions import number_of
    from tektonlint.model.security import pod_security

    said = next((user for one in securities if (user := one.get("runAsUser")) is not None), None)
    if said is not None and not number_of(said):
        return None
    spec = _task_spec(step)
    if spec is None:
        return said
    if _has_user_namespace(step.resource.place.get("metadata", "annotations")):
        return None
    runs = ctx.model.runs_with(ctx.model.task(spec))
    bound = [(run, name) for run, name in runs if not _may_gain(run, name)]
    if said is not None:
        return said if bound or not runs else None
    pods = (pod_security(run, name) for run, name in bound)
    users = (pod.get("runAsUser") for pod in pods if pod is not None)
    return next((user for user in users if number_of(user)), None)


def _may_gain(run: PipelineRun | TaskRun, task: str | None) -> bool:
    """Whether a run's pods have a user namespace, or an account that may have an SCC of its own."""
    place, is_v1 = run.place, run.resource.version == "v1"
    item = next((one for one in place.each("taskRunSpecs") if _text(one, "pipelineTaskName") == task), None)
    owners = [place, place.get("taskRunTemplate")] if run.resource.kind == "PipelineRun" else [place]
    account = next((text for one in owners if one is not None and (text := _text(one, "serviceAccountName"))), None)
    if item is not None:
        owners.append(item)
        account = _text(item, "serviceAccountName" if is_v1 else "taskServiceAccountName") or account
    templates = (one.get(key) for one in owners if one is not None for key in ("podTemplate", "taskPodTemplate"))
    if any(template is not None and template.get("hostUsers") is not None for template in templates):
        return True
    annotations = run.resource.place.get("metadata", "annotations")
    return account not in (None, "pipeline") or _has_user_namespace(annotations)


def _has_user_namespace(annotations: Place | None) -> bool:
    """Whether annotations ask CRI-O for a user namespace, as OpenShift's task buildah-ns does."""
    each = annotations.entries() if annotations is not None else ()
    return any(str(one.path[-1]).startswith("io.kubernetes.cri-o.userns-mode") for one in each)


def _text(place: Place, key: str) -> str | None:
    inner = place.get(key)
    return inner.text if inner is not None else None


def _wants_no_root(step: Place, ctx: Context) -> bool:
    """Whether something says `runAsNonRoot`, with which Kubernetes does not start a container of user 0."""
    from tektonlint.model.definitions import is_true
    from tektonlint.model.security import pod_security

    spec = _task_spec(step)
    runs = ctx.model.runs_with(ctx.model.task(spec)) if spec is not None else ()
    pods = (pod_security(run, name) for run, name in runs)
    return any(one is not None and is_true(one.get("runAsNonRoot")) for one in (*_securities(step), *pods))


def _as_root(step: Place, own: Place | None, ctx: Context) -> Fix | None:
    """Says user 0 in the step itself."""
    from tektonlint import edit

    security = step.get("securityContext")

    def change() -> edit.Change:
        if own is not None:
            return edit.replace_scalar(own, 0)
        if security is not None:
            return edit.insert_key(security, "runAsUser", 0)
        return edit.insert_key(step, "securityContext", {"runAsUser": 0}, after="image")

    return ctx.fix("run Buildah as user 0", change, Safety.UNSAFE)
