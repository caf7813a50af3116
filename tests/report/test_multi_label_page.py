"""The page of an evaluation of several labels a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recurra.evaluation import evaluate
from recurra.evaluation.mistakes import wrong_decisions
from recurra.report.evaluation_page import evaluation_page
from recurra.tasks import MultiLabel, Predictions

CLASSES = ["art", "law <b>", "war"]
THRESHOLDS = np.array([0.25, 0.5, 0.125])


def page_of(rows: int) -> tuple[str, Any]:
    """A page about made-up decisions, and the evaluation."""
    generator = np.random.default_rng(rows)
    probabilities = generator.random((rows, 3)).astype(np.float32)
    targets = generator.random((rows, 3)) < probabilities
    found = evaluate(probabilities, targets, CLASSES, thresholds=THRESHOLDS, resamples=20)
    predictions = Predictions(probabilities, targets, ["<script>"] * rows, CLASSES)
    wrong = wrong_decisions(probabilities, targets, THRESHOLDS, ["<script>"] * rows, CLASSES)
    names = {"model_name": "runs/a/model.safetensors", "data_name": "t.csv"}
    return evaluation_page(MultiLabel(THRESHOLDS), found, predictions, **names), (found, wrong)


def test_the_page_shows_what_was_measured(check_page: Callable[[str], Any]) -> None:
    html, (found, wrong) = page_of(200)
    text = check_page(html).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "200 rows. A row may have several labels, or none" in text
    assert f"Micro F1 F1 of all decisions about a label together. {100 * found.micro_f1:.2f} %" in text
    for one in found.labels:
        assert (
            f"{one.label} {one.threshold:.3f} {one.precision:.3f} {one.recall:.3f} {one.f1:.3f} {one.support}" in text
        )
    # What is drawn is said: the share that has a label, not the share of right answers.
    assert "have it, % against probability of a label, %, by bins." in text
    assert "top probability" not in text
    full = [part for part in zip(*found.reliability, strict=True) if part[0]]
    assert f"{full[0][0]} {100 * full[0][1]:.1f} % {100 * full[0][2]:.1f} %" in text
    assert len(wrong) == 20
    for one in wrong:
        say = "say" if one.had else "do not say"
        threshold = dict(zip(CLASSES, THRESHOLDS, strict=True))[one.label]
        said = f"The data {say} {one.label} ; the model gives it {100 * one.probability:.2f} %, "
        assert f"{said}with a threshold of {100 * threshold:.2f} %." in text


def test_a_model_is_called_by_its_folder(check_page: Callable[[str], Any]) -> None:
    html, _ = page_of(20)
    assert "<bdi>a</bdi> on <bdi>t.csv</bdi>" in html
    assert "a on t.csv" in check_page(html).text
