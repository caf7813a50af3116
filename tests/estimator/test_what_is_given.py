"""What may be given as texts and labels, and what is said of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network

from recurra import TextClassifier
from recurra.errors import DataError, SettingsError
from recurra.training.tensorboard import TensorBoard

CODES = [int(topic == TOPICS[0]) for topic in TOPICS]


def test_columns_of_an_arrow_table_are_lists_of_its_values() -> None:
    table = pa.table({"text": TEXTS, "topic": TOPICS})
    of_table = network().fit(table["text"], table["topic"])
    of_lists = network().fit(TEXTS, TOPICS)
    assert of_table.classes_.tolist() == of_lists.classes_.tolist()
    np.testing.assert_array_equal(of_table.predict_proba(TEXTS), of_lists.predict_proba(TEXTS))


def test_a_preset_and_a_folder_may_be_paths(tmp_path: Path) -> None:
    preset = tmp_path / "small.toml"
    preset.write_text('about = "small"\n[network]\nhidden = 3\nembedding = 4\n[training]\nepochs = 1\n')
    fitted = TextClassifier(preset).fit(TEXTS, TOPICS, callbacks=[TensorBoard(str(tmp_path / "run"))])
    assert fitted.model_.settings.hidden == 3
    assert list((tmp_path / "run" / "tensorboard").iterdir())


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([[0, 0, 1], [1, 0, 0]] * (len(TEXTS) // 2), "numpy.asarray"),
        (np.reshape(CODES, (-1, 1)), "y.ravel()"),
        (pd.DataFrame({"topic": TOPICS}), "y.ravel()"),
    ],
    ids=["nested lists", "column", "frame"],
)
def test_labels_in_a_form_that_would_be_misread(y: Any, said: str) -> None:
    with pytest.raises(DataError, match=r"^y ") as found:
        network().fit(TEXTS, y)
    assert said in str(found.value)


@pytest.mark.parametrize("given", [(TEXTS, TOPICS, CODES), TEXTS, 0.2])
def test_validation_data_is_a_pair(given: Any) -> None:
    with pytest.raises(DataError, match=r"^validation_data is .*validation_data=\(X, y\)"):
        network().fit(TEXTS, TOPICS, validation_data=given)


def test_validation_data_that_is_empty_is_called_so() -> None:
    with pytest.raises(DataError, match=r"^validation_data has 0 rows"):
        network().fit(TEXTS, TOPICS, validation_data=([], []))


@pytest.mark.parametrize("y", [TOPICS[:3], np.eye(len(TEXTS), 3, dtype=int)])
def test_a_score_needs_a_label_each_in_the_form_of_fit(y: Any) -> None:
    with pytest.raises(DataError, match=rf"^There are {len(TEXTS)} answers, and y is \w+ \["):
        network().fit(TEXTS, TOPICS).score(TEXTS, y)


@pytest.mark.parametrize("model", [None, {"hidden": 8}, 3])
def test_a_preset_is_a_name_or_a_path(model: Any) -> None:
    with pytest.raises(SettingsError, match="Give its name or the path of your own"):
        TextClassifier(model).fit(TEXTS, TOPICS)


def test_a_frame_of_several_texts_is_answered_with_what_predict_takes() -> None:
    model = network().fit(TEXTS, TOPICS).model_
    with pytest.raises(DataError, match=r"Give the column of the texts alone, such as frame\['text'\]"):
        model.predict(pd.DataFrame({"one": TEXTS, "other": TEXTS[::-1]}))


def missing(values: list[Any], *places: int, by: Any = None) -> list[Any]:
    return [by if place in places else value for place, value in enumerate(values)]


@pytest.mark.parametrize(
    "y",
    [
        missing(TOPICS, 3, 5),
        missing(TOPICS, 3, 5, by=float("nan")),
        missing([(topic,) for topic in TOPICS], 3, 5, by=("tech", None)),
        np.array(missing(CODES, 3, 5, by=np.nan)),
        pd.Series(missing(TOPICS, 3, 5)),
        pd.Series(missing(TOPICS, 3, 5), dtype="string"),
        pd.Series(missing(CODES, 3, 5), dtype="Int64"),
        pd.Series(missing(TOPICS, 3, 5)).astype("category"),
        pa.array(missing(TOPICS, 3, 5)),
    ],
    ids=["None", "NaN", "in lists", "array", "Series", "strings", "integers", "category", "Arrow"],
)
def test_rows_without_a_label_are_named(y: Any) -> None:
    with pytest.raises(DataError, match=r"^y has no label in rows 3, 5 \(counted from 0\)\. Leave these rows out"):
        network().fit(TEXTS, y)


def test_rows_without_a_label_count_in_no_score(fitted: TextClassifier) -> None:
    message = r"^y has no label in rows 1, 2, 3, 4, 5 and 2 more \(counted from 0\)"
    with pytest.raises(DataError, match=message):
        fitted.score(TEXTS, missing(TOPICS, *range(1, 8)))
    with pytest.raises(DataError, match=message):
        network().fit(TEXTS, TOPICS, validation_data=(TEXTS, missing(TOPICS, *range(1, 8))))


@pytest.mark.parametrize(
    "X",
    [
        missing(TEXTS, 3, 5),
        missing(TEXTS, 3, 5, by=np.nan),
        pd.Series(missing(TEXTS, 3, 5)),
        pd.Series(missing(TEXTS, 3, 5), dtype="string"),
        pd.DataFrame({"text": missing(TEXTS, 3, 5)}),
        pa.chunked_array([missing(TEXTS, 3, 5)]),
        pl.Series(missing(TEXTS, 3, 5)),
    ],
    ids=["None", "NaN", "Series", "strings", "frame", "Arrow", "Polars"],
)
def test_rows_without_a_text_are_named(X: Any, fitted: TextClassifier) -> None:
    """As empty texts they would be answered like others, and nobody would know."""
    # Arrow strings are read by a model as files are, whose missing texts are empty.
    of_model = [] if isinstance(X, pa.ChunkedArray) else [fitted.model_.predict]
    for use in (lambda X: network().fit(X, TOPICS), fitted.predict, *of_model):
        with pytest.raises(
            DataError, match=r"^There is no text in rows 3, 5 \(counted from 0\)\. Leave these rows out"
        ):
            use(X)


def test_a_title_is_enough_of_a_text() -> None:
    frame = pd.DataFrame({"title": TEXTS, "text": missing(TEXTS, 3)})
    found = network().fit(frame, TOPICS)
    pairs = list(zip(TEXTS, missing(TEXTS, 3, by=""), strict=True))
    np.testing.assert_array_equal(found.predict_proba(frame), found.predict_proba(pairs))
