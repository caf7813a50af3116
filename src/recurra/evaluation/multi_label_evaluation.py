"""The result of a multi-label evaluation, for Python and for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recurra.data.documents import Label
from recurra.evaluation.evaluation import represent_scores
from recurra.evaluation.intervals import Interval
from recurra.evaluation.metrics import Reliability
from recurra.representation import Representation, Represented

__all__ = ["LabelScore", "MultiLabelEvaluation"]


@dataclass(frozen=True)
class LabelScore:
    """Scores of one label; a score that is not defined (nothing to divide by) is 0.

    Attributes:
        label: the label.
        threshold: the least probability at which it is given.
        precision: share of the rows it is given to that have it.
        recall: share of the rows that have it that it is given to.
        f1: the harmonic mean of both.
        support: number of rows that have it.
        given: number of rows it is given to.
    """

    label: Label
    threshold: float
    precision: float
    recall: float
    f1: float
    support: int
    given: int


@dataclass(frozen=True, eq=False, repr=False)
class MultiLabelEvaluation(Represented):
    """Scores on rows that the classifier did not learn from.

    Attributes:
        rows: B, number of rows tested.
        micro_f1: F1 of all decisions together.
        macro_f1: mean F1 of the labels that occur.
        subset_accuracy: share of rows that are given exactly the labels they have.
        hamming_loss: share of decisions that are wrong.
        ranking_precision: label-ranking average precision (Schapire and Singer 2000): over the labels that a row has,
            the mean share of such labels among those at least as probable. 1 for a row that has no label, or all.
        log_loss: mean of -log p of all decisions, in nats.
        ece: expected calibration error in 15 bins, over the probabilities of all labels.
        intervals: 95 % interval of each of these scores: Wilson for subset_accuracy, bootstrap over rows for the
            others, and from Wilson's where all resamples are equal
            (:meth:`recurra.evaluation.row_scores.RowScores.evaluate`).
        labels: scores of each label, in the order of the probabilities' columns.
        reliability: how often rows have a label, by bins of its probability.
        mean_labels: mean number of labels that a row has, and that it is given.
        unknown_labels: number of rows that have a label which is not a class; it counts as missed.
    """

    rows: int
    micro_f1: float
    macro_f1: float
    subset_accuracy: float
    hamming_loss: float
    ranking_precision: float
    log_loss: float
    ece: float
    intervals: dict[str, Interval]
    labels: tuple[LabelScore, ...]
    reliability: Reliability
    mean_labels: tuple[float, float]
    unknown_labels: int = 0

    def _representation(self) -> Representation:
        return represent_scores(self, self.labels, self.unknown_labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain values: every number is finite, and nothing is a NumPy type."""
        return {
            "rows": self.rows,
            "multi_label": True,
            **{name: getattr(self, name) for name in self.intervals},
            "mean_labels": {"had": self.mean_labels[0], "given": self.mean_labels[1]},
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "labels": [vars(one) for one in self.labels],
            "reliability": self.reliability.to_list(),
            "unknown_labels": self.unknown_labels,
        }
