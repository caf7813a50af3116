"""The part of an evaluation's page for rows that may have several labels."""

from __future__ import annotations

from typing import Any

from recurra.evaluation.mistakes import wrong_decisions
from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation
from recurra.evaluation.worst_first import worst_first
from recurra.report.charts import reliability_chart
from recurra.report.class_sentences import f1_sentences, unknown_sentences
from recurra.tasks import Predictions, Task

__all__ = ["part"]


def part(
    task: Task, evaluation: MultiLabelEvaluation, predictions: Predictions, abstaining: None
) -> tuple[str, dict[str, Any]]:
    """See :func:`recurra.report.evaluation_page.evaluation_page`."""
    plain = evaluation.to_dict()
    thresholds, (had, given) = task.tensors["thresholds"], evaluation.mean_labels
    return "multi_label.html", {
        "labels": [plain["labels"][place] for place in worst_first(task.class_scores(evaluation))],
        "sentences": [
            f"A row has {had:.2f} labels on average, and is given {given:.2f}.",
            *f1_sentences([vars(one) for one in evaluation.labels]),
            *unknown_sentences(evaluation.unknown_labels),
        ],
        "reliability": reliability_chart(
            list(zip(*evaluation.reliability, strict=True)),
            name="reliability",
            title="Rows that have a label by its probability",
            x_label="probability of a label, %",
            y_label="have it, %",
            below="decisions",
        ),
        "thresholds": {one.label: one.threshold for one in evaluation.labels},
        "wrong": wrong_decisions(
            predictions.probabilities, predictions.targets, thresholds, predictions.documents, predictions.classes
        ),
    }
