"""A command line in an empty folder, on a day that is given."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tektonlint import cli


class Ran(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def found(self) -> list[str]:
        """`path:line policy` of each finding of a report with `--format concise`."""
        lines = [line for line in self.out.splitlines() if line.endswith("]")]
        return [f"{':'.join(line.split(':')[:2])} {line.rpartition(' [')[2][:-1]}" for line in lines]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ran]]:
    """Runs a command line in this process, in an empty folder that is a root, on 2026-02-03 (UTC)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770076800")

    def run(*argv: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = cli.main([*argv, *([] if "--format" in argv else ["--format", "concise"])])
        return Ran(code, *capsys.readouterr())

    yield run
    sys.stdin.close()
