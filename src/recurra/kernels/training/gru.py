"""GRU with the reset after the product: the steps of one direction, and their gradient."""

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
    """As the package says; ``extra`` [N, 3·H] takes u = h W_H + b_H, and z, r, n take the place of the drive."""
    step, row = 4 * size, 12 * size
    for place in range(steps):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        if places:
            take_drive(drive, places, start, first, stop, row, gates)
        for d in range(first, stop):
            for v in range(0, row, 32):
                store(extra + row * (start + d) + v, load(b_H + v))
        add_past(
            extra + row * start, row, hidden, step, past, first, joined, stop, h0, given, W_H, 3 * size, size
        )  # fmt: skip
        for d in range(first, stop):
            h_before = before(d, hidden, past, past_running, h0, step)
            wide = step - step % 128
            for u in range(0, wide, 128):
                a, b = gates + row * (start + d) + u, extra + row * (start + d) + u
                z, r, n = _gates(
                    load_wide(a) + load_wide(b), load_wide(a + step) + load_wide(b + step), load_wide(a + 2 * step),
                    load_wide(b + 2 * step),
                )  # fmt: skip
                store_wide(a, z)
                store_wide(a + step, r)
                store_wide(a + 2 * step, n)
                store_wide(hidden + step * (start + d) + u, fma(z, load_wide(h_before + u) - n, n))
            for u in range(wide, step, 32):
                a, b = gates + row * (start + d) + u, extra + row * (start + d) + u
                z, r, n = _gates(
                    load(a) + load(b), load(a + step) + load(b + step), load(a + 2 * step), load(b + 2 * step)
                )  # fmt: skip
                store(a, z)
                store(a + step, r)
                store(a + 2 * step, n)
                store(hidden + step * (start + d) + u, fma(z, load(h_before + u) - n, n))


def backward(
    first: int, last: int, steps: int, starts: int, reverse: int, size: int,
    gates: int, W_T: int, hidden: int, cell: int, extra: int, h0: int, c0: int, given: int, outer: int,
    outer_row: int, carry_h: int, carry_c: int, d_drive: int, second: int, earlier: int, sums: int,
) -> None:  # fmt: skip
    """As the package says; ``second`` takes the gradient of u, and ``sums`` that of b, then of b_H's last block."""
    step, row = 4 * size, 12 * size
    one = splat(1.0)
    for place in range(steps - 1, -1, -1):
        start, running, past, past_running = walked(place, steps, starts, reverse)
        stop = min(running, last)
        joined = min(max(past_running, first), stop)
        for d in range(first, stop):
            h_before = before(d, hidden, past, past_running, h0, step)
            for u in range(0, step, 32):
                at, a, b = step * (start + d) + u, row * (start + d) + u, sums + u
                carry = carry_h + step * d + u
                z, r, n = load(gates + a), load(gates + a + step), load(gates + a + 2 * step)
                h = load(h_before + u)
                d_h = load(outer + outer_row * (start + d) + u) + load(carry)
                d_z = d_h * (h - n) * (z * (one - z))
                d_n = d_h * (one - z) * (one - n * n)
                d_r = d_n * load(extra + a + 2 * step) * (r * (one - r))
                d_u = d_n * r
                store(d_drive + a, d_z)
                store(d_drive + a + step, d_r)
                store(d_drive + a + 2 * step, d_n)
                store(second + a, d_z)
                store(second + a + step, d_r)
                store(second + a + 2 * step, d_u)
                store(carry, d_h * z)
                store(earlier + at, h)
                store(b, load(b) + d_z)
                store(b + step, load(b + step) + d_r)
                store(b + 2 * step, load(b + 2 * step) + d_n)
                store(b + 3 * step, load(b + 3 * step) + d_u)
        add_product(carry_h, step, second + row * start, row, first, stop if given else joined, W_T, size, 3 * size)


@njit
def _gates(z: Any, r: Any, n: Any, u: Any) -> tuple[Any, Any, Any]:
    """Both gates and the candidate, of which u is what the reset gate lets through."""
    r = sigmoid(r)
    return sigmoid(z), r, tanh(fma(r, u, n))
