"""Scores of a classifier whose rows have several labels or none: one decision for each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet
from recurra.errors import DataError, SettingsError
from recurra.evaluation.intervals import CHUNK, Interval, wilson
from recurra.evaluation.metrics import BINS, Reliability, bins_of, label_losses, reliability, share_of
from recurra.evaluation.mistakes import shortened

__all__ = [
    "LabelScore",
    "SetEvaluation",
    "WrongDecision",
    "evaluate_sets",
    "resampled_sets",
    "set_scores",
    "wrong_decisions",
]

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Indicator = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelScore:
    """Scores of one label; a score that is not defined (nothing to divide by) is 0.

    Attributes:
        label: which.
        threshold: the probability from which on it is given.
        precision: rows that have it among the rows it is given to.
        recall: rows it is given to among the rows that have it.
        f1: the harmonic mean of both.
        support: rows that have it.
        given: rows it is given to.
    """

    label: Label
    threshold: float
    precision: float
    recall: float
    f1: float
    support: int
    given: int


@dataclass(frozen=True, eq=False)
class SetEvaluation:
    """Scores on rows that the classifier did not learn from.

    Attributes:
        rows: B, rows tested.
        micro_f1: F1 of all decisions together.
        macro_f1: mean F1 of the labels that occur.
        subset_accuracy: share of rows that are given exactly the labels they have.
        hamming_loss: share of decisions that are wrong.
        ranking_precision: label-ranking average precision (Schapire and Singer 2000): over the labels that a row has,
            the mean share of such labels among those at least as probable. 1 for a row that has no label, or all.
        log_loss: mean of -log p of all decisions, in nats.
        ece: expected calibration error in 15 bins, over the probabilities of all labels.
        intervals: 95 % interval of each of these scores: Wilson for subset_accuracy, bootstrap over rows for the
            others.
        labels: scores of each label, in the order of the probabilities' columns.
        reliability: how often rows have a label, by bins of its probability.
        mean_labels: labels a row has, and is given, on average.
        unknown_labels: rows that have a label which is no class; it counts as missed.
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

    def to_json(self) -> dict[str, Any]:
        """Plain values: every number is finite, and nothing is a NumPy type."""
        return {
            "rows": self.rows,
            "multi_label": True,
            **{name: getattr(self, name) for name in SCORES},
            "mean_labels": {"had": self.mean_labels[0], "given": self.mean_labels[1]},
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "labels": [vars(one) for one in self.labels],
            "reliability": [
                {
                    "rows": rows,
                    "confidence": promised if rows else None,
                    "accuracy": kept if rows else None,
                }
                for rows, promised, kept in zip(*(part.tolist() for part in self.reliability), strict=True)
            ],
            "unknown_labels": self.unknown_labels,
        }


@dataclass(frozen=True)
class WrongDecision:
    """A label that was given to a row which does not have it, or the other way round.

    Attributes:
        row: its place among the tested rows, from 0.
        text: title and text, at most 280 characters.
        label: which.
        probability: of the label.
        had: whether the row has it.
    """

    row: int
    text: str
    label: Label
    probability: float
    had: bool


def wrong_decisions(
    probabilities: Floats,
    targets: Indicator,
    thresholds: Floats,
    documents: Sequence[Document],
    classes: Sequence[Label],
    top: int = 20,
) -> list[WrongDecision]:
    """The wrong decisions with the most probability for what is wrong, the surest first.

    Args:
        probabilities: float[B, C].
        targets: bool[B, C].
        thresholds: float[C].
        documents: B texts.
        classes: C labels.
        top: how many at most.
    """
    wrong = (probabilities >= thresholds) != targets
    surprise = np.where(targets, 1 - probabilities, probabilities)
    places = np.flatnonzero(wrong.ravel())
    surest = places[np.argsort(-surprise.ravel()[places], kind="stable")][:top]
    return [
        WrongDecision(
            row=row,
            text=shortened(documents[row]),
            label=classes[column],
            probability=float(probabilities[row, column]),
            had=bool(targets[row, column]),
        )
        for row, column in (divmod(int(place), len(classes)) for place in surest)
    ]


SCORES = ("micro_f1", "macro_f1", "subset_accuracy", "hamming_loss", "ranking_precision", "log_loss", "ece")


def evaluate_sets(
    probabilities: Floats,
    targets: Indicator,
    thresholds: Floats,
    classes: Sequence[Label],
    *,
    unknown: Sequence[LabelSet] | None = None,
    seed: int = 0,
    resamples: int = 1000,
) -> SetEvaluation:
    """Scores the probabilities of labels, and what a threshold makes of them, against the labels that rows have.

    Rows may have labels that the classifier does not know. Each counts as a label of its own that is never given, in
    F1, exactly right rows and Hamming loss. It has no probability, so that ranking precision, log loss, ECE and
    reliability are those of the other labels.

    Args:
        probabilities: float[B, C], each of its own between 0 and 1.
        targets: bool[B, C].
        thresholds: float[C], above 0 and below 1.
        classes: C labels, in the order of the columns.
        unknown: of each of the B rows, its labels that are no classes, each once; ``None`` where there are none.
        seed: of the bootstrap.
        resamples: of the bootstrap, 1 or more.

    Raises:
        DataError: no rows, shapes that do not fit, or numbers that are no probabilities.
        SettingsError: ``resamples`` is below 1.
    """
    checked_sets(probabilities, targets, classes)
    if resamples < 1:
        raise SettingsError(f"resamples is {resamples}", "Give 1 or more; 1000 is usual.")
    given = probabilities >= thresholds
    right, support, called = ((part.sum(axis=0)) for part in (given & targets, targets, given))
    missed = np.array([len(labels) for labels in unknown]) if unknown is not None else np.zeros(len(targets))
    scores = set_scores(probabilities, targets, thresholds, unknown)
    draws = resampled_sets(probabilities, targets, thresholds, unknown, seed=seed, resamples=resamples)
    intervals: dict[str, Interval] = {}
    for name, values in draws.items():
        low, high = (float(end) for end in np.quantile(values, [0.025, 0.975]))
        if name == "ece":
            # Biased upwards, and each resample a second time: see recurra.evaluation.intervals.bootstrap.
            low, high = max(0.0, 2 * scores[name] - high), max(scores[name], 2 * scores[name] - low)
        intervals[name] = (low, high)
    exact = int(((given == targets).all(axis=1) & (missed == 0)).sum())
    intervals["subset_accuracy"] = wilson(exact, len(targets))
    precision, recall, f1 = share_of(right, called), share_of(right, support), share_of(2 * right, called + support)
    return SetEvaluation(
        rows=len(targets),
        **scores,
        intervals=intervals,
        labels=tuple(
            LabelScore(
                label=label,
                threshold=float(thresholds[place]),
                precision=float(precision[place]),
                recall=float(recall[place]),
                f1=float(f1[place]),
                support=int(support[place]),
                given=int(called[place]),
            )
            for place, label in enumerate(classes)
        ),
        reliability=reliability(probabilities.ravel().astype(np.float64), targets.ravel()),
        mean_labels=(float((targets.sum(axis=1) + missed).mean()), float(given.sum(axis=1).mean())),
        unknown_labels=int((missed > 0).sum()),
    )


def set_scores(
    probabilities: Floats, targets: Indicator, thresholds: Floats, unknown: Sequence[LabelSet] | None = None
) -> dict[str, float]:
    """The scores of all rows, by name; arguments as for :func:`evaluate_sets`."""
    found = _weighted(_Parts.of(probabilities, targets, thresholds, unknown), np.ones((1, len(targets))))
    return {name: float(values[0]) for name, values in found.items()}


def resampled_sets(
    probabilities: Floats,
    targets: Indicator,
    thresholds: Floats,
    unknown: Sequence[LabelSet] | None = None,
    *,
    seed: int,
    resamples: int,
) -> dict[str, Doubles]:
    """The scores of each bootstrap resample of the rows, float64[resamples], by the score's name.

    The rows that are drawn hang on the seed and the number of rows alone.
    """
    rows = len(targets)
    parts, generator = _Parts.of(probabilities, targets, thresholds, unknown), np.random.default_rng(seed)
    chunk = max(1, CHUNK // rows)
    found = []
    for first in range(0, resamples, chunk):
        size = min(chunk, resamples - first)
        counts = generator.multinomial(rows, np.full(rows, 1 / rows), size).astype(np.float64)
        found.append(_weighted(parts, counts))
    return {name: np.concatenate([one[name] for one in found]) for name in SCORES}


@dataclass(frozen=True, eq=False)
class _Parts:
    """What each row adds to the scores.

    Attributes:
        right: [B, C], labels given and had.
        called: [B, C], labels given.
        support: [B, C], labels had.
        each: [B, 4], exact, wrong decisions, ranking precision, log loss.
        gaps: [B, BINS], had less promised, of the labels whose probability lies in the bin.
        missed: [B], labels had that are no classes.
        holders: for each such label the rows that have it.
    """

    right: Doubles
    called: Doubles
    support: Doubles
    each: Doubles
    gaps: Doubles
    missed: Doubles
    holders: list[list[int]]

    @classmethod
    def of(
        cls, probabilities: Floats, targets: Indicator, thresholds: Floats, unknown: Sequence[LabelSet] | None
    ) -> _Parts:
        given, p = probabilities >= thresholds, probabilities.astype(np.float64)
        wrong = given != targets
        losses = label_losses(p, targets)
        rows, holders = len(targets), _holders(unknown or ())
        missed = np.array([len(labels) for labels in unknown], dtype=np.float64) if unknown else np.zeros(rows)
        decisions = targets.shape[1] + len(holders)
        cells = (bins_of(p) + np.arange(rows)[:, None] * BINS).ravel()
        gaps = np.bincount(cells, (targets - p).ravel(), rows * BINS).reshape(rows, BINS).astype(np.float64)
        exact, share = ~wrong.any(axis=1) & (missed == 0), (wrong.sum(axis=1) + missed) / decisions
        each = np.stack([exact, share, _ranking_precision(p, targets), losses.mean(axis=1)], axis=1)
        right, called, support = (part.astype(np.float64) for part in (given & targets, given, targets))
        return cls(right, called, support, each, gaps, missed, list(holders.values()))


def _holders(unknown: Sequence[LabelSet]) -> dict[Label, list[int]]:
    """The rows that have each label."""
    holders: dict[Label, list[int]] = {}
    for row, labels in enumerate(unknown):
        for label in labels:
            holders.setdefault(label, []).append(row)
    return holders


def _weighted(parts: _Parts, counts: Doubles) -> dict[str, Doubles]:
    """Scores of rows that come so often each, [resamples, B]."""
    right, called, support = (counts @ part for part in (parts.right, parts.called, parts.support))
    rows = counts.sum(axis=1)
    exact, wrong, ranking, loss = (counts @ parts.each).T / rows
    occurring, classes = called + support, parts.right.shape[1]
    f1 = share_of(2 * right, occurring)
    # A label that is no class occurs where a row that has it is drawn, and its F1 is 0.
    labels = (occurring > 0).sum(axis=1)
    for holders in parts.holders:
        labels += counts[:, holders].any(axis=1)
    return {
        "micro_f1": share_of(2 * right.sum(axis=1), occurring.sum(axis=1) + counts @ parts.missed),
        "macro_f1": share_of(f1.sum(axis=1), labels),
        "subset_accuracy": exact,
        "hamming_loss": wrong,
        "ranking_precision": ranking,
        "log_loss": loss,
        "ece": np.abs(counts @ parts.gaps).sum(axis=1) / (rows * classes),
    }


def _ranking_precision(p: Doubles, targets: Indicator) -> Doubles:
    """[B]; see :class:`SetEvaluation`."""
    rows, classes = targets.shape
    order = np.argsort(-p, axis=1, kind="stable")
    sorted_p, had = np.take_along_axis(p, order, axis=1), np.take_along_axis(targets, order, axis=1)
    # How many labels, and how many had, are at least as probable: those up to the last of equals.
    last = np.where(
        np.append(sorted_p[:, 1:] < sorted_p[:, :-1], np.ones((rows, 1), bool), axis=1), np.arange(classes), classes
    )
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    before = np.take_along_axis(np.cumsum(had, axis=1), last, axis=1)
    total = had.sum(axis=1)
    mean = np.divide((had * before / (last + 1)).sum(axis=1), total, out=np.ones(rows), where=total > 0)
    return np.where(total == classes, 1.0, mean)


def checked_sets(probabilities: Floats, targets: Indicator, classes: Sequence[Label]) -> None:
    """Raises a :class:`DataError` unless the arrays fit each other and hold probabilities."""
    if targets.ndim != 2 or probabilities.shape != targets.shape or targets.shape[1] != len(classes):
        raise DataError(
            f"Probabilities of shape {probabilities.shape}, targets of shape {targets.shape}, {len(classes)} labels",
            "Give [rows, labels] of both.",
        )
    if not len(targets):
        raise DataError("There are no rows to evaluate", "Give one row or more with its true labels.")
    bad = ~((probabilities >= 0) & (probabilities <= 1)).all(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"Row {row} holds {probabilities[row][:6]!s:.80}", "Give probabilities from 0 to 1.")
