"""The training loss of any number of labels a row, in torch: a binary decision for each label."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.tasks.multi_label import label_weights
from recurra.tasks.objective import Objective

__all__ = ["Loss"]


class Loss(Objective):
    """Binary cross-entropy, the mean over rows and labels. Targets are bool[B, C]."""

    def prepare(self, settings: Any, targets: npt.NDArray[Any], outputs: int, device: torch.device | str) -> None:
        """See :class:`Objective`."""
        self.weights = torch.from_numpy(label_weights(settings, targets)).to(device)

    def each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The mean loss over the labels of each row, [rows]."""
        wanted = targets.to(logits.dtype) * (1 - self.smoothing) + self.smoothing / 2
        weights = torch.where(targets, self.weights[1], self.weights[0])
        return (weights * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).mean(dim=1)

    def probabilities(self, logits: Tensor) -> npt.NDArray[np.float64]:
        """See :class:`Objective`."""
        return torch.sigmoid(logits.double()).numpy()

    def right(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The logits above 0 are exactly those of the row's labels."""
        return ((logits > 0) == targets).all(dim=1)

    def validation_losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The mean binary cross-entropy of a row's labels, without class weights or smoothing."""
        return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="none").mean(dim=1)
