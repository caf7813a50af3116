"""N-grams of the characters of a word, looked up in a hash table of their UTF-8."""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt64Array, ReadUInt8Array

__all__ = ["find_subwords"]

# FNV-1a and the mixing of recurra.kernels.token_ids, whose fill_table makes the table.
_PRIME = np.uint64(1099511628211)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_33 = np.uint64(33)


def find_subwords(
    words: ReadUInt8Array, bounds: ReadInt64Array, shortest: int, longest: int, subwords: ReadUInt8Array,
    offsets: ReadInt64Array, basis: int, slots: ReadInt64Array, found: Int32Array, ends: Int64Array,
) -> None:  # fmt: skip
    """The rows of the subwords of words, in the order of their beginnings, those that are not in the table left out.

    Args:
        words: the UTF-8 of W words, each with the marks that stand for its beginning and its end.
        bounds: int64[W + 1], where each begins.
        shortest: characters of the shortest subword.
        longest: characters of the longest one.
        subwords: the UTF-8 of the known subwords.
        offsets: where each begins.
        basis: the hash of no bytes, of this table.
        slots: the table; see :func:`recurra.kernels.token_ids.fill_table`.
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
            hashed, characters = np.uint64(basis), 0
            for at in range(begin, end):
                hashed = (hashed ^ np.uint64(words[at])) * _PRIME
                if at + 1 < end and words[at + 1] & 0xC0 == 0x80:
                    continue
                characters += 1
                if characters > longest:
                    break
                if characters >= shortest:
                    row = _find(words, begin, at + 1, hashed, subwords, offsets, slots)
                    if row >= 0:
                        found[count] = row
                        count += 1
        ends[word + 1] = count


@njit
def _find(
    words: ReadUInt8Array, begin: int, end: int, hashed: int, subwords: ReadUInt8Array, offsets: ReadInt64Array,
    slots: ReadInt64Array,
) -> int:  # fmt: skip
    tag = np.int64((np.uint64(hashed) * _MIX) >> _33)
    last = len(slots) - 1
    slot = tag & last
    while slots[slot]:
        if slots[slot] >> 32 == tag:
            row = (slots[slot] & 0xFFFFFFFF) - 1
            start = offsets[row]
            if offsets[row + 1] - start == end - begin:
                same = True
                for k in range(end - begin):
                    if subwords[start + k] != words[begin + k]:
                        same = False
                        break
                if same:
                    return row
        slot = (slot + 1) & last
    return -1
