"""The loss of any number of labels per document, binary cross-entropy, and its gradient."""

from __future__ import annotations

import math

import numpy as np

from recurra.kernels.array_types import Float32Array, Float32Matrix, Float64Matrix

__all__ = ["binary_cross_entropy"]


def binary_cross_entropy(
    logits: Float32Matrix,
    targets: Float32Matrix,
    weights: Float32Matrix,
    rows: Float32Array,
    smoothing: float,
    d_logits: Float32Matrix,
    results: Float64Matrix,
) -> None:
    """The mean over documents, by v, and labels of -w (q log σ(x) + (1 - q) log (1 - σ(x))), with q = (1 - ε) y + ε/2.

    Args:
        logits: x, [B, C].
        targets: y, [B, C], 1 where a document has a label and 0 where not.
        weights: w, [2, C], of documents without the label and with it.
        rows: v, [B], what each document counts.
        smoothing: ε.
        d_logits: [B, C], the gradient, written.
        results: [1, 2], the loss and how many documents have exactly the labels with x above 0, written.
    """
    documents, classes = logits.shape
    total, loss, right = 0.0, 0.0, 0
    for b in range(documents):
        total += rows[b]
    for b in range(documents):
        wrong = 0
        for c in range(classes):
            x, y = np.float64(logits[b, c]), targets[b, c]
            w = np.float64(rows[b]) * weights[int(y), c]
            q = (1 - smoothing) * y + smoothing / 2
            power = math.exp(-abs(x))
            # log (1 + exp x) = max(x, 0) + log (1 + exp -|x|)
            loss += w * (max(x, 0.0) + math.log1p(power) - q * x)
            sigma = (power if x < 0 else 1.0) / (1 + power)
            d_logits[b, c] = w * (sigma - q) / (total * classes)
            wrong += (x > 0) != (y > 0)
        right += wrong == 0
    results[0, 0], results[0, 1] = np.float32(loss) / (total * classes), right
