"""A multi-label classifier after its file was loaded: what it predicts, and which labels it can be scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import MultiLabelBinarizer

from recurra import TextClassifier
from recurra.errors import DataError

LISTS = [[topic, "always"] if place % 3 else [topic] for place, topic in enumerate(TOPICS)]
BINARISER = MultiLabelBinarizer().fit(LISTS)
MATRIX = BINARISER.transform(LISTS)


def loaded(classifier: TextClassifier, folder: Path) -> TextClassifier:
    classifier.save(folder / "model.safetensors")
    return TextClassifier.load(folder / "model.safetensors")


def test_after_loading_lists_of_columns_are_predicted_and_both_forms_are_scored(tmp_path: Path) -> None:
    fitted = network().fit(TEXTS, MATRIX)
    again = loaded(fitted, tmp_path)
    matrix = fitted.predict(TEXTS)
    assert [list(row) for row in again.predict(TEXTS)] == [np.flatnonzero(row).tolist() for row in matrix]
    exact = accuracy_score(MATRIX, matrix)
    assert exact > 0
    lists = [np.flatnonzero(row).tolist() for row in MATRIX]
    assert [fitted.score(TEXTS, MATRIX), again.score(TEXTS, MATRIX), again.score(TEXTS, lists)] == [exact] * 3


def test_a_column_that_no_row_has_may_be_there(tmp_path: Path) -> None:
    wide = np.insert(MATRIX, 1, 0, axis=1)
    fitted = network().fit(TEXTS, wide)
    exact = accuracy_score(wide, fitted.predict(TEXTS))
    assert loaded(fitted, tmp_path).score(TEXTS, wide) == fitted.score(TEXTS, wide) == exact
    assert fitted.thresholds_ is not None
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS) >= fitted.thresholds_, fitted.predict(TEXTS) == 1)


def test_names_are_scored_as_lists_and_as_columns_in_their_order(tmp_path: Path) -> None:
    again = loaded(network().fit(TEXTS, LISTS), tmp_path)
    exact = accuracy_score(MATRIX, BINARISER.transform(again.predict(TEXTS)))
    assert again.score(TEXTS, LISTS) == again.score(TEXTS, MATRIX) == exact
    with pytest.raises(DataError, match=rf"^y is a matrix \[48, 2\], and there are {MATRIX.shape[1]} classes"):
        again.score(TEXTS, MATRIX[:, :2])
    with pytest.raises(DataError, match="Give a list of labels each"):
        again.score(TEXTS, TOPICS)


def test_the_columns_of_a_table_come_from_the_model(tmp_path: Path) -> None:
    frame = pd.DataFrame({"subject": TOPICS, "body": TEXTS})
    fitted = network(epochs=1).fit(frame, TOPICS)
    again = loaded(fitted, tmp_path)
    assert again.columns_ == fitted.columns_ == ("body", "subject")
    np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(frame))


def test_a_frame_of_labels_is_scored_by_its_names(tmp_path: Path) -> None:
    named = pd.DataFrame(MATRIX, columns=BINARISER.classes_)
    turned, wrong = named[named.columns[::-1]], named.rename(columns={"always": "never"})
    of_lists, of_frame = network().fit(TEXTS, LISTS), network().fit(TEXTS, named)
    for fitted in (of_lists, loaded(of_lists, tmp_path), of_frame):
        exact = fitted.score(TEXTS, MATRIX)
        assert exact > 0
        assert fitted.score(TEXTS, named) == fitted.score(TEXTS, turned) == exact
        with pytest.raises(
            DataError, match=r"^The columns of the indicator matrix are not the classes: 'never' is not"
        ):
            fitted.score(TEXTS, wrong)
    beside = network().fit(TEXTS, named, validation_data=(TEXTS, turned))
    assert beside.validation_.subset_accuracy == beside.score(TEXTS, MATRIX)
