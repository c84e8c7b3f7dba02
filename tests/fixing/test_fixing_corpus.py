"""Real manifests: every fix holds, does what the report says it does, and breaks nothing.

`TEKTONLINT_CORPUS` is a folder of manifests; without it the tests are skipped. Each variant of it is fixed once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tektonlint import cli, tree
from tektonlint.structure import faults

Report = dict[str, Any]
MARK = b"\xef\xbb\xbf"


def as_it_is(data: bytes) -> bytes:
    return data


def otherwise_written(data: bytes) -> bytes:
    """With Windows' line ends and a byte-order mark."""
    return MARK + data.replace(b"\n", b"\r\n")


class Fixed(NamedTuple):
    """A folder before and after, the report of the run that fixed it, and what that returned."""

    before: Path
    after: Path
    report: Report
    code: int


def run(folder: Path, *options: str) -> tuple[int, Report]:
    """Runs the command line in this process; its exit code and its report."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), working_in(folder):
        code = cli.main([".", "--root", ".", "--isolated", "--severity", "note", "--format", "json", *options])
    out.seek(0)
    report: Report = json.loads(out.read())
    return code, report


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def copied(source: Path, target: Path, change: Callable[[bytes], bytes]) -> Path:
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        if path.suffix in (".yaml", ".yml") and path.is_file():
            path.write_bytes(change(path.read_bytes()))
    return target


@pytest.fixture(scope="module", params=[as_it_is, otherwise_written], ids=["as it is", "crlf and mark"])
def fixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fixed:
    if "TEKTONLINT_CORPUS" not in os.environ:
        pytest.skip("TEKTONLINT_CORPUS is not set")
    folder = tmp_path_factory.mktemp("corpus")
    before = copied(Path(os.environ["TEKTONLINT_CORPUS"]), folder / "before", request.param)
    after = copied(before, folder / "after", as_it_is)
    code, report = run(after, "--fix", "--unsafe-fixes")
    return Fixed(before, after, report, code)


def texts_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def changed(fixed: Fixed) -> dict[str, tuple[str, str]]:
    """The texts of the files that were changed: before and after."""
    before, after = texts_of(fixed.before), texts_of(fixed.after)
    assert list(before) == list(after)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def test_no_fix_is_rejected(fixed: Fixed) -> None:
    assert [] == [one for one in fixed.report["findings"] if one["policy"] in ("fix-failed", "internal-error")]
    assert 1 == fixed.code


def test_there_is_something_to_fix(fixed: Fixed, changed: dict[str, tuple[str, str]]) -> None:
    assert len(changed) >= 5
    assert fixed.report["summary"]["fixed"] >= len(changed)


def test_a_second_run_changes_nothing(fixed: Fixed) -> None:
    before = texts_of(fixed.after)

    code, report = run(fixed.after, "--fix", "--unsafe-fixes")

    assert before == texts_of(fixed.after)
    assert (fixed.code, fixed.report["findings"], 0) == (code, report["findings"], report["summary"]["fixed"])


def test_every_file_has_as_many_documents_as_before(changed: dict[str, tuple[str, str]]) -> None:
    for name, (old, new) in changed.items():
        before, after = (tree.of_texts({name: text}).files[0].loaded for text in (old, new))
        assert len(before.documents) == len(after.documents), name
        assert len(before.problems) == len(after.problems), name


def test_no_document_that_was_right_is_wrong_afterwards(changed: dict[str, tuple[str, str]]) -> None:
    for name, (old, new) in changed.items():
        assert wrong_documents(name, new) <= wrong_documents(name, old), name


def wrong_documents(name: str, text: str) -> set[int]:
    file = tree.of_texts({name: text}).files[0]
    return {resource.document.index for resource in file.resources if faults(resource)}


def test_the_line_ends_and_the_mark_stay(fixed: Fixed, changed: dict[str, tuple[str, str]]) -> None:
    for name, (old, new) in changed.items():
        assert old.startswith("\ufeff") == new.startswith("\ufeff"), name
        assert set(re.findall(r"\r?\n|\r", old)) == set(re.findall(r"\r?\n|\r", new)), name


# The report, and nothing else, says what is done


def test_the_result_is_what_the_reported_edits_make_pass_by_pass(fixed: Fixed, tmp_path: Path) -> None:
    by_hand = copied(fixed.before, tmp_path / "by-hand", as_it_is)
    for _ in range(10):
        found = run(by_hand)[1]["findings"]
        fixes = [one for one in found if one["fix"] is not None]
        if not fixes:
            break
        for name in sorted({one["path"] for one in fixes}):
            path = by_hand / name
            edits = [one["fix"]["edits"] for one in sorted(fixes, key=first_place) if one["path"] == name]
            path.write_bytes(edited(path.read_bytes().decode(), edits).encode())

    assert texts_of(fixed.after) == texts_of(by_hand)


def first_place(finding: dict[str, Any]) -> tuple[object, ...]:
    edits = finding["fix"]["edits"]
    return min((edit["line"], edit["column"]) for edit in edits), finding["policy"], finding["message"]


def edited(text: str, fixes: list[list[dict[str, Any]]]) -> str:
    """The text with each fix made that neither overlaps nor touches one made already."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
    starts[0] = len(text) - len(text.removeprefix("\ufeff"))
    made: set[tuple[int, int, str]] = set()
    for fix in fixes:
        ranges = {
            (
                starts[edit["line"] - 1] + edit["column"] - 1,
                starts[edit["end_line"] - 1] + edit["end_column"] - 1,
                edit["text"],
            )
            for edit in fix
        }
        new = ranges - made
        if all(end < other_start or other_end < start for start, end, _ in new for other_start, other_end, _ in made):
            made |= new
    for start, end, new_text in sorted(made, reverse=True):
        text = text[:start] + new_text + text[end:]
    return text
