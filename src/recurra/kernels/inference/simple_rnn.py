"""SimpleRNN: inference, the states of one direction."""

from __future__ import annotations

from recurra.kernels.activations import tanh
from recurra.kernels.inference import GROUP
from recurra.kernels.inference.indexing import (
    active_stop,
    clear,
    length,
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
    """See :mod:`recurra.kernels.inference`; projections hold one gate."""
    line = 4 * size
    for first in range(0, documents, GROUP):
        past, now = scratch, scratch + GROUP * line
        clear(past, GROUP * line)
        stop = min(first + GROUP, documents)
        for t in range(length(offsets, first)):
            stop = active_stop(offsets, first, stop, t)
            for u in range(0, line, 32):
                for d in range(first, stop, 4):
                    # A tile that reaches beyond the last document computes it again, and stores the same numbers.
                    d1, d2, d3 = min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1)
                    p, p1, p2, p3 = line * (d - first), line * (d1 - first), line * (d2 - first), line * (d3 - first)
                    s = (
                        load(projection_at(offsets, rows, backward, projection, projection_row, d, t) + u),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d1, t) + u),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d2, t) + u),
                        load(projection_at(offsets, rows, backward, projection, projection_row, d3, t) + u),
                    )
                    if t:
                        s = multiply_add(
                            s, (past + p, past + p1, past + p2, past + p3), W_H + line * u // 4, 32, 32, size
                        )
                    store_four(tanh(join(s[0], s[1], s[2], s[3])), now + u, p, p1, p2, p3)
            if hidden:
                for d in range(first, stop):
                    at = hidden + hidden_row * token_index(offsets, d, t, backward)
                    for u in range(0, line, 32):
                        store(at + u, load(now + line * (d - first) + u))
            store_final_states(offsets, first, stop, t, now, line, final, final_row)
            past, now = now, past
