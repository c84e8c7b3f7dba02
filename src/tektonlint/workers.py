"""Shares work among processes, where there is enough of it and the system can fork.

A forked process has the whole tree already; what it finds goes back through a pipe, with the sources of the tree
named by their numbers, so that no text of a file is copied. Starting one costs as much as linting a hundred files.
"""

from __future__ import annotations

import io
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import IO, TYPE_CHECKING, Any, TypeVar

from tektonlint.text import Source

if TYPE_CHECKING:
    from pickle import Pickler, Unpickler

T = TypeVar("T")
R = TypeVar("R")

# Below it one process is done before a second has started (measured: benchmarks/ratios.py).
ENOUGH = 300
# How many shares there are for each process: what an item costs is only known when it is done.
_EACH = 8
# The number of one is a byte.
_MOST_SHARES = 256


def count(items: int) -> int:
    """How many processes a number of items is shared among; 1 where forking is not possible or not worth it."""
    if items < ENOUGH or not hasattr(os, "fork") or sys.platform == "darwin":
        return 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, items // (ENOUGH // 2), 8))


def shared(
    items: Sequence[T],
    sizes: Sequence[int],
    work: Callable[[Sequence[T]], R],
    is_whole: Callable[[R], bool],
    sources: Sequence[Source],
    processes: int,
) -> list[R]:
    """What `work` makes of each share of the items, in their order. Each process takes one share after another.

    `sizes` say how much work each item is, about. A share whose process did not answer (it was killed, say), or whose
    result is not `is_whole`, is done again here. `sources` are what results may refer to without copying it. An
    exception in this process's own shares is raised when all others have ended.
    """
    shares = _shares(items, sizes, 1 if processes < 2 else processes * _EACH)
    waiting = _numbers(len(shares))
    children = [_started(shares, waiting, work, is_whole, sources) for _ in range(processes - 1)]
    results: dict[int, R] = {}
    try:
        for number in _taken(waiting):
            results[number] = work(shares[number])
    finally:
        # Where this process failed the others need not go on.
        for _ in _taken(waiting):
            pass
        os.close(waiting)
        answers = [_answer(pid, pipe, sources) for pid, pipe in children]
    for answer in answers:
        results.update(answer)
    return [results[number] if number in results else work(share) for number, share in enumerate(shares)]


def _shares(items: Sequence[T], sizes: Sequence[int], count: int) -> list[Sequence[T]]:
    """The items in at most so many shares of about one size. Neighbours stay together: files of one folder ask the
    same questions."""
    reached = list(accumulate(sizes))
    count = min(count, len(items), _MOST_SHARES)
    inner = [bisect_right(reached, reached[-1] * number // count) for number in range(1, count)]
    return [items[start:end] for start, end in pairwise([0, *inner, len(items)]) if end > start]


def _numbers(count: int) -> int:
    """A pipe's end from which the numbers of all shares can be read, each by one process, and then nothing more."""
    reading, writing = os.pipe()
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return reading


def _taken(waiting: int) -> Iterator[int]:
    while number := os.read(waiting, 1):
        yield number[0]


def _started(
    shares: Sequence[Sequence[T]],
    waiting: int,
    work: Callable[[Sequence[T]], R],
    is_whole: Callable[[R], bool],
    sources: Sequence[Source],
) -> tuple[int, IO[bytes]]:
    """Forks a process that does shares; its number, and the pipe that the answer comes through."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, os.fdopen(reading, "rb")
    # From here on nothing may return or be printed: the caller's buffers and handlers are here twice.
    status = 1
    try:
        os.close(reading)
        data = io.BytesIO()
        results = {number: result for number in _taken(waiting) if is_whole(result := work(shares[number]))}
        _pickler(data, sources).dump(results)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data.getbuffer())
        status = 0
    finally:
        os._exit(status)


def _answer(pid: int, pipe: IO[bytes], sources: Sequence[Source]) -> dict[int, Any]:
    """What a process made of which shares; nothing where it did not end well."""
    with pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        return {}
    results: dict[int, Any] = _unpickler(io.BytesIO(data), sources).load()
    return results


def _pickler(file: IO[bytes], sources: Sequence[Source]) -> Pickler:
    import pickle

    numbers = {id(source): number for number, source in enumerate(sources)}

    class Numbering(pickle.Pickler):
        def persistent_id(self, value: object) -> int | None:
            return numbers.get(id(value)) if type(value) is Source else None

    return Numbering(file, pickle.HIGHEST_PROTOCOL)


def _unpickler(file: IO[bytes], sources: Sequence[Source]) -> Unpickler:
    import pickle

    class Numbered(pickle.Unpickler):
        def persistent_load(self, number: Any) -> Source:
            source: Source = sources[number]
            return source

    return Numbered(file)
