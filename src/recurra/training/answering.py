"""What the rows say of the classes: one a row, or any number of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recurra.data.documents import Label, LabelSet
from recurra.errors import DataError, SettingsError
from recurra.evaluation import Evaluation, evaluate
from recurra.evaluation.multi_label import SetEvaluation, evaluate_sets
from recurra.evaluation.thresholds import UNTUNED, Thresholds, tuned_thresholds
from recurra.models.network import Network
from recurra.tasks.label_sets import encode_sets
from recurra.text import Labels
from recurra.training.predict import logits
from recurra.training.settings import TrainingSettings
from recurra.training.step import Rows

__all__ = ["Validation", "classes_of", "scores_of", "trainable", "validate", "values_of"]

Validation = Evaluation | SetEvaluation

SCORES = ("rows", "accuracy", "macro_f1", "log_loss", "ece")
SET_SCORES = (
    "rows", "micro_f1", "macro_f1", "subset_accuracy", "hamming_loss", "ranking_precision", "log_loss", "ece",
)  # fmt: skip


def classes_of(
    values: Sequence[Any], *, rows: int, learn: Callable[[Iterable[Label]], Labels] = Labels.learn
) -> tuple[Labels, npt.NDArray[Any]]:
    """The labels, and what the rows have of them.

    Args:
        values: V different ones that rows have: a label each, or a tuple of labels each, which may be empty.
        rows: how many have them, for messages.
        learn: makes the classes of all labels.

    Returns:
        The labels in order; and int64[V], the class of each value, or bool[V, C], which labels stand in it.

    Raises:
        DataError: fewer than two labels, or some that are none.
    """
    sets: list[LabelSet] = [value for value in values if isinstance(value, tuple)]
    if not sets:
        classes = learn(values)
        if len(classes) < 2:
            raise DataError(
                f"All {rows:,} rows have the label {classes.classes[0]!r}", "Give rows of two classes or more."
            )
        return classes, classes.encode(values)
    if len(sets) < len(values):
        one = next(value for value in values if not isinstance(value, tuple))
        raise DataError(
            f"Some rows have a list of labels, and others one label, such as {one!r:.80}", "Give every row a list."
        )
    classes = learn(chain.from_iterable(sets))
    if len(classes) < 2:
        raise DataError(f"All labels of {rows:,} rows are {classes.classes[0]!r}", "Give rows of two labels or more.")
    return classes, encode_sets(classes, sets)


def trainable(targets: npt.NDArray[Any], training: TrainingSettings) -> None:
    """Raises a :class:`SettingsError` for settings that say nothing about rows of several labels."""
    if targets.ndim == 1:
        return
    for name, value, usual in (
        ("loss", training.loss, "cross_entropy"),
        ("sampler", training.sampler, "shuffle"),
    ):
        if value != usual:
            raise SettingsError(
                f"{name} is {value} for rows of several labels",
                f"Leave it {usual}; class_weights = balanced weighs labels of unequal size.",
            )


def validate(
    network: Network, held: Rows | None, classes: Labels, training: TrainingSettings, *, pad_to: int | None
) -> tuple[Validation | None, Thresholds | None]:
    """Scores on the held-out rows, and where rows have several labels the thresholds chosen on them.

    Args:
        network: trained, and calibrated.
        held: the held-out rows, or ``None``.
        classes: C labels.
        training: its seed deals the rows for the thresholds' own score.
        pad_to: for unmasked networks, the length up to which documents get pads.
    """
    if not held:
        return None, None
    scores = logits(network, held.documents, pad_to=pad_to).double()
    if not held.multi_label:
        return evaluate(torch.softmax(scores, dim=1).numpy(), held.targets, classes.classes), None
    probabilities = torch.sigmoid(scores).numpy()
    thresholds = tuned_thresholds(probabilities, held.targets, seed=training.seed)
    return evaluate_sets(probabilities, held.targets, thresholds.values, classes.classes), thresholds


def values_of(thresholds: Thresholds | None, classes: int) -> npt.NDArray[np.float32]:
    """The thresholds, float32[C]: a half each where there was nothing to choose them on."""
    return thresholds.values if thresholds else np.full(classes, UNTUNED, dtype=np.float32)


def scores_of(validation: Validation | None) -> dict[str, float]:
    """The scores that stand in a model's record."""
    if validation is None:
        return {}
    values: Any = validation.to_json()
    return {name: values[name] for name in (SET_SCORES if isinstance(validation, SetEvaluation) else SCORES)}
