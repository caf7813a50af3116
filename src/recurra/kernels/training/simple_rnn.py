"""SimpleRNN: training, the steps of one direction and their gradient."""

from __future__ import annotations

from recurra.kernels.activations import tanh
from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import load, load_wide, splat, store
from recurra.kernels.training.packed_steps import add_recurrent_product, copy_projections, locate_step, previous_state

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    projection: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    has_initial: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`; ``gates`` becomes the pre-activations, which are not needed afterwards."""
    step = 4 * size
    for place in range(steps):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        if places:
            copy_projections(projection, places, start, first, stop, step, gates)
        add_recurrent_product(
            gates + step * start, step, hidden, step, past, first, first_new, stop, h0, has_initial, W_H, size, size
        )  # fmt: skip
        begin, end = step * (start + first), step * (start + stop)
        wide = end - (end - begin) % 128
        for at in range(begin, wide, 128):
            store(hidden + at, tanh(load_wide(gates + at)))
        for at in range(wide, end, 32):
            store(hidden + at, tanh(load(gates + at)))


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, has_initial: int, d_hidden: int,
    d_hidden_row: int, carry_h: int, carry_c: int, second: int, past_hidden: int, sums: int,
) -> None:  # fmt: skip
    """See :mod:`recurra.kernels.training`."""
    step = 4 * size
    for place in range(steps - 1, -1, -1):
        start, active, past, past_active = locate_step(place, steps, starts, reverse)
        stop = min(active, last)
        first_new = min(max(past_active, first), stop)
        for d in range(first, stop):
            h_before = previous_state(d, hidden, past, past_active, h0, step)
            for u in range(0, step, 32):
                at, carry = step * (start + d) + u, carry_h + step * d + u
                h = load(hidden + at)
                d_h = load(d_hidden + d_hidden_row * (start + d) + u) + load(carry)
                d_a = d_h * (splat(1.0) - h * h)
                store(gates + at, d_a)
                store(carry, splat(0.0))
                store(past_hidden + at, load(h_before + u))
                store(sums + u, load(sums + u) + d_a)
        add_product(
            carry_h, step, gates + step * start, step, first, stop if has_initial else first_new, W_T, size, size
        )
