"""Which file of a folder is its configuration."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tektonlint
from tektonlint.config import NAMES, ConfigError, find, load

TABLE = "[tool.tektonlint]\nselect = ['a']\n"


def test_a_folder_without_one_has_none(folder: Path) -> None:
    (folder / "tektonlint.yaml").write_text("")

    assert find(str(folder)) is None


def test_a_folder_that_is_not_there_has_none(folder: Path) -> None:
    assert find(str(folder / "nowhere")) is None


@pytest.mark.parametrize("name", NAMES)
def test_each_of_the_names_is_found_alone(folder: Path, name: str) -> None:
    (folder / name).write_text(TABLE if name.endswith(".toml") else "")

    assert str(folder / name) == find(str(folder))


@pytest.mark.parametrize(("winner", "loser"), list(itertools.combinations(NAMES, 2)))
def test_the_earlier_name_wins(folder: Path, winner: str, loser: str) -> None:
    for name in (winner, loser):
        (folder / name).write_text(TABLE if name.endswith(".toml") else "")

    assert str(folder / winner) == find(str(folder))


def test_the_names_begin_with_the_one_that_the_documentation_recommends() -> None:
    expected = (".tektonlint.yaml", ".tektonlint.yml", "pyproject.toml")

    assert expected == NAMES


def test_a_yaml_file_in_a_folder_above_is_not_of_this_folder(folder: Path) -> None:
    (folder / ".tektonlint.yaml").write_text("")
    (folder / "below").mkdir()

    assert find(str(folder / "below")) is None


HAS_TABLE = {
    "its header": TABLE,
    "an empty table": "[tool.tektonlint]\n",
    "only a table within": "[tool.tektonlint.target]\n",
    "blanks and quotes": "[ tool . 'tektonlint' ]\n",
    "dots": "tool.tektonlint.select = ['a']\n",
    "braces": "[tool]\ntektonlint = { select = ['a'] }\n",
    "a value that is no table": "[tool]\ntektonlint = 1\n",
}
HAS_NONE = {
    "nothing": "",
    "another tool": "[tool.tektonlint-extra]\nselect = ['a']\n",
    "a dependency": "[project]\ndependencies = ['tektonlint>=1']\n",
    "a comment": "# [tool.tektonlint]\n",
    "a text": "x = '''\n[tool.tektonlint]\n'''\n",
    "a table of another name": "[tools.tektonlint]\n[tektonlint]\n",
    "a tool that is no table": "tool = 'tektonlint'\n",
    "broken TOML about other things": "[project\ndependencies = ['tektonlint']\n",
}


@pytest.mark.parametrize("text", HAS_TABLE.values(), ids=HAS_TABLE)
def test_a_pyproject_counts_with_the_table_in_any_form(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)

    assert str(folder / "pyproject.toml") == find(str(folder))


@pytest.mark.parametrize("text", HAS_NONE.values(), ids=HAS_NONE)
def test_a_pyproject_without_the_table_does_not_count(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)

    assert find(str(folder)) is None


BROKEN = {
    "broken TOML": b"[tool.tektonlint]\nselect = [\n",
    "bytes that are not UTF-8": b"[tool.tektonlint]\nselect = ['\xe9']\n",
    "a broken header within": b"[tool.tektonlint.target\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_pyproject_that_is_broken_where_the_table_is_meant_is_an_error_rather_than_none(
    folder: Path, data: bytes
) -> None:
    (folder / "pyproject.toml").write_bytes(data)
    path = find(str(folder))

    assert path is not None
    with pytest.raises(ConfigError):
        load(path)


def test_a_pyproject_that_does_not_speak_of_tektonlint_is_not_parsed(folder: Path) -> None:
    """Most repositories of Python have one, and every run would pay for it."""
    (folder / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    program = "import sys; from tektonlint import config; print(config.find('.'), *sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(tektonlint.__file__).parent.parent)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert ran.stdout.split()[0] == "None"
    assert not {"tomllib", "tomli"} & set(ran.stdout.split())


def test_a_folder_called_pyproject_is_none(folder: Path) -> None:
    (folder / "pyproject.toml").mkdir()

    assert find(str(folder)) is None


def test_a_pipe_called_pyproject_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pyproject.toml")

    assert find(str(folder)) is None


def test_a_link_that_leads_nowhere_is_found_so_that_loading_says_so(folder: Path) -> None:
    (folder / ".tektonlint.yaml").symlink_to("gone.yaml")

    assert str(folder / ".tektonlint.yaml") == find(str(folder))


def test_a_pyproject_that_is_a_link_out_is_found_and_refused(folder: Path) -> None:
    (folder / "shared.toml").write_text(TABLE)
    (folder / "below").mkdir()
    (folder / "below" / "pyproject.toml").symlink_to("../shared.toml")
    path = find(str(folder / "below"))

    assert path is not None
    with pytest.raises(ConfigError, match="outside its folder"):
        load(path)


def test_a_pyproject_that_may_not_be_read_is_an_error_rather_than_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text(TABLE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # A test that runs as root can read everything.
    monkeypatch.setattr("builtins.open", refuse)
    path = find(str(folder))

    assert path is not None
    with pytest.raises(ConfigError, match="permission denied"):
        load(path)
