"""What the page of an evaluation shows where a row may have several labels."""

from __future__ import annotations

from typing import Any

from recurra.evaluation.mistakes import wrong_decisions
from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation
from recurra.report.charts import reliability_chart
from recurra.report.class_sentences import unknown_sentence
from recurra.tasks import Answered, Task

__all__ = ["part"]


def part(
    task: Task, evaluation: MultiLabelEvaluation, answered: Answered, abstaining: None
) -> tuple[str, dict[str, Any]]:
    """See :func:`recurra.report.evaluation_page.evaluation_page`."""
    bins = [(part["rows"], part["confidence"], part["accuracy"]) for part in evaluation.to_json()["reliability"]]
    thresholds = task.tensors["thresholds"]
    return "multi_label.html", {
        "sentences": _sentences(evaluation),
        "reliability": reliability_chart(
            bins,
            name="reliability",
            title="Rows that have a label by its probability",
            x_label="probability of a label, %",
            y_label="have it, %",
            below="decisions",
        ),
        "thresholds": {one.label: one.threshold for one in evaluation.labels},
        "wrong": wrong_decisions(
            answered.probabilities, answered.targets, thresholds, answered.documents, answered.classes
        ),
    }


def _sentences(evaluation: MultiLabelEvaluation) -> list[str]:
    had, given = evaluation.mean_labels
    sentences = [f"A row has {had:.2f} labels on average, and is given {given:.2f}."]
    tested: list[Any] = sorted((one for one in evaluation.labels if one.support), key=lambda one: -one.f1)
    if tested and tested[0].f1 > tested[-1].f1:
        sentences.append(
            f"The highest F1 is that of {tested[0].label} ({tested[0].f1:.3f}), "
            f"the lowest that of {tested[-1].label} ({tested[-1].f1:.3f})."
        )
    if evaluation.unknown_labels:
        sentences.append(unknown_sentence(evaluation.unknown_labels))
    return sentences
