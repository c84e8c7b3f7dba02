"""What is made from the policy files says what they say: the catalogue, the index and the pages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tektonlint import bundled, pages
from tektonlint.policy import catalog
from tektonlint.policy.format import PolicyError, read

ROOT = Path(__file__).parent.parent
POLICIES = ROOT / "policies"
FILES = sorted(POLICIES.glob("*/*.yaml"))


def generate(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Runs the generator of a checkout."""
    command = [sys.executable, str(folder / "tools" / "generate.py"), *argv]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the generator reads and writes."""
    for name in ("src", "policies", "profiles", "schemas", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/generate.py", tmp_path / "tools")
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    """Changes a text that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_everything_generated_is_current() -> None:
    run = generate(ROOT, "--check")

    assert (0, "", "") == (run.returncode, run.stdout, run.stderr)


def test_a_changed_policy_makes_catalogue_index_and_page_stale(checkout: Path) -> None:
    replace(checkout / "policies/pinning/mutable-image.yaml", "title: ", "title: Really, ")

    run = generate(checkout, "--check")

    expected = ["docs/policies/mutable-image.md", "policies/README.md", "policies/catalogue.json"]
    assert (1, [f"stale: {path}" for path in expected]) == (run.returncode, run.stdout.splitlines())


def test_a_changed_profile_makes_the_page_of_the_profiles_stale(checkout: Path) -> None:
    replace(checkout / "profiles/strict.yaml", "unused-volume: warning", "unused-volume: error")

    run = generate(checkout, "--check")

    assert (1, "stale: docs/profiles.md\n") == (run.returncode, run.stdout)


@pytest.mark.parametrize(
    "row",
    [
        "| [`unused-volume`](policies/unused-volume.md) | note | note | **off** | **warning** |",
        "| [`shellcheck`](policies/shellcheck.md) | off | off | off | off |",
        "| [`privileged-step`](policies/privileged-step.md) | warning | **error** | **error** | warning |",
        "| [`secret-exposure`](policies/secret-exposure.md) | warning | warning | **error** | warning |",
        "| [`yaml-syntax`](policies/yaml-syntax.md) | error | error | error | error |",
    ],
)
def test_the_page_of_the_profiles_says_what_each_makes_of_a_policy(row: str) -> None:
    lines = (ROOT / "docs/profiles.md").read_text(encoding="utf-8").splitlines()

    assert 1 == lines.count("| policy | recommended | openshift | security | strict |")
    assert 1 == lines.count(row)


def test_the_page_of_the_profiles_tells_options_too() -> None:
    lines = (ROOT / "docs/profiles.md").read_text(encoding="utf-8").splitlines()

    (row,) = [line for line in lines if line.startswith("| [`mutable-image`]")]
    assert row.endswith("| warning | warning | **warning, `require: digest`** | warning |")


def test_the_page_of_the_profiles_has_a_row_for_each_policy() -> None:
    lines = (ROOT / "docs/profiles.md").read_text(encoding="utf-8").splitlines()

    assert sorted(path.stem for path in FILES) == sorted(line.split("`")[1] for line in lines if line[:4] == "| [`")


def test_check_writes_nothing(checkout: Path) -> None:
    replace(checkout / "policies/pinning/mutable-image.yaml", "title: ", "title: Really, ")

    generate(checkout, "--check")

    assert (POLICIES / "README.md").read_bytes() == (checkout / "policies/README.md").read_bytes()


def test_what_was_generated_is_current_afterwards(checkout: Path) -> None:
    replace(checkout / "policies/pinning/mutable-image.yaml", "title: ", "title: Really, ")

    assert 0 == generate(checkout).returncode
    assert (0, "") == (lambda run: (run.returncode, run.stdout))(generate(checkout, "--check"))
    assert "Really, " in (checkout / "policies/README.md").read_text(encoding="utf-8")


def test_the_page_of_a_policy_that_is_gone_goes_too(checkout: Path) -> None:
    (checkout / "policies/references/duplicate-env.yaml").unlink()
    page = checkout / "docs/policies/duplicate-env.md"
    assert page.exists()

    generate(checkout)

    assert not page.exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_index_has_a_row_for_each_policy(path: Path) -> None:
    policy, _ = read(str(path), path.parent.name)
    rows = (POLICIES / "README.md").read_text(encoding="utf-8").splitlines()

    assert 1 == rows.count(pages.row(policy))
    assert (POLICIES / f"../docs/policies/{policy.id}.md").exists()


def test_the_index_has_no_other_rows() -> None:
    rows = [line for line in (POLICIES / "README.md").read_text(encoding="utf-8").splitlines() if line[:3] == "| ["]

    assert len(FILES) == len(rows)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_catalogue_says_of_a_policy_what_its_file_says(path: Path) -> None:
    loaded = catalog.load().policies[path.stem]

    assert read(str(path), path.parent.name)[0] == loaded


# What is loaded


@pytest.fixture
def folder(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled policies are those of a copy."""
    monkeypatch.setattr(bundled, "folder", lambda name: str(checkout / name))
    return checkout / "policies"


def forge(folder: Path) -> None:
    """Makes the catalogue say something that no policy file says, so that it shows who was believed."""
    path = folder / catalog.CATALOGUE
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for row in made["policies"]:
        row["title"] = "From the catalogue"
    path.write_text(json.dumps(made), encoding="utf-8")


def titles() -> set[str]:
    return {policy.title for policy in catalog.load().policies.values()}


def test_a_current_catalogue_is_believed(folder: Path) -> None:
    forge(folder)

    assert {"From the catalogue"} == titles()


def test_a_changed_policy_file_makes_the_loader_read_the_files(folder: Path) -> None:
    forge(folder)
    replace(folder / "pinning/mutable-image.yaml", "severity: warning", "severity: error")

    assert "From the catalogue" not in titles()
    assert "error" == catalog.load().policies["mutable-image"].severity.value


def test_a_change_that_keeps_the_size_of_a_policy_file_counts(folder: Path) -> None:
    forge(folder)
    replace(folder / "pinning/mutable-image.yaml", "title: An i", "title: No i")

    assert any(title.startswith("No i") for title in titles())


def test_a_policy_file_that_is_new_counts_without_a_row_in_the_catalogue(folder: Path) -> None:
    text = (folder / "pinning/mutable-image.yaml").read_text(encoding="utf-8")
    (folder / "pinning/another-image.yaml").write_text(text.replace("id: mutable-image", "id: another-image"))

    assert {"another-image"} == set(catalog.load().policies) - {path.stem for path in FILES}


def test_a_policy_file_that_is_gone_does_not_count(folder: Path) -> None:
    (folder / "pinning/mutable-image.yaml").unlink()

    assert {path.stem for path in FILES} - {"mutable-image"} == set(catalog.load().policies)


def test_a_policy_file_that_moved_to_another_area_counts_there(folder: Path) -> None:
    (folder / "images").mkdir()
    (folder / "pinning/mutable-image.yaml").rename(folder / "images/mutable-image.yaml")

    assert "images" == catalog.load().policies["mutable-image"].area


def test_without_a_catalogue_the_files_are_read(folder: Path) -> None:
    (folder / catalog.CATALOGUE).unlink()

    assert {path.stem for path in FILES} == set(catalog.load().policies)


def test_a_bundled_policy_that_is_broken_is_told(folder: Path) -> None:
    replace(folder / "pinning/mutable-image.yaml", "severity: warning", "severity: warnin")

    with pytest.raises(PolicyError, match=r"mutable-image\.yaml:4: .*did you mean `warning`\?"):
        catalog.load()
