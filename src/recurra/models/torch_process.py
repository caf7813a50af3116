"""What training changes in torch while it runs: the number of threads, the precision of products, the defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from recurra.networks.settings import NetworkSettings

__all__ = ["exact_products", "fitting_threads", "own_defaults"]

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


@contextmanager
def own_defaults() -> Iterator[None]:
    """Torch as it is where nobody has set default dtype, default device or gradients; afterwards as it was."""
    dtype = torch.get_default_dtype()
    try:
        on_cpu = torch.empty(0).device.type == "cpu"
    except (AssertionError, RuntimeError):
        # The default device is not there, which matters nothing.
        on_cpu = False
    torch.set_default_dtype(torch.float32)
    try:
        # Entered only where needed: while it holds, each call of torch takes longer.
        with nullcontext() if on_cpu else torch.device("cpu"), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
