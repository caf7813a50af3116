"""Near-duplicate texts: MinHash finds candidates, and every pair is then compared exactly."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.errors import SettingsError
from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import parallel_for

__all__ = ["NearDuplicate", "NearestDuplicates", "near_duplicates", "nearest_duplicates", "normalize_text"]

Places = npt.NDArray[np.int64]

# Length of a shingle in characters: different texts of a language share few, and a typing error changes few.
SIZE = 5
# 42 bands of 3 minima: a pair of similarity s is a candidate with probability 1 - (1 - s³)⁴², 99.6 % at 0.5.
BANDS, ROWS = 42, 3
# Number of reference texts in memory at a time.
BLOCK = 1 << 13
# Minimum number of texts or pairs per thread.
WORTH = 256
# Number of candidates in memory at a time: texts from one template are all similar.
PAIRS = 1 << 21

_MARKUP = re.compile(r"<[^<>]*>|#\d+;")
_BETWEEN = re.compile(r"[\W_]+")
_PLAIN = bytes(ord(chr(byte).lower()) if byte < 0x80 and chr(byte).isalnum() else ord(" ") for byte in range(256))


class NearDuplicate(NamedTuple):
    """A pair of near-duplicate texts.

    Attributes:
        row: index of the text, from 0.
        other: index of the other text in the reference.
        similarity: Jaccard similarity of their shingles, 0 to 1.
    """

    row: int
    other: int
    similarity: float


def near_duplicates(
    texts: Sequence[Document], reference: Iterable[Document] | None = None, *, threshold: float = 0.5, seed: int = 0
) -> list[NearDuplicate]:
    """Finds pairs of texts with similar sets of character 5-grams (shingles).

    The similarity is Jaccard's, |A ∩ B| / |A ∪ B|, computed exactly; MinHash signatures in bands (Broder 1997, "On the
    resemblance and containment of documents"; bands: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
    section 3.4) choose the candidates. At similarity 0.5 about 1 pair in 270 is missed, at 0.6 one in 30,000.

    Args:
        texts: B texts or (title, text) pairs, which are kept in memory.
        reference: other texts, which may be a stream: 8,192 of them are in memory at a time. ``None`` compares the
            texts with each other, each pair once, ``other`` being the earlier one.
        threshold: minimum similarity, above 0 and at most 1. Below 0.5 more pairs are missed.
        seed: seed of the hash functions.

    Returns:
        All pairs found, by row, the most similar first. Texts without letters and digits are in no pair.

    Raises:
        SettingsError: ``threshold`` is out of range.
    """
    found: list[NearDuplicate] = []
    for left, right, similarity in _similar_pairs(texts, reference, threshold=threshold, seed=seed):
        pairs = zip(left.tolist(), right.tolist(), similarity.tolist(), strict=True)
        found.extend(NearDuplicate(row, other, alike) for row, other, alike in pairs)
    return sorted(found, key=lambda pair: (pair.row, -pair.similarity, pair.other))


@dataclass(frozen=True, eq=False)
class NearestDuplicates:
    """The most similar near-duplicate of each of B texts.

    Attributes:
        other: int64[B], its index in the reference, the first one if there are ties; -1 if there is none.
        similarity: float64[B], Jaccard similarity; 0 if there is none.
    """

    other: Places
    similarity: npt.NDArray[np.float64]


def nearest_duplicates(
    texts: Sequence[Document], reference: Iterable[Document] | None = None, *, threshold: float = 0.5, seed: int = 0
) -> NearestDuplicates:
    """As :func:`near_duplicates`, but only the most similar one for each text.

    Memory does not grow with the number of pairs, which is large for texts from one template.

    The arguments and errors are those of :func:`near_duplicates`.
    """
    nearest = NearestDuplicates(np.full(len(texts), -1, dtype=np.int64), np.zeros(len(texts)))
    for left, right, similarity in _similar_pairs(texts, reference, threshold=threshold, seed=seed):
        # The most similar of each text first, ties by index in the reference.
        order = np.lexsort((right, -similarity, left))
        row, best = np.unique(left[order], return_index=True)
        better = similarity[order[best]] > nearest.similarity[row]
        row, best = row[better], order[best[better]]
        nearest.other[row], nearest.similarity[row] = right[best], similarity[best]
    return nearest


def _similar_pairs(
    texts: Sequence[Document], reference: Iterable[Document] | None, *, threshold: float, seed: int
) -> Iterator[tuple[Places, Places, npt.NDArray[np.float64]]]:
    """Pairs of at least this similarity, in parts: indices in the texts and in the reference."""
    if not 0 < threshold <= 1:
        raise SettingsError(f"threshold is {threshold}", "Give a similarity above 0 and at most 1; 0.5 is usual.")
    factors = _factors(seed)
    queries = _Shingles.of(texts)
    index = _Index.of(queries, factors)
    first = 0
    for block in _blocks(texts if reference is None else reference):
        others = _Shingles.of(block)
        for left, right in index.candidates(_bands(others, factors)):
            if reference is None:
                earlier = right + first < left
                left, right = left[earlier], right[earlier]
            similarity = _similarity(queries, others, left, right)
            enough = similarity >= threshold
            yield left[enough], right[enough] + first, similarity[enough]
        first += len(block)


def normalize_text(document: Document) -> str:
    """The text that is compared: letters and digits in lower case, words separated by single spaces.

    HTML tags and entities, and entities that have lost their "&", are removed.
    """
    text = document if isinstance(document, str) else " ".join(filter(None, document))
    if "&" in text:
        text = html.unescape(text)
    if "<" in text or "#" in text:
        text = _MARKUP.sub(" ", text)
    if text.isascii():
        # The same by table, which is several times as fast.
        return b" ".join(text.encode().translate(_PLAIN).split()).decode()
    return _BETWEEN.sub(" ", text.lower()).strip()


@dataclass(frozen=True, eq=False)
class _Shingles:
    """The shingles of B texts; see :func:`recurra.kernels.minhash.shingle`."""

    hashes: Places
    offsets: Places
    counts: Places

    @classmethod
    def of(cls, texts: Sequence[Document]) -> _Shingles:
        plain = [normalize_text(text) for text in texts]
        offsets = np.zeros(len(plain) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in plain], out=offsets[1:])
        points = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), dtype=np.int32)
        hashes, counts = np.empty(len(points), dtype=np.int64), np.zeros(len(plain), dtype=np.int64)
        shingle = kernels_of("minhash").shingle
        parallel_for(lambda a, b: shingle(a, b, points, offsets, SIZE, hashes, counts), len(plain), least=WORTH)
        return cls(hashes, offsets, counts)


@dataclass(frozen=True, eq=False)
class _Index:
    """An index of texts by their key in each band.

    Attributes:
        keys: int64[BANDS, B], ascending in each band.
        texts: int64[BANDS, B], the text of each key.
    """

    keys: Places
    texts: Places

    @classmethod
    def of(cls, queries: _Shingles, factors: npt.NDArray[np.int32]) -> _Index:
        keys, some = _bands(queries, factors)
        order = np.argsort(keys, axis=1, kind="stable")
        return cls(np.take_along_axis(keys, order, axis=1), some[order])

    def candidates(self, others: tuple[Places, Places]) -> Iterator[tuple[Places, Places]]:
        """Pairs of an indexed text and another that agree in a band, each once, about :data:`PAIRS` at a time."""
        keys, some = others
        begin = np.stack([np.searchsorted(known, own, side="left") for known, own in zip(self.keys, keys, strict=True)])
        end = np.stack([np.searchsorted(known, own, side="right") for known, own in zip(self.keys, keys, strict=True)])
        together = np.cumsum((end - begin).sum(axis=0))
        first = done = 0
        while first < len(some):
            # As many of the others as have PAIRS pairs together, and at least one.
            stop = max(int(np.searchsorted(together, done + PAIRS, side="right")), first + 1)
            yield self._pairs(begin[:, first:stop], end[:, first:stop], some[first:stop])
            first, done = stop, int(together[stop - 1])

    def _pairs(self, begin: Places, end: Places, some: Places) -> tuple[Places, Places]:
        pairs = [np.empty(0, dtype=np.int64)]
        total = int(some.max(initial=-1)) + 1
        for band, texts in enumerate(self.texts):
            count = end[band] - begin[band]
            hits = np.flatnonzero(count)
            if len(hits):
                # The k-th hit of a text is at its first index plus k.
                sizes = count[hits]
                inner = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
                left = texts[np.repeat(begin[band][hits], sizes) + inner]
                pairs.append(left * total + np.repeat(some[hits], sizes))
        both = np.unique(np.concatenate(pairs))
        return (both // total, both % total) if len(both) else (both, both)


def _bands(pieces: _Shingles, factors: npt.NDArray[np.int32]) -> tuple[Places, Places]:
    """A key per band of each text with shingles, int64[BANDS, texts], and the indices of these texts."""
    minima = np.empty(len(pieces.counts) * len(factors), dtype=np.int32)
    kernel = kernels_of("minhash").signatures
    parallel_for(
        lambda a, b: kernel(a, b, pieces.hashes, pieces.offsets, pieces.counts, factors, minima),
        len(pieces.counts),
        least=WORTH,
    )
    some = np.flatnonzero(pieces.counts)
    values = minima.view(np.uint32).reshape(-1, BANDS, ROWS)[some].astype(np.uint64)
    keys = np.zeros(values.shape[:2], dtype=np.uint64)
    for row in range(ROWS):
        keys = (keys ^ values[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return np.ascontiguousarray(keys.T).view(np.int64), some


def _similarity(queries: _Shingles, others: _Shingles, left: Places, right: Places) -> npt.NDArray[np.float64]:
    both = np.zeros(len(left), dtype=np.int64)
    kernel = kernels_of("minhash").count_shared
    arguments = (
        left, right, queries.hashes, queries.offsets, queries.counts, others.hashes, others.offsets, others.counts,
    )  # fmt: skip
    parallel_for(lambda a, b: kernel(a, b, *arguments, both), len(left), least=WORTH)
    return np.asarray(both / (queries.counts[left] + others.counts[right] - both))


def _factors(seed: int) -> npt.NDArray[np.int32]:
    drawn = np.random.default_rng(seed).integers(0, 2**31, BANDS * ROWS, dtype=np.uint32)
    return (2 * drawn + 1).astype(np.uint32).view(np.int32)


def _blocks(texts: Iterable[Document]) -> Iterator[list[Document]]:
    left = iter(texts)
    while block := list(islice(left, BLOCK)):
        yield block
