"""A batch without padding: time-major, documents by falling length, so the running ones are always a prefix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches.ragged import Ragged

__all__ = ["Packed", "pack"]


@dataclass(frozen=True, eq=False)
class Packed:
    """A batch as the recurrence reads it (the layout of PackedSequence's ``data`` and ``batch_sizes``).

    Row ``starts[t] + k`` is the token at step ``t`` of the document that is ``k``-th by falling length.

    Attributes:
        ids: int32[N], token ids, step after step.
        active: int64[T], how many documents still run at step t; falling, never 0.
        order: int64[B], ``order[k]`` is the place in the original batch of the k-th longest document.
        lengths: int64[B], falling; documents of length 0 stand last and have no row.
    """

    ids: npt.NDArray[np.int32]
    active: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """int64[T + 1], the first row of each step."""
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self.active)])

    @property
    def documents(self) -> npt.NDArray[np.int64]:
        """int64[N], the sorted place k of the document that each row belongs to."""
        return np.arange(len(self.ids)) - np.repeat(self.starts[:-1], self.active)

    @property
    def inverse(self) -> npt.NDArray[np.int64]:
        """int64[B], the sorted place of each document of the original batch: ``sorted_rows[inverse]`` restores it."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order))
        return places


def pack(batch: Ragged) -> Packed:
    """Sorts by falling length (equal lengths keep their order) and lays the tokens out step by step."""
    lengths = batch.lengths
    order = np.argsort(-lengths, kind="stable")
    falling = lengths[order]
    longest = int(falling[0]) if len(falling) else 0
    # How many documents are longer than t: lengths fall, so a search in the rising copy counts the others.
    active = len(falling) - np.searchsorted(falling[::-1], np.arange(longest), side="right")
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(active)])
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    step = np.arange(len(batch.values)) - np.repeat(batch.offsets[:-1], lengths)
    ids = np.empty_like(batch.values)
    ids[starts[step] + np.repeat(places, lengths)] = batch.values
    return Packed(ids, active.astype(np.int64), order, falling)
