"""Which n-grams and subwords are kept where there is room for few."""

from __future__ import annotations

import numpy as np
import pytest

from recurra.batches import Ragged
from recurra.linear_branch import BranchSettings, LinearBranch, Ngrams, Subwords, select
from recurra.linear_branch.count import count_ngrams
from recurra.text import Vocabulary

KNOWN, OUTPUTS, ROW = 6, 3, 7


def made_branch(subwords: tuple[str, ...] | None = ("ab", "cde", "éf", "gh")) -> LinearBranch:
    generator = np.random.default_rng(0)
    documents = Ragged.from_lists(generator.integers(2, KNOWN, size=(20, 9)).tolist())
    ngrams = count_ngrams(documents, KNOWN, BranchSettings(ngrams=3, ngram_min_count=1))
    W = generator.normal(size=(len(ngrams), OUTPUTS)).astype(np.float32)
    U = generator.normal(size=(len(subwords or ()), OUTPUTS)).astype(np.float32)
    known = None if subwords is None else Subwords(Vocabulary(subwords), 3)
    return LinearBranch(BranchSettings(ngrams=3), Vocabulary(("a", "b", "c", "d")), ngrams, known, W, U)


def weight_of(branch: LinearBranch) -> dict[tuple[int, ...], float]:
    """The largest magnitude of each n-gram of two and more tokens."""
    ngrams = branch.ngrams
    return {tuple(ngrams.tokens(row)): float(np.abs(branch.W[row]).max()) for row in range(KNOWN, len(ngrams))}


@pytest.mark.parametrize("count", [0, 1, 7, 30, 10_000])
def test_the_ngrams_of_the_largest_weights_are_kept_with_their_beginnings(count: int) -> None:
    branch = made_branch(None)
    found, none = select(branch, count * (8 + ROW) + 1, ngram_bytes=8 + ROW, subword_bytes=8 + ROW)
    assert none is None
    grams = [tuple(found.tokens(row)) for row in range(KNOWN, len(found))]
    weights = weight_of(branch)
    assert len(grams) == min(count, len(weights))
    assert [one for one in weights if one in grams] == grams
    assert all(len(one) == 2 or one[:-1] in grams for one in grams)
    # What is left out would be too much, or has smaller weights than any that is kept for its own sake.
    needed = {one[:-1] for one in grams}
    own = [weights[one] for one in grams if one not in needed]
    left = [weight for one, weight in weights.items() if one not in grams and (len(one) == 2 or one[:-1] in grams)]
    assert not own or not left or max(left) < min(own)


def test_half_of_the_room_is_for_subwords() -> None:
    branch = made_branch()
    ngrams, subwords = select(branch, 4 * (8 + ROW), ngram_bytes=8 + ROW, subword_bytes=8 + ROW)
    assert subwords is not None
    assert len(ngrams.table) == 2
    order = np.argsort(-np.abs(branch.U).max(axis=1))
    assert branch.subwords is not None
    texts = branch.subwords.vocabulary.tokens
    # Two would take 8 + 7 bytes each, and their letters.
    assert subwords.vocabulary.tokens == (texts[order[0]],)
    assert subwords.longest == 3


def test_what_learning_went_on_from_is_kept_however_little_room_there_is() -> None:
    branch = made_branch()
    assert branch.subwords is not None
    table, texts = branch.ngrams.table, branch.subwords.vocabulary.tokens
    initial = LinearBranch(
        branch.settings, branch.vocabulary, Ngrams(KNOWN, table[:5], 3), Subwords(Vocabulary(texts[:2]), 3),
        branch.W[: KNOWN + 5], branch.U[:2],
    )  # fmt: skip
    ngrams, subwords = select(branch, 0, ngram_bytes=8 + ROW, subword_bytes=8 + ROW, initial=initial)
    assert np.array_equal(ngrams.table, table[:5])
    assert subwords is not None
    assert subwords.vocabulary.tokens == texts[:2]
