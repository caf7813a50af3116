"""LSTM: the steps of one direction, and their gradient."""

from __future__ import annotations

from recurra.kernels.activations import sigmoid, tanh
from recurra.kernels.products import add_product
from recurra.kernels.training.steps import add_past, before, take_drive, walked
from recurra.kernels.vectors import fma, load, splat, store

__all__ = ["backward", "forward"]


def forward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    drive: int, places: int, gates: int, W_H: int, b_H: int, hidden: int, cell: int, extra: int, h0: int, c0: int,
    given: int,
) -> None:  # fmt: skip
    """As the package says; ``extra`` takes tanh(c)."""
    step, row = 4 * size, 16 * size
    for place in range(steps):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        if places:
            take_drive(drive, places, start, first, stop, row, gates)
        add_past(
            gates + row * start, row, hidden, step, past, first, joined, stop, h0, given, W_H, 4 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            c_before = before(d, cell, past, past_running, c0, step)
            for u in range(0, step, 32):
                a, at = gates + row * (start + d) + u, step * (start + d) + u
                i, f = sigmoid(load(a)), sigmoid(load(a + step))
                g, o = tanh(load(a + 2 * step)), sigmoid(load(a + 3 * step))
                c = fma(f, load(c_before + u), i * g)
                t = tanh(c)
                store(a, i)
                store(a + step, f)
                store(a + 2 * step, g)
                store(a + 3 * step, o)
                store(cell + at, c)
                store(extra + at, t)
                store(hidden + at, o * t)


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, given: int, outer: int,
    outer_row: int, carry_h: int, carry_c: int, d_drive: int, second: int, earlier: int, sums: int,
) -> None:  # fmt: skip
    """As the package says."""
    step, row = 4 * size, 16 * size
    one = splat(1.0)
    for place in range(steps - 1, -1, -1):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        for u in range(0, step, 32):
            b = sums + u
            sum_i, sum_f, sum_g, sum_o = load(b), load(b + step), load(b + 2 * step), load(b + 3 * step)
            for d in range(first, stop):
                at, a = step * (start + d) + u, row * (start + d) + u
                h, c = carry_h + step * d + u, carry_c + step * d + u
                i, f = load(gates + a), load(gates + a + step)
                g, o = load(gates + a + 2 * step), load(gates + a + 3 * step)
                t = load(extra + at)
                d_h = load(outer + outer_row * (start + d) + u) + load(h)
                d_c = fma(d_h * o, one - t * t, load(c))
                d_i = d_c * g * (i * (one - i))
                d_f = d_c * load(before(d, cell, past, past_running, c0, step) + u) * (f * (one - f))
                d_g = d_c * i * (one - g * g)
                d_o = d_h * t * (o * (one - o))
                store(d_drive + a, d_i)
                store(d_drive + a + step, d_f)
                store(d_drive + a + 2 * step, d_g)
                store(d_drive + a + 3 * step, d_o)
                store(h, splat(0.0))
                store(c, d_c * f)
                store(earlier + at, load(before(d, hidden, past, past_running, h0, step) + u))
                sum_i, sum_f, sum_g, sum_o = sum_i + d_i, sum_f + d_f, sum_g + d_g, sum_o + d_o
            store(b, sum_i)
            store(b + step, sum_f)
            store(b + 2 * step, sum_g)
            store(b + 3 * step, sum_o)
        add_product(carry_h, step, d_drive + row * start, row, first, stop if given else joined, W_T, size, 4 * size)
