"""A labelled file as the checks read it: as often as they like, and more forgiving than training does.

Training refuses a file for its first row without a label or its first NUL character. A check shall list all of them, so
that rows come here as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.checking.label_names import LabelNames
from recurra.data.blocks import BLOCK_ROWS, Blocks, head_of
from recurra.data.cells import column_of, is_label, is_list, is_text
from recurra.data.columns import Columns, choose_columns
from recurra.data.delimited import RawTable
from recurra.data.documents import Document
from recurra.data.read import check_separator, facts_of
from recurra.data.table import Table
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["KEPT_BYTES", "Block", "Source", "TableBlocks", "key_of", "source_of"]

KEPT_BYTES = 64 << 20
"""Bytes of a file's columns that stay in memory between the passes over it; a larger file is read anew for each."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows that follow each other.

    Attributes:
        first: the place of the first in the file, from 0.
        raw: all columns.
        texts: of each row; a missing one is empty.
        titles: the same of the titles, or ``None`` in a file without.
        labels: int32[rows], numbers in :class:`LabelNames`.
    """

    first: int
    raw: RawTable
    texts: pyarrow.ChunkedArray
    titles: pyarrow.ChunkedArray | None
    labels: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def documents(self) -> list[Document]:
        """As training reads them."""
        texts: list[str] = self.texts.to_pylist()
        return list(texts) if self.titles is None else list(zip(self.titles.to_pylist(), texts, strict=True))

    @cached_property
    def whole(self) -> pyarrow.ChunkedArray:
        """Title and text of each row in one, as a network reads them."""
        import pyarrow as pa
        from pyarrow import compute

        if self.titles is None:
            return self.texts
        both = compute.and_(compute.not_equal(self.titles, ""), compute.not_equal(self.texts, ""))
        kind = pa.large_string()
        space = compute.if_else(both, pa.scalar(" ", kind), pa.scalar("", kind))
        return compute.binary_join_element_wise(self.titles, self.texts, space)


class Source:
    """A file of labelled rows.

    Args:
        blocks: reads it; any number of times.
        columns: the roles of its columns.
        names: gives labels their numbers.
        head: its first rows.
        guessed: whether the label column was guessed.

    Attributes:
        name: of the file, for messages.
    """

    def __init__(self, blocks: Blocks, columns: Columns, names: LabelNames, head: RawTable, *, guessed: bool) -> None:
        self.blocks, self.columns, self.names, self.head, self.guessed = blocks, columns, names, head, guessed
        self.name = blocks.source
        self._kept: list[Block] | None = None

    def __iter__(self) -> Iterator[Block]:
        """All rows, block by block."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Block] = []
        first = size = 0
        for raw in self.blocks.read():
            block = self._block(first, raw)
            yield block
            first += len(block)
            size += sum(column.nbytes for column in raw.columns)
            if size <= KEPT_BYTES:
                kept.append(block)
        if size <= KEPT_BYTES:
            self._kept = kept

    def documents(self) -> Iterator[Document]:
        """All of them, as training reads them."""
        for block in self:
            yield from block.documents

    @property
    def notes(self) -> list[str]:
        """One line each on what was guessed while reading."""
        return [*self.blocks.notes, *filter(None, [self.columns.note])]

    def number(self, row: int) -> int:
        """How the reader's messages call the row at a place."""
        return row + self.head.first_row

    def _block(self, first: int, raw: RawTable) -> Block:
        columns = self.columns
        titles = None if columns.title is None else _texts(raw, columns.title, self.name)
        texts = _texts(raw, columns.text, self.name)
        return Block(first, raw, texts, titles, self._labels(raw))

    def _labels(self, raw: RawTable) -> npt.NDArray[np.int32]:
        import pyarrow as pa

        column = column_of(raw, self.columns.label or "", self.name)
        if not is_label(column.type):
            # A missing list is one without labels, as training takes it.
            none: list[str] | None = [] if is_list(column.type) else None
            values = [none if value is None else value for value in column.to_pylist()]
            return np.array([self.names.number(value) for value in values], dtype=np.int32)
        coded = pa.concat_arrays(column.chunks).dictionary_encode(null_encoding="encode")
        numbers = np.array([self.names.number(value) for value in coded.dictionary.to_pylist()], dtype=np.int32)
        return np.asarray(numbers[coded.indices.to_numpy(zero_copy_only=False)])


class TableBlocks:
    """A table in memory as blocks, with the columns of the file it came from.

    Args:
        table: with labels.
    """

    def __init__(self, table: Table) -> None:
        self.table, self.source = table, table.source
        self.total: int | None = len(table)
        self.notes = list(table.notes)

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        import pyarrow as pa

        table = self.table
        names = [name for name in (table.label_column, table.title_column, table.text_column) if name is not None]
        for first in range(0, len(table), BLOCK_ROWS):
            documents = table.documents[first : first + BLOCK_ROWS]
            values: list[Any] = []
            if table.labels is not None:
                values.append(table.labels[first : first + BLOCK_ROWS])
            if table.has_titles:
                values.append([_encodable(one[0]) for one in documents])
            values.append([_encodable(one if isinstance(one, str) else one[1]) for one in documents])
            arrays = [pa.chunked_array([pa.array(value)]) for value in values]
            yield RawTable(names, arrays, first, " (counted from 0)", typed=True)


def source_of(
    data: Blocks | Table,
    names: LabelNames,
    *,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
) -> Source:
    """A file, or a table in memory, to be checked.

    Args:
        data: the rows.
        names: gives labels their numbers.
        text: the text column, or ``None`` to guess it.
        title: the title column.
        label: the label column.

    Raises:
        DataError: no text or label column can be told.
    """
    if isinstance(data, Table):
        if data.labels is None or data.label_column is None:
            raise DataError(f"{data.source} has no labels", "Name their column.")
        blocks: Blocks = TableBlocks(data)
        columns = Columns(data.text_column, data.title_column, data.label_column, None)
        return Source(blocks, columns, names, head_of(blocks), guessed=False)
    head = head_of(data)
    if text is None:
        check_separator(head, data.source)
    columns = choose_columns(facts_of(head), source=data.source, text=text, title=title, label=label)
    return Source(data, columns, names, head, guessed=label is None)


def key_of(text: str) -> int:
    """A number of 64 bits that texts share if they are equal but for white space.

    Among 10 million texts two others share one with a probability of about 3 in a million.
    """
    return int.from_bytes(hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest(), "little")


def _texts(raw: RawTable, name: str, source: str) -> pyarrow.ChunkedArray:
    import pyarrow as pa
    from pyarrow import compute

    column = column_of(raw, name, source)
    if not is_text(column.type):
        raise DataError(
            f"{source}: column {name!r} holds {str(column.type)[:80]}, not texts",
            "Name a column of texts with --text or --title.",
        )
    return compute.fill_null(column.cast(pa.large_string()), "")


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text
