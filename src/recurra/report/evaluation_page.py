"""The page of one evaluation: scores with intervals, and what the task has to show of them."""

from __future__ import annotations

from importlib import import_module

from recurra.evaluation.abstention import AbstentionScores
from recurra.report.page import render
from recurra.report.score_lines import score_lines
from recurra.report.wording import plural
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
) -> str:
    """A self-contained HTML page about an evaluation.

    The module that :attr:`recurra.tasks.Task.page` names has a function ``part``, which is given the first three and
    ``abstaining``, and gives a template and its values.

    Args:
        task: what was learned.
        evaluation: its scores.
        predictions: the tested rows.
        model_name: what was evaluated.
        data_name: what it was evaluated on.
        trained_on: the training rows by name, such as ``58,337 of 120,000 training rows``; empty if not known.
        abstaining: what holding answers back below a probability gives, if one was named.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    plain = evaluation.to_json()
    template, values = import_module(task.page).part(task, evaluation, predictions, abstaining)
    return render(
        template,
        model_name=model_name,
        data_name=data_name,
        trained_on=trained_on,
        rows=plural(evaluation.rows, "row"),
        evaluation=plain,
        scores=score_lines(plain, task.scores),
        **values,
    )
