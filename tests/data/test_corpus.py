"""Rows that are gone over in blocks are all rows, once each and in order, however they are cut and chosen."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import corpus
from recurra.data.corpus import ConcatRows, InMemoryRows, RelabelledRows, RowSubset, blocks_with_mask
from recurra.data.documents import Document
from recurra.data.encoded_labels import EncodedLabels
from recurra.errors import DataError

LABELLED = st.lists(st.tuples(st.text("ab", max_size=2), st.sampled_from("xyz"), st.booleans()), max_size=12)
ROWS = st.lists(st.tuples(st.text(max_size=3), st.sampled_from(["a", "b", "c"])), max_size=6)


@given(LABELLED, st.integers(1, 5), st.data())
def test_blocks_hold_every_row_once(rows: list[tuple[str, str, bool]], size: int, data: st.DataObject) -> None:
    documents: list[Document] = [text for text, _, _ in rows]
    labels = [label for _, label, _ in rows]
    marks = np.array([mark for _, _, mark in rows], dtype=bool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "BLOCK", size)
        whole = InMemoryRows(documents, labels)
        blocks = list(whole.blocks())
        assert list(chain.from_iterable(blocks)) == documents
        assert all(0 < len(block) <= size for block in blocks)
        some = RowSubset(whole, marks)
        kept = [place for place, mark in enumerate(marks) if mark]
        assert list(chain.from_iterable(some.blocks())) == [documents[place] for place in kept]
        assert some.labels.plain() == [labels[place] for place in kept]
        assert len(some) == len(kept)
        first = 0
        for begin, block, part in blocks_with_mask(whole, marks):
            assert begin == first
            assert part.tolist() == marks[first : first + len(block)].tolist()
            first += len(block)
        assert first == len(rows)
        # Other labels stand above those of the rows, and a choice can be made of a choice.
        others = EncodedLabels.of([f"new {label}" for label in labels])
        renamed = RelabelledRows(whole, others)
        assert list(chain.from_iterable(renamed.blocks())) == documents
        again = data.draw(st.lists(st.booleans(), min_size=len(kept), max_size=len(kept)))
        twice = RowSubset(RowSubset(renamed, marks), np.array(again, dtype=bool))
        left = [place for place, mark in zip(kept, again, strict=True) if mark]
        assert list(chain.from_iterable(twice.blocks())) == [documents[place] for place in left]
        assert twice.labels.plain() == [f"new {labels[place]}" for place in left]
        own = EncodedLabels.of(["own"] * len(kept))
        assert RowSubset(whole, marks, own).labels.plain() == ["own"] * len(kept)


def test_pairs_are_pairs_only_where_all_are() -> None:
    assert InMemoryRows([("a", "b"), ("c", "d")], ["x", "y"]).pairs
    assert not InMemoryRows([("a", "b"), "c"], ["x", "y"]).pairs
    assert not RowSubset(InMemoryRows(["a", "b"], ["x", "y"]), np.array([True, False])).pairs


@given(ROWS, ROWS)
def test_two_joined_are_the_list_of_both(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    one, other, whole = (
        InMemoryRows([t for t, _ in rows], [c for _, c in rows]) for rows in (first, second, first + second)
    )
    joined = ConcatRows(one, other)
    assert len(joined) == len(whole)
    assert (joined.labels.values, joined.labels.plain()) == (whole.labels.values, whole.labels.plain())
    assert [text for block in joined.blocks() for text in block] == [text for text, _ in first + second]
    assert joined.pairs == (one.pairs and other.pairs)


@pytest.mark.parametrize("kind", [tuple, np.array, pl.Series, pa.array, pd.Index, "shuffled"])
def test_texts_and_labels_are_paired_by_position(kind: Any) -> None:
    texts, labels = ["a", "b", "c", "d"], ["x", "y", "z", "x"]
    if kind == "shuffled":
        # No row has the index 0, and those of texts and labels are in other orders.
        frame = pd.DataFrame({"text": texts, "label": labels}, index=[3, 1, 9, 2])
        given = frame["text"], frame["label"]
    else:
        given = kind(texts), kind(labels)
    rows = InMemoryRows(*given)
    kept = RowSubset(rows, np.array([True, False, True, True]))
    assert list(chain.from_iterable(rows.blocks())) == texts
    assert rows.labels.plain() == labels
    assert list(chain.from_iterable(kept.blocks())) == ["a", "c", "d"]
    assert kept.labels.plain() == ["x", "z", "x"]


def test_pairs_and_label_sets_of_arrays_are_tuples() -> None:
    rows = InMemoryRows(np.array([["a", "b"], ["c", "d"]]), pd.Series([["x"], ["x", "y"]]))
    assert rows.documents == [("a", "b"), ("c", "d")]
    assert rows.labels.plain() == [("x",), ("x", "y")]


def test_an_index_in_another_order_is_told() -> None:
    texts = pd.Series(["a", "b"], index=[0, 1])
    with pytest.warns(UserWarning, match="documents and labels have the same index in another order"):
        rows = InMemoryRows(texts, pd.Series(["x", "y"], index=[1, 0]))
    assert rows.labels.plain() == ["x", "y"]


@pytest.mark.parametrize(
    "given",
    [(pd.DataFrame({"text": ["a"]}), ["x"]), ({"a"}, ["x"]), (["a"], {"x": 1}), ("a", ["x"]), (["a"], iter("x"))],
)
def test_what_has_no_rows_in_an_order_is_no_corpus(given: Any) -> None:
    with pytest.raises(DataError, match=r"^(documents|labels) is .*\. Give a list or one column"):
        InMemoryRows(*given)
