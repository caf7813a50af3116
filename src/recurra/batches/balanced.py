"""Rows of an epoch of which every class comes up alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["balanced_rows"]


def balanced_rows(targets: npt.NDArray[np.int64], generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """As many rows as there are, of every class alike to one: small classes repeat, of large ones a part is drawn.

    A class is gone through as a whole, in a new order each time, before a row of it comes up again; a draw with
    replacement would leave out a third of a class that is to be read once. Which classes get the row that is left over
    is drawn, too, so that in expectation they are alike exactly.

    Args:
        targets: int64[B], the class of each row.
        generator: of this epoch.

    Returns:
        int64[B], rows, in no particular order. A class without rows has none.
    """
    classes, sizes = np.unique(targets, return_counts=True)
    by_class = np.split(np.argsort(targets, kind="stable"), np.cumsum(sizes)[:-1])
    wanted = np.full(len(classes), len(targets) // len(classes))
    wanted[generator.permutation(len(classes))[: len(targets) % len(classes)]] += 1
    drawn = []
    for rows, count in zip(by_class, wanted.tolist(), strict=True):
        passes = [generator.permutation(rows) for _ in range(-(-count // len(rows)))]
        drawn.append(np.concatenate([*passes, rows[:0]])[:count])
    return np.concatenate(drawn) if drawn else np.empty(0, dtype=np.int64)
