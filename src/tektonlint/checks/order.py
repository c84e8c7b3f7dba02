"""The order of a pipeline's tasks: what they wait for, and what only looks as if they did."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.pipelines import Edge, Pipeline, PipelineTask
from tektonlint.near import did_you_mean, nearest
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place, field
from tektonlint.tekton.variables import Use, uses


def result_reference_typo(spec: Place, ctx: Context) -> Iterator[Finding]:
    """`$(tasks.t.result.r)` and the like, where the pipeline has a task `t`.

    Nothing but `results` makes a reference (pkg/apis/pipeline/v1/resultref.go:62-117); `status`, `reason`, `inputs`
    and `outputs` are variables of another kind.
    """
    pipeline = ctx.model.pipeline(spec)
    for task in pipeline.all_tasks:
        for use in _uses_in(task):
            yield from _misspelt(use, task, pipeline, ctx)
    results = spec.get("results")
    for use in uses(results) if results is not None else ():
        yield from _misspelt(use, None, pipeline, ctx)


def _misspelt(use: Use, task: PipelineTask | None, pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    """The finding about a use in a task, or in the pipeline's own results."""
    variable = use.variable
    if variable.root not in ("tasks", "finally") or variable.quoted or len(variable.names) not in (3, 4):
        return
    name, word, result = variable.names[:3]
    producer = pipeline.by_name.get(name)
    if producer is None or word == "results" or nearest(word, ("results",)) is None:
        return
    if producer.is_finally is not (variable.root == "finally") or (producer.is_finally and task is not None):
        return
    start = variable.start + len(f"$({variable.root}.{name}.")
    right = use.text.replace(f".{word}.", ".results.", 1)
    if task is None:
        fate = f"so {_refusal(use.place, ctx)}"
    elif task.is_finally:
        fate = "so it is passed on as it stands"
    else:
        fate = f"so it is passed on as it stands, and `{task.title}` does not wait for `{name}`"
    message = f"`{use.text}` is no variable of Tekton's, {fate}. Write `{right}`."
    fix = None
    if task is None or task.is_finally or not pipeline.would_cycle(task, producer):
        from tektonlint import edit

        spec = ctx.model.task_of(producer).found
        missing = spec is not None and result not in spec.results
        safety = Safety.UNSAFE if missing else Safety.SAFE

        def change() -> edit.Change:
            return edit.replace_fragment(use.place, start, start + len(word), "results")

        # Now the tasks wait for each other: the pipeline may take longer than before.
        fix = ctx.fix(f"write `results` for `{word}`", change, safety, follow=("timeout-budget",))
    yield ctx.finding(use.place, message, at=use.location, refused=task is None, fix=fix)


def result_without_dependency(place: Place, ctx: Context) -> Iterator[Finding]:
    """Results in the fields that take them and yet make no task wait (resultref.go:124-144).

    One finding for each task that is not waited for.
    """
    task = ctx.model.pipeline_task(place)
    pipeline = task.pipeline
    if task.is_finally or task.name is None or place.resource.partial:
        return
    taking = [use for use in _uses_in(task) if _takes_results(use.place.path[len(place.path) :])]
    if not taking or pipeline.has_cycle or _has_doubles(pipeline):
        return
    found: dict[str, list[Use]] = {}
    for use in taking:
        result = use.variable.result_of
        if use.variable.root != "tasks" or result is None:
            continue
        producer = pipeline.by_name.get(result[0])
        if producer is None or producer.is_finally or producer is task or pipeline.comes_before(producer, task):
            continue
        found.setdefault(result[0], []).append(use)
    patched = bool(found) and ctx.model.is_patched(place.resource)
    for name, where in found.items():
        use, producer = where[0], pipeline.by_name[name]
        inside = f"`{field(use.place.path[len(place.path) :])}` uses a result of `{name}`"
        if pipeline.comes_before(task, producer):
            message = (
                f"{inside}, but `{name}` only starts after `{task.title}`, so there is no value yet. "
                f"Turn their order round, or take the variable out."
            )
            fix = None
        else:
            message = (
                f"{inside}, but this field does not make `{task.title}` wait for it, so the value may not be there "
                f"yet. Add `runAfter: [{name}]`."
            )
            fix = _wait(task, name, ctx)
        related = [(one.location, "used here too") for one in where[1:]]
        severity = Severity.NOTE if patched else None
        yield ctx.finding(use.place, message, at=use.location, severity=severity, related=related, fix=fix)


def _has_doubles(pipeline: Pipeline) -> bool:
    """Whether two tasks have one name, so that nobody can say which waits for which."""
    return len(pipeline.by_name) < sum(task.name is not None for task in pipeline.all_tasks)


def _takes_results(path: tuple[str | int, ...]) -> bool:
    """Whether Tekton puts results into a field of a PipelineTask that does not make it wait.

    A step template's variables do make it wait, if by chance, since they are merged into the steps first.
    """
    if path[:1] == ("displayName",) or path[:2] in (("taskRef", "params"), ("taskSpec", "volumes")):
        return True
    return path[:1] == ("workspaces",) and path[-1:] == ("subPath",)


def _wait(task: PipelineTask, name: str, ctx: Context) -> Fix | None:
    """Makes a task wait for another."""
    from tektonlint import edit

    present = task.place.get("runAfter")

    def change() -> edit.Change:
        if present is not None:
            return edit.append_item(present, name)
        return edit.insert_key(task.place, "runAfter", [name], after="name")

    # The pipeline may take longer than before.
    follow = ("timeout-budget",)
    return ctx.fix(f"let `{task.title}` run after `{name}`", change, Safety.SAFE, follow=follow)


def invalid_dag(spec: Place, ctx: Context) -> Iterator[Finding]:
    """What keeps Tekton from making a graph of a pipeline's tasks (pkg/reconciler/pipeline/dag/dag.go).

    Unknown tasks, circles, two tasks of one name, and what tasks of `finally` cannot wait for
    (pkg/apis/pipeline/v1/pipeline_validation.go, validateFinalTasks).
    """
    pipeline = ctx.model.pipeline(spec)
    for task in pipeline.tasks:
        yield from _text_for_a_list(task, ctx)
    if spec.resource.partial:
        return
    yield from _same_names(pipeline, ctx)
    yield from _only_finally(pipeline, ctx)
    names = frozenset(task.name for task in pipeline.tasks if task.name is not None)
    for task in pipeline.tasks:
        yield from _wrong_edges(task, names, ctx)
    for task in pipeline.final_tasks:
        yield from _waiting_at_the_end(task, ctx)
        yield from _unknown_at_the_end(task, names, ctx)
    yield from _circles(pipeline, ctx)


def _text_for_a_list(task: PipelineTask, ctx: Context) -> Iterator[Finding]:
    place = task.place.get("runAfter")
    text = place.known_text if place is not None else None
    if place is None or text is None:
        return
    known = task.pipeline.by_name.get(text)
    right = f"[{text}]" if known is not None else "[name-of-a-task]"
    message = f"`runAfter` takes a list, so {_refusal(place, ctx)} over this text. Write `runAfter: {right}`."
    fix = None
    doubles = _has_doubles(task.pipeline)
    if known is not None and not known.is_finally and not doubles and not task.pipeline.would_cycle(task, known):
        from tektonlint import edit

        fix = ctx.fix("put the name into a list", lambda: edit.wrap_in_list(place), Safety.SAFE)
    yield ctx.finding(place, message, refused=True, fix=fix)


def _same_names(pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    for task in pipeline.all_tasks:
        first = pipeline.by_name.get(task.name or "")
        if first is None or first is task:
            continue
        name = task.place.get("name")
        if name is None:
            continue
        where = " in `tasks`" if task.is_finally and not first.is_finally else ""
        message = (
            f"Another task{where} is called `{task.name}` already, so {_refusal(name, ctx)}. "
            "Give each task of the pipeline a name of its own."
        )
        related = [((first.place.get("name") or first.place).location, "the first of that name")]
        yield ctx.finding(name, message, refused=True, related=related)


def _only_finally(pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    last, tasks = pipeline.place.get("finally"), pipeline.place.get("tasks")
    if last is None or not pipeline.final_tasks or pipeline.tasks or (tasks is not None and tasks.text is not None):
        return
    message = f"There are tasks in `finally` but none in `tasks`, so {_refusal(last, ctx)}. Move them to `tasks`."
    yield _missing(last, message, last.key_location, ctx)


def _wrong_edges(task: PipelineTask, names: frozenset[str], ctx: Context) -> Iterator[Finding]:
    """What a task of `tasks` waits for and cannot; `names` are those of `tasks`."""
    pipeline = task.pipeline
    for edge in task.edges:
        if edge.on in names:
            continue
        other = pipeline.by_name.get(edge.on)
        what = f"uses a result of `{edge.on}`" if edge.by_result else f"waits for `{edge.on}`"
        if other is not None:
            message = (
                f"`{task.title}` {what}, which is in `finally` and starts when all others have ended, so "
                f"{_refusal(edge.place, ctx)}. Move `{edge.on}` to `tasks`, or take this out."
            )
            related = [(other.place.location, f"`{edge.on}`")]
            yield ctx.finding(edge.place, message, at=edge.location, refused=True, related=related)
        elif "$(" in edge.on:
            message = f"Variables are not replaced in `runAfter`, so {_refusal(edge.place, ctx)}. Write a task's name."
            yield ctx.finding(edge.place, message, refused=True)
        elif pipeline.names_are_known:
            message = (
                f"`{task.title}` {what}, but no task of this pipeline has that name, so "
                f"{_refusal(edge.place, ctx)}{_meant(edge.on, names - {task.name or ''})}"
            )
            yield _missing(edge.place, message, edge.location, ctx)


def _waiting_at_the_end(task: PipelineTask, ctx: Context) -> Iterator[Finding]:
    """`runAfter` in `finally`."""
    place = task.place.get("runAfter")
    if place is None or not (place.known_text or next(place.items(), None)):
        return
    message = (
        f"All tasks in `finally` start together, when the others have ended, so {_refusal(place, ctx)} over a "
        f"`runAfter` there. Delete it, or move `{task.title}` to `tasks`."
    )
    yield ctx.finding(place, message, at=place.key_location, refused=True)


def _unknown_at_the_end(task: PipelineTask, names: frozenset[str], ctx: Context) -> Iterator[Finding]:
    """Results and states of tasks that a task of `finally` cannot know; only `params` and `when` are checked."""
    pipeline = task.pipeline
    for use in _uses_in(task):
        variable = use.variable
        checked = use.place.path[len(task.place.path) :][:1] in (("params",), ("when",))
        if variable.quoted or not checked:
            continue
        if variable.result_of is not None:
            name, what = variable.result_of[0], "result"
        elif variable.root == "tasks" and len(variable.names) == 2 and variable.names[1] in ("status", "reason"):
            name, what = variable.names
        else:
            continue
        if name in names:
            continue
        if name in pipeline.by_name:
            message = (
                f"`{task.title}` uses the {what} of `{name}`, but all tasks in `finally` start together, so "
                f"{_refusal(use.place, ctx)}. Move `{name}` to `tasks`, or do the work of both in one task."
            )
            yield ctx.finding(use.place, message, at=use.location, refused=True)
        elif pipeline.names_are_known:
            message = (
                f"`{task.title}` uses the {what} of `{name}`, but no task of this pipeline has that name, so "
                f"{_refusal(use.place, ctx)}{_meant(name, names)}"
            )
            yield _missing(use.place, message, use.location, ctx)


def _circles(pipeline: Pipeline, ctx: Context) -> Iterator[Finding]:
    """One finding for all tasks that wait for each other, about a shortest circle among them."""
    seen: set[str] = set()
    for task in pipeline.tasks:
        name = task.name or ""
        if name in seen or name not in pipeline.ancestors.get(name, ()):
            continue
        seen.update(other for other in pipeline.ancestors[name] if name in pipeline.ancestors[other])
        circle = _circle(pipeline, name)
        edges = [_edge(pipeline, one, other) for one, other in zip(circle, (*circle[1:], name), strict=True)]
        # An entry of `runAfter` is easier to take out than a result; the last one may be the one too many.
        blamed = max(edges, key=lambda edge: (not edge.by_result, edge.location.span.start))
        related = [(edge.location, f"waits for `{edge.on}`") for edge in edges if edge is not blamed]
        never, out = ("none of them could ever", "one of these") if len(circle) > 1 else ("it could never", "this")
        message = f"{_round(circle)}, so {never} start, and {_refusal(blamed.place, ctx)}. Take {out} out."
        yield ctx.finding(blamed.place, message, at=blamed.location, refused=True, related=related)


def _circle(pipeline: Pipeline, name: str) -> tuple[str, ...]:
    """The shortest way from a task along what it waits for back to itself."""
    before: dict[str, str] = {}
    waiting = [name]
    for one in waiting:
        for parent in sorted(pipeline.parents[one]):
            if parent == name:
                way = [one]
                while way[-1] != name:
                    way.append(before[way[-1]])
                return tuple(reversed(way))
            if parent not in before:
                before[parent] = one
                waiting.append(parent)
    raise AssertionError(f"{name} is in no circle")


def _edge(pipeline: Pipeline, name: str, on: str) -> Edge:
    """What makes one task wait for another: an entry of `runAfter` where there is one."""
    edges = (edge for task in pipeline.tasks if task.name == name for edge in task.edges if edge.on == on)
    return min(edges, key=lambda edge: edge.by_result)


_FEW = 5


def _round(circle: tuple[str, ...]) -> str:
    """Who waits for whom."""
    if len(circle) == 1:
        return f"`{circle[0]}` waits for itself"
    names = [f"`{name}`" for name in (*circle, circle[0])]
    if len(circle) > _FEW:
        names[_FEW - 1 : -2] = ["…"]
    return f"The tasks wait for each other in a circle ({' for '.join(names)})"


def _missing(place: Place, message: str, at: Location, ctx: Context) -> Finding:
    """A finding about something that is not there, which a patch may add."""
    patched = ctx.model.is_patched(place.resource)
    return ctx.finding(place, message, at=at, severity=Severity.NOTE if patched else None, refused=not patched)


# Of more names than people write, none is looked for that is near: it would take long for each wrong one.
_LOOKED_AT = 300


def _meant(name: str, names: frozenset[str]) -> str:
    """The end of a sentence about a name that nothing has."""
    return (did_you_mean(name, names) if len(names) <= _LOOKED_AT else "") or "."


def _refusal(place: Place, ctx: Context) -> str:
    """Who refuses what."""
    resource = place.resource
    if resource.created:
        return "Tekton refuses the run when an event comes to create it"
    return f"Tekton refuses the {'run' if resource.kind == 'PipelineRun' else 'pipeline'}"


def _uses_in(task: PipelineTask) -> Iterator[Use]:
    """The variables in a task, but for those of a pipeline inside it, which has tasks of its own."""
    depth = len(task.place.path)
    return (use for use in uses(task.place) if use.place.path[depth : depth + 1] != ("pipelineSpec",))
