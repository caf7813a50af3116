"""Holding out rows of several labels: each label in its share, none lost, the same every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.data.split import hold_out
from recurra.errors import DataError, SettingsError


def drawn(rows: int, shares: list[float], seed: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).random((rows, len(shares))) < shares


def test_each_label_is_held_out_in_its_share_to_a_row_or_two() -> None:
    indicator = drawn(2000, [0.01, 0.02, 0.05, 0.3, 0.6], seed=1)
    kept, held = hold_out(indicator, share=0.1, seed=4)
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(2000))
    assert len(held) == 200
    wanted, found = indicator.sum(axis=0) * 0.1, indicator[held].sum(axis=0)
    assert np.abs(found - wanted).max() <= 2, (wanted, found)
    # Drawn without a look at the labels, the rare ones would be off by more most of the time.
    alone = [np.random.default_rng(seed).permutation(2000)[:200] for seed in range(20)]
    off = [np.abs(indicator[rows].sum(axis=0) - wanted).max() for rows in alone]
    assert np.median(off) > 2


@settings(max_examples=40)
@given(
    rows=st.integers(2, 60), classes=st.integers(1, 5), seed=st.integers(0, 999), share=st.floats(0.01, 0.9),
    common=st.floats(0.02, 0.9),
)  # fmt: skip
def test_no_label_loses_its_last_row(rows: int, classes: int, seed: int, share: float, common: float) -> None:
    indicator = drawn(rows, [common] * classes, seed)
    try:
        kept, held = hold_out(indicator, share=share, limit=25, seed=seed)
    except DataError:
        counts = indicator.sum(axis=0)
        assert all((counts[row] < 2).any() for row in indicator)
        return
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(rows))
    assert 1 <= len(held) <= min(25, max(round(share * rows), 1))
    assert (indicator[kept].any(axis=0) == indicator.any(axis=0)).all()
    assert all(
        np.array_equal(one, two)
        for one, two in zip((kept, held), hold_out(indicator, share=share, limit=25, seed=seed), strict=True)
    )


def test_nothing_is_held_out_where_nothing_is_asked_for() -> None:
    kept, held = hold_out(drawn(9, [0.5], 0), share=0.0, seed=0)
    assert (len(kept), len(held)) == (9, 0)


def test_another_seed_holds_out_other_rows() -> None:
    indicator = drawn(200, [0.3, 0.1], seed=0)
    first, second = (hold_out(indicator, share=0.1, seed=seed)[1] for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(DataError, match="3 rows, one a label: none can be held out"):
        hold_out(np.eye(3, dtype=bool), share=0.5, seed=0)
    with pytest.raises(DataError, match="0 rows to split"):
        hold_out(np.zeros((0, 2), dtype=bool), share=0.5, seed=0)
    with pytest.raises(SettingsError, match=r"The share 1\.0"):
        hold_out(np.eye(3, dtype=bool), share=1.0, seed=0)
