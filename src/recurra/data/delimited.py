"""Comma- and tab-separated files as Arrow tables of strings, each fault one error with its place."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MAX_COLUMNS", "MAX_ROW_BYTES", "RawTable", "parse_delimited"]

MAX_COLUMNS = 512
MAX_ROW_BYTES = 1 << 24
"""Bytes of the longest row that is parsed; a quote that is never closed would otherwise read the whole file as one."""

ROW_HINT = " (the header is row 1)"

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


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
        DataError: wrong encoding, NUL bytes, rows of unequal length, an open quote, no rows, too many columns.
    """
    import pyarrow as pa
    from pyarrow import csv

    content = _as_utf8(content, source=source, encoding=encoding)
    # One more line break ends the last line wherever it was missing, and marks a quote that is still open there.
    buffer = pa.BufferReader(content + b"\n")

    def parsed(on_wrong_row: Callable[[Any], str] | None = None) -> pyarrow.Table:
        buffer.seek(0)
        return csv.read_csv(
            buffer,
            read_options=csv.ReadOptions(
                # Rows are numbered only when one thread parses them.
                use_threads=on_wrong_row is None,
                block_size=MAX_ROW_BYTES,
                autogenerate_column_names=True,
            ),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=on_wrong_row
            ),
            convert_options=csv.ConvertOptions(
                column_types={f"f{place}": pa.string() for place in range(MAX_COLUMNS)},
                null_values=[],
                strings_can_be_null=False,
            ),
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
        raise _parse_error(error, rows, source) from None
    if table.num_columns > MAX_COLUMNS:
        raise DataError(f"{source} has {table.num_columns:,} columns", f"Keep at most {MAX_COLUMNS} of them.")
    names = [str(column[0].as_py()).strip() for column in table.columns]
    if table.num_rows == 1:
        raise DataError(f"{source} has a header and no rows", "Give a file with at least one row under its header.")
    _check_closed(table, content, source)
    return RawTable(names, [column.slice(1) for column in table.columns], 2, ROW_HINT, typed=False)


def _as_utf8(content: bytes, *, source: str, encoding: str) -> bytes:
    """The content as UTF-8 without NUL bytes; UTF-8 itself is checked by the parser, which is faster."""
    try:
        plain = codecs.lookup(encoding).name == "utf-8"
        if not plain:
            content = content.decode(encoding).encode()
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise _wrong_bytes(error.start, content, source, encoding) from None
        raise DataError(
            f"{source}: encoding {encoding[:80]!r} does not read it", "Name one such as utf-8, latin-1 or utf-16."
        ) from None
    for mark, name in _BOMS:
        if plain and name != "utf-8" and content.startswith(mark):
            raise DataError(f"{source} begins with the mark of {name}", f"Read it with --encoding {name}.")
    if not content.strip():
        raise DataError(f"{source} is empty", "Give a file with a header row and at least one row.")
    place = content.find(b"\0")
    if place >= 0:
        raise DataError(
            f"{source}: a NUL byte at byte {place:,}, line {_line(content, place):,}",
            "Is it a text file? Remove the NUL bytes, or name its encoding, such as --encoding utf-16.",
        )
    return content


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _wrong_bytes(place: int, content: bytes, source: str, encoding: str) -> DataError:
    other = "latin-1" if encoding.casefold().replace("_", "-") in {"utf-8", "utf8"} else "utf-8"
    byte = f"byte 0x{content[place]:02x}" if place < len(content) else "the end"
    return DataError(
        f"{source}: {byte} at byte {place:,}, line {_line(content, place):,} is not {encoding}",
        f"Name the file's encoding, such as --encoding {other}.",
    )


def _check_utf8(content: bytes, source: str) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as bad:
        raise _wrong_bytes(bad.start, content, source, "utf-8") from None


def _parse_error(error: Exception, rows: list[Any], source: str) -> DataError:
    if rows:
        row = rows[0]
        fields = "1 field" if row.actual_columns == 1 else f"{row.actual_columns:,} fields"
        start = row.text[:60] + ("..." if len(row.text) > 60 else "")
        return DataError(
            f"{source}: row {row.number:,}{ROW_HINT} has {fields} for {row.expected_columns:,} columns: {start!r}",
            "Put a value that holds the separator or a quote in double quotes.",
        )
    if "straddl" in str(error):
        return DataError(
            f"{source}: a row is longer than {MAX_ROW_BYTES >> 20} MiB",
            "Look for a quote that is never closed, or cut the text to 1 MiB.",
        )
    return DataError(f"{source} cannot be parsed: {str(error)[:120]}", "Check its separators and quotes.")


def _check_closed(table: pyarrow.Table, content: bytes, source: str) -> None:
    """The parser takes a quote that is still open at the end of the file for a closed one: rows would be lost in it."""
    last = str(table.columns[-1][-1].as_py())
    tail = content.rstrip(b"\r\n")[-2:]
    if last.endswith("\n") and not (tail.endswith(b'"') and tail[:1] in (b"\n", b"\r")):
        raise DataError(
            f"{source}: the quote that begins in row {table.num_rows:,}{ROW_HINT} is never closed",
            "Close it, or double the quotes inside the value.",
        )
