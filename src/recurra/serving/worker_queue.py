"""A queue for work that is too long for the event loop and for batches: one job after another, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Generic, TypeVar

from recurra.serving.http_errors import RequestError
from recurra.serving.limits import Limits

__all__ = ["WorkerQueue"]

Value = TypeVar("Value")


class WorkerQueue:
    """A thread that runs one job after another. Jobs that nobody waits for any more are dropped.

    Args:
        limits: how many jobs may wait, and how long one may take.
        name: suffix of the thread's name.
    """

    def __init__(self, limits: Limits, name: str = "") -> None:
        self._limits = limits
        self._waiting = 0
        self._pool = ThreadPoolExecutor(1, f"recurra-reading-{name}")

    async def run(self, work: Callable[[], Value]) -> Value:
        """The value that ``work`` returns. Errors: see :meth:`results`."""

        def once() -> Iterator[Value]:
            yield work()

        async with aclosing(self.results(once)) as results:
            return await anext(results)

    async def last(self, work: Callable[[], Iterator[Value]]) -> Value:
        """The last of :meth:`results`; there must be at least one."""
        async with aclosing(self.results(work)) as results:
            found = await anext(results)
            async for result in results:
                found = result
        return found

    async def results(self, work: Callable[[], Iterator[Value]]) -> AsyncGenerator[Value]:
        """The values that ``work`` yields, as they come. Closing this drops the job, at its next value at the latest.

        Raises:
            RequestError: 503, too many jobs are waiting; 504, the job takes too long and is dropped.
        """
        if self._waiting >= self._limits.waiting_reads:
            raise RequestError(
                503, f"{self._waiting:,} texts wait to be read", "Ask again in a second.", headers={"Retry-After": "1"}
            )
        loop = asyncio.get_running_loop()
        job = _Job(work, loop)
        self._waiting += 1
        future = self._pool.submit(job.do)
        future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._done))
        deadline = loop.time() + self._limits.seconds
        try:
            while True:
                async with asyncio.timeout_at(deadline):
                    result = await job.found.get()
                if isinstance(result, _End):
                    if result.error is not None:
                        raise result.error
                    return
                yield result
        except TimeoutError:
            raise RequestError(
                504,
                f"There was no answer within {self._limits.seconds:g} s",
                "Ask again later, or with a shorter text.",
                headers={"Retry-After": "1"},
            ) from None
        finally:
            job.dropped.set()
            future.cancel()

    def _done(self) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Stops the thread after the current job."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _End:
    def __init__(self, error: Exception | None) -> None:
        self.error = error


class _Job(Generic[Value]):
    """A job whose results are handed to an event loop.

    Attributes:
        dropped: set when nobody waits for it any more.
        found: its results, and an end marker.
    """

    def __init__(self, work: Callable[[], Iterator[Value]], loop: asyncio.AbstractEventLoop) -> None:
        self._work, self._loop = work, loop
        self.dropped = threading.Event()
        self.found: asyncio.Queue[Value | _End] = asyncio.Queue()

    def do(self) -> None:
        """Runs the job, in the queue's thread."""
        error: Exception | None = None
        try:
            for result in self._work():
                self._put(result)
                if self.dropped.is_set():
                    return
        except Exception as raised:
            # The waiting request gets the error, and the thread goes on.
            error = raised
        self._put(_End(error))

    def _put(self, result: Value | _End) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.found.put_nowait, result)
