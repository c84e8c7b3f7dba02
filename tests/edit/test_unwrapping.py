"""`unwrap_key` and `remove_lines`: what they make of a text, and what they leave alone."""

from __future__ import annotations

import pytest

from tektonlint import edit
from tektonlint.edit import Refusal
from tests.edit.places import edited

UNWRAPPED = {
    "in block style": ("a:\n  b:\n    - 1\n    # why\n    - 2\nc: 3\n", "b:\n  - 1\n  # why\n  - 2\nc: 3\n"),
    "a scalar, with its comment": ("a:\n    b: 1  # why\nc: 3\n", "b: 1  # why\nc: 3\n"),
    "in braces": ("a: {b: {d: 1}}  # why\nc: 3\n", "b: {d: 1}  # why\nc: 3\n"),
    "a script": ("a:\n  b: |\n    one\n\n      two\n\nc: 3\n", "b: |\n  one\n\n    two\n\nc: 3\n"),
    "a list at the key's own column": ("a:\n  b:\n  - 1\n  - 2\n", "b:\n- 1\n- 2\n"),
    "the end of the file": ("c: 3\na:\n  b: 1\n  # and so on", "c: 3\nb: 1\n# and so on"),
    "with CRLF": ("a:\r\n  b:\r\n    d: 1\r\n\r\n    e: 2\r\n", "b:\r\n  d: 1\r\n\r\n  e: 2\r\n"),
}


@pytest.mark.parametrize(("before", "after"), UNWRAPPED.values(), ids=UNWRAPPED)
def test_the_only_entry_of_a_mapping_takes_its_place(before: str, after: str) -> None:
    assert after == edited(before, ("a",), edit.unwrap_key)


def test_an_entry_in_braces_takes_the_place_of_its_mapping_in_braces() -> None:
    assert "x: {'b': 1, c: 3}\n" == edited("x: {a: { 'b': 1 }, c: 3}\n", ("x", "a"), edit.unwrap_key)


NOT_UNWRAPPED = {
    "two entries": "a:\n  b: 1\n  d: 2\n",
    "no entry": "a: {}\nc: 3\n",
    "its name is taken": "a:\n  b: 1\nb: 3\n",
    "a comment behind the outer key": "a:  # why\n  b: 1\n",
    "a comment between the keys": "a:\n  # why\n  b: 1\n",
    "an anchor": "a: &it\n  b: 1\nc: *it\n",
    "a tag": "a: !!map\n  b: 1\n",
    "a merge": "x: &it {b: 1}\na:\n  <<: *it\n",
    "an indentation indicator": "a:\n  b: |2\n    one\n",
    "a line further left": "a:\n    b: {d: 1,\n  e: 2}\n",
    "braces over two lines": "a: {b: 1,\n  }\n",
    "a blank line that would join the script": "a:\n  b: |\n    one\n   \nc: 3\n",
    "a comment that would join the script": "a:\n    b: |\n      one\n  # why\n# end\n",
}


@pytest.mark.parametrize("text", NOT_UNWRAPPED.values(), ids=NOT_UNWRAPPED)
def test_an_entry_stays_where_that_is_not_exact(text: str) -> None:
    with pytest.raises(Refusal):
        edited(text, ("a",), edit.unwrap_key)


# The text, the first line and how many, and the text after it.
REMOVED = {
    "the first": ("a: |\n  one\n  two\n", 0, 1, "a: |\n  two\n"),
    "blank lines at the beginning": ("a: |\n\n \n  one\n", 0, 2, "a: |\n  one\n"),
    "one in the middle": ("a: |-\n  one\n    two\n  three\nb: 1\n", 1, 1, "a: |-\n  one\n  three\nb: 1\n"),
    "the last": ("a: |\n  one\n  two\n\nb: 1\n", 1, 1, "a: |\n  one\n\nb: 1\n"),
    "before blanks under an indicator": ("a: |2\n\n    one\n", 0, 1, "a: |2\n    one\n"),
    "the end of the file without a line end": ("a: |\n  one\n  two", 0, 1, "a: |\n  two"),
    "the last of the file without a line end": ("a: |\n  one\n  two", 1, 1, "a: |\n  one\n"),
    "with CRLF": ("a: |\r\n\r\n  one\r\n", 0, 1, "a: |\r\n  one\r\n"),
    "none": ("a: |\n  one\n", 0, 0, "a: |\n  one\n"),
}


@pytest.mark.parametrize(("before", "first", "count", "after"), REMOVED.values(), ids=REMOVED)
def test_lines_are_taken_out_of_a_script(before: str, first: int, count: int, after: str) -> None:
    assert after == edited(before, ("a",), lambda place: edit.remove_lines(place, first, count))


NOT_REMOVED = {
    "all lines": ("a: |\n  one\n", 0, 1),
    "what is left begins with a blank": ("a: |\n  one\n    two\n", 0, 1),
    "a blank line would end it": ("a: |\n  one\n\n  two\n", 2, 1),
    "a folded block": ("a: >\n\n  one\n", 0, 1),
    "quotes": ("a: 'one'\n", 0, 1),
    "a character that only YAML takes for a line end": ("a: |\n  one\x85  two\n", 0, 1),
}


@pytest.mark.parametrize(("text", "first", "count"), NOT_REMOVED.values(), ids=NOT_REMOVED)
def test_lines_stay_where_that_is_not_exact(text: str, first: int, count: int) -> None:
    with pytest.raises(Refusal):
        edited(text, ("a",), lambda place: edit.remove_lines(place, first, count))
