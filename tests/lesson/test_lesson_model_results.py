"""Rows of the lesson's table, against formulas and counts by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lesson_by_hand import wilson

from recurra.data.datasets import Dataset, load_dataset
from recurra.lesson.baseline import NAME, Baseline
from recurra.lesson.callback import LessonCallback
from recurra.lesson.model_results import baseline_result, model_result, phrase, test_score
from recurra.lesson.trained_model import train_and_score
from recurra.training.callbacks import Callback, TrainingMetrics, ValidationMetrics

score_of = test_score
del test_score  # pytest would take it for a test


def recurrent(gates: int, inputs: int, hidden: int, biases: int = 1) -> int:
    return gates * hidden * (inputs + hidden + biases)


ROWS, CLASSES = 20_000, 2
PARAMETERS = {
    "simple-rnn-titles": ROWS * 64 + recurrent(1, 64, 16) + (16 + 1) * CLASSES,
    "simple-rnn-masked": ROWS * 64 + recurrent(1, 64, 16) + (16 + 1) * CLASSES,
    # Keras's GRU has two biases a gate.
    "gru": ROWS * 64 + recurrent(3, 64, 8, biases=2) + (8 + 1) * CLASSES,
    "lstm": ROWS * 64 + recurrent(4, 64, 8) + (8 + 1) * CLASSES,
    # The second layer reads both directions of the first.
    "bilstm": ROWS * 128 + 2 * recurrent(4, 128, 64) + 2 * recurrent(4, 128, 64) + (128 + 1) * CLASSES,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_those_of_the_formulas(name: str, trained: Any, tiny: Dataset) -> None:
    assert model_result(trained[name], tiny)["parameters"] == PARAMETERS[name]


@pytest.mark.parametrize("name", ["simple-rnn-titles", "gru"])
def test_a_row_holds_what_was_measured(name: str, trained: Any, tiny: Dataset) -> None:
    one, labels = trained[name], tiny.test.labels or []
    found = model_result(one, tiny)
    right = sum(one.model.classes_[place] == label
                for place, label in zip(one.probabilities.argmax(axis=1), labels, strict=True))  # fmt: skip
    assert found["test_accuracy"] == right / len(labels)
    assert found["interval"] == pytest.approx(wilson(right, len(labels)), abs=1e-6)
    assert score_of(one) == {"accuracy": found["test_accuracy"], "interval": found["interval"]}
    assert found["train_phrase"] == ("240 training rows" if name == "gru" else "210 of 240 training rows")
    assert (found["preset"], found["epochs"]) == (f"lesson/{name}", 3)
    # The set's published size is unknown, so there is no share of it.
    assert (found["reads"], found["train_share"]) == ("whole texts" if name == "gru" else "titles", None)
    ends = {point.epoch: point.loss for point in one.fitted.outcome.history.validation if point.epoch in (1, 2, 3)}
    assert len(ends) == 3
    assert ends[found["best_epoch"]] == min(ends.values())
    assert found["train_accuracy"] == one.train_accuracy
    learned = len([document for document in tiny.train.documents if document[0] or name == "gru"])
    read = 3 * (learned - round(0.02 * learned))  # 2 % are held out
    assert found["docs_per_second"] * found["seconds"] == pytest.approx(read)
    assert found["peak_memory_mb"] == one.peak_mb
    assert found["evaluation"] == one.test.to_dict()


def test_mistakes_are_the_ten_surest(trained: Any, tiny: Dataset) -> None:
    one, labels = trained["simple-rnn-titles"], tiny.test.labels or []
    p, classes = one.probabilities, one.model.classes_
    wrong = [row for row in range(len(labels)) if classes[int(p[row].argmax())] != labels[row]]
    assert 0 < len(wrong) <= 10
    found = model_result(one, tiny)["mistakes"]
    assert {mistake["row"] for mistake in found} == set(wrong)
    assert [mistake["probability"] for mistake in found] == sorted((p[row].max() for row in wrong), reverse=True)
    for mistake in found:
        row = mistake["row"]
        assert mistake["label"] == labels[row] != mistake["predicted"]
        assert mistake["text"] == " — ".join(filter(None, tiny.test.documents[row]))
    # With every label turned round nearly all rows are wrong, and the surest ten are shown.
    turned = ["land" if label == "sea" else "sea" for label in labels]
    most = model_result(one, replace(tiny, test=replace(tiny.test, labels=turned)))["mistakes"]
    others = [row for row in range(len(labels)) if row not in wrong]
    surest = sorted((float(p[row].max()) for row in others), reverse=True)[:10]
    assert [mistake["probability"] for mistake in most] == pytest.approx(surest)


def test_curves_are_what_a_callback_hears(tiny: Dataset) -> None:
    windows: list[TrainingMetrics] = []
    checks: list[ValidationMetrics] = []

    class Hearing(Callback):
        def on_log(self, metrics: TrainingMetrics) -> None:
            windows.append(metrics)

        def on_validation_end(self, metrics: ValidationMetrics) -> None:
            checks.append(metrics)

    class Monitor(LessonCallback):
        def training_callback(self, title: str) -> Callback:
            return Hearing()

    found = model_result(train_and_score("gru", "lesson/gru", tiny, epochs=2, seed=0, callback=Monitor()), tiny)
    assert len(windows) > len(checks) > 1
    for curve, heard in ((found["train_curve"], windows), (found["validation_curve"], checks)):
        assert curve == {name + "s" * (name == "epoch"): [getattr(one, name) for one in heard]
                         for name in ("epoch", "loss", "accuracy")}  # fmt: skip
        assert curve["epochs"][-1] == 2


@pytest.mark.parametrize(
    ("name", "lesson", "keras"),
    [("simple-rnn-titles", 0.7995, 0.7691), ("gru", None, None), ("lstm", 0.8870, 0.8708), ("bilstm", None, 0.8850)],
)
def test_figures_of_others_stand_beside_ag_news_alone(
    name: str, lesson: float | None, keras: float | None, trained: Any, tiny: Dataset
) -> None:
    news = model_result(trained[name], replace(tiny, name="agnews"))
    assert (news["lesson_accuracy"], news["keras_accuracy"]) == (lesson, keras)
    other = model_result(trained[name], tiny)
    assert (other["lesson_accuracy"], other["keras_accuracy"]) == (None, None)


@pytest.mark.parametrize("right", [0, 45, 60])
def test_the_linear_models_row(right: int, tiny: Dataset) -> None:
    found = baseline_result(Baseline(48, 4.0, 12.5, 0.75, right), tiny)
    assert found.pop("interval") == pytest.approx(wilson(right, 60), abs=1e-6)
    assert found == {
        "name": NAME,
        "parameters": 48,
        "train_phrase": "240 training rows",
        "train_share": None,
        "seconds": 4.0,
        "docs_per_second": 60.0,
        "peak_memory_mb": 12.5,
        "train_accuracy": 0.75,
        "test_accuracy": right / 60,
    }


@pytest.mark.parametrize(
    ("rows", "full", "expected"),
    [
        (58_337, 120_000, "58,337 of 120,000 training rows"),
        (120_000, 120_000, "120,000 training rows"),
        (240, None, "240 training rows"),
        (210, None, "210 of 240 training rows"),
    ],
)
def test_rows_are_named_by_the_whole_set(rows: int, full: int | None, expected: str, tiny: Dataset) -> None:
    assert phrase(rows, replace(tiny, full_training_rows=full)) == expected


def test_rows_of_real_news_are_named_by_the_published_set(data_dir: Path) -> None:
    news = load_dataset("agnews", data_dir=data_dir, say=lambda message: None)
    assert phrase(len(news.train), news) == "58,337 of 120,000 training rows"
    assert phrase(40_899, news) == "40,899 of 120,000 training rows"


def test_probabilities_are_one_a_row_and_sum_to_one(trained: Any, tiny: Dataset) -> None:
    for one in trained.values():
        assert one.probabilities.shape == (len(tiny.test), CLASSES)
        np.testing.assert_allclose(one.probabilities.sum(axis=1), 1, atol=1e-6)
