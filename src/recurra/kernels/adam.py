"""Adam: the dense step, and a lazy one for rows of an embedding, which are caught up when they are next read.

The rule is that of Kingma and Ba (2015, arXiv 1412.6980) in its short form: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g²,
θ ← θ - α·m / (√v + ε), with α = η·√(1-β₂ᵗ)/(1-β₁ᵗ); with decoupled weight decay θ first becomes (1-ηλ)θ.

A row whose gradient is zero still moves: after j steps its m is β₁ʲm and its v is β₂ʲv. With u = √v, r = β₂^(-j/2) and
q = ε/(u + ε), the j-th of these moves is m/(u + ε) · α β₁ʲ r / (1 + q(r - 1)). As r - 1 is small while β₁ʲ is not,
four terms of the geometric series in q(r - 1) are exact to float32, and their sums over j depend on the steps alone,
not on the row (:class:`recurra.training.optimisers.adam_state.Moves`): so a row is caught up in one operation, however
many steps it missed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from recurra.kernels.array_types import Float32Array, Float32Matrix, Float64Matrix, Int64Array
from recurra.kernels.simd import fma, load, splat, store

__all__ = ["catch_up", "copy_flushed", "step", "step_rows", "sum_rows", "sum_squares"]


def step(
    weights: Float32Array, m: Float32Array, v: Float32Array, gradients: Float32Array, scale: float, beta_1: float,
    beta_2: float, rate: float, epsilon: float, decay: float,
) -> None:  # fmt: skip
    """One step of all weights.

    Args:
        weights: θ, changed.
        m: first moment, changed.
        v: second moment, changed.
        gradients: g before scaling.
        scale: the factor of g.
        beta_1: β₁.
        beta_2: β₂.
        rate: α.
        epsilon: ε.
        decay: 1 - ηλ.
    """
    s, b1, b2 = np.float32(scale), np.float32(beta_1), np.float32(beta_2)
    c1, c2 = np.float32(1 - beta_1), np.float32(1 - beta_2)
    a, e, d = np.float32(rate), np.float32(epsilon), np.float32(decay)
    for k in range(len(weights)):
        g = s * gradients[k]
        m[k] = b1 * m[k] + c1 * g
        v[k] = b2 * v[k] + c2 * (g * g)
        weights[k] = d * weights[k] - a * m[k] / (np.sqrt(v[k]) + e)


def step_rows(
    rows: Int64Array, weights: Float32Matrix, m: Float32Matrix, v: Float32Matrix, gradients: Float32Matrix,
    squares: Float32Matrix, scale: float, beta_1: float, beta_2: float, rate: float, epsilon: float, decay: float,
    last: Int64Array, now: int,
) -> None:  # fmt: skip
    """One step of some rows, which have been caught up.

    Args: see :func:`step`, and
        rows: different rows of the weights.
        gradients: [U, E].
        squares: [U, E], used in place of g², before scaling; or no rows.
        last: the step at which each row of the weights was last updated; set to ``now``.
        now: the number of this step.
    """
    s, b1, b2 = np.float32(scale), np.float32(beta_1), np.float32(beta_2)
    c1, c2 = np.float32(1 - beta_1), np.float32(1 - beta_2)
    a, e, d = np.float32(rate), np.float32(epsilon), np.float32(decay)
    width = weights.shape[1]
    for u in range(len(rows)):
        row = rows[u]
        last[row] = now
        for k in range(width):
            g = s * gradients[u, k]
            square = s * s * squares[u, k] if len(squares) else g * g
            m[row, k] = b1 * m[row, k] + c1 * g
            v[row, k] = b2 * v[row, k] + c2 * square
            weights[row, k] = d * weights[row, k] - a * m[row, k] / (np.sqrt(v[row, k]) + e)


def catch_up(
    rows: Int64Array, weights: Float32Matrix, m: Float32Matrix, v: Float32Matrix, last: Int64Array, now: int,
    beta_1: float, beta_2: float, epsilon: float, moves: Float64Matrix,
) -> None:  # fmt: skip
    """Applies to rows the steps that they missed.

    Args:
        rows: different rows.
        weights: [rows, E], changed.
        m: first moments, changed.
        v: second moments, changed.
        last: the step at which each was last updated; set to ``now``.
        now: the number of steps so far.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε.
        moves: [now + 1, 5], for each step the four sums over the steps after it, and the decay up to it.
    """
    e = np.float32(epsilon)
    width = weights.shape[1]
    for u in range(len(rows)):
        row = rows[u]
        then = last[row]
        if then == now:
            continue
        last[row] = now
        until = moves[now, 4]
        d = np.float32(until / moves[then, 4])
        s0, s1 = np.float32(until * moves[then, 0]), np.float32(until * moves[then, 1])
        s2, s3 = np.float32(until * moves[then, 2]), np.float32(until * moves[then, 3])
        b1, b2 = np.float32(beta_1 ** (now - then)), np.float32(beta_2 ** (now - then))
        for k in range(width):
            weights[row, k] = _apply_moves(weights[row, k], m[row, k], v[row, k], e, d, s0, s1, s2, s3)
            m[row, k] = b1 * m[row, k]
            v[row, k] = b2 * v[row, k]


def copy_flushed(
    weights: Float32Matrix,
    m: Float32Matrix,
    v: Float32Matrix,
    last: Int64Array,
    now: int,
    epsilon: float,
    moves: Float64Matrix,
    flushed: Float32Matrix,
) -> None:
    """Writes to ``flushed`` what :func:`catch_up` would make of all weights. Arguments: see there."""
    e = np.float32(epsilon)
    width = weights.shape[1]
    for row in range(len(weights)):
        then = last[row]
        until = moves[now, 4]
        d = np.float32(until / moves[then, 4])
        s0, s1 = np.float32(until * moves[then, 0]), np.float32(until * moves[then, 1])
        s2, s3 = np.float32(until * moves[then, 2]), np.float32(until * moves[then, 3])
        if then == now or (then == 0 and d == 1):
            # Up to date, or never read: its moments are zero.
            for k in range(width):
                flushed[row, k] = weights[row, k]
        else:
            for k in range(width):
                flushed[row, k] = _apply_moves(weights[row, k], m[row, k], v[row, k], e, d, s0, s1, s2, s3)


@njit(error_model="numpy")
def _apply_moves(weight: Any, m: Any, v: Any, e: Any, d: Any, s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
    under = np.float32(1.0) / (np.sqrt(v) + e)
    q = e * under
    return d * weight - m * under * (s0 - q * (s1 - q * (s2 - q * s3)))


def sum_rows(
    places: Int64Array,
    rows: Float32Matrix,
    others: Float32Matrix,
    parts: int,
    first: int,
    end: int,
    sums: Float32Matrix,
    squares: Float32Matrix,
) -> None:
    """Segment sums: adds up the rows of each segment, and their squares where ``squares`` has rows.

    Args:
        places: int64[N], the segment of each row; segments are numbered in the order in which they first occur.
        rows: [N, E].
        others: [N, E], added to them first if there are two parts.
        parts: 1 or 2.
        first: the first column that is added.
        end: the column after the last one.
        sums: [U, E], written.
        squares: [U, E], written; or no rows.
    """
    line, squared, fresh = 4 * sums.shape[1], len(squares) > 0, 0
    row, other = rows.ctypes.data + 4 * first, others.ctypes.data + 4 * first
    total, square = sums.ctypes.data + 4 * first, squares.ctypes.data + 4 * first
    even = 4 * (end - first) - 4 * (end - first) % 32
    for n in range(len(places)):
        # The first row of a segment is stored, not added, so that sums need not be zeros before.
        begins = places[n] == fresh
        fresh += begins
        at, to = line * n, line * places[n]
        for u in range(0, even, 32):
            x = load(row + at + u)
            if parts == 2:
                x = x + load(other + at + u)
            store(total + to + u, x if begins else load(total + to + u) + x)
            if squared:
                store(square + to + u, x * x if begins else fma(x, x, load(square + to + u)))
        for k in range(first + even // 4, end):
            y = rows[n, k]
            if parts == 2:
                y += others[n, k]
            sums[places[n], k] = y if begins else sums[places[n], k] + y
            if squared:
                squares[places[n], k] = y * y if begins else squares[places[n], k] + y * y


def sum_squares(numbers: Float32Array, lanes: Float32Array, total: Float64Matrix) -> None:
    """Writes the sum of squares to ``total[0, 0]``; it is finite where all numbers are, up to 1e19.

    Args:
        numbers: float32[N].
        lanes: scratch memory, eight numbers.
        total: [1, 1], written.
    """
    summed, at, whole = 0.0, numbers.ctypes.data, len(numbers) - len(numbers) % 16
    # Short sums in float32, long ones in float64.
    for begin in range(0, whole, 1024):
        a, b = splat(0.0), splat(0.0)
        for k in range(begin, min(begin + 1024, whole), 16):
            x, y = load(at + 4 * k), load(at + 4 * k + 32)
            a, b = fma(x, x, a), fma(y, y, b)
        store(lanes.ctypes.data, a + b)
        for lane in range(8):
            summed += lanes[lane]
    for k in range(whole, len(numbers)):
        summed += numbers[k] * numbers[k]
    total[0, 0] = summed
