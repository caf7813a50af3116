"""Writes rows with all their columns to a .csv, .tsv, .jsonl, .xlsx or .parquet file."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from recurra.checking.label_names import value_text
from recurra.data.formats import require_openpyxl
from recurra.data.plain_columns import is_json
from recurra.data.workbook import MAX_CHARACTERS, cell_of
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["SUFFIXES", "RowWriter", "writer_for"]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".xlsx", ".parquet")

_EXCEL_ROWS = (1 << 20) - 1
"""Maximum number of rows below the header of a sheet, which is Excel's own."""


class RowWriter(Protocol):
    """Writes rows in order."""

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        """Appends rows; the names are the same in every call."""

    def finish(self) -> None:
        """Writes what is still buffered; the file stays open."""


def writer_for(kind: str, file: BinaryIO, *, separator: str = ",", mark: bool = False) -> RowWriter:
    """The writer for one of :data:`SUFFIXES`.

    Args:
        kind: the suffix.
        file: receives the bytes.
        separator: of the fields of .csv.
        mark: whether .csv and .tsv begin with a byte order mark, by which Excel knows UTF-8.

    Raises:
        SettingsError: another suffix.
    """
    if kind == ".parquet":
        return _Parquet(file)
    if kind == ".jsonl":
        return _Json(file)
    if kind == ".xlsx":
        return _Excel(file)
    if kind in SUFFIXES:
        return _Delimited(file, separator if kind == ".csv" else "\t", mark)
    raise SettingsError(f"A file of the kind {kind!r:.40}", f"Give a name that ends in {', '.join(SUFFIXES)}.")


class _Delimited:
    def __init__(self, file: BinaryIO, delimiter: str, mark: bool) -> None:
        self.file, self.delimiter, self.mark, self.begun = file, delimiter, mark, False

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        if not self.begun:
            self.file.write(codecs.BOM_UTF8 if self.mark else b"")
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


class _Excel:
    def __init__(self, file: BinaryIO) -> None:
        require_openpyxl("Writing .xlsx")
        from openpyxl import Workbook

        self.file, self.book, self.begun, self.rows = file, Workbook(write_only=True), False, 0
        self.sheet = self.book.create_sheet("rows")
        self.sheet.freeze_panes = "A2"

    def write(self, names: Sequence[str], columns: Sequence[pyarrow.ChunkedArray]) -> None:
        if not self.begun:
            self.sheet.append([cell_of(self.sheet, name) for name in names])
        self.begun = True
        cells = [_cells(name, column) for name, column in zip(names, columns, strict=True)]
        self.rows += len(cells[0]) if cells else 0
        longest = max((len(cell) for column in cells for cell in column), default=0)
        if self.rows > _EXCEL_ROWS or longest > MAX_CHARACTERS:
            self.sheet.close()
            long = longest > MAX_CHARACTERS
            what = f"a text of {longest:,} characters" if long else f"more than {_EXCEL_ROWS:,} rows"
            raise DataError(f"The copy has {what}, which no sheet of Excel holds", "Write a .csv or .jsonl file.")
        for row in zip(*cells, strict=True):
            self.sheet.append([cell_of(self.sheet, value or None) for value in row])

    def finish(self) -> None:
        self.book.save(self.file)


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
