"""Answers that are held back because they are not sure enough, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.errors import SettingsError
from recurra.evaluation.intervals import Interval, wilson

__all__ = ["Abstaining", "CoveragePoint", "answered", "checked_below", "coverage_curve", "evaluate_abstaining"]

Probabilities = npt.NDArray[np.floating]
Targets = npt.NDArray[np.int64]

# Points of a curve: more cannot be told apart in a picture.
POINTS = 100


def checked_below(below: float) -> float:
    """The probability itself.

    Raises:
        SettingsError: it is none above 0, up to 1.
    """
    if not 0 < below <= 1:
        raise SettingsError(f"abstain_below is {below}", "Give a probability above 0, up to 1.")
    return float(below)


def answered(probabilities: Probabilities, below: float) -> npt.NDArray[np.bool_]:
    """Which rows are sure enough, bool[B]: their largest probability is ``below`` or more.

    Args:
        probabilities: float[B, C].
        below: the probability under which a row gets no answer.
    """
    # As a file holds them: what is written as 0.7000000 counts as 0.7.
    return np.asarray(probabilities.max(axis=1) >= np.float32(below))


@dataclass(frozen=True, kw_only=True)
class Abstaining:
    """What it is worth to hold answers back.

    Attributes:
        below: rows whose largest probability is less get no answer.
        rows: B.
        answered: rows that are answered.
        right: rows that are answered rightly.
        withheld_right: answers that were held back and would have been right.
    """

    below: float
    rows: int
    answered: int
    right: int
    withheld_right: int

    @property
    def coverage(self) -> float:
        """The share of rows that are answered."""
        return self.answered / self.rows

    @property
    def accuracy(self) -> float | None:
        """The share of answers that are right; ``None`` where there are none."""
        return self.right / self.answered if self.answered else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.right, self.answered) if self.answered else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "below": self.below,
            "answered": self.answered,
            "coverage": self.coverage,
            "accuracy": self.accuracy,
            "interval": None if self.interval is None else list(self.interval),
            "withheld": self.rows - self.answered,
            "withheld_right": self.withheld_right,
        }


def evaluate_abstaining(probabilities: Probabilities, right: npt.NDArray[np.bool_], below: float) -> Abstaining:
    """Scores a classifier that answers only where it is sure enough.

    Args:
        probabilities: float[B, C], B of 1 or more.
        right: bool[B], which rows are answered rightly, where they are.
        below: the probability under which a row gets no answer.

    Raises:
        SettingsError: ``below`` is no probability.
    """
    sure = answered(probabilities, checked_below(below))
    return Abstaining(
        below=below,
        rows=len(right),
        answered=int(sure.sum()),
        right=int((sure & right).sum()),
        withheld_right=int((~sure & right).sum()),
    )


class CoveragePoint(NamedTuple):
    """What holding back below a probability gives.

    Attributes:
        below: the probability.
        coverage: the share of rows that are answered, above 0.
        accuracy: the share of answers that are right.
    """

    below: float
    coverage: float
    accuracy: float


def coverage_curve(probabilities: Probabilities, targets: Targets) -> list[CoveragePoint]:
    """Coverage and accuracy by the probability below which nothing is answered, from all rows to the surest.

    El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification", JMLR 11: the risk-coverage
    curve, here with accuracy for risk.

    Args:
        probabilities: float[B, C], B of 1 or more.
        targets: int64[B], the true classes.

    Returns:
        At most 100 points of falling coverage; the first answers every row.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    sorted_p = confidence[order]
    right = np.cumsum(probabilities[order].argmax(axis=1) == targets[order])
    # Rows that are as sure as each other are answered together or not at all.
    ends = np.flatnonzero(np.append(sorted_p[1:] < sorted_p[:-1], True))
    chosen = ends[np.unique(np.linspace(len(ends) - 1, 0, min(POINTS, len(ends))).round().astype(np.int64))][::-1]
    rows = len(order)
    return [
        CoveragePoint(float(sorted_p[end]), float((end + 1) / rows), float(right[end] / (end + 1)))
        for end in chosen.tolist()
    ]
