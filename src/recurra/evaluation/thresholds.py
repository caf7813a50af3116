"""From how probable each label is to whether it is given: a threshold a label, chosen on held-out rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.evaluation.metrics import share_of

__all__ = ["LEAST_POSITIVES", "UNTUNED", "Thresholds", "tuned_thresholds"]

Floats = npt.NDArray[np.floating]
Indicator = npt.NDArray[np.bool_]

FOLDS = 10
LEAST_POSITIVES = 10
"""Held-out rows that a label needs for a threshold of its own: with fewer, a row more or less would move it far."""
UNTUNED = 0.5
"""Where there is nothing to choose on, a label is given if it is more probable than not."""


class Thresholds(NamedTuple):
    """Thresholds, and how good they are.

    Attributes:
        values: float32[C]; a label is given where its probability is that or above.
        shared: the threshold of all labels that have none of their own, ``None`` if each has.
        own: bool[C], which labels have one of their own.
        rows: B that they were chosen on.
        micro_f1: on these rows, which is a little too good.
        cross_fitted: micro F1 where each tenth of the rows has the thresholds of the others.
    """

    values: npt.NDArray[np.float32]
    shared: float | None
    own: Indicator
    rows: int
    micro_f1: float
    cross_fitted: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the model's record; the thresholds themselves stand in the model."""
        return {
            "own": int(self.own.sum()),
            "shared": self.shared,
            "rows": self.rows,
            "micro_f1": self.micro_f1,
            "cross_fitted_micro_f1": self.cross_fitted,
        }


def tuned_thresholds(probabilities: Floats, targets: Indicator, *, seed: int = 0) -> Thresholds:
    """Chooses each label's threshold for the highest F1.

    A label with few rows shares one with the others that have few: that of the highest F1 of all their rows together.

    Args:
        probabilities: float[B, C], B of 2 or more.
        targets: bool[B, C].
        seed: of the tenths.
    """
    values, shared, own = _tuned(probabilities, targets)
    folds = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    crossed = np.zeros(targets.shape, dtype=bool)
    for fold in range(FOLDS):
        mine, others = folds == fold, folds != fold
        crossed[mine] = probabilities[mine] >= _tuned(probabilities[others], targets[others])[0]
    return Thresholds(
        values,
        shared,
        own,
        len(targets),
        _micro_f1(probabilities >= values, targets),
        _micro_f1(crossed, targets),
    )


def _tuned(probabilities: Floats, targets: Indicator) -> tuple[npt.NDArray[np.float32], float | None, Indicator]:
    own = targets.sum(axis=0) >= LEAST_POSITIVES
    values = np.full(targets.shape[1], UNTUNED, dtype=np.float32)
    for label in np.flatnonzero(own):
        values[label] = _best(probabilities[:, label], targets[:, label])
    shared = None
    if not own.all():
        few, having = probabilities[:, ~own].ravel(), targets[:, ~own].ravel()
        values[~own] = _best(few, having) if having.sum() >= LEAST_POSITIVES else UNTUNED
        shared = float(values[~own][0])
    return values, shared, own


def _best(probabilities: Floats, having: Indicator) -> float:
    """The threshold of the highest F1, halfway between two probabilities; of equals, the one nearest to a half."""
    order = np.argsort(-probabilities, kind="stable")
    sorted_p = probabilities[order].astype(np.float64)
    right = np.cumsum(having[order])
    # Cuts behind each probability that differs from the next.
    ends = np.flatnonzero(np.append(sorted_p[1:] < sorted_p[:-1], True))
    f1 = share_of(2 * right[ends], ends + 1 + int(having.sum()))
    following = np.append(sorted_p[1:], 0.0)[ends]
    cuts = (sorted_p[ends] + following) / 2
    best = np.flatnonzero(f1 >= f1.max())
    cut = cuts[best[np.abs(cuts[best] - UNTUNED).argmin()]]
    # Inside (0, 1) in float32, as a model file holds it.
    return float(np.clip(np.float32(cut), np.finfo(np.float32).tiny, np.nextafter(np.float32(1), np.float32(0))))


def _micro_f1(given: Indicator, targets: Indicator) -> float:
    return float(share_of(np.array(2 * (given & targets).sum()), np.array(given.sum() + targets.sum())))
