"""The best possible answers of the benchmark of several labels, against counts of what is drawn and a sum by hand."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product
from types import ModuleType
from typing import Any

import known_labels
import numpy as np
import pytest


@pytest.fixture
def known() -> ModuleType:
    return known_labels


@pytest.fixture
def small(known: ModuleType) -> Any:
    """Three words, two topics, one or two words a document: every document is drawn often."""
    return known.Process(
        background=np.array([0.5, 0.3, 0.2]),
        topics=np.array([[0.8, 0.2, 0.0], [0.0, 0.5, 0.5]]),
        shares=np.array([0.5, 0.4]),
        weight=0.3,
        shortest=1,
        longest=2,
        flips=0.1,
    )


@pytest.mark.parametrize("ordered", [True, False])
def test_probabilities_are_the_shares_among_equal_documents(small: Any, ordered: bool) -> None:
    texts, had = small.draw(40_000, np.random.default_rng(5))
    groups = defaultdict(list)
    for row, text in enumerate(texts):
        groups[text if ordered else " ".join(sorted(text.split()))].append(row)
    often = {text: rows for text, rows in groups.items() if len(rows) >= 200}
    assert len(often) > 25
    promised = small.probabilities(list(often), ordered=ordered)
    for text, rows, p in zip(often, often.values(), promised, strict=True):
        error = np.sqrt(p * (1 - p) / len(rows))
        assert (np.abs(had[rows].mean(axis=0) - p) < 4.5 * error + 1e-12).all(), text


def test_the_most_probable_set_is_the_most_frequent_one(small: Any) -> None:
    texts, had = small.draw(40_000, np.random.default_rng(6))
    counted: dict[str, dict[tuple[bool, ...], int]] = defaultdict(lambda: defaultdict(int))
    for text, row in zip(texts, had.tolist(), strict=True):
        counted[text][tuple(row)] += 1
    clear = {}
    for text, sets in counted.items():
        first, second, *_ = sorted([*sets.values(), 0], reverse=True)
        if first - second > 4 * math.sqrt(first + second):
            clear[text] = max(sets, key=lambda one: sets[one])
    assert len(clear) > 12
    assert len(set(clear.values())) > 2
    found = small.most_probable(list(clear)).tolist()
    assert [tuple(row) for row in found] == list(clear.values())


def test_probabilities_of_a_long_text_are_bayes_rule_word_by_word(known: ModuleType) -> None:
    process = known.mixed_topics()
    (text,), _ = process.draw(1, np.random.default_rng(7))
    words = [int(word[1:]) for word in text.split() if word.startswith("w")]
    weights = {}
    for had in product((False, True), repeat=6):
        weight = 1.0
        for topic, share in enumerate(process.shares):
            weight *= share if had[topic] else 1 - share
        for word in words:
            drawn = process.background[word] + sum(process.topics[topic][word] for topic in range(6) if had[topic])
            weight *= drawn / (1 + sum(had))
        weights[had] = weight
    total = math.fsum(weights.values())
    expected = [math.fsum(w for had, w in weights.items() if had[topic]) / total for topic in range(6)]
    np.testing.assert_allclose(process.probabilities([text])[0, :6], expected, rtol=1e-9)


def test_only_the_order_tells_the_last_label(known: ModuleType) -> None:
    process = known.mixed_topics()
    texts = ["w1 delay w2 refund", "w1 refund w2 delay", "delay w1 w2", "w1 w2"]
    np.testing.assert_allclose(process.probabilities(texts)[:, -1], [0.95, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(process.probabilities(texts, ordered=False)[:, -1], [0.5, 0.5, 0.05, 0.05])
    assert process.labels[-1] == "refund after delay"
