"""`tektonlint explain ID`: the page of a policy."""

from __future__ import annotations

import os
import sys

from tektonlint.commands.loading import configured, is_configured
from tektonlint.near import did_you_mean
from tektonlint.pages import page
from tektonlint.policy.catalog import examples
from tektonlint.policy.format import PolicyError
from tektonlint.report.terminal import escape
from tektonlint.tree import find_root


def run(name: str, settings: tuple[str | None, bool]) -> int:
    """Prints the page. Raises `PolicyError` for an unknown id."""
    given, isolated = settings
    root = find_root([os.curdir], None, is_configured(isolated=isolated))
    _, catalog = configured(root, given, isolated=isolated)
    policy = catalog.policy(name)
    if policy is None:
        hint = did_you_mean(name, catalog.policies) or "; `tektonlint policies` lists them"
        raise PolicyError(f"there is no policy `{name}`{hint}")
    for line in page(policy, examples(policy)).split("\n")[:-1]:
        sys.stdout.write(escape(line) + "\n")
    return 0
