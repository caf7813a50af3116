"""GRU with the reset before the product: training, the steps of one direction and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import sigmoid, tanh
from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import both_widths, fma, load, load_like, splat, store
from recurra.kernels.training.packed_steps import add_recurrent_product, copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; W_H has two blocks, [H, 2·H] and [H, H]; ``extra`` [N, H] gets r ⊙ h."""
    step, row = 4 * size, 12 * size
    W_n = W_H + 2 * step * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        if places:
            copy_projections(projection, places, start, first, stop, row, gates)
        add_recurrent_product(
            gates + row * start, row, hidden, step, past, first, first_new, stop, h0, has_initial, W_H, 2 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            a, rh = gates + row * (start + d), extra + step * (start + d)
            for u in range(0, even, 128):
                _gates(four, step, a + u, h_before + u, rh + u)
            for u in range(even, step, 32):
                _gates(one, step, a + u, h_before + u, rh + u)
        add_product(gates + row * start + 2 * step, row, extra + step * start, step, first, stop, W_n, size, size)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            a, h = gates + row * (start + d), hidden + step * (start + d)
            for u in range(0, even, 128):
                _candidate(four, step, a + u, h_before + u, h + u)
            for u in range(even, step, 32):
                _candidate(one, step, a + u, h_before + u, h + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``second`` [N, H] gets the gradient of r ⊙ h, and must be zero before."""
    step, row = 4 * size, 12 * size
    W_n = W_T + 2 * step * size
    one = splat(1.0)
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            for u in range(0, step, 32):
                a, b, carry = row * (start + d) + u, sums + u, carry_h + step * d + u
                z, n = load(gates + a), load(gates + a + 2 * step)
                h = load(h_before + u)
                d_h = load(d_hidden + d_hidden_row * (start + d) + u) + load(carry)
                d_z = d_h * (h - n) * (z * (one - z))
                d_n = d_h * (one - z) * (one - n * n)
                store(gates + a, d_z)
                store(gates + a + 2 * step, d_n)
                store(carry, d_h * z)
                store(past_hidden + step * (start + d) + u, h)
                store(b, load(b) + d_z)
                store(b + 2 * step, load(b + 2 * step) + d_n)
        add_product(second + step * start, step, gates + row * start + 2 * step, row, first, stop, W_n, size, size)
        for d in range(first, stop):
            for u in range(0, step, 32):
                a, at, carry = row * (start + d) + u, step * (start + d) + u, carry_h + step * d + u
                r, d_rh = load(gates + a + step), load(second + at)
                d_r = d_rh * load(past_hidden + at) * (r * (one - r))
                store(gates + a + step, d_r)
                store(carry, fma(d_rh, r, load(carry)))
                store(sums + step + u, load(sums + step + u) + d_r)
        add_product(
            carry_h, step, gates + row * start, row, first, stop if has_initial else first_new, W_T, size, 2 * size
        )


@njit
def _gates(kind: Any, step: int, gates: int, h_before: int, reset: int) -> None:
    """Both gates of as many units as the vectors of type ``kind`` have lanes, and r ⊙ h."""
    r = sigmoid(load_like(kind, gates + step))
    store(gates, sigmoid(load_like(kind, gates)))
    store(gates + step, r)
    store(reset, r * load_like(kind, h_before))


@njit
def _candidate(kind: Any, step: int, gates: int, h_before: int, hidden: int) -> None:
    """The candidate and the next state of the same units."""
    n = tanh(load_like(kind, gates + 2 * step))
    store(gates + 2 * step, n)
    store(hidden, fma(load_like(kind, gates), load_like(kind, h_before) - n, n))
