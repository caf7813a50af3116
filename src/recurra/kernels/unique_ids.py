"""The unique ids among many tokens."""

from __future__ import annotations

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt32Array

__all__ = ["unique_ids"]


def unique_ids(
    values: ReadInt32Array, seen: Int32Array, found: Int32Array, places: Int32Array, count: Int64Array
) -> None:
    """Unique ids in the order in which they first occur, and the inverse, like :func:`numpy.unique`.

    Args:
        values: N ids.
        seen: zeros, one for each id that there may be; zeros again afterwards.
        found: the unique ids, written; as long as N or as many ids as there may be.
        places: int32[N], the index in ``found`` of each token's id, written.
        count: int64[1], the number of unique ids, written.
    """
    different = 0
    for at in range(len(values)):
        value = values[at]
        number = seen[value]
        if number == 0:
            found[different] = value
            different += 1
            number = different
            seen[value] = number
        places[at] = number - 1
    for number in range(different):
        seen[found[number]] = 0
    count[0] = different
