"""An HTTP protocol with limits that uvicorn does not have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recurra.serving.headers import with_headers
from recurra.serving.http_errors import json_bytes
from recurra.serving.limits import Limits

__all__ = ["bounded_protocol"]

_LINES = {
    400: ("Bad Request", "This is no HTTP request. Ask with HTTP/1.1."),
    408: ("Request Timeout", "The headers did not arrive in time. Send them at once."),
    431: ("Request Header Fields Too Large", "The request's headers are too large. Leave some out."),
    503: ("Service Unavailable", "Too many connections are open. Ask again in a second, over fewer."),
}

# The rest of the body of a request that was answered already is read and discarded, so that a client which sends first
# and then reads gets its answer, and the connection can be reused: up to this many times the largest body.
DISCARDED_BODIES = 2


def bounded_protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """Uvicorn's protocol with these limits."""
    return type("BoundedProtocol", (_BoundedProtocol,), {"limits": limits})


class _BoundedProtocol(HttpToolsProtocol):
    """Closes a connection that sends too much outside a body, too slowly, or does not read its response.

    The parser keeps headers, and the fields that may follow a body (trailers), until they are complete, however many
    they are, and waits for them for ever. A response may be finished before the body of its request has arrived: the
    rest is discarded, up to a bound.
    """

    limits: ClassVar[Limits]

    # Between the first byte of a request and the end of its headers.
    _in_head = True
    # Bytes of headers, trailers or chunk extensions since the last part of a body, end of headers or end of a request.
    _overhead = 0
    _progressed = False
    # Discarded bytes of an answered request whose body is still arriving; ``None`` if there is none.
    _discarded: int | None = None
    # Whether the client asked to close the connection after its request.
    _closes = False
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Rejects one connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._end(503)
        else:
            self._wait_for(self._end, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the timers."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses the data, at most as many bytes at a time as the headers may still have."""
        left = memoryview(data)
        while left and not self.transport.is_closing():
            part = left[: max(1, self.limits.header_bytes - self._overhead)]
            left = left[len(part) :]
            self._progressed = False
            super().data_received(part)  # type: ignore[arg-type]
            self._count(len(part))

    def on_message_begin(self) -> None:
        """Starts the timer for the headers."""
        super().on_message_begin()
        self._in_head = True
        self._wait_for(self._end, 408)

    def on_headers_complete(self) -> None:
        """Lets the request be answered if its headers are small enough."""
        self._in_head, self._progressed = False, True
        self._stop_waiting()
        # With the colon, a space and the end of each line.
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.header_bytes:
            self._end(431)
        else:
            super().on_headers_complete()
            cycle = self.cycle
            if cycle is not None and not cycle.keep_alive and self.parser.get_http_version() == "1.1":
                # Uvicorn would close with the answer, and a client that still sends its body would meet a broken pipe.
                self._closes, cycle.keep_alive = True, True

    def on_body(self, body: bytes) -> None:
        """Notes that a part of a body has arrived."""
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes that a request is complete."""
        self._in_head, self._progressed = True, True
        if self._discarded is not None:
            self._discarded = None
            self._stop_waiting()
            if self._closes:
                self.transport.close()
            else:
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Discards the rest of a request that was answered before it was complete."""
        if not self.pipeline and self.cycle.more_body:
            self._discarded = 0
            self._wait_for(self.transport.close)
        elif self._closes and not self.pipeline:
            self.transport.close()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Starts to watch a client that reads more slowly than it is sent."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stops watching: the client has read everything."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _watch(self, unsent: int) -> None:
        """Checks after ``limits.seconds`` whether the client has read anything."""
        self._unread = self.loop.call_later(self.limits.seconds, self._check_unread, unsent)

    def _check_unread(self, unsent: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < unsent:
            self._watch(left)
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answers data that is no HTTP request."""
        self._end(400)

    def _count(self, size: int) -> None:
        """Counts parsed bytes, and closes the connection at a limit."""
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
        """Calls ``late`` after ``limits.seconds`` unless the timer is stopped before."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.seconds, late, *arguments)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: int) -> None:
        """Sends an error, if a response can be sent now, and closes the connection."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not (cycle.response_complete and self._in_head):
            # Another response would stand inside this one, or be taken for the response to the next request.
            self.transport.close()
            return
        phrase, line = _LINES[status]
        body = json_bytes({"error": line})
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
