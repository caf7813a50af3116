"""The linear branch's outputs for one short text, in memory that is kept from text to text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.linear_branch import LinearBranch
from recurra.linear_branch.subwords import MARK, SHORTEST, Subwords
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["OneTextBranch", "UnknownWords"]


class UnknownWords(NamedTuple):
    """The unknown words of a text, in order.

    Attributes:
        text: their UTF-8, one after the other; more bytes are ignored.
        ends: int64, where each ends.
        number: how many they are.
    """

    text: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]
    number: int


class OneTextBranch:
    """What :meth:`recurra.linear_branch.LinearBranch.logits` says of one document. One call at a time may use it.

    Args:
        branch: the linear branch.
        tokens: largest number of tokens of a document.
        size: largest number of its bytes.
    """

    def __init__(self, branch: LinearBranch, *, tokens: int, size: int) -> None:
        self._branch, ngrams = branch, branch.ngrams
        self._find, self._sums = kernels_of("ngrams").find_ngrams, kernels_of("linear_sums")
        self._offsets, self._bounds = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._open_rows = np.empty(ngrams.longest + 1, dtype=np.int32)
        self._found = np.empty(ngrams.room(tokens, 1), dtype=np.int32)
        self._outputs, self._no_words = np.zeros((1, branch.outputs)), np.empty((0, branch.outputs + 1))
        if branch.subwords is not None:
            self._subwords = _WordSums(branch.subwords, branch.U, tokens=tokens, size=size)

    @property
    def spells(self) -> bool:
        """Whether it asks for the letters of unknown words."""
        return self._branch.subwords is not None

    def outputs(self, ids: npt.NDArray[np.int32], count: int, unknown: UnknownWords) -> npt.NDArray[np.float64]:
        """Its outputs, float64[1, L], which the next call overwrites.

        Args:
            ids: int32, of which the first ``count`` are the document's; more are ignored.
            count: number of tokens.
            unknown: the words of the ids 1 among them, if it spells them.
        """
        branch, new = self._branch, self._no_words
        self._offsets[1], self._outputs[:] = count, 0
        self._find(ids, self._offsets, *branch.ngrams.tables, self._open_rows, self._found, self._bounds)
        self._sums.add_sums(self._found, self._bounds, branch.W, self._outputs)
        if branch.subwords is None:
            return self._outputs
        if unknown.number:
            # Each has an id after those of the vocabulary.
            new, ids = self._subwords(unknown), ids[:count].copy()
            ids[ids == UNKNOWN_ID] = branch.ngrams.known + np.arange(unknown.number)
        self._sums.add_word_sums(ids, self._offsets, branch.known_sums, new, self._outputs)
        return self._outputs


class _WordSums:
    """What :meth:`recurra.linear_branch.LinearBranch.word_sums` says of a few words, in memory that is kept."""

    def __init__(self, subwords: Subwords, U: npt.NDArray[np.float32], *, tokens: int, size: int) -> None:
        self._kernels, self._sum_rows = kernels_of("subwords"), kernels_of("linear_sums").sum_rows
        self._table, self._longest, self._U = subwords.table, subwords.longest, U
        room = size + 2 * tokens
        self._marked, self._found = np.empty(room, dtype=np.uint8), np.empty(room * self._longest, dtype=np.int32)
        self._bounds, self._ends = np.empty(tokens + 1, dtype=np.int64), np.empty(tokens + 1, dtype=np.int64)

    def __call__(self, words: UnknownWords) -> npt.NDArray[np.float64]:
        """float64[words, L + 1]."""
        bounds = self._bounds[: words.number + 1]
        sums = np.zeros((words.number, self._U.shape[1] + 1))
        self._kernels.mark_words(*words, ord(MARK), self._marked, bounds)
        self._kernels.find_subwords(
            self._marked, bounds, SHORTEST, self._longest, *self._table, self._found, self._ends
        )
        self._sum_rows(self._found, self._ends[: words.number + 1], self._U, sums)
        return sums
