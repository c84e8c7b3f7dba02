"""What only shows once a value can be read is its author's, and refuses no fix."""

from __future__ import annotations

import pytest

from tektonlint import engine, fixing, tree
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
ALL = enabled(CATALOG, Choice(severities={}, options={}))


def run(spec: str) -> str:
    return f"apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{generateName: deliver-}}\nspec:\n{spec}"


TASKS = "  pipelineSpec:\n    tasks:\n      - name: build\n        taskRef: {name: build}\n"


@pytest.mark.parametrize(
    ("text", "mended", "expected", "shows"),
    [
        (run(f"  timeouts: {{tasks: 1d}}\n{TASKS}"), "invalid-duration", "tasks: 24h", "inconsistent-timeouts"),
        (
            run(f"{TASKS}        onError: continue\n        retries: '3'\n"),
            "wrong-type",
            "retries: 3",
            "onerror-with-retries",
        ),
    ],
)
def test_a_value_is_made_readable_although_it_does_not_fit_another(
    text: str, mended: str, expected: str, shows: str
) -> None:
    outcome = fixing.fix(
        tree.of_texts({"run.yaml": text}),
        lambda changed: engine.run(changed, ALL, CATALOG, Target(tekton=newest())).findings,
        lambda finding: finding.policy == mended,
    )
    (file,) = outcome.tree.files
    after = engine.run(outcome.tree, ALL, CATALOG, Target(tekton=newest())).findings

    assert () == outcome.refused
    assert expected in file.source.text
    assert shows in {finding.policy for finding in after}
