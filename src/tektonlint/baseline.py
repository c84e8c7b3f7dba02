"""The findings that were there when a team began: a file that lists them, and what of it is still true.

`schemas/baseline.schema.json` describes the file. It knows a finding by its fingerprint, and how many there are of
it, so that moved lines change nothing and one more of the same kind is new.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Mapping as Dict
from typing import Any

from tektonlint.config import ConfigError, bytes_of, error_in, source_of
from tektonlint.finding import Finding, Location
from tektonlint.policy.catalog import Catalog
from tektonlint.records import NamedTuple
from tektonlint.sentences import short
from tektonlint.text import BOM, Source, Span

VERSION = 1
STALE = "baseline-stale"

# What was not checked must not look clean, and what speaks of the decisions about findings is decided there.
NEVER = frozenset(
    (
        STALE,
        "fix-failed",
        "internal-error",
        "suppression-locked",
        "unreadable-file",
        "waiver-expired",
        "waiver-unused",
        "yaml-syntax",
    )
)


class Entry(NamedTuple):
    """A finding that is known: its file relative to the root, how often it is there, and since which day (ISO 8601)."""

    path: str
    policy: str
    fingerprint: str
    times: int
    date: str


class Baseline(NamedTuple):
    """A baseline as it is written, its entries by fingerprint."""

    source: Source
    entries: Dict[str, Entry]

    def places(self) -> dict[str, Location]:
        """Where the entries stand, each at its fingerprint."""
        found = reversed([*_DIGITS.finditer(self.source.text)])
        return {match[0]: Location(self.source, Span(*match.span())) for match in found}


class Compared(NamedTuple):
    """Findings against a baseline: those that it does not know, and how many of each entry there are."""

    new: tuple[Finding, ...]
    found: Counter[str]


def compare(
    findings: Iterable[Finding], baseline: Baseline, catalog: Catalog, locked: Collection[str] = ()
) -> Compared:
    """What a baseline knows of some findings; of those with one fingerprint the first, as many as it counts.

    It knows nothing of the policies that are `locked`.
    """
    found: Counter[str] = Counter()
    new: list[Finding] = []
    for finding in findings:
        entry = _entry_of(finding, baseline, catalog) if _may_be_known(finding.policy, locked) else None
        if entry is None or found[entry.fingerprint] >= entry.times:
            new.append(finding)
        else:
            found[entry.fingerprint] += 1
    return Compared(tuple(new), found)


def knows(finding: Finding, baseline: Baseline, catalog: Catalog, locked: Collection[str] = ()) -> bool:
    """Whether a baseline has an entry for a finding, whatever it counts."""
    return _may_be_known(finding.policy, locked) and _entry_of(finding, baseline, catalog) is not None


def _may_be_known(policy: str, locked: Collection[str]) -> bool:
    return policy not in NEVER and policy not in locked


def _entry_of(finding: Finding, baseline: Baseline, catalog: Catalog) -> Entry | None:
    """The entry of a finding, also under the ids that its policy had formerly."""
    policy = catalog.policies.get(finding.policy)
    for name in (finding.policy, *(policy.formerly if policy is not None else ())):
        entry = baseline.entries.get(finding._replace(policy=name).fingerprint)
        if entry is not None:
            return entry
    return None


def gone(baseline: Baseline, found: Counter[str], judged: Callable[[Entry], bool]) -> Iterator[tuple[Entry, int]]:
    """The entries that a run could judge and found less often than they count, with how often they are gone."""
    for entry in baseline.entries.values():
        missing = entry.times - found[entry.fingerprint]
        if missing > 0 and judged(entry):
            yield entry, missing


def without(baseline: Baseline, missing: Iterable[tuple[Entry, int]]) -> str:
    """The text of a baseline without what is gone."""
    less = {entry.fingerprint: number for entry, number in missing}
    left = [entry._replace(times=entry.times - less.get(name, 0)) for name, entry in baseline.entries.items()]
    return text_of(entry for entry in left if entry.times)


def recorded(
    findings: Iterable[Finding],
    known: Iterable[Entry],
    kept: Callable[[Entry], bool],
    date: str,
    locked: Collection[str] = (),
) -> str:
    """The text of a baseline of some findings, with the entries before that are `kept` because nobody looked.

    What is `known` already keeps its day; the rest gets `date`.
    """
    before = {entry.fingerprint: entry for entry in known}
    entries = {name: entry for name, entry in before.items() if kept(entry)}
    some = [finding for finding in findings if _may_be_known(finding.policy, locked)]
    counts = Counter(finding.fingerprint for finding in some)
    for finding in some:
        name = finding.fingerprint
        since = before[name].date if name in before else date
        times = max(counts[name], entries[name].times) if name in entries else counts[name]
        entries[name] = Entry(finding.at.source.name, finding.policy, name, times, since)
    return text_of(entries.values())


def text_of(entries: Iterable[Entry]) -> str:
    """A baseline as JSON in ASCII: an entry is a line, in the order of paths, policies and fingerprints."""
    rows = [dict(zip(_FIELDS, entry, strict=True)) for entry in sorted(entries)]
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "tool": "tektonlint",\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'


# Reading


def read(path: str) -> Baseline:
    """The baseline of a file. Raises `ConfigError` where it is none, or one of another version."""
    source = source_of(path, bytes_of(path))
    try:
        data = json.loads(
            source.text.removeprefix(BOM), object_pairs_hook=_without_twins, parse_constant=_refuse_constant
        )
        entries = _entries(data)
    except json.JSONDecodeError as error:
        raise error_in(source.shown, f"not JSON: {error.msg.lower()}", error.lineno) from None
    except RecursionError:
        raise error_in(source.shown, "nested too deeply") from None
    except _Wrong as error:
        raise error_in(source.shown, str(error)) from None
    except ValueError:
        # int() of Python takes 4300 digits.
        raise error_in(source.shown, "a number has too many digits") from None
    return Baseline(source, {entry.fingerprint: entry for entry in entries})


class _Wrong(Exception):
    """What a file says is no baseline; the text says why."""


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        twin = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise _Wrong(f"the key `{short(twin)}` stands twice in one object")
    return data


def _refuse_constant(name: str) -> object:
    raise _Wrong(f"`{name}` is not JSON")


def _entries(data: object) -> list[Entry]:
    if not isinstance(data, dict) or data.get("tool") != "tektonlint" or "findings" not in data:
        raise _Wrong("it is no baseline of tektonlint; `--write-baseline` with the name of a new file writes one")
    version = data.get("version")
    if type(version) is not int or version != VERSION:
        said = f"`{short(json.dumps(version))}`"
        raise _Wrong(f"it is a baseline of version {said}, and this tektonlint reads version {VERSION}; write it anew")
    _only(data, ("tool", "version", "findings"), "the file")
    findings = data["findings"]
    if not isinstance(findings, list):
        raise _Wrong("`findings` has to be a list")
    entries = [_entry(raw, f"findings[{number}]") for number, raw in enumerate(findings)]
    for name, count in Counter(entry.fingerprint for entry in entries).items():
        if count > 1:
            raise _Wrong(f"the fingerprint `{name}` has {count} entries; keep one")
    return entries


def _entry(raw: object, where: str) -> Entry:
    """An entry that is what the schema says. `bool` is an `int` for Python, but not for JSON."""
    if not isinstance(raw, dict):
        raise _Wrong(f"`{where}` has to be an object")
    _only(raw, _FIELDS, f"`{where}`")
    for name, (holds, wanted) in _FIELDS.items():
        if name not in raw:
            raise _Wrong(f"`{where}` needs a key `{name}`")
        if not holds(raw[name]):
            raise _Wrong(f"`{where}.{name}` has to be {wanted}, not `{short(json.dumps(raw[name]))}`")
    return Entry(*(raw[name] for name in _FIELDS))


def _only(raw: Dict[str, Any], names: Iterable[str], where: str) -> None:
    for name in raw:
        if name not in names:
            raise _Wrong(f"{where} has a key `{short(name)}`, which no baseline has")


_DIGITS = re.compile(r"(?<=\")[0-9a-f]{32}(?=\")")


def _is_like(expression: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(expression, value) is not None


_TEXT: tuple[Callable[[object], bool], str] = (lambda value: isinstance(value, str) and value != "", "a text")
# The keys of an entry in the order of `Entry`: what each may be, and how a person calls that.
_FIELDS: Dict[str, tuple[Callable[[object], bool], str]] = {
    "path": _TEXT,
    "policy": _TEXT,
    "fingerprint": (_is_like("[0-9a-f]{32}"), "32 hexadecimal digits"),
    "count": (lambda value: type(value) is int and value > 0, "a whole number, 1 or more"),
    "date": (_is_like("[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a day like 2026-01-31"),
}


def missing_file(path: str) -> ConfigError:
    """What to say of a baseline that is not there."""
    return error_in(os.path.relpath(path), f"there is no such baseline; `--write-baseline {path}` makes it")
