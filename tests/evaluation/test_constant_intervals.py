"""Intervals of scores that are the same in every bootstrap resample, as where all rows are right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recurra.evaluation import evaluate
from recurra.evaluation.intervals import constant_interval, f1_interval, mean_interval
from recurra.tasks.compare import compare_predictions


def share(right: int, rows: int) -> tuple[float, float]:
    found = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    return found.low, found.high


def f1_of(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


def test_f1_is_a_share_in_another_scale():
    assert f1_interval(12, 24) == pytest.approx([f1_of(one) for one in share(12, 12)])
    assert f1_interval(0, 9) == pytest.approx([f1_of(one) for one in share(0, 9)], abs=1e-12)
    # 7 hits, 3 rows missed and 2 given wrongly: 7 of 12.
    assert f1_interval(7, 19) == pytest.approx([f1_of(one) for one in share(7, 12)])
    assert f1_interval(0, 0) == (0, 1)


def test_the_mean_of_one_score_has_its_interval_and_that_of_equals_shrinks_with_the_root_of_their_number():
    assert mean_interval([0.75], [(0.5, 0.875)], [1.0]) == (0.5, 0.875)
    low, high = mean_interval([0.75] * 4, [(0.5, 0.875)] * 4, [0.25] * 4)
    assert (low, high) == pytest.approx((0.75 - 0.25 / 2, 0.75 + 0.125 / 2))


def test_a_mean_over_equal_rows_at_its_ends_is_a_share():
    assert constant_interval(1.0, 30) == pytest.approx(share(30, 30))
    assert constant_interval(0.0, 30) == pytest.approx(share(0, 30))


@pytest.mark.parametrize("rows", [1, 12, 300])
def test_where_all_rows_are_right_or_wrong_no_share_has_a_point(rows: int):
    targets = np.arange(rows) % 2
    right = evaluate(np.eye(2)[targets], targets, ["a", "b"], class_numbers=True, resamples=20).intervals
    wrong = evaluate(np.eye(2)[1 - targets], targets, ["a", "b"], class_numbers=True, resamples=20).intervals
    low, high = share(rows, rows)[0], share(0, rows)[1]
    assert right["accuracy"] == pytest.approx((low, 1))
    assert wrong["accuracy"] == pytest.approx((0, high))
    for name in ("macro_f1", "weighted_f1"):
        # Of two classes, one wrong row is a miss of one and a false answer of the other.
        assert right[name][0] <= right["accuracy"][0]
        assert wrong[name][1] >= wrong["accuracy"][1]
        assert (right[name][1], wrong[name][0]) == (1, 0)


def test_rare_classes_widen_the_interval_of_macro_f1():
    targets = np.repeat([0, 1], [2, 998])
    found = evaluate(np.eye(2)[targets], targets, ["a", "b"], class_numbers=True, resamples=20).intervals
    rare, common = (f1_of(share(rows, rows)[0]) for rows in (2, 998))
    assert found["macro_f1"][0] == pytest.approx(1 - np.hypot(1 - rare, 1 - common) / 2)
    assert found["weighted_f1"][0] == pytest.approx(share(1000, 1000)[0])


def test_several_labels():
    has = np.array([[True, False, True]] * 20 + [[False, True, False]] * 10)
    right = evaluate(has * 0.8 + 0.1, has, ["a", "b", "c"], resamples=20).intervals
    assert right["subset_accuracy"] == right["ranking_precision"] == pytest.approx(share(30, 30))
    assert right["hamming_loss"] == pytest.approx(share(0, 30))
    # 50 labels on 30 rows count as 30 decisions.
    assert right["micro_f1"] == pytest.approx((f1_of(share(30, 30)[0]), 1))
    each = [1 - f1_of(share(rows, rows)[0]) for rows in (20, 10, 20)]
    assert right["macro_f1"] == pytest.approx((1 - np.linalg.norm(each) / 3, 1))
    nothing = evaluate(np.full((4, 2), 0.1), np.zeros((4, 2), bool), ["a", "b"], resamples=20).intervals
    assert nothing["micro_f1"] == nothing["macro_f1"] == (0, 1)


def test_other_intervals_stay_the_bootstrap_s():
    targets = np.arange(40) % 2
    given = np.where(np.arange(40) == 7, 1 - targets, targets)
    found = evaluate(np.eye(2)[given], targets, ["a", "b"], class_numbers=True, resamples=200).intervals
    draws = np.random.default_rng(0).integers(0, 40, (200, 40))
    right = (given == targets)[draws]
    support = np.stack([(targets[draws] == one).sum(1) for one in (0, 1)])
    called = np.stack([(given[draws] == one).sum(1) for one in (0, 1)])
    hits = np.stack([(right & (targets[draws] == one)).sum(1) for one in (0, 1)])
    macro = (2 * hits / (support + called)).mean(axis=0)
    assert found["macro_f1"] == pytest.approx(np.quantile(macro, [0.025, 0.975]).tolist())


def test_models_with_the_same_right_rows_differ_by_no_more_than_those_rows_show():
    targets = np.arange(20) % 2
    sure, less = np.eye(2)[targets], np.eye(2)[targets] * 0.8 + 0.1
    pair = compare_predictions({"sure": sure, "less": less}, targets, ["x"] * 20, ["a", "b"]).pairs[0]
    # Agresti and Min's with a half in each cell: b = c = 1/2 of 22 rows.
    half = stats.norm.ppf(0.975) / 22
    assert pair.intervals["accuracy"] == pair.intervals["macro_f1"] == pytest.approx((-half, half))
    assert pair.intervals["log_loss"][0] == pytest.approx(np.log(0.9), abs=1e-5)
