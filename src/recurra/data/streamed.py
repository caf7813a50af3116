"""A labelled table that is read anew each time its rows are gone over, and is in memory only where it is small."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from recurra.data.blocks import Blocks
from recurra.data.cells import plain_labels, texts_of, typed_labels
from recurra.data.coded import CodedLabels, Coder
from recurra.data.columns import Columns
from recurra.data.delimited import RawTable
from recurra.data.documents import Document
from recurra.errors import DataError

__all__ = ["SMALL", "StreamedTable"]

SMALL = 1 << 26
"""Bytes of a table's texts, about, up to which they are kept in memory after they were read once."""


class StreamedTable:
    """See :class:`recurra.data.corpus.Corpus`.

    Args:
        blocks: the table.
        columns: which of its columns hold texts, titles and labels.
        read: hears of each block of the first reading: rows in it, and rows in all as far as can be told by then.
    """

    def __init__(
        self, blocks: Blocks, columns: Columns, *, read: Callable[[int, int | None], None] = lambda rows, total: None
    ) -> None:
        self.source = blocks.source
        self._blocks, self._columns, self._read = blocks, columns, read
        self._kept: list[Sequence[Document]] | None = []

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def labels(self) -> CodedLabels:
        """See :class:`recurra.data.corpus.Corpus`; the first time the table is read to its end.

        Raises:
            DataError: a row or a column cannot be used, or there are no labels.
        """
        name = self._columns.label
        if name is None:
            raise DataError(f"{self.source} has no labels", "Name their column.")
        coder, typed, size = Coder(), True, 0
        for raw in self._raw(name):
            coder.add(plain_labels(raw, name, self.source))
            typed = raw.typed
            size += sum(column.nbytes for column in raw.columns)
            if size > SMALL:
                self._kept = None
            if self._kept is not None:
                self._kept.append(self._documents(raw))
            self._read(len(raw.columns[0]), self._blocks.total)
        labels = coder.coded()
        return labels if typed else labels.renamed(typed_labels(labels.values))

    @property
    def pairs(self) -> bool:
        """See :class:`recurra.data.corpus.Corpus`."""
        return self._columns.title is not None

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`recurra.data.corpus.Corpus`.

        Raises:
            DataError: the table has changed since it was read first.
        """
        count, seen = len(self), 0
        for block in map(self._documents, self._raw()) if self._kept is None else self._kept:
            seen += len(block)
            if seen > count:
                break
            yield block
        if seen != count:
            raise DataError(
                f"{self.source} had {count:,} rows and now has {'more' if seen > count else f'{seen:,}'}",
                "Leave the file alone while it is read.",
            )

    def _raw(self, *more: str) -> Iterator[RawTable]:
        names = [self._columns.text, *filter(None, [self._columns.title]), *more]
        return iter(self._blocks.read(list(dict.fromkeys(names))))

    def _documents(self, raw: RawTable) -> list[Document]:
        texts = texts_of(raw, self._columns.text, self.source)
        if self._columns.title is None:
            return list(texts)
        return list(zip(texts_of(raw, self._columns.title, self.source), texts, strict=True))
