"""However a script is written in YAML, a part of it stands where its file has the characters that become it."""

from __future__ import annotations

from typing import NamedTuple

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint import tree
from tektonlint.model.graph import Model
from tektonlint.model.scripts import Script, script_at
from tektonlint.tekton.resource import Place
from tektonlint.tekton.target import Target, newest

HEAD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: é}
spec:
  steps:
    - name: a
      image: alpine
      script:"""
INDENT = " " * 10
BOM = "\ufeff"

# Words that stand in no other and are plain text in every style; each is looked for in the script and in the file.
WORDS = st.lists(
    st.sampled_from(["cat", "/data/a.tar", "$(params.x)", "$(workspaces.w.path)/b", "é.json", "\U0001f600", "--x=1",
                     "${X:-d}", "a,b", "&&", "x;", "$(date)"]),
    min_size=1, max_size=4,
)  # fmt: skip
LINES = st.lists(WORDS, min_size=1, max_size=4).map(
    lambda lines: [[f"{word}w{row}x{column}z" for column, word in enumerate(line)] for row, line in enumerate(lines)]
)


class Written(NamedTuple):
    """A manifest, and the words of its script."""

    text: str
    words: list[str]


def literal(lines: list[list[str]]) -> str:
    return " |\n" + "\n".join(INDENT + " ".join(line) for line in lines) + "\n"


def stripped(lines: list[list[str]]) -> str:
    return " |-\n" + "\n".join(INDENT + " ".join(line) for line in lines) + "\n"


def kept(lines: list[list[str]]) -> str:
    return " |+\n" + "\n\n".join(INDENT + " ".join(line) for line in lines) + "\n\n\n"


def indicated(lines: list[list[str]]) -> str:
    """The first line is indented further than the indicator says."""
    shifted = [f"{'   ' if not number else ''}{' '.join(line)}" for number, line in enumerate(lines)]
    return " |2-\n" + "\n".join(f"{INDENT[:8]}{line}" for line in shifted) + "\n"


def folded(lines: list[list[str]]) -> str:
    return " >-\n" + "\n".join(INDENT + " ".join(line) for line in lines) + "\n"


def plain(lines: list[list[str]]) -> str:
    return " " + f"\n{INDENT}".join(" ".join(line) for line in lines).replace("&&", "k&&", 1) + "\n"


def single(lines: list[list[str]]) -> str:
    return " '" + f"\n{INDENT}".join("''x'' " + " ".join(line) for line in lines) + "'\n"


def double(lines: list[list[str]]) -> str:
    return ' "' + "\\n\\\n".join('\\t\\"x\\" ' + " ".join(line) + "\\x41\\u00e9" for line in lines) + '"\n'


def anchored(lines: list[list[str]]) -> str:
    return " &script !!str |  # a comment\n" + "\n".join(INDENT + " ".join(line) for line in lines) + "\n"


STYLES = [literal, stripped, kept, indicated, folded, plain, single, double, anchored]


def written(style: int, lines: list[list[str]], crlf: bool, bom: bool) -> Written:
    text = HEAD + STYLES[style](lines) + "  params: [{name: x}]\n"
    text = text.replace("\n", "\r\n") if crlf else text
    return Written((BOM if bom else "") + text, [word for line in lines for word in line])


def script_of(text: str) -> Script:
    found = tree.of_texts({"task.yaml": text})
    (resource,) = found.resources
    steps = Place(resource, resource.document.root, (), None).get("spec", "steps")
    assert steps is not None
    script = script_at(Model(found, Target(tekton=newest())), next(steps.items()))
    assert script is not None
    return script


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(STYLES) - 1), LINES, st.booleans(), st.booleans())
def test_a_word_of_a_script_stands_in_the_file_where_it_is_written(
    style: int, lines: list[list[str]], crlf: bool, bom: bool
) -> None:
    text, words = written(style, lines, crlf, bom)
    script = script_of(text)

    assert yaml.safe_load(text.removeprefix(BOM))["spec"]["steps"][0]["script"] == script.text
    for word in words:
        at = script.text.index(word)
        span = script.location(at, at + len(word)).span
        assert word == text[span.start : span.end]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(STYLES) - 1), LINES, st.booleans(), st.integers(0, 200), st.integers(1, 40))
def test_every_part_of_a_script_has_a_place_in_it(
    style: int, lines: list[list[str]], crlf: bool, start: int, length: int
) -> None:
    text = written(style, lines, crlf, False).text
    script = script_of(text)
    # The line break at the end of a block stands behind it.
    last = len(script.text.rstrip("\n"))
    start = min(start, last - 1)
    end = min(start + length, last)

    whole, part = script.place.location.span, script.location(start, end).span

    assert whole.start <= part.start <= part.end <= whole.end


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(STYLES) - 1), LINES, st.booleans())
def test_the_words_of_the_commands_stand_where_the_analysis_says(
    style: int, lines: list[list[str]], crlf: bool
) -> None:
    text = written(style, [["cat", "first", *line] for line in lines], crlf, False).text
    script = script_of(text)
    spans = [
        (script.text[word.start : word.end], script.location(word.start, word.end).span)
        for command in script.analysis.flow.commands
        for word in command.words
    ]

    for raw, span in spans:
        if raw.isascii() and "\n" not in raw and not set(raw) & set("'\"\\"):
            assert raw == text[span.start : span.end]
    assert spans
