"""N-grams of token ids: each is a row of a table that is found by the row of its beginning and its last token."""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt32Array, ReadInt64Array

__all__ = ["fill_ngram_table", "find_ngrams"]

# The token before the first and after the last one of a document (the pad's id), and a token without rows.
BOUNDARY, UNKNOWN = 0, 1


def fill_ngram_table(
    beginnings: ReadInt32Array, tokens: ReadInt32Array, first: int, mix: int, keys: Int64Array, rows: Int32Array
) -> None:  # fmt: skip
    """Fills the hash table in which :func:`find_ngrams` looks n-grams up.

    Args:
        beginnings: int32[M], the row of each n-gram without its last token, which comes before it.
        tokens: int32[M], its last token.
        first: the row of the first n-gram.
        mix: an odd multiplier, which spreads the keys. Drawn at random it is a universal hash function: whatever
            n-grams a file has, they do not all meet in one slot.
        keys: -1 everywhere; a power of two, at least twice as many as n-grams.
        rows: as many.
    """
    last, shift = len(keys) - 1, _shift(len(keys))
    for place in range(len(tokens)):
        key = (np.int64(beginnings[place]) << 32) | np.int64(tokens[place])
        slot = np.int64((np.uint64(key) * np.uint64(mix)) >> np.uint64(shift))
        while keys[slot] >= 0:
            slot = (slot + 1) & last
        keys[slot] = key
        rows[slot] = first + place


def find_ngrams(
    values: ReadInt32Array, offsets: ReadInt64Array, known: int, longest: int, mix: int,
    keys: ReadInt64Array, rows: ReadInt32Array, open_rows: Int32Array, found: Int32Array, bounds: Int64Array,
) -> None:  # fmt: skip
    """The rows of the n-grams of documents, each document with a boundary before its first and after its last token.

    A token's own row is its id. N-grams with an unknown token, and the boundary alone, have none.

    Args:
        values: the token ids of B documents.
        offsets: int64[B + 1].
        known: ids from here on are unknown tokens, like the id 1.
        longest: tokens of the longest n-gram, K.
        mix: see :func:`fill_ngram_table`.
        keys: see there.
        rows: see there.
        open_rows: int32[K + 1], scratch.
        found: the rows, one document after the other, written; needs K for each token and for each document.
        bounds: int64[B + 1], where each document's begin, written.
    """
    count, shift = 0, _shift(len(keys))
    bounds[0] = 0
    for document in range(len(offsets) - 1):
        begin, size = offsets[document], offsets[document + 1] - offsets[document]
        if size == 0:
            bounds[document + 1] = count
            continue
        for k in range(1, longest + 1):
            open_rows[k] = -1
        for at in range(size + 2):
            inside = at > 0 and at <= size
            token = np.int64(values[begin + at - 1]) if inside else BOUNDARY
            if token == UNKNOWN or token >= known:
                for k in range(1, longest + 1):
                    open_rows[k] = -1
                continue
            for k in range(longest, 1, -1):
                before = open_rows[k - 1]
                open_rows[k] = -1 if before < 0 else _find(before, token, mix, shift, keys, rows)
                if open_rows[k] >= 0:
                    found[count] = open_rows[k]
                    count += 1
            open_rows[1] = token
            # A pad within a document is a token like others to the network, but no word.
            if inside and token != BOUNDARY:
                found[count] = token
                count += 1
        bounds[document + 1] = count


@njit
def _shift(slots: int) -> int:
    """How far a product goes right, so that its highest bits are left: as many as a slot's number has."""
    shift = 64
    while slots > 1:
        slots >>= 1
        shift -= 1
    return shift


@njit
def _find(before: int, token: int, mix: int, shift: int, keys: ReadInt64Array, rows: ReadInt32Array) -> int:
    last = len(keys) - 1
    key = (np.int64(before) << 32) | np.int64(token)
    slot = np.int64((np.uint64(key) * np.uint64(mix)) >> np.uint64(shift))
    while keys[slot] >= 0:
        if keys[slot] == key:
            return rows[slot]
        slot = (slot + 1) & last
    return -1
