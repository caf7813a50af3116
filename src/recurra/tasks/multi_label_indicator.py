"""Targets of rows with several labels, or none, as scikit-learn's multilabel indicator: a column for each class."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.data.documents import LabelSet
from recurra.text import Labels

__all__ = ["multi_label_indicator"]


def multi_label_indicator(labels: Labels, rows: Sequence[LabelSet]) -> npt.NDArray[np.bool_]:
    """Which classes each row has, bool[B, C]; a label that a row repeats counts once.

    Raises:
        DataError: a label is not a class, or has another type.
    """
    counts = [len(row) for row in rows]
    indicator = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    indicator[np.repeat(np.arange(len(rows)), counts), labels.encode(list(chain.from_iterable(rows)))] = True
    return indicator
