"""The resolved model: one graph of the tree, which policies ask."""

from tektonlint.model.definitions import Param, Task, WorkspaceDeclaration, is_true, name_of, named, number_of
from tektonlint.model.directories import Access, Directory, Mount, Volume, located, mounts
from tektonlint.model.graph import Model, model_of, steps_of
from tektonlint.model.pipelines import Edge, Guard, Pipeline, PipelineTask, WorkspaceBinding, critical_path, duration_of
from tektonlint.model.references import AMBIGUOUS, FOUND, MISSING, REMOTE, Answer
from tektonlint.model.runs import Binding, Limits, PipelineRun, TaskRun
from tektonlint.model.security import User, differ, pod_of, pod_security, user_of
from tektonlint.model.timeouts import Budget, Effective, budget, cut_at, effective, handed_down
from tektonlint.model.work import Work, work_of

__all__ = [
    "AMBIGUOUS",
    "FOUND",
    "MISSING",
    "REMOTE",
    "Access",
    "Answer",
    "Binding",
    "Budget",
    "Directory",
    "Edge",
    "Effective",
    "Guard",
    "Limits",
    "Model",
    "Mount",
    "Param",
    "Pipeline",
    "PipelineRun",
    "PipelineTask",
    "Task",
    "TaskRun",
    "User",
    "Volume",
    "Work",
    "WorkspaceBinding",
    "WorkspaceDeclaration",
    "budget",
    "critical_path",
    "cut_at",
    "differ",
    "duration_of",
    "effective",
    "handed_down",
    "is_true",
    "located",
    "model_of",
    "mounts",
    "name_of",
    "named",
    "number_of",
    "pod_of",
    "pod_security",
    "steps_of",
    "user_of",
    "work_of",
]
