"""`tektonlint test [PATH]`: do the examples of policies hold?"""

from __future__ import annotations

import os
import sys

from tektonlint.commands.loading import configured, is_configured
from tektonlint.examples import outcomes
from tektonlint.policy.catalog import Catalog, policy_files
from tektonlint.policy.format import Policy, PolicyError, read
from tektonlint.report.terminal import escape
from tektonlint.tree import find_root


def run(path: str | None, settings: tuple[str | None, bool]) -> int:
    """Prints each example with its outcome; 1 where one does not hold."""
    given, isolated = settings
    root = find_root([path or os.curdir], None, is_configured(isolated=isolated))
    settled, catalog = configured(root, given, isolated=isolated)
    if path is None:
        own = [policy for policy in catalog.policies.values() if _is_in(policy.file, settled.policy_paths)]
        tested = own or list(catalog.policies.values())
    else:
        tested, catalog = _with(catalog, path)
    failed = count = 0
    for policy in sorted(tested, key=lambda policy: (policy.area, policy.id)):
        lines = [escape(os.path.relpath(policy.file))]
        for outcome in outcomes(policy, catalog):
            count += 1
            failed += bool(outcome.problems)
            lines.append(f"  {'FAIL' if outcome.problems else 'ok  '}  {escape(outcome.example)}")
            lines += [f"        {escape(problem)}" for problem in outcome.problems]
        sys.stdout.write("\n".join(lines) + "\n")
    summary = f"{len(tested)} {'policy' if len(tested) == 1 else 'policies'}, {count} examples"
    sys.stdout.write(f"{summary}: {f'{failed} failed' if failed else 'all hold'}\n")
    return 1 if failed else 0


def _with(catalog: Catalog, path: str) -> tuple[list[Policy], Catalog]:
    """The policies of a file or folder, and a catalogue that holds them too."""
    if os.path.isdir(path):
        files = list(policy_files(os.path.realpath(path)))
    elif os.path.isfile(path):
        absolute = os.path.realpath(path)
        files = [(absolute, os.path.basename(os.path.dirname(absolute)))]
    else:
        raise PolicyError(f"{path}: there is no such file or folder")
    if not files:
        raise PolicyError(f"{path}: there is no policy in it (a policy is a .yaml file)")
    policies = dict(catalog.policies)
    tested: list[Policy] = []
    for file, area in files:
        policy = read(file, area)[0]
        known = policies.get(policy.id)
        if known is not None and not os.path.samefile(known.file, file):
            raise PolicyError(f"{os.path.relpath(file)}: there is already a policy `{policy.id}`")
        policies[policy.id] = policy
        tested.append(policy)
    return tested, Catalog(policies)


def _is_in(file: str, folders: tuple[str, ...]) -> bool:
    return any(file.startswith(folder + os.sep) for folder in folders)
