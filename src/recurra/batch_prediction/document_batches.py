"""The rows of a table or of a file of lines as batches of documents for the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.data.arrow_columns import blank_texts, column_of
from recurra.data.documents import Document
from recurra.data.lines import LineBlocks, Lines
from recurra.data.plain_columns import Column, PlainColumn, text_column_of
from recurra.data.table_reader import TableReader
from recurra.text.arrow import ArrowStrings
from recurra.text.buffer import TextBuffer
from recurra.text.settings import TextSettings

__all__ = ["BATCH", "DocumentBatch", "batches_of_lines", "batches_of_table"]

BATCH = 1 << 14
"""Rows in a batch, at most."""

# What white space begins with in UTF-8.
_SPACE_BYTES = np.array([*range(9, 14), *range(28, 33), 0xC2, 0xE1, 0xE2, 0xE3], dtype=np.uint8)

Documents: TypeAlias = ArrowStrings | TextBuffer | list[Document]


@dataclass(frozen=True)
class DocumentBatch:
    """A batch of consecutive rows.

    Attributes:
        documents: B documents, as :meth:`recurra.runtime.Model.predict_proba` takes them.
        count: B, the number of rows.
        empty: number of rows without text, or with white space alone.
        kept: the columns that are copied to the output, by name.
        without_text: number of rows with a title and no text, where the model reads both.
    """

    documents: Documents
    count: int
    empty: int
    kept: dict[str, Column] = field(default_factory=dict)
    without_text: int = 0


def batches_of_lines(lines: LineBlocks, keep: Sequence[str] = ()) -> Iterator[DocumentBatch]:
    """Batches of a text file; each line is a document. A file without lines is one batch of none, with its column.

    Args:
        lines: the lines of the file.
        keep: the columns to copy to the output: ``text`` or none.

    Raises:
        DataError: a line is not text, or is too long.
    """
    for data, offsets in _or_none(lines.lines(again=False)):
        for first in range(0, max(1, len(offsets) - 1), BATCH):
            some = offsets[first : first + BATCH + 1]
            kept = {name: text_column_of(data, some) for name in keep}
            yield DocumentBatch(TextBuffer(data, some), len(some) - 1, _blank_lines(data, some), kept)


def _blank_lines(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> int:
    """How many lines, between the offsets, have nothing but white space."""
    starts, ends = offsets[:-1], offsets[1:]
    filled = ends > starts
    first = data[np.minimum(starts, max(0, len(data) - 1))] if len(data) else np.zeros(len(starts), dtype=np.uint8)
    possible = np.flatnonzero(filled & np.isin(first, _SPACE_BYTES))
    blank = sum(data[starts[one] : ends[one]].tobytes().decode("utf-8").isspace() for one in possible.tolist())
    return int((~filled).sum()) + blank


def _or_none(blocks: Iterator[Lines]) -> Iterator[Lines]:
    """The blocks, or an empty one if there are none."""
    first = next(blocks, None)
    if first is None:
        yield np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
        return
    yield first
    yield from blocks


def batches_of_table(table: TableReader, keep: Sequence[str], settings: TextSettings) -> Iterator[DocumentBatch]:
    """Batches of a table; the title and text of a row, as far as the model reads them, are a document.

    Args:
        table: the rows.
        keep: the columns to copy to the output.
        settings: the model's text settings.

    Raises:
        DataError: a row or a column cannot be used.
    """
    for block in table.read(keep, again=False):
        texts, titles = block.texts, block.titles
        read = texts if titles is None else titles if settings.field == "title" else block.joined
        kept = {name: column_of(block.raw, name, table.source) for name in keep}
        for first in range(0, len(block), BATCH):
            some = read.slice(first, BATCH)
            empty = int(blank_texts(some).sum())
            documents: Documents = [text or "" for text in some.values] if isinstance(some, PlainColumn) else some
            if titles is not None and settings.field == "title" and settings.first_words is not None:
                # Such a model cuts a plain text to its first words but reads the title of a pair whole.
                documents = [(title or "", "") for title in some.to_pylist()]
            beside = {name: column.slice(first, BATCH) for name, column in kept.items()}
            both = titles is not None and settings.field != "title"
            without = int(blank_texts(texts.slice(first, BATCH)).sum()) - empty if both else 0
            yield DocumentBatch(documents, len(some), empty, beside, without)
