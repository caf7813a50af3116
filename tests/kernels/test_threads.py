"""Our own threads: every task is done once, whoever asks, however often, and beside others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from recurra.kernels import threads


@pytest.fixture(autouse=True)
def _three_processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threads, "cpu_count", lambda: 3)
    monkeypatch.setattr(threads, "_pool", None)
    yield
    if threads._pool is not None:
        threads._pool.shut_down()


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 50])
def test_every_task_is_done_once(number: int) -> None:
    done: list[int] = []
    threads.run_parallel([partial(done.append, task) for task in range(number)])
    assert sorted(done) == list(range(number))


def test_tasks_run_beside_one_another() -> None:
    """Two tasks that wait for each other can only end if both have begun."""
    meeting = threading.Barrier(2, timeout=60)
    threads.run_parallel([meeting.wait, meeting.wait])
    assert not meeting.broken


def test_a_thread_that_has_gone_to_sleep_wakes() -> None:
    threads.run_parallel([lambda: None, lambda: None])
    assert threads._pool is not None
    end = time.monotonic() + 60
    while threads._pool._asleep < threads._pool.size:
        assert time.monotonic() < end
        time.sleep(0.01)
    test_tasks_run_beside_one_another()


def test_who_comes_while_others_are_at_work_does_its_tasks_itself() -> None:
    names: list[str] = []

    def inner() -> None:
        threads.run_parallel([lambda: names.append(threading.current_thread().name)] * 3)

    outer = threading.Thread(target=inner, name="outer")

    def begin() -> None:
        outer.start()
        outer.join()

    threads.run_parallel([begin, lambda: None])
    assert names == ["outer"] * 3


@pytest.mark.parametrize(("size", "least"), [(0, 5), (4, 5), (10, 5), (100, 1), (101, 7)])
def test_ranges_cover_a_size(size: int, least: int) -> None:
    found: list[tuple[int, int]] = []
    threads.parallel_for(lambda first, end: found.append((first, end)), size, least=least)
    found.sort()
    assert [place for first, end in found for place in range(first, end)] == list(range(size))
    assert len(found) == max(1, min(3, size // least))
