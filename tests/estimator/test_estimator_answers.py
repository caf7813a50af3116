"""Multi-label texts and abstaining with ``TextClassifier``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rows import make_rows
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils import get_tags
from topics import TOPICS, topic_rows

import recurra
from recurra.errors import DataError, SettingsError

OPTIONS = {"hidden": 16, "embedding": 16, "pooling": ["max"], "batch_size": 16, "learning_rate": 0.02}
TEXTS, LABELS = topic_rows(400)
BINARISER = MultiLabelBinarizer().fit(LABELS)


def classifier(epochs: int = 4) -> recurra.TextClassifier:
    return recurra.TextClassifier("lesson/gru", options={**OPTIONS, "tokens": "lesson"}, epochs=epochs)


@pytest.fixture(scope="module")
def lists() -> recurra.TextClassifier:
    return classifier().fit(TEXTS, [list(one) for one in LABELS])


def test_lists_of_labels_give_lists_of_labels(lists: recurra.TextClassifier) -> None:
    texts, labels = topic_rows(100, seed=3)
    assert lists.classes_.tolist() == list(TOPICS)
    found = lists.predict(texts)
    assert found.shape == (100,)
    exact = np.mean([set(one) == set(had) for one, had in zip(found, labels, strict=True)])
    assert lists.score(texts, labels) == pytest.approx(exact)
    assert lists.score(texts, [set(one) for one in labels]) == pytest.approx(exact)
    assert f1_score(BINARISER.transform(labels), BINARISER.transform(found), average="micro") > 0.8


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_an_indicator_matrix_gives_the_same_model_and_a_matrix(lists: recurra.TextClassifier, kind: Any) -> None:
    columns = BINARISER.transform(LABELS)
    found = classifier().fit(TEXTS, kind(columns))
    assert found.classes_.tolist() == [0, 1, 2, 3, 4]
    texts, labels = topic_rows(50, seed=4)
    np.testing.assert_allclose(found.predict_proba(texts), lists.predict_proba(texts), atol=1e-6)
    predicted, had = found.predict(texts), BINARISER.transform(labels)
    assert predicted.shape == (50, 5)
    assert np.array_equal(predicted, BINARISER.transform(lists.predict(texts)))
    assert found.score(texts, kind(had)) == pytest.approx(accuracy_score(had, predicted))


def test_a_column_that_no_row_has_stays_a_column() -> None:
    columns = np.insert(BINARISER.transform(LABELS), 2, 0, axis=1)
    found = classifier(epochs=1).fit(TEXTS, columns)
    p = found.predict_proba(TEXTS[:7])
    assert p.shape == (7, 6)
    assert (p[:, 2] == 0).all()
    assert (p[:, [0, 1, 3, 4, 5]] > 0).all()
    assert (found.predict(TEXTS)[:, 2] == 0).all()


def test_scikit_learn_knows_and_can_cross_validate() -> None:
    own = clone(classifier())
    assert get_tags(own).classifier_tags.multi_label
    scores = cross_val_score(own, TEXTS[:120], BINARISER.transform(LABELS[:120]), cv=2)
    assert len(scores) == 2
    assert np.isfinite(scores).all()


def test_weights_count_in_a_score(lists: recurra.TextClassifier) -> None:
    right = [set(one) == set(had) for one, had in zip(lists.predict(TEXTS), LABELS, strict=True)]
    weights = np.arange(len(TEXTS))
    assert lists.score(TEXTS, LABELS, sample_weight=weights) == pytest.approx(np.average(right, weights=weights))


def test_abstaining_gives_none() -> None:
    texts, labels = make_rows(80)
    own = recurra.TextClassifier("lesson/gru", options={"hidden": 4, "embedding": 4}, epochs=1).fit(texts, labels)
    top = own.predict_proba(texts).max(axis=1)
    below = float(np.median(top))
    found = own.predict(texts, abstain_below=below)
    assert [one is None for one in found] == (top < np.float32(below)).tolist()
    assert own.score(texts, labels) == pytest.approx(accuracy_score(labels, own.predict(texts)))


def test_what_makes_no_sense_is_refused(lists: recurra.TextClassifier) -> None:
    with pytest.raises(SettingsError, match="for a model that gives several labels"):
        lists.predict(TEXTS, abstain_below=0.5)
    with pytest.raises(DataError, match=r"y is a matrix \[2, 2\] of more than zeros and ones"):
        classifier().fit(["a", "b"], np.array([[0, 2], [1, 0]]))
    with pytest.raises(DataError, match="y is 'labels'"):
        classifier().fit(["a", "b"], "labels")
