"""Training rows that are iterated in order, any number of times, and need not be in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet, check_documents
from recurra.data.encoded_labels import EncodedLabels
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
        documents: B texts or (title, text) pairs.
        labels: B labels; tuples of labels in multi-label data.
        source: name of the source.
        row_numbers: those in messages; by default they count from 1.

    Raises:
        DataError: the numbers differ, or an item is not a document.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        labels: Sequence[Label] | Sequence[LabelSet],
        *,
        source: str = IN_MEMORY,
        row_numbers: RowNumbers | None = None,
    ) -> None:
        if len(documents) != len(labels):
            raise DataError(
                f"There are {len(documents):,} documents and {len(labels):,} labels", "Give one label a document."
            )
        check_documents(documents)
        self.documents, self.labels, self.source = documents, EncodedLabels.of(labels), source
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
