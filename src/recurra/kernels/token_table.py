"""A hash table of the UTF-8 of tokens. The key of a short token is the token itself: finding it compares one number."""

from __future__ import annotations

import numpy as np
from numba import njit

from recurra.kernels.array_types import Int64Matrix, ReadInt64Array, ReadUInt8Array

__all__ = ["fill_table"]

# FNV-1a (Fowler, Noll, Vo), 64 bits, for tokens of more bytes than fit a key.
PRIME = np.uint64(1099511628211)
_8, _32, _TOP = np.uint64(8), np.uint64(32), np.uint64(1 << 63)
# The key of no bytes: a bit above the bytes that follow, so that keys of different lengths differ.
EMPTY = np.uint64(1)
# Bytes of the longest token whose key is the token itself.
SHORT = 7


def fill_table(tokens: ReadUInt8Array, offsets: ReadInt64Array, basis: int, slots: Int64Matrix) -> None:
    """Fills the hash table in which :func:`row_of` looks tokens up.

    Args:
        tokens: the UTF-8 of all tokens.
        offsets: where each begins.
        basis: any number, drawn for each table, so that nobody can write a file whose tokens all meet in one slot.
        slots: zeros, int64[S, 2]; at least twice as many rows as tokens. A row has a token's key and its index plus 1.
    """
    for token in range(len(offsets) - 1):
        packed, hashed = EMPTY, np.uint64(basis)
        for at in range(offsets[token], offsets[token + 1]):
            packed, hashed = (packed << _8) | np.uint64(tokens[at]), hash_on(hashed, tokens[at])
        add(key_of(packed, hashed, offsets[token + 1] - offsets[token]), token, basis, slots)


@njit
def hash_on(hashed: np.uint64, byte: int) -> np.uint64:
    """The hash of the bytes before and one more; that of none is the table's basis."""
    return (hashed ^ np.uint64(byte)) * PRIME


@njit
def key_of(packed: np.uint64, hashed: np.uint64, size: int) -> np.int64:
    """The key of a token: its bytes as one number, :data:`EMPTY` before them, if they fit; their hash otherwise."""
    return np.int64(packed if size <= SHORT else hashed | _TOP)


@njit
def add(key: np.int64, token: int, basis: int, slots: Int64Matrix) -> None:
    """Adds a token that is not in the table."""
    slot = _first_slot(key, basis, len(slots))
    while slots[slot, 1]:
        slot = slot + 1 if slot + 1 < len(slots) else 0
    slots[slot, 0], slots[slot, 1] = key, token + 1


@njit
def row_of(
    text: ReadUInt8Array, end: int, size: int, key: np.int64, tokens: ReadUInt8Array, offsets: ReadInt64Array,
    basis: int, slots: Int64Matrix,
) -> int:  # fmt: skip
    """The index of the token that is ``text[end - size : end]``, or -1 if the table has none.

    Args:
        text: UTF-8.
        end: where the token ends in it.
        size: its bytes.
        key: its key, see :func:`key_of`.
        tokens: see :func:`fill_table`.
        offsets: see there.
        basis: see there.
        slots: see there.
    """
    slot = _first_slot(key, basis, len(slots))
    while slots[slot, 1]:
        if slots[slot, 0] == key:
            token = slots[slot, 1] - 1
            if size <= SHORT or _same(text, end - size, size, tokens, offsets[token], offsets[token + 1]):
                return token
        slot = slot + 1 if slot + 1 < len(slots) else 0
    return -1


@njit
def _first_slot(key: np.int64, basis: int, slots: int) -> np.int64:
    # The product with a random odd number has random upper bits (Dietzfelbinger and others 1997): scaled to the slots.
    product = np.uint64(key) * (np.uint64(basis) | EMPTY)
    return np.int64(((product >> _32) * np.uint64(slots)) >> _32)


@njit
def _same(text: ReadUInt8Array, begin: int, size: int, tokens: ReadUInt8Array, first: int, after: int) -> bool:
    same = after - first == size
    k = 0
    while same and k < size:
        same = tokens[first + k] == text[begin + k]
        k += 1
    return same
