"""Training on rows of several labels: they are learned, the record is honest, and nonsense is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from topics import TOPICS, topic_rows
from training.runs import PLAIN, SHORT, Steps, train

import recurra
from recurra.bundle.format import encode
from recurra.errors import DataError, SettingsError
from recurra.evaluation import evaluate
from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation
from recurra.runtime import Model
from recurra.tasks.multi_label_indicator import multi_label_indicator
from recurra.training.fit import FitResult
from recurra.training.run import MODEL

NETWORK = PLAIN.replace(hidden=16, embedding=16, pooling=("max",))
TRAINING = SHORT.replace(epochs=6, batch_size=16, learning_rate=0.02, validation=0.25, calibrate=True)


@cache
def fitted() -> FitResult:
    return train(rows=topic_rows(800), network=NETWORK, training=TRAINING)


def test_the_topics_of_new_texts_are_found() -> None:
    texts, labels = topic_rows(300, seed=7)
    model = Model(fitted().bundle)
    assert model.classes_.tolist() == list(TOPICS)
    targets = multi_label_indicator(model.bundle.labels, labels)
    assert model.bundle.thresholds is not None
    scores = evaluate(model.predict_proba(texts), targets, model.classes_, thresholds=model.bundle.thresholds)
    # A word of a topic's own tells it for certain.
    assert scores.micro_f1 > 0.97
    assert scores.subset_accuracy > 0.9
    found = model.predict(texts)
    assert np.mean([set(one) == set(had) for one, had in zip(found, labels, strict=True)]) == scores.subset_accuracy
    assert any(len(one) == 0 for one in found)
    assert any(len(one) > 1 for one in found)


def test_the_record_tells_scores_thresholds_and_calibration() -> None:
    record, validation = fitted().bundle.record, fitted().validation
    assert isinstance(validation, MultiLabelEvaluation)
    assert record["scores"]["validation"].keys() == {
        "rows", "micro_f1", "macro_f1", "subset_accuracy", "hamming_loss", "ranking_precision", "log_loss", "ece",
    }  # fmt: skip
    assert record["scores"]["validation"]["micro_f1"] == validation.micro_f1
    assert record["held_out"] == validation.rows == 200
    assert record["thresholds"]["own"] == 5
    assert 0 < record["thresholds"]["cross_fitted_micro_f1"] <= record["thresholds"]["micro_f1"] == validation.micro_f1
    assert record["calibration"]["after"]["log_loss"] == pytest.approx(validation.log_loss, rel=1e-3)
    assert (
        record["classes"]["rows"]
        == multi_label_indicator(fitted().bundle.labels, topic_rows(800)[1]).sum(axis=0).tolist()
    )


def test_the_same_seed_gives_the_same_file_and_a_finished_run_stays_what_it_is(tmp_path: Path) -> None:
    options = {"rows": topic_rows(200), "network": NETWORK, "training": TRAINING.replace(epochs=2, patience=1)}
    train(tmp_path / "first", **options)
    train(tmp_path / "second", **options)
    first = (tmp_path / "first" / MODEL).read_bytes()
    assert first == (tmp_path / "second" / MODEL).read_bytes()
    train(tmp_path / "first", **options, resume=True)
    assert (tmp_path / "first" / MODEL).read_bytes() == first
    assert "any of 5 labels, or none" in (tmp_path / "first" / "model-card.md").read_text()
    model = recurra.load(tmp_path / "first" / MODEL)
    assert model.multi_label
    assert encode(model.bundle) == first


def test_without_held_out_rows_a_label_is_given_where_it_is_more_probable_than_not() -> None:
    listener = Steps()
    bundle = train(rows=topic_rows(60), training=SHORT.replace(epochs=1), callbacks=[listener]).bundle
    assert bundle.thresholds is not None
    assert bundle.thresholds.tolist() == [0.5] * 5
    assert bundle.record["scores"]["validation"] == {}


@pytest.mark.parametrize("engine", ["torch", "reference"])
def test_other_engines_and_every_step_learn_it_too(engine: str) -> None:
    network = PLAIN.replace(every_step=0.3, hidden=8, embedding=8)
    first = train(rows=topic_rows(60), network=network, training=SHORT, engine=engine)
    other = train(rows=topic_rows(60), network=network, training=SHORT)
    for name, weight in other.bundle.tensors.items():
        np.testing.assert_allclose(first.bundle.tensors[name], weight, atol=2e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "focal"}, "loss is focal for rows of several labels. Leave it cross_entropy"),
        ({"sampler": "balanced"}, "sampler is balanced for rows of several labels. Leave it shuffle"),
    ],
)
def test_settings_that_say_nothing_about_several_labels_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        train(rows=topic_rows(40), training=SHORT.replace(**changes))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([("a",), "b"], "Some rows have a list of labels, and others one label, such as 'b'"),
        ([(), ()], "There are no labels"),
        ([("a",), ("a",)], "All labels of 2 rows are 'a'"),
        ([("a",), (1,)], "The labels are of 2 types"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(labels: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        train(rows=(["x", "y"], labels))


def test_training_goes_on_with_new_labels_and_only_with_rows_of_the_same_kind() -> None:
    first = fitted().bundle
    texts, labels = topic_rows(100, seed=11)
    more = train(
        rows=(texts, [(*one, "new") if len(one) == 2 else one for one in labels]),
        network=NETWORK,
        text=first.text.replace(vocabulary_size=20_000),
        training=SHORT.replace(epochs=1),
        initial=first,
    ).bundle
    assert more.labels.classes == tuple(sorted((*TOPICS, "new")))
    assert more.multi_label
    with pytest.raises(DataError, match="has one label a row, and the model to continue from gives several"):
        train(rows=(texts, ["art", "law"] * 50), network=NETWORK, text=first.text, training=SHORT, initial=first)
