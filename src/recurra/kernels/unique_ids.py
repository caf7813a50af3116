"""The different ids of many tokens."""

from __future__ import annotations

from recurra.kernels.array_types import Ids, Places, ReadIds

__all__ = ["unique_ids"]


def unique_ids(values: ReadIds, seen: Ids, found: Ids, places: Ids, count: Places) -> None:
    """Numbers the ids in the order in which they first occur.

    Args:
        values: N ids.
        seen: zeros, one for each id that there may be; zeros again afterwards.
        found: the different ids, written; room for N or as many as there may be.
        places: int32[N], the number of each token's id, written.
        count: int64[1], how many different ids there are, written.
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
