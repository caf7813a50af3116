"""Predictions as Parquet, read back by pyarrow."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs import Bytes, of_places, parquet_of

from recurra.batch_prediction import parquet as module
from recurra.batch_prediction.parquet import RecordBatchSink, stream_to_parquet
from recurra.batch_prediction.sinks import Predictions
from recurra.tasks import Decision

pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

LABELS: list[tuple[tuple[Any, ...], str]] = [
    (("a", 'b "c"'), "string"),
    ((0, 7), "int64"),
    ((False, True), "bool"),
    ((0.5, 1.5), "double"),
    # Beyond 64 bits there is no number in Parquet.
    ((1, 10**30), "string"),
]


@pytest.mark.parametrize(("labels", "kind"), LABELS, ids=str)
def test_labels_keep_their_type_and_probabilities_every_digit(labels: Any, kind: str, tmp_path: Path) -> None:
    shown = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    file = Bytes()
    sink = RecordBatchSink(file, ["id", "label", "probability", "p_0", "p_1"], labels)
    for part in (slice(0, 3), slice(3, 4)):
        places = [0, 1, -1, 1][part]
        sink.write(of_places(places, shown[part].tolist(), id=[10, 20, 30, 40][part]))
    sink.finish()
    table = parquet_of(file.data, tmp_path)
    assert [str(one) for one in table.schema.types] == ["int64", kind, "float", "float", "float"]
    names = [str(label) for label in labels] if 10**30 in labels else list(labels)
    assert table["label"].to_pylist() == [names[0], names[1], None, names[1]]
    assert table["id"].to_pylist() == [10, 20, 30, 40]
    for place, name in enumerate(["probability", "p_0", "p_1"]):
        assert np.array_equal(table[name].to_numpy(), shown[:, place])


@given(st.lists(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), max_size=4), min_size=1, max_size=4))
def test_several_labels_are_lists(blocks: list[list[list[bool]]]) -> None:
    file = Bytes()
    sink = RecordBatchSink(file, ["labels"], ("a", "b", "c"))
    for block in blocks:
        given = np.array(block, dtype=bool).reshape(-1, 3)
        sink.write(Predictions({}, Decision.from_indicator(given), given.astype(np.float32)))
    with pa.ipc.open_stream(file.data) as stream:
        found = stream.read_all()
    assert found.schema.field("labels").type == pa.list_(pa.string())
    rows = [row for block in blocks for row in block]
    expected = [[label for label, is_given in zip("abc", row, strict=True) if is_given] for row in rows]
    assert found["labels"].to_pylist() == expected


def test_kept_columns_keep_their_values_and_types(tmp_path: Path) -> None:
    kept = {
        "n": pa.chunked_array([[1, None], [3]]),
        "day": pa.chunked_array([pa.array([datetime.date(2024, 2, 29), None, datetime.date(1, 1, 1)])]),
        "picture": pa.chunked_array([pa.array([b"\xff", b"", None])]),
        "list": pa.chunked_array([pa.array([[1], [], None])]),
        "share": pa.chunked_array([pa.array([float("inf"), None, -0.0])]),
    }
    file = Bytes()
    sink = RecordBatchSink(file, [*kept, "label", "probability"], ("a", "b"))
    sink.write(Predictions(kept, Decision(np.array([1, 0, 1])), np.full((3, 3), 0.25, dtype=np.float32)))
    table = parquet_of(file.data, tmp_path)
    for name, column in kept.items():
        assert table[name].type == column.type
        assert table[name].to_pylist() == column.to_pylist()
    assert table.column_names[5:] == ["label", "probability"]


def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    file = Bytes()
    sink = RecordBatchSink(file, ["label", "probability", "p_x"], ("x", "y"))
    sink.write(Predictions({}, Decision(np.zeros(0, dtype=np.int64)), np.zeros((0, 3), dtype=np.float32)))
    sink.finish()
    table = parquet_of(file.data, tmp_path)
    assert (len(table), table.column_names) == (0, ["label", "probability", "p_x"])
    assert [str(kind) for kind in table.schema.types] == ["string", "float", "float"]


def test_a_stream_that_is_gone_on_with_is_the_stream_in_one_go(tmp_path: Path) -> None:
    blocks = [of_places([place % 2], [[place / 8]], id=[place]) for place in range(5)]
    names = ["id", "label", "probability"]
    whole, parts = Bytes(), Bytes()
    sink = RecordBatchSink(whole, names, ("a", "b"))
    for block in blocks:
        sink.write(block)
    for some, begun in ((blocks[:2], False), (blocks[2:], True)):
        sink = RecordBatchSink(parts, names, ("a", "b"), begun=begun)
        for block in some:
            sink.write(block)
    assert parts.data == whole.data
    assert parquet_of(whole.data, tmp_path)["id"].to_pylist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("batches", "groups"), [([3, 3, 3, 3, 3], [12, 3]), ([10, 1], [10, 1]), ([25, 4], [25, 4]), ([1] * 10, [10])]
)
def test_row_groups_have_as_many_rows_whatever_the_way(
    batches: list[int], groups: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROW_GROUP", 10)
    file = Bytes()
    sink = RecordBatchSink(file, ["id", "label", "probability"], ("a", "b"))
    for size in batches:
        sink.write(of_places([0] * size, [[0.5]] * size, id=list(range(size))))
    table = parquet_of(file.data, tmp_path)
    metadata = parquet.ParquetFile(tmp_path / "out.parquet").metadata
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == groups
    assert table["id"].to_pylist() == [number for size in batches for number in range(size)]


def test_row_groups_of_long_texts_have_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROW_GROUP_BYTES", 4000)
    table = pa.table({"text": ["x" * 1000] * 10})
    with pa.ipc.new_stream(str(tmp_path / "stream"), table.schema) as stream:
        for batch in table.to_batches(max_chunksize=1):
            stream.write_batch(batch)
    with (tmp_path / "out.parquet").open("wb") as file:
        stream_to_parquet(tmp_path / "stream", file)
    found = parquet.ParquetFile(tmp_path / "out.parquet")
    assert [found.metadata.row_group(place).num_rows for place in range(found.num_row_groups)] == [4, 4, 2]
    assert found.read().equals(table)
