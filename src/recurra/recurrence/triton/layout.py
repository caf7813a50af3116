"""The layout of a packed batch on the device, where the kernels read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

__all__ = ["Layout"]


class Layout(NamedTuple):
    """A packed batch's layout; kernels read the numbers, the host only the tensors' sizes.

    So a captured graph can be replayed with other documents: the caller refills the tensors and keeps T, B and the rows
    of the inputs, which are then the largest that fit.

    Attributes:
        starts: int32[T + 1], the first row of each step; steps that no document reaches begin at N, as ``starts[T]``.
        lengths: int32[B], falling; documents of length 0 may come last.
    """

    starts: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, active: Sequence[int], device: torch.device) -> Layout:
        """The layout of a batch without spare rows.

        Args:
            active: how many documents run at each step; falling, never 0.
            device: where the kernels run.
        """
        counts = np.asarray(active)
        lengths = len(counts) - np.searchsorted(counts[::-1], np.arange(counts[0]), side="right")
        # One copy to the device instead of two.
        numbers = torch.from_numpy(np.concatenate([[0], np.cumsum(counts), lengths]).astype(np.int32)).to(device)
        return cls(numbers[: len(counts) + 1], numbers[len(counts) + 1 :])
