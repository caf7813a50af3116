"""A model that learned from titles and texts, and is given texts alone, says so once."""

from __future__ import annotations

import logging
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from bundles import make_bundle

from recurra import inspection
from recurra.data.documents import check_documents
from recurra.data.read import read_table
from recurra.errors import DataError
from recurra.runtime import Model

NAMED = {"columns": {"text": "body", "title": "subject", "label": "topic"}}
SAID = (
    "The model learned from titles and texts, the columns 'subject' and 'body', and is given texts alone: give pairs "
    "(title, text), or a table with both columns."
)


def model_of(record: dict[str, Any]) -> Model:
    return Model(replace(make_bundle(), record=record))


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.WARNING, logger="recurra.runtime.titles"):
        yield lambda: [one.getMessage() for one in caplog.records if one.name == "recurra.runtime.titles"]


@pytest.mark.parametrize("texts", [["oil"], ["oil", "team"]])
def test_once_a_model(texts: list[str], said: Any) -> None:
    model = model_of(NAMED)
    model.predict([("a title", "oil")])
    model.predict_proba([("a title", "oil"), "text alone"])
    model.predict([])
    assert said() == []
    model.predict(texts)
    model.predict_proba(texts)
    model.read("oil")
    assert said() == [SAID]


def test_views_and_copies_say_it_too(said: Any) -> None:
    inspection.read(pickle.loads(pickle.dumps(model_of(NAMED))), "oil")  # noqa: S301 - our own
    assert said() == [SAID]


def test_pairs_without_names(said: Any) -> None:
    model_of({"titles": True}).predict(["oil"])
    assert said() == [SAID.replace(", the columns 'subject' and 'body'", "")]


@pytest.mark.parametrize(
    ("record", "named"), [({"titles": False}, ""), ({"columns": {"text": "body"}}, ", the column 'body'")]
)
def test_pairs_where_texts_alone_were_learned(record: dict[str, Any], named: str, said: Any) -> None:
    model = model_of(record)
    model.predict(["oil"])
    assert said() == []
    model.predict([("who", "is")])
    model.predict([("who", "is")])
    assert said() == [
        f"The model learned from texts alone{named}, and is given pairs, which it reads as (title, text): give texts; "
        'a list of tokens is " ".join(tokens).'
    ]
    # Nothing is known of a model without such a record.
    model_of({}).predict([("who", "is")])
    assert len(said()) == 1


@pytest.mark.parametrize("record", [{}, {"columns": {"text": "body"}}, {"columns": 3, "titles": "yes"}])
def test_other_models_say_nothing(record: dict[str, Any], said: Any) -> None:
    model_of(record).predict(["oil"])
    assert said() == []


def test_a_frame_is_read_by_its_columns_and_says_what_it_lacks(said: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = model_of(NAMED)
    frame = pd.DataFrame({"subject": ["team", "oil"], "body": ["oil", "team oil"]})
    pairs = list(zip(frame["subject"], frame["body"], strict=True))
    np.testing.assert_array_equal(model.predict_proba(frame), model.predict_proba(pairs))
    model.predict(frame[["body"]])
    assert said() == []
    assert any("no title is read from" in one.getMessage() for one in caplog.records)


@pytest.mark.parametrize(
    ("pair", "what"), [((float("nan"), "a text"), "title"), ((None, "a text"), "title"), (("a title", None), "text")]
)
def test_a_missing_part_of_a_pair_is_named(pair: Any, what: str) -> None:
    with pytest.raises(DataError) as caught:
        check_documents([("a", "b"), pair])
    assert str(caught.value) == (
        f"Document 1 (counted from 0) has no {what}: {pair!r}. Give '' for each {what} that is missing, as "
        f"frame['{what}'].fillna('') does."
    )


def test_a_lazy_frame_has_to_be_collected() -> None:
    model, lazy = model_of(NAMED), pl.DataFrame({"body": ["oil"], "topic": ["x"]}).lazy()
    for read in (model.predict, read_table, lambda rows: inspection.flags(model, rows)):
        with pytest.raises(DataError) as caught:
            read(lazy)
        assert str(caught.value) == "The rows are a LazyFrame, which holds none yet. Give frame.collect()."
