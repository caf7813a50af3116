"""Texts to token ids in one pass over their bytes: tokenises, and looks tokens up in a hash table."""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import Int32Array, Int64Array, ReadInt64Array, ReadUInt8Array, UInt8Array

__all__ = ["fill_table", "lesson", "words"]

# FNV-1a (Fowler, Noll, Vo), 64 bits; the table uses the upper bits of a product that mixes all of them. The first value
# is drawn for each table, so that nobody can write a file whose tokens all meet in one slot.
_PRIME = np.uint64(1099511628211)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_33 = np.uint64(33)

UNKNOWN = 1
# Ids 0 and 1 are reserved.
SPECIAL = 2

# Classes of bytes for a tokeniser.
PART, SPACE, DELETED, APOSTROPHE, MARK = 0, 1, 2, 3, 4


def fill_table(tokens: ReadUInt8Array, offsets: ReadInt64Array, basis: int, slots: Int64Array) -> None:
    """Fills the hash table in which :func:`lesson` and :func:`words` look tokens up.

    Args:
        tokens: the UTF-8 of all tokens.
        offsets: where each begins.
        basis: the hash of no bytes, any number.
        slots: zeros; a power of two, at least twice as many as tokens. A slot holds 31 bits of a token's hash and, in
            the lower 32, its index plus 1.
    """
    last = len(slots) - 1
    for token in range(len(offsets) - 1):
        hashed = np.uint64(basis)
        for at in range(offsets[token], offsets[token + 1]):
            hashed = (hashed ^ np.uint64(tokens[at])) * _PRIME
        hashed *= _MIX
        tag = np.int64(hashed >> _33)
        slot = tag & last
        while slots[slot]:
            slot = (slot + 1) & last
        slots[slot] = (tag << 32) | (token + 1)


def lesson(
    first: int, end: int, data: ReadUInt8Array, bounds: ReadInt64Array, kinds: ReadUInt8Array, lowered: ReadUInt8Array,
    tokens: UInt8Array, offsets: Int64Array, basis: int, slots: Int64Array, known: Int64Array, word: UInt8Array,
    ids: Int32Array, lengths: Int64Array, unknown: UInt8Array, ends: Int64Array, total: Int64Array,
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
        basis: see :func:`fill_table`.
        slots: see there.
        known: int64[2], the number of tokens; and 1 once a token did not fit, which then gets the id 1 (unknown).
        word: scratch memory, as long as the longest text plus 1.
        ids: written from the start, one text after the other; needs an element per text and per two bytes.
        lengths: how many ids each text has, written from ``first`` to ``end``.
        unknown: the UTF-8 of the tokens that get the id 1, one after the other, written as far as there is room; as
            long as the texts together for all of them, or of no length.
        ends: where each of these tokens ends, written; needs as many elements as ``ids`` where ``unknown`` has any.
        total: int64[2], how many ids there are, and how many unknown tokens were written.
    """
    count, empty = 0, np.uint64(basis)
    total[1] = 0
    for text in range(first, end):
        before = count
        size, hashed = 0, empty
        for at in range(bounds[text], bounds[text + 1]):
            byte = data[at]
            kind = kinds[byte]
            if kind == PART:
                byte = lowered[byte]
                word[size] = byte
                size += 1
                hashed = (hashed ^ np.uint64(byte)) * _PRIME
            elif kind == SPACE and size:
                ids[count] = _look_up(word, size, hashed, tokens, offsets, slots, known)
                if ids[count] == UNKNOWN:
                    _keep(word, size, unknown, ends, total)
                count += 1
                size, hashed = 0, empty
        if size:
            ids[count] = _look_up(word, size, hashed, tokens, offsets, slots, known)
            if ids[count] == UNKNOWN:
                _keep(word, size, unknown, ends, total)
            count += 1
        lengths[text] = count - before
    total[0] = count


def words(
    first: int, end: int, data: ReadUInt8Array, bounds: ReadInt64Array, kinds: ReadUInt8Array, lowered: ReadUInt8Array,
    tokens: UInt8Array, offsets: Int64Array, basis: int, slots: Int64Array, known: Int64Array, word: UInt8Array,
    ids: Int32Array, lengths: Int64Array, unknown: UInt8Array, ends: Int64Array, total: Int64Array,
) -> None:  # fmt: skip
    """The ids of the tokens of :func:`recurra.text.tokens.word_tokens`, for ASCII texts only; others get the length -1.

    Args: see :func:`lesson`; ``ids`` needs an element per byte.
    """
    count, empty = 0, np.uint64(basis)
    total[1] = 0
    for text in range(first, end):
        before, written = count, total[1]
        size, hashed = 0, empty
        stop, ascii_alone = bounds[text + 1], True
        for at in range(bounds[text], stop):
            byte = data[at]
            kind = kinds[byte]
            # An apostrophe between letters is part of the word. Most bytes are letters: they are asked for first.
            if kind == PART or (kind == APOSTROPHE and size and at + 1 < stop and kinds[data[at + 1]] == PART):
                byte = lowered[byte]
                word[size] = byte
                size += 1
                hashed = (hashed ^ np.uint64(byte)) * _PRIME
                continue
            if byte >= 128:
                ascii_alone = False
                break
            if size:
                ids[count] = _look_up(word, size, hashed, tokens, offsets, slots, known)
                if ids[count] == UNKNOWN:
                    _keep(word, size, unknown, ends, total)
                count += 1
                size, hashed = 0, empty
            if kind != SPACE:
                word[0] = byte
                hashed = (empty ^ np.uint64(byte)) * _PRIME
                ids[count] = _look_up(word, 1, hashed, tokens, offsets, slots, known)
                if ids[count] == UNKNOWN:
                    _keep(word, 1, unknown, ends, total)
                hashed = empty
                count += 1
        if not ascii_alone:
            lengths[text], count, total[1] = -1, before, written
            continue
        if size:
            ids[count] = _look_up(word, size, hashed, tokens, offsets, slots, known)
            if ids[count] == UNKNOWN:
                _keep(word, size, unknown, ends, total)
            count += 1
        lengths[text] = count - before
    total[0] = count


@njit
def _look_up(
    word: UInt8Array, size: int, hashed: int, tokens: UInt8Array, offsets: Int64Array, slots: Int64Array,
    known: Int64Array,
) -> int:  # fmt: skip
    tag = np.int64((np.uint64(hashed) * _MIX) >> _33)
    last = len(slots) - 1
    slot = tag & last
    while slots[slot]:
        if slots[slot] >> 32 == tag:
            token = (slots[slot] & 0xFFFFFFFF) - 1
            begin = offsets[token]
            if offsets[token + 1] - begin == size:
                same = True
                for k in range(size):
                    if tokens[begin + k] != word[k]:
                        same = False
                        break
                if same:
                    return token + SPECIAL
        slot = (slot + 1) & last
    token = known[0]
    begin = offsets[token]
    if token + 1 == len(offsets) or begin + size > len(tokens):
        if not known[1]:
            # Several threads may look words up at once; this is the only write then, and all write the same.
            known[1] = 1
        return UNKNOWN
    for k in range(size):
        tokens[begin + k] = word[k]
    offsets[token + 1] = begin + size
    slots[slot] = (tag << 32) | (token + 1)
    known[0] = token + 1
    return token + SPECIAL


@njit
def _keep(word: UInt8Array, size: int, unknown: UInt8Array, ends: Int64Array, total: Int64Array) -> None:
    """Writes an unknown token behind those before it."""
    place = total[1]
    begin = ends[place - 1] if place else 0
    if begin + size <= len(unknown):
        for k in range(size):
            unknown[begin + k] = word[k]
        ends[place] = begin + size
        total[1] = place + 1
