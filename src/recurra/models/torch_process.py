"""What training changes in torch while it runs: the number of threads, the precision of products."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from recurra.networks.settings import NetworkSettings

__all__ = ["exact_products", "fitting_threads"]

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
