"""Lines in and lines out over one request, each answered as it arrives.

A client has to send and read at the same time. For one that does not, answers are kept up to a bound; then no more of
its lines are read until it reads, and if it does not do so in time the connection is closed. Memory stays bounded, and
no stream delays another request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from recurra.errors import RecurraError
from recurra.serving.body import LINES
from recurra.serving.held_bodies import HeldBody
from recurra.serving.limits import Limits
from recurra.serving.lines import LineSplitter

__all__ = ["LineStream"]

# Lines that are answered together.
BLOCK = 256
# Answered blocks that are kept for a client that sends faster than it reads.
AHEAD = 64

Answer = Callable[[Sequence[bytes | None]], Awaitable[bytes]]


class _StoppingError(Exception):
    """The service stops while lines are left."""


class LineStream(Response):
    """The answer to a stream of lines.

    Args:
        answer: returns the output lines for some input lines; ``None`` stands for a line that was too long.
        failed: makes the last line, which says why no more lines are answered.
        limits: size of a line, and the time in which the client must send or read something.
        stopping: set when the service accepts no more lines.
    """

    media_type = LINES

    def __init__(
        self, answer: Answer, *, failed: Callable[[str], bytes], limits: Limits, stopping: asyncio.Event
    ) -> None:
        super().__init__(None)
        # Its length is not known.
        del self.headers["content-length"]
        self._answer, self._failed, self._limits, self._stopping = answer, failed, limits, stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers the lines, as an ASGI application."""
        ready: asyncio.Queue[bytes | None] = asyncio.Queue(AHEAD)
        reader = asyncio.create_task(self._read(receive, ready, HeldBody.of(scope)))
        try:
            # The first read of the body sends "100 Continue" to a client that waits for it; then the response starts,
            # for a client that waits for this.
            await asyncio.sleep(0)
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while (part := await ready.get()) is not None:
                await self._send(send, {"type": "http.response.body", "body": part, "more_body": True})
            await reader
            await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, ClientDisconnect):
                await reader

    async def _send(self, send: Send, message: Message) -> None:
        try:
            async with asyncio.timeout(self._limits.seconds):
                await send(message)
        except TimeoutError:
            # Without the last part the server closes the connection.
            raise ClientDisconnect from None

    async def _read(self, receive: Receive, ready: asyncio.Queue[bytes | None], held: HeldBody) -> None:
        """Puts the answers into ``ready``, and ``None`` at the end unless it is cancelled: then nobody reads them."""
        try:
            async for block in self._blocks(receive, held):
                await ready.put(await self._answer(block))
        except _StoppingError:
            await ready.put(self._failed("The service is stopping. Send the remaining lines to another one."))
        except TimeoutError:
            seconds = f"{self._limits.seconds:g} s"
            await ready.put(self._failed(f"No line arrived within {seconds}. Send the remaining lines again."))
        except RecurraError as error:
            await ready.put(self._failed(str(error)))
        except Exception:
            await ready.put(None)
            raise
        await ready.put(None)

    async def _blocks(self, receive: Receive, held: HeldBody) -> AsyncIterator[Sequence[bytes | None]]:
        """Lines as they arrive, some at a time.

        Raises:
            ClientDisconnect: the client has disconnected.
            RequestError: all requests together hold too much.
            _StoppingError: the service accepts no more lines.
            TimeoutError: nothing arrived for too long.
        """
        lines = LineSplitter(self._limits.body_bytes)
        stopped = asyncio.ensure_future(self._stopping.wait())
        coming: asyncio.Future[Message] = asyncio.ensure_future(_received(receive))
        try:
            while True:
                either: set[asyncio.Future[Any]] = {coming, stopped}
                await asyncio.wait(either, timeout=self._limits.seconds, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    raise _StoppingError if stopped.done() else TimeoutError
                message = coming.result()
                if message["type"] != "http.request":
                    raise ClientDisconnect
                found = deque(lines.feed(message.get("body", b"")))
                more = message.get("more_body", False)
                if not more:
                    found.extend(lines.end())
                held.keep(lines.unfinished, *(len(line) for line in found if line))
                while found:
                    yield [found.popleft() for _ in range(min(BLOCK, len(found)))]
                if not more:
                    return
                coming = asyncio.ensure_future(_received(receive))
        finally:
            stopped.cancel()
            coming.cancel()


async def _received(receive: Receive) -> Message:
    return await receive()
