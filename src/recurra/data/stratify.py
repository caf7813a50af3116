"""Holding rows out of a training set whose rows have several labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.data.split import checked_share
from recurra.errors import DataError

__all__ = ["hold_out_sets"]

Places = npt.NDArray[np.int64]


def hold_out_sets(
    indicator: npt.NDArray[np.bool_], *, share: float, limit: int = 2000, seed: int
) -> tuple[Places, Places]:
    """Splits rows into those to train on and those held out, each label in its own share as far as that can be.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data", ECML
    PKDD, algorithm 1) of two subsets: the rows of the rarest label that is left are dealt first, each to the subset
    that lacks most of that label. Rows without a label are dealt last. A label never loses its last row to the held-out
    ones. The same arguments give the same split.

    Args:
        indicator: bool[B, C], which labels each row has.
        share: part of the rows to hold out, in [0, 1); at least one row unless it is 0.
        limit: rows to hold out at most.
        seed: seed of the shuffle.

    Returns:
        The rows to train on and the rows held out, each rising, int64; together they are all rows.

    Raises:
        DataError: there are no rows, or none can be held out.
        SettingsError: ``share`` or ``limit`` is out of range.
    """
    rows = len(indicator)
    checked_share(share, limit, rows)
    wanted = min(max(round(share * rows), 1), limit) if share > 0 else 0
    if not wanted:
        return np.arange(rows), np.empty(0, dtype=np.int64)
    held = np.zeros(rows, dtype=bool)
    generator = np.random.default_rng(seed)
    order = generator.permutation(rows)
    counts = indicator.sum(axis=0)
    # What each subset, first those to train on, still lacks: of rows, and of each label.
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
        # So few rows that no label asks for half of one: the first that can be spared.
        spare = [row for row in order.tolist() if (in_training[indicator[row]] >= 2).all()]
        if not spare:
            raise DataError(
                f"{rows:,} rows, one a label: none can be held out",
                "Give more rows a label, or hold nothing out: validation = 0.",
            )
        held[spare[0]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)
