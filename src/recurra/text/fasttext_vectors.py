"""Reads the vectors of fastText's models (``.bin``), with those of character n-grams, without fastText.

A word's vector is the mean of its own row and of the rows of its character n-grams, of the n-grams alone where the
model does not know the word (Bojanowski, Grave, Joulin and Mikolov 2017, "Enriching Word Vectors with Subword
Information"). The n-grams are those of ``<word>``, from ``minn`` to ``maxn`` characters, and share ``bucket`` rows by
their hash.

Layout of versions 11 and 12, little-endian:

- magic and version, int32 each; twelve settings, int32 each, and one float64;
- the dictionary: int32 entries, words and labels, int64 tokens and pruned n-grams (-1: it is not pruned), and for each
  entry its UTF-8 with a NUL behind it, an int64 count and an int8 kind, words first;
- two matrices, inputs and outputs, for each a byte that says whether it is quantized, int64 rows and columns, and
  float32[rows, columns].

The file is memory-mapped. Of its words and rows only those that are asked for are kept.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

__all__ = ["LARGEST_DIMENSION", "read_fasttext"]

LARGEST_DIMENSION = 8192
"""Numbers of a vector that are accepted, in every format."""

LONGEST_NGRAM = 100
LONGEST_WORD = 65_536

_MAGIC = 793_712_314
_SUPERVISED = 3
# The word that ends a line: it has no n-grams.
_LINE_END = b"</s>"
# A NUL, a count and a kind: what an entry has at least.
_SMALLEST_ENTRY = 10


def read_fasttext(
    path: Path, tokens: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The vectors that fastText's ``get_word_vector`` gives, to the bit.

    Args:
        path: a fastText model, version 11 or 12, not quantized.
        tokens: V distinct tokens.

    Returns:
        float32[V, D]; bool[V], which tokens have a vector; bool[V], which of them have it from their n-grams alone.

    Raises:
        DataError: it is something else, is cut, or its sizes contradict each other.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise DataError(f"{path.name} is empty", "Give the whole file.")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    wanted = {token.encode(): place for place, token in enumerate(tokens)}
    model = _read_model(_Reader(mapped, path.name), wanted)
    vectors = np.zeros((len(tokens), model.matrix.shape[1]), dtype=np.float32)
    found, known = np.zeros(len(tokens), dtype=np.bool_), np.zeros(len(tokens), dtype=np.bool_)
    # Numbers that are not finite are the caller's to report.
    with np.errstate(over="ignore", invalid="ignore"):
        for word, place in wanted.items():
            own = model.row_of.get(word)
            rows = model.ngram_rows(word) if own is None else [own, *model.ngram_rows(word)]
            found[place], known[place] = bool(rows), own is not None
            # One by one, as fastText adds them: NumPy's own sum of several rows may round otherwise.
            for row in rows:
                vectors[place] += model.matrix[row]
            if rows:
                vectors[place] *= np.float32(1 / len(rows))
    return vectors, found, found & ~known


@dataclass(frozen=True)
class _Model:
    """What is needed of a model.

    Attributes:
        row_of: the rows of those words that are wanted.
        words: all words: the rows before those of the n-grams.
        shortest: characters of an n-gram, with ``<`` and ``>``.
        longest: 0 where there are no n-grams.
        buckets: rows that n-grams share.
        matrix: float32[words + buckets, D], in the mapped file.
    """

    row_of: dict[bytes, int]
    words: int
    shortest: int
    longest: int
    buckets: int
    matrix: npt.NDArray[Any]

    def ngram_rows(self, word: bytes) -> list[int]:
        """The rows of a word's character n-grams, in fastText's order."""
        if word == _LINE_END or not self.longest:
            return []
        characters = [character.encode() for character in f"<{word.decode()}>"]
        last, rows = len(characters), []
        for start in range(last):
            hashed = 2_166_136_261
            for end in range(start + 1, min(start + self.longest, last) + 1):
                hashed = _hashed(hashed, characters[end - 1])
                # "<" and ">" alone say nothing.
                if end - start >= self.shortest and not (end - start == 1 and (start == 0 or end == last)):
                    rows.append(self.words + hashed % self.buckets)
        return rows


def _hashed(hashed: int, more: bytes) -> int:
    """FNV-1a of 32 bits, continued. fastText takes bytes as signed: those above 127 flip the upper 24 bits as well."""
    for byte in more:
        hashed = ((hashed ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16_777_619) & 0xFFFFFFFF
    return hashed


class _Reader:
    """Takes one value after the other, and none beyond the file's end."""

    def __init__(self, mapped: mmap.mmap, name: str) -> None:
        self.mapped, self.name, self.place = mapped, name, 0

    @property
    def left(self) -> int:
        """Bytes to the end."""
        return len(self.mapped) - self.place

    def take(self, form: str) -> tuple[Any, ...]:
        """Values of a form of :mod:`struct`."""
        size = struct.calcsize(f"<{form}")
        if size > self.left:
            raise self.cut()
        values = struct.unpack_from(f"<{form}", self.mapped, self.place)
        self.place += size
        return values

    def take_word(self) -> bytes:
        """The bytes up to the next NUL."""
        end = self.mapped.find(b"\0", self.place, self.place + LONGEST_WORD + 1)
        if end < 0:
            raise self.wrong(f"a word without an end at byte {self.place:,}")
        word = self.mapped[self.place : end]
        self.place = end + 1
        return word

    def cut(self) -> DataError:
        return DataError(f"{self.name} is cut: it ends at byte {len(self.mapped):,}", "Give the whole file.")

    def wrong(self, what: str) -> DataError:
        return DataError(f"{self.name} is no sound fastText model: it has {what}", "Download or save it again.")


def _read_model(reader: _Reader, wanted: dict[bytes, int]) -> _Model:
    if reader.mapped[:4] != struct.pack("<i", _MAGIC):
        raise DataError(
            f"{reader.name} is no fastText model: it begins with {reader.mapped[:12]!r}",
            "Give a .bin of fastText's; save word2vec's binary vectors as text (.vec).",
        )
    _, version = reader.take("ii")
    if version not in (11, 12):
        raise DataError(f"{reader.name} is fastText's version {version}", "Versions 11 and 12 can be read.")
    dimension, *_, kind, buckets, shortest, longest, _, _ = reader.take("12id")
    if version == 11 and kind == _SUPERVISED:  # these were trained without n-grams
        longest = 0
    if not 1 <= dimension <= LARGEST_DIMENSION:
        raise reader.wrong(f"{dimension} numbers a word, which may be 1 to {LARGEST_DIMENSION}")
    if shortest < 0 or not 0 <= longest <= LONGEST_NGRAM or buckets < (longest > 0):
        raise reader.wrong(f"{buckets} rows for n-grams of {shortest} to {longest} characters")

    entries, words, labels, _, pruned = reader.take("3i2q")
    if pruned != -1:
        raise _quantized(reader.name)
    if min(words, labels) < 0 or entries != words + labels:
        raise reader.wrong(f"{entries} entries, of which {words} are words and {labels} labels")
    if entries * _SMALLEST_ENTRY > reader.left:
        raise reader.cut()
    row_of: dict[bytes, int] = {}
    for row in range(entries):
        word = reader.take_word()
        _, is_label = reader.take("qb")
        if is_label != (row >= words):
            raise reader.wrong(f"a wrong kind of entry at byte {reader.place - 1:,}")
        # A label's row would be one of an n-gram.
        if row < words and word in wanted:
            row_of.setdefault(word, row)

    matrix = _read_matrix(reader)
    if matrix.shape != (words + buckets, dimension):
        raise reader.wrong(
            f"vectors {list(matrix.shape)} for {words} words and {buckets} n-grams of {dimension} numbers"
        )
    _read_matrix(reader)  # not needed, but a download that broke off ends in it
    return _Model(row_of, words, shortest, longest, buckets, matrix)


def _read_matrix(reader: _Reader) -> npt.NDArray[Any]:
    """float32[rows, columns] in the mapped file."""
    quantized, rows, columns = reader.take("b2q")
    if quantized == 1:
        raise _quantized(reader.name)
    if quantized or min(rows, columns) < 0:
        raise reader.wrong(f"vectors [{rows}, {columns}] at byte {reader.place - 17:,}")
    if 4 * rows * columns > reader.left:
        raise reader.cut()
    start, reader.place = reader.place, reader.place + 4 * rows * columns
    if not rows * columns:
        return np.zeros((0, 0), dtype=np.float32)
    return np.ndarray((rows, columns), dtype="<f4", buffer=reader.mapped, offset=start)


def _quantized(name: str) -> DataError:
    return DataError(f"{name} is quantized, so its vectors are lost", "Give the .bin that it was made from.")
