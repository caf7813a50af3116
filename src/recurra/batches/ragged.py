"""Token sequences of different lengths in two arrays (Arrow's list layout)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ragged"]


@dataclass(frozen=True, eq=False)
class Ragged:
    """A set of token sequences without padding.

    Document ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Attributes:
        values: int32[N], all token ids, one document after the other.
        offsets: int64[B + 1], rising, starting at 0 and ending at N.
    """

    values: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def from_lists(cls, documents: Iterable[Sequence[int]]) -> Ragged:
        """A set of these sequences of ids, each of any length."""
        parts = [np.asarray(document, dtype=np.int32) for document in documents]
        offsets = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        values = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
        return cls(values.astype(np.int32, copy=False), offsets)

    @classmethod
    def concatenate(cls, parts: Sequence[Ragged]) -> Ragged:
        """The documents of all sets, one set after the other."""
        if len(parts) == 1:
            return parts[0]
        lengths = [part.lengths for part in parts]
        offsets = np.zeros(sum(map(len, lengths)) + 1, dtype=np.int64)
        if parts:
            np.cumsum(np.concatenate(lengths), out=offsets[1:])
        values = np.concatenate([part.values for part in parts]) if parts else np.empty(0, dtype=np.int32)
        return cls(values, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> npt.NDArray[np.int32]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"document {index} of {len(self)}")
        index %= len(self)
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """int64[B], the number of tokens of each document."""
        return self.offsets[1:] - self.offsets[:-1]

    def take(self, indices: npt.ArrayLike) -> Ragged:
        """The documents at ``indices`` (integers in any order, repeats allowed, -1 is the last) as a new set."""
        chosen = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[chosen]
        offsets = np.zeros(len(chosen) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        # Position k of the result belongs to document d and is k - offsets[d] tokens after d's start.
        shift = np.repeat(self.offsets[:-1][chosen] - offsets[:-1], lengths)
        values = self.values[np.arange(offsets[-1]) + shift].astype(np.int32, copy=False)
        return Ragged(values, offsets)

    def cut_to(self, length: int) -> Ragged:
        """Documents of more than ``length`` tokens keep their first so many; shorter ones stay."""
        lengths = np.minimum(self.lengths, length)
        if lengths.sum() == len(self.values):
            return self
        offsets = np.zeros_like(self.offsets)
        np.cumsum(lengths, out=offsets[1:])
        kept = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1] - offsets[:-1], lengths)
        return Ragged(self.values[kept], offsets)

    def padded_to(self, length: int, pad_id: int = 0) -> Ragged:
        """Documents of fewer than ``length`` tokens get ``pad_id`` appended up to it; longer ones are not cut."""
        return self._lengthened(np.maximum(self.lengths, length), pad_id)

    def extended(self, count: int, pad_id: int = 0) -> Ragged:
        """Each document gets ``pad_id`` appended ``count`` times."""
        return self._lengthened(self.lengths + count, pad_id)

    def _lengthened(self, lengths: npt.NDArray[np.int64], pad_id: int) -> Ragged:
        offsets = np.zeros_like(self.offsets)
        np.cumsum(lengths, out=offsets[1:])
        values = np.full(offsets[-1], pad_id, dtype=np.int32)
        values[np.arange(len(self.values)) + np.repeat(offsets[:-1] - self.offsets[:-1], self.lengths)] = self.values
        return Ragged(values, offsets)
