"""The training loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.models.batch import Batch
from recurra.models.network import Output
from recurra.training.settings import TrainingSettings

__all__ = ["Loss"]


class Loss:
    """Cross-entropy, with class weights, label smoothing and the loss at every step where they are asked for.

    Args:
        settings: of the training.
        targets: int64[B], the classes of all training rows, for the balanced weights.
        classes: number of classes.
        every_step: share of the loss at every step, from the network's settings.
        device: where batches are.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        targets: npt.NDArray[np.int64],
        classes: int,
        *,
        every_step: float,
        device: torch.device,
    ) -> None:
        self.smoothing = settings.label_smoothing
        self.every_step = every_step
        self.weights: Tensor | None = None
        if settings.class_weights == "balanced":
            rows = np.bincount(targets, minlength=classes)
            # A class without a training row has no weight to give.
            balanced = len(targets) / (np.count_nonzero(rows) * np.maximum(rows, 1))
            self.weights = torch.tensor(balanced, dtype=torch.float32, device=device)

    def __call__(self, output: Output, batch: Batch, targets: Tensor) -> Tensor:
        """The mean loss of a batch.

        Args:
            output: the network's answer.
            batch: the documents it read.
            targets: int64[B], their classes.
        """
        pooled = F.cross_entropy(output.logits, targets, weight=self.weights, label_smoothing=self.smoothing)
        if output.steps is None or len(batch.last) == 0:
            return pooled
        running = len(batch.last)
        places = torch.argsort(batch.inverse)[batch.slots % running]
        losses = F.cross_entropy(
            output.steps, targets[places], weight=self.weights, label_smoothing=self.smoothing, reduction="none"
        )
        # A mean over each document's steps first, so that long documents do not count for more.
        steps = batch.grid(losses[:, None], 0.0).sum(dim=0)[:, 0] / batch.lengths[:running]
        # And as the pooled loss, a mean by weight over documents.
        weight = running if self.weights is None else self.weights[targets[places[:running]]].sum()
        return (1 - self.every_step) * pooled + self.every_step * steps.sum() / weight
