"""How a file is split into documents, what Kubernetes reads from them, and where every key and value stands."""

from __future__ import annotations

import re
import time

import pytest

from tektonlint.document import (
    DEPTH_LIMIT,
    Document,
    Loaded,
    Mapping,
    Node,
    Problem,
    Scalar,
    Sequence,
    load,
    path_to,
    plain_data,
    walk,
)
from tektonlint.text import BOM, Source, Span

SECONDS = 5.0


def read(text: str) -> Loaded:
    return load(Source("file.yaml", text))


def values(text: str) -> list[object]:
    """What Kubernetes reads from each document."""
    return [plain_data(document.root) for document in read(text).documents]


def the_document(text: str) -> Document:
    """The one document of a text without problems."""
    documents, problems = read(text)
    assert ((), 1) == (problems, len(documents))
    return documents[0]


def the_problem(text: str) -> Problem:
    (problem,) = read(text).problems
    return problem


def at(node: Node, *path: str | int) -> Node:
    """The node at a path; `0` is the first item of a list."""
    for step in path:
        below: Node | None = None
        if isinstance(node, Mapping) and isinstance(step, str):
            below = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int):
            below = node.items[step]
        assert below is not None, step
        node = below
    return node


def written(text: str, root: Node) -> list[str]:
    """The text of every node's span, in the order of `walk`."""
    return [text[node.start : node.end] for node in walk(root)]


def unmarked(text: str) -> tuple[str, Span]:
    """A text without the marks « and », and where they stood."""
    start, end = text.index("«"), text.index("»") - 1
    return text.replace("«", "").replace("»", ""), Span(start, end)


# Splitting a file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n---\nb: 2", [{"a": 1}, {"b": 2}]),
        ("a: 1\n---   \nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("--- # the first\na: 1\n--- # the second\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\n---#\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\r\n---\r\nb: 2\r\n---\r\n", [{"a": 1}, {"b": 2}]),
        ("s: |\n  one\n---\nb: 2\n", [{"s": "one\n"}, {"b": 2}]),
        ("s: |\n  one\n  ---\n  two\n", [{"s": "one\n---\ntwo\n"}]),
        ("- a\n- --- b\n", [["a", "--- b"]]),
        ("text\n---\n[]\n---\n0\n", ["text", [], 0]),
    ],
)
def test_a_line_of_three_dashes_ends_a_document(text: str, expected: list[object]) -> None:
    assert (expected, ()) == (values(text), read(text).problems)


@pytest.mark.parametrize("text", ["", "\n", BOM, "---", "---\n", "# c\n", "---\n---\n", "null\n", "~\n---\n# c\n"])
def test_a_file_of_comments_and_nulls_has_no_document_and_no_problem(text: str) -> None:
    assert Loaded((), ()) == read(text)


def test_documents_without_a_value_are_not_counted() -> None:
    documents = read("# only a comment\n---\n---\nnull\n---\na: 1\n---\n~\n---\nb: 2\n").documents

    assert [(0, {"a": 1}), (1, {"b": 2})] == [(each.index, plain_data(each.root)) for each in documents]


def test_a_document_of_an_empty_mapping_is_counted() -> None:
    assert [0, 1] == [each.index for each in read("{}\n---\na: 1\n").documents]


def test_a_document_spans_what_stands_between_its_separators() -> None:
    text = "# head\na: 1\n---\nb: 2\n# tail\n"

    assert ["# head\na: 1\n", "b: 2\n# tail\n"] == [
        text[each.span.start : each.span.end] for each in read(text).documents
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", ["--- text", "--- {b: 2}", "---text", "----", "--- |", "--- &anchor"])
def test_text_behind_a_separator_is_a_problem_and_nothing_after_it_is_read(separator: str, newline: str) -> None:
    text = newline.join(["a: 1", separator, "b: 2", "---", "c: 3", ""])
    problem = the_problem(text)

    assert [{"a": 1}] == values(text)
    assert (separator, 1, True) == (text[problem.span.start : problem.span.end], problem.document, problem.refused)
    assert "only a comment may follow `---` on its line" in problem.message


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("a: 1\n--- text\n", "neither the document before this nor anything behind it"),
        ("--- text\n", "nothing from here on"),
        ("# c\n--- text\n", "nothing from here on"),
        ("---\n--- text\n", "nothing from here on"),
    ],
)
def test_a_wrong_separator_takes_the_document_before_it_along(text: str, lost: str) -> None:
    """YAMLReader.Read returns the error instead of what it has gathered (apimachinery, pkg/util/yaml/decoder.go)."""
    assert the_problem(text).message.endswith(f"so Kubernetes reads {lost}")


@pytest.mark.parametrize(
    "text", ["«%YAML 1.2»\n---\na: 1\n", "«%YAML 1.1»\na: 1\n", "«%TAG ! tag:x,2000:»\n---\na: 1\n"]
)
def test_a_directive_is_refused(text: str) -> None:
    """The splitter cuts it off from the document that it is for."""
    text, span = unmarked(text)

    assert Problem(span, "Kubernetes refuses a line that begins with `%`", 0) == the_problem(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n...\n«b: 2»\nc: 3\n",
        "a: 1\n... # c\n\n# d\n  «b: 2»\n",
        "a: 1\n...\n%YAML 1.1\n---\nb: 2\n".replace("%YAML 1.1", "«%YAML 1.1»"),
    ],
)
def test_what_follows_three_points_is_dropped_and_that_is_said(text: str) -> None:
    text, span = unmarked(text)

    message = "Kubernetes stops reading the document at `...` and drops what follows"
    assert Problem(span, message, 0, refused=False) == the_problem(text)
    assert {"a": 1} == values(text)[0]


@pytest.mark.parametrize(
    "text", ["a: 1\n...\n", "a: 1\n...", "a: 1\n...\n\n# c\n", "a: 1\n...\n...\n", "a: 1\r\n...\r\n---\r\n"]
)
def test_three_points_before_nothing_are_no_problem(text: str) -> None:
    assert ([{"a": 1}], ()) == (values(text), read(text).problems)


def test_text_behind_a_complete_document_is_dropped_and_that_is_said() -> None:
    """A lone carriage return ends a line for YAML, but not for the splitter."""
    problem = the_problem("a: 1\r---\rb: 2\r")

    assert (Span(5, 8), False) == (problem.span, problem.refused)
    assert "the document is complete before this" in problem.message


@pytest.mark.parametrize("text", ["---\na: 1\n", "a: 1\n", "a: 1\n---\nb: 2\n"])
def test_a_byte_order_mark_moves_every_place_by_one(text: str) -> None:
    def places(source: str) -> list[tuple[int, int]]:
        return [(node.start, node.end) for each in read(source).documents for node in walk(each.root)]

    assert [(start + 1, end + 1) for start, end in places(text)] == places(BOM + text)
    assert values(text) == values(BOM + text)


def test_a_byte_order_mark_may_begin_a_later_document() -> None:
    text = f"a: 1\n---\n{BOM}b: 2\n"

    assert ["b: 2", "b", "2"] == written(text, read(text).documents[1].root)


def test_a_broken_document_does_not_hide_its_neighbours() -> None:
    text = "a: 1\n---\nb: [\n---\nc: 3\n---\n*d\n---\ne: 5\n"
    documents, problems = read(text)

    assert [(0, {"a": 1}), (2, {"c": 3}), (4, {"e": 5})] == [(each.index, plain_data(each.root)) for each in documents]
    assert [1, 3] == [problem.document for problem in problems]


def test_an_anchor_of_another_document_is_unknown() -> None:
    assert "there is no anchor `&x`" in the_problem("a: &x 1\n---\nb: *x\n").message


# What counts of a mapping


def duplicates(text: str) -> list[tuple[int, int]]:
    """The offsets of the keys of every pair."""
    return [(each.first.key.start, each.last.key.start) for each in the_document(text).duplicates]


@pytest.mark.parametrize(
    ("text", "value", "pairs"),
    [
        ("a: 1\na: 2\n", {"a": 2}, [(0, 5)]),
        ("a: 1\nb: 0\na: 2\na: 3\n", {"a": 3, "b": 0}, [(0, 10), (10, 15)]),
        ("\"a\": 1\n'a': 2\n", {"a": 2}, [(0, 7)]),
        ("y: 1\ntrue: 2\n", {"true": 2}, [(0, 5)]),
        ("1: a\n0x1: b\n", {"1": "b"}, [(0, 5)]),
        ("{a: 1, a: 2}", {"a": 2}, [(1, 7)]),
        ("x: {a: 1}\ny: {a: 1}\n", {"x": {"a": 1}, "true": {"a": 1}}, []),
    ],
)
def test_the_last_of_several_equal_keys_counts(text: str, value: object, pairs: list[tuple[int, int]]) -> None:
    assert (value, pairs) == (plain_data(the_document(text).root), duplicates(text))


def test_a_key_that_stands_three_times_is_in_two_pairs_that_follow_each_other() -> None:
    document = the_document("a: 1\na: 2\na: 3\n")
    root = document.root
    assert isinstance(root, Mapping)

    first, second, third = root.entries
    assert ((first, second), (second, third)) == document.duplicates
    assert root.index["a"] is third


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b: 3\n<<: {a: 1, b: 2}\n", {"a": 1, "b": 2}),
        ("<<: {a: 1, b: 2}\nb: 3\n", {"a": 1, "b": 3}),
        ("<<: [{a: 1}, {a: 2, b: 2}]\n", {"a": 1, "b": 2}),
        ("<<: {a: 1}\n<<: {b: 2}\n", {"a": 1, "b": 2}),
        ("<<: []\na: 1\n", {"a": 1}),
        ("<<: {<<: {a: 1}, b: 2}\n", {"a": 1, "b": 2}),
        ("!!merge <<: {a: 1}\n", {"a": 1}),
        ('"<<": {a: 1}\n', {"<<": {"a": 1}}),
        ("!!str <<: {a: 1}\n", {"<<": {"a": 1}}),
        ("a: <<\n", {"a": "<<"}),
    ],
)
def test_a_merge_key_brings_in_the_entries_of_mappings(text: str, expected: object) -> None:
    """go-yaml v2 merges where `<<` stands, over what came before it."""
    assert expected == plain_data(the_document(text).root)


def test_an_alias_can_be_merged() -> None:
    text = "m: &m {a: 1, b: 2}\nx:\n  <<: *m\n  b: 3\nz:\n  b: 3\n  <<: [*m, {c: 4}]\n"
    base = {"a": 1, "b": 2}

    assert {"m": base, "x": {"a": 1, "b": 3}, "z": {"a": 1, "b": 2, "c": 4}} == plain_data(the_document(text).root)


def test_a_merged_entry_is_marked_and_is_not_among_those_written() -> None:
    root = the_document("<<: {a: 1}\nb: 2\n").root
    assert isinstance(root, Mapping)

    assert ["<<", "b"] == [entry.name for entry in root.entries]
    assert {"a": True, "b": False} == {name: entry.merged for name, entry in root.index.items()}


def test_a_merged_key_that_is_written_too_is_no_duplicate() -> None:
    assert [] == duplicates("<<: {a: 1}\na: 2\n")


@pytest.mark.parametrize(
    "text", ["<<: «3»\n", "<<: [{a: 1}, «b»]\n", "<<: [«[{a: 1}]»]\n", "m: &m [{a: 1}]\nx:\n  <<: «*m»\n"]
)
def test_only_mappings_can_be_merged(text: str) -> None:
    text, span = unmarked(text)

    assert Problem(span, "`<<` merges something that is not a mapping", 0) == the_problem(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("«{{ x }»}: y\n", "an unquoted `{{` begins a mapping within a mapping"),
        ("a: «{{ x }»}\n", "an unquoted `{{` begins a mapping within a mapping"),
        ("a:\n  - «{{ x }»}\n", "an unquoted `{{` begins a mapping within a mapping"),
        ("«[a]»: b\n", "a mapping or a list is used as a key"),
        ("? «{a: b}»\n: c\n", "a mapping or a list is used as a key"),
        ("a: &x [1]\n«*x» : b\n", "a mapping or a list is used as a key"),
        ("a: 1\n«null»: 1\n", "a key is null"),
        ("{«~»: 1}\n", "a key is null"),
        ("?«» \n: 1\n", "a key is null"),
        ("«18446744073709551615»: 1\n", "more than 63 bits"),
    ],
)
def test_a_key_that_json_does_not_have_is_refused(text: str, part: str) -> None:
    text, span = unmarked(text)
    problem = the_problem(text)

    assert (span, True) == (problem.span, problem.refused)
    assert part in problem.message


def test_a_scalar_alias_can_be_a_key() -> None:
    assert [{"a": "b", "b": "c"}] == values("a: &k b\n*k : c\n")


# Anchors and aliases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
        ("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", {"a": 1, "b": 1, "c": 2, "d": 2}),
        ("a: &x [&x 1]\nb: *x\n", {"a": [1], "b": 1}),
        ("a: &x [&x 1, *x]\nb: *x\n", {"a": [1, 1], "b": 1}),
        ("a: &x\nb: *x\n", {"a": None, "b": None}),
        ("a: &x {}\nb: [*x, *x]\n", {"a": {}, "b": [{}, {}]}),
    ],
)
def test_an_alias_is_the_last_value_of_its_anchor(text: str, expected: object) -> None:
    assert expected == plain_data(the_document(text).root)


@pytest.mark.parametrize("anchored", ["text", "|\n  text", "[1]", "{b: 1}", "\n  b: 1", "\n  - 1"])
def test_an_alias_stands_where_it_is_written_and_what_is_inside_where_that_is_written(anchored: str) -> None:
    text = f"a: &x {anchored}\nc: *x\n"
    root = the_document(text).root
    alias, original = at(root, "c"), at(root, "a")

    assert "*x" == text[alias.start : alias.end]
    assert written(text, original)[1:] == written(text, alias)[1:]
    assert type(original) is type(alias)


def test_an_alias_and_what_it_stands_for_are_shared_and_nothing_else() -> None:
    root = the_document("a: &x [1]\nb: *x\nc: [2]\n").root

    assert [True, True, True, True, False, False] == [
        at(root, *path).shared for path in (["a"], ["a", 0], ["b"], ["b", 0], ["c"], ["c", 0])
    ]


@pytest.mark.parametrize("text", ["a: «*x»\n", "a: «*x»\nb: &x 1\n", "- [«*x»]\n"])
def test_an_alias_without_an_anchor_before_it_is_refused(text: str) -> None:
    text, span = unmarked(text)

    assert Problem(span, "there is no anchor `&x` before this alias in the document", 0) == the_problem(text)


@pytest.mark.parametrize(
    "text", ["a: &x [«*x»]\n", "a: &x {b: «*x»}\n", "&x\na:\n  - b: «*x»\n", "a: &x 1\nb: &x [«*x»]\n"]
)
def test_an_anchor_that_contains_itself_is_refused(text: str) -> None:
    text, span = unmarked(text)

    assert Problem(span, "the anchor `&x` contains itself", 0) == the_problem(text)


# Input that would take long, or much memory


def quick(text: str) -> Loaded:
    started = time.perf_counter()
    loaded = read(text)
    assert SECONDS > time.perf_counter() - started
    return loaded


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines)


def test_an_alias_bomb_is_refused_quickly() -> None:
    documents, problems = quick(bomb(20))

    assert ((), ["the document's aliases expand to too many values"]) == (
        documents,
        [each.message for each in problems],
    )


@pytest.mark.parametrize(
    "text",
    [
        bomb(3),
        pytest.param("a: &a 1\nb:\n" + "- *a\n" * 5000, id="5000 aliases of a number"),
        pytest.param("a: &a [1, {b: 2}]\nb:\n" + "- *a\n" * 5000, id="5000 aliases of a list"),
    ],
)
def test_aliases_that_kubernetes_takes_are_taken(text: str) -> None:
    """go-yaml counts an alias as a value of its own (decode.go, unmarshal)."""
    assert () == quick(text).problems


TOO_DEEP = f"nested deeper than {DEPTH_LIMIT} levels; tektonlint reads no further"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 50_000, id="brackets"),
        pytest.param("{a: " * 50_000, id="braces"),
        pytest.param("- " * 300 + "a\n", id="block lists"),
        pytest.param("".join(" " * level + "a:\n" for level in range(300)), id="block mappings"),
        pytest.param("a: &a " + "[" * 150 + "]" * 150 + "\nb: " + "[" * 100 + "*a" + "]" * 100, id="through an alias"),
    ],
)
def test_deep_nesting_is_one_problem_and_quickly_found(text: str) -> None:
    """Kubernetes reads 10,000 levels, so it is not called refused."""
    documents, problems = quick(text)

    assert ((), [(TOO_DEEP, False)]) == (documents, [(each.message, each.refused) for each in problems])


def test_the_deepest_nesting_that_is_read() -> None:
    assert () == read("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT).problems
    assert TOO_DEEP == the_problem("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1)).message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\n" * 50_000, id="separators"),
        pytest.param("a: 1\n" * 50_000, id="one key"),
        pytest.param("{" + "a: ,\n" * 50_000 + "}", id="empty values"),
        pytest.param("? a\n" * 50_000, id="keys without values"),
        pytest.param("a: |\n  x\n" + "\n" * 200_000 + "b: [", id="blank lines"),
        pytest.param("a: &x #" + "c\n  #" * 50_000 + "\n  b\n", id="comments behind an anchor"),
    ],
)
def test_much_of_one_thing_is_read_quickly(text: str) -> None:
    assert 2 > len(quick(text).documents)


# What is no YAML


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: «\x00»\n", "the control character U+0000 is not allowed in YAML"),
        ('a: "b«\x07»"\n', "the control character U+0007 is not allowed in YAML"),
        ("# «\x1b»[31m\na: 1\n", "the control character U+001B is not allowed in YAML"),
        ("a: «\x7f»\n", "the control character U+007F is not allowed in YAML"),
        ("a: «\x9b»\n", "the control character U+009B is not allowed in YAML"),
        ("a: «\ufffe»\n", "the character U+FFFE is not allowed in YAML"),
        ("a: «\ud800»\n", "the character U+D800 is not allowed in YAML"),
        (f"{BOM}a: 1\nb: «\x01»\n", "the control character U+0001 is not allowed in YAML"),
        ("a:\n«\tb: 1»\n", "a tab stands where YAML takes only spaces"),
        ("«\ta: 1»\n", "a tab stands where YAML takes only spaces"),
        ("a: «`b`»\n", "no value can begin with a backtick (quote it)"),
        ("a: «@b»\n", "no value can begin with `@` (quote it)"),
        ("a: «%b»\n", "no value can begin with `%` (quote it)"),
        ('a: "b«\\.c"»\n', "`\\.` is no escape in double quotes (write `\\\\.`, or use single quotes)"),
        ('a: "b" «c»\n', "the value has ended before this text (mend the quotes, or begin a new line)"),
        ("a: b«: c»\n", "a `: ` stands where no key can be (quote the text, or mend the indentation)"),
        ("a: [1, 2\nb«: 3»\n", "a `,` or `]` is missing before this, in the list of line 1"),
        ("a: {b: 1\n", "a `,` or `}` is missing before this, in the mapping of line 1"),
        ('a: «"b»\n', "the quoted text that begins here is never closed"),
        ("a: «*»\n", "`*` and `&` are for aliases and anchors (quote the text)"),
        ("a: «!b!c d»\n", "`!` is for tags (quote the text)"),
        ("a: b\n«: c»\n", "a key is missing before this `:` (quote the text if it is a value)"),
        ("a: 1\n«b»\n", "this line is neither `key: value` nor part of the text above it"),
        ("a: 1\n b«: 2»\n", "a `: ` stands where no key can be (quote the text, or mend the indentation)"),
        ("a:\n  b: 1\n «c: 2»\n", "this line is not indented like its neighbours, so it is no key of theirs"),
        ("a: !!int «b»\n", "the tag `!!int` does not fit `b`"),
        ("a: «.inf»\n", "`.inf` has no JSON form, so Kubernetes refuses it"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_stands_on_the_text(text: str, message: str) -> None:
    text = text if "«" in text else text + "«»"
    text, span = unmarked(text)

    assert Problem(span, message, 0) == the_problem(text)


def test_a_colon_that_only_kubernetes_takes_for_text_is_not_called_refused() -> None:
    problem = the_problem("{a:, b: 1}")

    assert (Span(2, 3), False) == (problem.span, problem.refused)


@pytest.mark.parametrize(("text", "expected"), [("a:\tb\n", "b"), ("a: b\t# c\n", "b"), ("a: b\tc\n", "b\tc")])
def test_a_tab_may_stand_within_a_line(text: str, expected: str) -> None:
    assert [{"a": expected}] == values(text)


@pytest.mark.parametrize("text", ["[", "a: {", 'a: "', "a: |\n  x\ny", "a: [\n\n\n", "\x00", "a: *", BOM + "["])
def test_a_problem_stands_inside_the_file(text: str) -> None:
    span = the_problem(text).span

    assert 0 <= span.start <= span.end <= len(text)


# A block scalar that ended too early


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a: |\n  x\n«y»\n", 1),
        ("a: |\n  x\n\n\n«y»\n", 1),
        ("a: |\n    x\n  «y»\nb: 1\n", 1),
        ("a:\n  s: >-\n    x\n   «y: z»\n", 2),
        ("s:\n  - script: |\n      cat <<EOF\n      x\n«EOF»\n    image: x\n", 2),
        ("s: |\n  echo\n«if x; then»\n  y\n", 1),
        ("a: |\n  x\n«# c»\n  y\nb: 1\n", 1),
        ("# c\n- |\n  x\n «y»\n", 2),
    ],
)
def test_a_line_that_is_indented_less_than_its_block_scalar_is_named(text: str, header: int, newline: str) -> None:
    text, span = unmarked(text.replace("\n", newline))
    problem = the_problem(text)

    assert span == problem.span
    assert problem.message.endswith(f"the block scalar of line {header} ends here because this line is indented less")


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x\nb: [\n",
        "a: |\n  x\nb: 1\n c: 2\n",
        "a: |\n  x\nb: c: d\n",
        "a: |\n  x\nb: 'c\n",
        "a: |\n  x\nb: 1\nc\n",
        "a: [1\n",
    ],
)
def test_a_block_scalar_is_not_blamed_for_another_mistake(text: str) -> None:
    assert "block scalar" not in the_problem(text).message


# Where things stand

SPANS = [
    # plain
    "a: «b»\n",
    "a: «b»",
    "a: «b» # c\n",
    "a:   «b c»   \n",
    "a: «12»\n",
    "a: «y»\n",
    "a: «~»\n",
    "a: «é\U0001f600»\n",
    "a: «one\n  two\n\n  three» # c\nb: 2\n",
    "a:\n  # c\n  «b»\n",
    "{a: «b», c: d}\n",
    "{a: «b»}\n",
    '{"a":«b»}\n',
    "? a\n: «b»\n",
    # quoted
    "a: 'x'\n".replace("'x'", "«'x'»"),
    "a: «'it''s'» # c\n",
    'a: «""»\nb: 1\n',
    'a: «"x\n  y"»\n',
    'a: «"\\u00e9\\n"»\n',
    # block
    "a: «|\n  x»\n",
    "a: «|\n  x»",
    "a: «|\n  x\n  y»\n\n\n# c\nb: 1\n",
    "a: «>-  # c\n  x\n\n  y»\nb: 1\n",
    "a: «|2\n    x»\n",
    "a: «|+\n  x»\n\n\n",
    "a: «|\n  x  »\n",
    "a: «|»\n",
    "a: «|»\n\nb: 1\n",
    # with properties
    "a: &x «b»\n",
    "a: !!str «1» # c\n",
    "a: !!str &x «'b'»\n",
    "a: &x !t «|\n  b»\n",
    "a: !<tag:yaml.org,2002:str> «1»\n",
    "a: ! «1»\n",
    "a: &x # c\n  # d\n  «b»\n",
    # empty
    "a:«»\n",
    "a:«»",
    "a:«»   # c\n\n\nb: 1\n",
    "a:«»\n\n# c\nb: 1\n",
    "a: &x«»\nb: 1\n",
    "a: !!str«»\nb: 1\n",
    "{a:«» , f: }\n",
    "{f: , a:«» }\n",
    '{"a":«»}\n',
    "{a«», b: 1}\n",
    "{ a« », b: 1}\n".replace("« »", "«» "),
    "{? a«»}\n",
    "? a«»\n? b\n",
    # flow collections
    "a: «{}»\n",
    "a: «{ }» # c\n",
    "a: «[]»\n",
    "a: «[1, {b: c}]» # d\n",
    "a: «{b: [\n  1,\n]}»\n",
    "a: &x «[1]»\n",
    "a: !t &x «{b: 1}» # c\n",
    "a: &x «{}»\nb: 1\n",
    "a: # c\n  «[1]»\n",
    # block collections
    "a:\n  «b: 1»\n",
    "a:\n  «b: 1\n  c:»\n\n# d\ne: 2\n",
    "a: &x\n  «b: 1» # d\n\n# e\nc: 2\n",
    "a: !!map\n  # c\n  «b: 1»\n",
    "a:\n  «- b\n  -\n    c: 1»\n\n# end\n",
    "a:\n«- b\n- c»\nd: 1\n",
    "a:\n«-\n-»\nb:\n",
    "a: &x\n  «- |\n    x»\n\n\nb: 1\n",
    "? a\n: «- b»\n",
]


@pytest.mark.parametrize("mark", ["", BOM], ids=["", "mark"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("text", SPANS)
def test_a_value_spans_what_is_written_of_it_and_no_more(text: str, newline: str, mark: str) -> None:
    text, span = unmarked(mark + text.replace("\n", newline))
    node = at(the_document(text).root, "a")

    assert span == Span(node.start, node.end)


@pytest.mark.parametrize(
    "text",
    [
        "-«»\n- b\n",
        "-«» \n-\n",
        "-«»   # c\n- b\n",
        "- &x«»\n- b\n",
        "[«a», b]\n",
        "[&x«» , a]\n",
        "[«a: b», c]\n",
        "[«a:» , b]\n",
        "- «- a\n  - b»\n- c\n",
        "- «a: 1\n  b: 2»\n\n",
    ],
)
def test_an_item_spans_what_is_written_of_it_and_no_more(text: str) -> None:
    text, span = unmarked(text)
    node = at(the_document(text).root, 0)

    assert span == Span(node.start, node.end)


@pytest.mark.parametrize(
    "text",
    [
        "«a»: 1\n",
        "«'a'» : 1\n",
        '{«"a"»: 1}\n',
        "? «a»\n: 1\n",
        "# c\n\n«a» : 1\n",
        "&x «a»: 1\n",
        "!!str «a»: 1\n",
        "? «|\n  a»\n: 1\n",
        "«a b»: 1\n",
    ],
)
def test_a_key_spans_what_is_written_of_it_and_no_more(text: str) -> None:
    text, span = unmarked(text)
    root = the_document(text).root
    assert isinstance(root, Mapping)

    key = root.entries[0].key
    assert span == Span(key.start, key.end)


@pytest.mark.parametrize(
    "text",
    [
        "# c\n«a: 1»\n\n# d\n",
        "---\n«[1]» # c\n",
        "--- # c\n\n«'x'»\n...\n",
        "&r\n«a: 1»\n",
        "!!map «{a: 1}»\n",
        "«? a\n: b»\n",
    ],
)
def test_a_root_spans_what_is_written_of_it_and_no_more(text: str) -> None:
    text, span = unmarked(text)
    root = the_document(text).root
    # The sign of an explicit key belongs to the mapping as little as a comment before it.
    start = span.start + (2 if text.startswith("? ") else 0)

    assert Span(start, span.end) == Span(root.start, root.end)


# Finding one's way


def test_walk_yields_keys_before_their_values_in_the_order_of_the_file() -> None:
    text = "a: [1, {b: 2}]\nc: |\n  d\n"

    assert ["a: [1, {b: 2}]\nc: |\n  d", "a", "[1, {b: 2}]", "1", "{b: 2}", "b", "2", "c", "|\n  d"] == written(
        text, the_document(text).root
    )


def test_every_node_has_a_path_and_a_keys_is_its_entrys() -> None:
    root = the_document("a: [1, {y: 2}]\n").root

    assert [(), ("a",), ("a",), ("a", 0), ("a", 1), ("a", 1, "true"), ("a", 1, "true")] == [
        path_to(root, node) for node in walk(root)
    ]


def test_a_node_of_another_document_has_no_path() -> None:
    first, second = read("a: 1\n---\na: 1\n").documents

    assert path_to(first.root, second.root) is None


@pytest.mark.parametrize(
    ("text", "style"), [("b", ""), ("'b'", "'"), ('"b"', '"'), ("|\n  b", "|"), (">\n  b", ">"), ("!!str 'b'", "'")]
)
def test_a_scalar_knows_its_style(text: str, style: str) -> None:
    scalar = at(the_document(f"a: {text}\n").root, "a")
    assert isinstance(scalar, Scalar)

    assert (style, "b") == (scalar.style, scalar.text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  b",
        "a: >\n  b",
        "a: |-\n  b",
        "a: |+\n  b",
        "a: |+\n  b\n  ",
        "a: |\n  b\n  ",
        "a: |\n  b\n   ",
        "a: |\n  b\n\n  ",
        "a: |+",
        "a: |",
        "a: |\n  ",
        "a: |+\n  ",
        "a: |1-\n  b",
        "a: | # +\n  b",
        "a: |\n  b # c",
        "a: |\n  b\n# c",
        "a: |+\n  b\n\n# c",
        "a: |\r\n  b",
        "a: |\r  b\r",
        "a: |+\r  b\r",
        "a: |+\r  b\r\r",
        "a: |\n  b\u2028",
        "a: |+\n  b\u2028",
        "- - |\n  b",
        "a: |\n  b\n...",
        "a: |\n  b\n---\nc: |\n  d",
        "b",
        "'b'",
        "a:",
    ],
)
def test_the_last_line_is_read_as_if_it_had_a_line_end(text: str) -> None:
    """apimachinery's LineReader ends every line with a line feed."""
    assert values(text + "\n") == values(text)


def test_the_text_of_a_block_scalar_at_the_end_of_a_file_is_what_is_written() -> None:
    scalar = at(the_document("a: |\n  b").root, "a")
    assert isinstance(scalar, Scalar)

    assert ("b", "b\n") == (scalar.text, scalar.value)


def test_every_problem_message_is_one_clause() -> None:
    texts = ["[", "a: |\n  x\ny\n", "a: @\n", "*x", "%YAML 1.1\n", "--- x", "\x00", "{{ x }}", "a: b: c"]

    for text in texts:
        assert re.fullmatch(r"[^\n]*[^.\s]", the_problem(text).message)
