"""The metrics against scikit-learn and against their formulas by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer

from recurra.evaluation import metrics


def made_up(seed: int, *, rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that lean to the true class, float32[rows, classes], and targets of uneven classes."""
    generator = np.random.default_rng(seed)
    targets = generator.choice(classes, rows, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    logits = generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[targets]
    exponents = np.exp(logits)
    return (exponents / exponents.sum(axis=1, keepdims=True)).astype(np.float32), targets


def scores_of(confusion: np.ndarray) -> metrics.ClassScores:
    return metrics.scores_from_counts(np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0))


def test_confusion_counts_true_classes_in_rows():
    confusion = metrics.confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert confusion.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_scikit_learn(seed: int):
    probabilities, targets = made_up(seed, rows=200, classes=6)
    predicted = probabilities.argmax(axis=1)
    confusion = metrics.confusion_matrix(targets, predicted, 6)
    scores = scores_of(confusion)
    expected = peer.precision_recall_fscore_support(targets, predicted, labels=range(6), zero_division=0)
    for ours, theirs in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-15)
    np.testing.assert_array_equal(confusion, peer.confusion_matrix(targets, predicted))
    occurring = scores.support + scores.predicted
    assert metrics.macro_f1(scores.f1, occurring) == pytest.approx(peer.f1_score(targets, predicted, average="macro"))
    expected_f1 = peer.f1_score(targets, predicted, average="weighted")
    assert metrics.weighted_f1(scores.f1, scores.support) == pytest.approx(expected_f1)
    assert metrics.log_losses(probabilities, targets).mean() == pytest.approx(peer.log_loss(targets, probabilities))


def test_a_class_that_does_not_occur_is_left_out_of_macro_f1():
    targets, predicted = np.array([0, 0, 1]), np.array([0, 1, 1])
    scores = scores_of(metrics.confusion_matrix(targets, predicted, 5))
    assert scores.f1.tolist() == [pytest.approx(2 / 3), pytest.approx(2 / 3), 0, 0, 0]
    assert metrics.macro_f1(scores.f1, scores.support + scores.predicted) == pytest.approx(2 / 3)
    assert peer.f1_score(targets, predicted, average="macro") == pytest.approx(2 / 3)


def test_a_probability_of_zero_for_the_true_class_costs_what_scikit_learn_says():
    probabilities, targets = np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([1, 1])
    losses = metrics.log_losses(probabilities, targets)
    assert losses[0] == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert losses.mean() == pytest.approx(peer.log_loss(targets, probabilities, labels=[0, 1]))


def test_calibration_error_by_hand():
    # Bin 10 is (10/15, 11/15]: two rows at 0.7, one right; bin 14 is (14/15, 1]: one row at 0.95, right.
    confidence, right = np.array([0.7, 0.7, 0.95]), np.array([True, False, True])
    expected = 2 / 3 * abs(0.5 - 0.7) + 1 / 3 * abs(1 - 0.95)
    assert metrics.calibration_error(confidence, right) == pytest.approx(expected)
    bins = metrics.reliability(confidence, right)
    assert np.flatnonzero(bins.rows).tolist() == [10, 14]
    assert (bins.rows[10], bins.confidence[10], bins.accuracy[10]) == (2, pytest.approx(0.7), 0.5)
    assert np.isnan(bins.accuracy[0])


def test_a_bin_holds_its_upper_edge():
    edges = np.arange(1, 16) / 15
    assert metrics.bin_indices(edges).tolist() == list(range(15))
    assert metrics.bin_indices(np.array([0.0, np.nextafter(1 / 15, 1)])).tolist() == [0, 1]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 9))
def test_calibration_error_equals_the_formula(seed: int, rows: int, classes: int):
    probabilities, targets = made_up(seed, rows=rows, classes=classes)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == targets
    expected = 0.0
    for m in range(1, 16):
        inside = (confidence > (m - 1) / 15) & (confidence <= m / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert metrics.calibration_error(confidence, right) == pytest.approx(expected, abs=1e-12)
    bins = metrics.reliability(confidence, right)
    gaps = np.nan_to_num(bins.rows * np.abs(bins.accuracy - bins.confidence))
    assert gaps.sum() / rows == pytest.approx(expected, abs=1e-12)
