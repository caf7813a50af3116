"""Sigmoid and tanh, also as numerators and denominators, so that a cell that combines several divides only once.

A division costs as much as five multiplications. σ(x) is 1 / (1 + exp(-x)) and tanh(x) is expm1(2x) / (expm1(2x) + 2);
a cell brings its formula to one common denominator.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from recurra.kernels.simd import clamp, fma, like, power_of_two

__all__ = ["exp_neg", "interpolate", "shares", "sigmoid", "tanh", "tanh_parts"]

# Adding 1.5·2²³ leaves no room for a fraction: the sum is rounded to an integer.
_SHIFT = 12582912.0
_LOG2_E = 1 / math.log(2)
# 2ᶠ = 1 + f(p₀ + p₁f + …) for |f| ≤ 1/2, by a least-squares fit whose weights were raised where the error was largest
# until it was equal everywhere (Lawson's algorithm): 2.0e-9 of 2ᶠ, then rounded to float32.
_P = (0.6931472, 0.24022648, 0.055503324, 0.009618438, 0.0013398879, 0.00015353371)
# Exponents are clamped to [-29, 29]: this changes no sigmoid or tanh by more than 3e-13, and the product of three such
# powers does not overflow float32.
_BOUND = 29.0


@njit
def exp_neg(x: Any) -> Any:
    """exp(-x), with x clamped to [-29, 29]; σ(x) is 1 / (1 + exp(-x))."""
    scale, more = _power(clamp(x, like(x, _BOUND)), like(x, -_LOG2_E))
    return fma(scale, more, scale)


@njit
def tanh_parts(x: Any) -> tuple[Any, Any]:
    """The numerator expm1(2x), which keeps its digits near 0, and the denominator expm1(2x) + 2 of tanh(x)."""
    scale, more = _power(clamp(x, like(x, _BOUND / 2)), like(x, 2 * _LOG2_E))
    above = fma(scale, more, scale - like(x, 1.0))
    return above, above + like(x, 2.0)


@njit
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    one = like(x, 1.0)
    return one / (one + exp_neg(x))


@njit
def tanh(x: Any) -> Any:
    """(exp(2x) - 1) / (exp(2x) + 1)."""
    above, below = tanh_parts(x)
    return above / below


@njit
def interpolate(z: Any, h: Any, n: Any) -> Any:
    """σ(z)·h + (1 - σ(z))·tanh(n), with one division."""
    more = exp_neg(z)
    above, below = tanh_parts(n)
    return fma(h, below, above * more) / fma(more, below, below)


@njit
def shares(i: Any, f: Any) -> tuple[Any, Any]:
    """σ(f) / (σ(f) + σ(i)) and the rest of 1, also where both are too small for a number.

    The ratio of σ(f) to σ(i) is that of s·σ(-f) to (1 - s)·σ(-i), with s = σ(f - i), and so that of the sums.
    """
    one, more_i, more_f, more = like(i, 1.0), exp_neg(i), exp_neg(f), exp_neg(f - i)
    left = (one + more_i) * (one + more + more_f)
    right = (one + more_f) * fma(more, more_i, one + more)
    both = one / (left + right)
    return left * both, right * both


@njit
def _power(x: Any, rate: Any) -> Any:
    """2 to the power of rate·x as 2ⁿ and 2ᶠ - 1, with rate·x = n + f."""
    shifted = fma(x, rate, like(x, _SHIFT))
    f = fma(x, rate, like(x, _SHIFT) - shifted)
    p = fma(like(x, _P[5]), f, like(x, _P[4]))
    p = fma(p, f, like(x, _P[3]))
    p = fma(p, f, like(x, _P[2]))
    p = fma(p, f, like(x, _P[1]))
    p = fma(p, f, like(x, _P[0]))
    return power_of_two(shifted), p * f
