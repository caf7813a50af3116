"""Counts the n-grams and subwords of training documents, and keeps the most frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.settings import BranchSettings
from recurra.linear_branch.subwords import Subwords, word_subwords
from recurra.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary

__all__ = ["count_ngrams", "count_subwords"]

Int64 = npt.NDArray[np.int64]


def count_ngrams(documents: Ragged, known: int, settings: BranchSettings) -> Ngrams:
    """The n-grams of two and more tokens that occur often enough, the most frequent first.

    An n-gram never occurs more often than its beginning, so the beginning of each one that is kept is kept as well.

    Args:
        documents: token ids; those from ``known`` on are unknown tokens.
        known: V, ids that the vocabulary has.
        settings: the longest n-gram, and how many.
    """
    tokens, starts = _with_boundaries(documents, known)
    # The row of the n-gram that ends at each place; -1 where there is none.
    rows = tokens.copy()
    tables, counts, first = list[Int64](), list[Int64](), known
    for _ in range(2, settings.ngrams + 1):
        before = np.roll(rows, 1)
        valid = (before >= 0) & (tokens >= 0) & ~starts
        pairs = before[valid].astype(np.int64) << 32 | tokens[valid]
        keys, places, times = np.unique(pairs, return_inverse=True, return_counts=True)
        kept = times >= settings.ngram_min_count
        rows = np.full_like(tokens, -1)
        rows[valid] = np.where(kept, first + np.cumsum(kept) - 1, -1)[places]
        tables.append(np.stack([keys[kept] >> 32, keys[kept] & 0xFFFFFFFF], axis=1))
        counts.append(times[kept])
        first += len(tables[-1])
    table = np.concatenate(tables) if tables else np.empty((0, 2), dtype=np.int64)
    order = np.argsort(-np.concatenate(counts), kind="stable")[: settings.ngram_count] if tables else np.arange(0)
    new = np.full(first, -1)
    new[:known] = np.arange(known)
    new[known + order] = known + np.arange(len(order))
    chosen = table[order]
    chosen[:, 0] = new[chosen[:, 0]]
    return Ngrams(known, chosen.astype(np.int32), settings.ngrams)


def count_subwords(words: Sequence[str], counts: Int64, settings: BranchSettings) -> Subwords:
    """The subwords that occur often enough, the most frequent first.

    Args:
        words: different words.
        counts: int64[words], how often each occurs.
        settings: the longest subword, and how many.
    """
    met = Counter[str]()
    for word, count in zip(words, counts.tolist(), strict=True):
        if count:
            for subword in word_subwords(word, settings.subwords):
                met[subword] += count
    often = [(-count, subword) for subword, count in met.items() if count >= settings.ngram_min_count]
    kept = sorted(often)[: settings.ngram_count]
    return Subwords(Vocabulary(tuple(subword for _, subword in kept)), settings.subwords)


def _with_boundaries(documents: Ragged, known: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """The tokens of all documents, each with boundaries, unknown ones as -1; and where a document begins."""
    lengths = documents.lengths[documents.lengths > 0] + 2
    ends = np.cumsum(lengths)
    tokens = np.full(len(documents.values) + 2 * len(lengths), PAD_ID, dtype=np.int32)
    starts, inside = np.zeros(len(tokens), dtype=np.bool_), np.ones(len(tokens), dtype=np.bool_)
    starts[ends - lengths] = True
    inside[ends - lengths] = inside[ends - 1] = False
    unknown = (documents.values == UNKNOWN_ID) | (documents.values >= known)
    tokens[inside] = np.where(unknown, -1, documents.values)
    return tokens, starts
