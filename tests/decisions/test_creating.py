"""A new file is written wholly or not at all, and never over another."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tektonlint.writing import NotWritten, create


@pytest.fixture(params=["links", "no links"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a file system with links, or on one without."""

    def refuse(source: str, target: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)
    return tmp_path


def test_a_file_has_the_bytes_the_mode_of_any_new_file_and_no_company(folder: Path) -> None:
    old = os.umask(0o027)
    try:
        create(str(folder / "new.json"), b"{}")
    finally:
        os.umask(old)

    assert b"{}" == (folder / "new.json").read_bytes()
    assert 0o640 == stat.S_IMODE((folder / "new.json").stat().st_mode)
    assert ["new.json"] == os.listdir(folder)


def test_a_file_that_is_there_stays(folder: Path) -> None:
    (folder / "old.json").write_text("old")

    with pytest.raises(NotWritten, match="it is there already"):
        create(str(folder / "old.json"), b"{}")

    assert ("old", ["old.json"]) == ((folder / "old.json").read_text(), os.listdir(folder))


def test_so_does_a_link_that_leads_nowhere(folder: Path) -> None:
    (folder / "link.json").symlink_to("elsewhere.json")

    with pytest.raises(NotWritten, match="it is there already"):
        create(str(folder / "link.json"), b"{}")

    assert ["link.json"] == os.listdir(folder)


def test_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(NotWritten, match="no such file or directory"):
        create(str(folder / "none" / "new.json"), b"{}")
