"""Near-duplicates against a comparison of every pair of texts with Python's sets."""

from __future__ import annotations

import html
import random
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import near_duplicates as module
from recurra.data.near_duplicates import NearDuplicate, near_duplicates, nearest_duplicates, normalize_text
from recurra.errors import SettingsError

WORDS = (
    *("oil", "prices", "rise", "again", "and", "the", "team", "wins", "a", "late", "match", "in", "rome", "while"),
    *("ministers", "meet", "for", "talks", "about", "peace"),
)


def pieces(text: str) -> set[str]:
    plain = normalize_text(text)
    return {plain[at : at + 5] for at in range(max(1, len(plain) - 4))} if plain else set()


def jaccard(one: str, other: str) -> float:
    a, b = pieces(one), pieces(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def made_texts(count: int, seed: int) -> list[str]:
    """Texts, half of them with a few words changed."""
    generator = random.Random(seed)
    texts = []
    for _ in range(count):
        if texts and generator.random() < 0.5:
            words = generator.choice(texts).split()
            for _ in range(generator.randrange(4)):
                words[generator.randrange(len(words))] = generator.choice(WORDS)
        else:
            words = generator.choices(WORDS, k=generator.randrange(4, 30))
        texts.append(" ".join(words))
    return texts


def test_every_alike_pair_is_found_with_its_similarity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 64)
    texts, reference = made_texts(150, 1), [*made_texts(150, 1)[:60], *made_texts(100, 2)]
    expected = {
        (row, other): jaccard(one, two)
        for (row, one), (other, two) in product(enumerate(texts), enumerate(reference))
        if jaccard(one, two) >= 0.6
    }
    found = near_duplicates(texts, iter(reference), threshold=0.6)
    assert len(expected) > 60
    assert {(one.row, one.other): one.similarity for one in found} == pytest.approx(expected)
    assert found == sorted(found, key=lambda one: (one.row, -one.similarity, one.other))


def test_texts_among_themselves_come_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 32)
    texts = made_texts(120, 3)
    expected = {
        (row, other) for row in range(len(texts)) for other in range(row) if jaccard(texts[row], texts[other]) >= 0.6
    }
    assert {(one.row, one.other) for one in near_duplicates(texts, threshold=0.6)} == expected
    assert expected


@given(st.lists(st.text(max_size=30), max_size=8))
def test_equal_texts_are_always_found(texts: list[str]) -> None:
    found = {(one.row, one.other): one.similarity for one in near_duplicates(texts, texts, threshold=1.0)}
    for place, text in enumerate(texts):
        assert ((place, place) in found) == bool(normalize_text(text))
        for other in range(len(texts)):
            if (place, other) in found:
                assert jaccard(text, texts[other]) == 1
                assert found[place, other] == 1


def test_the_seed_hardly_matters_and_the_same_seed_gives_the_same() -> None:
    texts = made_texts(100, 4)
    first = near_duplicates(texts, threshold=0.8, seed=1)
    assert first == near_duplicates(texts, threshold=0.8, seed=1)
    assert first == near_duplicates(texts, threshold=0.8, seed=2)


@pytest.mark.parametrize("inside", [False, True])
def test_the_nearest_copy_is_the_first_of_the_most_alike(inside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where candidates come a few at a time, as form letters make very many of them."""
    texts, others = made_texts(120, 5), None if inside else [*made_texts(120, 5)[:50], *made_texts(80, 6)]
    best: dict[int, NearDuplicate] = {}
    for one in near_duplicates(texts, others, threshold=0.6):
        best.setdefault(one.row, one)
    for pairs in (1, 50):
        monkeypatch.setattr(module, "PAIRS", pairs)
        monkeypatch.setattr(module, "BLOCK", 32)
        found = nearest_duplicates(texts, others, threshold=0.6)
        rows = np.flatnonzero(found.other >= 0)
        pairs_found = [NearDuplicate(int(row), int(found.other[row]), float(found.similarity[row])) for row in rows]
        assert pairs_found == list(best.values())
        assert (found.similarity[found.other < 0] == 0).all()
    assert len(best) > 20


def loop_normalize_text(text: str) -> str:
    """The rule, without the tables for plain ASCII."""
    text = re.sub(r"<[^<>]*>|#\d+;", " ", html.unescape(text))
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


@given(st.text() | st.text(alphabet=st.characters(codec="ascii")) | st.text(alphabet="<a>#12; &lt;Bé_"))
def test_what_is_compared(text: str) -> None:
    assert normalize_text(text) == loop_normalize_text(text)


def test_markup_case_and_marks_say_nothing() -> None:
    one = ("Oil's up!", 'See &lt;A HREF="http://x.y/z"&gt;QUOTE&lt;/A&gt; at #36;50')
    assert normalize_text(one) == "oil s up see quote at 50"
    assert near_duplicates([one], ["OIL S UP -- see QUOTE, at 50"]) == [NearDuplicate(0, 0, 1.0)]


def test_chinese_is_compared_by_characters() -> None:
    found = near_duplicates(
        ["国家统计局公布九月居民消费价格"], ["国家统计局公布八月居民消费价格", "球队赢得比赛"], threshold=0.3
    )
    assert [one.other for one in found] == [0]
    assert found[0].similarity == pytest.approx(
        jaccard("国家统计局公布九月居民消费价格", "国家统计局公布八月居民消费价格")
    )


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_is_a_similarity(threshold: float) -> None:
    with pytest.raises(SettingsError, match="threshold is"):
        near_duplicates(["a"], threshold=threshold)
