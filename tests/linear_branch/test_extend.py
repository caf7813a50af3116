"""N-grams and subwords of old and new rows together, as sets of tokens."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import Ragged
from recurra.linear_branch import BranchSettings, Ngrams, Subwords
from recurra.linear_branch.count import count_ngrams
from recurra.linear_branch.extend import extend_ngrams, extend_subwords
from recurra.text import Vocabulary

DOCUMENTS = st.lists(st.lists(st.integers(2, 6), max_size=9), min_size=1, max_size=6)


def grams(ngrams: Ngrams) -> list[tuple[int, ...]]:
    return [tuple(ngrams.tokens(row)) for row in range(ngrams.known, len(ngrams))]


@given(DOCUMENTS, DOCUMENTS, st.integers(1, 4), st.integers(0, 40))
def test_old_ngrams_stay_and_new_ones_follow(
    before: list[list[int]], after: list[list[int]], longest: int, most: int
) -> None:
    settings = BranchSettings(ngrams=longest, ngram_min_count=1)
    # The old vocabulary ends before the id 5, the new one before 7.
    old = count_ngrams(Ragged.from_lists(before), 5, settings)
    counted = count_ngrams(Ragged.from_lists(after), 7, settings)
    found = extend_ngrams(old, counted, most)
    assert (found.known, found.longest) == (7, longest)
    table = found.table
    assert ((table[:, 0] < 7 + np.arange(len(table))) & (table >= 0).all(axis=1)).all()
    kept = grams(old)
    assert grams(found)[: len(kept)] == kept
    added = grams(found)[len(kept) :]
    new = [gram for gram in grams(counted) if gram not in kept]
    # Of as many as there is room for, the most frequent: a beginning is never rarer than what begins with it.
    assert added == new[: max(0, most - len(kept))]
    assert len({*grams(found)}) == len(table)


def test_old_subwords_stay_and_new_ones_follow() -> None:
    old, counted = Subwords(Vocabulary(("ab", "cd")), 5), Subwords(Vocabulary(("ef", "cd", "gh")), 5)
    assert extend_subwords(old, counted, 10).vocabulary.tokens == ("ab", "cd", "ef", "gh")
    assert extend_subwords(old, counted, 3).vocabulary.tokens == ("ab", "cd", "ef")
    assert extend_subwords(old, counted, 1).vocabulary.tokens == ("ab", "cd")
