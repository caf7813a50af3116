"""The part of a batch that one of several processes computes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recurra.batches.packed import Packed

__all__ = ["BatchPart"]


@dataclass(frozen=True, eq=False)
class BatchPart:
    """Some documents of a batch, and where they stand in it.

    Attributes:
        whole: the batch, packed.
        places: int64[P], places of the part's documents among those of the batch by falling length; rising, at least
            one.
        counted: whether they count. A batch may have fewer documents than there are processes; one that has none of
            its own then computes a document of another, for the same random numbers, and counts it as nothing.
    """

    whole: Packed
    places: npt.NDArray[np.int64]
    counted: bool

    @classmethod
    def of(cls, whole: Packed, rank: int, processes: int) -> BatchPart:
        """The part of a process.

        Documents are dealt out by falling length, so that parts have about as many tokens and steps. Every part has a
        document that is not empty, if there is one.

        Args:
            whole: the batch, of at least one document.
            rank: which process, from 0 on.
            processes: how many there are.
        """
        computing = min(processes, max(1, int((whole.lengths > 0).sum())))
        if rank >= computing:
            return cls(whole, np.zeros(1, dtype=np.int64), counted=False)
        return cls(whole, np.arange(rank, len(whole.order), computing), counted=True)

    @property
    def documents(self) -> npt.NDArray[np.int64]:
        """int64[P], the index in the original batch of each document of the part."""
        return self.whole.order[self.places]

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """int64[N], the row in the whole packed batch of each row of the part, packed."""
        active = np.searchsorted(self.places, self.whole.active)
        steps = np.repeat(np.arange(len(active)), active)
        before = np.cumsum(active) - active
        return self.whole.starts[steps] + self.places[np.arange(len(steps)) - before[steps]]

    def packed(self) -> Packed:
        """The part as a batch of its own, in the order of :attr:`documents`."""
        active = np.searchsorted(self.places, self.whole.active)
        active = active[active > 0]
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(active)])
        lengths = self.whole.lengths[self.places]
        return Packed(self.whole.ids[self.rows], starts, np.arange(len(self.places)), lengths)
