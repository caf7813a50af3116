"""Data frames and Arrow tables in the place of files and lists."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from rows import make_rows

import recurra
from recurra.data import frames as module
from recurra.data.frames import is_frame
from recurra.data.read import read_table
from recurra.errors import DataError
from recurra.runtime import Model

pa = pytest.importorskip("pyarrow")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

PAIRS, LABELS = make_rows(40)
COLUMNS = {
    "nr": list(range(40)),
    "headline": [pair[0] for pair in PAIRS],
    "body": [None if n == 7 else pair[1] for n, pair in enumerate(PAIRS)],
    "topic": LABELS,
}
DOCUMENTS = [(title, text or "") for title, text in zip(COLUMNS["headline"], COLUMNS["body"], strict=True)]
MAKERS = {
    "pandas": pandas.DataFrame,
    "pandas with an index": lambda columns: pandas.DataFrame(
        columns, index=[f"some long index {n}" for n in range(40)]
    ),
    "pandas with a named index": lambda columns: pandas.DataFrame(columns).set_index("nr"),
    "pandas with categories": lambda columns: pandas.DataFrame(columns).astype({"topic": "category"}),
    "polars": polars.DataFrame,
    "polars with categories": lambda columns: polars.DataFrame(columns).with_columns(
        polars.col("topic").cast(polars.Categorical)
    ),
    "pyarrow": pa.table,
    "pyarrow's batch": pa.RecordBatch.from_pydict,
    "pyarrow's stream": lambda columns: pa.table(columns).to_reader(),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_a_frame_is_read_as_a_file_is(maker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_ROWS", 7)
    frame = MAKERS[maker](COLUMNS)
    assert is_frame(frame)
    table = recurra.read_table(frame)
    assert (table.text_column, table.title_column, table.label_column) == ("body", "headline", "topic")
    assert (table.documents, table.labels) == (DOCUMENTS, LABELS)
    assert table.notes == (
        "columns guessed: label 'topic', title 'headline', text 'body'; name them with label=, title=, text=",
    )


def test_one_column_is_no_table() -> None:
    columns: list[Any] = [
        pandas.Series(["a"]),
        polars.Series(["a"]),
        pa.chunked_array([["a"]]),
        pa.array(["a"]),
        np.array(["a"]),
        ["a"],
    ]
    assert not any(map(is_frame, columns))


@pytest.mark.parametrize("maker", ["pandas", "pandas with an index", "polars", "pyarrow"])
def test_a_model_answers_a_frame_as_its_documents(maker: str, caplog: pytest.LogCaptureFixture) -> None:
    bundle = make_bundle(scale=3)
    model = Model(replace(bundle, record=bundle.record | {"columns": {"text": "body", "title": "headline"}}))
    frame = MAKERS[maker](COLUMNS)
    with caplog.at_level(logging.INFO, "recurra.runtime.model"):
        found = model.predict_proba(frame)
    np.testing.assert_array_equal(found, model.predict_proba(DOCUMENTS))
    assert "columns of the model: text 'body', title 'headline'\n" in caplog.text
    assert model.predict(frame).tolist() == model.predict(DOCUMENTS).tolist()
    # Predicting has no arguments that name columns: it guesses none among several.
    with pytest.raises(DataError, match="with the columns of texts 'headline', 'body', and the model learned from"):
        Model(bundle).predict(frame)


@pytest.mark.filterwarnings("ignore:.*1 of 40 rows has no text; its title is read alone")
def test_the_classifier_reads_the_columns_that_it_learned_from() -> None:
    options = {"hidden": 4, "embedding": 4, "validation": 0.2}
    frame = pandas.DataFrame(COLUMNS)
    by_frame = recurra.TextClassifier("default", options=options, epochs=1).fit(frame, frame["topic"])
    by_list = recurra.TextClassifier("default", options=options, epochs=1).fit(DOCUMENTS, LABELS)
    assert by_frame.columns_ == ("body", "headline")
    assert by_list.columns_ is None
    expected = by_list.predict_proba(DOCUMENTS)
    np.testing.assert_array_equal(by_frame.predict_proba(frame), expected)
    # A guess of its own would take the new column for the text.
    longer = polars.DataFrame(COLUMNS).with_columns(polars.lit("much longer than any other text " * 9).alias("text"))
    np.testing.assert_array_equal(by_frame.predict_proba(longer), expected)
    assert by_frame.score(frame, LABELS) == by_list.score(DOCUMENTS, LABELS)
    with pytest.raises(DataError, match="the pandas DataFrame has no column 'body'"):
        by_frame.predict(frame.drop(columns="body"))


def test_what_a_frame_may_not_hold() -> None:
    with pytest.raises(DataError, match="the pandas DataFrame cannot be handed over"):
        read_table(pandas.DataFrame({"text": ["a", 1], "label": [0, 1]}))
    with pytest.raises(DataError, match="the polars DataFrame has no rows"):
        read_table(polars.DataFrame({"text": [], "label": []}))
    with pytest.raises(DataError, match="has 513 columns"):
        read_table(pa.table({f"c{n}": [1] for n in range(513)}))
    with pytest.raises(DataError, match=r"row 1 \(counted from 0\), column 'label' holds no label"):
        read_table(pa.table({"text": ["a", "b"], "label": ["x", None]}))
    offsets = pa.array([0, 2, 4], pa.int32()).buffers()[1]
    text = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"ok\xff\xfe"))
    with pytest.raises(DataError, match="the pyarrow Table is damaged"):
        read_table(pa.table({"text": text, "label": [0, 1]}))


def test_a_file_is_read_under_the_packages_own_name(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,label\noil,a\n")
    assert recurra.read_table(tmp_path / "x.csv").documents == ["oil"]
