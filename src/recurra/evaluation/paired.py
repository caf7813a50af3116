"""Two classifiers' answers to the same documents, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError
from recurra.evaluation.intervals import NORMAL_975, Interval

__all__ = ["Change", "Differences", "Judge", "change", "differences", "holm", "paired_interval", "sign_test"]


class Judge(Protocol):
    """What tells answers apart, and right ones from wrong ones: a task."""

    def decide(self, probabilities: npt.NDArray[np.float32]) -> Any:
        """The answers, which tell in which rows they differ from others: ``differs``, bool[B]."""

    def right(self, probabilities: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which rows are answered rightly, bool[B]."""

    def losses(self, probabilities: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """-log of the probability of what is true, in nats."""


@dataclass(frozen=True)
class Differences:
    """How far the answers lie apart; no true label is needed.

    Attributes:
        rows: B, documents that both answered.
        changed: rows with another most probable class, or other labels.
        largest: the largest difference of a probability, from 0 to 1; NaN if one of them is NaN.
        mean: of the differences of all B · C probabilities.
    """

    rows: int
    changed: int
    largest: float
    mean: float


@dataclass(frozen=True)
class Change:
    """What a change of answers does to the scores.

    Attributes:
        accuracy: shares of right rows, before and after; of several labels all have to be right.
        log_loss: means of -log p(true class), or of each decision about a label, in nats, before and after.
        gained: rows that were wrong and are right.
        lost: rows that were right and are wrong.
        interval: 95 % interval of the accuracy's change.
    """

    accuracy: tuple[float, float]
    log_loss: tuple[float, float]
    gained: int
    lost: int
    interval: Interval


def differences(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], *, task: Judge) -> Differences:
    """Compares probabilities with probabilities.

    Args:
        before: float32[B, C], B of 1 or more.
        after: float32[B, C], of the same rows.
        task: of both.

    Raises:
        DataError: other shapes, or no rows.
    """
    if before.ndim != 2 or before.shape != after.shape or not before.size:
        raise DataError(
            f"Answers of shape {before.shape} and {after.shape}", "Give both for the same rows, one or more."
        )
    apart = np.abs(before.astype(np.float64) - after)
    changed = int(task.decide(before).differs(task.decide(after)).sum())
    return Differences(len(before), changed, float(apart.max()), float(apart.mean()))


def change(
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    targets: npt.NDArray[Any],
    *,
    task: Judge,
) -> Change:
    """Compares the scores.

    Args:
        before: float32[B, C], B of 1 or more.
        after: float32[B, C], of the same rows.
        targets: what is true of the rows.
        task: of both.
    """
    was, now = (task.right(one, targets) for one in (before, after))
    losses = [float(task.losses(one, targets).mean()) for one in (before, after)]
    gained, lost = int((now & ~was).sum()), int((was & ~now).sum())
    return Change(
        accuracy=(float(was.mean()), float(now.mean())),
        log_loss=(losses[0], losses[1]),
        gained=gained,
        lost=lost,
        interval=paired_interval(gained, lost, len(targets)),
    )


def paired_interval(gained: int, lost: int, rows: int) -> Interval:
    """95 % interval of ``(gained - lost) / rows``, the change of a share that is measured twice on the same rows.

    Wald's interval after 1/2 is added to each of the four counts (right or wrong, before and after), as Agresti and Min
    propose (2005, Statistics in Medicine 24): unlike the plain one it keeps a width where no row changed.
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
    """Adjusts the p values of several tests so that all together err as seldom as one (Holm 1979).

    The i-th smallest of m, counted from 0, is multiplied with m - i; none gets smaller than one before it, or above 1.
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = highest
    return adjusted
