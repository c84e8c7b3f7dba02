"""Files that the tasks of a pipeline leave for each other: who needs one, who makes it, and who comes too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tektonlint.model.directories import Volume
from tektonlint.model.files import (
    CERTAIN,
    NO,
    POSSIBLE,
    Access,
    accesses,
    demands,
    may_have_written,
    meet,
    same_path,
    sharing,
    volumes_of,
)
from tektonlint.model.pipelines import Pipeline, PipelineTask
from tektonlint.model.runs import PipelineRun
from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    from tektonlint.model.graph import Model
    from tektonlint.model.scripts import Script

# What may stand behind `||` without making a read one that may fail.
_STOPS = (None, "exit", "return", "die", "fail", "fatal", "abort")
# Images in a folder: who reads them needs all of it.
_FOLDERS = ("dir", "oci")
# Sources whose volume begins empty with each run, and a workspace of which no run is known.
FRESH, NOT_BOUND = "volumeClaimTemplate", "workspace"
_ASKS = ("-f", "-e", "-s", "-d", "-r")


def needs(model: Model, task: PipelineTask, run: PipelineRun | None) -> tuple[Access, ...]:
    """The files that a PipelineTask cannot do without, each once, where it first wants it.

    Not what it tests for, may lack or waits for, nor what it may make itself, nor what is not known by name.
    """
    known: dict[tuple[int, int], tuple[Access, ...]] = model.memo.setdefault("needs", {})
    key = (id(task), id(run))
    found = known.get(key)
    if found is None:
        wanted: dict[tuple[object, str], Access] = {}
        each = [one for one in accesses(model, task, run) if _is_required(one)]
        for one in (*demands(model, task, run), *each):
            if one.path and "*" not in one.path and not one.script.is_sidecar and not _waits(one.script):
                wanted.setdefault((one.directory.volume, one.path), one)
        own = accesses(model, task, run)
        found = known[key] = tuple(
            one
            for one in wanted.values()
            if all(not _makes(other) or meet(other, one) == NO for other in own)
            and not may_have_written(model, task, run, one.directory, one.path)
        )
    return found


def _is_required(access: Access) -> bool:
    effect = access.effect
    plain = access.what == "read" and (not effect.tree or effect.transport in _FOLDERS)
    return plain and not effect.guarded and not effect.optional and effect.command.when.otherwise in _STOPS


def _makes(access: Access) -> bool:
    """Whether there may be a file afterwards that was not there before."""
    return access.writes or access.what == "folder"


def _waits(script: Script) -> bool:
    """Whether a script waits in a loop until a file is there, which may be a sign that others are."""
    return any(
        command.when.polled
        and command.name in ("[", "test")
        and any(word.text in _ASKS for word in command.words)
        for command in script.analysis.flow.commands
    )


def is_certain(access: Access) -> bool:
    """Whether a task does it whenever it runs, as far as it comes."""
    when = access.effect.command.when
    return when.certain and not access.by_home and not access.script.is_sidecar


class _Made(NamedTuple):
    """What a task makes: by volume and path where these are known, and everything else that it may be."""

    certain: frozenset[tuple[Volume, str]]
    folders: frozenset[tuple[Volume, str]]
    perhaps: tuple[Access, ...]


def _made(model: Model, task: PipelineTask, run: PipelineRun | None) -> _Made:
    known: dict[tuple[int, int], _Made] = model.memo.setdefault("made", {})
    key = (id(task), id(run))
    found = known.get(key)
    if found is None:
        each = [one for one in accesses(model, task, run) if _makes(one)]
        plain = [one for one in each if not one.tree and not one.by_home and "*" not in one.path]
        certain = frozenset((one.directory.volume, one.path) for one in plain if one.what != "folder")
        folders = frozenset((one.directory.volume, one.path) for one in plain if one.what == "folder")
        perhaps = tuple(one for one in each if one.tree or one.by_home or "*" in one.path or "$(" in one.path)
        found = known[key] = _Made(certain, folders, perhaps)
    return found


def makes(model: Model, task: PipelineTask, run: PipelineRun | None, need: Access) -> str:
    """Whether a task makes a file that another one needs; POSSIBLE where that is not known."""
    made = _made(model, task, run)
    volume = need.directory.volume
    is_folder = need.effect.transport in _FOLDERS
    if (volume, need.path) in made.certain or (is_folder and (volume, need.path) in made.folders):
        return CERTAIN
    if any(meet(one, need) != NO for one in made.perhaps if is_folder or one.what != "folder"):
        return POSSIBLE
    if "$(" in need.path and any(
        one == volume and same_path(path, need.path) != NO for one, path in made.certain
    ):
        return POSSIBLE
    return POSSIBLE if may_have_written(model, task, run, need.directory, need.path) else NO


def writes_of(model: Model, task: PipelineTask, run: PipelineRun | None, need: Access) -> tuple[Access, ...]:
    """The accesses by which a task certainly makes a file, in order."""
    each = accesses(model, task, run)
    return tuple(
        one for one in each if one.writes and not one.tree and not one.by_home and meet(one, need) == CERTAIN
    )


class Lack(NamedTuple):
    """A file that a task needs and that no task before it makes.

    `late` are the tasks that make it, but later or at the same time; `perhaps` those that may.
    """

    need: Access
    late: tuple[PipelineTask, ...]
    perhaps: tuple[PipelineTask, ...]

    @property
    def only(self) -> bool:
        """Whether one task makes it and no other may."""
        return len(self.late) == 1 and not self.perhaps


def lacks(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> tuple[Lack, ...]:
    """What the tasks of a pipeline need although nothing before them can have made it.

    Not what they need of a volume that is there before the run, and that no other task has.
    """
    known: dict[tuple[int, int], tuple[Lack, ...]] = model.memo.setdefault("lacks", {})
    key = (id(pipeline), id(run))
    found = known.get(key)
    if found is None:
        found = known[key] = tuple(_lacks(model, pipeline, run))
    return found


def _lacks(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> list[Lack]:
    found: list[Lack] = []
    shared = sharing(model, pipeline, run)
    for task in pipeline.all_tasks:
        for need in needs(model, task, run) if task in shared or _has_fresh_volume(model, task, run) else ():
            others = [one for one in pipeline.all_tasks if one is not task]
            before = [one for one in others if pipeline.comes_before(one, task)]
            if any(makes(model, one, run, need) != NO for one in before):
                continue
            after = [one for one in others if one not in before and not pipeline.are_exclusive(one, task)]
            ways = [(one, makes(model, one, run, need)) for one in after]
            late, perhaps = (tuple(one for one, way in ways if way == level) for level in (CERTAIN, POSSIBLE))
            found.append(Lack(need, late, perhaps))
    return found


def _has_fresh_volume(model: Model, task: PipelineTask, run: PipelineRun | None) -> bool:
    return any(volume.source == FRESH for volume in volumes_of(model, task, run))
