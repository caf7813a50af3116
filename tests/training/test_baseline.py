"""Baselines beside a training: numbers are scikit-learn's own, and what is left out says why."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from runs import PLAIN, SHORT, TEXT, Steps, train
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC
from topics import topic_rows

from recurra.data.corpus import InMemoryRows
from recurra.data.split import hold_out
from recurra.presets import Recipe
from recurra.tasks import Score, task_named
from recurra.tasks.single_label import SingleLabel
from recurra.text import Labels
from recurra.training import baseline
from recurra.training.baseline import Baselines, measure_baselines
from recurra.training.prepare import LabelledRows

HELD = replace(SHORT, validation=0.25, seed=3)
RECIPE = Recipe(text=TEXT, network=PLAIN, training=HELD)
WORDS, CHARACTERS = "1- and 2-grams of words", "2- to 5-grams of characters"


def orders(count: int = 200) -> tuple[list[str], list[str]]:
    """The order of two words tells the class, which n-grams within words do not see; a tenth of the labels is wrong."""
    generator = random.Random(1)
    labels = [generator.choice(["no", "yes", "yes"]) for _ in range(count)]
    said = {"no": "not bad", "yes": "bad not"}
    texts = [f"{generator.choice(['oil', 'gas'])} {said[label]} {generator.choice(['up', 'it'])}" for label in labels]
    return texts, [generator.choice(labels) if generator.random() < 0.1 else label for label in labels]


def names(count: int = 200) -> tuple[list[str], list[str]]:
    """Words that come up once: only their ends tell the class; a tenth of the labels is wrong."""
    generator = random.Random(2)
    labels = [generator.choice(["no", "yes", "yes"]) for _ in range(count)]
    ends = {"yes": ["ova", "ski"], "no": ["sen", "son"]}
    texts = ["".join(generator.choices("abdefghklmnprtu", k=6)) + generator.choice(ends[label]) for label in labels]
    return texts, [generator.choice(labels) if generator.random() < 0.1 else label for label in labels]


def rows_of(documents: list[str], labels: list[Any], task: str = "single_label") -> LabelledRows:
    corpus, learned = InMemoryRows(documents, labels), task_named(task)
    classes, targets = learned.learn(corpus.labels.values, rows=len(corpus))
    return LabelledRows(corpus, classes, targets[corpus.labels.codes], learned)


def measured(rows: LabelledRows, recipe: Recipe = RECIPE) -> tuple[Baselines, list[str]]:
    told = Steps()
    return measure_baselines(rows, recipe, told), told.messages


def scikit_learns(analyzer: str, ngrams: tuple[int, int], texts: list[str], targets: Any, kept: Any, held: Any) -> Any:
    """The answers of scikit-learn alone."""
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True)
    learned = vectorizer.fit_transform([texts[row] for row in kept])
    model = LinearSVC(random_state=0)
    if targets.ndim == 2:
        model = OneVsRestClassifier(model)
    return model.fit(learned, targets[kept]).predict(vectorizer.transform([texts[row] for row in held]))


@pytest.mark.parametrize(("make", "features"), [(orders, WORDS), (names, CHARACTERS)])
def test_the_better_of_two_linear_models_and_the_most_frequent_class(make: Any, features: str) -> None:
    texts, labels = make()
    kept, held = hold_out(labels, share=0.25, seed=3)
    targets = np.array(labels)
    truth = targets[held]
    words = accuracy_score(truth, scikit_learns("word", (1, 2), texts, targets, kept, held))
    characters = accuracy_score(truth, scikit_learns("char_wb", (2, 5), texts, targets, kept, held))
    assert words != characters
    found, messages = measured(rows_of(texts, labels))
    assert (found.score, found.features, found.skipped, messages) == ("accuracy", features, None, [])
    assert found.linear == pytest.approx(max(words, characters))
    common = max(set(labels), key=[labels[row] for row in kept].count)
    assert found.majority == pytest.approx(np.mean(truth == common))
    assert 0 < found.majority < found.linear < 1


def test_rows_of_several_labels() -> None:
    texts, labels = topic_rows(240, seed=5)
    generator = random.Random(3)
    labels = [one if generator.random() < 0.7 else labels[generator.randrange(240)] for one in labels]
    truth = MultiLabelBinarizer().fit_transform(labels)
    kept, held = hold_out(truth.astype(bool), share=0.25, seed=3)
    ways = [("word", (1, 2)), ("char_wb", (2, 5))]
    scores = [f1_score(truth[held], scikit_learns(*way, texts, truth, kept, held), average="micro") for way in ways]
    found, _ = measured(rows_of(texts, [tuple(one) for one in labels], "multi_label"))
    assert found.score == "micro_f1"
    assert found.linear == pytest.approx(max(scores))
    always = np.zeros_like(truth[held])
    always[:, truth[kept].sum(axis=0).argmax()] = 1
    assert found.majority == pytest.approx(f1_score(truth[held], always, average="micro"))


def test_labels_that_are_new_to_a_model_with_thresholds() -> None:
    texts, labels = topic_rows(240, seed=5)
    initial = train(rows=(texts, labels), training=HELD).bundle
    more = [("new", *one) if place % 3 == 0 else one for place, one in enumerate(labels)]
    fitted = train(rows=(texts, more), training=HELD, baseline=True, initial=initial)
    assert len(fitted.bundle.task.tensors["thresholds"]) == len(initial.task.tensors["thresholds"]) + 1
    assert fitted.bundle.record["baselines"] == measured(rows_of(texts, more, "multi_label"))[0].to_dict()


def test_the_record_has_them_where_they_are_asked_for() -> None:
    rows = orders()
    asked, again, plain = (train(rows=rows, training=HELD, baseline=on) for on in (True, True, False))
    record = asked.bundle.record
    assert record["baselines"] == measured(rows_of(*rows))[0].to_dict()
    assert again.bundle.record == record
    assert "baselines" not in plain.bundle.record
    assert {**plain.bundle.record, "baselines": record["baselines"]} == record
    assert "baselines" not in train(rows=rows, training=HELD).bundle.record


def test_a_share_is_compared_even_if_another_score_comes_first() -> None:
    class LossFirst(SingleLabel):
        scores = (Score("log_loss", "log loss", "Mean surprise."), *SingleLabel.scores)

    class NoShare(SingleLabel):
        scores = (Score("log_loss", "log loss", "Mean surprise."),)

    rows = rows_of(*orders())
    plain, _ = measured(rows)
    assert measured(replace(rows, task=LossFirst()))[0] == plain
    found, messages = measured(replace(rows, task=NoShare()))
    assert (found.score, found.majority, found.linear) == (None, None, None)
    assert messages == ["baselines: skipped, one label a row has no score that is a share."]


def test_nothing_held_out() -> None:
    found, messages = measured(rows_of(*orders()), replace(RECIPE, training=SHORT))
    assert (found.majority, found.linear) == (None, None)
    assert messages == ["baselines: skipped, no rows were held out."]


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it, _ = measured(rows_of(*orders()))
    monkeypatch.setitem(sys.modules, "sklearn", None)
    found, messages = measured(rows_of(*orders()))
    assert messages == ["baselines: no linear model, scikit-learn is not installed."]
    assert (found.linear, found.features, found.majority) == (None, None, with_it.majority)


def test_texts_that_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, (texts, labels) = rows_of(*names()), names()
    kept, _ = hold_out(labels, share=0.25, seed=3)
    characters = sum(len(texts[row]) for row in kept)
    # Two classes: the work is nine times the characters.
    monkeypatch.setattr(baseline, "WORK", {WORDS: 9 * characters, CHARACTERS: 9 * characters})
    assert measured(rows)[0].features == CHARACTERS
    monkeypatch.setattr(baseline, "WORK", {WORDS: 9 * characters, CHARACTERS: 9 * characters - 1})
    assert measured(rows)[0].features == WORDS
    monkeypatch.setattr(baseline, "WORK", {WORDS: 9 * characters - 1, CHARACTERS: 9 * characters - 1})
    found, messages = measured(rows)
    assert (found.linear, found.majority is None) == (None, False)
    said = f"more than {characters - 1:,} characters of text and 2 classes would take long"
    assert messages == [f"baselines: no linear model, {said}."]


def test_rows_that_a_linear_model_cannot_learn_from() -> None:
    empty, messages = measured(rows_of(["", " "] * 20, ["a", "b", "b", "b"] * 10))
    assert (empty.linear, messages) == (None, ["baselines: no linear model, the texts have no words."])
    # Training goes on from a model of two classes with rows of one.
    rows = LabelledRows(
        InMemoryRows(["oil", "gas"] * 10, ["a"] * 20), Labels.learn(["a", "b"]), np.zeros(20, np.int64), SingleLabel()
    )
    one, messages = measured(rows)
    assert (one.majority, messages) == (1.0, ["baselines: no linear model, all training rows have one class."])
