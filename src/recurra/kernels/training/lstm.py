"""LSTM: training, the steps of one direction and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.activations import sigmoid, tanh
from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import both_widths, fma, like, load_like, store
from recurra.kernels.training.packed_steps import add_recurrent_product, copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``extra`` gets tanh(c)."""
    step, row = 4 * size, 16 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        if places:
            copy_projections(projection, places, start, first, stop, row, gates)
        add_recurrent_product(
            gates + row * start, row, hidden, step, past, first, first_new, stop, h0, has_initial, W_H, 4 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            a, at = gates + row * (start + d), step * (start + d)
            c_before = previous_state(d, cell, past, past_active, c0, step)
            for u in range(0, even, 128):
                _unit(four, step, a + u, c_before + u, cell + at + u, extra + at + u, hidden + at + u)
            for u in range(even, step, 32):
                _unit(one, step, a + u, c_before + u, cell + at + u, extra + at + u, hidden + at + u)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`."""
    step, row = 4 * size, 16 * size
    four, one = both_widths()
    even = step - step % 128
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        for d in range(first, stop):
            past_h = previous_state(d, hidden, past, past_active, h0, step)
            past_c = previous_state(d, cell, past, past_active, c0, step)
            a, at, b, h, c = gates + row * (start + d), step * (start + d), sums, carry_h + step * d, carry_c + step * d
            d_h = d_hidden + d_hidden_row * (start + d)
            for u in range(0, even, 128):
                _unit_backward(
                    four, step, a + u, extra + at + u, past_c + u, past_h + u, d_h + u, h + u, c + u,
                    past_hidden + at + u, b + u,
                )  # fmt: skip
            for u in range(even, step, 32):
                _unit_backward(
                    one, step, a + u, extra + at + u, past_c + u, past_h + u, d_h + u, h + u, c + u,
                    past_hidden + at + u, b + u,
                )  # fmt: skip
        add_product(
            carry_h, step, gates + row * start, row, first, stop if has_initial else first_new, W_T, size, 4 * size
        )


@njit
def _unit(kind: Any, step: int, gates: int, c_before: int, cell: int, tanh_c: int, hidden: int) -> None:
    """As many units of a document as the vectors of type ``kind`` have lanes."""
    i, f = sigmoid(load_like(kind, gates)), sigmoid(load_like(kind, gates + step))
    g, o = tanh(load_like(kind, gates + 2 * step)), sigmoid(load_like(kind, gates + 3 * step))
    c = fma(f, load_like(kind, c_before), i * g)
    t = tanh(c)
    store(gates, i)
    store(gates + step, f)
    store(gates + 2 * step, g)
    store(gates + 3 * step, o)
    store(cell, c)
    store(tanh_c, t)
    store(hidden, o * t)


@njit
def _unit_backward(
    kind: Any, step: int, gates: int, tanh_c: int, past_c: int, past_h: int, d_hidden: int, carry_h: int, carry_c: int,
    past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """The gradient of :func:`_unit`."""
    i, f = load_like(kind, gates), load_like(kind, gates + step)
    g, o = load_like(kind, gates + 2 * step), load_like(kind, gates + 3 * step)
    t, one = load_like(kind, tanh_c), like(kind, 1.0)
    d_h = load_like(kind, d_hidden) + load_like(kind, carry_h)
    d_c = fma(d_h * o, one - t * t, load_like(kind, carry_c))
    d_i = d_c * g * (i * (one - i))
    d_f = d_c * load_like(kind, past_c) * (f * (one - f))
    d_g = d_c * i * (one - g * g)
    d_o = d_h * t * (o * (one - o))
    store(gates, d_i)
    store(gates + step, d_f)
    store(gates + 2 * step, d_g)
    store(gates + 3 * step, d_o)
    store(carry_h, like(kind, 0.0))
    store(carry_c, d_c * f)
    store(past_hidden, load_like(kind, past_h))
    store(sums, load_like(kind, sums) + d_i)
    store(sums + step, load_like(kind, sums + step) + d_f)
    store(sums + 2 * step, load_like(kind, sums + 2 * step) + d_g)
    store(sums + 3 * step, load_like(kind, sums + 3 * step) + d_o)
