"""Reads a table of documents into memory."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

from recurra.data.arrow_columns import typed_labels
from recurra.data.blocks import Blocks, concat_blocks
from recurra.data.columns import quoted_names
from recurra.data.delimited import RawTable
from recurra.data.documents import Label, no_texts
from recurra.data.formats import MAX_FILE_BYTES
from recurra.data.label_format import MULTI_LABEL_FORMAT, SINGLE_LABEL_FORMAT, LabelFormat
from recurra.data.missing_texts import MissingTexts
from recurra.data.model_columns import ModelColumns
from recurra.data.plain_values import column_key
from recurra.data.row_block import RowBlock
from recurra.data.sources import Source, open_blocks
from recurra.data.table import Table
from recurra.data.table_reader import TableReader
from recurra.errors import DataError, in_python

__all__ = ["MAX_BYTES", "pairs_of", "read_frame", "read_table", "table_of"]

MAX_BYTES = 1 << 32
"""Maximum size of a table in memory, in bytes."""


def read_table(
    source: Source,
    *,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
    labelled: bool = True,
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002  (the option's name)
    part: Literal["train", "test"] = "train",
    label_format: LabelFormat = SINGLE_LABEL_FORMAT,
    cells: LabelFormat | None = None,
    several: bool | None = None,
    model: ModelColumns | None = None,
) -> Table:
    """Reads documents and labels; columns that are not named are guessed, as the table's notes say.

    With a title column the documents are (title, text) pairs. A missing title or text is an empty string. In Parquet,
    JSON lines and data frames labels keep the column's type; elsewhere a column is one of booleans (true, false), of
    integers or of floats if all its values are written as such (Python's way: 7 and not 07, 1.5 and not 1.50), and of
    strings otherwise.

    Args:
        source: what :func:`recurra.data.sources.open_blocks` opens.
        text: the text column, None to guess it.
        title: the title column, None to guess it where the text column is guessed as well.
        label: the label column, None to guess it.
        labelled: whether to read labels.
        encoding: encoding of text files.
        format: format of a file, None to go by its name.
        part: ``train`` or ``test``, for a folder that has both.
        label_format: how the cells of the label column are read.
        cells: old name of ``label_format``; removed in the next release.
        several: ``label_format`` as a truth value; removed in the next release.
        model: the columns that a model learned from (``Model.columns``), taken where the table has them and none is
            named.

    Raises:
        DataError: the table cannot be used; the message has row, column or byte if known.
        SettingsError: there is no such format.
    """
    if cells is not None:
        warnings.warn("The argument cells is called label_format now.", DeprecationWarning, stacklevel=2)
        label_format = cells
    if several is not None:
        warnings.warn(
            "Say label_format=MULTI_LABEL_FORMAT or SINGLE_LABEL_FORMAT for several.", DeprecationWarning, stacklevel=2
        )
        label_format = MULTI_LABEL_FORMAT if several else SINGLE_LABEL_FORMAT
    blocks = open_blocks(
        source,
        format=format,
        encoding=encoding,
        part=part,
        largest=MAX_FILE_BYTES,
        named=(text, title, label),
        model=model,
    )
    table = table_of(
        blocks, text=text, title=title, label=label, labelled=labelled, label_format=label_format, model=model
    )
    return replace(table, notes=tuple(map(in_python, table.notes)), warnings=tuple(map(in_python, table.warnings)))


def table_of(
    blocks: Blocks,
    *,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
    labelled: bool = True,
    label_format: LabelFormat = SINGLE_LABEL_FORMAT,
    missing_texts: bool = True,
    model: ModelColumns | None = None,
    classes: Collection[Label] = (),
) -> Table:
    """An opened table as :func:`read_table` reads it, with notes that name the options of the commands.

    Args:
        blocks: the table.
        text: see :func:`read_table`, as for the next ones.
        title: see there.
        label: see there.
        labelled: see there.
        label_format: see there.
        missing_texts: whether a row with neither text nor title is an empty text; else it is an error.
        model: see :func:`read_table`.
        classes: see :class:`recurra.data.table_reader.TableReader`.

    Raises:
        DataError: see there.
    """
    raw = _whole(blocks)
    reader = TableReader(
        blocks, text=text, title=title, label=label, labelled=labelled, model=model, classes=classes, head=raw
    )
    block, columns = RowBlock(raw, reader.columns, reader.source), reader.columns
    documents = block.documents
    if not missing_texts and (rows := block.rows_without_text):
        raise no_texts(rows)
    labels = None if columns.label is None else block.label_values(label_format)
    if labels is not None:
        labels = typed_labels(labels) if label_format.typed and not raw.typed else labels
        reader.check_header(labels)
    return Table(
        documents=documents,
        labels=labels,
        text_column=columns.text,
        title_column=columns.title,
        label_column=columns.label,
        source=reader.source,
        notes=reader.notes,
        warnings=reader.warnings,
        named_columns=reader.named_columns,
        text_columns=columns.text_columns,
        row_numbers=raw.numbers,
        row_hint=raw.row_hint,
    )


def _whole(blocks: Blocks) -> RawTable:
    """All rows in one block."""
    parts: list[RawTable] = []
    size = 0
    for part in blocks.read(again=False):
        parts.append(part)
        size += sum(column.nbytes for column in part.columns)
        if size > MAX_BYTES:
            raise DataError(
                f"{blocks.source} holds more than {MAX_BYTES:,} bytes", "Split it: no more are read into memory."
            )
    return concat_blocks(parts)


def read_frame(
    frame: Any,
    text: str | None = None,
    title: str | None = None,
    *,
    label: str | None = None,
    model: ModelColumns | None = None,
    guess: bool = True,
    titles: bool = False,
) -> Table:
    """The texts of a data frame or Arrow table that stands for a sequence of texts; columns are guessed if not given.

    Columns of the ``model`` are taken where the frame has them; the column ``label`` is no text. Its notes say which
    were guessed. Whoever trains or predicts has no arguments to name columns, but gives them. Without ``guess`` a frame
    with several columns of texts is an error, unless the text is given or the model's; or the model learned from
    ``titles`` as well, without names, and the frame has two such columns, one of which has a title's name.

    Its warnings say how many rows have a title and no text.

    Raises:
        DataError: they cannot be guessed, or read; a row has neither text nor title, or all have titles alone.
    """
    try:
        blocks = open_blocks(frame)
        table = table_of(
            blocks, text=text, title=title, label=label, labelled=False, missing_texts=False, model=model
        )  # fmt: skip
    except DataError as error:
        if "--text" not in error.hint and "--title" not in error.hint:
            raise
        raise DataError(
            error.received,
            "Give the column of the texts alone, such as frame['text'], or titles and texts: "
            "frame[['title', 'text']].to_numpy().",
        ) from error
    unnamed = not guess and text is None and model is None and len(table.text_columns) > 1
    if unnamed and not (titles and table.title_column is not None and len(table.text_columns) == 2):
        learned, hint = (
            "texts",
            f"Give the column of the texts alone, such as frame[{column_key(frame, table.text_column)}].",
        )
        if titles:
            learned, hint = "titles and texts", f"Give the titles and the texts: {pairs_of(frame, table)}."
        raise DataError(
            f"The rows are {table.source} with the columns of texts {quoted_names(table.text_columns)}, and the model "
            f"learned from {learned} without a name",
            hint,
        )
    notes, warnings = (tuple(line.partition("; name ")[0] for line in lines) for lines in (table.notes, table.warnings))
    if said := _titles_alone(table):
        notes, warnings = (*notes, said), (*warnings, said)
    return replace(table, notes=notes, warnings=warnings)


def _titles_alone(table: Table) -> str:
    """What is said of rows with a title and no text; empty where there are none.

    Raises:
        DataError: all rows are such.
    """
    if table.title_column is None:
        return ""
    lacking, rows = MissingTexts.of_documents(table.documents).without_text, len(table)
    if lacking == rows:
        raise DataError(
            f"{table.source} has no text in all {rows:,} rows: its column {table.text_column!r:.60} is empty",
            f"Give the texts, or the titles as the texts: frame[{table.title_column!r:.60}].",
        )
    if not lacking:
        return ""
    has = "has no text; its title is" if lacking == 1 else "have no text; their titles are"
    return f"{lacking:,} of {rows:,} rows {has} read alone"


def pairs_of(frame: Any, table: Table) -> str:
    """How titles and texts of a frame are given as pairs, for messages: the title's column, or another of texts, first.

    Args:
        frame: with two columns of texts or more.
        table: what was read from it.
    """
    others = [name for name in table.text_columns if name not in (table.title_column, table.text_column)]
    title = table.title_column or others[0]
    return f"frame[[{column_key(frame, title)}, {column_key(frame, table.text_column)}]].to_numpy()"
