"""Reads the vectors of a spaCy model without spaCy: its files ``vocab/vectors``, ``key2row`` and ``strings.json``.

spaCy keeps no words beside its vectors but their hashes, and the words elsewhere: ``vectors`` is a .npy file,
``key2row`` a msgpack map from hash to row, and ``strings.json`` a list of all words that the model knows. Many words
share a row: spaCy's md models have kept 20,000 vectors, and give each other word the nearest of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError
from recurra.text.vocabulary import Vocabulary

__all__ = ["hash_words", "read_key2row", "read_spacy_vectors"]

# Words whose key is a number of spaCy's own (spacy.symbols), not their hash; they are not among the strings either.
SYMBOLS = {"agent": 401, "mark": 423, "meta": 424, "number": 432, "possessive": 441, "root": 449}

_SEED, _MULTIPLIER, _SHIFT = np.uint64(1), np.uint64(0xC6A4A7935BD1E995), np.uint64(47)
# The bytes of an unsigned integer, by the byte that msgpack begins it with.
_SIZES = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}


def read_spacy_vectors(vectors: bytes, key2row: bytes, strings: bytes) -> dict[str, npt.NDArray[np.generic]]:
    """The tensors of :mod:`recurra.text.vectors`, with ``rows``, of all words that have a vector.

    Args:
        vectors: a .npy file, float32[rows, D].
        key2row: a msgpack map from a word's hash to its row.
        strings: a JSON list of words.

    Raises:
        DataError: ``key2row`` is no such map.
        ValueError: the others are not what they should be.
    """
    words = [word for word in json.loads(strings) if word and word not in SYMBOLS]
    keys, row_of = [*hash_words(words).tolist(), *SYMBOLS.values()], read_key2row(key2row)
    kept = [(word, row_of[key]) for word, key in zip([*words, *SYMBOLS], keys, strict=True) if key in row_of]
    text, offsets = Vocabulary(tuple(word for word, _ in kept)).to_tensors()
    return {
        "vectors": np.lib.format.read_array(BytesIO(vectors), allow_pickle=False),
        "vocabulary.bytes": text,
        "vocabulary.offsets": offsets,
        "rows": np.array([row for _, row in kept], dtype=np.int32),
    }


def read_key2row(content: bytes) -> dict[int, int]:
    """A msgpack map of unsigned integers, and nothing else of msgpack.

    Raises:
        DataError: it is something else, is cut, or goes on behind its end.
    """
    # map 32, the form of a map of 65,536 entries and more; a smaller one does not occur.
    if content[:1] != b"\xdf" or len(content) < 5:
        raise _no_map(0)
    place, numbers = 5, []
    for _ in range(2 * min(int.from_bytes(content[1:5], "big"), len(content))):
        first = content[place] if place < len(content) else 0xC0
        size = _SIZES.get(first, 0)
        place += 1
        if (first > 0x7F and not size) or place + size > len(content):
            raise _no_map(place - 1)
        numbers.append(int.from_bytes(content[place : place + size], "big") if size else first)
        place += size
    if place != len(content):
        raise _no_map(place)
    return dict(zip(numbers[::2], numbers[1::2], strict=True))


def _no_map(place: int) -> DataError:
    return DataError(f"The rows of the words are no msgpack map of integers at byte {place:,}", "Download them again.")


def hash_words(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """MurmurHash64A (Appleby, public domain) of the words' UTF-8, uint64[words], with spaCy's seed.

    Words of the same number of bytes are computed together.
    """
    encoded = [word.encode() for word in words]
    lengths = np.array(list(map(len, encoded)), dtype=np.int64)
    hashes = np.zeros(len(words), dtype=np.uint64)
    for length in np.unique(lengths).tolist():
        chosen = np.flatnonzero(lengths == length)
        padded = b"".join(encoded[place].ljust(-(-length // 8) * 8, b"\0") for place in chosen.tolist())
        blocks = np.frombuffer(padded, dtype="<u8").astype(np.uint64).reshape(len(chosen), -1)
        hashes[chosen] = _hash_blocks(blocks, length)
    return hashes


def _hash_blocks(blocks: npt.NDArray[np.uint64], length: int) -> npt.NDArray[np.uint64]:
    """The hashes of words of ``length`` bytes, padded with zeros to whole blocks: uint64[words, blocks]."""
    state: npt.NDArray[np.uint64] = _SEED ^ np.full(len(blocks), length, dtype=np.uint64) * _MULTIPLIER
    for block in blocks.T[: length // 8]:
        mixed = block * _MULTIPLIER
        mixed = (mixed ^ (mixed >> _SHIFT)) * _MULTIPLIER
        state = (state ^ mixed) * _MULTIPLIER
    if length % 8:
        state = (state ^ blocks[:, -1]) * _MULTIPLIER
    state = (state ^ (state >> _SHIFT)) * _MULTIPLIER
    return state ^ (state >> _SHIFT)
