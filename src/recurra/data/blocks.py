"""Tables of any length, block by block, under the rules of :mod:`recurra.data.read`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from recurra.data.content import ByteStream, Content
from recurra.data.delimited import RawTable, checked_names, csv_options
from recurra.data.file_errors import ROW_HINT, check_quotes_closed, empty_file, header_only, parse_error
from recurra.data.lines import open_text
from recurra.data.parquet import MAX_PARQUET_BYTES, no_rows, opened_parquet, plain_column
from recurra.data.quotes import QuoteCheck
from recurra.data.utf8_stream import Utf8Stream
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "BLOCK_BYTES",
    "BLOCK_ROWS",
    "GUESS_ROWS",
    "Blocks",
    "DelimitedBlocks",
    "ParquetBlocks",
    "concat_blocks",
    "read_head",
]

BLOCK_BYTES = 4 << 20
"""Bytes of a block, about, and of the longest row of a text file: pyarrow reads up to 33 of them ahead."""

BLOCK_ROWS = 1 << 16
"""Rows of a block of Parquet, at most."""

GUESS_ROWS = 10_000
"""Rows that a guess looks at."""

_HEAD_BLOCKS = 4  # that a guess looks at, at most: rows may be long


class Blocks(Protocol):
    """A table that is read block by block, as often as needed.

    Attributes:
        source: the table's name, for messages.
        total: how many rows it has, as far as can be told by now.
        notes: one line each on what was guessed or left out; there may be more after reading.
    """

    source: str
    total: int | None
    notes: list[str]

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """The blocks in order, from the first on; names and types are those of the first.

        Args:
            columns: the names of those that are needed, all if not given; there may be more in what is read.
            again: whether the table will be read once more later: what comes from a pipe is then kept on disk.

        Raises:
            DataError: the table cannot be used as it is, which may show at any block.
        """


class DelimitedBlocks:
    """Blocks of a .csv or .tsv file; all columns are read, whichever are needed.

    Args:
        content: the file.
        delimiter: one character.
        encoding: its text encoding, by Python's name.
    """

    def __init__(self, content: Content, *, delimiter: str, encoding: str) -> None:
        self.content, self.delimiter, self.source, self.encoding = content, delimiter, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`Blocks`."""
        # One more line break marks a quote that is still open at the end.
        look = QuoteCheck(self.delimiter, self.source).look
        with open_text(self.content, encoding=self.encoding, again=again, end=b"\n", look=look) as (text, opened):
            yield from self._parsed(text, opened)

    def _parsed(self, content: Utf8Stream, opened: ByteStream) -> Generator[RawTable]:
        import pyarrow as pa
        from pyarrow import csv

        wrong: list[Any] = []

        def keep(row: Any) -> str:
            wrong.append(row)
            return "error"

        names: list[str] = []
        rows = read = 0
        last = ""
        options = csv_options(self.delimiter, block_size=BLOCK_BYTES, on_wrong_row=keep)
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
                size = opened.size
                if size is not None:
                    self.total = max(rows - 1, rows * size // max(read, 1) - 1)
                if len(batch) > first:
                    columns = [pa.chunked_array([column[first:]]) for column in batch.columns]
                    yield RawTable(names, columns, rows - len(batch) + first + 1, ROW_HINT, typed=False)
        except pa.ArrowException as error:
            if content.blank:
                raise empty_file(self.source) from None
            raise parse_error(error, wrong, self.source, longest=BLOCK_BYTES) from None
        if content.blank:
            raise empty_file(self.source)
        if rows == 1:
            raise header_only(self.source)
        check_quotes_closed(last, content.tail, rows, self.source)
        self.total = rows - 1


class ParquetBlocks:
    """Blocks of a .parquet file.

    Args:
        content: the file.
    """

    def __init__(self, content: Content) -> None:
        self.content, self.source = content, content.source
        self.total: int | None = None
        self.notes: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`Blocks`."""
        import pyarrow as pa

        rows = 0
        # Pages are read one by one and not whole columns of a row group, which may be as large as the file.
        with opened_parquet(self.content, buffer_size=1 << 20, pre_buffer=False) as opened:
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


def read_head(blocks: Blocks) -> RawTable:
    """The first rows of a table, with all columns: enough to guess what they hold."""
    parts: list[RawTable] = []
    rows = 0
    with contextlib.closing(blocks.read()) as reading:
        for part in reading:
            parts.append(part)
            rows += len(part.columns[0]) if part.columns else 0
            if rows >= GUESS_ROWS or len(parts) == _HEAD_BLOCKS:
                break
    return concat_blocks(parts)


def concat_blocks(parts: Sequence[RawTable]) -> RawTable:
    """Blocks that follow each other as one."""
    import pyarrow as pa

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
