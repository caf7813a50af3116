"""Counting in one pass against a count of every token that the tokenisers give."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.text import counting, encoding
from recurra.text.counting import count_tokens
from recurra.text.tokens import TOKENISERS

CHARACTERS = st.characters(exclude_categories=()) | st.sampled_from("aBz.' \n\x00\x1cÿé中\U0001f680\ud800\udc00")
TEXTS = st.lists(st.text(CHARACTERS, max_size=20), max_size=8)
NAMES = sorted(TOKENISERS)


def expected(texts: list[str], name: str) -> Counter[str]:
    return Counter(token for text in texts for token in TOKENISERS[name](text))


@pytest.fixture(params=[1, 3, 2048])
def little_room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few texts at once, and a table that soon has to grow."""
    monkeypatch.setattr(counting, "CHUNK", request.param)
    monkeypatch.setattr(encoding, "PIECE", 5 * request.param)
    monkeypatch.setattr(counting, "TOKENS", 1)
    monkeypatch.setattr(counting, "BYTES", request.param)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("little_room")
def test_counts_are_those_of_the_tokenisers(name: str) -> None:
    @given(TEXTS)
    def check(texts: list[str]) -> None:
        assert count_tokens(texts, name) == expected(texts, name)

    check()


@pytest.mark.parametrize("name", ["lesson", "words"])
def test_many_words_and_one_longer_than_all_room(name: str) -> None:
    texts = [" ".join(f"Word{number} it's" for number in range(first, first + 700)) for first in range(0, 40_000, 500)]
    texts += ["x" * (3 * counting.BYTES), "naïve café", ""]
    found = count_tokens(texts, name)
    assert found == expected(texts, name)
    assert len(found) > 2 * counting.TOKENS


def test_a_word_that_no_text_counts_is_not_there() -> None:
    """The kernel reads such a text up to its first letter beyond ASCII."""
    assert count_tokens(["plain é"], "words") == {"plain": 1, "é": 1}
    assert count_tokens(["plain é", "other"], "words") == {"plain": 1, "é": 1, "other": 1}
