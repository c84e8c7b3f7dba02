"""Archives of images that tasks hand to each other, and what is done for the sake of the next task."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding
from tektonlint.model.scripts import Script, script_at, scripts_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.tekton.images import facts_of
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint.model.definitions import Task
    from tektonlint.model.files import Access
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import PipelineRun
    from tektonlint.shell.flow import Command

_ARCHIVES = ("oci-archive", "docker-archive")
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".oci", ".ociarchive")
# Programs that pack an image into a plain file, and the sub-command that does it.
_PACKS = {"docker": "save", "podman": "save", "nerdctl": "save", "crane": "pull"}
# Words without which a task packs nothing.
_TELLS = ("-archive:", " save", "crane")
# Commands that fail where an archive is not whole. Those that only compare need the sum of it from elsewhere.
_CHECKS = frozenset(
    ("sha256sum", "sha512sum", "shasum", "sha1sum", "md5sum", "b2sum", "cksum", "cmp", "trivy", "syft", "grype")
)  # fmt: skip
_LISTS = frozenset(("-t", "--list", "-x", "--extract", "--get"))
_MANY = 5
# File systems on which another node sees a file only once it is closed or synced.
_NETWORK = pattern(r"(?i)nfs|efs|cephfs|file|smb|gluster|lustre|gpfs|rwx|shared")


def unchecked(pipeline_spec: Place, ctx: Context) -> Iterator[Finding]:
    """Archives of images that one task writes and another reads, and nobody looks into before that."""
    from tektonlint.model.files import situations

    if pipeline_spec.resource.partial:
        return
    model = ctx.model
    pipeline = model.pipeline(pipeline_spec)
    if len(pipeline.all_tasks) < 2 or not any(_may_pack(model, task) for task in pipeline.all_tasks):
        return
    told: set[tuple[int, int]] = set()
    for run in situations(model, pipeline):
        for written, readers in _handed_on(model, pipeline, run):
            key = (id(written.script.place.node), written.effect.start)
            if key in told:
                continue
            told.add(key)
            titles = list(dict.fromkeys(f"`{one.task.title}`" for one in readers))
            shown = " and ".join((", ".join(titles[:-1]), titles[-1])) if len(titles) > 1 else titles[0]
            reads = "read" if len(titles) > 1 else "reads"
            message = (
                f"`{written.task.title}` writes `{written.shown.replace('*', '…')}`, which {shown} {reads}, and nobody "
                f"checks it: a broken archive fails only there. Add {_check_for(written, ctx)}."
            )
            related = [(one.location, f"{one.task.title} reads it") for one in readers[:_MANY]]
            yield ctx.finding(written.script.place, message, at=written.location, related=related)


def _may_pack(model: Model, task: PipelineTask) -> bool:
    """Whether the text of a task tells of an archive; most do not, and need no closer look."""
    spec = model.task_of(task).found
    return spec is not None and any(
        any(word in text for word in _TELLS)
        for script in scripts_of(model, spec)
        for text in (script.text, " ".join(word.text or "" for word in script.words))
    )


def _handed_on(
    model: Model, pipeline: Pipeline, run: PipelineRun | None
) -> Iterator[tuple[Access, list[Access]]]:
    """Each archive that a task leaves unchecked, by its last write to it, with the unchecked reads of other tasks.

    Whoever writes it and pushes it in the same task has read all of it.
    """
    from tektonlint.model.files import CERTAIN, accesses, meet

    each = {task: accesses(model, task, run) for task in pipeline.all_tasks}
    for task, mine in each.items():
        for number, written in enumerate(mine):
            if not _is_archive(written):
                continue
            later = [one for one in mine[number + 1 :] if meet(written, one) == CERTAIN]
            if any(_is_checked(one) or one.effect.transport or one.what in ("remove", "write") for one in later):
                continue
            readers = [
                first
                for other, theirs in each.items()
                if other is not task and not pipeline.comes_before(other, task)
                and (first := _unchecked_read(theirs, written)) is not None
            ]  # fmt: skip
            if readers and not _gives_digest(model.task_of(task).found, task, pipeline):
                yield written, readers


def _unchecked_read(theirs: tuple[Access, ...], written: Access) -> Access | None:
    """A task's first read of an archive, unless it checks or makes it itself before."""
    from tektonlint.model.files import CERTAIN, meet

    for one in theirs:
        if meet(written, one) != CERTAIN:
            continue
        if one.what != "read" or one.tree or _is_checked(one):
            return None
        return one
    return None


def _is_archive(access: Access) -> bool:
    """Whether an access writes the archive of an image into one file."""
    effect = access.effect
    if access.what != "write" or access.tree or access.by_home or not access.path:
        return False
    if effect.transport:
        return effect.transport in _ARCHIVES
    name, words = effect.command.name, [word.text for word in effect.command.words]
    return access.path.endswith(_SUFFIXES) and name in _PACKS and _PACKS[name] in words


def _is_checked(access: Access) -> bool:
    """Whether a read of an archive fails where that is broken, before anything is done with it."""
    if access.what != "read":
        return False
    command: Command = access.effect.command
    words = [word.text for word in command.words]
    if command.name == "skopeo":
        return "inspect" in words
    if command.name in ("tar", "bsdtar", "gtar"):
        first = words[0] if words else ""
        letters = first if not first.startswith("--") else ""
        return not _LISTS.isdisjoint(words) or any(one in letters for one in "tx")
    if command.name in ("buildah", "podman", "docker"):
        return not {"pull", "load", "from"}.isdisjoint(words)
    return command.name in _CHECKS


def _gives_digest(spec: Task | None, task: PipelineTask, pipeline: Pipeline) -> bool:
    """Whether a task also says the digest of what it built, and others use it."""
    if spec is None:
        return False
    names = {name for name in spec.results if "digest" in name.lower()}
    uses = (use.variable.result_of for other in pipeline.all_tasks for use in other.result_uses)
    return any(one is not None and one[0] == task.name and one[1] in names for one in uses)


def _check_for(written: Access, ctx: Context) -> str:
    """What would check an archive in the image that writes it."""
    path = written.effect.path
    shown = path if "*" not in path else posixpath.basename(written.path).replace("*", "…")
    facts = facts_of(written.script.image, ctx.target.images)
    transport = written.effect.transport or "docker-archive"
    inspect = f"`skopeo inspect {transport}:{shown}`"
    if facts is None or "skopeo" not in facts.absent:
        return f"{inspect} behind it"
    image = (written.script.image or "").partition("@")[0]
    if "tar" in facts.absent:
        return f"a step with {inspect}, since `{image}` has no skopeo"
    return f"`tar -tf {shown} > /dev/null` behind it (`{image}` has no skopeo)"


def sync_for_visibility(container: Place, ctx: Context) -> Iterator[Finding]:
    """`sync` at the end of what a step writes: it is for the disk, not for other tasks."""
    script = script_at(ctx.model, container)
    if script is None or not script.is_shell or (not script.words and "sync" not in script.text):
        return
    told: set[int] = set()
    for command in script.analysis.flow.commands:
        if command.name != "sync" or command.start in told or _is_on_network(script, ctx.model):
            continue
        told.add(command.start)
        path = _last_written(script, command)
        what = f"`{path}`" if path is not None else "files"
        message = (
            f"`sync` does not make {what} visible to the next task: whatever is mounted on the same node sees a write "
            "at once. It only waits until the disk has it."
        )
        at = script.location(command.start, command.end)
        yield ctx.finding(script.place, message, at=at)


def _last_written(script: Script, command: Command) -> str | None:
    """What was written before a command, or what it is given."""
    given = [word.text for word in command.words if word.text.startswith(("/", "$(workspaces."))]
    if given:
        return given[0].replace("\0", "…")
    effects = script.analysis.effects.effects
    before = [one.path for one in effects if one.what in ("write", "update") and one.start < command.start]
    return before[-1].replace("*", "…") if before else None


def _is_on_network(script: Script, model: Model) -> bool:
    """Whether a run of the tree puts the task's files on a file system of several nodes, where a `sync` matters."""
    if script.task is None:
        return False
    for run, _ in model.runs_with(script.task):
        for binding in run.bindings.values():
            claim = binding.place.get("volumeClaimTemplate", "spec")
            modes = {one.text for one in claim.each("accessModes")} if claim is not None else set()
            given = claim.get("storageClassName") if claim is not None else None
            name = given.text if given is not None else None
            if binding.claim is not None:
                found = model.cluster.claim(binding.claim, run.resource.namespace)
                modes = set(found.access_modes) if found is not None else set()
                name = found.storage_class if found is not None else None
            if "ReadWriteMany" in modes or _NETWORK.search(name or ""):
                return True
    return False
