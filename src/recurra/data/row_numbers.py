"""Numbers of a table's rows in messages and in decisions: those that a spreadsheet or an editor shows beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["RowNumbers"]

_Integers = npt.NDArray[np.int64]


class RowNumbers:
    """The numbers of consecutive rows, which rise by one but for blank rows between them, which are skipped.

    Args:
        first: the number of the first row, such as 2 where the header is row 1.
        starts: int64[K], ascending, the indices of the rows before which rows were skipped; ``None`` for none.
        numbers: int64[K], the numbers of these.
    """

    def __init__(self, first: int = 1, starts: _Integers | None = None, numbers: _Integers | None = None) -> None:
        self._starts = np.concatenate([[0], () if starts is None else starts]).astype(np.int64)
        self._numbers = np.concatenate([[first], () if numbers is None else numbers]).astype(np.int64)

    def __repr__(self) -> str:
        return f"RowNumbers(first={self.first:,})"

    @classmethod
    def of_rows(cls, numbers: Sequence[int] | _Integers) -> RowNumbers:
        """Those of B rows, B > 0, from the number of each."""
        each = np.asarray(numbers, dtype=np.int64)
        starts = np.flatnonzero(np.diff(each) != 1) + 1
        return cls(int(each[0]), starts, each[starts])

    @classmethod
    def joined(cls, parts: Sequence[tuple[RowNumbers, int]]) -> RowNumbers:
        """Those of consecutive parts of a table, each with its number of rows; there is one part at least."""
        starts, numbers, first, rows = [], [], parts[0][0].first, 0
        following = first
        for part, length in parts:
            # Where a part goes on as the one before it, it begins no gap.
            own = slice(int(part.first == following), None)
            starts.append(part._starts[own] + rows)
            numbers.append(part._numbers[own])
            rows, following = rows + length, part.number(length - 1) + 1
        return cls(first, np.concatenate(starts), np.concatenate(numbers))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RowNumbers)
            and np.array_equal(self._starts, other._starts)
            and np.array_equal(self._numbers, other._numbers)
        )

    __hash__ = None  # type: ignore[assignment]  # it holds arrays

    @property
    def first(self) -> int:
        """The number of the first row."""
        return int(self._numbers[0])

    def of(self, rows: npt.NDArray[np.integer]) -> _Integers:
        """The number of each of the rows at the indices int[B], from 0."""
        part = np.searchsorted(self._starts, rows, side="right") - 1
        return np.asarray(self._numbers[part] + (rows - self._starts[part]), dtype=np.int64)

    def number(self, row: int) -> int:
        """The number of the row at an index, from 0."""
        return int(self.of(np.array([row]))[0])

    def row(self, number: int) -> int | None:
        """The index of the row with a number; ``None`` for one before the first row, and for a blank row."""
        part = int(np.searchsorted(self._numbers, number, side="right")) - 1
        if part < 0:
            return None
        row = int(self._starts[part]) + number - int(self._numbers[part])
        return row if part + 1 == len(self._starts) or row < self._starts[part + 1] else None
