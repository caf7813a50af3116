"""One classifier's part in a comparison: which rows it has right, its scores, and their bootstrap distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ClassifierResult"]

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClassifierResult:
    """A classifier's result on B rows.

    Attributes:
        right: bool[B], which rows it has right; a multi-label row is right if all its labels are.
        scores: by name; ``accuracy`` is the share of right rows.
        draws: the same scores of each bootstrap resample, float64[resamples]; the resamples are the same for all
            classifiers.
        confidence: float64[B], the probability of each answer; for several labels that of the whole set, as if labels
            were independent.
        answer: returns the label, or the list of labels, of the row with a given index.
    """

    right: Flags
    scores: dict[str, float]
    draws: dict[str, Doubles]
    confidence: Doubles
    answer: Callable[[int], Any]
