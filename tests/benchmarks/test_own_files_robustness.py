"""Disturbances of texts and labels, and the calibration error by chance, against counts by hand and the binomial."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from math import comb

import numpy as np
import own_files
import own_files_robustness as robustness
import pytest

TEXTS = [f"Some Words stand here in row {row} and no others" for row in range(300)]
LABELS = [f"class {row % 3}" for row in range(300)]


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return robustness.disturbed(TEXTS, "words", seed=0)


def test_each_seed_has_disturbances_of_its_own(found: dict[str, list[str]]) -> None:
    assert robustness.disturbed(TEXTS, "words", seed=0) == found
    other = robustness.disturbed(TEXTS, "words", seed=1)
    assert {name for name in found if found[name] != other[name]} == {
        "typos",
        "tenth_dropped",
        "third_dropped",
        "shuffled",
    }


@pytest.mark.parametrize(("name", "share"), [("tenth_dropped", 0.1), ("third_dropped", 1 / 3)])
def test_a_share_of_the_words_is_dropped_and_the_others_stay_in_order(
    found: dict[str, list[str]], name: str, share: float
) -> None:
    kept = 0
    for text, less in zip(TEXTS, found[name], strict=True):
        rest = iter(text.split())
        assert all(word in rest for word in less.split())
        kept += len(less.split())
    # Four standard errors of the 3,000 words.
    words = 10 * len(TEXTS)
    assert abs(1 - kept / words - share) < 4 * (share * (1 - share) / words) ** 0.5


def test_shuffled_texts_have_the_same_words(found: dict[str, list[str]]) -> None:
    assert [Counter(text.split()) for text in found["shuffled"]] == [Counter(text.split()) for text in TEXTS]
    assert sum(text != other for text, other in zip(TEXTS, found["shuffled"], strict=True)) > 290


def test_typos_change_one_character_of_a_fifth_of_the_long_words(found: dict[str, list[str]]) -> None:
    changed = []
    for text, other in zip(TEXTS, found["typos"], strict=True):
        for word, now in zip(text.split(), other.split(), strict=True):
            if len(word) < 4 or word.isdigit():
                assert now == word
            else:
                assert sorted(now) == sorted(word) or SequenceMatcher(None, word, now).ratio() >= 0.75
                changed.append(now != word)
    # A swap or a letter drawn that is the same letter changes nothing, so a few fewer than a fifth.
    assert len(changed) == 5 * len(TEXTS)
    assert 0.15 < np.mean(changed) < 0.23


def test_where_characters_are_read_every_text_has_a_typo() -> None:
    names = ["Timberlake", "Gladkov", "李"]
    for seed in range(20):
        for name, other in zip(names, robustness.disturbed(names, "characters", seed)["typos"], strict=True):
            assert abs(len(name) - len(other)) <= 1
            assert other


def test_so_many_labels_are_replaced_by_each_other_class() -> None:
    wrong = robustness.with_wrong_labels(LABELS, 0.2, seed=0)
    pairs = Counter((old, new) for old, new in zip(LABELS, wrong, strict=True) if old != new)
    assert sum(pairs.values()) == 60
    assert len(pairs) == 6
    assert wrong == robustness.with_wrong_labels(LABELS, 0.2, seed=0)


def test_a_tenth_of_the_rows_has_every_class_alike() -> None:
    texts, labels = robustness.train_parts(TEXTS, LABELS, seed=0)["tenth_of_rows"]
    assert Counter(labels) == {"class 0": 10, "class 1": 10, "class 2": 10}
    assert all(LABELS[TEXTS.index(text)] == label for text, label in zip(texts, labels, strict=True))


def test_the_calibration_error_by_chance_is_that_of_the_binomial() -> None:
    rows, top = 101, 0.7
    chances = sorted(
        (abs(right / rows - top), comb(rows, right) * top**right * 0.3 ** (rows - right)) for right in range(rows + 1)
    )
    until = np.cumsum([chance for _, chance in chances])
    lowest, highest = (chances[int(np.searchsorted(until, share))][0] for share in (0.88, 0.92))
    found = own_files.ece_if_calibrated(np.tile([0.2, 0.1, top], (rows, 1)))
    assert lowest <= found <= highest
