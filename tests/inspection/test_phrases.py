"""Counts of phrases, on texts in which they can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recurra.inspection.phrases import Phrases
from recurra.text import Vocabulary

WORDS = Vocabulary(("cup", "world", "the", "bank", "of"))
CUP, WORLD, THE, BANK, OF = range(2, 7)
DOCUMENTS = [
    [WORLD, CUP, THE, OF],
    [THE, WORLD, CUP],
    [WORLD, CUP],
    [WORLD, BANK, THE],
    [CUP, THE, THE],
    [BANK, 1, 0],
    [CUP, OF, THE],
    [WORLD, OF],
]
OFFSETS = np.concatenate([[0], np.cumsum([len(one) for one in DOCUMENTS])])
TARGETS = np.array([0, 0, 1, 1, 0, 1, 1, 1])


@pytest.fixture
def phrases() -> Phrases:
    ids = np.array([token for one in DOCUMENTS for token in one], dtype=np.int32)
    return Phrases(ids, OFFSETS, TARGETS, WORDS, ["sport", "money"])


def test_a_pair_counts_where_it_tells_more_than_its_word(phrases: Phrases) -> None:
    """Something happens at ``cup`` after ``world``, three times of three, and never at another."""
    documents = np.array([0, 1, 2])
    found = phrases.at(documents, OFFSETS[:-1][documents] + np.array([1, 2, 1]))
    assert [(one.phrase, one.count, one.of, one.label) for one in found] == [
        ("world cup", 3, 3, "sport"),
        ("cup", 3, 5, "sport"),
    ]
    assert found[0].to_dict() == {"phrase": "world cup", "count": 3, "of": 3, "label": "sport"}


def test_backward_the_word_behind_is_read_before(phrases: Phrases) -> None:
    documents = np.array([0, 1, 2])
    found = phrases.at(documents, OFFSETS[:-1][documents] + np.array([0, 1, 0]), backward=True)
    assert [(one.phrase, one.count, one.of) for one in found] == [("world cup", 3, 3), ("world", 3, 5)]


def test_a_pair_does_not_reach_over_documents(phrases: Phrases) -> None:
    """``bank`` begins a document behind one that ends with ``the``."""
    assert phrases.at(np.array([5] * 3), np.array([OFFSETS[5]] * 3))[0].phrase == "bank"


def test_too_few_are_chance(phrases: Phrases) -> None:
    assert phrases.at(np.array([0, 1]), np.array([1, 5])) == []
    assert phrases.at(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)) == []


def test_what_has_no_word_stands_in_brackets(phrases: Phrases) -> None:
    assert [phrases.word(token) for token in range(4)] == ["[pad]", "[unknown]", "cup", "world"]
