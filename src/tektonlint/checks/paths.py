"""Paths of workspaces in what a task runs: those that lead past every workspace, into a read-only or a missing one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import WORKSPACE_ROOT, Task
from tektonlint.model.scripts import Script, opaque_steps, script_at, scripts_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tree_sitter import Node

    from tektonlint import edit
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import PipelineTask
    from tektonlint.model.runs import Binding, Bound, PipelineRun, TaskRun
    from tektonlint.shell.effects import Effect
    from tektonlint.shell.flow import Command, Fact

_ROOT = f"{WORKSPACE_ROOT}/"
# The path up to its first folder below `/workspace`, and the rest of it as far as it is written out. What stands behind
# another name is no path of its own: `$HOME/workspace/x`, `https://host/workspace/x`.
_PATH = pattern(r"(?:(?<![A-Za-z0-9._/})$-])|(?<=dir://)|(?<=file://))/workspace/([A-Za-z0-9._-]+)(/[A-Za-z0-9._/-]*)?")
_OF_WORKSPACE = pattern(r"\$\(workspaces\.([A-Za-z0-9_.-]+)\.path\)")
# Commands whose words are text for people.
_SAY = frozenset(("echo", "printf", "log", "info", "warn", "error", "die", "fail", "debug", "usage", "print"))
_MANY = 5


# Hard-coded paths


class _Mention(NamedTuple):
    """`/workspace/…` in a scalar of a step: where, the first folder, and the path below `/workspace`."""

    place: Place
    start: int
    end: int
    folder: str
    path: str

    @property
    def location(self) -> Location:
        return self.place.part(self.start, self.end)

    @property
    def shown(self) -> str:
        return f"{_ROOT}{self.path}"


class _Touch(NamedTuple):
    """What a task does to a path below `/workspace` (`workspace` is ""), or below one of its workspaces.

    `what` is `read`, `write`, `folder`, or `other` where that is not known; `firm` says that it certainly does.
    """

    workspace: str
    path: str
    what: str
    tree: bool
    firm: bool
    at: Location


class _Other(NamedTuple):
    """A task, as a pipeline calls it, and what it does to the same path."""

    title: str
    touch: _Touch


def hardcoded_path(container: Place, ctx: Context) -> Iterator[Finding]:
    """Paths below `/workspace` that are no workspace's: Tekton mounts an emptyDir of the pod there.

    Scratch space of one task is a note. It is an error where another task, or the same one by its workspace, uses the
    path. Where a workspace is mounted it is a note as well: it is right as long as nobody gives it a `mountPath`.
    """
    if container.resource.partial:
        return
    mentions = list(_mentions(container, ctx.model))
    if not mentions:
        return
    task = _task_of(container, ctx.model)
    mounts = _mounts(container, task, ctx.model) if task is not None else {}
    if mounts is None:
        return
    groups: dict[tuple[int, str], list[_Mention]] = {}
    for mention in mentions:
        groups.setdefault((id(mention.place.node), mention.folder), []).append(mention)
    for group in groups.values():
        workspace = _mounted_at(group[0], mounts)
        if workspace is None:
            yield from _undeclared(group, container, task, ctx)
        elif workspace and task is not None:
            yield from _declared(group, workspace, container, task, ctx)


def _declared(group: list[_Mention], name: str, container: Place, task: Task, ctx: Context) -> Iterator[Finding]:
    """A workspace by the path where it is mounted when nobody says otherwise."""
    declared = task.workspaces.get(name)
    listed = task.isolated.get(name)
    if declared is None or declared.place.get("mountPath") is not None or group[0].folder != name:
        return
    if listed is not None and not any(one.path == container.path for one in listed):
        return
    variable = f"$(workspaces.{name}.path)"
    message = (
        f"`{_ROOT}{name}` is where the workspace `{name}` is mounted as long as nobody gives it a `mountPath`. "
        f"Write `{variable}`, which is always right."
    )
    # Without the workspace the variable is empty, and the path is not.
    fix = None if declared.optional else _replaced(group, variable, f"write `{variable}`", Safety.SAFE, ctx)
    related = [(one.location, "and here") for one in group[1 : _MANY + 1]]
    at = group[0].location
    yield ctx.finding(group[0].place, message, at=at, severity=Severity.NOTE, related=related, fix=fix)


def _undeclared(group: list[_Mention], container: Place, task: Task | None, ctx: Context) -> Iterator[Finding]:
    first = group[0]
    if task is None:
        message = (
            f"`{first.shown}` is in a workspace only if the task that uses this StepAction has one that is mounted "
            "there. Take the path as a param."
        )
        yield ctx.finding(first.place, message, at=first.location, severity=Severity.NOTE)
        return
    severity: Severity | None = Severity.NOTE
    other: _Other | None = None
    for mention in group:
        found, by = _judged(mention, task, ctx.model)
        if _rank(found) > _rank(severity):
            severity, first, other = found, mention, by
    if ctx.model.is_patched(container.resource):
        severity, other = Severity.NOTE, None
    said_at = _first_users(task, ctx.model).get(first.folder)
    if severity is Severity.NOTE and said_at not in (None, id(first.place.node)):
        # Of scratch space it is said once.
        return
    names = [*task.workspaces]
    few = f" (it declares {_listed(names)})" if names else ""
    only = names[0] if len(names) == 1 and not task.workspaces[names[0]].read_only else None
    instead = "Declare a workspace for it, and use its path"
    if names:
        which = "" if only is not None or len(names) == 1 else " with the right one"
        instead = f"Use `$(workspaces.{only or (names[0] if not which else 'NAME')}.path)/{first.path}`{which}"
    if other is not None:
        lost = f"{other.title} {_does(other.touch)} "
        lost += f"`{_shown(other.touch)}`, another file" if other.touch.workspace else "it in a pod of its own"
        message = f"`{first.shown}` is in no workspace of this task{few}, but {lost}. {instead}."
    elif severity is Severity.WARNING:
        message = (
            f"`{first.shown}` is in no workspace of this task{few}, and no step of it writes there, so nothing is "
            f"there to read. {instead}."
        )
    else:
        message = (
            f"`{first.shown}` is in no workspace of this task{few}: it is a folder of this pod, and gone with it. "
            f"{instead} if another task is to see it."
        )
    fix = None
    if only is not None and other is not None:
        title = f"write `$(workspaces.{only}.path)/{first.folder}`"
        fix = _replaced(group, f"$(workspaces.{only}.path)/{first.folder}", title, Safety.UNSAFE, ctx)
    related = [(other.touch.at, f"{_does(other.touch)} there")] if other is not None else []
    related += [(one.location, "and here") for one in group if one is not first][:_MANY]
    yield ctx.finding(first.place, message, at=first.location, severity=severity, related=related, fix=fix)


def _first_users(task: Task, model: Model) -> dict[str, int]:
    """The scalar of a task (its node's `id`) that is the first to mention each folder below `/workspace`."""
    known: dict[int, dict[str, int]] = model.memo.setdefault("first mentions", {})
    found = known.get(id(task))
    if found is None:
        found = known[id(task)] = {}
        containers = (*([task.template] if task.template is not None else ()), *task.steps, *task.sidecars)
        for container in containers:
            for mention in _mentions(container, model):
                found.setdefault(mention.folder, id(mention.place.node))
    return found


def _rank(severity: Severity | None) -> int:
    """None is the policy's own severity, the highest."""
    return Severity.ERROR.rank if severity is None else severity.rank


def _judged(mention: _Mention, task: Task, model: Model) -> tuple[Severity | None, _Other | None]:
    """How bad it is that a task uses a path outside of its workspaces, and who else uses it."""
    if _is_blind(model, task, mention.path):
        return Severity.NOTE, None
    mine = [one for one in _touches(model, task) if one.workspace == "" and _meet(one.path, mention.path)]
    reads = [one for one in mine if one.what in ("read", "other")]
    makes = [one for one in mine if one.what == "write" or (one.what == "folder" and one.path == mention.path)]
    known = [one for one in mine if one.what != "other"]
    only_reads = bool(known) and not makes and any(one.what == "read" and one.firm for one in mine)
    only_writes = any(one.what == "write" for one in mine) and not reads
    if not only_reads and not only_writes:
        return Severity.NOTE, None
    others = [
        _Other("this task", one)
        for one in _touches(model, task)
        if one.workspace and _same(one.path, mention.path, mine)
    ]
    for user, spec in _neighbours(task, model):
        theirs = [one for one in _touches(model, spec) if _same(one.path, mention.path, mine)]
        own = any(one.what == "write" for one in theirs)
        others += [
            _Other(f"`{user.title}`", one)
            for one in theirs
            # What another task writes and reads itself outside of its workspaces is its own scratch space.
            if one.workspace or not own or one.what == "write"
        ]
    if only_reads:
        writer = next((one for one in others if one.touch.what == "write"), None)
        if writer is not None:
            return None, writer
        firm = any(one.what == "read" and one.firm for one in mine)
        return (Severity.WARNING, None) if firm else (Severity.NOTE, None)
    if only_writes:
        reader = next((one for one in others if one.touch.what == "read" and _is_unmade(one, others)), None)
        if reader is not None:
            # A task that is not in the tree may write it where it is read.
            return (None if _are_known(task, model) else Severity.WARNING), reader
    return Severity.NOTE, None


def _is_unmade(reader: _Other, others: list[_Other]) -> bool:
    """Whether nobody writes what a reader reads by the name that it has there."""
    read = reader.touch
    written = (one.touch for one in others if one.touch.what == "write")
    return not any((one.workspace, one.path) == (read.workspace, read.path) for one in written)


def _same(path: str, mentioned: str, mine: list[_Touch]) -> bool:
    """Whether a path of another place is the mentioned one, or one that the task itself uses below it."""
    return any(one.path == path for one in mine) if mine else path == mentioned


def _meet(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _does(touch: _Touch) -> str:
    return {"read": "reads", "write": "writes"}.get(touch.what, "uses")


def _shown(touch: _Touch) -> str:
    return f"$(workspaces.{touch.workspace}.path)/{touch.path}" if touch.workspace else f"{_ROOT}{touch.path}"


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names[:3]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(shown)}{more}"


def _replaced(group: list[_Mention], text: str, title: str, safety: Safety, ctx: Context) -> Fix | None:
    """Writes a text for `/workspace/x` wherever it stands in one scalar."""

    def change() -> edit.Change:
        from tektonlint import edit

        made: edit.Change | None = None
        for one in group:
            end = one.start + len(_ROOT) + len(one.folder)
            part = edit.replace_fragment(one.place, one.start, end, text)
            made = part if made is None else made.with_(part)
        assert made is not None
        return made

    return ctx.fix(title, change, safety)


# Where they stand


def _mentions(container: Place, model: Model) -> Iterator[_Mention]:
    """The paths below `/workspace` in what a step, sidecar or step template says."""
    is_template = container.path[-1:] == ("stepTemplate",)
    script = script_at(model, container) if not is_template else None
    scalars = [word for key in ("command", "args") for word in container.each(key)]
    scalars += [value for one in container.each("env") if (value := one.get("value")) is not None]
    folder = container.get("workingDir")
    for place in [*scalars, *([folder] if folder is not None else ())]:
        if script is None or script.words or place.node is not script.place.node:
            yield from _in_text(place)
    if script is not None and not script.words:
        found = list(_in_text(script.place))
        yield from _in_script(found, script) if found else ()


def _in_text(place: Place) -> Iterator[_Mention]:
    text = place.text
    if not text or _ROOT not in text or not isinstance(place.node, Scalar):
        return
    for match in _PATH.finditer(text):
        if text[match.end() : match.end() + 1] in ("$", "{"):
            # The name goes on, and it is not known how.
            continue
        name, rest = match[1], (match[2] or "").rstrip("/.")
        end = match.start() + len(_ROOT) + len(name) + len(rest)
        yield _Mention(place, match.start(), end, name, posixpath.normpath(f"{name}{rest}"))


def _in_script(found: list[_Mention], script: Script) -> Iterator[_Mention]:
    """Those that are not in comments, in what is only said, or in a here-document, which is another file's text."""
    text = script.text
    if not script.is_shell:
        for one in found:
            line = text[text.rfind("\n", 0, one.start) + 1 : one.start].lstrip()
            if not line.startswith(("#", "//")):
                yield one
        return
    from tektonlint.shell.syntax import parse

    root = parse(text).root_node
    for one in found:
        if not _is_said(root.descendant_for_byte_range(one.start, one.end), text):
            yield one


def _is_said(node: Node | None, text: str) -> bool:
    while node is not None:
        if node.type in ("comment", "heredoc_body"):
            return True
        if node.type in ("file_redirect", "command_substitution"):
            return False
        if node.type == "command":
            name = node.child_by_field_name("name")
            return name is not None and text[name.start_byte : name.end_byte].strip() in _SAY
        node = node.parent
    return False


def _task_of(container: Place, model: Model) -> Task | None:
    """The task of a step, sidecar or step template; None for a StepAction."""
    if container.resource.kind == "StepAction":
        return None
    around = container.parent
    spec = around.parent if around is not None and isinstance(container.path[-1], int) else around
    return model.task(spec) if spec is not None else None


def _mounts(container: Place, task: Task, model: Model) -> dict[str, str] | None:
    """What is mounted in a container, by path: the name of a workspace, "" for anything else; None where it is not
    known. PipelineResources, which were mounted there too, are not looked at (they went with v0.44)."""
    if any(task.place.get(key) is not None for key in ("resources", "inputs", "outputs")):
        return None
    found: dict[str, str] = {}
    for one in (container, task.template):
        for kind in ("volumeMounts", "workspaces"):
            for mount in one.each(kind) if one is not None else ():
                path = mount.get("mountPath")
                text = path.known_text if path is not None else None
                if path is not None and (text is None or "$(" in text):
                    return None
                if text:
                    found[text.rstrip("/")] = ""
    for name in _propagated(task, model):
        found[f"{_ROOT}{name}"] = ""
    for declared in task.workspaces.values():
        if declared.mount_path is None:
            return None
        found[declared.mount_path.rstrip("/")] = declared.name
    return found


def _propagated(task: Task, model: Model) -> set[str]:
    """The workspaces that reach an inline spec without being declared in it."""
    around = task.place.parent
    if not task.inline or around is None:
        return set()
    if task.resource.kind == "TaskRun":
        return {*model.task_run(task.resource).bindings}
    user = model.pipeline_task(around)
    names = {*user.pipeline.workspaces, *user.workspaces}
    for run in model.runs_of(user.pipeline):
        names |= set(run.bindings)
    return names


def _mounted_at(mention: _Mention, mounts: dict[str, str]) -> str | None:
    """The workspace that a path lies in, "" for another volume, None for neither."""
    path = mention.shown
    inside = [mount for mount in mounts if path == mount or path.startswith(f"{mount}/")]
    return mounts[max(inside, key=len)] if inside else None


# What tasks do to them


def _touches(model: Model, task: Task) -> tuple[_Touch, ...]:
    known: dict[int, tuple[_Touch, ...]] = model.memo.setdefault("touched paths", {})
    found = known.get(id(task))
    if found is None:
        found = known[id(task)] = tuple(_touched(model, task))
    return found


def _touched(model: Model, task: Task) -> Iterator[_Touch]:
    from tektonlint.model.files import task_files

    kinds = {"read": "read", "write": "write", "update": "write", "folder": "folder", "use": "other"}
    for file in task_files(model, task):
        effect = file.effect
        at = _split(effect.path, task)
        if at is not None and effect.what in kinds:
            firm = not effect.guarded and not effect.optional and not effect.command.when.asked
            what = kinds[effect.what]
            yield _Touch(*at, what, effect.tree, firm, file.script.location_of(effect))
    for script in scripts_of(model, task):
        for effect in script.analysis.effects.demands:
            at = _split(effect.path, task)
            if at is not None:
                yield _Touch(*at, "read", False, True, script.location_of(effect))
    for container in (*task.steps, *task.sidecars):
        for mention in _mentions(container, model):
            if mention.folder in task.workspaces:
                continue
            is_followed = mention.place.path[-1:] == ("script",) and _is_followed(container, model)
            if not is_followed:
                yield _Touch("", mention.path, "other", False, False, mention.location)


def _is_followed(container: Place, model: Model) -> bool:
    script = script_at(model, container)
    return script is not None and script.is_shell


def _split(path: str, task: Task) -> tuple[str, str] | None:
    """The workspace of a path ("" for none) and the path in it; None for what is elsewhere, or not known in full."""
    match = _OF_WORKSPACE.match(path)
    if match is not None:
        rest = path[match.end() :].strip("/")
        return (match[1], rest) if rest and "*" not in rest and "$(" not in rest else None
    if not path.startswith(_ROOT) or "*" in path or "$(" in path:
        return None
    for declared in task.workspaces.values():
        mount = declared.mount_path
        if mount is not None and path.startswith(f"{mount.rstrip('/')}/"):
            return declared.name, path[len(mount.rstrip("/")) + 1 :]
    return "", path[len(_ROOT) :]


def _is_blind(model: Model, task: Task, path: str) -> bool:
    """Whether something in a task may write a path below `/workspace` without being seen to."""
    if opaque_steps(model, task):
        return True
    for script in scripts_of(model, task):
        analysis = script.analysis
        if analysis.flow.broken or analysis.flow.left_out:
            return True
        opaque = (folder for folder in analysis.effects.opaque if folder.startswith(WORKSPACE_ROOT))
        if any(folder == WORKSPACE_ROOT or _meet(folder[len(_ROOT) :], path) for folder in opaque):
            return True
        for one in analysis.effects.effects:
            in_folder = one.tree and one.what in ("write", "use") and one.path.startswith(WORKSPACE_ROOT)
            if in_folder and _meet(one.path[len(_ROOT) :], path):
                return True
            if one.what in ("write", "update") and one.path.startswith(_ROOT) and "*" in one.path:
                return True
    return False


def _neighbours(task: Task, model: Model) -> Iterator[tuple[PipelineTask, Task]]:
    """The other tasks of the pipelines that run a task."""
    seen = {id(task)}
    for other in _around(task, model):
        spec = model.task_of(other).found
        if spec is not None and id(spec) not in seen:
            seen.add(id(spec))
            yield other, spec


def _are_known(task: Task, model: Model) -> bool:
    """Whether all tasks of the pipelines that run a task are in the tree, and understood."""
    from tektonlint.model.files import is_opaque

    return not any(is_opaque(model, other) for other in _around(task, model))


def _around(task: Task, model: Model) -> Iterator[PipelineTask]:
    """The tasks of the pipelines that run a task, with itself."""
    for place in _users(task, model):
        if place.resource.kind != "TaskRun":
            yield from model.pipeline_task(place).pipeline.all_tasks


def _users(task: Task, model: Model) -> list[Place]:
    """The PipelineTasks and the TaskRuns' specs that run a task; for an inline one what it stands in."""
    around = task.place.parent
    if task.inline:
        return [around] if around is not None else []
    return [user.place for user in model.users_of(task)]


# Read-only workspaces


def readonly_written(container: Place, ctx: Context) -> Iterator[Finding]:
    """Writes into a workspace that is mounted read-only: declared so, or bound to what nobody can write to."""
    model = ctx.model
    if container.resource.partial or container.resource.kind == "StepAction":
        return
    script = script_at(model, container)
    if script is None or script.task is None:
        return
    task = script.task
    shut = _shut(task, model)
    if not shut or not script.is_shell:
        return
    told: set[tuple[str, int]] = set()
    for effect in script.analysis.effects.effects:
        if effect.what not in _WRITES or effect.optional or effect.command.when.otherwise is not None:
            continue
        name = _workspace_of(effect.path, task)
        why = shut.get(name or "")
        if name is None or why is None or (name, effect.start) in told:
            continue
        if effect.what == "folder" and effect.path.rstrip("/") in (f"$(workspaces.{name}.path)", f"{_ROOT}{name}"):
            # `mkdir -p` of what is there does nothing.
            continue
        told.add((name, effect.start))
        certain = effect.command.when.certain and why.always
        if effect.what == "remove" and "-f" in "".join(word.text for word in effect.command.words[:1]):
            # What is not there is removed without a word.
            certain = False
        does = _WRITES[effect.what].format(path=_plain(effect.path))
        message = f"The workspace `{name}` {why.text}, but this line {does}: the step fails there. {why.advice}"
        severity = None if certain else Severity.WARNING
        related = [(why.at, why.label)]
        yield ctx.finding(script.place, message, at=script.location_of(effect), severity=severity, related=related)


_WRITES = {
    "write": "writes `{path}`",
    "update": "changes `{path}`",
    "folder": "makes the folder `{path}`",
    "remove": "removes `{path}`",
    "mode": "changes the mode of `{path}`",
}


class _Why(NamedTuple):
    """Why a workspace is read-only: as a sentence's middle, with what to do, and where it is said; `always` says that
    it is so in every run."""

    text: str
    advice: str
    at: Location
    label: str
    always: bool


def _shut(task: Task, model: Model) -> dict[str, _Why]:
    """The workspaces of a task that nothing can be written to."""
    known: dict[int, dict[str, _Why]] = model.memo.setdefault("read-only workspaces", {})
    found = known.get(id(task))
    if found is None:
        names = {name for name, one in task.workspaces.items() if one.read_only}
        bound = _bound_shut(model).get(id(task))
        if bound is not None:
            names |= bound & {*task.workspaces, *_propagated(task, model)}
        each = ((name, _read_only(name, task, model)) for name in sorted(names))
        found = known[id(task)] = {name: why for name, why in each if why is not None}
    return found


def _bound_shut(model: Model) -> dict[int, set[str]]:
    """The workspaces of tasks, by the task's `id`, that a run of the tree binds to what nobody can write to."""
    found: dict[int, set[str]] | None = model.memo.get("read-only bindings")
    if found is None:
        found = model.memo["read-only bindings"] = {}
        for run in (*model.runs, *model.task_runs):
            shut = {name for name, one in run.bindings.items() if _can_only_be_read(one)}
            for spec, names in _names_of(shut, run, model) if shut else ():
                found.setdefault(id(spec), set()).update(names)
    return found


def _names_of(workspaces: set[str], run: Bound, model: Model) -> Iterator[tuple[Task, set[str]]]:
    """What the tasks of a run call some of its workspaces."""
    if run.resource.kind == "TaskRun":
        spec = model.task_of(model.task_run(run.resource)).found
        if spec is not None:
            yield spec, workspaces
        return
    pipeline = model.pipeline_of(model.run(run.resource)).found
    for user in pipeline.all_tasks if pipeline is not None else ():
        spec = model.task_of(user).found
        if spec is not None:
            names = {name for name, one in user.workspaces.items() if one.workspace in workspaces}
            yield spec, names | (workspaces - user.workspaces.keys() if spec.inline else set())


def _read_only(name: str, task: Task, model: Model) -> _Why | None:
    declared = task.workspaces.get(name)
    if declared is not None and declared.read_only:
        place = declared.place.get("readOnly") or declared.place
        advice = "Write to another workspace or to `/tmp`, or declare it without `readOnly`."
        return _Why("is `readOnly`", advice, place.location, "declared here", True)
    bound = list(_bindings(name, task, model))
    shut = [one for one in bound if _can_only_be_read(one) and not _is_writable(one)]
    if not shut:
        return None
    one = shut[0]
    source = {"configMap": "a ConfigMap", "secret": "a Secret", "projected": "a projected volume"}
    text = f"is bound to {source.get(one.source or '', 'a CSI volume')}, which is mounted read-only"
    advice = "Copy what is needed to `/tmp`, and write there."
    return _Why(text, advice, one.place.location, "bound here", len(shut) == len(bound))


def _can_only_be_read(binding: Binding) -> bool:
    from tektonlint.model.directories import READ_ONLY

    return binding.source in READ_ONLY


def _is_writable(binding: Binding) -> bool:
    """Whether a CSI volume says that it can be written to."""
    said = binding.place.get("csi", "readOnly")
    return said is not None and isinstance(said.node, Scalar) and said.node.value is False


def _bindings(name: str, task: Task, model: Model) -> Iterator[Binding]:
    """What the runs of the tree bind to a task's workspace."""
    runs: Iterable[tuple[PipelineRun | TaskRun, PipelineTask | None]] = _runs(task, model)
    for run, user in runs:
        workspace: str | None = name
        if user is not None:
            bound = user.workspaces.get(name)
            workspace = bound.workspace if bound is not None else name if task.inline else None
        found = run.bindings.get(workspace or "")
        if found is not None:
            yield found


def _runs(task: Task, model: Model) -> Iterator[tuple[PipelineRun | TaskRun, PipelineTask | None]]:
    for place in _users(task, model):
        if place.resource.kind == "TaskRun":
            yield model.task_run(place.resource), None
        else:
            user = model.pipeline_task(place)
            for run in model.runs_of(user.pipeline):
                yield run, user


def _workspace_of(path: str, task: Task) -> str | None:
    """The workspace that a path of a script lies in."""
    match = _OF_WORKSPACE.match(path)
    if match is not None:
        return match[1]
    inside = [
        one
        for one in task.workspaces.values()
        if one.mount_path and (path == one.mount_path or path.startswith(f"{one.mount_path.rstrip('/')}/"))
    ]
    return max(inside, key=lambda one: len(one.mount_path or "")).name if inside else None


def _plain(path: str) -> str:
    return path.replace("*", "…")


# Optional workspaces


def optional_unguarded(container: Place, ctx: Context) -> Iterator[Finding]:
    """Paths in an optional workspace where nothing has asked whether it is there.

    Without it `$(workspaces.x.path)` is empty (docs/workspaces.md), and what stands behind becomes absolute. A script
    that asks `.bound` anywhere is believed to know what it does.
    """
    script = script_at(ctx.model, container)
    task = script.task if script is not None else None
    if script is None or task is None or not any(one.optional for one in task.workspaces.values()):
        return
    if not script.is_shell or script.words:
        return
    names = [name for name, one in task.workspaces.items() if one.optional and _is_used(name, script)]
    for name in names:
        if _asks(name, script) or _has_default(task, name) or _is_asked_before(name, task, ctx.model):
            continue
        effects = [one for one in script.analysis.effects.effects if _is_unguarded(one, name)]
        if not effects:
            continue
        worst = min(effects, key=lambda one: (_ORDER.get(one.what, 9), one.start))
        path = f"$(workspaces.{name}.path)"
        message = (
            f"The workspace `{name}` is optional, and without it `{path}` is empty: {_instead(worst, path)}. "
            f'Ask `[ "$(workspaces.{name}.bound)" = "true" ]` before.'
        )
        related = [(task.workspaces[name].place.location, "optional")]
        related += [(script.location_of(one), "here too") for one in _apart(effects, worst)[:_MANY]]
        yield ctx.finding(script.place, message, at=script.location_of(worst), related=related)


def _instead(effect: Effect, path: str) -> str:
    """What becomes of an effect where the path is empty."""
    command, expanded = effect.command.name, _plain(effect.path[len(path) :])
    who = f"`{command}`" if command else "this line"
    if not expanded:
        return f"{who} then gets an empty path"
    if effect.what == "remove" and expanded == "/…":
        return f"{who} then removes what is in `/`"
    does = {"write": "writes", "update": "changes", "remove": "removes", "folder": "makes", "read": "reads"}
    return f"{who} then {does.get(effect.what, 'works on')} `{expanded}`"


_ORDER = {"remove": 0, "mode": 1, "write": 2, "update": 2, "folder": 3, "use": 4, "read": 5}


def _has_default(task: Task, name: str) -> bool:
    """Whether a param of the task brings the path in place of the workspace; its default names the workspace."""
    text = f"$(workspaces.{name}."
    return any(one.default is not None and text in (one.default.text or "") for one in task.params.values())


def _is_asked_before(name: str, task: Task, model: Model) -> bool:
    """Whether every pipeline that runs a task asks in `when` whether the workspace is bound."""
    users = [one for one in _users(task, model) if one.resource.kind != "TaskRun"]
    return bool(users) and all(
        any(".bound)" in (text.text or "") for entry in user.each("when") for text in entry.entries()) for user in users
    )


def _apart(effects: list[Effect], worst: Effect) -> list[Effect]:
    seen = {worst.start}
    found = []
    for one in effects:
        if one.start not in seen:
            seen.add(one.start)
            found.append(one)
    return found


def _is_used(name: str, script: Script) -> bool:
    path = f"$(workspaces.{name}.path)"
    return path in script.text or any(path in value for values in script.environment.values() for value in values)


def _asks(name: str, script: Script) -> bool:
    bound = f"$(workspaces.{name}.bound)"
    return bound in script.text or any(bound in value for values in script.environment.values() for value in values)


def _is_unguarded(effect: Effect, name: str) -> bool:
    """Whether an effect in a workspace comes about with nothing having said that the workspace is there."""
    path = f"$(workspaces.{name}.path)"
    if not effect.path.startswith(path) or (effect.what == "read" and (effect.optional or effect.guarded)):
        return False
    if effect.path == path and (effect.what == "use" or effect.command.name not in _NEED_A_PATH):
        # `--cache-dir=` and an empty variable mostly stand for nothing at all.
        return False
    return not any(_says_there(fact, path) for fact in effect.command.facts) and not _is_asking(effect.command)


def _says_there(fact: Fact, path: str) -> bool:
    """Whether a fact can hold only where a workspace is bound: a path in it is there, or its path is not empty."""
    if fact.what == "there":
        return fact.left.startswith(path)
    return fact.what == "differs" and fact.right == "" and path in fact.left


# What an empty path is an error for.
_NEED_A_PATH = frozenset(("cp", "mv", "tar", "cat", "install", "rsync", "ln", "chmod", "chown", "touch", "mkdir"))


def _is_asking(command: Command) -> bool:
    return command.name in ("[", "test", "[[") or command.when.asked
