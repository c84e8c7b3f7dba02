"""What each operation makes of a text, character for character, and what it refuses."""

from __future__ import annotations

import pytest

from tektonlint import edit
from tektonlint.document import Mapping, plain_data
from tektonlint.edit import Refusal
from tektonlint.finding import Edit, Location, Path
from tektonlint.tekton.resource import Place
from tektonlint.text import BOM, Source, Span
from tests.edit.places import Operation, documents_of, edited, place_at, whole

# A text, the path of a place in it, what is done there, and the text that comes of it (or the reason of a refusal).
Case = tuple[str, Path, Operation, str]


def replace(value: str | int | bool) -> Operation:
    return lambda place: edit.replace_scalar(place, value)


def rename(name: str) -> Operation:
    return lambda place: edit.rename_key(place, name)


def insert(name: str, data: edit.Data, after: str | None = None) -> Operation:
    return lambda place: edit.insert_key(place, name, data, after=after)


def append(data: edit.Data) -> Operation:
    return lambda place: edit.append_item(place, data)


def move(*to: str) -> Operation:
    return lambda place: edit.move_key(place, *to)


def lines(number: int, *added: str) -> Operation:
    return lambda place: edit.insert_lines(place, number, added)


def fragment(old: str, new: str) -> Operation:
    """Replaces the first occurrence of a text in the scalar of a place."""

    def operation(place: Place) -> edit.Change:
        start = (place.text or "").index(old)
        return edit.replace_fragment(place, start, start + len(old), new)

    return operation


REPLACED: dict[str, Case] = {
    "a plain text": ("timeout: 1h\n", ("timeout",), replace("2h"), "timeout: 2h\n"),
    "a plain text that has to be quoted now": ("a: b\n", ("a",), replace("no"), 'a: "no"\n'),
    "a single-quoted text": ("a: 'b' # c\n", ("a",), replace("it's"), "a: 'it''s' # c\n"),
    "a single-quoted text by one that needs escapes": ("a: 'b'\n", ("a",), replace("\t"), 'a: "\\t"\n'),
    "a double-quoted text": ('a: "b"\n', ("a",), replace('"'), 'a: "\\""\n'),
    "a text by a number": ("a: '1'\n", ("a",), replace(1), "a: 1\n"),
    "a number by a text": ("a: 1\n", ("a",), replace("1"), 'a: "1"\n'),
    "a number by a boolean": ("a: 1\n", ("a",), replace(True), "a: true\n"),
    "nothing": ("a:\nb: 1\n", ("a",), replace("x"), "a: x\nb: 1\n"),
    "nothing before a comment": ("a: # c\nb: 1\n", ("a",), replace("x"), "a: x # c\nb: 1\n"),
    "nothing at the end of the file": ("b: 1\na:", ("a",), replace("x"), "b: 1\na: x"),
    "nothing in a list": ("a:\n  -\n  - b\n", ("a", 0), replace("x"), "a:\n  - x\n  - b\n"),
    "nothing in braces": ("a: {b: , c: d}\n", ("a", "b"), replace("x"), "a: {b: x , c: d}\n"),
    "a text in brackets": ("a: [b, c]\n", ("a", 0), replace("d, e"), 'a: ["d, e", c]\n'),
    "a text in braces of JSON": ('a: {"b":"c"}\n', ("a", "b"), replace("d"), 'a: {"b":"d"}\n'),
    "a quoted text over several lines": (
        'a: "one\n\n  # two \\\n  three" # c\nb: 1\n',
        ("a",),
        replace("x"),
        'a: "x" # c\nb: 1\n',
    ),
    "a plain text over several lines": ("a: one\n  two\n\n  three\nb: 1\n", ("a",), replace("x"), "a: x\nb: 1\n"),
    "a text on the next line": ("a:\n  # c\n  b\n", ("a",), replace("x"), "a:\n  # c\n  x\n"),
    "nothing under an anchor that nothing refers to": ("a: &b # c\n", ("a",), replace("x"), "a: &b x # c\n"),
    "a text between tabs": ("a:\t1\t# c\n", ("a",), replace("x"), "a:\tx\t# c\n"),
    "a text under an anchor that nothing refers to": ("a: &b c\n", ("a",), replace("x"), "a: &b x\n"),
}

RENAMED: dict[str, Case] = {
    "a key": ("a: 1 # c\n", ("a",), rename("b"), "b: 1 # c\n"),
    "a single-quoted key": ("'a': 1\n", ("a",), rename("b"), "'b': 1\n"),
    "a double-quoted key": ('"a": 1\n', ("a",), rename("b"), '"b": 1\n'),
    "a key by one that has to be quoted": ("a: 1\n", ("a",), rename("on"), '"on": 1\n'),
    "a key by one with a slash": ("a: 1\n", ("a",), rename("x.dev/b"), "x.dev/b: 1\n"),
    "a key in braces": ("a: {b: 1, c: 2}\n", ("a", "b"), rename("d"), "a: {d: 1, c: 2}\n"),
    "a key in braces that has no value": ("a: {b, c}\n", ("a", "b"), rename("d"), "a: {d, c}\n"),
    "a key in braces of JSON": ('a: {"b":1}\n', ("a", "b"), rename("d"), 'a: {"d":1}\n'),
    "the key of a pair in brackets": ("a: [b: 1]\n", ("a", 0, "b"), rename("d"), "a: [d: 1]\n"),
    "the first key of a list item": ("a:\n- b: 1\n  c: 2\n", ("a", 0, "b"), rename("d"), "a:\n- d: 1\n  c: 2\n"),
    "the key of a block": ("a: |\n  x\nb: 1\n", ("a",), rename("d"), "d: |\n  x\nb: 1\n"),
    "the key of what an alias refers to": ("a: &x 1\nb: *x\n", ("a",), rename("d"), "d: &x 1\nb: *x\n"),
    "the key of an alias": ("a: &x 1\nb: *x\n", ("b",), rename("d"), "a: &x 1\nd: *x\n"),
    "a key that Kubernetes reads as a boolean": ("y: 1\n", ("true",), rename("d"), "d: 1\n"),
    "a key with blanks before its colon": ("a : 1\n", ("a",), rename("d"), "d : 1\n"),
    "a key beside a merged mapping": (
        "x: &x {a: 1}\ny:\n  <<: *x\n  b: 1\n",
        ("true", "b"),
        rename("d"),
        "x: &x {a: 1}\ny:\n  <<: *x\n  d: 1\n",
    ),
}

REMOVED: dict[str, Case] = {
    "the first of a mapping": ("a: 1\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "the last of a mapping": ("a: 1\nb: 2\n", ("b",), edit.remove_key, "a: 1\n"),
    "the last of a file without a final line end": ("a: 1\nb: 2", ("b",), edit.remove_key, "a: 1\n"),
    "the first of a file without a final line end": ("a: 1\nb: 2", ("a",), edit.remove_key, "b: 2"),
    "the comment on its line, but none above or below": (
        "a: 1\n# above\nb: 2 # behind\n# below\nc: 3\n",
        ("b",),
        edit.remove_key,
        "a: 1\n# above\n# below\nc: 3\n",
    ),
    "the comments inside it": (
        "a: # 1\n  # 2\n  b: 1\n\n  # 3\n  c: 2 # 4\n  # 5\nd: 1\n",
        ("a",),
        edit.remove_key,
        "  # 5\nd: 1\n",
    ),
    "no blank lines around it": ("a: 1\n\nb: 2\n\nc: 3\n", ("b",), edit.remove_key, "a: 1\n\n\nc: 3\n"),
    "an empty value": ("a:\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "an empty value with a comment": ("a: # c\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a literal block": ("a: |\n  x\n\n   y\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a literal block, without the blank lines behind it": ("a: |\n  x\n\nb: 2\n", ("a",), edit.remove_key, "\nb: 2\n"),
    "a block that keeps its blank lines, with them": ("a: |+\n  x\n\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a block with blanks for its last line": ("a: |\n  x\n     \nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a block of nothing but blanks": ("a: |1\n    \n\nb: 2\n", ("a",), edit.remove_key, "\nb: 2\n"),
    "an empty value with an anchor": ("a:\n  &x\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a value between tabs": ("a:\t1\t# c\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "an empty block": ("a: |\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a list in its parent's column": ("a:\n- x\n- y\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "brackets over several lines": ("a: [\n  x, # c\n  y\n] # d\nb: 2\n", ("a",), edit.remove_key, "b: 2\n"),
    "a quoted text over several lines": ('a: "x\n\n  # y"\nb: 2\n', ("a",), edit.remove_key, "b: 2\n"),
    "a quoted key": ("'a b': 1\nb: 2\n", ("a b",), edit.remove_key, "b: 2\n"),
    "an entry below a block": ("a: |\n  x\nb: 2\n# c\nd: 1\n", ("b",), edit.remove_key, "a: |\n  x\n# c\nd: 1\n"),
    "an entry below a block, above a comment further out": (
        "m:\n  a: |\n    x\n  b: 2\n\n   # c\n  d: 1\n",
        ("m", "b"),
        edit.remove_key,
        "m:\n  a: |\n    x\n\n   # c\n  d: 1\n",
    ),
    "an entry below a block and a comment": (
        "a: |+\n  x\n\n# c\nb: 2\n\n  # d\ne: 1\n",
        ("b",),
        edit.remove_key,
        "a: |+\n  x\n\n# c\n\n  # d\ne: 1\n",
    ),
    "the first of a list item": (
        "a:\n- name: x # c\n  image: y\n",
        ("a", 0, "name"),
        edit.remove_key,
        "a:\n- image: y\n",
    ),
    "the first of a list item, over several lines": (
        "a:\n  -   name:\n        - x\n\n      image: y\n",
        ("a", 0, "name"),
        edit.remove_key,
        "a:\n  -   image: y\n",
    ),
    "the first of a list item in a list item": (
        "a:\n- - name: x\n    image: y\n",
        ("a", 0, 0, "name"),
        edit.remove_key,
        "a:\n- - image: y\n",
    ),
    "the first of a list item below its dash": (
        "a:\n-\n  name: x\n  image: y\n",
        ("a", 0, "name"),
        edit.remove_key,
        "a:\n-\n  image: y\n",
    ),
    "the second of a list item": ("a:\n- b: x\n  c: y\n", ("a", 0, "c"), edit.remove_key, "a:\n- b: x\n"),
    "the first in braces": ("a: {b: 1, c: 2}\n", ("a", "b"), edit.remove_key, "a: {c: 2}\n"),
    "the last in braces": ("a: {b: 1, c: 2 }\n", ("a", "c"), edit.remove_key, "a: {b: 1 }\n"),
    "the last in braces before a comma": ("a: {b: 1, c: 2,}\n", ("a", "c"), edit.remove_key, "a: {b: 1,}\n"),
    "one in braces over several lines": (
        "a: {\n  b: 1,\n  c: [x,\n    y],\n  d: 3\n}\n",
        ("a", "c"),
        edit.remove_key,
        "a: {\n  b: 1,\n  d: 3\n}\n",
    ),
    "the first item": ("a:\n- x\n- y\n", ("a", 0), edit.remove_item, "a:\n- y\n"),
    "the last item": ("a:\n  - x\n  - y\nb: 1\n", ("a", 1), edit.remove_item, "a:\n  - x\nb: 1\n"),
    "the last item of a file without a final line end": ("a:\n- x\n- y", ("a", 1), edit.remove_item, "a:\n- x\n"),
    "an item with the comments on its lines": (
        "a:\n- x\n# above\n- b: 1 # behind\n  # inside\n  c: 1\n# below\n- y\n",
        ("a", 1),
        edit.remove_item,
        "a:\n- x\n# above\n# below\n- y\n",
    ),
    "an item below its dash": ("a:\n- x\n- # c\n  y\n- z\n", ("a", 1), edit.remove_item, "a:\n- x\n- z\n"),
    "an empty item": ("a:\n- x\n-\n- z\n", ("a", 1), edit.remove_item, "a:\n- x\n- z\n"),
    "an item that is a block": ("a:\n- |\n  x\n- y\n", ("a", 0), edit.remove_item, "a:\n- y\n"),
    "the first item of a list in a list": ("a:\n- - x\n  - y\n", ("a", 0, 0), edit.remove_item, "a:\n- - y\n"),
    "the second item of a list in a list": ("a:\n- - x\n  - y\n", ("a", 0, 1), edit.remove_item, "a:\n- - x\n"),
    "the first item in brackets": ("a: [x, y]\n", ("a", 0), edit.remove_item, "a: [y]\n"),
    "the last item in brackets": ("a: [x, y]\n", ("a", 1), edit.remove_item, "a: [x]\n"),
    "an item in brackets over several lines": (
        "a: [\n  x,\n  y,\n]\n",
        ("a", 1),
        edit.remove_item,
        "a: [\n  x,\n]\n",
    ),
}

ADDED: dict[str, Case] = {
    "behind the last": ("a: 1\nb: 2\n", (), insert("c", 3), "a: 1\nb: 2\nc: 3\n"),
    "behind another": ("a: 1\nb: 2\n", (), insert("c", 3, "a"), "a: 1\nc: 3\nb: 2\n"),
    "behind the last, as the other is missing": ("a: 1\nb: 2\n", (), insert("c", 3, "x"), "a: 1\nb: 2\nc: 3\n"),
    "to a file without a final line end": ("a: 1", (), insert("c", 3), "a: 1\nc: 3"),
    "behind a comment at the end of a file without a final line end": (
        "a: 1 # x",
        (),
        insert("c", 3),
        "a: 1 # x\nc: 3",
    ),
    "behind a block at the end of a file without a final line end": (
        "a: |\n  x",
        (),
        insert("c", 3),
        "a: |\n  x\nc: 3",
    ),
    "to a nested mapping": ("a:\n    b: 1\nc: 2\n", ("a",), insert("d", 3), "a:\n    b: 1\n    d: 3\nc: 2\n"),
    "to a list item": ("a:\n  - b: 1\n  - x\n", ("a", 0), insert("d", 3), "a:\n  - b: 1\n    d: 3\n  - x\n"),
    "behind the first of a list item": (
        "a:\n-   b: 1\n    c: 2\n",
        ("a", 0),
        insert("d", 3, "b"),
        "a:\n-   b: 1\n    d: 3\n    c: 2\n",
    ),
    "behind a nested value": (
        "a:\n  b:\n  - c: 1\n    d: {e: [1,\n      2]}\nf: 1\n",
        (),
        insert("g", 3, "a"),
        "a:\n  b:\n  - c: 1\n    d: {e: [1,\n      2]}\ng: 3\nf: 1\n",
    ),
    "before the comment above the next": (
        "a: 1 # x\n# about b\nb: 2\n",
        (),
        insert("c", 3, "a"),
        "a: 1 # x\nc: 3\n# about b\nb: 2\n",
    ),
    "behind the comments that end a nested value": (
        "a:\n  b: 1\n  # d: 4\n    # more\n# about c\nc: 2\n",
        (),
        insert("g", 3, "a"),
        "a:\n  b: 1\n  # d: 4\n    # more\ng: 3\n# about c\nc: 2\n",
    ),
    "behind a block": ("a: |\n  x\n\nb: 2\n", (), insert("c", 3, "a"), "a: |\n  x\nc: 3\n\nb: 2\n"),
    "behind a block that keeps its blank lines": (
        "a: |+\n  x\n\n\nb: 2\n",
        (),
        insert("c", 3, "a"),
        "a: |+\n  x\n\n\nc: 3\nb: 2\n",
    ),
    "behind a block with blanks for its last line": (
        "a: >-\n  x\n     \nb: 2\n",
        (),
        insert("c", 3, "a"),
        "a: >-\n  x\n     \nc: 3\nb: 2\n",
    ),
    "behind an empty value": ("a:\nb: 1\n", (), insert("c", 3, "a"), "a:\nc: 3\nb: 1\n"),
    "behind an alias of a block": (
        "a: &x |\n  y\nb: *x\n",
        (),
        insert("c", 3),
        "a: &x |\n  y\nb: *x\nc: 3\n",
    ),
    "behind an alias of a mapping": (
        "a: &x\n  y: 1\nb: *x\nd: 1\n",
        (),
        insert("c", 3, "b"),
        "a: &x\n  y: 1\nb: *x\nc: 3\nd: 1\n",
    ),
    "a text in the quotes of the others": ("a: 'x'\nb: 2\n", (), insert("c", "y"), "a: 'x'\nb: 2\nc: 'y'\n"),
    "a text without quotes where the others differ": ("a: 'x'\nb: w\n", (), insert("c", "z"), "a: 'x'\nb: w\nc: z\n"),
    "a key in the quotes of the others": ('"a": 1\n', (), insert("c", 3), '"a": 1\n"c": 3\n'),
    "a mapping, indented as others are": (
        "a:\n    b: 1\n",
        (),
        insert("c", {"d": {"e": 1}, "f": {}}),
        "a:\n    b: 1\nc:\n    d:\n        e: 1\n    f: {}\n",
    ),
    "a mapping where there is no other": ("a: 1\n", (), insert("c", {"d": 1}), "a: 1\nc:\n  d: 1\n"),
    "a list, in its parent's column as others are": (
        "a:\n- x\n",
        (),
        insert("c", ["d", {"e": 1, "f": ["g"]}, [], ["h", "i"]]),
        "a:\n- x\nc:\n- d\n- e: 1\n  f:\n  - g\n- []\n- - h\n  - i\n",
    ),
    "a list, indented as others are": ("a:\n    -   x\n", (), insert("c", ["d"]), "a:\n    -   x\nc:\n    -   d\n"),
    "to braces": ("a: {b: 1}\n", ("a",), insert("c", [{"d": "x, y"}]), 'a: {b: 1, c: [{d: "x, y"}]}\n'),
    "to empty braces": ("a: {}\n", ("a",), insert("c", 3), "a: {c: 3}\n"),
    "to empty braces over two lines": ("a: {\n}\n", ("a",), insert("c", 3), "a: {c: 3}\n"),
    "to braces over several lines": ("a: {\n  b: 1,\n}\n", ("a",), insert("c", 3), "a: {\n  b: 1, c: 3,\n}\n"),
    "to braces, behind another": ("a: {b: 1, d: 1}\n", ("a",), insert("c", 3, "b"), "a: {b: 1, c: 3, d: 1}\n"),
    "to braces of JSON": ('a: {"b": "x"}\n', ("a",), insert("c", "y"), 'a: {"b": "x", "c": "y"}\n'),
    "an item": ("a:\n- x\n- y\nb: 1\n", ("a",), append("z"), "a:\n- x\n- y\n- z\nb: 1\n"),
    "an item to a file without a final line end": ("a:\n  - x", ("a",), append("z"), "a:\n  - x\n  - z"),
    "an item that is a mapping": (
        "a:\n  -   name: x\n",
        ("a",),
        append({"name": "z", "value": True}),
        "a:\n  -   name: x\n  -   name: z\n      value: true\n",
    ),
    "an item in the quotes of the others": ("a:\n- 'x'\n- 'y'\n", ("a",), append("z"), "a:\n- 'x'\n- 'y'\n- 'z'\n"),
    "an item in the quotes inside the last": (
        'a:\n- name: x\n- name: "y"\n  value: "1"\n',
        ("a",),
        append({"name": "z"}),
        'a:\n- name: x\n- name: "y"\n  value: "1"\n- name: "z"\n',
    ),
    "an item to a list in a list": ("a:\n- - x\n- y\n", ("a", 0), append("z"), "a:\n- - x\n  - z\n- y\n"),
    "an item behind a block": (
        "a:\n- |\n  x\n\n- y\n- |\n  z\n",
        ("a",),
        append("w"),
        "a:\n- |\n  x\n\n- y\n- |\n  z\n- w\n",
    ),
    "an item behind an anchored one": ("a:\n- &x y\n", ("a",), append("w"), "a:\n- &x y\n- w\n"),
    "an item behind comments": (
        "a:\n- x # 1\n  # 2\n# 3\nb: 1\n",
        ("a",),
        append("w"),
        "a:\n- x # 1\n  # 2\n- w\n# 3\nb: 1\n",
    ),
    "an item to brackets": ("a: [x]\n", ("a",), append("z"), "a: [x, z]\n"),
    "an item to empty brackets": ("a: []\n", ("a",), append({"b": 1}), "a: [{b: 1}]\n"),
    "an item to brackets over several lines": (
        "a: [\n  'x',\n  'y'\n]\n",
        ("a",),
        append("z"),
        "a: [\n  'x',\n  'y', 'z'\n]\n",
    ),
}

MOVED: dict[str, Case] = {
    "under a new key": ("timeout: 1h\n", ("timeout",), move("timeouts", "pipeline"), "timeouts:\n  pipeline: 1h\n"),
    "under two new keys": ("t: 1h\n", ("t",), move("a", "b", "c"), "a:\n  b:\n    c: 1h\n"),
    "under its own key": ("t: 1h\n", ("t",), move("t", "c"), "t:\n  c: 1h\n"),
    "a mapping under its own key": ("t:\n  b: 1\n", ("t",), move("t", "c"), "t:\n  c:\n    b: 1\n"),
    "under another name only": ("t: 1h\n", ("t",), move("u"), "u: 1h\n"),
    "between neighbours and comments": (
        "a: 1\n# above\nt: 1h # behind\n# below\nb: 1\n",
        ("t",),
        move("ts", "p"),
        "a: 1\n# above\nts:\n  p: 1h # behind\n# below\nb: 1\n",
    ),
    "with what stands in it": (
        "s:\n    t: # 1\n        # 2\n        a: |\n            x\n\n             y\n"
        "        b: [1,\n      2]\n    u: 1\n",
        ("s", "t"),
        move("o", "m"),
        "s:\n    o:\n        m: # 1\n            # 2\n            a: |\n                x\n\n                 y\n"
        "            b: [1,\n          2]\n    u: 1\n",
    ),
    "with a list in its own column": ("t:\n- a\n- b\nu: 1\n", ("t",), move("o", "m"), "o:\n  m:\n  - a\n  - b\nu: 1\n"),
    "with a quoted text over several lines": (
        'x: {}\nt: "a\n\n  # b"\nu: 1\n',
        ("t",),
        move("o", "m"),
        'x: {}\no:\n  m: "a\n\n    # b"\nu: 1\n',
    ),
    "with a block that keeps its blank lines": (
        "t: |+\n  a\n\nu: 1\n",
        ("t",),
        move("o", "m"),
        "o:\n  m: |+\n    a\n\nu: 1\n",
    ),
    "as the first of a list item": (
        "a:\n- t: 1h\n  name: x\n",
        ("a", 0, "t"),
        move("ts", "p"),
        "a:\n- ts:\n    p: 1h\n  name: x\n",
    ),
    "under a new key in a file without a final line end": (
        "a: 1\nt: |\n  x",
        ("t",),
        move("o", "m"),
        "a: 1\no:\n  m: |\n    x",
    ),
    "with a quoted key": ("'t': 1\n", ("t",), move("o", "m"), "'o':\n  'm': 1\n"),
    "into the mapping right above": (
        "ts:\n  a: 1\nt: 1h # c\nb: 1\n",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n  p: 1h # c\nb: 1\n",
    ),
    "into the mapping above, with the blank line and the comments between": (
        "ts:\n    a: 1\n\n# of t\n# too\nt: 1h\n",
        ("t",),
        move("ts", "p"),
        "ts:\n    a: 1\n\n    # of t\n    # too\n    p: 1h\n",
    ),
    "into the mapping right below": (
        "t: 1h\nts:\n  a: 1\nb: 1\n",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n  p: 1h\nb: 1\n",
    ),
    "into a mapping further up": (
        "ts:\n  a: 1\n# of b\nb: 1\n\n# of t\nt: 1h # c\n# of d\nd: 1\n",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n  # of t\n  p: 1h # c\n# of b\nb: 1\n\n# of d\nd: 1\n",
    ),
    "into a mapping further down": (
        "# of t\nt: 1h # c\n\nb: 1\nts:\n      a: 1\n\nd: 1\n",
        ("t",),
        move("ts", "p"),
        "\nb: 1\nts:\n      a: 1\n      # of t\n      p: 1h # c\n\nd: 1\n",
    ),
    "into a mapping, as the last entry of the file": (
        "ts:\n  a: 1\nb: 1\nt: |\n  x",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n  p: |\n    x\nb: 1\n",
    ),
    "into a mapping right above, as the last entry of the file": (
        "ts:\n  a: 1\nt: |\n  x",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n  p: |\n    x",
    ),
    "into a mapping that ends the file": (
        "t: 1h\nts:\n  a: |\n    x",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: |\n    x\n  p: 1h",
    ),
    "into a mapping in a mapping": (
        "t: 1h\nts:\n  a:\n    b: 1\n  c: 1\n",
        ("t",),
        move("ts", "a", "p"),
        "ts:\n  a:\n    b: 1\n    p: 1h\n  c: 1\n",
    ),
    "into a mapping, under a new key": (
        "ts:\n  a: 1\nb: 1\n# of t\nt:\n- 1h\n",
        ("t",),
        move("ts", "o", "p"),
        "ts:\n  a: 1\n  o:\n    # of t\n    p:\n    - 1h\nb: 1\n",
    ),
    "into the mapping right above, under a new key": (
        "ts:\n  a: 1\nt: 1h\n",
        ("t",),
        move("ts", "o", "p"),
        "ts:\n  a: 1\n  o:\n    p: 1h\n",
    ),
    "into a mapping, with a block and brackets": (
        "t:\n  a: |-\n    x\n\n     y\n  b: [1, # c\n  2]\nu: 1\nts:\n    z: 1\n",
        ("t",),
        move("ts", "p"),
        "u: 1\nts:\n    z: 1\n    p:\n      a: |-\n        x\n\n         y\n      b: [1, # c\n      2]\n",
    ),
    "into a mapping that ends with a block": (
        "ts:\n  a: |\n    x\n\nb: 1\nt: 1h\n",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: |\n    x\n  p: 1h\n\nb: 1\n",
    ),
    "into a mapping that ends with comments": (
        "ts:\n  a: 1\n    # deep\nb: 1\nt: 1h\n",
        ("t",),
        move("ts", "p"),
        "ts:\n  a: 1\n    # deep\n  p: 1h\nb: 1\n",
    ),
    "the comment above, but not what looks like one in the text above": (
        "a: 'x\n# y'\nt: 1h\nts:\n  a: 1\n",
        ("t",),
        move("ts", "p"),
        "a: 'x\n# y'\nts:\n  a: 1\n  p: 1h\n",
    ),
    "in braces": ("a: {t: 1h, b: 1}\n", ("a", "t"), move("ts", "p"), "a: {ts: {p: 1h}, b: 1}\n"),
    "in braces, under two new keys": (
        "a: {t: [1,\n  2]}\n",
        ("a", "t"),
        move("o", "m", "p"),
        "a: {o: {m: {p: [1,\n  2]}}}\n",
    ),
    "in braces of JSON": ('a: {"t":"1h"}\n', ("a", "t"), move("ts", "p"), 'a: {"ts": {"p":"1h"}}\n'),
}

LINES_ADDED: dict[str, Case] = {
    "before the first": ("a: |\n  x\n", ("a",), lines(0, "y"), "a: |\n  y\n  x\n"),
    "before the second": (
        "a: |\n    x\n    y\n",
        ("a",),
        lines(1, "z", "", "w"),
        "a: |\n    x\n    z\n\n    w\n    y\n",
    ),
    "before a blank line": ("a: |\n  x\n\n  y\n", ("a",), lines(1, "z"), "a: |\n  x\n  z\n\n  y\n"),
    "behind a blank line": ("a: |\n  x\n\n  y\n", ("a",), lines(2, "z"), "a: |\n  x\n\n  z\n  y\n"),
    "behind the last": ("a: | # c\n  x\n\nb: 1\n", ("a",), lines(1, "z"), "a: | # c\n  x\n  z\n\nb: 1\n"),
    "behind the last, as there are not so many": ("a: |-\n  x\n", ("a",), lines(9, "z"), "a: |-\n  x\n  z\n"),
    "behind the last of a file without a final line end": ("a: |\n  x", ("a",), lines(1, "z"), "a: |\n  x\n  z"),
    "behind the blank lines that are kept": (
        "a: |+\n  x\n\nb: 1\n",
        ("a",),
        lines(2, "z"),
        "a: |+\n  x\n\n  z\nb: 1\n",
    ),
    "before the blank lines that are kept": (
        "a: |+\n  x\n\nb: 1\n",
        ("a",),
        lines(1, "z"),
        "a: |+\n  x\n  z\n\nb: 1\n",
    ),
    "that are indented further": ("a: |\n  x\n", ("a",), lines(1, "  z", "\tw"), "a: |\n  x\n    z\n  \tw\n"),
    "in a list": ("a:\n- |\n  x\n- b\n", ("a", 0), lines(1, "# z"), "a:\n- |\n  x\n  # z\n- b\n"),
    "none": ("a: |\n  x\n", ("a",), lines(1), "a: |\n  x\n"),
}

FRAGMENTS: dict[str, Case] = {
    "a plain text": ("a: $(inputs.params.x)-y # c\n", ("a",), fragment("inputs.", ""), "a: $(params.x)-y # c\n"),
    "a plain text that begins with a digit": ("a: 1.0-$(i.x)\n", ("a",), fragment("i.", ""), "a: 1.0-$(x)\n"),
    "a single-quoted text": ("a: 'it''s x'\n", ("a",), fragment("s x", "'"), "a: 'it'''''\n"),
    "a double-quoted text": ('a: "\\tx\\u00e9y"\n', ("a",), fragment("xé", '"\n'), 'a: "\\t\\"\\ny"\n'),
    "nothing in a quoted text": ('a: "xy"\n', ("a",), fragment("y", ""), 'a: "x"\n'),
    "a text in brackets": ("a: [x y]\n", ("a", 0), fragment("x", "z"), "a: [z y]\n"),
    "a literal block": ("a: |\n  x $(i.p) y\n  z\n", ("a",), fragment("i.", ""), "a: |\n  x $(p) y\n  z\n"),
    "a line by two": ("a: |\n    x\n    y\n", ("a",), fragment("x", "v\n\n  w"), "a: |\n    v\n\n      w\n    y\n"),
    "two lines by one": ("a: |\n  x\n  y\n  z\n", ("a",), fragment("x\ny", "w"), "a: |\n  w\n  z\n"),
    "a line end": ("a: |\n  x\n  y\n", ("a",), fragment("\n", " "), "a: |\n  x y\n"),
    "a whole line": ("a: |\n  x\n  y\n  z\n", ("a",), fragment("y\n", ""), "a: |\n  x\n  z\n"),
    "a blank line": ("a: |\n  x\n\n  z\n", ("a",), fragment("\n\n", "\ny\n"), "a: |\n  x\n  y\n  z\n"),
    "a line before a blank one": ("a: |\n  x\n\n  z\n", ("a",), fragment("x\n", "x\ny"), "a: |\n  x\n  y\n  z\n"),
    "a block with an indentation indicator": ("a: |1\n  x\n  y\n", ("a",), fragment(" x", "  z"), "a: |1\n   z\n  y\n"),
    "a word of a folded block": ("a: >\n  x y\n  z\n", ("a",), fragment("y", "w w"), "a: >\n  x w w\n  z\n"),
    "a word of a plain text over several lines": ("a: x\n  y z\n", ("a",), fragment("y", "w"), "a: x\n  w z\n"),
    "a word of a quoted text over several lines": (
        'a: "x\n  y z"\n',
        ("a",),
        fragment("y", '"w'),
        'a: "x\n  \\"w z"\n',
    ),
}

CASES = {
    f"{what} {name}": case
    for what, cases in {
        "replaces": REPLACED,
        "renames": RENAMED,
        "removes": REMOVED,
        "adds": ADDED,
        "moves": MOVED,
        "adds lines": LINES_ADDED,
        "writes": FRAGMENTS,
    }.items()
    for name, case in cases.items()
}
every_case = pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))


@every_case
def test_an_operation_writes_just_this(case: Case) -> None:
    before, path, operation, after = case

    assert after == edited(before, path, operation)


@every_case
def test_an_operation_keeps_the_line_ends_of_the_file(case: Case) -> None:
    before, path, operation, after = case
    if "\n" not in before:
        before, after = f"{before}\n", f"{after}\n"

    assert after.replace("\n", "\r\n") == edited(before.replace("\n", "\r\n"), path, operation)


@every_case
def test_an_operation_keeps_a_byte_order_mark(case: Case) -> None:
    before, path, operation, after = case

    assert BOM + after == edited(BOM + before, path, operation)


@every_case
def test_an_operation_leaves_other_documents_alone(case: Case) -> None:
    before, path, operation, after = case
    above, below = "---\n# one\nfirst: 'x'\n---\n", "---\nlast: |\n  x"
    if not before.endswith("\n"):
        below = ""

    assert above + after + below == edited(above + before + below, path, operation, document=1)


def entry_place(text: str, number: int, *path: str | int) -> Place:
    """The place of an entry by its number in the mapping at a path, whether it counts or not."""
    owner = place_at(documents_of(text)[0], path)
    assert isinstance(owner.node, Mapping)
    entry = owner.node.entries[number]
    return Place(owner.resource, entry.value, (*path, entry.name), entry.key)


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("a: 1 # c\na: 2\n", (), "a: 2\n"),
        ("a:\n  b: 1\na: 2\nc: 3", (), "a: 2\nc: 3"),
        ("x:\n- a: 1\n  a: 2\n", ("x", 0), "x:\n- a: 2\n"),
        ("x: {a: 1, a: 2}\n", ("x",), "x: {a: 2}\n"),
        ("a: &x 1\na: 2\n", (), "a: 2\n"),
        ("x: {\"a\": 1, 'a': 2}\n", ("x",), "x: {'a': 2}\n"),
    ],
)
def test_the_first_of_two_entries_of_one_name_can_be_removed(before: str, path: Path, after: str) -> None:
    change = edit.remove_key(entry_place(before, 0, *path))

    assert after == edit.apply(before, change.edits)
    assert frozenset({(*path, "a")}) == change.touches
    assert plain_data(documents_of(before)[0].root) == plain_data(documents_of(after)[0].root)


def test_an_entry_that_a_merged_one_overrides_can_be_removed() -> None:
    before = "m: &x {a: 1}\nb:\n  a: 2\n  <<: *x\n"

    change = edit.remove_key(entry_place(before, 0, "b"))

    assert "m: &x {a: 1}\nb:\n  <<: *x\n" == edit.apply(before, change.edits)


def test_the_first_of_two_entries_can_be_removed_inside_of_what_does_not_count_either() -> None:
    before = "a: {b: 1, b: 2}\na: 3\n"
    owner = entry_place(before, 0)
    assert isinstance(owner.node, Mapping)
    entry = owner.node.entries[0]

    change = edit.remove_key(Place(owner.resource, entry.value, ("a", "b"), entry.key))

    assert "a: {b: 2}\na: 3\n" == edit.apply(before, change.edits)


TOUCHED: dict[str, tuple[str, Path, Operation, set[Path]]] = {
    "a replaced scalar": ("a: [x]\n", ("a", 0), replace("y"), {("a", 0)}),
    "a renamed key": ("a: {b: 1}\n", ("a", "b"), rename("c"), {("a", "b"), ("a", "c")}),
    "a removed key": ("a: {b: 1, c: 2}\n", ("a", "b"), edit.remove_key, {("a", "b")}),
    "a removed item and those that move up": ("a: [x, y, z]\n", ("a", 1), edit.remove_item, {("a", 1), ("a", 2)}),
    "an added key": ("a: {b: 1}\n", ("a",), insert("c", 1), {("a", "c")}),
    "an added item": ("a: [x]\n", ("a",), append("y"), {("a", 1)}),
    "a moved key": ("t: 1\n", ("t",), move("ts", "p"), {("t",), ("ts",)}),
    "a key moved into a mapping": ("t: 1\nts:\n  a: 1\n", ("t",), move("ts", "p"), {("t",), ("ts", "p")}),
    "a key moved into a mapping, under a new key": (
        "t: 1\nts:\n  a: 1\n",
        ("t",),
        move("ts", "o", "p"),
        {("t",), ("ts", "o")},
    ),
    "added lines": ("a: |\n  x\n", ("a",), lines(0, "y"), {("a",)}),
    "a fragment": ("a: xy\n", ("a",), fragment("x", "z"), {("a",)}),
}


@pytest.mark.parametrize(("before", "path", "operation", "paths"), list(TOUCHED.values()), ids=list(TOUCHED))
def test_a_change_says_where_values_may_differ(before: str, path: Path, operation: Operation, paths: set[Path]) -> None:
    assert paths == operation(place_at(documents_of(before)[0], path)).touches


def at(start: int, end: int, text: str) -> Edit:
    return Edit(Location(Source("a.yaml", "abcdef"), Span(start, end)), text)


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        ([], "abcdef"),
        ([at(4, 5, "X"), at(1, 2, "")], "acdXf"),
        ([at(0, 0, "X"), at(6, 6, "Y")], "XabcdefY"),
        ([at(1, 3, "X"), at(3, 4, "Y")], "aXYef"),
        ([at(1, 3, "X"), at(1, 1, "Y"), at(3, 3, "Z")], "aYXZdef"),
    ],
)
def test_edits_are_applied_together(edits: list[Edit], after: str) -> None:
    assert after == edit.apply("abcdef", edits)
    assert after == edit.apply("abcdef", reversed(edits))


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([at(1, 3, "X"), at(2, 4, "Y")], "two edits clash at offset 2"),
        ([at(1, 4, "X"), at(2, 2, "Y")], "two edits clash at offset 2"),
        ([at(2, 2, "X"), at(2, 2, "Y")], "two edits clash at offset 2"),
        ([at(1, 3, "X"), at(1, 3, "X")], "two edits clash at offset 1"),
        ([at(6, 7, "X")], "an edit lies behind the end of the text"),
    ],
)
def test_edits_that_clash_are_refused(edits: list[Edit], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        edit.apply("abcdef", edits)


def test_two_changes_of_one_file_become_one() -> None:
    before = "timeout: 1h\nitems:\n  - a: $(x)\n"
    document = documents_of(before)[0]
    moved = edit.move_key(place_at(document, ("items",)), "spec", "items")
    replaced = edit.replace_scalar(place_at(document, ("items", 0, "a")), "$(y)")

    both = moved.with_(replaced)

    assert "timeout: 1h\nspec:\n  items:\n    - a: $(y)\n" == edit.apply(before, both.edits)
    assert {("items",), ("spec",), ("items", 0, "a")} == both.touches


def test_two_changes_that_add_at_one_place_add_in_their_order() -> None:
    before = "a: 1"
    document = documents_of(before)[0]

    both = insert("b", 2)(whole(document)).with_(insert("c", 3)(whole(document)))

    assert "a: 1\nb: 2\nc: 3" == edit.apply(before, both.edits)
    assert {("b",), ("c",)} == both.touches


def test_what_two_changes_both_do_is_done_once() -> None:
    before = "a: 1\nb: 2\n"
    change = edit.remove_key(place_at(documents_of(before)[0], ("a",)))

    assert "b: 2\n" == edit.apply(before, change.with_(change).edits)


@pytest.mark.parametrize(
    ("before", "one", "other"),
    [
        ("a: 1\n", replace(2), replace(3)),
        ("a: {}\n", insert("b", 1), insert("c", 1)),
        ("a: []\n", append(1), append(2)),
    ],
)
def test_two_changes_that_replace_the_same_text_are_refused(before: str, one: Operation, other: Operation) -> None:
    place = place_at(documents_of(before)[0], ("a",))

    with pytest.raises(Refusal, match="both replace the same text"):
        one(place).with_(other(place))


def test_a_range_outside_of_the_text_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 to 9 is no range of the text"):
        edit.replace_fragment(place_at(documents_of("a: xy\n")[0], ("a",)), 0, 9, "z")


SHARED = "it is shared through an alias"
REFUSED: dict[str, tuple[str, Path, Operation, str]] = {
    # Replacing a scalar.
    "a mapping": ("a: {}\n", ("a",), replace("x"), "a mapping or a list stands there"),
    "a block": ("a: |\n  x\n", ("a",), replace("x"), "it is a block scalar"),
    "an alias": ("a: &x 1\nb: *x\n", ("b",), replace("x"), SHARED),
    "what an alias refers to": ("a: &x 1\nb: *x\n", ("a",), replace("x"), SHARED),
    "what is inside of what an alias refers to": ("a: &x {c: 1}\nb: *x\n", ("b", "c"), replace("x"), SHARED),
    "what is merged": ("a: &x {c: 1}\nb:\n  <<: *x\n", ("b", "c"), replace("x"), SHARED),
    "what is merged from where it stands": (
        "b:\n  <<: {c: 1}\n",
        ("b", "c"),
        replace("x"),
        "it is merged into the mapping from elsewhere",
    ),
    "a value with a tag": ("a: !!str 1\n", ("a",), replace("x"), "it has a tag"),
    "a value with a tag on another line": ("a: !!str # c\n  1\n", ("a",), replace("x"), "it has a tag"),
    "an item with a tag": ("a:\n- !!str 1\n", ("a", 0), replace("x"), "it has a tag"),
    "an empty value with a tag": ("a: !!str\n", ("a",), replace("x"), "it has a tag"),
    "a key without a value in braces": ("a: {b}\n", ("a", "b"), replace("x"), "the key stands there without a colon"),
    "a key without a value": ("? a\nb: 1\n", ("a",), replace("x"), "the key stands there without a colon"),
    # Renaming.
    "a name that is there": ("a: 1\nb: 2\n", ("a",), rename("b"), "`b` is already there"),
    "a name that is merged": ("m: &x {b: 1}\na:\n  <<: *x\n  c: 1\n", ("a", "c"), rename("b"), "`b` is already there"),
    "the later of two keys": (
        "a: 1\na: 2\n",
        ("a",),
        rename("b"),
        "the key stands twice, and the other value would count",
    ),
    "a key that is merged too": (
        "m: &x {b: 1}\na:\n  <<: *x\n  b: 2\n",
        ("a", "b"),
        rename("c"),
        "the key is merged into the mapping too, and that value would count",
    ),
    "a key that an alias refers to": ("&x a: 1\nb: *x\n", ("a",), rename("c"), SHARED),
    "a key with a tag": ("!!str a: 1\n", ("a",), rename("c"), "the key has a tag, or is written as `? key`"),
    "a key of its own": ("? a\n: 1\n", ("a",), rename("c"), "the key has a tag, or is written as `? key`"),
    "an item": ("a:\n- x\n", ("a", 0), rename("c"), "it is no entry of a mapping"),
    "the whole document": ("a: 1\n", (), rename("c"), "it is the whole document"),
    # Removing.
    "the only entry": ("a: 1\n", ("a",), edit.remove_key, "nothing else stands in the mapping"),
    "the only item": ("a:\n- x\n", ("a", 0), edit.remove_item, "nothing else stands in the list"),
    "an entry as an item": ("a: 1\n", ("a",), edit.remove_item, "it is no item of a list"),
    "an entry with an anchor inside": ("a: {c: &x 1}\nb: *x\n", ("a",), edit.remove_key, SHARED),
    "the value that would count then": (
        "a: 1\na: 2\n",
        ("a",),
        edit.remove_key,
        "the key stands twice, and the other value would count",
    ),
    "a key on the line of another": (
        "? a\n: b: 1\n  c: 2\n",
        ("a", "b"),
        edit.remove_key,
        "something else stands before it on its line",
    ),
    "the comment between the first keys of an item": (
        "a:\n- b: 1\n  # c\n  d: 1\n",
        ("a", 0, "b"),
        edit.remove_key,
        "a comment stands between it and what follows",
    ),
    "a comment that would become part of a script": (
        "a: |\n  x\nb: 1\n\n  # c\nd: 1\n",
        ("b",),
        edit.remove_key,
        "a comment behind it would become part of the block above",
    ),
    "a comment that would become part of an empty script": (
        "a: |\nb: 1\n # c\nd: 1\n",
        ("b",),
        edit.remove_key,
        "a comment behind it would become part of the block above",
    ),
    "blank lines that would be kept": (
        "a: |+\n  x\nb: 1\n\nd: 1\n",
        ("b",),
        edit.remove_key,
        "blank lines behind it would become part of the block above",
    ),
    "blanks that would become part of a script": (
        "a:\n- |\n  x\n- b\n     \n- c\n",
        ("a", 1),
        edit.remove_item,
        "blank lines behind it would become part of the block above",
    ),
    "an item with an anchor": (
        "a:\n- &x y\n- z\n",
        ("a", 0),
        edit.remove_item,
        "something stands between the item and its dash",
    ),
    "a comment before one in brackets": (
        "a: [ # c\n  x, y]\n",
        ("a", 0),
        edit.remove_item,
        "a comment, an anchor or a tag stands before it, in flow style",
    ),
    "a comment behind one in braces": (
        "a: {b: 1, # c\n  d: 1}\n",
        ("a", "b"),
        edit.remove_key,
        "a comment, an anchor or a tag stands behind it, in flow style",
    ),
    "the entry behind an empty one in braces": (
        "a: {b: , d: 1}\n",
        ("a", "d"),
        edit.remove_key,
        "the value before it is empty, in flow style",
    ),
    "a character that ends a line for YAML only": (
        "a: 1\nb: 'x\u2028  y'\n",
        ("a",),
        edit.remove_key,
        "the document holds a character that only YAML takes for a line end",
    ),
    # Adding.
    "a scalar as a mapping": ("a: 1\n", ("a",), insert("b", 1), "there is no mapping to write into"),
    "a scalar as a list": ("a: 1\n", ("a",), append(1), "there is no list to add to"),
    "a key that is there": ("a: 1\n", (), insert("a", 1), "`a` is already there"),
    "a mapping that an alias refers to": ("a: &x {b: 1}\nc: *x\n", ("a",), insert("d", 1), SHARED),
    "an alias of a list": ("a: &x\n- b\nc: *x\n", ("c",), append(1), SHARED),
    "a pair in brackets": ("a: [b: 1]\n", ("a", 0), insert("d", 1), "the mapping has no braces of its own"),
    "an empty value before it in braces": (
        "a: {b: }\n",
        ("a",),
        insert("d", 1),
        "the value before it is empty, in flow style",
    ),
    "a comment behind the last in brackets": (
        "a: [b, # c\n  ]\n",
        ("a",),
        append(1),
        "a comment stands behind the last of them, in flow style",
    ),
    "a comment in empty brackets": ("a: [ # c\n]\n", ("a",), append(1), "a comment stands in the brackets"),
    "a mapping with a key of its own": (
        "? a\n: 1\n",
        (),
        insert("b", 1),
        "something else stands before it on its line",
    ),
    # Moving.
    "a target that is no mapping": (
        "t: 1\nts: 2\n",
        ("t",),
        move("ts", "p"),
        "`ts` is already there, but not as a block mapping of its own",
    ),
    "a target in braces": (
        "t: 1\nts: {a: 1}\n",
        ("t",),
        move("ts", "p"),
        "`ts` is already there, but not as a block mapping of its own",
    ),
    "a target in braces inside": (
        "t: 1\nts:\n  o: {a: 1}\n",
        ("t",),
        move("ts", "o", "p"),
        "`o` is already there, but not as a block mapping of its own",
    ),
    "a target that an alias refers to": (
        "t: 1\nts: &x\n  a: 1\nb: *x\n",
        ("t",),
        move("ts", "p"),
        "`ts` is already there, but not as a block mapping of its own",
    ),
    "a target that is merged": (
        "b:\n  <<:\n    ts:\n      a: 1\n  t: 1\n",
        ("b", "t"),
        move("ts", "p"),
        "`ts` is already there, but not as a block mapping of its own",
    ),
    "a target with such a key": ("t: 1\nts:\n  p: 1\n", ("t",), move("ts", "p"), "`p` is already there"),
    "the first entry of a list item": (
        "a:\n- t: 1\n  ts:\n    b: 1\n",
        ("a", 0, "t"),
        move("ts", "p"),
        "the entry begins an item of a list",
    ),
    "an entry with an alias inside": ("a: &x 1\nt: [*x]\n", ("t",), move("ts", "p"), SHARED),
    "an entry with an anchor inside, to another place": (
        "t: [&x 1]\nb: 1\nts:\n  a: 1\n",
        ("t",),
        move("ts", "p"),
        "an anchor stands in it",
    ),
    "a block that says its indentation": (
        "t: |1\n  x\n",
        ("t",),
        move("ts", "p"),
        "a block in it says how far it is indented",
    ),
    "a block that keeps its blank lines, to another place": (
        "ts:\n  a: 1\nt: |+\n  x\n\nb: 1\n",
        ("t",),
        move("ts", "p"),
        "a block in it keeps its trailing blank lines",
    ),
    "a block to above a comment that would become part of it": (
        "ts:\n  a: 1\n\n      # c\nb: 1\nt: |\n  x\n",
        ("t",),
        move("ts", "p"),
        "a comment behind it would become part of the block above",
    ),
    "an entry from between a block and a comment that would become part of it": (
        "ts:\n  a: 1\nb: |\n  x\nt: 1\n  # c\nd: 1\n",
        ("t",),
        move("ts", "p"),
        "a comment behind it would become part of the block above",
    ),
    "an empty value in braces": ("a: {t: }\n", ("a", "t"), move("ts", "p"), "the value is empty, in flow style"),
    # Lines.
    "a folded block": ("a: >\n  x\n", ("a",), lines(0, "y"), "the text is not a literal block"),
    "a block with an indentation indicator": (
        "a: |1\n  x\n",
        ("a",),
        lines(0, "y"),
        "the block says how far it is indented",
    ),
    "an empty block": ("a: |\n", ("a",), lines(0, "y"), "the block holds no text, so its indentation is not known"),
    "a first line that begins with a blank": (
        "a: |\n  x\n",
        ("a",),
        lines(0, " y"),
        "the block would begin with a blank",
    ),
    "a blank line at the end": (
        "a: |\n  x\n",
        ("a",),
        lines(1, ""),
        "a blank line at the end of the block would not count",
    ),
    "a line with a control character": (
        "a: |\n  x\n",
        ("a",),
        lines(1, "\x1b"),
        "a block cannot hold such a character",
    ),
    "a line with a carriage return": ("a: |\n  x\n", ("a",), lines(1, "y\r"), "a block cannot hold such a character"),
    "a block that ends in the middle of a blank line": (
        "a: |+\n  x\n ",
        ("a",),
        lines(2, "y"),
        "the file ends in the middle of a blank line",
    ),
    # Fragments.
    "a number": ("a: 12\n", ("a",), lambda place: edit.replace_fragment(place, 0, 1, "x"), "it is no string"),
    "a text that would need quotes": ("a: xy\n", ("a",), fragment("x", "x: "), "the text would need quotes"),
    "a text that would be a number": ("a: x12\n", ("a",), fragment("x", ""), "the text would need quotes"),
    "a text that would need other quotes": (
        "a: 'x'\n",
        ("a",),
        fragment("x", "\n"),
        "the text would need double quotes",
    ),
    "more than words of a text over several lines": (
        'a: "x\n  y"\n',
        ("a",),
        fragment("x y", "z"),
        "the text goes over several lines",
    ),
    "the last word of a line by none": (
        "a: >\n  x y\n  z\n",
        ("a",),
        fragment("y", ""),
        "the text goes over several lines",
    ),
    "words on two lines of a folded block": (
        "a: >\n  x y\n  z\n",
        ("a",),
        fragment("y z", "w"),
        "the text goes over several lines",
    ),
    "the last line end of a block": (
        "a: |\n  x\n",
        ("a",),
        fragment("x\n", "y"),
        "the line ends behind the last line would change",
    ),
    "the last line of a block": (
        "a: |\n  x\n  y\n",
        ("a",),
        fragment("y", ""),
        "the line ends behind the last line would change",
    ),
    "the line end that Kubernetes adds": (
        "a: |\n  x",
        ("a",),
        fragment("\n", "y"),
        "the file lacks the line end that Kubernetes adds",
    ),
    "the first word of a block by a blank": (
        "a: |\n  x\n",
        ("a",),
        fragment("x", " y"),
        "the block would begin with a blank",
    ),
    "a line end that is none for an editor": (
        "a: 'x\u2028  y'\n",
        ("a",),
        fragment("x", "z"),
        "the text holds a character that only YAML takes for a line end",
    ),
}


@pytest.mark.parametrize("case", list(REFUSED.values()), ids=list(REFUSED))
def test_an_operation_refuses(case: Case) -> None:
    before, path, operation, reason = case

    with pytest.raises(Refusal) as raised:
        edited(before, path, operation)

    assert reason == str(raised.value)
