"""minLSTM: inference, the gates; its states are those of :mod:`recurra.kernels.inference.input_gates`."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import shares
from recurra.kernels.inference.input_gates import forward, pooled
from recurra.kernels.simd import both_widths, load_spaced, store_spaced

__all__ = ["forward", "gates", "pooled"]


def gates(rows: int, size: int, projection: int, projection_row: int) -> None:
    """See :mod:`recurra.kernels.inference`; i and f give the share that is kept and the weight of the candidate."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for at in range(projection, projection + projection_row * rows, projection_row):
        for u in range(0, even, 128):
            _gates(four, at + 3 * u, at + 2 * u)
        for u in range(even, line, 32):
            _gates(one, at + 3 * u, at + 2 * u)


@njit
def _gates(kind: Any, projection: int, to: int) -> None:
    """For as many units as ``kind`` has lanes. Three numbers become two: only what has been read is overwritten."""
    kept, new = shares(load_spaced(kind, projection, 96), load_spaced(kind, projection + 32, 96))
    added = new * load_spaced(kind, projection + 64, 96)
    store_spaced(to, 64, kept)
    store_spaced(to + 32, 64, added)
