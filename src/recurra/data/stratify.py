"""Iterative stratification: holds out multi-label rows so that each label keeps its share as far as possible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["stratified"]

Flags = npt.NDArray[np.bool_]


def stratified(indicator: Flags, order: npt.NDArray[np.int64], wanted: int) -> Flags:
    """The rows held out, bool[B]; none if no row can be spared.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data", ECML
    PKDD, algorithm 1) of two subsets: the rows of the rarest label that is left are dealt first, each to the subset
    that lacks most of that label. Rows without a label are dealt last. A label never loses its last row to the held-out
    ones.

    Args:
        indicator: bool[B, C], which labels each row has.
        order: int64[B], the rows shuffled.
        wanted: number of rows to hold out, 1 or more.
    """
    rows = len(indicator)
    held = np.zeros(rows, dtype=bool)
    counts = indicator.sum(axis=0)
    # What each subset (training first) still lacks, in rows and per label.
    parts = np.array([1 - wanted / rows, wanted / rows])
    room, lacking = parts * rows, parts[:, None] * counts
    waiting, remaining = np.ones(rows, dtype=bool), counts.copy()
    in_training = counts.copy()

    def deal(row: int, subset: int) -> None:
        held[row], waiting[row] = subset == 1, False
        room[subset] -= 1
        lacking[subset, indicator[row]] -= 1
        remaining[indicator[row]] -= 1

    while remaining.any():
        label = int(np.where(remaining > 0, remaining, rows + 1).argmin())
        for row in order[waiting[order] & indicator[order, label]].tolist():
            subset = int(lacking[1, label] > lacking[0, label] or (
                lacking[1, label] == lacking[0, label] and room[1] > room[0]
            ))  # fmt: skip
            if subset and (room[1] < 1 or (in_training[indicator[row]] < 2).any()):
                subset = 0
            if subset:
                in_training[indicator[row]] -= 1
            deal(row, subset)
    for row in order[waiting[order]].tolist():
        deal(row, int(room[1] >= 1))
    if not held.any():
        # With very few rows no label gets one: take the first row that can be spared.
        held[[row for row in order.tolist() if (in_training[indicator[row]] >= 2).all()][:1]] = True
    return held
