"""Durations as Go reads and people write them."""

from __future__ import annotations

from functools import lru_cache

from tektonlint.patterns import pattern

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": SECOND, "m": MINUTE, "h": HOUR}
_PART = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_DURATION = pattern(rf"[+-]?(?:0|(?:{_PART})+)")
_PARTS = pattern(_PART)
# time.Duration is an int64 of nanoseconds; longer texts do not parse.
_LARGEST = 2**63 - 1


@lru_cache(maxsize=4096)
def parse(text: str) -> int | None:
    """The nanoseconds of a text that Go's `time.ParseDuration` takes, None for any other.

    Only ASCII digits count; a text that is longer than any sensible number is none.
    """
    if len(text) > 100 or not _DURATION.fullmatch(text):
        return None
    total = sum(_nanoseconds(number, _UNITS[unit]) for number, unit in _PARTS.findall(text))
    if total > _LARGEST:
        return None
    return -total if text.startswith("-") else total


def _nanoseconds(number: str, unit: int) -> int:
    whole, _, fraction = number.partition(".")
    # What is less than a nanosecond is cut off.
    return int(whole or "0") * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def text_of(nanoseconds: int) -> str:
    """The shortest text that means a duration: `1h30m`, `90s` as `1m30s`, `0`."""
    if nanoseconds == 0:
        return "0"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    parts: list[str] = []
    for unit in ("h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if rest:
        seconds, fraction = divmod(rest, SECOND)
        behind = f".{fraction:09}".rstrip("0") if fraction else ""
        parts.append(f"{seconds}{behind}s")
    return sign + "".join(parts)


def rounded_up(nanoseconds: int) -> int:
    """The next multiple of five minutes: a number that a person would write."""
    return -(-nanoseconds // (5 * MINUTE)) * 5 * MINUTE
