"""A folder to write configurations into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tektonlint.config import Config, load

Loader = Callable[..., Config]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working folder, so that errors show bare file names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loaded(folder: Path) -> Loader:
    """Writes a text (or bytes) under a name and loads it."""

    def write_and_load(text: str | bytes, name: str = ".tektonlint.yaml", *, given: bool = False) -> Config:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(name, given=given)

    return write_and_load


@pytest.fixture
def error(loaded: Loader) -> Callable[..., str]:
    """The error of a text (or bytes) that is written under a name and loaded."""

    def error_of(text: str | bytes, name: str = ".tektonlint.yaml", *, given: bool = False) -> str:
        from tektonlint.config import ConfigError

        with pytest.raises(ConfigError) as raised:
            loaded(text, name, given=given)
        return str(raised.value)

    return error_of
