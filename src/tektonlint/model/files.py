"""What tasks do to the files of their workspaces: an access is a path of a volume that a task reads or writes.

A path is relative to the volume's root. What is not known of it is `*`; `$(params.x)` in it is a param of the
pipeline whose value is not known here, but is the same for all of its tasks.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from tektonlint.finding import Location
from tektonlint.model.definitions import Task, is_true
from tektonlint.model.directories import Directory, Volume, located
from tektonlint.model.pipelines import Pipeline, PipelineTask
from tektonlint.model.runs import PipelineRun
from tektonlint.model.scripts import Script, opaque_steps, scripts_of
from tektonlint.model.security import User, pod_of, user_of
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    import re

    from tektonlint.model.graph import Model
    from tektonlint.shell.effects import Effect
    from tektonlint.shell.flow import Command

CERTAIN, POSSIBLE, NO = "certain", "possible", "no"

_WORKSPACE = pattern(r"\$\(workspaces\.([A-Za-z0-9_.-]+)\.path\)")
# Different for every TaskRun, so never the same file in two tasks; but for `task` where the task has a name.
_OWN = ("taskRun", "task")
# Folders that commands of all kinds write to, by the variable that names them.
HOMES = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
         "REGISTRY_AUTH_FILE", "BUILDAH_STORAGE_ROOT", "DOCKER_CONFIG")  # fmt: skip
_ROOT = 0
# Where kubelet's change of modes at the mount ends: everything is readable and writable for the group.
_GROUP_WRITE = 0o020


class Access(NamedTuple):
    """What a task does to a path of a volume.

    `what` is `read`, `write` (made anew, or written from the start), `update` (changed), `folder` (a folder is made),
    `remove`, `mode` or `use` (a program that may do anything got it). `tree`: and to everything below. `mode` is that
    which a file that is made has at the end of the task, None where it is not known; `user` as whom it runs.
    `by_home` names the variable where the write is not a command's own, but what commands do in `$HOME` and its like.
    """

    task: PipelineTask
    what: str
    directory: Directory
    path: str
    tree: bool
    mode: int | None
    user: User
    script: Script
    effect: Effect
    by_home: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes what is in a file, or makes one."""
        return self.what in ("write", "update")

    @property
    def location(self) -> Location:
        """Where the word stands that names the path."""
        return self.script.location_of(self.effect)

    @property
    def shown(self) -> str:
        """The path for a person, as the task's workspace sees it."""
        return f"$(workspaces.{self.directory.workspace}.path)/{self.path}" if self.path else self.effect.path


class TaskFile(NamedTuple):
    """An effect of a task's script, with the mode that what it makes has when the task is over."""

    script: Script
    effect: Effect
    mode: int | None


def task_files(model: Model, task: Task) -> tuple[TaskFile, ...]:
    """What a task's scripts do to files anywhere in its containers, in order."""
    known: dict[int, tuple[TaskFile, ...]] = model.memo.setdefault("task files", {})
    found = known.get(id(task))
    if found is None:
        found = known[id(task)] = made_by(scripts_of(model, task))
    return found


def made_by(scripts: Iterable[Script]) -> tuple[TaskFile, ...]:
    """What scripts do to files that run one after the other."""
    each = [(script, effect) for script in scripts for effect in script.analysis.effects.effects]
    changes = [
        (number, one) for number, (_, one) in enumerate(each) if one.what == "mode" and one.command.name == "chmod"
    ]
    return tuple(
        TaskFile(script, effect, _mode_at_the_end(effect, [one for at, one in changes if at > number]))
        for number, (script, effect) in enumerate(each)
    )


def _mode_at_the_end(effect: Effect, later: list[Effect]) -> int | None:
    """The mode of what an effect makes after every `chmod` that follows it."""
    mode = effect.mode
    if effect.what not in ("write", "update", "folder"):
        return mode
    for one in later:
        same = one.path == effect.path or ("*" in one.path and _matches(one.path, effect.path))
        if same or (one.tree and _below(effect.path, one.path)):
            mode = changed_mode(mode, one.mode, one.command.words[0].text if one.command.words else "", one)
    return mode


def changed_mode(before: int | None, number: int | None, text: str, effect: Effect) -> int | None:
    """A mode after a `chmod`, by its number or by `g+w` and its like."""
    if number is not None:
        return number
    words = [word.text for word in effect.command.words if not word.text.startswith("-") or word.text[1:2] in "rwxX"]
    symbols = words[0] if words else text
    base = before if before is not None else 0o644
    for clause in symbols.split(","):
        who = clause.rstrip("rwxXst").rstrip("+-=")
        rest = clause[len(who) :]
        if not rest or rest[0] not in "+-=" or set(who) - set("ugoa"):
            return None
        bits = sum({"r": 4, "w": 2, "x": 1}.get(one, 0) for one in set(rest[1:]))
        for one in set("ugo" if not who or "a" in who else who):
            shift = {"u": 6, "g": 3, "o": 0}[one]
            if rest[0] == "+":
                base |= bits << shift
            elif rest[0] == "-":
                base &= ~(bits << shift)
            else:
                base = (base & ~(7 << shift)) | bits << shift
    return base


def accesses(model: Model, task: PipelineTask, run: PipelineRun | None) -> tuple[Access, ...]:
    """What a PipelineTask does to the files of its workspaces, in order; as far as it is known."""
    known: dict[tuple[int, int], tuple[Access, ...]] = model.memo.setdefault("accesses", {})
    key = (id(task), id(run))
    found = known.get(key)
    if found is None:
        found = known[key] = tuple(_accesses(model, task, run))
    return found


def demands(model: Model, task: PipelineTask, run: PipelineRun | None) -> tuple[Access, ...]:
    """The paths of a PipelineTask's workspaces that its scripts stop without: `[ -f X ] || exit 1`."""
    known: dict[tuple[int, int], tuple[Access, ...]] = model.memo.setdefault("demands", {})
    key = (id(task), id(run))
    found = known.get(key)
    if found is None:
        found = known[key] = tuple(_demands(model, task, run))
    return found


def _demands(model: Model, task: PipelineTask, run: PipelineRun | None) -> Iterator[Access]:
    where = _places(model, task, run)
    if where is None:
        return
    for script in scripts_of(model, where.spec):
        for effect in script.analysis.effects.demands:
            at = where.find(effect.path, script)
            if at is not None:
                yield Access(task, effect.what, *at, effect.tree, None, where.user(script), script, effect)


def _accesses(model: Model, task: PipelineTask, run: PipelineRun | None) -> list[Access]:
    # Without volumes nobody need know what the scripts do.
    where = _places(model, task, run)
    if where is None:
        return []
    found: list[Access] = []
    for file in task_files(model, where.spec):
        at = where.find(file.effect.path, file.script)
        if at is not None:
            what, tree = file.effect.what, file.effect.tree
            found.append(Access(task, what, *at, tree, file.mode, where.user(file.script), file.script, file.effect))
    found.extend(_of_homes(where, model, task))
    return found


def _of_homes(where: _Places, model: Model, task: PipelineTask) -> list[Access]:
    from tektonlint.shell.effects import Effect

    found: list[Access] = []
    for script in scripts_of(model, where.spec):
        environment, commands = script.environment, script.analysis.flow.commands
        for name in HOMES if environment and commands else ():
            for value in environment.get(name, ()):
                at = where.find(value, script)
                if at is not None:
                    effect = Effect("write", value, True, False, None, 0, 0, commands[0])
                    found.append(Access(task, "write", *at, True, None, where.user(script), script, effect, name))
    return found


def known_users(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> frozenset[int]:
    """The users as whom scripts of a pipeline's tasks that get a volume are known to run."""
    places = (where for task in pipeline.all_tasks if (where := _places(model, task, run)) is not None)
    found = (where.user(script).uid for where in places for script in scripts_of(model, where.spec))
    return frozenset(uid for uid in found if uid is not None)


def volumes_of(model: Model, task: PipelineTask, run: PipelineRun | None) -> frozenset[Volume]:
    """The volumes that a PipelineTask gets, if its task is in the tree."""
    where = _places(model, task, run)
    return where.volumes if where is not None else frozenset()


def _places(model: Model, task: PipelineTask, run: PipelineRun | None) -> _Places | None:
    """Where the paths of a PipelineTask lead; None where it gets no volume, or its task is not in the tree."""
    known: dict[tuple[int, int], _Places | None] = model.memo.setdefault("places", {})
    key = (id(task), id(run))
    if key not in known:
        spec = model.task_of(task).found
        directories = model.directories(task, run) if spec is not None else {}
        known[key] = _Places(model, task, spec, run, directories) if spec is not None and directories else None
    return known[key]


class _Places:
    """Where the paths of one PipelineTask lead."""

    def __init__(
        self,
        model: Model,
        task: PipelineTask,
        spec: Task,
        run: PipelineRun | None,
        directories: dict[str, Directory],
    ) -> None:
        self.model = model
        self.task = task
        self.spec = spec
        self.run = run
        self.directories = directories
        self.volumes = frozenset(one.volume for one in directories.values())
        self.users: dict[int, User] = {}
        self.values: dict[str, str] = {}

    def find(self, path: str, script: Script) -> tuple[Directory, str] | None:
        """The directory that a path of a container lies in, and the path on its volume."""
        match = _WORKSPACE.match(path)
        if match is not None:
            directory = self.directories.get(match[1])
            rest = path[match.end() :]
            if directory is None or directory.path is None or self.is_hidden(match[1], script):
                return None
            rest = self.filled(rest)
            if "//" not in rest:
                # The pipeline's own params stand in `rest` by now, and may be called as one of the task's is.
                base = self.filled(directory.path)
                inside = posixpath.normpath(posixpath.join(base, rest.lstrip("/"))) if rest else base
                inside = "" if inside == "." else inside
                return None if inside.startswith("..") else (directory, inside)
            # A param that was taken for relative is an absolute path.
            path = rest[rest.rindex("//") + 1 :]
        if "$(" in path:
            path = self.filled(path)
        if "//" in path:
            path = path[path.rindex("//") + 1 :]
        if not path.startswith("/"):
            return None
        seen = [one for name, one in self.directories.items() if not self.is_hidden(name, script)]
        found = located(path, seen)
        return None if found is None or self.is_covered(path, found[0], script) else found

    def is_hidden(self, workspace: str, script: Script) -> bool:
        """Whether a workspace is mounted in other steps only."""
        listed = self.spec.isolated.get(workspace)
        return listed is not None and not any(one.path == script.step.path for one in listed)

    @staticmethod
    def is_covered(path: str, directory: Directory, script: Script) -> bool:
        """Whether a volume of the step's own is mounted between a workspace and a path."""
        template = script.template
        for container in (script.container, template) if template is not None else (script.container,):
            for mount in container.each("volumeMounts"):
                place = mount.get("mountPath")
                text = place.text if place is not None else None
                if text and len(text) > len(directory.mount_path or "") and _below(path, text.rstrip("/")):
                    return True
        return False

    def filled(self, path: str) -> str:
        """A path with what the pipeline and the run pass for the task's params."""
        if "$(" not in path:
            return path
        for variable in reversed(variables(path)):
            text = path[variable.start : variable.end]
            path = path[: variable.start] + self.value(text) + path[variable.end :]
        return path

    def value(self, text: str) -> str:
        known = self.values.get(text)
        if known is None:
            known = self.values[text] = self._value(text)
        return known

    def _value(self, text: str) -> str:
        variable = variables(text)[0]
        named = self.spec.name and not self.spec.inline
        if named and variable.root == "context" and variable.names == ("task", "name"):
            return self.spec.name or text
        if variable.root == "context" and variable.names[:1] and variable.names[0] in _OWN:
            return f"$(context.{variable.names[0]} {self.task.title})"
        name = variable.param
        if variable.root != "params" or name is None or variable.subscript is not None:
            return text if variable.root == "context" else "*"
        place = self.task.params.get(name)
        if place is not None:
            if self.is_of_matrix(name):
                return "*"
            given = place.get("value")
            return self.of_pipeline(given.known_text if given is not None else None)
        declared = self.spec.params.get(name)
        if declared is not None and declared.default is not None:
            return declared.default.known_text or "*"
        return self.of_pipeline(text) if declared is None and self.spec.inline else "*"

    def is_of_matrix(self, name: str) -> bool:
        """Whether each copy of a task gets another value."""
        return any(
            (one.get("name") is not None and one.get("name").text == name)  # type: ignore[union-attr]
            for one in (*self.task.place.each("matrix", "params"),)
        ) or any(
            place.get("name") is not None and place.get("name").text == name  # type: ignore[union-attr]
            for include in self.task.place.each("matrix", "include")
            for place in include.each("params")
        )

    def of_pipeline(self, text: str | None) -> str:
        """A text of the pipeline with the run's params; without a run they stay as they are."""
        if text is None:
            return "*"
        if "$(" not in text:
            return text
        for variable in reversed(variables(text)):
            name = variable.param
            value = text[variable.start : variable.end]
            if name is not None and self.run is not None and variable.subscript is None:
                place = self.run.params.get(name)
                given = place.get("value") if place is not None else None
                declared = self.task.pipeline.params.get(name)
                if given is None and declared is not None:
                    given = declared.default
                known = given.known_text if given is not None else None
                value = known if known is not None and "$(" not in known else value
            text = text[: variable.start] + value + text[variable.end :]
        return text

    def user(self, script: Script) -> User:
        """As whom a script runs. The image's own user counts only on plain Kubernetes: OpenShift chooses another."""
        known = self.users.get(id(script))
        if known is None:
            known = user_of(script.container, self.spec, pod_of(self.task, self.run))
            if known.uid is None and known.place is None and self.model.target.platform == "kubernetes":
                from tektonlint.tekton.images import facts_of

                facts = facts_of(script.image, self.model.target.images)
                if facts is not None and facts.user is not None:
                    known = User(facts.user)
            self.users[id(script)] = known
        return known


def sharing(
    model: Model, pipeline: Pipeline, run: PipelineRun | None, *, at_once: bool = False
) -> frozenset[PipelineTask]:
    """The tasks of a pipeline that another one shares a volume with, both with scripts that are understood.

    What others do to files is nobody else's, and need not be worked out to see what tasks do to each other. With
    `at_once` only those that may run beside such a task.
    """
    known: dict[tuple[int, int, bool], frozenset[PipelineTask]] = model.memo.setdefault("sharing", {})
    key = (id(pipeline), id(run), at_once)
    found = known.get(key)
    if found is None:
        each = [tasks for tasks in _by_volume(model, pipeline, run) if len(tasks) > 1]
        if at_once:
            pairs = (pair for tasks in each for pair in combinations(tasks, 2) if pipeline.may_run_together(*pair))
            found = frozenset(task for pair in pairs for task in pair)
        else:
            found = frozenset(task for tasks in each for task in tasks)
        known[key] = found
    return found


def _by_volume(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> Iterable[list[PipelineTask]]:
    """For each volume the tasks that have it, of those with scripts that are understood."""
    known: dict[tuple[int, int], dict[Volume, list[PipelineTask]]] = model.memo.setdefault("tasks by volume", {})
    key = (id(pipeline), id(run))
    found = known.get(key)
    if found is None:
        found = known[key] = {}
        for task in pipeline.all_tasks:
            where = _places(model, task, run)
            if where is not None and any(script.is_shell for script in scripts_of(model, where.spec)):
                for volume in where.volumes:
                    found.setdefault(volume, []).append(task)
    return found.values()


def is_opaque(model: Model, task: PipelineTask) -> bool:
    """Whether a task does something of which nothing is known: it is not in the tree, or runs another language or an
    image's own entrypoint."""
    spec = model.task_of(task).found
    return spec is None or bool(opaque_steps(model, spec))


def may_have_written(
    model: Model, task: PipelineTask, run: PipelineRun | None, directory: Directory, path: str
) -> bool:
    """Whether a task may have made a path of a volume in a way that is not seen in its accesses: a program that may
    write what it likes ran there, or got a folder above it, or a step is not understood."""
    found = _unseen(model, task, run)
    if found is None:
        return True
    return any(volume == directory.volume and _covers_text(folder, path) for volume, folder in found)


def _unseen(model: Model, task: PipelineTask, run: PipelineRun | None) -> tuple[tuple[Volume, str], ...] | None:
    """The folders of volumes in which a task may make what it likes; None for anything anywhere."""
    known: dict[tuple[int, int], tuple[tuple[Volume, str], ...] | None] = model.memo.setdefault("unseen", {})
    key = (id(task), id(run))
    if key not in known:
        found = _unseen_folders(model, task, run)
        known[key] = None if found is None else tuple(dict.fromkeys(found))
    return known[key]


def _unseen_folders(model: Model, task: PipelineTask, run: PipelineRun | None) -> list[tuple[Volume, str]] | None:
    spec = model.task_of(task).found
    if spec is None and model.is_pac(task.place.resource):
        # What Pipelines-as-Code puts inline gets every workspace without a word.
        return None
    where = _places(model, task, run)
    directories = where.directories if where is not None else model.directories(task, run)
    if not directories:
        return []
    scripts = scripts_of(model, spec) if spec is not None else ()
    is_read = spec is not None and not opaque_steps(model, spec)
    if not is_read or any(script.analysis.flow.broken or script.analysis.flow.left_out for script in scripts):
        return [(one.volume, "") for one in directories.values()]
    found = [(one.volume, "") for one in directories.values() if one.path is None]
    for access in accesses(model, task, run):
        if access.tree and access.what in ("write", "use"):
            found.append((access.directory.volume, access.path))
    if where is not None:
        for script in scripts:
            for folder in (*script.analysis.effects.opaque, *_told_of(script)):
                at = where.find(folder, script)
                if at is not None:
                    found.append((at[0].volume, at[1]))
    return found


def _told_of(script: Script) -> Iterator[str]:
    """The paths that programs of which nothing is known find in their environment."""
    environment = script.environment
    if environment and any(_is_unknown(command, script) for command in script.analysis.flow.commands):
        for values in environment.values():
            yield from values


def _is_unknown(command: Command, script: Script) -> bool:
    from tektonlint.shell.programs import is_known

    if not command.name:
        return bool(command.program)
    return not is_known(command.name) and command.name not in script.analysis.flow.functions


def situations(model: Model, pipeline: Pipeline) -> tuple[PipelineRun | None, ...]:
    """The runs that a pipeline is looked at in: those of the tree, or none where there are none."""
    return model.runs_of(pipeline) or (None,)


def same_volume(one: Access, other: Access) -> bool:
    """Whether two accesses are to one volume."""
    return one.directory.volume == other.directory.volume


def meet(one: Access, other: Access) -> str:
    """Whether two accesses are to the same file: CERTAIN, POSSIBLE (something is not known), or NO."""
    if not same_volume(one, other):
        return NO
    exact = same_path(one.path, other.path)
    if exact == CERTAIN:
        return CERTAIN
    if (one.tree and covers(one, other.path)) or (other.tree and covers(other, one.path)):
        return CERTAIN if "*" not in one.path + other.path else POSSIBLE
    return exact


def covers(access: Access, path: str) -> bool:
    """Whether what is done to a whole folder is done to a path in it."""
    return _covers_text(access.path, path)


def _covers_text(folder: str, path: str) -> bool:
    return folder in ("", path) or _below(path, folder) or (
        "*" in folder and path.count("/") >= folder.count("/") and _matches(folder, path, "(?:/.*)?")
    )


def same_path(one: str, other: str) -> str:
    """Whether two paths of one volume are the same file."""
    if one == other:
        return POSSIBLE if "*" in one else CERTAIN
    if "*" not in one and "*" not in other and "$(" not in one and "$(" not in other:
        return NO
    if _matches(one, other) or _matches(other, one):
        return POSSIBLE
    return NO


def _matches(shape: str, path: str, behind: str = "") -> bool:
    return _expression(shape, behind).fullmatch(path) is not None


def _expression(shape: str, behind: str) -> re.Pattern[str]:
    import re

    parts = re.split(r"(\*|\$\([^)]*\))", shape)
    return re.compile("".join(".*" if number % 2 else re.escape(part) for number, part in enumerate(parts)) + behind)


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") if folder != "/" else path.startswith("/")


def users_differ(one: User, other: User) -> bool | None:
    """Whether two scripts run as different users; None where that is not known."""
    if one.uid is None or other.uid is None:
        return None
    return one.uid != other.uid


def is_root(script: Script, user: User) -> bool:
    """Whether a script certainly runs as root with root's right to pass over modes."""
    if user.uid != _ROOT:
        return False
    for container in (script.container, script.template):
        security = container.get("securityContext") if container is not None else None
        if security is None:
            continue
        dropped = {place.text for place in security.each("capabilities", "drop")}
        added = {place.text for place in security.each("capabilities", "add")}
        if dropped & {"ALL", "DAC_OVERRIDE", "all"} and "DAC_OVERRIDE" not in added:
            return is_true(security.get("privileged"))
    return True


def is_group_writable(mode: int | None) -> bool | None:
    """Whether a mode lets the group write; None where it is not known."""
    return None if mode is None else bool(mode & _GROUP_WRITE)
