"""What a task's pod takes from its node, and whether a restricted namespace lets it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Scalar, Sequence
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tektonlint import edit


def container_engine_socket(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Volumes that are a path of the node; those that no step mounts are another policy's."""
    resource = whole.resource
    specs = select(resource, "task-specs")
    for spec in specs:
        volumes = [volume for volume in spec.each("volumes") if volume.get("hostPath") is not None]
        mounted = _mounts([spec]) if volumes else {}
        for volume in volumes:
            yield from _of_the_node(volume, mounted, ctx)
    for template in select(resource, "pod-templates"):
        volumes = [volume for volume in template.each("volumes") if volume.get("hostPath") is not None]
        mounted = _mounts(specs) if volumes else {}
        for volume in volumes:
            yield from _of_the_node(volume, mounted, ctx, in_a_template=True)


# The containers that mount a volume, with their mounts, by the name of the volume.
_Mounts = dict[str, list[tuple[Place, Place]]]


def _of_the_node(volume: Place, mounted: _Mounts, ctx: Context, *, in_a_template: bool = False) -> Iterator[Finding]:
    path, name = volume.get("hostPath", "path"), volume.get("name")
    where = path.known_text if path is not None else None
    if path is None or not where:
        return
    mounts = mounted.get(name.text, []) if name is not None and name.text else []
    if not mounts and not in_a_template:
        return
    into = ", ".join(dict.fromkeys(_called(container) for container, _ in mounts)) or "the steps that mount it"
    socket = _SOCKET.search(where)
    whose = "of the node, the socket of its container engine," if socket else "of the node"
    refusal = "" if ctx.target.platform == "kubernetes" else ", and OpenShift's pipelines-scc refuses the pod"
    readable = bool(mounts) and all(_is_read_only(mount) for _, mount in mounts) and _HARMLESS.search(where)
    danger = "whoever can change what runs there controls the node"
    if readable:
        danger = "what happens there depends on which node it is"
    instead = "Build images with Buildah, which needs no engine." if socket else _INSTEAD
    message = f"`{where}` {whose} is mounted into {into}: {danger}{refusal}. {instead}"
    related = [(mount.location, "mounted here") for _, mount in mounts]
    severity = Severity.NOTE if readable and ctx.target.platform != "openshift" else None
    yield ctx.finding(path, message, severity=severity, related=related)


_INSTEAD = "Put what is needed into the image, a ConfigMap or a claim."
_SOCKET = pattern(r"(?:docker|podman|containerd|crio|buildkitd?|cri-dockerd)\.sock/?$")
# What only describes the machine and cannot be changed through a mount that is read-only.
_HARMLESS = pattern(
    r"^(?:/etc/(?:localtime|timezone|ssl/certs|pki/ca-trust|os-release)|/usr/share/(?:zoneinfo|ca-certificates)"
    r"|(?:/usr)?/lib/modules)(?:/|$)"
)


def _mounts(specs: Iterable[Place]) -> _Mounts:
    found: _Mounts = {}
    for spec in specs:
        template = spec.get("stepTemplate")
        for container in (*([template] if template is not None else ()), *spec.each("steps"), *spec.each("sidecars")):
            for mount in container.each("volumeMounts"):
                name = mount.get("name")
                if name is not None and name.text:
                    found.setdefault(name.text, []).append((container, mount))
    return found


def _called(container: Place) -> str:
    if container.path[-1] == "stepTemplate":
        return "every step"
    name = container.get("name")
    return f"`{name.text}`" if name is not None and name.text else "a step"


def _is_read_only(mount: Place) -> bool:
    read_only = mount.get("readOnly")
    return read_only is not None and isinstance(read_only.node, Scalar) and read_only.node.value is True


def restricted_security_context(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """What keeps a pod out of a namespace that enforces the Pod Security Standard `restricted`.

    What a container may not say is told there; what its containers do not say, once for all steps, since the step
    template can say it for them. OpenShift's admission fills all of it in.
    """
    resource = task_spec.resource
    if ctx.target.platform == "openshift" or resource.partial:
        return
    pod = _pod_security(task_spec)
    template = task_spec.get("stepTemplate")
    lacking: dict[str, list[str]] = {}
    for step in task_spec.each("steps"):
        yield from _forbidden(step, ctx)
        # A StepAction brings a security context of its own.
        if step.get("ref") is None:
            for field in _missing((step, template, pod)):
                lacking.setdefault(field, []).append(_called(step))
    if template is not None:
        yield from _forbidden(template, ctx)
    if lacking:
        yield _lacking(task_spec, template, lacking, ctx)
    for sidecar in task_spec.each("sidecars"):
        yield from _forbidden(sidecar, ctx)
        fields = _missing((sidecar, None, pod))
        if fields:
            at = (sidecar.get("name") or sidecar).location
            fix = _filled_in(sidecar, fields, ctx)
            yield ctx.finding(sidecar, _refusal("This sidecar lacks", fields), at=at, fix=fix)


# Kubernetes, Pod Security Standards, profile Restricted: what every container has to say, and how.
_WANTED: dict[str, dict[str, edit.Data]] = {
    "allowPrivilegeEscalation": {"allowPrivilegeEscalation": False},
    "capabilities.drop": {"capabilities": {"drop": ["ALL"]}},
    "runAsNonRoot": {"runAsNonRoot": True},
    "seccompProfile": {"seccompProfile": {"type": "RuntimeDefault"}},
}
# Only these two may be said for the whole pod.
_OF_PODS = ("runAsNonRoot", "seccompProfile")
_IN_WORDS = {
    "allowPrivilegeEscalation": "`allowPrivilegeEscalation: false`",
    "capabilities.drop": "`capabilities: {drop: [ALL]}`",
    "runAsNonRoot": "`runAsNonRoot: true`",
    "seccompProfile": "`seccompProfile: {type: RuntimeDefault}`",
}


def _missing(holders: tuple[Place | None, Place | None, Place | None]) -> list[str]:
    """The fields that nobody says: neither the container, nor its template, nor the pod."""
    *containers, pod = holders
    found: list[str] = []
    for field in _WANTED:
        said = [one.get("securityContext", *field.split(".")) for one in containers if one is not None]
        if field in _OF_PODS and pod is not None:
            said.append(pod.get(field))
        if all(one is None or (isinstance(one.node, Scalar) and one.node.value is None) for one in said):
            found.append(field)
    return found


def _said(fields: list[str]) -> dict[str, edit.Data]:
    """The part of a security context that says some of the fields."""
    return {key: value for field in fields for key, value in _WANTED[field].items()}


def _refusal(who: str, fields: list[str]) -> str:
    missing = ", ".join(_IN_WORDS[field] for field in fields)
    return f"{who} {missing} in `securityContext`. A namespace that enforces `restricted` refuses the pod."


def _lacking(task_spec: Place, template: Place | None, lacking: dict[str, list[str]], ctx: Context) -> Finding:
    """One finding for all steps."""
    fields = [field for field in _WANTED if field in lacking]
    names = list(dict.fromkeys(name for steps in lacking.values() for name in steps))
    who = f"{names[0][0].upper()}{names[0][1:]} lacks"
    if len(names) > 1:
        shown = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
        who = f"The steps {shown} lack"
    if any(len(set(steps)) != len(names) for steps in lacking.values()):
        who += " one or another of"
    place = task_spec.get("stepTemplate", "securityContext") or template or task_spec.get("steps") or task_spec
    fix = _filled_in(template, fields, ctx) if template is not None else _with_template(task_spec, fields, ctx)
    return ctx.finding(place, _refusal(who, fields), at=place.key_location, fix=fix)


_FEW = 4


def _filled_in(container: Place, fields: list[str], ctx: Context) -> Fix | None:
    """Says in a security context what it does not say yet."""
    from tektonlint import edit

    security = container.get("securityContext")

    def change() -> edit.Change:
        if security is None:
            return edit.insert_key(container, "securityContext", _said(fields))
        made: edit.Change | None = None
        for field in fields:
            added = _added(security, field)
            made = added if made is None else made.with_(added)
        assert made is not None
        return made

    return ctx.fix("say what `restricted` asks for", change, Safety.UNSAFE)


def _added(security: Place, field: str) -> edit.Change:
    from tektonlint import edit

    key = field.partition(".")[0]
    capabilities = security.get(key)
    if field == "capabilities.drop" and capabilities is not None and isinstance(capabilities.node, Mapping):
        return edit.insert_key(capabilities, "drop", ["ALL"])
    return edit.insert_key(security, key, _said([field])[key])


def _with_template(task_spec: Place, fields: list[str], ctx: Context) -> Fix | None:
    from tektonlint import edit

    title = "say in a `stepTemplate` what `restricted` asks for"
    data: edit.Data = {"securityContext": _said(fields)}
    return ctx.fix(title, lambda: edit.insert_key(task_spec, "stepTemplate", data), Safety.UNSAFE)


def _forbidden(container: Place, ctx: Context) -> Iterator[Finding]:
    """What a container says and may not."""
    security = container.get("securityContext")
    if security is None:
        return
    # `privileged` is the policy `privileged-step`'s.
    for field, bad in (("allowPrivilegeEscalation", True), ("runAsNonRoot", False)):
        place = security.get(field)
        if place is not None and isinstance(place.node, Scalar) and place.node.value is bad:
            yield _told(place, f"`{field}: {str(bad).lower()}`", f"Write `{str(not bad).lower()}`", ctx)
    user = security.get("runAsUser")
    if user is not None and isinstance(user.node, Scalar) and user.node.value is not False and user.node.value == 0:
        yield _told(user, "`runAsUser: 0`", "Name another user, and let the image work as it", ctx)
    profile = security.get("seccompProfile", "type")
    if profile is not None and profile.known_text not in (None, "RuntimeDefault", "Localhost"):
        yield _told(profile, f"The seccomp profile `{profile.text}`", "Write `RuntimeDefault`", ctx)
    for added in security.each("capabilities", "add"):
        if added.known_text not in (None, "NET_BIND_SERVICE"):
            instead = "Do without it, or run the task in another namespace"
            yield _told(added, f"The capability `{added.text}`", instead, ctx)
    dropped = security.get("capabilities", "drop")
    if dropped is not None and isinstance(dropped.node, Sequence):
        names = [one.known_text for one in dropped.items()]
        if "ALL" not in names and None not in names:
            yield _told(dropped, "`drop` without `ALL`", "Write `drop: [ALL]`", ctx)


def _told(place: Place, what: str, instead: str, ctx: Context) -> Finding:
    message = f"{what} keeps the pod out of a namespace that enforces `restricted`. {instead}."
    return ctx.finding(place, message)


def _pod_security(task_spec: Place) -> Place | None:
    """The security context of the pod, where the task spec stands in a run.

    That of a task's own pod template replaces the run's as a whole (pkg/apis/pipeline/pod/template.go).
    """
    resource = task_spec.resource
    run = resource.place.get("spec")
    if run is None or resource.kind not in ("PipelineRun", "TaskRun"):
        return None
    if resource.kind == "PipelineRun":
        task = task_spec.parent
        name = task.get("name") if task is not None else None
        own = _security_of_tasks(run).get(name.text) if name is not None else None
        if own is not None:
            return own
        return run.get("taskRunTemplate", "podTemplate", "securityContext") or _template(run, "podTemplate")
    return _template(run, "podTemplate")


def _security_of_tasks(run: Place) -> dict[str | None, Place]:
    """The security contexts of single tasks' pods by the names of the pipeline tasks, computed once."""
    memo = run.resource.memo
    found: dict[str | None, Place] | None = memo.get("pod security by pipeline task")
    if found is None:
        found = memo["pod security by pipeline task"] = {}
        for item in run.each("taskRunSpecs"):
            name, security = item.get("pipelineTaskName"), _template(item, "podTemplate", "taskPodTemplate")
            if name is not None and name.text is not None and security is not None:
                found[name.text] = security
    return found


def _template(holder: Place, *names: str) -> Place | None:
    found = (holder.get(name, "securityContext") for name in names)
    return next((one for one in found if one is not None), None)
