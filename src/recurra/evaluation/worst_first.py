"""The order in which classes are shown: those that need work first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["worst_first"]


def worst_first(scores: Sequence[Any]) -> list[int]:
    """The places of the classes by rising F1, those of more rows first; classes without rows, given to none, last.

    Args:
        scores: of the classes, each with ``f1``, ``support`` and ``given``.
    """

    def rank(place: int) -> tuple[bool, float, int]:
        one = scores[place]
        return not (one.support or one.given), one.f1, -one.support

    return sorted(range(len(scores)), key=rank)
