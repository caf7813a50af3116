"""The process that listens: from a bound socket to a stop that finishes what was taken."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from recurra.errors import RecurraError
from recurra.serving.guard import Guard
from recurra.serving.limits import Limits
from recurra.serving.protocol import bounded_protocol

__all__ = ["bound_socket", "serve"]

# Threads that compute have to get Python's lock back while the event loop is busy; waiting five milliseconds for it
# each time, as Python has it, would be longer than most batches take.
SWITCH_SECONDS = 0.0005


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that nobody can connect to yet.

    Args:
        host: name or address.
        port: 0 for any that is free.

    Raises:
        RecurraError: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
        except BaseException:
            found.close()
            raise
    except (OSError, UnicodeError, OverflowError) as error:
        mend = "Choose another one with --host and --port."
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            mend = "Choose another one with --port; 0 takes any that is free."
        reason = getattr(error, "strerror", None) or str(error)
        raise RecurraError(f"{host!r:.80} port {port} cannot be listened to: {reason}", mend) from error
    return found


def serve(guard: Guard, listener: socket.socket, *, limits: Limits, ready: Callable[[], None]) -> bool:
    """Answers requests until SIGTERM or SIGINT.

    Then new requests are refused with 503, those that were taken are answered, and so this returns. A second signal
    ends it at once.

    Args:
        guard: the service.
        listener: a bound socket; it is closed in the end.
        limits: of connections and time.
        ready: called when requests are answered.

    Returns:
        Whether all that was taken was answered.
    """
    config = uvicorn.Config(
        guard,
        http=bounded_protocol(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        # What goes wrong is told by the guard, and nobody needs a line for every request.
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        server = _Server(config, guard, limits, ready)
        server.run(sockets=[listener])
    finally:
        sys.setswitchinterval(before)
        listener.close()
    if not server.started:
        raise RecurraError("The service could not start", "The lines above say why.")
    return server.finished


class _Server(uvicorn.Server):
    """Stops in two steps: no new requests, then, when nothing is left, no connections."""

    def __init__(self, config: uvicorn.Config, guard: Guard, limits: Limits, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._guard, self._limits, self._ready = guard, limits, ready
        self._asked = 0
        self._deadline = 0.0
        self.finished = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, and says so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hears signals; unlike uvicorn's, a signal that was obeyed does not end the process as one that was not."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asks to stop; the event loop sees to it."""
        self._asked += 1

    async def on_tick(self, counter: int) -> bool:
        """Looks ten times a second whether it is to stop, and can."""
        if self._asked and not self._guard.stopping.is_set():
            self._guard.stopping.set()
            self._deadline = time.monotonic() + self._limits.stop_seconds
        if self._guard.stopping.is_set():
            self.finished = self._guard.in_flight == 0
            if self._asked > 1:
                self.force_exit = True
            if self.finished or self.force_exit or time.monotonic() > self._deadline:
                self.should_exit = True
        return await super().on_tick(counter)
