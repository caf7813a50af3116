"""Rows to learn from that are gone over in order, as often as needed, and need not be in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet, check_documents
from recurra.data.encoded_labels import EncodedLabels
from recurra.errors import DataError

__all__ = ["BLOCK", "ConcatRows", "Corpus", "InMemoryRows", "RelabelledRows", "RowSubset", "blocks_with_mask"]

BLOCK = 1 << 16
"""Documents of a block, at most."""


class Corpus(Protocol):
    """B documents and their labels.

    Attributes:
        source: where they came from, for messages.
    """

    source: str

    def __len__(self) -> int:
        """B."""

    @property
    def labels(self) -> EncodedLabels:
        """A label a document."""

    @property
    def pairs(self) -> bool:
        """Whether all documents are (title, text) pairs."""

    def blocks(self) -> Iterator[Sequence[Document]]:
        """All documents in order, some thousands at a time.

        Raises:
            DataError: the source cannot be read any more, or is not what it was.
        """


class InMemoryRows:
    """Documents and labels that are in memory.

    Args:
        documents: B texts or (title, text) pairs.
        labels: as many; each a tuple of labels where documents may have several.
        source: where they came from.

    Raises:
        DataError: they are not as many, or something is no document.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        labels: Sequence[Label] | Sequence[LabelSet],
        *,
        source: str = "memory",
    ) -> None:
        if len(documents) != len(labels):
            raise DataError(
                f"There are {len(documents):,} documents and {len(labels):,} labels", "Give one label a document."
            )
        check_documents(documents)
        self.documents, self.labels, self.source = documents, EncodedLabels.of(labels), source

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
    """The same documents under other labels.

    Args:
        rows: the corpus.
        labels: B of them.
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
        kept: bool[B], which of them.
        labels: of those, if others than the corpus has.
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
    """The rows of one corpus and behind them those of another.

    Args:
        first: the one.
        second: the other.
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


def blocks_with_mask(
    corpus: Corpus, marks: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Sequence[Document], npt.NDArray[np.bool_]]]:
    """The blocks of a corpus, each with its first row and its part of bool[B]."""
    first = 0
    for block in corpus.blocks():
        yield first, block, marks[first : first + len(block)]
        first += len(block)
