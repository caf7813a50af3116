"""Reading .parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recurra.data.read import read_table
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def write(folder: Path, **columns: Any) -> Path:
    path = folder / "x.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def complaint(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a", "07"], ["a", "07"]),
        (["1", "2"], ["1", "2"]),
        ([1, 2], [1, 2]),
        (pa.array([1, 2], pa.uint8()), [1, 2]),
        ([True, False], [True, False]),
        ([0.5, 2.0], [0.5, 2.0]),
        (pa.array([0.5, 2.0], pa.float16()), [0.5, 2.0]),
        (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
        (pa.array(["x", "y"], pa.large_string()), ["x", "y"]),
        (pa.array(["x", "y"], pa.string_view()), ["x", "y"]),
    ],
)
def test_labels_keep_the_columns_type(tmp_path: Path, labels: Any, expected: list[object]) -> None:
    table = read_table(write(tmp_path, label=labels, text=["one", None]))
    assert table.documents == ["one", ""]
    assert table.labels == expected
    assert [type(label) for label in table.labels or ()] == [type(label) for label in expected]


def test_pairs_over_several_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    titles, texts = [f"t{row}" for row in range(25)], [f"text {row}" for row in range(25)]
    parquet.write_table(pa.table({"title": titles, "text": texts, "label": [0, 1] * 12 + [0]}), path, row_group_size=4)
    table = read_table(path)
    assert table.documents == list(zip(titles, texts, strict=True))
    assert table.has_titles


def test_columns_that_cannot_be_used_are_passed_over(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, vector=[[1.0], [2.0]], words=["a b c", "d e f"], mark=[1, 0]))
    assert (table.text_column, table.label_column) == ("words", "mark")


@pytest.mark.parametrize("labels", [pa.array([1, None]), pa.array(["a", ""]), pa.array([0.5, float("nan")])])
def test_rows_without_a_label_are_named(tmp_path: Path, labels: Any) -> None:
    assert "row 2, column 'label' holds" in complaint(write(tmp_path, label=labels, text=["a", "b"]))


def test_columns_of_other_types_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, text=["a", "b"], label=[[1], [2]], number=[1, 2])
    assert "column 'label' holds list<" in complaint(path, text="text", label="label")
    assert "column 'number' holds int64, not texts" in complaint(path, text="number", label="label")
    empty = write(tmp_path, text=["a", "b"], label=pa.nulls(2))
    assert "row 1, column 'label' holds no label" in complaint(empty)
    assert read_table(empty, text="label", labelled=False).documents == ["", ""]


def test_texts_that_are_too_long_or_hold_nul(tmp_path: Path) -> None:
    long = write(tmp_path, text=["a", "x" * 1_100_000], label=[0, 1])
    assert "row 2, column 'text' holds a text of 1,100,000 bytes" in complaint(long)
    assert "row 1, column 'text' holds a NUL character" in complaint(write(tmp_path, text=["\0", "b"], label=[0, 1]))


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    buffers = pa.array([b"ok", b"\xff\xfe"], pa.binary()).buffers()
    text = pa.StringArray.from_buffers(2, buffers[1], buffers[2])
    assert "not a whole Parquet file" in complaint(write(tmp_path, text=text, label=[0, 1]))


def test_files_that_are_not_or_not_wholly_parquet(tmp_path: Path) -> None:
    whole = write(tmp_path, text=["a", "b"] * 100, label=[0, 1] * 100).read_bytes()
    path = tmp_path / "y.parquet"
    for content in (b"label,text\na,b\n", whole[: len(whole) // 2], whole[100:], b"PAR1", whole[:-1]):
        path.write_bytes(content)
        assert "is not a whole Parquet file. Write or download it again" in complaint(path)
    path.write_bytes(b"")
    assert "is empty" in complaint(path)


def test_no_rows_and_too_many_columns(tmp_path: Path) -> None:
    assert "has columns and no rows" in complaint(write(tmp_path, text=pa.array([], pa.string()), label=[]))
    many = {f"c{place}": [1] for place in range(513)}
    assert "has 513 columns" in complaint(write(tmp_path, **many))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, text=["a"], label=[0])
    monkeypatch.setattr(parquet, "ParquetFile", refuse)
    assert "cannot be read: Permission denied" in complaint(path)
