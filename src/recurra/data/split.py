"""Holding rows out of the training set, to choose models and epochs on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.coded import CodedLabels
from recurra.data.documents import Label
from recurra.errors import DataError, SettingsError

__all__ = ["checked_share", "hold_out"]


def hold_out(
    labels_or_count: Sequence[Label] | CodedLabels | int, *, share: float, limit: int = 2000, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Splits rows into those to train on and those held out.

    With labels each class is held out in its own share (largest remainders make up the total), and a class never
    loses its last row to the held-out ones. The same arguments give the same split.

    Args:
        labels_or_count: the rows' labels, or how many rows there are.
        share: part of the rows to hold out, in [0, 1); at least one row unless it is 0.
        limit: rows to hold out at most.
        seed: seed of the shuffle.

    Returns:
        The rows to train on and the rows held out, each rising, int64; together they are all rows.

    Raises:
        DataError: there are no rows, or too few to hold one out.
        SettingsError: ``share`` or ``limit`` is out of range.
    """
    count = labels_or_count if isinstance(labels_or_count, int) else len(labels_or_count)
    checked_share(share, limit, count)
    if isinstance(labels_or_count, int):
        classes = np.zeros(count, dtype=np.int32)
    else:
        labels = labels_or_count if isinstance(labels_or_count, CodedLabels) else CodedLabels.of(labels_or_count)
        classes = labels.codes
    held = np.zeros(count, dtype=bool)
    sizes = np.bincount(classes)
    wanted = min(max(round(share * count), 1), limit, int((sizes - 1).sum())) if share > 0 else 0
    if wanted < 1 and share > 0 and limit > 0:
        raise DataError(
            f"{count:,} rows, one a class: none can be held out",
            "Give more rows a class, or hold nothing out: validation = 0.",
        )
    order = np.random.default_rng(seed).permutation(count)
    by_class = order[np.argsort(classes[order], kind="stable")]  # shuffled within each class
    starts = np.cumsum(sizes) - sizes
    for start, part in zip(starts, _parts(sizes, wanted), strict=True):
        held[by_class[start : start + part]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def checked_share(share: float, limit: int, rows: int) -> None:
    """Raises unless a share of so many rows can be held out: see :func:`hold_out`."""
    if not 0 <= share < 1:
        raise SettingsError(f"The share {share} to hold out", "Give one from 0 to below 1.")
    if limit < 0:
        raise SettingsError(f"The limit {limit} of rows to hold out", "Give 0 or more.")
    if rows < 1:
        raise DataError(f"{rows} rows to split", "Give at least one row.")


def _parts(sizes: npt.NDArray[np.int64], wanted: int) -> npt.NDArray[np.int64]:
    """How many rows of each class to hold out: in proportion, ``wanted`` in all, never a whole class."""
    exact = wanted * sizes / sizes.sum()
    parts: npt.NDArray[np.int64] = np.minimum(np.floor(exact).astype(np.int64), sizes - 1)
    while (missing := wanted - int(parts.sum())) > 0:
        room = np.flatnonzero(parts < sizes - 1)
        furthest = room[np.argsort(-(exact - parts)[room], kind="stable")]
        parts[furthest[:missing]] += 1
    return parts
