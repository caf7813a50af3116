"""Pieces of texts and their minima, against Python's sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.kernels.compiled import kernels_of


def cut(texts: list[str], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = np.array([ord(letter) for text in texts for letter in text], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    pieces, counts = np.full(len(points), -9, dtype=np.int64), np.empty(len(texts), dtype=np.int64)
    kernels_of("minhash").shingle(0, len(texts), points, offsets, size, pieces, counts)
    return pieces, offsets, counts


def sets(texts: list[str], size: int) -> list[set[str]]:
    return [{text[at : at + size] for at in range(max(1, len(text) - size + 1))} if text else set() for text in texts]


@given(st.lists(st.text(alphabet="abc é国", max_size=20), max_size=6), st.integers(1, 6))
def test_pieces_and_what_texts_share(texts: list[str], size: int) -> None:
    pieces, offsets, counts = cut(texts, size)
    expected = sets(texts, size)
    assert counts.tolist() == [len(one) for one in expected]
    for text in range(len(texts)):
        own = pieces[offsets[text] : offsets[text] + counts[text]]
        assert (own >= 0).all()
        assert (np.diff(own) > 0).all()
    left, right = (side.ravel().astype(np.int64) for side in np.mgrid[: len(texts), : len(texts)])
    both = np.empty(len(left), dtype=np.int64)
    kernels_of("minhash").count_shared(
        0, len(left), left, right, pieces, offsets, counts, pieces, offsets, counts, both
    )  # fmt: skip
    assert both.tolist() == [len(expected[a] & expected[b]) for a, b in zip(left, right, strict=True)]


@pytest.mark.parametrize("shared", [0, 30, 100])
def test_equal_minima_estimate_the_similarity(shared: int) -> None:
    """Of 2,000 hash functions as many agree as the similarity says, to four standard deviations."""
    generator = np.random.default_rng(shared)
    letters = "".join(map(chr, generator.choice(60_000, 300, replace=False) + 0x4E00))
    texts = [letters[:100], letters[100 - shared : 200 - shared]]
    pieces, offsets, counts = cut(texts, 1)
    a, b = sets(texts, 1)
    similarity = len(a & b) / len(a | b)
    factors = (2 * generator.integers(0, 2**31, 2000, dtype=np.uint32) + 1).view(np.int32)
    minima = np.empty(2 * 2000, dtype=np.int32)
    kernels_of("minhash").signatures(0, 2, pieces, offsets, counts, factors, minima)
    agree = (minima[:2000] == minima[2000:]).mean()
    assert agree == pytest.approx(similarity, abs=4 * np.sqrt(similarity * (1 - similarity) / 2000) + 1e-9)


def test_a_text_without_pieces_has_no_minima() -> None:
    pieces, offsets, counts = cut([""], 5)
    minima = np.zeros(3, dtype=np.int32)
    kernels_of("minhash").signatures(0, 1, pieces, offsets, counts, np.array([1, 3, 5], dtype=np.int32), minima)
    assert minima.tolist() == [-1] * 3
