"""Parquet files, opened, and their columns in types that every Arrow function takes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from recurra.data.content import Content
from recurra.data.delimited import MAX_COLUMNS
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MAX_PARQUET_BYTES", "no_rows", "opened_parquet", "plain_column"]

MAX_PARQUET_BYTES = 1 << 32
"""Bytes that a row group may unpack to."""


@contextlib.contextmanager
def opened_parquet(content: Content, **options: Any) -> Iterator[Any]:
    """A ``pyarrow.parquet.ParquetFile`` with not too many columns; what fails inside becomes one error.

    Args:
        content: the file.
        options: of ``ParquetFile``.

    Raises:
        DataError: not Parquet, cut or damaged, or too many columns.
    """
    import pyarrow as pa
    from pyarrow import parquet

    source = content.source
    broken = DataError(f"{source} is not a whole Parquet file", "Write or download it again, or give a .csv file.")
    try:
        with content.seekable() as file, parquet.ParquetFile(file, **options) as opened:
            if opened.metadata.num_columns > MAX_COLUMNS:
                raise DataError(
                    f"{source} has {opened.metadata.num_columns:,} columns", f"Keep at most {MAX_COLUMNS} of them."
                )
            yield opened
    except PermissionError as error:
        raise DataError(f"{source!r} cannot be read: {error.strerror}", "Check its permissions.") from None
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise broken from None


def no_rows(source: str) -> DataError:
    """The error for a file of columns alone."""
    return DataError(f"{source} has columns and no rows", "Give a file with at least one row.")


def plain_column(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column in one of the few types that every Arrow function takes; a column of nothing is one of texts."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(column.type):
        # Arrow takes nothing out of string views, which Polars' categories are.
        kind = pa.large_string() if types.is_string_view(column.type.value_type) else column.type.value_type
        column = pa.chunked_array([chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks], kind)
    if types.is_string_view(column.type) or types.is_null(column.type):
        column = column.cast(pa.large_string())
    return column.cast(pa.float32()) if types.is_float16(column.type) else column
