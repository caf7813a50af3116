"""HTTP connections with bounds that uvicorn does not set."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recurra.serving.headers import with_headers
from recurra.serving.limits import Limits

__all__ = ["bounded_protocol"]

_LINES = {
    400: ("Bad Request", "This is no HTTP request. Ask with HTTP/1.1."),
    408: ("Request Timeout", "The headers did not come whole in time. Send them at once."),
    431: ("Request Header Fields Too Large", "The request's headers are too large. Leave some out."),
    503: ("Service Unavailable", "Too many connections are open. Ask again in a second, over fewer."),
}

# What is left of the body of a request that was answered already is read to its end, so that a client which sends first
# and reads then gets its answer, and the connection can be used again: up to so many times what a body may have.
DISCARDED_BODIES = 2


def bounded_protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """Uvicorn's protocol with these limits."""
    return type("BoundedProtocol", (_BoundedProtocol,), {"limits": limits})


class _BoundedProtocol(HttpToolsProtocol):
    """Closes a connection that sends too much, or too little, beside the bodies that are wanted.

    The parser keeps headers, and the fields that may follow a body (trailers), until they are whole, however many they
    are, and waits for them for ever. The answer to a request may be there before its body: what is left of that is
    discarded, up to a bound. And a client that does not take its answer is not waited for.
    """

    limits: ClassVar[Limits]

    # Between the first byte of a request and the end of its headers.
    _in_head = True
    # Bytes since the last part of a body, or the last end of headers or of a request: of headers, of trailers, of the
    # extensions of a chunk.
    _overhead = 0
    _progressed = False
    # Of an answered request whose body is still coming; ``None`` where none is.
    _discarded: int | None = None
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuses one connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._end(503)
        else:
            self._wait_for(self._end, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what has come, no more at a time than headers may have left."""
        left = memoryview(data)
        while left and not self.transport.is_closing():
            part = left[: max(1, self.limits.header_bytes - self._overhead)]
            left = left[len(part) :]
            self._progressed = False
            super().data_received(part)  # type: ignore[arg-type]
            self._count(len(part))

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True
        self._wait_for(self._end, 408)

    def on_headers_complete(self) -> None:
        """Answers the request."""
        self._in_head, self._progressed = False, True
        self._stop_waiting()
        # With the colon, a space and the end of each line.
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.header_bytes:
            self._end(431)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._in_head, self._progressed = True, True
        if self._discarded is not None:
            self._discarded = None
            self._stop_waiting()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is sent, whose request may not be whole."""
        if not self.pipeline and self.cycle.more_body:
            self._discarded = 0
            self._wait_for(self.transport.close)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._look_after(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has taken what there was."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _look_after(self, unsent: int) -> None:
        """Looks after a while whether the client has taken anything."""
        self._unread = self.loop.call_later(self.limits.seconds, self._looked, unsent)

    def _looked(self, unsent: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < unsent:
            self._look_after(left)
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request."""
        self._end(400)

    def _count(self, size: int) -> None:
        """So many bytes were parsed."""
        if self._discarded is not None:
            self._discarded += size
            if self._discarded > DISCARDED_BODIES * self.limits.body_bytes:
                self.transport.close()
        if self._progressed:
            self._overhead = 0
            return
        self._overhead += size
        if self._overhead >= self.limits.header_bytes:
            self._end(431)
        elif self._in_head:
            self._wait_for(self._end, 408)

    def _wait_for(self, late: Callable[..., None], *arguments: int) -> None:
        """Has something done if what is waited for does not come in time."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.seconds, late, *arguments)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: int) -> None:
        """Says why, where an answer has a place, and closes the connection."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not (cycle.response_complete and self._in_head):
            # Another answer would stand in the middle of this one, or be taken for that to the next request.
            self.transport.close()
            return
        phrase, line = _LINES[status]
        body = json.dumps({"error": line}).encode()
        headers = with_headers(
            [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
        )
        head = f"HTTP/1.1 {status} {phrase}\r\n".encode()
        self.transport.write(
            head + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
        )
        self.transport.close()
