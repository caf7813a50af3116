"""LSTM: inference, the states of one direction."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import exp_neg, tanh_parts
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
from recurra.kernels.simd import fma, like, load, load_wide, store, transpose_vectors

__all__ = ["forward"]


def forward(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections hold the gates i, f, g, o."""
    line = 4 * size
    for first in range(0, documents, GROUP):
        past, now, cell = scratch, scratch + GROUP * line, scratch + 2 * GROUP * line
        clear(past, GROUP * line)
        clear(cell, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = active_stop(offsets, first, stop, t)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    # A tile that reaches beyond the last document computes it again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    a = projection_at(offsets, rows, backward, projection, projection_row, d, t) + 4 * u
                    b = projection_at(offsets, rows, backward, projection, projection_row, d1, t) + 4 * u
                    c = projection_at(offsets, rows, backward, projection, projection_row, d2, t) + 4 * u
                    e = projection_at(offsets, rows, backward, projection, projection_row, d3, t) + 4 * u
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    s = (load_wide(a), load_wide(b), load_wide(c), load_wide(e))
                    if t:
                        s = multiply_add(s, (past + p, past + p1, past + p2, past + p3), W_H + line * u, 128, 128, size)
                    i, f, g, o = transpose_vectors(s)
                    # All four cell states are read before one is written: a tile may hold a document twice.
                    cells, below = _cells(i, f, g, o, load_four(cell + u, p, p1, p2, p3))
                    store_four(cells, cell + u, p, p1, p2, p3)
                    store_four(below, now + u, p, p1, p2, p3)
                # A separate loop: tanh(c) has a long wait for c, during which other documents are computed.
                for d in range(first, stop, 4):
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    above, below = tanh_parts(load_four(cell + u, p, p1, p2, p3))
                    h = above / (below * load_four(now + u, p, p1, p2, p3))
                    store_four(h, now + u, p, p1, p2, p3)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token_index(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            store_final_states(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past


@njit
def _cells(i: Any, f: Any, g: Any, o: Any, c: Any) -> tuple[Any, Any]:
    """The next cell state, σ(f)·c + σ(i)·tanh(g) with one division; and the denominator of σ(o)."""
    one = like(c, 1.0)
    below_i, below_f, below_o = one + exp_neg(i), one + exp_neg(f), one + exp_neg(o)
    above, below = tanh_parts(g)
    below = below * below_i
    return fma(c, below, above * below_f) / (below * below_f), below_o
