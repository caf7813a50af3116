"""A table of new names of classes, as decisions on all rows of these classes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from recurra.data.columns import quoted_names
from recurra.data.decision_file import DecisionFile
from recurra.data.label_format import split_labels
from recurra.data.review_decisions import HEADERS, Decision, decisions_in
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError

__all__ = ["read_relabelling"]

OLD, NEW = "label", "new label"


def read_relabelling(
    path: str | Path,
    cells: Callable[[], Iterable[Any]],
    *,
    numbers: RowNumbers,
    separator: str | None,
    encoding: str = "utf-8",
    say: Callable[[str], object] = lambda line: None,
) -> list[Decision]:
    """Reads decisions on rows, or a table with the columns ``label`` and ``new label``: decisions on whole classes.

    Args:
        path: the file, as for :func:`recurra.data.review_decisions.read_decisions`.
        cells: gives the label of each row as it was read: a value, or several of them.
        numbers: those of the rows of the table that the decisions are about.
        separator: separator of the labels in a cell; ``None`` if a text is one label, or the cells are lists.
        encoding: of a file that is not UTF-8.
        say: told which of the classes no row has: a table may be kept for the files of many months.

    Raises:
        DataError: the file cannot be read; or a class gets no name, or two; or no row has any of the names.
    """
    file, source = DecisionFile.read(path, encoding=encoding, workbook=True), str(path)[-80:]
    lines = csv.DictReader(io.StringIO(file.text, newline=""), delimiter=file.separator)
    if NEW not in (lines.fieldnames or []) or OLD not in (lines.fieldnames or []):
        try:
            return decisions_in(file, source=source, numbers=numbers)
        except DataError as error:
            if error.hint != HEADERS:
                raise
            raise DataError(error.received, f"{HEADERS} To rename whole classes: {OLD},{NEW}.") from None
    names: dict[str, str] = {}
    for line in lines:
        old, new = ((line.get(name) or "").strip() for name in (OLD, NEW))
        if not old and not new:
            continue
        if not old or not new or names.get(old, new) != new:
            what = "gets two names" if old in names else "is empty" if not old else "has no new label"
            raise DataError(f"{source}: the label {old!r:.80} {what}", "Write each label once, with its new name.")
        names[old] = new
    decisions, found = [], set[str]()
    for row, cell in enumerate(cells()):
        labels = [] if cell is None else [*map(str, split_labels([_tuple(cell)], separator)[0])]
        if had := names.keys() & labels:
            found |= had
            renamed = [*dict.fromkeys(names.get(label, label) for label in labels)]
            several = isinstance(cell, list | tuple)
            label = json.dumps(renamed, ensure_ascii=False) if several else (separator or "").join(renamed)
            decisions.append(Decision(row, "relabel", label, renames=True))
    if lost := [old for old in names if old not in found]:
        if not found:
            raise DataError(
                f"{source} renames {lost[0]!r:.80}, which no row has", "Write the label as the rows have it."
            )
        say(f"{source} renames {quoted_names(lost)}, which no row has.")
    return decisions


def _tuple(cell: Any) -> Any:
    return tuple(cell) if isinstance(cell, list) else cell
