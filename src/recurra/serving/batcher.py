"""Dynamic batching: texts of concurrent requests are predicted together.

Requests that arrive while the model is busy form its next batch. An idle model starts at once: a batch is then what one
iteration of the event loop has read, so requests that arrived together stay together.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from recurra.serving.http_errors import RequestError
from recurra.serving.limits import Limits

__all__ = ["Batcher"]

# A batch is full at this many texts: larger ones are hardly faster.
BATCH_TEXTS = 512
# And at this many characters, so that nobody waits longer for a long text than that text alone takes, and computing
# takes little memory: a request with more than that is computed in several.
BATCH_CHARACTERS = 1 << 18


class _Job(NamedTuple):
    texts: list[str]
    characters: int
    future: asyncio.Future[list[bytes]]


class Batcher:
    """Gathers texts of requests into batches, which its own thread computes one after another.

    Args:
        answer: computes a batch: as many answers as texts, in their order. Only that thread calls it.
        limits: how much may wait.
        name: name of the thread.
        computed: called on the event loop with the number of texts of each finished batch.
    """

    def __init__(
        self,
        answer: Callable[[list[str]], Sequence[bytes]],
        *,
        limits: Limits,
        name: str,
        computed: Callable[[int], None],
    ) -> None:
        self._answer, self._limits, self._computed = answer, limits, computed
        self._waiting = self._characters = 0
        self._gathered: list[_Job] = []
        self._handed: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._room = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def waiting(self) -> int:
        """Number of texts that wait or are being computed."""
        return self._waiting

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Starts the thread. Call it on the event loop that the requests come from."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def retire(self) -> None:
        """Ends the thread after what it was handed. For one that no request refers to; any thread may call it."""
        self._handed.put(None)

    async def close(self) -> None:
        """Computes what was accepted and stops the thread, waiting no longer than ``limits.stop_seconds``."""
        self._hand_over()
        self._handed.put(None)
        await asyncio.to_thread(self._thread.join, self._limits.stop_seconds)

    async def answers(self, texts: list[str], *, patient: bool = False) -> list[bytes]:
        """The answers to texts, in their order.

        Args:
            texts: the texts of one request.
            patient: wait for room instead of raising; for streams, which bound themselves.

        Raises:
            RequestError: 503, too much is waiting.
        """
        characters = sum(map(len, texts))
        while self._full(len(texts), characters):
            if not patient:
                raise RequestError(
                    503,
                    f"{self._waiting:,} texts are waiting",
                    "Ask again in a second, or slower.",
                    headers={"Retry-After": "1"},
                )
            self._room.clear()
            await self._room.wait()
        future: asyncio.Future[list[bytes]] = self._loop.create_future()
        self._waiting += len(texts)
        self._characters += characters
        self._gathered.append(_Job(texts, characters, future))
        if len(self._gathered) == 1:
            self._loop.call_soon(self._hand_over)
        return await future

    def _full(self, texts: int, characters: int) -> bool:
        # If nothing waits, anything that a single request may hold is accepted.
        over = self._waiting + texts > self._limits.waiting_texts
        return bool(self._waiting) and (over or self._characters + characters > self._limits.waiting_characters)

    def _hand_over(self) -> None:
        if self._gathered:
            self._handed.put(self._gathered)
            self._gathered = []

    def _work(self) -> None:
        held: deque[_Job] = deque()
        open_ = True
        while open_ or held:
            # Blocks only if there is nothing to do.
            with contextlib.suppress(queue.Empty):
                while (jobs := self._handed.get(block=not held)) is not None:
                    held.extend(jobs)
                open_ = False
            if held:
                self._compute(_next(held))

    def _compute(self, batch: list[_Job]) -> None:
        # Requests that have timed out need no answer any more.
        wanted = [job for job in batch if not job.future.cancelled()]
        texts = [text for job in wanted for text in job.texts]
        answers: list[bytes] = []
        failure: Exception | None = None
        sizes = []
        try:
            for part in _parts(texts):
                answers.extend(self._answer(part))
                sizes.append(len(part))
        except Exception as error:
            # The waiting requests get the error, and the thread goes on.
            failure = error
        with contextlib.suppress(RuntimeError):
            # The event loop may have been closed meanwhile.
            self._loop.call_soon_threadsafe(self._deliver, batch, wanted, answers, sizes, failure)

    def _deliver(
        self,
        batch: list[_Job],
        wanted: list[_Job],
        answers: list[bytes],
        sizes: list[int],
        failure: Exception | None,
    ) -> None:
        """Hands the answers to the waiting requests, on the event loop."""
        for job in batch:
            self._waiting -= len(job.texts)
            self._characters -= job.characters
        self._room.set()
        for size in sizes:
            self._computed(size)
        first = 0
        for job in wanted:
            end = first + len(job.texts)
            if not job.future.done():
                if failure is not None:
                    job.future.set_exception(failure)
                else:
                    job.future.set_result(answers[first:end])
            first = end


def _next(held: deque[_Job]) -> list[_Job]:
    """The first jobs, as many as fit into a batch; at least one."""
    batch: list[_Job] = []
    texts = characters = 0
    while held:
        job = held[0]
        if batch and (texts + len(job.texts) > BATCH_TEXTS or characters + job.characters > BATCH_CHARACTERS):
            break
        batch.append(held.popleft())
        texts += len(job.texts)
        characters += job.characters
    return batch


def _parts(texts: list[str]) -> Iterator[list[str]]:
    """The texts in parts with no more characters than a batch may have, or of a single text."""
    part: list[str] = []
    characters = 0
    for text in texts:
        if part and characters + len(text) > BATCH_CHARACTERS:
            yield part
            part, characters = [], 0
        part.append(text)
        characters += len(text)
    if part:
        yield part
