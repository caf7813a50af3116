"""SRU: inference, the states of one direction."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import exp_neg
from recurra.kernels.inference.indexing import (
    clear,
    copy_state,
    finish_pools,
    length,
    pool_state,
    projection_at,
    token_index,
)
from recurra.kernels.simd import both_widths, fma, like, load_like, load_spaced, store

__all__ = ["forward", "pooled"]


def forward(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections hold f, r, the candidate and the highway's input."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for d in range(documents):
        cell, now = scratch, scratch + line
        clear(cell, 2 * line)
        for t in range(length(offsets, d)):
            at = projection_at(offsets, rows, backward, projection, projection_row, d, t)
            now = hidden + hidden_row * token_index(offsets, d, t, backward) if hidden else now
            for u in range(0, even, 128):
                _unit(four, at + 4 * u, W_H + 2 * u, cell + u, now + u)
            for u in range(even, line, 32):
                _unit(one, at + 4 * u, W_H + 2 * u, cell + u, now + u)
        copy_state(now, final + final_row * d, line)


def pooled(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, maximum: int, mean: int, last: int, pooled_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections as for :func:`forward`."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for d in range(documents):
        row, tokens = pooled_row * d, length(offsets, d)
        top, total = maximum + row if maximum else 0, mean + row if mean else 0
        clear(scratch, 2 * line)
        for t in range(tokens):
            at = projection_at(offsets, rows, backward, projection, projection_row, d, t)
            for u in range(0, even, 128):
                _unit(four, at + 4 * u, W_H + 2 * u, scratch + u, scratch + line + u)
                pool_state(four, scratch + line + u, top + u if top else 0, total + u if total else 0, t == 0)
            for u in range(even, line, 32):
                _unit(one, at + 4 * u, W_H + 2 * u, scratch + u, scratch + line + u)
                pool_state(one, scratch + line + u, top + u if top else 0, total + u if total else 0, t == 0)
        finish_pools(tokens, scratch + line, top, total, last + row if last else 0, line)


@njit
def _unit(kind: Any, projection: int, diagonals: int, cell: int, now: int) -> None:
    """As many units as the vectors of type ``kind`` have lanes."""
    one, c = like(kind, 1.0), load_like(kind, cell)
    more_f = exp_neg(fma(load_spaced(kind, diagonals, 64), c, load_spaced(kind, projection, 128)))
    more_r = exp_neg(fma(load_spaced(kind, diagonals + 32, 64), c, load_spaced(kind, projection + 32, 128)))
    f, r = one / (one + more_f), one / (one + more_r)
    c = fma(f, c, more_f * f * load_spaced(kind, projection + 64, 128))
    store(cell, c)
    store(now, fma(r, c, more_r * r * load_spaced(kind, projection + 96, 128)))
