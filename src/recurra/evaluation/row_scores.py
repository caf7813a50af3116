"""What each tested row adds to the scores, whatever the task: scores, their intervals and comparisons come from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError, SettingsError
from recurra.evaluation.intervals import Interval, wilson

__all__ = ["RowScores", "check_probabilities", "check_shapes", "resampled_in_chunks"]

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]

Result = TypeVar("Result", covariant=True)

# Drawn rows (or class counts) held at once: 8 MiB for each int64 array of them.
CHUNK = 2**20


class RowScores(ABC, Generic[Result]):
    """What each of B rows adds to the scores.

    Attributes:
        right_share: the name of the score that is the share of right rows and gets Wilson's interval; empty if none.
        right: bool[B], which rows are answered rightly.
    """

    right_share: str = ""
    right: npt.NDArray[np.bool_]

    @abstractmethod
    def scores(self) -> dict[str, float]:
        """The scores of all rows, by name."""

    @abstractmethod
    def result(self, scores: dict[str, float], intervals: dict[str, Interval]) -> Result:
        """The scores with their 95 % intervals, and what else there is to tell."""

    def weighted(self, counts: Doubles) -> dict[str, Doubles]:
        """The scores of rows that come so often each, float64[n, B], for scores that are made of sums over rows."""
        raise NotImplementedError(f"{type(self).__name__} has to override weighted or resampled")

    def resampled(self, *, seed: int, resamples: int) -> dict[str, Doubles]:
        """The scores of each bootstrap resample, float64[resamples].

        The rows that are drawn depend on the seed and the number of rows alone, so that all classifiers are scored on
        the same.

        Raises:
            SettingsError: ``resamples`` is below 1.
        """
        rows, generator = len(self.right), np.random.default_rng(seed)
        shares = np.full(rows, 1 / rows)

        def scored(size: int) -> dict[str, Doubles]:
            return self.weighted(generator.multinomial(rows, shares, size).astype(np.float64))

        return resampled_in_chunks(resamples, rows, scored)

    def evaluated(self, *, seed: int = 0, resamples: int = 1000) -> Result:
        """The scores, with 95 % bootstrap intervals.

        The interval holds the middle 95 % of the resamples' scores (percentile interval, Efron and Tibshirani 1993,
        chapter 13). The expected calibration error is biased upwards, and each resample a second time, so that its
        percentile interval can lie wholly above the estimate; its interval is the basic one, ``2·estimate - quantiles``
        (Davison and Hinkley 1997, section 5.2), cut at 0 and widened to hold the estimate. The share of right rows has
        Wilson's interval, which keeps a width at 100 %, where every resample scores the same.

        Args:
            seed: the same seed gives the same intervals.
            resamples: how many times the rows are drawn.

        Raises:
            SettingsError: ``resamples`` is below 1.
        """
        scores, intervals = self.scores(), {}
        for name, values in self.resampled(seed=seed, resamples=resamples).items():
            low, high = np.quantile(values, [0.025, 0.975]).tolist()
            if name == "ece":
                low, high = max(0.0, 2 * scores[name] - high), max(scores[name], 2 * scores[name] - low)
            intervals[name] = (low, high)
        if self.right_share:
            intervals[self.right_share] = wilson(int(self.right.sum()), len(self.right))
        return self.result(scores, intervals)


def resampled_in_chunks(resamples: int, width: int, scored: Callable[[int], dict[str, Doubles]]) -> dict[str, Doubles]:
    """Scores as many resamples at once as memory allows.

    Args:
        resamples: 1 or more; memory does not grow with it.
        width: numbers that one resample takes.
        scored: draws so many, and gives the scores of each by name.

    Returns:
        float64[resamples] by the score's name.

    Raises:
        SettingsError: ``resamples`` is below 1.
    """
    if resamples < 1:
        raise SettingsError(f"resamples is {resamples}", "Give 1 or more; 1000 is usual.")
    chunk = max(1, CHUNK // width)
    parts = [scored(min(chunk, resamples - first)) for first in range(0, resamples, chunk)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def check_shapes(probabilities: Floats, targets: npt.NDArray[Any], classes: Sequence[Label], axes: int) -> None:
    """Raises a :class:`DataError` unless the arrays fit each other; ``axes`` are those that the targets have."""
    if probabilities.shape[1:] != (len(classes),) or targets.shape != probabilities.shape[:axes]:
        raise DataError(
            f"Probabilities of shape {probabilities.shape}, targets of shape {targets.shape}, {len(classes)} classes",
            "Give [rows, classes] probabilities, and one target a row or bool[rows, classes].",
        )
    if not len(targets):
        raise DataError("There are no rows to evaluate", "Give one row or more with its true label.")


def check_probabilities(probabilities: Floats, valid: npt.NDArray[np.bool_], what: str) -> None:
    """Raises a :class:`DataError` unless all numbers are valid, bool[B, C]; it shows the first row that is not."""
    if not valid.all():
        row = int(valid.all(axis=1).argmin())
        shown = np.array2string(probabilities[row], threshold=6, edgeitems=2, max_line_width=80)[:80]
        raise DataError(f"Row {row} holds {shown}", f"Give probabilities: {what}.")
