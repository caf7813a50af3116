"""A pool of threads that run kernels, which release the global interpreter lock, in parallel.

A training step hands over work several times within a few milliseconds. Waking a sleeping thread takes a tenth of a
millisecond, so the pool's threads spin for a while after their work and go to sleep only if no more comes.
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

__all__ = ["WorkItem", "cpu_count", "parallel_for", "run_parallel", "share_processors", "split_range"]

WorkItem = Callable[[], object]

# How often a thread checks for work before it goes to sleep: about half a millisecond.
SPINS = 1500
# How often it yields the processor once there is work: about four microseconds.
YIELDS = 8

_lock = threading.Lock()
_pool: _ThreadPool | None = None
# Processes that share the processors.
_sharing = 1


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
    """Runs tasks in parallel, some of them on the calling thread.

    Args:
        tasks: independent of one another; they may run in any order, also one after another, and must not call this
            function.

    Raises:
        Exception: what the first task to fail raised, after all have ended.
    """
    helpers = min(cpu_count(), len(tasks)) - 1 if len(tasks) > 1 else 0
    # While another call runs, all processors are busy.
    if helpers < 1 or not _lock.acquire(blocking=False):
        for task in tasks:
            task()
        return
    try:
        _pool_of(helpers).run(tasks, helpers)
    finally:
        _lock.release()


def split_range(task: Callable[[int, int], object], size: int, *, least: int) -> list[WorkItem]:
    """Splits range(size) among the processors: a task for each part.

    Args:
        task: called with the first index of a part and the one after its last.
        size: the size of the range.
        least: the smallest size of a part.
    """
    parts = max(1, min(cpu_count(), size // least))
    bounds = [size * part // parts for part in range(parts + 1)]
    return [partial(task, first, end) for first, end in pairwise(bounds)]


def parallel_for(task: Callable[[int, int], object], size: int, *, least: int) -> None:
    """Runs a task on the parts of range(size) in parallel; see :func:`split_range`."""
    run_parallel(split_range(task, size, least=least))


def cpu_count() -> int:
    """The number of processors that this process may use; its part of them if others share them."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count if _sharing == 1 else max(1, count // _sharing)


def share_processors(processes: int) -> None:
    """Takes an equal part of the processors from now on.

    Args:
        processes: how many processes there are that do so.
    """
    global _sharing
    _sharing = processes


def _pool_of(helpers: int) -> _ThreadPool:
    global _pool
    if _pool is None or _pool.size < helpers:
        if _pool is not None:
            _pool.shut_down()
        _pool = _ThreadPool(max(helpers, cpu_count() - 1))
    return _pool


class _Job:
    """Tasks of one call, and the threads that work on them.

    Attributes:
        left: tasks that no thread has taken yet.
        joined: the numbers of the threads that take tasks here.
        failures: what tasks have raised.
    """

    def __init__(self, number: int, tasks: Sequence[WorkItem], helpers: int) -> None:
        self.number, self.helpers, self.left = number, helpers, deque(tasks)
        self.joined: list[int] = []
        self.failures: list[BaseException] = []

    def work(self) -> None:
        # A free thread takes the next task: tasks differ in length, and threads start at different times.
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
        # The number of the newest job, and of the last one that each thread has finished.
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
        """Runs tasks on the calling thread and up to ``helpers`` of the pool."""
        number = self._job.number + 1
        self._job = job = _Job(number, tasks, helpers)
        self._announce(number)
        try:
            job.work()
        finally:
            # A thread that joins later finds no task. Arrays must not be freed while another thread uses them.
            for member in tuple(job.joined):
                while self._numbers[1 + member] < number:
                    self._wait(self._at + 8 * (1 + member), int(self._numbers[1 + member]), 1 << 20, YIELDS)
        if job.failures:
            raise job.failures[0]

    def shut_down(self) -> None:
        """Ends the threads, and waits until they have."""
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
