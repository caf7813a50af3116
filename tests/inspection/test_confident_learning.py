"""Suspected label errors: the paper's formulas by hand, and labels that were spoiled on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from recurra.errors import DataError
from recurra.inspection.confident_learning import label_errors


def test_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7]])
    targets = np.array([0, 0, 0, 0, 1, 1])
    found = label_errors(p, targets)
    # t_0 = (0.9 + 0.8 + 0.2 + 0.5) / 4, t_1 = (0.9 + 0.7) / 2
    np.testing.assert_allclose(found.thresholds, [0.6, 0.8])
    # Row 3 and row 5 are confidently of no class.
    assert found.confident.tolist() == [[2, 1], [0, 1]]
    np.testing.assert_allclose(found.joint, np.array([[4 * 2 / 3, 4 / 3], [0, 2]]) / 6)
    # round(6 · 4/18) = 1 row labelled 0 with the largest margin.
    assert found.rows.tolist() == [2]
    assert found.suggested.tolist() == [1]
    np.testing.assert_allclose(found.margin, [0.6])
    assert found.noise == pytest.approx(4 / 18)


def spoiled(seed: int, noise: float, count: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of a good but unsure model, labels of which some were changed, and the true ones."""
    generator = np.random.default_rng(seed)
    true = generator.integers(0, 4, count)
    scores = generator.normal(0, 1, (count, 4))
    scores[np.arange(count), true] += 4
    p = np.exp(scores)
    given = true.copy()
    changed = generator.random(count) < noise
    given[changed] = (given[changed] + generator.integers(1, 4, changed.sum())) % 4
    return p / p.sum(axis=1, keepdims=True), given, true


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_spoiled_labels_are_found_and_counted(noise: float) -> None:
    p, given, true = spoiled(0, noise)
    found = label_errors(p, given)
    wrong = given != true
    assert found.noise == pytest.approx(wrong.mean(), abs=0.02)
    if noise:
        hits = wrong[found.rows].sum()
        assert hits / wrong.sum() > 0.85
        assert hits / len(found.rows) > 0.75
        assert (found.suggested == true[found.rows])[wrong[found.rows]].mean() > 0.95
    assert (np.diff(found.margin) <= 0).all()
    assert (found.margin > 0).all()
    assert len(set(found.rows.tolist())) == len(found.rows)


def test_a_sure_model_that_agrees_doubts_nothing() -> None:
    targets = np.array([0, 1, 2, 0])
    found = label_errors(np.eye(3)[targets], targets)
    assert len(found.rows) == 0
    assert found.noise == 0


def test_a_class_without_rows_is_nobodys() -> None:
    found = label_errors(np.array([[0.1, 0.1, 0.8], [0.1, 0.2, 0.7]]), np.array([0, 1]))
    assert np.isnan(found.thresholds[2])
    assert found.confident[:, 2].tolist() == [0, 0, 0]
    assert found.joint.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("probabilities", "targets"),
    [
        (np.ones((2, 2)), [0]),
        (np.ones((0, 2)), []),
        (np.ones((1, 2)), [2]),
        (np.ones((1, 2)), [-1]),
        (np.ones(2), [0, 0]),
    ],
)
def test_what_does_not_fit(probabilities: np.ndarray, targets: list[int]) -> None:
    with pytest.raises(DataError):
        label_errors(probabilities, np.array(targets, dtype=np.int64))


def test_a_class_of_a_few_rows_that_was_not_learned_leaves_the_estimate_alone() -> None:
    p, given, true = spoiled(0, 0.05)
    # Three rows of a fifth class, to which the model gives next to nothing, as it gives it to all rows.
    generator = np.random.default_rng(1)
    tiny = generator.uniform(0.001, 0.03, (len(p), 1))
    widened = np.concatenate([p * (1 - tiny), tiny], axis=1)
    more = np.concatenate([widened, widened[:3]])
    labels = np.concatenate([given, [4, 4, 4]])
    found = label_errors(more, labels)
    assert found.noise == pytest.approx((given != true).mean(), abs=0.02)
    assert 4 not in found.suggested
    assert (found.rows < len(p)).all()
