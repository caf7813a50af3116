"""Batches: every document once, no bound broken, less padding with bucketing, the same for the same seed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import cut_batches

lengths_of = st.lists(st.integers(0, 60), max_size=80).map(lambda lengths: np.array(lengths, dtype=np.int64))
options = st.fixed_dictionaries(
    {
        "batch_size": st.integers(1, 12),
        "batch_tokens": st.none() | st.integers(1, 200),
        "bucketing": st.booleans(),
    }
)
seeds = st.none() | st.integers(0, 5)


def generator(seed: int | None) -> np.random.Generator | None:
    return None if seed is None else np.random.default_rng(seed)


@given(lengths_of, options, seeds)
def test_each_document_is_in_exactly_one_batch(
    lengths: npt.NDArray[np.int64], chosen: dict[str, Any], seed: int | None
) -> None:
    batches = cut_batches(lengths, **chosen, generator=generator(seed))
    assert sorted(place for batch in batches for place in batch.tolist()) == list(range(len(lengths)))
    assert all(0 < len(batch) <= chosen["batch_size"] for batch in batches)
    assert all(batch.dtype == np.int64 for batch in batches)


@given(lengths_of, options, seeds)
def test_the_token_budget_is_kept(lengths: npt.NDArray[np.int64], chosen: dict[str, Any], seed: int | None) -> None:
    budget = chosen["batch_tokens"] or 2**60
    for batch in cut_batches(lengths, **chosen, generator=generator(seed)):
        # A document that is longer than the budget is a batch of its own.
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= budget


@given(lengths_of, st.integers(1, 12), st.integers(1, 200))
def test_a_batch_ends_only_where_the_next_document_would_break_a_bound(
    lengths: npt.NDArray[np.int64], size: int, budget: int
) -> None:
    batches = cut_batches(lengths, batch_size=size, batch_tokens=budget)
    for batch, following in pairwise(batches):
        wider = [*batch.tolist(), int(following[0])]
        assert len(wider) > size or len(wider) * lengths[wider].max() > budget


@given(lengths_of, options, st.integers(0, 5))
def test_the_same_seed_gives_the_same_batches(
    lengths: npt.NDArray[np.int64], chosen: dict[str, Any], seed: int
) -> None:
    first, second = (cut_batches(lengths, **chosen, generator=generator(seed)) for _ in range(2))
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in second]


def test_another_seed_gives_other_batches() -> None:
    lengths = np.arange(100)
    for bucketing in (False, True):
        first, second = (
            cut_batches(lengths, batch_size=8, bucketing=bucketing, generator=np.random.default_rng(seed))
            for seed in (0, 1)
        )
        assert [batch.tolist() for batch in first] != [batch.tolist() for batch in second]


def test_without_a_generator_the_order_is_that_of_the_file() -> None:
    batches = cut_batches(np.array([5, 1, 4, 1, 5]), batch_size=2)
    assert [batch.tolist() for batch in batches] == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("batch_size", [4, 16, 64])
def test_bucketing_pads_far_less(batch_size: int) -> None:
    rng = np.random.default_rng(7)
    lengths = rng.integers(1, 60, 20_000)

    def padded(bucketing: bool) -> int:
        batches = cut_batches(
            lengths, batch_size=batch_size, bucketing=bucketing, generator=np.random.default_rng(batch_size)
        )
        return sum(int(len(batch) * lengths[batch].max() - lengths[batch].sum()) for batch in batches)

    # Sorted pools of 100 batches leave the step from one length to the next and the ends of the pools.
    assert padded(True) < 0.06 * padded(False)


def test_bucketing_shuffles_batches_and_not_only_documents() -> None:
    lengths = np.repeat(np.arange(50), 20)
    batches = cut_batches(lengths, batch_size=10, bucketing=True, generator=np.random.default_rng(0))
    longest = [int(lengths[batch].max()) for batch in batches]
    assert longest != sorted(longest)
