"""What each training row counts in the loss, as scikit-learn's ``sample_weight`` says it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

__all__ = ["check_sample_weight", "drawn_by_weight", "relative_weights"]

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


def drawn_by_weight(weights: npt.NDArray[np.float32] | None, count: int, *, seed: int) -> npt.NDArray[np.bool_]:
    """bool[B], rows that stand for all as if each counted once: drawn by their weights, all of them without weights.

    A row is taken with its weight's share of a reference, which is the mean weight of a row that is met as often as it
    counts (sum of squares over the sum); heavier rows are all taken. So of a text that stands under every label with
    the probability of each as its weight, about one row is taken.

    Args:
        weights: float32[B], above 0.
        count: B.
        seed: of the draw.
    """
    if weights is None or not count:
        return np.ones(count, dtype=bool)
    wide = weights.astype(np.float64)
    reference = np.square(wide).sum() / wide.sum()
    drawn = np.random.default_rng(seed).random(count) * reference <= wide
    drawn[wide.argmax()] = True
    return np.asarray(drawn)


def relative_weights(weights: Floats) -> npt.NDArray[np.float32]:
    """The weights with a mean of 1: only what rows count beside one another matters."""
    return np.asarray(weights / weights.mean(), dtype=np.float32)
