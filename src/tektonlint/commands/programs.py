"""Policies that start a program: who may ask for them, and where the program is."""

from __future__ import annotations

from collections.abc import Iterable

from tektonlint.config import Config, Written
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.context import Enabled
from tektonlint.policy.format import Check, Policy
from tektonlint.tree import UsageError

# Every check that starts a program, by the function: a policy file of the linted tree may name it under any id.
STARTS = {"tektonlint.checks.shellchecks:shellcheck": "shellcheck"}


def permitted(
    policies: Iterable[Enabled], catalog: Catalog, selected: tuple[str, ...], settings: Config
) -> tuple[Enabled, ...]:
    """The policies, those that start a program with leave to do so.

    `selected` are the names that the command line gives. The tree that is linted may be a stranger's, so its own
    configuration starts nothing. Raises `ConfigError` or `UsageError` for a policy that nobody else asked for, or
    whose program is not there.
    """
    return tuple(_with_leave(one, catalog, selected, settings) for one in policies)


def _with_leave(one: Enabled, catalog: Catalog, selected: tuple[str, ...], settings: Config) -> Enabled:
    logic = one.policy.logic
    program = STARTS.get(logic.function) if isinstance(logic, Check) else None
    if program is None:
        return one
    if all(catalog.policy(name) is not one.policy for name in selected) and not _is_asked(one, catalog, settings):
        raise _unasked(one.policy, program, catalog, settings)
    from tektonlint import installed
    from tektonlint.shell.shellcheck import Program

    path = installed.program(program)
    if path is None:
        raise UsageError(
            f"the policy `{one.policy.id}` needs the program `{program}`, which is not installed or not on PATH"
        )
    return one._replace(options={**one.options, "program": Program(path)})


def _is_asked(one: Enabled, catalog: Catalog, settings: Config) -> bool:
    """Whether the operator's own files ask for a policy: all of them are, or one of those names it."""
    layers = settings.layers or (settings,)
    trusted = [layer for layer in layers if layer.trusted]
    named = {name for layer in trusted for name in (*layer.choice.select, *layer.choice.severities)}
    locked = {name for layer in trusted if layer.written is not None for name, _ in layer.written.items("locked")}
    return len(trusted) == len(layers) or any(catalog.policy(name) is one.policy for name in named | locked)


def _unasked(policy: Policy, program: str, catalog: Catalog, settings: Config) -> Exception:
    """What to say of a policy that only the tree's own configuration asks for, with the line that does."""
    how = f"only `--select {policy.id}` or a configuration given by --config can ask for it"
    message = f"`{policy.id}` starts the program `{program}`; {how}"
    for layer in reversed(settings.layers or (settings,)):
        written: Written | None = layer.written
        if written is None or layer.trusted:
            continue
        for entry in written.entries("policies"):
            if catalog.policy(entry.name) is policy:
                return written.error(entry.key, message)
        for name, node in (*written.items("select"), *written.items("locked")):
            if policy.id in catalog.ids(name):
                return written.error(node, message)
    return UsageError(message)
