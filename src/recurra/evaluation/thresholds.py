"""A threshold for each label, chosen on held-out rows: the probability from which on the label is given."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.evaluation.metrics import safe_divide

__all__ = ["DEFAULT_THRESHOLD", "MIN_POSITIVES", "Thresholds", "tune_thresholds"]

Floats = npt.NDArray[np.floating]
Indicator = npt.NDArray[np.bool_]

FOLDS = 10
MIN_POSITIVES = 10
"""Held-out rows that a label needs for its own threshold: with fewer, a single row would move it too far."""
DEFAULT_THRESHOLD = 0.5
"""The threshold if there are no rows to choose it on, or if they tell nothing."""
BEYOND_CHANCE = 1.96
"""Standard errors by which the area under the ROC curve of a label must be above a half."""


class Thresholds(NamedTuple):
    """Thresholds, and their scores on the rows that they were chosen on.

    Attributes:
        values: float32[C]; a label is given if its probability is that or above.
        shared: the threshold of all labels without their own, ``None`` if there are none such.
        own: bool[C], which labels have their own threshold.
        rows: B, the rows that they were chosen on.
        micro_f1: on these rows, a little optimistic.
        cross_fitted: micro F1 if each tenth of the rows gets the thresholds chosen on the others.
    """

    values: npt.NDArray[np.float32]
    shared: float | None
    own: Indicator
    rows: int
    micro_f1: float
    cross_fitted: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the model's record; the thresholds themselves are a tensor of the model."""
        return {
            "own": int(self.own.sum()),
            "shared": self.shared,
            "rows": self.rows,
            "micro_f1": self.micro_f1,
            "cross_fitted_micro_f1": self.cross_fitted,
        }


def tune_thresholds(probabilities: Floats, targets: Indicator, *, seed: int = 0) -> Thresholds:
    """Chooses each label's threshold for the highest F1.

    A single row does not decide: thresholds that give the label to one row more or fewer count as well as the best,
    and of all these it is the one nearest to 0.5.

    Labels with few rows share one threshold: that of the highest F1 of their rows taken together. A label whose
    probabilities rank its rows no better than chance has 0.5: its highest F1 would give it to nearly all rows (Lipton,
    Elkan and Naryanaswamy 2014, arXiv 1402.1892).

    Args:
        probabilities: float[B, C], B of 2 or more.
        targets: bool[B, C].
        seed: of the random split into ten folds.
    """
    values, shared, own = _tune(probabilities, targets)
    folds = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    crossed = np.zeros(targets.shape, dtype=bool)
    for fold in range(FOLDS):
        mine, others = folds == fold, folds != fold
        crossed[mine] = probabilities[mine] >= _tune(probabilities[others], targets[others])[0]
    return Thresholds(
        values,
        shared,
        own,
        len(targets),
        _micro_f1(probabilities >= values, targets),
        _micro_f1(crossed, targets),
    )


def _tune(probabilities: Floats, targets: Indicator) -> tuple[npt.NDArray[np.float32], float | None, Indicator]:
    own = targets.sum(axis=0) >= MIN_POSITIVES
    values = np.full(targets.shape[1], DEFAULT_THRESHOLD, dtype=np.float32)
    for label in np.flatnonzero(own):
        if _is_ranked(probabilities[:, label], targets[:, label]):
            values[label] = _best(probabilities[:, label], targets[:, label])
    shared = None
    if not own.all():
        few, having = probabilities[:, ~own].ravel(), targets[:, ~own].ravel()
        values[~own] = _best(few, having) if having.sum() >= MIN_POSITIVES else DEFAULT_THRESHOLD
        shared = float(values[~own][0])
    return values, shared, own


def _is_ranked(probabilities: Floats, having: Indicator) -> bool:
    """Whether rows with the label have higher probabilities than others, beyond chance (Mann and Whitney 1947).

    Without other rows there is nothing to tell apart, and the answer is yes.
    """
    with_it, without = int(having.sum()), int((~having).sum())
    if not without:
        return True
    _, places, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    # Equal ones share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    area = (ranks[having].sum() - with_it * (with_it + 1) / 2) / (with_it * without)
    return bool(area - 0.5 > BEYOND_CHANCE * np.sqrt((with_it + without + 1) / (12 * with_it * without)))


def _best(probabilities: Floats, having: Indicator) -> float:
    """The threshold of the highest F1, or one that gives the label to one row more or fewer, if that is nearer to 0.5.

    A single row would otherwise decide where nearly all others are far apart: one of probability 0.01 that has the
    label. Between two probabilities all thresholds have the same F1: it is 0.5, or halfway between them.
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_p = probabilities[order].astype(np.float64)
    right = np.cumsum(having[order])
    # A threshold can lie after each probability that differs from the next.
    ends = np.flatnonzero(np.append(sorted_p[1:] < sorted_p[:-1], True))
    f1 = safe_divide(2 * right[ends], ends + 1 + int(having.sum()))
    highest = ends[f1 >= f1.max()]
    near = ends[np.isin(ends, [highest - 1, highest, highest + 1])]
    upper, lower = sorted_p[near], np.append(sorted_p[1:], 0.0)[near]
    cuts = np.where((lower < DEFAULT_THRESHOLD) & (upper >= DEFAULT_THRESHOLD), DEFAULT_THRESHOLD, (upper + lower) / 2)
    cut = cuts[np.abs(cuts - DEFAULT_THRESHOLD).argmin()]
    # Strictly between 0 and 1 in float32, as the model file requires.
    return float(np.clip(np.float32(cut), np.finfo(np.float32).tiny, np.nextafter(np.float32(1), np.float32(0))))


def _micro_f1(given: Indicator, targets: Indicator) -> float:
    return float(safe_divide(np.array(2 * (given & targets).sum()), np.array(given.sum() + targets.sum())))
