"""Writes what is made from the policy files and the profiles: the catalogue, the index and the pages.

Usage: python tools/generate.py [--check]

With `--check` nothing is written; the stale files are named and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from tektonlint import config, pages  # noqa: E402
from tektonlint.config.extending import profiles, read_profile  # noqa: E402
from tektonlint.policy import catalog, format  # noqa: E402
from tektonlint.policy.context import Enabled  # noqa: E402


def generated() -> dict[Path, str]:
    """Every generated file and what it has to say."""
    folder = ROOT / "policies"
    read = [format.read(path, area) for path, area in catalog.policy_files(str(folder))]
    made = json.dumps(catalog.catalogue(str(folder)), indent=1, sort_keys=True, ensure_ascii=False)
    files = {
        folder / catalog.CATALOGUE: made + "\n",
        folder / "README.md": pages.index(policy for policy, _ in read),
    }
    policies = [policy for policy, _ in read]
    files[ROOT / "docs" / "profiles.md"] = pages.profiles_page(policies, described(), running())
    for policy, examples in read:
        files[ROOT / pages.REPOSITORY_PAGES / f"{policy.id}.md"] = pages.page(policy, examples)
    return files


def described() -> dict[str, tuple[str, str]]:
    """The titles and descriptions of the profiles, the one that counts by default first."""
    names = sorted(profiles(), key=lambda name: (name != pages.RECOMMENDED, name))
    raw = {name: read_profile(name) for name in names}
    return {name: (str(one["title"]), str(one["description"])) for name, one in raw.items()}


def running() -> dict[str, tuple[Enabled, ...]]:
    """The policies that run under each profile."""
    known = catalog.load()
    return {name: catalog.enabled(known, config.load(None, profile=name).choice) for name in profiles()}


def stale(files: dict[Path, str]) -> list[Path]:
    """The files that are missing or say something else, and pages of policies that are gone."""
    wrong = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    gone = [path for path in (ROOT / pages.REPOSITORY_PAGES).glob("*.md") if path not in files]
    return sorted(wrong + gone)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    files = generated()
    outdated = stale(files)
    for path in outdated:
        print(f"{'stale' if options.check else 'written'}: {path.relative_to(ROOT)}")
        if options.check:
            continue
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return 1 if options.check and outdated else 0


if __name__ == "__main__":
    raise SystemExit(main())
