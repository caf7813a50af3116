"""N-grams of the characters of a word, looked up in a hash table of their UTF-8."""

from __future__ import annotations

import numpy as np

from recurra.kernels.array_types import Int32Array, Int64Array, Int64Matrix, ReadInt64Array, ReadUInt8Array, UInt8Array
from recurra.kernels.token_table import EMPTY, hash_on, key_of, row_of

__all__ = ["find_subwords", "mark_words"]

_8 = np.uint64(8)


def find_subwords(
    words: ReadUInt8Array, bounds: ReadInt64Array, shortest: int, longest: int, subwords: ReadUInt8Array,
    offsets: ReadInt64Array, basis: int, slots: Int64Matrix, found: Int32Array, ends: Int64Array,
) -> None:  # fmt: skip
    """The rows of the subwords of words, in the order of their beginnings, those that are not in the table left out.

    Args:
        words: the UTF-8 of W words, each with the marks that stand for its beginning and its end.
        bounds: int64[W + 1], where each begins.
        shortest: characters of the shortest subword.
        longest: characters of the longest one.
        subwords: the UTF-8 of the known subwords.
        offsets: where each begins.
        basis: see :func:`recurra.kernels.token_table.fill_table`.
        slots: see there.
        found: the rows, written; needs ``longest`` for each byte.
        ends: int64[W + 1], where the rows of each word begin, written.
    """
    count = 0
    ends[0] = 0
    for word in range(len(bounds) - 1):
        end = bounds[word + 1]
        for begin in range(bounds[word], end):
            if words[begin] & 0xC0 == 0x80:
                # Within a character.
                continue
            packed, hashed, characters = EMPTY, np.uint64(basis), 0
            for at in range(begin, end):
                packed, hashed = (packed << _8) | np.uint64(words[at]), hash_on(hashed, words[at])
                if at + 1 < end and words[at + 1] & 0xC0 == 0x80:
                    continue
                characters += 1
                if characters > longest:
                    break
                if characters >= shortest:
                    size = at + 1 - begin
                    row = row_of(words, at + 1, size, key_of(packed, hashed, size), subwords, offsets, basis, slots)
                    if row >= 0:
                        found[count] = row
                        count += 1
        ends[word + 1] = count


def mark_words(
    text: ReadUInt8Array, ends: ReadInt64Array, words: int, mark: int, marked: UInt8Array, bounds: Int64Array
) -> None:
    """Writes words with a mark before and after each, as :func:`find_subwords` takes them.

    Args:
        text: the UTF-8 of W words or more, one after the other.
        ends: where each ends.
        words: W.
        mark: the byte of the mark.
        marked: written, two bytes a word longer than the words.
        bounds: int64[W + 1], where each begins in ``marked``, written.
    """
    written, begin = 0, 0
    bounds[0] = 0
    for word in range(words):
        marked[written] = mark
        written += 1
        for at in range(begin, ends[word]):
            marked[written] = text[at]
            written += 1
        marked[written] = mark
        written += 1
        begin, bounds[word + 1] = ends[word], written
