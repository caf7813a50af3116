"""Confidence intervals of a share: how far it could be off by the choice of the tested rows."""

from __future__ import annotations

import math
from typing import TypeAlias

from recurra.errors import DataError

__all__ = ["NORMAL_975", "Interval", "wilson"]

Interval: TypeAlias = tuple[float, float]
"""(low, high) of a 95 % interval."""

NORMAL_975 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(right: int, rows: int) -> Interval:
    """95 % interval of a share, by the score of Wilson (1927, JASA 22).

    ``(p + z²/2n ± z·√(p(1 - p)/n + z²/4n²)) / (1 + z²/n)``. Unlike Wald's interval it stays in [0, 1] and has a width
    above 0 at 0 % and 100 %.

    Args:
        right: rows that are right.
        rows: rows tested, 1 or more.

    Raises:
        DataError: no rows, or more right ones than rows.
    """
    if rows < 1 or not 0 <= right <= rows:
        raise DataError(f"{right} right of {rows} rows has no interval", "Test one row or more.")
    share, z2 = right / rows, NORMAL_975**2 / rows
    centre, half = share + z2 / 2, math.sqrt(z2 * (share * (1 - share) + z2 / 4))
    # At 0 % and 100 % the formula gives exactly 0 and 1, but for rounding.
    low = 0.0 if right == 0 else (centre - half) / (1 + z2)
    high = 1.0 if right == rows else (centre + half) / (1 + z2)
    return low, high
