"""HTTP connections with bounds that uvicorn does not set."""

from __future__ import annotations

import asyncio
import json
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


def bounded_protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """Uvicorn's protocol with these limits."""
    return type("BoundedProtocol", (_BoundedProtocol,), {"limits": limits})


class _BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose headers are too large or do not come, and one too many.

    The parser keeps a request's headers until they are whole, however many they are, and waits for them for ever.
    """

    limits: ClassVar[Limits]

    _headers_open = True
    _header_bytes = 0
    _slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuses one connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._end(503)
        else:
            self._watch(0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what has come."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._headers_open:
            self._watch(len(data))

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._headers_open, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Answers the request."""
        self._headers_open = False
        self._stop_watching()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.header_bytes:
            self._end(431)
        else:
            super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request."""
        self._end(400)

    def _watch(self, size: int) -> None:
        """Headers are not whole yet, and so many bytes more of them have come."""
        self._header_bytes += size
        if self._header_bytes > self.limits.header_bytes:
            self._end(431)
        elif self._slow is None:
            self._slow = self.loop.call_later(self.limits.seconds, self._end, 408)

    def _stop_watching(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _end(self, status: int) -> None:
        """Says why, and closes the connection."""
        self._stop_watching()
        if self.transport.is_closing():
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
