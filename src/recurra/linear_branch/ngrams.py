"""The n-grams of tokens that the branch counts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of

__all__ = ["Ngrams"]

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ngrams:
    """Known n-grams. Each has a row: a token its id, a longer n-gram the ids' number plus its place in ``table``.

    A document is read with a boundary, which has the pad's id, before its first and after its last token.

    Attributes:
        known: V, ids that the vocabulary has, with the two special ones.
        table: int32[M, 2]: of each n-gram of two and more tokens the row of its beginning, which comes before it, and
            its last token.
        longest: K, tokens of the longest n-gram.
    """

    known: int
    table: Int32
    longest: int

    def __len__(self) -> int:
        return self.known + len(self.table)

    def find(self, documents: Ragged) -> Ragged:
        """The rows of the known n-grams of B documents, each as often as it occurs.

        Args:
            documents: token ids; those from V on are unknown tokens.
        """
        found = np.empty(self.room(len(documents.values), len(documents)), dtype=np.int32)
        bounds = np.empty(len(documents) + 1, dtype=np.int64)
        open_rows = np.empty(self.longest + 1, dtype=np.int32)
        kernels_of("ngrams").find_ngrams(
            documents.values, documents.offsets, *self.tables, open_rows, found, bounds
        )  # fmt: skip
        return Ragged(found[: bounds[-1]], bounds)

    def room(self, tokens: int, documents: int) -> int:
        """The largest number of rows that so many tokens in so many documents may have."""
        return self.longest * (tokens + documents) + 1

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """How many tokens each has, int64[n-grams]."""
        lengths = np.ones(len(self), dtype=np.int64)
        # An n-gram stands behind its beginning, so one round for each order is enough.
        for _ in range(2, self.longest + 1):
            lengths[self.known :] = lengths[self.table[:, 0]] + 1
        return lengths

    def tokens(self, row: int) -> list[int]:
        """The ids of the tokens of an n-gram, boundaries among them."""
        ids = []
        while row >= self.known:
            row, last = self.table[row - self.known].tolist()
            ids.append(last)
        return [*reversed([*ids, row])]

    @cached_property
    def tables(self) -> tuple[int, int, int, Int64, Int32]:
        """The arguments of :func:`recurra.kernels.ngrams.find_ngrams` from ``known`` to ``rows``."""
        # Drawn at random, so that nobody can write a file whose n-grams all meet in one slot.
        mix = secrets.randbits(62) | 1
        slots = 1 << max(4, (2 * len(self.table)).bit_length())
        keys, rows = np.full(slots, -1, dtype=np.int64), np.zeros(slots, dtype=np.int32)
        beginnings, tokens = np.ascontiguousarray(self.table.T)
        kernels_of("ngrams").fill_ngram_table(beginnings, tokens, self.known, mix, keys, rows)
        return self.known, self.longest, mix, keys, rows
