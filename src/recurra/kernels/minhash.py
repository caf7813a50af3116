"""Near-duplicate search: texts as sets of character n-grams (shingles), MinHash signatures, sizes of intersections."""

from __future__ import annotations

import numpy as np

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt32Array, ReadInt64Array

__all__ = ["count_shared", "shingle", "signatures"]

# FNV-1a (Fowler, Noll, Vo), 64 bits, over code points; the product at the end mixes the upper bits, which are kept.
_BASIS = np.uint64(14695981039346656037)
_PRIME = np.uint64(1099511628211)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
_32 = np.uint64(32)


def shingle(
    first: int,
    end: int,
    text: ReadInt32Array,
    offsets: ReadInt64Array,
    size: int,
    pieces: Int64Array,
    counts: Int64Array,
) -> None:
    """The distinct shingles of ``size`` characters of each text, as hashes in rising order.

    A shorter text is one shingle; an empty one has none.

    Args:
        first: the first text.
        end: the text after the last one.
        text: code points of all texts.
        offsets: where each text begins.
        size: characters of a shingle.
        pieces: as long as ``text``; the hashes of a text are written from its offset on.
        counts: how many distinct shingles each text has, written from ``first`` to ``end``.
    """
    for document in range(first, end):
        begin, stop = offsets[document], offsets[document + 1]
        count = max(stop - begin - size + 1, min(stop - begin, 1))
        for piece in range(count):
            hashed = _BASIS
            for at in range(begin + piece, min(begin + piece + size, stop)):
                hashed = (hashed ^ np.uint64(text[at])) * _PRIME
            hashed *= _MIX
            # Shifted by one bit, it is never negative.
            pieces[begin + piece] = np.int64(hashed >> _ONE)
        own = pieces[begin : begin + count]
        own.sort()
        different = min(count, 1)
        for piece in range(1, count):
            if own[piece] != own[piece - 1]:
                own[different] = own[piece]
                different += 1
        counts[document] = different


def signatures(
    first: int, end: int, pieces: ReadInt64Array, offsets: ReadInt64Array, counts: ReadInt64Array,
    factors: ReadInt32Array, minima: Int32Array,
) -> None:  # fmt: skip
    """The minimum of each of K hash functions over each text's shingles (Broder 1997).

    Hash k of a shingle is the product of its upper bits with the odd factor k, modulo 2³². The probability that two
    texts have the same minimum is about their Jaccard similarity.

    Args:
        first: the first text.
        end: the text after the last one.
        pieces: see :func:`shingle`.
        offsets: see :func:`shingle`.
        counts: see :func:`shingle`.
        factors: int32[K], odd.
        minima: int32[texts · K], written text by text; all -1 for a text without shingles.
    """
    functions = len(factors)
    for document in range(first, end):
        least = minima[document * functions : (document + 1) * functions]
        for k in range(functions):
            least[k] = -1
        for at in range(offsets[document], offsets[document] + counts[document]):
            piece = np.uint32(np.uint64(pieces[at]) >> _32)
            for k in range(functions):
                least[k] = np.int32(min(np.uint32(least[k]), np.uint32(piece * np.uint32(factors[k]))))


def count_shared(
    first: int, end: int, left: ReadInt64Array, right: ReadInt64Array, pieces: ReadInt64Array, offsets: ReadInt64Array,
    counts: ReadInt64Array, others: ReadInt64Array, other_offsets: ReadInt64Array, other_counts: ReadInt64Array,
    both: Int64Array,
) -> None:  # fmt: skip
    """The number of shingles that the texts of each pair have in common.

    Args:
        first: the first pair.
        end: the pair after the last one.
        left: the first text of each pair, an index into ``offsets``.
        right: the second, an index into ``other_offsets``.
        pieces: see :func:`shingle`; so are the next two.
        offsets: of ``pieces``.
        counts: of ``pieces``.
        others: the same of the other texts.
        other_offsets: of ``others``.
        other_counts: of ``others``.
        both: the numbers, one a pair, written.
    """
    for pair in range(first, end):
        a, b = offsets[left[pair]], other_offsets[right[pair]]
        a_end, b_end = a + counts[left[pair]], b + other_counts[right[pair]]
        same = 0
        while a < a_end and b < b_end:
            x, y = pieces[a], others[b]
            same += x == y
            a += x <= y
            b += y <= x
        both[pair] = same
