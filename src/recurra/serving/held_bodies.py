"""How much of all requests' bodies is in memory at once, so that many large ones together cannot exhaust it."""

from __future__ import annotations

from typing import cast

from starlette.types import Scope

from recurra.serving.http_errors import RequestError
from recurra.serving.limits import Limits

__all__ = ["HeldBodies", "HeldBody"]

# Smaller bodies and lines are not counted: while large ones fill the room, ordinary requests are still answered.
SMALL = 64 << 10

_KEY = "recurra.body"


class HeldBodies:
    """Counts the bytes of large bodies, from their arrival until the request is answered."""

    def __init__(self, limits: Limits) -> None:
        self._most, self._bytes = limits.held_bytes, 0

    def open(self, scope: Scope) -> HeldBody:
        """The part of a request, which :meth:`HeldBody.of` finds. Call its ``keep(0)`` when it is answered."""
        body = scope[_KEY] = HeldBody(self)
        return body

    def change(self, before: int, now: int) -> None:
        """Counts what one request holds now instead of before.

        Raises:
            RequestError: 503, all together would be too much.
        """
        total = self._bytes - before + now
        # If nothing else is held, anything that a single request may hold is accepted.
        if now > before and now < total > self._most:
            raise RequestError(
                503,
                f"Large bodies of {self._bytes:,} bytes together are being read or answered",
                "Ask again in a second, or for fewer texts at a time.",
                headers={"Retry-After": "1"},
            )
        self._bytes = total


class HeldBody:
    """What one request holds of its body."""

    def __init__(self, bodies: HeldBodies) -> None:
        self._bodies, self._bytes = bodies, 0

    @staticmethod
    def of(scope: Scope) -> HeldBody:
        """The one of a request that the guard has let through."""
        return cast(HeldBody, scope[_KEY])

    def keep(self, *sizes: int) -> None:
        """Says how much is held now: the body so far, or lines of a stream, in bytes.

        Raises:
            RequestError: 503, with all other requests it would be too much.
        """
        now = sum(size for size in sizes if size > SMALL)
        self._bodies.change(self._bytes, now)
        self._bytes = now
