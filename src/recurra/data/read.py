"""Reads a table of documents into memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Literal

from recurra.data.blocks import GUESS_ROWS, Blocks, DelimitedBlocks, ParquetBlocks, joined
from recurra.data.cells import is_label, is_text, labels_of, texts_of
from recurra.data.columns import ColumnFacts, Columns, choose_columns
from recurra.data.content import FileContent
from recurra.data.delimited import RawTable, parse_delimited
from recurra.data.documents import LABEL_LISTS, ONE_LABEL, Document, Label, LabelCells
from recurra.data.faults import ROW_HINT
from recurra.data.formats import MAX_FILE_BYTES, require_pyarrow, short_name
from recurra.data.parquet import parse_parquet
from recurra.data.sources import Source, open_blocks
from recurra.data.table import Table
from recurra.errors import DataError

__all__ = ["check_header", "check_separator", "columns_of", "facts_of", "read_table"]


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
    cells: LabelCells = ONE_LABEL,
    several: bool | None = None,
) -> Table:
    """Reads documents and labels; columns that are not named are guessed, and the table's notes say so.

    With a title column the documents are (title, text) pairs. A missing title or text is an empty string. In Parquet,
    JSON lines and data frames labels keep the column's type; elsewhere a column is one of booleans (true, false), of
    integers or of floats if all its values are written as such (Python's way: 7 and not 07, 1.5 and not 1.50), and of
    strings otherwise.

    Args:
        source: what :func:`recurra.data.sources.open_blocks` opens.
        text: the text column, None to guess it.
        title: the title column, None to guess it where the text column is guessed as well.
        label: the label column, None to guess it.
        labelled: False reads no labels, and none need be there.
        encoding: text encoding of files of text.
        format: of a file, where its name does not tell.
        part: of a folder that has both, ``train`` or ``test``.
        cells: how cells of labels are read.
        several: the same as a truth value, as it was said before; it goes with the next release.

    Raises:
        DataError: the table cannot be used as it is; the one line names row, column or byte where known.
        SettingsError: there is no such format.
    """
    require_pyarrow()
    if several is not None:
        warnings.warn("Say cells=LABEL_LISTS or ONE_LABEL for several.", DeprecationWarning, stacklevel=2)
        cells = LABEL_LISTS if several else ONE_LABEL
    blocks = open_blocks(source, format=format, encoding=encoding, part=part, largest=MAX_FILE_BYTES)
    raw, name = _whole(blocks), blocks.source
    chosen = columns_of(raw, name, text=text, title=title, label=label, labelled=labelled)
    texts = texts_of(raw, chosen.text, name)
    documents: list[Document] = list(texts)
    if chosen.title is not None:
        documents = list(zip(texts_of(raw, chosen.title, name), texts, strict=True))
    labels = None if chosen.label is None else labels_of(raw, chosen.label, name, cells=cells)
    if label is None and labels is not None:
        check_header(raw, chosen.label, labels, name)
    return Table(
        documents=documents,
        labels=labels,
        text_column=chosen.text,
        title_column=chosen.title,
        label_column=chosen.label,
        source=name,
        notes=(*blocks.notes, *filter(None, [chosen.note])),
    )


def _whole(blocks: Blocks) -> RawTable:
    """All rows at once."""
    # pyarrow parses a whole file on all cores.
    if isinstance(blocks, ParquetBlocks):
        return parse_parquet(blocks.content)
    if isinstance(blocks, DelimitedBlocks) and isinstance(blocks.content, FileContent):
        opened = blocks.content.open(again=False)
        try:
            content = opened.read(MAX_FILE_BYTES + 1)
        finally:
            opened.close()
        return parse_delimited(content, delimiter=blocks.delimiter, source=blocks.source, encoding=blocks.encoding)
    parts: list[RawTable] = []
    size = 0
    for part in blocks.read(again=False):
        parts.append(part)
        size += sum(column.nbytes for column in part.columns)
        if size > MAX_FILE_BYTES:
            raise DataError(
                f"{blocks.source} holds more than {MAX_FILE_BYTES:,} bytes", "Split it: no more are read into memory."
            )
    return joined(parts)


def columns_of(
    head: RawTable, source: str, *, text: str | None, title: str | None, label: str | None, labelled: bool = True
) -> Columns:
    """The columns that are named, and guesses at the others.

    Args:
        head: the table, or enough of its first rows.
        source: its name, for messages.
        text: see :func:`read_table`.
        title: see there.
        label: see there.
        labelled: see there.

    Raises:
        DataError: a column is missing, or cannot be guessed.
    """
    if text is None:
        check_separator(head, source)
    if labelled and label is None and head.names in (["text"], ["text", "file"]):
        raise DataError(
            f"{source} holds texts and no labels",
            "Give a table with a column of labels, begin each line with __label__, or make a folder per class.",
        )
    return choose_columns(facts_of(head), source=source, text=text, title=title, label=label, labelled=labelled)


def check_header(raw: RawTable, column: str | None, labels: Iterable[Label], source: str) -> None:
    """Raises a :class:`DataError` where a guess took the first row of a file without a header for names.

    That row would be lost; the name of the column of labels shows it, being one of them.
    """
    if raw.row_hint == ROW_HINT and column in set(map(str, labels)):
        raise DataError(
            f"{source}: the first row names a column {short_name(str(column))!r}, which is one of its labels",
            "Add a header row such as label,text, or name the label column with --label.",
        )


def check_separator(raw: RawTable, source: str) -> None:
    """Raises a :class:`DataError` for a file under the wrong separator.

    It is one column wide, and that column's name shows the right one.
    """
    if len(raw.names) == 1 and raw.row_hint == ROW_HINT:
        other = next((mark for mark in (";", "\t", "|", ",") if mark in raw.names[0]), None)
        if other is not None:
            raise DataError(
                f"{source} has one column, {short_name(raw.names[0])!r}: it is separated by {other!r}",
                "Save it with commas as .csv or with tabs as .tsv.",
            )


def facts_of(raw: RawTable) -> list[ColumnFacts]:
    """What the guess may know: from the first rows, which are enough to tell texts from labels."""
    from pyarrow import compute

    facts = []
    for name, column in zip(raw.names, raw.columns, strict=True):
        head = column.slice(0, GUESS_ROWS)
        text = is_text(head.type)
        facts.append(
            ColumnFacts(
                name=name,
                rows=len(head),
                mean_length=(compute.mean(compute.binary_length(head)).as_py() or 0.0) if text else None,
                distinct=compute.count_distinct(head).as_py() if is_label(head.type) else None,
            )
        )
    return facts
