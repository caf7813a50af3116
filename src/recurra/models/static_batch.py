"""A packed batch in tensors of a fixed size, for CUDA graphs: only the device knows its documents."""

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
    """See :class:`recurra.models.batch.BatchLike`; the documents are sorted by falling length.

    Nothing here synchronises with the device, so a CUDA graph can be replayed with other documents. Rows after the last
    token and places after the last document are unused: their values reach no result and no gradient.

    Args:
        ids: int32[R], packed token ids; unused ones may be any id of the vocabulary. R ≥ B.
        starts: int32[T + 1], the first row of each step; N, the number of tokens, after the last one.
        lengths: int32[B], falling; 0 for empty documents and unused places.
    """

    def __init__(self, ids: Tensor, starts: Tensor, lengths: Tensor) -> None:
        self.ids, self.starts, self.lengths = ids, starts, lengths
        self.running = len(lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def last(self) -> Tensor:
        """int64[B], the row of each document's last token; any row for an empty document."""
        steps = (self.lengths - 1).clamp(min=0)
        return self.starts.index_select(0, steps).long() + self._counted(len(self))

    @cached_property
    def slots(self) -> Tensor:
        """int64[R], the index step · B + k of each token in a grid of T steps and B documents; T · B if unused."""
        rows = self._counted(len(self.ids)).int()
        steps = torch.searchsorted(self.starts, rows, right=True, out_int32=True) - 1
        last = len(self.starts) - 1
        # After the last token all starts are N, and the search ends at the last one.
        places = rows - self.starts.index_select(0, steps) + steps * len(self)
        return torch.where(steps < last, places, last * len(self)).long()

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """A recurrent layer: [R, H] hidden states for each direction."""
        return static_layer(engine, cell, inputs, weights, self.starts, self.lengths)

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, B, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""
        steps = len(self.starts) - 1
        grid = states.new_full((steps * len(self) + 1, states.shape[1]), fill)
        return grid.index_copy(0, self.slots, states)[:-1].view(steps, len(self), -1)

    def with_empty_documents(self, pooled: Tensor) -> Tensor:
        """[B, P]: zeros for empty documents."""
        return torch.where(self.lengths[:, None] > 0, pooled, 0)

    def in_batch_order(self, values: Tensor) -> Tensor:
        """Unchanged: this batch is sorted by falling length."""
        return values

    def in_length_order(self, values: Tensor) -> Tensor:
        """Unchanged: this batch is sorted by falling length."""
        return values

    def by_token(self, values: Tensor, fill: float) -> Tensor:
        """[R]: the value of each document at each of its tokens; ``fill`` in unused rows."""
        found = values.index_select(0, self.slots % len(self))
        return torch.where(self.slots < (len(self.starts) - 1) * len(self), found, fill)

    def _counted(self, count: int) -> Tensor:
        return torch.arange(count, device=self.ids.device)
