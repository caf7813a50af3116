"""What reading a table and reading a .csv or .tsv file share: parsed columns, and the options of pyarrow's parser."""

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
    """A parsed file before its columns have roles.

    Attributes:
        names: column names, trimmed, in file order.
        columns: one Arrow array a column.
        first_row: the number of the first data row in messages.
        row_hint: what a row number counts, for messages.
        typed: whether the file itself says what type a column has.
    """

    names: list[str]
    columns: list[pyarrow.ChunkedArray]
    first_row: int
    row_hint: str
    typed: bool


def csv_options(delimiter: str, *, block_size: int, on_wrong_row: Callable[[Any], str]) -> dict[str, Any]:
    """The options of pyarrow's reader under which every value stays the text it is, the header's included.

    Args:
        delimiter: one character.
        block_size: bytes parsed at once, which no row may exceed.
        on_wrong_row: is given rows of another length than the first.
    """
    import pyarrow as pa
    from pyarrow import csv

    return {
        # One thread alone numbers the rows.
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
        DataError: they are too many.
    """
    if table.num_columns > MAX_COLUMNS:
        raise DataError(f"{source} has {table.num_columns:,} columns", f"Keep at most {MAX_COLUMNS} of them.")
    return [str(column[0].as_py()).strip() for column in table.columns]
