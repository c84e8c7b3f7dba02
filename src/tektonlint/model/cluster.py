"""What the tree itself says of the cluster: Tekton's ConfigMaps, Namespaces, claims, LimitRanges, Secrets' keys.

The configuration of tektonlint comes first; what the tree says counts where that is silent, and only where all of
it agrees: a repository for several clusters may hold several ConfigMaps of one name.
"""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Document, Mapping, Node, Scalar, Sequence
from tektonlint.finding import Location
from tektonlint.lazy import cached_property
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import text_of
from tektonlint.tekton.target import Target
from tektonlint.text import Source, Span
from tektonlint.tree import Tree

# Keys that only Tekton's ConfigMaps have; Knative's are called config-defaults too.
_KEYS = frozenset(
    (
        "coschedule",
        "default-pod-template",
        "default-task-run-workspace-binding",
        "default-timeout-minutes",
        "enable-api-fields",
        "results-from",
        "set-security-context",
    )
)
_CONFIG_MAPS = ("config-defaults", "feature-flags")
GROUPS = "openshift.io/sa.scc.supplemental-groups"
USERS = "openshift.io/sa.scc.uid-range"
SCC = "operator.tekton.dev/scc"


class Namespace(NamedTuple):
    """A Namespace: the first ID of its ranges, where OpenShift has written them, and the SCC that was asked for.

    `at` is where its name stands.
    """

    name: str
    first_group: int | None
    first_user: int | None
    scc: str | None
    labels: dict[str, str]
    at: Location


class Claim(NamedTuple):
    """A PersistentVolumeClaim; `storage` is its request as it is written, `at` is where its name stands."""

    name: str
    namespace: str | None
    access_modes: tuple[str, ...]
    storage: str | None
    storage_class: str | None
    at: Location


class Secret(NamedTuple):
    """A Secret: its type and its keys, never a value."""

    name: str
    namespace: str | None
    type: str
    keys: frozenset[str]


class Cluster:
    """What the documents beside Tekton's say."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def _objects(self, *kinds: str, named: tuple[str, ...] = ()) -> Iterator[tuple[Mapping, str, str | None]]:
        """The objects of some kinds with name and namespace; `named` are the only names that are of interest."""
        for root, name, namespace, _ in self._located(*kinds, named=named):
            yield root, name, namespace

    def _located(
        self, *kinds: str, named: tuple[str, ...] = ()
    ) -> Iterator[tuple[Mapping, str, str | None, Location]]:
        """The same, and where the name stands."""
        for document in self._tree.context(*(named or kinds)):
            for root in _objects_of(document):
                if text_of(root.get("kind")) in kinds:
                    metadata = root.get("metadata")
                    name = text_of(metadata.get("name")) if isinstance(metadata, Mapping) else None
                    namespace = text_of(metadata.get("namespace")) if isinstance(metadata, Mapping) else None
                    if name and isinstance(metadata, Mapping):
                        yield root, name, namespace, _location(document.source, metadata.get("name"))

    @cached_property
    def settings(self) -> dict[str, str]:
        """Tekton's settings that the tree makes, each as a text; those that it makes in two ways are left out."""
        said: dict[str, set[str]] = {}
        for root, name, _ in self._objects("ConfigMap", named=_CONFIG_MAPS):
            if name in _CONFIG_MAPS:
                _collect(root.get("data"), said)
        for resource in self._tree.resources:
            if resource.kind == "TektonConfig" and resource.group == "operator.tekton.dev":
                spec = resource.root.get("spec")
                _collect(spec.get("pipeline") if isinstance(spec, Mapping) else None, said)
        return {key: values.pop() for key, values in said.items() if len(values) == 1}

    @cached_property
    def namespaces(self) -> dict[str, Namespace]:
        """The Namespaces by name; of two of one name the first, without what the others say differently.

        A repository for several clusters may hold one for each, and every cluster gives out ranges of its own.
        """
        found: dict[str, Namespace] = {}
        for root, name, _, at in self._located("Namespace"):
            annotations, labels = _texts(root, "annotations"), _texts(root, "labels")
            groups, users = _first(annotations.get(GROUPS)), _first(annotations.get(USERS))
            one = Namespace(name, groups, users, annotations.get(SCC), labels, at)
            found[name] = _agreed(found[name], one) if name in found else one
        return found

    @cached_property
    def grants_sccs(self) -> bool:
        """Whether the tree gives somebody a SecurityContextConstraints by hand: then ranges may not bind."""
        if next(self._objects("SecurityContextConstraints"), None) is not None:
            return True
        bindings = self._objects("RoleBinding", "ClusterRoleBinding")
        roles = (root.get("roleRef") for root, _, _ in bindings)
        names = (text_of(role.get("name")) for role in roles if isinstance(role, Mapping))
        return any((name or "").startswith("system:openshift:scc:") for name in names)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The PersistentVolumeClaims."""
        return tuple(_claim(*one) for one in self._located("PersistentVolumeClaim"))

    def claim(self, name: str, namespace: str | None) -> Claim | None:
        """The one claim of a name in a namespace, or in any where one of the two is not known."""
        found = [
            one
            for one in self.claims
            if one.name == name and (one.namespace is None or namespace is None or one.namespace == namespace)
        ]
        return found[0] if len(found) == 1 else None

    @cached_property
    def limit_ranges(self) -> frozenset[str | None]:
        """The namespaces in which a LimitRange gives containers default requests; None where it names none."""
        found: set[str | None] = set()
        for root, _, namespace in self._objects("LimitRange"):
            spec = root.get("spec")
            limits = spec.get("limits") if isinstance(spec, Mapping) else None
            for item in limits.items if isinstance(limits, Sequence) else ():
                if isinstance(item, Mapping) and item.get("defaultRequest") is not None:
                    found.add(namespace)
        return frozenset(found)

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """The Secrets, without their values."""
        return tuple(
            Secret(name, namespace, text_of(root.get("type")) or "Opaque", frozenset(_keys(root)))
            for root, name, namespace in self._objects("Secret")
        )

    @cached_property
    def applications(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The Argo CD Applications: the name of each and the folders of its sources."""
        return tuple((name, tuple(_sources(root))) for root, name, _ in self._objects("Application"))

    @cached_property
    def recursing(self) -> frozenset[tuple[str, str]]:
        """The Applications and folders whose folders below are applied too (`directory.recurse`)."""
        return frozenset(
            (name, path)
            for root, name, _ in self._objects("Application")
            for path in _sources(root, recursing=True)
        )


def target_of(tree: Tree, target: Target, cluster: Cluster) -> Target:
    """The target, completed by what the tree says where the configuration is silent."""
    settings = cluster.settings
    more: dict[str, object] = {}
    minutes = settings.get("default-timeout-minutes", "")
    if "default_timeout_minutes" not in target.decided and minutes.isascii() and minutes.isdigit() and len(minutes) < 9:
        more["default_timeout_minutes"] = int(minutes)
    for field, key, values in (
        ("coschedule", "coschedule", ("workspaces", "pipelineruns", "isolate-pipelinerun", "disabled")),
        ("api_fields", "enable-api-fields", ("stable", "beta", "alpha")),
    ):
        if field not in target.decided and settings.get(key) in values:
            more[field] = settings[key]
    return target._replace(**more) if more else target  # type: ignore[arg-type]


def _objects_of(document: Document) -> Iterator[Mapping]:
    root = document.root
    if not isinstance(root, Mapping):
        return
    yield root
    items = root.get("items")
    if (text_of(root.get("kind")) or "").endswith("List") and isinstance(items, Sequence):
        yield from (item for item in items.items if isinstance(item, Mapping))


def _agreed(first: Namespace, other: Namespace) -> Namespace:
    """The first of two Namespaces of one name, as far as they agree; an SCC that one of them asks for may count."""
    return first._replace(
        first_group=first.first_group if first.first_group == other.first_group else None,
        first_user=first.first_user if first.first_user == other.first_user else None,
        scc=first.scc or other.scc,
        labels={key: value for key, value in first.labels.items() if other.labels.get(key) == value},
    )


def _location(source: Source, node: Node | None) -> Location:
    return Location(source, Span(node.start, node.end) if node is not None else Span(0, 0))


def _collect(data: Node | None, said: dict[str, set[str]]) -> None:
    if isinstance(data, Mapping):
        for key in _KEYS:
            value = data.get(key)
            if isinstance(value, Scalar):
                said.setdefault(key, set()).add(value.text)
            elif value is not None:
                said.setdefault(key, set()).update(("a mapping", "which is not read"))


def _texts(root: Mapping, key: str) -> dict[str, str]:
    metadata = root.get("metadata")
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {name: text for name, entry in found.index.items() if (text := text_of(entry.value)) is not None}


def _first(text: str | None) -> int | None:
    """The first ID of `1000970000/10000` or `1000970000-1000979999`."""
    digits = (text or "").split(",")[0].replace("-", "/").split("/")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


def _claim(root: Mapping, name: str, namespace: str | None, at: Location) -> Claim:
    spec = root.get("spec")
    spec = spec if isinstance(spec, Mapping) else Mapping.of(0, 0, [], {}, False)
    modes = spec.get("accessModes")
    texts = (text_of(item) for item in modes.items) if isinstance(modes, Sequence) else ()
    resources = spec.get("resources")
    requests = resources.get("requests") if isinstance(resources, Mapping) else None
    storage = requests.get("storage") if isinstance(requests, Mapping) else None
    return Claim(
        name=name,
        namespace=namespace,
        access_modes=tuple(text for text in texts if text),
        storage=storage.text if isinstance(storage, Scalar) else None,
        storage_class=text_of(spec.get("storageClassName")),
        at=at,
    )


def _keys(root: Mapping) -> Iterator[str]:
    for key in ("data", "stringData"):
        found = root.get(key)
        if isinstance(found, Mapping):
            yield from found.index


def _sources(application: Mapping, *, recursing: bool = False) -> Iterator[str]:
    """The folders of its sources, or only of those that recurse."""
    spec = application.get("spec")
    if not isinstance(spec, Mapping):
        return
    several = spec.get("sources")
    for source in (spec.get("source"), *(several.items if isinstance(several, Sequence) else ())):
        path = text_of(source.get("path")) if isinstance(source, Mapping) else None
        directory = source.get("directory") if isinstance(source, Mapping) else None
        recurse = directory.get("recurse") if isinstance(directory, Mapping) else None
        if recursing and not (isinstance(recurse, Scalar) and recurse.value is True):
            continue
        if path and "{{" not in path:
            yield path.strip("/")
