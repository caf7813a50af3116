"""DATA on the command line: a file, or the name of a set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from recurra.cli.output import Output
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat
from recurra.errors import SettingsError

if TYPE_CHECKING:
    from recurra.cli.progress import Bars
    from recurra.data.corpus import Corpus
    from recurra.data.datasets import Dataset
    from recurra.data.table import Table

__all__ = ["ReadOptions", "is_file", "named_set", "read_data", "read_rows"]


class ReadOptions(NamedTuple):
    """How to read a file, as the options say.

    Attributes:
        text: column of the texts, or ``None`` to guess it.
        title: of the titles.
        label: of the labels.
        encoding: of a text file.
        data_dir: folder of named sets.
        format: of a file, where its name does not tell.
        label_format: how the cells of the label column are read.
    """

    text: str | None = None
    title: str | None = None
    label: str | None = None
    encoding: str = "utf-8"
    data_dir: Path | None = None
    format: str | None = None
    label_format: LabelFormat = SINGLE_LABEL_FORMAT

    @property
    def columns(self) -> dict[str, Any]:
        """The named columns, by their roles."""
        return {"text": self.text, "title": self.title, "label": self.label}


def read_data(name: str, reading: ReadOptions, *, part: Literal["train", "test"], output: Output) -> Table:
    """The labelled table that ``name`` stands for; what was guessed becomes a note.

    Args:
        name: path of a file or folder, ``-`` for standard input, or name of a set where no such file is.
        reading: the options.
        part: which rows of a named set, or of a folder that has both.
        output: takes the notes.

    Raises:
        DataError: no such file or set, or one that cannot be used.
        SettingsError: columns are named for a set, which has its own.
    """
    if is_file(name):
        from recurra.data.read import read_table

        table = read_table(
            name,
            **reading.columns,
            encoding=reading.encoding,
            format=reading.format,
            part=part,
            label_format=reading.label_format,
        )
        for note in table.notes:
            output.note(note)
        return table
    found = named_set(name, reading, output)
    return found.train if part == "train" else found.test


def read_rows(name: str, reading: ReadOptions, *, output: Output, bars: Bars) -> Corpus:
    """The labelled training rows that ``name`` stands for; a large table is not in memory, but read anew when needed.

    The arguments and errors are those of :func:`read_data`.

    Args:
        name: see there.
        reading: see there.
        output: see there.
        bars: show how far the first reading is.
    """
    if not is_file(name):
        return named_set(name, reading, output).train.corpus
    from recurra.data.formats import require_pyarrow
    from recurra.data.sources import open_blocks
    from recurra.data.streamed import StreamedTable

    require_pyarrow()
    blocks = open_blocks(name, format=reading.format, encoding=reading.encoding)
    rows = StreamedTable(blocks, **reading.columns, label_format=reading.label_format, read=bars.counting("reading"))
    # What is wrong with the table shows here, before anything else is loaded or made.
    len(rows)
    for note in rows.notes:
        output.note(note)
    return rows


def is_file(name: str) -> bool:
    """Whether DATA is a file, a folder or standard input, and not the name of a set."""
    path = Path(name)
    return name == "-" or path.exists() or bool(path.suffix) or path.name != name


def named_set(name: str, reading: ReadOptions, output: Output) -> Dataset:
    """A set by its name.

    Raises:
        DataError: there is no such set.
        SettingsError: columns are named for it, which has its own.
    """
    for option, value in {**reading.columns, "format": reading.format}.items():
        if value is not None:
            raise SettingsError(
                f"--{option} {value} is given with the set {name}", "Leave it out: a named set has its own columns."
            )
    from recurra.data.datasets import load_dataset

    return load_dataset(name, data_dir=reading.data_dir, say=output.note)
