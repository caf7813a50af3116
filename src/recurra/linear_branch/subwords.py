"""The n-grams of a word's characters that the branch counts: they say something about words that training never saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.text.token_table import TokenTable, token_table
from recurra.text.tokens import utf8
from recurra.text.vocabulary import Vocabulary

__all__ = ["MARK", "SHORTEST", "Subwords", "marked_words", "word_subwords"]

SHORTEST = 2
# Stand before and after each word: a subword with one is the word's beginning or end.
MARK = " "


@dataclass(frozen=True, eq=False)
class Subwords:
    """Known subwords; the row of each is its place.

    Attributes:
        vocabulary: the subwords, of :data:`SHORTEST` and more characters, a space being a word's beginning or end.
        longest: characters of the longest one.
    """

    vocabulary: Vocabulary
    longest: int

    def __len__(self) -> int:
        return len(self.vocabulary)

    def find(self, words: Sequence[str]) -> Ragged:
        """The rows of the known subwords of W words, each as often as it occurs."""
        return self.find_marked(*marked_words(words))

    def find_marked(self, text: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> Ragged:
        """See :meth:`find`; the words are as :func:`marked_words` returns them, or a range of those."""
        found = np.empty(int(bounds[-1] - bounds[0]) * self.longest + 1, dtype=np.int32)
        ends = np.empty(len(bounds), dtype=np.int64)
        kernels_of("subwords").find_subwords(text, bounds, SHORTEST, self.longest, *self.table, found, ends)
        return Ragged(found[: ends[-1]], ends)

    @cached_property
    def table(self) -> TokenTable:
        """The arguments of :func:`recurra.kernels.subwords.find_subwords` from ``subwords`` to ``slots``."""
        return token_table(*self.vocabulary.to_tensors())


def marked_words(words: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The UTF-8 of words with their marks, uint8, and where each begins, int64[W + 1]."""
    encoded = [utf8(f"{MARK}{word}{MARK}") for word in words]
    bounds = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(word) for word in encoded], out=bounds[1:])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), bounds


def word_subwords(word: str, longest: int) -> Iterable[str]:
    """All subwords of a word, in the order of their beginnings: what :meth:`Subwords.find` looks up."""
    text = f"{MARK}{utf8(word).decode()}{MARK}"
    for begin in range(len(text)):
        for end in range(begin + SHORTEST, min(begin + longest, len(text)) + 1):
            yield text[begin:end]
