"""`wrap_in_list`: a text becomes a list with that text in it."""

from __future__ import annotations

import pytest

from tektonlint import edit
from tektonlint.edit import Refusal
from tests.edit.places import edited

WRAPPED = {
    "a plain text, with its comment": ("a: build  # why\nb: 1\n", "a: [build]  # why\nb: 1\n"),
    "a quoted text": ("a: 'build'\n", "a: ['build']\n"),
    "a text in double quotes": ('a: "b\\u00e9"\n', 'a: ["bé"]\n'),
    "a text that needs quotes in brackets": ("a: one, two\n", 'a: ["one, two"]\n'),
    "a text that is a number without its quotes": ('a: "1"\n', 'a: ["1"]\n'),
    "a text on the next line": ("a:\n  build\nb: 1\n", "a:\n  [build]\nb: 1\n"),
    "the end of the file": ("b: 1\na: build", "b: 1\na: [build]"),
    "under an anchor that nothing refers to": ("a: &x build\n", "a: &x [build]\n"),
}


@pytest.mark.parametrize(("before", "after"), WRAPPED.values(), ids=WRAPPED)
def test_a_text_becomes_the_one_item_of_a_list(before: str, after: str) -> None:
    assert after == edited(before, ("a",), edit.wrap_in_list)


def test_a_text_in_braces_becomes_a_list_there() -> None:
    assert "x: {a: [build], c: 3}\n" == edited("x: {a: build, c: 3}\n", ("x", "a"), edit.wrap_in_list)


NOT_WRAPPED = {
    "a number": "a: 1\n",
    "nothing": "a:\nb: 1\n",
    "a list": "a: [build]\n",
    "a mapping": "a: {b: 1}\n",
    "a literal block": "a: |\n  build\n",
    "a folded block": "a: >\n  build\n",
    "what an alias shares": "a: &x build\nb: *x\n",
    "a tag": "a: !!str build\n",
}


@pytest.mark.parametrize("text", NOT_WRAPPED.values(), ids=NOT_WRAPPED)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        edited(text, ("a",), edit.wrap_in_list)
