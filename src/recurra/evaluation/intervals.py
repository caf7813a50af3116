"""How far a score could be off by the luck of which rows were tested."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError
from recurra.evaluation.metrics import BINS, bins_of, calibration_error, log_losses, macro_f1, share_of, weighted_f1

__all__ = ["Interval", "bootstrap", "resampled", "wilson"]

Interval: TypeAlias = tuple[float, float]
"""(low, high) of a 95 % interval."""

NORMAL_975 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""

# Drawn rows (or class counts) held at once: 8 MiB for each int64 array of them.
CHUNK = 2**20


def wilson(right: int, rows: int) -> Interval:
    """95 % interval of a share, by the score of Wilson (1927, JASA 22).

    ``(p + z²/2n ± z·√(p(1 - p)/n + z²/4n²)) / (1 + z²/n)``. Unlike the textbook's interval it stays in [0, 1] and
    has a width at 0 % and 100 %.

    Args:
        right: rows that are right.
        rows: rows tested, 1 or more.

    Raises:
        DataError: no rows, or more right ones than rows.
    """
    if rows < 1 or not 0 <= right <= rows:
        raise DataError(f"{right} right of {rows} rows has no interval", "Test one row or more.")
    share, z2 = right / rows, NORMAL_975**2 / rows
    centre, half = share + z2 / 2, math.sqrt(z2 * (share * (1 - share) + z2 / 4))
    # At 0 % and 100 % the formula gives exactly 0 and 1, but for rounding.
    low = 0.0 if right == 0 else (centre - half) / (1 + z2)
    high = 1.0 if right == rows else (centre + half) / (1 + z2)
    return low, high


def bootstrap(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64], *, seed: int, resamples: int
) -> dict[str, Interval]:
    """95 % bootstrap intervals of accuracy, macro_f1, weighted_f1, log_loss and ece.

    The rows are drawn anew with replacement; the interval holds the middle 95 % of the scores (percentile interval,
    Efron and Tibshirani 1993, chapter 13). The expected calibration error is biased upwards, and each resample a
    second time, so that its percentile interval can lie wholly above the estimate; its interval is the basic one,
    ``2·estimate - quantiles`` (Davison and Hinkley 1997, section 5.2), cut at 0 and widened to hold the estimate.

    Args:
        probabilities: float[B, C], B of 1 or more.
        targets: int64[B].
        seed: the same seed gives the same intervals.
        resamples: how many times the rows are drawn.

    Returns:
        (low, high) by the score's name.
    """
    scores = resampled(probabilities, targets, seed=seed, resamples=resamples)
    ends = {name: np.quantile(values, [0.025, 0.975]) for name, values in scores.items()}
    confidence = probabilities.max(axis=1).astype(np.float64)
    ece = calibration_error(confidence, probabilities.argmax(axis=1) == targets)
    low, high = ends["ece"]
    ends["ece"] = np.array([max(0.0, 2 * ece - high), max(ece, 2 * ece - low)])
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def resampled(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64], *, seed: int, resamples: int
) -> dict[str, npt.NDArray[np.float64]]:
    """The scores of each resample, float64[resamples], by the score's name; see :func:`bootstrap`.

    The rows that are drawn hang on the seed and the numbers of rows and classes alone: two classifiers of the same rows
    are scored on the same draws. Targets from C on are labels that are no classes: see
    :func:`recurra.evaluation.evaluate`.
    """
    rows, known = len(targets), targets < probabilities.shape[1]
    classes = max(probabilities.shape[1], int(targets.max()) + 1)
    predicted = probabilities.argmax(axis=1)
    right = predicted == targets
    confidence = probabilities.max(axis=1).astype(np.float64)
    bins, gaps, losses = bins_of(confidence), right - confidence, np.zeros(rows)
    losses[known] = log_losses(probabilities[known], targets[known])
    loss = losses.sum() / known.sum()
    # Wrong rows count for an extra class, so that one count gives the right ones of each class.
    right_class = np.where(right, targets, classes)

    generator = np.random.default_rng(seed)
    chunk = max(1, CHUNK // max(rows, classes))
    parts = []
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = generator.integers(0, rows, (size, rows))
        support = _counts(targets, drawn, classes)
        called = _counts(predicted, drawn, classes)
        hits = _counts(right_class, drawn, classes + 1)[:, :classes]
        f1 = share_of(2 * hits, support + called)
        gap = np.bincount(_cells(bins, drawn, BINS), gaps[drawn].ravel(), size * BINS).reshape(size, BINS)
        parts.append(
            np.stack(
                [
                    hits.sum(axis=1) / rows,
                    macro_f1(f1, support + called),
                    weighted_f1(f1, support),
                    _mean(losses[drawn].sum(axis=1), known[drawn].sum(axis=1), loss),
                    np.abs(gap).sum(axis=1) / rows,
                ]
            )
        )
    names = ("accuracy", "macro_f1", "weighted_f1", "log_loss", "ece")
    return dict(zip(names, np.concatenate(parts, axis=1), strict=True))


def _mean(sums: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], otherwise: float) -> npt.NDArray[np.float64]:
    means = np.full(len(sums), otherwise)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _cells(groups: npt.NDArray[np.int64], drawn: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """One number for (resample, group) of every drawn row, so that one bincount counts all resamples."""
    return (groups[drawn] + np.arange(len(drawn))[:, None] * count).ravel()


def _counts(groups: npt.NDArray[np.int64], drawn: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """int64[resamples, count], how many drawn rows fall into each group."""
    cells = np.bincount(_cells(groups, drawn, count), minlength=len(drawn) * count)
    return cells.reshape(len(drawn), count).astype(np.int64)
