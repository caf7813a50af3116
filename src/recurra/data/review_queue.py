"""A queue: a file of decisions to be made, which keeps those that were made in it already."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from recurra.data.decision_file import DecisionFile
from recurra.data.formats import format_of_bytes, require_openpyxl
from recurra.data.review_decisions import (
    Decision,
    NumberedRows,
    check_decisions,
    decision_table,
    decisions_csv,
    read_decisions,
)
from recurra.data.row_numbers import RowNumbers
from recurra.data.workbook import with_rows
from recurra.errors import DataError, SettingsError

__all__ = ["Queue", "extended_queue", "read_queue"]

KINDS = (".csv", ".xlsx")
"""Endings of new queues."""

_HINT = "Correct it, or give another name with --queue: a file that is there is only added to."


class Queue(NamedTuple):
    """The content of a queue's file.

    Attributes:
        content: the bytes of the file.
        before: number of rows that were in it.
        made: number of these that are excluded or relabelled.
        added: number of new rows.
    """

    content: bytes
    before: int
    made: int
    added: int


def read_queue(path: Path, *, numbers: RowNumbers, encoding: str = "utf-8") -> list[Decision]:
    """The decisions in a queue; none if there is no such file, or nothing in it.

    Args:
        path: the file.
        numbers: those of the rows of the table that the decisions are about.
        encoding: of a file that is not UTF-8.

    Raises:
        DataError: it is another kind of file, or cannot be read.
        SettingsError: there is none, and its name is not that of a kind that can be written.
    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        if path.suffix.lower() not in KINDS:
            raise SettingsError(
                f"--queue {str(path)!r:.200} ends in {path.suffix!r}", f"End it in {' or '.join(KINDS)}."
            )
        if path.suffix.lower() == ".xlsx":
            require_openpyxl("Writing .xlsx")
        return []
    try:
        return read_decisions(path, numbers=numbers, encoding=encoding)
    except DataError as error:
        raise DataError(error.received, _HINT) from None


def extended_queue(
    path: Path,
    decisions: Sequence[Decision],
    notes: Sequence[Mapping[str, object]],
    rows: NumberedRows,
    *,
    encoding: str = "utf-8",
) -> Queue:
    """A queue with more decisions to be made; what is in its file stays, as somebody may have edited it.

    Of a text it stays byte for byte; a workbook keeps its rows, columns and formats.

    Args:
        path: the file, which may exist; a new one is a .csv or .xlsx file.
        decisions: at most one per row; those about rows that the file has are left out.
        notes: additional columns for each decision; all with the same names. A file that exists gets those it has.
        rows: the rows that the decisions are about.
        encoding: of a file that is not UTF-8. New rows are written as the others are, with their separator.

    Raises:
        DataError: the file is of another kind, or about other rows.
    """
    old = read_queue(path, numbers=rows.row_numbers, encoding=encoding)
    if not old:
        if path.suffix.lower() == ".xlsx":
            written = with_rows(b"", _typed(decision_table(decisions, notes, numbers=rows.row_numbers)))
        else:
            written = decisions_csv(decisions, notes, numbers=rows.row_numbers).encode("utf-8", "replace")
        return Queue(written, 0, 0, len(decisions))
    try:
        check_decisions(old, rows)
    except DataError as error:
        raise DataError(f"{path}: {error.received}", _HINT) from None
    there = {one.row for one in old}
    new = [place for place, one in enumerate(decisions) if one.row not in there]
    table = decision_table(
        [decisions[place] for place in new], [notes[place] for place in new], numbers=rows.row_numbers
    )
    written = _added(path.read_bytes(), DecisionFile.read(path, encoding=encoding, workbook=True), table)
    return Queue(written, len(old), sum(one.decision != "keep" for one in old), len(new))


def _added(content: bytes, file: DecisionFile, table: list[list[object]]) -> bytes:
    """The content of a file with the lines of a table below its own, in its columns."""
    header = next(csv.reader(io.StringIO(file.text, newline=""), delimiter=file.separator))
    values = [dict(zip(map(str, table[0]), line, strict=True)) for line in table[1:]]
    rows: list[list[object]] = [[one.get(name, "") for name in header] for one in values]
    if not rows:
        return content
    if format_of_bytes(content) == "xlsx":
        return with_rows(content, _typed([[*header], *rows])[1:])
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=file.separator).writerows(rows)
    added = ("" if file.text.endswith("\n") else "\r\n") + out.getvalue()
    # "utf-16" as such would write another byte order mark.
    return content + added.encode(_without_mark(file.encoding, content), "replace")


def _typed(table: list[list[object]]) -> list[list[object]]:
    """The lines of a table with numbers where a spreadsheet is to sort by them."""
    places = [place for place, name in enumerate(table[0]) if name == "probability"]
    return [
        table[0],
        *([float(str(one)) if place in places else one for place, one in enumerate(line)] for line in table[1:]),
    ]


def _without_mark(encoding: str, content: bytes) -> str:
    """The name of an encoding that writes no byte order mark."""
    if encoding in ("utf-16", "utf-32"):
        return f"{encoding}-{'le' if content.startswith(codecs.BOM_UTF16_LE) else 'be'}"
    return encoding
