"""Learns logistic regressions over counted n-grams, one for each output, by stochastic dual coordinate ascent.

Each row i has a dual vector α_i, and the weights are w = Σ_i α_i x_iᵀ / λ. A step moves α_i towards -∇φ_i(w), the
negative gradient of its loss, by s = λ / (λ + L |x_i|²), with φ smooth with constant L: Shalev-Shwartz 2016, "SDCA
without duality, regularization, and individual convexity", arXiv 1602.01582. There is no learning rate to choose, and
the optimum is that of Σ_i φ_i(w) + λ/2 |w|².
"""

from __future__ import annotations

import math

import numpy as np

from recurra.kernels.array_types import (
    Float32Array,
    Float32Matrix,
    Int64Array,
    ReadInt32Array,
    ReadInt64Array,
)

# L of the loss of a sigmoid, log(1 + exp(∓z)).
SMOOTHNESS = 0.25

__all__ = ["document_frequencies", "dual_pass", "squared_norms"]


def document_frequencies(
    words: ReadInt32Array, bounds: ReadInt64Array, parts: ReadInt32Array, part_bounds: ReadInt64Array,
    targets: Float32Matrix, met: Int64Array, frequencies: Float32Matrix,
) -> None:  # fmt: skip
    """In how many documents of each kind each part of a word occurs.

    Args:
        words: the words of B documents.
        bounds: int64[B + 1], where each document's begin.
        parts: the parts of each word.
        part_bounds: where each word's begin.
        targets: [B, K], 1 where a document is of a kind.
        met: -1 for each part, changed.
        frequencies: [parts, K], added to.
    """
    size = targets.shape[1]
    for document in range(len(bounds) - 1):
        for at in range(bounds[document], bounds[document + 1]):
            for place in range(part_bounds[words[at]], part_bounds[words[at] + 1]):
                part = parts[place]
                if met[part] != document:
                    met[part] = document
                    for c in range(size):
                        frequencies[part, c] += targets[document, c]


def squared_norms(
    words: ReadInt32Array, bounds: ReadInt64Array, parts: ReadInt32Array, part_bounds: ReadInt64Array,
    squares: Float32Matrix, met: Int64Array, norms: Float32Matrix,
) -> None:  # fmt: skip
    """Adds the squared length of each document's vectors, in which a part that occurs twice has twice its value.

    Args: as for :func:`document_frequencies`, and
        squares: [parts, L], the squared values of each part.
        met: zeros; zeros again afterwards.
        norms: [B, L], added to.
    """
    size = squares.shape[1]
    totals = np.empty(size)
    for document in range(len(bounds) - 1):
        totals[:] = 0
        count = 0
        for at in range(bounds[document], bounds[document + 1]):
            for place in range(part_bounds[words[at]], part_bounds[words[at] + 1]):
                part = parts[place]
                # (m + 1)² - m² for the one more.
                more = 2 * met[part] + 1
                for c in range(size):
                    totals[c] += squares[part, c] * more
                met[part] += 1
                count += 1
        for at in range(bounds[document], bounds[document + 1]):
            for place in range(part_bounds[words[at]], part_bounds[words[at] + 1]):
                met[parts[place]] = 0
        for c in range(size if count else 0):
            norms[document, c] += totals[c] / count


def dual_pass(
    order: ReadInt64Array, rows: ReadInt32Array, bounds: ReadInt64Array, squares: Float32Matrix, weights: Float32Matrix,
    words: ReadInt32Array, word_bounds: ReadInt64Array, subwords: ReadInt32Array, subword_bounds: ReadInt64Array,
    subword_squares: Float32Matrix, subword_weights: Float32Matrix, norms: Float32Matrix, targets: Float32Matrix,
    row_weights: Float32Array, penalty: float, dual: Float32Matrix,
) -> None:  # fmt: skip
    """A step on each of some documents.

    The weights hold each n-gram's value already: a document's score is Σ weights[row] / √n, for n-grams and subwords
    apart, and a change of x_i's weight by d changes weights[row] by d times the n-gram's squared value / √n, which is
    another for each output.

    Args:
        order: which documents, in this order.
        rows: the n-grams of B documents.
        bounds: int64[B + 1], where each document's begin.
        squares: [R, L], the squared values of each n-gram.
        weights: [R, L], changed.
        words: the ids of the words of B documents.
        word_bounds: int64[B + 1], where each document's begin.
        subwords: the subwords of each id.
        subword_bounds: where each id's begin.
        subword_squares: [S, L], the squared values of each subword.
        subword_weights: [S, L], changed.
        norms: [B, L], |x_i|² for each output.
        targets: [B, L], 1 for the right outputs and 0 for the others.
        row_weights: [B], what each row's loss counts.
        penalty: λ.
        dual: [B, L], changed.
    """
    size = weights.shape[1]
    scores = np.empty(size)
    for document in order:
        begin, end = bounds[document], bounds[document + 1]
        first, last = word_bounds[document], word_bounds[document + 1]
        counted = 0
        for at in range(first, last):
            counted += subword_bounds[words[at] + 1] - subword_bounds[words[at]]
        scale = 1 / math.sqrt(max(1, end - begin))
        subword_scale = 1 / math.sqrt(max(1, counted))
        scores[:] = 0
        for at in range(begin, end):
            for c in range(size):
                scores[c] += weights[rows[at], c]
        for c in range(size):
            scores[c] *= scale / subword_scale
        for at in range(first, last):
            for place in range(subword_bounds[words[at]], subword_bounds[words[at] + 1]):
                for c in range(size):
                    scores[c] += subword_weights[subwords[place], c]
        for c in range(size):
            scores[c] *= subword_scale
        for c in range(size):
            step = penalty / (penalty + SMOOTHNESS * row_weights[document] * norms[document, c])
            # The sigmoid in a form that does not overflow.
            probability = 0.5 + 0.5 * math.tanh(0.5 * scores[c])
            moved_by = step * (row_weights[document] * (targets[document, c] - probability) - dual[document, c])
            dual[document, c] += moved_by
            scores[c] = moved_by / penalty
        for at in range(begin, end):
            row = rows[at]
            for c in range(size):
                weights[row, c] += scale * squares[row, c] * scores[c]
        for at in range(first, last):
            for place in range(subword_bounds[words[at]], subword_bounds[words[at] + 1]):
                row = subwords[place]
                for c in range(size):
                    subword_weights[row, c] += subword_scale * subword_squares[row, c] * scores[c]
