"""Ctrl-C, and in commands SIGTERM, while something runs that must not be cut in its middle."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupt", "exit_code", "sigterm_as_ctrl_c"]

# The signal that was received last: a process has one.
_last = signal.SIGINT


class Interrupt:
    """While entered, the first Ctrl-C only sets ``received``; a second one interrupts at once.

    A step that is cut in its middle would leave weights half updated. Outside the main thread, which alone may
    handle signals, nothing changes; nor does it where Ctrl-C is ignored, as in a shell's background jobs. SIGTERM does
    the same within :func:`sigterm_as_ctrl_c`; elsewhere it is left to the program that calls.

    Args:
        patient: whether a second one changes nothing, as where a launcher sends on what the terminal has sent already.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self.received, self._patient = False, patient
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            taken = []
            if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
                taken.append(signal.SIGINT)
            handler = signal.getsignal(signal.SIGTERM)
            if handler is _interrupt or isinstance(getattr(handler, "__self__", None), Interrupt):
                taken.append(signal.SIGTERM)
            self._before = {number: signal.signal(number, self._receive) for number in taken}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received and not self._patient:
            _interrupt(number, frame)
        _note(number)
        self.received = True


@contextlib.contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """While entered, SIGTERM interrupts as Ctrl-C does, unless something else handles or ignores it."""
    _note(signal.SIGINT)
    here = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if here:
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        if here:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def exit_code() -> int:
    """The exit code of a process that an interruption ends: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + _last


def _interrupt(number: int, frame: FrameType | None) -> None:
    _note(number)
    raise KeyboardInterrupt


def _note(number: int) -> None:
    global _last
    _last = signal.Signals(number)
