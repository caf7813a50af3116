"""Rows with several labels, or none: which columns of the network's output belong to each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.data.documents import LabelSet
from recurra.text import Labels

__all__ = ["encode_sets"]


def encode_sets(labels: Labels, rows: Sequence[LabelSet]) -> npt.NDArray[np.bool_]:
    """Which labels each row has, bool[B, C]; a label that stands twice counts once.

    Raises:
        DataError: a label that is no class, or has another type.
    """
    counts = [len(row) for row in rows]
    indicator = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    indicator[np.repeat(np.arange(len(rows)), counts), labels.encode(list(chain.from_iterable(rows)))] = True
    return indicator
