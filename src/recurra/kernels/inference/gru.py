"""GRU with the reset after the product: inference, the states of one direction."""

from __future__ import annotations

from recurra.kernels.activations import interpolate, sigmoid
from recurra.kernels.inference import GROUP
from recurra.kernels.inference.indexing import (
    active_stop,
    clear,
    length,
    load_four,
    projection_at,
    store_final_states,
    store_four,
    token_index,
)
from recurra.kernels.matrix_products import multiply_add
from recurra.kernels.simd import fma, join, load, store

__all__ = ["forward"]


def forward(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections and biases hold the gates z, r, n."""
    line = 4 * size
    for first in range(0, documents, GROUP):
        past, now = scratch, scratch + GROUP * line
        clear(past, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = active_stop(offsets, first, stop, t)
            for u in range(0, line, 32):
                at = b_H + 3 * u
                b_z, b_r, b_n = load(at), load(at + 32), load(at + 64)
                for d in range(first, stop, 4):
                    # A tile that reaches beyond the last document computes it again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    s = (b_z, b_r, b_n, b_z, b_r, b_n, b_z, b_r, b_n, b_z, b_r, b_n)
                    if t:
                        s = multiply_add(
                            s, (past + p, past + p1, past + p2, past + p3), W_H + 3 * line * u // 4, 96, 32, size
                        )
                    a = projection_at(offsets, rows, backward, projection, projection_row, d, t) + 3 * u
                    b = projection_at(offsets, rows, backward, projection, projection_row, d1, t) + 3 * u
                    c = projection_at(offsets, rows, backward, projection, projection_row, d2, t) + 3 * u
                    e = projection_at(offsets, rows, backward, projection, projection_row, d3, t) + 3 * u
                    z = join(s[0], s[3], s[6], s[9]) + load_four(0, a, b, c, e)
                    r = join(s[1], s[4], s[7], s[10]) + load_four(32, a, b, c, e)
                    n = fma(join(s[2], s[5], s[8], s[11]), sigmoid(r), load_four(64, a, b, c, e))
                    h = interpolate(z, load_four(past + u, p, p1, p2, p3), n)
                    store_four(h, now + u, p, p1, p2, p3)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token_index(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            store_final_states(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past
