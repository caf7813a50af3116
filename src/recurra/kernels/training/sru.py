"""SRU: training, the steps of one direction and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import exp_neg
from recurra.kernels.simd import both_widths, fma, like, load_like, store
from recurra.kernels.training.packed_steps import copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`."""
    step, row = 4 * size, 16 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        if places:
            copy_projections(projection, places, start, first, stop, row, gates)
        for d in range(first, stop):
            a, at = gates + row * (start + d), step * (start + d)
            before = previous_state(d, cell, past, past_active, c0, step)
            for u in range(0, even, 128):
                _unit(four, step, a + u, W_H + u, before + u, cell + at + u, hidden + at + u)
            for u in range(even, step, 32):
                _unit(one, step, a + u, W_H + u, before + u, cell + at + u, hidden + at + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``sums`` gets the diagonals' gradients after those of b."""
    step, row = 4 * size, 16 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        for d in range(first, min(active, last)):
            a, at = gates + row * (start + d), step * (start + d)
            d_h, carry = d_hidden + d_hidden_row * (start + d), carry_c + step * d
            before = previous_state(d, cell, past, past_active, c0, step)
            for u in range(0, even, 128):
                _unit_backward(four, step, a + u, W_T + u, before + u, cell + at + u, d_h + u, carry + u, sums + u)
            for u in range(even, step, 32):
                _unit_backward(one, step, a + u, W_T + u, before + u, cell + at + u, d_h + u, carry + u, sums + u)


@njit
def _unit(kind: Any, step: int, gates: int, diagonals: int, before: int, cell: int, hidden: int) -> None:
    """As many units of a document as the vectors of type ``kind`` have lanes."""
    one, c = like(kind, 1.0), load_like(kind, before)
    more_f = exp_neg(fma(load_like(kind, diagonals), c, load_like(kind, gates)))
    more_r = exp_neg(fma(load_like(kind, diagonals + step), c, load_like(kind, gates + step)))
    f, r = one / (one + more_f), one / (one + more_r)
    c = fma(f, c, more_f * f * load_like(kind, gates + 2 * step))
    store(gates, f)
    store(gates + step, r)
    store(cell, c)
    store(hidden, fma(r, c, more_r * r * load_like(kind, gates + 3 * step)))


@njit
def _unit_backward(
    kind: Any, step: int, gates: int, diagonals: int, before: int, cell: int, d_hidden: int, carry: int, sums: int
) -> None:  # fmt: skip
    """The gradient of :func:`_unit`."""
    f, r = load_like(kind, gates), load_like(kind, gates + step)
    g, x = load_like(kind, gates + 2 * step), load_like(kind, gates + 3 * step)
    c, one, d_h = load_like(kind, before), like(kind, 1.0), load_like(kind, d_hidden)
    d_c = fma(d_h, r, load_like(kind, carry))
    d_x, d_g = d_h * (one - r), d_c * (one - f)
    d_f, d_r = d_g * f * (c - g), d_x * r * (load_like(kind, cell) - x)
    store(gates, d_f)
    store(gates + step, d_r)
    store(gates + 2 * step, d_g)
    store(gates + 3 * step, d_x)
    store(carry, fma(d_c, f, fma(d_f, load_like(kind, diagonals), d_r * load_like(kind, diagonals + step))))
    store(sums, load_like(kind, sums) + d_f)
    store(sums + step, load_like(kind, sums + step) + d_r)
    store(sums + 2 * step, load_like(kind, sums + 2 * step) + d_g)
    store(sums + 3 * step, load_like(kind, sums + 3 * step) + d_x)
    store(sums + 4 * step, fma(d_f, c, load_like(kind, sums + 4 * step)))
    store(sums + 5 * step, fma(d_r, c, load_like(kind, sums + 5 * step)))
