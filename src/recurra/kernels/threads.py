"""Our own threads for kernels that let other Python threads run."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

__all__ = ["count", "run_together"]

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def _forget_pool() -> None:
    # A forked child has the object, but none of its threads; a lock may have been held by one of them.
    global _lock, _pool
    _lock, _pool = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def run_together(tasks: Sequence[Callable[[], object]]) -> None:
    """Runs tasks that write to different places, some of them on the calling thread.

    Args:
        tasks: they may run one after another, too, in any order, and start no others.

    Raises:
        Exception: what a task that failed raised, after all have ended.
    """
    if len(tasks) == 1:
        tasks[0]()
        return
    left = deque(tasks)
    waiting = [_threads().submit(_work_off, left) for _ in range(min(count(), len(tasks)) - 1)]
    try:
        _work_off(left)
    finally:
        # Their arrays must not be freed under them, whatever happens here.
        failures = [future.exception() for future in waiting]
    for failure in failures:
        if failure is not None:
            raise failure


def count() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work_off(left: deque[Callable[[], object]]) -> None:
    # Whoever is free takes the next: tasks differ in length, and so do the threads' beginnings.
    while True:
        try:
            task = left.popleft()
        except IndexError:
            return
        task()


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(count() - 1, 1), thread_name_prefix="recurra")
        return _pool
