"""The page of one evaluation: scores with intervals, classes, calibration and the surest mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recurra.evaluation import Evaluation, Mistake
from recurra.evaluation.abstaining import Abstaining, CoveragePoint
from recurra.report.charts import Line, line_chart, reliability_chart
from recurra.report.class_sentences import calibration_sentence, class_sentences, mix_ups
from recurra.report.page import render
from recurra.report.picture import Picture
from recurra.report.score_lines import score_lines
from recurra.report.wording import percent, plural, scored

__all__ = ["evaluation_page"]

_SCORES = (
    ("accuracy", "Accuracy", "Rows whose most probable class is the true one."),
    ("macro_f1", "Macro F1", "Mean F1 of the classes, each counting alike."),
    ("weighted_f1", "Weighted F1", "Mean F1 of the classes, weighted by their rows."),
    ("log_loss", "Log loss", "Mean surprise at the true class, −log p in nats; 0 is perfect."),
    ("ece", "Calibration error", "Mean gap between probability and share that is right (ECE, 15 bins); 0 is perfect."),
)

# Shares of the rows that the table of coverage shows.
SHARES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)


def evaluation_page(
    evaluation: Evaluation,
    mistakes: Sequence[Mistake],
    *,
    model_name: str,
    data_name: str,
    trained_on: str = "",
    curve: Sequence[CoveragePoint] = (),
    abstaining: Abstaining | None = None,
) -> str:
    """A self-contained HTML page about an evaluation.

    Args:
        evaluation: of :func:`recurra.evaluation.evaluate`.
        mistakes: of :func:`recurra.evaluation.mistakes`.
        model_name: what was evaluated.
        data_name: what it was evaluated on.
        trained_on: the training rows by name, such as ``58,337 of 120,000 training rows``; empty if not known.
        curve: coverage and accuracy, for the part on abstaining; left out without it.
        abstaining: what holding answers back below a probability gives, if one was named.

    Raises:
        RecurraError: matplotlib or jinja2 is not installed.
    """
    plain = evaluation.to_json()
    in_percent = {"accuracy", "macro_f1", "weighted_f1"}
    bins = [(part["rows"], part["confidence"], part["accuracy"]) for part in plain["reliability"]]
    return render(
        "evaluation.html",
        model_name=model_name,
        data_name=data_name,
        trained_on=trained_on,
        rows=plural(evaluation.rows, "row"),
        evaluation=plain,
        scores=score_lines(evaluation, _SCORES, in_percent=in_percent),
        sentences=[*class_sentences(plain), calibration_sentence(plain)],
        mix_ups=mix_ups(plain),
        reliability=reliability_chart(bins, name="reliability", title="Right answers by top probability"),
        coverage=_coverage_chart(curve) if len(curve) > 1 else None,
        coverage_rows=_coverage_rows(curve),
        abstaining=None if abstaining is None else _abstaining_sentence(abstaining),
        mistakes=[mistake.to_json() for mistake in mistakes],
    )


def _coverage_chart(curve: Sequence[CoveragePoint]) -> Picture:
    points = curve[::-1]
    line = Line("accuracy", [100 * one.coverage for one in points], [100 * one.accuracy for one in points])
    return line_chart(
        [line],
        name="coverage",
        title="Accuracy of the answers that are given",
        x_label="rows answered, the surest first, %",
        y_label="right, %",
    )


def _coverage_rows(curve: Sequence[CoveragePoint]) -> list[dict[str, str]]:
    """The point nearest to each of some shares of the rows."""
    if not curve:
        return []
    coverages = np.array([one.coverage for one in curve])
    chosen = {curve[int(np.abs(coverages - share).argmin())] for share in SHARES}
    return [
        {"below": f"{one.below:.3f}", "coverage": percent(one.coverage, 1), "accuracy": percent(one.accuracy)}
        for one in sorted(chosen, key=lambda one: -one.coverage)
    ]


def _abstaining_sentence(found: Abstaining) -> str:
    held = f"{plural(found.rows - found.answered, 'answer')} held back, {found.withheld_right:,} of them right"
    if found.accuracy is None or found.interval is None:
        return f"Below {found.below:g} nothing would be answered: {held}."
    return (
        f"Answers of {found.below:g} or more: {percent(found.coverage, 1)} of the rows, "
        f"{scored(found.accuracy, found.interval)} of them right; {held}."
    )
