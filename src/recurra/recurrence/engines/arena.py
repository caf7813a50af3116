"""Memory for arrays that live no longer than a batch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.kernels.array_types import address

__all__ = ["Arena"]

Array = npt.NDArray[np.float32]

# Numbers that fill a cache line: every array begins a new one.
LINE = 16
# The size of the first block, in numbers.
FIRST = 1 << 16


class Arena:
    """Arrays of float32, one after the other in a few large blocks.

    Memory that is given back to the system and asked for anew must be made ready page by page, which two threads cannot
    do side by side; so whoever computes batch after batch keeps an arena and empties it before each.
    """

    def __init__(self) -> None:
        self._blocks = [np.empty(FIRST, dtype=np.float32)]
        self._begin()

    def empty(self) -> None:
        """Makes room again for new arrays in place of all that there are."""
        if len(self._blocks) > 1:
            self._blocks = [np.empty(sum(map(len, self._blocks)), dtype=np.float32)]
        self._begin()

    def take(self, count: int) -> int:
        """The address of an array of so many numbers, whatever they are."""
        if self._used + count > len(self._blocks[-1]):
            self._blocks.append(np.empty(max(count, 2 * len(self._blocks[-1])) + LINE, dtype=np.float32))
            self._begin()
        place = self._start + 4 * self._used
        self._used += count + -count % LINE
        return place

    def array(self, rows: int, columns: int) -> tuple[Array, int]:
        """An array with two dimensions, and its address."""
        at = self.take(rows * columns)
        first = (at - self._start) // 4
        return self._blocks[-1][first : first + rows * columns].reshape(rows, columns), at

    def _begin(self) -> None:
        self._start = address(self._blocks[-1])
        # To the next line.
        self._used = -(self._start // 4) % LINE
