"""The answers for some rows, whatever the task: a class for each row, or a list of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Decision"]

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Labels, or what is written in place of them.
Name = TypeVar("Name", str, bytes)


@dataclass(frozen=True, eq=False)
class Decision:
    """The answers for B rows; lists are in Arrow's layout.

    Attributes:
        places: int64[B], the class number of each row, -1 for no answer; or int64[N], those of all rows' lists.
        offsets: int64[B + 1], where each row's list begins and ends; ``None`` if each row has one class at most.
    """

    places: Places
    offsets: Places | None = None

    @classmethod
    def from_indicator(cls, given: Flags) -> Decision:
        """Lists of the classes that are ``True``, in their order.

        Args:
            given: bool[B, C].
        """
        offsets = np.zeros(len(given) + 1, dtype=np.int64)
        np.cumsum(given.sum(axis=1), out=offsets[1:])
        return cls(given.nonzero()[1], offsets)

    def __len__(self) -> int:
        return len(self.places) if self.offsets is None else len(self.offsets) - 1

    @property
    def answered(self) -> Flags:
        """Which rows get a class, bool[B]."""
        return self.places >= 0 if self.offsets is None else np.diff(self.offsets) > 0

    def counts(self, classes: int) -> Places:
        """How often each class is given, int64[C]."""
        return np.bincount(self.places[self.places >= 0], minlength=classes).astype(np.int64)

    def labels(self, classes: Sequence[Any]) -> list[Any]:
        """Each row's label, ``None`` where it has none; or its list of labels.

        Args:
            classes: C labels, or what is written in place of them.
        """
        if self.offsets is None:
            return [None if place < 0 else classes[place] for place in self.places.tolist()]
        given, ends = [classes[place] for place in self.places.tolist()], self.offsets.tolist()
        return [given[first:end] for first, end in pairwise(ends)]

    def format(
        self, words: Sequence[Name], *, one: Callable[[Name], Name], none: Name, many: Callable[[list[Name]], Name]
    ) -> list[Name]:
        """Each row's answer as it is written into a file or a message.

        Args:
            words: C labels as they are written.
            one: formats a row's only label.
            none: stands for no answer, if a row has one label at most.
            many: formats a row's list of labels.
        """
        if self.offsets is None:
            cells = [*map(one, words), none]
            return [cells[place] for place in self.places.tolist()]
        return [many(some) for some in self.labels(words)]

    def differs(self, other: Decision) -> Flags:
        """Which rows have another answer in ``other``, bool[B]; both are of the same rows and task."""
        if self.offsets is None:
            return np.asarray(self.places != other.places)
        rows, others = (one.labels(range(int(one.places.max(initial=0)) + 1)) for one in (self, other))
        return np.array([mine != theirs for mine, theirs in zip(rows, others, strict=True)], dtype=np.bool_)
