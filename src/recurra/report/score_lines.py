"""The scores of an evaluation as rows of a page's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recurra.report.formatting import percent
from recurra.tasks import Score

__all__ = ["score_lines"]


def score_lines(evaluation: Mapping[str, Any], scores: Sequence[Score]) -> list[dict[str, str]]:
    """A row for each score, with its 95 % interval and meaning.

    Args:
        evaluation: in JSON: the scores, and their ``intervals`` by key.
        scores: to show, in this order.
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
