"""One of the lesson's networks: what is measured of it, against a loop over its weights and figures by hand."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lesson_by_hand import answers_of, ids_of, right_of, wilson

from recurra.data.datasets import Dataset
from recurra.lesson import trained_model
from recurra.lesson.callback import LessonCallback
from recurra.lesson.trained_model import train_and_score
from recurra.training.callbacks import Callback
from recurra.training.steps.step import StepResults

NAMES = ["simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "unmasked", "full text"]


@pytest.mark.parametrize("name", NAMES)
def test_the_test_scores_are_those_of_a_loop_over_words(name: str, trained: Any, tiny: Dataset) -> None:
    one, labels = trained[name], tiny.test.labels or []
    answers = answers_of(one.model, [ids_of(one.model, document) for document in tiny.test.documents])
    np.testing.assert_allclose(one.probabilities, answers, atol=1e-5)
    right = right_of(one.model, answers, labels)
    assert len(labels) // 2 < right < len(labels)
    assert one.test.accuracy == right / len(labels)
    assert list(one.test.intervals["accuracy"]) == pytest.approx(wilson(right, len(labels)), abs=1e-6)
    classes = one.model.bundle.labels.classes
    counted = np.zeros((2, 2), dtype=int)
    for row, label in zip(answers, labels, strict=True):
        counted[classes.index(label), int(np.argmax(row))] += 1
    assert one.test.to_dict()["confusion"] == counted.tolist()


@pytest.mark.parametrize("name", ["simple-rnn-titles", "gru"])
def test_the_accuracy_on_known_rows_leaves_out_rows_without_a_title_where_titles_are_read(
    name: str, trained: Any, tiny: Dataset
) -> None:
    one = trained[name]
    rows = [
        (document, label)
        for document, label in zip(tiny.train.documents, tiny.train.labels or (), strict=True)
        if document[0] or name == "gru"
    ]
    assert one.fitted.rows == len(rows) == (240 if name == "gru" else 210)
    answers = answers_of(one.model, [ids_of(one.model, document) for document, _ in rows])
    assert one.train_accuracy == pytest.approx(right_of(one.model, answers, [label for _, label in rows]) / len(rows))


def test_the_accuracy_on_known_rows_is_that_of_the_first_ones(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained_model, "TRAIN_SAMPLE", 21)
    one = train_and_score("gru", "lesson/gru", tiny, epochs=2, seed=3, callback=LessonCallback())
    answers = answers_of(one.model, [ids_of(one.model, document) for document in tiny.train.documents])
    labels = tiny.train.labels or []
    right = [right_of(one.model, answers[part], labels[part]) for part in (slice(21), slice(-21, None), slice(None))]
    assert one.train_accuracy == pytest.approx(right[0] / 21)
    assert right[0] != right[1]
    assert right[0] / 21 != right[2] / len(labels)


@pytest.mark.parametrize(("seconds", "speed"), [(1.5, 200.0), (0.25, 1200.0), (0.0, 3e11)])
def test_documents_a_second_are_documents_by_seconds(seconds: float, speed: float, trained: Any) -> None:
    one = trained["gru"]
    outcome = replace(one.fitted.outcome, documents=300, seconds=seconds)
    assert replace(one, fitted=replace(one.fitted, outcome=outcome)).docs_per_second == pytest.approx(speed)


def test_each_document_that_is_learned_from_counts_once_an_epoch(trained: Any) -> None:
    # 2 % are held out: 5 of 240 rows.
    assert trained["gru"].fitted.outcome.documents == 3 * 235


def test_memory_is_the_peak_since_training_began(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fit = trained_model.fit

    def watched(*words: Any, **named: Any) -> Any:
        calls.append("fit")
        return fit(*words, **named)

    def peak() -> float:
        calls.append("peak")
        return 321.5

    monkeypatch.setattr(trained_model, "fit", watched)
    monkeypatch.setattr(trained_model, "forget_peak", lambda: calls.append("forget"))
    monkeypatch.setattr(trained_model, "peak_megabytes", peak)
    one = train_and_score("gru", "lesson/gru", tiny, epochs=1, seed=0, callback=LessonCallback())
    assert one.peak_mb == 321.5
    assert calls == ["forget", "fit", "peak"]


def test_epochs_seed_and_options_reach_the_training_and_the_title_the_monitor(tiny: Dataset) -> None:
    titles: list[str] = []

    class Monitor(LessonCallback):
        def training_callback(self, title: str) -> Callback:
            titles.append(title)
            return Callback()

    one = train_and_score(
        "a name", "lesson/lstm", tiny, epochs=2, seed=11, callback=Monitor(), options={"hidden": 3, "masked": True}
    )
    record = one.model.bundle.record["training"]
    assert (record["epochs"], record["seed"], one.fitted.outcome.epochs) == (2, 11, 2)
    assert (one.model.settings.hidden, one.model.settings.masked) == (3, True)
    assert (titles, one.preset, one.short_name) == (["a name"], "lesson/lstm", "lstm")


def test_half_a_training_is_no_result(tiny: Dataset) -> None:
    steps: list[int] = []

    class Impatient(Callback):
        def on_steps_end(self, results: StepResults) -> None:
            if not steps:
                # The training ends with this step, in good order.
                signal.raise_signal(signal.SIGINT)
            steps.extend(result.documents for result in results.taken)

    class Monitor(LessonCallback):
        def training_callback(self, title: str) -> Callback:
            return Impatient()

    with pytest.raises(KeyboardInterrupt):
        train_and_score("gru", "lesson/gru", tiny, epochs=1, seed=0, callback=Monitor())
    assert len(steps) == 1
