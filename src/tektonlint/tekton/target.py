"""The cluster that the manifests are meant for, as far as it is known."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping as Dict
from functools import cache
from typing import TYPE_CHECKING

from tektonlint.bundled import folder
from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    from tektonlint.tekton.images import ImageFacts

Version = tuple[int, int]


# Since when a run hands `timeouts.tasks` and `timeouts.finally` down, and since when one task has a timeout of its own
# in `taskRunSpecs` (commits d1379f8f0 and 665a03be5).
HANDS_DOWN: Version = (1, 11)
TASK_RUN_SPECS: Version = (1, 4)

# What is suggested for a task without a timeout, by what the task does: Go durations.
SUGGEST: Dict[str, str] = {"build": "2h", "transfer": "1h", "test": "1h", "other": "30m"}


class Target(NamedTuple):
    """Which Tekton and which platform; `platform` None means that both are possible.

    `api_fields` is the feature flag `enable-api-fields`. `default_timeout_minutes` and `coschedule` are what
    `config-defaults` and `feature-flags` set on the cluster, with Tekton's own defaults. `decided` are the names
    of the fields that the configuration sets: for the others the tree's own ConfigMaps count. `suggest` is the
    timeout that is suggested for each class of work. `images` is what the configuration says of images, by pattern,
    for `images.facts_of`.
    """

    tekton: Version
    platform: str | None = None
    api_fields: str = "beta"
    coschedule: str = "workspaces"
    default_timeout_minutes: int = 60
    decided: frozenset[str] = frozenset()
    suggest: Dict[str, str] = SUGGEST
    images: Dict[str, ImageFacts] = {}

    @property
    def default_timeout(self) -> int:
        """The default timeout of runs and of tasks in nanoseconds, 0 for none."""
        return self.default_timeout_minutes * 60_000_000_000

    @property
    def prunes(self) -> bool:
        """Whether its CRDs have structural schemas: unknown fields are dropped, not refused (since v1.0.0)."""
        return self.tekton >= (1, 0)

    @property
    def tekton_text(self) -> str:
        """`1.15`."""
        return version_text(self.tekton)


def parse_version(text: str) -> Version:
    """`1.15` or `1.15.2` as numbers. Raises `ValueError` for anything else."""
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def version_text(version: Version) -> str:
    """`(1, 15)` as `1.15`."""
    return f"{version[0]}.{version[1]}"


@cache
def field_versions() -> tuple[Version, dict[str, dict[str, Version]]]:
    """The newest Tekton of the shipped schemas, and the release that brought each later field.

    The second is `{"PipelineRun/v1": {"spec.managedBy": (1, 5)}}`; fields not listed are as old as v1.0.0.
    """
    with open(os.path.join(folder("schemas"), "fields-by-version.json"), encoding="utf-8") as file:
        data = json.load(file)
    fields = {
        kind: {path: parse_version(since) for path, since in paths.items()} for kind, paths in data["fields"].items()
    }
    return parse_version(data["newest"]), fields


def newest() -> Version:
    """The Tekton that the shipped schemas were derived from: the default target."""
    return field_versions()[0]
