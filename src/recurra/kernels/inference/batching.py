"""Sorts documents by falling length, the order in which they are read, and gathers the ids of some of them."""

from __future__ import annotations

import numpy as np

from recurra.kernels.array_types import Int64Array, ReadInt32Array, ReadInt64Array

__all__ = ["gather", "sort_by_length"]


def sort_by_length(begins: ReadInt64Array, pad_to: int, order: Int64Array, bounds: Int64Array) -> None:
    """Sorts documents by falling length; equal ones keep their order.

    Args:
        begins: where each of B documents begins, and the end; B + 1 numbers.
        pad_to: the length that shorter documents are padded to.
        order: int64[B], written: the k-th longest document.
        bounds: int64[B + 1], written: the total tokens of all longer ones, pads included.
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
    first: int, end: int, order: ReadInt64Array, bounds: ReadInt64Array, values: ReadInt32Array,
    begins: ReadInt64Array, rows: Int64Array, offsets: Int64Array,
) -> None:  # fmt: skip
    """The ids of some documents, one document after the other, with id 0 as padding.

    Args:
        first: index in ``order`` of the first document.
        end: index after the last.
        order: see :func:`sort_by_length`.
        bounds: see :func:`sort_by_length`.
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
