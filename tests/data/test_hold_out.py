"""Holding rows out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recurra.data.split import hold_out
from recurra.errors import DataError, SettingsError


@given(
    labels=st.lists(st.sampled_from("abcdef"), min_size=2, max_size=60),
    share=st.floats(0.01, 0.95),
    limit=st.integers(1, 40),
    seed=st.integers(0, 2**31),
)
def test_every_row_is_on_one_side_and_classes_keep_their_share(
    labels: list[str], share: float, limit: int, seed: int
) -> None:
    sizes = Counter(labels)
    assume(max(sizes.values()) > 1)
    train, held = hold_out(labels, share=share, limit=limit, seed=seed)
    assert train.dtype == held.dtype == np.int64
    assert sorted([*train, *held]) == list(range(len(labels)))
    assert list(train) == sorted(train)
    assert list(held) == sorted(held)
    room = len(labels) - len(sizes)
    assert len(held) == min(max(round(share * len(labels)), 1), limit, room)
    assert {labels[row] for row in train} == set(sizes)
    if share < 0.4:  # where no class is too small to give its share
        parts = Counter(labels[row] for row in held)
        for label, size in sizes.items():
            exact = len(held) * size / len(labels)
            if all(len(held) * other / len(labels) <= other - 1 for other in sizes.values()):
                assert exact - 1 < parts[label] < exact + 1


def test_shares_are_exact_where_they_divide() -> None:
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    _, held = hold_out(labels, share=0.1, seed=0)
    assert Counter(labels[row] for row in held) == {"a": 6, "b": 3, "c": 1}


def test_the_limit_counts_all_classes_together() -> None:
    labels = [row % 4 for row in range(58_337)]
    train, held = hold_out(labels, share=0.1, seed=3)
    assert (len(train), len(held)) == (56_337, 2_000)
    assert set(Counter(labels[row] for row in held).values()) == {500}


def test_a_count_alone_is_split_at_random() -> None:
    train, held = hold_out(1000, share=0.2, seed=5)
    assert (len(train), len(held)) == (800, 200)
    # A fair sample of 200 of 0..999 has a mean within 4 standard errors (20.4 * 0.9) of 499.5.
    assert abs(held.mean() - 499.5) < 75


def test_the_seed_decides() -> None:
    labels = ["a", "b"] * 100
    first, again, other = (hold_out(labels, share=0.2, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_labels_of_any_type() -> None:
    for labels in ([True, False] * 10, [0.5, 1.5] * 10, [1, 2] * 10):
        assert len(hold_out(labels, share=0.5, seed=0)[1]) == 10


@pytest.mark.parametrize(("share", "limit"), [(0.0, 2000), (0.5, 0)])
def test_nothing_is_held_out_when_asked(share: float, limit: int) -> None:
    train, held = hold_out(5, share=share, limit=limit, seed=0)
    assert list(train) == [0, 1, 2, 3, 4]
    assert held.size == 0
    assert held.dtype == np.int64


def test_one_row_at_least_is_held_out() -> None:
    assert len(hold_out(5, share=0.01, seed=0)[1]) == 1


@pytest.mark.parametrize("labels", [["a", "b", "c"], 1])
def test_too_few_rows_are_refused(labels: list[str] | int) -> None:
    with pytest.raises(DataError, match="none can be held out"):
        hold_out(labels, share=0.5, seed=0)


def test_no_rows_and_wrong_settings_are_refused() -> None:
    for rows in (0, []):
        with pytest.raises(DataError, match="0 rows"):
            hold_out(rows, share=0.1, seed=0)
    for share in (1.0, -0.1, float("nan")):
        with pytest.raises(SettingsError, match="share"):
            hold_out(10, share=share, seed=0)
    with pytest.raises(SettingsError, match="limit -1"):
        hold_out(10, share=0.1, limit=-1, seed=0)
