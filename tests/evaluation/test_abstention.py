"""Abstention against counts by hand, and what must hold of every curve."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import SettingsError
from recurra.evaluation.abstention import answer_mask, coverage_curve, evaluate_abstention

P = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.45, 0.55], [0.2, 0.8]], dtype=np.float32)
TARGETS = np.array([0, 1, 1, 1, 0])


def test_what_is_answered_and_what_was_lost() -> None:
    found = evaluate_abstention(P, P.argmax(axis=1) == TARGETS, 0.7)
    assert (found.answered, found.right, found.withheld_right) == (3, 2, 1)
    assert found.coverage == pytest.approx(3 / 5)
    assert found.accuracy == pytest.approx(2 / 3)
    # Wilson's interval of 2 of 3.
    assert found.interval == pytest.approx((0.2077, 0.9385), abs=1e-4)
    values = found.to_dict()
    assert (values["withheld"], values["withheld_right"], values["below"]) == (2, 1, 0.7)


def test_where_nothing_is_answered_there_is_no_accuracy() -> None:
    found = evaluate_abstention(P, P.argmax(axis=1) == TARGETS, 1.0)
    assert (found.coverage, found.accuracy, found.interval) == (0, None, None)
    assert found.to_dict()["interval"] is None


def test_a_row_as_sure_as_the_bound_is_answered() -> None:
    # 0.7 in float32 lies below 0.7 in float64.
    assert answer_mask(P, 0.7).tolist() == [True, True, False, False, True]
    assert answer_mask(P, 0.70001).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize("below", [0.0, -1.0, 1.01, float("nan")])
def test_bounds_that_are_not_probabilities_are_refused(below: float) -> None:
    with pytest.raises(SettingsError, match=r"abstain_below is .*\. Give a probability above 0, up to 1"):
        evaluate_abstention(P, P.argmax(axis=1) == TARGETS, below)


def drawn(rows: int, seed: int, digits: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    p = np.round(generator.dirichlet(np.ones(3), rows), digits).astype(np.float32)
    return p, generator.integers(0, 3, rows)


@given(rows=st.integers(1, 300), seed=st.integers(0, 10**6), digits=st.sampled_from([1, 7]))
def test_every_point_of_the_curve_is_what_abstaining_there_gives(rows: int, seed: int, digits: int) -> None:
    p, targets = drawn(rows, seed, digits)
    curve = coverage_curve(p, targets)
    assert 1 <= len(curve) <= 100
    assert curve[0].coverage == 1
    assert all(one.coverage > other.coverage for one, other in pairwise(curve))
    assert curve[0].accuracy == pytest.approx((p.argmax(axis=1) == targets).mean())
    for point in curve:
        sure = p.max(axis=1) >= np.float32(point.below)
        assert point.coverage == pytest.approx(sure.mean())
        assert point.accuracy == pytest.approx((p.argmax(axis=1) == targets)[sure].mean())
