"""The gates and states of one step of each cell, given its matrix products, and their gradients; for all kernels.

Gates are tuples of tiles in the cell's order; names are those of :mod:`recurra.cells`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from recurra.recurrence.triton.activations import sigmoid, tanh

__all__ = [
    "elementwise_backward",
    "elementwise_step",
    "gru_backward",
    "gru_candidate",
    "gru_gates",
    "lstm_backward",
    "lstm_step",
]


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


@triton.jit
def elementwise_step(d, v, state, FORM: tl.constexpr, PRODUCTS: tl.constexpr):
    """The hidden state and the carried state, from d = W_I x + b, an SRU's diagonals and the carried state before."""
    if FORM == "sru":
        f, r = sigmoid(d[0] + v[0] * state, PRODUCTS), sigmoid(d[1] + v[1] * state, PRODUCTS)
        c = f * state + (1.0 - f) * d[2]
        return r * c + (1.0 - r) * d[3], c
    else:
        kept = _kept_share(d, FORM, PRODUCTS)
        h = kept * state + (1.0 - kept) * d[len(d) - 1]
        return h, h


@triton.jit
def elementwise_backward(d, v, state, d_h, carry, FORM: tl.constexpr, PRODUCTS: tl.constexpr):
    """The gradients of d and of the carried state before; the gates are computed again."""
    if FORM == "sru":
        f, r = sigmoid(d[0] + v[0] * state, PRODUCTS), sigmoid(d[1] + v[1] * state, PRODUCTS)
        c = f * state + (1.0 - f) * d[2]
        d_c = d_h * r + carry
        d_f, d_r = d_c * (state - d[2]) * f * (1.0 - f), d_h * (c - d[3]) * r * (1.0 - r)
        return (d_f, d_r, d_c * (1.0 - f), d_h * (1.0 - r)), d_c * f + d_f * v[0] + d_r * v[1]
    elif FORM == "min_gru":
        z = sigmoid(d[0], PRODUCTS)
        d_h += carry
        return (d_h * (state - d[1]) * z * (1.0 - z), d_h * (1.0 - z)), d_h * z
    else:
        kept = _kept_share(d, FORM, PRODUCTS)
        d_h += carry
        # The share is a sigmoid of the difference of log f and log i; 1 - σ(x) is σ(-x).
        d_share = d_h * (state - d[2]) * kept * (1.0 - kept)
        d_i, d_f = -d_share * sigmoid(-d[0], PRODUCTS), d_share * sigmoid(-d[1], PRODUCTS)
        return (d_i, d_f, d_h * (1.0 - kept)), d_h * kept


@triton.jit
def _kept_share(d, FORM: tl.constexpr, PRODUCTS: tl.constexpr):
    """The share of the state that is kept: z of a minGRU, f / (f + i) of a minLSTM."""
    if FORM == "min_gru":
        return sigmoid(d[0], PRODUCTS)
    else:
        # As in recurra.cells.min_lstm: exact where both gates are closed, too.
        i, f, s = sigmoid(d[0], PRODUCTS), sigmoid(d[1], PRODUCTS), sigmoid(d[1] - d[0], PRODUCTS)
        left, right = f + s * (1.0 - f), i + (1.0 - s) * (1.0 - i)
        return left / (left + right)
