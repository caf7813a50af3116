"""Compares two classifiers on the same rows: differences of probabilities, change of scores, intervals and tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError
from recurra.evaluation.intervals import NORMAL_975, Interval

__all__ = [
    "PredictionDifferences",
    "ScoreChange",
    "TaskLike",
    "holm",
    "paired_interval",
    "prediction_differences",
    "score_change",
    "sign_test",
]


class TaskLike(Protocol):
    """The part of a task that is needed here: what the answers are, and which are right."""

    def decide(self, probabilities: npt.NDArray[np.float32]) -> Any:
        """The answers; their method ``differs`` returns in which rows others differ, bool[B]."""

    def right(self, probabilities: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which rows have the right answer, bool[B]."""

    def losses(self, probabilities: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """-log of the probability of the true class, in nats."""


@dataclass(frozen=True)
class PredictionDifferences:
    """How far two sets of predictions are apart; no true label is needed.

    Attributes:
        rows: B.
        changed: number of rows whose most probable class, or set of labels, differs.
        largest: the largest absolute difference of a probability; NaN if a probability is NaN.
        mean: mean absolute difference of all B · C probabilities.
    """

    rows: int
    changed: int
    largest: float
    mean: float


@dataclass(frozen=True)
class ScoreChange:
    """The change of the scores between two sets of predictions.

    Attributes:
        accuracy: shares of right rows, before and after; of several labels all must be right.
        log_loss: means of -log p(true class), or of each decision about a label, in nats, before and after.
        gained: number of rows that were wrong and are right.
        lost: number of rows that were right and are wrong.
        interval: 95 % interval of the change of accuracy.
    """

    accuracy: tuple[float, float]
    log_loss: tuple[float, float]
    gained: int
    lost: int
    interval: Interval


def prediction_differences(
    before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], *, task: TaskLike
) -> PredictionDifferences:
    """Differences between two sets of predictions for the same rows.

    Args:
        before: float32[B, C], B of 1 or more.
        after: float32[B, C], of the same rows.
        task: of both.

    Raises:
        DataError: the shapes differ, or there are no rows.
    """
    if before.ndim != 2 or before.shape != after.shape or not before.size:
        raise DataError(
            f"Answers of shape {before.shape} and {after.shape}", "Give both for the same rows, one or more."
        )
    apart = np.abs(before.astype(np.float64) - after)
    changed = int(task.decide(before).differs(task.decide(after)).sum())
    return PredictionDifferences(len(before), changed, float(apart.max()), float(apart.mean()))


def score_change(
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    targets: npt.NDArray[Any],
    *,
    task: TaskLike,
) -> ScoreChange:
    """The change of the scores between two sets of predictions for the same rows.

    Args:
        before: float32[B, C], B of 1 or more.
        after: float32[B, C], of the same rows.
        targets: of the B rows.
        task: of both.
    """
    was, now = (task.right(one, targets) for one in (before, after))
    losses = [float(task.losses(one, targets).mean()) for one in (before, after)]
    gained, lost = int((now & ~was).sum()), int((was & ~now).sum())
    return ScoreChange(
        accuracy=(float(was.mean()), float(now.mean())),
        log_loss=(losses[0], losses[1]),
        gained=gained,
        lost=lost,
        interval=paired_interval(gained, lost, len(targets)),
    )


def paired_interval(gained: int, lost: int, rows: int) -> Interval:
    """95 % interval of ``(gained - lost) / rows``, the change of a share that is measured twice on the same rows.

    Wald's interval after adding 1/2 to each of the four counts (right or wrong, before and after; Agresti and Min 2005,
    Statistics in Medicine 24): unlike the plain one it has a width above 0 if no row changed.
    ``d ± z·√(b + c - (b - c)²/n) / n`` with b = gained + 1/2, c = lost + 1/2, n = rows + 2 and d = (b - c) / n.

    Args:
        gained: rows that became right.
        lost: rows that became wrong.
        rows: all rows, 1 or more.

    Raises:
        DataError: no rows, or more changes than rows.
    """
    if rows < 1 or min(gained, lost) < 0 or gained + lost > rows:
        raise DataError(f"{gained} gained and {lost} lost of {rows} rows have no interval", "Test one row or more.")
    n, apart, both = rows + 2, gained - lost, gained + lost + 1
    half = NORMAL_975 * math.sqrt(both - apart**2 / n) / n
    return max(-1.0, apart / n - half), min(1.0, apart / n + half)


def sign_test(only_a: int, only_b: int) -> float:
    """The exact p of the hypothesis that neither of two classifiers is better (McNemar's test in its exact form).

    Of the rows that one alone has right, each classifier then has every one with probability 1/2: p is twice the
    binomial tail, ``min(1, 2 · Σ_{k <= min(b, c)} C(b + c, k) / 2^(b + c))`` (McNemar 1947, Psychometrika 12;
    Dietterich 1998, Neural Computation 10).

    Args:
        only_a: rows that the first alone has right.
        only_b: rows that the second alone has right.

    Raises:
        DataError: a number below 0.
    """
    if min(only_a, only_b) < 0:
        raise DataError(f"{only_a} and {only_b} rows", "Give numbers of rows, 0 or more.")
    count = only_a + only_b
    # Python's whole numbers hold the sum exactly, however many rows there are.
    term = total = 1
    for k in range(min(only_a, only_b)):
        term = term * (count - k) // (k + 1)
        total += term
    return min(1.0, total / 2 ** (count - 1)) if count else 1.0


def holm(values: Sequence[float]) -> list[float]:
    """Holm's correction (1979): adjusts p values so that the family-wise error rate of all tests is that of one.

    The i-th smallest of m, from 0, is multiplied by m - i; none becomes smaller than the one before it, or above 1.
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = highest
    return adjusted
