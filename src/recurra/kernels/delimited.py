"""Finds the fields of delimited text (RFC 4180), and copies those of a column."""

from __future__ import annotations

from numba import njit

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt32Array, ReadUInt8Array, UInt8Array

__all__ = ["copy_column", "find_fields"]

# Why the search ended.
WHOLE, CUT, WRONG_WIDTH, TEXT_BEHIND_QUOTE, NEVER_CLOSED = 0, 1, 2, 3, 4

QUOTE, LINE_FEED, RETURN = 34, 10, 13


def find_fields(
    data: ReadUInt8Array, delimiter: int, width: int, most: int, done: int, begins: Int32Array, ends: Int32Array,
    blank: Int32Array, found: Int64Array,
) -> None:  # fmt: skip
    """The fields of whole rows; blank lines are none, but counted.

    Args:
        data: UTF-8 that begins with a row.
        delimiter: the byte between fields.
        width: the number of fields in a row; 0 for any, if one row is searched.
        most: the maximum number of rows.
        done: 1 if the text ends with the data, else 0.
        begins: where each field begins, written row by row as far as there is room.
        ends: where it ends; ``-1 - end`` if there are doubled quotes in it.
        blank: how many blank lines stand before each row, written as far as there is room.
        found: int64[7], written: how the search ended; the number of rows; the index behind them; and, of the row after
            them, the index of its first byte, the number of its fields, the index where it ends or is wrong, and the
            number of blank lines before it.
    """
    size = len(data)
    at = rows = fields = 0
    found[0], found[2], found[6] = WHOLE, 0, 0
    while rows < most and fields + width <= len(begins):
        begun = at
        found[6] = 0
        while at < size and (data[at] == LINE_FEED or data[at] == RETURN):
            # The line feed of both parts of a line end was counted with the first one.
            if data[at] == RETURN or at == begun or data[at - 1] == LINE_FEED:
                found[6] += 1
            at += 1
        found[2] = at
        if at == size:
            break
        begun, own = at, 0
        while True:
            begin = at
            if at < size and data[at] == QUOTE:
                at, doubled = _closing_quote(data, at + 1)
                if at == size:
                    found[0] = NEVER_CLOSED if done else CUT
                    break
                begin, end = begin + 1, at
                at += 1
                if at < size and not _ends_field(data[at], delimiter):
                    found[0] = TEXT_BEHIND_QUOTE
                    begun = begin - 1
                    break
                if doubled:
                    end = -1 - end
            else:
                while at < size and not _ends_field(data[at], delimiter):
                    at += 1
                end = at
            if fields + own < len(begins):
                begins[fields + own] = begin
                ends[fields + own] = end
            own += 1
            if at == size:
                if not done:
                    found[0] = CUT
                break
            at += 1
            if data[at - 1] != delimiter:
                break
        if found[0] == WHOLE and width and own != width:
            found[0] = WRONG_WIDTH
        found[3], found[4], found[5] = begun, own, at
        if found[0] != WHOLE:
            break
        # Both parts of a line end belong to the row.
        if at < size and data[at - 1] == RETURN and data[at] == LINE_FEED:
            at += 1
        if rows < len(blank):
            blank[rows] = found[6]
        found[6] = 0
        fields += own
        rows += 1
        found[2] = at
    found[1] = rows


@njit(inline="always")
def _ends_field(byte: int, delimiter: int) -> bool:
    return byte in (delimiter, LINE_FEED, RETURN)


@njit
def _closing_quote(data: ReadUInt8Array, at: int) -> tuple[int, bool]:
    """The index of the quote that closes a field, the size if there is none; and whether others are doubled in it."""
    size, doubled = len(data), False
    while at < size:
        if data[at] == QUOTE:
            if at + 1 == size or data[at + 1] != QUOTE:
                break
            doubled = True
            at += 1
        at += 1
    return at, doubled


def copy_column(
    data: ReadUInt8Array, begins: ReadInt32Array, ends: ReadInt32Array, column: int, width: int, values: UInt8Array,
    offsets: Int32Array,
) -> None:  # fmt: skip
    """Copies the fields of a column, without the quotes that double others.

    Args:
        data: see :func:`find_fields`.
        begins: see there.
        ends: see there.
        column: index of the column.
        width: the number of columns.
        values: the fields, written one after the other; has room for all of them.
        offsets: where each begins, and where the last one ends, written; one more than there are rows.
    """
    size = 0
    offsets[0] = 0
    for row in range(len(offsets) - 1):
        place = row * width + column
        end = ends[place]
        if end >= 0:
            for at in range(begins[place], end):
                values[size] = data[at]
                size += 1
        else:
            at = begins[place]
            while at < -1 - end:
                values[size] = data[at]
                size += 1
                at += 2 if data[at] == QUOTE else 1
        offsets[row + 1] = size
