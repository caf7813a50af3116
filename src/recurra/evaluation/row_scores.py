"""Each tested row's part in the scores, whatever the task: the base of scores, bootstrap intervals and comparisons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError, SettingsError
from recurra.evaluation.intervals import Interval, wilson

__all__ = [
    "EQUAL",
    "RowScores",
    "bootstrap_in_chunks",
    "check_distributions",
    "check_probabilities",
    "check_shapes",
]

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]

Result = TypeVar("Result", covariant=True)

# Drawn rows (or class counts) in memory at once: 8 MiB for each int64 array of them.
CHUNK = 2**20

# A softmax in float32 over many classes sums to 1 with a smaller error; logits or percentages have a far larger one.
SUM_TOLERANCE = 1e-3

EQUAL = 1e-12
"""Scores of resamples that are nearer than this differ by rounding alone."""


class RowScores(ABC, Generic[Result]):
    """The part of each of B rows in the scores.

    Attributes:
        right_share: name of the score that is the share of right rows and gets Wilson's interval; empty if none is.
        right: bool[B], which rows have the right answer.
    """

    right_share: str = ""
    right: npt.NDArray[np.bool_]

    @abstractmethod
    def scores(self) -> dict[str, float]:
        """The scores of all rows, by name."""

    @abstractmethod
    def result(self, scores: dict[str, float], intervals: dict[str, Interval]) -> Result:
        """The evaluation: the scores with their 95 % intervals, and whatever else the task reports."""

    def limit_log_loss(self, classes: npt.NDArray[np.bool_]) -> None:
        """Takes the log loss over some classes alone, as where classifiers are compared that do not know all of them.

        It is NaN if no row is left. By default nothing changes: scores that are means over all rows have no place for
        a label that is not a class, and such rows are left out before.

        Args:
            classes: bool[C].
        """

    def weighted_scores(self, counts: Doubles) -> dict[str, Doubles]:
        """The scores of n resamples, for scores that are made of sums over rows.

        Args:
            counts: float64[n, B], how often each row is in each resample.

        Returns:
            float64[n] by the score's name.
        """
        raise NotImplementedError(f"{type(self).__name__} has to override weighted_scores or bootstrap")

    def bootstrap(self, *, seed: int, resamples: int) -> dict[str, Doubles]:
        """The scores of each bootstrap resample, float64[resamples] by the score's name.

        The resamples depend only on the seed and the number of rows, so they are the same for all classifiers.

        Raises:
            SettingsError: ``resamples`` is below 1.
        """
        rows, generator = len(self.right), np.random.default_rng(seed)
        shares = np.full(rows, 1 / rows)

        def score_resamples(size: int) -> dict[str, Doubles]:
            return self.weighted_scores(generator.multinomial(rows, shares, size).astype(np.float64))

        return bootstrap_in_chunks(resamples, rows, score_resamples)

    def constant_intervals(self) -> dict[str, Interval]:
        """95 % intervals by the score's name, for scores whose bootstrap resamples are all equal.

        By default there are none: what scores of a task's own can be is not known.
        """
        return {}

    def evaluate(self, *, seed: int = 0, resamples: int = 1000) -> Result:
        """The scores, with 95 % bootstrap intervals.

        The interval is the percentile interval, the middle 95 % of the resamples' scores (Efron and Tibshirani 1993,
        chapter 13). The expected calibration error is biased upwards, and once more in each resample, so its percentile
        interval can lie entirely above the estimate; it gets the basic interval, ``2·estimate - quantiles``
        (Davison and Hinkley 1997, section 5.2), clipped at 0 and widened to include the estimate.

        The share of right rows always gets Wilson's interval (:func:`recurra.evaluation.intervals.wilson`), which has a
        width above 0 at 0 % and 100 %. Other scores that are equal in all resamples, as F1 is where every row is right,
        get :meth:`constant_intervals` instead of a point. Log loss and calibration error are no shares and have none:
        if all rows have the same loss, that interval is a point.

        Args:
            seed: the same seed gives the same intervals.
            resamples: number of bootstrap resamples.

        Raises:
            SettingsError: ``resamples`` is below 1.
        """
        scores, intervals = self.scores(), {}
        for name, values in self.bootstrap(seed=seed, resamples=resamples).items():
            low, high = np.quantile(values, [0.025, 0.975]).tolist()
            if name == "ece":
                low, high = max(0.0, 2 * scores[name] - high), max(scores[name], 2 * scores[name] - low)
            intervals[name] = (low, high)
        if any(high - low < EQUAL for low, high in intervals.values()):
            for name, wider in self.constant_intervals().items():
                if intervals[name][1] - intervals[name][0] < EQUAL:
                    intervals[name] = wider
        if self.right_share:
            intervals[self.right_share] = wilson(int(self.right.sum()), len(self.right))
        return self.result(scores, intervals)


def bootstrap_in_chunks(
    resamples: int, width: int, score_resamples: Callable[[int], dict[str, Doubles]]
) -> dict[str, Doubles]:
    """Scores as many resamples at once as memory allows.

    Args:
        resamples: 1 or more; memory does not grow with it.
        width: numbers in memory for one resample.
        score_resamples: draws a given number of resamples and returns their scores by name.

    Returns:
        float64[resamples] by the score's name.

    Raises:
        SettingsError: ``resamples`` is below 1.
    """
    if resamples < 1:
        raise SettingsError(f"resamples is {resamples}", "Give 1 or more; 1000 is usual.")
    chunk = max(1, CHUNK // width)
    parts = [score_resamples(min(chunk, resamples - first)) for first in range(0, resamples, chunk)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def check_shapes(probabilities: Floats, targets: npt.NDArray[Any], classes: Sequence[Label], axes: int) -> None:
    """Raises a :class:`DataError` unless the shapes match; ``axes`` is the number of axes of the targets."""
    if probabilities.ndim == 2 and targets.ndim and len(probabilities) != len(targets):
        raise DataError(
            f"Probabilities of {len(probabilities):,} and labels of {len(targets):,} rows",
            "Give the probabilities and the labels of the same rows, in the same order.",
        )
    if probabilities.shape[1:] != (len(classes),) or targets.shape != probabilities.shape[:axes]:
        raise DataError(
            f"Probabilities of shape {probabilities.shape}, targets of shape {targets.shape}, {len(classes)} classes",
            "Give [rows, classes] probabilities, and one target a row or bool[rows, classes].",
        )
    if not len(targets):
        raise DataError("There are no rows to evaluate", "Give one row or more with its true label.")


def check_distributions(probabilities: Floats) -> None:
    """Raises a :class:`DataError` unless each row of probabilities, float[B, C], is 0 or more and sums to 1."""
    with np.errstate(invalid="ignore", over="ignore"):
        one = np.abs(probabilities.sum(axis=1, keepdims=True) - 1) <= SUM_TOLERANCE
    check_probabilities(probabilities, one & (probabilities >= 0), "0 or more, summing to 1")


def check_probabilities(probabilities: Floats, valid: npt.NDArray[np.bool_], what: str) -> None:
    """Raises a :class:`DataError` unless all of ``valid``, bool[B, C], is true; it shows the first wrong row."""
    if not valid.all():
        row = int(valid.all(axis=1).argmin())
        shown = np.array2string(probabilities[row], threshold=6, edgeitems=2, max_line_width=80)[:80]
        raise DataError(f"Row {row} holds {shown}", f"Give probabilities: {what}.")
