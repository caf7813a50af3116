"""minLSTM: training, the steps of one direction and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import shares, sigmoid
from recurra.kernels.simd import both_widths, fma, like, load_like, store
from recurra.kernels.training.packed_steps import copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``extra`` gets the share of the past state."""
    step, row = 4 * size, 12 * size
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
                _unit(four, step, a + u, before + u, hidden + at + u, extra + at + u)
            for u in range(even, step, 32):
                _unit(one, step, a + u, before + u, hidden + at + u, extra + at + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`."""
    step, row = 4 * size, 12 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        for d in range(first, min(active, last)):
            a, at = gates + row * (start + d), step * (start + d)
            d_h, carry = d_hidden + d_hidden_row * (start + d), carry_h + step * d
            before = previous_state(d, hidden, past, past_active, h0, step)
            for u in range(0, even, 128):
                _unit_backward(four, step, a + u, extra + at + u, before + u, d_h + u, carry + u, sums + u)
            for u in range(even, step, 32):
                _unit_backward(one, step, a + u, extra + at + u, before + u, d_h + u, carry + u, sums + u)


@njit
def _unit(kind: Any, step: int, gates: int, before: int, hidden: int, share: int) -> None:
    """As many units of a document as the vectors of type ``kind`` have lanes."""
    i, f = load_like(kind, gates), load_like(kind, gates + step)
    kept, new = shares(i, f)
    store(gates, sigmoid(i))
    store(gates + step, sigmoid(f))
    store(share, kept)
    store(hidden, fma(kept, load_like(kind, before), new * load_like(kind, gates + 2 * step)))


@njit
def _unit_backward(
    kind: Any, step: int, gates: int, share: int, before: int, d_hidden: int, carry: int, sums: int
) -> None:  # fmt: skip
    """The gradient of :func:`_unit`."""
    i, f, n = load_like(kind, gates), load_like(kind, gates + step), load_like(kind, gates + 2 * step)
    kept, one = load_like(kind, share), like(kind, 1.0)
    d_h = load_like(kind, d_hidden) + load_like(kind, carry)
    d_n = d_h * (one - kept)
    # The share is a sigmoid of log f - log i.
    d_difference = d_n * kept * (load_like(kind, before) - n)
    d_i, d_f = d_difference * (i - one), d_difference * (one - f)
    store(gates, d_i)
    store(gates + step, d_f)
    store(gates + 2 * step, d_n)
    store(carry, d_h * kept)
    store(sums, load_like(kind, sums) + d_i)
    store(sums + step, load_like(kind, sums + step) + d_f)
    store(sums + 2 * step, load_like(kind, sums + 2 * step) + d_n)
