"""Work beside the event loop: one after another, bounded in number and time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from recurra.serving import Limits
from recurra.serving.http_errors import RequestError
from recurra.serving.worker_queue import WorkerQueue


def run(work: Callable[[WorkerQueue], Awaitable[Any]], **limits: Any) -> Any:
    async def inner() -> Any:
        queue = WorkerQueue(Limits(**limits))
        try:
            return await work(queue)
        finally:
            queue.close()

    return asyncio.run(asyncio.wait_for(inner(), 30))


def test_it_does_one_thing_after_another() -> None:
    order: list[int] = []

    async def work(queue: WorkerQueue) -> Any:
        return await asyncio.gather(*(queue.run(lambda n=n: order.append(n) or 10 * n) for n in range(5)))

    assert run(work) == [0, 10, 20, 30, 40]
    assert order == list(range(5))


def test_too_much_is_refused_and_then_not() -> None:
    may = threading.Event()

    async def work(queue: WorkerQueue) -> Any:
        taken = [asyncio.create_task(queue.run(lambda: may.wait(20))) for _ in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(RequestError, match="2 texts wait to be read") as refused:
            await queue.run(lambda: True)
        assert refused.value.status == 503
        may.set()
        await asyncio.gather(*taken)
        await asyncio.sleep(0.02)
        return await queue.run(lambda: "done")

    assert run(work, waiting_reads=2) == "done"


def test_what_is_late_is_not_begun_any_more() -> None:
    may = threading.Event()
    begun: list[str] = []

    async def work(queue: WorkerQueue) -> None:
        first = asyncio.create_task(queue.run(lambda: may.wait(20)))
        second = asyncio.create_task(queue.run(lambda: begun.append("second")))
        for task in (first, second):
            with pytest.raises(RequestError, match=r"no answer within 0\.05 s") as late:
                await task
            assert late.value.status == 504
        may.set()
        assert await queue.run(lambda: "third") == "third"

    run(work, seconds=0.05, waiting_reads=4)
    assert begun == []


def test_an_error_is_handed_on() -> None:
    async def work(queue: WorkerQueue) -> None:
        def fail() -> None:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            await queue.run(fail)

    run(work)
