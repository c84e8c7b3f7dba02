"""What steps, tasks and volumes ask for, and steps whose failure nobody notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Scalar
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from fractions import Fraction

    from tektonlint.model.definitions import Task
    from tektonlint.model.graph import Model


def suspicious_quantity(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Amounts that parse, and mean something else than anyone can have meant: `512m` of memory, 4000 cpus.

    A limit that is below its request is told as that, with the same suggestion.
    """
    resource = whole.resource
    seen = {pair.at.node.start for pair in _pairs(resource) if _is_above(pair)}
    for amount in _amounts(resource):
        if amount.place.node.start in seen:
            continue
        seen.add(amount.place.node.start)
        doubt = _doubt(amount, ctx.options["cores"])
        if doubt is None:
            continue
        written = f"`{amount.place.path[-1]}: {amount.text}`"
        message = f"{written} means {doubt.meaning}, {_effect(amount)}. {doubt.question}"
        yield ctx.finding(amount.place, message, fix=_meant(amount.place, doubt, ctx))


def _meant(place: Place, doubt: _Doubt, ctx: Context) -> Fix | None:
    """Writes what was meant, where that is clear and leaves no request above its limit."""
    from tektonlint.tekton.quantities import parse

    if len(doubt.suggestions) != 1:
        return None
    meant = parse(doubt.suggestions[0])
    if meant is None or any(_is_above(pair, place, meant) for pair in _pairs_of(place)):
        return None
    return _write(place, doubt.suggestions[0], ctx)


class _Amount(NamedTuple):
    """An amount of a resource: `of` is `requests`, `limits`, `storage` or `sizeLimit`."""

    place: Place
    of: str
    name: str

    @property
    def text(self) -> str:
        """As it is written."""
        node = self.place.node
        return " ".join(node.text.split()) if isinstance(node, Scalar) else ""


class _Doubt(NamedTuple):
    meaning: str
    suggestions: tuple[str, ...]

    @property
    def question(self) -> str:
        return f"Did you mean {' or '.join(f'`{one}`' for one in self.suggestions)}?"


_WRITTEN = pattern(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)")
_MEBIBYTE = 1 << 20
# What one decimal or binary unit below a mebibyte was probably meant to be.
_NEXT_UNITS = {"m": ("Mi",), "k": ("Mi",), "Ki": ("Mi",), "": ("Gi", "Mi")}


# Nobody has nodes with so many cores; the option may only raise it.
_CORES = 100


def _doubt(amount: _Amount, cores: int = _CORES) -> _Doubt | None:
    """Why an amount cannot be meant, or None; `cores` is from where on a cpu was meant in thousandths."""
    from tektonlint.tekton import quantities

    value = quantities.amount_of(amount.place.node)
    written = _WRITTEN.fullmatch(amount.text)
    if value is None or value <= 0 or written is None:
        return None
    number, unit = written.groups()
    if amount.name == "cpu":
        if value < cores:
            return None
        means_thousandths = unit in ("", "M", "Mi") and number.isdigit()
        suggestions = (f"{number}m",) if means_thousandths else ("500m", "2")
        return _Doubt(f"{quantities.in_decimals(value)} cores", suggestions)
    if value >= _MEBIBYTE or unit not in _NEXT_UNITS or not _is_bytes(amount.name):
        return None
    if unit in ("k", "Ki") and amount.name != "memory":
        return None
    size = f"{quantities.in_decimals(value) if value >= 1 else str(float(value))} byte{'' if value <= 1 else 's'}"
    return _Doubt(size, tuple(f"{number}{suffix}" for suffix in _NEXT_UNITS[unit]))


def _is_bytes(name: str) -> bool:
    return name in ("memory", "storage", "ephemeral-storage", "sizeLimit")


def _effect(amount: _Amount) -> str:
    """What comes of it."""
    if amount.of == "requests":
        return "more than a node has" if amount.name == "cpu" else "so next to nothing is reserved"
    if amount.of == "limits":
        return "which limits nothing" if amount.name == "cpu" else "and the step is killed when it needs more"
    if amount.of == "sizeLimit":
        return "and the pod is evicted when it writes more"
    return "too little for any volume"


def _amounts(resource: Resource) -> Iterator[_Amount]:
    """Every amount that a resource asks for or is limited to."""
    for requirements in _requirements(resource):
        yield from _in_requirements(requirements)
    for holder in (*_volumes(resource), *resource.place.each("spec", "workspaces")):
        limit = holder.get("emptyDir", "sizeLimit")
        if limit is not None:
            yield _Amount(limit, "sizeLimit", "sizeLimit")
        for claim in (holder.get("volumeClaimTemplate"), holder.get("ephemeral", "volumeClaimTemplate")):
            storage = claim.get("spec", "resources", "requests", "storage") if claim is not None else None
            if storage is not None:
                yield _Amount(storage, "storage", "storage")


def _in_requirements(requirements: Place) -> Iterator[_Amount]:
    for of in ("requests", "limits"):
        amounts = requirements.get(of)
        for place in amounts.entries() if amounts is not None else ():
            yield _Amount(place, of, str(place.path[-1]))


def _volumes(resource: Resource) -> Iterator[Place]:
    yield from select(resource, "volumes")
    for template in select(resource, "pod-templates"):
        yield from template.each("volumes")


def _requirements(resource: Resource) -> Iterator[Place]:
    """Where requests and limits stand, under the names that the API version has for them."""
    for container in select(resource, "containers"):
        yield from _present(container.get(_field(resource)))
    for item in _run_specs(resource):
        yield from _present(item.get("computeResources"))
        yield from _overrides(item)


def _run_specs(resource: Resource) -> Iterator[Place]:
    """What a run says about a whole task: a TaskRun's spec, the items of a PipelineRun's `taskRunSpecs`."""
    spec = resource.place.get("spec")
    if spec is None or resource.group != "tekton.dev":
        return
    if resource.kind == "TaskRun":
        yield spec
    elif resource.kind == "PipelineRun":
        yield from spec.each("taskRunSpecs")


def _overrides(run_spec: Place, kinds: tuple[str, ...] = ("step", "sidecar")) -> Iterator[Place]:
    """The resources that a run gives to single steps and sidecars."""
    old = run_spec.resource.version == "v1beta1"
    for kind in kinds:
        for item in run_spec.each(f"{kind}{'Overrides' if old else 'Specs'}"):
            yield from _present(item.get(_field(run_spec.resource)))


def _field(resource: Resource) -> str:
    """What containers call their requests and limits."""
    return "resources" if resource.version == "v1beta1" else "computeResources"


def _present(place: Place | None) -> Iterator[Place]:
    if place is not None:
        yield place


def _write(place: Place, text: str, ctx: Context) -> Fix | None:
    from tektonlint import edit

    value = int(text) if text.isdigit() else text
    return ctx.fix(f"write `{text}`", lambda: edit.replace_scalar(place, value), Safety.UNSAFE)


def request_above_limit(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Requests that are larger than the limit (kubernetes, ValidateContainerResourceRequirements)."""
    seen: set[int] = set()
    for pair in _pairs(whole.resource):
        if pair.at.node.start not in seen and _is_above(pair):
            seen.add(pair.at.node.start)
            yield _above(pair, ctx)


class _Pair(NamedTuple):
    """A request and the limit that holds for it; `at` is the one of the two that has to change.

    What is asked for a whole task is divided among its `steps`, each of which has the whole limit (tasklevel.go);
    None is an unknown number of them.
    """

    name: str
    request: Place
    limit: Place
    at: Place
    steps: int | None = 1


def _pairs(resource: Resource) -> tuple[_Pair, ...]:
    """Every request with its limit, computed once.

    A step's amounts are merged with the step template's, one by one (pkg/apis/pipeline/v1/merge.go).
    """
    found: tuple[_Pair, ...] | None = resource.memo.get("requests and limits")
    if found is None:
        pairs = (*_pairs_in_tasks(resource), *_pairs_in_runs(resource))
        found = resource.memo["requests and limits"] = pairs
    return found


def _pairs_of(place: Place) -> Sequence[_Pair]:
    """The pairs that an amount is one of; several for one of a step template."""
    by_node: dict[int, list[_Pair]] | None = place.resource.memo.get("requests and limits by node")
    if by_node is None:
        by_node = place.resource.memo["requests and limits by node"] = {}
        for pair in _pairs(place.resource):
            by_node.setdefault(id(pair.request.node), []).append(pair)
            by_node.setdefault(id(pair.limit.node), []).append(pair)
    return by_node.get(id(place.node), ())


def _pairs_in_tasks(resource: Resource) -> Iterator[_Pair]:
    name = _field(resource)
    for spec in select(resource, "task-specs"):
        for sidecar in spec.each("sidecars"):
            yield from _paired(_by_name(sidecar.get(name)))
        if _is_overridden(spec):
            continue
        template = _by_name(spec.get("stepTemplate", name))
        steps = [_by_name(step.get(name)) for step in spec.each("steps")]
        for own in steps:
            yield from _paired(own, template)
        if not steps:
            yield from _paired(template)


def _pairs_in_runs(resource: Resource) -> Iterator[_Pair]:
    for run_spec in _run_specs(resource):
        for override in _overrides(run_spec):
            yield from _paired(_by_name(override))
        steps = _count_of_steps(run_spec)
        for pair in _paired(_by_name(run_spec.get("computeResources"))):
            yield pair._replace(steps=steps)


_Amounts = dict[tuple[str, str], Place]


def _by_name(requirements: Place | None) -> _Amounts:
    """Amounts by `requests` or `limits` and the resource."""
    amounts = _in_requirements(requirements) if requirements is not None else ()
    return {(amount.of, amount.name): amount.place for amount in amounts}


def _paired(own: _Amounts, template: _Amounts | None = None) -> Iterator[_Pair]:
    """The requests with limits among a container's own amounts and those that a template has beside them.

    A limit that is the template's holds for other steps too, so there a step's own request has to change.
    """
    amounts = {**(template or {}), **own}
    for (of, name), request in amounts.items():
        limit = amounts.get(("limits", name))
        if of == "requests" and limit is not None:
            asks_alone = (of, name) in own and ("limits", name) not in own
            yield _Pair(name, request, limit, at=request if asks_alone else limit)


def _is_above(pair: _Pair, changed: Place | None = None, to: Fraction | None = None) -> bool:
    """Whether a request is larger than its limit, or would be if one of the two were changed."""
    from tektonlint.tekton.quantities import amount_of

    wanted, most = (
        to if changed is not None and place.node is changed.node else amount_of(place.node)
        for place in (pair.request, pair.limit)
    )
    return wanted is not None and most is not None and wanted / (pair.steps or 1) > most


def _above(pair: _Pair, ctx: Context) -> Finding:
    name, request, limit = pair.name, pair.request, pair.limit
    then = "so Kubernetes refuses the pod"
    severity = None
    if pair.steps is None:
        then = "so Kubernetes refuses the pod if the task has few steps to divide the request among"
        severity = Severity.WARNING
    at_request = pair.at is request
    other = limit if at_request else request
    where = "the limit, in the step template" if at_request else "the request"
    doubt = _doubt(_Amount(pair.at, "requests" if at_request else "limits", name))
    advice = doubt.question if doubt is not None else "Raise the limit or ask for less."
    message = f"The limit of `{name}` is `{_written(limit)}` and the request is `{_written(request)}`, {then}. {advice}"
    fix = None
    if doubt is not None:
        fix = _meant(pair.at, doubt, ctx)
    elif not at_request and _doubt(_Amount(request, "requests", name)) is None:
        fix = _write(limit, _written(request), ctx)
    return ctx.finding(pair.at, message, severity=severity, related=[(other.location, where)], fix=fix)


def _written(place: Place) -> str:
    return " ".join(place.node.text.split()) if isinstance(place.node, Scalar) else ""


def _count_of_steps(run_spec: Place) -> int | None:
    """How many steps the task of a run has, where it stands in the run."""
    spec = run_spec.get("taskSpec")
    if run_spec.resource.kind == "PipelineRun":
        spec = _specs_by_task(run_spec.resource).get(_text(run_spec, "pipelineTaskName"))
    return sum(1 for _ in spec.each("steps")) if spec is not None else None


def _specs_by_task(resource: Resource) -> dict[str | None, Place]:
    """The task specs in a PipelineRun by the names of their pipeline tasks, computed once."""
    found: dict[str | None, Place] | None = resource.memo.get("task specs by pipeline task")
    if found is None:
        named = [(_name_of_task(spec), spec) for spec in select(resource, "task-specs")]
        found = resource.memo["task specs by pipeline task"] = {name: spec for name, spec in named if name is not None}
    return found


def _name_of_task(task_spec: Place) -> str | None:
    """The name of the pipeline task that a task spec stands in."""
    task = task_spec.parent
    return _text(task, "name") if task is not None else None


def _is_overridden(task_spec: Place) -> bool:
    """Whether the run that a task spec stands in gives its steps other resources."""
    resource = task_spec.resource
    names: frozenset[str | None] | None = resource.memo.get("tasks with other resources")
    if names is None:
        names = resource.memo["tasks with other resources"] = frozenset(
            name.known_text if (name := run_spec.get("pipelineTaskName")) is not None else None
            for run_spec in _run_specs(resource)
            if run_spec.get("computeResources") is not None or any(_overrides(run_spec, ("step",)))
        )
    # A TaskRun's spec names no pipeline task, and neither may what a template fills in.
    return None in names or (bool(names) and _name_of_task(task_spec) in names)


def step_requests_add_up(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Tasks whose steps and sidecars together ask for more than the options allow.

    The pod asks for the sum, although steps run one after another (docs/compute-resources.md); where a container
    has a limit and no request, the limit is the request (kubernetes, SetDefaults_Pod).
    """
    from fractions import Fraction

    from tektonlint.tekton import quantities

    steps = task_spec.get("steps")
    if steps is None or task_spec.resource.partial or _is_overridden(task_spec):
        return
    told: list[str] = []
    counted = 0
    for name, most in (("cpu", ctx.options["cpu"]), ("memory", ctx.options["memory"])):
        requests = _requests(task_spec, name)
        total, allowed = sum(requests, Fraction()), quantities.parse(most)
        if allowed is not None and total > allowed and len(requests) > 1:
            in_words = quantities.in_units(total) if name == "memory" else quantities.in_decimals(total)
            told.append(f"`{name}: {in_words}`")
            counted = max(counted, len(requests))
    if not told:
        return
    message = (
        f"The {counted} containers of this task together request {' and '.join(told)}, and the pod waits for one node "
        "that has all of it free, although its steps run one after another. Lower the requests of the light steps."
    )
    yield ctx.finding(steps, message, at=steps.key_location)


def _requests(task_spec: Place, name: str) -> list[Fraction]:
    """What each container of a task asks for of one resource; not those that ask for none or for what is unknown."""
    from tektonlint.tekton.quantities import amount_of

    field = _field(task_spec.resource)
    template = _by_name(task_spec.get("stepTemplate", field))
    containers = [{**template, **_by_name(step.get(field))} for step in task_spec.each("steps")]
    containers += [_by_name(sidecar.get(field)) for sidecar in task_spec.each("sidecars")]
    found: list[Fraction] = []
    for amounts in containers:
        place = amounts.get(("requests", name)) or amounts.get(("limits", name))
        amount = amount_of(place.node) if place is not None else None
        if amount is not None and amount > 0:
            found.append(amount)
    return found


def task_and_step_resources_conflict(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Resources of a task beside resources of its steps in one run (validateTaskRunComputeResources)."""
    for run_spec in _run_specs(whole.resource):
        task = run_spec.get("computeResources")
        steps = [step for step in _overrides(run_spec, ("step",)) if _says_something(step)]
        if task is None or not isinstance(task.node, Mapping) or not steps:
            continue
        specs, field = steps[0].path[-3], steps[0].path[-1]
        message = (
            f"`computeResources` is for the whole task, and `{specs}[].{field}` sets single steps: they exclude each "
            "other, so Tekton refuses the run. Delete one of them."
        )
        related = [(step.key_location, "the resources of a step") for step in steps]
        yield ctx.finding(task, message, at=task.key_location, refused=True, related=related)


def _says_something(requirements: Place) -> bool:
    """Whether requirements are more than empty: only those count (ResourceRequirements.Size)."""
    return any(
        (isinstance(part.node, Mapping) and part.node.index) or not isinstance(part.node, Mapping | Scalar)
        for part in requirements.entries()
    )


def heavy_step_without_resources(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Tasks that build, move or test something large and ask for no memory; told of the step that does most.

    The pod's request is the sum of its containers', so that of another step counts too. A limit is a request
    (kubernetes, SetDefaults_Pod). A LimitRange fills in requests, divided among the steps (docs/compute-resources.md),
    and runs may set them for a task or a step.
    """
    from tektonlint.model.work import OTHER, work_of, works_of

    resource = task_spec.resource
    field = _field(resource)
    containers = [*task_spec.each("steps"), *task_spec.each("sidecars"), *_present(task_spec.get("stepTemplate"))]
    if resource.partial or any(_may_have_memory(one.get(field)) for one in containers):
        return
    task = ctx.model.task(task_spec)
    heaviest = work_of(ctx.model, task)
    if heaviest is None or heaviest.kind == OTHER:
        return
    if ctx.model.is_patched(resource) or _is_filled_in(task, ctx.model):
        return
    step = next(step for step, work in works_of(ctx.model, task) if work == heaviest)
    name = _text(step, "name")
    who = f"`{name}`" if name else "This step"
    message = (
        f"{who} runs `{heaviest.what}`, and the task asks for no memory, so its pod is among the first to be evicted "
        f"when the node runs short of it. Set `{field}.requests.memory`."
    )
    at = step.get("name") if name else None
    yield ctx.finding(at or step, message, related=[(heaviest.location, "what it runs")])


def _may_have_memory(requirements: Place | None) -> bool:
    """Whether requirements ask for memory, or are only known later."""
    if requirements is None:
        return False
    parts = [requirements, *(requirements.get(key) for key in ("requests", "limits"))]
    is_unknown = any(part is not None and part.text for part in parts)
    return is_unknown or any(requirements.get(key, "memory") is not None for key in ("requests", "limits"))


def _is_filled_in(task: Task, model: Model) -> bool:
    """Whether a LimitRange or a run in the tree gives a task's steps requests."""
    ranges = model.cluster.limit_ranges
    namespace = model.namespace_of(task.resource)
    if ranges and (namespace is None or None in ranges or namespace in ranges):
        return True
    for run, name in model.runs_with(task):
        items = [run.place]
        if run.resource.kind == "PipelineRun":
            items = [one for one in run.place.each("taskRunSpecs") if _text(one, "pipelineTaskName") == name]
        if any(one.get("computeResources") is not None or any(_overrides(one, ("step",))) for one in items):
            return True
    return False


def step_onerror_hides_failure(task_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Steps that may fail unnoticed although a later step or a result of the task relies on them.

    A step that only reports, or whose exit code a later step looks at, may fail (docs/tasks.md).
    """
    steps = list(task_spec.each("steps"))
    going_on = [number for number, step in enumerate(steps) if _text(step, "onError") == "continue"]
    if not going_on:
        return
    looks = max((number for number, step in enumerate(steps) if "exitCode" in _source_of(step)), default=-1)
    reliances = _reliances(task_spec, steps)
    for number in going_on:
        name = _text(steps[number], "name")
        found = [one for one in reliances.get(number, ()) if one.by is None or one.by > number]
        if looks > number or not found:
            continue
        who = f"`{name}`" if name else "this step"
        message = (
            f"If {who} fails, the task succeeds all the same (`onError: continue`), and {found[0].what}. "
            f"Delete `onError`, or let a later step look at `$(steps.step-{name or 'NAME'}.exitCode.path)`."
        )
        related = [(found[0].at.location, "what relies on the step")]
        yield ctx.finding(steps[number].get("onError") or steps[number], message, related=related)


class _Reliance(NamedTuple):
    """What takes something from a step: another step, by its number, or the task itself."""

    at: Place
    by: int | None
    what: str


# What says how something went is written by a step that may fail.
_REPORTS = pattern(r"(?i)test|report|status|outcome|result|verdict|summary|message|exit|scan|error|fail|warn|pass")


def _reliances(task_spec: Place, steps: list[Place]) -> dict[int, list[_Reliance]]:
    """What relies on each step, by its number."""
    from tektonlint.tekton.variables import uses

    numbers = {name: number for number, step in enumerate(steps) if (name := _text(step, "name"))}
    declared = {_text(result, "name") for result in task_spec.each("results")}
    found: dict[int, list[_Reliance]] = {}
    writers: dict[str, dict[int, Place]] = {}
    length = len(task_spec.path)
    for use in uses(task_spec):
        part, item, *rest = (*use.place.path[length:], None, None)
        names = use.variable.names
        if part not in ("steps", "results") or not isinstance(item, int):
            continue
        of_step = use.variable.root == "steps" and len(names) >= 3 and names[1] in ("results", "outputs")
        if of_step and names[0] in numbers and not _REPORTS.search(names[2]):
            other = steps[item] if part == "steps" else None
            what = f"{_who(other)} works with `{use.text}`, which may be missing or wrong"
            if other is None:
                what = f"a result of the task, `{use.text}`, may be missing or wrong"
            by = item if part == "steps" else None
            found.setdefault(numbers[names[0]], []).append(_Reliance(use.place, by, what))
        elif part == "steps" and use.variable.root == "results" and len(names) >= 2 and names[-1] == "path":
            writes = rest[0] in ("script", "command", "args", "env", "stdoutConfig")
            by_step = writers.setdefault(".".join(names[:-1]), {})
            by_step.setdefault(item if writes else -1, use.place)
    for result, by_step in writers.items():
        # Where several steps speak of a result, another one may write or judge it.
        if result in declared and len(by_step) == 1 and not _REPORTS.search(result):
            ((number, place),) = by_step.items()
            what = f"its result `{result}` may be missing or wrong"
            found.setdefault(number, []).append(_Reliance(place, None, what))
    return found


def _who(step: Place | None) -> str:
    name = _text(step, "name") if step is not None else None
    return f"`{name}`" if name else "a later step"


def _text(place: Place, key: str) -> str | None:
    inner = place.get(key)
    return inner.text if inner is not None else None


def _source_of(place: Place) -> str:
    return place.resource.source.text[place.node.start : place.node.end]
