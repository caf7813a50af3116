"""The rows that a view is asked for: a table, or what becomes one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recurra.data.frames import is_frame
from recurra.data.read import read_table
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.runtime import Model

__all__ = ["table_of_rows"]


def table_of_rows(given: Any, model: Model) -> Table:
    """The table in whatever people hold.

    Args:
        given: a table, a data frame or Arrow table, or a file's path, which are read by the model's columns.
        model: the model that the view is of.

    Raises:
        DataError: it is none of these, or cannot be read.
    """
    if isinstance(given, Table):
        return given
    if isinstance(given, str | Path) or is_frame(given):
        try:
            return read_table(given, label_format=model.task.label_cells, model=model.columns)
        except DataError as error:
            raise DataError(
                error.received, "Give recurra.read_table(rows, text=…, label=…), with its columns."
            ) from error
    raise DataError(
        f"The rows are {given!r:.60}",
        "Give recurra.read_table(...), a data frame with columns of texts and labels, or a file's path.",
    )
