"""A labelled table that is read again for each pass, and kept in memory only if it is small."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from recurra.data.arrow_columns import typed_labels
from recurra.data.blocks import Blocks
from recurra.data.documents import Document
from recurra.data.encoded_labels import EncodedLabels, LabelEncoder
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat
from recurra.data.memory import release_freed_memory
from recurra.data.missing_texts import MissingTexts
from recurra.data.model_columns import ModelColumns
from recurra.data.row_block import RowBlock
from recurra.data.row_numbers import RowNumbers
from recurra.data.table_reader import TableReader
from recurra.errors import DataError

__all__ = ["SMALL", "StreamedTable"]

SMALL = 1 << 25
"""Maximum size in bytes of a table whose documents stay in memory after the first pass."""


class StreamedTable:
    """A :class:`recurra.data.corpus.Corpus` with the same rows as :func:`recurra.data.read.read_table`.

    Args:
        blocks: the table.
        text: the text column, ``None`` to guess it.
        title: the title column, ``None`` to guess it where the text column is guessed as well.
        label: the label column, ``None`` to guess it.
        label_format: how the cells of the label column are read.
        model: the columns that the model learned from which is to go on with these rows.
        read: called for each block of the first pass with its number of rows and the total, if known.

    Attributes:
        columns: names of the text, title and label columns.
        named_columns: see :class:`recurra.data.table_reader.TableReader`.

    Raises:
        DataError: the table cannot be used.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        text: str | None = None,
        title: str | None = None,
        label: str | None = None,
        label_format: LabelFormat = SINGLE_LABEL_FORMAT,
        model: ModelColumns | None = None,
        read: Callable[[int, int | None], None] = lambda rows, total: None,
    ) -> None:
        self._table = TableReader(blocks, text=text, title=title, label=label, model=model)
        self.named_columns = self._table.named_columns
        self.source, self.columns = self._table.source, self._table.columns
        self._label_format, self._read = label_format, read
        self._kept: list[list[Document]] | None = []

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def labels(self) -> EncodedLabels:
        """See :class:`recurra.data.corpus.Corpus`; the first access reads the whole table.

        Raises:
            DataError: a row cannot be used.
        """
        encoder, size, parts = LabelEncoder(), 0, []
        missing = MissingTexts()
        for block in self._blocks(str(self.columns.label)):
            encoder.add(block.label_values(self._label_format))
            parts.append((block.raw.numbers, len(block)))
            missing = missing.plus(block.missing_texts)
            size += sum(column.nbytes for column in block.raw.columns)
            if size > SMALL:
                self._kept = None
            if self._kept is not None:
                self._kept.append(block.documents)
            self._read(len(block), self._table.blocks.total)
        labels = encoder.encoded()
        if self._label_format.typed and not self._table.head.typed:
            labels = labels.renamed(typed_labels(labels.values))
        self._table.check_header(labels.values)
        self._row_numbers, self._missing_texts = RowNumbers.joined(parts), missing
        return labels

    @property
    def row_numbers(self) -> RowNumbers:
        """The number of each row in messages; the first access reads the whole table."""
        len(self)
        return self._row_numbers

    @property
    def missing_texts(self) -> MissingTexts:
        """How many rows have no text; the first access reads the whole table."""
        len(self)
        return self._missing_texts

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines on what was guessed or left out; reading may add more."""
        return self._table.notes

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the notes on what is probably wrong."""
        return self._table.warnings

    @property
    def pairs(self) -> bool:
        """See :class:`recurra.data.corpus.Corpus`."""
        return self.columns.title is not None

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`recurra.data.corpus.Corpus`.

        Raises:
            DataError: a row cannot be used, or the number of rows has changed.
        """
        count, seen = len(self), 0
        for block in (one.documents for one in self._blocks()) if self._kept is None else self._kept:
            seen += len(block)
            if seen > count:
                break
            yield block
        if seen != count:
            raise DataError(
                f"{self.source} had {count:,} rows and now has {'more' if seen > count else f'{seen:,}'}",
                "Leave it as it is while it is read.",
            )

    def _blocks(self, *more: str) -> Iterator[RowBlock]:
        yield from self._table.read(more)
        if self._kept is None:
            # The next steps need the memory.
            if "pyarrow" in sys.modules:
                import pyarrow as pa

                pa.default_memory_pool().release_unused()
            release_freed_memory()
