"""What is declared: the params, workspaces, results and steps of task specs and pipeline specs."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import Mapping, Scalar
from tektonlint.lazy import cached_property
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import RENDERED_LATER, Place, Resource, text_of

# Where a workspace is mounted that does not say it (docs/tasks.md, workspaces).
WORKSPACE_ROOT = "/workspace"


class Param(NamedTuple):
    """A declared param; `type` is string, array or object, told by the default where nothing else says it."""

    name: str
    place: Place
    type: str
    default: Place | None

    @property
    def has_default(self) -> bool:
        """Whether it may be left out; a default of null is none."""
        node = self.default.node if self.default is not None else None
        return node is not None and not (isinstance(node, Scalar) and node.value is None)


class WorkspaceDeclaration(NamedTuple):
    """A declared workspace; `mount_path` is None where it is only known later."""

    name: str
    place: Place
    optional: bool
    read_only: bool
    mount_path: str | None


class Spec:
    """What task specs and pipeline specs have in common.

    `name` is that of the object, None for a spec inside a run or a pipeline.
    """

    def __init__(self, place: Place, name: str | None) -> None:
        self.place = place
        self.name = name

    @property
    def resource(self) -> Resource:
        """The object it stands in."""
        return self.place.resource

    @property
    def inline(self) -> bool:
        """Whether it stands inside a run or another spec: params and workspaces then reach it from there."""
        return self.place.key is not None and self.place.key.text in ("taskSpec", "pipelineSpec")

    @cached_property
    def params(self) -> dict[str, Param]:
        """The declared params by name; of two of one name the first."""
        found: dict[str, Param] = {}
        for place in self.place.each("params"):
            name = name_of(place)
            if name is not None and name not in found:
                found[name] = Param(name, place, _type_of(place), place.get("default"))
        return found

    @cached_property
    def required_params(self) -> dict[str, Param]:
        """Those of them that have no default."""
        return {name: one for name, one in self.params.items() if not one.has_default}

    @cached_property
    def params_are_known(self) -> bool:
        """Whether every declaration has a name that is written out."""
        return all(name_of(place) is not None for place in self.place.each("params"))

    @cached_property
    def workspaces(self) -> dict[str, WorkspaceDeclaration]:
        """The declared workspaces by name."""
        found: dict[str, WorkspaceDeclaration] = {}
        for place in self.place.each("workspaces"):
            name = name_of(place)
            if name is not None and name not in found:
                optional, read_only = is_true(place.get("optional")), is_true(place.get("readOnly"))
                found[name] = WorkspaceDeclaration(name, place, optional, read_only, _mount_path(place, name))
        return found

    @cached_property
    def results(self) -> dict[str, Place]:
        """The declared results by name."""
        named = ((name_of(place), place) for place in self.place.each("results"))
        return {name: place for name, place in named if name is not None}


class Task(Spec):
    """A task spec: of a Task, or inline in a PipelineTask or TaskRun."""

    @cached_property
    def steps(self) -> tuple[Place, ...]:
        """Its steps."""
        return tuple(self.place.each("steps"))

    @cached_property
    def sidecars(self) -> tuple[Place, ...]:
        """Its sidecars."""
        return tuple(self.place.each("sidecars"))

    @property
    def template(self) -> Place | None:
        """Its stepTemplate."""
        return self.place.get("stepTemplate")

    @cached_property
    def isolated(self) -> dict[str, tuple[Place, ...]]:
        """For each workspace that a step or sidecar lists, the containers that list it: only they get it mounted."""
        found: dict[str, list[Place]] = {}
        for container in (*self.steps, *self.sidecars):
            for listed in container.each("workspaces"):
                name = name_of(listed)
                if name is not None:
                    found.setdefault(name, []).append(container)
        return {name: tuple(containers) for name, containers in found.items()}

    def image_of(self, container: Place) -> str | None:
        """The image of a step, its own or the template's, with the defaults of params; None where it is not known."""
        image = container.get("image")
        if image is None and self.template is not None and "steps" in container.path[-2:]:
            image = self.template.get("image")
        text = image.known_text if image is not None else None
        if text is None or "$(" not in text:
            return text
        from tektonlint.tekton.variables import variables

        for variable in reversed(variables(text)):
            param = self.params.get(variable.param or "")
            default = param.default.known_text if param is not None and param.default is not None else None
            if default is None:
                return None
            text = text[: variable.start] + default + text[variable.end :]
        return text if "$(" not in text else None


def name_of(place: Place | None, key: str = "name") -> str | None:
    """The text under `name`, if it is written out: neither rendered later nor made of variables."""
    if place is None or type(place.node) is not Mapping:
        return None
    entry = place.node.index.get(key)
    text = text_of(entry.value) if entry is not None else None
    if text and ("$" in text or "{" in text):
        return None if "$(" in text or RENDERED_LATER.search(text) else text
    return text or None


def is_true(place: Place | None) -> bool:
    """Whether a value is the boolean true."""
    return place is not None and isinstance(place.node, Scalar) and place.node.value is True


def is_null(place: Place) -> bool:
    """Whether a value is null, which Kubernetes reads as no value."""
    return isinstance(place.node, Scalar) and place.node.value is None


def unless_null(place: Place | None) -> Place | None:
    """A place, or None where it holds null, which is as if nothing stood there."""
    return None if place is None or is_null(place) else place


def number_of(place: Place | None) -> int | None:
    """A whole number, or None for anything else."""
    value = place.node.value if place is not None and isinstance(place.node, Scalar) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def named(places: Iterator[Place], key: str = "name") -> dict[str, Place]:
    """The places of a list's items by their names; of two of one name the last."""
    found = ((name_of(place, key), place) for place in places)
    return {name: place for name, place in found if name is not None}


def _type_of(param: Place) -> str:
    declared = param.get("type")
    if declared is not None and declared.text in ("string", "array", "object"):
        return declared.text
    if isinstance(param.node, Mapping) and "properties" in param.node.index:
        return "object"
    default = param.get("default")
    return {"Mapping": "object", "Sequence": "array"}.get(type(default.node).__name__ if default else "", "string")


def _mount_path(declaration: Place, name: str) -> str | None:
    path = declaration.get("mountPath")
    if path is None:
        return f"{WORKSPACE_ROOT}/{name}"
    text = path.known_text
    return None if text is None or "$(" in text else text or f"{WORKSPACE_ROOT}/{name}"
