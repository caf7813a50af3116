"""Divides documents into training batches: shuffled, or of similar length (bucketing)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

__all__ = ["Batches", "cut_batches"]

# Number of batches whose documents are sorted together when bucketing: large enough to make the lengths in a batch
# similar, small enough that batches differ from epoch to epoch.
POOL = 100


class Batches(Sequence[npt.NDArray[np.int64]]):
    """Batches of documents, each created on access: storing them as separate arrays would take much more memory.

    Args:
        order: int64[B], the indices of the documents.
        bounds: int64[batches + 1], where each batch begins in ``order`` and the last one ends.
        turns: int64[batches], the order of the batches; as they are if not given.
    """

    def __init__(
        self,
        order: npt.NDArray[np.int64],
        bounds: npt.NDArray[np.int64],
        turns: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self.order, self.bounds, self.turns = order, bounds, turns

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def of(self, rows: npt.NDArray[np.int64]) -> Batches:
        """The same batches, with ``rows[document]`` in place of each document."""
        return Batches(rows[self.order], self.bounds, self.turns)

    @overload
    def __getitem__(self, index: int) -> npt.NDArray[np.int64]: ...

    @overload
    def __getitem__(self, index: slice) -> list[npt.NDArray[np.int64]]: ...

    def __getitem__(self, index: int | slice) -> npt.NDArray[np.int64] | list[npt.NDArray[np.int64]]:
        """The documents of one batch, int64, or a list for a slice."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        place = index % len(self)
        if self.turns is not None:
            place = int(self.turns[place])
        return self.order[self.bounds[place] : self.bounds[place + 1]]


def cut_batches(
    lengths: npt.NDArray[np.int64],
    *,
    batch_size: int,
    batch_tokens: int | None = None,
    bucketing: bool = False,
    generator: np.random.Generator | None = None,
) -> Batches:
    """Divides documents into batches; each document is in exactly one.

    Args:
        lengths: int64[B], tokens of each document.
        batch_size: largest number of documents in a batch.
        batch_tokens: largest number of tokens in a batch, counted with padding (documents × the longest of them);
            a single longer document is a batch by itself.
        bucketing: sort pools of 100 batches by length, so that documents in a batch have similar lengths.
        generator: shuffles documents (and bucketed batches); ``None`` keeps the file's order.

    Returns:
        The indices of the documents of each batch.
    """
    count = len(lengths)
    order = np.arange(count) if generator is None else generator.permutation(count)
    if bucketing:
        pool = batch_size * POOL
        order = np.concatenate(
            [
                order[i : i + pool][np.argsort(lengths[order[i : i + pool]], kind="stable")]
                for i in range(0, count, pool)
            ]
            or [order]
        )
    if batch_tokens:
        bounds = _by_tokens(lengths[order], batch_size, batch_tokens)
    else:
        bounds = np.append(np.arange(0, count, batch_size, dtype=np.int64), count)
    turns = generator.permutation(len(bounds) - 1) if bucketing and generator is not None else None
    return Batches(order, bounds, turns)


def _by_tokens(lengths: npt.NDArray[np.int64], batch_size: int, batch_tokens: int) -> npt.NDArray[np.int64]:
    bounds, longest = [0], 0
    for place, length in enumerate(lengths.tolist()):
        longest = max(longest, length)
        size = place + 1 - bounds[-1]
        if size > 1 and (size > batch_size or size * longest > batch_tokens):
            bounds.append(place)
            longest = length
    if len(lengths):
        bounds.append(len(lengths))
    return np.array(bounds, dtype=np.int64)
