"""Writes rows with all their columns to a .csv, .tsv, .jsonl or .parquet file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from recurra.checking.label_names import value_text
from recurra.data.plain_columns import is_json
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["SUFFIXES", "RowWriter", "writer_for"]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")


class RowWriter(Protocol):
    """Writes rows in order."""

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        """Appends rows; the names are the same in every call."""

    def finish(self) -> None:
        """Writes what is still buffered; the file stays open."""


def writer_for(kind: str, file: BinaryIO) -> RowWriter:
    """The writer for one of :data:`SUFFIXES`.

    Raises:
        SettingsError: another suffix.
    """
    if kind == ".parquet":
        return _Parquet(file)
    if kind == ".jsonl":
        return _Json(file)
    if kind in SUFFIXES:
        return _Delimited(file, "," if kind == ".csv" else "\t")
    raise SettingsError(f"A file of the kind {kind!r:.40}", f"Give a name that ends in {', '.join(SUFFIXES)}.")


class _Delimited:
    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        self.file, self.delimiter, self.begun = file, delimiter, False

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        if not self.begun:
            writer.writerow(names)
        self.begun = True
        cells = [_cells(name, column) for name, column in zip(names, columns, strict=True)]
        writer.writerows(zip(*cells, strict=True))
        self.file.write(out.getvalue().encode("utf-8", "replace"))

    def finish(self) -> None:
        pass


def _cells(name: str, column: pyarrow.ChunkedArray) -> list[str]:
    values = column.to_pylist()
    if any(isinstance(value, list | dict) for value in values):
        raise DataError(
            f"Column {name!r:.80} holds {str(column.type)[:80]}, which has no form in a file of cells",
            "Write a .jsonl or .parquet file.",
        )
    return [value_text(value) for value in values]


class _Json:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        rows = zip(*map(_json_values, columns), strict=True)
        lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str) for row in rows]
        self.file.write("".join(line + "\n" for line in lines).encode("utf-8", "replace"))

    def finish(self) -> None:
        pass


def _json_values(column: pyarrow.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return [None if value is None else json.loads(value) for value in values] if is_json(column.type) else values


class _Parquet:
    def __init__(self, file: BinaryIO) -> None:
        self.file, self.writer = file, None

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table(list(columns), names=list(names))
        writer: Any = self.writer or parquet.ParquetWriter(self.file, table.schema)
        self.writer = writer
        writer.write_table(table)

    def finish(self) -> None:
        if self.writer is not None:
            self.writer.close()
