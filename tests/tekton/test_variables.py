"""Tekton's variables, in every form that they have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import tree
from tektonlint.tekton.variables import ROOTS, uses, variables

# Text, root, names, what stands in the last brackets without quotes, whether a name stands in quotes.
FORMS: list[tuple[str, str, tuple[str, ...], str | None, bool]] = [
    ("$(params.image)", "params", ("image",), None, False),
    ("$(params.image-name_2)", "params", ("image-name_2",), None, False),
    ("$(params.image.digest)", "params", ("image", "digest"), None, False),
    ('$(params["image.digest"])', "params", ("image.digest",), None, True),
    ("$(params['image.digest'])", "params", ("image.digest",), None, True),
    ("$(params.images[*])", "params", ("images",), "*", False),
    ("$(params.images[12])", "params", ("images",), "12", False),
    ("$(params['my.images'][*])", "params", ("my.images",), "*", True),
    ("$(tasks.build.results.digest)", "tasks", ("build", "results", "digest"), None, False),
    ("$(tasks.build.results.image.digest)", "tasks", ("build", "results", "image", "digest"), None, False),
    ("$(tasks.build.results.images[0])", "tasks", ("build", "results", "images"), "0", False),
    ("$(tasks.build.status)", "tasks", ("build", "status"), None, False),
    ("$(tasks.status)", "tasks", ("status",), None, False),
    ("$(tasks.build.matrix.length)", "tasks", ("build", "matrix", "length"), None, False),
    ("$(finally.tell.results.id)", "finally", ("tell", "results", "id"), None, False),
    ("$(steps.build.results.digest)", "steps", ("build", "results", "digest"), None, False),
    ("$(steps.step-build.exitCode.path)", "steps", ("step-build", "exitCode", "path"), None, False),
    ("$(step.results.digest.path)", "step", ("results", "digest", "path"), None, False),
    ("$(results.digest.path)", "results", ("digest", "path"), None, False),
    ("$(workspaces.source.path)", "workspaces", ("source", "path"), None, False),
    ("$(workspaces.source.bound)", "workspaces", ("source", "bound"), None, False),
    ("$(context.pipelineRun.name)", "context", ("pipelineRun", "name"), None, False),
    ("$(context.task.retry-count)", "context", ("task", "retry-count"), None, False),
    ("$(tt.params.revision)", "tt", ("params", "revision"), None, False),
    ("$(uid)", "uid", (), None, False),
    ("$(inputs.params.image)", "inputs", ("params", "image"), None, False),
    ("$(credentials.path)", "credentials", ("path",), None, False),
    ("$(step.artifacts.path)", "step", ("artifacts", "path"), None, False),
]


@pytest.mark.parametrize(("text", "root", "names", "subscript", "quoted"), FORMS)
def test_a_form_of_a_variable(
    text: str, root: str, names: tuple[str, ...], subscript: str | None, quoted: bool
) -> None:
    (found,) = variables(f"before {text} after")

    assert (root, names, subscript, quoted) == (found.root, found.names, found.subscript, found.quoted)
    assert (7, 7 + len(text)) == (found.start, found.end)


@pytest.mark.parametrize(
    "text",
    ["$(date)", "$(cat a)", "$(ls params.x)", "$( params.x )", "${params.x}", "$params.x", "$(params.x", "$(HOME)", ""],
)
def test_what_is_somebody_else_s(text: str) -> None:
    assert () == variables(text)


def test_two_dollars_do_not_hide_a_variable() -> None:
    """Tekton replaces the text wherever it stands (pkg/substitution)."""
    assert [1] == [one.start for one in variables("$$(params.x)")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(tasks.build.results.digest)", ("build", "digest")),
        ("$(tasks.build.results.images[*])", ("build", "images")),
        ("$(tasks.build.results.image.digest)", ("build", "image")),
        ("$(finally.tell.results.id)", ("tell", "id")),
        ("$(tasks.build.result.digest)", None),
        ("$(tasks.build.results.a.b.c)", None),
        ("$(tasks.build.results['digest'])", None),
        ("$(tasks.build.status)", None),
        ("$(steps.build.results.digest)", None),
    ],
)
def test_which_variables_are_results_of_a_task(text: str, expected: tuple[str, str] | None) -> None:
    assert [expected] == [one.result_of for one in variables(text)]


NAME = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
REST = st.lists(
    st.one_of(
        NAME.map(lambda name: f".{name}"),
        NAME.map(lambda name: f"['{name}.x']"),
        NAME.map(lambda name: f'["{name}"]'),
        st.sampled_from(["[*]", "[0]"]),
    ),
    max_size=4,
).map("".join)
FILLER = st.text(st.characters(exclude_characters="$", exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(FILLER, st.sampled_from(sorted(ROOTS)), REST), max_size=5), FILLER)
def test_every_variable_is_found_where_it_stands(parts: list[tuple[str, str, str]], tail: str) -> None:
    text = "".join(f"{filler}$({root}{rest})" for filler, root, rest in parts) + tail

    assert [f"$({root}{rest})" for _, root, rest in parts] == [text[one.start : one.end] for one in variables(text)]


def test_the_uses_below_a_place_stand_in_order_with_their_places() -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  steps:
    - name: one
      image: $(params.image)
      script: |
        echo $(params.a) "$(workspaces.source.path)/x"
        date=$(date)
    - name: two
      image: alpine
      args: ["--to=$(results.digest.path)"]
"""
    (resource,) = tree.of_texts({"task.yaml": text}).resources
    first, second = resource.place.each("spec", "steps")

    assert ["$(params.image)", "$(params.a)", "$(workspaces.source.path)"] == [use.text for use in uses(first)]
    assert ["$(results.digest.path)"] == [use.text for use in uses(second)]
    assert 4 == len(uses(resource.place))
    for use in uses(resource.place):
        source, span = use.location
        assert use.text == source.text[span.start : span.end]
