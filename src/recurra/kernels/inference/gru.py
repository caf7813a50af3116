"""GRU with the reset after the product: the states of one direction."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import sigmoid, tanh
from recurra.kernels.inference import GROUP
from recurra.kernels.inference.places import clear, driven, keep_ended, length, running, token
from recurra.kernels.products import multiplied
from recurra.kernels.vectors import fma, load, store

__all__ = ["read"]


def read(
    documents: int, offsets: int, rows: int, backward: int, size: int, drive: int, drive_row: int, W_H: int, b_H: int,
    hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """As the package says; the units of drive and biases hold the gates z, r, n."""
    line = 4 * size
    for first in range(0, documents, GROUP):
        past, now = scratch, scratch + GROUP * line
        clear(past, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = running(offsets, first, stop, t)
            for u in range(0, line, 32):
                at = b_H + 3 * u
                b_z, b_r, b_n = load(at), load(at + 32), load(at + 64)
                for d in range(first, stop, 4):
                    # A tile that reaches over the end computes its last document again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    s = multiplied(
                        (b_z, b_r, b_n, b_z, b_r, b_n, b_z, b_r, b_n, b_z, b_r, b_n),
                        (past + p, past + p1, past + p2, past + p3), W_H + 3 * line * u // 4, 96, 32, size,
                    )  # fmt: skip
                    a = driven(offsets, rows, backward, drive, drive_row, d, t) + 3 * u
                    b = driven(offsets, rows, backward, drive, drive_row, d1, t) + 3 * u
                    c = driven(offsets, rows, backward, drive, drive_row, d2, t) + 3 * u
                    e = driven(offsets, rows, backward, drive, drive_row, d3, t) + 3 * u
                    _advance(s[0], s[1], s[2], a, past + p + u, now + p + u)
                    _advance(s[3], s[4], s[5], b, past + p1 + u, now + p1 + u)
                    _advance(s[6], s[7], s[8], c, past + p2 + u, now + p2 + u)
                    _advance(s[9], s[10], s[11], e, past + p3 + u, now + p3 + u)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            keep_ended(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past


@njit
def _advance(z: Any, r: Any, n: Any, drive: int, before: int, hidden: int) -> None:
    z, r = sigmoid(z + load(drive)), sigmoid(r + load(drive + 32))
    n = tanh(fma(r, n, load(drive + 64)))
    store(hidden, fma(z, load(before) - n, n))
