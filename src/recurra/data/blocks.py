"""Reads tables of any length in blocks, by the rules of :mod:`recurra.data.read`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Protocol

import numpy as np

from recurra.data.content import Content
from recurra.data.delimited import RawTable
from recurra.data.file_errors import columns_only, empty_file, header_only, row_hint
from recurra.data.lines import open_text
from recurra.data.parquet import MAX_PARQUET_BYTES, open_parquet, plain_column
from recurra.data.plain_columns import Column, PlainColumn, text_column_of
from recurra.data.row_numbers import RowNumbers
from recurra.data.row_splitter import RowSplitter, TextArrays
from recurra.errors import DataError

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
"""Approximate size of a block and maximum size of a row of text, in bytes."""

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
        warnings: lines on what is probably wrong, which are no notes; reading may add more.
    """

    source: str
    total: int | None
    notes: list[str]
    warnings: list[str]

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

    Columns without a name and without a value in the first block, which spreadsheets write, are left out.

    Args:
        content: the file.
        delimiter: one character.
        encoding: Python name of the encoding.
    """

    def __init__(self, content: Content, *, delimiter: str, encoding: str) -> None:
        self.content, self.delimiter, self.source, self.encoding = content, delimiter, content.source, encoding
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`Blocks`."""
        splitter, rows, done = RowSplitter(self.delimiter, self.source, longest=BLOCK_BYTES), 0, False
        kept: list[int] | None = None
        left_out = 0
        with open_text(self.content, encoding=self.encoding, again=again) as (text, opened):
            while not done:
                piece = text.read(BLOCK_BYTES)
                done = text.done
                for columns_of_rows, numbers in splitter.split(piece, done=done):
                    kept = _with_name_or_values(splitter.names, columns_of_rows) if kept is None else kept
                    names = [splitter.names[place] for place in kept]
                    arrays = [text_column_of(*columns_of_rows[place]) for place in kept]
                    if len(kept) < len(columns_of_rows):
                        dropped = {*range(len(columns_of_rows))}.difference(kept)
                        left_out += sum(int((np.diff(columns_of_rows[place][1]) > 0).sum()) for place in dropped)
                    if opened.size is not None and splitter.taken:
                        self.total = max(rows, splitter.rows * opened.size // splitter.taken - 1)
                    yield RawTable(names, arrays, numbers, row_hint(splitter.header), typed=False)
                    rows += len(arrays[0])
        if text.blank or not splitter.rows:
            raise empty_file(self.source)
        if not rows:
            raise header_only(self.source, [*filter(None, splitter.names)] or splitter.names)
        self.total = rows
        if left_out and (note := f"{left_out:,} cells of columns without a name are left out") not in self.notes:
            self.notes.append(note)


def _with_name_or_values(names: Sequence[str], columns: Sequence[TextArrays]) -> list[int]:
    """The places of the columns that have a name or a value; all if none has a name."""
    if not any(names):
        return [*range(len(names))]
    return [place for place, name in enumerate(names) if name or columns[place][0].tobytes().strip()]


class ParquetBlocks:
    """Blocks of a .parquet file, or of some of its row groups.

    Args:
        content: the file.
        groups: the row groups to read, which follow one another; all by default.
    """

    def __init__(self, content: Content, groups: range | None = None) -> None:
        self.content, self.source, self.groups = content, content.source, groups
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`Blocks`."""
        import pyarrow as pa

        # Read page by page, because a row group may be as large as the file.
        with open_parquet(self.content, buffer_size=1 << 20, pre_buffer=False) as opened:
            metadata = opened.metadata
            names, groups = opened.schema_arrow.names, self.groups or range(metadata.num_row_groups)
            rows = first = sum(metadata.row_group(group).num_rows for group in range(groups.start))
            self.total = sum(metadata.row_group(group).num_rows for group in groups)
            sizes = [metadata.row_group(group).total_byte_size for group in groups]
            if max(sizes, default=0) > MAX_PARQUET_BYTES:
                raise DataError(
                    f"{self.source} has a row group that unpacks to {max(sizes):,} bytes",
                    f"Write smaller ones: at most {MAX_PARQUET_BYTES:,} are read.",
                )
            at_once = BLOCK_BYTES * max(self.total, 1) // max(sum(sizes), 1)
            at_once = max(1, min(BLOCK_ROWS, at_once))
            wanted = None if columns is None else list(columns)
            batches = opened.iter_batches(at_once, row_groups=list(groups), columns=wanted, use_threads=False)
            for batch in batches:
                # Arrow does not validate lengths and UTF-8 on reading; this detects a damaged page.
                batch.validate(full=True)
                plain = [plain_column(pa.chunked_array([column])) for column in batch.columns]
                yield RawTable(list(batch.schema.names), plain, RowNumbers(rows + 1), "", typed=True)
                rows += len(batch)
        if rows == first:
            raise columns_only(self.source, names)


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
    columns = [_concat_columns(same) for same in zip(*(part.columns for part in parts), strict=True)]
    first = parts[0]
    numbers = RowNumbers.joined([(part.numbers, len(part.columns[0]) if part.columns else 0) for part in parts])
    return RawTable(first.names, columns, numbers, first.row_hint, first.typed)


def _concat_columns(columns: Sequence[Column]) -> Column:
    first = columns[0]
    if isinstance(first, PlainColumn):
        return PlainColumn([value for column in columns for value in column.to_pylist()], first.type)
    import pyarrow as pa

    return pa.chunked_array([chunk for column in columns for chunk in column.chunks])
