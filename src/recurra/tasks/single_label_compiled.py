"""The training loss of one class a row, in compiled kernels."""

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
        kernels: name of the module of kernels that it calls.
    """

    kernels = "training.single_label_loss"

    def __init__(self, settings: Any, targets: npt.NDArray[np.int64], outputs: int) -> None:
        self.settings, self.weights = settings, class_weights(settings, targets, outputs)

    def weight(self, targets: npt.NDArray[np.int64], rows: Array) -> float:
        """The number by which the summed loss of these rows is divided; ``rows`` is what each counts."""
        return float((rows * self.weights[targets]).sum(dtype=np.float64))

    def __call__(
        self,
        logits: Array,
        targets: npt.NDArray[np.int64],
        rows: Array,
        d_logits: Array,
        result: npt.NDArray[np.float64],
    ) -> None:
        """Writes the gradient of the logits, and to ``result``, float64[1, 2], the loss and the right rows.

        Args:
            logits: [B, C].
            targets: int64[B].
            rows: float32[B], what each row counts beside its class's weight.
            d_logits: [B, C], written.
            result: written.
        """
        losses, settings = kernels_of(self.kernels), self.settings
        given = logits, targets, self.weights, rows, settings.label_smoothing
        if settings.loss == "focal":
            losses.focal(*given, settings.focal_gamma, d_logits, result)
        else:
            losses.cross_entropy(*given, d_logits, result)
