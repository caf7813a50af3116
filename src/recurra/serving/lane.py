"""Work that takes long enough to be kept from the event loop and from the batches: one after another, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from recurra.serving.limits import Limits
from recurra.serving.refusals import RequestError

__all__ = ["Lane"]

Value = TypeVar("Value")


class Lane:
    """A thread that does one thing after another.

    Args:
        limits: of what may wait, and of the time until it is done.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting = 0
        self._pool = ThreadPoolExecutor(1, "recurra-reading")

    async def run(self, work: Callable[[], Value]) -> Value:
        """What ``work`` gives.

        Raises:
            RequestError: 503, too much is waiting; 504, it takes too long, and is not begun any more.
        """
        if self._waiting >= self._limits.waiting_reads:
            raise RequestError(
                503, f"{self._waiting:,} texts wait to be read", "Ask again in a second.", headers={"Retry-After": "1"}
            )
        self._waiting += 1
        future = self._pool.submit(work)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._done))
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise RequestError(
                504,
                f"There was no answer within {self._limits.seconds:g} s",
                "Ask again later, or with a shorter text.",
                headers={"Retry-After": "1"},
            ) from None

    def _done(self) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Ends the thread when it has done what it is at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
