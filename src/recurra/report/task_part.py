"""The part of an evaluation's page for tasks without their own part: the task's sections."""

from __future__ import annotations

from typing import Any

from recurra.evaluation.abstention import AbstentionScores
from recurra.tasks import Predictions, Scores, Task

__all__ = ["part"]


def part(
    task: Task, evaluation: Scores, predictions: Predictions, abstaining: AbstentionScores | None
) -> tuple[str, dict[str, Any]]:
    """See :func:`recurra.report.evaluation_page.evaluation_page`."""
    return "task.html", {"sentences": [], "sections": task.sections(evaluation, predictions)}
