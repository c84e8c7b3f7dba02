"""Which task makes a file or folder of a volume, and which later task needs the right to change it.

A file belongs to the user who made it; another user may change it only if its mode lets the group, and a volume with
an fsGroup gives every file that group. Writing into a file (`>`, `>>`, `tee`, `cp` over it) needs the file's mode;
putting a new one in its place (`mv`, `sed -i`, `install`), making and removing need the folder's.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tektonlint.lazy import cached_property
from tektonlint.model.files import (
    Access,
    accesses,
    covers,
    is_group_writable,
    is_root,
    may_have_written,
    sharing,
    users_differ,
)
from tektonlint.model.pipelines import Pipeline, PipelineTask
from tektonlint.model.runs import PipelineRun
from tektonlint.model.security import pod_of
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    from tektonlint.model.directories import Volume
    from tektonlint.model.graph import Model
    from tektonlint.tekton.resource import Place

ON_ROOT_MISMATCH = "OnRootMismatch"
_BLOCK_MODES = frozenset(("ReadWriteOnce", "ReadWriteOncePod"))
# Words in the names of storage classes whose volumes are not a file system of one node's.
_SHARED_CLASS = pattern(r"(?i)nfs|efs|cephfs|file|smb|gluster|lustre|gpfs|rwx|shared")
# SCCs that set no fsGroup (SCCConfig.md of Tekton's operator).
_WITHOUT_FS_GROUP = ("anyuid", "privileged", "hostaccess", "hostmount-anyuid", "hostnetwork", "node-exporter")


class Meeting(NamedTuple):
    """A task makes something (`made`, and `last` is its last write there); another needs its mode to (`by`).

    `made.mode` is the mode at the end of the first task; `run` is None where no run is known.
    """

    pipeline: Pipeline
    run: PipelineRun | None
    made: Access
    last: Access
    by: Access

    @property
    def differ(self) -> bool | None:
        """Whether the two run as different users; None where that is not known."""
        return different_users(self.made, self.by)


def different_users(one: Access, other: Access) -> bool | None:
    """Whether two accesses are different users'; None where that is not known.

    Two scripts of one image are one user's where nothing is said of either: what the image says, or the namespace.
    """
    differ = users_differ(one.user, other.user)
    if differ is not None or one.user.place is not None or other.user.place is not None:
        return differ
    if one.user.uid is None and other.user.uid is None and one.script.image is not None:
        return False if one.script.image == other.script.image else None
    return None


def in_place(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> tuple[Meeting, ...]:
    """The files that a task makes without the right for the group to write, and a later one writes into.

    One meeting for each file and each later task: that with its first write.
    """
    return _history(model, pipeline, run).in_place


def in_folders(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> tuple[Meeting, ...]:
    """The folders that a task makes likewise, and a later one makes, replaces or removes files in."""
    return _history(model, pipeline, run).in_folders


def of_others(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> tuple[Meeting, ...]:
    """The files whose mode a task changes that did not make them."""
    return _history(model, pipeline, run).of_others


def is_mended_at_mount(model: Model, meeting: Meeting) -> bool:
    """Whether kubelet certainly makes the file writable for the group before the later task starts.

    With an fsGroup and the policy Always, which is the default, it does at every mount, but only on volumes of one
    node (kubernetes pkg/volume/volume_linux.go; CSIDriver fsGroupPolicy ReadWriteOnceWithFSType).
    """
    by = meeting.by.task
    if not meeting.pipeline.comes_before(meeting.made.task, by):
        return False
    return meeting.run is not None and is_mended_for(model, meeting.run, by, meeting.made.directory.volume)


def is_mended_for(model: Model, run: PipelineRun, task: PipelineTask, volume: Volume) -> bool:
    """Whether kubelet certainly makes all of a volume readable and writable for the group when a task starts."""
    pod = pod_of(task, run)
    policy = pod.get("fsGroupChangePolicy") if pod is not None else None
    if policy is not None and policy.text not in ("Always", ""):
        return False
    return has_fs_group(model, run, pod) and is_block_volume(model, run, volume)


def has_fs_group(model: Model, run: PipelineRun, pod: Place | None) -> bool:
    """Whether a pod of a run certainly has an fsGroup: it says so, or OpenShift's SCC fills it in."""
    if pod is not None and pod.get("fsGroup") is not None:
        return True
    return model.target.platform == "openshift" and not gets_no_fs_group(model, run)


def gets_no_fs_group(model: Model, run: PipelineRun) -> bool:
    """Whether the tree says that a run's namespace uses an SCC that sets no fsGroup."""
    namespace = model.cluster.namespaces.get(model.namespace_of(run.resource) or "")
    return namespace is not None and namespace.scc in _WITHOUT_FS_GROUP


def is_block_volume(model: Model, run: PipelineRun, volume: Volume) -> bool:
    """Whether a volume is certainly one that kubelet sets the group on."""
    modes, storage_class = _claim(model, run, volume)
    return bool(modes) and modes <= _BLOCK_MODES and not _SHARED_CLASS.search(storage_class or "")


def is_shared_volume(model: Model, run: PipelineRun, volume: Volume) -> bool:
    """Whether a volume is certainly one that kubelet leaves alone: one for several nodes."""
    modes, storage_class = _claim(model, run, volume)
    return bool(modes - _BLOCK_MODES) or bool(_SHARED_CLASS.search(storage_class or ""))


def _claim(model: Model, run: PipelineRun, volume: Volume) -> tuple[frozenset[str], str | None]:
    """The access modes and the storage class of a volume, as far as they are known."""
    if volume.source == "persistentVolumeClaim":
        claim = model.cluster.claim(volume.name, volume.owner or None)
        return (frozenset(claim.access_modes), claim.storage_class) if claim is not None else (frozenset(), None)
    binding = run.bindings.get(volume.name)
    spec = binding.place.get("volumeClaimTemplate", "spec") if binding is not None else None
    if spec is None:
        return frozenset(), None
    given = spec.get("storageClassName")
    modes = frozenset(one.text for one in spec.each("accessModes") if one.text)
    return modes, given.known_text if given is not None else None


def _history(model: Model, pipeline: Pipeline, run: PipelineRun | None) -> _History:
    known: dict[tuple[int, int], _History] = model.memo.setdefault("owners", {})
    key = (id(pipeline), id(run))
    found = known.get(key)
    if found is None:
        found = known[key] = _History(model, pipeline, run)
    return found


_Key = tuple[object, str]


class _History:
    """What happens to each path of a pipeline's volumes, task after task."""

    def __init__(self, model: Model, pipeline: Pipeline, run: PipelineRun | None) -> None:
        self.model = model
        self.pipeline = pipeline
        self.run = run
        self.paths: dict[_Key, list[Access]] = {}
        self.folders: dict[_Key, list[Access]] = {}
        # What is done to everything below a folder, and changes of modes.
        self.trees: dict[object, list[Access]] = {}
        self.modes: dict[object, list[Access]] = {}
        above = pipeline.ancestors
        order = sorted(pipeline.tasks, key=lambda task: len(above.get(task.name or "", ())))
        shared = sharing(model, pipeline, run)
        for task in (*order, *pipeline.final_tasks):
            for access in accesses(model, task, run) if task in shared else ():
                self.note(access)

    def note(self, access: Access) -> None:
        if access.script.is_sidecar or access.directory.read_only or access.by_home:
            return
        volume = access.directory.volume
        if access.what == "mode":
            self.modes.setdefault(volume, []).append(access)
        if access.tree and access.what in ("write", "use", "remove"):
            self.trees.setdefault(volume, []).append(access)
        if "*" in access.path or not access.path:
            if access.tree and access.what == "write" and not access.path:
                self.folders.setdefault((volume, ""), []).append(access)
            return
        key = (volume, access.path)
        self.paths.setdefault(key, []).append(access)
        if access.writes or access.what in ("folder", "remove"):
            self.folders.setdefault((volume, posixpath.dirname(access.path)), []).append(access)
        if access.writes and access.tree:
            self.folders.setdefault(key, []).append(access)

    @cached_property
    def in_place(self) -> tuple[Meeting, ...]:
        found: list[Meeting] = []
        for each in self.paths.values():
            if any(one.writes for one in each[1:]) and _has_several_tasks(each):
                found.extend(self.met(each))
        return tuple(found)

    def met(self, each: list[Access]) -> list[Meeting]:
        """The meetings at one path."""
        found: list[Meeting] = []
        for task in dict.fromkeys(one.task for one in each):
            by = self.written_into([one for one in each if one.task is task])
            if by is None:
                continue
            made, last = self.maker(each, by)
            if made is not None and last is not None and made.writes and self.is_shut(made, by):
                found.append(Meeting(self.pipeline, self.run, made, last, by))
        return found

    @staticmethod
    def written_into(mine: list[Access]) -> Access | None:
        """A task's first write into a file that is there; None where it makes its own."""
        for one in mine:
            if one.what == "remove" or (one.writes and one.effect.anew and not is_for_missing(one)):
                return None
            if one.writes and not one.tree and not one.effect.anew and not one.effect.optional:
                return one
        return None

    def maker(self, each: list[Access], before: Access) -> tuple[Access | None, Access | None]:
        """The access of an earlier task that makes what is at a path, and that task's last write there."""
        made: Access | None = None
        last: Access | None = None
        for one in each:
            if one.task is before.task or not self.pipeline.comes_before(one.task, before.task):
                continue
            if one.what == "remove":
                made = last = None
            elif one.what == "folder" or one.writes:
                new = one.what == "write" and one.effect.anew and not is_for_missing(one)
                if made is None and _is_known(one, "there"):
                    continue
                # `sed -i` keeps the mode, so the one who made the file still decides on it.
                if made is None or new:
                    made = last = one
                elif one.task is made.task and (one.script is made.script or different_users(made, one) is False):
                    last = one
        if made is None or _is_whole_folder(made) or self.pipeline.are_exclusive(made.task, before.task):
            return None, None
        if self.was_there(made, each):
            return None, None
        return made, last

    def was_there(self, made: Access, each: list[Access]) -> bool:
        """Whether a file may have been there before: its maker reads it first, or changes it; or another task made a
        whole folder with all that is in it."""
        if made.what == "folder" or (made.what == "write" and made.effect.anew):
            return False
        if made.effect.anew:
            return True
        for one in each:
            if one is made:
                break
            if one.task is made.task and one.what == "read" and not one.effect.guarded and not one.effect.optional:
                return True
        if made.what == "update" and any(
            self.pipeline.comes_before(task, made.task)
            and may_have_written(self.model, task, self.run, made.directory, made.path)
            for task in self.pipeline.tasks
        ):
            return True
        return any(
            one.task is not made.task and one.what == "write" and covers(one, made.path)
            and self.pipeline.comes_before(one.task, made.task)
            for one in self.trees.get(made.directory.volume, ())
        )  # fmt: skip

    def is_shut(self, made: Access, by: Access) -> bool:
        """Whether the group may not write there when a later access comes. Only the owner and root change a mode."""
        if is_group_writable(made.mode) is not False:
            return False
        for one in self.modes.get(made.directory.volume, ()):
            if one.task is made.task or not self.pipeline.comes_before(one.task, by.task):
                continue
            here = one.path == made.path or (one.tree and covers(one, made.path))
            if here and opens(one) and (is_root(one.script, one.user) or different_users(made, one) is not True):
                return False
        return True

    @cached_property
    def in_folders(self) -> tuple[Meeting, ...]:
        found: list[Meeting] = []
        for key, each in self.paths.items():
            inside = self.folders.get(key)
            if inside is None or not any(one.what == "folder" for one in each):
                continue
            for task in dict.fromkeys(one.task for one in inside):
                by = next((one for one in inside if one.task is task and self.needs_folder(one)), None)
                if by is None:
                    continue
                made, last = self.maker([one for one in each if not one.writes], by)
                if made is not None and last is not None and made.what == "folder" and self.is_shut(made, by):
                    found.append(Meeting(self.pipeline, self.run, made, last, by))
        return tuple(found)

    def needs_folder(self, access: Access) -> bool:
        """Whether an access makes, replaces or removes something in the folder that it is in."""
        if access.effect.optional:
            return False
        if access.what == "remove" or access.effect.anew:
            return True
        earlier = self.paths.get((access.directory.volume, access.path), ())
        return not any(
            (one.writes or one.what == "folder") and self.pipeline.comes_before(one.task, access.task)
            for one in earlier
        )

    @cached_property
    def of_others(self) -> tuple[Meeting, ...]:
        found: list[Meeting] = []
        for changes in self.modes.values():
            for by in changes:
                if by.effect.optional or "*" in by.path:
                    continue
                volume = by.directory.volume
                paths = [by.path]
                if by.tree:
                    paths += [path for one, path in self.paths if one == volume and covers(by, path)]
                meeting = next((one for path in paths if (one := self.changed(by, (volume, path))) is not None), None)
                if meeting is not None:
                    found.append(meeting)
        return tuple(found)

    def changed(self, by: Access, key: _Key) -> Meeting | None:
        """The meeting of one who changes a mode with the one who made the file, unless the file is its own."""
        each = self.paths.get(key, [])
        if any(one.task is by.task and (one.effect.anew or one.what == "remove") for one in each):
            return None
        made, last = self.maker(each, by)
        if made is None or last is None:
            return None
        return Meeting(self.pipeline, self.run, made, last, by)


def _is_whole_folder(access: Access) -> bool:
    """Whether a folder may have been made with all that is in it. What is moved is a file if nobody may run it."""
    moved = access.effect.command.name == "mv" and access.mode is not None and not access.mode & 0o111
    return access.tree and not moved


def is_for_missing(access: Access) -> bool:
    """Whether something is written only where nothing is: `[ -f x ] || … > x`."""
    return _is_known(access, "missing")


def _is_known(access: Access, what: str) -> bool:
    """Whether a test before a command found that its path is there, or missing."""
    facts = access.effect.command.facts
    return bool(facts) and any(one.what == what and one.left == access.effect.text for one in facts)


def opens(access: Access) -> bool:
    """Whether a `chmod` lets the group write."""
    from tektonlint.model.files import changed_mode

    effect = access.effect
    if effect.command.name != "chmod":
        return False
    words = effect.command.words
    return is_group_writable(changed_mode(0o644, effect.mode, words[0].text if words else "", effect)) is not False


def _has_several_tasks(each: list[Access]) -> bool:
    return any(one.task is not each[0].task for one in each)
