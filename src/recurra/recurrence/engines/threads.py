"""Our own threads for kernels that let other Python threads run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

__all__ = ["run_together"]

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def _forget_pool() -> None:
    # A forked child has the object, but none of its threads; a lock may have been held by one of them.
    global _lock, _pool
    _lock, _pool = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def run_together(tasks: Sequence[Callable[[], None]]) -> None:
    """Runs tasks that write to different places, the first of them on the calling thread.

    Args:
        tasks: they may run one after another, too, and start no others.

    Raises:
        Exception: what the first task that failed raised, after all have ended.
    """
    waiting = [_threads().submit(task) for task in tasks[1:]]
    try:
        tasks[0]()
    finally:
        # Their arrays must not be freed under them, whatever happens here.
        failures = [future.exception() for future in waiting]
    for failure in failures:
        if failure is not None:
            raise failure


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            workers = max(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 2)
            _pool = ThreadPoolExecutor(workers - 1, thread_name_prefix="recurra")
        return _pool
