"""Two models' answers side by side, against the definition and against drawn rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError
from recurra.evaluation.paired import paired_interval, prediction_differences, score_change
from recurra.tasks import SINGLE_LABEL

BEFORE = np.array([[0.6, 0.4], [0.2, 0.8], [0.5, 0.5], [0.9, 0.1]], np.float32)
AFTER = np.array([[0.5, 0.5], [0.2, 0.8], [0.25, 0.75], [0.4, 0.6]], np.float32)


def test_differences_by_hand() -> None:
    found = prediction_differences(BEFORE, AFTER, task=SINGLE_LABEL)
    # Row 0 keeps its label: of two equal probabilities the first counts.
    assert (found.rows, found.changed) == (4, 2)
    assert found.largest == pytest.approx(0.5, abs=1e-7)
    assert found.mean == pytest.approx((0.1 + 0 + 0.25 + 0.5) / 4, abs=1e-7)


def test_a_change_by_hand() -> None:
    found = score_change(BEFORE, AFTER, np.array([0, 0, 1, 0]), task=SINGLE_LABEL)
    assert found.accuracy == (0.5, 0.5)
    assert (found.gained, found.lost) == (1, 1)
    assert found.log_loss[0] == pytest.approx(-sum(map(math.log, (0.6, 0.2, 0.5, 0.9))) / 4, abs=1e-6)
    assert found.log_loss[1] == pytest.approx(-sum(map(math.log, (0.5, 0.2, 0.75, 0.4))) / 4, abs=1e-6)
    assert found.interval == paired_interval(1, 1, 4)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 5000))
def test_the_interval_is_walds_on_counts_with_a_half_more(gained: int, lost: int, more: int) -> None:
    rows = gained + lost + more
    values = np.array([1.0, -1.0, 0.0])
    counts = np.array([gained + 0.5, lost + 0.5, more + 1.0])
    mean = np.average(values, weights=counts)
    spread = math.sqrt(np.average((values - mean) ** 2, weights=counts) / counts.sum())
    low, high = paired_interval(gained, lost, rows)
    assert low == pytest.approx(max(-1, mean - 1.959964 * spread), abs=1e-7)
    assert high == pytest.approx(min(1, mean + 1.959964 * spread), abs=1e-7)


@pytest.mark.parametrize(("gain", "loss", "rows"), [(0.02, 0.02, 300), (0.1, 0.05, 60), (0.001, 0.003, 7600)])
def test_the_interval_holds_the_true_change_as_often_as_it_says(gain: float, loss: float, rows: int) -> None:
    drawn = np.random.default_rng(3).multinomial(rows, [gain, loss, 1 - gain - loss], size=2000)
    intervals = [paired_interval(int(a), int(b), rows) for a, b, _ in drawn]
    held = np.mean([low <= gain - loss <= high for low, high in intervals])
    assert 0.935 < held < 0.985


def test_no_change_has_a_width() -> None:
    low, high = paired_interval(0, 0, 500)
    assert low == -high
    assert 0.001 < high < 0.01


@pytest.mark.parametrize("counts", [(0, 0, 0), (3, 3, 5), (-1, 0, 5), (0, -1, 5)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match="have no interval"):
        paired_interval(*counts)


@pytest.mark.parametrize("after", [AFTER[:3], AFTER[:, :1], AFTER.ravel()])
def test_answers_to_other_rows_are_refused(after: np.ndarray) -> None:
    with pytest.raises(DataError, match="Give both for the same rows"):
        prediction_differences(BEFORE, after, task=SINGLE_LABEL)


def test_no_rows_are_refused() -> None:
    with pytest.raises(DataError, match="one or more"):
        prediction_differences(BEFORE[:0], AFTER[:0], task=SINGLE_LABEL)
