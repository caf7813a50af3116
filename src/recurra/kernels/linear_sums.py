"""What a linear model over counted n-grams answers: sums of rows, divided by the root of their number."""

from __future__ import annotations

import math

from recurra.kernels.array_types import Float32Matrix, Float64Matrix, ReadInt32Array, ReadInt64Array

__all__ = ["add_sums", "add_word_sums", "sum_rows"]


def add_sums(rows: ReadInt32Array, bounds: ReadInt64Array, weights: Float32Matrix, outputs: Float64Matrix) -> None:
    """Adds Σ_r weights[r] / √n to the outputs of each document, with n the number of its rows.

    Args:
        rows: the rows of B documents.
        bounds: int64[B + 1], where each document's begin.
        weights: [R, L].
        outputs: float64[B, L], added to.
    """
    size = weights.shape[1]
    for document in range(len(bounds) - 1):
        begin, end = bounds[document], bounds[document + 1]
        if begin == end:
            continue
        scale = 1 / math.sqrt(end - begin)
        for at in range(begin, end):
            row = rows[at]
            for c in range(size):
                outputs[document, c] += scale * weights[row, c]


def add_word_sums(
    values: ReadInt32Array, offsets: ReadInt64Array, sums: Float64Matrix, new_sums: Float64Matrix,
    outputs: Float64Matrix,
) -> None:  # fmt: skip
    """Adds what :func:`add_sums` would for the subwords of each document's words, whose sums are known.

    Args:
        values: the words' ids in B documents.
        offsets: int64[B + 1].
        sums: float64[V, L + 1], the sum of each word's rows, and in the last column their number.
        new_sums: float64[U, L + 1], those of the ids from V on.
        outputs: float64[B, L], added to.
    """
    known, size = sums.shape[0], sums.shape[1] - 1
    for document in range(len(offsets) - 1):
        rows = 0.0
        for at in range(offsets[document], offsets[document + 1]):
            word = values[at]
            rows += sums[word, size] if word < known else new_sums[word - known, size]
        if rows == 0:
            continue
        scale = 1 / math.sqrt(rows)
        for at in range(offsets[document], offsets[document + 1]):
            word = values[at]
            if word < known:
                for c in range(size):
                    outputs[document, c] += scale * sums[word, c]
            else:
                for c in range(size):
                    outputs[document, c] += scale * new_sums[word - known, c]


def sum_rows(rows: ReadInt32Array, bounds: ReadInt64Array, weights: Float32Matrix, sums: Float64Matrix) -> None:
    """Sums of rows of weights, and how many they are.

    Args:
        rows: the rows of W words.
        bounds: int64[W + 1], where each word's begin.
        weights: [R, L].
        sums: float64[W, L + 1], zeros, written.
    """
    size = weights.shape[1]
    for word in range(len(bounds) - 1):
        for at in range(bounds[word], bounds[word + 1]):
            for c in range(size):
                sums[word, c] += weights[rows[at], c]
        sums[word, size] = bounds[word + 1] - bounds[word]
