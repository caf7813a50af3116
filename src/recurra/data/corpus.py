"""Training rows that are iterated in order, any number of times, and need not be in memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet, check_documents, plain_documents
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.plain_values import other_order_note, plain_list
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError

__all__ = [
    "BLOCK",
    "IN_MEMORY",
    "ConcatRows",
    "Corpus",
    "InMemoryRows",
    "RelabelledRows",
    "RowSubset",
    "blocks_with_mask",
    "first_row_with",
]

IN_MEMORY = "memory"
"""What rows without a file are called."""

BLOCK = 1 << 16
"""Maximum number of documents in a block."""


class Corpus(Protocol):
    """B documents and their labels.

    Attributes:
        source: name of the source, for messages.
    """

    source: str

    def __len__(self) -> int:
        """B."""

    @property
    def labels(self) -> EncodedLabels:
        """The label of each document."""

    @property
    def pairs(self) -> bool:
        """Whether all documents are (title, text) pairs."""

    def blocks(self) -> Iterator[Sequence[Document]]:
        """All documents in order, in blocks of some thousands.

        Raises:
            DataError: the source cannot be read any more, or has changed.
        """


class InMemoryRows:
    """Documents and labels in memory.

    Args:
        documents: B texts or (title, text) pairs, in a list, an array or a column of a data frame.
        labels: B labels, likewise, in the same order; tuples or lists of labels in multi-label data.
        source: name of the source.
        row_numbers: those in messages; by default they count from 1.

    Raises:
        DataError: the numbers differ, an item is not a document, or one of both is no sequence.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        labels: Sequence[Label] | Sequence[LabelSet],
        *,
        source: str = IN_MEMORY,
        row_numbers: RowNumbers | None = None,
    ) -> None:
        for name, given in (("documents", documents), ("labels", labels)):
            if not isinstance(given, list | tuple):
                _check_column(name, given)
        if len(documents) != len(labels):
            raise DataError(
                f"There are {len(documents):,} documents and {len(labels):,} labels", "Give one label a document."
            )
        if note := other_order_note(documents, labels, "labels", first="documents"):
            warnings.warn(note, UserWarning, stacklevel=2)
        # Those of a list are not copied.
        self.documents = documents if isinstance(documents, list) else plain_documents(documents)
        check_documents(self.documents)
        each = (tuple(one) if isinstance(one, list | np.ndarray) else one for one in plain_list(labels))
        self.labels, self.source = EncodedLabels.of(each), source
        self.row_numbers = RowNumbers() if row_numbers is None else row_numbers

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def pairs(self) -> bool:
        """See :class:`Corpus`."""
        return all(isinstance(document, tuple) for document in self.documents)

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`Corpus`."""
        for first in range(0, len(self.documents), BLOCK):
            yield self.documents[first : first + BLOCK]


def _check_column(name: str, given: Any) -> None:
    """Raises a :class:`DataError` for what has no B values in an order: one text, a data frame or a set."""
    columns = getattr(given, "columns", None) is not None or getattr(given, "column_names", None) is not None
    if columns or isinstance(given, str | bytes | Set | Mapping) or not hasattr(given, "__len__"):
        column = "text" if name == "documents" else "label"
        shown = f"{given!r:.60}" if isinstance(given, str | bytes) else f"a {type(given).__name__}"
        raise DataError(
            f"{name} is {shown}",
            f"Give a list or one column, such as frame[{column!r}]; a whole table "
            "goes in as recurra.read_table(frame).corpus.",
        )


class RelabelledRows:
    """The documents of a corpus with other labels.

    Args:
        rows: the corpus.
        labels: B labels.
    """

    def __init__(self, rows: Corpus, labels: EncodedLabels) -> None:
        self.rows, self.labels, self.source = rows, labels, rows.source

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def pairs(self) -> bool:
        """See :class:`Corpus`."""
        return self.rows.pairs

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`Corpus`."""
        return self.rows.blocks()


class RowSubset:
    """Some rows of a corpus.

    Args:
        rows: the corpus.
        kept: bool[B], the rows to keep.
        labels: labels of the kept rows; ``None`` takes those of the corpus.
    """

    def __init__(self, rows: Corpus, kept: npt.NDArray[np.bool_], labels: EncodedLabels | None = None) -> None:
        self.rows, self.kept, self.source = rows, kept, rows.source
        self._labels = labels

    def __len__(self) -> int:
        return int(self.kept.sum())

    @cached_property
    def labels(self) -> EncodedLabels:
        """See :class:`Corpus`."""
        return self.rows.labels.take(self.kept) if self._labels is None else self._labels

    @property
    def pairs(self) -> bool:
        """See :class:`Corpus`."""
        return self.rows.pairs

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`Corpus`."""
        for _, block, kept in blocks_with_mask(self.rows, self.kept):
            yield [block[place] for place in np.flatnonzero(kept).tolist()]


class ConcatRows:
    """The rows of one corpus followed by those of another.

    Args:
        first: the first corpus.
        second: the second corpus.
    """

    def __init__(self, first: Corpus, second: Corpus) -> None:
        self.first, self.second = first, second
        self.source = f"{first.source} and {second.source}"

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @cached_property
    def labels(self) -> EncodedLabels:
        """See :class:`Corpus`."""
        first, second = self.first.labels, self.second.labels
        values = (*first.values, *second.values)
        codes = np.concatenate([first.codes, second.codes + np.int32(len(first.values))])
        return EncodedLabels(values, codes).renamed(values)

    @property
    def pairs(self) -> bool:
        """See :class:`Corpus`."""
        return self.first.pairs and self.second.pairs

    def blocks(self) -> Iterator[Sequence[Document]]:
        """See :class:`Corpus`."""
        return chain(self.first.blocks(), self.second.blocks())


def first_row_with(corpus: Corpus, label: Label | LabelSet) -> int | None:
    """The number in messages of the first row with a label that some row has; ``None`` for rows of several files."""
    labels = corpus.labels
    place = int(np.argmax(labels.codes == labels.values.index(label)))
    while isinstance(corpus, RowSubset | RelabelledRows):
        place = place if isinstance(corpus, RelabelledRows) else int(np.flatnonzero(corpus.kept)[place])
        corpus = corpus.rows
    numbers: RowNumbers | None = getattr(corpus, "row_numbers", None)
    return None if numbers is None else numbers.number(place)


def blocks_with_mask(
    corpus: Corpus, marks: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Sequence[Document], npt.NDArray[np.bool_]]]:
    """The blocks of a corpus, each with the index of its first row and its slice of a mask bool[B]."""
    first = 0
    for block in corpus.blocks():
        yield first, block, marks[first : first + len(block)]
        first += len(block)
