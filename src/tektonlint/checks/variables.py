"""Variables that admission lets through and that nothing replaces: they reach the container as this very text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.model.definitions import Task, name_of
from tektonlint.near import nearest
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select
from tektonlint.tekton.variables import Use, Variable, uses

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.pipelines import PipelineTask

# What a TaskRun knows of its surroundings, and what only a PipelineRun does (getContextReplacements in
# pkg/reconciler/taskrun/resources/apply.go; GetContextReplacements in pkg/reconciler/pipelinerun/resources/apply.go).
_OF_A_TASK = frozenset(("taskRun.name", "taskRun.namespace", "taskRun.uid", "task.name", "task.retry-count"))
_OF_A_PIPELINE = frozenset(("pipelineRun.name", "pipelineRun.namespace", "pipelineRun.uid", "pipeline.name"))
_RETRIES = "pipelineTask.retries"
_PARTS = ("path", "bound", "claim", "volume")
# Where admission looks for params, results and contexts that are not there (validateStepVariables and its like).
_CHECKED = frozenset(("name", "image", "workingDir", "script", "command", "args", "onError", "volumeMounts"))
_MANY = 5
# Of more names than people write, none is looked for that is near.
_LOOKED_AT = 300


class _Reason(NamedTuple):
    """Why a variable is not replaced, as a part of a sentence, and what to do about it, as another.

    `new` is the variable that was meant, where that is certain enough to offer it; `fate` what becomes of the text,
    where it is not what usually does. `maybe` says that a run outside the tree may bring what is missing.
    """

    what: str
    advice: str
    new: str | None = None
    fate: str | None = None
    maybe: bool = False


class _Scope(NamedTuple):
    """What is around a task spec.

    `alone` says that no pipeline is: then nothing of one is replaced; None where that is not known. `params` are the
    names that reach the spec, None where one is not known, and `own` those that reach it as params of its TaskRun.
    `open` says that a run outside the tree may pass more.
    """

    task: Task
    alone: bool | None
    params: frozenset[str] | None
    own: frozenset[str]
    open: bool
    unchecked: bool


def unresolved_variable(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Variables with a word of Tekton's in front that are none where they stand. One finding for each.

    What is refused is left to admission; names of workspaces and `result` for `results` are other policies'.
    """
    resource = whole.resource
    if resource.partial or resource.group != "tekton.dev":
        return
    if resource.kind == "StepAction":
        spec = whole.get("spec")
        if spec is not None:
            yield from _told(spec, _in_step_action(spec), ctx)
        return
    for spec in select(resource, "task-specs"):
        version = spec.get("apiVersion")
        if (version is None or not version.text) and "$(" in _source(spec):
            yield from _told(spec, _in_task(spec, ctx), ctx)
    for spec in select(resource, "pipeline-specs"):
        yield from _told(spec, _in_pipeline(spec, ctx), ctx)


_Wrong = Iterator[tuple[Use, _Reason]]


def _told(spec: Place, wrong: _Wrong, ctx: Context) -> Iterator[Finding]:
    """The findings, one for each variable in a spec."""
    found: dict[str, list[tuple[Use, _Reason]]] = {}
    for use, reason in wrong:
        if not _is_meant_so(use):
            found.setdefault(use.text, []).append((use, reason))
    for text, told in found.items():
        use, reason = told[0]
        severity = Severity.NOTE if ctx.model.is_patched(spec.resource) else None
        if severity is None and (reason.maybe or all(_only_prints(one) for one, _ in told)):
            severity = Severity.WARNING
        fate = reason.fate or _fate(use)
        message = f"Tekton does not replace `{text}` here, because {reason.what}; {fate}. {reason.advice}"
        related = [(one.location, "used here too") for one, _ in told[1:_MANY]]
        fix = _written([one for one, _ in told], text, reason.new, ctx) if reason.new is not None else None
        yield ctx.finding(use.place, message, at=use.location, severity=severity, related=related, fix=fix)


def _written(where: list[Use], old: str, new: str, ctx: Context) -> Fix | None:
    from tektonlint import edit

    def change() -> edit.Change:
        made: edit.Change | None = None
        for use in where:
            one = edit.replace_fragment(use.place, use.variable.start, use.variable.end, new)
            made = one if made is None else made.with_(one)
        assert made is not None
        return made

    return ctx.fix(f"write `{new}` for `{old}`", change, Safety.UNSAFE)


def _source(place: Place) -> str:
    return place.resource.source.text[place.node.start : place.node.end]


# A script with these words writes a manifest, in which the variables are to stay.
_WRITES_A_MANIFEST = "tekton.dev/"


def _is_meant_so(use: Use) -> bool:
    """Whether a variable stands in a comment or a description, is escaped, or is to be written somewhere."""
    node = use.place.node
    assert isinstance(node, Scalar)
    if use.place.path[-1] != "script":
        return "description" in use.place.path
    text, start = node.text, use.variable.start
    if text[:start].endswith("\\") or _WRITES_A_MANIFEST in text:
        return True
    return _line(text, start).lstrip().startswith("#")


def _line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(text)]


# Lines that only show a text: no redirection, no pipe and no second command.
_PRINTS = pattern(r"\s*(?:echo|printf)\s(?:[^|&;<>`$]|\$\([a-zA-Z]+\.[^()]*\)|\$\w|\$\{\w+\})*")


def _only_prints(use: Use) -> bool:
    node = use.place.node
    assert isinstance(node, Scalar)
    in_script = use.place.path[-1] == "script"
    return in_script and _PRINTS.fullmatch(_line(node.text, use.variable.start)) is not None


def _fate(use: Use) -> str:
    """What becomes of a text that is not replaced."""
    from tektonlint.shell.dialect import SHELLS, interpreter

    path, node = use.place.path, use.place.node
    assert isinstance(node, Scalar)
    if path[-1] == "script" and interpreter(node.text) in SHELLS:
        return "the shell takes the text for a command and goes on with nothing in its place"
    if path[-1] == "subPath":
        return "the folder is called by this very text"
    return "the text stays as it is"


# Task specs.


def _scope(spec: Place, ctx: Context) -> _Scope:
    task, resource = ctx.model.task(spec), spec.resource
    own = set(task.params)
    known = task.params_are_known
    alone: bool | None = True
    is_open = unchecked = False
    if resource.kind in ("Task", "ClusterTask"):
        users = [user.place for user in ctx.model.users_of(task)]
        # Pipelines-as-Code puts tasks into its runs as inline specs, which then know what is around them.
        if any(ctx.model.is_pac(one) for one in (resource, *(user.resource for user in users))):
            alone, known = None, False
        for user in users:
            known = _add_passed(user, own) and known
        return _Scope(task, alone, frozenset(own) if known else None, frozenset(own), False, False)
    around: Place | None = spec.parent
    if around is not None:
        known = _add_passed(around, own) and known
    names = set(own)
    if resource.kind != "TaskRun":
        alone = False
        while around is not None and len(around.path) > len(resource.path):
            known = _add_passed(around, names) and known
            around = around.parent
        if resource.kind == "Pipeline":
            pipeline = ctx.model.pipeline(next(iter(select(resource, "pipeline-specs"))))
            runs = ctx.model.runs_of(pipeline)
            known = known and all(run.params_are_known for run in runs)
            names.update(name for run in runs for name in run.params)
            is_open = not runs
        # Of an inline pipeline only `tasks` is looked at (probe pr-inline-undeclared-finally-taskSpec).
        unchecked = resource.kind == "PipelineRun" and "finally" in spec.path
    return _Scope(task, alone, frozenset(names) if known else None, frozenset(own), is_open, unchecked)


def _add_passed(place: Place, names: set[str]) -> bool:
    """Adds the names of the params at a place, passed or declared, in a matrix too; whether all are known."""
    lists = [place.get("params"), place.get("matrix", "params")]
    lists += [include.get("params") for include in place.each("matrix", "include")]
    matrix = place.get("matrix")
    known = matrix is None or not matrix.text
    for params in lists:
        if params is None:
            continue
        if params.text:
            known = False
        for item in params.items():
            name = name_of(item)
            if name is None:
                known = False
            else:
                names.add(name)
    return known


def _in_task(spec: Place, ctx: Context) -> _Wrong:
    length = len(spec.path)
    task = ctx.model.task(spec)
    doubtful = [use for use in uses(spec) if not _is_declared(use.variable, task)]
    may_slip = _MAY_BE_SLIP.search(_source(spec)) is not None
    if not doubtful and not may_slip:
        return
    scope = _scope(spec, ctx)
    for use in doubtful:
        inner = use.place.path[length:]
        if _is_replaced_in(inner):
            reason = _judged(use, inner, scope)
            if reason is not None:
                yield use, reason
    if may_slip:
        yield from _slips(scope)


def _is_declared(variable: Variable, task: Task) -> bool:
    """Whether a variable is one of the task's own, so that nothing has to be known of what is around the task."""
    names = variable.names
    if variable.root == "params":
        return len(names) == 1 and names[0] in task.params
    if variable.root == "workspaces":
        return bool(names) and names[-1] in _PARTS and not variable.quoted
    return variable.root == "results" and len(names) == 2 and names[1] == "path" and names[0] in task.results


def _is_replaced_in(inner: tuple[str | int, ...]) -> bool:
    """Whether Tekton puts values into a part of a task spec at all (ApplyReplacements)."""
    if inner[:1] == ("workspaces",):
        return inner[-1] == "mountPath"
    return len(inner) > 1 and inner[0] in ("steps", "sidecars", "stepTemplate", "volumes")


def _is_checked(inner: tuple[str | int, ...]) -> bool:
    """Whether admission knows the params, results and contexts in a part of a task spec."""
    field = inner[2:3] if inner[0] == "steps" else inner[1:2] if inner[0] == "stepTemplate" else ()
    return bool(field) and (field[0] in _CHECKED or (field[0] == "env" and inner[-1] == "value"))


def _judged(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """Why a variable in a task spec is not replaced; None where it is, or where that is somebody else's to say."""
    variable = use.variable
    judge = _JUDGES.get(variable.root)
    if judge is None:
        return None
    return judge(use, inner, scope)


def _param(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """`$(params.x)`, where admission does not look, and `$(params.x.y)` of a string."""
    variable, names = use.variable, use.variable.names
    if scope.params is None or not names:
        return None
    candidates = {".".join(names), names[0]}
    declared = scope.task.params.get(names[0])
    if ".".join(names) not in scope.params and declared is not None and declared.type == "string":
        is_certain = not scope.open and scope.own == frozenset(scope.task.params)
        if len(names) == 2 and not variable.quoted and is_certain:
            return _Reason(
                f"the param `{names[0]}` is a string and has no `{names[1]}`",
                "Declare it as an object with this property, or a param of its own.",
            )
    if candidates & scope.params or (_is_checked(inner) and not scope.unchecked):
        return None
    return _undeclared(use, names[0], scope.params, scope.open)


def _undeclared(use: Use, name: str, params: frozenset[str], is_open: bool) -> _Reason:
    near = _near(name, params)
    new = use.text.replace(name, near, 1) if near is not None else None
    advice = f"Did you mean `{new}`?" if new is not None else f"Declare `{name}` under `params`."
    unless = ", unless a run passes one" if is_open else ""
    return _Reason(f"nothing declares a param `{name}`{unless}", advice, new, maybe=is_open)


def _near(name: str, names: frozenset[str]) -> str | None:
    return nearest(name, sorted(names)) if len(names) <= _LOOKED_AT else None


def _input(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """`$(inputs.params.x)`, an old name of `$(params.x)` that only a TaskRun still knows, of its own params."""
    names = use.variable.names
    if names[:1] == ("resources",):
        return _Reason(
            "PipelineResources are gone since Tekton 0.44",
            "Pass what is needed by params and workspaces.",
        )
    if len(names) < 2 or names[0] != "params" or scope.params is None:
        return None
    name = names[1]
    if name in scope.own or ".".join(names[1:]) in scope.own:
        return None
    if name in scope.params:
        new = use.text.replace("inputs.", "", 1)
        return _Reason("the old prefix `inputs` is only known for the task's own params", f"Write `{new}`.", new)
    return _undeclared(use, name, scope.params, scope.open)


def _output(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    return _input(use, inner, scope) if use.variable.names[:1] == ("resources",) else None


_PASS = "Declare a param, and pass it the value in the pipeline."


def _task(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """What a pipeline knows of its tasks: in an inline spec their results only (PropagateResults)."""
    names = use.variable.names
    if len(names) < 2 and names != ("status",):
        return None
    if scope.alone:
        return _Reason("only a pipeline knows its tasks, and this is a task by itself", _PASS)
    is_state = names in (("status",),) or (len(names) == 2 and names[1] in ("status", "reason"))
    if scope.alone is False and use.variable.root == "tasks" and is_state:
        return _Reason(
            "the state of tasks is only known in `params` and `when` of a `finally` task",
            "Pass it as a param.",
        )
    return None


def _context(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    name = ".".join(use.variable.names)
    if name in _OF_A_TASK or (name in _OF_A_PIPELINE and not scope.alone):
        return None
    if name in _OF_A_PIPELINE or (name == _RETRIES and scope.alone is not None):
        knows = "a pipeline knows" if name in _OF_A_PIPELINE else "`params` of a pipeline's task know"
        this = "a task by itself" if scope.alone else "its inline spec"
        return _Reason(f"only {knows} it, and this is {this}", _PASS)
    if scope.alone is None or (name.startswith(("task.", "taskRun.")) and _is_checked(inner) and not scope.unchecked):
        return None
    known = _OF_A_TASK if scope.alone else _OF_A_TASK | _OF_A_PIPELINE
    near = _near(name, known)
    new = f"$(context.{near})" if near is not None else None
    advice = f"Did you mean `{new}`?" if new is not None else "Pass the value as a param."
    return _Reason("there is no such context", advice, new)


def _result(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """The path of a result; only what scripts of steps name is looked at by admission."""
    names = use.variable.names
    declared = scope.task.results
    if len(names) == 1 and names[0] in declared and not use.variable.quoted and use.variable.subscript is None:
        path = f"$(results.{names[0]}.path)"
        return _Reason("only the path of a result is known in its task", f"Write `{path}`.", path)
    if len(names) != 2 or names[1] != "path" or names[0] in declared:
        return None
    is_script = inner[0] == "steps" and inner[2:] == ("script",)
    if is_script or any(name_of(one) is None for one in scope.task.place.each("results")):
        return None
    near = _near(names[0], frozenset(declared))
    new = use.text.replace(names[0], near, 1) if near is not None else None
    advice = f"Did you mean `{new}`?" if new is not None else "Declare it under `results`."
    return _Reason(f"the task declares no result `{names[0]}`", advice, new)


def _step(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """`$(steps.step-NAME.exitCode.path)`, and results of other steps, which the entrypoint puts in."""
    names = use.variable.names
    steps = scope.task.steps
    if len(names) == 3 and names[1:] == ("exitCode", "path"):
        if any(step.get("name") is not None and name_of(step) is None for step in steps):
            return None
        known = {f"step-{name_of(step)}" if name_of(step) else f"step-unnamed-{i}" for i, step in enumerate(steps)}
        if names[0] in known:
            return None
        prefixed = f"step-{names[0]}"
        near = prefixed if prefixed in known else _near(names[0], frozenset(known))
        new = f"$(steps.{near}.exitCode.path)" if near is not None else None
        advice = f"Write `{new}`." if new is not None else "Name one of its steps, with `step-` before the name."
        return _Reason(f"no step's exit code is called `{names[0]}`", advice, new)
    is_run = inner[0] == "steps" and inner[2:3] in (("args",), ("command",), ("env",))
    if len(names) < 3 or names[1] != "results" or not is_run or use.variable.quoted:
        return None
    by_name = {name_of(step) for step in steps}
    if None in by_name or names[0] in by_name:
        return None
    near = _near(names[0], frozenset(filter(None, by_name)))
    new = use.text.replace(names[0], near, 1) if near is not None else None
    advice = f"Did you mean `{new}`?" if new is not None else "Name a step that comes before this one."
    return _Reason(f"the task has no step `{names[0]}`", advice, new, "the step fails before it does anything")


def _own_result(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """`$(step.results.x.path)` in a step without such a result; in scripts only steps with results are looked at."""
    if inner[0] != "steps" or not isinstance(inner[1], int):
        return None
    return _of_step(use, scope.task.steps[inner[1]], inner[2:] == ("script",))


def _of_step(use: Use, step: Place, is_script: bool) -> _Reason | None:
    names = use.variable.names
    declared = [name_of(one) for one in step.each("results")]
    if len(names) != 3 or names[0] != "results" or names[2] != "path" or names[1] in declared or None in declared:
        return None
    if is_script and declared:
        return None
    near = _near(names[1], frozenset(filter(None, declared)))
    new = use.text.replace(names[1], near, 1) if near is not None else None
    advice = f"Did you mean `{new}`?" if new is not None else "Declare it under `results` of the step."
    return _Reason(f"the step declares no result `{names[1]}`", advice, new)


def _workspace(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    """What is no part of a workspace's variables; names that are not there are another policy's."""
    variable, names = use.variable, use.variable.names
    if variable.quoted:
        return _Reason("workspaces are only known by dots", "Write `$(workspaces.NAME.path)`.")
    if not names or names[-1] in _PARTS or variable.subscript is not None:
        return None
    workspace = names[0]
    if workspace not in scope.task.workspaces:
        return None
    tail = names[-1]
    new: str | None
    if len(names) == 1:
        new = f"$(workspaces.{workspace}.path)"
    elif len(names) == 2 and tail.startswith("path/"):
        new = f"$(workspaces.{workspace}.path){tail.removeprefix('path')}"
    else:
        near = _near(tail, frozenset(_PARTS))
        new = f"$(workspaces.{workspace}.{near})" if near is not None and len(names) == 2 else None
    advice = f"Write `{new}`." if new is not None else "Use `path`, `bound`, `claim` or `volume`."
    return _Reason("a workspace has no such variable", advice, new)


def _credentials(use: Use, inner: tuple[str | int, ...], scope: _Scope) -> _Reason | None:
    if use.variable.names == ("path",) or not use.variable.names:
        return None
    new = "$(credentials.path)"
    return _Reason("only their path is known", f"Write `{new}`.", new)


_JUDGES = {
    "context": _context,
    "credentials": _credentials,
    "finally": _task,
    "inputs": _input,
    "outputs": _output,
    "params": _param,
    "results": _result,
    "step": _own_result,
    "steps": _step,
    "tasks": _task,
    "workspaces": _workspace,
}


# Words that are nearly those of variables, in which case a declared name tells what was meant.

_SLIP = pattern(r"\$\(([ \t]*)([A-Za-z]+)\.([A-Za-z0-9_-]+)((?:\.[A-Za-z0-9_-]+)*)([ \t]*)\)")
# Looking for one of these first is quick.
_MAY_BE_SLIP = pattern(r"\$\((?:[ \t]|[A-Z]|param\.|workspace\.|result\.|params\.[^)\s]*[ \t])")
_SINGULAR = {"param": "params", "workspace": "workspaces", "result": "results"}


def _slips(scope: _Scope) -> _Wrong:
    """`$(param.x)`, `$(Params.x)`, `$( params.x )`: nothing of Tekton's, but nothing else either."""
    for container in (*scope.task.steps, *scope.task.sidecars):
        texts = [container.get("script"), *container.each("args"), *container.each("command")]
        texts += [variable.get("value") for variable in container.each("env")]
        for place in texts:
            for match in _SLIP.finditer((place.text or "") if place is not None else ""):
                new = _meant(scope, *match.groups())
                if new is not None and place is not None:
                    use = Use(place, Variable(match.start(), match.end(), match[2], (match[3],), None, False))
                    yield use, _Reason("none of its variables is called so", f"Write `{new}`.", new)


def _is_slip(before: str, root: str, name: str, rest: str, after: str) -> bool:
    right = _right_root(root)
    return right is not None and (right != root or bool(before or after))


def _right_root(root: str) -> str | None:
    lower = root.lower()
    return _SINGULAR.get(lower, lower if lower in _SINGULAR.values() else None)


def _meant(scope: _Scope, before: str, root: str, name: str, rest: str, after: str) -> str | None:
    """The variable that was meant, if what it names is declared."""
    right = _right_root(root)
    if right is None or not _is_slip(before, root, name, rest, after):
        return None
    if right == "params":
        is_there = name in (scope.params or ()) and not rest
    elif right == "workspaces":
        is_there = name in scope.task.workspaces and rest[1:] in _PARTS
    else:
        is_there = name in scope.task.results and rest == ".path"
    return f"$({right}.{name}{rest})" if is_there else None


# Step actions.


def _in_step_action(spec: Place) -> _Wrong:
    """What is certain whichever task uses it: the task's params, results and workspaces are put in as well."""
    length = len(spec.path)
    for use in uses(spec):
        inner = use.place.path[length:]
        name = ".".join(use.variable.names)
        if inner[:1] in ((), ("params",), ("results",)):
            continue
        if use.variable.root in ("tasks", "finally"):
            yield use, _Reason("only a pipeline knows its tasks, and this is a step by itself", _BY_STEP)
        elif use.variable.root == "context" and (name in _OF_A_PIPELINE or name == _RETRIES):
            yield use, _Reason("only a pipeline knows it, and this is a step by itself", _BY_STEP)
        elif use.variable.root == "step":
            reason = _of_step(use, spec, inner == ("script",))
            if reason is not None:
                yield use, reason


_BY_STEP = "Declare a param, and pass it the value where the step is used."


# Pipelines, around their tasks.


def _in_pipeline(spec: Place, ctx: Context) -> _Wrong:
    """Params that are not there, where admission does not look: beside the tasks' `params`, `when` and `matrix`."""
    resource = spec.resource
    pipeline = ctx.model.pipeline(spec)
    is_run = resource.kind == "PipelineRun"
    passed_over = [
        (task, use)
        for task in pipeline.all_tasks
        for use in uses(task.place)
        if use.variable.root == "params" and use.variable.names and _is_passed_over(_inside(task, use), is_run, task)
    ]
    if not passed_over:
        return
    names: set[str] = set()
    known = pipeline.params_are_known
    is_open = False
    around: Place | None = spec
    while around is not None and len(around.path) > len(resource.path):
        known = _add_passed(around, names) and known
        around = around.parent
    if not is_run:
        runs = ctx.model.runs_of(ctx.model.pipeline(next(iter(select(resource, "pipeline-specs")))))
        known = known and all(run.params_are_known for run in runs)
        names.update(name for run in runs for name in run.params)
        is_open = not runs
    if not known:
        return
    for task, use in passed_over:
        variable = use.variable
        candidates = {".".join(variable.names), variable.names[0]}
        if candidates & names:
            continue
        if _inside(task, use)[-1] == "subPath" and _is_of_the_task(candidates, task, ctx):
            continue
        yield use, _undeclared(use, variable.names[0], frozenset(names), is_open)


def _inside(task: PipelineTask, use: Use) -> tuple[str | int, ...]:
    """The path of a variable's text below a task."""
    return use.place.path[len(task.place.path) :]


def _is_of_the_task(candidates: set[str], task: PipelineTask, ctx: Context) -> bool:
    """Whether a param in a `subPath` may be the task's own.

    What the pipeline leaves there the TaskRun replaces with the values of the task's params, those of a matrix too
    (pkg/reconciler/taskrun/resources/apply.go, ApplyParametersToWorkspaceBindings).
    """
    if candidates & set(task.params):
        return True
    spec = ctx.model.task_of(task).found
    if spec is None:
        # It may have such a param with a default; a slip of the pen is more likely where a name is near.
        return _near(min(candidates, key=len), frozenset(task.pipeline.params)) is None
    return bool(candidates & set(spec.params))


def _is_passed_over(inner: tuple[str | int, ...], is_run: bool, task: PipelineTask) -> bool:
    """Whether admission does not look at a part of a PipelineTask, in which Tekton puts values of params."""
    if not inner:
        return False
    if inner[0] in ("params", "when", "matrix"):
        return (is_run and task.is_finally) or inner[-1] == "cel"
    return (inner[:1] == ("workspaces",) and inner[-1] == "subPath") or inner[:2] == ("taskRef", "params")
