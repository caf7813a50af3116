"""Reads a labelled file for the checks, any number of times and more leniently than training does.

Training rejects a file at its first row without a label or its first NUL character. A check lists all of them, so this
reader returns rows as they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.checking.label_names import LabelNames
from recurra.data.arrow_columns import column_of, is_label, is_list, no_labels, text_column
from recurra.data.blocks import Blocks
from recurra.data.delimited import RawTable
from recurra.data.label_format import split_text
from recurra.data.mixed_values import LISTS, json_kinds, mixture_of
from recurra.data.plain_columns import is_json
from recurra.data.row_block import RowBlock
from recurra.data.row_numbers import RowNumbers
from recurra.data.table_reader import TableReader
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

    from recurra.checking.draft import Draft

__all__ = ["KEPT_BYTES", "LenientBlock", "LenientReader", "key_of", "label_cells"]

KEPT_BYTES = 64 << 20
"""Maximum size of a file that is kept in memory between passes; a larger file is read again for each pass."""


@dataclass(frozen=True, eq=False)
class LenientBlock(RowBlock):
    """A block of consecutive rows with all columns; a missing text is empty, and no text is rejected.

    Attributes:
        names: numbers the labels.
        lists: whether the label column holds lists, in some rows at least.
    """

    names: LabelNames = field(kw_only=True)
    lists: bool = field(default=False, kw_only=True)

    @cached_property
    def cells(self) -> list[Any]:
        """The values of the label column, see :func:`label_cells`."""
        column = column_of(self.raw, self.columns.label or "", self.source)
        return label_cells(column, lists=self.lists, separator=self.names.separator)

    @cached_property
    def labels(self) -> npt.NDArray[np.int32]:
        """int32[B], numbers in :class:`LabelNames`; of rows that are read without labels that of none."""
        if self.columns.label is None:
            return np.full(len(self), self.names.number_of(()), dtype=np.int32)
        import pyarrow as pa

        column = column_of(self.raw, self.columns.label or "", self.source)
        if not is_label(column.type):
            # A missing list is a list without labels, as in training.
            none: list[str] | None = [] if self.lists else None
            values = [none if value is None else value for value in self.cells]
            return np.array([self.names.number(value) for value in values], dtype=np.int32)
        coded = pa.concat_arrays(column.chunks).dictionary_encode(null_encoding="encode")
        numbers = np.array([self.names.number(value) for value in coded.dictionary.to_pylist()], dtype=np.int32)
        return np.asarray(numbers[coded.indices.to_numpy(zero_copy_only=False)])

    def _texts(self, name: str) -> pyarrow.ChunkedArray:
        import pyarrow as pa
        from pyarrow import compute

        return compute.fill_null(text_column(self.raw, name, self.source).cast(pa.large_string()), "")


class LenientReader(TableReader):
    """A file of labelled rows.

    Args:
        blocks: the file; may be read any number of times.
        names: numbers the labels.
        drafts: findings from opening the file.
        columns: ``text``, ``title``, ``label``, ``labelled``, ``model`` and ``classes``, as
            :class:`recurra.data.table_reader.TableReader` takes them.

    Raises:
        DataError: the text or label column cannot be guessed, or all labels are of a kind that cannot be labels.
    """

    def __init__(self, blocks: Blocks, names: LabelNames, *, drafts: Sequence[Draft] = (), **columns: Any) -> None:
        with _told_of_bytes(drafts):
            super().__init__(blocks, **columns)
        self.names, self.drafts = names, drafts
        self.lists = self.columns.label is not None and self._holds_lists(self.columns.label)
        self._kept: list[LenientBlock] | None = None
        # Of the blocks that were read so far.
        self._numbers: list[tuple[RowNumbers, int]] = []
        self._numbered = 0

    def _holds_lists(self, label: str) -> bool:
        column = column_of(self.head, label, self.source)
        if is_json(column.type):
            kinds = json_kinds(column.to_pylist())
            if not mixture_of(kinds).odd:
                raise no_labels(self.head, label, self.source)
            return LISTS in kinds
        if not (is_list(column.type) or is_label(column.type)):
            raise no_labels(self.head, label, self.source)
        return is_list(column.type)

    def __iter__(self) -> Iterator[LenientBlock]:
        """All rows, block by block."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[LenientBlock] = []
        first = size = 0
        for raw in self._raw():
            block = LenientBlock(raw, self.columns, self.source, first, names=self.names, lists=self.lists)
            if first == self._numbered:
                self._numbers.append((raw.numbers, len(block)))
                self._numbered += len(block)
                self.__dict__.pop("row_numbers", None)
            yield block
            first += len(block)
            size += sum(column.nbytes for column in raw.columns)
            if size <= KEPT_BYTES:
                kept.append(block)
        if size <= KEPT_BYTES:
            self._kept = kept

    def _raw(self) -> Iterator[RawTable]:
        with _told_of_bytes(self.drafts):
            yield from self.blocks.read()

    def number(self, row: int) -> int:
        """The row number in messages of the row at an index."""
        return self.row_numbers.number(row)

    @cached_property
    def row_numbers(self) -> RowNumbers:
        """The numbers of the rows that were read so far."""
        return RowNumbers.joined(self._numbers) if self._numbers else self.head.numbers


@contextlib.contextmanager
def _told_of_bytes(drafts: Sequence[Draft]) -> Iterator[None]:
    """Adds to errors what is wrong with the bytes: a wrong guess of an encoding may take a separator for a letter."""
    try:
        yield
    except DataError as error:
        said = " ".join(f"{draft.meaning} {draft.hint}" for draft in drafts)
        if not said:
            raise
        raise DataError(error.received, f"{error.hint} {said}") from None


def label_cells(column: pyarrow.ChunkedArray, *, lists: bool, separator: str | None) -> list[Any]:
    """The cells of a label column as Python values.

    Of JSON these are the values that it stands for; where others are lists, a text is the list of its labels.

    Args:
        column: the column.
        lists: whether it holds lists, in some rows at least.
        separator: separator of the labels in a text.
    """
    cells: list[Any] = column.to_pylist()
    if not is_json(column.type):
        return cells
    values = [None if cell is None else json.loads(cell) for cell in cells]
    return [list(split_text(value, separator)) if lists and isinstance(value, str) else value for value in values]


def key_of(text: str) -> int:
    """A 64-bit hash of a text that ignores differences in white space.

    The probability of a collision among 10 million texts is about 3 in a million.
    """
    return int.from_bytes(hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest(), "little")
