"""Logits of documents sorted by length to probabilities in the documents' original order."""

from __future__ import annotations

import math

import numpy as np

from recurra.kernels.array_types import Float32Matrix, ReadInt64Array

__all__ = ["sigmoid", "softmax"]


def softmax(first: int, end: int, order: ReadInt64Array, logits: Float32Matrix, probabilities: Float32Matrix) -> None:
    """exp(x) / Σ exp(x) of each row; the largest x is subtracted first, so that no power overflows.

    Args:
        first: index in ``order`` of the first document.
        end: index after the last.
        order: see :func:`recurra.kernels.inference.batching.sort_by_length`.
        logits: float32, a row for each chosen document, C columns or more.
        probabilities: float32[B, C], of which the rows of the chosen documents are written.
    """
    classes = probabilities.shape[1]
    for place in range(first, end):
        row, out = logits[place - first], probabilities[order[place]]
        highest = row[0]
        for k in range(1, classes):
            highest = max(highest, row[k])
        total = np.float32(0.0)
        for k in range(classes):
            out[k] = np.float32(math.exp(row[k] - highest))
            total += out[k]
        for k in range(classes):
            out[k] /= total


def sigmoid(first: int, end: int, order: ReadInt64Array, logits: Float32Matrix, probabilities: Float32Matrix) -> None:
    """1 / (1 + exp(-x)) of each number, in the form that does not overflow. Arguments: see :func:`softmax`."""
    classes = probabilities.shape[1]
    for place in range(first, end):
        row, out = logits[place - first], probabilities[order[place]]
        for k in range(classes):
            power = np.float32(math.exp(-abs(row[k])))
            share = power if row[k] < 0 else np.float32(1.0)
            out[k] = share / (np.float32(1.0) + power)
