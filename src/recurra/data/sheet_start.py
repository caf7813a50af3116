"""Finds out whether the first sheet of a workbook begins with the table, or with a title or a cover page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median

from recurra.data.columns import quoted_names
from recurra.data.formats import short_name
from recurra.data.usual_names import is_usual_name
from recurra.errors import DataError

__all__ = ["check_start", "covers_before"]

# How many filled rows at the start of a sheet are looked at, and how many with those that are blank.
LOOK_ROWS, LOOK_AMONG = 20, 1000

Row = tuple[int, list[str]]  # its number from 1, its filled cells


def covers_before(sheets: Iterable[Iterable[Sequence[str]]], named_columns: Collection[str] = ()) -> int:
    """How many sheets stand before the one with the table: empty ones, and short covers of one cell a row.

    The sheet behind them has two columns or more and more rows. None is a cover whose first row is a header for sure.

    Args:
        sheets: the rows of each sheet, in order; of those behind the table none is looked at.
        named_columns: columns that the user named.
    """
    longest = 0
    for place, rows in enumerate(map(list, map(_filled, sheets))):
        first = rows[0][1] if rows else []
        if any(name in named_columns or is_usual_name(name) for name in first):
            return place if len(first) > 1 and len(rows) > longest else 0
        if len(first) > 1:
            return place if len(rows) > max(longest, 1) else 0
        if len(rows) == LOOK_ROWS or any(len(cells) > 1 for _, cells in rows):
            return 0
        longest = max(longest, len(rows))
    return 0


def check_start(
    sheets: Mapping[str, Iterable[Sequence[str]]], *, source: str, named_columns: Collection[str] = ()
) -> None:
    """Checks that the first row of the first sheet that is not blank is a header.

    A first row with a usual name, or with a column that the user named, is one. Another is refused if a later row looks
    more like a header, if most rows below it are twice as wide, or if another sheet begins with usual names or is the
    only one with rows.

    Args:
        sheets: the rows of each sheet by its name, in order; of those behind the first only some may be given.
        source: the workbook, for messages.
        named_columns: columns that the user named.

    Raises:
        DataError: it is no header.
    """
    names = list(sheets)
    rows = list(_filled(sheets[names[0]]))
    number, first = rows[0] if rows else (1, [])
    if set(first) & set(named_columns):
        return
    if not any(map(is_usual_name, first)):
        for name in names[1:]:
            other = next(_filled(sheets[name]), (1, []))[1]
            # A sheet of one row holds no rows, whatever it is.
            usual = len(rows) == 1 or any(map(is_usual_name, other))
            if other and (not first or (len(other) > 1 and usual)):
                held = f"begins with {_shown(first)}" if first else "is empty"
                raise DataError(
                    f"{source}: only the first of its sheets is read, and {short_name(names[0])!r} {held}, while "
                    f"{short_name(name)!r} has the columns {_shown(other)}",
                    "Move the sheet of the rows to the front, or save it as .csv.",
                )
    if len(rows) < 2:
        return
    header = _header_by_width(rows)
    widest = 0
    for row in rows[1:]:
        # Only the first row of its width may be the header: the others are rows below it.
        if _is_better(row[1], first, first_of_width=len(row[1]) > widest):
            shown = (
                header
                if header[0] not in (number, row[0]) and header[0] < row[0] and not _mostly_usual(row[1])
                else row
            )
            raise _title(source, names[0], number, first, _looks_like_header(shown))
        widest = max(widest, len(row[1]))
    wide = [cells for _, cells in rows[1:] if len(cells) >= 2 * len(first)]
    if 2 * len(wide) > len(rows) - 1 and not any(map(is_usual_name, first)):
        filled = "1 cell is filled" if len(first) == 1 else f"{len(first)} cells are filled"
        why = f"{filled} there and {len(wide[0])} below"
        if header[0] != number:
            why = f"{why}; {_looks_like_header(header)}"
        raise _title(source, names[0], number, first, why)


def _filled(rows: Iterable[Sequence[str]]) -> Iterator[Row]:
    filled = ((number, [cell.strip() for cell in row if cell.strip()]) for number, row in enumerate(rows, 1))
    return islice((row for row in islice(filled, LOOK_AMONG) if row[1]), LOOK_ROWS)


def _is_better(cells: list[str], first: list[str], *, first_of_width: bool) -> bool:
    """Whether a row looks more like a header than the first: it has usual names, and more of them."""
    usual, of_first = (sum(map(is_usual_name, row)) for row in (cells, first))
    wider = first_of_width and len(cells) > max(len(first), 1)
    return usual > of_first and (wider or (not of_first and 1 < usual == len(cells)))


def _mostly_usual(cells: list[str]) -> bool:
    return 2 * sum(map(is_usual_name, cells)) >= len(cells)


def _header_by_width(rows: Sequence[Row]) -> Row:
    """The first row with more than half as many filled cells as most rows have; a header may lack a name."""
    usual = median(len(cells) for _, cells in rows)
    return next(row for row in rows if 2 * len(row[1]) > usual)


def _looks_like_header(row: Row) -> str:
    return f"row {row[0]} looks like the header, {_shown(row[1])}"


def _title(source: str, sheet: str, number: int, first: list[str], why: str) -> DataError:
    return DataError(
        f"{source}: row {number} of the sheet {short_name(sheet)!r}, {_shown(first)}, is no header: {why}",
        "Delete the rows above the header, or give each column a name in the first row.",
    )


def _shown(cells: list[str]) -> str:
    return quoted_names(cells)
