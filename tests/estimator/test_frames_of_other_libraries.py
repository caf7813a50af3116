"""Labels, indicator matrices and pairs of Polars and Arrow are taken as those of pandas are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from estimator.small_classifier import PAIRS, TEXTS, TOPICS, network

import recurra
from recurra import TextClassifier
from recurra.data.label_format import MULTI_LABEL_FORMAT
from recurra.errors import DataError
from recurra.inspection import attribute

SETS = [[topic, "late"] if place % 3 == 0 else [topic] for place, topic in enumerate(TOPICS)]
NAMES = sorted({label for labels in SETS for label in labels})[::-1]
FRAME = pd.DataFrame({name: [int(name in labels) for labels in SETS] for name in NAMES})
KINDS = {"polars": pl.from_pandas, "arrow": lambda frame: pa.Table.from_pandas(frame)}


@pytest.fixture(scope="module")
def several() -> TextClassifier:
    """A classifier of several labels that learned lists of them."""
    return network(epochs=2).fit(TEXTS, SETS)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("labels", SETS),
        pl.Series("labels", SETS, dtype=pl.List(pl.Categorical)),
        list(pl.Series("labels", SETS)),
        pa.chunked_array([SETS]),
        list(pa.array(SETS)),
    ],
    ids=["polars", "categorical", "list of series", "arrow", "list of scalars"],
)
def test_columns_of_lists_are_lists_of_labels(column: Any, several: TextClassifier) -> None:
    fitted = network(epochs=2).fit(pl.Series("text", TEXTS), column)
    probabilities = several.predict_proba(TEXTS)
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), probabilities)
    assert several.score(pl.Series(TEXTS), column) == several.score(TEXTS, SETS)
    found = recurra.evaluate(probabilities, column, several.classes_, resamples=5)
    assert found.to_dict() == recurra.evaluate(probabilities, SETS, several.classes_, resamples=5).to_dict()


@pytest.mark.parametrize("kind", list(KINDS))
def test_indicator_frames_are_read_by_their_names(kind: str, several: TextClassifier) -> None:
    theirs = KINDS[kind](FRAME)
    of_pandas, fitted = network(epochs=2).fit(TEXTS, FRAME), network(epochs=2).fit(TEXTS, theirs)
    assert fitted.classes_.tolist() == NAMES
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), of_pandas.predict_proba(TEXTS))
    turned = KINDS[kind](FRAME[NAMES[::-1]])
    assert several.score(TEXTS, turned) == several.score(TEXTS, SETS)
    assert fitted.score(TEXTS, turned) == fitted.score(TEXTS, FRAME) == fitted.score(TEXTS, SETS)
    probabilities = several.predict_proba(TEXTS)
    expected = recurra.evaluate(probabilities, SETS, several.classes_, resamples=5).to_dict()
    assert recurra.evaluate(probabilities, theirs, several.classes_, resamples=5).to_dict() == expected
    with pytest.raises(DataError, match=r"^The columns of the indicator matrix are not the classes") as refused:
        recurra.evaluate(probabilities, pl.Series("y", TOPICS).to_dummies(), several.classes_)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("dtype", [pl.List(pl.String), pl.List(pl.Categorical), pl.Array(pl.String, 2)])
def test_a_table_has_the_lists_of_a_polars_column(dtype: Any) -> None:
    sets = [["b", "a"], ["a", "c"], ["c", "b"]]
    frame = pl.DataFrame({"text": TEXTS[:3], "labels": pl.Series(sets, dtype=dtype)})
    table = recurra.read_table(frame, label_format=MULTI_LABEL_FORMAT)
    assert table.labels == list(map(tuple, sets))
    assert table.to_dict()["rows"][1] == {"number": 1, "text": TEXTS[1], "label": ["a", "c"]}


def test_a_model_of_pairs_reads_titles_and_texts_of_a_frame() -> None:
    fitted = network(epochs=2).fit(PAIRS, TOPICS)
    expected = fitted.predict_proba(PAIRS)
    titles, texts = map(list, zip(*PAIRS, strict=True))
    frame = pd.DataFrame({"body": texts, "title": titles, "topic": TOPICS})
    for given in (frame, frame[["title", "body"]], pl.from_pandas(frame)):
        np.testing.assert_array_equal(fitted.predict_proba(given), expected)
        np.testing.assert_array_equal(fitted.model_.predict_proba(given), expected)
    unnamed = frame.rename(columns={"title": "first"})[["first", "body"]]
    hint = r"learned from titles and texts without a name. Give .*: frame\[\['first', 'body'\]\]\.to_numpy\(\)\.$"
    with pytest.raises(DataError, match=hint):
        fitted.predict(unnamed)
    np.testing.assert_array_equal(fitted.predict_proba(unnamed.to_numpy()), expected)


def test_a_guess_is_told_once_with_the_column_as_the_frame_has_it() -> None:
    frame = pd.DataFrame({7: [title for title, _ in PAIRS], 8: TEXTS, 9: TOPICS})
    with pytest.warns(UserWarning, match=r"text '8' of .*: give frame\[8\] or the column that you mean, or titles and"):
        network(epochs=1).fit(frame, frame[9])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        network(epochs=1).fit(frame, frame[9])
    assert not said


def test_an_attribution_names_its_words(fitted: TextClassifier) -> None:
    found = attribute(fitted.model_, "Oil prices rise")
    assert found.tokens == tuple(fitted.read("Oil prices rise").tokens)
    shown = repr(found).splitlines()
    assert shown[1].split() == ["word", "place,", "from", "0", "integrated", "gradients", "occlusion"]
    strongest = int(np.abs(found.integrated_gradients).argmax())
    assert shown[2].split()[:2] == [found.tokens[strongest], str(strongest)]
    assert found.to_dict()["tokens"] == list(found.tokens)
