"""GRU with the reset before the product: the steps of one direction, and their gradient."""

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
    drive: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    given: int,
) -> None:  # fmt: skip
    """As the package says; W_H is in two blocks, [H, 2·H] and [H, H], and ``extra`` [N, H] takes r ⊙ h."""
    step, row = 4 * size, 12 * size
    W_n = W_H + 2 * step * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, running, past, past_running = locate_step(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        if places:
            copy_projections(drive, places, start, first, stop, row, gates)
        add_recurrent_product(
            gates + row * start, row, hidden, step, past, first, joined, stop, h0, given, W_H, 2 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_running, h0, step)
            a, rh = gates + row * (start + d), extra + step * (start + d)
            for u in range(0, even, 128):
                _early(four, step, a + u, h_before + u, rh + u)
            for u in range(even, step, 32):
                _early(one, step, a + u, h_before + u, rh + u)
        add_product(gates + row * start + 2 * step, row, extra + step * start, step, first, stop, W_n, size, size)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_running, h0, step)
            a, h = gates + row * (start + d), hidden + step * (start + d)
            for u in range(0, even, 128):
                _late(four, step, a + u, h_before + u, h + u)
            for u in range(even, step, 32):
                _late(one, step, a + u, h_before + u, h + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, given: int, outer: int,
    outer_row: int, carry_h: int, carry_c: int, second: int, earlier: int, sums: int,
) -> None:  # fmt: skip
    """As the package says; ``second`` [N, H] takes the gradient of r ⊙ h, and is zero before."""
    step, row = 4 * size, 12 * size
    W_n = W_T + 2 * step * size
    one = splat(1.0)
    for place in range(steps - 1, -1, -1):
        start, running, past, past_running = locate_step(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_running, h0, step)
            for u in range(0, step, 32):
                a, b, carry = row * (start + d) + u, sums + u, carry_h + step * d + u
                z, n = load(gates + a), load(gates + a + 2 * step)
                h = load(h_before + u)
                d_h = load(outer + outer_row * (start + d) + u) + load(carry)
                d_z = d_h * (h - n) * (z * (one - z))
                d_n = d_h * (one - z) * (one - n * n)
                store(gates + a, d_z)
                store(gates + a + 2 * step, d_n)
                store(carry, d_h * z)
                store(earlier + step * (start + d) + u, h)
                store(b, load(b) + d_z)
                store(b + 2 * step, load(b + 2 * step) + d_n)
        add_product(second + step * start, step, gates + row * start + 2 * step, row, first, stop, W_n, size, size)
        for d in range(first, stop):
            for u in range(0, step, 32):
                a, at, carry = row * (start + d) + u, step * (start + d) + u, carry_h + step * d + u
                r, d_rh = load(gates + a + step), load(second + at)
                d_r = d_rh * load(earlier + at) * (r * (one - r))
                store(gates + a + step, d_r)
                store(carry, fma(d_rh, r, load(carry)))
                store(sums + step + u, load(sums + step + u) + d_r)
        add_product(carry_h, step, gates + row * start, row, first, stop if given else joined, W_T, size, 2 * size)


@njit
def _early(kind: Any, step: int, gates: int, h_before: int, reset: int) -> None:
    """Both gates of as many units as a kind of vector has lanes, and r ⊙ h."""
    r = sigmoid(load_like(kind, gates + step))
    store(gates, sigmoid(load_like(kind, gates)))
    store(gates + step, r)
    store(reset, r * load_like(kind, h_before))


@njit
def _late(kind: Any, step: int, gates: int, h_before: int, hidden: int) -> None:
    """The candidate and the next state of as many units."""
    n = tanh(load_like(kind, gates + 2 * step))
    store(gates + 2 * step, n)
    store(hidden, fma(load_like(kind, gates), load_like(kind, h_before) - n, n))
