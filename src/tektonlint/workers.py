"""Shares work among processes, where there is enough of it and the system can fork.

A forked process has the whole tree already; what it finds goes back through a pipe, with the sources of the tree
named by their numbers, so that no text of a file is copied. Starting one costs as much as linting a hundred files.
"""

from __future__ import annotations

import io
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import IO, TYPE_CHECKING, Any, TypeVar

from tektonlint.text import Source

if TYPE_CHECKING:
    from pickle import Pickler, Unpickler

T = TypeVar("T")
R = TypeVar("R")

# Below it one process is done before a second has started (measured: benchmarks/ratios.py).
ENOUGH = 300


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
    """What `work` makes of each share of the items: one share in this process, each other one in one of its own.

    `sizes` say how much work each item is. A share whose process did not answer (it was killed, say), or whose result
    is not `is_whole`, is done again here. `sources` are what results may refer to without copying it. An exception in
    this process's own share is raised when all others have ended.
    """
    # Neighbours stay together: files of one folder ask the same questions.
    reached = list(accumulate(sizes))
    inner = [bisect_right(reached, reached[-1] * number // processes) for number in range(1, processes)]
    shares = [items[start:end] for start, end in pairwise([0, *inner, len(items)])]
    children = [(share, *_started(share, work, is_whole, sources)) for share in shares[1:]]
    results: list[R] = []
    try:
        results.append(work(shares[0]))
    finally:
        answers = [(share, _answer(pid, pipe, sources)) for share, pid, pipe in children]
    for share, answer in answers:
        results.append(answer[0] if answer is not None else work(share))
    return results


def _started(
    share: Sequence[T], work: Callable[[Sequence[T]], R], is_whole: Callable[[R], bool], sources: Sequence[Source]
) -> tuple[int, IO[bytes]]:
    """Forks a process that does a share; its number, and the pipe that the answer comes through."""
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
        result = work(share)
        if is_whole(result):
            _pickler(data, sources).dump(result)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(data.getbuffer())
            status = 0
    finally:
        os._exit(status)


def _answer(pid: int, pipe: IO[bytes], sources: Sequence[Source]) -> tuple[Any] | None:
    """What a process answered, in a tuple of its own; None where it did not end well."""
    with pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        return None
    return (_unpickler(io.BytesIO(data), sources).load(),)


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
