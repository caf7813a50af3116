"""Sigmoid and tanh of eight numbers, within two and a half units in the last place of float32."""

from __future__ import annotations

from typing import Any

from numba import njit

from recurra.kernels.vectors import clamp, fma, power_of_two, splat

__all__ = ["sigmoid", "tanh"]

# Adding 1.5·2²³ leaves no room for a fraction: the sum is rounded to an integer.
_SHIFT = 12582912.0
_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with so few bits that its product with n is exact.
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4
# expm1(r) = r + r²(q₀ + q₁r + …) for |r| ≤ ln(2)/2, by a least-squares fit whose weights were raised where the error
# was largest until it was equal everywhere (Lawson's algorithm): 3.1e-9 of exp(r), then rounded to float32.
_Q = (0.49999994, 0.1666652, 0.0416684, 0.00836885, 0.00138143)


@njit
def _reduced(x: Any) -> Any:
    """exp(x) as 2ⁿ and expm1(r), x = n·ln 2 + r, for |x| < 88."""
    shifted = fma(x, splat(_LOG2_E), splat(_SHIFT))
    n = shifted - splat(_SHIFT)
    r = fma(n, splat(-_LN2_LOW), fma(n, splat(-_LN2_HIGH), x))
    q = fma(splat(_Q[4]), r, splat(_Q[3]))
    q = fma(q, r, splat(_Q[2]))
    q = fma(q, r, splat(_Q[1]))
    q = fma(q, r, splat(_Q[0]))
    return power_of_two(shifted), fma(q, r * r, r)


@njit
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)); below -87, where it is under 1e-37, its value at -87."""
    scale, more = _reduced(splat(0.0) - clamp(x, splat(87.0)))
    return splat(1.0) / (splat(1.0) + fma(scale, more, scale))


@njit
def tanh(x: Any) -> Any:
    """expm1(2x) / (expm1(2x) + 2), which keeps its digits near 0; 1 in float32 from 9.02 on."""
    doubled = clamp(x, splat(9.5))
    scale, more = _reduced(doubled + doubled)
    grown = fma(scale, more, scale - splat(1.0))
    return grown / (grown + splat(2.0))
