"""Which part of the base each part of a tree was."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.model.graph import Model, model_of
from tektonlint.model.past import Past, paired, past_of
from tektonlint.tekton.target import Target, newest
from tektonlint.tree import Base, of_texts


def past(then: dict[str, str], now: dict[str, str], renamed: dict[str, str] | None = None) -> tuple[Past, Model]:
    model = model_of(of_texts(now).with_base(Base(of_texts(then), "0123abc", renamed or {})), Target(tekton=newest()))
    found = past_of(model)
    assert found is not None
    return found, model


def task(name: str, *steps: tuple[str, str, str]) -> str:
    text = f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: {name}}}\nspec:\n  steps:\n"
    for step, image, script in steps:
        lines = "".join(f"        {line}\n" for line in script.splitlines())
        text += f"    - name: {step}\n      image: {image}\n      script: |\n{lines}"
    return text


def pipeline(name: str, *tasks: tuple[str, str]) -> str:
    text = f"apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: {name}}}\nspec:\n  tasks:\n"
    return text + "".join(f"    - name: {one}\n      taskRef: {{name: {ref}}}\n" for one, ref in tasks)


def tasks_then(then: dict[str, str], now: dict[str, str]) -> dict[str, str | None]:
    """By the name of each Task now, what it was called."""
    found, model = past(then, now)
    each = ((one.name or "", found.resource(one)) for one in model.tree.resources if one.kind == "Task")
    return {name: old.name if old is not None else None for name, old in each}


def pipeline_tasks_then(then: dict[str, str], now: dict[str, str]) -> dict[str, str | None]:
    """By `pipeline/task` now, what it was called."""

    def title(pipeline: str | None, task: str | None) -> str:
        return f"{pipeline}/{task}"

    found, model = past(then, now)
    each = [one for pipeline in model.pipelines for one in pipeline.all_tasks]
    olds = [(one, found.pipeline_task(one)) for one in each]
    return {
        title(one.pipeline.name, one.name): title(old.pipeline.name, old.name) if old is not None else None
        for one, old in olds
    }


BUILD = ("build", "builder:1", "set -e\nmake\nmake install")
OTHER = ("scan", "scanner:1", "scan .\nreport")


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ({"a.yaml": task("a", BUILD)}, {"a.yaml": task("a", OTHER)}, {"a": "a"}),
        ({"a.yaml": task("a", BUILD)}, {"b.yaml": task("a", BUILD)}, {"a": "a"}),
        ({"a.yaml": task("a", BUILD)}, {"a.yaml": task("b", BUILD)}, {"b": "a"}),
        ({"a.yaml": task("a", BUILD)}, {"b.yaml": task("b", ("x", "builder:2", BUILD[2]))}, {"b": "a"}),
        ({"a.yaml": task("a", BUILD)}, {"a.yaml": task("b", OTHER)}, {"b": None}),
        # The same file wins over the same name elsewhere, and a copy is new.
        ({"a.yaml": task("a", BUILD)}, {"a.yaml": task("a", BUILD), "b.yaml": task("b", BUILD)}, {"a": "a", "b": None}),
        (
            {"a.yaml": task("a", BUILD), "b.yaml": task("b", OTHER)},
            {"c.yaml": task("c", OTHER), "d.yaml": task("d", BUILD)},
            {"c": "b", "d": "a"},
        ),
    ],
)
def test_a_task_is_found_by_name_and_else_by_what_it_does(
    then: dict[str, str], now: dict[str, str], expected: dict[str, str | None]
) -> None:
    assert expected == tasks_then(then, now)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (pipeline("p", ("a", "x")), pipeline("p", ("a", "y")), {"p/a": "p/a"}),
        (pipeline("p", ("a", "x")), pipeline("p", ("b", "x")), {"p/b": "p/a"}),
        (pipeline("p", ("a", "x")), pipeline("p", ("b", "y")), {"p/b": None}),
        # Two that refer to one Task: nobody can say which is which.
        (pipeline("p", ("a", "x")), pipeline("p", ("b", "x"), ("c", "x")), {"p/b": None, "p/c": None}),
        # A task that moved to a pipeline that has little in common with the old one.
        (
            pipeline("p", ("a", "x"), ("b", "y"), ("c", "z")),
            pipeline("p", ("a", "x"), ("b", "y")) + "---\n" + pipeline("q", ("c", "z"), ("d", "v"), ("e", "w")),
            {"p/a": "p/a", "p/b": "p/b", "q/c": "p/c", "q/d": None, "q/e": None},
        ),
    ],
)
def test_a_task_of_a_pipeline_is_found_by_name_and_else_by_what_it_refers_to(
    then: str, now: str, expected: dict[str, str | None]
) -> None:
    assert expected == pipeline_tasks_then({"p.yaml": then}, {"p.yaml": now})


def test_a_file_that_was_renamed_is_the_same_file() -> None:
    """Of two Tasks of one name each is what it was in its own file."""
    then = {"a.yaml": task("t", BUILD), "b.yaml": task("t", OTHER)}
    now = {"c.yaml": task("t", OTHER), "a.yaml": task("t", BUILD)}

    found, model = past(then, now, {"c.yaml": "b.yaml"})

    olds = {one.source.name: found.resource(one) for one in model.tree.resources}
    assert {"a.yaml": "a.yaml", "c.yaml": "b.yaml"} == {
        name: old.source.name if old is not None else None for name, old in olds.items()
    }


def test_steps_are_found_by_name_and_else_by_what_they_do() -> None:
    found, model = past(
        {"a.yaml": task("a", BUILD, OTHER, ("gone", "g:1", "bye"))},
        {"a.yaml": task("a", ("compile", *BUILD[1:]), OTHER, ("new", "n:1", "hi"))},
    )
    spec = model.task(next(one for one in model.tree.resources).place.get("spec"))  # type: ignore[arg-type]

    pairs = [(new.get("name"), old.get("name")) for new, old in found.steps(spec)]

    assert [("compile", "build"), ("scan", "scan")] == [(new.text, old.text) for new, old in pairs if new and old]


def test_without_a_base_there_is_no_past() -> None:
    assert past_of(model_of(of_texts({"a.yaml": task("a", BUILD)}), Target(tekton=newest()))) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_one_of_the_base_is_at_most_one_now(then: list[str], now: list[str]) -> None:
    class One:
        def __init__(self, name: str) -> None:
            self.name = name

    old, new = list(map(One, then)), list(map(One, now))
    found = paired(old, new, (lambda one: one.name,), lambda one: Counter([one.name]))

    assert len(found) == len({id(one) for one in found.values()})
    assert all(one.name == found[id(one)].name for one in new if id(one) in found)
    assert sum((Counter(then) & Counter(now)).values()) == len(found)
