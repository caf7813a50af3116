"""Every row is answered for by a model that did not learn from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows

from recurra.errors import DataError, SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.text import TextSettings
from recurra.training.callbacks import Callback
from recurra.tuning.out_of_fold import fold_numbers, out_of_fold

RECIPE = Recipe(
    text=TextSettings(vocabulary_size=200),
    network=NetworkSettings(cell="gru", hidden=8, embedding=8),
    training=TrainingSettings(epochs=6, batch_size=8, learning_rate=0.02, validation=0.0),
)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=60), st.integers(2, 6), st.integers(0, 5))
def test_folds_share_every_class(targets: list[int], folds: int, seed: int) -> None:
    numbers = fold_numbers(np.array(targets), folds, seed=seed)
    for chosen in [np.array(targets) == target for target in set(targets)] + [np.ones(len(targets), dtype=bool)]:
        sizes = np.bincount(numbers[chosen], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(numbers, fold_numbers(np.array(targets), folds, seed=seed))


def test_another_seed_deals_the_rows_otherwise() -> None:
    targets = np.arange(60) % 3
    dealt = {fold_numbers(targets, 4, seed=seed).tobytes() for seed in range(5)}
    assert len(dealt) == 5


def test_a_wrong_label_is_not_believed() -> None:
    """A model that learned a row believes its label; out of fold the others outvote it."""
    pairs, labels = make_rows(120)
    wrong = 17
    true = labels[wrong]
    labels[wrong] = next(label for label in labels if label != true)
    classes = sorted(set(labels))
    answers = out_of_fold(pairs, labels, folds=3, recipe=RECIPE)
    assert answers.shape == (120, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    assert classes[answers[wrong].argmax()] == true
    right = np.array([classes[place] for place in answers.argmax(axis=1)]) == labels
    assert right.mean() > 0.9


def test_columns_follow_the_classes_and_unseen_ones_are_zero() -> None:
    pairs, labels = make_rows(40)
    labels = [label if label in ("money", "sport") else "money" for label in labels]
    labels[3] = "tech"
    order = ["tech", "sport", "money", "world"]
    heard: list[int] = []

    def callbacks(fold: int) -> list[Callback]:
        heard.append(fold)
        return []

    answers = out_of_fold(pairs, labels, folds=2, classes=order, callbacks=callbacks, recipe=RECIPE)
    assert heard == [0, 1]
    assert answers.shape == (40, 4)
    assert (answers[:, 3] == 0).all()
    # The fold of the one row of its class is answered by a model that never saw the class.
    assert answers[3, 0] == 0
    assert (answers[:, 0] > 0).any()


def test_classes_may_be_numbers_of_an_array() -> None:
    pairs, labels = make_rows(40)
    numbers = np.unique(labels, return_inverse=True)[1] + 1
    wanted = out_of_fold(pairs, numbers.tolist(), folds=2, recipe=RECIPE)
    np.testing.assert_array_equal(out_of_fold(pairs, numbers, folds=2, classes=np.arange(1, 5), recipe=RECIPE), wanted)
    with pytest.raises(SettingsError, match=r"^The recipe is 'fast'\. Give a Recipe, such as"):
        out_of_fold(pairs, labels, recipe="fast")  # type: ignore[arg-type]


def test_what_cannot_be_dealt() -> None:
    with pytest.raises(SettingsError, match="folds is 1"):
        fold_numbers(np.zeros(5, dtype=np.int64), 1, seed=0)
    with pytest.raises(DataError, match="3 rows for 4 folds"):
        fold_numbers(np.zeros(3, dtype=np.int64), 4, seed=0)
