"""What users install works away from the checkout, with its policies and schemas and without our tests.

The wheel is built from the source distribution, so that this holds for both. Building and installing need the
package registry (or a cache of it); where pip cannot get what it needs the tests are skipped, but for CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tektonlint import __version__
from tests.manifests import TASK

ROOT = Path(__file__).parent.parent
POLICIES = sorted(path.stem for path in (ROOT / "policies").glob("*/*.yaml"))
# How pip says that it got nothing from the registry.
NO_NETWORK = ("No matching distribution found", "Could not fetch URL", "Max retries exceeded", "Temporary failure")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command without the checkout on Python's path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


def succeed(*command: str | Path, cwd: Path) -> None:
    """Runs a command that may need the registry."""
    done = run(*command, cwd=cwd)
    said = done.stdout + done.stderr
    if done.returncode and "CI" not in os.environ and any(words in said for words in NO_NETWORK):
        pytest.skip(f"pip cannot download: {said.strip().splitlines()[-1]}")
    assert 0 == done.returncode, said


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    succeed(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def tektonlint(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed into an environment of its own."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    succeed(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return programs / "tektonlint"


@pytest.fixture(scope="module")
def oldest(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for the oldest Python that it is meant for, where there is one."""
    # Those of pyenv are asked for themselves: what it puts on PATH starts only one that is chosen.
    folders = [*map(Path, os.get_exec_path()), *sorted((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin"))]
    programs = [folder / "python3.10" for folder in folders if folder.name != "shims"]
    found = [program for program in programs if program.is_file()]
    if not found:
        pytest.skip("there is no Python 3.10")
    folder = tmp_path_factory.mktemp("oldest")
    succeed(found[0], "-m", "venv", folder, cwd=folder)
    succeed(folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "bin" / "tektonlint"


def test_the_wheel_holds_every_policy_schema_and_table(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in ("policies", "profiles", "schemas", "tables")
        for path in ROOT.glob(f"{folder}/**/*.*")
        if path.is_file()
    }

    names = zipfile.ZipFile(wheel).namelist()

    prefix = "tektonlint/_bundled/"
    assert expected == {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_the_wheel_holds_every_module_and_nothing_else(wheel: Path) -> None:
    package = ROOT / "src" / "tektonlint"
    expected = {path.relative_to(package.parent).as_posix() for path in package.rglob("*.py")}

    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith("tektonlint/_bundled/")}

    assert expected | {"tektonlint/py.typed"} == {name for name in names if ".dist-info/" not in name}


def test_the_wheel_holds_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("/LICENSE")]

    assert (ROOT / "LICENSE").read_bytes() == archive.read(name)


def test_the_source_distribution_holds_no_tests_and_no_examples(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}

    folders = {"src", "policies", "profiles", "schemas", "tables"}
    expected = folders | {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"}
    assert expected == tops - {".gitignore"}


def test_the_installed_command_tells_its_version(tektonlint: Path, tmp_path: Path) -> None:
    done = run(tektonlint, "--version", cwd=tmp_path)

    assert (0, f"tektonlint {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)


def test_the_installed_command_knows_every_policy(tektonlint: Path, tmp_path: Path) -> None:
    done = run(tektonlint, "policies", "--format", "json", cwd=tmp_path)

    assert (0, "") == (done.returncode, done.stderr)
    assert POLICIES == sorted(policy["id"] for policy in json.loads(done.stdout)["policies"])


def test_the_installed_command_finds_what_is_wrong(tektonlint: Path, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")

    done = run(tektonlint, "task.yaml", "--format", "json", cwd=tmp_path)

    assert (1, "") == (done.returncode, done.stderr)
    found = [(each["policy"], each["line"], each["column"]) for each in json.loads(done.stdout)["findings"]]
    assert [("mutable-image", 8, 14)] == found


def test_the_installed_command_works_from_the_top_of_the_file_system(tektonlint: Path, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")

    done = run(tektonlint, tmp_path / "task.yaml", "--format", "concise", cwd=Path("/"))

    assert 1 == done.returncode
    assert done.stdout.startswith(f"{(tmp_path / 'task.yaml').relative_to('/')}:8:14: warning: ")


def test_the_installed_command_checks_fields_against_its_schemas(tektonlint: Path, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASK.replace("image: golang", "imag: golang:1.23"), encoding="utf-8")

    done = run(tektonlint, "task.yaml", "--format", "concise", cwd=tmp_path)

    assert (1, True) == (done.returncode, done.stdout.startswith("task.yaml:8:7: error: "))
    assert done.stdout.endswith(" [unknown-field]\n")


def test_the_oldest_python_finds_the_same(oldest: Path, tektonlint: Path) -> None:
    arguments = ("examples/gitops", "--format", "json", "--severity", "note", "--exit-zero")

    old, new = (run(command, *arguments, cwd=ROOT) for command in (oldest, tektonlint))

    assert (0, "") == (old.returncode, old.stderr)
    assert len(json.loads(new.stdout)["findings"]) > 50
    assert new.stdout == old.stdout


def test_the_installed_command_explains_a_policy(tektonlint: Path, tmp_path: Path) -> None:
    done = run(tektonlint, "explain", "mutable-image", cwd=tmp_path)

    page = (ROOT / "docs/policies/mutable-image.md").read_text(encoding="utf-8")
    assert (0, page, "") == (done.returncode, done.stdout, done.stderr)


def test_the_installed_command_tests_its_own_policies(tektonlint: Path, tmp_path: Path) -> None:
    done = run(tektonlint, "test", cwd=tmp_path)

    assert (0, "") == (done.returncode, done.stderr)
    last = done.stdout.splitlines()[-1]
    assert (f"{len(POLICIES)} policies, ", ": all hold") == (last[: len(f"{len(POLICIES)} policies, ")], last[-10:])


def test_the_installed_command_reads_a_configuration(tektonlint: Path, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.tektonlint]\nignore = ["pinning"]\n', encoding="utf-8")

    done = run(tektonlint, "--quiet", cwd=tmp_path)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
