"""Data frames of pandas, Polars and others, and Arrow tables, through the Arrow PyCapsule interface."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any

from recurra.data.blocks import BLOCK_ROWS
from recurra.data.delimited import MAX_COLUMNS, RawTable
from recurra.data.parquet import plain_column
from recurra.data.plain_values import column_names
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError

__all__ = ["FrameBlocks", "check_collected", "has_no_rows", "is_frame"]


def is_frame(source: object) -> bool:
    """Whether an object is a table with the Arrow interface or a pandas data frame.

    Raises:
        DataError: it is a lazy frame.
    """
    check_collected(source)
    stream = any(hasattr(source, name) for name in ("__arrow_c_stream__", "__arrow_c_array__"))
    # A single column has the interface too, but no columns; old versions of pandas lack the interface.
    return (stream and any(hasattr(source, name) for name in ("columns", "column_names", "schema"))) or (
        hasattr(source, "columns") and hasattr(source, "iloc")
    )


def has_no_rows(frame: Any) -> bool:
    """Whether it is known that a table has no rows, as what a filter leaves; of a stream it is not."""
    return hasattr(frame, "__len__") and not len(frame)


def check_collected(source: object, name: str = "The rows are") -> None:
    """Raises a :class:`DataError` for a LazyFrame of Polars, which holds no rows before it is collected.

    Args:
        source: anything.
        name: what it stands for, with its verb.
    """
    if type(source).__name__ == "LazyFrame":
        raise DataError(f"{name} a LazyFrame, which holds none yet", "Give frame.collect().")


class FrameBlocks:
    """Blocks of a data frame or Arrow table; a pandas index is not a column.

    Args:
        frame: an object for which :func:`is_frame` is true. A stream that can be read only once is read here.

    Raises:
        DataError: conversion to Arrow fails.
    """

    def __init__(self, frame: Any) -> None:
        import pyarrow as pa

        self.source = f"the {type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
        self.notes: list[str] = []
        self.warnings: list[str] = []
        try:
            table = pa.table(frame)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            names = column_names(frame)
            if twice := [name for name in names if names.count(name) > 1]:
                raise DataError(
                    f"{self.source} has {names.count(twice[0])} columns {twice[0]!r:.60}",
                    "Give each a name of its own, or keep the first: frame.loc[:, ~frame.columns.duplicated()].",
                ) from None
            raise DataError(
                f"{self.source} cannot be handed over: {str(error)[:120]}", "Give each column values of one type."
            ) from None
        own = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
        self.table = table.drop_columns([name for name in own if isinstance(name, str)])
        self.total: int | None = table.num_rows
        if self.table.num_columns > MAX_COLUMNS:
            raise DataError(
                f"{self.source} has {self.table.num_columns:,} columns", f"Keep at most {MAX_COLUMNS} of them."
            )
        if not table.num_rows:
            raise DataError(f"{self.source} has no rows", "Give at least one row.")

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        import pyarrow as pa

        first = 0
        for batch in self.table.to_batches(max_chunksize=BLOCK_ROWS):
            try:
                # The Arrow interface does not validate lengths and UTF-8.
                batch.validate(full=True)
            except pa.ArrowException as error:
                raise DataError(f"{self.source} is damaged: {str(error)[:120]}", "Make it again.") from None
            plain = [plain_column(pa.chunked_array([column])) for column in batch.columns]
            if len(batch):
                yield RawTable(list(batch.schema.names), plain, RowNumbers(first), " (counted from 0)", typed=True)
            first += len(batch)
