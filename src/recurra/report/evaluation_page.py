"""The page of one evaluation: scores with intervals, and the task's own part."""

from __future__ import annotations

from importlib import import_module

from recurra.evaluation.abstention import AbstentionScores
from recurra.report.formatting import plural
from recurra.report.page import render
from recurra.report.score_lines import score_lines
from recurra.tasks import Predictions, Scores, Task

__all__ = ["evaluation_page"]


def evaluation_page(
    task: Task,
    evaluation: Scores,
    predictions: Predictions,
    *,
    model_name: str,
    data_name: str,
    trained_on: str = "",
    abstaining: AbstentionScores | None = None,
    branch: bool = False,
) -> str:
    """A self-contained HTML page about an evaluation.

    The module that :attr:`recurra.tasks.Task.page` names has a function ``part``, which takes the first three arguments
    and ``abstaining``, and returns a template and its values.

    Args:
        task: what was learned.
        evaluation: its scores.
        predictions: for the tested rows.
        model_name: what was evaluated.
        data_name: what it was evaluated on.
        trained_on: the training rows by name, such as ``58,337 of 120,000 training rows``; empty if not known.
        abstaining: scores with answers held back below a probability, if one was given.
        branch: whether the model has a linear branch.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    plain = evaluation.to_dict()
    template, values = import_module(task.page).part(task, evaluation, predictions, abstaining)
    return render(
        template,
        model_name=model_name,
        data_name=data_name,
        trained_on=trained_on,
        branch=branch,
        rows=plural(evaluation.rows, "row"),
        evaluation=plain,
        scores=score_lines(plain, task.scores),
        **values,
    )
