"""Reads tables of any length in blocks, by the rules of :mod:`recurra.data.read`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from recurra.data.content import ByteStream, Content
from recurra.data.delimited import RawTable, checked_names, csv_options
from recurra.data.file_errors import ROW_HINT, check_quotes_closed, empty_file, header_only, parse_error
from recurra.data.lines import open_text
from recurra.data.parquet import MAX_PARQUET_BYTES, no_rows, open_parquet, plain_column
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
"""Approximate size of a block and maximum size of a row of text, in bytes; pyarrow reads up to 33 blocks ahead."""

BLOCK_ROWS = 1 << 16
"""Maximum number of rows in a block of Parquet."""

GUESS_ROWS = 10_000
"""Number of rows that column guesses are based on."""

_HEAD_BLOCKS = 4  # maximum number of blocks for guesses: rows may be long


class Blocks(Protocol):
    """A table that is read in blocks, any number of times.

    Attributes:
        source: name of the table, for messages.
        total: number of rows, or an estimate; ``None`` if unknown.
        notes: lines on what was guessed or left out; reading may add more.
    """

    source: str
    total: int | None
    notes: list[str]

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """The blocks in order, from the start; names and types are those of the first block.

        Args:
            columns: names of the needed columns, all by default; blocks may have more.
            again: whether the table will be read again later; bytes from a pipe are then kept on disk.

        Raises:
            DataError: the table cannot be used, which may show at any block.
        """


class DelimitedBlocks:
    """Blocks of a .csv or .tsv file; all columns are always read.

    Args:
        content: the file.
        delimiter: one character.
        encoding: Python name of the encoding.
    """

    def __init__(self, content: Content, *, delimiter: str, encoding: str) -> None:
        self.content, self.delimiter, self.source, self.encoding = content, delimiter, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`Blocks`."""
        # An extra line break reveals a quote that is still open at the end.
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
                    # A block of blank lines only.
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
        # Read page by page, because a row group may be as large as the file.
        with open_parquet(self.content, buffer_size=1 << 20, pre_buffer=False) as opened:
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
                # Arrow does not validate lengths and UTF-8 on reading; this detects a damaged page.
                batch.validate(full=True)
                plain = [plain_column(pa.chunked_array([column])) for column in batch.columns]
                yield RawTable(list(batch.schema.names), plain, rows + 1, "", typed=True)
                rows += len(batch)
        if rows == 0:
            raise no_rows(self.source)


def read_head(blocks: Blocks) -> RawTable:
    """The first rows of a table with all columns, for guessing the roles of columns."""
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
    """Consecutive blocks as one block."""
    import pyarrow as pa

    columns = [
        pa.chunked_array([chunk for column in same for chunk in column.chunks])
        for same in zip(*(part.columns for part in parts), strict=True)
    ]
    first = parts[0]
    return RawTable(first.names, columns, first.first_row, first.row_hint, first.typed)


def _bytes_of(batch: pyarrow.RecordBatch) -> int:
    """Approximate size of the rows in the file: texts and separators, without Arrow's four bytes per offset."""
    size: int = batch.nbytes - 3 * len(batch) * batch.num_columns
    return size
