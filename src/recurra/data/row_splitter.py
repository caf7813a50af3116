"""Splits the text of a .csv or .tsv file into rows and fields, by RFC 4180.

Text after a closing quote (``"x"y``) is an error, and so is a quote that is never closed. A quote that does not start a
value is an ordinary character, as in ``5" disk``. Rows end with line feeds, carriage returns or both.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recurra.data.delimited import MAX_COLUMNS
from recurra.data.file_errors import (
    never_closed,
    row_of_wrong_length,
    row_too_long,
    text_behind_quote,
    title_above_header,
    too_many_columns,
)
from recurra.data.formats import TITLE_ROWS, is_title_above, separator_line
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError
from recurra.kernels import delimited
from recurra.kernels.compiled import kernels_of

__all__ = ["RowSplitter", "TextArrays"]

TextArrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]
"""B texts: UTF-8 uint8[S] and offsets int32[B + 1], Arrow's layout of strings."""

MAX_FIELDS = 1 << 18
"""Maximum number of fields that are split at once."""

_TITLE_BYTES = 1 << 12  # below a title, where the header is looked for

_SEPARATOR_LINE_BYTES = 9  # of "sep=;" in quotes, with its line end


class RowSplitter:
    """Splits a text that comes in pieces.

    Args:
        delimiter: one ASCII character.
        source: name of the file, for messages.
        longest: maximum size of a row in bytes.

    Attributes:
        names: the fields of the first row, trimmed; empty before.
        header: number of the first row, blank lines before it counted.
        rows: number of rows so far, the first one included.
        taken: number of bytes so far.
    """

    def __init__(self, delimiter: str, source: str, *, longest: int) -> None:
        self.delimiter, self.source, self.longest = ord(delimiter), source, longest
        self.names: list[str] = []
        self.header = self.rows = self.taken = 0
        # The start of a row whose end is yet to come, and the number of line ends before it.
        self._rest, self._lines = b"", 0
        # The lines below a header of one field, which may be a title by which the wrong separator was chosen.
        self._below: list[str] = []
        # The number of the next row, blank lines before it not counted yet.
        self._next = 1
        self._kernels = kernels_of("delimited")
        self._begins, self._ends, self._blank = (np.empty(MAX_FIELDS, dtype=np.int32) for _ in range(3))

    def split(self, piece: bytes, *, done: bool) -> Iterator[tuple[list[TextArrays], RowNumbers]]:
        r"""The columns of the rows that end in a piece, and their numbers, some thousands of rows at a time.

        Args:
            piece: the next bytes in UTF-8; \r\n is never in two pieces.
            done: whether it is the last one.

        Raises:
            DataError: a row has another number of fields than the first one, is too long, or has a wrong quote.
        """
        if not self.taken and not self._rest:
            piece = self._without_separator_line(piece.removeprefix(codecs.BOM_UTF8))
        content = self._rest + piece
        data = np.frombuffer(content, dtype=np.uint8)
        place, found = 0, np.zeros(7, dtype=np.int64)
        while place < len(content):
            width = len(self.names)
            most = MAX_FIELDS if width else 1
            self._kernels.find_fields(
                data[place:], self.delimiter, width, most, int(done), self._begins, self._ends, self._blank, found
            )
            how, rows, end = found[:3].tolist()
            self.rows, self.taken = self.rows + rows, self.taken + end
            numbers = self._next + np.arange(rows) + np.cumsum(self._blank[:rows])
            self._next = int(numbers[-1] + 1 if rows else self._next) + int(found[6])
            if rows and not width:
                self.header = int(numbers[0])
                self._take_names(data[place:], int(found[4]))
                if len(self.names) == 1:
                    below = content[place + end : place + end + _TITLE_BYTES].decode(errors="replace")
                    self._below = [line for line in below.splitlines() if line.strip()][: TITLE_ROWS - 1]
            elif rows:
                yield self._columns(data[place:], rows), RowNumbers.of_rows(numbers)
            if how > delimited.CUT:
                raise self._error(content[place:], found.tolist())
            self._lines += _line_ends(content[place : place + end])
            place += end
            if how == delimited.CUT:
                break
        self._rest = content[place:]
        if len(self._rest) > self.longest:
            raise row_too_long(self.source, self.longest)

    def _without_separator_line(self, piece: bytes) -> bytes:
        """The first piece without a line that names the separator: Excel does not count it as a row either."""
        named = separator_line(piece[:_SEPARATOR_LINE_BYTES].decode(errors="replace"))
        if named is None or ord(named[1]) != self.delimiter:
            return piece
        self._lines = 1
        return piece[named.end() :]

    def _take_names(self, data: npt.NDArray[np.uint8], width: int) -> None:
        if width > MAX_COLUMNS:
            raise too_many_columns(width, self.source)
        self.names = [self._column(data, 1, place, width)[0].tobytes().decode().strip() for place in range(width)]

    def _columns(self, data: npt.NDArray[np.uint8], rows: int) -> list[TextArrays]:
        width = len(self.names)
        return [self._column(data, rows, place, width) for place in range(width)]

    def _column(self, data: npt.NDArray[np.uint8], rows: int, place: int, width: int) -> TextArrays:
        fields = slice(place, rows * width, width)
        ends = self._ends[fields]
        size = int((np.where(ends < 0, -1 - ends, ends) - self._begins[fields]).sum(dtype=np.int64))
        values, offsets = np.empty(size, dtype=np.uint8), np.empty(rows + 1, dtype=np.int32)
        self._kernels.copy_column(data, self._begins, self._ends, place, width, values, offsets)
        return values[: offsets[-1]], offsets

    def _error(self, content: bytes, found: list[int]) -> DataError:
        how, _, end, begin, fields, place, _ = found
        row = self.rows + 1
        if how == delimited.WRONG_WIDTH:
            text = content[begin:place].rstrip(b"\r\n").decode()
            near = [*self._below, *([text] if fields > len(self.names) and row <= TITLE_ROWS else [])]
            if header := next((line for line in near if is_title_above(self.names, line)), None):
                return title_above_header(chr(self.delimiter).join(self.names), header, self.source)
            return row_of_wrong_length(self._next, self.header, fields, len(self.names), text, self.source)
        if how == delimited.NEVER_CLOSED:
            return never_closed(self._next, self.header or self._next, self.source)
        line, opened = (1 + self._lines + _line_ends(content[:at]) for at in (place, begin))
        return text_behind_quote(content[end:place], content[place : place + 4], line, opened, self.source)


def _line_ends(content: bytes) -> int:
    r"""How many of \n, \r\n and \r there are."""
    returns = content.count(b"\r")
    return content.count(b"\n") + (returns - content.count(b"\r\n") if returns else 0)
