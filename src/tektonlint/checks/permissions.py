"""Modes and owners of the files that tasks share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tektonlint.finding import Finding, Fix, Location, Severity
from tektonlint.model.definitions import Task
from tektonlint.model.files import Access, is_root, known_users, situations
from tektonlint.model.graph import Model
from tektonlint.model.owners import (
    ON_ROOT_MISMATCH,
    Meeting,
    has_fs_group,
    in_folders,
    in_place,
    is_mended_at_mount,
    is_shared_volume,
    of_others,
)
from tektonlint.model.pipelines import Pipeline, PipelineTask
from tektonlint.model.runs import PipelineRun
from tektonlint.model.security import pod_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.policy.scripts import with_command, with_umask, written_path
from tektonlint.records import NamedTuple
from tektonlint.sentences import listed
from tektonlint.tekton.images import facts_of
from tektonlint.tekton.resource import Place

_DEFAULT_UMASK = 0o022
# Of all that is common only these images are made without `install`.
_MICRO = pattern(r"ubi[0-9]*-micro(?:[:@]|$)")


def group_writable_file(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Files that a task leaves without the right for the group to write, and another user's task writes into.

    Only the task that makes a file can mend it: nobody else but root may change its mode (chmod(2)).
    """
    found = [*_shared(spec, ctx, in_place)]
    by_umask = {id(one.last.script): 0 for one in found}
    for one in found:
        by_umask[id(one.last.script)] += one.harmless is None and _follows_umask(one)
    for one in found:
        if _is_from_mktemp(one):
            continue
        made, path = one.made, _shown(one.made)
        mode = f"{made.mode:04o}"
        writers = _named(one.meetings, "write")
        what = f"{_who(one)} creates `{path}` with mode {mode}, and {writers} into it later"
        if one.harmless is not None:
            yield _told(one, f"{what}. {one.harmless}", Severity.NOTE, None, ctx)
            continue
        fix = None
        written = written_path(one.last.script, one.last.effect)
        advice = f"Add `chmod g+w {written or '…'}` behind the last write to it."
        if by_umask[id(one.last.script)] > 1 and _follows_umask(one):
            advice = "Begin the script, which writes several such files, with `umask 0002`."
            fix = with_umask(one.last.script, ctx)
        elif _is_rewritten_by_the_same_script(one):
            # Run by another user, it would end at a `chmod`.
            advice = "Let the script begin with `umask 0002`."
        elif written is not None:
            fix = with_command(one.last.script, one.last.effect, f"chmod g+w {written}", ctx)
        if fix is None and _follows_umask(one):
            advice = "Begin the script with `umask 0002`."
            fix = with_umask(one.last.script, ctx)
        if one.last.script.is_in_action:
            advice = advice.replace("the script", "the StepAction's script")
        yield _told(one, f"{what}, which {_fate(one, ctx.model)}. {advice}", None, fix, ctx)


def setgid_directory(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Folders that a task leaves without the right for the group to write, and another user's task makes files in."""
    for one in _shared(spec, ctx, in_folders):
        made, path = one.made, _shown(one.made)
        mode = f"{made.mode:04o}"
        others = _named(one.meetings, "change")
        what = f"{_who(one)} creates the folder `{path}` with mode {mode}, and {others} what is in it later"
        if one.harmless is not None:
            message = f"{what}. {one.harmless}"
            yield _told(one, message, Severity.NOTE, None, ctx)
            continue
        advice, fix = _opened_folder(one, ctx)
        yield _told(one, f"{what}, which {_fate(one, ctx.model)}. {advice}", None, fix, ctx)


def chmod_by_non_owner(spec: Place, ctx: Context) -> Iterator[Finding]:
    """`chmod` and `chgrp` on files of another user's: both need the owner, or the capability FOWNER."""
    model = ctx.model
    task = model.task(spec)
    told: set[tuple[int, int]] = set()
    for pipeline, run in _situations(model, task):
        # Of most scripts nothing says as whom they run.
        for meeting in of_others(model, pipeline, run) if len(known_users(model, pipeline, run)) > 1 else ():
            by, made = meeting.by, meeting.made
            name = by.effect.command.name
            if name not in ("chmod", "chgrp") or model.task_of(by.task).found is not task or by.script.is_in_action:
                continue
            if meeting.differ is not True or _may_change_modes(by):
                continue
            key = (id(by.script), by.effect.start)
            if key in told:
                continue
            told.add(key)
            message = (
                f"`{by.task.title}` (user {by.user.uid}) cannot `{name}` `{_shown(by)}`: it belongs to user "
                f"{made.user.uid}, as whom `{made.task.title}` makes it. Do it there."
            )
            related = [(made.location, f"`{made.task.title}` makes it here")]
            yield ctx.finding(by.script.place, message, at=by.location, related=related)


class _Shared(NamedTuple):
    """What one task makes at one place of a script, and whom it is in the way of.

    `harmless` says why it is in nobody's way today; then `meetings` are all there are, else only those that matter.
    """

    made: Access
    last: Access
    meetings: tuple[Meeting, ...]
    harmless: str | None


def _shared(
    spec: Place, ctx: Context, find: Callable[[Model, Pipeline, PipelineRun | None], tuple[Meeting, ...]]
) -> Iterator[_Shared]:
    """The meetings over what a task makes, by the place where it makes it."""
    model = ctx.model
    if spec.resource.partial:
        return
    task = model.task(spec)
    found: dict[tuple[str, tuple[str | int, ...], int], list[Meeting]] = {}
    for pipeline, run in _situations(model, task):
        for meeting in find(model, pipeline, run):
            if model.task_of(meeting.made.task).found is task:
                script = meeting.made.script
                key = (script.place.resource.source.name, script.place.path, meeting.made.effect.start)
                found.setdefault(key, []).append(meeting)
    for meetings in found.values():
        judged = [(meeting, _harmless(meeting, model)) for meeting in meetings]
        grave = [meeting for meeting, why in judged if why is None]
        of = grave or meetings
        # Users that are known say more than those that are not.
        of = sorted(of, key=lambda one: one.differ is not True)
        yield _Shared(of[0].made, of[0].last, tuple(of), None if grave else judged[0][1])


def _situations(model: Model, task: Task) -> Iterator[tuple[Pipeline, PipelineRun | None]]:
    """The pipelines that run a task, each with its runs."""
    for pipeline in dict.fromkeys(one.pipeline for one in _tasks_of(model, task)):
        if len(pipeline.all_tasks) > 1 and not pipeline.has_cycle:
            for run in situations(model, pipeline):
                yield pipeline, run


def _tasks_of(model: Model, task: Task) -> Iterator[PipelineTask]:
    """The PipelineTasks that run a task."""
    if not task.inline:
        yield from (user for user in model.users_of(task) if isinstance(user, PipelineTask))
        return
    around = task.place.parent
    if around is not None and isinstance(around.path[-1], int):
        yield model.pipeline_task(around)


def _harmless(meeting: Meeting, model: Model) -> str | None:
    """Why a file's mode is in nobody's way; None where it may be."""
    by = meeting.by
    if meeting.differ is False:
        who = f"user {by.user.uid}" if by.user.uid is not None else "the image's user"
        return f"That works only as long as both run as the same user, {who}."
    if is_root(by.script, by.user):
        return f"That works only as long as `{by.task.title}` runs as root."
    if is_mended_at_mount(model, meeting):
        return "That works only as long as kubelet makes it group-writable at each mount (`fsGroupChangePolicy`)."
    return None


def _is_from_mktemp(one: _Shared) -> bool:
    """Whether it is `mktemp-file-published` that speaks of a file: moved or copied, and closed to all others."""
    return one.made.effect.command.name in ("mv", "cp") and not (one.made.mode or 0) & 0o077


def _is_rewritten_by_the_same_script(one: _Shared) -> bool:
    """Whether a later task that runs the same Task writes into the file."""
    mine = one.last.script.place
    theirs = [meeting.by.script.place for meeting in one.meetings]
    return any(place.resource is mine.resource and place.path == mine.path for place in theirs)


def _told(one: _Shared, message: str, severity: Severity | None, fix: Fix | None, ctx: Context) -> Finding:
    related: list[tuple[Location, str]] = []
    if one.last is not one.made:
        related.append((one.made.location, "made here"))
    for meeting in one.meetings:
        related.append((meeting.by.location, f"`{meeting.by.task.title}` changes it here"))
    related.extend(_groups(one))
    script = one.last.script
    if script.is_in_action:
        # Whether it is in the way depends on the task, not on the StepAction.
        step = script.step
        at = (step.get("ref", "name") or step).location
        related.insert(0, (one.last.location, "written here"))
        return ctx.finding(step, message, at=at, severity=severity, related=_once(related))
    return ctx.finding(
        script.place, message, at=one.last.location, severity=severity, related=_once(related), fix=fix
    )


def _groups(one: _Shared) -> Iterator[tuple[Location, str]]:
    """Where the runs say which group the files get."""
    for meeting in one.meetings:
        if meeting.run is None:
            continue
        pod = pod_of(meeting.by.task, meeting.run)
        group = (pod.get("fsGroupChangePolicy") or pod.get("fsGroup")) if pod is not None else None
        name = meeting.run.resource.place.get("metadata", "name")
        place = group or name or meeting.run.resource.place.get("metadata", "generateName")
        if place is not None:
            said = "how the run's volumes get their group" if group is not None else "this run sets no `fsGroup`"
            yield place.location, said


def _once(related: list[tuple[Location, str]]) -> list[tuple[Location, str]]:
    return list(dict.fromkeys(related))


def _who(one: _Shared) -> str:
    uid = one.made.user.uid
    return f"`{one.made.task.title}`" if uid is None else f"`{one.made.task.title}` (user {uid})"


def _named(meetings: tuple[Meeting, ...], verb: str) -> str:
    """`a`, `b` and `c` write."""
    names = {}
    for one in meetings:
        uid = one.by.user.uid
        names[one.by.task.title] = f"`{one.by.task.title}`" + (f" (user {uid})" if uid is not None else "")
    return f"{listed(names.values())} {verb}{'s' if len(names) == 1 else ''}"


def _fate(one: _Shared, model: Model) -> str:
    """What becomes of the later task, as far as that is known."""
    first = one.meetings[0]
    if not first.differ:
        return "fails unless both run as the same user"
    run = first.run
    pod = pod_of(first.by.task, run)
    policy = pod.get("fsGroupChangePolicy") if pod is not None else None
    if run is not None:
        shared = is_shared_volume(model, run, first.made.directory.volume)
        if shared or (policy is not None and policy.text == ON_ROOT_MISMATCH):
            return "fails: permission denied"
        if model.target.platform == "kubernetes" and not has_fs_group(model, run, pod):
            return "fails: permission denied"
    return "fails unless kubelet makes it group-writable when it mounts the volume"


def _shown(access: Access) -> str:
    return access.effect.path


def _may_change_modes(access: Access) -> bool:
    """Whether a script may change the mode of any file."""
    added: set[str | None] = set()
    dropped: set[str | None] = set()
    for container in (access.script.container, access.script.template):
        security = container.get("securityContext") if container is not None else None
        if security is not None:
            added |= {place.text for place in security.each("capabilities", "add")}
            dropped |= {place.text for place in security.each("capabilities", "drop")}
    if access.user.uid != 0:
        return False
    return not dropped & {"ALL", "all", "FOWNER"} or bool(added & {"FOWNER", "ALL"})


def _follows_umask(one: _Shared) -> bool:
    """Whether `umask 0002` at the top of the script would make it group-writable."""
    effect, script = one.made.effect, one.made.script
    if script is not one.last.script or script.words or effect.command.umask != _DEFAULT_UMASK:
        return False
    copies = effect.command.name in ("cp", "mv", "install", "ln")
    usual = effect.mode == (0o755 if effect.what == "folder" else 0o644)
    return usual and not copies and not any(each.name == "umask" for each in script.analysis.flow.commands)


def _opened_folder(one: _Shared, ctx: Context) -> tuple[str, Fix | None]:
    """`install -d -m 2775` in place of `mkdir -p`, where the image has it, else a `chmod` behind it: the advice, and
    the fix."""
    from tektonlint import edit

    script, effect = one.made.script, one.made.effect
    if _is_rewritten_by_the_same_script(one):
        # Run by another user, it would end where it sets the mode of a folder that is there.
        return "Let the script begin with `umask 0002`.", with_umask(script, ctx) if _follows_umask(one) else None
    command = effect.command
    options = [word for word in command.words if word.text.startswith("-")]
    end = options[-1].end if options else command.name_end
    plain = all(word.text in ("-p", "--parents", "-v", "-pv") for word in options)
    leading = all(word.start > end for word in command.words[len(options) :])
    facts = facts_of(script.image, ctx.target.images)
    has_it = (facts is None or "install" not in facts.absent) and not _MICRO.search(script.image or "")
    if has_it and plain and leading and command.name == "mkdir":
        written_so = script.text[command.start : command.name_end] == "mkdir"
        fix = ctx.fix(
            "make it with `install -d -m 2775`",
            lambda: edit.replace_fragment(script.place, command.start, end, "install -d -m 2775"),
        )
        usable = written_so and not script.is_in_action and not script.words
        return "Make it with `install -d -m 2775` in place of `mkdir`.", fix if usable else None
    written = written_path(script, effect)
    if written is None:
        return "Add a `chmod g+ws` behind it.", None
    chmod = f"chmod g+ws {written}"
    return f"Add `{chmod}` behind it.", with_command(script, effect, chmod, ctx)
