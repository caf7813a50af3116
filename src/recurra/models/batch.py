"""A packed batch as tensors on a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recurra.batches import Ragged, pack

__all__ = ["Batch"]


@dataclass(frozen=True)
class Batch:
    """What the network reads.

    Attributes:
        ids: int64[N], packed token ids.
        active: documents that run at each step.
        cells: int64[N], the place step · A + k of each token in a [T, A] grid, A being ``active[0]``.
        lengths: int64[B], falling.
        last: int64[A], the row of each running document's last token.
        inverse: int64[B], where each document of the original batch stands by falling length.
    """

    ids: Tensor
    active: list[int]
    cells: Tensor
    lengths: Tensor
    last: Tensor
    inverse: Tensor

    @classmethod
    def of(cls, documents: Ragged, device: torch.device | str = "cpu") -> Batch:
        """Packs documents and moves them to the device."""
        packed = pack(documents)
        active = packed.active
        starts = packed.starts
        running = int(active[0]) if len(active) else 0
        steps = np.repeat(np.arange(len(active)), active)
        places = packed.documents
        last = starts[packed.lengths[:running] - 1] + np.arange(running)
        arrays = (packed.ids.astype(np.int64), steps * running + places, packed.lengths, last, packed.inverse)
        ids, cells, lengths, last_rows, inverse = (torch.from_numpy(array).to(device) for array in arrays)
        return cls(ids, active.tolist(), cells, lengths, last_rows, inverse)

    def __len__(self) -> int:
        return len(self.lengths)

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, A, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""
        running = self.active[0]
        grid = states.new_full((len(self.active) * running, states.shape[1]), fill)
        return grid.index_copy(0, self.cells, states).view(len(self.active), running, -1)
