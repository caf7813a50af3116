"""The language models of classes against probabilities that are written down token by token, and the shares of both."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from recurra.batches import Ragged
from recurra.linear_branch import BranchSettings, Ngrams, class_language_models
from recurra.linear_branch.count import count_ngrams
from recurra.linear_branch.fuse import language_model_factors
from recurra.linear_branch.language_models import DISCOUNT

KNOWN = 6

Document = Sequence[int]
documents = st.lists(st.lists(st.integers(2, KNOWN - 1), max_size=6), min_size=1, max_size=8)


def probability(rows: Sequence[Document], context: tuple[int, ...], token: int) -> float:
    """P(token | context) by absolute discounting, counted in the documents."""
    lower = probability(rows, context[1:], token) if context else 1 / KNOWN
    size, following = len(context), Counter[int]()
    for row in rows:
        read = [0, *row, 0] if row else []
        following.update(
            read[at] for at in range(max(size, 1), len(read)) if tuple(read[at - size : at]) == context
        )  # fmt: skip
    total = following.total()
    if not total:
        return lower
    return (max(following[token] - DISCOUNT, 0) + DISCOUNT * len(following) * lower) / total


def log_probability(rows: Sequence[Document], document: Document, longest: int) -> float:
    read = [0, *document, 0]
    return sum(
        math.log(probability(rows, tuple(read[max(0, at - longest + 1) : at]), read[at])) for at in range(1, len(read))
    )


def summed(ngrams: Ngrams, weights: np.ndarray, asked: Sequence[Document]) -> np.ndarray:
    """The sums of the weights of a document's n-grams, float64[B, L]."""
    found = ngrams.find(Ragged.from_lists(asked))
    return np.array([weights[found[row]].astype(np.float64).sum(axis=0) for row in range(len(asked))])


@given(documents, st.data(), st.integers(1, 4))
def test_the_weights_of_a_document_add_up_to_its_log_probability(
    rows: list[list[int]], data: st.DataObject, longest: int
) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
    ngrams = count_ngrams(Ragged.from_lists(rows), KNOWN, BranchSettings(ngrams=longest, ngram_min_count=1))
    weights = class_language_models(ngrams, Ragged.from_lists(rows), labels, 3)
    begins, ends = ([*{row[at] for row in rows if row}] for at in (0, -1))
    asked = data.draw(st.lists(st.lists(st.integers(2, KNOWN - 1), max_size=5), min_size=1, max_size=3))
    # Others lack the prior, or the probability of an end.
    asked = [
        [data.draw(st.sampled_from(begins)), *document, data.draw(st.sampled_from(ends))]
        for document in asked
        if begins
    ]
    of_class = [[row for row, label in zip(rows, labels, strict=True) if label == k] for k in range(3)]
    sizes = np.bincount(labels, minlength=3) + 0.5
    for document, found in zip(asked, summed(ngrams, weights, asked), strict=True):
        expected = np.array([log_probability(some, document, longest) for some in of_class])
        if longest > 1:
            expected += np.log(sizes / sizes.sum())
        else:
            # Without pairs there is neither.
            expected -= [math.log(probability(some, (), 0)) for some in of_class]
        np.testing.assert_allclose(found, expected - expected.mean(), atol=2e-4)


def test_tokens_that_follow_in_no_known_ngram_are_taken_for_different_ones() -> None:
    rows = [[2, 3], [2, 3], [2, 4], [2, 5], [3, 2]]
    ngrams = count_ngrams(Ragged.from_lists(rows), KNOWN, BranchSettings(ngrams=2, ngram_min_count=2))
    known = {tuple(ngrams.tokens(row)) for row in range(KNOWN, len(ngrams))}
    assert known == {(0, 2), (2, 3), (3, 0)}
    weights = class_language_models(ngrams, Ragged.from_lists(rows), np.array([0, 0, 0, 0, 1]), 2)
    # Behind 2, in the first class: 3 twice, and two others once each.
    back = DISCOUNT * 3 / 4
    three = (2 - DISCOUNT + DISCOUNT * 5 / KNOWN) / 12
    raised = math.log(((2 - DISCOUNT) / 4 + back * three) / three / back)
    row = next(row for row in range(KNOWN, len(ngrams)) if tuple(ngrams.tokens(row)) == (2, 3))
    # In the second class 2 stood once, before the end, which makes no known pair: 3 is not raised behind it.
    assert weights[row, 0] - weights[row, 1] == pytest.approx(raised, abs=1e-5)


def test_rows_of_no_weight_count_nowhere_and_others_in_the_prior_alone() -> None:
    rows, labels = Ragged.from_lists([[2, 3], [2, 4], [3, 3], [4, 2]]), np.array([0, 1, 1, 0])
    settings = BranchSettings(ngrams=3, ngram_min_count=1)
    ngrams = count_ngrams(rows, KNOWN, settings)
    without = class_language_models(ngrams, rows.take([0, 1, 2]), labels[:3], 2)
    weights = class_language_models(ngrams, rows, labels, 2, row_weights=np.array([1, 1, 1, 0], np.float32))
    np.testing.assert_array_equal(weights, without)
    heavy = class_language_models(ngrams, rows.take([0, 1, 2]), labels[:3], 2, row_weights=np.float32([5, 1, 1]))
    begins = [row for row in range(KNOWN, len(ngrams)) if ngrams.tokens(row)[0] == 0 and len(ngrams.tokens(row)) == 2]
    prior = math.log(5.5 / 2.5) - math.log(1.5 / 2.5)
    np.testing.assert_allclose((heavy - without)[begins], [[prior / 2, -prior / 2]] * len(begins), atol=1e-6)
    others = np.setdiff1d(np.arange(len(ngrams)), begins)
    np.testing.assert_array_equal(heavy[others], without[others])


def test_the_share_has_the_lowest_loss_or_with_caution_is_the_smallest_within_one_standard_error() -> None:
    random = np.random.default_rng(3)
    regression, models = (some - some.mean(axis=1, keepdims=True) for some in random.normal(size=(2, 80, 4)))
    models *= 7
    targets = (regression + models / 7 + random.gumbel(size=(80, 4))).argmax(axis=1)
    ratio = math.sqrt(np.mean(regression**2) / np.mean(models**2))

    def losses(share: float) -> np.ndarray:
        mixed = (1 - share) * regression + share * ratio * models

        def of(factor: float) -> np.ndarray:
            return -log_softmax(factor * mixed, axis=1)[np.arange(len(targets)), targets]

        return of(minimize_scalar(lambda factor: of(factor).mean()).x)

    shares = np.linspace(0, 1, 21)[:-1]
    found = [losses(share) for share in shares]
    best = min(range(20), key=lambda place: found[place].mean())
    assert shares[best] == pytest.approx(0.5, abs=0.25)
    excess = [some - found[best] for some in found]
    expected = next(share for share, e in zip(shares, excess, strict=True) if e.mean() <= e.std() / math.sqrt(80))
    assert expected < shares[best]
    for cautious, share in ((False, shares[best]), (True, expected)):
        factors = language_model_factors(regression, models, targets, cautious=cautious)
        assert factors == pytest.approx((1 - share, share * ratio))


def test_models_that_know_nothing_get_no_share() -> None:
    random = np.random.default_rng(5)
    regression, models = random.normal(size=(2, 3000, 3))
    targets = (2 * regression + random.gumbel(size=(3000, 3))).argmax(axis=1)
    assert language_model_factors(regression, models, targets, cautious=True)[0] == 1
    some = np.arange(50)
    assert language_model_factors(regression, models, targets, choosing=some, cautious=True)[0] > 0.5


def test_the_chain_of_the_reference_is_a_distribution() -> None:
    rows = [[2, 3], [3, 3, 2], []]
    for context in [(), (0,), (3,), (0, 2), (5,)]:
        # Every known token, and the end.
        assert sum(probability(rows, context, token) for token in [0, 1, *range(2, KNOWN)]) == pytest.approx(1)
