"""GRU with the reset after the product: training, the steps of one direction and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import sigmoid, tanh
from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import both_widths, fma, like, load, load_like, store
from recurra.kernels.training.packed_steps import add_recurrent_product, copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``extra`` [N, 3·H] gets u = h W_H + b_H."""
    step, row = 4 * size, 12 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        if places:
            copy_projections(projection, places, start, first, stop, row, gates)
        for d in range(first, stop):
            for v in range(0, row, 32):
                store(extra + row * (start + d) + v, load(b_H + v))
        add_recurrent_product(
            extra + row * start, row, hidden, step, past, first, first_new, stop, h0, has_initial, W_H, 3 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            a, b, h = gates + row * (start + d), extra + row * (start + d), hidden + step * (start + d)
            for u in range(0, even, 128):
                _unit(four, step, a + u, b + u, h_before + u, h + u)
            for u in range(even, step, 32):
                _unit(one, step, a + u, b + u, h_before + u, h + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``second`` gets u's gradient, ``sums`` those of b and b_H's last block."""
    step, row = 4 * size, 12 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            a, b, at = gates + row * (start + d), extra + row * (start + d), step * (start + d)
            c = second + row * (start + d)
            d_h, carry = d_hidden + d_hidden_row * (start + d), carry_h + step * d
            for u in range(0, even, 128):
                _unit_backward(
                    four, step, a + u, b + u, c + u, h_before + u, d_h + u, carry + u, past_hidden + at + u, sums + u
                )  # fmt: skip
            for u in range(even, step, 32):
                _unit_backward(
                    one, step, a + u, b + u, c + u, h_before + u, d_h + u, carry + u, past_hidden + at + u, sums + u
                )  # fmt: skip
        add_product(
            carry_h, step, second + row * start, row, first, stop if has_initial else first_new, W_T, size, 3 * size
        )


@njit
def _unit(kind: Any, step: int, gates: int, past: int, h_before: int, hidden: int) -> None:
    """As many units of a document as the vectors of type ``kind`` have lanes; ``past`` is u."""
    z = sigmoid(load_like(kind, gates) + load_like(kind, past))
    r = sigmoid(load_like(kind, gates + step) + load_like(kind, past + step))
    n = tanh(fma(r, load_like(kind, past + 2 * step), load_like(kind, gates + 2 * step)))
    store(gates, z)
    store(gates + step, r)
    store(gates + 2 * step, n)
    store(hidden, fma(z, load_like(kind, h_before) - n, n))


@njit
def _unit_backward(
    kind: Any, step: int, gates: int, past: int, second: int, h_before: int, d_hidden: int, carry: int,
    past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """The gradient of :func:`_unit`."""
    z, r, n = load_like(kind, gates), load_like(kind, gates + step), load_like(kind, gates + 2 * step)
    h, one = load_like(kind, h_before), like(kind, 1.0)
    d_h = load_like(kind, d_hidden) + load_like(kind, carry)
    d_z = d_h * (h - n) * (z * (one - z))
    d_n = d_h * (one - z) * (one - n * n)
    d_r = d_n * load_like(kind, past + 2 * step) * (r * (one - r))
    d_u = d_n * r
    store(gates, d_z)
    store(gates + step, d_r)
    store(gates + 2 * step, d_n)
    store(second, d_z)
    store(second + step, d_r)
    store(second + 2 * step, d_u)
    store(carry, d_h * z)
    store(past_hidden, h)
    store(sums, load_like(kind, sums) + d_z)
    store(sums + step, load_like(kind, sums + step) + d_r)
    store(sums + 2 * step, load_like(kind, sums + 2 * step) + d_n)
    store(sums + 3 * step, load_like(kind, sums + 3 * step) + d_u)
