"""A block of consecutive rows of a table: texts, titles, labels, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.arrow_columns import checked_texts, column_of, is_text, joined_texts, plain_labels
from recurra.data.columns import Columns
from recurra.data.delimited import RawTable
from recurra.data.documents import Document
from recurra.data.formats import short_names
from recurra.data.label_format import LabelFormat
from recurra.data.missing_texts import MissingTexts
from recurra.data.plain_columns import Column
from recurra.data.usual_names import is_label_name
from recurra.errors import DataError

__all__ = ["RowBlock", "is_header"]


@dataclass(frozen=True, eq=False)
class RowBlock:
    """A block of B consecutive rows. Invalid values raise errors when they are accessed.

    Attributes:
        raw: the columns that were read.
        columns: names of the text, title and label columns.
        source: name of the source, for messages.
        first: index of the first row in the table, from 0.

    Raises:
        DataError: from any property: a row or a column cannot be used.
    """

    raw: RawTable
    columns: Columns
    source: str
    first: int = 0

    def __len__(self) -> int:
        return len(self.raw.columns[0])

    @cached_property
    def texts(self) -> Column:
        """B texts, nulls included."""
        return self._texts(self.columns.text)

    @cached_property
    def titles(self) -> Column | None:
        """B titles, or ``None`` in a table without titles."""
        return None if self.columns.title is None else self._texts(self.columns.title)

    @cached_property
    def documents(self) -> list[Document]:
        """B texts or (title, text) pairs; a missing title or text is empty."""
        texts = [text or "" for text in self.texts.to_pylist()]
        if self.titles is None:
            return list(texts)
        return list(zip([title or "" for title in self.titles.to_pylist()], texts, strict=True))

    @property
    def rows_without_text(self) -> list[int]:
        """The rows, counted from 0 in the block, whose text is missing, and whose title, if there are titles."""
        if not self.texts.null_count:
            return []
        titles = [None] * len(self) if self.titles is None else self.titles.to_pylist()
        pairs = enumerate(zip(titles, self.texts.to_pylist(), strict=True))
        return [row for row, (title, text) in pairs if title is None and text is None]

    @property
    def missing_texts(self) -> MissingTexts:
        """How many rows have no text."""
        return MissingTexts.of_columns(self.texts, self.titles)

    @cached_property
    def joined(self) -> Column:
        """B joined titles and texts, as a network reads them."""
        texts = self.texts
        return texts if self.titles is None else joined_texts(self.titles, texts)

    def places(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The indices within the block of those rows that are in it.

        Args:
            rows: int64[N], ascending row indices in the table.
        """
        begin, end = np.searchsorted(rows, (self.first, self.first + len(self)))
        return rows[begin:end] - self.first

    @cached_property
    def repeated_headers(self) -> npt.NDArray[np.int64]:
        """The indices within the block of rows whose cells are the columns' names, as where two exports were joined.

        None where the first row may be one of the rows itself: its fields are no short names, or its label is that of
        other rows too (of rows without labels: its text).
        """
        names, none = self.raw.names, np.empty(0, dtype=np.int64)
        name = self.columns.label or self.columns.text
        if not self.raw.has_header or len(names) < 2 or not short_names(filter(None, names)):
            return none
        column = column_of(self.raw, name, self.source)
        if not is_text(column.type):
            return none
        found = [place for place, value in enumerate(column.to_pylist()) if value and value.strip() == name]
        return np.array(found, dtype=np.int64) if all(map(self._is_header, found)) else none

    def _is_header(self, place: int) -> bool:
        return is_header((column.slice(place, 1).to_pylist()[0] for column in self.raw.columns), self.raw.names)

    def label_values(self, label_format: LabelFormat) -> list[Any]:
        """B labels as :func:`recurra.data.arrow_columns.plain_labels` reads them."""
        label = str(self.columns.label)
        if len(self.repeated_headers):
            number = self.raw.numbers.number(int(self.repeated_headers[0]))
            raise DataError(
                f"{self.source}: row {number:,}{self.raw.row_hint} repeats the header",
                "Leave such rows out: recurra check DATA --fix OUT writes a copy without them.",
            )
        # A column with a label's name is hardly the wrong one.
        guessed = "label" in self.columns.guessed and not is_label_name(label)
        return plain_labels(self.raw, label, self.source, label_format=label_format, guessed=guessed)

    def _texts(self, name: str) -> Column:
        return checked_texts(self.raw, name, self.source)


def is_header(cells: Iterable[Any], names: Sequence[str]) -> bool:
    """Whether the cells of a row are the names of the columns."""
    return all(str(cell or "").strip() == name for cell, name in zip(cells, names, strict=True))
