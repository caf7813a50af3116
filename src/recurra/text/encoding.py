"""Many texts to token ids, without a Python loop over words.

Texts are taken some thousands at a time, so that the lists of words stay small however large the set is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.text.tokens import LOWER, PUNCTUATION, TOKENISERS, utf8, word_pattern
from recurra.text.vocabulary import UNKNOWN_ID, Vocabulary

__all__ = ["count_tokens", "encode_texts", "encoder"]

CHUNK = 2048

# The byte 0xFF never occurs in UTF-8, so as a word of its own it marks where a document ends.
_END = b"\xff"
_END_ID = -1

Encoder: TypeAlias = Callable[[Sequence[str]], tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]]
"""B texts to (int32[N] ids, int64[B] how many of them each text has)."""


def count_tokens(texts: Sequence[str], tokens: str) -> Counter[str]:
    """How often each token occurs in all texts together.

    Args:
        texts: any number.
        tokens: a name in :data:`recurra.text.tokens.TOKENISERS`.
    """
    counts: Counter[str] = Counter()
    for chunk in _chunks(texts):
        counts.update(chain.from_iterable(map(TOKENISERS[tokens], chunk)))
    return counts


def encoder(tokens: str, vocabulary: Vocabulary) -> Encoder:
    """The function that turns texts into ids; making it once saves building its tables for every call.

    Args:
        tokens: a name in :data:`recurra.text.tokens.TOKENISERS`.
        vocabulary: what it looks ids up in.
    """
    if tokens == "lesson":
        return partial(_lesson, {_END: _END_ID} | {token.encode(): i for token, i in vocabulary.ids.items()})
    if tokens == "words":
        return partial(_words, vocabulary.ids)
    # One row of ids, looked up by number; the last place stands for all higher code points.
    numbers = {ord(token): i for token, i in vocabulary.ids.items() if len(token) == 1}
    table = np.full(max(numbers, default=0) + 2 if tokens == "characters" else 256, UNKNOWN_ID, dtype=np.int32)
    for number, i in numbers.items():
        table[number] = i
    return partial(_characters if tokens == "characters" else _bytes, table)


def encode_texts(texts: Sequence[str], encode: Encoder) -> Ragged:
    """Ids of the tokens of B texts, as a ragged set of B documents."""
    parts = [encode(chunk) for chunk in _chunks(texts)]
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    if not parts:
        return Ragged(np.empty(0, dtype=np.int32), offsets)
    np.cumsum(np.concatenate([lengths for _, lengths in parts]), out=offsets[1:])
    return Ragged(np.concatenate([values for values, _ in parts]), offsets)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[first : first + CHUNK] for first in range(0, len(texts), CHUNK))


def _lesson(ids: dict[bytes, int], texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    joined = (b" " + _END + b" ").join(map(utf8, texts))
    words = joined.translate(LOWER, PUNCTUATION).split()
    found = np.fromiter(map(ids.get, words, repeat(UNKNOWN_ID)), dtype=np.int32, count=len(words))
    ends = np.concatenate([[-1], np.flatnonzero(found == _END_ID), [len(words)]])
    return found[found != _END_ID], np.diff(ends) - 1


def _words(ids: dict[str, int], texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    cut = list(map(word_pattern().findall, map(str.lower, map(bytes.decode, map(utf8, texts)))))
    lengths = np.fromiter(map(len, cut), dtype=np.int64, count=len(cut))
    found = map(ids.get, chain.from_iterable(cut), repeat(UNKNOWN_ID))
    return np.fromiter(found, dtype=np.int32, count=lengths.sum()), lengths


def _characters(
    table: npt.NDArray[np.int32], texts: Sequence[str]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    points = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), dtype="<u4")
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    return table[np.minimum(points, len(table) - 1)], lengths


def _bytes(table: npt.NDArray[np.int32], texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    encoded = list(map(utf8, texts))
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    return table[np.frombuffer(b"".join(encoded), dtype=np.uint8)], lengths
