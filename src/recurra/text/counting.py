"""Counts tokens; words with the same compiled pass over the bytes that looks up ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Protocol

import numpy as np

from recurra.kernels.compiled import kernels_of
from recurra.text.buffer import TextBuffer
from recurra.text.disk_counter import DiskCounter
from recurra.text.encoding import byte_kinds, pieces, scratch
from recurra.text.segmenters import tokeniser
from recurra.text.token_table import token_table
from recurra.text.tokens import lowercase_points, utf8
from recurra.text.vocabulary import SPECIAL_IDS
from recurra.tokenizers import LOWERCASE_CHARACTERS

__all__ = ["TOKENS_IN_MEMORY", "count_tokens", "most_frequent"]

# Texts that are counted at once: only these are copied, however large the set is.
CHUNK = 2048
# Initial capacity: tokens, and bytes of all tokens.
TOKENS, BYTES = 1 << 14, 1 << 17

TOKENS_IN_MEMORY = 1 << 18
"""Different tokens that are counted in memory, some 100 MB; more are counted on disk."""


def count_tokens(texts: Sequence[str], tokens: str) -> Counter[str]:
    """How often each token occurs in all texts together.

    Args:
        texts: any number.
        tokens: a name that :func:`recurra.text.segmenters.tokeniser` knows.
    """
    counter = _counter_of(tokens)
    for first in range(0, len(texts), CHUNK):
        counter.add(texts[first : first + CHUNK])
    return counter.take_counts()


def most_frequent(
    texts: Iterable[Sequence[str]], tokens: str, count: int, *, in_memory: int | None = None
) -> dict[str, int]:
    """The exact counts of the most frequent tokens, of texts that need not be in memory together.

    Args:
        texts: any number, in blocks of some thousands.
        tokens: a name that :func:`recurra.text.segmenters.tokeniser` knows.
        count: how many tokens are wanted. Of tokens as frequent as the last one, the result has all, or those that come
            last in the order of their UTF-8 bytes, which a vocabulary takes first.
        in_memory: different tokens that are counted in memory; :data:`TOKENS_IN_MEMORY` if ``None``.
    """
    counter, on_disk = _counter_of(tokens), DiskCounter()
    in_memory = TOKENS_IN_MEMORY if in_memory is None else in_memory
    for some in texts:
        for first in range(0, len(some), CHUNK):
            counter.add(some[first : first + CHUNK])
            if len(counter) > in_memory:
                on_disk.add(counter.take_counts())
    rest = counter.take_counts()
    if not on_disk:
        return rest
    on_disk.add(rest)
    return on_disk.most_frequent(count)


class _TokenCounter(Protocol):
    def add(self, texts: Sequence[str]) -> None:
        """Counts the tokens of texts."""

    def take_counts(self) -> Counter[str]:
        """How often each token occurred; the counter is empty afterwards."""

    def __len__(self) -> int:
        """How many different tokens it holds."""


def _counter_of(tokens: str) -> _TokenCounter:
    if tokens in ("lesson", "words"):
        return _WordCounter(tokens)
    if tokens in ("characters", LOWERCASE_CHARACTERS):
        return _CharacterCounter(lowercase_points() if tokens == LOWERCASE_CHARACTERS else {})
    return _PlainCounter(tokens)


class _PlainCounter:
    """Counts the tokens of a tokeniser function."""

    def __init__(self, tokens: str) -> None:
        self._tokeniser = tokeniser(tokens)
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, texts: Sequence[str]) -> None:
        self._counts.update(chain.from_iterable(map(self._tokeniser, texts)))

    def take_counts(self) -> Counter[str]:
        counts, self._counts = self._counts, Counter()
        return counts


class _CharacterCounter:
    """Counts code points, which are few enough for an array.

    Args:
        lowercase: those that are counted as others.
    """

    def __init__(self, lowercase: Mapping[int, int]) -> None:
        self._lowercase = lowercase
        self._met = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._met))

    def add(self, texts: Sequence[str]) -> None:
        points = np.frombuffer(utf8("".join(texts)).decode().encode("utf-32-le"), dtype="<u4")
        met = np.bincount(points, minlength=len(self._met))
        met[: len(self._met)] += self._met
        self._met = met

    def take_counts(self) -> Counter[str]:
        points, counts = np.flatnonzero(self._met), Counter[str]()
        for point, count in zip(points.tolist(), self._met[points].tolist(), strict=True):
            counts[chr(self._lowercase.get(point, point))] += count
        self._met = np.zeros(0, dtype=np.int64)
        return counts


class _WordCounter:
    """Counts words with a vocabulary that grows with every new word."""

    def __init__(self, tokens: str) -> None:
        self._name = tokens
        self._kinds, self._lowered = byte_kinds(tokens)
        # For texts that the kernel cannot tokenise, because they need Unicode's rules.
        self._others = _PlainCounter(tokens)
        self._empty()

    def _empty(self) -> None:
        self._tokens = np.empty(BYTES, dtype=np.uint8)
        self._offsets = np.zeros(TOKENS + 1, dtype=np.int64)
        *_, self._basis, self._slots = token_table(self._tokens, self._offsets[:1], TOKENS)
        self._known = np.zeros(2, dtype=np.int64)
        self._met = np.zeros(TOKENS, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._known[0]) + len(self._others)

    def add(self, texts: Sequence[str]) -> None:
        buffer = TextBuffer.of(texts)
        lengths, count = np.empty(len(buffer), dtype=np.int64), np.empty(2, dtype=np.int64)
        learn = getattr(kernels_of("token_ids"), self._name)
        # Words that do not fit are not written down: the piece is read again.
        unknown, ends = np.empty(0, dtype=np.uint8), np.empty(0, dtype=np.int64)
        for first, end in pieces(buffer):
            size = int(buffer.offsets[end] - buffer.offsets[first])
            ids, memory = np.empty(size + end - first, dtype=np.int32), scratch(size)
            while True:
                self._known[1] = 0
                learn(
                    first, end, buffer.data, buffer.offsets, self._kinds, self._lowered, self._tokens, self._offsets,
                    self._basis, self._slots, self._known, *memory, ids, lengths, unknown, ends, count,
                )  # fmt: skip
                if not self._known[1]:
                    break
                # The words learned so far are kept, and the piece is read again.
                self._grow()
            met = np.bincount(ids[: count[0]] - SPECIAL_IDS, minlength=len(self._met))
            self._met += met
        self._others.add([texts[text] for text in np.flatnonzero(lengths < 0).tolist()])

    def take_counts(self) -> Counter[str]:
        whole, bounds = self._tokens.tobytes(), self._offsets[: self._known[0] + 1].tolist()
        words = [whole[begin:end].decode() for begin, end in pairwise(bounds)]
        counts = self._others.take_counts()
        # A count of 0: the kernel learned the word at the beginning of a text that it then could not tokenise.
        counts.update({word: count for word, count in zip(words, self._met.tolist(), strict=False) if count})
        self._empty()
        return counts

    def _grow(self) -> None:
        """Doubles the capacity."""
        self._tokens = np.concatenate([self._tokens, np.empty_like(self._tokens)])
        self._offsets = np.concatenate([self._offsets, np.zeros(len(self._offsets) - 1, dtype=np.int64)])
        self._met = np.concatenate([self._met, np.zeros_like(self._met)])
        known = self._offsets[: self._known[0] + 1]
        *_, self._basis, self._slots = token_table(self._tokens, known, len(self._met))
