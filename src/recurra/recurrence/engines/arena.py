"""A memory arena for arrays that live no longer than a batch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.kernels.array_types import address

__all__ = ["Arena"]

Array = npt.NDArray[np.float32]

# Numbers of a cache line: every array begins on a new one.
LINE = 16
# The size of the first block, in numbers.
FIRST = 1 << 16


class Arena:
    """Arrays of float32, one after the other in a few large blocks.

    Memory that is returned to the system and allocated again is mapped page by page, which two threads cannot do in
    parallel. So code that computes batch after batch keeps an arena and resets it before each batch.
    """

    def __init__(self) -> None:
        self._blocks = [np.empty(FIRST, dtype=np.float32)]
        self._begin()

    def reset(self) -> None:
        """Frees all arrays at once; their memory is used again."""
        if len(self._blocks) > 1:
            self._blocks = [np.empty(sum(map(len, self._blocks)), dtype=np.float32)]
        self._begin()

    def allocate(self, count: int) -> int:
        """The address of a new array of ``count`` numbers, which are not initialised."""
        if self._used + count > len(self._blocks[-1]):
            self._blocks.append(np.empty(max(count, 2 * len(self._blocks[-1])) + LINE, dtype=np.float32))
            self._begin()
        place = self._start + 4 * self._used
        self._used += count + -count % LINE
        return place

    def array(self, rows: int, columns: int) -> tuple[Array, int]:
        """A new array [rows, columns], not initialised, and its address."""
        at = self.allocate(rows * columns)
        first = (at - self._start) // 4
        return self._blocks[-1][first : first + rows * columns].reshape(rows, columns), at

    def _begin(self) -> None:
        self._start = address(self._blocks[-1])
        # Aligned to the next cache line.
        self._used = -(self._start // 4) % LINE
