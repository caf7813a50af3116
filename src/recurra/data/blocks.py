"""Tables of any length, block by block, under the rules of :mod:`recurra.data.read`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from recurra.data.checked_bytes import CheckedBytes
from recurra.data.delimited import RawTable, checked_names, csv_options
from recurra.data.faults import ROW_HINT, check_closed, empty_file, header_only, parse_error
from recurra.data.parquet import MAX_PARQUET_BYTES, no_rows, opened_parquet, plain_column
from recurra.data.read import GUESS_ROWS
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BLOCK_BYTES", "BLOCK_ROWS", "Blocks", "DelimitedBlocks", "ParquetBlocks", "head_of"]

BLOCK_BYTES = 4 << 20
"""Bytes of a block, about, and of the longest row of a text file: pyarrow reads up to 33 of them ahead."""

BLOCK_ROWS = 1 << 16
"""Rows of a block of Parquet, at most."""

_HEAD_BLOCKS = 4  # that a guess looks at, at most: rows may be long


class Blocks(Protocol):
    """A table that is read block by block.

    Attributes:
        source: the file's name, for messages.
        total: how many rows the file has, as far as can be told by now.
    """

    source: str
    total: int | None

    def read(self, columns: Sequence[str] | None = None) -> Iterator[RawTable]:
        """The blocks in order, from the first on.

        Args:
            columns: the names of those that are needed, all if not given; there may be more in what is read.

        Raises:
            DataError: the file cannot be used as it is, which may show at any block.
        """


class DelimitedBlocks:
    """Blocks of a .csv or .tsv file; all columns are read, whichever are needed.

    Args:
        file: an existing file.
        delimiter: one character.
        source: its name, for messages.
        encoding: its text encoding, by Python's name.
    """

    def __init__(self, file: Path, *, delimiter: str, source: str, encoding: str) -> None:
        self.file, self.delimiter, self.source, self.encoding = file, delimiter, source, encoding
        self.total: int | None = None

    def read(self, columns: Sequence[str] | None = None) -> Iterator[RawTable]:
        """See :class:`Blocks`."""
        try:
            opened = self.file.open("rb")
        except OSError as error:
            raise DataError(f"{self.source!r} cannot be read: {error.strerror}", "Check its permissions.") from None
        with opened:
            size = os.fstat(opened.fileno()).st_size
            # One more line break marks a quote that is still open at the end.
            content = CheckedBytes(opened, source=self.source, encoding=self.encoding, end=b"\n")
            try:
                yield from self._parsed(content, size)
            finally:
                # pyarrow's threads may still be reading.
                content.stop()

    def _parsed(self, content: CheckedBytes, size: int) -> Iterator[RawTable]:
        import pyarrow as pa
        from pyarrow import csv

        wrong: list[Any] = []

        def keep(row: Any) -> str:
            wrong.append(row)
            return "error"

        names: list[str] = []
        rows = read = 0
        last = ""
        options = csv_options(self.delimiter, threads=False, block_size=BLOCK_BYTES, on_wrong_row=keep)
        try:
            for batch in csv.open_csv(content, **options):
                if not len(batch):
                    # A block that blank lines fill.
                    continue
                read += _bytes_of(batch)
                first = 0 if names else 1
                names = names or checked_names(batch, self.source)
                last = str(batch.columns[-1][-1].as_py())
                rows += len(batch)
                self.total = max(rows - 1, rows * size // max(read, 1) - 1)
                if len(batch) > first:
                    columns = [pa.chunked_array([column[first:]]) for column in batch.columns]
                    yield RawTable(names, columns, rows - len(batch) + first + 1, ROW_HINT, typed=False)
        except pa.ArrowException as error:
            if content.blank:
                raise empty_file(self.source) from None
            raise parse_error(error, wrong, self.source, longest=BLOCK_BYTES) from None
        if rows == 1:
            raise empty_file(self.source) if content.blank else header_only(self.source)
        check_closed(last, content.tail, rows, self.source)
        self.total = rows - 1


class ParquetBlocks:
    """Blocks of a .parquet file.

    Args:
        file: an existing file.
        source: its name, for messages.
    """

    def __init__(self, file: Path, *, source: str) -> None:
        self.file, self.source = file, source
        self.total: int | None = None

    def read(self, columns: Sequence[str] | None = None) -> Iterator[RawTable]:
        """See :class:`Blocks`."""
        import pyarrow as pa

        rows = 0
        # Pages are read one by one and not whole columns of a row group, which may be as large as the file.
        with opened_parquet(self.file, source=self.source, buffer_size=1 << 20, pre_buffer=False) as opened:
            metadata = opened.metadata
            self.total = metadata.num_rows
            sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
            if max(sizes, default=0) > MAX_PARQUET_BYTES:
                raise DataError(
                    f"{self.source} has a row group that unpacks to {max(sizes):,} bytes",
                    f"Write smaller ones: at most {MAX_PARQUET_BYTES:,} are read.",
                )
            at_once = BLOCK_BYTES * max(metadata.num_rows, 1) // max(sum(sizes), 1)
            at_once = max(1, min(BLOCK_ROWS, at_once))
            batches = opened.iter_batches(
                at_once, columns=None if columns is None else list(columns), use_threads=False
            )
            for batch in batches:
                # Arrow takes lengths and UTF-8 on trust when it reads; a damaged page shows only here.
                batch.validate(full=True)
                plain = [plain_column(pa.chunked_array([column])) for column in batch.columns]
                yield RawTable(list(batch.schema.names), plain, rows + 1, "", typed=True)
                rows += len(batch)
        if rows == 0:
            raise no_rows(self.source)


def head_of(blocks: Blocks) -> RawTable:
    """The first rows of a table, with all columns: enough to guess what they hold."""
    import pyarrow as pa

    parts: list[RawTable] = []
    rows = 0
    reading = blocks.read()
    for part in reading:
        parts.append(part)
        rows += len(part.columns[0]) if part.columns else 0
        if rows >= GUESS_ROWS or len(parts) == _HEAD_BLOCKS:
            break
    columns = [
        pa.chunked_array([chunk for column in same for chunk in column.chunks])
        for same in zip(*(part.columns for part in parts), strict=True)
    ]
    first = parts[0]
    return RawTable(first.names, columns, first.first_row, first.row_hint, first.typed)


def _bytes_of(batch: pyarrow.RecordBatch) -> int:
    """Bytes that the rows take in the file, about: texts and separators, and not Arrow's four bytes an offset."""
    size: int = batch.nbytes - 3 * len(batch) * batch.num_columns
    return size
