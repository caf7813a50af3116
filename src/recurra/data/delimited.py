"""Comma- and tab-separated files as Arrow tables of strings, each fault one error with its place."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recurra.data.faults import (
    ROW_HINT,
    check_closed,
    check_marks,
    empty_file,
    half_character,
    header_only,
    nul_byte,
    parse_error,
    unknown_encoding,
    wrong_bytes,
)
from recurra.data.quotes import QuoteCheck
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MAX_COLUMNS", "MAX_ROW_BYTES", "RawTable", "checked_names", "csv_options", "parse_delimited"]

MAX_COLUMNS = 512
MAX_ROW_BYTES = 1 << 24
"""Bytes of the longest row that is parsed; a quote that is never closed would otherwise read the whole file as one."""


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


def parse_delimited(content: bytes, *, delimiter: str, source: str, encoding: str) -> RawTable:
    """Parses a file with a header row; every value stays the text it is in the file.

    Quoting is RFC 4180's: a value in double quotes may hold the delimiter, line breaks and doubled quotes. Lines
    without any value are passed over.

    Args:
        content: the whole file.
        delimiter: one character.
        source: the file's name, for messages.
        encoding: the file's text encoding, by Python's name.

    Raises:
        DataError: wrong encoding, NUL bytes, rows of unequal length, an open quote or text behind a closing one, no
            rows, too many columns.
    """
    import pyarrow as pa
    from pyarrow import csv

    content = _as_utf8(content, source=source, encoding=encoding)
    try:
        QuoteCheck(delimiter, source).look(content)
    except DataError:
        # Bytes that are not UTF-8 come first, as where a file is read in blocks.
        _check_utf8(content, source)
        raise
    # One more line break ends the last line wherever it was missing, and marks a quote that is still open there.
    buffer = pa.BufferReader(content + b"\n")

    def parsed(on_wrong_row: Callable[[Any], str] | None = None) -> pyarrow.Table:
        buffer.seek(0)
        # Rows are numbered only when one thread parses them.
        threads = on_wrong_row is None
        return csv.read_csv(
            buffer, **csv_options(delimiter, threads=threads, block_size=MAX_ROW_BYTES, on_wrong_row=on_wrong_row)
        )

    try:
        table = parsed()
    except pa.ArrowException as error:
        # The parser cannot hand over a wrong row whose bytes are not UTF-8.
        _check_utf8(content, source)
        rows: list[Any] = []

        def keep(row: Any) -> str:
            rows.append(row)
            return "error"

        with contextlib.suppress(pa.ArrowException):
            parsed(keep)
        raise parse_error(error, rows, source, longest=MAX_ROW_BYTES) from None
    names = checked_names(table, source)
    if table.num_rows == 1:
        raise header_only(source)
    check_closed(str(table.columns[-1][-1].as_py()), content.rstrip(b"\r\n")[-2:], table.num_rows, source)
    return RawTable(names, [column.slice(1) for column in table.columns], 2, ROW_HINT, typed=False)


def csv_options(
    delimiter: str, *, threads: bool, block_size: int, on_wrong_row: Callable[[Any], str] | None
) -> dict[str, Any]:
    """The options of pyarrow's readers under which every value stays the text it is, the header's included.

    Args:
        delimiter: one character.
        threads: whether several may parse; one alone numbers the rows.
        block_size: bytes parsed at once, which no row may exceed.
        on_wrong_row: is given rows of another length than the first.
    """
    import pyarrow as pa
    from pyarrow import csv

    return {
        "read_options": csv.ReadOptions(use_threads=threads, block_size=block_size, autogenerate_column_names=True),
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


def _as_utf8(content: bytes, *, source: str, encoding: str) -> bytes:
    """The content as UTF-8 without NUL bytes; UTF-8 itself is checked by the parser, which is faster."""
    try:
        plain = codecs.lookup(encoding).name == "utf-8"
        if not plain:
            content = content.decode(encoding).encode()
    except UnicodeDecodeError as error:
        raise _wrong_bytes(error.start, content, source, encoding) from None
    except UnicodeEncodeError as error:
        line = error.object.count("\n", 0, error.start) + 1
        raise half_character(error, line, source, encoding) from None
    except (LookupError, ValueError):
        raise unknown_encoding(encoding, source) from None
    if plain:
        check_marks(content, source)
    if not content.strip():
        raise empty_file(source)
    place = content.find(b"\0")
    if place >= 0:
        raise nul_byte(place, _line(content, place), source)
    return content


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _wrong_bytes(place: int, content: bytes, source: str, encoding: str) -> DataError:
    return wrong_bytes(content[place : place + 1], place, _line(content, place), source, encoding)


def _check_utf8(content: bytes, source: str) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as bad:
        raise _wrong_bytes(bad.start, content, source, "utf-8") from None
