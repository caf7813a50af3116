"""Files are read alike with pyarrow and without it: the same rows and the same errors, whatever they hold."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_read_hostile import _CSV, broken

from recurra.batch_prediction.document_batches import batches_of_table
from recurra.batch_prediction.sinks import Predictions, text_sink
from recurra.data import blocks, fasttext_lines, json_lines, lines
from recurra.data.label_format import MULTI_LABEL_FORMAT, SINGLE_LABEL_FORMAT
from recurra.data.plain_columns import DOUBLE, PlainColumn
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.data.table_reader import TableReader
from recurra.errors import DataError
from recurra.tasks import SINGLE_LABEL
from recurra.text.settings import TextSettings

pa = pytest.importorskip("pyarrow")

_JSONL = (
    '{"text": "oil é", "title": "t", "label": "a", "n": 1, "x": 1.5, "b": true, "tags": ["p", "q"], "other": [1]}\n'
    '{"text": null, "title": "t", "label": "b", "n": -2, "x": 1e10, "b": false, "tags": [], "other": "z"}\n'
    '{"text": "文", "title": null, "label": "a", "n": null, "x": 3, "b": null, "tags": null, "other": {"k": "v"}}\n'
).encode()
_FILES = {
    "x.csv": _CSV,
    "x.tsv": _CSV.replace(b",", b"\t"),
    "x.jsonl": _JSONL,
    "x.json": b"[" + _JSONL.strip().replace(b"\n", b",") + b"]",
    "x.txt": "__label__a oil é\n__label__b __label__a gas\n\nno label\n".encode(),
    "y.txt": "oil é\n\ngas\r\n".encode(),
}


class File(io.BytesIO):
    flushed = True


def everything_in(path: Path) -> list[Any]:
    """What the readers and the sinks make of a file, errors included."""
    found: list[Any] = []
    try:
        reader = open_blocks(path, named=["other.k"] if b"other" in path.read_bytes() else [])
        for part in reader.read():
            kinds = [str(column.type).removeprefix("large_") for column in part.columns]
            found.append((part.names, kinds, [column.to_pylist() for column in part.columns]))
            found.append((part.first_row, part.row_hint, part.typed, reader.total))
            kept = {
                name: column
                for name, column in zip(part.names, part.columns, strict=True)
                if part.names.count(name) == 1
            }
            rows = np.full((len(part.columns[0]), 2), 0.5, dtype=np.float32)
            for kind in (".csv", ".jsonl"):
                file = File()
                sink = text_sink(kind, file, [*kept, "label"], ["a", "b"], kept=len(kept))
                sink.write(Predictions(kept, SINGLE_LABEL.decide(rows), rows[:, :0]))
                found.append(file.getvalue())
        found += reader.notes
    except DataError as error:
        found.append(str(error))
    try:
        table = TableReader(open_blocks(path), labelled=False)
        found += [[text or "" for text in block.joined.to_pylist()] for block in table.read()]
        found += [(one.count, one.empty) for one in batches_of_table(table, table.head.names, TextSettings())]
    except DataError as error:
        found.append(str(error))
    for form in (SINGLE_LABEL_FORMAT, MULTI_LABEL_FORMAT):
        for options in ({}, {"text": "text", "title": "label", "label": "b"}, {"label": "tags"}):
            try:
                found.append(read_table(path, label_format=form, **options))
            except DataError as error:
                found.append(str(error))
    return found


@pytest.mark.parametrize("name", _FILES)
def test_the_same_rows_and_the_same_errors(name: str, tmp_path: Path) -> None:
    @given(content=broken(_FILES[name] * 3) | broken(_FILES[name]), small=st.booleans())
    def check(content: bytes, small: bool) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.MonkeyPatch.context() as patch:
            if small:
                for module in (blocks, json_lines, fasttext_lines, lines):
                    patch.setattr(module, "BLOCK_BYTES", 64)
            with_pyarrow = everything_in(tmp_path / name)
            patch.setitem(sys.modules, "pyarrow", None)
            assert everything_in(tmp_path / name) == with_pyarrow

    check()


_NUMBERS = [digits * 10.0**power for digits in (1, 1.5, -7, 0.123456789) for power in range(-12, 24)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none()))
@example([*_NUMBERS, 0.0, -0.0])
def test_numbers_are_written_as_pyarrow_writes_them(numbers: list[float | None]) -> None:
    expected = pa.array(numbers, pa.float64()).cast(pa.string()).to_pylist()
    assert PlainColumn(numbers, DOUBLE).texts() == expected


def test_what_needs_pyarrow_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    (tmp_path / "x.csv.zst").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name, what in (("x.parquet", ".parquet"), ("x.csv.zst", ".zst")):
        with pytest.raises(
            DataError, match=rf"Reading {what} needs pyarrow, which is not installed\. Run: pip install"
        ):
            open_blocks(tmp_path / name)


def test_folders_and_packed_files_need_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(_CSV))
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "1.txt").write_text(f"é {name}", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read_table(tmp_path / "set").documents == ["é a", "é b"]
    assert len(read_table(tmp_path / "x.csv.gz")) == 3
