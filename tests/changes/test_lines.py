"""Which lines two versions of a text have in common."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.lines import common, lines_of

LINES = st.lists(st.sampled_from(["a", "b", "c", "{", "}", ""]) | st.text("xyz", max_size=2), max_size=30)


def in_common(old: str, new: str) -> list[str]:
    return ["".join(old[start : start + size]) for start, _, size in common(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "abc", ["abc"]),
        ("abc", "abxc", ["ab", "c"]),
        ("abxc", "abc", ["ab", "c"]),
        ("abc", "", []),
        ("", "abc", []),
        ("abc", "xbz", ["b"]),
        # A block of alike lines that another is put before: what is unique keeps its own.
        ("{1}{2}", "{3}{1}{2}", ["{", "1}{2}"]),
    ],
)
def test_lines_in_common_are_found(old: str, new: str, expected: list[str]) -> None:
    assert "".join(expected) == "".join(in_common(old, new))


@settings(deadline=None)
@given(LINES, LINES)
def test_only_equal_lines_are_matched_each_once_and_in_order(old: list[str], new: list[str]) -> None:
    blocks = common(old, new)

    for old_start, new_start, size in blocks:
        assert size > 0
        assert old[old_start : old_start + size] == new[new_start : new_start + size]
    for (old_start, new_start, size), (next_old, next_new, _) in pairwise(blocks):
        assert old_start + size <= next_old
        assert new_start + size <= next_new


@settings(deadline=None)
@given(LINES, LINES, LINES)
def test_what_was_put_in_between_is_all_that_is_not_matched(
    before: list[str], added: list[str], after: list[str]
) -> None:
    old, new = before + after, before + added + after

    assert len(old) == sum(size for _, _, size in common(old, new))


def test_line_ends_and_a_mark_at_the_start_are_not_of_a_line() -> None:
    assert ["a", "b", ""] == lines_of("\ufeffa\r\nb\n") == lines_of("a\rb\r\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["a"] * 200_000, ["a", "b"] * 100_000),
        ([str(number) for number in range(200_000)], [str(-number) for number in range(200_000)]),
        ([str(number) for number in range(200_000)], [str(number) for number in range(200_000, 0, -1)]),
        ([str(number % 1000) for number in range(100_000)], [str(number % 997) for number in range(100_000)]),
    ],
)
def test_no_text_takes_long(old: list[str], new: list[str]) -> None:
    """Well below a second each; the limit is for a machine that is busy."""
    start = time.process_time()
    common(old, new)

    assert time.process_time() - start < 10
