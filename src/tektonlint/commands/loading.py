"""Configuration and catalogue for a verb, from what the command line says about them."""

from __future__ import annotations

from collections.abc import Callable

from tektonlint import config
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Catalog
from tektonlint.tree import Root


def is_configured(*, isolated: bool) -> Callable[[str], bool]:
    """Whether a folder is one that a configuration marks as the root."""
    return lambda folder: not isolated and config.find(folder) is not None


def configured(
    root: Root, given: str | None, *, isolated: bool, profile: str | None = None
) -> tuple[config.Config, Catalog]:
    """The configuration that was given, or the root's, on top of a profile, and the policies that it makes known.

    Raises `ConfigError` or `PolicyError`.
    """
    path = given
    if given is None and not isolated and root.marked:
        path = config.find(root.folder)
    settings = config.load(path, given=given is not None, root=root.folder, profile=profile)
    policies = catalog.load(settings.policy_paths)
    config.check(settings, policies)
    return config.settle(settings, policies), policies
