"""The scores of an evaluation as a page's table shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recurra.report.wording import percent
from recurra.tasks import Score

__all__ = ["score_lines"]


def score_lines(evaluation: Mapping[str, Any], scores: Sequence[Score]) -> list[dict[str, str]]:
    """A line a score, with its 95 % interval and what it means.

    Args:
        evaluation: as JSON: the scores, and their ``intervals`` by key.
        scores: which, in their order.
    """
    lines = []
    for score in scores:
        value, (low, high) = evaluation[score.key], evaluation["intervals"][score.key]
        if score.percent:
            shown, interval = percent(value), f"{100 * low:.2f}–{100 * high:.2f}"
        else:
            shown, interval = f"{value:.4f}", f"{low:.4f}–{high:.4f}"
        lines.append({"name": score.title, "value": shown, "interval": interval, "meaning": score.meaning})
    return lines
