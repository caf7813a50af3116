"""GRU with the reset before the product: inference, the states of one direction."""

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
from recurra.kernels.simd import join, load, store

__all__ = ["forward"]


def forward(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections hold z, r, n; W_H has the panels of z and r, then of n."""
    line = 4 * size
    W_n = W_H + 2 * line * size
    for first in range(0, documents, GROUP):
        past, now = scratch, scratch + GROUP * line
        # z is needed after n, and n's product needs r ⊙ h of all units.
        update, reset = scratch + 2 * GROUP * line, scratch + 3 * GROUP * line
        clear(past, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = active_stop(offsets, first, stop, t)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    # A tile that reaches beyond the last document computes it again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    a = projection_at(offsets, rows, backward, projection, projection_row, d, t) + 3 * u
                    b = projection_at(offsets, rows, backward, projection, projection_row, d1, t) + 3 * u
                    c = projection_at(offsets, rows, backward, projection, projection_row, d2, t) + 3 * u
                    e = projection_at(offsets, rows, backward, projection, projection_row, d3, t) + 3 * u
                    s = (load(a), load(a + 32), load(b), load(b + 32), load(c), load(c + 32), load(e), load(e + 32))
                    if t:
                        s = multiply_add(
                            s, (past + p, past + p1, past + p2, past + p3), W_H + line * u // 2, 64, 32, size
                        )
                    store_four(join(s[0], s[2], s[4], s[6]), update + u, p, p1, p2, p3)
                    r = sigmoid(join(s[1], s[3], s[5], s[7]))
                    store_four(r * load_four(past + u, p, p1, p2, p3), reset + u, p, p1, p2, p3)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    at = 3 * u + 64
                    n = (
                        load(projection_at(offsets, rows, backward, projection, projection_row, d, t) + at),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d1, t) + at),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d2, t) + at),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d3, t) + at),
                    )
                    if t:
                        n = multiply_add(
                            n, (reset + p, reset + p1, reset + p2, reset + p3), W_n + line * u // 4, 32, 32, size
                        )
                    z, before = load_four(update + u, p, p1, p2, p3), load_four(past + u, p, p1, p2, p3)
                    h = interpolate(z, before, join(n[0], n[1], n[2], n[3]))
                    store_four(h, now + u, p, p1, p2, p3)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token_index(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            store_final_states(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past
