"""GRU with the reset before the product: the steps of one direction, and their gradient."""

from __future__ import annotations

from recurra.kernels.gates import sigmoid, tanh
from recurra.kernels.products import add_product
from recurra.kernels.training.steps import add_past, before, take_drive, walked
from recurra.kernels.vectors import fma, load, load_wide, splat, store, store_wide

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    drive: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    given: int,
) -> None:  # fmt: skip
    """As the package says; W_H is in two blocks, [H, 2·H] and [H, H], and ``extra`` [N, H] takes r ⊙ h."""
    step, row = 4 * size, 12 * size
    W_n = W_H + 2 * step * size
    for place in range(steps):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        if places:
            take_drive(drive, places, start, first, stop, row, gates)
        add_past(
            gates + row * start, row, hidden, step, past, first, joined, stop, h0, given, W_H, 2 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            h_before = before(d, hidden, past, past_running, h0, step)
            wide = step - step % 128
            for u in range(0, wide, 128):
                a = gates + row * (start + d) + u
                r = sigmoid(load_wide(a + step))
                store_wide(a, sigmoid(load_wide(a)))
                store_wide(a + step, r)
                store_wide(extra + step * (start + d) + u, r * load_wide(h_before + u))
            for u in range(wide, step, 32):
                a = gates + row * (start + d) + u
                r = sigmoid(load(a + step))
                store(a, sigmoid(load(a)))
                store(a + step, r)
                store(extra + step * (start + d) + u, r * load(h_before + u))
        add_product(gates + row * start + 2 * step, row, extra + step * start, step, first, stop, W_n, size, size)
        for d in range(first, stop):
            h_before = before(d, hidden, past, past_running, h0, step)
            wide = step - step % 128
            for u in range(0, wide, 128):
                a = gates + row * (start + d) + u
                n = tanh(load_wide(a + 2 * step))
                store_wide(a + 2 * step, n)
                store_wide(hidden + step * (start + d) + u, fma(load_wide(a), load_wide(h_before + u) - n, n))
            for u in range(wide, step, 32):
                a = gates + row * (start + d) + u
                n = tanh(load(a + 2 * step))
                store(a + 2 * step, n)
                store(hidden + step * (start + d) + u, fma(load(a), load(h_before + u) - n, n))


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, given: int, outer: int,
    outer_row: int, carry_h: int, carry_c: int, d_drive: int, second: int, earlier: int, sums: int,
) -> None:  # fmt: skip
    """As the package says; ``second`` [N, H] takes the gradient of r ⊙ h, and is zero before."""
    step, row = 4 * size, 12 * size
    W_n = W_T + 2 * step * size
    one = splat(1.0)
    for place in range(steps - 1, -1, -1):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        for d in range(first, stop):
            h_before = before(d, hidden, past, past_running, h0, step)
            for u in range(0, step, 32):
                a, b, carry = row * (start + d) + u, sums + u, carry_h + step * d + u
                z, n = load(gates + a), load(gates + a + 2 * step)
                h = load(h_before + u)
                d_h = load(outer + outer_row * (start + d) + u) + load(carry)
                d_z = d_h * (h - n) * (z * (one - z))
                d_n = d_h * (one - z) * (one - n * n)
                store(d_drive + a, d_z)
                store(d_drive + a + 2 * step, d_n)
                store(carry, d_h * z)
                store(earlier + step * (start + d) + u, h)
                store(b, load(b) + d_z)
                store(b + 2 * step, load(b + 2 * step) + d_n)
        add_product(second + step * start, step, d_drive + row * start + 2 * step, row, first, stop, W_n, size, size)
        for d in range(first, stop):
            for u in range(0, step, 32):
                a, at, carry = row * (start + d) + u, step * (start + d) + u, carry_h + step * d + u
                r, d_rh = load(gates + a + step), load(second + at)
                d_r = d_rh * load(earlier + at) * (r * (one - r))
                store(d_drive + a + step, d_r)
                store(carry, fma(d_rh, r, load(carry)))
                store(sums + step + u, load(sums + step + u) + d_r)
        add_product(carry_h, step, d_drive + row * start, row, first, stop if given else joined, W_T, size, 2 * size)
