"""Whether lines whose first one holds a usual name of a column are rows of a table, or texts."""

from __future__ import annotations

import csv
from collections.abc import Collection
from io import StringIO
from typing import Literal

from recurra.data.formats import LOOK_BYTES, separator_line, separator_of, short_names
from recurra.data.usual_names import is_usual_name

__all__ = ["table_or_texts"]


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
        rows = [row for row in csv.reader(StringIO(head, newline=""), delimiter=mark) if any(map(str.strip, row))]
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
