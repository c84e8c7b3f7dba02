"""A run as text, in one of several formats. Nothing here prints, sorts or filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tektonlint.report.view import View


class Style(NamedTuple):
    """How a report for people looks; a format for machines is the same in every style."""

    color: bool = False
    quiet: bool = False
    statistics: bool = False


def render(name: str, view: View, style: Style) -> str:
    """The report in the format of that name, one of `FORMATS`."""
    return FORMATS[name](view, style)


# Each imports its own module, so that a run pays for one format and `--help` for none.


def _text(view: View, style: Style) -> str:
    from tektonlint.report import text

    return text.render(view, color=style.color, quiet=style.quiet, statistics=style.statistics)


def _concise(view: View, style: Style) -> str:
    from tektonlint.report import concise

    return concise.render(view)


def _json(view: View, style: Style) -> str:
    from tektonlint.report import json_report

    return json_report.render(view)


FORMATS: dict[str, Callable[[View, Style], str]] = {"text": _text, "concise": _concise, "json": _json}
