"""The training loss where a row may have several labels: each label is a yes or a no of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.models.batch import BatchLike
from recurra.models.network import Output

__all__ = ["LabelLoss", "label_weights"]


def label_weights(settings: Any, targets: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """What a row without each label counts, and one with it, float32[2, C].

    1, or by the setting rows / (2 × rows of that kind), as scikit-learn's one-vs-rest weighs them.

    Args:
        settings: of the training.
        targets: bool[B, C], the labels of all training rows.
    """
    rows, classes = targets.shape
    if settings.class_weights == "none":
        return np.ones((2, classes), dtype=np.float32)
    having = targets.sum(axis=0)
    # A label that no row has, or every one, has no weight to give the other kind.
    balanced: npt.NDArray[np.float64] = rows / (2 * np.maximum(np.stack([rows - having, having]), 1))
    return balanced.astype(np.float32)


class LabelLoss:
    """Binary cross-entropy, the mean over labels, with what the other task's loss has beside it.

    Args:
        settings: of the training.
        targets: bool[B, C], the labels of all training rows, for the balanced weights.
        every_step: share of the loss at every step, from the network's settings.
        device: where batches are.
    """

    def __init__(
        self, settings: Any, targets: npt.NDArray[np.bool_], *, every_step: float, device: torch.device
    ) -> None:
        self.smoothing = settings.label_smoothing
        self.every_step = every_step
        self.weights = torch.from_numpy(label_weights(settings, targets)).to(device)

    def __call__(self, output: Output, batch: BatchLike, targets: Tensor) -> Tensor:
        """The mean loss of a batch over its documents and labels.

        Args:
            output: the network's answer.
            batch: the documents it read.
            targets: bool[B, C], their labels.
        """
        pooled = self._each(output.logits, targets).mean()
        if output.steps is None or batch.running == 0:
            return pooled
        sorted_targets = batch.by_length(targets)[: batch.running]
        each = self._each(output.steps, batch.by_token(sorted_targets, 0))
        # A mean over each document's steps first, so that long documents do not count for more.
        steps = (each / batch.by_token(batch.lengths[: batch.running], 1)).sum() / batch.running
        return (1 - self.every_step) * pooled + self.every_step * steps

    def _each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """[rows], the mean over the labels of each row."""
        wanted = targets.to(logits.dtype) * (1 - self.smoothing) + self.smoothing / 2
        weights = torch.where(targets, self.weights[1], self.weights[0])
        return (weights * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).mean(dim=1)
