"""The scores of rows that have one class each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError
from recurra.evaluation.evaluation import ClassScore, Evaluation
from recurra.evaluation.intervals import Interval, f1_interval, mean_interval, wilson
from recurra.evaluation.metrics import (
    BINS,
    bin_indices,
    calibration_error,
    confusion_matrix,
    log_losses,
    macro_f1,
    reliability,
    safe_divide,
    scores_from_counts,
    weighted_f1,
)
from recurra.evaluation.row_scores import RowScores, bootstrap_in_chunks, check_distributions, check_shapes

__all__ = ["SingleLabelRowScores"]

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class SingleLabelRowScores(RowScores[Evaluation]):
    """See :class:`recurra.evaluation.row_scores.RowScores`. Arguments and errors: :func:`recurra.evaluation.evaluate`.

    Attributes:
        probabilities: float32[B, C].
        targets: int64[B].
        predicted: int64[B], the most probable class.
        right: bool[B].
        confidence: float64[B], the probability of the predicted class.
        known: bool[B], which rows have a label that is a class.
        losses: float64[B], -log p(true class); 0 for rows that are not in the log loss.
        in_loss: bool[B], which rows are in the log loss: by default those whose label is a class.
        each: the scores of each class, followed by those of each unknown label.
    """

    right_share = "accuracy"

    def __init__(
        self,
        probabilities: npt.NDArray[np.floating],
        targets: Places,
        classes: Sequence[Label],
        *,
        unknown: Sequence[Label] = (),
    ) -> None:
        with np.errstate(over="ignore"):  # float64 beyond float32's range becomes infinite and is refused below
            probabilities = np.asarray(probabilities, dtype=np.float32)
        targets = np.asarray(targets, dtype=np.int64)
        check_shapes(probabilities, targets, classes, axes=1)
        every = len(classes) + len(unknown)
        if targets.min() < 0 or targets.max() >= every:
            wrong = targets[(targets < 0) | (targets >= every)][0]
            raise DataError(
                f"The target {wrong} is no class number",
                f"Give labels such as {classes[0]!r:.40}, or their numbers, 0 to {every - 1}.",
            )
        if targets.min() >= len(classes):
            raise DataError("No row has a label that is a class", "Give one row or more of the classes.")
        check_distributions(probabilities)
        self.probabilities, self.targets, self.classes = probabilities, targets, classes
        self.predicted: Places = probabilities.argmax(axis=1)
        self.right = self.predicted == targets
        self.confidence = probabilities.max(axis=1).astype(np.float64)
        self.known = targets < len(classes)
        self.losses = np.zeros(len(targets))
        self.losses[self.known] = log_losses(probabilities[self.known], targets[self.known])
        self.in_loss = self.known
        counted = (targets[self.right], targets, self.predicted)
        self.each = scores_from_counts(*(np.bincount(some, minlength=every) for some in counted))

    def limit_log_loss(self, classes: npt.NDArray[np.bool_]) -> None:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        self.in_loss = np.append(classes, False)[np.minimum(self.targets, len(classes))]
        self.losses = np.where(self.in_loss, self.losses, 0.0)

    @property
    def log_loss(self) -> float:
        """The mean over the rows that are in it; NaN for none."""
        return float(self.losses[self.in_loss].mean()) if self.in_loss.any() else math.nan

    def scores(self) -> dict[str, float]:
        """See :class:`recurra.evaluation.evaluation.Evaluation`."""
        return {
            "accuracy": float(self.right.mean()),
            "macro_f1": float(macro_f1(self.each.f1, self.each.support + self.each.predicted)),
            "weighted_f1": float(weighted_f1(self.each.f1, self.each.support)),
            "log_loss": self.log_loss,
            "ece": calibration_error(self.confidence, self.right),
        }

    def bootstrap(self, *, seed: int, resamples: int) -> dict[str, Doubles]:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        rows, generator = len(self.targets), np.random.default_rng(seed)
        classes = max(len(self.classes), int(self.targets.max()) + 1)
        bins, gaps = bin_indices(self.confidence), self.right - self.confidence
        # A resample without any row that is in the log loss gets that of all rows.
        loss = self.log_loss
        # Wrong rows are counted under an extra class, so one bincount returns the right rows of each class.
        right_class = np.where(self.right, self.targets, classes)

        def score_resamples(size: int) -> dict[str, Doubles]:
            drawn = generator.integers(0, rows, (size, rows))
            support = _counts(self.targets, drawn, classes)
            called = _counts(self.predicted, drawn, classes)
            hits = _counts(right_class, drawn, classes + 1)[:, :classes]
            f1 = safe_divide(2 * hits, support + called)
            gap = np.bincount(_cells(bins, drawn, BINS), gaps[drawn].ravel(), size * BINS).reshape(size, BINS)
            counted, losses = self.in_loss[drawn].sum(axis=1), np.full(size, loss)
            np.divide(self.losses[drawn].sum(axis=1), counted, out=losses, where=counted > 0)
            return {
                "accuracy": hits.sum(axis=1) / rows,
                "macro_f1": macro_f1(f1, support + called),
                "weighted_f1": weighted_f1(f1, support),
                "log_loss": losses,
                "ece": np.abs(gap).sum(axis=1) / rows,
            }

        return bootstrap_in_chunks(resamples, max(rows, classes), score_resamples)

    def constant_intervals(self) -> dict[str, Interval]:
        """Those of the means of the classes' F1, at least as wide as accuracy's.

        A wrong row counts in the F1 of two classes, which makes these less independent than
        :func:`recurra.evaluation.intervals.mean_interval` takes them to be.
        """
        f1, support, occurring = self.each.f1, self.each.support, self.each.support + self.each.predicted
        hits = np.rint(f1 * occurring / 2).astype(np.int64)
        each = [f1_interval(*counts) for counts in zip(hits.tolist(), occurring.tolist(), strict=True)]
        least = wilson(int(self.right.sum()), len(self.right))
        found: dict[str, Interval] = {}
        for name, weights in (("macro_f1", occurring > 0), ("weighted_f1", support)):
            low, high = mean_interval(f1.tolist(), each, (weights / weights.sum()).tolist())
            found[name] = min(low, least[0]), max(high, least[1])
        return found

    def result(self, scores: dict[str, float], intervals: dict[str, Interval]) -> Evaluation:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        count = len(self.classes)
        return Evaluation(
            rows=len(self.targets),
            **scores,
            intervals=intervals,
            classes=tuple(
                ClassScore(label, float(precision), float(recall), float(f1), int(support), int(given))
                for label, precision, recall, f1, support, given in zip(
                    self.classes, *(some[:count] for some in self.each), strict=True
                )
            ),
            confusion=confusion_matrix(self.targets[self.known], self.predicted[self.known], count),
            reliability=reliability(self.confidence, self.right),
            unknown_labels=int((~self.known).sum()),
        )


def _cells(groups: Places, drawn: Places, count: int) -> Places:
    """One number for (resample, group) of each drawn row: one bincount counts all resamples."""
    return (groups[drawn] + np.arange(len(drawn))[:, None] * count).ravel()


def _counts(groups: Places, drawn: Places, count: int) -> Places:
    """int64[resamples, count], how many drawn rows fall into each group."""
    cells = np.bincount(_cells(groups, drawn, count), minlength=len(drawn) * count)
    return cells.reshape(len(drawn), count).astype(np.int64)
