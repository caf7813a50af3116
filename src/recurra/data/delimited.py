"""Parsed columns of a table, and the options of pyarrow's parser for .csv and .tsv files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MAX_COLUMNS", "RawTable", "checked_names", "csv_options"]

MAX_COLUMNS = 512


@dataclass(frozen=True)
class RawTable:
    """The parsed columns of a table, before they have roles.

    Attributes:
        names: column names, trimmed, in file order.
        columns: one Arrow array per column.
        first_row: row number of the first data row in messages.
        row_hint: how rows are numbered, for messages.
        typed: whether the file format has column types.
    """

    names: list[str]
    columns: list[pyarrow.ChunkedArray]
    first_row: int
    row_hint: str
    typed: bool


def csv_options(delimiter: str, *, block_size: int, on_wrong_row: Callable[[Any], str]) -> dict[str, Any]:
    """Options of pyarrow's CSV reader that keep every value, including the header, as text.

    Args:
        delimiter: one character.
        block_size: size of a block in bytes; no row may be longer.
        on_wrong_row: called with rows of another length than the first.
    """
    import pyarrow as pa
    from pyarrow import csv

    return {
        # Row numbers are available with one thread only.
        "read_options": csv.ReadOptions(use_threads=False, block_size=block_size, autogenerate_column_names=True),
        "parse_options": csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=on_wrong_row
        ),
        "convert_options": csv.ConvertOptions(
            column_types={f"f{place}": pa.string() for place in range(MAX_COLUMNS)},
            null_values=[],
            strings_can_be_null=False,
        ),
    }


def checked_names(table: Any, source: str) -> list[str]:
    """The names in the first row of a parsed table or batch.

    Raises:
        DataError: there are too many.
    """
    if table.num_columns > MAX_COLUMNS:
        raise DataError(f"{source} has {table.num_columns:,} columns", f"Keep at most {MAX_COLUMNS} of them.")
    return [str(column[0].as_py()).strip() for column in table.columns]
