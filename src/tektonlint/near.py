"""The nearest right name to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that `name` was probably meant to be, or None where nothing is close.

    Equal but for letter case and separators comes first; otherwise difflib's ratio has to reach 0.75, which
    lets through one or two slips in a word and keeps `tasks` and `steps` apart.
    """
    names = sorted(names)
    folded = _folded(name)
    for candidate in names:
        if _folded(candidate) == folded:
            return candidate
    import difflib

    for candidate in difflib.get_close_matches(name, names, n=1, cutoff=0.75):
        return candidate
    return None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A clause to put behind a sentence about a wrong name; empty where nothing is close."""
    found = nearest(name, names)
    return f"; did you mean `{found}`?" if found else ""


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
