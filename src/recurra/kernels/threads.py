"""Our own threads for kernels that let other Python threads run.

A training step hands work over several times within a few milliseconds. To wake a sleeping thread takes a tenth of a
millisecond, so ours stay awake for a while after their work, and go to sleep when none comes.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of

__all__ = ["WorkItem", "cpu_count", "parallel_for", "run_parallel", "split_range"]

WorkItem = Callable[[], object]

# How often a thread looks for work before it goes to sleep: about half a millisecond.
SPINS = 1500
# How often it looks away once there is work: about four microseconds.
YIELDS = 8

_lock = threading.Lock()
_pool: _ThreadPool | None = None


def _forget_pool() -> None:
    # A forked child has the object, but none of its threads; a lock may have been held by one of them.
    global _lock, _pool
    _lock, _pool = threading.Lock(), None


def _shut_down_pool() -> None:
    # A thread must not come back from a kernel into an interpreter that is being taken down.
    if _pool is not None:
        _pool.shut_down()


atexit.register(_shut_down_pool)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def run_parallel(tasks: Sequence[WorkItem]) -> None:
    """Runs tasks that write to different places, some of them on the calling thread.

    Args:
        tasks: they may run one after another, too, in any order, and start no others.

    Raises:
        Exception: what a task that failed raised, after all have ended.
    """
    helpers = min(cpu_count(), len(tasks)) - 1 if len(tasks) > 1 else 0
    # Where others are at work already, all processors have something to do.
    if helpers < 1 or not _lock.acquire(blocking=False):
        for task in tasks:
            task()
        return
    try:
        _pool_of(helpers).run(tasks, helpers)
    finally:
        _lock.release()


def split_range(task: Callable[[int, int], object], size: int, *, least: int) -> list[WorkItem]:
    """A task on ranges of a size, as many as there are processors for them.

    Args:
        task: given the first and the one behind the last.
        size: what is cut.
        least: of a range.
    """
    parts = max(1, min(cpu_count(), size // least))
    bounds = [size * part // parts for part in range(parts + 1)]
    return [partial(task, first, end) for first, end in pairwise(bounds)]


def parallel_for(task: Callable[[int, int], object], size: int, *, least: int) -> None:
    """Runs a task on ranges of a size, side by side where there are several; see :func:`split_range`."""
    run_parallel(split_range(task, size, least=least))


def cpu_count() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pool_of(helpers: int) -> _ThreadPool:
    global _pool
    if _pool is None or _pool.size < helpers:
        if _pool is not None:
            _pool.shut_down()
        _pool = _ThreadPool(max(helpers, cpu_count() - 1))
    return _pool


class _Job:
    """Tasks that are to be done together, and who has joined in.

    Attributes:
        left: tasks that nobody has taken yet.
        joined: the numbers of the threads that look for tasks here.
        failures: what tasks have raised.
    """

    def __init__(self, number: int, tasks: Sequence[WorkItem], helpers: int) -> None:
        self.number, self.helpers, self.left = number, helpers, deque(tasks)
        self.joined: list[int] = []
        self.failures: list[BaseException] = []

    def work(self) -> None:
        # Whoever is free takes the next: tasks differ in length, and so do the threads' beginnings.
        while True:
            try:
                task = self.left.popleft()
            except IndexError:
                return
            try:
                task()
            except BaseException as error:
                self.failures.append(error)


class _ThreadPool:
    """Threads that wait for jobs.

    Args:
        size: how many.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        # The number of the newest job, and of the last one that each thread has ended.
        self._numbers = np.zeros(1 + size, dtype=np.int64)
        self._wait = kernels_of("spin_wait").wait
        self._at = address(self._numbers)
        self._job = _Job(0, (), 0)
        self._asleep, self._awake = 0, threading.Condition()
        self._threads = [
            threading.Thread(target=self._loop, args=(member,), name=f"recurra-{member}", daemon=True)
            for member in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, tasks: Sequence[WorkItem], helpers: int) -> None:
        """Does a job with so many of the threads."""
        number = self._job.number + 1
        self._job = job = _Job(number, tasks, helpers)
        self._announce(number)
        try:
            job.work()
        finally:
            # Who joins after this finds nothing left. The arrays of the others must not be freed under them.
            for member in tuple(job.joined):
                while self._numbers[1 + member] < number:
                    self._wait(self._at + 8 * (1 + member), int(self._numbers[1 + member]), 1 << 20, YIELDS)
        if job.failures:
            raise job.failures[0]

    def shut_down(self) -> None:
        """Lets the threads end, and waits for it."""
        self._announce(-1)
        for thread in self._threads:
            thread.join()

    def _announce(self, number: int) -> None:
        self._numbers[0] = number
        if self._asleep:
            with self._awake:
                self._awake.notify_all()

    def _loop(self, member: int) -> None:
        number = 0
        while True:
            self._wait(self._at, number, SPINS, YIELDS)
            if self._numbers[0] == number:
                with self._awake:
                    self._asleep += 1
                    while self._numbers[0] == number:
                        self._awake.wait()
                    self._asleep -= 1
            if self._numbers[0] < 0:
                return
            job = self._job
            number = job.number
            if member < job.helpers:
                job.joined.append(member)
                job.work()
            self._numbers[1 + member] = number
