"""A packed batch in tensors of a fixed size, whose documents are known to the device alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from recurra.cells import Cell
from recurra.recurrence.engines import Engine, Weights
from recurra.recurrence.engines.static_layer import static_layer

__all__ = ["StaticBatch"]


class StaticBatch:
    """See :class:`recurra.models.batch.BatchLike`; documents come and leave by falling length.

    Nothing here asks the device for a number, so a CUDA graph of what is computed can be replayed with other documents.
    Rows behind the last token and documents behind the last one are room: what they hold reaches no result and no
    gradient.

    Args:
        ids: int32[R], packed token ids; those of room are any of the vocabulary. R ≥ B.
        starts: int32[T + 1], the first row of each step; N, the number of tokens, behind the last one.
        lengths: int32[B], falling; 0 for empty documents and for room.
    """

    def __init__(self, ids: Tensor, starts: Tensor, lengths: Tensor) -> None:
        self.ids, self.starts, self.lengths = ids, starts, lengths
        self.running = len(lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def last(self) -> Tensor:
        """int64[B], the row of each document's last token; of an empty document any row."""
        steps = (self.lengths - 1).clamp(min=0)
        return self.starts.index_select(0, steps).long() + self._counted(len(self))

    @cached_property
    def slots(self) -> Tensor:
        """int64[R], the place step · B + k of each token in a grid of T steps and B documents; T · B for room."""
        rows = self._counted(len(self.ids)).int()
        steps = torch.searchsorted(self.starts, rows, right=True, out_int32=True) - 1
        last = len(self.starts) - 1
        # Behind the last token all starts are N, and the search goes on to the end.
        places = rows - self.starts.index_select(0, steps) + steps * len(self)
        return torch.where(steps < last, places, last * len(self)).long()

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """A recurrent layer: [R, H] hidden states a direction."""
        return static_layer(engine, cell, inputs, weights, self.starts, self.lengths)

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, B, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""
        steps = len(self.starts) - 1
        grid = states.new_full((steps * len(self) + 1, states.shape[1]), fill)
        return grid.index_copy(0, self.slots, states)[:-1].view(steps, len(self), -1)

    def spread(self, pooled: Tensor) -> Tensor:
        """[B, P]: zeros where a document is empty."""
        return torch.where(self.lengths[:, None] > 0, pooled, 0)

    def restored(self, values: Tensor) -> Tensor:
        """The same: this batch's documents are in that order."""
        return values

    def by_length(self, values: Tensor) -> Tensor:
        """The same: this batch's documents are in that order."""
        return values

    def by_token(self, values: Tensor, fill: float) -> Tensor:
        """[R]: a value of each document at each of its tokens; ``fill`` in room."""
        found = values.index_select(0, self.slots % len(self))
        return torch.where(self.slots < (len(self.starts) - 1) * len(self), found, fill)

    def _counted(self, count: int) -> Tensor:
        return torch.arange(count, device=self.ids.device)
