"""Reads the first sheet of an Excel workbook (.xlsx); every value is a text, as in a .csv file.

openpyxl reads it row by row: faster readers hold the whole sheet as a rectangle, so that a single cell in its last
corner takes hundreds of gigabytes.
"""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Collection, Generator, Iterator, Sequence
from itertools import islice
from typing import Any

from recurra.data.columns import quoted_names
from recurra.data.content import Content
from recurra.data.delimited import MAX_COLUMNS, RawTable
from recurra.data.file_errors import empty_file, header_only, row_hint, too_many_columns
from recurra.data.formats import require_openpyxl, short_name
from recurra.data.plain_columns import STRING, column_of_values
from recurra.data.row_numbers import RowNumbers
from recurra.data.sheet_start import check_start, covers_before
from recurra.errors import DataError

__all__ = ["MAX_EXCEL_BYTES", "ExcelBlocks"]

MAX_EXCEL_BYTES = 1 << 29
"""Maximum size of an unpacked workbook in bytes: its distinct texts are held in memory."""

MAX_ROWS = 1 << 20
"""Maximum number of rows in a sheet, which is Excel's own."""

BLOCK_ROWS = 1 << 12

_MIDNIGHT = datetime.time()
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class ExcelBlocks:
    """Blocks of the first sheet of an .xlsx file. Its first row that is not blank names the columns.

    Cover sheets before it are passed over with a warning, see :func:`recurra.data.sheet_start.covers_before`.
    Blank rows are skipped, but counted; columns without a name are left out; and formulas have the value that was saved
    with them.

    Args:
        content: the file.
        named_columns: columns that the user named: a first row with one of them is taken for the header as it is.

    Raises:
        DataError: openpyxl is not installed.
    """

    def __init__(self, content: Content, named_columns: Collection[str] = ()) -> None:
        require_openpyxl("Reading .xlsx")
        self.content, self.source, self.named_columns = content, content.source, named_columns
        self.other_sheets = ""  # what to do about them, for errors
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        rows = unnamed = begun = header_row = 0
        names: list[str] = []
        places: list[int] = []
        for some in self.rows():
            numbers = [begun + place for place, row in enumerate(some, 1) if any(row)]
            full, begun = [row for row in some if any(row)], begun + len(some)
            if full and not names:
                header_row = numbers.pop(0)
                header = [value.strip() for value in full.pop(0)]
                places = [place for place, name in enumerate(header) if name]
                names = [header[place] for place in places]
                if len(names) > MAX_COLUMNS:
                    raise too_many_columns(len(names), self.source)
            if not full:
                continue
            # Rows may have fewer cells than the header, or more.
            cells = [[row[place] if place < len(row) else "" for row in full] for place in places]
            unnamed += sum(map(bool, (value for row in full for value in row)))
            unnamed -= sum(map(bool, (value for column in cells for value in column)))
            columns_of_rows = [column_of_values(values, STRING) for values in cells]
            yield RawTable(names, columns_of_rows, RowNumbers.of_rows(numbers), row_hint(header_row), typed=False)
            rows += len(full)
        if not names:
            raise empty_file(self.source)
        if not rows:
            error = header_only(self.source, names)
            raise error.with_hint(self.other_sheets) if self.other_sheets else error
        self.total = rows
        if unnamed:
            self._note(f"{unnamed:,} cells of columns without a name are left out")

    def rows(self) -> Iterator[list[list[str]]]:
        """The rows of the first sheet as texts, blank ones and the header included, some thousands at a time."""
        import openpyxl

        with self.content.seekable() as file:
            try:
                with zipfile.ZipFile(file) as parts:
                    size = sum(part.file_size for part in parts.infolist())
                if size > MAX_EXCEL_BYTES:
                    raise DataError(
                        f"{self.source} unpacks to {size:,} bytes",
                        f"Save it as .csv: at most {MAX_EXCEL_BYTES:,} are read.",
                    )
                with warnings.catch_warnings(action="ignore"):
                    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
                    sheets = workbook.worksheets
                    if not sheets:
                        raise empty_file(self.source)
                    covers = covers_before(map(_texts_of, sheets), self.named_columns)
                    self._tell_of_sheets([one.title for one in sheets], covers)
                    starts = {one.title: _texts_of(one) for one in sheets[covers:]}
                    check_start(starts, source=self.source, named_columns=self.named_columns)
                    rows = _texts_of(sheets[covers])
                taken = 0
                while True:
                    with warnings.catch_warnings(action="ignore"):
                        some = list(islice(rows, BLOCK_ROWS))
                    if not some:
                        return
                    taken += len(some)
                    if taken > MAX_ROWS:
                        raise DataError(f"{self.source} has more than {MAX_ROWS:,} rows", "Save it as .csv.")
                    yield some
            except DataError:
                raise
            except Exception:
                # A damaged file makes zipfile, the XML parser and openpyxl raise errors of many kinds.
                raise DataError(
                    f"{self.source} is not a whole Excel file", "Save or download it again, or save it as .csv."
                ) from None

    def _tell_of_sheets(self, names: Sequence[str], covers: int) -> None:
        if len(names) < 2:
            return
        before, behind = names[:covers], names[covers + 1 :]
        which = f"number {covers + 1}" if covers else "the first"
        others = f"; before it: {quoted_names(before)}" if before else ""
        others += f"; behind it: {quoted_names(behind)}" if behind else ""
        said = f"the sheet {short_name(names[covers])!r} is read, {which} of {len(names)}{others}"
        self.other_sheets = (
            f"T{said[1:]}: if the rows are in another one, move it to the front, or save it as a file of its own."
        )
        if not covers:
            self._note(f"{self.source}: {said}")
        elif (warning := f"{self.source}: {said}; those before it fill one cell a row at most") not in self.warnings:
            self.warnings.append(warning)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _texts_of(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet as texts."""
    # What a file says of its size may be wrong.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        yield [*map(_as_text, row)]


def _as_text(value: Any) -> str:
    """A cell as it would be written into a .csv file; "" for an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        # A date is a time at midnight.
        return str(value.date() if value.time() == _MIDNIGHT else value)
    return _unescaped(str(value))


def _unescaped(text: str) -> str:
    """A text whose characters that XML lacks are written by their code, such as ``_x000D_`` for a carriage return.

    ECMA-376, part 1, 22.9.2.19 (ST_Xstring): code units of UTF-16.
    """
    found = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return text if found == text else found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
