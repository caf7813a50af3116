"""Counts added up on disk are the counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recurra.text import TextSettings, Vocabulary, counting, disk_counter
from recurra.text.counting import count_tokens, most_frequent
from recurra.text.disk_counter import DiskCounter

TOKENS = st.text(st.sampled_from("ab é中\n\x00"), min_size=1, max_size=3) | st.just("中" * 200)
COUNTS = st.integers(1, 5) | st.integers(1, 2**50)


@pytest.fixture(autouse=True)
def few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_counter, "PARTS", 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(TOKENS, COUNTS, max_size=8), min_size=1, max_size=6), st.integers(0, 9))
def test_the_most_frequent_of_all_parts(parts: list[dict[str, int]], count: int) -> None:
    kept, expected = DiskCounter(), Counter[str]()
    for part in parts:
        kept.add(part)
        expected.update(part)
    ranked = sorted(((met, token.encode()) for token, met in expected.items()), reverse=True)[:count]
    found = kept.most_frequent(count)
    assert found == {token.decode(): met for met, token in ranked}


@pytest.mark.parametrize("tokens", ["lesson", "words", "characters", "bytes"])
@pytest.mark.parametrize("held", [0, 3, 50])
def test_a_vocabulary_does_not_know_whether_counts_went_to_disk(
    tokens: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "CHUNK", 2)

    @given(st.lists(st.text(st.sampled_from("abcd é中"), max_size=12), max_size=14), st.integers(3, 9))
    def check(texts: list[str], size: int) -> None:
        texts = [*texts, "a"]
        chosen = TextSettings(tokens=tokens, vocabulary_size=size)
        blocks = [texts[first : first + 5] for first in range(0, len(texts), 5)]
        found = most_frequent(blocks, tokens, size, in_memory=held)
        whole = count_tokens(texts, tokens)
        assert Vocabulary.learn(found, chosen) == Vocabulary.learn(whole, chosen)
        assert found.items() <= whole.items()

    check()


def test_memory_holds_no_more_tokens_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    add = DiskCounter.add
    monkeypatch.setattr(DiskCounter, "add", lambda self, counts: (sizes.append(len(counts)), add(self, counts)))
    monkeypatch.setattr(counting, "CHUNK", 4)
    texts = [f"only{number} all" for number in range(1000)]
    assert most_frequent([texts], "words", 2, in_memory=100) == {"all": 1000, "only999": 1}
    # Looked at after every four texts.
    assert max(sizes) <= 100 + 8
    assert len(sizes) > 8
