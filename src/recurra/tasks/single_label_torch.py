"""The training loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.models.batch import BatchLike
from recurra.models.network import Output

__all__ = ["ABSENT", "Loss", "class_weights"]

# The class of a document that is not there.
ABSENT = -100


def class_weights(settings: Any, targets: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """What each class counts, float32[C]: 1, or by the setting rows / (classes × rows of the class).

    Args:
        settings: of the training.
        targets: int64[B], the classes of all training rows.
        classes: C.
    """
    if settings.class_weights == "none":
        return np.ones(classes, dtype=np.float32)
    rows = np.bincount(targets, minlength=classes)
    # A class without a training row has no weight to give.
    balanced: npt.NDArray[np.float64] = len(targets) / (np.count_nonzero(rows) * np.maximum(rows, 1))
    return balanced.astype(np.float32)


class Loss:
    """Cross-entropy or focal loss, with class weights, smoothing and the loss at every step where they are asked for.

    Args:
        settings: of the training.
        targets: int64[B], the classes of all training rows, for the balanced weights.
        classes: number of classes.
        every_step: share of the loss at every step, from the network's settings.
        device: where batches are.
    """

    def __init__(
        self,
        settings: Any,
        targets: npt.NDArray[np.int64],
        classes: int,
        *,
        every_step: float,
        device: torch.device,
    ) -> None:
        self.smoothing = settings.label_smoothing
        self.gamma = settings.focal_gamma if settings.loss == "focal" else 0.0
        self.every_step = every_step
        self.weights: Tensor | None = None
        if settings.class_weights == "balanced":
            self.weights = torch.from_numpy(class_weights(settings, targets, classes)).to(device)

    def __call__(self, output: Output, batch: BatchLike, targets: Tensor) -> Tensor:
        """The mean loss of a batch, by weight over its documents.

        Args:
            output: the network's answer.
            batch: the documents it read.
            targets: int64[B], their classes; :data:`ABSENT` where a batch of fixed size has no document.
        """
        pooled = self._each(output.logits, targets).sum() / self._weight(targets)
        if output.steps is None or batch.running == 0:
            return pooled
        sorted_targets = batch.by_length(targets)
        each = self._each(output.steps, batch.by_token(sorted_targets, ABSENT))
        # A mean over each document's steps first, so that long documents do not count for more.
        steps = (each / batch.by_token(batch.lengths, 1)).sum()
        weight = self._weight(sorted_targets.masked_fill(batch.lengths == 0, ABSENT))
        return (1 - self.every_step) * pooled + self.every_step * steps / weight

    def _each(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self.gamma:
            return self._focal(logits, targets)
        return F.cross_entropy(
            logits, targets, weight=self.weights, label_smoothing=self.smoothing, ignore_index=ABSENT, reduction="none"
        )

    def _focal(self, logits: Tensor, targets: Tensor) -> Tensor:
        """-Σ_c q_c w_c (1 - p_c)^γ log p_c of each row (Lin et al. 2017), with q as label smoothing has it."""
        logs = F.log_softmax(logits.float() if logits.dtype == torch.bfloat16 else logits, dim=1)
        # 1 - p without cancellation; at 0, where a power below 1 has no slope, the row's own is 0.
        missing = (-torch.expm1(logs)).clamp(min=torch.finfo(logs.dtype).tiny)
        wanted = torch.full_like(logs, self.smoothing / logs.shape[1])
        wanted = wanted.scatter_add(1, targets.clamp(min=0)[:, None], torch.full_like(logs[:, :1], 1 - self.smoothing))
        if self.weights is not None:
            wanted = wanted * self.weights
        each = -(wanted * missing**self.gamma * logs).sum(dim=1)
        return each.masked_fill(targets == ABSENT, 0.0)

    def _weight(self, targets: Tensor) -> Tensor:
        # Written out: where classes are weighed and smoothed, torch's own mean waits for the device.
        present = targets != ABSENT
        if self.weights is None:
            return present.sum()
        return (self.weights.index_select(0, targets.clamp(min=0)) * present).sum()
