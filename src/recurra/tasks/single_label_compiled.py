"""The training loss of one class a row, as kernels compute it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.tasks.single_label import class_weights

__all__ = ["CompiledLoss"]

Array = npt.NDArray[np.float32]


class CompiledLoss:
    """Cross-entropy or focal loss with its gradient. Arguments: see :class:`recurra.tasks.objective.Objective`.

    Attributes:
        kernels: the file of kernels that it calls.
    """

    kernels = "training.single_label_loss"

    def __init__(self, settings: Any, targets: npt.NDArray[np.int64], outputs: int) -> None:
        self.settings, self.weights = settings, class_weights(settings, targets, outputs)

    def weight(self, targets: npt.NDArray[np.int64]) -> float:
        """What the loss of some rows is divided by."""
        return float(self.weights[targets].sum(dtype=np.float64))

    def __call__(
        self, logits: Array, targets: npt.NDArray[np.int64], d_logits: Array, result: npt.NDArray[np.float64]
    ) -> None:
        """Writes the gradient of the logits, and into float64[1, 2] the loss and how many rows are right."""
        losses, settings = kernels_of(self.kernels), self.settings
        given = logits, targets, self.weights, settings.label_smoothing
        if settings.loss == "focal":
            losses.focal(*given, settings.focal_gamma, d_logits, result)
        else:
            losses.cross_entropy(*given, d_logits, result)
