"""What tasks hand to each other through a workspace: files that nobody writes, volumes that nobody shares."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.directories import READ_ONLY, Volume, mounts
from tektonlint.model.files import CERTAIN, NO, Access, accesses, is_opaque, may_have_written, meet, situations
from tektonlint.model.handover import FRESH, NOT_BOUND, is_certain, lacks, needs
from tektonlint.model.pipelines import Pipeline, PipelineTask
from tektonlint.model.runs import Binding, PipelineRun
from tektonlint.model.scripts import scripts_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.sentences import listed, short
from tektonlint.tekton.resource import Place

_TOKEN = pattern(r"[a-z0-9]+")
# Shorter parts of a name say nothing of what the file is.
_LEAST = 3


def file_never_written(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Files that a task cannot do without, on a volume that begins empty, and that no task of the pipeline makes.

    Without a run the volume may hold anything, so then only where a task before it leaves a file of a like name.
    """
    if spec.resource.partial:
        return
    pipeline = ctx.model.pipeline(spec)
    names = [task.name for task in pipeline.all_tasks]
    if pipeline.has_cycle or None in names or len(set(names)) < len(names):
        return
    found: dict[tuple[Location, str], Finding] = {}
    for run in situations(ctx.model, pipeline):
        missing = [one.need for one in lacks(ctx.model, pipeline, run) if not one.late and not one.perhaps]
        files = _Files(pipeline, run, ctx) if missing else None
        for need in missing:
            finding = _never_written(need, run, files, ctx) if files is not None else None
            if finding is not None:
                found.setdefault((finding.at, finding.message), finding)
    yield from found.values()


def _never_written(need: Access, run: PipelineRun | None, files: _Files, ctx: Context) -> Finding | None:
    directory = need.directory
    if "$(" in need.path or directory.volume.source not in (FRESH, NOT_BOUND):
        return None
    near = files.near(need)
    if near is None and (directory.volume.source == NOT_BOUND or not is_certain(need)):
        return None
    reader = need.task
    path, name = short(need.effect.path), posixpath.basename(need.path)
    fix = None
    related: list[tuple[Location, str]] = []
    if near is not None:
        other = posixpath.basename(near.path)
        message = (
            f"`{reader.title}` reads `{path}`, which no task before it writes; `{near.task.title}` writes `{other}` "
            f"there, which nobody reads. Is `{name}` the same file under another name?"
        )
        related.append((near.location, f"`{near.task.title}` writes `{other}`"))
    else:
        message = (
            f"`{reader.title}` reads `{path}`, but the volume is new with each run and no task before it writes that "
            "file. Let a task write it, or read what there is."
        )
    binding = run.bindings.get(directory.volume.name) if run is not None else None
    if binding is not None:
        related.append(((binding.place.get("name") or binding.place).location, "the volume"))
    unsure = directory.volume.source == NOT_BOUND and not is_certain(need)
    severity = Severity.NOTE if unsure or ctx.model.is_patched(reader.pipeline.resource) else None
    task = ctx.model.task_of(reader).found
    place = need.script.place
    alone = task is not None and not need.script.is_in_action and (task.inline or len(ctx.model.users_of(task)) == 1)
    if not alone:
        # Another user of the task may have the file.
        standing = reader.place.get("name") or reader.place
        related.insert(0, (need.location, "read here"))
        return ctx.finding(standing, message, severity=severity, related=related)
    related.append(((reader.place.get("name") or reader.place).location, f"`{reader.title}`"))
    if near is not None:
        fix = _renamed(need, posixpath.basename(near.path), ctx)
    return ctx.finding(place, message, at=need.location, severity=severity, related=related, fix=fix)


class _Files:
    """Which files the tasks of a pipeline write, and which of them another task reads."""

    def __init__(self, pipeline: Pipeline, run: PipelineRun | None, ctx: Context) -> None:
        self.pipeline, self.run, self.ctx = pipeline, run, ctx
        self.written: dict[tuple[Volume, str], dict[str, Access]] = {}
        self.read: dict[tuple[Volume, str], set[PipelineTask]] = {}
        # What may be read: folders, names that are not known.
        self.loose: list[Access] = []
        for task in pipeline.all_tasks:
            for one in accesses(ctx.model, task, run):
                plain = not one.tree and not one.by_home and "*" not in one.path and "$(" not in one.path
                volume = one.directory.volume
                if one.writes and plain:
                    self.written.setdefault((volume, posixpath.dirname(one.path)), {})[one.path] = one
                elif one.what in ("read", "use") and plain:
                    self.read.setdefault((volume, one.path), set()).add(task)
                elif one.what in ("read", "use"):
                    self.loose.append(one)
            for need in needs(ctx.model, task, run):
                self.read.setdefault((need.directory.volume, need.path), set()).add(task)

    def near(self, need: Access) -> Access | None:
        """The one file of the same folder that a task before writes, that nobody reads, and that has a like name."""
        reader = need.task
        there = self.written.get((need.directory.volume, posixpath.dirname(need.path)), {})
        found: list[Access] = []
        for path, one in there.items():
            if not self.pipeline.comes_before(one.task, reader) or not _is_like(path, need.path) or self.is_read(one):
                continue
            found.append(one)
            if len(found) > 1:
                return None
        return found[0] if found else None

    def is_read(self, written: Access) -> bool:
        """Whether a task other than its writer may read a file; who may write what it likes may read it too."""
        volume, path = written.directory.volume, written.path
        if self.read.get((volume, path), set()) - {written.task}:
            return True
        if any(one.task is not written.task and meet(one, written) != NO for one in self.loose):
            return True
        others = (task for task in self.pipeline.all_tasks if task is not written.task)
        return any(may_have_written(self.ctx.model, task, self.run, written.directory, path) for task in others)


def _is_like(path: str, other: str) -> bool:
    """Whether two files stand in one folder and have one extension or a word in common."""
    if posixpath.dirname(path) != posixpath.dirname(other):
        return False
    ends = [posixpath.splitext(one)[1] for one in (path, other)]
    words = [{word for word in _TOKEN.findall(_stem(one)) if len(word) >= _LEAST} for one in (path, other)]
    return bool(ends[0] and ends[0] == ends[1]) or bool(words[0] & words[1])


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0].lower()


def _renamed(need: Access, name: str, ctx: Context) -> Fix | None:
    """Another name for a file in the scripts of a task, wherever it stands there as it is."""
    from tektonlint import edit

    old = posixpath.basename(need.path)
    task = ctx.model.task_of(need.task).found
    if task is None or not need.script.text:
        return None
    expression = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)")
    places = [
        (script.place, match.start(), match.end())
        for script in scripts_of(ctx.model, task)
        for match in expression.finditer(script.text)
    ]
    in_it = [one for one in places if one[0].path == need.script.place.path]
    if not in_it or any(place.resource is not need.script.place.resource for place, _, _ in places):
        return None

    def change() -> edit.Change:
        made = edit.Change((), frozenset())
        for place, start, end in places:
            made = made.with_(edit.replace_fragment(place, start, end, name))
        return made

    return ctx.fix(f"read `{name}`", change, Safety.UNSAFE)


def shared_empty_dir(spec: Place, ctx: Context) -> Iterator[Finding]:
    """An emptyDir for what several tasks use: each pod gets one of its own (docs/workspaces.md:497-502)."""
    resource = spec.resource
    if resource.group != "tekton.dev" or resource.partial:
        return
    run = ctx.model.run(resource)
    pipeline = ctx.model.pipeline_of(run).found
    if pipeline is None:
        return
    for binding in run.bindings.values():
        if binding.source == "emptyDir":
            users = [task for task in pipeline.all_tasks if binding.name in _used(task, ctx)]
            if any(not pipeline.are_exclusive(one, other) for one in users for other in users if one is not other):
                yield _shared(binding, users, pipeline, run, ctx)


def _used(task: PipelineTask, ctx: Context) -> frozenset[str]:
    """The workspaces of a pipeline that a task gets."""
    if task.is_custom:
        return frozenset()
    return frozenset(mount.workspace for mount in mounts(task, ctx.model.task_of(task).found))


def _shared(
    binding: Binding, users: list[PipelineTask], pipeline: Pipeline, run: PipelineRun, ctx: Context
) -> Finding:
    lost = next(_lost(binding.name, users, pipeline, run, ctx), None)
    place = binding.place.get("emptyDir") or binding.place
    titles = listed((f"`{task.title}`" for task in users), 4)
    what = f"`{binding.name}` is an emptyDir, which each of {titles} gets anew and empty"
    severity: Severity | None = None
    if lost is None:
        before = ((one, other) for one in users for other in users if pipeline.comes_before(one, other))
        meant = any(_may_hand_over(one, other, binding.name, run, ctx) for one, other in before)
        severity = Severity.WARNING if meant else Severity.NOTE
        if meant:
            message = f"{what}: nothing that one leaves there reaches another. Bind it to a `volumeClaimTemplate`."
        else:
            message = f"{what}. That is right for scratch space; what tasks hand over needs a `volumeClaimTemplate`."
        related = [((task.place.get("name") or task.place).location, "uses it") for task in users]
    else:
        writer, reader = lost
        message = (
            f"{what}, so `{reader.task.title}` never sees `{short(reader.effect.path)}`, which `{writer.task.title}` "
            "writes. Bind it to a `volumeClaimTemplate`."
        )
        related = [
            (writer.location, f"`{writer.task.title}` writes it"),
            (reader.location, f"`{reader.task.title}` reads it"),
        ]
    if ctx.model.is_patched(run.resource):
        severity = Severity.NOTE
    fix = _with_claim(binding, users, run, ctx) if severity is not Severity.NOTE else None
    return ctx.finding(place, message, at=place.key_location, severity=severity, related=related, fix=fix)


def _may_hand_over(
    first: PipelineTask, later: PipelineTask, workspace: str, run: PipelineRun, ctx: Context
) -> bool:
    """Whether a task may look for what another has left in a workspace; not where each is seen to use its own files."""
    if first.pipeline.are_exclusive(first, later):
        return False
    if any(is_opaque(ctx.model, task) for task in (first, later)):
        return True
    left, wanted = (
        [one for one in accesses(ctx.model, task, run) if one.directory.volume.name == workspace]
        for task in (first, later)
    )
    own = [one for one in wanted if one.writes]
    return any(
        _may_be_one(made, used)
        for used in wanted
        if used.what in ("read", "use", "update") and not used.effect.guarded
        if not any(meet(one, used) == CERTAIN for one in own if one is not used)
        for made in left
        if made.writes or made.what == "use"
    )


def _may_be_one(made: Access, used: Access) -> bool:
    """Whether two accesses would be to one file if their emptyDirs were one."""
    return meet(made, used._replace(directory=made.directory)) != NO


def _lost(
    workspace: str, users: list[PipelineTask], pipeline: Pipeline, run: PipelineRun, ctx: Context
) -> Iterator[tuple[Access, Access]]:
    """What one task writes and another, that runs later, needs and finds nowhere."""
    for reader in users:
        for need in needs(ctx.model, reader, run):
            if need.directory.volume.source != "emptyDir" or need.directory.volume.name != workspace:
                continue
            for writer in users:
                if not pipeline.comes_before(writer, reader) or pipeline.are_exclusive(writer, reader):
                    continue
                for one in accesses(ctx.model, writer, run):
                    here = one.directory.volume.name == workspace and one.directory.volume.source == "emptyDir"
                    if here and one.writes and not one.by_home and one.path == need.path and is_certain(need):
                        yield one, need


def _with_claim(binding: Binding, users: Iterable[PipelineTask], run: PipelineRun, ctx: Context) -> Fix | None:
    """A claim for each run in place of the emptyDir, where no task then gets two of them."""
    from tektonlint import edit

    source = binding.place.get("emptyDir")
    claims = {name for name, one in run.bindings.items() if one.source and one.source not in (*READ_ONLY, "emptyDir")}
    # Those before this one may become claims too.
    names = [*run.bindings]
    claims.update(names[: names.index(binding.name)])
    too_many = any(_used(task, ctx) & claims for task in users)
    if source is None or (too_many and ctx.model.target.coschedule == "workspaces"):
        return None
    size = ctx.options["size"]
    spec: dict[str, edit.Data] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}

    def change() -> edit.Change:
        made = edit.insert_key(binding.place, "volumeClaimTemplate", {"spec": spec})
        return made.with_(edit.remove_key(source))

    return ctx.fix(f"give each run a claim of {size}", change, Safety.UNSAFE)
