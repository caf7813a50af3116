"""The evaluation as a whole: what it holds, how it becomes JSON, what it refuses, how fast it is."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer

from recurra.errors import DataError, SettingsError
from recurra.evaluation import evaluate, wilson


def made_up(seed: int, rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, classes, rows)
    probabilities = generator.dirichlet(np.full(classes, 0.5), rows) + np.eye(classes)[targets]
    return (probabilities / 2).astype(np.float32), targets


def test_json_has_the_promised_keys_and_values():
    probabilities, targets = made_up(0, 120, 3)
    predicted = probabilities.argmax(axis=1)
    result = evaluate(probabilities, targets, ["a", "b", "c"], class_numbers=True, resamples=50).to_dict()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert list(result) == [
        *("rows", "accuracy", "macro_f1", "weighted_f1", "log_loss", "ece"),
        *("intervals", "classes", "confusion", "reliability", "unknown_labels"),
    ]
    assert result["rows"] == 120
    assert result["accuracy"] == pytest.approx(peer.accuracy_score(targets, predicted))
    assert result["macro_f1"] == pytest.approx(peer.f1_score(targets, predicted, average="macro"))
    assert result["weighted_f1"] == pytest.approx(peer.f1_score(targets, predicted, average="weighted"))
    assert result["log_loss"] == pytest.approx(peer.log_loss(targets, probabilities))
    assert result["confusion"] == peer.confusion_matrix(targets, predicted).tolist()
    assert result["intervals"]["accuracy"] == list(wilson(int((predicted == targets).sum()), 120))
    assert [score["label"] for score in result["classes"]] == ["a", "b", "c"]
    assert [score["support"] for score in result["classes"]] == np.bincount(targets).tolist()
    assert [score["given"] for score in result["classes"]] == np.bincount(predicted, minlength=3).tolist()
    assert sum(part["rows"] for part in result["reliability"]) == 120


def test_targets_may_be_the_labels_themselves():
    probabilities, targets = made_up(0, 30, 3)
    targets[:3] = [0, 1, 2]
    names = np.array(["a", "b", "c"])
    expected = evaluate(probabilities, targets, list(names), class_numbers=True, resamples=5).to_dict()
    for labels in (names[targets], names[targets].tolist(), names[targets].astype(object)):
        assert evaluate(probabilities, labels, names, resamples=5).to_dict() == expected
    more = [*names[targets][1:], "x"]
    scored = evaluate(probabilities, more, names, unknown=["x"], resamples=5)
    assert (scored.rows, scored.unknown_labels) == (30, 1)
    indicator = np.eye(3, dtype=bool)[targets] | (np.arange(30) % 4 == 0)[:, None]
    several = [[str(name) for name, has in zip(names, row, strict=True) if has] for row in indicator]
    assert (
        evaluate(probabilities, several, names, resamples=5).to_dict()
        == evaluate(probabilities, indicator, names, resamples=5).to_dict()
    )


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["a", "x", "y", "x"], "There are labels that are no class, 'x', 'y'. Give labels such as 'a', or name the"),
        (["a", "b", None, "b"], "There are labels that are no class, None. Give labels such as 'a'"),
        ([["a"], ["b", "x"], [], ["a"]], "There are labels that are no class, 'x'. Give labels such as 'a', or leave"),
        ([[1], [0, 1], [], [0]], "The targets are [[1], [0, 1], [], [0]]. Give one class number or label a row"),
    ],
)
def test_labels_that_are_no_class_are_named(targets, message):
    with pytest.raises(DataError) as caught:
        evaluate(np.full((4, 2), 0.5), targets, ["a", "b"])
    assert str(caught.value).startswith(message)


def test_whole_numbers_are_looked_up_where_the_classes_are_whole_numbers():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1]])
    classes = np.array([1, 2, 3])
    for labels in (np.array([1, 2, 2]), [1, 2, 2], np.array([1.0, 2.0, 2.0]), np.array([1, 2, 2], dtype=object)):
        # A list of NumPy's numbers as well.
        assert evaluate(probabilities, labels, list(classes), resamples=5).accuracy == 2 / 3
        found = evaluate(probabilities, labels, classes, resamples=5)
        assert found.accuracy == 2 / 3
        assert [score.support for score in found.classes] == [1, 2, 0]
    with pytest.raises(DataError, match=r"^There are labels that are no class, 0, 7. Give labels such as 1, or name"):
        evaluate(probabilities, [1, 0, 7], classes)
    assert evaluate(probabilities, [1, 2, 7], classes, unknown=[7], resamples=5).unknown_labels == 1
    numbered = evaluate(probabilities, [0, 1, 1], ["a", "b", "c"], class_numbers=True, resamples=5)
    assert numbered.to_dict()["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert evaluate(probabilities, [0, 1, 1], [2, 1, 0], class_numbers=True, resamples=5).accuracy == 2 / 3
    assert evaluate(probabilities, [0.5, 1.5, 1.5], [0.5, 1.5, 2.5], resamples=5).accuracy == 2 / 3
    with pytest.raises(DataError, match=r"^The targets are \[0.5, 1, 1\]. Give labels such as 'a', or class numbers."):
        evaluate(probabilities, [0.5, 1, 1], ["a", "b", "c"], class_numbers=True)
    with pytest.raises(
        DataError, match=r"^The target 3 is no class number. Give labels such as 'a', or their numbers, 0 to 2"
    ):
        evaluate(probabilities, [0, 1, 3], ["a", "b", "c"], class_numbers=True)


@pytest.mark.parametrize("classes", [["a", "b", "c"], [0.5, 1.5, 2.5]])
@pytest.mark.parametrize("targets", [[2, 0, 1], np.array([2, 0, 1]), pd.Series([2, 0, 1]), [2.0, 0.0, 1.0]])
def test_numbers_are_no_labels_beside_other_classes(targets, classes):
    """Codes of another order would be scored as wrong answers."""
    with pytest.raises(
        DataError, match=r"^(The targets have labels such as 2(.0)?, and the classes are such as|There are)"
    ):
        evaluate(np.eye(3), targets, classes)


def test_a_frame_of_labels_is_read_by_its_names():
    probabilities, rows = np.array([[0.8, 0.1, 0.7], [0.9, 0.8, 0.2]]), [["a", "c"], ["a", "b"]]
    expected = evaluate(probabilities, rows, ["a", "b", "c"], resamples=5).to_dict()
    frame = pd.DataFrame({"c": [1, 0], "a": [1, 1], "b": [0, 1]})
    assert evaluate(probabilities, frame, ["a", "b", "c"], resamples=5).to_dict() == expected
    # The numbers of columns that are no names.
    assert (
        evaluate(probabilities, pd.DataFrame(frame[list("abc")].values), list("abc"), resamples=5).to_dict() == expected
    )
    for wrong, said in ((frame.rename(columns={"c": "x"}), "'x' is not in both"), (frame[["a", "b"]], "'c' is not in")):
        with pytest.raises(DataError, match=f"^The columns of the indicator matrix are not the classes: {said}"):
            evaluate(probabilities, wrong, ["a", "b", "c"])


def test_several_whole_numbers_a_row_are_labels_and_zeros_and_ones_an_indicator():
    probabilities = np.array([[0.8, 0.1], [0.9, 0.8]])
    expected = evaluate(probabilities, np.array([[True, False], [True, True]]), [1, 2], resamples=5).to_dict()
    assert evaluate(probabilities, [[1], [1, 2]], [1, 2], resamples=5).to_dict() == expected
    assert evaluate(probabilities, np.array([[1, 0], [1, 1]]), [1, 2], resamples=5).to_dict() == expected
    with pytest.raises(DataError, match=r"^There are labels that are no class, 3"):
        evaluate(probabilities, [[1], [3]], [1, 2])


@pytest.mark.parametrize("first", [["a", "b"], np.array(["a", "b"]), np.array([0, 1]), None, [["a"], ["a", "b"]]])
def test_labels_in_place_of_probabilities_are_refused(first):
    with pytest.raises(DataError) as caught:
        evaluate(first, np.full((2, 2), 0.5), ["a", "b"])
    assert str(caught.value).startswith("evaluate takes the probabilities first, float[rows, classes], and was given ")
    assert str(caught.value).endswith(" Write evaluate(model.predict_proba(X), y, model.classes_).")
    with pytest.raises(DataError, match=r"matrix .* of more than zeros and ones.* The probabilities come before them"):
        evaluate(np.ones((2, 2)), np.full((2, 2), 0.5), ["a", "b"])


def test_a_model_is_no_probabilities():
    class Model:
        def predict_proba(self): ...

    with pytest.raises(SettingsError, match=r"evaluate\(model.predict_proba\(texts\), labels, model.classes_\)"):
        evaluate(Model(), ["a"], ["b"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 5))
def test_every_score_lies_in_its_interval_and_is_json(seed: int, rows: int, classes: int):
    probabilities, targets = made_up(seed, rows, classes)
    evaluation = evaluate(probabilities, targets, list(range(classes)), resamples=20)
    text = json.dumps(evaluation.to_dict(), allow_nan=False)
    assert json.loads(text)["rows"] == rows
    for low, high in evaluation.intervals.values():
        assert low <= high
    for name in ("accuracy", "ece"):
        low, high = evaluation.intervals[name]
        assert low <= getattr(evaluation, name) <= high


def test_labels_keep_their_types():
    probabilities, targets = made_up(1, 10, 2)
    for labels in (["no", "yes"], [0, 1], [False, True], [0.5, 1.5]):
        got = [
            score.label for score in evaluate(probabilities, targets, labels, class_numbers=True, resamples=5).classes
        ]
        assert got == labels
        assert [type(label) for label in got] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("probabilities", "targets", "message"),
    [
        (np.full((2, 3), 1 / 3), [0], "Probabilities of 2 and labels of 1 rows"),
        (np.full((2, 2), 1 / 2), [0, 1], "3 classes"),
        (np.full((1, 3), 1 / 3), 0, r"shape \(\)"),
        (np.full(3, 1 / 3), 0, "takes the probabilities first"),
        (np.empty((0, 3)), [], "no rows"),
        (np.full((1, 3), 1 / 3), [3], "The target 3"),
        (np.full((1, 3), 1 / 3), [-1], "The target -1"),
        (np.array([[0.5, 0.5, 0.0], [0.9, 0.9, 0.0]]), [0, 0], r"Row 1 holds \[0.9 0.9 0. \]"),
        (np.array([[np.nan, 0.5, 0.5]]), [0], "Row 0 holds .nan"),
        (np.array([[1.5, -0.5, 0.0]]), [0], "Row 0"),
        (np.array([[np.inf, -np.inf, 1e300]]), [0], "Row 0"),
    ],
)
def test_what_are_not_probabilities_is_refused(probabilities: np.ndarray, targets: list[int], message: str):
    with pytest.raises(DataError, match=message) as caught:
        evaluate(probabilities, targets, ["a", "b", "c"], class_numbers=True)
    assert "\n" not in str(caught.value)


def test_no_resamples_are_refused():
    with pytest.raises(SettingsError, match="resamples is 0"):
        evaluate(np.ones((1, 1), dtype=np.float32), np.zeros(1, dtype=np.int64), ["a"], class_numbers=True, resamples=0)


def test_the_lesson_s_test_set_takes_seconds_and_little_memory():
    probabilities, targets = made_up(2, 7_600, 4)
    tracemalloc.start()
    start = time.perf_counter()
    evaluation = evaluate(probabilities, targets, list("abcd"), class_numbers=True)
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert evaluation.rows == 7_600
    assert seconds < 10  # about one on an idle core
    assert peak < 100 * 2**20


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas, pa.RecordBatch.from_pandas])
def test_probabilities_of_a_frame_are_taken_by_the_names_of_its_columns(kind: Any) -> None:
    frame = pd.DataFrame({"b": [0.1, 0.9, 0.3], "a": [0.9, 0.1, 0.7]})
    truth = ["a", "b", "b"]
    assert evaluate(kind(frame), truth, ["a", "b"], resamples=5).accuracy == pytest.approx(2 / 3)
    assert evaluate(kind(frame), truth, frame.columns, resamples=5).accuracy == pytest.approx(2 / 3)
    numbered = frame.rename(columns={"a": "1", "b": "2"})
    assert evaluate(kind(numbered), [1, 2, 2], [1, 2], resamples=5).accuracy == pytest.approx(2 / 3)
    with pytest.raises(DataError, match=r"^The columns of the probabilities are 'b', 'x', and the classes 'a', 'b'\."):
        evaluate(kind(frame.rename(columns={"a": "x"})), truth, ["a", "b"])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({"a", "b", "c"}, r"^classes is a set, .* Give model.classes_, or a list of .*: it has an order\.$"),
        (frozenset("abc"), "^classes is a frozenset, "),
        ({"a": 0, "b": 1, "c": 2}, "^classes is a dict, "),
        (["a", "b", "a"], r"^classes has 'a' twice\. Give each class once"),
    ],
)
def test_classes_without_an_order_or_there_twice_are_refused(classes: Any, message: str) -> None:
    probabilities, targets = made_up(0, 30, 3)
    with pytest.raises(DataError, match=message):
        evaluate(probabilities, np.array(["a", "b", "c"])[targets], classes)
    with pytest.raises(DataError, match=r"^targets is a set"):
        evaluate(probabilities, {"a", "b"}, ["a", "b", "c"])


def test_classes_in_another_order_than_the_columns_are_told_of() -> None:
    probabilities, targets = made_up(0, 200, 4)
    labels = np.array(["a", "b", "c", "d"])[targets]
    right = int((probabilities.argmax(axis=1) == targets).sum())
    said = f"and {right} would be with the classes as 'a', 'b', 'c', 'd': give model.classes_"
    with pytest.warns(UserWarning, match=said):
        evaluate(probabilities, labels, ["c", "a", "d", "b"], resamples=5)
    # Columns that are not sorted.
    with pytest.warns(UserWarning, match="with the classes as 'b', 'a', 'd', 'c'"):
        evaluate(probabilities[:, [1, 0, 3, 2]], labels, ["a", "b", "c", "d"], resamples=5)
    # Warnings are errors: a poor classifier, or a few rows, say nothing of the order.
    evaluate(np.random.default_rng(1).dirichlet(np.ones(4), 200), labels, ["d", "c", "b", "a"], resamples=5)
    evaluate(probabilities[:15], labels[:15], ["c", "a", "d", "b"], resamples=5)
