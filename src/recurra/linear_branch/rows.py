"""The rows that a linear branch learns from, collected block by block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged, RaggedWriter
from recurra.linear_branch.open_documents import OpenDocuments, OpenVocabulary
from recurra.text import TextPipeline, Vocabulary
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID

__all__ = ["MOST_ROWS", "BranchRows", "BranchRowsWriter"]

MOST_ROWS = 1 << 18
"""Rows that are learned from; of more, as many are drawn evenly."""

_ANY_ID = 1 << 31


@dataclass(frozen=True, eq=False)
class BranchRows:
    """Rows with ids for unknown words.

    Attributes:
        rows: B of the rows to learn from.
        places: int64[B], which of them.
        held: those that are held out; no documents if there are none.
    """

    rows: OpenDocuments
    places: npt.NDArray[np.int64]
    held: OpenDocuments

    @property
    def all(self) -> OpenDocuments:
        """The rows to learn from, then those that are held out."""
        return OpenDocuments(
            Ragged.concatenate([self.rows.ids, self.held.ids]), self.rows.known, self.rows.words
        )  # fmt: skip

    def with_vocabulary(self, whole: Vocabulary, size: int) -> BranchRows:
        """The same rows for a vocabulary that is cut: the words behind it are unknown ones.

        Args:
            whole: the vocabulary that made the ids.
            size: words of it that are left.
        """
        words = (*whole.tokens[size:], *self.rows.words)
        rows, held = (replace(some, known=size + SPECIAL_IDS, words=words) for some in (self.rows, self.held))
        return replace(self, rows=rows, held=held)


class BranchRowsWriter:
    """Collects rows; a context manager that closes its files.

    Args:
        pipeline: made the ids of known words.
        kept: bool[rows], which are learned from; the others are held out.
        seed: of the draw where there are more than :data:`MOST_ROWS`.
        folder: for files of ids.
    """

    def __init__(self, pipeline: TextPipeline, kept: npt.NDArray[np.bool_], *, seed: int, folder: Path | None) -> None:
        self._vocabulary = OpenVocabulary(pipeline)
        count = int(kept.sum())
        self._places = np.arange(count)
        if count > MOST_ROWS:
            self._places = np.sort(np.random.default_rng(seed).choice(count, MOST_ROWS, replace=False))
        self._taken = np.zeros(count, dtype=np.bool_)
        self._taken[self._places] = True
        self._files = ExitStack()
        self._rows, self._held = (self._files.enter_context(RaggedWriter(_ANY_ID, folder=folder)) for _ in range(2))
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._files.close()

    def add(self, ids: Ragged, unknown: Sequence[str], held: npt.NDArray[np.bool_]) -> None:
        """Adds the next rows.

        Args:
            ids: of B documents, from the pipeline.
            unknown: the word of each id 1 among them, in order, from the pipeline.
            held: bool[B], which are held out.
        """
        kept = np.flatnonzero(~held)
        taken = kept[self._taken[self._done : self._done + len(kept)]]
        self._done += len(kept)
        for writer, rows in ((self._rows, taken), (self._held, np.flatnonzero(held))):
            writer.add(self._vocabulary.open(ids.take(rows), _words_of(rows, ids, unknown)))

    def to_rows(self) -> BranchRows:
        """All rows."""
        known, words = self._vocabulary.known, self._vocabulary.words
        rows, held = (OpenDocuments(writer.to_ragged(), known, words) for writer in (self._rows, self._held))
        return BranchRows(rows, self._places, held)


def _words_of(rows: npt.NDArray[np.int64], ids: Ragged, unknown: Sequence[str]) -> list[str]:
    """The unknown words of some of the documents, whose numbers rise."""
    if not unknown:
        return []
    owners = np.searchsorted(ids.offsets, np.flatnonzero(ids.values == UNKNOWN_ID), side="right") - 1
    return [unknown[place] for place in np.flatnonzero(np.isin(owners, rows)).tolist()]
