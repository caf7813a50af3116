"""LSTM: the steps of one direction, and their gradient."""

from __future__ import annotations

from typing import Any

from numba import njit

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
            wide = step - step % 128
            for u in range(0, wide, 128):
                a, at = gates + row * (start + d) + u, step * (start + d) + u
                i, f, g, o, c, t = _gates(
                    load_wide(a), load_wide(a + step), load_wide(a + 2 * step), load_wide(a + 3 * step),
                    load_wide(c_before + u),
                )  # fmt: skip
                store_wide(a, i)
                store_wide(a + step, f)
                store_wide(a + 2 * step, g)
                store_wide(a + 3 * step, o)
                store_wide(cell + at, c)
                store_wide(extra + at, t)
                store_wide(hidden + at, o * t)
            for u in range(wide, step, 32):
                a, at = gates + row * (start + d) + u, step * (start + d) + u
                i, f, g, o, c, t = _gates(
                    load(a), load(a + step), load(a + 2 * step), load(a + 3 * step), load(c_before + u)
                )  # fmt: skip
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
        for d in range(first, stop):
            past_h = before(d, hidden, past, past_running, h0, step)
            past_c = before(d, cell, past, past_running, c0, step)
            for u in range(0, step, 32):
                at, a, b = step * (start + d) + u, row * (start + d) + u, sums + u
                h, c = carry_h + step * d + u, carry_c + step * d + u
                i, f = load(gates + a), load(gates + a + step)
                g, o = load(gates + a + 2 * step), load(gates + a + 3 * step)
                t = load(extra + at)
                d_h = load(outer + outer_row * (start + d) + u) + load(h)
                d_c = fma(d_h * o, one - t * t, load(c))
                d_i = d_c * g * (i * (one - i))
                d_f = d_c * load(past_c + u) * (f * (one - f))
                d_g = d_c * i * (one - g * g)
                d_o = d_h * t * (o * (one - o))
                store(d_drive + a, d_i)
                store(d_drive + a + step, d_f)
                store(d_drive + a + 2 * step, d_g)
                store(d_drive + a + 3 * step, d_o)
                store(h, splat(0.0))
                store(c, d_c * f)
                store(earlier + at, load(past_h + u))
                store(b, load(b) + d_i)
                store(b + step, load(b + step) + d_f)
                store(b + 2 * step, load(b + 2 * step) + d_g)
                store(b + 3 * step, load(b + 3 * step) + d_o)
        add_product(carry_h, step, d_drive + row * start, row, first, stop if given else joined, W_T, size, 4 * size)


@njit
def _gates(i: Any, f: Any, g: Any, o: Any, c: Any) -> tuple[Any, Any, Any, Any, Any, Any]:
    """What the gates let through, the next cell state and its tanh."""
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c = fma(f, c, i * g)
    return i, f, g, o, c, tanh(c)
