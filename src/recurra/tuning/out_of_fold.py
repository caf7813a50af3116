"""Probabilities of every training row from a model that did not learn from it (cross-validation)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, plain_documents
from recurra.data.plain_values import plain_list
from recurra.errors import DataError, SettingsError
from recurra.presets import Recipe
from recurra.runtime import Model
from recurra.text import Labels
from recurra.training.callbacks import Callback
from recurra.training.fit import fit

__all__ = ["fold_numbers", "out_of_fold"]


def out_of_fold(
    documents: Sequence[Document],
    labels: Sequence[Label],
    *,
    recipe: Recipe,
    folds: int = 5,
    classes: Sequence[Label] | None = None,
    callbacks: Callable[[int], Sequence[Callback]] = lambda fold: (),
) -> npt.NDArray[np.float32]:
    """Trains a model a fold on the rows of all others, and lets it answer for its own.

    Args:
        documents: B texts or (title, text) pairs.
        labels: as many.
        recipe: text, network and training settings, of which the seed also deals the rows.
        folds: k, 2 or more.
        classes: the order of the columns; sorted labels if not given.
        callbacks: called with a fold's number; returns the callbacks of its training.

    Returns:
        float32[B, C]; a class that a fold's model never saw has the probability 0 there.

    Raises:
        DataError: too few rows, one class alone, or a label that is none of ``classes``.
        SettingsError: ``folds`` is below 2.
    """
    if not isinstance(recipe, Recipe):
        raise SettingsError(
            f"The recipe is {recipe!r:.80}", "Give a Recipe, such as recurra.presets.load_preset(name)."
        )
    documents, labels = plain_documents(documents), plain_list(labels)
    known = Labels.learn(labels) if classes is None else Labels(tuple(plain_list(classes)))
    numbers = fold_numbers(known.encode(labels), folds, seed=recipe.training.seed)
    answers = np.zeros((len(documents), len(known)), dtype=np.float32)
    for fold in range(folds):
        others, own = np.flatnonzero(numbers != fold).tolist(), np.flatnonzero(numbers == fold).tolist()
        fitted = fit(
            [documents[row] for row in others],
            [labels[row] for row in others],
            recipe=recipe,
            callbacks=callbacks(fold),
        )
        columns = known.encode(fitted.bundle.labels.classes)
        answers[np.asarray(own)[:, None], columns] = Model(fitted.bundle).predict_proba([documents[row] for row in own])
    return answers


def fold_numbers(targets: npt.NDArray[np.int64], folds: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Deals rows to folds, int64[B], so that each has its share of every class, to one row.

    Args:
        targets: int64[B].
        folds: how many, 2 or more.
        seed: seed of the shuffle.

    Raises:
        DataError: fewer rows than folds.
        SettingsError: fewer than 2 folds.
    """
    if folds < 2:
        raise SettingsError(f"folds is {folds}", "Give 2 or more.")
    if len(targets) < folds:
        raise DataError(f"{len(targets)} rows for {folds} folds", "Give more rows, or choose fewer folds.")
    order = np.random.default_rng(seed).permutation(len(targets))
    # Shuffled, then by class: dealt in turn, no fold gets more of one than its share.
    by_class = order[np.argsort(targets[order], kind="stable")]
    numbers = np.empty(len(targets), dtype=np.int64)
    numbers[by_class] = np.arange(len(targets)) % folds
    return numbers
