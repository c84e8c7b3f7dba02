"""What the action installs with tektonlint is what pyproject.toml asks for, to the byte."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = [Requirement(text) for text in (*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"])]
LINES = (ROOT / ".github" / "action" / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
# Each is one version for a range of Pythons, with the hashes of its files.
LOCKED = [line for line in LINES.splitlines() if line and not line.startswith("#")]
PYTHONS = [f"3.{minor}" for minor in range(10, 15)]


@pytest.mark.parametrize("line", LOCKED, ids=lambda line: line.split()[0])
def test_a_package_is_known_by_its_version_and_its_bytes(line: str) -> None:
    requirement, *hashes = line.split(" --hash=")

    assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)?", requirement.strip())
    assert hashes
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("needed", NEEDED, ids=str)
def test_every_package_that_is_needed_is_there_in_a_version_that_fits(needed: Requirement, python: str) -> None:
    here = {"python_version": python, "python_full_version": f"{python}.0"}
    locked = [Requirement(line.partition(" --hash=")[0]) for line in LOCKED]
    versions = [
        next(iter(one.specifier)).version
        for one in locked
        if canonicalize_name(needed.name) == one.name and (one.marker is None or one.marker.evaluate(here))
    ]

    wanted = needed.marker is None or needed.marker.evaluate(here)
    assert [wanted] == [needed.specifier.contains(version) for version in versions] or (not wanted and not versions)
