"""Files whose text is a template: no YAML before Helm, Jinja or Pipelines-as-Code has rendered it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tektonlint.document import Loaded, load
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.text import Source, Span

# The actions of Helm and Go templates, and Jinja's placeholders, statements and comments.
_OPENING = pattern(r"\{\{-?\s*/\*|\{\{|\{%|\{#")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
# What only a template says: statements, includes and pipes that trim.
_STATEMENT = pattern(r"\{%|\{\{-|\{\{\s*(?:if|else|end|range|with|define|include|template|block)\b|\{#")


def template_of(text: str, loaded: Loaded) -> tuple[str, Span] | None:
    """What kind of template a text is that Kubernetes' reader refuses because of it, and where that shows.

    A text that parses is YAML, whatever stands in its strings. One that does not is a template where words in
    place of its actions mend it, or where at least the first problem goes with the statements; otherwise it is
    broken YAML in which some script has braces.
    """
    first = next((problem for problem in loaded.problems if problem.refused), None)
    actions = list(_actions(text)) if first is not None else []
    if first is None or not actions:
        return None
    left = [problem for problem in load(Source("", _rendered(text, actions))).problems if problem.refused]
    statements = [action for action in actions if _STATEMENT.match(text, action.start)]
    if left and (not statements or (left[0].span, left[0].message) == (first.span, first.message)):
        return None
    kind = statements or actions
    at = next((action for action in reversed(kind) if action.start <= first.span.end), kind[0])
    jinja = any(text.startswith(("{%", "{#"), action.start) for action in statements)
    language = "Jinja" if jinja else "Helm or Go"
    what = f"{language} statements" if statements else "`{{ }}` placeholders outside quotes"
    end = text.find("\n", at.start, at.end)
    return what, Span(at.start, end if end >= 0 else at.end)


def _actions(text: str) -> Iterator[Span]:
    """Where the actions of a template stand, in order; only comments go over several lines."""
    nearest: dict[str, int] = {}

    def following(part: str, offset: int) -> int:
        """Where a part stands next; remembered, so that a hostile text is gone through once."""
        found = nearest.get(part, -1)
        if found < offset:
            found = text.find(part, offset)
            found = nearest[part] = found if found >= 0 else len(text)
        return found

    done = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < done:
            continue
        closing = _CLOSING[opening[0][:2]]
        inside = following("*/", opening.end()) if opening[0].endswith("*") else opening.end()
        end = following(closing, inside) + len(closing)
        over_lines = closing == "#}" or opening[0].endswith("*")
        if end <= len(text) and (over_lines or end <= following("\n", opening.end())):
            yield Span(opening.start(), end)
            done = end


def _rendered(text: str, actions: Iterable[Span]) -> str:
    """The text with something as long in place of its actions: words, or comments where one has its line for itself."""
    parts: list[str] = []
    done = 0
    line = _TextOfLine(0, 0, 0)
    for start, end in actions:
        line = line if start < line.end else _text_of_line(text, start)
        begins = line.first == start
        line = line if end <= line.end else _text_of_line(text, end)
        filler = "#" if begins and line.last == end else "x" if text.startswith("{{", start) else " "
        parts += (text[done:start], re.sub(r"[^\r\n]", filler, text[start:end]))
        done = end
    return "".join((*parts, text[done:]))


class _TextOfLine(NamedTuple):
    """Where the text of a line begins and ends without the spaces around it, and where the line ends."""

    first: int
    last: int
    end: int


def _text_of_line(text: str, offset: int) -> _TextOfLine:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    end = end if end >= 0 else len(text)
    line = text[start:end]
    return _TextOfLine(end - len(line.lstrip()), start + len(line.rstrip()), end)
