"""The element-wise functions of the cells' formulas and of the output, on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["NUMPY", "NumpyOps", "sigmoid", "softmax"]


def sigmoid(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1 / (1 + exp(-x)), element by element, in the precision of ``values``.

    Computed as (1 + tanh(x / 2)) / 2, the same function, which overflows for no x.
    """
    halves: npt.NDArray[Any] = np.tanh(values * 0.5)
    halves += 1
    halves *= 0.5
    return halves


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """exp(x) / Σ exp(x) along the last axis; the largest logit is taken off first, so that none overflows."""
    powers: npt.NDArray[Any] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


class NumpyOps:
    """What :class:`recurra.recurrence.cells.Ops` asks for."""

    tanh = staticmethod(np.tanh)
    sigmoid = staticmethod(sigmoid)


NUMPY = NumpyOps()
