"""minGRU: inference, the gates; its states are those of :mod:`recurra.kernels.inference.input_gates`."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import exp_neg
from recurra.kernels.inference.input_gates import forward, pooled
from recurra.kernels.simd import both_widths, like, load_spaced, store_spaced

__all__ = ["forward", "gates", "pooled"]


def gates(rows: int, size: int, projection: int, projection_row: int) -> None:
    """See :mod:`recurra.kernels.inference`; of z and the candidate n, σ(z) is kept and (1 - σ(z))·n added."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for at in range(projection, projection + projection_row * rows, projection_row):
        for u in range(0, even, 128):
            _gates(four, at + 2 * u)
        for u in range(even, line, 32):
            _gates(one, at + 2 * u)


@njit
def _gates(kind: Any, projection: int) -> None:
    """For as many units as the vectors of type ``kind`` have lanes."""
    one, more = like(kind, 1.0), exp_neg(load_spaced(kind, projection, 64))
    z = one / (one + more)
    added = more * z * load_spaced(kind, projection + 32, 64)
    store_spaced(projection, 64, z)
    store_spaced(projection + 32, 64, added)
