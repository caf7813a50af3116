"""Leaves out rows whose label is missing, where they were read with ``LabelFormat(missing=True)``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recurra.data.corpus import Corpus, RowSubset
from recurra.data.table import Table
from recurra.errors import DataError

__all__ = ["labelled_table", "skip_unlabelled"]


def skip_unlabelled(rows: Corpus, say: Callable[[str], None]) -> Corpus:
    """The rows that have a label.

    Args:
        rows: read so that a missing label is ``None``.
        say: called with a message on how many have none.

    Raises:
        DataError: none has one.
    """
    missing = [code for code, value in enumerate(rows.labels.values) if value is None]
    kept = ~np.isin(rows.labels.codes, missing)
    _tell(int((~kept).sum()), len(rows), rows.source, say)
    return rows if kept.all() else RowSubset(rows, kept)


def labelled_table(table: Table, say: Callable[[str], None]) -> Table:
    """The same for a table in memory."""
    kept = [place for place, label in enumerate(table.labels or ()) if label is not None]
    _tell(len(table) - len(kept), len(table), table.source, say)
    return table if len(kept) == len(table) else table.take(kept)


def _tell(skipped: int, rows: int, source: str, say: Callable[[str], None]) -> None:
    if skipped and skipped == rows:
        raise DataError(f"None of the {rows:,} rows of {source} has a label", "Name the column of the labels.")
    if skipped:
        what = "has no label and is" if skipped == 1 else "have no label and are"
        say(f"{skipped:,} of {rows:,} rows of {source} {what} skipped.")
