"""The server process: from a bound socket to a graceful stop."""

from __future__ import annotations

import contextlib
import errno
import os
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
from recurra.serving.reload import Reloader, hangs_up

__all__ = ["Server", "bound_socket", "serve"]

# Computing threads must get the GIL back while the event loop is busy; Python's default of five milliseconds is longer
# than most batches take.
SWITCH_SECONDS = 0.0005


def bound_socket(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet.

    Args:
        host: name or address.
        port: port number; 0 takes any free one.

    Raises:
        RecurraError: the address cannot be bound.
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
        hint = "Choose another one with --host and --port."
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            hint = "Choose another one with --port; 0 takes any that is free."
        reason = getattr(error, "strerror", None) or str(error)
        raise RecurraError(f"The service cannot listen on {host!r:.80} port {port}: {reason}", hint) from error
    return found


def serve(
    guard: Guard, listener: socket.socket, *, limits: Limits, reloader: Reloader, ready: Callable[[], None]
) -> bool:
    """Answers requests until SIGTERM or SIGINT.

    Then new requests are rejected with 503, the accepted ones are answered, and the function returns. A second signal
    stops the server at once. SIGHUP lets the models be read again, or stops the server if its terminal is gone.

    Args:
        guard: the service.
        listener: a bound socket; it is closed at the end.
        limits: bounds of connections and time.
        reloader: replaces models.
        ready: called when the server accepts requests.

    Returns:
        Whether all accepted requests were answered.

    Raises:
        RecurraError: the server could not start.
    """
    server = Server(guard, limits, reloader, ready=ready)
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()
    if not server.started:
        raise RecurraError("The service could not start", "The lines above say why.")
    return server.finished


class Server(uvicorn.Server):
    """Stops in two steps: first it accepts no new requests; when the last is answered it closes the connections.

    Args:
        guard: the service.
        limits: bounds of connections and time.
        reloader: replaces models.
        ready: called when it accepts requests.
        parent: the process without which it stops; ``None`` if there is none.

    Attributes:
        finished: whether all accepted requests were answered, after it has stopped.
    """

    def __init__(
        self,
        guard: Guard,
        limits: Limits,
        reloader: Reloader,
        *,
        ready: Callable[[], None] = lambda: None,
        parent: int | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                guard,
                http=bounded_protocol(limits),
                ws="none",
                lifespan="on",
                log_config=None,
                # The guard logs failures, and nobody needs a line for every request.
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=1,
            )
        )
        self._guard, self._limits, self._reloader = guard, limits, reloader
        self._ready, self._parent = ready, parent
        # A worker's parent decides for it.
        self._hangs_up = hangs_up() if parent is None else lambda: False
        self._signals = 0
        self._deadline = 0.0
        self.finished = False

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers requests until it is stopped."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            super().run(sockets)
        finally:
            sys.setswitchinterval(before)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen and calls ``ready``."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles signals. Unlike uvicorn it does not raise a handled signal again after the shutdown."""
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        # A worker is started with it blocked, so that none comes too early.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Counts a request to stop, which :meth:`on_tick` carries out, or notes that models are to be read again."""
        if sig == signal.SIGHUP and not self._hangs_up():
            self._reloader.request()
        else:
            self._signals += 1

    async def on_tick(self, counter: int) -> bool:
        """Checks ten times a second whether the server should and can stop, and what else is due."""
        if self._parent not in (None, os.getppid()):
            self._signals, self._parent = self._signals + 1, None
        if self._signals and not self._guard.stopping.is_set():
            self._guard.stopping.set()
            self._deadline = time.monotonic() + self._limits.stop_seconds
        if self._guard.stopping.is_set():
            self.finished = self._guard.in_flight == 0
            if self._signals > 1:
                self.force_exit = True
            if self.finished or self.force_exit or time.monotonic() > self._deadline:
                self.should_exit = True
        else:
            self._reloader.tick(counter)
        self._guard.metrics.refresh()
        return await super().on_tick(counter)
