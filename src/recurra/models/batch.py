"""A packed batch as tensors on a device, and what every kind of batch can do."""

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
    """What the network, its pooling and the loss ask of a batch of B documents and N packed tokens."""

    def __len__(self) -> int:
        """B."""

    @property
    def ids(self) -> Tensor:
        """[N], packed token ids."""

    @property
    def running(self) -> int:
        """Documents whose states are looked at, A; by falling length they stand first."""

    @property
    def lengths(self) -> Tensor:
        """[B], falling."""

    @property
    def last(self) -> Tensor:
        """[A], the row of each running document's last token."""

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """A recurrent layer: [N, H] hidden states a direction (:meth:`recurra.recurrence.engines.Engine.layer`)."""

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, A, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""

    def spread(self, pooled: Tensor) -> Tensor:
        """[B, P]: vectors of the A running documents, and zeros for empty ones."""

    def restored(self, values: Tensor) -> Tensor:
        """Values a document, from falling length to the order of the batch's documents."""

    def by_length(self, values: Tensor) -> Tensor:
        """Values a document, from the order of the batch's documents to falling length."""

    def by_token(self, values: Tensor, fill: float) -> Tensor:
        """[N]: a value of each document, given by falling length, at each of its tokens; ``fill`` where none is."""


class Batch:
    """A batch of exactly its own size; each part is made when it is first asked for.

    Args:
        packed: the documents.
        device: where the tensors are to be.
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
        """Documents that run at each step."""
        active: list[int] = self.packed.active.tolist()
        return active

    @cached_property
    def running(self) -> int:
        """Documents that are not empty, A."""
        return int(self.packed.starts[1]) if len(self.packed.starts) > 1 else 0

    @cached_property
    def slots(self) -> Tensor:
        """int64[N], the place step · A + k of each token in a grid of T steps and A documents."""
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
        """int64[B], where each document of the original batch stands by falling length."""
        return self._placed(self.packed.inverse)

    def layer(self, engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
        """See :meth:`BatchLike.layer`."""
        return engine.layer(cell, inputs, weights, self.active)

    def spread(self, pooled: Tensor) -> Tensor:
        """See :meth:`BatchLike.spread`."""
        return torch.cat([pooled, pooled.new_zeros(len(self) - len(pooled), pooled.shape[1])])

    def restored(self, values: Tensor) -> Tensor:
        """See :meth:`BatchLike.restored`."""
        return values.index_select(0, self.inverse)

    def by_length(self, values: Tensor) -> Tensor:
        """See :meth:`BatchLike.by_length`."""
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
