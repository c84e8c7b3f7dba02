"""`unwrap_key`, `remove_lines` and `insert_line`: what they make of a text, and what they leave alone."""

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


# A script, in which `copy` is the command behind which a line `NEW` is to stand, and what comes of it.
BEHIND = {
    "a command": ("copy a\nnext\n", "copy a\nNEW\nnext\n"),
    "the last": ("first\ncopy a\n", "first\ncopy a\nNEW\n"),
    "the last without a line end": ("first\ncopy a", "first\ncopy a\nNEW"),
    "a comment on its line": ("copy a  # why\nnext\n", "copy a  # why\nNEW\nnext\n"),
    "several on a line": ("copy a; next\nlast\n", "copy a; next\nNEW\nlast\n"),
    "a command that goes on": ("copy a \\\n  b \\\n  c\nnext\n", "copy a \\\n  b \\\n  c\nNEW\nnext\n"),
    "a here-document": ("copy > a <<EOF\nnext\nEOF\nlast\n", "copy > a <<EOF\nnext\nEOF\nNEW\nlast\n"),
    "a here-document that may be indented": ("copy <<-E\n\ta\n\tE\nlast\n", "copy <<-E\n\ta\n\tE\nNEW\nlast\n"),
    "a here-document of its pipe": ("copy <<E | tee b\na\nE\nlast\n", "copy <<E | tee b\na\nE\nNEW\nlast\n"),
    "quotes over lines": ("copy 'a\nb' c\nnext\n", "copy 'a\nb' c\nNEW\nnext\n"),
    "a pipe over lines": ("copy a |\n  sort |\n  tee b\nnext\n", "copy a |\n  sort |\n  tee b\nNEW\nnext\n"),
    "alternatives over lines": ("copy a ||\n  exit 1\nnext\n", "copy a ||\n  exit 1\nNEW\nnext\n"),
    "what is done if it fails": ("copy a || {\n  exit 1\n}\nnext\n", "copy a || {\n  exit 1\n}\nNEW\nnext\n"),
    "in a branch": ("if x; then\n  copy a\nfi\n", "if x; then\n  copy a\n  NEW\nfi\n"),
    "before `else`": ("if x; then\n  copy a\nelse\n  b\nfi\n", "if x; then\n  copy a\n  NEW\nelse\n  b\nfi\n"),
    "in `else`": ("if x; then\n  a\nelse\n  copy b\nfi\n", "if x; then\n  a\nelse\n  copy b\n  NEW\nfi\n"),
    "in `elif`": ("if x; then a\nelif y; then\n  copy b\nfi\n", "if x; then a\nelif y; then\n  copy b\n  NEW\nfi\n"),
    "a condition": ("if copy a; then\n    b\nfi\n", "if copy a; then\n    NEW\n    b\nfi\n"),
    "a condition over lines": ("if copy a &&\n  b\nthen\n  c\nfi\nd\n", "if copy a &&\n  b\nthen\n  c\nfi\nNEW\nd\n"),
    "the condition of a loop": ("until copy a; do\n  b\ndone\nc\n", "until copy a; do\n  b\ndone\nNEW\nc\n"),
    "in a loop": ("for x in a b; do\n\tcopy $x\ndone\n", "for x in a b; do\n\tcopy $x\n\tNEW\ndone\n"),
    "a branch on one line": ("if x; then copy a; fi\nb\n", "if x; then copy a; fi\nNEW\nb\n"),
    "in a function": ("f() {\n  copy a\n}\nf\n", "f() {\n  copy a\n  NEW\n}\nf\n"),
    "in a case": ("case x in\n a)\n  copy a\n  ;;\nesac\n", "case x in\n a)\n  copy a\n  NEW\n  ;;\nesac\n"),
    "a case on one line": ("case x in\n a) copy ;;\n b) c ;;\nesac\n", "case x in\n a) copy ;;\n b) c ;;\nesac\nNEW\n"),
    "a substitution over lines": ("x=$(\n  copy a\n)\nnext\n", "x=$(\n  copy a\n)\nNEW\nnext\n"),
    "a Tekton variable": ("copy $(params.a) é\nnext\n", "copy $(params.a) é\nNEW\nnext\n"),
}


def _in_a_block(script: str) -> str:
    """A literal block that holds a script."""
    lines = script.removesuffix("\n").split("\n")
    return f"a: |{'' if script.endswith(chr(10)) else '-'}\n" + "".join(f"    {one}\n" for one in lines)


@pytest.mark.parametrize(("script", "after"), BEHIND.values(), ids=BEHIND)
def test_a_line_is_put_behind_a_command(script: str, after: str) -> None:
    text = _in_a_block(script)

    assert _in_a_block(after) == edited(
        text, ("a",), lambda place: edit.insert_line(place, script.index("copy"), "NEW")
    )


def test_a_line_is_put_before_the_first() -> None:
    assert "a: |\n  NEW\n  one\n" == edited("a: |\n  one\n", ("a",), lambda place: edit.insert_line(place, None, "NEW"))


NOT_PUT = {
    "a folded block": "a: >\n  one\n",
    "quotes": "a: 'one'\n",
    "an indentation indicator": "a: |2\n  one\n",
    "a script that no shell reads": "a: |\n  one (\n  fi\n",
    "a here-document that is not ended": "a: |\n  one <<EOF\n  two\n    EOF\n",
    "a here-document with something behind its line": "a: |\n  one <<EOF |\n  two\n  EOF\n  three\n",
    "two here-documents": "a: |\n  one <<A 3<<B\n  a\n  A\n  b\n  B\n",
}


@pytest.mark.parametrize("text", NOT_PUT.values(), ids=NOT_PUT)
def test_no_line_is_put_where_that_is_not_exact(text: str) -> None:
    with pytest.raises(Refusal):
        edited(text, ("a",), lambda place: edit.insert_line(place, 0, "NEW"))
