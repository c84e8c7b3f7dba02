"""As whom pods run: what a task's pod template replaces, and IDs that belong to one namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Scalar, plain_data
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.model.definitions import is_true, number_of
from tektonlint.model.directories import mounts
from tektonlint.model.runs import PipelineRun
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.cluster import Namespace

_CLAIMS = ("persistentVolumeClaim", "volumeClaimTemplate")


def dropped_security_context(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Security contexts of single tasks, which replace the run's as a whole.

    Pod templates are merged by their top-level fields only (pkg/apis/pipeline/pod/template.go:187-252).
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial:
        return
    run = ctx.model.run(resource)
    whole = _security(run.pod_template)
    if whole is None:
        return
    for name in run.task_specs:
        own = _security(run.pod_template_of(name))
        if own is not None:
            yield from _dropped(name, own, whole, run, ctx)


def _dropped(task: str, own: Place, whole: Place, run: PipelineRun, ctx: Context) -> Iterator[Finding]:
    lost = [entry for entry in whole.entries() if own.get(_key(entry)) is None and not _is_at_odds(entry, own)]
    claimed = _binds_a_claim(task, run, ctx)
    if lost:
        names = ", ".join(f"`{_key(entry)}`" for entry in lost)
        message = (
            f"The security context of `{task}` replaces that of the whole run, so {names} "
            f"{'do' if len(lost) > 1 else 'does'} not apply to it. Repeat {'them' if len(lost) > 1 else 'it'} here."
        )
        severity = _weight_of(lost, own, claimed, ctx)
        related = [(whole.key_location, "the run's, of which nothing is left")]
        fix = _repeated(own, lost, ctx)
        yield ctx.finding(own, message, at=own.key_location, severity=severity, related=related, fix=fix)
    group, of_all = own.get("fsGroup"), whole.get("fsGroup")
    if group is None or of_all is None or claimed is not True:
        return
    one, other = number_of(group), number_of(of_all)
    if one is not None and other is not None and one != other:
        message = (
            f"`{task}` works with the group {one} and the run's other tasks with {other}, so on a volume that they "
            "share they may not touch each other's files. Use one `fsGroup` for all."
        )
        related = [(of_all.location, "the group of the others")]
        yield ctx.finding(group, message, severity=Severity.WARNING, related=related)


def _weight_of(lost: list[Place], own: Place, claimed: bool | None, ctx: Context) -> Severity | None:
    """How bad it is: an error where a task certainly loses the group of a volume that it shares.

    On OpenShift the SCC fills in the namespace's group (pipelines-scc, fsGroup MustRunAs). Empty braces can only be
    meant.
    """
    if claimed is False or not list(own.entries()):
        return Severity.NOTE
    groups = any(_key(entry) in ("fsGroup", "supplementalGroups") for entry in lost)
    certain = groups and claimed is True and ctx.target.platform != "openshift"
    return None if certain else Severity.WARNING


def _is_at_odds(entry: Place, own: Place) -> bool:
    """Whether what is lost would contradict what the task says: its root user the run's `runAsNonRoot`."""
    return _key(entry) == "runAsNonRoot" and is_true(entry) and number_of(own.get("runAsUser")) == 0


def _binds_a_claim(task: str, run: PipelineRun, ctx: Context) -> bool | None:
    """Whether a task gets a claim; None where that is not known: the run binds one, but the task is elsewhere."""
    claims = {one.name for one in run.bindings.values() if one.source in _CLAIMS}
    if not claims:
        return False if run.bindings_are_known and not ctx.model.is_patched(run.resource) else None
    pipeline = ctx.model.pipeline_of(run).found
    found = pipeline.by_name.get(task) if pipeline is not None else None
    if found is None:
        return None
    return any(mount.workspace in claims for mount in mounts(found, ctx.model.task_of(found).found))


def _repeated(own: Place, lost: list[Place], ctx: Context) -> Fix | None:
    """Copies what is lost."""
    from tektonlint import edit

    copies = {_key(entry): _data(plain_data(entry.node)) for entry in lost}
    if not isinstance(own.node, Mapping) or any(value is None for value in copies.values()):
        return None
    # What is wrong for the whole run is mended there first.
    if any(_is_doubtful(entry, own, ctx) for entry in lost):
        return None

    def change() -> edit.Change:
        made: edit.Change | None = None
        for key, value in copies.items():
            assert value is not None
            added = edit.insert_key(own, key, value)
            made = added if made is None else made.with_(added)
        assert made is not None
        return made

    names = ", ".join(f"`{key}`" for key in copies)
    return ctx.fix(f"repeat {names} for this task", change, Safety.UNSAFE)


def _is_doubtful(entry: Place, own: Place, ctx: Context) -> bool:
    """Whether an ID is one that this cluster's namespace may refuse, or that belongs to another."""
    numbers = [number_of(place) for place in (entry, *entry.items())]
    if ctx.target.platform != "kubernetes" and any(one is not None and _FIRST <= one <= _LAST for one in numbers):
        return True
    run = ctx.model.run(own.resource)
    accounts = (run.service_account, *(spec.get("serviceAccountName") for spec in run.task_specs.values()))
    return _key(entry) == "fsGroup" and any(_is_refused(own.resource, entry, one, ctx) for one in accounts)


def _data(value: object) -> edit.Data | None:
    """A value as the edit operations take it; None for what they cannot write."""
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        entries = {str(key): _data(item) for key, item in value.items()}
        return None if None in entries.values() else {key: item for key, item in entries.items() if item is not None}
    if isinstance(value, list):
        items = [_data(item) for item in value]
        return None if None in items else [item for item in items if item is not None]
    return None


def _security(template: Place | None) -> Place | None:
    """The securityContext of a pod template, if it is a mapping."""
    found = template.get("securityContext") if template is not None else None
    return found if found is not None and isinstance(found.node, Mapping) else None


def _key(place: Place) -> str:
    return str(place.path[-1])


def assistant_without_security_context(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Runs whose tasks fit a restricted namespace and whose affinity assistant does not.

    The assistant copies the securityContext of the run's pod template only (since v0.63.0, docs/podtemplates.md:178).
    OpenShift's admission fills in what is missing.
    """
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial or ctx.model.is_patched(resource):
        return
    target, settings = ctx.model.target, ctx.model.cluster.settings
    if target.coschedule == "disabled" or target.platform == "openshift" or target.tekton < (0, 63):
        return
    if settings.get("set-security-context", "").lower() == "true" or "default-pod-template" in settings:
        return
    run = ctx.model.run(resource)
    namespace = _namespace(resource, ctx)
    enforced = namespace.labels.get("pod-security.kubernetes.io/enforce", "restricted") if namespace else "restricted"
    template = run.pod_template
    if enforced != "restricted" or not any(one.source in _CLAIMS for one in run.bindings.values()):
        return
    if template is not None and template.get("securityContext") is not None:
        return
    found = [own for name in run.task_specs if (own := _security(run.pod_template_of(name))) is not None]
    strict = [own for own in found if is_true(own.get("runAsNonRoot")) or own.get("seccompProfile") is not None]
    if strict:
        path = "taskRunTemplate.podTemplate" if resource.version == "v1" else "podTemplate"
        message = (
            "The affinity assistant does not get these settings, so a namespace that enforces `restricted` refuses its "
            f"pod and every task waits. Say them in `{path}`, and set `set-security-context` in `feature-flags`."
        )
        related = [(own.key_location, "neither do these") for own in strict[1:]]
        yield ctx.finding(strict[0], message, at=strict[0].key_location, related=related)


def refused_group(whole: Place, ctx: Context) -> Iterator[Finding]:
    """A group that the namespace's manifest says is not allowed.

    Under pipelines-scc and restricted SCCs exactly the first ID of the range is (apiserver-library-go,
    sccmatching/matcher.go, getPreallocatedFSGroup; group/mustrunas.go).
    """
    resource = whole.resource
    for place, account in _groups(resource, ctx):
        namespace = _ruling(resource, account, ctx)
        group = number_of(place)
        if namespace is None or group is None or group == namespace.first_group:
            continue
        message = (
            f"`fsGroup: {group}` is not allowed in the namespace `{namespace.name}`, only {namespace.first_group} is: "
            "pods are refused, the affinity assistant's too, and the run hangs. Delete it, and OpenShift fills it in."
        )
        related = [(namespace.at, "its annotation says so")]
        yield ctx.finding(place, message, related=related, fix=_deleted(place, ctx))


def _groups(resource: Resource, ctx: Context) -> Iterator[tuple[Place, Place | None]]:
    """Every `fsGroup` of a run, and the service account of the pods that get it."""
    if resource.group != "tekton.dev" or resource.partial:
        return
    found: list[tuple[Place | None, Place | None]] = []
    if resource.kind == "PipelineRun":
        run = ctx.model.run(resource)
        found.append((run.pod_template, run.service_account))
        key = "serviceAccountName" if resource.version == "v1" else "taskServiceAccountName"
        for name, spec in run.task_specs.items():
            found.append((run.pod_template_of(name), spec.get(key) or run.service_account))
    elif resource.kind == "TaskRun":
        single = ctx.model.task_run(resource)
        found.append((single.pod_template, single.place.get("serviceAccountName")))
    for template, account in found:
        place = template.get("securityContext", "fsGroup") if template is not None else None
        if place is not None:
            yield place, account


def _ruling(resource: Resource, account: Place | None, ctx: Context) -> Namespace | None:
    """The namespace whose first group is the only one for pods of a service account; None where that is not known."""
    namespace = _namespace(resource, ctx)
    if namespace is None or namespace.first_group is None or namespace.scc is not None:
        return None
    if ctx.target.platform == "kubernetes" or ctx.model.cluster.grants_sccs:
        return None
    named = account is None or account.text in ("", "pipeline", "default")
    return namespace if named else None


def _namespace(resource: Resource, ctx: Context) -> Namespace | None:
    name = ctx.model.namespace_of(resource)
    return ctx.model.cluster.namespaces.get(name) if name is not None else None


def namespace_id(whole: Place, ctx: Context) -> Iterator[Finding]:
    """IDs out of the range from which OpenShift gives each namespace its own: 1000000000 to 1999999999."""
    resource = whole.resource
    platform = ctx.target.platform
    if resource.group != "tekton.dev" or platform == "kubernetes":
        return
    refused = {place.path for place, account in _groups(resource, ctx) if _is_refused(resource, place, account, ctx)}
    namespace = _namespace(resource, ctx)
    for place in _ids(resource):
        number = number_of(place)
        if number is None or not _FIRST <= number <= _LAST or place.path in refused:
            continue
        key = _name(place)
        own = namespace is not None and number in (
            (namespace.first_user,) if key in ("runAsUser", "runAsGroup") else (namespace.first_group,)
        )
        related = []
        if own and namespace is not None:
            related = [(namespace.at, "the namespace that it belongs to")]
            whose = f"is the ID of the namespace `{namespace.name}`, and of no other"
        else:
            whose = "looks like an ID that OpenShift gave to one namespace"
        message = f"`{key}: {number}` {whose}: in another one, or on another cluster, {_ELSEWHERE[key]}"
        severity = None if platform == "openshift" and not own else Severity.NOTE
        fix = _deleted(place, ctx) if platform == "openshift" else None
        yield ctx.finding(place, message, severity=severity, related=related, fix=fix)


_FIRST, _LAST = 1_000_000_000, 1_999_999_999
# Of the SCCs only `fsGroup` and, in the restricted ones, `runAsUser` are held against the namespace's range.
_ELSEWHERE = {
    "fsGroup": "OpenShift refuses the pods. Leave it out there, and the namespace's own is filled in.",
    "supplementalGroups": "it opens no files. Leave it out there: `fsGroup` is filled in, and is enough for volumes.",
    "runAsUser": (
        "its files are nobody's, and restricted SCCs refuse the pods. Leave it out there, and let the image work as "
        "any user of the group 0."
    ),
    "runAsGroup": "it opens no files. Leave it out there: the group 0, or `fsGroup`, is enough.",
}


def _is_refused(resource: Resource, place: Place, account: Place | None, ctx: Context) -> bool:
    """Whether `refused_group` says something about a group."""
    namespace = _ruling(resource, account, ctx)
    return namespace is not None and number_of(place) != namespace.first_group


def _ids(resource: Resource) -> Iterator[Place]:
    """Every ID of a user or group in pod templates and containers, where it has an effect."""
    for template in select(resource, "pod-templates"):
        security = template.get("securityContext")
        if security is not None:
            for key in ("runAsUser", "runAsGroup", "fsGroup"):
                place = security.get(key)
                if place is not None:
                    yield place
            yield from security.each("supplementalGroups")
    for container in select(resource, "containers"):
        for key in ("runAsUser", "runAsGroup"):
            place = container.get("securityContext", key)
            if place is not None:
                yield place


def _name(place: Place) -> str:
    """The field that an ID stands in, or in whose list it stands."""
    return str(next(step for step in reversed(place.path) if isinstance(step, str)))


def _deleted(place: Place, ctx: Context) -> Fix | None:
    """Takes an ID out, and whatever says nothing without it."""
    from tektonlint import edit

    def change() -> edit.Change:
        at = place
        while (above := at.parent) is not None and _count(above) == 1 and above.key is not None:
            at = above
        return edit.remove_item(at) if isinstance(at.path[-1], int) else edit.remove_key(at)

    number = place.node.text if isinstance(place.node, Scalar) else ""
    return ctx.fix(f"leave `{_name(place)}: {number}` to OpenShift", change, Safety.UNSAFE)


def _count(place: Place) -> int:
    node = place.node
    return len(node.entries) if isinstance(node, Mapping) else len(node.items) if not isinstance(node, Scalar) else 0
