"""The output's function."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["softmax"]


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """exp(x) / Σ exp(x) along the last axis; the largest logit is taken off first, so that none overflows."""
    powers: npt.NDArray[Any] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers
