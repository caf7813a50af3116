"""The training loss of one class a row, in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.tasks.objective import Objective
from recurra.tasks.single_label import class_weights

__all__ = ["ABSENT", "Loss"]

# Class number for places of a batch without a document.
ABSENT = -100


class Loss(Objective):
    """Cross-entropy or focal loss, with class weights and label smoothing if the settings ask for them.

    The mean is weighted. Targets are int64[B]; :data:`ABSENT` where a batch of fixed size has no document.
    """

    absent = ABSENT

    def prepare(self, settings: Any, targets: npt.NDArray[Any], outputs: int, device: torch.device | str) -> None:
        """See :class:`Objective`."""
        self.gamma = settings.focal_gamma if settings.loss == "focal" else 0.0
        self.weights: Tensor | None = None
        if settings.class_weights == "balanced":
            self.weights = torch.from_numpy(class_weights(settings, targets, outputs)).to(device)

    def each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :class:`Objective`."""
        if self.gamma:
            return self._focal(logits, targets)
        return F.cross_entropy(
            logits, targets, weight=self.weights, label_smoothing=self.smoothing, ignore_index=ABSENT, reduction="none"
        )

    def _focal(self, logits: Tensor, targets: Tensor) -> Tensor:
        """-Σ_c q_c w_c (1 - p_c)^γ log p_c of each row (Lin et al. 2017), with q as label smoothing has it."""
        logs = F.log_softmax(logits.float() if logits.dtype == torch.bfloat16 else logits, dim=1)
        # 1 - p without cancellation, and above 0: a power below 1 has no finite slope there.
        missing = (-torch.expm1(logs)).clamp(min=torch.finfo(logs.dtype).tiny)
        wanted = torch.full_like(logs, self.smoothing / logs.shape[1])
        wanted = wanted.scatter_add(1, targets.clamp(min=0)[:, None], torch.full_like(logs[:, :1], 1 - self.smoothing))
        if self.weights is not None:
            wanted = wanted * self.weights
        each = -(wanted * missing**self.gamma * logs).sum(dim=1)
        return each.masked_fill(targets == ABSENT, 0.0)

    def weight(self, targets: Tensor, counts: Tensor | None = None) -> Tensor:
        """See :class:`Objective`."""
        # Written out because torch's own mean synchronises with the device if there are class weights and smoothing.
        there = targets != ABSENT if counts is None else (targets != ABSENT) * counts
        if self.weights is None:
            return there.sum()
        return (self.weights.index_select(0, targets.clamp(min=0)) * there).sum()

    def probabilities(self, logits: Tensor) -> npt.NDArray[np.float64]:
        """See :class:`Objective`."""
        return torch.softmax(logits.double(), dim=1).numpy()

    def right(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The largest logit is that of the true class."""
        return logits.argmax(dim=1) == targets

    def validation_losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The cross-entropy, without class weights or smoothing."""
        return F.cross_entropy(logits, targets, reduction="none")
