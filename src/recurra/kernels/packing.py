"""Packs documents into a time-major batch without padding."""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt32Array, ReadInt64Array, ReadUInt16Array

__all__ = ["pack", "pack_short"]


def pack(
    indices: ReadInt64Array, values: ReadInt32Array, offsets: ReadInt64Array, pad_to: int, ids: Int32Array,
    starts: Int64Array, order: Int64Array, lengths: Int64Array,
) -> None:  # fmt: skip
    """Sorts documents by falling length (equal ones keep their order) and lays their tokens out step by step.

    Args:
        indices: B documents.
        values: ids of all documents.
        offsets: where each document begins in ``values``.
        pad_to: the length up to which id 0 is appended.
        ids: int32[N], written.
        starts: zeros, a number a step and one more; the first row of each step, written.
        order: int64[B], written: the index in ``indices`` of the k-th longest document.
        lengths: int64[B], written, falling.
    """
    _pack(indices, values, offsets, pad_to, ids, starts, order, lengths)


def pack_short(
    indices: ReadInt64Array, values: ReadUInt16Array, offsets: ReadInt64Array, pad_to: int, ids: Int32Array,
    starts: Int64Array, order: Int64Array, lengths: Int64Array,
) -> None:  # fmt: skip
    """The same for ids that are stored in two bytes.

    Args: see :func:`pack`.
    """
    _pack(indices, values, offsets, pad_to, ids, starts, order, lengths)


@njit
def _pack(
    indices: ReadInt64Array, values: ReadInt32Array | ReadUInt16Array, offsets: ReadInt64Array, pad_to: int,
    ids: Int32Array, starts: Int64Array, order: Int64Array, lengths: Int64Array,
) -> None:  # fmt: skip
    steps = len(starts) - 1
    # Counting: for each length, where the documents of that length begin.
    places = np.zeros(steps + 1, dtype=np.int64)
    for index in indices:
        places[max(offsets[index + 1] - offsets[index], pad_to)] += 1
    place = 0
    for length in range(steps, -1, -1):
        same = places[length]
        places[length] = place
        place += same
        if length:
            # As many documents as these and all longer ones run at step length - 1.
            starts[length] = place
    for step in range(1, steps + 1):
        starts[step] += starts[step - 1]
    for b in range(len(indices)):
        length = max(offsets[indices[b] + 1] - offsets[indices[b]], pad_to)
        k = places[length]
        places[length] = k + 1
        order[k] = b
        lengths[k] = length
        begin = offsets[indices[b]]
        tokens = offsets[indices[b] + 1] - begin
        for step in range(tokens):
            ids[starts[step] + k] = values[begin + step]
        for step in range(tokens, length):
            ids[starts[step] + k] = 0
