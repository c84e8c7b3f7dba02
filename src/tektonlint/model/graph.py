"""The resolved model of a tree: run → pipeline → task → step, each question answered once.

It is made from what the tree says and never changes. Policies ask it and walk nothing themselves; whatever hangs on
a reference that cannot be followed is unknown, not wrong.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from tektonlint.finding import Path
from tektonlint.lazy import cached_property
from tektonlint.model.definitions import Task, is_null, name_of
from tektonlint.model.references import AMBIGUOUS, FOUND, MISSING, REMOTE, Answer, namespace_of, nearest
from tektonlint.patterns import pattern
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select
from tektonlint.tekton.target import Target
from tektonlint.tree import Tree

if TYPE_CHECKING:
    from tektonlint.model.cluster import Cluster
    from tektonlint.model.directories import Directory
    from tektonlint.model.kustomize import Kustomizations
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import PipelineRun, TaskRun
    from tektonlint.model.timeouts import Budget, Effective

T = TypeVar("T")
Key = tuple[int, Path]

# Of pipelinesascode.tekton.dev annotations (pkg/matcher/annotation_tasks_install.go:24).
_PAC = "pipelinesascode.tekton.dev/"
_PAC_TASK = pattern(r"pipelinesascode\.tekton\.dev/task(?:-[0-9]+)?")
_PAC_PIPELINE = "pipelinesascode.tekton.dev/pipeline"
_PAC_FOLDER = ".tekton"
_VERSION = pattern(r"v?[0-9]+(?:\.[0-9]+)*")
# The kinds that it keeps, and those that it puts in place of a reference (pkg/resolve/resolve.go).
_READ = frozenset(("PipelineRun", "Pipeline", "Task"))
_FETCHED = frozenset(("Pipeline", "Task"))


class Model:
    """The graph of a tree for one target."""

    def __init__(self, tree: Tree, target: Target) -> None:
        self.tree = tree
        self._given = target
        self._pipelines: dict[Key, Pipeline] = {}
        self._tasks: dict[Key, Task] = {}
        self._pipeline_tasks: dict[Key, PipelineTask] = {}
        self._runs: dict[int, PipelineRun] = {}
        self._task_runs: dict[int, TaskRun] = {}
        self._answers: dict[tuple[object, str], Answer[Task] | Answer[Pipeline]] = {}
        self._patched: dict[int, bool] = {}
        self._by_place: dict[tuple[object, ...], tuple[Resource, ...]] = {}
        # What others work out about its parts once, by the name of the fact.
        self.memo: dict[str, Any] = {}

    # Most runs are over one file and ask little: a module is imported with the first question that needs it.

    @cached_property
    def cluster(self) -> Cluster:
        """What the tree says of the cluster."""
        from tektonlint.model.cluster import Cluster

        return Cluster(self.tree)

    @cached_property
    def kustomizations(self) -> Kustomizations:
        """Which files belong together."""
        from tektonlint.model.kustomize import Kustomizations

        return Kustomizations(self.tree)

    @cached_property
    def target(self) -> Target:
        """The target, with what the tree says where the configuration is silent."""
        from tektonlint.model.cluster import target_of

        return target_of(self.tree, self._given, self.cluster)

    # What there is.

    @cached_property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """Every pipeline spec of the tree, but for those in patches."""
        return tuple(self.pipeline(place) for one in self._whole for place in select(one, "pipeline-specs"))

    @cached_property
    def runs(self) -> tuple[PipelineRun, ...]:
        """Every PipelineRun, those in TriggerTemplates too."""
        return tuple(self.run(one) for one in self._whole if _is(one, "PipelineRun"))

    @cached_property
    def task_runs(self) -> tuple[TaskRun, ...]:
        """Every TaskRun, those in TriggerTemplates too."""
        return tuple(self.task_run(one) for one in self._whole if _is(one, "TaskRun"))

    @cached_property
    def _whole(self) -> tuple[Resource, ...]:
        return tuple(one for one in self.tree.resources if not one.partial)

    def pipeline(self, place: Place) -> Pipeline:
        """The pipeline spec at a place that the selector `pipeline-specs` gives."""
        key = _key(place)
        found = self._pipelines.get(key)
        if found is None:
            from tektonlint.model.pipelines import Pipeline

            resource = place.resource
            name = resource.name if resource.kind == "Pipeline" and len(place.path) == len(resource.path) + 1 else None
            found = self._pipelines[key] = Pipeline(place, name)
            self._pipeline_tasks.update({_key(task.place): task for task in found.all_tasks})
        return found

    def task(self, place: Place) -> Task:
        """The task spec at a place that the selector `task-specs` gives."""
        key = _key(place)
        found = self._tasks.get(key)
        if found is None:
            resource = place.resource
            found = self._tasks[key] = Task(place, resource.name if _is(resource, "Task", "ClusterTask") else None)
        return found

    def pipeline_task(self, place: Place) -> PipelineTask:
        """The PipelineTask at a place that the selector `pipeline-tasks` gives."""
        key = _key(place)
        if key not in self._pipeline_tasks:
            for spec in select(place.resource, "pipeline-specs"):
                self.pipeline(spec)
        return self._pipeline_tasks[key]

    def run(self, resource: Resource) -> PipelineRun:
        """A PipelineRun."""
        found = self._runs.get(id(resource))
        if found is None:
            from tektonlint.model.runs import PipelineRun

            found = self._runs[id(resource)] = PipelineRun(resource)
        return found

    def task_run(self, resource: Resource) -> TaskRun:
        """A TaskRun."""
        found = self._task_runs.get(id(resource))
        if found is None:
            from tektonlint.model.runs import TaskRun

            found = self._task_runs[id(resource)] = TaskRun(resource)
        return found

    # What refers to what.

    def task_of(self, user: PipelineTask | TaskRun) -> Answer[Task]:
        """The task spec that a PipelineTask or TaskRun runs."""
        return self._answer(user, "Task", self.task, _spec_of_task)

    def pipeline_of(self, user: PipelineRun | PipelineTask) -> Answer[Pipeline]:
        """The pipeline spec that a PipelineRun runs, or a PipelineTask that starts a child."""
        return self._answer(user, "Pipeline", self.pipeline, _spec_of_pipeline)

    def is_put_inline(self, user: PipelineTask | PipelineRun, spec: Task | Pipeline) -> bool:
        """Whether a spec stands inline once Tekton sees it: written so, or put there by Pipelines-as-Code.

        Pipelines-as-Code replaces each reference of what lies in `.tekton` by what it refers to
        (pkg/resolve/resolve.go, inlineTasks).
        """
        return spec.inline or bool(self._pac_runs(user.place.resource))

    def step_action_of(self, step: Place) -> Answer[Resource]:
        """The StepAction that a step refers to; remote for a step that refers to none."""
        ref = step.get("ref")
        if ref is None or ref.get("resolver") is not None:
            return Answer(REMOTE)
        return self._named(ref, "StepAction")

    @cached_property
    def _runs_by_pipeline(self) -> dict[int, tuple[PipelineRun, ...]]:
        found: dict[int, list[PipelineRun]] = {}
        for run in self.runs:
            for pipeline in self._meant(self.pipeline_of(run)):
                found.setdefault(id(pipeline), []).append(run)
        return {key: tuple(runs) for key, runs in found.items()}

    def runs_of(self, pipeline: Pipeline) -> tuple[PipelineRun, ...]:
        """The runs in the tree that certainly run a pipeline."""
        return self._runs_by_pipeline.get(id(pipeline), ())

    @cached_property
    def _users_by_task(self) -> dict[int, tuple[PipelineTask | TaskRun, ...]]:
        found: dict[int, list[PipelineTask | TaskRun]] = {}
        users: list[PipelineTask | TaskRun] = [task for one in self.pipelines for task in one.all_tasks]
        for user in (*users, *self.task_runs):
            for task in self._meant(self.task_of(user)):
                found.setdefault(id(task), []).append(user)
        return {key: tuple(value) for key, value in found.items()}

    def users_of(self, task: Task) -> tuple[PipelineTask | TaskRun, ...]:
        """The PipelineTasks and TaskRuns in the tree that certainly run a task."""
        return self._users_by_task.get(id(task), ())

    def runs_with(self, task: Task) -> tuple[tuple[PipelineRun | TaskRun, str | None], ...]:
        """The runs in the tree that certainly run a task, each with the name of the PipelineTask that does it.

        None in place of the name for a TaskRun, and for a PipelineTask whose name is not known.
        """
        found: list[tuple[PipelineRun | TaskRun, str | None]] = []
        for user in self._places_that_run(task):
            if user.resource.kind == "TaskRun":
                found.append((self.task_run(user.resource), None))
                continue
            tasks = user.parent
            spec = tasks.parent if tasks is not None else None
            if spec is not None:
                found.extend((run, name_of(user)) for run in self.runs_of(self.pipeline(spec)))
        return tuple(found)

    def _places_that_run(self, task: Task) -> tuple[Place, ...]:
        """The PipelineTasks and the TaskRuns' specs that run a task; for an inline one what it stands in."""
        if not task.inline:
            return tuple(user.place for user in self.users_of(task))
        around = task.place.parent
        return (around,) if around is not None else ()

    @staticmethod
    def _meant(answer: Answer[T]) -> tuple[T, ...]:
        return (answer.found,) if answer.found is not None else ()

    def is_patched(self, resource: Resource) -> bool:
        """Whether a patch of a kustomization may say what an object does not: then nothing is missing for certain."""
        known = self._patched.get(id(resource))
        if known is None:
            pair = (resource.kind, resource.name)
            known = pair in self._partial or self.kustomizations.patches(resource.source.name, *pair)
            self._patched[id(resource)] = known
        return known

    @cached_property
    def _partial(self) -> frozenset[tuple[str, str | None]]:
        return frozenset((one.kind, one.name) for one in self.tree.resources if one.partial)

    def namespace_of(self, resource: Resource) -> str | None:
        """The namespace that an object is put into, where the tree says so."""
        return namespace_of(resource, self.kustomizations)

    def applied_by(self, resource: Resource) -> tuple[str, ...]:
        """What applies an object again and again: the kustomizations that list its file (by the names of their
        files), and the Argo CD Applications whose source holds it."""
        file = resource.source.name
        found = [one.file for one in self.kustomizations.listing(file)]
        for name, folders in sorted(self.cluster.applications):
            if any(self._is_source(folder, file, (name, folder) in self.cluster.recursing) for folder in folders):
                found.append(name)
        return tuple(dict.fromkeys(found))

    def _is_source(self, folder: str, file: str, recursing: bool) -> bool:
        """Whether an Argo CD source in a folder holds a file: what Kustomize lists there, or the files right in it."""
        folder = posixpath.normpath(folder)
        folder = "" if folder == "." else folder
        if folder in self.kustomizations.by_folder:
            return file in self.kustomizations.files(folder)
        inside = file.startswith(f"{folder}/") or not folder
        return inside and (recursing or posixpath.dirname(file) == folder)

    # What follows from it.

    def effective_timeout(self, task: PipelineTask, run: PipelineRun | None) -> Effective | None:
        """What one attempt of a task may take in a run; see `timeouts.effective`."""
        from tektonlint.model import timeouts

        return timeouts.effective(task, run, self.target)

    def budget(self, pipeline: Pipeline, run: PipelineRun | None, *, implicit: bool = False) -> Budget:
        """What a pipeline's tasks may take together; see `timeouts.budget`."""
        from tektonlint.model import timeouts

        return timeouts.budget(pipeline, run, self.target, implicit=implicit)

    def directories(self, task: PipelineTask, run: PipelineRun | None) -> dict[str, Directory]:
        """Where a task's workspaces lead, by their names in the task."""
        from tektonlint.model.directories import directories

        return directories(task, self.task_of(task).found, run)

    # How a name is looked up.

    def _answer(
        self,
        user: PipelineTask | PipelineRun | TaskRun,
        kind: str,
        make: Callable[[Place], T],
        spec_of: Callable[[Resource], Place | None],
    ) -> Answer[T]:
        key = (user, kind)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._resolved(user.place, kind, make, spec_of)  # type: ignore[assignment]
        return answer  # type: ignore[return-value]

    def _resolved(
        self, user: Place, kind: str, make: Callable[[Place], T], spec_of: Callable[[Resource], Place | None]
    ) -> Answer[T]:
        spec = user.get(f"{kind.lower()}Spec")
        if spec is not None and not is_null(spec):
            version = spec.get("apiVersion")
            return Answer(REMOTE) if version is not None and version.text else Answer(FOUND, make(spec))
        ref = user.get(f"{kind.lower()}Ref")
        if ref is None or ref.get("resolver") is not None or ref.get("bundle") is not None:
            return Answer(REMOTE)
        said_kind, said_version = ref.get("kind"), ref.get("apiVersion")
        if said_version is not None and not (said_version.text or "tekton.dev/").startswith("tekton.dev/"):
            return Answer(REMOTE)
        wanted = said_kind.text if said_kind is not None and said_kind.text else kind
        if wanted not in (kind, "ClusterTask" if kind == "Task" else kind):
            return Answer(REMOTE)
        answer = self._named(ref, wanted)
        places = [place for one in answer.candidates if (place := spec_of(one)) is not None]
        found = spec_of(answer.found) if answer.found is not None else None
        return Answer(
            answer.state if answer.found is None or found is not None else REMOTE,
            make(found) if found is not None else None,
            tuple(make(place) for place in places),
            answer.name,
            answer.at,
        )

    def _named(self, ref: Place, kind: str) -> Answer[Resource]:
        at = ref.get("name")
        name = name_of(ref)
        user = ref.resource
        if name is None or user.partial:
            return Answer(REMOTE, name=name, at=at)
        candidates = self.named(kind, name)
        if ref.get("version") is not None:
            # No field of Tekton's: what reads it, such as the build of a catalogue's pipelines, chooses by it.
            candidates = _of_version(candidates, name_of(ref, "version"))
            if not candidates:
                return Answer(REMOTE, name=name, at=at)
        left: tuple[Resource, ...] = ()
        runs = self._pac_runs(user) if kind in _FETCHED else ()
        if runs:
            fetched = self._fetched(user, runs, kind)
            local = [one for one in candidates if one.source.name in (fetched or ())]
            beside = [one for one in candidates if _pac_root(one) == _pac_root(runs[0])]
            if fetched is None and not beside and (_pac_root(user) is not None or not candidates):
                return Answer(REMOTE, name=name, at=at)
            left = tuple(local or beside)
        # A Pipeline that stands elsewhere may be applied in another way too.
        is_inside = _pac_root(user) is not None
        if not left and not (runs and is_inside):
            applied = candidates if is_inside else tuple(one for one in candidates if not self.is_pac(one))
            if candidates and not applied:
                # Nothing puts what lies in `.tekton` on the cluster, but somebody may.
                return Answer(REMOTE, name=name, at=at)
            left = self._nearest(user, kind, name, applied)
        if not left:
            return Answer(REMOTE if self._is_hidden(name) else MISSING, name=name, at=at)
        if len(left) > 1:
            return Answer(AMBIGUOUS, None, left, name, at)
        return Answer(FOUND, left[0], left, name, at)

    def _nearest(self, user: Resource, kind: str, name: str, applied: tuple[Resource, ...]) -> tuple[Resource, ...]:
        """Those that a name may mean; asked once for all users in a folder that nothing tells apart."""
        if len(applied) < 2:
            return nearest(user, applied, self.kustomizations)
        file = user.source.name
        is_alone = self.kustomizations.listing(file) or any(one.source is user.source for one in applied)
        where = (file if is_alone else posixpath.dirname(file), user.namespace, kind, name, *map(id, applied))
        found = self._by_place.get(where)
        if found is None:
            found = self._by_place[where] = nearest(user, applied, self.kustomizations)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], tuple[Resource, ...]]:
        """By kind and name; an object that Kustomize renames under both names, for most references stay as they are."""
        found: dict[tuple[str, str], list[Resource]] = {}
        for one in self._whole:
            if one.group == "tekton.dev" and not one.created and (name := name_of(one.place.get("metadata"))):
                found.setdefault((one.kind, name), []).append(one)
                for each in sorted(self.kustomizations.renamed(one.source.name, name)):
                    found.setdefault((one.kind, each), []).append(one)
        return {key: tuple(value) for key, value in found.items()}

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of all objects of a kind in the tree, sorted."""
        return self._names.get(kind, ())

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for kind, name in sorted(self._by_name):
            found.setdefault(kind, []).append(name)
        return {kind: tuple(names) for kind, names in found.items()}

    def named(self, kind: str, name: str) -> tuple[Resource, ...]:
        """All objects of a kind and name in the tree, whether or not anything can refer to them."""
        return self._by_name.get((kind, name), ())

    def _is_hidden(self, name: str) -> bool:
        """Whether a file that was not read to its end, such as a chart's template, speaks of a name."""
        return any(name in text for text in self._unread)

    @cached_property
    def _unread(self) -> tuple[str, ...]:
        return tuple(
            file.source.text
            for file in self.tree.files
            if file.template is not None or file.unreadable is not None or file.loaded.problems
        )

    # Pipelines-as-Code, which resolves names by itself (pkg/resolve/remote.go).

    def is_pac(self, resource: Resource) -> bool:
        """Whether Pipelines-as-Code reads an object: a PipelineRun, Pipeline or Task in its `.tekton` folder."""
        return resource.kind in _READ and not resource.created and _pac_root(resource) in self._pac_by_root

    @cached_property
    def _pac_by_root(self) -> dict[str | None, tuple[Resource, ...]]:
        """The PipelineRuns in each `.tekton` folder that Pipelines-as-Code is used for: one of them has annotations."""
        found: dict[str | None, list[Resource]] = {}
        for run in self.runs:
            root = _pac_root(run.resource)
            if root is not None and not run.resource.created:
                found.setdefault(root, []).append(run.resource)
        return {root: tuple(runs) for root, runs in found.items() if any(_pac(run) for run in runs)}

    def _pac_runs(self, user: Resource) -> tuple[Resource, ...]:
        """The PipelineRuns by whose annotations Pipelines-as-Code finds what an object refers to; none for others."""
        if user.created or user.kind not in ("PipelineRun", "Pipeline"):
            return ()
        root = _pac_root(user)
        if not self._pac_by_root:
            return ()
        if root is not None:
            runs = self._pac_by_root.get(root, ())
            return (user,) if runs and user.kind == "PipelineRun" else runs
        if user.kind == "PipelineRun":
            return ()
        found: list[Resource] = []
        for runs in self._pac_by_root.values():
            found.extend(run for run in runs if user.source.name in (self._locations(run, run, "Pipeline") or ()))
        return tuple(found)

    def _fetched(self, user: Resource, runs: tuple[Resource, ...], kind: str) -> frozenset[str] | None:
        """The files of the tree that Pipelines-as-Code takes tasks or pipelines from beside `.tekton`.

        None where an annotation names something that is not in the tree, or is not read: a name may be found there.
        A Pipeline's own annotations count too.
        """
        files: set[str] = set()
        for one in dict.fromkeys((*runs, user)):
            more = self._locations(one, runs[0], kind)
            if more is None:
                return None
            files |= more
        return frozenset(files)

    def _locations(self, holder: Resource, run: Resource, kind: str) -> frozenset[str] | None:
        """The files that the annotations of an object name, from the folder that holds the run's `.tekton`."""
        if not _pac(holder):
            return frozenset()
        files: set[str] = set()
        for place in _pac(holder):
            key = str(place.path[-1])
            if not (key == _PAC_PIPELINE if kind == "Pipeline" else _PAC_TASK.fullmatch(key)):
                continue
            for location in (place.text or "").strip().removeprefix("[").removesuffix("]").split(","):
                # Anything else is a URL or a name on a hub (pkg/matcher/annotation_tasks_install.go, getRemote).
                path = posixpath.normpath(posixpath.join(posixpath.dirname(_pac_root(run) or ""), location.strip()))
                if "/" not in location or "://" in location or path not in self._file_names:
                    return None
                files.add(path)
        return frozenset(files)

    @cached_property
    def _file_names(self) -> frozenset[str]:
        return frozenset(file.source.name for file in self.tree.files if file.template is None)


def model_of(tree: Tree, target: Target) -> Model:
    """The model of a tree for a target, made when it is first asked for."""
    for known, model in tree.models:
        if known is target:
            assert isinstance(model, Model)
            return model
    model = Model(tree, target)
    tree.models.append((target, model))
    return model


def _key(place: Place) -> Key:
    return id(place.resource), place.path


def _is(resource: Resource, *kinds: str) -> bool:
    return resource.group == "tekton.dev" and resource.kind in kinds


def _pac_root(resource: Resource) -> str | None:
    """The outermost `.tekton` folder that an object stands in."""
    if _PAC_FOLDER not in resource.source.name:
        return None
    folders = resource.source.name.split("/")[:-1]
    return "/".join(folders[: folders.index(_PAC_FOLDER) + 1]) if _PAC_FOLDER in folders else None


def _pac(resource: Resource) -> tuple[Place, ...]:
    """The annotations of an object that are Pipelines-as-Code's."""
    found: tuple[Place, ...] | None = resource.memo.get(_PAC)
    if found is None:
        annotations = resource.place.get("metadata", "annotations")
        each = annotations.entries() if annotations is not None else ()
        found = resource.memo[_PAC] = tuple(place for place in each if str(place.path[-1]).startswith(_PAC))
    return found


def _of_version(candidates: tuple[Resource, ...], version: str | None) -> tuple[Resource, ...]:
    """Those of a version by the folder they stand in or by their label; all, where none of them says a version."""
    said = [(one, _versions(one)) for one in candidates]
    exact = tuple(one for one, versions in said if version in versions)
    return exact if any(versions for _, versions in said) else candidates


def _versions(resource: Resource) -> frozenset[str]:
    label = resource.place.get("metadata", "labels", "app.kubernetes.io/version")
    folders = resource.source.name.split("/")[:-1]
    found = {one for one in folders if _VERSION.fullmatch(one)}
    return frozenset(found | {label.text} if label is not None and label.text else found)


def _spec_of_task(resource: Resource) -> Place | None:
    return next(iter(select(resource, "task-specs")), None)


def _spec_of_pipeline(resource: Resource) -> Place | None:
    return next(iter(select(resource, "pipeline-specs")), None)


def steps_of(model: Model, task: Task) -> Iterator[tuple[Place, Place | None]]:
    """The steps of a task, each with the StepAction's spec that it runs, where it refers to one in the tree."""
    for step in task.steps:
        action = model.step_action_of(step).found
        yield step, action.place.get("spec") if action is not None else None
