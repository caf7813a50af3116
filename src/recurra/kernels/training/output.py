"""The output layer of a batch and its gradient: products too small to call a library for."""

from __future__ import annotations

import numpy as np

from recurra.kernels.array_types import Float32Array, Float32Matrix

__all__ = ["output", "output_backward"]


def output(values: Float32Matrix, W: Float32Matrix, b: Float32Array, logits: Float32Matrix) -> None:
    """Logits = values @ W + b.

    Args:
        values: [B, P], one vector a document.
        W: [P, C].
        b: [C].
        logits: [B, C], written.
    """
    for n in range(len(values)):
        for c in range(len(b)):
            logits[n, c] = b[c]
        for p in range(len(W)):
            value = values[n, p]
            for c in range(len(b)):
                logits[n, c] += value * W[p, c]


def output_backward(
    values: Float32Matrix,
    d_logits: Float32Matrix,
    W: Float32Matrix,
    d_W: Float32Matrix,
    d_b: Float32Array,
    d_values: Float32Matrix,
) -> None:
    """The gradients of :func:`output`'s arguments from that of the logits.

    Args:
        values: [B, P].
        d_logits: [B, C].
        W: [P, C].
        d_W: [P, C], written.
        d_b: [C], written.
        d_values: [B, P], written.
    """
    d_b[:] = 0
    d_W[:] = 0
    for n in range(len(values)):
        for c in range(len(d_b)):
            d_b[c] += d_logits[n, c]
        for p in range(len(W)):
            value, total = values[n, p], np.float32(0)
            for c in range(len(d_b)):
                d_W[p, c] += value * d_logits[n, c]
                total += d_logits[n, c] * W[p, c]
            d_values[n, p] = total
