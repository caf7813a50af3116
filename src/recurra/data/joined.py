"""Two corpora as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from recurra.data.coded import CodedLabels
from recurra.data.corpus import Corpus
from recurra.data.documents import Document

__all__ = ["Joined"]


class Joined:
    """The rows of one corpus and behind them those of another; see :class:`recurra.data.corpus.Corpus`.

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
    def labels(self) -> CodedLabels:
        """A label a document."""
        first, second = self.first.labels, self.second.labels
        values = (*first.values, *second.values)
        codes = np.concatenate([first.codes, second.codes + np.int32(len(first.values))])
        return CodedLabels(values, codes).renamed(values)

    @property
    def pairs(self) -> bool:
        """Whether all documents are (title, text) pairs."""
        return self.first.pairs and self.second.pairs

    def blocks(self) -> Iterator[Sequence[Document]]:
        """All documents in order."""
        return chain(self.first.blocks(), self.second.blocks())
