"""What scikit-learn asks of a trained classifier beside its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.plain_values import plain_list
from recurra.errors import DataError
from recurra.evaluation.label_targets import as_targets
from recurra.tasks import Task

__all__ = ["accuracy", "log_probabilities"]


def accuracy(probabilities: npt.NDArray[np.float32], y: Any, classes: Sequence[Label], task: Task) -> float:
    """The share of documents whose answer is right: the label, or exactly the labels.

    Args:
        probabilities: float32[B, C].
        y: B labels, lists of labels or an indicator matrix, as for :func:`recurra.evaluate`. A label that is no class
            counts as wrong; in lists it is an error.
        classes: C labels.
        task: that the model was trained on.

    Raises:
        DataError: ``y`` has another length or form, or there are no documents.
    """
    if not len(probabilities):
        raise DataError("X has no documents", "Give at least one: there is no accuracy of none.")
    unknown: list[Any] = []
    if not task.lists and getattr(y, "ndim", 1) == 1 and hasattr(y, "__iter__"):
        unknown = [one for one in plain_list(y) if isinstance(one, str | int | float) and one not in classes]
    targets = as_targets(y, classes, list(dict.fromkeys(unknown)))
    if targets.ndim != 1 + task.lists or len(targets) != len(probabilities):
        raise DataError(
            f"There are {len(probabilities):,} answers, and y has the shape {list(targets.shape)}",
            "Give a list of labels each, or an indicator matrix." if task.lists else "Give a label each.",
        )
    return float(np.mean(task.right(probabilities, targets)))


def log_probabilities(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The natural logarithm of probabilities, float32[B, C]; of 0 it is ``-inf``, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)
