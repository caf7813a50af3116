"""Confidence intervals of shares, of F1 and of means: how far they could be off by the choice of the tested rows.

Those of F1 and of means are for scores whose bootstrap resamples are all equal, such as where every row is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from recurra.errors import DataError

__all__ = ["NORMAL_975", "Interval", "constant_interval", "f1_interval", "mean_interval", "wilson"]

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


def f1_interval(hits: int, occurring: int) -> Interval:
    """95 % interval of an F1, ``2·hits / occurring``, from Wilson's interval of a share.

    Of the ``occurring - hits`` decisions where the class is given or true, the share J = hits / (occurring - hits) has
    it both given and true (Jaccard's index), and F1 = 2J / (1 + J), which grows with J.

    Args:
        hits: how often the class is given and true.
        occurring: how often it is given, and how often it is true, together. Of 0 nothing is known: (0, 1).

    Raises:
        DataError: more hits than half of ``occurring``.
    """
    if not occurring:
        return 0.0, 1.0
    low, high = wilson(hits, occurring - hits)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def mean_interval(values: Sequence[float], intervals: Sequence[Interval], weights: Sequence[float]) -> Interval:
    """95 % interval of a weighted mean m of scores from 0 to 1, from theirs, as if they were independent.

    ``m - √Σ w²(v - low)²`` to ``m + √Σ w²(high - v)²`` (Zou and Donner 2008, Statistics in Medicine 27), within [0, 1].

    Args:
        values: K scores.
        intervals: of each.
        weights: of each; they sum to 1.
    """
    rows = list(zip(values, intervals, weights, strict=True))
    mean = math.fsum(w * v for v, _, w in rows)
    below = math.sqrt(math.fsum((w * (v - low)) ** 2 for v, (low, _), w in rows))
    above = math.sqrt(math.fsum((w * (high - v)) ** 2 for v, (_, high), w in rows))
    return max(0.0, mean - below), min(1.0, mean + above)


def constant_interval(value: float, rows: int) -> Interval:
    """95 % interval of a mean over rows of numbers from 0 to 1 that are all equal.

    With Wilson's lower end L of ``rows`` out of ``rows``, a share of at most 1 - L of all rows has another number,
    which is 0 at the least and 1 at the most: ``L·value`` to ``L·value + 1 - L``.

    Args:
        value: of each row.
        rows: 1 or more.
    """
    low, _ = wilson(rows, rows)
    return low * value, low * value + 1 - low
