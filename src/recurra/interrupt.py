"""Ctrl-C while something runs that must not be cut in its middle."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupt"]


class Interrupt:
    """While entered, the first Ctrl-C only sets ``received``; a second one interrupts at once.

    A step that is cut in its middle would leave weights half updated. Outside the main thread, which alone may
    handle signals, nothing changes; nor does it where Ctrl-C is ignored, as in a shell's background jobs.
    """

    def __init__(self) -> None:
        self.received = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        if threading.current_thread() is threading.main_thread() and not ignored:
            self._before = signal.signal(signal.SIGINT, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            raise KeyboardInterrupt
        self.received = True
