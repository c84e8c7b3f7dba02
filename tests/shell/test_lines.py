"""Where a line can be added to a script, and whether what is before it has been done by then."""

from __future__ import annotations

import pytest

from tektonlint.shell.lines import end_of_last, gap_behind

# A script, in which `copy` is the command that is asked about.
CERTAIN = {
    "a command": "copy a\nb\n",
    "with a way out": "copy a || exit 1\nb\n",
    "before another": "copy a && b\n",
    "in a pipe": "a | copy b\n",
    "in braces": "{ copy a; b; }\n",
    "in a branch of its own": "if a; then\n  copy a\nfi\n",
    "in a condition": "if copy a; then\n  b\nfi\n",
}
NOT_CERTAIN = {
    "behind another": "a && copy b\n",
    "if another fails": "a || copy b\n",
    "in a branch on one line": "if a; then copy b; fi\nc\n",
    "in a loop on one line": "for a in b c; do copy $a; done\n",
    "in another folder": "(cd a && copy b)\n",
    "in a substitution": 'a=$(copy b)\n',
    "in a case on one line": "case a in\n  b) copy c ;;\nesac\n",
}


@pytest.mark.parametrize("script", CERTAIN.values(), ids=CERTAIN)
def test_a_command_has_been_run_where_the_gap_behind_it_is_reached(script: str) -> None:
    gap = gap_behind(script, script.index("copy"))

    assert gap is not None
    assert gap.certain


@pytest.mark.parametrize("script", NOT_CERTAIN.values(), ids=NOT_CERTAIN)
def test_a_command_may_not_have_been_run_where_the_gap_behind_it_is_reached(script: str) -> None:
    gap = gap_behind(script, script.index("copy"))

    assert gap is not None
    assert not gap.certain


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a && copy b\nc\n", "a && copy b"),
        ("a > x && copy b > c\n", "a > x && copy b > c"),
        ("a && b && copy c || exit 1\n", "a && b && copy c"),
        ("copy a && b\n", None),
        ("a || copy b\n", None),
        ("copy a\n", None),
        ("a && copy <<E\nb\nE\n", None),
    ],
)
def test_another_command_may_follow_the_last_one_of_a_list(script: str, expected: str | None) -> None:
    end = end_of_last(script, script.index("copy"))

    assert expected == (script[:end] if end is not None else None)
