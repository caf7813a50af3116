"""The most frequent confusions of a classifier: rows of one class that were predicted as another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label

__all__ = ["Confusion", "top_confusions"]


class Confusion(TypedDict):
    """Rows of one class that were predicted as another.

    ``share`` is that of the rows of the class ``label``.
    """

    label: Label
    predicted: Label
    rows: int
    share: float


def top_confusions(confusion: npt.ArrayLike, classes: Sequence[Label], top: int | None = None) -> list[Confusion]:
    """The confusions with the most rows, sorted by falling rows; equally frequent ones in the order of the classes.

    Args:
        confusion: int[C, C], number of rows by true class and predicted class.
        classes: C labels.
        top: maximum number of confusions; ``None`` for all.
    """
    counts = np.array(confusion, dtype=np.int64)
    support = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[: np.count_nonzero(counts)][:top]
    return [
        {
            "label": classes[truth],
            "predicted": classes[called],
            "rows": int(counts[truth, called]),
            "share": float(counts[truth, called] / support[truth]),
        }
        for truth, called in (divmod(place, len(classes)) for place in order.tolist())
    ]
