"""Responses in gzip, for clients that take it and where they are large enough to gain.

Compressing can betray a secret that stands in a response beside something that an attacker chose and whose size he sees
(BREACH). No response of this service holds a secret: the token comes in a header and is never sent back, and pages of
other sites, which could choose a text again and again, are refused before anything is computed (:mod:`access`).
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable

from starlette.types import Message, Send

__all__ = ["GzipSend", "compressed", "takes_gzip"]

# Smaller ones fit into a packet or two as they are.
SMALLEST = 4096
# Larger ones are compressed in a thread, so that the event loop goes on.
LONG = 1 << 16
LEVEL = 5

Pairs = Iterable[tuple[bytes, bytes]]


def takes_gzip(headers: Pairs) -> bool:
    """Whether the headers of a request, names in lower case, say that gzip is accepted (RFC 9110, section 12.5.3)."""
    weights: dict[str, bool] = {}
    for name, value in headers:
        if name == b"accept-encoding":
            for one in value.decode("latin-1").lower().split(","):
                coding, _, parameters = one.partition(";")
                weight = parameters.replace(" ", "").partition("q=")[2]
                weights[coding.strip()] = weight.strip("0.") != "" or weight == ""
    return weights.get("gzip", weights.get("*", False))


def compressed(data: bytes) -> bytes:
    """The same data in gzip, always the same bytes."""
    return gzip.compress(data, LEVEL, mtime=0)


class GzipSend:
    """Sends a response of one part in gzip; streams, small responses and those with a coding are sent as they are.

    Args:
        send: where the messages go.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Takes a message of an ASGI application; the start of a response waits for its first part."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            body = message.get("body", b"")
            names = {name for name, _ in start["headers"]}
            if len(body) >= SMALLEST and not message.get("more_body", False) and b"content-encoding" not in names:
                data = await asyncio.to_thread(compressed, body) if len(body) > LONG else compressed(body)
                kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                added = [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(data))]
                start = {**start, "headers": [*kept, *added, (b"vary", b"accept-encoding")]}
                message = {**message, "body": data}
            await self._send(start)
        await self._send(message)
