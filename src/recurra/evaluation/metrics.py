"""The numbers that say how good a classifier is, each with its formula."""

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
    "counted_scores",
    "label_losses",
    "log_losses",
    "macro_f1",
    "reliability",
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
        precision: right ones among the rows called so; 0 where none was called so.
        recall: right ones among the rows that are so; 0 where none is so.
        f1: 2·right / (called so + are so), the harmonic mean of both; 0 where neither occurs.
        support: rows that are so.
        predicted: rows called so.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray
    predicted: IntArray


class BinJson(TypedDict):
    """One bin of the reliability diagram; ``confidence`` and ``accuracy`` are None in an empty one."""

    rows: int
    confidence: float | None
    accuracy: float | None


class Reliability(NamedTuple):
    """What was promised and what was kept, by bins of the top probability.

    Attributes:
        rows: int64[BINS].
        confidence: float64[BINS], mean top probability of the bin's rows; NaN in an empty bin.
        accuracy: float64[BINS], share of the bin's rows that are right; NaN in an empty bin.
    """

    rows: IntArray
    confidence: FloatArray
    accuracy: FloatArray

    def to_json(self) -> list[BinJson]:
        """Plain values, a bin each."""
        return [
            {"rows": rows, "confidence": confidence if rows else None, "accuracy": accuracy if rows else None}
            for rows, confidence, accuracy in zip(*(part.tolist() for part in self), strict=True)
        ]


def confusion_matrix(targets: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Counts rows by true class (row) and predicted class (column), int64[classes, classes]."""
    cells = np.bincount(targets * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def counted_scores(right: IntArray, support: IntArray, predicted: IntArray) -> ClassScores:
    """Scores from counts, int64[C] each: rows that are right, that are so, and that are called so."""
    return ClassScores(
        precision=share_of(right, predicted),
        recall=share_of(right, support),
        f1=share_of(2 * right, support + predicted),
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
    """-log p(true class) of each row in nats, float64[B]; p is cut to float32's [eps, 1 - eps] so that it is finite."""
    of_target = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return -np.log(np.clip(of_target, EPSILON, 1 - EPSILON))


def label_losses(probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.bool_]) -> FloatArray:
    """-log of the probability of each decision about a label in nats, float64[B, C], cut as in :func:`log_losses`."""
    p = probabilities.astype(np.float64)
    return np.asarray(-np.log(np.clip(np.where(targets, p, 1 - p), EPSILON, 1 - EPSILON)))


def bins_of(confidence: FloatArray) -> IntArray:
    """The bin of each top probability, int64[B]: bin m (from 0) is the interval (m / BINS, (m + 1) / BINS]."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def reliability(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> Reliability:
    """Groups rows by their top probability.

    Args:
        confidence: float64[B], top probability of each row.
        right: bool[B], whether the top class is the true one.
    """
    bins = bins_of(confidence)
    rows = np.bincount(bins, minlength=BINS).astype(np.int64)
    with np.errstate(invalid="ignore"):
        return Reliability(
            rows=rows,
            confidence=np.bincount(bins, confidence, BINS) / rows,
            accuracy=np.bincount(bins, right, BINS) / rows,
        )


def calibration_error(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean gap between promised and kept, over 15 equal-width bins.

    ``ECE = Σ_m |B_m| / n · |acc(B_m) - conf(B_m)|`` with ``B_m`` the rows whose top probability lies in
    ``((m - 1) / 15, m / 15]`` (Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks",
    ICML, equation 3). It is biased upwards: noise in a bin counts as a gap.

    Args:
        confidence: float64[B], top probability of each row.
        right: bool[B], whether the top class is the true one.
    """
    # |B_m| · |acc - conf| is the absolute sum of (right - confidence) over the bin: no count divides it.
    gaps = np.bincount(bins_of(confidence), right - confidence, BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def share_of(part: npt.NDArray[np.number], whole: npt.NDArray[np.number]) -> FloatArray:
    """``part / whole`` as float64, 0 where the whole is 0."""
    shares: FloatArray = np.zeros(np.shape(whole))
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
