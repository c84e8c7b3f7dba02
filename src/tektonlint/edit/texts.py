"""Changes scalars: their value, a part of their text, or the lines of a literal block."""

from __future__ import annotations

import re

from tektonlint.document import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Scalar
from tektonlint.edit.change import Change, Refusal
from tektonlint.edit.geometry import (
    ODD_LINE_END,
    before_value,
    chomping,
    end_of_block,
    line_end,
    line_start,
    newline_of,
    next_line,
    owner_of,
    refuse_tagged,
    replacing,
    says_its_indentation,
    unshared,
)
from tektonlint.edit.values import double_quoted, printable, scalar_text, stays_plain
from tektonlint.finding import Edit
from tektonlint.offsets import indentation, source_offsets, span_in
from tektonlint.tekton.resource import Place
from tektonlint.text import LINE_END


def replace_scalar(place: Place, value: str | int | bool) -> Change:
    """Writes another value; a string keeps the quotes it has, and gets some where it needs them."""
    node, flow, before = _scalar(place)
    if node.style in (LITERAL, FOLDED):
        raise Refusal("it is a block scalar")
    text = scalar_text(value, flow=flow, quote=node.style)
    if node.start == node.end:
        if not before.strip():
            raise Refusal("the key stands there without a colon")
        text = f" {text}"
    return Change((replacing(place, node.start, node.end, text),), frozenset((place.path,)))


def wrap_in_list(place: Place) -> Change:
    """Makes a text the one item of a list in brackets; it keeps its quotes, and gets some where it needs them."""
    node, _, _ = _scalar(place)
    if not isinstance(node.value, str):
        raise Refusal("it is no string")
    if node.style in (LITERAL, FOLDED):
        raise Refusal("it is a block scalar")
    text = scalar_text(node.value, flow=True, quote=node.style)
    return Change((replacing(place, node.start, node.end, f"[{text}]"),), frozenset((place.path,)))


def replace_fragment(place: Place, start: int, end: int, replacement: str) -> Change:
    """Writes other text for `node.text[start:end]`, escaped as the scalar's style asks for."""
    node, flow, _ = _scalar(place)
    if not isinstance(node.value, str):
        raise Refusal("it is no string")
    if not 0 <= start <= end <= len(node.value):
        raise ValueError(f"{start} to {end} is no range of the text")
    if end > len(node.text):
        raise Refusal("the file lacks the line end that Kubernetes adds")
    text = place.resource.source.text
    if not text.isascii() and ODD_LINE_END.search(text, node.start, node.end):
        raise Refusal("the text holds a character that only YAML takes for a line end")
    wanted = node.text[:start] + replacement + node.text[end:]
    if node.style == LITERAL:
        return Change((_in_literal(place, node, start, end, replacement),), frozenset((place.path,)))
    span = span_in(node, text, start, end)
    if node.style in (PLAIN, FOLDED) and text[slice(*span)] != node.text[start:end]:
        raise Refusal("the text goes over several lines")
    if node.style == FOLDED or LINE_END.search(text, node.start, node.end):
        _refuse_folding(node.text[start:end], text[slice(*span)], replacement)
    if node.style == PLAIN and not stays_plain(wanted, flow=flow):
        raise Refusal("the text would need quotes")
    if node.style == DOUBLE:
        replacement = double_quoted(replacement)[1:-1]
    elif not printable(replacement):
        raise Refusal("the text would need double quotes")
    elif node.style == SINGLE:
        replacement = replacement.replace("'", "''")
    return Change((replacing(place, *span, replacement),), frozenset((place.path,)))


def insert_lines(place: Place, number: int, lines: tuple[str, ...]) -> Change:
    """Puts lines into a literal block scalar before its line `number` (from 0), or behind its last, indented alike."""
    node, _, _ = _scalar(place)
    text = place.resource.source.text
    if node.style != LITERAL:
        raise Refusal("the text is not a literal block")
    if says_its_indentation(text, node):
        raise Refusal("the block says how far it is indented")
    _refuse_unfit_for_a_block("\n".join(lines))
    present = node.text.removesuffix("\n").split("\n")
    number = min(number, len(present))
    indent = _indentation(node, text)
    _refuse_a_blank_beginning("\n".join((*present[:number], *lines, *present[number:])))
    newline = newline_of(text, node.start)
    block = "".join(f"{' ' * indent if line else ''}{line}{newline}" for line in lines)
    touches = frozenset((place.path,))
    if number < len(present):
        at = line_start(text, source_offsets(node, text)[sum(len(line) + 1 for line in present[:number])])
        return Change((replacing(place, at, at, block),), touches)
    if lines and not lines[-1] and chomping(text, node) != "+":
        raise Refusal("a blank line at the end of the block would not count")
    at = next_line(text, end_of_block(text, node))
    if at == len(text) and text[-1] not in "\r\n":
        if node.text.endswith("\n") or not block.rstrip("\r\n"):
            raise Refusal("the file ends in the middle of a blank line")
        # What ends the file ends without a line end, as before.
        block = newline + block.removesuffix(newline)
    return Change((replacing(place, at, at, block),), touches)


def insert_line(place: Place, offset: int | None, line: str) -> Change:
    """Puts a command on a line of its own into a shell script, behind the command that holds an offset of the text.

    None means before the first line. The line is indented like the command, and stands behind its here-documents and
    behind all the lines that it goes on over.
    """
    node, _, _ = _scalar(place)
    if node.style != LITERAL:
        raise Refusal("the text is not a literal block")
    script = str(node.value)
    if offset is None:
        return insert_lines(place, 0, (line,))
    if not 0 <= offset <= len(script):
        raise ValueError(f"{offset} is no offset of the text")
    from tektonlint.shell.lines import gap_behind

    gap = gap_behind(script, offset)
    if gap is None:
        raise Refusal("the script is not understood")
    return insert_lines(place, gap.line, (gap.indent + line,))


def remove_lines(place: Place, first: int, count: int) -> Change:
    """Takes `count` lines out of a literal block scalar, from its line `first` (from 0); some line stays."""
    node, _, _ = _scalar(place)
    text = place.resource.source.text
    if node.style != LITERAL:
        raise Refusal("the text is not a literal block")
    if not text.isascii() and ODD_LINE_END.search(text, node.start, node.end):
        raise Refusal("the text holds a character that only YAML takes for a line end")
    value = str(node.value)
    lines = re.findall(r"[^\n]*\n|[^\n]+", value)
    if not 0 <= first <= first + count <= len(lines):
        raise ValueError(f"{first} to {first + count} is no range of the lines")
    touches = frozenset((place.path,))
    if count == 0:
        return Change((), touches)
    ends = value[len(value.rstrip("\n")) :]
    wanted = "".join((*lines[:first], *lines[first + count :]))
    if not wanted.strip("\n") or wanted.rstrip("\n") + ends != wanted:
        raise Refusal("the line ends behind the last line would change")
    if not says_its_indentation(text, node):
        _refuse_a_blank_beginning(wanted)
    before = sum(map(len, lines[:first]))
    start = line_start(text, source_offsets(node, text)[before])
    end = start
    for _ in range(count):
        end = next_line(text, end)
    return Change((replacing(place, start, end, ""),), touches)


def _scalar(place: Place) -> tuple[Scalar, bool, str]:
    """The scalar of a place that stands only there, whether in flow style, and what is written before it."""
    node = unshared(place.node)
    if not isinstance(node, Scalar):
        raise Refusal("a mapping or a list stands there")
    owner, number = owner_of(place)
    before = before_value(place.resource.source.text, owner, number)
    refuse_tagged(before)
    return node, owner.flow, before


def _in_literal(place: Place, node: Scalar, start: int, end: int, replacement: str) -> Edit:
    """The same in a literal block, where a line feed is a line, and a blank line may lack its indentation."""
    text = place.resource.source.text
    kept = node.text.rstrip("\n")
    wanted = node.text[:start] + replacement + node.text[end:]
    if end > len(kept) or not kept or wanted.rstrip("\n") + node.text[len(kept) :] != wanted:
        raise Refusal("the line ends behind the last line would change")
    _refuse_unfit_for_a_block(replacement)
    if not says_its_indentation(text, node):
        _refuse_a_blank_beginning(wanted)
    if start < end and node.text[end - 1] != "\n":
        at, stop = span_in(node, text, start, end)
    else:
        # The next character may stand on another line.
        offsets = source_offsets(node, text)
        at, stop = offsets[start], offsets[end]
    indent = " " * _indentation(node, text)
    first, *others = replacement.split("\n")
    if first:
        first = indent[at - line_start(text, at) :] + first
    rest = text[stop : line_end(text, stop)]
    lines = [first, *(indent + line if line else "" for line in others)]
    if others and not others[-1] and rest:
        lines[-1] = indent
    return replacing(place, at, stop, newline_of(text, node.start).join(lines))


def _indentation(node: Scalar, text: str) -> int:
    indent = indentation(node, text)
    if indent == 0:
        raise Refusal("the block holds no text, so its indentation is not known")
    return indent


def _refuse_folding(old: str, written: str, new: str) -> None:
    """Refuses to change a text over several lines but for words inside one line, which no fold depends on."""
    if old != old.strip() or new != new.strip() or not old or not new or LINE_END.search(written):
        raise Refusal("the text goes over several lines")


def _refuse_unfit_for_a_block(text: str) -> None:
    if not printable(text.replace("\t", "").replace("\n", "")):
        raise Refusal("a block cannot hold such a character")


def _refuse_a_blank_beginning(text: str) -> None:
    """The first line with anything on it says how far a block is indented, so it cannot begin with a blank."""
    if text.strip("\n")[:1] in ("", " ", "\t"):
        raise Refusal("the block would begin with a blank")
