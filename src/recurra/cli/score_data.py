"""DATA of ``recurra score``: rows to answer, and the columns that go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from recurra.cli.output import Output
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.data.blocks import Blocks
    from recurra.data.lines import LineBlocks
    from recurra.scoring.rows import Rows
    from recurra.text import TextSettings

__all__ = ["Asked", "RowSource", "opened_rows"]


class Asked(NamedTuple):
    """What the options say of the data.

    Attributes:
        text: column of the texts, or ``None`` to guess it.
        title: of the titles.
        keep: the columns to keep, ``None`` for all.
        encoding: of a text file.
        format: of a file, where its name does not tell.
    """

    text: str | None
    title: str | None
    keep: tuple[str, ...] | None
    encoding: str
    format: str | None


class RowSource(NamedTuple):
    """Rows to answer.

    Attributes:
        rows: some at a time.
        keep: the columns that go to the output.
        total: how many rows there are, as far as can be told by now.
        notes: what was guessed or left out; there may be more when all rows have been read.
        read_as: the columns that are read, for the journal.
    """

    rows: Iterator[Rows]
    keep: tuple[str, ...]
    total: Callable[[], int | None]
    notes: list[str]
    read_as: str


def opened_rows(data: str, asked: Asked, settings: TextSettings, output: Output) -> RowSource:
    """Opens DATA, of whatever kind.

    Args:
        data: a path, or ``-`` for standard input.
        asked: the options.
        settings: of the model.
        output: takes the notes on what was guessed.

    Raises:
        DataError: it cannot be used.
        SettingsError: an option that does not fit it.
    """
    from recurra.data.lines import LineBlocks
    from recurra.data.sources import open_blocks

    blocks = open_blocks(data, format=asked.format, encoding=asked.encoding, part="test")
    if isinstance(blocks, LineBlocks):
        return _lines(blocks, asked)
    return _table(blocks, asked, settings, output)


def _lines(lines: LineBlocks, asked: Asked) -> RowSource:
    from recurra.scoring.rows import rows_of_lines

    for option, value in (("--text", asked.text), ("--title", asked.title), ("--keep", " ".join(asked.keep or ()))):
        if value:
            raise SettingsError(
                f"{option} {value:.80} is given for {lines.source}, which has no columns",
                "Leave it out, give a table such as a .csv file, or say what it is with --format.",
            )
    return RowSource(rows_of_lines(lines), (), lambda: lines.total, lines.notes, "lines")


def _table(blocks: Blocks, asked: Asked, settings: TextSettings, output: Output) -> RowSource:
    from recurra.data.columns import listed
    from recurra.data.table_reader import TableReader
    from recurra.scoring.rows import rows_of_table

    table = TableReader(blocks, text=asked.text, title=asked.title, labelled=False)
    columns, names = table.columns, table.head.names
    if columns.note is not None:
        output.note(columns.note)
    for name in asked.keep or ():
        if name not in names:
            raise DataError(f"{table.source} has no column {name!r:.80}", f"Name one of {listed(names)} with --keep.")
    keep = tuple(names) if asked.keep is None else asked.keep
    rows = rows_of_table(table, keep, settings)
    read_as = f"text {columns.text!r}, title {columns.title!r}"
    return RowSource(rows, keep, lambda: blocks.total, blocks.notes, read_as)
