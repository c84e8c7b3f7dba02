"""Work that is shared among processes comes back whole, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tektonlint import engine, tree, workers
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest
from tektonlint.text import Source

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

SOURCES = [Source(f"{number}.yaml", "text" * number) for number in range(10)]
HERE = os.getpid()


def names(share: Sequence[Source]) -> list[tuple[str, int, Source]]:
    """The name of each, the process that it was looked at in, and the source itself."""
    return [(source.name, os.getpid(), source) for source in share]


def always(_: object) -> bool:
    return True


@pytest.mark.parametrize("processes", [1, 2, 3, 10, 12])
def test_every_item_is_done_once_and_in_order(processes: int) -> None:
    results = workers.shared(SOURCES, [1] * 10, names, always, SOURCES, processes)

    assert [source.name for source in SOURCES] == [name for result in results for name, _, _ in result]


def test_the_shares_are_done_by_processes_of_their_own() -> None:
    def work(share: Sequence[Source]) -> list[tuple[str, int, Source]]:
        # So long that the other processes have started when the first share is done.
        time.sleep(0.2)
        return names(share)

    results = workers.shared(SOURCES, [1] * 10, work, always, SOURCES, 3)

    assert 3 == len({pid for result in results for _, pid, _ in result})


def test_a_source_that_comes_back_is_the_one_that_went() -> None:
    results = workers.shared(SOURCES, [1] * 10, names, always, SOURCES, 3)
    back = [source for result in results for _, _, source in result]

    assert all(one is other for one, other in zip(SOURCES, back, strict=True))


def test_large_items_make_small_shares() -> None:
    """Sixteen shares for two processes: of 90 units of work the large one is more than a sixteenth."""
    many = [Source(f"{number}.yaml", "") for number in range(46)]
    results = workers.shared(many, [45, *[1] * 45], names, always, many, 2)

    assert 1 == len(results[0])
    assert {5, 6} == {len(result) for result in results[1:]}


def test_nothing_is_shared_where_there_is_nothing() -> None:
    assert [] == workers.shared([], [], names, always, SOURCES, 2)


def test_no_process_waits_for_another_that_has_more_to_do() -> None:
    """The item that takes long is done by one process while the other does all the rest."""
    sizes = [1] * 10

    def work(share: Sequence[Source]) -> list[tuple[str, int, Source]]:
        time.sleep(0.8 if SOURCES[0] in share else 0.05)
        return names(share)

    results = workers.shared(SOURCES, sizes, work, always, SOURCES, 2)
    (slow,) = {pid for result in results for name, pid, _ in result if name == "0.yaml"}

    assert [slow] == [pid for result in results for _, pid, _ in result if pid == slow]


def test_items_without_a_size_are_shared_too() -> None:
    results = workers.shared(SOURCES, [0] * 10, names, always, SOURCES, 2)

    assert 10 == sum(len(result) for result in results)


def test_the_share_of_a_process_that_is_killed_is_done_here() -> None:
    def work(share: Sequence[Source]) -> list[tuple[str, int]]:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return [(source.name, os.getpid()) for source in share]

    results = workers.shared(SOURCES, [1] * 10, work, always, SOURCES, 3)

    assert [(source.name, HERE) for source in SOURCES] == [one for result in results for one in result]


def test_the_share_of_a_process_that_fails_is_done_here_and_fails_here() -> None:
    def work(share: Sequence[Source]) -> list[str]:
        if SOURCES[-1] in share:
            raise ValueError("the last one")
        return [source.name for source in share]

    with pytest.raises(ValueError, match="the last one"):
        workers.shared(SOURCES, [1] * 10, work, always, SOURCES, 3)


def test_what_cannot_go_through_a_pipe_is_done_here() -> None:
    def work(share: Sequence[Source]) -> list[Callable[[], int]]:
        return [lambda: len(share)]

    results = workers.shared(SOURCES, [1] * 10, work, always, SOURCES, 2)

    assert 10 == sum(function() for result in results for function in result)


def test_a_result_that_is_not_whole_is_done_here() -> None:
    results = workers.shared(SOURCES, [1] * 10, names, lambda result: False, SOURCES, 3)

    assert {HERE} == {pid for result in results for _, pid, _ in result}


@pytest.mark.parametrize(("items", "several"), [(0, False), (299, False), (300, True), (100_000, True)])
def test_a_small_tree_is_done_by_one_process(items: int, several: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    assert several is (workers.count(items) > 1)


def test_many_processors_are_not_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(256)), raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    assert (2, 8) == (workers.count(300), workers.count(100_000))


EXAMPLES = Path(__file__).parent.parent / "examples" / "gitops"
CATALOG = catalog.load()


def plain(value: object) -> object:
    """A report in which a text that was read twice is the same as if it was read once: known by its name."""
    if isinstance(value, Source):
        return value.name
    return tuple(plain(one) for one in value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("processes", [2, 5])
def test_a_tree_has_the_same_findings_however_many_processes_look_at_it(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {str(path.relative_to(EXAMPLES)): path.read_text() for path in sorted(EXAMPLES.rglob("*.yaml"))}
    read = tree.of_texts(texts)
    policies = enabled(CATALOG, Choice(severities={}, options={}))

    def report() -> engine.Report:
        return engine.run(read, policies, CATALOG, Target(tekton=newest()))

    alone = report()
    monkeypatch.setattr(workers, "count", lambda items: processes)
    together = report()

    assert len(alone.findings) > 50
    assert plain(alone) == plain(together)
