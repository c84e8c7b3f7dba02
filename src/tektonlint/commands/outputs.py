"""Where the reports of a run go: `--format NAME[=FILE]` and `--output FILE`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from tektonlint.errors import UserError
from tektonlint.records import NamedTuple
from tektonlint.report import FORMATS, Style, render
from tektonlint.report.view import View

# Standard output, by a name of the system's own; a lone hyphen is one by custom.
_STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class Output(NamedTuple):
    """A report: the name of its format, and the file it goes to; None is standard output."""

    format: str
    file: str | None = None


class WrongOutput(UserError):
    """Reports cannot go where they were meant to; the text is one line for a person."""


def outputs(formats: Sequence[str], output: str | None, paths: Iterable[str]) -> tuple[Output, ...]:
    """What `--format` (values as they were given) and `--output` ask for; text to standard output by default.

    `paths` are the files and folders to check. Raises `WrongOutput`; nothing has been opened or written then.
    """
    asked = [_output(value) for value in formats] or [Output("text")]
    if output is not None:
        if all(one.file is not None for one in asked):
            raise WrongOutput("--output is for the format without a file, and here each has its own")
        asked = [one if one.file is not None else one._replace(file=output) for one in asked]
        if not output:
            raise WrongOutput("--output has no name of a file")
    asked = [one._replace(file=None) if _is_standard_output(one.file) else one for one in asked]
    _check_standard_output(asked)
    _check_files(asked, [path for path in paths if os.path.isfile(path)])
    return tuple(asked)


def place_in_repository(root: str) -> str | None:
    """Where a folder lies in its Git repository: `gitops/`, empty for the repository itself, None outside of one."""
    folder = root
    while not os.path.lexists(os.path.join(folder, ".git")):
        if os.path.dirname(folder) == folder:
            return None
        folder = os.path.dirname(folder)
    inside = os.path.relpath(root, folder).replace(os.sep, "/")
    return "" if inside == "." else f"{inside}/"


def write(asked: Iterable[Output], view: View, style: Style, *, paint_files: bool) -> None:
    """Renders every report and writes those that can be written. Raises `WrongOutput` for the first that cannot.

    Standard output comes last: a reader who closes it does not keep the files from being written.
    """
    from tektonlint.writing import NotWritten, put

    in_file = style._replace(color=paint_files)
    reports = [(one, render(one.format, view, style if one.file is None else in_file)) for one in asked]
    failed: list[WrongOutput] = []
    for one, text in reports:
        if one.file is not None:
            try:
                # What cannot be encoded is spelled out, as on standard output.
                put(one.file, text.encode("utf-8", "backslashreplace"))
            except NotWritten as error:
                failed.append(WrongOutput(f"{one.file}: the {one.format} report could not be written: {error}"))
    for one, text in reports:
        if one.file is None:
            sys.stdout.write(text)
    if failed:
        raise failed[0]


def _output(value: str) -> Output:
    name, has_file, file = value.partition("=")
    if name not in FORMATS:
        from tektonlint.near import did_you_mean

        hint = did_you_mean(name, FORMATS) or f"; it is one of {', '.join(FORMATS)}"
        raise WrongOutput(f"--format cannot be `{name}`{hint}")
    if has_file and not file:
        raise WrongOutput(f"--format {value} has no name of a file behind `=`")
    return Output(name, file if has_file else None)


def _is_standard_output(file: str | None) -> bool:
    return file is not None and (file == "-" or os.path.normpath(file) in _STANDARD_OUTPUT)


def _check_standard_output(asked: Iterable[Output]) -> None:
    """Raises `WrongOutput` where two reports would go to standard output, one behind the other."""
    printed = [one.format for one in asked if one.file is None]
    if len(printed) > 1:
        first, second = printed[:2]
        raise WrongOutput(
            f"--format {first} and --format {second} cannot both go to standard output; "
            f"write one to a file: --format {second}=FILE"
        )


def _check_files(asked: Iterable[Output], checked: Sequence[str]) -> None:
    """Raises `WrongOutput` for a place that is no place for a file, or that has something else in it."""
    taken: set[str] = set()
    for one in asked:
        if one.file is None:
            continue
        folder, name = os.path.split(one.file)
        if not name or os.path.isdir(one.file):
            raise WrongOutput(f"{one.file}: it is a folder; a report goes to a file")
        if not os.path.isdir(folder or os.curdir):
            raise WrongOutput(f"{one.file}: there is no folder `{folder}` to write it to")
        place = _place(one.file)
        if place in taken:
            raise WrongOutput(f"{one.file}: two reports cannot go to one file")
        # A folder may hold it, and a report is never YAML.
        if place in map(_place, checked) or (name.endswith((".yaml", ".yml")) and os.path.lexists(one.file)):
            raise WrongOutput(f"{one.file}: it is a file to be checked, and the report would replace it")
        taken.add(place)


def _place(file: str) -> str:
    """One spelling for all that lead to a name in a folder; a link of that name is not followed."""
    folder, name = os.path.split(file)
    return os.path.normcase(os.path.join(os.path.realpath(folder or os.curdir), name))
