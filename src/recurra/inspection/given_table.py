"""The rows that a view is asked for: a table, or what becomes one."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from recurra.data.columns import quoted_names
from recurra.data.documents import Document, check_documents, is_missing, row_numbers
from recurra.data.frames import is_frame
from recurra.data.model_columns import learned_from_titles
from recurra.data.plain_values import other_order_note, plain_list
from recurra.data.read import read_table, table_of
from recurra.data.row_numbers import RowNumbers
from recurra.data.sources import open_blocks
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.evaluation.given_rows import labels_of_rows
from recurra.runtime import Model

__all__ = ["table_of_rows"]

_ROWS = "Leave these rows out, such as by frame.dropna(subset=…), or give them texts."


def table_of_rows(given: Any, model: Model, y: Any = None) -> Table:
    """The table in whatever people hold.

    Args:
        given: a table, a data frame or Arrow table, or a file's path, which are read by the model's columns; where
            others had to be guessed among several, a warning names them. With ``y``, B texts or (title, text) pairs: a
            list, an array or a column.
        model: the model that the view is of.
        y: the B labels of texts, as ``fit`` takes them.

    Raises:
        DataError: it is none of these, cannot be read, or is a frame in which a text is missing.
    """
    if y is not None:
        return _table_of_texts(given, y, model)
    if isinstance(given, Table):
        return given
    if isinstance(given, str | Path) or is_frame(given):
        cells, columns = model.task.label_cells, model.columns
        try:
            if is_frame(given):
                table = table_of(open_blocks(given), label_format=cells, model=columns, missing_texts=False)
            else:
                table = read_table(given, label_format=cells, model=columns)
        except DataError as error:
            hint = "Give recurra.read_table(rows, text=…, label=…), with its columns."
            raise DataError(error.received, _ROWS if "no text" in error.received else hint) from error
        _warn_of_guesses(table)
        return _as_learned(table, model)
    raise DataError(
        f"The rows are {given!r:.60}",
        "Give recurra.read_table(...), a data frame with columns of texts and labels, or a file's path; or texts and "
        "labels: (model, texts, labels).",
    )


def _table_of_texts(texts: Any, labels: Any, model: Model) -> Table:
    """Texts and labels, as ``fit`` takes them, as a table whose rows are numbered from 0.

    Args:
        texts: B texts or (title, text) pairs: a list, an array or a column.
        labels: B labels, likewise; for a model of several labels lists of them, or an indicator matrix (array, sparse
            or a data frame) whose columns are the model's classes in order.
        model: the model that the view is of.

    Raises:
        DataError: they are none of these, or a text or a label is missing.
    """
    for name, given in {"The texts are": texts, "The labels are": labels}.items():
        if given is labels and model.task.lists and (is_frame(given) or getattr(given, "ndim", 1) == 2):
            continue
        single = isinstance(given, str | bytes | Path | Mapping | Set | Table) or getattr(given, "ndim", 1) != 1
        if single or is_frame(given) or not isinstance(given, Iterable):
            shown = f"a {type(given).__name__}" if is_frame(given) else f"{given!r:.60}"
            way = "Give lists, arrays or columns: (model, frame['text'], frame['label'])."
            if given is texts and is_frame(given):
                way += " Of titles and texts give the whole frame, (model, frame), or pairs: list(zip(titles, texts))."
            raise DataError(f"{name} {shown}", way)
    if note := other_order_note(texts, labels):
        warnings.warn(note, UserWarning, stacklevel=4)
    documents, given_labels = plain_list(texts), labels_of_rows(labels, model.classes_.tolist(), lists=model.task.lists)
    check_documents(documents)
    missing = [row for row, label in enumerate(given_labels) if is_missing(label)]
    if missing:
        raise DataError(f"There is no label in {row_numbers(missing)}", "Leave these rows out.")
    title = "title" if documents and all(isinstance(one, tuple) for one in documents) else None
    return Table(documents, given_labels, "text", title, "label", "the data given", row_numbers=RowNumbers(0))


def _as_learned(table: Table, model: Model) -> Table:
    """The table without the titles that were guessed where the model learned from texts alone, which have no name."""
    if table.title_column is None or model.columns is not None or learned_from_titles(model.record):
        return table
    warnings.warn(
        f"the column of titles {table.title_column!r:.60} is not read, for the model learned from texts alone",
        UserWarning,
        stacklevel=4,
    )
    texts: list[Document] = [document[1] if isinstance(document, tuple) else document for document in table.documents]
    return replace(table, documents=texts, title_column=None)


def _warn_of_guesses(table: Table) -> None:
    """Warns where the text or the label was guessed among several columns: another may be meant."""
    others = set(table.text_columns) - {table.text_column, table.title_column, table.label_column}
    guessed = [note for note in table.notes if "columns guessed" in note]
    if guessed and others:
        warnings.warn(
            f"{guessed[0].partition('; name ')[0]}, and there are {quoted_names(sorted(others))}: name those that you "
            "mean by recurra.read_table(rows, text=…, label=…)",
            UserWarning,
            stacklevel=4,
        )
