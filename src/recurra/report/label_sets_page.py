"""The page of an evaluation where a row may have several labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recurra.evaluation.label_sets import SetEvaluation, WrongDecision
from recurra.report.charts import reliability_chart
from recurra.report.class_sentences import unknown_sentence
from recurra.report.page import render
from recurra.report.score_lines import score_lines
from recurra.report.wording import plural

__all__ = ["label_sets_page"]

_SCORES = (
    ("micro_f1", "Micro F1", "F1 of all decisions about a label together."),
    ("macro_f1", "Macro F1", "Mean F1 of the labels, each counting alike."),
    ("subset_accuracy", "Exactly right", "Rows that are given exactly the labels they have."),
    ("hamming_loss", "Hamming loss", "Decisions about a label that are wrong; 0 is perfect."),
    ("ranking_precision", "Ranking precision", "Whether a row's labels are its most probable ones; 1 is perfect."),
    ("log_loss", "Log loss", "Mean surprise at each decision, −log p in nats; 0 is perfect."),
    ("ece", "Calibration error", "Mean gap between probability and share that has the label (ECE, 15 bins)."),
)


def label_sets_page(
    evaluation: SetEvaluation,
    wrong: Sequence[WrongDecision],
    *,
    model_name: str,
    data_name: str,
    trained_on: str = "",
) -> str:
    """A self-contained HTML page about an evaluation.

    Args:
        evaluation: of :func:`recurra.evaluation.label_sets.evaluate_sets`.
        wrong: of :func:`recurra.evaluation.label_sets.wrong_decisions`.
        model_name: what was evaluated.
        data_name: what it was evaluated on.
        trained_on: the training rows by name; empty if not known.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    plain = evaluation.to_json()
    in_percent = {"micro_f1", "macro_f1", "subset_accuracy", "hamming_loss"}
    bins = [(part["rows"], part["confidence"], part["accuracy"]) for part in plain["reliability"]]
    return render(
        "label_sets.html",
        model_name=model_name,
        data_name=data_name,
        trained_on=trained_on,
        rows=plural(evaluation.rows, "row"),
        evaluation=plain,
        scores=score_lines(evaluation, _SCORES, in_percent=in_percent),
        sentences=_sentences(evaluation),
        reliability=reliability_chart(
            bins,
            name="reliability",
            title="Rows that have a label by its probability",
            x_label="probability of a label, %",
            y_label="have it, %",
            below="decisions",
        ),
        thresholds={one.label: one.threshold for one in evaluation.labels},
        wrong=wrong,
    )


def _sentences(evaluation: SetEvaluation) -> list[str]:
    had, given = evaluation.mean_labels
    sentences = [f"A row has {had:.2f} labels on average, and is given {given:.2f}."]
    if evaluation.unknown_labels:
        sentences.append(unknown_sentence(evaluation.unknown_labels))
    tested: list[Any] = sorted((one for one in evaluation.labels if one.support), key=lambda one: -one.f1)
    if tested and tested[0].f1 > tested[-1].f1:
        sentences.append(
            f"The highest F1 is that of {tested[0].label} ({tested[0].f1:.3f}), "
            f"the lowest that of {tested[-1].label} ({tested[-1].f1:.3f})."
        )
    return sentences
