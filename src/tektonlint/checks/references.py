"""What names something: refs to Tasks, Pipelines and StepActions, params, tasks of a Pipeline, and names of runs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Sequence
from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.model.definitions import is_null, name_of
from tektonlint.near import nearest
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select
from tektonlint.text import Span

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.definitions import Param, Task
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.references import Answer
    from tektonlint.model.runs import PipelineRun, TaskRun

    User = PipelineTask | PipelineRun | TaskRun
    Spec = Task | Pipeline
    # Params that are passed, with their names.
    _Entries = list[tuple[str, Place]]
    _Answers = list[tuple[str, Answer[Task] | Answer[Pipeline] | Answer[Resource]]]


# What somebody still has to put a name in place of: `$NAME`, `<name>`, `%name%`, `@name@`.
_PLACEHOLDER = pattern(r"[$<>{}%@\s]")


class _Ref(NamedTuple):
    """A reference by a plain name: what kind of object it wants, and what it leads to."""

    kind: str
    state: str
    name: str
    at: Place


def unknown_task(whole: Place, ctx: Context) -> Iterator[Finding]:
    """References by name to what the tree does not define.

    Much comes from the cluster, so it is a note unless something says that the tree is complete: the other
    references of the same spec lead somewhere, a name is nearly the same, or Pipelines-as-Code resolves it.
    """
    for answers in _groups_of_refs(whole, ctx.model):
        if not any(answer.state == "missing" for _, answer in answers):
            continue
        refs = _plain(answers)
        missing = {ref.name for ref in refs if ref.state == "missing"}
        # Whether the others lead somewhere, as seen from a name that does not.
        complete = len(missing) == 1 and len({ref.name for ref in refs}) > 1
        for ref in refs:
            if ref.state != "missing" or _PLACEHOLDER.search(ref.name):
                continue
            if not any(fnmatchcase(ref.name, one) for one in ctx.options["installed"]):
                yield _unknown(ref, complete, ctx)


def _groups_of_refs(whole: Place, model: Model) -> Iterator[_Answers]:
    """What the references of a run, of each pipeline spec, and of each task spec lead to, with the kind they want."""
    resource = whole.resource
    if resource.group != "tekton.dev":
        return
    if resource.kind == "PipelineRun":
        yield [("Pipeline", model.pipeline_of(model.run(resource)))]
    elif resource.kind == "TaskRun":
        yield [("Task", model.task_of(model.task_run(resource)))]
    for spec in select(resource, "pipeline-specs"):
        tasks = model.pipeline(spec).all_tasks
        yield [("Task", model.task_of(task)) for task in tasks]
        yield [("Pipeline", model.pipeline_of(task)) for task in tasks if task.runs_pipeline]
    for spec in select(resource, "task-specs"):
        yield [("StepAction", model.step_action_of(step)) for step in spec.each("steps")]


def _plain(answers: _Answers) -> list[_Ref]:
    """The references by a plain name among them."""
    found = []
    for kind, answer in answers:
        ref = answer.at.parent if answer.at is not None else None
        said = ref.get("kind") if ref is not None else None
        if answer.name is not None and answer.at is not None and (said is None or said.text in (None, "", kind)):
            found.append(_Ref(kind, answer.state, answer.name, answer.at))
    return found


def _unknown(ref: _Ref, complete: bool, ctx: Context) -> Finding:
    model, resource = ctx.model, ref.at.resource
    elsewhere = model.named(ref.kind, ref.name)
    by_pac = ref.kind != "StepAction" and model.is_pac(resource)
    near = None if elsewhere else _slip_of(ref.name, model.names(ref.kind))
    if by_pac and near and not any(map(model.is_pac, model.named(ref.kind, near))):
        near = None
    severity = None
    if by_pac:
        message = _unknown_to_pac(ref, _from_root(resource, elsewhere[0]) if elsewhere else None, near)
    else:
        open_ended = model.is_patched(resource) or model.kustomizations.takes_more(resource.source.name)
        gone = _gone_since(ref, ctx)
        severity = None if near or gone or (complete and not open_ended) else Severity.NOTE
        if elsewhere:
            message = f"The tree puts the {ref.kind} `{ref.name}` into another namespace, where nothing finds it."
        elif near:
            message = f"The tree defines no {ref.kind} `{ref.name}`; did you mean `{near}`?"
        elif gone:
            message = f"The tree defines no {ref.kind} `{ref.name}` any more, as it did in {gone}."
        else:
            message = f"The tree defines no {ref.kind} `{ref.name}`."
        message += f" Unless the cluster has one here, {_FAILS[ref.kind]}."
    meant = elsewhere or (model.named(ref.kind, near) if near else ())
    related = [(one.location, f"this {ref.kind}") for one in map(_name_place, meant[:3]) if one is not None]
    return ctx.finding(ref.at, message, severity=severity, related=related, fix=_renamed(ref.at, near, ctx))


def _gone_since(ref: _Ref, ctx: Context) -> str | None:
    """The revision that the tree is compared with, if what a reference names was in the tree then."""
    base = ctx.tree.base
    if base is None or not any((one.kind, one.name) == (ref.kind, ref.name) for one in base.tree.resources):
        return None
    return base.revision


_FAILS = {
    "Task": "the run fails as soon as it starts",
    "Pipeline": "the run fails as soon as it starts",
    "StepAction": "the task fails before its first step",
}


def _unknown_to_pac(ref: _Ref, file: str | None, near: str | None) -> str:
    """Its own words: it takes nothing from the cluster by name (pipelines-as-code, pkg/resolve/resolve.go:118)."""
    key = f"pipelinesascode.tekton.dev/{ref.kind.lower()}"
    message = f"Pipelines-as-Code finds no {ref.kind} `{ref.name}` in `.tekton` or by an annotation, so nothing runs."
    if near:
        return f"{message} Did you mean `{near}`?"
    if file is not None:
        return f"{message} Name `{file}` in the annotation `{key}`."
    return f"{message} Add it there, name it in the annotation `{key}`, or use `resolver: cluster`."


def _from_root(user: Resource, other: Resource) -> str:
    """The name of a file as annotations say it: from the folder that holds `.tekton`."""
    root = f"/{user.source.name}".partition("/.tekton/")[0].lstrip("/")
    return other.source.name.removeprefix(f"{root}/")


def _name_place(resource: Resource) -> Place | None:
    return resource.place.get("metadata", "name")


def _renamed(name: Place, near: str | None, ctx: Context) -> Fix | None:
    from tektonlint import edit

    if near is None:
        return None
    title = f"write `{near}` in place of `{name.text}`"
    return ctx.fix(title, lambda: edit.replace_scalar(name, near), follow=("extra-param",))


# `-v2`, `-0.9` and `-0-9`, but not `-2`, which may be another task.
_VERSION = pattern(r"[-_.]?v[0-9]+(?:[-_.][0-9]+)*$|[-_.][0-9]+(?:[-_.][0-9]+)+$")
_WORD = pattern(r"[-_.]")
_DIGITS = pattern(r"[0-9]+")


def _slip_of(name: str, names: tuple[str, ...]) -> str | None:
    """The name that was meant, if what differs is a slip of the pen, its separators or a version behind it.

    `pull-image` is near `push-image`, and `clone` near `clean`, but they are two tasks.
    """
    index = _index_of(names)
    alike = {one for key in _keys_of(name) for one in index.get(key, ())} - {name}
    return nearest(name, [one for one in alike if _may_be(name, one)])


@lru_cache(maxsize=4)
def _index_of(names: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        for key in _keys_of(name):
            found.setdefault(key, []).append(name)
    return found


def _keys_of(name: str) -> frozenset[str]:
    """Two names that are one slip or a version apart have one of these in common; each lacks a letter."""
    folded = _WORD.sub("", name.lower())[:_LONGEST]
    letters = (folded[:number] + folded[number + 1 :] for number in range(len(folded)))
    return frozenset((folded, _VERSION.sub("", name), *letters))


# The names of Kubernetes' objects have at most 253 characters, those of Tasks hardly more than 63.
_LONGEST = 80


def _may_be(name: str, other: str) -> bool:
    bare = _VERSION.sub("", name)
    words, others = _WORD.split(name.lower()), _WORD.split(other.lower())
    if (bare and bare == _VERSION.sub("", other)) or "".join(words) == "".join(others):
        return True
    if len(words) != len(others) or _DIGITS.findall(name) != _DIGITS.findall(other):
        return False
    different = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    return len(different) == 1 and _is_slip(*different[0])


def _is_slip(word: str, other: str) -> bool:
    """Whether two words differ by a letter too few or too many, by two that changed places, or, if long, by one."""
    if abs(len(word) - len(other)) > 1 or min(len(word), len(other)) < 3:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    if len(word) != len(other):
        longer, shorter = (word, other) if len(word) > len(other) else (other, word)
        return longer[start + 1 :] == shorter[start:]
    if word[start + 1 :] == other[start + 1 :]:
        return len(word) >= 6
    return word[start : start + 2] == other[start : start + 2][::-1] and word[start + 2 :] == other[start + 2 :]


# Params.


class _Passing(NamedTuple):
    """Who passes params, the entries with which it does, and what it passes them to: a Pipeline or a Task.

    `pipeline` is the one whose task passes them; None where a run does. `names` are those of the entries.
    """

    user: User
    entries: _Entries
    names: dict[str, Place]
    kind: str
    answer: Answer[Task] | Answer[Pipeline]
    pipeline: Pipeline | None = None


def _passing(whole: Place, model: Model) -> tuple[_Passing, ...]:
    """Everything in an object that passes params, if the names of all of them are written out."""
    known: dict[int, tuple[_Passing, ...]] = model.memo.setdefault("what passes params", {})
    found = known.get(id(whole.resource))
    if found is None:
        found = known[id(whole.resource)] = tuple(_passing_in(whole.resource, model))
    return found


def _passing_in(resource: Resource, model: Model) -> Iterator[_Passing]:
    if resource.group != "tekton.dev" or resource.partial:
        return
    if resource.kind == "PipelineRun":
        run = model.run(resource)
        yield from _passed(run, "Pipeline", model.pipeline_of(run))
    elif resource.kind == "TaskRun":
        task_run = model.task_run(resource)
        yield from _passed(task_run, "Task", model.task_of(task_run))
    for spec in select(resource, "pipeline-specs"):
        pipeline = model.pipeline(spec)
        for task in pipeline.all_tasks:
            if task.runs_pipeline:
                yield from _passed(task, "Pipeline", model.pipeline_of(task), pipeline)
            else:
                yield from _passed(task, "Task", model.task_of(task), pipeline)


def _passed(
    user: User, kind: str, answer: Answer[Task] | Answer[Pipeline], pipeline: Pipeline | None = None
) -> Iterator[_Passing]:
    entries = _entries(user.place)
    if entries is not None:
        yield _Passing(user, entries, dict(entries), kind, answer, pipeline)


def _entries(user: Place) -> _Entries | None:
    """The params that are passed, in a matrix too; None where some of them cannot be told."""
    matrix = user.get("matrix")
    if matrix is None:
        params = user.get("params")
        if params is None:
            return []
        return _with_names(list(params.items())) if _is_list(params) else None
    lists = [user.get("params"), user.get("matrix", "params"), user.get("matrix", "include")]
    includes = list(user.each("matrix", "include"))
    lists.extend(include.get("params") for include in includes)
    if not isinstance(matrix.node, Mapping) or not all(map(_is_list, lists)):
        return None
    entries = [*user.each("params"), *user.each("matrix", "params")]
    for include in includes:
        entries.extend(include.each("params"))
    return _with_names(entries)


def _with_names(entries: list[Place]) -> _Entries | None:
    found = [(name, entry) for entry in entries if (name := name_of(entry)) is not None]
    return found if len(found) == len(entries) else None


def _is_list(place: Place | None) -> bool:
    """Whether a list stands there, or nothing."""
    return place is None or isinstance(place.node, Sequence) or is_null(place)


def missing_param(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Params without a default that are not passed (taskrun/validate_taskrun.go, missingParamsNames;
    pipelinerun/resources/validate_params.go, ValidateRequiredParametersProvided)."""
    model = ctx.model
    if model.is_patched(whole.resource):
        return
    for passing in _passing(whole, model):
        specs = _specs(passing.answer)
        required = [spec.required_params for spec in specs]
        if not required or not any(name not in passing.names for name in required[0]):
            continue
        known = _reaching(passing, specs, model)
        if known is None or any(_is_open(spec, model) for spec in specs):
            continue
        missing = {
            name: [params[name] for params in required if name in params]
            for name in required[0]
            if name not in known and all(name in params for params in required)
        }
        if missing:
            yield _missing(passing, missing, specs[0], ctx)


def _specs(answer: Answer[Task] | Answer[Pipeline]) -> tuple[Spec, ...]:
    """Every spec that may be meant; none where some are not known."""
    return (answer.found,) if answer.found is not None else answer.candidates


def _is_open(spec: Spec, model: Model) -> bool:
    """Whether more may be declared than can be seen, or something else is meant: a declaration has no `value`."""
    if not spec.params_are_known or model.is_patched(spec.resource) or not _is_list(spec.place.get("params")):
        return True
    # Where v1alpha1 declared them.
    if spec.place.get("inputs") is not None:
        return True
    return any(one.place.get("value") is not None for one in spec.params.values())


def _reaching(passing: _Passing, specs: tuple[Spec, ...], model: Model) -> set[str] | None:
    """The names of the params that reach a spec: those passed, and for one inside a run those of the run as well.

    None where that depends on the run: the params of whoever starts a Pipeline reach every spec inside it.
    """
    names, pipeline, resource = set(passing.names), passing.pipeline, passing.user.place.resource
    if pipeline is None or not any(_is_inline(passing, spec, model) for spec in specs):
        return names
    if resource.kind != "PipelineRun" or pipeline.place.path != (*resource.path, "spec", "pipelineSpec"):
        return None
    given = _entries(model.run(resource).place)
    if given is None or not pipeline.params_are_known:
        return None
    return names | set(pipeline.params) | {name for name, _ in given}


def _is_inline(passing: _Passing, spec: Spec, model: Model) -> bool:
    """Whether a spec stands inline when Tekton reads it; Pipelines-as-Code puts there what has a name."""
    from tektonlint.model.runs import TaskRun

    user = passing.user
    return spec.inline if isinstance(user, TaskRun) else model.is_put_inline(user, spec)


def _missing(passing: _Passing, missing: dict[str, list[Param]], spec: Spec, ctx: Context) -> Finding:
    user, answer = passing.user, passing.answer
    names = listed(f"`{name}`" for name in missing)
    kind = passing.kind
    whose = f"the {kind} `{answer.name}`" if answer.name else f"its own `{kind.lower()}Spec`"
    who = user.title.capitalize() if user.title.startswith("this ") else f"`{user.title}`"
    if passing.pipeline is None:
        outcome = "so the run fails before its first task" if kind == "Pipeline" else "so the run fails at once"
    else:
        outcome = "so it fails as soon as it is started"
    # What an inline spec does not declare may be used in it all the same.
    extra = [name for name in passing.names if name not in spec.params and answer.name is not None]
    near = {name: found for name in missing if (found := _near(name, extra)) is not None}
    if near:
        name, found = next(iter(near.items()))
        advice = f"Should `{found}`, which it passes, be `{name}`?"
    else:
        it = "it" if len(missing) == 1 else "them"
        where = f"in the {kind}" if answer.name else "where declared"
        advice = f"Pass {it} under `params`, or give {it} a default {where}."
    message = f"{who} does not pass {names}, which {whose} requires, {outcome}. {advice}"
    related = [
        (place.location, f"`{name}` has no default")
        for name, params in missing.items()
        for one in params
        if (place := one.place.get("name")) is not None
    ]
    params = user.place.get("params")
    if params is not None:
        return ctx.finding(params, message, at=params.key_location, related=related)
    declared = next(iter(missing.values()))[0].place
    return ctx.finding(answer.at or declared.get("name") or declared, message, related=related)


# So many names are compared one by one; a hostile file has more.
_MANY = 500


def _near(name: str, names: list[str]) -> str | None:
    """The nearest name with the same numbers in it: `image-1` is not `image-2` misspelt."""
    if len(names) > _MANY:
        return None
    return nearest(name, [one for one in names if _DIGITS.findall(one) == _DIGITS.findall(name)])


def extra_param(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Params that a Task or Pipeline referred to by name does not declare.

    Tekton passes over them; inside a Pipeline an inline spec may still use what the run passes.
    """
    model = ctx.model
    for passing in _passing(whole, model):
        answer = passing.answer
        spec = answer.found
        if spec is None or all(name in spec.params for name in passing.names):
            continue
        if _is_inline(passing, spec, model) or _is_open(spec, model):
            continue
        from tektonlint.tekton.variables import uses

        params = [use.variable for use in uses(spec.place) if use.variable.param is not None]
        used = {one.names[0] for one in params} | {one.param for one in params}
        free = [one for one in spec.params if one not in passing.names]
        for name, entry in passing.entries:
            at = entry.get("name")
            if at is not None and name not in spec.params and name not in used:
                yield _extra(entry, at, _near(name, free), passing, ctx)


def _extra(entry: Place, name: Place, near: str | None, passing: _Passing, ctx: Context) -> Finding:
    spec = passing.answer.found
    assert spec is not None
    what = f"The {passing.kind} `{passing.answer.name}` declares no param `{name.text}`"
    if near is not None:
        message = f"{what}; did you mean `{near}`? The value is ignored."
    else:
        message = f"{what}, so the value is ignored. Delete it, or declare the param."
    where = spec.place.get("params")
    defined = _name_place(spec.resource)
    related: list[tuple[Location, str]] = []
    if near is not None:
        declared = spec.params[near].place.get("name")
        related = [(declared.location, f"`{near}` is declared here")] if declared is not None else []
    elif where is not None:
        related = [(where.key_location, "what it declares")]
    elif defined is not None:
        related = [(defined.location, "it declares none")]
    fix = _renamed_param(name, near, ctx) if near is not None else _without(entry, ctx)
    return ctx.finding(name, message, related=related, fix=fix)


def _renamed_param(name: Place, near: str, ctx: Context) -> Fix | None:
    from tektonlint import edit

    return ctx.fix(f"pass it as `{near}`", lambda: edit.replace_scalar(name, near))


def _without(entry: Place, ctx: Context) -> Fix | None:
    """Takes an entry out, and the lists around it that hold nothing else."""
    from tektonlint import edit

    def change() -> edit.Change:
        place = entry
        while True:
            parent = place.parent
            if parent is None:
                raise edit.Refusal("nothing else stands in the document")
            if isinstance(parent.node, Sequence):
                if len(parent.node.items) > 1:
                    return edit.remove_item(place)
                if parent.path[-1] == "include":
                    raise edit.Refusal("the combination itself may be wanted")
            elif isinstance(parent.node, Mapping) and (len(parent.node.entries) > 1 or parent.path[-1] != "matrix"):
                return edit.remove_key(place)
            place = parent

    name = entry.get("name")
    return ctx.fix(f"delete `{name.text if name is not None else ''}`, which is ignored", change)


# Tasks of a Pipeline.


def unknown_pipeline_task(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Items of `taskRunSpecs` for tasks that the Pipeline does not have: reason InvalidTaskRunSpecs
    (pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go, ValidateTaskRunSpecs)."""
    model, resource = ctx.model, spec.resource
    if resource.partial or next(spec.each("taskRunSpecs"), None) is None:
        return
    run = model.run(resource)
    answer = model.pipeline_of(run)
    pipeline = answer.found
    if pipeline is None or model.is_patched(pipeline.resource) or any(task.name is None for task in pipeline.all_tasks):
        return
    if not pipeline.all_tasks or not all(_is_list(pipeline.place.get(key)) for key in ("tasks", "finally")):
        return
    free = [one for one in pipeline.by_name if one not in run.task_specs]
    for item in run.place.each("taskRunSpecs"):
        name = item.get("pipelineTaskName")
        text = name.known_text if name is not None else None
        if name is None or not text or "$(" in text or text in pipeline.by_name:
            continue
        near = _near(text, free)
        whose = f"The Pipeline `{answer.name}`" if answer.name else "This run's `pipelineSpec`"
        message = (
            f"{whose} has no task `{text}`{f'; did you mean `{near}`?' if near else ''}"
            f"{' Tekton' if near else ', and Tekton'} fails the whole run for it with `InvalidTaskRunSpecs`."
        )
        tasks = pipeline.place.get("tasks") or pipeline.place
        related = [(tasks.key_location, "its tasks")]
        if near is not None:
            named = pipeline.by_name[near].place.get("name")
            related = [(named.location, f"`{near}`")] if named is not None else related
        yield ctx.finding(name, message, related=related, fix=_for_task(name, near, ctx))


def _for_task(name: Place, near: str | None, ctx: Context) -> Fix | None:
    from tektonlint import edit

    return ctx.fix(f"mean `{near}`", lambda: edit.replace_scalar(name, near)) if near is not None else None


# Names of runs.

# What makes Argo CD, Helm or Flux delete the run and create it again, or leave it alone once it is there.
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_LEFT_ALONE = {
    "argocd.argoproj.io/sync-options": "Force=true",
    "kustomize.toolkit.fluxcd.io/force": "enabled",
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent",
}
# A version, a date or a commit in the name: the next run gets a name of its own.
_OF_ONE_TIME = pattern(r"[0-9]+[.-][0-9]+[.-][0-9]+|[0-9]{6,}|(?:^|-)(?=[a-f]*[0-9])[0-9a-f]{7,40}(?:$|-)")


def fixed_run_name(metadata: Place, ctx: Context) -> Iterator[Finding]:
    """Runs by a fixed name that something applies again and again: after the first time their spec is frozen
    (pkg/apis/pipeline/v1/pipelinerun_validation.go, ValidateUpdate)."""
    model, resource = ctx.model, metadata.resource
    name, at = name_of(metadata), metadata.get("name")
    if name is None or at is None or resource.created or resource.partial or model.is_pac(resource):
        return
    if _is_of_one_time(name, ctx.options["one-shot"]) or _is_left_alone(metadata):
        return
    applied_by = model.applied_by(resource)
    if not applied_by:
        return
    who = applied_by[0]
    kustomized = any(one.file == who for one in model.kustomizations.listing(resource.source.name))
    by = f"`{who}`" if kustomized else f"Argo CD's `{who}`"
    message = (
        f"{by} applies `{name}` again and again, but it runs once: later changes of it are refused, and stop the sync. "
        "Start it from a trigger or a CronJob, or mark it as a hook of Argo CD."
    )
    context = ctx.tree.context(names=(who.rpartition("/")[2],)) if kustomized else ()
    documents = [one for one in context if one.source.name == who]
    lists = [Location(one.source, Span(one.root.start, one.root.start)) for one in documents]
    yield ctx.finding(at, message, related=[(one, "the kustomization") for one in lists[:1]])


def _is_of_one_time(name: str, words: list[str]) -> bool:
    """Whether a name says that once is enough."""
    return _OF_ONE_TIME.search(name) is not None or any(f"-{word}-" in f"-{name}-" for word in words)


def _is_left_alone(metadata: Place) -> bool:
    annotations = metadata.get("annotations")
    if annotations is None:
        return False
    if any(annotations.get(key) is not None for key in _HOOKS):
        return True
    values = {key: place.text or "" for key in _LEFT_ALONE if (place := annotations.get(key)) is not None}
    return any(_LEFT_ALONE[key].lower() in value.lower() for key, value in values.items())
