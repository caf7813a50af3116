"""The result of an evaluation, for Python and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.evaluation.intervals import Interval
from recurra.evaluation.metrics import BinJson, Reliability
from recurra.representation import Representation, Represented, counted_rows, one_line

__all__ = ["ClassJson", "ClassScore", "Evaluation", "EvaluationJson", "represent_scores"]


class ClassJson(TypedDict):
    """Scores of one class."""

    label: Label
    precision: float
    recall: float
    f1: float
    support: int
    given: int


class EvaluationJson(TypedDict):
    """An evaluation in JSON.

    ``intervals`` has [low, high] for accuracy, macro_f1, weighted_f1, log_loss and ece. ``confusion[i][j]`` is the
    number of rows of class i that were predicted as class j, in the order of ``classes``. ``unknown_labels`` is the
    number of rows whose label is not a class: see :func:`recurra.evaluation.evaluate`.
    """

    rows: int
    accuracy: float
    macro_f1: float
    weighted_f1: float
    log_loss: float
    ece: float
    intervals: dict[str, list[float]]
    classes: list[ClassJson]
    confusion: list[list[int]]
    reliability: list[BinJson]
    unknown_labels: int


@dataclass(frozen=True)
class ClassScore:
    """Scores of one class; a score that is not defined (nothing to divide by) is 0.

    Attributes:
        label: the class.
        precision: share of the rows it is given to that have it.
        recall: share of the rows that have it that it is given to.
        f1: the harmonic mean of both.
        support: number of rows that have it.
        given: number of rows it is given to.
    """

    label: Label
    precision: float
    recall: float
    f1: float
    support: int
    given: int


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Represented):
    """Scores of a classifier on rows it did not learn from.

    Attributes:
        rows: B, number of rows tested.
        accuracy: share of rows whose most probable class is the true one.
        macro_f1: mean F1 of the classes that occur.
        weighted_f1: mean F1, weighted by the classes' rows.
        log_loss: mean of -log p(true class), in nats, over the rows whose label is a class.
        ece: expected calibration error in 15 bins.
        intervals: 95 % interval of each of these scores: Wilson for accuracy, bootstrap for the others; where F1
            is the same in all resamples, as if every row is right, made of Wilson's of each class
            (:meth:`recurra.evaluation.row_scores.RowScores.evaluate`).
        classes: scores of each class, in the order of the probabilities' columns.
        confusion: int64[C, C], number of rows by true class and predicted class.
        reliability: confidence and accuracy by bins of the top probability.
        unknown_labels: number of rows whose label is not a class; they count as wrong.
    """

    rows: int
    accuracy: float
    macro_f1: float
    weighted_f1: float
    log_loss: float
    ece: float
    intervals: dict[str, Interval]
    classes: tuple[ClassScore, ...]
    confusion: npt.NDArray[np.int64]
    reliability: Reliability
    unknown_labels: int = 0

    def _representation(self) -> Representation:
        return represent_scores(self, self.classes, self.unknown_labels)

    def to_dict(self) -> EvaluationJson:
        """Plain values: every number is finite, and nothing is a NumPy type."""
        return {
            "rows": self.rows,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "weighted_f1": self.weighted_f1,
            "log_loss": self.log_loss,
            "ece": self.ece,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "classes": [cast("ClassJson", {**vars(one)}) for one in self.classes],
            "confusion": self.confusion.tolist(),
            "reliability": self.reliability.to_list(),
            "unknown_labels": self.unknown_labels,
        }


def represent_scores(scores: Any, classes: Sequence[Any], unknown_labels: int) -> Representation:
    """What a terminal and a notebook show of an evaluation.

    Args:
        scores: with ``rows``, ``intervals`` and a number for each key of these.
        classes: the scores of each class or label.
        unknown_labels: number of rows with a label that is no class.
    """
    rows = [
        (name, f"{getattr(scores, name):.4f}", f"{low:.4f}–{high:.4f}")
        for name, (low, high) in scores.intervals.items()
    ]
    lowest = sorted((one for one in classes if one.support or one.given), key=lambda one: one.f1)[:3]
    notes = []
    if lowest:
        listed = ", ".join(f"{one_line(one.label, 30)} {one.f1:.4f} ({counted_rows(one.support)})" for one in lowest)
        notes.append(f"lowest F1 of {len(classes):,}: {listed}")
    if unknown_labels:
        notes.append(f"rows with a label that is no class: {unknown_labels:,}")
    return Representation(
        f"{type(scores).__name__}: {counted_rows(scores.rows)}", ("score", "value", "95 % interval"), rows, notes
    )
