"""Whatever a manifest looks like, an operation at any place of it is exact or refused.

What is meant is computed on plain data, and the result is read by ruamel.yaml too, so nothing of what is tested has
a part in the expectation.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tektonlint import edit
from tektonlint.document import LITERAL, Document, Mapping, Node, Scalar, Sequence, load, plain_data, walk
from tektonlint.edit import Change, Refusal
from tektonlint.finding import Path
from tektonlint.tekton.resource import Place
from tektonlint.text import Source
from tests.edit.manifests import KEYS, manifests
from tests.edit.places import documents_of, whole

NAMES = [*KEYS, "new", "no", "a b", "", "{x}", "08", "<<", "taskRef", "annotations/x"]
TEXTS = ["", "new", "on", "08", "a: b", "x #y", "- x", "{x}", "it's", 'a"b', "l1\nl2", "\tx", " x ", "$(p)", "é\x85"]
SCALARS: st.SearchStrategy[str | int | bool] = st.sampled_from([*TEXTS, True, 12, -3])
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)),
    max_leaves=4,
)
LINES = st.lists(st.sampled_from(["set -e", "", "  x", "# y", "- z", "\tx"]), min_size=1, max_size=2)


class Act(NamedTuple):
    """One call of an operation: how to make it at a place, and what it means for the data of the document."""

    change: Callable[[Place], Change]
    mean: Callable[[Any, Place], None]


def holder(data: Any, place: Place) -> Any:
    """What holds the value of a place."""
    for step in place.path[:-1]:
        data = data[step]
    return data


def value_at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def replace_scalar(draw: st.DrawFn, place: Place) -> Act:
    value = draw(SCALARS)

    def mean(data: Any, place: Place) -> None:
        holder(data, place)[place.path[-1]] = value

    return Act(lambda place: edit.replace_scalar(place, value), mean)


def wrap_in_list(draw: st.DrawFn, place: Place) -> Act:
    def mean(data: Any, place: Place) -> None:
        holder(data, place)[place.path[-1]] = [place.text]

    return Act(edit.wrap_in_list, mean)


def rename_key(draw: st.DrawFn, place: Place) -> Act:
    name = draw(st.sampled_from(NAMES))

    def mean(data: Any, place: Place) -> None:
        owner = holder(data, place)
        assert name not in owner
        owner[name] = owner.pop(place.path[-1])

    return Act(lambda place: edit.rename_key(place, name), mean)


def remove_key(draw: st.DrawFn, place: Place) -> Act:
    def mean(data: Any, place: Place) -> None:
        if counts(place):
            del holder(data, place)[place.path[-1]]

    return Act(edit.remove_key, mean)


def remove_item(draw: st.DrawFn, place: Place) -> Act:
    def mean(data: Any, place: Place) -> None:
        del holder(data, place)[place.path[-1]]

    return Act(edit.remove_item, mean)


def insert_key(draw: st.DrawFn, place: Place) -> Act:
    name, value, after = draw(st.sampled_from(NAMES)), draw(DATA), draw(st.sampled_from([None, *KEYS]))

    def mean(data: Any, place: Place) -> None:
        owner = value_at(data, place.path)
        assert name not in owner
        owner[name] = value

    return Act(lambda place: edit.insert_key(place, name, value, after=after), mean)


def append_item(draw: st.DrawFn, place: Place) -> Act:
    value = draw(DATA)

    def mean(data: Any, place: Place) -> None:
        value_at(data, place.path).append(value)

    return Act(lambda place: edit.append_item(place, value), mean)


def move_key(draw: st.DrawFn, place: Place) -> Act:
    siblings = holder(plain_data(place.resource.document.root), place)
    mappings = [name for name, value in siblings.items() if isinstance(value, dict) and name != place.path[-1]]
    first = draw(st.sampled_from(mappings or [*siblings, *NAMES]) if draw(st.booleans()) else st.sampled_from(NAMES))
    names = [first, *draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2))]

    def mean(data: Any, place: Place) -> None:
        target = holder(data, place)
        value = target.pop(place.path[-1])
        for name in names[:-1]:
            target = target.setdefault(name, {})
        assert names[-1] not in target
        target[names[-1]] = value

    return Act(lambda place: edit.move_key(place, *names), mean)


def insert_lines(draw: st.DrawFn, place: Place) -> Act:
    number, lines = draw(st.integers(0, 5)), tuple(draw(LINES))

    def mean(data: Any, place: Place) -> None:
        owner = holder(data, place)
        text = owner[place.path[-1]]
        present = text.removesuffix("\n").split("\n")
        present[number:number] = lines
        owner[place.path[-1]] = "\n".join(present) + ("\n" if text.endswith("\n") else "")

    return Act(lambda place: edit.insert_lines(place, number, lines), mean)


def replace_fragment(draw: st.DrawFn, place: Place) -> Act:
    text = place.text or ""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    start, end = draw(st.sampled_from([*words, *words, (0, 0)]))
    if draw(st.booleans()):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    replacement = draw(st.sampled_from([*TEXTS, "new", "two words"]))

    def mean(data: Any, place: Place) -> None:
        holder(data, place)[place.path[-1]] = text[:start] + replacement + text[end:]

    return Act(lambda place: edit.replace_fragment(place, start, end, replacement), mean)


def unwrap_key(draw: st.DrawFn, place: Place) -> Act:
    def mean(data: Any, place: Place) -> None:
        owner = holder(data, place)
        ((name, value),) = owner.pop(place.path[-1]).items()
        assert name not in owner
        owner[name] = value

    return Act(edit.unwrap_key, mean)


def remove_lines(draw: st.DrawFn, place: Place) -> Act:
    present = re.findall(r"[^\n]*\n|[^\n]+", place.text or "")
    first = draw(st.integers(0, max(len(present) - 1, 0)))
    count = draw(st.integers(0, min(2, len(present) - first)))

    def mean(data: Any, place: Place) -> None:
        del present[first : first + count]
        holder(data, place)[place.path[-1]] = "".join(present)

    return Act(lambda place: edit.remove_lines(place, first, count), mean)


def counts(place: Place) -> bool:
    """Whether Kubernetes reads the value of a place, rather than another of its name."""
    node: Any = place.resource.document.root
    for step in place.path:
        node = node.items[step] if isinstance(step, int) else node.index[step].value
    return node is place.node


def is_scalar(place: Place) -> bool:
    return isinstance(place.node, Scalar)


def is_literal(place: Place) -> bool:
    return isinstance(place.node, Scalar) and place.node.style == LITERAL


def is_entry(place: Place) -> bool:
    return place.key is not None


def is_pair(place: Place) -> bool:
    return is_entry(place) and isinstance(place.node, Mapping) and len(place.node.entries) == 1


# The operation, and the places that it is tried at; it refuses others at once.
OPERATIONS: list[tuple[Callable[[st.DrawFn, Place], Act], Callable[[Place], bool]]] = [
    (replace_scalar, is_scalar),
    (wrap_in_list, lambda place: place.text is not None),
    (rename_key, is_entry),
    (remove_key, is_entry),
    (remove_item, lambda place: place.key is None),
    (insert_key, lambda place: isinstance(place.node, Mapping)),
    (append_item, lambda place: isinstance(place.node, Sequence)),
    (move_key, is_entry),
    (unwrap_key, is_pair),
    (insert_lines, is_literal),
    (remove_lines, is_literal),
    (replace_fragment, lambda place: place.text is not None),
]


def places(place: Place) -> Iterator[Place]:
    """A place and all below it, and the entries there that do not count."""
    yield place
    if isinstance(place.node, Mapping):
        for entry in place.node.entries:
            if place.node.index.get(entry.name) is not entry and entry.name != "<<":
                yield Place(place.resource, entry.value, (*place.path, entry.name), entry.key)
    for inner in (*place.entries(), *place.items()):
        yield from places(inner)


def texts(node: Node) -> Any:
    """What is written: merge keys are keys."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {entry.key.text: texts(entry.value) for entry in node.entries}
    return [texts(item) for item in node.items]


def written(documents: tuple[Document, ...]) -> list[Any]:
    return [texts(document.root) for document in documents]


def names_a_key_twice(document: Document) -> bool:
    """Whether two keys of a mapping have one text; ruamel.yaml keeps the first, even of `y` and `"y"`."""
    mappings = [node for node in walk(document.root) if isinstance(node, Mapping)]
    return any(len({entry.key.text for entry in node.entries}) < len(node.entries) for node in mappings)


def read_by_ruamel(text: str) -> list[Any] | None:
    """Every document with its scalars as texts, or None where ruamel.yaml does not take it."""
    reader = YAML(typ="base", pure=True)
    reader.allow_duplicate_keys = True
    try:
        return list(reader.load_all(text))
    except YAMLError:
        return None


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of the outermost values that differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            if name not in old or name not in new:
                yield (*path, name)
            else:
                yield from differences(old[name], new[name], (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            if number >= len(old) or number >= len(new):
                yield (*path, number)
            else:
                yield from differences(old[number], new[number], (*path, number))
    elif type(old) is not type(new) or old != new:
        yield path


def comments(text: str, document: Document) -> set[str]:
    """The comments of a text, without what only looks like one of them in a block scalar of the document."""
    inside = " ".join(node.text for node in walk(document.root) if isinstance(node, Scalar))
    return {comment for comment in re.findall(r"#c\d+\.", text) if comment not in inside}


def lines_of(place: Place) -> str:
    """The lines that an entry or item has any part of, from its key, or from behind the item before it."""
    text = place.resource.source.text
    start = place.key.start if place.key is not None else 0
    if place.parent is not None and isinstance(place.parent.node, Sequence) and place.path[-1] != 0:
        start = place.parent.node.items[int(place.path[-1]) - 1].end
    elif place.parent is not None and isinstance(place.parent.node, Sequence):
        start = place.parent.node.start
    end = text.find("\n", max(place.node.end, start))
    return text[start : end if end >= 0 else None]


def by_pieces(text: str, change: Change) -> str:
    """The text that edits make, put together from the pieces between them."""
    pieces, position = [], 0
    for one in sorted(change.edits, key=lambda one: one.at.span):
        pieces += [text[position : one.at.span.start], one.text]
        position = one.at.span.end
    return "".join(pieces) + text[position:]


@st.composite
def cases(draw: st.DrawFn, line_ends: tuple[str, ...] = ("\n", "\r\n")) -> tuple[str, int, Path, Act, Place]:
    """A manifest, and an operation at a place of one of its documents."""
    text = draw(manifests(line_ends))
    loaded = load(Source("task.yaml", text))
    assume(not loaded.problems)
    number = draw(st.integers(0, len(loaded.documents) - 1))
    document = loaded.documents[number]
    operation, fits = draw(st.sampled_from(OPERATIONS))
    fitting = [place for place in places(whole(document)) if fits(place) and (place.path or operation is insert_key)]
    fitting = [place for place in fitting if counts(place) or operation is remove_key]
    assume(fitting)
    place = draw(st.sampled_from(fitting))
    return text, number, place.path, operation(draw, place), place


def attempt(act: Act, place: Place) -> Change | str:
    """The change, or the reason of a refusal."""
    try:
        return act.change(place)
    except Refusal as refusal:
        return str(refusal)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_an_operation_changes_just_what_is_meant_or_is_refused(case: tuple[str, int, Path, Act, Place]) -> None:
    before, number, _, act, place = case
    change = attempt(act, place)
    assume(isinstance(change, Change))
    assert isinstance(change, Change)

    after = edit.apply(before, change.edits)
    old = [plain_data(document.root) for document in documents_of(before)]
    meant = copy.deepcopy(old)
    act.mean(meant[number], place)
    documents = documents_of(after)
    new = [plain_data(document.root) for document in documents]
    changed = list(differences(old[number], new[number]))

    assert meant == new
    assert [] == [path for path in changed if not any(path[: len(one)] == one for one in change.touches)]
    assert by_pieces(before, change) == after
    document = place.resource.document
    lost = comments(before, document) - comments(after, documents[number])
    removes = act.change in (edit.remove_key, edit.remove_item)
    assert lost <= (comments(lines_of(place), document) if removes else set())
    if read_by_ruamel(before) == written(documents_of(before)) and not any(map(names_a_key_twice, documents)):
        assert written(documents) == read_by_ruamel(after)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(("\n",)))
def test_in_a_file_with_other_line_ends_the_result_is_the_same_but_for_them(
    case: tuple[str, int, Path, Act, Place],
) -> None:
    text, number, path, act, place = case
    assume("\n" in text)
    other = text.replace("\n", "\r\n")
    twins = zip(places(whole(place.resource.document)), places(whole(documents_of(other)[number])), strict=True)
    twin = next(two for one, two in twins if one.node is place.node and one.path == path)
    expected, change = attempt(act, place), attempt(act, twin)

    if isinstance(expected, str):
        assert expected == change
    else:
        assert isinstance(change, Change)
        assert edit.apply(text, expected.edits).replace("\n", "\r\n") == edit.apply(other, change.edits)
