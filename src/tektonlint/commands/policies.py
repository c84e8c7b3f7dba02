"""`tektonlint policies`: what there is."""

from __future__ import annotations

import json
import os
import sys

from tektonlint.commands.loading import configured, is_configured
from tektonlint.pages import index
from tektonlint.policy.format import Policy
from tektonlint.tree import find_root


def run(output: str, settings: tuple[str | None, bool]) -> int:
    """Prints the policies as text, JSON or Markdown, sorted by area and id."""
    given, isolated = settings
    root = find_root([os.curdir], None, is_configured(isolated=isolated))
    _, catalog = configured(root, given, isolated=isolated)
    policies = sorted(catalog.policies.values(), key=lambda policy: (policy.area, policy.id))
    sys.stdout.write(_FORMATS[output](policies))
    return 0


def _text(policies: list[Policy]) -> str:
    width = max(len(policy.id) for policy in policies)
    lines: list[str] = []
    area = ""
    for policy in policies:
        if policy.area != area:
            area = policy.area
            lines += [*([""] if lines else []), area]
        asked = " (opt-in)" if policy.opt_in else ""
        lines.append(f"  {policy.id:{width}}  {policy.severity.value:7}  {policy.title}{asked}")
    return "\n".join(lines) + "\n"


def _json(policies: list[Policy]) -> str:
    rows = [
        {
            "id": policy.id,
            "area": policy.area,
            "severity": policy.severity.value,
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


_FORMATS = {"text": _text, "json": _json, "markdown": index}
