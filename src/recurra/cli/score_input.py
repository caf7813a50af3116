"""Opens DATA of ``recurra score``: the rows to classify, and the columns that are copied to the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.data_argument import ReadOptions
from recurra.cli.output import Output
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.batch_prediction.document_batches import DocumentBatch
    from recurra.data.blocks import Blocks
    from recurra.data.columns import Columns
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
        unlike_csv: how the text of a table is written otherwise than answers in CSV are; empty if it is not.
        columns: the chosen columns of a table; ``None`` if there are none, or no rows.
        warnings: what is probably wrong; reading may add more.
    """

    batches: Iterator[DocumentBatch]
    keep: tuple[str, ...]
    total: Callable[[], int | None]
    notes: list[str]
    read_as: str
    unlike_csv: str = ""
    columns: Columns | None = None
    warnings: Sequence[str] = ()


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

    A table with columns and no rows is no error here: it has no answers.

    Raises:
        DataError: it cannot be read.
        SettingsError: an option does not fit it.
    """
    from recurra.batch_prediction.document_batches import batches_of_table
    from recurra.data.file_errors import NoRowsError
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
        model=reading.model,
    )
    for warning in blocks.warnings:
        output.caution(warning)
    if isinstance(blocks, LineBlocks):
        return _lines(blocks, reading, keep)
    try:
        table = TableReader(blocks, text=reading.text, title=reading.title, labelled=False, model=reading.model)
    except NoRowsError as error:
        if reading.text is None and reading.model is not None and reading.model.text not in error.names:
            learned = reading.model.text
            output.caution(f"{blocks.source} has no column of texts {learned!r:.80}, from which the model learned")
        return _no_rows(error.names, reading, keep, blocks)
    columns, names = table.columns, table.head.names
    if columns.note:
        output.note(columns.note)
    for warning in columns.warnings:
        output.caution(warning)
    _check_names(keep or (), "--keep", names, table.source)
    if keep is None:
        # A value inside an object is kept with the object.
        nested = blocks.nested if isinstance(blocks, JsonBlocks) else ()
        keep = tuple(name for name in names if name not in nested)
        twice = next((name for name in keep if keep.count(name) > 1), None)
        if twice:
            raise DataError(
                f"{table.source} has {keep.count(twice)} columns {twice!r:.80}, and all columns are copied",
                "Give each column a name of its own, name those to copy with --keep, or say --answers-only.",
            )
        if twice is not None:
            output.note(f"{keep.count(twice)} columns without a name are not copied")
            keep = tuple(filter(None, keep))
    batches = batches_of_table(table, keep, settings)
    read_as = f"text {columns.text!r}, title {columns.title!r}"
    return RowSource(
        batches, keep, lambda: blocks.total, blocks.notes, read_as, _unlike_csv(blocks), columns, blocks.warnings
    )


def _unlike_csv(blocks: Blocks) -> str:
    from recurra.data.blocks import DelimitedBlocks

    if not isinstance(blocks, DelimitedBlocks):
        return ""
    # Tabs are mostly said by the name of the file.
    mark = "" if blocks.delimiter in ",\t" else f"parted by {blocks.delimiter!r}"
    coding = "" if blocks.encoding.casefold().replace("_", "-").startswith("utf-8") else f"in {blocks.encoding}"
    return " and ".join(filter(None, [mark, coding]))


def _no_rows(names: Sequence[str], reading: ReadOptions, keep: tuple[str, ...] | None, blocks: Blocks) -> RowSource:
    """A table of no rows: one batch of none, with the columns."""
    from recurra.batch_prediction.document_batches import DocumentBatch
    from recurra.data.plain_columns import STRING, column_of_values

    for option, columns in (("--text", [reading.text]), ("--title", [reading.title]), ("--keep", keep or ())):
        _check_names([name for name in columns if name is not None], option, names, blocks.source)
    keep = tuple(names) if keep is None else keep
    batch = DocumentBatch([], 0, 0, {name: column_of_values([], STRING) for name in keep})
    return RowSource(iter([batch]), keep, lambda: 0, blocks.notes, "no rows")


def _check_names(wanted: Sequence[str], option: str, names: Sequence[str], source: str) -> None:
    """Raises a :class:`DataError` if a column that an option names is not there."""
    from recurra.data.columns import quoted_names

    for name in wanted:
        if name not in names:
            raise DataError(f"{source} has no column {name!r:.80}", f"Name one of {quoted_names(names)} with {option}.")


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
