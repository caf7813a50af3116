"""A packed batch as tensors on a device."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed, Ragged, pack

__all__ = ["Batch"]


class Batch:
    """What the network reads; each part is made when it is first asked for.

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

    def grid(self, states: Tensor, fill: float) -> Tensor:
        """[T, A, D]: packed rows on a grid of steps and documents, ``fill`` where a document has ended."""
        grid = states.new_full((len(self.active) * self.running, states.shape[1]), fill)
        return grid.index_copy(0, self.slots, states).view(len(self.active), self.running, -1)

    def _placed(self, array: npt.NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(self.device)
