"""One classifier's answers in a comparison: which rows it has right, its scores, and the same scores of drawn rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Contender"]

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Contender:
    """A classifier on B rows.

    Attributes:
        right: bool[B], the rows it has right; where rows have several labels, all of them have to be.
        scores: by name; ``accuracy`` is the share of right rows.
        draws: the same of each bootstrap resample, float64[resamples]; all contenders are scored on the same draws.
        sure: float64[B], the probability of each answer; of several labels that of the whole set, as if each label came
            by itself.
        answer: gives the label, or the list of labels, of a row by its place.
    """

    right: Flags
    scores: dict[str, float]
    draws: dict[str, Doubles]
    sure: Doubles
    answer: Callable[[int], Any]
