"""How often each token occurs: words in one compiled pass over the bytes, as ids are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from recurra.kernels.compiled import kernels_of
from recurra.text.buffer import TextBuffer
from recurra.text.encoding import byte_kinds, pieces
from recurra.text.tokens import TOKENISERS
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = ["count_tokens"]

# Texts that are counted at once, so that they are not all in memory twice however large the set is.
CHUNK = 2048
# Tokens, and bytes of them, for which there is room at first.
TOKENS, BYTES = 1 << 14, 1 << 17


def count_tokens(texts: Sequence[str], tokens: str) -> Counter[str]:
    """How often each token occurs in all texts together.

    Args:
        texts: any number.
        tokens: a name in :data:`recurra.text.tokens.TOKENISERS`.
    """
    counter = _WordCounter(tokens) if tokens in ("lesson", "words") else None
    counts: Counter[str] = Counter()
    for first in range(0, len(texts), CHUNK):
        some = texts[first : first + CHUNK]
        left = counter.add(some) if counter else some
        counts.update(chain.from_iterable(map(TOKENISERS[tokens], left)))
    if counter:
        counts.update(counter.counts())
    return counts


class _WordCounter:
    """A vocabulary that grows with every new word, and how often each was met."""

    def __init__(self, tokens: str) -> None:
        self._name = tokens
        self._kinds, self._lowered = byte_kinds(tokens)
        self._tokens = np.empty(BYTES, dtype=np.uint8)
        self._offsets = np.zeros(TOKENS + 1, dtype=np.int64)
        self._slots = np.zeros(4 * TOKENS, dtype=np.int64)
        self._known = np.zeros(2, dtype=np.int64)
        self._met = np.zeros(TOKENS, dtype=np.int64)

    def add(self, texts: Sequence[str]) -> list[str]:
        """Counts texts; gives back those that the kernel leaves to Unicode's rules, which are not counted."""
        buffer = TextBuffer.of(texts)
        lengths, count = np.empty(len(buffer), dtype=np.int64), np.empty(1, dtype=np.int64)
        learn = getattr(kernels_of("words"), self._name)
        for first, end in pieces(buffer):
            size = int(buffer.offsets[end] - buffer.offsets[first])
            ids, word = np.empty(size + end - first, dtype=np.int32), np.empty(size + 1, dtype=np.uint8)
            while True:
                self._known[1] = 0
                learn(
                    first, end, buffer.data, buffer.offsets, self._kinds, self._lowered, self._tokens, self._offsets,
                    self._slots, self._known, word, ids, lengths, count,
                )  # fmt: skip
                if not self._known[1]:
                    break
                # What the piece has taught stays, and it is read once more.
                self._grow()
            met = np.bincount(ids[: count[0]] - SPECIAL_IDS, minlength=len(self._met))
            self._met += met
        return [texts[text] for text in np.flatnonzero(lengths < 0).tolist()]

    def counts(self) -> dict[str, int]:
        """The words and how often each was met."""
        whole, bounds = self._tokens.tobytes(), self._offsets[: self._known[0] + 1].tolist()
        words = [whole[begin:end].decode() for begin, end in pairwise(bounds)]
        # A word that only a text left to Unicode's rules has begun with was learned and never counted.
        return {word: count for word, count in zip(words, self._met.tolist(), strict=False) if count}

    def _grow(self) -> None:
        """Twice the room."""
        known = int(self._known[0])
        self._tokens = np.concatenate([self._tokens, np.empty_like(self._tokens)])
        self._offsets = np.concatenate([self._offsets, np.zeros(len(self._offsets) - 1, dtype=np.int64)])
        self._met = np.concatenate([self._met, np.zeros_like(self._met)])
        self._slots = np.zeros(2 * len(self._slots), dtype=np.int64)
        kernels_of("words").index(self._tokens, self._offsets[: known + 1], self._slots)
