"""Scores of several labels a row against scikit-learn, and thresholds against trying all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from recurra.errors import DataError, SettingsError
from recurra.evaluation import evaluate
from recurra.evaluation.multi_label_scores import MultiLabelRowScores
from recurra.evaluation.thresholds import MIN_POSITIVES, tune_thresholds

Case = tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float32]]


def case(rows: int, classes: int, *, seed: int, ties: bool = False) -> Case:
    generator = np.random.default_rng(seed)
    p = generator.random((rows, classes)).astype(np.float32)
    if ties:
        p = np.round(p, 1).astype(np.float32)
    targets = generator.random((rows, classes)) < p**2
    return p, targets, generator.uniform(0.2, 0.8, classes).astype(np.float32)


def ranked(had: npt.NDArray[np.bool_], p: npt.NDArray[np.floating]) -> bool:
    """Whether the area under the ROC curve is beyond chance, by the test of Mann and Whitney."""
    if had.all():
        return True
    count, rest = int(had.sum()), int((~had).sum())
    error = ((count + rest + 1) / (12 * count * rest)) ** 0.5
    return bool(metrics.roc_auc_score(had, p) > 0.5 + 1.96 * error)


def f1(had: npt.NDArray[np.bool_], given_to: npt.NDArray[np.bool_]) -> float:
    return float(2 * (had & given_to).sum() / max(1, had.sum() + given_to.sum()))


@settings(max_examples=25)
@given(rows=st.integers(1, 40), classes=st.integers(2, 6), seed=st.integers(0, 10**6), ties=st.booleans())
def test_scores_are_those_of_scikit_learn(rows: int, classes: int, seed: int, ties: bool) -> None:
    p, targets, thresholds = case(rows, classes, seed=seed, ties=ties)
    given_labels = p >= thresholds
    found = MultiLabelRowScores(p, targets, range(classes), thresholds=thresholds).scores()
    options: dict[str, Any] = {"zero_division": 0.0}
    seen = (given_labels | targets).any(axis=0)
    assert found["micro_f1"] == pytest.approx(metrics.f1_score(targets, given_labels, average="micro", **options))
    if seen.any():
        macro = [metrics.f1_score(targets[:, c], given_labels[:, c], **options) for c in np.flatnonzero(seen)]
        assert found["macro_f1"] == pytest.approx(np.mean(macro))
    assert found["subset_accuracy"] == pytest.approx(metrics.accuracy_score(targets, given_labels))
    assert found["hamming_loss"] == pytest.approx(metrics.hamming_loss(targets, given_labels))
    assert found["ranking_precision"] == pytest.approx(metrics.label_ranking_average_precision_score(targets, p))
    clipped = np.clip(p.astype(float), 1e-7, 1 - 1e-7)
    losses = -np.log(np.where(targets, clipped, 1 - clipped))
    assert found["log_loss"] == pytest.approx(losses.mean(), rel=1e-5)


def test_an_evaluation_has_the_scores_of_each_label_and_intervals_that_hold_them() -> None:
    p, targets, thresholds = case(500, 5, seed=3)
    found = evaluate(p, targets, list("abcde"), thresholds=thresholds)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(targets, p >= thresholds)
    for place, one in enumerate(found.labels):
        assert (one.label, one.threshold) == ("abcde"[place], thresholds[place])
        assert (one.precision, one.recall, one.f1) == pytest.approx((precision[place], recall[place], f1[place]))
        assert (one.support, one.given) == (support[place], (p >= thresholds)[:, place].sum())
    for name, (low, high) in found.intervals.items():
        assert low <= getattr(found, name) <= high
        assert 0 < high - low < 0.12, name
    values = found.to_dict()
    assert values["multi_label"]
    assert values["labels"][0]["label"] == "a"
    assert sum(one["rows"] for one in values["reliability"]) == 2500
    assert found.mean_labels == pytest.approx((targets.sum() / 500, (p >= thresholds).sum() / 500))


def test_intervals_hold_the_true_score_about_as_often_as_they_say() -> None:
    p, targets, thresholds = case(20_000, 4, seed=5)
    true = MultiLabelRowScores(p, targets, "abcd", thresholds=thresholds).scores()
    hits = dict.fromkeys(("micro_f1", "macro_f1", "hamming_loss"), 0)
    for place in range(60):
        rows = np.random.default_rng(place).integers(0, 20_000, 200)
        drawn = MultiLabelRowScores(p[rows], targets[rows], "abcd", thresholds=thresholds)
        draws = drawn.bootstrap(seed=place, resamples=200)
        for name in hits:
            low, high = np.quantile(draws[name], [0.025, 0.975])
            hits[name] += low <= true[name] <= high
    # Binomial(60, 0.95): 51 or fewer happens once in 1,500.
    assert all(51 <= count <= 60 for count in hits.values()), hits


def allowed(had: npt.NDArray[np.bool_], p: npt.NDArray[np.floating]) -> set[int]:
    """How many rows get a label at thresholds of the highest F1, and one more or fewer."""
    every = {int((p >= one).sum()): f1(had, p >= one) for one in np.unique(p)}
    best = [rows for rows, score in every.items() if score == max(every.values())]
    return {rows + more for rows in best for more in (-1, 0, 1)}


@settings(max_examples=10)
@given(rows=st.integers(20, 50), seed=st.integers(0, 10**6), ties=st.booleans())
def test_no_other_threshold_gives_a_label_a_higher_f1_than_by_one_row(rows: int, seed: int, ties: bool) -> None:
    p, targets, _ = case(rows, 3, seed=seed, ties=ties)
    found = tune_thresholds(p, targets)
    assert found.rows == rows
    assert ((found.values > 0) & (found.values < 1)).all()
    for label in np.flatnonzero(found.own):
        if not ranked(targets[:, label], p[:, label]):
            assert found.values[label] == 0.5
            continue
        counts = allowed(targets[:, label], p[:, label])
        assert int((p[:, label] >= found.values[label]).sum()) in counts
        # Nothing nearer to 0.5 is as good: that would be a probability, or the next one above it.
        if found.values[label] != 0.5:
            assert int((p[:, label] >= 0.5).sum()) not in counts


def test_a_threshold_in_a_wide_gap_is_a_half_and_one_row_does_not_move_it() -> None:
    rows = np.arange(60)
    had, p = rows < 20, np.where(rows < 20, 0.9, 0.02) + np.linspace(0.01, 0, 60)
    cases = [np.where(rows < low, 0.1, p) for low in (0, 1, 2)]
    found = tune_thresholds(np.stack(cases, axis=1).astype(np.float32), np.stack([had] * 3, axis=1)).values
    assert found[:2].tolist() == [0.5, 0.5]
    # Two rows of 0.1, equal ones: halfway to the others' highest, 0.02 and the twentieth of 59 steps from 0.01.
    assert found[2] == pytest.approx((0.1 + 0.02 + 0.01 * 39 / 59) / 2, abs=1e-6)


def test_labels_with_few_rows_share_a_threshold() -> None:
    p, targets, _ = case(200, 4, seed=9)
    targets[:, 2:] = False
    targets[: MIN_POSITIVES - 1, 2], targets[20 : 20 + MIN_POSITIVES - 1, 3] = True, True
    found = tune_thresholds(p, targets)
    assert found.own.tolist() == [True, True, False, False]
    assert found.values[2] == found.values[3] == np.float32(found.shared)
    few, had = p[:, 2:].ravel(), targets[:, 2:].ravel()
    assert int((few >= found.values[2]).sum()) in allowed(had, few)
    targets[:, 3] = False
    alone = tune_thresholds(p, targets)
    assert (alone.shared, alone.values[2]) == (0.5, 0.5)


def test_thresholds_say_how_they_do_on_rows_they_were_not_chosen_on() -> None:
    generator = np.random.default_rng(0)
    # Probabilities that tell little: much of the F1 that the thresholds win on their own rows is luck.
    targets = generator.random((60, 20)) < 0.3
    p = ((generator.random((60, 20)) + 0.3 * targets) / 1.4).astype(np.float32)
    found = tune_thresholds(p, targets)
    assert found.micro_f1 == pytest.approx(metrics.f1_score(targets, p >= found.values, average="micro"))
    assert found.cross_fitted < found.micro_f1
    assert found.to_dict().keys() == {"own", "shared", "rows", "micro_f1", "cross_fitted_micro_f1"}


def test_a_label_that_is_not_ranked_beyond_chance_is_not_given_to_all_rows() -> None:
    generator = np.random.default_rng(1)
    targets = generator.random((300, 2)) < 0.15
    p = np.column_stack([generator.random(300), 0.5 * generator.random(300) + 0.3 * targets[:, 1]]).astype(np.float32)
    found = tune_thresholds(p, targets)
    # Giving the first one to all rows has a higher F1 than 0.5 has.
    assert f1(targets[:, 0], np.ones(300, dtype=bool)) > f1(targets[:, 0], p[:, 0] >= 0.5)
    assert found.values[0] == 0.5
    assert f1(targets[:, 1], p[:, 1] >= found.values[1]) > 0.7


def test_what_does_not_fit_is_refused() -> None:
    p, targets, thresholds = case(5, 3, seed=0)
    with pytest.raises(DataError, match="There are no rows"):
        evaluate(p[:0], targets[:0], "abc", thresholds=thresholds)
    with pytest.raises(DataError, match=r"shape \(5, 3\), targets of shape \(5, 2\)"):
        evaluate(p, targets[:, :2], "abc", thresholds=thresholds)
    with pytest.raises(DataError, match=r"Row 1 holds .*Give probabilities: from 0 to 1"):
        evaluate(np.where(np.arange(5)[:, None] == 1, 1.5, p), targets, "abc", thresholds=thresholds)
    with pytest.raises(DataError, match=r"Thresholds of shape \(2,\) for 3 labels"):
        evaluate(p, targets, "abc", thresholds=thresholds[:2])
    with pytest.raises(DataError, match="4 sets of unknown labels for 5 rows"):
        evaluate(p, targets, "abc", unknown=[()] * 4)
    with pytest.raises(SettingsError, match="resamples is 0"):
        evaluate(p, targets, "abc", thresholds=thresholds, resamples=0)
    with pytest.raises(SettingsError, match="Thresholds are given for rows of one class each"):
        evaluate(np.full((5, 3), 1 / 3), list("abcab"), "abc", thresholds=thresholds)  # type: ignore[call-overload]


def test_without_thresholds_a_label_is_given_from_a_half_on() -> None:
    p, targets, _ = case(50, 3, seed=4)
    found = evaluate(p, targets, "abc", resamples=5)
    assert [one.given for one in found.labels] == (p >= 0.5).sum(axis=0).tolist()
    assert found.to_dict() == evaluate(p, targets, "abc", thresholds=np.full(3, 0.5), resamples=5).to_dict()


@pytest.mark.parametrize("targets", [np.eye(3, dtype=int)[[0, 1, 2, 1]], [["a"], ["b"], ["c"], ["b"]]])
def test_rows_of_one_class_each_are_not_several_labels(targets: Any) -> None:
    single = np.full((4, 3), [0.5, 0.3, 0.2])
    with pytest.raises(DataError, match=r"^Every row of the targets .* sum to 1, .*Give one label a row: "):
        evaluate(single, targets, ["a", "b", "c"], resamples=1)
    # Independent probabilities are of several labels.
    assert evaluate(single + 0.1, targets, ["a", "b", "c"], resamples=1).rows == 4
