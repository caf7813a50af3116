"""Converts texts to token ids: words in one compiled pass over the bytes, characters and bytes with a table."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import run_parallel
from recurra.kernels.token_ids import BLOCK
from recurra.text.buffer import TextBuffer
from recurra.text.segmenters import tokeniser
from recurra.text.token_table import token_table
from recurra.text.tokens import LOWER, PUNCTUATION, lowercase_points, word_tokens
from recurra.text.vocabulary import UNKNOWN_ID, Vocabulary
from recurra.tokenizers import LOWERCASE_CHARACTERS

__all__ = ["CharacterEncoder", "Encoder", "WordEncoder", "byte_kinds", "code_points", "encoder", "pieces", "scratch"]

# Bytes of text that a thread reads at once: some milliseconds of work.
PIECE = 1 << 20
# Kinds of bytes; see recurra.kernels.token_ids.
_PART, _SPACE, _DELETED, _APOSTROPHE, _MARK = range(5)


class Encoder(Protocol):
    """A function from texts to the ids of their tokens."""

    def __call__(self, texts: TextBuffer, unknown: list[str] | None = None) -> Ragged:
        """A ragged set of B documents.

        Args:
            texts: B texts.
            unknown: gets the token of each id 1, in order.
        """


def encoder(tokens: str, vocabulary: Vocabulary) -> Encoder:
    """Builds the function from texts to ids, with the tables that it needs for all calls.

    Args:
        tokens: a name that :func:`recurra.text.segmenters.tokeniser` knows.
        vocabulary: the known tokens and their ids.

    Raises:
        SettingsError: the segmenter is not installed, or the tokenizer not registered.
    """
    if tokens in ("lesson", "words"):
        return WordEncoder(tokens, vocabulary)
    if tokens not in ("characters", LOWERCASE_CHARACTERS, "bytes"):
        return partial(_encode_cut, tokeniser(tokens), vocabulary.ids)
    # A table of ids by code point or byte; the last entry is for all higher code points.
    numbers = {ord(token): i for token, i in vocabulary.ids.items() if len(token) == 1}
    lowercase = lowercase_points() if tokens == LOWERCASE_CHARACTERS else {}
    numbers.update({point: numbers.get(lower, UNKNOWN_ID) for point, lower in lowercase.items()})
    table = np.full(256 if tokens == "bytes" else max(numbers, default=0) + 2, UNKNOWN_ID, dtype=np.int32)
    for number, i in numbers.items():
        table[number] = i
    return partial(_encode_bytes, table) if tokens == "bytes" else CharacterEncoder(table, lowercase)


class WordEncoder:
    """Looks up the ids of words. Tests hold its words equal to those of the tokenisers in :mod:`recurra.text.tokens`.

    Args:
        tokens: ``lesson`` or ``words``.
        vocabulary: the known tokens and their ids.

    Attributes:
        kernel: the function of :mod:`recurra.kernels.token_ids` that finds ids.
        tables: its arguments from ``kinds`` to ``known``.
    """

    def __init__(self, tokens: str, vocabulary: Vocabulary) -> None:
        self.tokens, self.vocabulary = tokens, vocabulary
        self.kernel = getattr(kernels_of("token_ids"), tokens)
        kinds, lowered = byte_kinds(tokens)
        text, offsets = vocabulary.to_tensors()
        # No capacity for another token, so an unknown one stays unknown. With capacity the kernel would add it.
        known = np.array([len(vocabulary), 1], dtype=np.int64)
        self.tables = (kinds, lowered, *token_table(text.copy(), offsets), known)

    def __call__(self, texts: TextBuffer, unknown: list[str] | None = None) -> Ragged:
        """See :class:`Encoder`."""
        lengths = np.empty(len(texts), dtype=np.int64)
        parts: dict[int, npt.NDArray[np.int32]] = {}
        met: dict[int, list[str]] | None = None if unknown is None else {}
        run_parallel([partial(self._encode, texts, lengths, first, end, parts, met) for first, end in pieces(texts)])
        values = parts[0] if len(parts) == 1 else np.concatenate([parts[first] for first in sorted(parts)])
        words = list(chain.from_iterable(met[first] for first in sorted(met))) if met else []
        left = np.flatnonzero(lengths < 0)
        found = Ragged(values, _offsets(np.maximum(lengths, 0) if len(left) else lengths))
        if len(left):
            # Beyond ASCII, Unicode defines what a word is and its lower case.
            others: list[str] | None = None if unknown is None else []
            cut = _cut_texts(word_tokens, self.vocabulary.ids, [texts[text] for text in left.tolist()], others)
            found = _merge(found, left, cut)
            if others is not None:
                words = _merged_words(found, left, words, others)
        if unknown is not None:
            unknown += words
        return found

    def _encode(
        self, texts: TextBuffer, lengths: npt.NDArray[np.int64], first: int, end: int, parts: dict[int, Any],
        met: dict[int, list[str]] | None,
    ) -> None:  # fmt: skip
        """Writes the lengths of a range of texts, their ids to ``parts[first]``, their unknown words to ``met``."""
        size = int(texts.offsets[end] - texts.offsets[first])
        # The lesson's words have white space between them; other words need none.
        room = (size + end - first) // 2 + 1 if self.tokens == "lesson" else size
        ids, count = np.empty(room, dtype=np.int32), np.empty(2, dtype=np.int64)
        # Without room for unknown words, none is written.
        unknown = np.empty(size if met is not None else 0, dtype=np.uint8)
        ends = np.empty(room if met is not None else 0, dtype=np.int64)
        self.kernel(
            first, end, texts.data, texts.offsets, *self.tables, *scratch(size), ids, lengths, unknown, ends, count
        )
        if met is not None:
            bounds = [0, *ends[: count[1]].tolist()]
            whole = unknown[: bounds[-1]].tobytes()
            met[first] = [whole[begin:stop].decode("utf-8", "replace") for begin, stop in pairwise(bounds)]
        # The copy frees the unused part of the array.
        parts[first] = ids[: count[0]] if end - first == len(texts) else ids[: count[0]].copy()


class CharacterEncoder:
    """Looks up the ids of characters.

    Args:
        table: int32, the id of each code point; the last entry is for all higher ones.
        lowercase: the code points that are read as others.
    """

    def __init__(self, table: npt.NDArray[np.int32], lowercase: Mapping[int, int]) -> None:
        self._table, self._lowercase = table, lowercase

    def __call__(self, texts: TextBuffer, unknown: list[str] | None = None) -> Ragged:
        """See :class:`Encoder`."""
        data = texts.data[texts.offsets[0] : texts.offsets[-1]]
        points = code_points(data.tobytes())
        ids = self.ids(points)
        if unknown is not None:
            unknown += [chr(self._lowercase.get(point, point)) for point in points[ids == UNKNOWN_ID].tolist()]
        # A character begins at every byte that does not continue one (0b10xxxxxx).
        begun = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum((data & 0xC0) != 0x80)])
        return Ragged(ids, begun[texts.offsets - texts.offsets[0]])

    def ids(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        """The ids of code points, of the same shape."""
        return self._table[np.minimum(points, len(self._table) - 1)]


def code_points(data: bytes) -> npt.NDArray[np.uint32]:
    """The code points of UTF-8; what is none becomes the replacement character."""
    return np.frombuffer(data.decode("utf-8", "replace").encode("utf-32-le"), dtype="<u4")


def scratch(size: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The memory that the kernels of :mod:`recurra.kernels.token_ids` need for texts of ``size`` bytes."""
    return np.empty(size + 1, dtype=np.uint8), np.empty((3, BLOCK + 1), dtype=np.int64)


def byte_kinds(tokens: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The kind of each byte for the tokeniser ``lesson`` or ``words``, and its lower case: uint8[256] both."""
    return _lesson_bytes() if tokens == "lesson" else _word_bytes()


def pieces(texts: TextBuffer) -> list[tuple[int, int]]:
    """Ranges of texts of about :data:`PIECE` bytes; a longer text is a range by itself."""
    size = int(texts.offsets[-1] - texts.offsets[0])
    if size <= PIECE:
        return [(0, len(texts))]
    wanted = texts.offsets[0] + np.arange(0, size, PIECE)
    bounds = np.unique(np.append(np.searchsorted(texts.offsets, wanted), len(texts))).tolist()
    return list(pairwise(bounds))


def _lesson_bytes() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    kinds = np.full(256, _PART, dtype=np.uint8)
    kinds[list(PUNCTUATION)] = _DELETED
    kinds[[byte for byte in range(256) if not bytes([byte]).split()]] = _SPACE
    return kinds, np.frombuffer(LOWER, dtype=np.uint8)


def _word_bytes() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    kinds = np.full(256, _MARK, dtype=np.uint8)
    for byte in range(128):
        if re.match(r"\w", chr(byte)):
            kinds[byte] = _PART
        elif re.match(r"\s", chr(byte)):
            kinds[byte] = _SPACE
    kinds[ord("'")] = _APOSTROPHE
    lowered = np.arange(256, dtype=np.uint8)
    lowered[list(string.ascii_uppercase.encode())] = list(string.ascii_lowercase.encode())
    return kinds, lowered


def _encode_cut(
    cut: Callable[[str], list[str]], ids: Mapping[str, int], texts: TextBuffer, unknown: list[str] | None = None
) -> Ragged:
    return _cut_texts(cut, ids, [texts[text] for text in range(len(texts))], unknown)


def _cut_texts(
    cut: Callable[[str], list[str]], ids: Mapping[str, int], texts: Sequence[str], unknown: list[str] | None
) -> Ragged:
    documents = []
    for text in texts:
        words = cut(text)
        documents.append([ids.get(word, UNKNOWN_ID) for word in words])
        if unknown is not None:
            unknown += [word for word in words if word not in ids]
    return Ragged.from_lists(documents)


def _encode_bytes(table: npt.NDArray[np.int32], texts: TextBuffer, unknown: list[str] | None = None) -> Ragged:
    data = texts.data[texts.offsets[0] : texts.offsets[-1]]
    ids = table[data]
    if unknown is not None:
        unknown += map(chr, data[ids == UNKNOWN_ID].tolist())
    return Ragged(ids, texts.offsets - texts.offsets[0])


def _offsets(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.add.accumulate(lengths, out=offsets[1:])
    return offsets


def _merge(documents: Ragged, places: npt.NDArray[np.int64], others: Ragged) -> Ragged:
    """The documents, with the empty ones at ``places`` replaced by ``others`` in order."""
    lengths = documents.lengths
    lengths[places] = others.lengths
    whole = Ragged(np.empty(lengths.sum(), dtype=np.int32), _offsets(lengths))
    begins = whole.offsets[:-1]
    for part, at in ((documents, begins), (others, begins[places])):
        whole.values[np.arange(len(part.values)) + np.repeat(at - part.offsets[:-1], part.lengths)] = part.values
    return whole


def _merged_words(documents: Ragged, places: npt.NDArray[np.int64], words: list[str], others: list[str]) -> list[str]:
    """The words of the ids 1 in order, of which ``others`` are those of the documents at ``places``."""
    owners = np.searchsorted(documents.offsets, np.flatnonzero(documents.values == UNKNOWN_ID), side="right") - 1
    theirs = np.isin(owners, places)
    whole = np.empty(len(owners), dtype=object)
    whole[theirs], whole[~theirs] = others, words
    return list(whole)
