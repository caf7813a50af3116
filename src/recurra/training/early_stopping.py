"""When training of averaged weights stops before its patience is over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

__all__ = ["majority_share", "no_longer_learns"]


def no_longer_learns(differences: Tensor, *, accuracy: float, best_accuracy: float, majority: float) -> bool:
    """Whether the loss on held-out rows has clearly risen, and the network is not just beginning to learn.

    Of averaged weights, which change little from epoch to epoch, the loss goes on rising once it has risen. But in the
    first epochs of a small set it may rise while the network still gives the most frequent class, or while more and
    more rows become right. Each comparison is made with one standard error.

    Args:
        differences: [rows], each held-out row's loss minus that of the epoch with the lowest mean.
        accuracy: share of the held-out rows that are right now.
        best_accuracy: share at that epoch.
        majority: share of the rows that the most frequent answer would make right.
    """
    rows = len(differences)
    if rows < 2 or not bool(differences.mean() > differences.std() / math.sqrt(rows)):
        return False
    error = math.sqrt(max(accuracy * (1 - accuracy), 0.0) / rows)
    return accuracy - best_accuracy <= error and accuracy - majority > error


def majority_share(targets: npt.NDArray[Any]) -> float:
    """The share of the rows that have the most frequent target, a class or a set of labels."""
    _, counts = np.unique(targets, axis=0, return_counts=True)
    return float(counts.max() / len(targets))
