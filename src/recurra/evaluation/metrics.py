"""Metrics of a classifier, each with its formula."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

__all__ = [
    "BINS",
    "BinJson",
    "ClassScores",
    "Reliability",
    "calibration_error",
    "confusion_matrix",
    "label_losses",
    "log_losses",
    "macro_f1",
    "reliability",
    "scores_from_counts",
    "weighted_f1",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BINS = 15
"""Equal-width bins of the expected calibration error."""

# A probability of 0 for the true class would make the loss infinite; float32 cannot tell 1 - EPSILON from 1 either.
EPSILON = float(np.finfo(np.float32).eps)


class ClassScores(NamedTuple):
    """Scores of each class, float64[C] and int64[C].

    Attributes:
        precision: share of right ones among the rows predicted as the class; 0 if there are none.
        recall: share of right ones among the rows of the class; 0 if there are none.
        f1: 2·right / (predicted + support), the harmonic mean of both; 0 if both are 0.
        support: number of rows of the class.
        predicted: number of rows predicted as the class.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray
    predicted: IntArray


class BinJson(TypedDict):
    """One bin of the reliability diagram; ``confidence`` and ``accuracy`` are None if it is empty."""

    rows: int
    confidence: float | None
    accuracy: float | None


class Reliability(NamedTuple):
    """The reliability diagram: confidence and accuracy by bins of the top probability.

    Attributes:
        rows: int64[BINS], number of rows in each bin.
        confidence: float64[BINS], mean top probability of the bin's rows; NaN in an empty bin.
        accuracy: float64[BINS], share of the bin's rows that are right; NaN in an empty bin.
    """

    rows: IntArray
    confidence: FloatArray
    accuracy: FloatArray

    def to_list(self) -> list[BinJson]:
        """Plain values, one dict for each bin."""
        return [
            {"rows": rows, "confidence": confidence if rows else None, "accuracy": accuracy if rows else None}
            for rows, confidence, accuracy in zip(*(part.tolist() for part in self), strict=True)
        ]


def confusion_matrix(targets: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Counts rows by true class (row) and predicted class (column), int64[classes, classes]."""
    cells = np.bincount(targets * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def scores_from_counts(right: IntArray, support: IntArray, predicted: IntArray) -> ClassScores:
    """Scores of each class from counts, int64[C] each: right rows, rows of the class, rows predicted as it."""
    return ClassScores(
        precision=safe_divide(right, predicted),
        recall=safe_divide(right, support),
        f1=safe_divide(2 * right, support + predicted),
        support=support,
        predicted=predicted,
    )


def macro_f1(f1: FloatArray, occurring: IntArray) -> FloatArray:
    """Mean F1 over the classes that occur, in the targets or the predictions.

    A class that occurs in neither has no F1 and is left out, as scikit-learn does.

    Args:
        f1: float64[..., C].
        occurring: int64[..., C], support + predicted.

    Returns:
        float64[...].
    """
    seen = occurring > 0
    return np.asarray((f1 * seen).sum(axis=-1) / seen.sum(axis=-1))


def weighted_f1(f1: FloatArray, support: IntArray) -> FloatArray:
    """Mean F1 weighted by each class's support, float64[...] from float64[..., C] and int64[..., C]."""
    return np.asarray((f1 * support).sum(axis=-1) / support.sum(axis=-1))


def log_losses(probabilities: npt.NDArray[np.floating], targets: IntArray) -> FloatArray:
    """-log p(true class) of each row in nats, float64[B]; finite, because p is clipped to float32's [eps, 1 - eps]."""
    of_target = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return -np.log(np.clip(of_target, EPSILON, 1 - EPSILON))


def label_losses(probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.bool_]) -> FloatArray:
    """-log of the probability of each decision about a label in nats, float64[B, C]; clipped as :func:`log_losses`."""
    p = probabilities.astype(np.float64)
    return np.asarray(-np.log(np.clip(np.where(targets, p, 1 - p), EPSILON, 1 - EPSILON)))


def bin_indices(confidence: FloatArray) -> IntArray:
    """The bin of each top probability, int64[B]: bin m (from 0) is the interval (m / BINS, (m + 1) / BINS]."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def reliability(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> Reliability:
    """Groups rows by their top probability.

    Args:
        confidence: float64[B], top probability of each row.
        right: bool[B], whether the top class is the true one.
    """
    bins = bin_indices(confidence)
    rows = np.bincount(bins, minlength=BINS).astype(np.int64)
    with np.errstate(invalid="ignore"):
        return Reliability(
            rows=rows,
            confidence=np.bincount(bins, confidence, BINS) / rows,
            accuracy=np.bincount(bins, right, BINS) / rows,
        )


def calibration_error(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy, over 15 equal-width bins.

    ``ECE = Σ_m |B_m| / n · |acc(B_m) - conf(B_m)|`` with ``B_m`` the rows whose top probability lies in
    ``((m - 1) / 15, m / 15]`` (Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks",
    ICML, equation 3). It is biased upwards: noise in a bin counts as a gap.

    Args:
        confidence: float64[B], top probability of each row.
        right: bool[B], whether the top class is the true one.
    """
    # |B_m| · |acc - conf| is the absolute sum of (right - confidence) over the bin, without a division.
    gaps = np.bincount(bin_indices(confidence), right - confidence, BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def safe_divide(part: npt.NDArray[np.number], whole: npt.NDArray[np.number]) -> FloatArray:
    """``part / whole`` as float64, 0 where the whole is 0."""
    shares: FloatArray = np.zeros(np.shape(whole))
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
