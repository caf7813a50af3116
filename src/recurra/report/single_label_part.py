"""The part of an evaluation's page for rows that have one class each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recurra.evaluation import Evaluation, mistakes
from recurra.evaluation.abstention import AbstentionScores, CoveragePoint, coverage_curve
from recurra.evaluation.worst_first import worst_first
from recurra.report.charts import Line, line_chart, reliability_chart
from recurra.report.class_sentences import calibration_sentence, class_sentences, mix_ups
from recurra.report.confusion_cut import WHOLE, confusion_cut
from recurra.report.formatting import percent, plural, with_interval
from recurra.report.picture import Picture
from recurra.tasks import Predictions, Task

__all__ = ["part"]

# Shares of the rows that the table of coverage shows.
SHARES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)


def part(
    task: Task, evaluation: Evaluation, predictions: Predictions, abstaining: AbstentionScores | None
) -> tuple[str, dict[str, Any]]:
    """See :func:`recurra.report.evaluation_page.evaluation_page`."""
    plain = evaluation.to_dict()
    curve = coverage_curve(predictions.probabilities, predictions.targets)
    return "evaluation.html", {
        "sentences": [*class_sentences(plain), calibration_sentence(plain)],
        "classes": [plain["classes"][place] for place in worst_first(task.class_scores(evaluation))],
        "mix_ups": mix_ups(plain),
        "confusion_cut": confusion_cut(plain) if len(plain["classes"]) > WHOLE else None,
        "reliability": reliability_chart(
            list(zip(*evaluation.reliability, strict=True)),
            name="reliability",
            title="Right answers by top probability",
        ),
        "coverage": _coverage_chart(curve) if len(curve) > 1 else None,
        "coverage_rows": _coverage_rows(curve),
        "abstaining": None if abstaining is None else _abstaining_sentence(abstaining),
        "mistakes": [mistake.to_dict() for mistake in mistakes(*predictions[:4], unknown=predictions.unknown)],
    }


def _coverage_chart(curve: Sequence[CoveragePoint]) -> Picture:
    points = curve[::-1]
    line = Line("accuracy", [100 * one.coverage for one in points], [100 * one.accuracy for one in points])
    return line_chart(
        [line],
        name="coverage",
        title="Accuracy of the answers that are given",
        x_label="rows answered, the most confident first, %",
        y_label="right, %",
    )


def _coverage_rows(curve: Sequence[CoveragePoint]) -> list[dict[str, str]]:
    """The points nearest to :data:`SHARES` of the rows."""
    if not curve:
        return []
    coverages = np.array([one.coverage for one in curve])
    chosen = {curve[int(np.abs(coverages - share).argmin())] for share in SHARES}
    return [
        {"below": f"{one.below:.3f}", "coverage": percent(one.coverage, 1), "accuracy": percent(one.accuracy)}
        for one in sorted(chosen, key=lambda one: -one.coverage)
    ]


def _abstaining_sentence(found: AbstentionScores) -> str:
    held = f"{plural(found.rows - found.answered, 'answer')} held back, {found.withheld_right:,} of them right"
    if found.accuracy is None or found.interval is None:
        return f"Below {found.below:g} nothing would be answered: {held}."
    return (
        f"Answers of {found.below:g} or more: {percent(found.coverage, 1)} of the rows, "
        f"{with_interval(found.accuracy, found.interval)} of them right; {held}."
    )
