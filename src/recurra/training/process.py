"""What a training changes in its process while it runs: Ctrl-C, torch's threads, the precision of products."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

import torch

from recurra.networks.settings import NetworkSettings

__all__ = ["Interrupt", "exact_products", "fitting_threads"]


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


# Below this many units a step's matrices are so small that a second thread gains little, and on a busy machine each
# waits for the other: SimpleRNN(16) trained 30 times slower on two threads than on one, BiLSTM(64) 3 times.
SMALL = 128


@contextmanager
def fitting_threads(settings: NetworkSettings) -> Iterator[None]:
    """One thread for small networks, torch's own number otherwise; afterwards as it was."""
    before = torch.get_num_threads()
    if settings.hidden < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def exact_products() -> Iterator[None]:
    """Keeps cuDNN from rounding float32 products to tf32's ten bits, which it does unless told not to."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
