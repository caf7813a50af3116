"""What each training row counts in the loss, as scikit-learn's ``sample_weight`` says it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

__all__ = ["check_sample_weight", "relative_weights"]

Floats = npt.NDArray[np.float64]


def check_sample_weight(sample_weight: Any, rows: int) -> Floats:
    """The weights as float64[B], the largest of them 1.

    Args:
        sample_weight: B numbers of 0 or more.
        rows: B.

    Raises:
        DataError: they are no numbers, as many as rows, finite, 0 or more, and not all 0.
    """
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight is {sample_weight!r:.80}", "Give a number for each row.") from error
    if weights.shape != (rows,):
        raise DataError(
            f"There are {rows:,} rows, and sample_weight has the shape {list(weights.shape)}",
            "Give one number for each row.",
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise DataError(
            f"sample_weight of row {wrong[0]:,} (counted from 0) is {weights[wrong[0]]}",
            "Give finite numbers of 0 or more.",
        )
    if not weights.any():
        raise DataError(f"sample_weight is 0 for all {rows:,} rows", "Give a number above 0 to the rows to learn from.")
    return np.asarray(weights / weights.max())


def relative_weights(weights: Floats) -> npt.NDArray[np.float32]:
    """The weights with a mean of 1: only what rows count beside one another matters."""
    return np.asarray(weights / weights.mean(), dtype=np.float32)
