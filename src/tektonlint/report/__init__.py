"""A run as text, in one of several formats.

Nothing here prints, sorts or filters, but for what a service would refuse or not show; the report then says so.
"""

from __future__ import annotations

from importlib import import_module

from tektonlint.records import NamedTuple
from tektonlint.report.view import View


class Style(NamedTuple):
    """How a report for people looks; a format for machines is the same in every style."""

    color: bool = False
    quiet: bool = False
    statistics: bool = False


# What makes each report that is the same in every style.
_MODULES = {
    "concise": "concise",
    "json": "json_report",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
    "markdown": "markdown",
}
FORMATS = ("text", *_MODULES)


def render(name: str, view: View, style: Style) -> str:
    """The report in the format of that name, one of `FORMATS`. A run pays for the import of what it prints."""
    if name == "text":
        from tektonlint.report import text

        return text.render(view, color=style.color, quiet=style.quiet, statistics=style.statistics)
    report: str = import_module(f"{__name__}.{_MODULES[name]}").render(view)
    return report
