"""Waivers and locks of a configuration, once it is known which policies there are.

A lock binds what stands below the file that has it: the files that extend it, comments, baselines. One of the
operator's files also binds every file of the tree that is linted, wherever that stands. A file's own waivers are
its own decision.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Any

from tektonlint.config import Config, Written
from tektonlint.decisions import Attempt, Decisions, Waiver, locked_out
from tektonlint.document import Node, plain_data
from tektonlint.finding import Location, Severity
from tektonlint.policy.catalog import Catalog, Choice, enabled
from tektonlint.policy.format import Policy
from tektonlint.records import NamedTuple
from tektonlint.suppress import NOT_SUPPRESSIBLE
from tektonlint.text import Span


class _Lock(NamedTuple):
    """One name under `locked`: in which of the files, and where."""

    layer: int
    trusted: bool
    ids: frozenset[str]
    written: Written
    node: Node

    @property
    def where(self) -> str:
        source = self.written.source
        return f"{source.shown}:{source.line_column(self.node.start)[0]}"


def settled(config: Config, catalog: Catalog) -> Config:
    """The configuration with its waivers and locks worked out, which its files are found to comply with.

    Raises `ConfigError` for a lock of a policy that does not run.
    """
    layers = config.layers or (config,)
    locks = [
        _Lock(number, layer.trusted, catalog.ids(name), layer.written, node)
        for number, layer in enumerate(layers)
        if layer.written is not None
        for name, node in layer.written.items("locked")
    ]
    choice, attempts, waivers = config.choice, list[Attempt](), list[Waiver]()
    if locks:
        choice, attempts = _bound_choice(layers, locks, catalog)
        _refuse_idle(locks, choice, catalog)
    for number, layer in enumerate(layers):
        bound = _bound(locks, number, layer.trusted)
        for waiver in layer.waivers:
            ids = catalog.ids(waiver.name) - NOT_SUPPRESSIBLE
            refused = ids & bound.keys()
            if refused:
                attempts.append(Attempt(waiver.at, locked_out(refused, bound, "does not waive it")))
            if ids - refused:
                waivers.append(waiver._replace(ids=ids - refused))
    locked = {one: lock.where for lock in reversed(locks) for one in lock.ids}
    return config._replace(choice=choice, decisions=Decisions(tuple(waivers), (), locked, tuple(attempts)))


def _bound(locks: Sequence[_Lock], number: int, trusted: bool) -> dict[str, str]:
    """The policies that are locked for one of the files, each with the place that says so."""
    binding = [lock for lock in locks if lock.layer < number or (lock.trusted and not trusted)]
    return {one: lock.where for lock in reversed(binding) for one in lock.ids}


def _bound_choice(layers: Sequence[Config], locks: Sequence[_Lock], catalog: Catalog) -> tuple[Choice, list[Attempt]]:
    """What the files decide together, without what is not theirs to decide, and where they try."""
    attempts: list[Attempt] = []
    select: tuple[str, ...] = ()
    ignore: dict[str, None] = {}
    severities: dict[str, Severity | None] = {}
    options: dict[str, Dict[str, Any]] = {}
    for number, layer in enumerate(layers):
        written, bound = layer.written, _bound(locks, number, layer.trusted)
        if written is None:
            continue
        select = layer.choice.select or select
        for name, node in written.items("ignore"):
            ids = catalog.ids(name)
            refused = ids & bound.keys()
            if refused:
                attempts.append(_attempt(written, node, locked_out(refused, bound, "does not leave it out")))
            ignore.update(dict.fromkeys(sorted(ids - refused)))
        for name, severity in layer.choice.severities.items():
            (one,) = catalog.ids(name)
            before = severities.get(one, catalog.policies[one].severity)
            if one in bound and _is_less(severity, before):
                what = "does not switch it off" if severity is None else "does not lower it"
                attempts.append(_about(written, name, locked_out([one], bound, what)))
            else:
                severities[one] = severity
        for name, decided in layer.choice.options.items():
            (one,) = catalog.ids(name)
            if one in bound and decided:
                attempts.append(_about(written, name, locked_out([one], bound, "does not set its options")))
            else:
                options[one] = {**options.get(one, {}), **decided}
    named = {policy.id for lock in locks if (policy := _named(lock, catalog)) is not None}
    for one in sorted(named):
        # Locking an opt-in policy is asking for it.
        severities.setdefault(one, catalog.policies[one].severity)
    if select:
        select = (*select, *sorted({one for lock in locks for one in lock.ids} - _opt_ins(catalog) | named))
    return Choice(select=select, ignore=tuple(ignore), severities=severities, options=options), attempts


def _named(lock: _Lock, catalog: Catalog) -> Policy | None:
    """The policy that a lock names by its id, rather than by its area."""
    return catalog.policy(str(plain_data(lock.node)))


def _is_less(severity: Severity | None, before: Severity | None) -> bool:
    return before is not None and (severity is None or severity.rank < before.rank)


def _attempt(written: Written, node: Node, message: str) -> Attempt:
    return Attempt(Location(written.source, Span(node.start, node.end)), message)


def _about(written: Written, name: str, message: str) -> Attempt:
    entry = next(entry for entry in written.entries("policies") if entry.name == name)
    return _attempt(written, entry.key, message)


def _refuse_idle(locks: Sequence[_Lock], choice: Choice, catalog: Catalog) -> None:
    """Raises `ConfigError` for a lock of what does not run: it would promise what nobody keeps."""
    running = {one.policy.id for one in enabled(catalog, choice)}
    for lock in locks:
        named = _named(lock, catalog)
        wanted = lock.ids if named is not None else lock.ids - _opt_ins(catalog)
        for one in sorted(wanted - running):
            message = f"`locked` has `{one}`, but this file, or one that it extends, keeps it from running"
            raise lock.written.error(lock.node, message)


def _opt_ins(catalog: Catalog) -> frozenset[str]:
    return frozenset(policy.id for policy in catalog.policies.values() if policy.opt_in)
