"""The scores of an evaluation as a page's table shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from recurra.report.wording import percent

__all__ = ["score_lines"]


def score_lines(
    evaluation: Any, scores: Sequence[tuple[str, str, str]], *, in_percent: Collection[str]
) -> list[dict[str, str]]:
    """A line a score, with its 95 % interval and what it means.

    Args:
        evaluation: has the scores as attributes and their ``intervals`` by name.
        scores: key, name and meaning of each.
        in_percent: keys of those that are shares.
    """
    lines = []
    for key, name, meaning in scores:
        value, (low, high) = getattr(evaluation, key), evaluation.intervals[key]
        if key in in_percent:
            shown, interval = percent(value), f"{100 * low:.2f}–{100 * high:.2f}"
        else:
            shown, interval = f"{value:.4f}", f"{low:.4f}–{high:.4f}"
        lines.append({"name": name, "value": shown, "interval": interval, "meaning": meaning})
    return lines
