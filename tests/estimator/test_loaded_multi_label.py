"""A multi-label classifier after its file was loaded: what it predicts, and which labels it can be scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import MultiLabelBinarizer

import recurra
from recurra import TextClassifier
from recurra.errors import DataError, SettingsError
from recurra.evaluation.given_rows import indicator_of, label_sets, labels_of

# Rows that are to be learned validate as well.
pytestmark = pytest.mark.filterwarnings("ignore:48 of 48 rows held out have the same text")

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


def test_thresholds_are_read_only_and_say_what_to_write() -> None:
    fitted = network().fit(TEXTS, MATRIX)
    said = r"^thresholds cannot be set to 0.3. Use predict_proba\(X\) >= thresholds.$"
    with pytest.raises(SettingsError, match=said):
        fitted.thresholds_ = 0.3
    with pytest.raises(SettingsError, match=said):
        fitted.model_.thresholds = 0.3


def test_names_are_scored_as_lists_and_as_columns_in_their_order(tmp_path: Path) -> None:
    again = loaded(network().fit(TEXTS, LISTS), tmp_path)
    exact = accuracy_score(MATRIX, BINARISER.transform(again.predict(TEXTS)))
    assert again.score(TEXTS, LISTS) == again.score(TEXTS, MATRIX) == exact
    with pytest.raises(DataError, match=rf"^y is a matrix \[48, 2\], and there are {MATRIX.shape[1]} classes"):
        again.score(TEXTS, MATRIX[:, :2])
    with pytest.raises(DataError, match="Give a list of labels each"):
        again.score(TEXTS, TOPICS)


def test_the_columns_of_a_table_come_from_the_model(tmp_path: Path) -> None:
    frame = pd.DataFrame({"subject": [f"on {topic}" for topic in TOPICS], "body": TEXTS})
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


def test_the_names_of_a_frame_are_the_classes_also_after_loading(tmp_path: Path) -> None:
    # Neither sorted nor complete: no row has the column in the middle.
    names = ["zeta", "never", *sorted(BINARISER.classes_, reverse=True)[1:]]
    named = pd.DataFrame(np.insert(MATRIX, 1, 0, axis=1), columns=names)
    fitted = network().fit(TEXTS, named)
    numbers = network().fit(TEXTS, named.to_numpy())
    again = loaded(fitted, tmp_path)
    assert fitted.classes_.tolist() == names
    assert again.classes_.tolist() == [name for name in names if name != "never"]
    matrix = fitted.predict(TEXTS)
    np.testing.assert_array_equal(matrix, numbers.predict(TEXTS))
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), numbers.predict_proba(TEXTS))
    np.testing.assert_array_equal(fitted.thresholds_, numbers.thresholds_)
    assert [list(row) for row in again.predict(TEXTS)] == [
        [names[place] for place in np.flatnonzero(row)] for row in matrix
    ]
    known = named.drop(columns="never")
    turned, wrong = known[known.columns[::-1]], known.rename(columns={"zeta": "eta"})
    exact = accuracy_score(named, matrix)
    assert exact > 0
    assert fitted.score(TEXTS, named[named.columns[::-1]]) == fitted.score(TEXTS, named.to_numpy()) == exact
    assert again.score(TEXTS, turned) == again.score(TEXTS, known.to_numpy()) == exact
    with pytest.raises(DataError, match="'eta'"):
        again.score(TEXTS, wrong)
    scores = [
        recurra.evaluate(fitted.predict_proba(TEXTS), y, fitted.classes_, thresholds=fitted.thresholds_).subset_accuracy
        for y in (named, named[named.columns[::-1]])
    ]
    assert scores == [exact, exact]
    # A warm start learns by the names as well.
    further = network(epochs=1, learning_rate=1e-9).fit(TEXTS, turned, initial=again)
    assert further.classes_.tolist() == turned.columns.tolist()
    np.testing.assert_allclose(further.predict_proba(TEXTS)[:, ::-1], again.predict_proba(TEXTS), atol=1e-4)


def test_names_beside_numbers_of_columns_are_refused(tmp_path: Path) -> None:
    again = loaded(network().fit(TEXTS, MATRIX), tmp_path)
    named = pd.DataFrame(MATRIX, columns=BINARISER.classes_)
    with pytest.raises(DataError, match=r"the classes are numbers of columns, such as 0\. Give its values"):
        again.score(TEXTS, named)
    with pytest.raises(DataError, match="the classes are numbers of columns"):
        recurra.evaluate(again.predict_proba(TEXTS), named, again.classes_)
    with pytest.raises(DataError, match="the classes are numbers of columns"):
        network().fit(TEXTS, named, initial=again)
    with pytest.raises(DataError, match="the classes are numbers of columns"):
        network().fit(TEXTS, MATRIX, validation_data=(TEXTS, named))


def test_a_series_of_lists_is_scored() -> None:
    series = pd.Series(LISTS, index=range(5, 5 + len(LISTS)))
    fitted = network().fit(TEXTS, series)
    assert fitted.score(TEXTS, series) == fitted.score(TEXTS, LISTS) > 0
    assert fitted.score(TEXTS, series.map(tuple)) == fitted.score(TEXTS, LISTS)


@pytest.mark.parametrize("ids", [[2, 0, 4, 1, 3], [400, 101, 307, 205, 9]])
def test_columns_named_by_whole_numbers_are_known_by_them(ids: list[int], tmp_path: Path) -> None:
    named = pd.DataFrame(MATRIX, columns=ids[: MATRIX.shape[1]])
    turned = named[sorted(named.columns)]
    fitted = network().fit(TEXTS, named, validation_data=(TEXTS, turned))
    assert fitted.classes_.tolist() == list(named.columns)
    unnamed = network().fit(TEXTS, MATRIX, validation_data=(TEXTS, MATRIX))
    np.testing.assert_array_equal(fitted.predict(TEXTS), unnamed.predict(TEXTS))
    exact = accuracy_score(MATRIX, fitted.predict(TEXTS))
    assert exact > 0
    lists = [[named.columns[place] for place in np.flatnonzero(row)] for row in MATRIX]
    again = loaded(fitted, tmp_path)
    for one in (fitted, again):
        assert [one.score(TEXTS, y) for y in (named, turned, MATRIX, lists)] == [exact] * 4
    assert fitted.validation_.subset_accuracy == exact
    scores = [recurra.evaluate(fitted.predict_proba(TEXTS), y, fitted.classes_).micro_f1 for y in (named, turned)]
    assert scores[0] == scores[1]
    more = network().fit(TEXTS, turned, initial=fitted)
    assert more.score(TEXTS, named) == more.score(TEXTS, turned) >= exact
    with pytest.raises(DataError, match=r"^The columns of the indicator matrix are not the classes: 999 is not in"):
        fitted.score(TEXTS, named.rename(columns={ids[0]: 999}))


def test_names_of_other_kinds_are_no_classes() -> None:
    """True is equal to 1 in Python."""
    columns = pd.DataFrame(MATRIX[:, :2], columns=[True, False])
    fitted = network().fit(TEXTS, columns)
    assert fitted.classes_.tolist() == [0, 1]
    assert fitted.score(TEXTS, columns) == fitted.score(TEXTS, MATRIX[:, :2])


def test_numbers_of_numpy_in_lists_are_labels() -> None:
    rows = [np.array([0, 2]), [np.int64(1)], (np.int32(2), np.int32(0)), np.array([], dtype=np.int64), {np.int8(1)}]
    found = label_sets(rows)
    assert found == [(0, 2), (1,), (2, 0), (), (1,)]
    assert {type(one) for labels in found for one in labels} == {int}
    assert labels_of([[np.int64(1), np.int64(0)]], None) == [(1, 0)]
    # The rows of an indicator matrix are none.
    for given in (list(np.eye(3, dtype=int)), pd.Series(list(np.eye(3, dtype=int)))):
        with pytest.raises(DataError, match=r"lists of zeros and ones that repeat them. Give numpy.array\(list\(y\)\)"):
            indicator_of(given)
