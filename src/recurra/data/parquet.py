"""Opens Parquet files, and converts columns to types that every Arrow function supports."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from recurra.data.content import Content
from recurra.data.delimited import MAX_COLUMNS
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MAX_PARQUET_BYTES", "open_parquet", "plain_column"]

MAX_PARQUET_BYTES = 1 << 32
"""Maximum size of a decompressed row group in bytes."""


@contextlib.contextmanager
def open_parquet(content: Content, **options: Any) -> Iterator[Any]:
    """Opens a ``pyarrow.parquet.ParquetFile``; all errors inside the ``with`` block become one kind of error.

    Args:
        content: the file.
        options: options of ``ParquetFile``.

    Raises:
        DataError: the file is not Parquet, truncated or damaged, or has too many columns.
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


def plain_column(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The column in a type that every Arrow function supports; a column of nulls becomes texts."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(column.type):
        # Arrow cannot take from string views, which Polars uses for categories.
        kind = pa.large_string() if types.is_string_view(column.type.value_type) else column.type.value_type
        column = pa.chunked_array([chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks], kind)
    if types.is_string_view(column.type) or types.is_null(column.type):
        column = column.cast(pa.large_string())
    if types.is_list(column.type) or types.is_large_list(column.type) or types.is_fixed_size_list(column.type):
        # Polars hands its lists of texts over as string views, and of categories as dictionaries of them.
        inner, texts = column.type.value_type, pa.large_list(pa.large_string())
        if types.is_string_view(inner):
            column = column.cast(texts)
        elif types.is_dictionary(inner) and types.is_string_view(inner.value_type):
            column = pa.chunked_array([pa.array(column.to_pylist(), texts)])
    return column.cast(pa.float32()) if types.is_float16(column.type) else column
