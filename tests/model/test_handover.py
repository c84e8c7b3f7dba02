"""What tasks need of each other's files, and who can have made them."""

from __future__ import annotations

import pytest

from tektonlint.model.files import CERTAIN, NO, POSSIBLE
from tektonlint.model.graph import Model
from tektonlint.model.handover import lacks, makes, needs
from tektonlint.model.pipelines import PipelineTask
from tests.model.trees import model_of

WS = "$(workspaces.ws.path)"


def two(first: str, second: str) -> tuple[Model, PipelineTask, PipelineTask]:
    """Two tasks with one workspace, the second after the first."""
    text = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  tasks:\n"
    for name, script, after in (("one", first, ""), ("two", second, "runAfter: [one], ")):
        lines = "".join(f"              {line}\n" for line in script.split("\n"))
        text += f"    - name: {name}\n      {after.rstrip(', ') or 'timeout: 1h'}\n      workspaces: [{{name: ws}}]\n"
        text += "      taskSpec:\n        workspaces: [{name: ws}]\n        steps:\n          - name: s\n"
        text += f"            image: docker.io/library/alpine:3.20\n            script: |\n{lines}"
    model = model_of({"p.yaml": f"{text}  workspaces: [{{name: ws}}]\n"})
    one, other = model.pipelines[0].tasks
    return model, one, other


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('cat "{ws}/a"', ["a"]),
        ('[ -f "{ws}/a" ] || exit 1', ["a"]),
        ('[ -f "{ws}/a" ] || exit 0', []),
        ('if [ -f "{ws}/a" ]; then cat "{ws}/a"; fi', []),
        ('cat "{ws}/a" || true', []),
        ('cat "{ws}/a" || { echo "no a"; exit 1; }', ["a"]),
        ('cat "{ws}/a" 2>/dev/null', []),
        ('cat "{ws}"/*.json', []),
        ('cp -r "{ws}/d" /tmp', []),
        ('skopeo copy "oci:{ws}/d:latest" docker://r.example.com/x', ["d"]),
        ('echo a > "{ws}/a"\ncat "{ws}/a"', []),
        ('cat "{ws}/a" "{ws}/b" "{ws}/a"', ["a", "b"]),
        ('until test -e "{ws}/a"; do sleep 1; done\ncat "{ws}/a"', []),
    ],
)
def test_what_a_task_cannot_do_without(script: str, expected: list[str]) -> None:
    model, _, task = two("date", script.replace("{ws}", WS))

    assert expected == [need.path for need in needs(model, task, None)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('date > "{ws}/d/a"', CERTAIN),
        ('date >> "{ws}/d/a"', CERTAIN),
        ('date > "{ws}/d/b"', NO),
        ('date > "{ws}/d/$(date)"', POSSIBLE),
        ('mkdir -p "{ws}/d"', NO),
        ('git clone https://git.example.com/d.git "{ws}/d"', POSSIBLE),
        ('unheard-of "{ws}/d"', POSSIBLE),
        ('unheard-of "{ws}/e"', NO),
        ('cd "{ws}"\nunheard-of', POSSIBLE),
        ('cat "{ws}/d/a"', NO),
    ],
)
def test_whether_a_task_makes_what_another_needs(script: str, expected: str) -> None:
    model, one, other = two(script.replace("{ws}", WS), f'cat "{WS}/d/a"')
    (need,) = needs(model, other, None)

    assert expected == makes(model, one, None, need)
    assert (expected == NO) is bool(lacks(model, other.pipeline, None))
