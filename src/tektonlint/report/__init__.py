"""A run as text, in one of several formats.

Nothing here prints, sorts or filters, but for what a service would refuse or not show; the report then says so.
"""

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


def _sarif(view: View, style: Style) -> str:
    from tektonlint.report import sarif

    return sarif.render(view)


def _github(view: View, style: Style) -> str:
    from tektonlint.report import github

    return github.render(view)


def _gitlab(view: View, style: Style) -> str:
    from tektonlint.report import gitlab

    return gitlab.render(view)


def _junit(view: View, style: Style) -> str:
    from tektonlint.report import junit

    return junit.render(view)


def _rdjson(view: View, style: Style) -> str:
    from tektonlint.report import rdjson

    return rdjson.render(view)


def _markdown(view: View, style: Style) -> str:
    from tektonlint.report import markdown

    return markdown.render(view)


FORMATS: dict[str, Callable[[View, Style], str]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "rdjson": _rdjson,
    "markdown": _markdown,
}
