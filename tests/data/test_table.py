"""Tables: rows, titles and the fingerprint."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.documents import Document, Label
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.errors import DataError

words = st.text(max_size=6)
documents = st.lists(words, max_size=5) | st.lists(st.tuples(words, words), max_size=5)
labels = st.none() | st.lists(words | st.integers() | st.booleans() | st.floats(allow_nan=False), max_size=5)


def table(rows: list[Document], marks: list[Label] | None = None, title: str | None = None) -> Table:
    return Table(rows, marks, "text", title, None if marks is None else "label", "here")


def test_rows_are_taken_in_the_given_order() -> None:
    pairs: list[Document] = [("a", "b"), ("c", "d"), ("e", "f")]
    taken = replace(table(pairs, [1, 2, 3], "title"), notes=("guessed",)).take(np.array([2, 0, 2]))
    assert taken.documents == [("e", "f"), ("a", "b"), ("e", "f")]
    assert taken.labels == [3, 1, 3]
    assert taken.has_titles
    assert len(taken) == 3
    assert taken.notes == ("guessed",)


def test_a_table_without_labels_or_titles() -> None:
    plain = table(["a", "b"])
    assert plain.take([1]).labels is None
    assert not plain.has_titles


@pytest.mark.parametrize(("count", "left"), [(None, 3), (2, 2), (3, 3), (99, 3), (0, 0)])
def test_head_keeps_the_first_rows(count: int | None, left: int) -> None:
    assert table(["a", "b", "c"]).head(count).documents == ["a", "b", "c"][:left]


@pytest.mark.parametrize("place", [-1, 2])
def test_rows_outside_are_refused(place: int) -> None:
    with pytest.raises(DataError, match=f"row {place} of 2"):
        table(["a", "b"]).take([0, place])


def test_labels_must_be_as_many_as_documents() -> None:
    with pytest.raises(DataError, match="2 documents and 1 labels"):
        table(["a", "b"], [1])


def test_blocks_are_the_columns_of_the_file() -> None:
    pairs: list[Document] = [("a", "b\ud800"), ("", "d")]
    blocks = replace(table(pairs, [1, 2], "title"), notes=("guessed",)).blocks
    (block,) = blocks.read()
    assert (blocks.source, blocks.total, blocks.notes) == ("here", 2, ["guessed"])
    assert block.names == ["label", "title", "text"]
    columns = [column.to_pylist() for column in block.columns]
    assert columns[:2] == [[1, 2], ["a", ""]]
    # UTF-8 cannot write half a surrogate pair: three bytes that are none of a character.
    assert columns[2] == ["b\ufffd\ufffd\ufffd", "d"]
    assert block.typed
    with pytest.raises(DataError, match="here has no labels"):
        _ = table(["a"]).blocks


def test_the_fingerprint_is_the_hash_of_the_written_format() -> None:
    # Written out by hand from the docstring, so that a table keeps its fingerprint over versions.
    import hashlib

    stream = b"+" + struct.pack("<Q", 1) + b"p" + b"s" + struct.pack("<Q", 1) + b"a" + b"s" + struct.pack("<Q", 2)
    stream += "é".encode() + b"+" + struct.pack("<Q", 1) + b"i" + struct.pack("<Q", 2) + b"-7"
    assert table([("a", "é")], [-7], "title").fingerprint == hashlib.sha256(stream).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (table(["ab", "c"]), table(["a", "bc"])),
        (table(["a", "b"]), table([("a", "b")])),
        (table([("a", "bc")]), table([("ab", "c")])),
        (table(["a"]), table(["a"], ["a"])),
        (table(["a"], [1]), table(["a"], ["1"])),
        (table(["a"], [1]), table(["a"], [True])),
        (table(["a"], [1]), table(["a"], [1.0])),
        (table([]), table([], [])),
        (table(["a", "b"]), table(["b", "a"])),
    ],
)
def test_different_tables_have_different_fingerprints(one: Table, other: Table) -> None:
    assert one.fingerprint != other.fingerprint


@given(one=documents, two=documents, labels_one=labels, labels_two=labels)
def test_fingerprints_are_equal_exactly_for_equal_tables(
    one: list[Document], two: list[Document], labels_one: list[Label] | None, labels_two: list[Label] | None
) -> None:
    first, second = (
        table(rows, None if marks is None else (marks * 6)[: len(rows)] if len(marks) else [0] * len(rows))
        for rows, marks in ((one, labels_one), (two, labels_two))
    )
    same = first.documents == second.documents and written(first.labels) == written(second.labels)
    assert (first.fingerprint == second.fingerprint) == same


def written(marks: list[Label] | None) -> list[str] | None:
    """Labels with their types: 1, True, 1.0, 0.0 and -0.0 are different ones."""
    return None if marks is None else [f"{type(mark).__name__}:{mark!r}" for mark in marks]


def test_numpy_labels_count_as_the_values_they_are() -> None:
    plain = table(["a", "b", "c"], [1, 2, 3])
    assert table(["a", "b", "c"], list(np.array([1, 2, 3]))).fingerprint == plain.fingerprint


def test_the_fingerprint_spans_blocks_and_odd_texts() -> None:
    many: list[Document] = [f"row {row}" for row in range(5000)]
    assert table(many).fingerprint != table([*many[:-1], "other"]).fingerprint
    assert table(["\ud800"]).fingerprint != table(["\udfff"]).fingerprint
    assert table(["a"], [math.inf]).fingerprint != table(["a"], [-math.inf]).fingerprint


def test_chosen_rows_keep_their_numbers() -> None:
    table = Table(["a", "b", "c", "d"], None, "text", None, None, "n.csv", row_numbers=RowNumbers(2))
    assert table.numbers.tolist() == [2, 3, 4, 5]
    some = table.take([3, 1, 2])
    assert some.numbers.tolist() == [5, 3, 4]
    assert some.take([2, 0]).numbers.tolist() == [4, 5]
