"""Tasks that use one file of a volume: at the same time, in no order, or where nobody may have made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.files import CERTAIN, NO, Access, accesses, covers, same_path, sharing, situations
from tektonlint.model.handover import FRESH, NOT_BOUND, Lack, is_certain, lacks, makes, needs, writes_of
from tektonlint.model.pipelines import Guard, Pipeline, PipelineTask
from tektonlint.model.runs import PipelineRun
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.scripts import Script

# Transports whose images are archives or folders, and the commands that read such a thing, or a large file, in full.
_ARCHIVES = ("oci-archive", "docker-archive", "oci", "dir")
_STREAMS: dict[str, tuple[str, ...]] = {
    "skopeo": ("copy", "sync"),
    "buildah": ("push", "pull", "from", "bud", "build"),
    "podman": ("push", "pull", "load", "import"),
    "docker": ("load", "import"),
    "nerdctl": ("load",),
    "oras": ("push", "attach", "cp", "copy"),
    "crane": ("push",),
    "helm": ("push",),
    "aws": ("s3",),
    "gsutil": ("cp",),
    "rclone": ("copy", "copyto", "sync"),
    "mc": ("cp", "mirror"),
    "tar": (),
    "bsdtar": (),
    "gtar": (),
}
# Programs that write into the folder that a variable names, and what makes them do it.
_LOGIN = ("docker", "podman", "buildah", "skopeo", "oras", "helm", "crane", "nerdctl")
_KEEP_IN_HOME = frozenset(
    ("pip", "pip3", "npm", "npx", "yarn", "pnpm", "mvn", "gradle", "go", "cargo", "conda", "hf", "huggingface-cli")
)
_OWNERS = ("git", "buildah", "podman", "skopeo")
_LONGEST = 90
_SAME_CONTENT = ("echo", "printf", "cat", "touch")


class _Clash(NamedTuple):
    """Two accesses of tasks that may run at the same time, and how bad that is."""

    one: Access
    other: Access
    severity: Severity


def parallel_readers(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Tasks without order that stream one archive from one volume.

    The reads as such are safe; but what fails, and when, is another each time, and each is slower for the other.
    """
    pipeline = _judged(spec, ctx)
    if pipeline is not None:
        yield from _merged(
            finding for run in situations(ctx.model, pipeline) for finding in _parallel(pipeline, run, ctx)
        )


def _parallel(pipeline: Pipeline, run: PipelineRun | None, ctx: Context) -> Iterator[Finding]:
    streams: dict[tuple[object, str], dict[PipelineTask, Access]] = {}
    for task in _sharing_at_once(pipeline, run, ctx):
        for access in accesses(ctx.model, task, run):
            if _is_streamed(access, ctx):
                streams.setdefault((access.directory.volume, access.path), {}).setdefault(task, access)
    order = _Order(pipeline, ctx)
    found: dict[tuple[PipelineTask, PipelineTask], list[tuple[Access, Access]]] = {}
    for readers in streams.values():
        tasks = [*readers]
        for number, later in enumerate(tasks):
            together = [one for one in tasks[:number] if pipeline.may_run_together(one, later)]
            for first in _nearest(together, pipeline, lambda one, other: True):
                found.setdefault((first, later), []).append((readers[first], readers[later]))
    for pairs in found.values():
        yield _reads_beside(pairs, run, order, ctx)


def _is_streamed(access: Access, ctx: Context) -> bool:
    """Whether a command certainly reads all of an archive whose path is known."""
    if access.what != "read" or not access.path or "*" in access.path or access.script.is_sidecar:
        return False
    effect = access.effect
    subcommands = _STREAMS.get(effect.command.name)
    if subcommands is None:
        return False
    words = [word.text for word in effect.command.words]
    if subcommands and not any(word in subcommands for word in words[:4]):
        return False
    return effect.transport in _ARCHIVES or access.path.lower().endswith(tuple(ctx.options["archives"]))


def _reads_beside(
    pairs: list[tuple[Access, Access]], run: PipelineRun | None, order: _Order, ctx: Context
) -> Finding:
    """The finding about what two tasks stream both."""
    one, other = pairs[0]
    first, later = one.task, other.task
    pipeline = later.pipeline
    written = [
        (task, access)
        for task in pipeline.all_tasks
        for access in writes_of(ctx.model, task, run, other)
        if task is not first and task is not later
    ]
    by = f" of `{written[-1][0].title}`" if written else ""
    file = f"`{_shown(other)}`{by}{_more(pairs)}"
    what = (
        f"`{first.title}` and `{later.title}` may run at the same time and both stream {file}: each slows the other "
        "down, and which one fails first is chance."
    )
    advice = f"Let one wait, with `runAfter: [{first.title}]`." if not later.is_finally else "Do it in one task."
    severity = Severity.NOTE if _is_for_many(other, run, ctx) or ctx.model.is_patched(pipeline.resource) else None
    related = [(access.location, f"`{access.task.title}` reads it") for pair in pairs for access in pair]
    related += [(access.location, f"`{task.title}` writes it") for task, access in written[-1:]]
    fix = order.fix(later, first)
    place, at = _standing(later)
    return ctx.finding(place, f"{what} {advice}", at=at, severity=severity, related=related, fix=fix)


def _is_for_many(access: Access, run: PipelineRun | None, ctx: Context) -> bool:
    """Whether a volume is made for many readers: one of mode ReadWriteMany or ReadOnlyMany."""
    volume = access.directory.volume
    modes: Iterable[str | None] = ()
    if run is not None and volume.source == "volumeClaimTemplate":
        binding = run.bindings.get(volume.name)
        if binding is not None:
            modes = [one.text for one in binding.place.each("volumeClaimTemplate", "spec", "accessModes")]
    elif run is not None and volume.source == "persistentVolumeClaim":
        claim = ctx.model.cluster.claim(volume.name, ctx.model.namespace_of(run.resource))
        modes = claim.access_modes if claim is not None else ()
    return any(one in ("ReadWriteMany", "ReadOnlyMany") for one in modes)


def concurrent_write(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Tasks without order of which one changes a file that the other writes or reads.

    A workspace orders nothing (pkg/apis/pipeline/v1/pipeline_types.go, Deps), and all of `finally` starts together.
    """
    pipeline = _judged(spec, ctx)
    if pipeline is not None:
        yield from _merged(
            finding for run in situations(ctx.model, pipeline) for finding in _clashing(pipeline, run, ctx)
        )


def _clashing(pipeline: Pipeline, run: PipelineRun | None, ctx: Context) -> Iterator[Finding]:
    busy = [task for task in _sharing_at_once(pipeline, run, ctx) if accesses(ctx.model, task, run)]
    if not busy:
        return
    order = _Order(pipeline, ctx)
    late: set[tuple[PipelineTask, object, str, PipelineTask]] = {
        (lack.need.task, lack.need.directory.volume, lack.need.path, task)
        for lack in lacks(ctx.model, pipeline, run)
        for task in lack.late
    }
    found: dict[tuple[PipelineTask, PipelineTask], list[_Clash]] = {}
    for users in _users_by_path(busy, run, ctx):
        tasks = [task for task in busy if task in users]
        for number, later in enumerate(tasks):
            clashes = {
                first: clash
                for first in tasks[:number]
                if pipeline.may_run_together(first, later)
                and (clash := _worst(users[first], users[later])) is not None
                and not _is_late(clash, late)
            }

            def clash_too(one: PipelineTask, other: PipelineTask, by: dict[PipelineTask, list[Access]] = users) -> bool:
                return _worst(by[one], by[other]) is not None

            for first in _nearest([*clashes], pipeline, clash_too):
                found.setdefault((first, later), []).append(clashes[first])
    for (first, later), each in found.items():
        yield _writes_beside(first, later, each, order, ctx)


def _users_by_path(
    tasks: list[PipelineTask], run: PipelineRun | None, ctx: Context
) -> Iterator[dict[PipelineTask, list[Access]]]:
    """What several tasks do to one path of a volume; who removes it with a folder is among them."""
    found: dict[tuple[object, str], dict[PipelineTask, list[Access]]] = {}
    removing: list[Access] = []
    for task in tasks:
        for access in accesses(ctx.model, task, run):
            kind = _kind(access)
            if kind == "remove":
                removing.append(access)
            elif kind is not None and "*" not in access.path:
                found.setdefault((access.directory.volume, access.path), {}).setdefault(task, []).append(access)
    for access in removing:
        folder = _removed(access)
        if folder is not None:
            # A folder as a whole is removed by few.
            removed = access._replace(path=folder)
            for (volume, path), users in found.items():
                if volume == access.directory.volume and covers(removed, path):
                    users.setdefault(access.task, []).append(access)
    return (users for users in found.values() if len(users) > 1)


def _worst(ones: list[Access], others: list[Access]) -> _Clash | None:
    """The worst clash of two tasks over one path."""
    worst: _Clash | None = None
    for one in ones:
        for other in others:
            severity = _severity(one, other)
            if severity is not None and (worst is None or worst.severity.rank < severity.rank):
                worst = _Clash(one, other, severity)
    return worst


def _is_late(clash: _Clash, late: set[tuple[PipelineTask, object, str, PipelineTask]]) -> bool:
    """Whether it is said already that the reader does not wait for the writer."""
    one, other = clash.one, clash.other
    reader, writer = (one, other) if one.what == "read" else (other, one)
    return (reader.task, reader.directory.volume, reader.path, writer.task) in late


def _severity(one: Access, other: Access) -> Severity | None:
    """How bad it is if two accesses come at the same time; None where it is not, or not known to be."""
    kinds = {_kind(one), _kind(other)}
    if None in kinds or not kinds - {"read"} or kinds == {"remove"}:
        return None
    if one.by_home or other.by_home:
        return _severity_of_homes(one, other)
    if "*" in one.path + other.path and "remove" not in kinds:
        return None
    if "remove" in kinds:
        pass
    elif one.tree or other.tree:
        if not (one.tree and other.tree) or same_path(one.path, other.path) != CERTAIN:
            return None
        owned = one.effect.command.name == other.effect.command.name and one.effect.command.name in _OWNERS
        if not owned and not (one.effect.transport and other.effect.transport):
            return Severity.NOTE
    elif same_path(one.path, other.path) != CERTAIN or kinds == {"append"}:
        return Severity.NOTE if kinds == {"append"} and same_path(one.path, other.path) == CERTAIN else None
    return Severity.WARNING if is_certain(one) and is_certain(other) else Severity.NOTE


def _kind(access: Access) -> str | None:
    """What an access is to a file that somebody else uses: read, write, append, remove, or nothing at all."""
    effect = access.effect
    if access.script.is_sidecar or effect.command.name == "touch":
        return None
    if access.what == "read":
        return None if effect.guarded or effect.optional or (effect.tree and not effect.transport) else "read"
    if access.what == "update":
        return "write" if effect.anew or effect.command.name == "truncate" else "append"
    return access.what if access.what in ("write", "remove") else None


def _removed(access: Access) -> str | None:
    """The path that a `rm` takes away with all below it; that of the folder for `rm -rf folder/*`."""
    if "*" not in access.path:
        return access.path
    effect = access.effect
    raw = access.script.text[effect.start : effect.end].replace('"', "").replace("'", "")
    folder = access.path.removesuffix("*").rstrip("/")
    return folder if raw.endswith("/*") and "*" not in folder else None


def _severity_of_homes(one: Access, other: Access) -> Severity | None:
    """Two tasks that work with one `$HOME` or the like: bad if both run what writes there."""
    if not (one.by_home and other.by_home) or same_path(one.path, other.path) != CERTAIN:
        return None
    wrote = [_writes_home(access.by_home, access.script) for access in (one, other)]
    if all(wrote):
        return Severity.WARNING
    return Severity.NOTE if any(wrote) else None


def _writes_home(name: str, script: Script) -> bool:
    """Whether a script runs a program that keeps something in the folder that a variable names."""
    for command in script.analysis.flow.commands:
        words = [word.text for word in command.words[:3]]
        login = command.name in _LOGIN and "login" in words
        if name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"):
            writes = login
        elif name == "BUILDAH_STORAGE_ROOT":
            writes = command.name in ("buildah", "podman")
        else:
            keeps = login or command.name in _KEEP_IN_HOME or (command.name == "git" and "--global" in words)
            # What commands make in TMPDIR has a name that no other has.
            writes = keeps and name != "TMPDIR"
        if writes:
            return True
    return False


def _writes_beside(
    first: PipelineTask, later: PipelineTask, clashes: list[_Clash], order: _Order, ctx: Context
) -> Finding:
    clash = max(clashes, key=lambda one: one.severity.rank)
    one, other = clash.one, clash.other
    happens = _together(clash, _more(clashes))
    instead = ", or give each a file of its own" if "reads" not in (_verb(one), _verb(other)) else ""
    if not later.is_finally:
        advice = f"Add `runAfter: [{first.title}]`{instead}."
    else:
        advice = f"Do the work of both in one task{instead}."
    severity = Severity.NOTE if ctx.model.is_patched(later.pipeline.resource) else clash.severity
    related = [
        (access.location, f"`{access.task.title}` {_verb(access)} it")
        for pair in clashes
        for access in (pair.one, pair.other)
    ]
    fix = order.fix(later, first)
    place, at = _standing(later)
    return ctx.finding(place, f"{happens} {advice}", at=at, severity=severity, related=related, fix=fix)


def _together(clash: _Clash, more: str) -> str:
    """What happens where both run at once."""
    by_verb = {_verb(one): one for one in (clash.one, clash.other)}
    one, other = f"`{clash.one.task.title}`", f"`{clash.other.task.title}`"
    both = f"{one} and {other} can run at the same time and both"
    if len(by_verb) == 1:
        file = f"{_file(clash.other)}{more}"
        if "appends to" in by_verb:
            return f"{both} append to {file}: their lines come in any order."
        return f"{both} write {file}: one overwrites the other, or what is left is a mixture."
    reader = by_verb.get("reads")
    changer = next(one for verb, one in by_verb.items() if verb != "reads")
    if reader is not None:
        file = f"{_file(reader)}{more}"
        doing = "remove it" if "removes" in by_verb else "write it"
        return f"`{reader.task.title}` reads {file} while `{changer.task.title}` may {doing}: nothing keeps them apart."
    if "removes" in by_verb:
        writer = next(one for verb, one in by_verb.items() if verb != "removes")
        file = f"{_file(writer)}{more}"
        remover = f"`{by_verb['removes'].task.title}`"
        return f"{remover} removes {file} while `{writer.task.title}` may write it: nothing keeps them apart."
    return f"{both} write {_file(clash.other)}{more}: one overwrites the other, or what is left is a mixture."


def _verb(access: Access) -> str:
    if _kind(access) == "append" and not access.by_home:
        return "appends to"
    return {"read": "reads", "remove": "removes"}.get(access.what, "writes")


def _file(access: Access) -> str:
    if access.by_home:
        return f"`{_shown(access)}`, their `{access.by_home}`"
    return f"`{_shown(access)}`"


def matrix_race(place: Place, ctx: Context) -> Iterator[Finding]:
    """A task that a `matrix` runs in several copies at the same time, which all write one path (docs/matrix.md:684)."""
    matrix = place.get("matrix")
    if matrix is None or place.resource.partial:
        return
    task = ctx.model.pipeline_task(place)
    if not task.fans_out:
        return
    names = [one for one in task.params if _is_of_matrix(task, one)]
    yield from _merged(
        finding
        for run in situations(ctx.model, task.pipeline)
        if (finding := _copies(task, matrix, names, run, ctx)) is not None
    )


def _copies(
    task: PipelineTask, matrix: Place, names: list[str], run: PipelineRun | None, ctx: Context
) -> Finding | None:
    found: dict[str, tuple[Access, Severity]] = {}
    for access in accesses(ctx.model, task, run):
        if _kind(access) not in ("write", "append") or not access.path or access.directory.volume.source == "emptyDir":
            continue
        severity = _severity(access, access) if "$(context.taskRun" not in access.path else None
        if severity is None or _is_same_each_time(access, names):
            continue
        if access.path not in found or found[access.path][1].rank < severity.rank:
            found[access.path] = access, severity
    if not found:
        return None
    access, severity = max(found.values(), key=lambda one: one[1].rank)
    more = _more(found)
    param = f"`$(params.{names[0]})`" if len(names) == 1 else "A param of the matrix"
    each = f"`matrix` runs several copies of `{task.title}` at once, and each"
    if _verb(access) == "writes":
        what = f"{each} writes {_file(access)}{more}: what is left is one result, or a mixture."
    else:
        what = f"{each} appends to {_file(access)}{more}: their lines come in any order."
    message = f"{what} {param} belongs into the path."
    related = [(one.location, "each copy writes it") for one, _ in found.values()]
    if ctx.model.is_patched(task.place.resource):
        severity = Severity.NOTE
    return ctx.finding(matrix, message, at=matrix.key_location, severity=severity, related=related)


def _is_of_matrix(task: PipelineTask, name: str) -> bool:
    place = task.params[name].path[len(task.place.path) :]
    return place[:1] == ("matrix",)


def _is_same_each_time(access: Access, names: list[str]) -> bool:
    """Whether every copy certainly writes the same content: a text without a param of the matrix."""
    command = access.effect.command
    if command.name not in _SAME_CONTENT or access.effect.command.when.looped:
        return False
    texts = [value for word in command.words for value in word.values]
    for redirect in command.redirects:
        if redirect.heredoc is not None:
            body = access.script.text[redirect.heredoc.body_start : redirect.heredoc.body_end]
            texts.append(body if redirect.heredoc.quoted or "$" not in body.replace("$(params.", "") else "\0")
    known = all("\0" not in text for text in texts)
    return known and not any(one.param in names or one.root != "params" for text in texts for one in variables(text))


def late_writer(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Files that a task reads and that another makes for which it does not wait (docs/workspaces.md:379-387)."""
    pipeline = _judged(spec, ctx)
    if pipeline is not None:
        yield from _merged(
            finding for run in situations(ctx.model, pipeline) for finding in _late(pipeline, run, ctx)
        )


def _late(pipeline: Pipeline, run: PipelineRun | None, ctx: Context) -> Iterator[Finding]:
    order = _Order(pipeline, ctx)
    found: dict[tuple[PipelineTask, PipelineTask], list[Lack]] = {}
    for lack in lacks(ctx.model, pipeline, run):
        if lack.late:
            found.setdefault((lack.need.task, lack.late[0]), []).append(lack)
    for each in found.values():
        # What is certain speaks for all of it.
        each.sort(key=lambda lack: (not lack.only, not is_certain(lack.need)))
        finding = _too_late(each, run, order, ctx)
        if finding is not None:
            yield finding


def _too_late(each: list[Lack], run: PipelineRun | None, order: _Order, ctx: Context) -> Finding | None:
    """The finding about what one task needs of another."""
    lack = each[0]
    reader, writer = lack.need.task, lack.late[0]
    pipeline = reader.pipeline
    source = lack.need.directory.volume.source
    backwards = pipeline.would_cycle(reader, writer) or (writer.is_finally and not reader.is_finally)
    if backwards and source not in (FRESH, NOT_BOUND):
        # On a volume that stays this is what the last run has left for this one.
        return None
    severity: Severity | None = None
    if ctx.model.is_patched(pipeline.resource) or (backwards and source == NOT_BOUND):
        severity = Severity.NOTE
    elif not lack.only or source != FRESH or not is_certain(lack.need):
        severity = Severity.WARNING
    file = f"`{_shown(lack.need)}`{_more(each)}"
    reads = f"`{reader.title}` reads {file}, which {'only ' if lack.only else ''}`{writer.title}` writes"
    fix = None
    if backwards:
        later = "runs in `finally`, after all others" if writer.is_finally else f"starts after `{reader.title}`"
        message = f"{reads}, but that {later}: the file is not there yet. Turn their order round, or read another file."
    elif reader.is_finally:
        message = f"{reads}, but all tasks in `finally` start together. Move `{writer.title}` to `tasks`."
    else:
        fix = order.fix(reader, writer)
        message = (
            f"{reads}, but nothing makes it wait for `{writer.title}`: the file may not be there yet, or be half "
            f"written. Add `runAfter: [{writer.title}]`."
        )
    related = [(one.need.location, "read here") for one in each]
    related += [
        (access.location, "written here") for one in each for access in writes_of(ctx.model, writer, run, one.need)[:1]
    ]
    place, at = _standing(reader)
    return ctx.finding(place, message, at=at, severity=severity, related=related, fix=fix)


def guarded_writer(spec: Place, ctx: Context) -> Iterator[Finding]:
    """Files of a task that its `when` may skip, read by one that then runs all the same.

    Who only waits for a skipped task runs; who uses a result of it is skipped too, and so is whoever waits for that
    one (pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go, skipBecauseParentTaskWasSkipped).
    """
    pipeline = _judged(spec, ctx)
    if pipeline is None or not any(task.place.get("when") is not None for task in pipeline.tasks):
        return
    yield from _merged(
        finding
        for run in situations(ctx.model, pipeline)
        for reader in pipeline.all_tasks
        for need in needs(ctx.model, reader, run)
        if (finding := _unguarded(need, run, ctx)) is not None
    )


def _unguarded(need: Access, run: PipelineRun | None, ctx: Context) -> Finding | None:
    reader = need.task
    pipeline = reader.pipeline
    if need.directory.volume.source not in (FRESH, NOT_BOUND):
        return None
    before = [one for one in pipeline.tasks if one is not reader and pipeline.comes_before(one, reader)]
    makers = [(one, way) for one in before if (way := makes(ctx.model, one, run, need)) != NO]
    if len(makers) != 1 or makers[0][1] != CERTAIN:
        return None
    writer = makers[0][0]
    when = writer.place.get("when")
    if when is None or next(when.items(), None) is None or _is_skipped_with(reader, writer):
        return None
    message = (
        f"`when` may skip `{writer.title}`, but `{reader.title}` runs all the same and reads `{_shown(need)}`, which "
        f"nobody has written then. Guard it by the same `when`, or test for the file."
    )
    related = [
        (when.key_location, f"may skip `{writer.title}`"),
        (need.location, "read here"),
        *((one.location, "written here") for one in writes_of(ctx.model, writer, run, need)[:1]),
    ]
    severity = Severity.NOTE if ctx.model.is_patched(pipeline.resource) or not is_certain(need) else None
    place = reader.place.get("name") or reader.place
    return ctx.finding(place, message, severity=severity, related=related)


def _is_skipped_with(reader: PipelineTask, writer: PipelineTask) -> bool:
    """Whether a task is certainly skipped, or may be for all that is known, when another is."""
    pipeline = reader.pipeline
    guards = [*reader.place.each("when")]
    if guards and (len(guards) != len(reader.guards) or len(writer.guards) != len([*writer.place.each("when")])):
        # A CEL expression, or one that is not understood.
        return True
    if writer.guards and all(any(_implies(mine, one) for mine in reader.guards) for one in writer.guards):
        return True
    skipped: set[str | None] = set()
    more = True
    while more:
        found = {
            task.name
            for task in pipeline.all_tasks
            if task.name not in skipped
            and any((edge.by_result and edge.on == writer.name) or edge.on in skipped for edge in task.edges)
        }
        skipped |= found
        more = bool(found)
    return reader.name in skipped


def _implies(guard: Guard, other: Guard) -> bool:
    """Whether one guard holds only where another does."""
    if guard.input != other.input:
        return False
    if guard.wanted:
        return guard.values <= other.values if other.wanted else not guard.values & other.values
    return not other.wanted and guard.values >= other.values


# What they have in common.


def _judged(spec: Place, ctx: Context) -> Pipeline | None:
    """A pipeline whose order is known."""
    if spec.resource.partial:
        return None
    pipeline = ctx.model.pipeline(spec)
    names = [task.name for task in pipeline.all_tasks]
    if len(names) < 2 or None in names or len(set(names)) < len(names) or pipeline.has_cycle:
        return None
    return pipeline


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each finding once, with its highest severity: several runs may show the same."""
    found: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.at, finding.message)
        known = found.get(key)
        if known is None or known.severity.rank < finding.severity.rank:
            found[key] = finding
    yield from found.values()


def _nearest(
    tasks: list[PipelineTask], pipeline: Pipeline, clash: Callable[[PipelineTask, PipelineTask], bool]
) -> list[PipelineTask]:
    """Those of several tasks that the others come before, or will once each clash among them is mended."""
    return [
        one
        for number, one in enumerate(tasks)
        if not any(
            pipeline.comes_before(one, other) or (pipeline.may_run_together(one, other) and clash(one, other))
            for other in tasks[number + 1 :]
        )
        and not any(pipeline.comes_before(one, other) for other in tasks[:number])
    ]


def _standing(task: PipelineTask) -> tuple[Place, Location]:
    """Where a task says what it waits for, or would."""
    after = task.place.get("runAfter")
    if after is not None:
        return after, after.key_location
    name = task.place.get("name") or task.place
    return name, name.location


def _more(each: Sized) -> str:
    return f" (and {len(each) - 1} more)" if len(each) > 1 else ""


def _shown(access: Access) -> str:
    """The path as the task's script sees it, with what is passed for params."""
    path = access.effect.path
    if "$(params" in path and not access.directory.path:
        path = access.shown
    return path if len(path) <= _LONGEST else f"…{path[-_LONGEST:]}"


def _sharing_at_once(pipeline: Pipeline, run: PipelineRun | None, ctx: Context) -> list[PipelineTask]:
    """The tasks that share a volume with one that may run at the same time, in their sequence."""
    shared = sharing(ctx.model, pipeline, run, at_once=True)
    return [task for task in _sequence(pipeline, ctx) if task in shared] if shared else []


def _sequence(pipeline: Pipeline, ctx: Context) -> list[PipelineTask]:
    """The tasks in an order in which they could run one by one: as they stand, but for what has to come before.

    Fixes only make a task wait for one further ahead, so that all of them together make no circle either.
    """
    known: dict[int, list[PipelineTask]] = ctx.model.memo.setdefault("sequences", {})
    found = known.get(id(pipeline))
    if found is None:
        order = _Order(pipeline, ctx)
        for run in situations(ctx.model, pipeline):
            for lack in lacks(ctx.model, pipeline, run):
                if lack.late and not order.would_cycle(lack.need.task, lack.late[0]):
                    order.added.setdefault(lack.need.task.name, set()).add(lack.late[0].name)
        waiting = [*pipeline.tasks]
        found = known[id(pipeline)] = []
        done: set[str | None] = set()
        while waiting:
            ready = (
                one
                for one in waiting
                if done.issuperset((*pipeline.parents[one.name or ""], *order.added.get(one.name, ())))
            )
            task = next(ready, waiting[0])
            waiting.remove(task)
            found.append(task)
            done.add(task.name)
        found.extend(pipeline.final_tasks)
    return found


class _Order:
    """Fixes that make tasks of one pipeline wait, which do no harm together."""

    def __init__(self, pipeline: Pipeline, ctx: Context) -> None:
        self.pipeline = pipeline
        self.ctx = ctx
        self.added: dict[str | None, set[str | None]] = {}

    def fix(self, task: PipelineTask, on: PipelineTask) -> Fix | None:
        """Makes a task wait for another; None where it cannot."""
        if task.is_finally or on.is_finally or self.would_cycle(task, on):
            return None
        self.added.setdefault(task.name, set()).add(on.name)
        from tektonlint import edit

        present = task.place.get("runAfter")

        def change() -> edit.Change:
            if present is not None:
                return edit.append_item(present, on.name or "")
            return edit.insert_key(task.place, "runAfter", [on.name or ""], after="name")

        # The pipeline may take longer than before.
        title = f"let `{task.title}` run after `{on.title}`"
        return self.ctx.fix(title, change, Safety.UNSAFE, follow=("timeout-budget",))

    def would_cycle(self, task: PipelineTask, on: PipelineTask) -> bool:
        seen: set[str | None] = set()
        waiting = [on.name]
        while waiting:
            name = waiting.pop()
            if name == task.name:
                return True
            if name not in seen:
                seen.add(name)
                waiting.extend(self.pipeline.parents.get(name or "", ()))
                waiting.extend(self.added.get(name, ()))
        return False
