"""What a network is trained for: one class a row, or any number of labels."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.tasks.multi_label_torch import LabelLoss
from recurra.tasks.single_label_torch import Loss
from recurra.training.settings import TrainingSettings

__all__ = ["answered_rightly", "held_out_loss", "loss_for"]


def loss_for(
    settings: TrainingSettings, targets: npt.NDArray[Any], classes: int, *, every_step: float, device: torch.device
) -> Loss | LabelLoss:
    """The training loss.

    Args:
        settings: of the training.
        targets: int64[B], the classes of all training rows; or bool[B, C], their labels.
        classes: C.
        every_step: share of the loss at every step, from the network's settings.
        device: where batches are.
    """
    if targets.ndim == 2:
        return LabelLoss(settings, targets, every_step=every_step, device=device)
    return Loss(settings, targets, classes, every_step=every_step, device=device)


def answered_rightly(logits: Tensor, targets: Tensor) -> Tensor:
    """bool[B]: the largest logit is the class's; or those above 0 are the labels', and all of them.

    Args:
        logits: [B, C].
        targets: int64[B] or bool[B, C].
    """
    if targets.ndim == 2:
        return ((logits > 0) == targets).all(dim=1)
    return logits.argmax(dim=1) == targets


def held_out_loss(logits: Tensor, targets: Tensor) -> float:
    """The mean cross-entropy, or binary cross-entropy of all labels. Arguments: see :func:`answered_rightly`."""
    if targets.ndim == 2:
        return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype)).item()
    return F.cross_entropy(logits, targets).item()
