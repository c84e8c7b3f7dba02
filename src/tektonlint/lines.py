"""Which lines two versions of a text have in common."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from tektonlint.text import BOM, LINE_END

# Equal lines: where they begin in the old and in the new version, counted from 0, and how many there are.
Block = tuple[int, int, int]

# Above so many pairs of lines difflib takes seconds, and no text that somebody wrote needs each line so many times.
# Lines that are not matched count as changed.
_PAIRS = 250_000
_ROUNDS = 60


def lines_of(text: str) -> list[str]:
    """The lines without their ends: a line that ends otherwise is the same line."""
    lines: list[str] = LINE_END.split(text.removeprefix(BOM))
    return lines


def common(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """The lines that are in both, in order. Not always the most that there could be, and never unequal ones.

    Lines that stand once in each version are matched first (Bram Cohen's patience diff), so that a block that
    moved between alike ones is matched with itself; difflib matches what lies between them.
    """
    found: list[Block] = []
    waiting = [(0, len(old), 0, len(new))]
    left = _ROUNDS * (len(old) + len(new))
    while waiting and left >= 0:
        old_start, old_end, new_start, new_end = waiting.pop()
        left -= old_end - old_start + new_end - new_start
        before = after = 0
        while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
            old_start, new_start, before = old_start + 1, new_start + 1, before + 1
        while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
            old_end, new_end, after = old_end - 1, new_end - 1, after + 1
        if before:
            found.append((old_start - before, new_start - before, before))
        if after:
            found.append((old_end, new_end, after))
        if old_start == old_end or new_start == new_end:
            continue
        anchors = _anchors(old, new, old_start, old_end, new_start, new_end)
        if anchors:
            for old_anchor, new_anchor in (*anchors, (old_end, new_end)):
                # Each stretch begins with an anchor, but for the first one.
                waiting.append((old_start, old_anchor, new_start, new_anchor))
                old_start, new_start = old_anchor, new_anchor
        elif (old_end - old_start) * (new_end - new_start) <= _PAIRS:
            found.extend(_little(old[old_start:old_end], new[new_start:new_end], old_start, new_start))
    return sorted(found)


def _little(old: Sequence[str], new: Sequence[str], old_start: int, new_start: int) -> Iterator[Block]:
    import difflib

    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if block.size:
            yield old_start + block.a, new_start + block.b, block.size


def _anchors(
    old: Sequence[str], new: Sequence[str], old_start: int, old_end: int, new_start: int, new_end: int
) -> list[tuple[int, int]]:
    """Lines that stand once in both stretches, as many as have one order in both."""
    in_old, in_new = Counter(old[old_start:old_end]), Counter(new[new_start:new_end])
    where = {old[at]: at for at in range(old_start, old_end) if in_old[old[at]] == 1}
    pairs = [
        (where[line], at)
        for at, line in enumerate(new[new_start:new_end], start=new_start)
        if line in where and in_new[line] == 1
    ]
    # The longest run of pairs that rises in the old version too: each pair remembers what it was put behind.
    ends: list[int] = []
    at_end: list[int] = []
    behind: list[int] = []
    for number, (place, _) in enumerate(pairs):
        pile = bisect_left(ends, place)
        ends[pile : pile + 1] = [place]
        at_end[pile : pile + 1] = [number]
        behind.append(at_end[pile - 1] if pile else -1)
    rising: list[tuple[int, int]] = []
    number = at_end[-1] if at_end else -1
    while number >= 0:
        rising.append(pairs[number])
        number = behind[number]
    return rising[::-1]
