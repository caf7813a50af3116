"""What people decided about rows of a file that is cleaned: which are left out, and which get another label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from recurra.checking.lenient_reader import LenientReader
from recurra.data.decided_labels import DecidedLabels
from recurra.data.documents import Document
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.review_decisions import Decision, check_decisions, rows_of_decisions
from recurra.data.row_numbers import RowNumbers

__all__ = ["Decided", "decided_cells"]


class Decided(NamedTuple):
    """Decisions by row, counted from 0.

    Attributes:
        excluded: rows to leave out.
        cells: the new cell of the label column for each row to relabel.
    """

    excluded: frozenset[int] = frozenset()
    cells: Mapping[int, Any] = {}


class _Rows:
    """The rows of a file as decisions are checked against them."""

    def __init__(self, reader: LenientReader) -> None:
        self._reader, self.source = reader, reader.source
        values: dict[Any, None] = {}
        self._rows = 0
        for block in reader:
            values |= {tuple(cell) if isinstance(cell, list) else cell: None for cell in block.cells}
            self._rows += len(block)
        self.labels = EncodedLabels((*values,), np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        return self._rows

    @property
    def row_numbers(self) -> RowNumbers:
        return self._reader.row_numbers

    @property
    def pairs(self) -> bool:
        return self._reader.columns.title is not None

    def blocks(self) -> Iterator[Sequence[Document]]:
        for block in self._reader:
            yield block.documents


def decided_cells(reader: LenientReader, exclude: Sequence[Decision], relabel: Sequence[Decision]) -> Decided:
    """Checks decisions against a file, by the rules of :func:`recurra.data.review_decisions.apply_decisions`.

    Args:
        reader: the file.
        exclude: decisions, of which those to ``exclude`` are taken.
        relabel: decisions, of which those to ``relabel`` are taken.

    Raises:
        DataError: a decision does not fit the file.
    """
    if not exclude and not relabel:
        return Decided()
    rows = _Rows(reader)
    check_decisions([*exclude, *relabel], rows)
    gone, changed = rows_of_decisions(rows, exclude, relabel)
    decided = DecidedLabels(rows.labels, separator=reader.names.separator, source=reader.source)
    cells = {}
    for row, one in changed.items():
        value = decided.values[decided.code(one.label, rows.row_numbers.number(row), new=one.renames)]
        cells[row] = list(value) if isinstance(value, tuple) else value
    return Decided(frozenset(gone), cells)
