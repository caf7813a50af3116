"""minGRU: training, the steps of one direction and their gradient."""

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
    step, row = 4 * size, 8 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        if places:
            copy_projections(projection, places, start, first, stop, row, gates)
        for d in range(first, stop):
            a, at = gates + row * (start + d), step * (start + d)
            before = previous_state(d, hidden, past, past_active, h0, step)
            for u in range(0, even, 128):
                _unit(four, step, a + u, before + u, hidden + at + u)
            for u in range(even, step, 32):
                _unit(one, step, a + u, before + u, hidden + at + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`."""
    step, row = 4 * size, 8 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        for d in range(first, min(active, last)):
            a = gates + row * (start + d)
            d_h, carry = d_hidden + d_hidden_row * (start + d), carry_h + step * d
            before = previous_state(d, hidden, past, past_active, h0, step)
            for u in range(0, even, 128):
                _unit_backward(four, step, a + u, before + u, d_h + u, carry + u, sums + u)
            for u in range(even, step, 32):
                _unit_backward(one, step, a + u, before + u, d_h + u, carry + u, sums + u)


@njit
def _unit(kind: Any, step: int, gates: int, before: int, hidden: int) -> None:
    """As many units of a document as the vectors of type ``kind`` have lanes."""
    one, more = like(kind, 1.0), exp_neg(load_like(kind, gates))
    z = one / (one + more)
    store(gates, z)
    store(hidden, fma(z, load_like(kind, before), more * z * load_like(kind, gates + step)))


@njit
def _unit_backward(kind: Any, step: int, gates: int, before: int, d_hidden: int, carry: int, sums: int) -> None:
    """The gradient of :func:`_unit`."""
    z, n, one = load_like(kind, gates), load_like(kind, gates + step), like(kind, 1.0)
    d_h = load_like(kind, d_hidden) + load_like(kind, carry)
    d_n = d_h * (one - z)
    d_z = d_n * z * (load_like(kind, before) - n)
    store(gates, d_z)
    store(gates + step, d_n)
    store(carry, d_h * z)
    store(sums, load_like(kind, sums) + d_z)
    store(sums + step, load_like(kind, sums + step) + d_n)
