"""Whether lines are rows of a table, or texts."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable
from io import StringIO
from itertools import islice
from typing import Literal

from recurra.data.delimited import RawTable
from recurra.data.formats import (
    LOOK_BYTES,
    LOOK_LINES,
    format_of_text,
    header_format,
    separator_line,
    separator_of,
    short_name,
    short_names,
)
from recurra.data.usual_names import is_usual_name
from recurra.errors import DataError

__all__ = ["TABLE_LINES", "check_separator", "how_to_read", "is_marked", "table_format", "table_or_texts"]

TABLE_LINES = 200
"""Number of lines by which a file of texts is taken for a table: a cell may have many."""
# Formats, marks between fields, and the fewest fields by which lines of text are taken for rows; the share of these.
_TABLES = (("tsv", "\t", 2), ("csv", ";", 2), ("csv", "|", 2), ("csv", ",", 3))
_MOST = 0.9


def table_or_texts(
    head: str, form: str, *, known: Collection[str] = (), named: Collection[str] = ()
) -> Literal["table", "texts", "unsure"]:
    """Whether the start of a file is a table with a header, or one text a line.

    In ``message, no space left on device`` a space follows the comma, as in a sentence: a text, unless all fields are
    names of columns, as in ``text, label``. Otherwise a table has a header of short, distinct names, at least one row,
    and as many fields in each row. Who asks for a column by its name says that it is one.

    Args:
        head: the first characters of the file; a field of its first line is a name of a column.
        form: ``csv`` or ``tsv``.
        known: names of columns that a model learned from.
        named: names of columns that the user gave.

    Returns:
        ``unsure`` if the first line looks like a header, and the lines below it do not belong to it, or are none.
    """
    if separator_line(head.lstrip()):
        return "table"
    mark = "\t" if form == "tsv" else separator_of(head)
    try:
        every = csv.reader(StringIO(head, newline=""), delimiter=mark)
        rows = [row for row in every if len(row) > 1 or "".join(row).strip()]
    except csv.Error:
        return "unsure"
    names = [name.strip() for name in rows[0]]
    if not set(names).isdisjoint(named):
        return "table"
    if names != rows[0] and not all(is_usual_name(name) or name in known for name in names):
        return "texts"
    if len(rows) < 2 or len(set(names)) < len(names) or not short_names(filter(None, names)):
        return "unsure"
    *whole, last = rows[1:]
    # The last row may go on behind what was read.
    fits = len(last) <= len(names) if len(head) >= LOOK_BYTES // 4 else len(last) == len(names)
    return "table" if fits and all(len(row) == len(names) for row in whole) else "unsure"


def table_format(lines: Iterable[str]) -> str | None:
    """The format if the first lines of a file of texts look like rows of a table, else ``None``.

    ``jsonl``, ``json`` or ``fasttext`` if :func:`is_marked`. ``csv`` or ``tsv`` if the first is a header
    (:func:`header_format`), or there are three or more with as many tabs each; or the first has short fields between
    tabs, semicolons or bars, or three or more between commas (two, if one is a usual name), and the others as many
    fields.
    """
    full = [line for line in islice(lines, TABLE_LINES) if line.strip()]
    if full and is_marked(form := format_of_text("\n".join(full)), full[0]):
        return form
    tabs = {line.count("\t") for line in full[:LOOK_LINES]}
    found = header_format(full[0]) if full else None
    if found is None and len(full) > 2 and len(tabs) == 1 and tabs != {0}:
        return "tsv"
    return found or next((form for form, mark, least in _TABLES if _is_table(full, mark, least)), None)


def how_to_read(form: str, first: str = "") -> str:
    """What to do to read lines as rows of the format that :func:`table_format` found, for messages.

    Args:
        form: the format.
        first: the first line, which may look like a header.
    """
    missing = form in ("csv", "tsv") and header_format(first) != form
    header = "give it a header row if it has none, and " if missing else ""
    return f"{header}say --format {form}"


def is_marked(form: str | None, line: str) -> bool:
    """Whether a format says of itself that it is no texts, by its first line: a whole object, a list, ``__label__``."""
    try:
        return form in ("json", "fasttext") or (form == "jsonl" and isinstance(json.loads(line), dict))
    except (ValueError, RecursionError):
        return False


def _is_table(lines: list[str], mark: str, least: int) -> bool:
    """Whether lines are a header of short names, ``least`` or more, and rows most of which have as many fields."""
    try:
        # As in "id, text": what is written by hand has spaces there.
        names, *rows = csv.reader(lines, delimiter=mark, skipinitialspace=True)
    except (csv.Error, ValueError):
        return False
    usual = len(names) > 1 and any(map(is_usual_name, names))
    least, needed = (2, 1) if usual else (least, 1 if mark in (";", "|") else 2)
    # A quote may be open at the last line that is looked at.
    rows = rows[:-1] if len(rows) > needed else rows
    agreeing = sum(len(row) == len(names) for row in rows)
    return len(names) >= least and short_names(names) and len(rows) >= needed and agreeing >= _MOST * len(rows)


def check_separator(head: RawTable, source: str) -> None:
    """Raises a :class:`DataError` for a file that is read with the wrong separator.

    Such a file has one column, and the right separator is in its name.
    """
    if len(head.names) == 1 and head.has_header:
        other = next((mark for mark in (";", "\t", "|", ",") if mark in head.names[0]), None)
        if other is not None:
            raise DataError(
                f"{source} has one column, {short_name(head.names[0])!r}: it is separated by {other!r}",
                "Say --format csv, or save it with commas as .csv or with tabs as .tsv.",
            )
