"""Abstention: answers are held back below a probability, for coverage against accuracy (selective classification)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.errors import SettingsError
from recurra.evaluation.intervals import Interval, wilson

__all__ = [
    "AbstentionScores",
    "CoveragePoint",
    "answer_mask",
    "check_abstain_below",
    "coverage_curve",
    "evaluate_abstention",
]

Probabilities = npt.NDArray[np.floating]
Targets = npt.NDArray[np.int64]

# More points of a curve cannot be told apart in a picture.
POINTS = 100


def check_abstain_below(below: float) -> float:
    """Returns the bound below which answers are held back.

    Raises:
        SettingsError: it is not above 0 and up to 1.
    """
    if not 0 < below <= 1:
        raise SettingsError(f"abstain_below is {below}", "Give a probability above 0, up to 1.")
    return float(below)


def answer_mask(probabilities: Probabilities, below: float) -> npt.NDArray[np.bool_]:
    """Which rows get an answer, bool[B]: those whose largest probability is ``below`` or more.

    Args:
        probabilities: float[B, C].
        below: the probability under which a row gets no answer.
    """
    # In float32, as files hold them: a probability that is written as 0.7000000 counts as 0.7.
    return np.asarray(probabilities.max(axis=1) >= np.float32(below))


@dataclass(frozen=True, kw_only=True)
class AbstentionScores:
    """Coverage and accuracy of a classifier that holds answers back.

    Attributes:
        below: rows whose largest probability is less get no answer.
        rows: B.
        answered: number of rows that get an answer.
        right: number of rows that get the right answer.
        withheld_right: number of answers held back that would have been right.
    """

    below: float
    rows: int
    answered: int
    right: int
    withheld_right: int

    @property
    def coverage(self) -> float:
        """The share of rows that get an answer."""
        return self.answered / self.rows

    @property
    def accuracy(self) -> float | None:
        """The share of answers that are right; ``None`` if there are none."""
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


def evaluate_abstention(probabilities: Probabilities, right: npt.NDArray[np.bool_], below: float) -> AbstentionScores:
    """Scores a classifier that holds back answers below a probability.

    Args:
        probabilities: float[B, C], B of 1 or more.
        right: bool[B], for which rows the most probable class is right.
        below: the probability under which a row gets no answer.

    Raises:
        SettingsError: ``below`` is not above 0 and up to 1.
    """
    sure = answer_mask(probabilities, check_abstain_below(below))
    return AbstentionScores(
        below=below,
        rows=len(right),
        answered=int(sure.sum()),
        right=int((sure & right).sum()),
        withheld_right=int((~sure & right).sum()),
    )


class CoveragePoint(NamedTuple):
    """A point of the coverage-accuracy curve.

    Attributes:
        below: the probability under which a row gets no answer.
        coverage: the share of rows that get an answer, above 0.
        accuracy: the share of answers that are right.
    """

    below: float
    coverage: float
    accuracy: float


def coverage_curve(probabilities: Probabilities, targets: Targets) -> list[CoveragePoint]:
    """Coverage and accuracy for each bound on the probability, from all rows to the most confident ones.

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
    # Rows of equal confidence are answered together or not at all.
    ends = np.flatnonzero(np.append(sorted_p[1:] < sorted_p[:-1], True))
    chosen = ends[np.unique(np.linspace(len(ends) - 1, 0, min(POINTS, len(ends))).round().astype(np.int64))][::-1]
    rows = len(order)
    return [
        CoveragePoint(float(sorted_p[end]), float((end + 1) / rows), float(right[end] / (end + 1)))
        for end in chosen.tolist()
    ]
