"""The linear branch's outputs for one short text, in memory that is kept from text to text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.linear_branch import LinearBranch
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["OneTextBranch"]


class OneTextBranch:
    """What :meth:`recurra.linear_branch.LinearBranch.logits` says of one document. One call at a time may use it.

    Args:
        branch: the linear branch.
        tokens: largest number of tokens of a document.
    """

    def __init__(self, branch: LinearBranch, *, tokens: int) -> None:
        self._branch, ngrams = branch, branch.ngrams
        self._find, self._sums = kernels_of("ngrams").find_ngrams, kernels_of("linear_sums")
        self._offsets, self._bounds = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._open_rows = np.empty(ngrams.longest + 1, dtype=np.int32)
        self._found = np.empty(ngrams.room(tokens, 1), dtype=np.int32)
        self._outputs, self._no_words = np.zeros((1, branch.outputs)), np.empty((0, branch.outputs + 1))

    @property
    def spells(self) -> bool:
        """Whether it asks for the letters of unknown words."""
        return self._branch.subwords is not None

    def outputs(self, ids: npt.NDArray[np.int32], count: int, unknown: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Its outputs, float64[1, L], which the next call overwrites.

        Args:
            ids: int32, of which the first ``count`` are the document's; more are ignored.
            count: number of tokens.
            unknown: the words of the ids 1 among them, in order, if it spells them.
        """
        branch, new = self._branch, self._no_words
        self._offsets[1], self._outputs[:] = count, 0
        self._find(ids, self._offsets, *branch.ngrams.tables, self._open_rows, self._found, self._bounds)
        self._sums.add_sums(self._found, self._bounds, branch.W, self._outputs)
        if branch.subwords is None:
            return self._outputs
        if unknown:
            # Each has an id after those of the vocabulary.
            new, ids = branch.word_sums(unknown), ids[:count].copy()
            ids[ids == UNKNOWN_ID] = branch.ngrams.known + np.arange(len(unknown))
        self._sums.add_word_sums(ids, self._offsets, branch.known_sums, new, self._outputs)
        return self._outputs
