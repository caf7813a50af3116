"""Texts to token ids in one pass over their bytes: tokenises, and looks tokens up in a hash table.

Where a word ends cannot be foreseen, and a wrong guess costs a processor as much time as twenty additions. So the loop
over the bytes has no branch for it: it writes the word so far at every byte, and counts up where one has ended.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import (
    Int32Array,
    Int64Array,
    Int64Matrix,
    ReadInt64Array,
    ReadUInt8Array,
    UInt8Array,
)
from recurra.kernels.token_table import EMPTY, add, hash_on, key_of, row_of

__all__ = ["lesson", "words"]

UNKNOWN = 1
# Ids 0 and 1 are reserved.
SPECIAL = 2

# Classes of bytes for a tokeniser.
PART, SPACE, DELETED, APOSTROPHE, MARK = 0, 1, 2, 3, 4

# Bytes that are cut before their words are looked up, so that what is written stays in the first cache.
BLOCK = 1024

_0, _1, _8 = np.uint64(0), np.uint64(1), np.uint64(8)
# Rows of the words that are cut: where each ends, its bytes, its key.
END, SIZE, KEY = 0, 1, 2


def lesson(
    first: int, end: int, data: ReadUInt8Array, bounds: ReadInt64Array, kinds: ReadUInt8Array, lowered: ReadUInt8Array,
    tokens: UInt8Array, offsets: Int64Array, basis: int, slots: Int64Matrix, known: Int64Array, text: UInt8Array,
    cut: Int64Matrix, ids: Int32Array, lengths: Int64Array, unknown: UInt8Array, ends: Int64Array, total: Int64Array,
) -> None:  # fmt: skip
    """The ids of the tokens that :func:`recurra.text.tokens.lesson_tokens` cuts.

    Tokens that are not in the table are added while there is room: this is how a vocabulary is learned.

    Args:
        first: the first text.
        end: the text after the last one.
        data: the UTF-8 of the texts.
        bounds: where each text begins.
        kinds: uint8[256], the class of each byte.
        lowered: uint8[256], the lower-case form of each byte, which is looked up.
        tokens: the UTF-8 of all tokens, with spare capacity for more.
        offsets: where each begins, and where the next one will; its length is the largest number of tokens plus 1.
        basis: see :func:`recurra.kernels.token_table.fill_table`.
        slots: see there.
        known: int64[2], the number of tokens; and 1 once a token did not fit, which then gets the id 1 (unknown).
        text: scratch memory, as long as the longest text plus 1.
        cut: scratch memory, int64[3, :data:`BLOCK` + 1].
        ids: written from the start, one text after the other; needs an element per text and per two bytes.
        lengths: how many ids each text has, written from ``first`` to ``end``.
        unknown: the UTF-8 of the tokens that get the id 1, one after the other, written as far as there is room; as
            long as the texts together for all of them, or of no length.
        ends: where each of these tokens ends, written; needs as many elements as ``ids`` where ``unknown`` has any.
        total: int64[2], how many ids there are, and how many unknown tokens were written.
    """
    count = np.int64(0)
    total[1] = 0
    for document in range(first, end):
        before = count
        # What is written of the text: its lower case without what is deleted.
        written, size, packed, hashed = _0, _0, EMPTY, np.uint64(basis)
        stop = bounds[document + 1]
        for begin in range(bounds[document], stop, BLOCK):
            found = _0
            for at in range(np.uint64(begin), np.uint64(min(begin + BLOCK, stop))):
                byte = lowered[data[at]]
                kind = kinds[data[at]]
                part, space = np.uint64(kind == PART), kind == SPACE
                cut[END, found], cut[SIZE, found] = np.int64(written), np.int64(size)
                cut[KEY, found] = key_of(packed, hashed, np.int64(size))
                found += np.uint64(space and size != _0)
                text[written] = byte
                written += part
                packed = EMPTY if space else ((packed << _8) | np.uint64(byte) if part != _0 else packed)
                hashed = np.uint64(basis) if space else (hash_on(hashed, byte) if part != _0 else hashed)
                size = _0 if space else size + part
            if begin + BLOCK >= stop:
                cut[END, found], cut[SIZE, found] = np.int64(written), np.int64(size)
                cut[KEY, found] = key_of(packed, hashed, np.int64(size))
                found += np.uint64(size != _0)
            _look_up(text, cut, np.int64(found), tokens, offsets, basis, slots, known, ids, count, unknown, ends, total)
            count += np.int64(found)
        lengths[document] = count - before
    total[0] = count


def words(
    first: int, end: int, data: ReadUInt8Array, bounds: ReadInt64Array, kinds: ReadUInt8Array, lowered: ReadUInt8Array,
    tokens: UInt8Array, offsets: Int64Array, basis: int, slots: Int64Matrix, known: Int64Array, text: UInt8Array,
    cut: Int64Matrix, ids: Int32Array, lengths: Int64Array, unknown: UInt8Array, ends: Int64Array, total: Int64Array,
) -> None:  # fmt: skip
    """The ids of the tokens of :func:`recurra.text.tokens.word_tokens`, for ASCII texts only; others get the length -1.

    Args: see :func:`lesson`; ``ids`` needs an element per byte.
    """
    count = np.int64(0)
    total[1] = 0
    for document in range(first, end):
        before, kept = count, total[1]
        begun, stop = np.uint64(bounds[document]), np.uint64(bounds[document + 1])
        in_word, in_token, size, packed, hashed, all_bytes = _0, _0, _0, EMPTY, np.uint64(basis), np.uint8(0)
        for begin in range(bounds[document], bounds[document + 1], BLOCK):
            found = _0
            for at in range(np.uint64(begin), np.uint64(min(begin + BLOCK, bounds[document + 1]))):
                byte = data[at]
                kind = kinds[byte]
                all_bytes |= byte
                part = np.uint64(kind == PART)
                if kind == APOSTROPHE:
                    # Between letters it is part of the word.
                    part = np.uint64(in_word != _0 and at + _1 < stop and kinds[data[at + _1]] == PART)
                longer = part & in_word
                cut[END, found], cut[SIZE, found] = np.int64(at - begun), np.int64(size)
                cut[KEY, found] = key_of(packed, hashed, np.int64(size))
                found += in_token & (_1 - longer)
                going, byte = longer != _0, lowered[byte]
                text[at - begun] = byte
                packed = ((packed if going else EMPTY) << _8) | np.uint64(byte)
                hashed = hash_on(hashed if going else np.uint64(basis), byte)
                size = (size if going else _0) + _1
                in_word, in_token = part, np.uint64(kind != SPACE)
            if all_bytes >= 128:
                break
            if begin + BLOCK >= bounds[document + 1]:
                cut[END, found], cut[SIZE, found] = np.int64(stop - begun), np.int64(size)
                cut[KEY, found] = key_of(packed, hashed, np.int64(size))
                found += in_token
            _look_up(text, cut, np.int64(found), tokens, offsets, basis, slots, known, ids, count, unknown, ends, total)
            count += np.int64(found)
        lengths[document] = count - before
        if all_bytes >= 128:
            lengths[document], count, total[1] = -1, before, kept
    total[0] = count


@njit
def _look_up(
    text: UInt8Array, cut: Int64Matrix, words: int, tokens: UInt8Array, offsets: Int64Array, basis: int,
    slots: Int64Matrix, known: Int64Array, ids: Int32Array, count: int, unknown: UInt8Array, ends: Int64Array,
    total: Int64Array,
) -> None:  # fmt: skip
    """Writes the ids of words from ``ids[count]`` on."""
    for word in range(words):
        end, size, key = cut[END, word], cut[SIZE, word], cut[KEY, word]
        token = row_of(text, end, size, key, tokens, offsets, basis, slots)
        if token < 0:
            token = _learn(text, end, size, key, tokens, offsets, basis, slots, known)
            if token < 0:
                _keep(text, end, size, unknown, ends, total)
        ids[count + word] = token + SPECIAL if token >= 0 else UNKNOWN


@njit
def _learn(
    text: UInt8Array, end: int, size: int, key: np.int64, tokens: UInt8Array, offsets: Int64Array, basis: int,
    slots: Int64Matrix, known: Int64Array,
) -> int:  # fmt: skip
    """Adds a token and returns its index, or -1 if there is no room."""
    token = known[0]
    begin = offsets[token]
    if token + 1 == len(offsets) or begin + size > len(tokens):
        if not known[1]:
            # Several threads may look words up at once; this is the only write then, and all write the same.
            known[1] = 1
        return -1
    for k in range(size):
        tokens[begin + k] = text[end - size + k]
    offsets[token + 1] = begin + size
    add(key, token, basis, slots)
    known[0] = token + 1
    return token


@njit
def _keep(text: UInt8Array, end: int, size: int, unknown: UInt8Array, ends: Int64Array, total: Int64Array) -> None:
    """Writes an unknown token behind those before it."""
    place = total[1]
    begin = ends[place - 1] if place else 0
    if begin + size <= len(unknown):
        for k in range(size):
            unknown[begin + k] = text[end - size + k]
        ends[place] = begin + size
        total[1] = place + 1
