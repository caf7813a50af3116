"""A batch without padding: time-major, documents sorted by falling length, so the running ones are always a prefix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches.ragged import Ragged
from recurra.batches.ragged_writer import MappedRagged
from recurra.kernels.compiled import kernels_of

__all__ = ["Packed", "pack"]


@dataclass(frozen=True, eq=False)
class Packed:
    """A batch in the layout that the recurrence reads (that of torch's PackedSequence: ``data`` and ``batch_sizes``).

    Row ``starts[t] + k`` is the token at step ``t`` of the ``k``-th longest document.

    Attributes:
        ids: int32[N], token ids, step after step.
        starts: int64[T + 1], the first row of each step.
        order: int64[B], ``order[k]`` is the index in the original batch of the k-th longest document.
        lengths: int64[B], falling; documents of length 0 come last and have no row.
    """

    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @property
    def active(self) -> npt.NDArray[np.int64]:
        """int64[T], number of documents that still run at step t; falling, never 0."""
        return self.starts[1:] - self.starts[:-1]

    @property
    def documents(self) -> npt.NDArray[np.int64]:
        """int64[N], the sorted index k of the document that each row belongs to."""
        return np.arange(len(self.ids)) - np.repeat(self.starts[:-1], self.active)

    @property
    def inverse(self) -> npt.NDArray[np.int64]:
        """int64[B], the sorted index of each document of the original batch: ``sorted_rows[inverse]`` restores it."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order))
        return places


def pack(documents: Ragged, indices: npt.NDArray[np.int64] | None = None, *, pad_to: int = 0) -> Packed:
    """Sorts documents by falling length (stable) and lays their tokens out step by step.

    Args:
        documents: token ids.
        indices: int64[B], the documents of the batch; all if not given.
        pad_to: shorter documents get id 0 appended up to this length.
    """
    if indices is None:
        indices = np.arange(len(documents))
    lengths = np.maximum(documents.offsets[indices + 1] - documents.offsets[indices], pad_to)
    ids = np.empty(int(lengths.sum()), dtype=np.int32)
    starts = np.zeros(int(lengths.max(initial=0)) + 1, dtype=np.int64)
    order, falling = np.empty(len(indices), dtype=np.int64), np.empty(len(indices), dtype=np.int64)
    kernels = kernels_of("packing")
    kernel = kernels.pack_short if documents.values.dtype == np.uint16 else kernels.pack
    kernel(indices, documents.values, documents.offsets, pad_to, ids, starts, order, falling)
    if isinstance(documents, MappedRagged):
        documents.file.note_read(int(lengths.sum()) * documents.values.itemsize, len(indices))
    return Packed(ids, starts, order, falling)
