"""The gates and states of one step of each cell, given its matrix products, and their gradients; for all kernels.

Gates are tuples of tiles in the cell's order; names are those of :mod:`recurra.cells`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from recurra.recurrence.triton.activations import sigmoid, tanh

__all__ = ["gru_backward", "gru_candidate", "gru_gates", "lstm_backward", "lstm_step"]


@triton.jit
def lstm_step(a, c, PRODUCTS: tl.constexpr):
    """The gates i, f, g, o, the cell state and the hidden state, from a = W_H h + W_I x + b."""
    i, f = sigmoid(a[0], PRODUCTS), sigmoid(a[1], PRODUCTS)
    g, o = tanh(a[2], PRODUCTS), sigmoid(a[3], PRODUCTS)
    c = f * c + i * g
    return (i, f, g, o), c, o * tanh(c, PRODUCTS)


@triton.jit
def lstm_backward(gates, past_c, d_h, d_c, PRODUCTS: tl.constexpr):
    """The gradients of a and of the past cell state. The cell state is recomputed: two operations, no memory access."""
    i, f, g, o = gates
    tanh_c = tanh(f * past_c + i * g, PRODUCTS)
    d_c += d_h * o * (1.0 - tanh_c * tanh_c)
    d_i, d_f = d_c * g * i * (1.0 - i), d_c * past_c * f * (1.0 - f)
    d_g, d_o = d_c * i * (1.0 - g * g), d_h * tanh_c * o * (1.0 - o)
    return (d_i, d_f, d_g, d_o), d_c * f


@triton.jit
def gru_gates(a_z, a_r, PRODUCTS: tl.constexpr):
    """The update gate z and the reset gate r."""
    return sigmoid(a_z, PRODUCTS), sigmoid(a_r, PRODUCTS)


@triton.jit
def gru_candidate(z, a_n, h, PRODUCTS: tl.constexpr):
    """The candidate n and h' = z ⊙ h + (1 - z) ⊙ n."""
    n = tanh(a_n, PRODUCTS)
    return n, z * h + (1.0 - z) * n


@triton.jit
def gru_backward(z, n, past_h, d_h):
    """The gradients of a_z and a_n; that of r depends on where the reset is applied."""
    return d_h * (past_h - n) * z * (1.0 - z), d_h * (1.0 - z) * (1.0 - n * n)
