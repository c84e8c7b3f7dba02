"""`tektonlint policies`: what there is, and what of it runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping as Dict

from tektonlint.commands.loading import configured, is_configured
from tektonlint.finding import Severity
from tektonlint.pages import index
from tektonlint.policy.catalog import enabled
from tektonlint.policy.format import Policy
from tektonlint.tree import find_root

# What policies count as under the configuration, by id; those that do not run are not there.
Counting = Dict[str, Severity]


def run(output: str, settings: tuple[str | None, bool], profile: str | None = None) -> int:
    """Prints the policies as text, JSON or Markdown, sorted by area and id."""
    given, isolated = settings
    root = find_root([os.curdir], None, is_configured(isolated=isolated))
    settled, catalog = configured(root, given, isolated=isolated, profile=profile)
    counting = {one.policy.id: one.severity for one in enabled(catalog, settled.choice)}
    policies = sorted(catalog.policies.values(), key=lambda policy: (policy.area, policy.id))
    sys.stdout.write(index(policies) if output == "markdown" else _FORMATS[output](policies, counting))
    return 0


def _text(policies: list[Policy], counting: Counting) -> str:
    width = max(len(policy.id) for policy in policies)
    lines: list[str] = []
    area = ""
    for policy in policies:
        if policy.area != area:
            area = policy.area
            lines += [*([""] if lines else []), area]
        severity = counting.get(policy.id)
        said = severity.value if severity is not None else "off"
        asked = " (opt-in)" if policy.opt_in else ""
        lines.append(f"  {policy.id:{width}}  {said:7}  {policy.title}{asked}")
    return "\n".join(lines) + "\n"


def _json(policies: list[Policy], counting: Counting) -> str:
    rows = [
        {
            "id": policy.id,
            "area": policy.area,
            "severity": policy.severity.value,
            "counts-as": counting[policy.id].value if policy.id in counting else "off",
            "opt-in": policy.opt_in,
            "title": policy.title,
            "since": policy.since,
            "applies-to": sorted(policy.applies_to),
            "versions": sorted(policy.versions),
            "formerly": list(policy.formerly),
            "rationale": policy.rationale,
            "remediation": policy.remediation,
            "references": list(policy.references),
            "options": dict(policy.options),
        }
        for policy in policies
    ]
    return json.dumps({"version": 1, "policies": rows}, indent=2) + "\n"


_FORMATS = {"text": _text, "json": _json}
