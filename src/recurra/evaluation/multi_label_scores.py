"""The scores of rows that have several labels or none: one decision for each label."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label, LabelSet
from recurra.errors import DataError
from recurra.evaluation.intervals import Interval, constant_interval, f1_interval, mean_interval
from recurra.evaluation.metrics import BINS, bin_indices, label_losses, reliability, safe_divide, scores_from_counts
from recurra.evaluation.multi_label_evaluation import LabelScore, MultiLabelEvaluation
from recurra.evaluation.row_scores import RowScores, check_probabilities, check_shapes
from recurra.evaluation.thresholds import DEFAULT_THRESHOLD

__all__ = ["MultiLabelRowScores"]

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Indicator = npt.NDArray[np.bool_]


class MultiLabelRowScores(RowScores[MultiLabelEvaluation]):
    """See :class:`recurra.evaluation.row_scores.RowScores`. Arguments and errors: :func:`recurra.evaluation.evaluate`.

    Attributes:
        right: bool[B], which rows are given exactly the labels they have.
        hits: float64[B, C], labels given that the row has.
        called: float64[B, C], labels given.
        support: float64[B, C], labels that the row has.
        each: float64[B, 4], exactly right, share of wrong decisions, ranking precision, log loss.
        gaps: float64[B, BINS], sum of (has the label - probability) over the labels whose probability is in the bin.
        missed: float64[B], number of the row's labels that are not classes.
        holders: the rows that have such a label, for each.
    """

    right_share = "subset_accuracy"

    def __init__(
        self,
        probabilities: Floats,
        targets: Indicator,
        classes: Sequence[Label],
        *,
        thresholds: Floats | None = None,
        unknown: Sequence[LabelSet] = (),
    ) -> None:
        probabilities, targets = np.asarray(probabilities), np.asarray(targets)
        check_shapes(probabilities, targets, classes, axes=2)
        check_probabilities(probabilities, (probabilities >= 0) & (probabilities <= 1), "from 0 to 1")
        marks = np.full(len(classes), DEFAULT_THRESHOLD, np.float32) if thresholds is None else np.asarray(thresholds)
        if marks.shape != (len(classes),):
            raise DataError(f"Thresholds of shape {marks.shape} for {len(classes)} labels", "Give one for each label.")
        if len(unknown) not in (0, len(targets)):
            raise DataError(f"{len(unknown)} sets of unknown labels for {len(targets)} rows", "Give one for each row.")
        self.targets, self.classes, self.thresholds = targets, classes, marks
        self.probabilities: Doubles = probabilities.astype(np.float64)
        given, rows = probabilities >= marks, len(targets)
        wrong = given != targets
        self.holders = list(_holders(unknown).values())
        self.missed = np.array([len(labels) for labels in unknown], dtype=np.float64) if unknown else np.zeros(rows)
        self.right: Indicator = ~wrong.any(axis=1) & (self.missed == 0)
        self.hits, self.called, self.support = (part.astype(np.float64) for part in (given & targets, given, targets))
        share = (wrong.sum(axis=1) + self.missed) / (len(classes) + len(self.holders))
        losses = label_losses(self.probabilities, targets).mean(axis=1)
        self.each = np.stack([self.right, share, _ranking_precision(self.probabilities, targets), losses], axis=1)
        cells = (bin_indices(self.probabilities) + np.arange(rows)[:, None] * BINS).ravel()
        self.gaps = np.bincount(cells, (targets - self.probabilities).ravel(), rows * BINS).reshape(rows, BINS)

    def limit_log_loss(self, classes: npt.NDArray[np.bool_]) -> None:
        """Takes it over the decisions about these labels, of all rows."""
        losses = label_losses(self.probabilities[:, classes], self.targets[:, classes])
        self.each[:, 3] = losses.mean(axis=1) if classes.any() else math.nan

    def scores(self) -> dict[str, float]:
        """See :class:`recurra.evaluation.multi_label_evaluation.MultiLabelEvaluation`."""
        return {name: float(values[0]) for name, values in self.weighted_scores(np.ones((1, len(self.right)))).items()}

    def weighted_scores(self, counts: Doubles) -> dict[str, Doubles]:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        hits, called, support = (counts @ part for part in (self.hits, self.called, self.support))
        rows = counts.sum(axis=1)
        exact, wrong, ranking, loss = (counts @ self.each).T / rows
        occurring = called + support
        f1 = safe_divide(2 * hits, occurring)
        # A label that is not a class occurs if a row that has it is drawn, and its F1 is 0.
        labels = (occurring > 0).sum(axis=1)
        for holders in self.holders:
            labels += counts[:, holders].any(axis=1)
        return {
            "micro_f1": safe_divide(2 * hits.sum(axis=1), occurring.sum(axis=1) + counts @ self.missed),
            "macro_f1": safe_divide(f1.sum(axis=1), labels),
            "subset_accuracy": exact,
            "hamming_loss": wrong,
            "ranking_precision": ranking,
            "log_loss": loss,
            "ece": np.abs(counts @ self.gaps).sum(axis=1) / (rows * len(self.classes)),
        }

    def constant_intervals(self) -> dict[str, Interval]:
        """Those of F1 and of the means over rows.

        Decisions about one row are not independent, so that micro F1 counts no more of them than there are rows.
        """
        scores, rows = self.scores(), len(self.right)
        hits = [*self.hits.sum(axis=0).astype(np.int64).tolist(), *(0 for _ in self.holders)]
        occurring = [*(self.called + self.support).sum(axis=0).astype(np.int64).tolist(), *map(len, self.holders)]
        seen = [(right, count) for right, count in zip(hits, occurring, strict=True) if count]
        f1, each = [2 * right / count for right, count in seen], [f1_interval(right, count) for right, count in seen]
        decisions = sum(occurring) - sum(hits)
        share = min(1.0, rows / max(1, decisions))
        hit, decided = round(sum(hits) * share), round(decisions * share)
        return {
            "micro_f1": f1_interval(hit, hit + decided),
            "macro_f1": mean_interval(f1, each, [1 / len(seen)] * len(seen)) if seen else (0.0, 1.0),
            **{name: constant_interval(scores[name], rows) for name in ("hamming_loss", "ranking_precision")},
        }

    def result(self, scores: dict[str, float], intervals: dict[str, Interval]) -> MultiLabelEvaluation:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        found = scores_from_counts(*(part.sum(axis=0) for part in (self.hits, self.support, self.called)))
        return MultiLabelEvaluation(
            rows=len(self.right),
            **scores,
            intervals=intervals,
            labels=tuple(
                LabelScore(label, float(threshold), float(precision), float(recall), float(f1), int(had), int(given))
                for label, threshold, precision, recall, f1, had, given in zip(
                    self.classes, self.thresholds, *found, strict=True
                )
            ),
            reliability=reliability(self.probabilities.ravel(), self.targets.ravel()),
            mean_labels=(
                float((self.support.sum(axis=1) + self.missed).mean()),
                float(self.called.sum(axis=1).mean()),
            ),
            unknown_labels=int((self.missed > 0).sum()),
        )


def _holders(unknown: Sequence[LabelSet]) -> dict[Label, list[int]]:
    """The rows that have each label."""
    holders: dict[Label, list[int]] = {}
    for row, labels in enumerate(unknown):
        for label in labels:
            holders.setdefault(label, []).append(row)
    return holders


def _ranking_precision(p: Doubles, targets: Indicator) -> Doubles:
    """[B]; see :class:`recurra.evaluation.multi_label_evaluation.MultiLabelEvaluation`."""
    rows, classes = targets.shape
    order = np.argsort(-p, axis=1, kind="stable")
    sorted_p, had = np.take_along_axis(p, order, axis=1), np.take_along_axis(targets, order, axis=1)
    # The number of labels that are at least as probable, and of those that the row has: up to the last of equals.
    last = np.where(
        np.append(sorted_p[:, 1:] < sorted_p[:, :-1], np.ones((rows, 1), bool), axis=1), np.arange(classes), classes
    )
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    before = np.take_along_axis(np.cumsum(had, axis=1), last, axis=1)
    total = had.sum(axis=1)
    mean = np.divide((had * before / (last + 1)).sum(axis=1), total, out=np.ones(rows), where=total > 0)
    return np.where(total == classes, 1.0, mean)
