"""Cells whose gates depend on the input alone, minGRU and minLSTM: the states of one direction, from ready gates.

Of units 0 to 7 come the shares of the past state that are kept, eight numbers, and what is added, eight numbers;
then those of units 8 to 15; and so on. A cell's own module has the kernel ``gates``, which writes them.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.inference.indexing import (
    clear,
    copy_state,
    finish_pools,
    length,
    pool_state,
    projection_at,
    token_index,
)
from recurra.kernels.simd import both_widths, fma, load_like, load_spaced, store

__all__ = ["forward", "pooled"]


def forward(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, hidden: int, hidden_row: int, final: int, final_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections hold gates."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for d in range(documents):
        past = scratch
        clear(past, line)
        for t in range(length(offsets, d)):
            at = projection_at(offsets, rows, backward, projection, projection_row, d, t)
            now = hidden + hidden_row * token_index(offsets, d, t, backward) if hidden else scratch
            for u in range(0, even, 128):
                _unit(four, at + 2 * u, past + u, now + u)
            for u in range(even, line, 32):
                _unit(one, at + 2 * u, past + u, now + u)
            past = now
        copy_state(past, final + final_row * d, line)


def pooled(
    documents: int, offsets: int, rows: int, backward: int, size: int, projection: int, projection_row: int, W_H: int,
    b_H: int, maximum: int, mean: int, last: int, pooled_row: int, scratch: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.inference`; projections hold gates."""
    line = 4 * size
    four, one = both_widths()
    even = line - line % 128
    for d in range(documents):
        row, tokens = pooled_row * d, length(offsets, d)
        top, total = maximum + row if maximum else 0, mean + row if mean else 0
        clear(scratch, line)
        for t in range(tokens):
            at = projection_at(offsets, rows, backward, projection, projection_row, d, t)
            for u in range(0, even, 128):
                _unit(four, at + 2 * u, scratch + u, scratch + u)
                pool_state(four, scratch + u, top + u if top else 0, total + u if total else 0, t == 0)
            for u in range(even, line, 32):
                _unit(one, at + 2 * u, scratch + u, scratch + u)
                pool_state(one, scratch + u, top + u if top else 0, total + u if total else 0, t == 0)
        finish_pools(tokens, scratch, top, total, last + row if last else 0, line)


@njit
def _unit(kind: Any, gates: int, past: int, now: int) -> None:
    """For as many units as the vectors of type ``kind`` have lanes."""
    store(now, fma(load_spaced(kind, gates, 64), load_like(kind, past), load_spaced(kind, gates + 32, 64)))
