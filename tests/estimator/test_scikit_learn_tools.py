"""``TextClassifier`` inside scikit-learn's tools, in one process and in two."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.parallel import Parallel, delayed
from small_classifier import PAIRS, TEXTS, TOPICS, linear, network
from vector_wheels import VALUES, offer, pin_small_vectors

from recurra import TextClassifier
from recurra.errors import SettingsError


def test_in_a_pipeline_behind_another_step(fitted: TextClassifier) -> None:
    shout = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    pipeline = make_pipeline(shout, network()).fit(TEXTS, TOPICS)
    # The words come out in lower case: what is read is the same.
    np.testing.assert_array_equal(pipeline.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    np.testing.assert_array_equal(pipeline.classes_, fitted.classes_)
    assert pipeline.score(TEXTS, TOPICS) == fitted.score(TEXTS, TOPICS)
    pipeline.set_params(textclassifier__epochs=1)
    assert pipeline[-1].epochs == 1


def test_a_column_transformer_keeps_titles_and_texts() -> None:
    frame = pd.DataFrame({"number": range(len(PAIRS)), "subject": [one for one, _ in PAIRS], "body": TEXTS})
    keep = ColumnTransformer([("k", "passthrough", ["subject", "body"])]).set_output(transform="pandas")
    pipeline = make_pipeline(keep, network(epochs=1)).fit(frame, TOPICS)
    assert pipeline[-1].columns_ == ("k__body", "k__subject")
    expected = network(epochs=1).fit(PAIRS, TOPICS).predict_proba(PAIRS)
    np.testing.assert_array_equal(pipeline.predict_proba(frame), expected)


def test_grid_search_finds_what_learns() -> None:
    folds = StratifiedKFold(3)
    search = GridSearchCV(network(), {"epochs": [1, 8], "learning_rate": [1e-6, 0.05]}, cv=folds, error_score="raise")
    search.fit(TEXTS, TOPICS)
    peer = GridSearchCV(linear(), {"logisticregression__C": [1e-6, 10.0]}, cv=folds, error_score="raise")
    peer.fit(TEXTS, TOPICS)
    assert search.best_params_ == {"epochs": 8, "learning_rate": 0.05}
    assert search.best_score_ == pytest.approx(peer.best_score_, abs=0.1)
    assert search.predict(TEXTS[:3]).shape == peer.predict(TEXTS[:3]).shape
    assert search.cv_results_["mean_test_score"].dtype == peer.cv_results_["mean_test_score"].dtype


def test_grid_search_over_the_options_of_a_preset() -> None:
    grid = {"options": [{"hidden": 4, "validation": 0.0}, {"hidden": 5, "cell": "gru", "validation": 0.0}]}
    search = GridSearchCV(network(epochs=1), grid, cv=2, error_score="raise").fit(TEXTS, TOPICS)
    assert search.best_params_["options"] in grid["options"]
    assert search.best_estimator_.model_.settings.hidden == search.best_params_["options"]["hidden"]


def test_two_processes_give_what_one_gives(fitted: TextClassifier) -> None:
    folds = StratifiedKFold(2)
    scores = cross_val_score(network(), TEXTS, TOPICS, cv=folds, n_jobs=2, error_score="raise")
    peers = cross_val_score(linear(), TEXTS, TOPICS, cv=folds, n_jobs=2)
    assert (scores.shape, scores.dtype) == (peers.shape, peers.dtype)
    alone = cross_val_predict(network(), TEXTS, TOPICS, cv=folds)
    right = [(alone[test] == np.array(TOPICS)[test]).mean() for _, test in folds.split(TEXTS, TOPICS)]
    np.testing.assert_allclose(scores, right)
    assert scores.mean() > 0.8

    # A fitted one travels too, and is used by both.
    halves = Parallel(n_jobs=2)(delayed(fitted.predict_proba)(half) for half in (TEXTS[:24], TEXTS[24:]))
    np.testing.assert_allclose(np.concatenate(halves), fitted.predict_proba(TEXTS), atol=1e-6)


def test_errors_travel_between_processes() -> None:
    with pytest.raises(SettingsError, match="There is no preset 'lstmm'"):
        cross_val_score(network(model="lstmm"), TEXTS, TOPICS, cv=2, n_jobs=2, error_score="raise")


def test_pickling_keeps_answers_and_parameters(fitted: TextClassifier) -> None:
    copy = pickle.loads(pickle.dumps(fitted))  # noqa: S301 (our own)
    np.testing.assert_array_equal(copy.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert copy.get_params() == fitted.get_params()


def test_vectors_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pin_small_vectors(monkeypatch, tmp_path / "cache")
    offer(monkeypatch, "glove-6b-50d")
    options = {"hidden": 6, "validation": 0.0, "patience": 0, "freeze_vectors": True}
    model = clone(network(vectors="glove-6b-50d", options=options, epochs=1)).fit(TEXTS, TOPICS).model_
    bank = model.bundle.tensors["embedding"][model.bundle.vocabulary.ids["bank"]]
    assert bank.tolist() == VALUES[0].tolist()
    assert model.info["record"]["vectors"]["name"] == "glove-6b-50d"
    said = r"^options gives embedding = 8, and the vectors have \d+ numbers, which hold: leave embedding out$"
    with pytest.warns(UserWarning, match=said):
        network(vectors="glove-6b-50d", options={**options, "embedding": 8}, epochs=1).fit(TEXTS, TOPICS)
