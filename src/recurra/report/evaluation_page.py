"""The page of one evaluation: scores with intervals, classes, calibration and the surest mistakes."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.evaluation import Evaluation, Mistake
from recurra.report.charts import reliability_chart
from recurra.report.class_sentences import calibration_sentence, class_sentences, mix_ups
from recurra.report.page import render
from recurra.report.wording import percent, plural

__all__ = ["evaluation_page"]

_SCORES = (
    ("accuracy", "Accuracy", "Rows whose most probable class is the true one."),
    ("macro_f1", "Macro F1", "Mean F1 of the classes, each counting alike."),
    ("weighted_f1", "Weighted F1", "Mean F1 of the classes, weighted by their rows."),
    ("log_loss", "Log loss", "Mean surprise at the true class, −log p in nats; 0 is perfect."),
    ("ece", "Calibration error", "Mean gap between probability and share that is right (ECE, 15 bins); 0 is perfect."),
)


def evaluation_page(
    evaluation: Evaluation,
    mistakes: Sequence[Mistake],
    *,
    model_name: str,
    data_name: str,
    trained_on: str = "",
) -> str:
    """A self-contained HTML page about an evaluation.

    Args:
        evaluation: of :func:`recurra.evaluation.evaluate`.
        mistakes: of :func:`recurra.evaluation.mistakes`.
        model_name: what was evaluated.
        data_name: what it was evaluated on.
        trained_on: the training rows by name, such as ``58,337 of 120,000 training rows``; empty if not known.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    plain = evaluation.to_json()
    in_percent = {"accuracy", "macro_f1", "weighted_f1"}
    scores = []
    for key, name, meaning in _SCORES:
        value, (low, high) = getattr(evaluation, key), evaluation.intervals[key]
        if key in in_percent:
            shown, interval = percent(value), f"{100 * low:.2f}–{100 * high:.2f}"
        else:
            shown, interval = f"{value:.4f}", f"{low:.4f}–{high:.4f}"
        scores.append({"name": name, "value": shown, "interval": interval, "meaning": meaning})
    bins = [(part["rows"], part["confidence"], part["accuracy"]) for part in plain["reliability"]]
    return render(
        "evaluation.html",
        model_name=model_name,
        data_name=data_name,
        trained_on=trained_on,
        rows=plural(evaluation.rows, "row"),
        evaluation=plain,
        scores=scores,
        sentences=[*class_sentences(plain), calibration_sentence(plain)],
        mix_ups=mix_ups(plain),
        reliability=reliability_chart(bins, name="reliability", title="Right answers by top probability"),
        mistakes=[mistake.to_json() for mistake in mistakes],
    )
