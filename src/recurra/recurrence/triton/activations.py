"""Sigmoid and tanh in Triton kernels."""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["sigmoid", "tanh"]


@triton.jit
def sigmoid(x, PRODUCTS: tl.constexpr):
    """1 / (1 + exp(-x)).

    With bfloat16 products it takes one instruction of the special function unit instead of two, with an error below
    2⁻¹¹, while that of the products is 2⁻⁹: at M = 16 a step waits for this unit, not for the matrix unit.
    """
    if PRODUCTS == "bf16":
        return 0.5 * _tanh_instruction(0.5 * x) + 0.5
    else:
        return 1.0 / (1.0 + tl.exp(-x))


@triton.jit
def tanh(x, PRODUCTS: tl.constexpr):
    """Tanh; near zero the polynomial of Cephes' ``tanhf``, because (1 - e) / (1 + e) would lose its digits there."""
    if PRODUCTS == "bf16":
        return _tanh_instruction(x)
    else:
        square = x * x
        p = -5.70498872745e-3 * square + 2.06390887954e-2
        p = p * square - 5.37397155531e-2
        p = p * square + 1.33314422036e-1
        p = p * square - 3.33332819422e-1
        e = tl.exp(-2.0 * tl.abs(x))
        far = (1.0 - e) / (1.0 + e)
        return tl.where(square < 0.390625, p * square * x + x, tl.where(x < 0.0, -far, far))


@triton.jit
def _tanh_instruction(x):
    return tl.inline_asm_elementwise("tanh.approx.f32 $0, $1;", "=r,r", [x], dtype=tl.float32, is_pure=True, pack=1)
