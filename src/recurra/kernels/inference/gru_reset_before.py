"""GRU with the reset before the product: the states of one direction."""

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
    """As the package says; the drive's units hold z, r, n; W_H has the panels of z and r, then those of n."""
    line = 4 * size
    W_n = W_H + 2 * line * size
    for first in range(0, documents, GROUP):
        past, now = scratch, scratch + GROUP * line
        # z waits for n, and r ⊙ h has to be there in all units before n's product begins.
        update, reset = scratch + 2 * GROUP * line, scratch + 3 * GROUP * line
        clear(past, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = running(offsets, first, stop, t)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    # A tile that reaches over the end computes its last document again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    a = driven(offsets, rows, backward, drive, drive_row, d, t) + 3 * u
                    b = driven(offsets, rows, backward, drive, drive_row, d1, t) + 3 * u
                    c = driven(offsets, rows, backward, drive, drive_row, d2, t) + 3 * u
                    e = driven(offsets, rows, backward, drive, drive_row, d3, t) + 3 * u
                    s = multiplied(
                        (load(a), load(a + 32), load(b), load(b + 32), load(c), load(c + 32), load(e), load(e + 32)),
                        (past + p, past + p1, past + p2, past + p3), W_H + line * u // 2, 64, 32, size,
                    )  # fmt: skip
                    _gates(s[0], s[1], past + p + u, update + p + u, reset + p + u)
                    _gates(s[2], s[3], past + p1 + u, update + p1 + u, reset + p1 + u)
                    _gates(s[4], s[5], past + p2 + u, update + p2 + u, reset + p2 + u)
                    _gates(s[6], s[7], past + p3 + u, update + p3 + u, reset + p3 + u)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    at = 3 * u + 64
                    s = multiplied(
                        (
                            load(driven(offsets, rows, backward, drive, drive_row, d, t) + at),
                            load(driven(offsets, rows, backward, drive, drive_row, d1, t) + at),
                            load(driven(offsets, rows, backward, drive, drive_row, d2, t) + at),
                            load(driven(offsets, rows, backward, drive, drive_row, d3, t) + at),
                        ),
                        (reset + p, reset + p1, reset + p2, reset + p3), W_n + line * u // 4, 32, 32, size,
                    )  # fmt: skip
                    _advance(s[0], update + p + u, past + p + u, now + p + u)
                    _advance(s[1], update + p1 + u, past + p1 + u, now + p1 + u)
                    _advance(s[2], update + p2 + u, past + p2 + u, now + p2 + u)
                    _advance(s[3], update + p3 + u, past + p3 + u, now + p3 + u)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            keep_ended(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past


@njit
def _gates(z: Any, r: Any, before: int, update: int, reset: int) -> None:
    store(update, sigmoid(z))
    store(reset, sigmoid(r) * load(before))


@njit
def _advance(n: Any, update: int, before: int, hidden: int) -> None:
    n = tanh(n)
    store(hidden, fma(load(update), load(before) - n, n))
