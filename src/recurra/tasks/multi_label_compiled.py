"""The training loss of any number of labels a row, in compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.tasks.multi_label import label_weights

__all__ = ["CompiledLoss"]

Array = npt.NDArray[np.float32]


class CompiledLoss:
    """Binary cross-entropy with its gradient; see :class:`recurra.tasks.single_label_compiled.CompiledLoss`."""

    kernels = "training.multi_label_loss"

    def __init__(self, settings: Any, targets: npt.NDArray[np.bool_], outputs: int) -> None:
        self.smoothing, self.weights = settings.label_smoothing, label_weights(settings, targets)

    def weight(self, targets: npt.NDArray[np.bool_], rows: Array) -> float:
        """The loss is a mean over rows, by what each counts, and labels."""
        return float(rows.sum(dtype=np.float64))

    def __call__(
        self,
        logits: Array,
        targets: npt.NDArray[np.bool_],
        rows: Array,
        d_logits: Array,
        result: npt.NDArray[np.float64],
    ) -> None:
        """Writes the gradient of the logits, and to ``result``, float64[1, 2], the loss and the right rows."""
        given = logits, targets.astype(np.float32), self.weights, rows, self.smoothing
        kernels_of(self.kernels).binary_cross_entropy(*given, d_logits, result)
