"""Small trees for the tests of the model."""

from __future__ import annotations

from textwrap import dedent, indent

from tektonlint import tree
from tektonlint.model.graph import Model
from tektonlint.model.pipelines import Pipeline
from tektonlint.model.runs import PipelineRun
from tektonlint.tekton.target import Target, newest, parse_version


def model_of(files: dict[str, str], tekton: str | None = None, **others: object) -> Model:
    """The model of files by name, for a target."""
    version = parse_version(tekton) if tekton is not None else newest()
    texts = {name: dedent(text) for name, text in files.items()}
    return Model(tree.of_texts(texts), Target(tekton=version)._replace(**others))  # type: ignore[arg-type]


def run_of(tasks: str, timeouts: str = "", finally_: str = "", tekton: str | None = None, **others: object) -> Model:
    """The model of one PipelineRun with `tasks` and `finally_` in its inline spec, and more lines in its own."""
    text = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: deliver-}\nspec:\n"
    text += indent(dedent(timeouts), "  ") + "  pipelineSpec:\n    tasks:\n" + indent(dedent(tasks), "      ")
    if finally_:
        text += "    finally:\n" + indent(dedent(finally_), "      ")
    return model_of({"run.yaml": text}, tekton, **others)


def only_run(model: Model) -> tuple[PipelineRun, Pipeline]:
    """The one run of a tree, and the pipeline that it runs."""
    (run,) = model.runs
    pipeline = model.pipeline_of(run).found
    assert pipeline is not None
    return run, pipeline


def pipeline_of(tasks: str, finally_: str = "") -> Pipeline:
    """A pipeline with the items of `tasks` and `finally`."""
    return only_run(run_of(tasks, finally_=finally_))[1]
