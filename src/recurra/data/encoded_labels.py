"""The labels of many rows, each distinct one kept once."""

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
    """B labels.

    Attributes:
        values: the distinct ones in the order in which they first appear; True and 1 are two labels. Where rows may
            have several labels each is a tuple of them.
        codes: int32[B], the place of each row's label among them.
    """

    values: tuple[Any, ...]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, labels: Iterable[Label] | Iterable[LabelSet]) -> EncodedLabels:
        """Looks at each label once; NumPy's scalars become Python's values."""
        encoder = LabelEncoder()
        encoder.add(labels)
        return encoder.encoded()

    def __len__(self) -> int:
        return len(self.codes)

    def plain(self) -> list[Label]:
        """Each row's label."""
        return [self.values[code] for code in self.codes.tolist()]

    def renamed(self, values: Sequence[Label] | Sequence[LabelSet]) -> EncodedLabels:
        """The labels under other names; those that get the same one become one.

        Args:
            values: one for each of :attr:`values`.
        """
        return _in_order(EncodedLabels.of(values), self.codes)

    def take(self, rows: npt.NDArray[Any]) -> EncodedLabels:
        """The labels of some rows.

        Args:
            rows: bool[B], or their places.
        """
        return _in_order(EncodedLabels(self.values, np.arange(len(self.values), dtype=np.int32)), self.codes[rows])

    def changed(self, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int32]) -> EncodedLabels:
        """The labels after some rows, by their places, got others."""
        changed = self.codes.copy()
        changed[rows] = codes
        return EncodedLabels(self.values, changed).take(np.ones(len(self), dtype=bool))


class LabelEncoder:
    """Makes :class:`EncodedLabels` of labels that come in parts."""

    def __init__(self) -> None:
        self._places: dict[object, int] = {}
        self._values: list[Any] = []
        self._parts: list[npt.NDArray[np.int32]] = []

    def add(self, labels: Iterable[Label] | Iterable[LabelSet]) -> None:
        """Takes the next labels."""
        self._parts.append(np.fromiter(map(self._place, labels), dtype=np.int32))

    def encoded(self) -> EncodedLabels:
        """All of them."""
        codes = np.concatenate(self._parts) if self._parts else np.empty(0, dtype=np.int32)
        return EncodedLabels(tuple(self._values), codes)

    def _place(self, label: Label | LabelSet) -> int:
        # Texts are told apart by themselves; of numbers 1, 1.0 and True are equal, and so are 0.0 and -0.0.
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
    """Labels whose numbers are places in ``named``, numbered anew as they first appear."""
    numbers = named.codes[codes]
    first = np.full(len(named.values), -1, dtype=np.int64)
    # Of several rows with a label the last one written stays, which is the first one of all.
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    order = [place for place in np.argsort(first, kind="stable").tolist() if first[place] >= 0]
    place_of = np.zeros(len(named.values), dtype=np.int32)
    place_of[order] = np.arange(len(order), dtype=np.int32)
    return EncodedLabels(tuple(named.values[place] for place in order), place_of[numbers])
