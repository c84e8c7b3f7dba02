"""What a run says about its time when it says it with null."""

from __future__ import annotations

import pytest

from tektonlint.model.runs import Limits
from tektonlint.tekton.durations import HOUR, MINUTE
from tests.model.trees import model_of, only_run, run_of

TASK = "- {name: build, taskRef: {name: build}}\n"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("timeouts:", Limits(HOUR, None, None, explicit=False)),
        ("timeouts: {pipeline: , tasks: 20m}", Limits(HOUR, 20 * MINUTE, None, explicit=False)),
        ("timeouts: {pipeline: 2h, tasks: null, finally: ~}", Limits(2 * HOUR, None, None, explicit=True)),
    ],
)
def test_null_is_as_if_nothing_were_said(limits: str, expected: Limits) -> None:
    model = run_of(TASK, f"{limits}\n")
    run, _ = only_run(model)

    assert expected == run.limits(model.target)


def test_a_null_timeout_of_v1beta1_leaves_the_default() -> None:
    text = """\
        apiVersion: tekton.dev/v1beta1
        kind: PipelineRun
        metadata: {generateName: deliver-}
        spec:
          timeout:
          pipelineRef: {name: deliver}
        """
    model = model_of({"run.yaml": text})

    assert Limits(HOUR, None, None, explicit=False) == model.runs[0].limits(model.target)
