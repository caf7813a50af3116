"""Opens DATA of ``recurra score``: the rows to classify, and the columns that are copied to the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.data_argument import ReadOptions
from recurra.cli.output import Output
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.batch_prediction.document_batches import DocumentBatch
    from recurra.data.lines import LineBlocks
    from recurra.text import TextSettings

__all__ = ["RowSource", "open_rows"]

# The columns of a file of one text a line.
LINES = ("text",)


class RowSource(NamedTuple):
    """The rows to classify.

    Attributes:
        batches: the rows in batches.
        keep: the columns that are copied to the output.
        total: returns the number of rows, or an estimate until all have been read.
        notes: what was guessed or left out; reading may add more.
        read_as: the columns that are read, for the journal.
    """

    batches: Iterator[DocumentBatch]
    keep: tuple[str, ...]
    total: Callable[[], int | None]
    notes: list[str]
    read_as: str


def open_rows(
    data: str, reading: ReadOptions, keep: tuple[str, ...] | None, settings: TextSettings, output: Output
) -> RowSource:
    """Opens a table, a file of lines, or standard input.

    Args:
        data: a path, or ``-`` for standard input.
        reading: the options.
        keep: the columns to keep, ``None`` for all.
        settings: the model's text settings.
        output: prints the notes on what was guessed.

    Raises:
        DataError: it cannot be read.
        SettingsError: an option does not fit it.
    """
    from recurra.batch_prediction.document_batches import batches_of_table
    from recurra.data.columns import quoted_names
    from recurra.data.json_lines import JsonBlocks
    from recurra.data.lines import LineBlocks
    from recurra.data.sources import open_blocks
    from recurra.data.table_reader import TableReader

    blocks = open_blocks(
        data,
        format=reading.format,
        encoding=reading.encoding,
        part="test",
        named=(reading.text, reading.title, *(keep or ())),
    )
    if isinstance(blocks, LineBlocks):
        return _lines(blocks, reading, keep)
    table = TableReader(blocks, text=reading.text, title=reading.title, labelled=False)
    columns, names = table.columns, table.head.names
    if columns.note is not None:
        output.note(columns.note)
    for name in keep or ():
        if name not in names:
            raise DataError(
                f"{table.source} has no column {name!r:.80}", f"Name one of {quoted_names(names)} with --keep."
            )
    if keep is None:
        # A value inside an object is kept with the object.
        nested = blocks.nested if isinstance(blocks, JsonBlocks) else ()
        keep = tuple(name for name in names if name not in nested)
    batches = batches_of_table(table, keep, settings)
    read_as = f"text {columns.text!r}, title {columns.title!r}"
    return RowSource(batches, keep, lambda: blocks.total, blocks.notes, read_as)


def _lines(lines: LineBlocks, reading: ReadOptions, keep: tuple[str, ...] | None) -> RowSource:
    from recurra.batch_prediction.document_batches import batches_of_lines

    keep = LINES if keep is None else keep
    others = " ".join(name for name in keep if name not in LINES)
    for option, value in (("--text", reading.text), ("--title", reading.title), ("--keep", others)):
        if value:
            raise SettingsError(
                f"{option} {value:.80} is given for {lines.source}, which has one text a line and no other column",
                "Leave it out, give a table such as a .csv file, or say what it is with --format.",
            )
    return RowSource(batches_of_lines(lines, keep), keep, lambda: lines.total, lines.notes, "lines")
