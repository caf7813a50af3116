"""Reads a table with text, title and label columns in blocks, for training, evaluation, prediction and checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from recurra.data.arrow_columns import (
    byte_lengths,
    is_label,
    is_text,
    text_column,
)
from recurra.data.blocks import GUESS_ROWS, Blocks, read_head
from recurra.data.class_folders import FolderBlocks
from recurra.data.column_statistics import ColumnStatistics, are_flags, are_numbers, distinct_labels
from recurra.data.columns import Columns, NamedColumnError, NoLabelColumnError, choose_columns
from recurra.data.delimited import RawTable
from recurra.data.documents import Label
from recurra.data.excel import ExcelBlocks
from recurra.data.fasttext_lines import FastTextBlocks
from recurra.data.file_errors import title_above_header
from recurra.data.formats import TITLE_ROWS, is_title_above, short_name
from recurra.data.known_labels import check_guessed_label, check_labels, column_of_classes
from recurra.data.lines import LineBlocks
from recurra.data.mixed_values import dotted_names
from recurra.data.model_columns import ModelColumns
from recurra.data.plain_columns import Column, PlainColumn, is_json
from recurra.data.row_block import RowBlock, is_header
from recurra.data.scattered_texts import check_lists_of_texts, check_two_columns_of_texts
from recurra.data.table_guess import check_separator, how_to_read, table_format
from recurra.data.usual_names import is_text_name
from recurra.errors import DataError

__all__ = ["TableReader"]


class TableReader:
    """Reads a table any number of times; columns that are not named are guessed.

    Args:
        blocks: the table.
        text: the text column, ``None`` to guess it.
        title: the title column, ``None`` to guess it where the text column is guessed as well.
        label: the label column, ``None`` to guess it.
        labelled: whether there are labels to read.
        model: the columns that the model learned from for which the table is read: taken where it has them.
        classes: those of the model that is scored on the table; rows without any are refused if no label is named.
        head: the first rows of the table, if already read.

    Attributes:
        source: name of the table, for messages.
        columns: names of the text, title and label columns.
        named_columns: these names for the record of a model that learns from them; ``None`` for a table whose columns
            have no names of their own, such as a folder per class.

    Raises:
        DataError: a column is missing, or cannot be guessed.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        text: str | None = None,
        title: str | None = None,
        label: str | None = None,
        labelled: bool = True,
        model: ModelColumns | None = None,
        classes: Collection[Label] = (),
        head: RawTable | None = None,
    ) -> None:
        self.blocks, self.source = blocks, blocks.source
        self.head = read_head(blocks) if head is None else head
        self._nameless = isinstance(blocks, FolderBlocks | FastTextBlocks | LineBlocks)
        try:
            columns = self._choose(text, title, label, labelled=labelled, model=model, classes=classes)
        except DataError as error:
            if not (sheets := getattr(blocks, "other_sheets", "")):
                raise
            raise error.with_hint(sheets) from None
        self.columns = columns
        self.named_columns = None if self._nameless else ModelColumns(columns.text, columns.title, columns.label)

    def _choose(
        self,
        text: str | None,
        title: str | None,
        label: str | None,
        *,
        labelled: bool,
        model: ModelColumns | None,
        classes: Collection[Label],
    ) -> Columns:
        """The columns: those named, and guesses."""
        if text is None:
            if not isinstance(self.blocks, ExcelBlocks):
                check_separator(self.head, self.source)
            _check_title(self.head, self.source)
        if labelled and label not in self.head.names and self.head.names in (["text"], ["text", "file"]):
            raise _no_labels(self.head, self.source)
        if labelled and label is None and classes and {text, title} <= {None, *self.head.names}:
            check_labels(self.head, classes, self.source, column=None if model is None else model.label)
        if text is None:
            _check_mixed(self.head, self.source, None if model is None else model.text)
        of_classes = column_of_classes(self.head, classes) if labelled and label is None and classes else None
        facts = _statistics(self.head)
        self._repeated_name = _repeated_name(self.head, facts)
        try:
            columns = choose_columns(
                facts,
                source=self.source,
                text=text,
                title=title,
                label=label,
                labelled=labelled,
                model=None if self._nameless else model,
                of_classes=of_classes,
                header=self.head.has_header,
            )
        except DataError as error:
            learned = None if model is None or not classes else model.label
            if label is None and learned is not None and learned not in self.head.names and "--label" in error.hint:
                what = error.received.removeprefix(self.source).lstrip(": ")
                joined = error.hint.partition("Name it with --label. ")[2]
                raise DataError(
                    f"{self.source} has no column {learned!r:.60}, from which the model learned its labels, and {what}",
                    "Name the column of the labels with --label; for rows without labels: recurra score MODEL DATA. "
                    + joined,
                ) from None
            if inside := getattr(self.blocks, "inside", []):
                raise error.with_hint(dotted_names(inside)) from None
            if self._repeated_name is None:
                raise
            no_header = f"{self._no_header}: add a header row if it is one."
            if isinstance(error, NamedColumnError):
                raise error.with_hint(no_header) from None
            raise DataError(error.received, f"{no_header} {error.hint}") from None
        if "text" in columns.guessed:
            check_lists_of_texts(self.head, columns, self.source)
            check_two_columns_of_texts(self.head, facts, columns, self.source)
        if not labelled and columns.guessed and self._repeated_name is not None:
            warning = f"{self.source}: {self._no_header}; add a header row if it is one"
            columns = replace(columns, warnings=(*columns.warnings, warning))
        if classes and columns.label is not None and "label" in columns.guessed:
            learned = None if model is None else model.label
            check_guessed_label(self.head, columns.label, classes, self.source, column=learned)
        return columns

    @property
    def _no_header(self) -> str:
        name = short_name(str(self._repeated_name))
        return f"The first row is taken for the header, and looks like one of the rows: below it, {name!r} is a value"

    @property
    def first_row_name(self) -> str | None:
        """The name by which the first row looks like one of the rows and no header, if columns were guessed."""
        return self._repeated_name if self.columns.guessed else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines on what was guessed or left out; reading may add more."""
        return (*self.blocks.notes, *filter(None, [self.columns.note]), *self.warnings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the notes that are said loudly, on what is probably wrong."""
        return (*self.blocks.warnings, *self.columns.warnings)

    def read(self, more: Sequence[str] = (), *, again: bool = True) -> Iterator[RowBlock]:
        """All rows in order.

        Args:
            more: names of columns to read besides texts and titles.
            again: whether the table will be read again later.

        Raises:
            DataError: the table cannot be read to its end.
        """
        names = [self.columns.text, *filter(None, [self.columns.title]), *more]
        first, headers = 0, list[int]()
        for raw in self.blocks.read(list(dict.fromkeys(names)), again=again):
            block = RowBlock(raw, self.columns, self.source, first)
            if self.columns.label is None:
                headers += [raw.numbers.number(int(place)) for place in block.repeated_headers]
            yield block
            first += len(block)
        if headers:
            more = "" if len(headers) == 1 else f", as {len(headers) - 1:,} more do,"
            self.blocks.warnings.append(
                f"{self.source}: row {headers[0]:,}{self.head.row_hint} repeats the header{more} and is taken for a "
                "text: recurra check DATA --unlabelled --fix OUT leaves it out"
            )

    def header_is_row(self, labels: Iterable[Label]) -> bool:
        """Whether the first row was mistaken for a header: the name of the guessed label column is a label.

        Args:
            labels: distinct labels of the table.
        """
        guessed = "label" in self.columns.guessed and self.head.has_header
        return guessed and self.columns.label in set(map(str, labels))

    def check_header(self, labels: Iterable[Label]) -> None:
        """Raises a :class:`DataError` if :meth:`header_is_row`: that row would be lost."""
        if self.header_is_row(labels):
            raise DataError(
                f"{self.source}: the first row names a column {short_name(str(self.columns.label))!r}, which is one "
                "of its labels",
                "Add a header row such as label,text, or name the label column with --label.",
            )


def _no_labels(head: RawTable, source: str) -> DataError:
    lines = [text or "" for text in head.columns[0].slice(0, GUESS_ROWS).to_pylist()]
    form = table_format(lines)
    if form is not None and not head.typed:
        how = how_to_read(form, next(filter(str.strip, lines), ""))
        return DataError(
            f"{source} is read as one text a line, and its lines look like rows of a table",
            f"{how[0].upper()}{how[1:]}.",
        )
    return NoLabelColumnError(
        f"{source} holds texts and no labels",
        "Give a table with a column of labels, begin each line with __label__, or make a folder per class.",
    )


def _check_title(head: RawTable, source: str) -> None:
    """Raises a :class:`DataError` for a file whose first row is a title, and whose header stands below it.

    Its separator is told by the first row, so that each row may be a single value; or the row of the title was filled
    up with empty fields.
    """
    if not head.has_header or head.typed or (len(head.names) > 1 and all(head.names)):
        return
    for row in zip(*(column.slice(0, TITLE_ROWS - 1).to_pylist() for column in head.columns), strict=True):
        line = row[0] or "" if len(row) == 1 else ",".join(value or "" for value in row)
        if all(row) and is_title_above(head.names, line):
            raise title_above_header(",".join(filter(None, head.names)), line, source)


def _check_mixed(head: RawTable, source: str, learned: str | None) -> None:
    """Raises a :class:`DataError` for a column with a usual name of texts, or a model's, that holds other values too.

    Without it another column would be the text, because of a single row.
    """
    for name, column in zip(head.names, head.columns, strict=True):
        if is_json(column.type) and (name == learned or is_text_name(name)):
            values = [value for value in column.slice(0, GUESS_ROWS).to_pylist() if value is not None]
            if 2 * sum(value[:1] == '"' for value in values) > len(values):
                text_column(head, name, source)


def _statistics(head: RawTable) -> list[ColumnStatistics]:
    """Statistics of the columns for guessing their roles, from the first rows."""
    facts = []
    for name, whole in zip(head.names, head.columns, strict=True):
        column = whole.slice(0, GUESS_ROWS)
        facts.append(
            ColumnStatistics(
                name=name,
                rows=len(column),
                mean_length=_mean_length(column) if is_text(column.type) else None,
                distinct=_distinct(column) if is_label(column.type) else None,
                numbers=is_text(column.type) and are_numbers(column.to_pylist()),
                flags=is_label(column.type) and are_flags(column.to_pylist()),
            )
        )
    return facts


def _repeated_name(head: RawTable, facts: Sequence[ColumnStatistics]) -> str | None:
    """The first name that is also a value of its column, where values repeat as labels do."""
    if not head.has_header:
        return None
    columns = [column.slice(0, GUESS_ROWS).to_pylist() for column in head.columns]
    # A whole header below the first one is another matter: two exports were joined.
    rows = [row for row in zip(*columns, strict=True) if not is_header(row, head.names)]
    for place, fact in enumerate(facts):
        if fact.few and fact.name and any(row[place] == fact.name for row in rows):
            return fact.name
    return None


def _mean_length(column: Column) -> float:
    count = len(column) - column.null_count
    return float(byte_lengths(column).sum() / count) if count else 0.0


def _distinct(column: Column) -> int:
    """The number of distinct values, or of the labels in texts, without missing ones."""
    if is_text(column.type):
        return distinct_labels(column.to_pylist())
    if isinstance(column, PlainColumn):
        return len(set(column.values) - {None})
    from pyarrow import compute

    return int(compute.count_distinct(column).as_py())
