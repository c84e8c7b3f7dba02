"""What makes one task wait for another, and which may run at the same time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.model.pipelines import Pipeline, critical_path
from tests.model.trees import pipeline_of

BUILD = "- {name: build, taskRef: {name: build}}\n"


def waits(tasks: str, finally_: str = "") -> dict[str, frozenset[str]]:
    return pipeline_of(tasks, finally_).ancestors


@pytest.mark.parametrize(
    "field",
    [
        "params: [{name: image, value: $(tasks.build.results.digest)}]",
        'params: [{name: image, value: "sha is $(tasks.build.results.digest), say"}]',
        'params: [{name: images, value: ["$(tasks.build.results.images[0])"]}]',
        "params: [{name: images, value: '$(tasks.build.results.images[*])'}]",
        "params: [{name: image, value: {digest: $(tasks.build.results.image.digest)}}]",
        "matrix: {params: [{name: image, value: '$(tasks.build.results.images[*])'}]}",
        "matrix: {include: [{name: one, params: [{name: image, value: $(tasks.build.results.digest)}]}]}",
        "when: [{input: $(tasks.build.results.digest), operator: notin, values: ['']}]",
        "when: [{input: a, operator: in, values: [$(tasks.build.results.digest)]}]",
        "when: [{cel: \"'$(tasks.build.results.digest)' != ''\"}]",
        "runAfter: [build]",
    ],
)
def test_what_makes_a_task_wait(field: str) -> None:
    found = waits(f"{BUILD}- name: push\n  taskRef: {{name: push}}\n  {field}\n")

    assert {"build": frozenset(), "push": {"build"}} == found


@pytest.mark.parametrize(
    "field",
    [
        "image: $(tasks.build.results.image)",
        "script: echo $(tasks.build.results.digest)",
        "workingDir: /work/$(tasks.build.results.folder)",
        "command: [run, $(tasks.build.results.digest)]",
        "args: [$(tasks.build.results.digest)]",
        "env: [{name: DIGEST, value: $(tasks.build.results.digest)}]",
    ],
)
@pytest.mark.parametrize("container", ["steps", "sidecars"])
def test_a_result_in_an_inline_step_or_sidecar_makes_its_task_wait(container: str, field: str) -> None:
    other = "steps: [{name: other, image: alpine}], " if container == "sidecars" else ""
    spec = f"taskSpec: {{{other}{container}: [{{name: push, {field}}}]}}"
    found = waits(f"- {{name: build, taskRef: {{name: build}}}}\n- {{name: push, {spec}}}\n")

    assert {"build"} == found["push"]


@pytest.mark.parametrize(
    "field",
    [
        "displayName: pushes $(tasks.build.results.digest)",
        "workspaces: [{name: work, subPath: $(tasks.build.results.folder)}]",
        "params: [{name: image, value: $(tasks.build.result.digest)}]",
        "params: [{name: image, value: $(tasks.build.results)}]",
        "params: [{name: image, value: \"$(tasks.build.results['digest'])\"}]",
        "params: [{name: image, value: $(params.build)}]",
        "params: [{name: image, value: $(tasks.build.status)}]",
    ],
)
def test_what_does_not_make_a_task_wait(field: str) -> None:
    found = waits(f"{BUILD}- name: push\n  taskRef: {{name: push}}\n  {field}\n")

    assert {"build": frozenset(), "push": frozenset()} == found


def test_ancestors_go_all_the_way_up() -> None:
    tasks = """\
        - {name: push, runAfter: [scan, build], taskRef: {name: t}}
        - {name: fetch, taskRef: {name: t}}
        - {name: build, runAfter: [fetch], taskRef: {name: t}}
        - {name: scan, taskRef: {name: t}, params: [{name: p, value: $(tasks.build.results.r)}]}
        """

    expected = {"push": {"scan", "build", "fetch"}, "fetch": set(), "build": {"fetch"}, "scan": {"build", "fetch"}}

    assert expected == waits(tasks)


def together(pipeline: Pipeline, one: str, other: str) -> bool:
    return pipeline.may_run_together(pipeline.by_name[one], pipeline.by_name[other])


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ("- {name: a, taskRef: {name: t}}\n- {name: b, taskRef: {name: t}}\n", True),
        ("- {name: a, taskRef: {name: t}}\n- {name: b, runAfter: [a], taskRef: {name: t}}\n", False),
        (
            "- {name: a, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [one]}]}\n"
            "- {name: b, taskRef: {name: t}, when: [{input: $(params.x), operator: notin, values: [one]}]}\n",
            False,
        ),
        (
            "- {name: a, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [one]}]}\n"
            "- {name: b, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [two]}]}\n",
            False,
        ),
        (
            "- {name: a, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [one, two]}]}\n"
            "- {name: b, taskRef: {name: t}, when: [{input: $(params.x), operator: notin, values: [one]}]}\n",
            True,
        ),
        (
            "- {name: a, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [$(params.y)]}]}\n"
            "- {name: b, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [two]}]}\n",
            True,
        ),
        (
            "- {name: a, taskRef: {name: t}, when: [{input: $(params.x), operator: in, values: [one]}]}\n"
            "- {name: b, taskRef: {name: t}, when: [{input: $(params.z), operator: notin, values: [one]}]}\n",
            True,
        ),
        ("- {name: a, taskRef: {name: t}, retries: 3}\n- {name: b, runAfter: [a], taskRef: {name: t}}\n", False),
    ],
)
def test_which_tasks_may_run_at_the_same_time(tasks: str, expected: bool) -> None:
    pipeline = pipeline_of(tasks)

    assert (expected, expected) == (together(pipeline, "a", "b"), together(pipeline, "b", "a"))


def test_all_of_finally_starts_together_and_behind_everything_else() -> None:
    pipeline = pipeline_of(
        "- {name: a, taskRef: {name: t}}\n",
        "- {name: clean, taskRef: {name: t}}\n- {name: tell, taskRef: {name: t}}\n",
    )
    a, clean = pipeline.by_name["a"], pipeline.by_name["clean"]

    assert together(pipeline, "clean", "tell")
    assert not together(pipeline, "a", "clean")
    assert (True, False) == (pipeline.comes_before(a, clean), pipeline.comes_before(clean, a))


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("matrix: {params: [{name: p, value: [a, b]}]}", True),
        ("matrix: {params: [{name: p, value: [a]}]}", False),
        ("matrix: {params: [{name: p, value: '$(params.list[*])'}]}", True),
        ("matrix: {params: [{name: p, value: [a]}], include: [{name: x, params: [{name: q, value: b}]}]}", True),
        ("retries: 2", False),
    ],
)
def test_a_matrix_runs_beside_itself(matrix: str, expected: bool) -> None:
    pipeline = pipeline_of(f"- {{name: a, taskRef: {{name: t}}, {matrix}}}\n")

    assert expected is together(pipeline, "a", "a")


def test_a_cycle_is_seen_and_has_no_longest_chain() -> None:
    pipeline = pipeline_of(
        "- {name: a, runAfter: [b], timeout: 1h, taskRef: {name: t}}\n- {name: b, runAfter: [a], taskRef: {name: t}}\n"
    )

    assert pipeline.has_cycle
    assert ((), 0) == critical_path(pipeline, {"a": 1})


def test_an_edge_that_would_close_a_circle_is_known() -> None:
    pipeline = pipeline_of("- {name: a, taskRef: {name: t}}\n- {name: b, runAfter: [a], taskRef: {name: t}}\n")
    a, b = pipeline.by_name["a"], pipeline.by_name["b"]

    assert (True, False, True) == (
        pipeline.would_cycle(a, b),
        pipeline.would_cycle(b, a),
        pipeline.would_cycle(a, a),
    )


NAMES = [f"task-{number}" for number in range(7)]
EDGES = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]))
GUARD = st.sampled_from(["", "in, values: [a]", "in, values: [b]", "notin, values: [a]"])
GUARDS = st.lists(GUARD, min_size=7, max_size=7)


def graph(edges: set[tuple[int, int]], guards: list[str] | None = None) -> Pipeline:
    """Seven tasks; of each edge the second waits for the first."""
    lines = []
    for number, name in enumerate(NAMES):
        after = [NAMES[one] for one, other in sorted(edges) if other == number]
        guard = f", when: [{{input: $(params.x), operator: {guards[number]}}}]" if guards and guards[number] else ""
        lines.append(f"- {{name: {name}, taskRef: {{name: t}}, runAfter: {after}{guard}}}\n")
    return pipeline_of("".join(lines))


@settings(deadline=None, max_examples=60)
@given(EDGES, st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]), GUARDS)
def test_another_edge_never_lets_more_tasks_run_together(
    edges: set[tuple[int, int]], another: tuple[int, int], guards: list[str]
) -> None:
    before, after = graph(edges, guards), graph(edges | {another}, guards)
    pairs = [(one, other) for one in NAMES for other in NAMES]

    assert [] == [pair for pair in pairs if together(after, *pair) and not together(before, *pair)]


@settings(deadline=None, max_examples=60)
@given(EDGES, st.lists(st.integers(0, 50), min_size=7, max_size=7), GUARDS)
def test_the_longest_chain_is_one_and_no_other_is_longer(
    edges: set[tuple[int, int]], weights: list[int], guards: list[str]
) -> None:
    """Against every chain there is, walked one by one."""
    pipeline = graph(edges)
    weight = dict(zip(NAMES, weights, strict=True))

    def longest_from(number: int) -> int:
        return weights[number] + max((longest_from(other) for one, other in edges if one == number), default=0)

    chain, total = critical_path(pipeline, weight)

    assert max(longest_from(number) for number in range(7)) == total
    assert total == sum(weight[task.name or ""] for task in chain)
    assert all(pipeline.comes_before(one, other) for one, other in pairwise(chain))
    assert critical_path(graph(edges, guards), weight)[1] <= total


def test_an_edge_stands_on_its_entry_or_on_the_variable() -> None:
    pipeline = pipeline_of(
        BUILD + "- {name: scan, taskRef: {name: t}}\n"
        "- name: push\n  runAfter: [scan]\n  taskRef: {name: t}\n"
        "  params: [{name: p, value: of $(tasks.build.results.d)}]\n"
    )
    edges = pipeline.by_name["push"].edges
    texts = [edge.location.source.text[slice(*edge.location.span)] for edge in edges]

    assert ["scan", "$(tasks.build.results.d)"] == texts
    assert [False, True] == [edge.by_result for edge in edges]


def test_a_result_of_a_task_in_finally_is_an_edge_that_leads_nowhere() -> None:
    pipeline = pipeline_of(
        "- {name: push, taskRef: {name: t}, params: [{name: p, value: $(finally.report.results.d)}]}\n",
        "- {name: report, taskRef: {name: t}}\n",
    )

    assert ["report"] == [edge.on for edge in pipeline.by_name["push"].edges]
    assert {"push": frozenset()} == pipeline.parents


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("scan", True),
        ("''", True),
        ("'{{ name }}'", False),
        ("$(params.name)", False),
        ("[scan]", False),
    ],
)
def test_whether_every_name_is_known(name: str, known: bool) -> None:
    assert known is pipeline_of(f"{BUILD}- {{name: {name}, taskRef: {{name: t}}}}\n").names_are_known


def test_a_task_without_a_name_hides_none() -> None:
    assert pipeline_of(f"{BUILD}- {{taskRef: {{name: t}}}}\n").names_are_known
