"""A packed batch as tensors on a device, and the interface of all kinds of batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed, Ragged, pack
from recurra.cells import Cell
from recurra.recurrence.engines import Engine, Weights

__all__ = ["Batch", "BatchLike"]


class BatchLike(Protocol):
    """The interface of a batch of B documents and N packed tokens, for the network, its pooling and the loss."""

    def __len__(self) -> int:
        """B."""

    @property
    def ids(self) -> Tensor:
        """[N], packed token ids."""

    @property
    def running(self) -> int:
        """A, number of documents whose states are computed; sorted by falling length they come first."""

    @property
    def lengths(self) -> Tensor:
        """[B], falling."""

    @property
    def last(self) -> Tensor:
        """[A], the row of each running document's last token."""

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """A recurrent layer: [N, H] states of each direction (:meth:`recurra.recurrence.engines.Engine.layer`)."""

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, A, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""

    def with_empty_documents(self, pooled: Tensor) -> Tensor:
        """[B, P]: vectors of the A running documents, and zeros for empty ones."""

    def in_batch_order(self, values: Tensor) -> Tensor:
        """Values of documents, from falling length to the order of the batch."""

    def in_length_order(self, values: Tensor) -> Tensor:
        """Values of documents, from the order of the batch to falling length."""

    def by_token(self, values: Tensor, fill: float) -> Tensor:
        """[N]: the value of each document, sorted by falling length, at each of its tokens; ``fill`` elsewhere."""


class Batch:
    """A batch of the exact size of its documents; tensors are created on first access.

    Args:
        packed: the documents.
        device: of the tensors.
    """

    def __init__(self, packed: Packed, device: torch.device | str = "cpu") -> None:
        self.packed, self.device = packed, device

    @classmethod
    def of(cls, documents: Ragged, device: torch.device | str = "cpu") -> Batch:
        """Packs documents."""
        return cls(pack(documents), device)

    def __len__(self) -> int:
        return len(self.packed.lengths)

    @cached_property
    def ids(self) -> Tensor:
        """int64[N], packed token ids."""
        return self._placed(self.packed.ids.astype(np.int64))

    @cached_property
    def active(self) -> list[int]:
        """Number of documents that run at each step."""
        active: list[int] = self.packed.active.tolist()
        return active

    @cached_property
    def running(self) -> int:
        """A, number of documents that are not empty."""
        return int(self.packed.starts[1]) if len(self.packed.starts) > 1 else 0

    @cached_property
    def slots(self) -> Tensor:
        """int64[N], the index step · A + k of each token in a grid of T steps and A documents."""
        active = self.packed.active
        steps = np.repeat(np.arange(len(active)), active)
        return self._placed(steps * self.running + self.packed.documents)

    @cached_property
    def lengths(self) -> Tensor:
        """int64[B], falling."""
        return self._placed(self.packed.lengths)

    @cached_property
    def last(self) -> Tensor:
        """int64[A], the row of each running document's last token."""
        rows = self.packed.starts[self.packed.lengths[: self.running] - 1] + np.arange(self.running)
        return self._placed(rows)

    @cached_property
    def inverse(self) -> Tensor:
        """int64[B], the index by falling length of each document of the original batch."""
        return self._placed(self.packed.inverse)

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """See :meth:`BatchLike.layer`."""
        return engine.layer(cell, inputs, weights, self.active)

    def with_empty_documents(self, pooled: Tensor) -> Tensor:
        """See :meth:`BatchLike.with_empty_documents`."""
        return torch.cat([pooled, pooled.new_zeros(len(self) - len(pooled), pooled.shape[1])])

    def in_batch_order(self, values: Tensor) -> Tensor:
        """See :meth:`BatchLike.in_batch_order`."""
        return values.index_select(0, self.inverse)

    def in_length_order(self, values: Tensor) -> Tensor:
        """See :meth:`BatchLike.in_length_order`."""
        return values.index_select(0, self._placed(self.packed.order))

    def by_token(self, values: Tensor, fill: float) -> Tensor:
        """See :meth:`BatchLike.by_token`; every row has a document here."""
        return values.index_select(0, self.slots % max(1, self.running))

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, A, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""
        grid = states.new_full((len(self.active) * self.running, states.shape[1]), fill)
        return grid.index_copy(0, self.slots, states).view(len(self.active), self.running, -1)

    def _placed(self, array: npt.NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(self.device)
