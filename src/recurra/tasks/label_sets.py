"""Rows with several labels, or none: which columns of the network's output belong to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from recurra.data.documents import LabelSet
from recurra.text.labels import Labels

__all__ = ["decode_sets", "encode_sets", "learn_sets"]

Indicator = npt.NDArray[np.bool_]

# Labels, or what stands for them in a file.
Name = TypeVar("Name")


def learn_sets(rows: Iterable[LabelSet]) -> Labels:
    """The distinct labels of all rows, sorted as :meth:`recurra.text.Labels.learn` sorts them.

    Raises:
        DataError: no row has a label, or the labels are of several types.
    """
    return Labels.learn(chain.from_iterable(rows))


def encode_sets(labels: Labels, rows: Sequence[LabelSet]) -> Indicator:
    """Which labels each row has, bool[B, C]; a label that stands twice counts once.

    Raises:
        DataError: a label that is no class, or has another type.
    """
    counts = [len(row) for row in rows]
    indicator = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    indicator[np.repeat(np.arange(len(rows)), counts), labels.encode(list(chain.from_iterable(rows)))] = True
    return indicator


def decode_sets(classes: Sequence[Name], indicator: npt.NDArray[Any]) -> list[list[Name]]:
    """The labels of each row, in the order of the classes.

    Args:
        classes: C labels.
        indicator: bool[B, C].
    """
    rows: list[list[Name]] = [[] for _ in range(len(indicator))]
    for row, column in zip(*(places.tolist() for places in np.nonzero(indicator)), strict=True):
        rows[row].append(classes[column])
    return rows
