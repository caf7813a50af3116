"""Trigrams against a loop, naive Bayes against scikit-learn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.naive_bayes import MultinomialNB

from recurra.batches import Ragged
from recurra.text.naive_bayes import PLACES, SMOOTHING, cross_val_correct, trigrams


@given(st.lists(st.text(max_size=9), min_size=1, max_size=6))
def test_trigrams_are_those_of_each_text_alone(texts: list[str]) -> None:
    """Equal runs of three have equal ids wherever they stand, and no run crosses from one text to the next."""
    found = trigrams(texts)
    clean = [f" {text.lower()} ".encode("utf-8", "replace").decode() for text in texts]
    assert found.lengths.tolist() == [max(len(text) - 2, 0) for text in clean]
    assert all(0 <= i < PLACES for i in found.values)
    alone = {run: int(trigrams([text]).values[place]) for text in texts for place, run in enumerate(runs(text))}
    expected = [alone[run] for text in texts for run in runs(text)]
    assert found.values.tolist() == expected


def runs(text: str) -> list[str]:
    whole = f" {text.lower()} ".encode("utf-8", "replace").decode()
    return [whole[place : place + 3] for place in range(len(whole) - 2)]


def test_different_trigrams_mostly_have_different_ids() -> None:
    texts = ["abcdefghijklmnopqrstuvwxyz", "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"]
    values = trigrams(texts).values
    assert len(set(values.tolist())) >= len(values) - 1


def test_naive_bayes_is_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 4, size=301)
    documents = [generator.integers(0, 40, size=generator.integers(0, 9)) % (10 + 7 * t) for t in targets]
    features = Ragged.from_lists([document.tolist() for document in documents])
    counts = np.array([np.bincount(document, minlength=40) for document in documents])
    expected = np.zeros(301, dtype=bool)
    for half in (0, 1):
        model = MultinomialNB(alpha=SMOOTHING, class_prior=prior(targets[half::2]))
        model.fit(csr_matrix(counts[half::2]), targets[half::2])
        expected[1 - half :: 2] = model.predict(csr_matrix(counts[1 - half :: 2])) == targets[1 - half :: 2]
    found = cross_val_correct(features, targets * 10 + 3, count=40)
    assert found.tolist() == expected.tolist()
    assert 0.3 < found.mean() < 1


def prior(targets: np.ndarray) -> np.ndarray:
    counts = np.bincount(targets, minlength=4) + SMOOTHING
    return counts / counts.sum()


def test_a_class_of_one_half_only_is_no_harm() -> None:
    features = Ragged.from_lists([[0], [1], [0], [1], [2], [2]])
    right = cross_val_correct(features, np.array([0, 1, 0, 1, 5, 6]), count=3)
    assert right.tolist() == [False, False, False, False, False, False]
