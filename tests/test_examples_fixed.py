"""examples/fixed is what `--fix --unsafe-fixes` makes of examples/gitops.

After a change to either, or to a fix: copy examples/gitops over examples/fixed, and in examples/fixed run
`tektonlint --fix --unsafe-fixes`.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tektonlint import cli

ROOT = Path(__file__).parent.parent
BROKEN, FIXED = ROOT / "examples" / "gitops", ROOT / "examples" / "fixed"


def texts_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a run in a folder."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.chdir(folder)
        code = cli.main([".", "--root", ".", "--format", "json", *options])
    report: dict[str, Any] = json.loads(out.getvalue())
    return code, report


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tree with the mistakes."""
    return Path(shutil.copytree(BROKEN, tmp_path / "copy"))


def test_the_fixed_tree_is_what_fix_makes(copy: Path) -> None:
    code, report = run(copy, "--fix", "--unsafe-fixes")

    assert texts_of(FIXED) == texts_of(copy)
    assert (1, True) == (code, report["summary"]["fixed"] > 10)
    assert "fix-failed" not in {finding["policy"] for finding in report["findings"]}


def test_fixing_the_fixed_tree_changes_nothing(tmp_path: Path) -> None:
    again = Path(shutil.copytree(FIXED, tmp_path / "again"))

    _, report = run(again, "--fix", "--unsafe-fixes")

    assert (texts_of(FIXED), 0) == (texts_of(again), report["summary"]["fixed"])


def test_the_fixed_tree_has_no_finding_left_that_can_be_fixed() -> None:
    """Notes are hidden, and what is hidden is not fixed."""
    _, report = run(FIXED)

    assert report["findings"]
    assert [] == [finding for finding in report["findings"] if finding["fix"] is not None]
