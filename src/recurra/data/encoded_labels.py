"""Labels of many rows as codes into a list of distinct values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label, LabelSet

__all__ = ["EncodedLabels", "LabelEncoder"]


@dataclass(frozen=True, eq=False)
class EncodedLabels:
    """B labels as codes.

    Attributes:
        values: the distinct labels in order of first appearance; True and 1 are different. In multi-label data each is
            a tuple of labels.
        codes: int32[B], the index of each row's label in ``values``.
    """

    values: tuple[Any, ...]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, labels: Iterable[Label] | Iterable[LabelSet]) -> EncodedLabels:
        """Encodes labels; NumPy scalars become Python values."""
        encoder = LabelEncoder()
        encoder.add(labels)
        return encoder.encoded()

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def counts(self) -> list[int]:
        """The number of rows of each value."""
        return [int(count) for count in np.bincount(self.codes, minlength=len(self.values))]

    def plain(self) -> list[Label]:
        """The label of each row."""
        return [self.values[code] for code in self.codes.tolist()]

    def renamed(self, values: Sequence[Label] | Sequence[LabelSet]) -> EncodedLabels:
        """The labels with other values; equal ones are merged.

        Args:
            values: the new value for each of :attr:`values`.
        """
        return _in_order(EncodedLabels.of(values), self.codes)

    def take(self, rows: npt.NDArray[Any]) -> EncodedLabels:
        """The labels of some rows.

        Args:
            rows: bool[B], or row indices.
        """
        return _in_order(EncodedLabels(self.values, np.arange(len(self.values), dtype=np.int32)), self.codes[rows])

    def changed(self, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int32]) -> EncodedLabels:
        """The labels after a change of those at some row indices."""
        changed = self.codes.copy()
        changed[rows] = codes
        return EncodedLabels(self.values, changed).take(np.ones(len(self), dtype=bool))


class LabelEncoder:
    """Builds :class:`EncodedLabels` from labels in parts."""

    def __init__(self) -> None:
        self._places: dict[object, int] = {}
        self._values: list[Any] = []
        self._parts: list[npt.NDArray[np.int32]] = []

    def add(self, labels: Iterable[Label] | Iterable[LabelSet]) -> None:
        """Adds the next labels."""
        self._parts.append(np.fromiter(map(self._place, labels), dtype=np.int32))

    def encoded(self) -> EncodedLabels:
        """All labels added."""
        codes = np.concatenate(self._parts) if self._parts else np.empty(0, dtype=np.int32)
        return EncodedLabels(tuple(self._values), codes)

    def _place(self, label: Label | LabelSet) -> int:
        # Texts are their own keys; among numbers, 1, 1.0 and True are equal, and so are 0.0 and -0.0.
        key = label if type(label) is str else _key(label)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._values)
            self._values.append(label.item() if isinstance(label, np.generic) else label)
        return place


def _key(label: Label | LabelSet) -> object:
    plain = label.item() if isinstance(label, np.generic) else label
    return plain if type(plain) is str else (type(plain), repr(plain))


def _in_order(named: EncodedLabels, codes: npt.NDArray[np.int32]) -> EncodedLabels:
    """Labels whose codes are indices into ``named``, renumbered in order of first appearance."""
    numbers = named.codes[codes]
    first = np.full(len(named.values), -1, dtype=np.int64)
    # Rows are written in reverse, so the first row of each label is the last one written.
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    order = [place for place in np.argsort(first, kind="stable").tolist() if first[place] >= 0]
    place_of = np.zeros(len(named.values), dtype=np.int32)
    place_of[order] = np.arange(len(order), dtype=np.int32)
    return EncodedLabels(tuple(named.values[place] for place in order), place_of[numbers])
