"""The argument DATA of the commands: a file, or the name of a dataset."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from recurra.cli.missing_texts import tell_of_missing_texts
from recurra.cli.output import Output
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat, NoLabelError
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    from recurra.cli.progress import Bars
    from recurra.data.blocks import Blocks
    from recurra.data.columns import Columns
    from recurra.data.corpus import Corpus, InMemoryRows
    from recurra.data.datasets import Dataset
    from recurra.data.documents import Label
    from recurra.data.model_columns import ModelColumns
    from recurra.data.streamed import StreamedTable
    from recurra.data.table import Table
    from recurra.runtime import Model

__all__ = ["ReadOptions", "is_file", "load_named_dataset", "read_data", "read_rows", "read_rows_beside"]

STANDARD_INPUT = "-"


class ReadOptions(NamedTuple):
    """The options on how to read DATA.

    Attributes:
        text: column of the texts, or ``None`` to guess it.
        title: column of the titles, or ``None`` to guess it.
        label: column of the labels, or ``None`` to guess it.
        encoding: encoding of a text file.
        data_dir: folder of named datasets.
        format: format of a file, ``None`` to go by its name.
        label_format: how the cells of the label column are read.
        model: the columns that the model learned from for which DATA is read.
        classes: the model's classes, some of which labelled rows must have if their column is guessed.
        reads_texts: whether texts are read beside titles; some models read titles alone.
        question: called with the rows, ``None`` for a missing label, before a missing one is refused; it raises an
            error that comes first.
        check_columns: called with the chosen columns and the source before rows are read; it raises an error.
    """

    text: str | None = None
    title: str | None = None
    label: str | None = None
    encoding: str = "utf-8"
    data_dir: Path | None = None
    format: str | None = None
    label_format: LabelFormat = SINGLE_LABEL_FORMAT
    model: ModelColumns | None = None
    classes: tuple[Label, ...] = ()
    reads_texts: bool = True
    question: Callable[[Corpus], object] | None = None
    check_columns: Callable[[Columns, str], None] | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The named columns by role."""
        return {"text": self.text, "title": self.title, "label": self.label}

    def naming(self, columns: ModelColumns | None) -> ReadOptions:
        """The same options with the columns that were read named; ``None`` where they have no names of their own."""
        if columns is None:
            return self
        return self._replace(text=columns.text, title=columns.title, label=columns.label)

    def of_model(self, *models: Model) -> ReadOptions:
        """The same options for rows that models read: their columns, if they learned from the same ones."""
        columns = {model.columns for model in models}
        reads = any(model.bundle.text.field != "title" for model in models)
        return self._replace(model=columns.pop() if len(columns) == 1 else None, reads_texts=reads)

    def of_labelled(self, model: Model) -> ReadOptions:
        """The same options for labelled rows on which a model is scored."""
        return self.of_model(model)._replace(classes=model.bundle.labels.classes)

    def skipping_unlabelled(self, skip: bool) -> ReadOptions:
        """The same options where rows without a label are read, to be skipped."""
        return self._replace(label_format=self.label_format._replace(missing=skip))


def read_data(
    name: str, reading: ReadOptions, *, part: Literal["train", "test"], output: Output, skip: bool = True
) -> Table:
    """Reads a labelled table into memory; guesses are printed as notes.

    Args:
        name: path of a file or folder, ``-`` for standard input, or name of a dataset if there is no such file.
        reading: how to read it.
        part: which rows of a named dataset, or of a folder that has both.
        output: prints the notes.
        skip: leave out rows without a label where they may be missing; else their label is ``None``.

    Raises:
        DataError: there is no such file or dataset, or it cannot be used.
        SettingsError: columns are given for a named dataset, which has its own.
    """
    if is_file(name):
        from recurra.data.formats import MAX_FILE_BYTES
        from recurra.data.read import table_of
        from recurra.data.sources import open_blocks

        blocks = open_blocks(
            name,
            format=reading.format,
            encoding=reading.encoding,
            part=part,
            largest=MAX_FILE_BYTES,
            named=reading.columns.values(),
            model=reading.model,
        )
        try:
            table = table_of(
                blocks,
                **reading.columns,
                label_format=reading.label_format,
                model=reading.model,
                classes=reading.classes,
            )
        except NoLabelError:
            _ask(blocks, name, reading)
            raise
        for note in table.notes:
            (output.caution if note in table.warnings else output.note)(note)
        if skip and reading.label_format.missing:
            from recurra.data.unlabelled import labelled_table

            table = labelled_table(table, output.note)
        if reading.reads_texts:
            from recurra.data.missing_texts import MissingTexts

            missing = MissingTexts.of_documents(table.documents)
            tell_of_missing_texts(missing, table.text_column, output, source=table.source)
        return table
    found = load_named_dataset(name, reading, output)
    return found.train if part == "train" else found.test


def read_rows(name: str, reading: ReadOptions, *, output: Output, bars: Bars) -> StreamedTable | InMemoryRows:
    """The labelled training rows; a large table is not kept in memory but read again when needed.

    The arguments and errors are those of :func:`read_data`.

    Args:
        name: see there.
        reading: see there.
        output: see there.
        bars: progress of the first pass.
    """
    if not is_file(name):
        return load_named_dataset(name, reading, output).train.corpus
    from recurra.data.sources import open_blocks
    from recurra.data.streamed import StreamedTable

    blocks = open_blocks(
        name,
        format=reading.format,
        encoding=reading.encoding,
        named=reading.columns.values(),
        model=reading.model,
    )
    rows = StreamedTable(
        blocks,
        **reading.columns,
        label_format=reading.label_format,
        model=reading.model,
        read=bars.counting("reading"),
    )
    if reading.check_columns is not None:
        reading.check_columns(rows.columns, rows.source)
    guessed = rows.notes
    # Read the table once, so that errors in it show before anything else is loaded or written.
    try:
        len(rows)
    except NoLabelError:
        _ask(blocks, name, reading)
        raise
    missing = rows.missing_texts
    for note in rows.notes:
        # Of texts that are missing, a key that comes late may be the new name.
        late = note not in guessed and missing.empty + missing.without_text > 0
        (output.caution if late or note in rows.warnings else output.note)(note)
    if reading.reads_texts:
        tell_of_missing_texts(missing, rows.columns.text, output, source=rows.source)
    return rows


def read_rows_beside(
    name: str, option: str, reading: ReadOptions, *, output: Output, bars: Bars
) -> StreamedTable | InMemoryRows:
    """The labelled rows of a file beside DATA, whose columns may have other names.

    Columns by which DATA is read and which the file lacks are those of the model, if there is one, or guessed; a note
    says so.

    Args:
        name: see :func:`read_data`.
        option: the option that names the file.
        reading: how DATA is read.
        output: see there.
        bars: progress of the first pass.

    Raises:
        DataError: it cannot be read, or its columns cannot be told.
    """
    from recurra.data.columns import NamedColumnError

    while True:
        try:
            return read_rows(name, reading, output=output, bars=bars)
        except NamedColumnError as error:
            roles = [role for role, column in reading.columns.items() if column == error.name]
            if name == STANDARD_INPUT or not roles:
                raise
            other = "that of the model or a guess" if reading.model else "a guess"
            output.note(f"{error.received}, which is that of DATA: the {roles[0]} column is {other}.")
            open_roles: dict[str, Any] = dict.fromkeys(roles)
            reading = reading._replace(**open_roles)
        except DataError as error:
            if "--encoding" in error.hint:
                # What is named there is for DATA as well, which has been read.
                hint = "Save it as UTF-8 with a byte order mark, or in the encoding of DATA."
                raise DataError(error.received, hint) from None
            if not re.search(r"--(text|title|label)\b(?!-)", error.hint):
                raise
            hint = f"DATA and the rows of {option} are read by the same names: rename the column in one of the files."
            raise DataError(error.received, hint) from None


def _ask(blocks: Blocks, name: str, reading: ReadOptions) -> None:
    """Asks the question that comes before a missing label, if there is one and the rows can be read again."""
    if reading.question is None or name == "-":
        return
    from recurra.data.streamed import StreamedTable

    label_format = reading.label_format._replace(missing=True)
    reading.question(StreamedTable(blocks, **reading.columns, label_format=label_format, model=reading.model))


def is_file(name: str) -> bool:
    """Whether DATA is a file, a folder or standard input, and not the name of a dataset."""
    path = Path(name)
    return name == "-" or path.exists() or bool(path.suffix) or path.name != name


def load_named_dataset(name: str, reading: ReadOptions, output: Output) -> Dataset:
    """Loads a dataset by name.

    Raises:
        DataError: there is no such dataset.
        SettingsError: columns are given, but a named dataset has its own.
    """
    for option, value in {**reading.columns, "format": reading.format}.items():
        if value is not None:
            raise SettingsError(
                f"--{option} {value} is given with the set {name}", "Leave it out: a named set has its own columns."
            )
    from recurra.data.datasets import load_dataset

    return load_dataset(name, data_dir=reading.data_dir, say=output.note)
