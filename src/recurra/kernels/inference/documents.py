"""Documents by falling length, in which order they are read, and their answers in the order in which they came."""

from __future__ import annotations

import math

import numpy as np

from recurra.kernels.arrays import Matrix, Places, ReadIds, ReadPlaces

__all__ = ["by_length", "gather", "sigmoid", "softmax"]


def by_length(begins: ReadPlaces, pad_to: int, order: Places, bounds: Places) -> None:
    """Sorts documents by falling length; equal ones keep their order.

    Args:
        begins: where each of B documents begins, and the end; B + 1 numbers.
        pad_to: what shorter documents count as.
        order: int64[B], written: the k-th longest document.
        bounds: int64[B + 1], written: the tokens of all longer ones, pads included.
    """
    documents = len(order)
    longest = pad_to
    for document in range(documents):
        longest = max(longest, begins[document + 1] - begins[document])
    # Counting: for each length, where the documents of that length begin.
    places = np.zeros(longest + 1, dtype=np.int64)
    for document in range(documents):
        places[max(begins[document + 1] - begins[document], pad_to)] += 1
    place = 0
    for length in range(longest, -1, -1):
        same = places[length]
        places[length] = place
        place += same
    for document in range(documents):
        length = max(begins[document + 1] - begins[document], pad_to)
        order[places[length]] = document
        bounds[places[length] + 1] = length
        places[length] += 1
    bounds[0] = 0
    for place in range(documents):
        bounds[place + 1] += bounds[place]


def gather(
    first: int, end: int, order: ReadPlaces, bounds: ReadPlaces, values: ReadIds, begins: ReadPlaces, rows: Places,
    offsets: Places,
) -> None:  # fmt: skip
    """The ids of some documents, one document after the other, id 0 in place of pads.

    Args:
        first: place in ``order`` of the first document.
        end: place behind the last.
        order: see :func:`by_length`.
        bounds: see :func:`by_length`.
        values: ids of all documents.
        begins: where each document begins in ``values``.
        rows: the ids, written.
        offsets: where each chosen document begins in ``rows``, written; end - first + 1 numbers.
    """
    for place in range(first, end):
        at, document = bounds[place] - bounds[first], order[place]
        offsets[place - first] = at
        begin = begins[document]
        tokens = begins[document + 1] - begin
        for token in range(tokens):
            rows[at + token] = values[begin + token]
        for token in range(tokens, bounds[place + 1] - bounds[place]):
            rows[at + token] = 0
    offsets[end - first] = bounds[end] - bounds[first]


def softmax(first: int, end: int, order: ReadPlaces, logits: Matrix, probabilities: Matrix) -> None:
    """exp(x) / Σ exp(x) of each row; the largest x is taken off first, so that no power overflows.

    Args:
        first: see :func:`gather`.
        end: see :func:`gather`.
        order: see :func:`by_length`.
        logits: float32, a row for each chosen document, C columns and any more.
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


def sigmoid(first: int, end: int, order: ReadPlaces, logits: Matrix, probabilities: Matrix) -> None:
    """1 / (1 + exp(-x)) of each number, by whichever form does not overflow. Arguments: see :func:`softmax`."""
    classes = probabilities.shape[1]
    for place in range(first, end):
        row, out = logits[place - first], probabilities[order[place]]
        for k in range(classes):
            power = np.float32(math.exp(-abs(row[k])))
            share = power if row[k] < 0 else np.float32(1.0)
            out[k] = share / (np.float32(1.0) + power)
