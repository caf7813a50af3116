"""Compares models by their probabilities for the same rows, whatever their task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, plain_documents
from recurra.evaluation.classifier_result import ClassifierResult
from recurra.evaluation.comparison import ComparedRows, Comparison, compare_classifiers
from recurra.tasks import SINGLE_LABEL
from recurra.tasks.base import Task

__all__ = ["compare_predictions"]

Array = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

UNKNOWN = "unknown label"
"""Name of the slice of the rows whose label no classifier knows."""


def compare_predictions(
    probabilities: Mapping[str, Array],
    targets: npt.NDArray[Any],
    documents: Sequence[Document],
    classes: Sequence[Label],
    *,
    tasks: Mapping[str, Task] | None = None,
    known: Mapping[str, Flags] | None = None,
    unknown: Sequence[Any] = (),
    rows: npt.NDArray[np.int64] | None = None,
    slices: Mapping[str, Flags] | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares classifiers by their probabilities.

    The log loss is over rows whose label all classifiers know; for several labels a row over the labels that all know.
    It is left out if there are none.

    Args:
        probabilities: float32[B, C] by the classifier's name, of two classifiers or more.
        targets: of the B rows, as the task encodes them.
        documents: B texts.
        classes: C labels, in the order of the columns.
        tasks: of the classifiers, by name, each with its own thresholds; single-label if not given.
        known: bool[C] by name, the classes that each knows, if not all: the others have the probability 0.
        unknown: labels that are not classes, as the task encodes them; no classifier is right on a row that has one.
        rows: int64[B], row numbers to show in the examples; 0 to B - 1 if not given.
        slices: bool[B] by name, which rows belong to it; empty ones are left out. One slice for each class is added.
        examples: number of example rows for each pair and side.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        DataError: fewer than two classifiers, or arguments of different lengths.
    """
    tasks = tasks or dict.fromkeys(probabilities, SINGLE_LABEL)
    shared = np.logical_and.reduce(list(known.values())) if known else np.ones(len(classes), dtype=bool)
    classifiers = {
        name: _result(tasks[name], one, targets, classes, unknown, shared, seed=seed, resamples=resamples)
        for name, one in probabilities.items()
    }
    task = next(iter(tasks.values()))
    unknown_rows = task.has_unknown_label(targets, len(classes), unknown)
    not_shared = unknown_rows | task.has_class(targets, ~shared)
    return compare_classifiers(
        classifiers,
        ComparedRows(plain_documents(documents), rows, task.truth(targets, classes, unknown), not_shared),
        {**task.slices(targets, classes, unknown), UNKNOWN: unknown_rows, **(slices or {})},
        examples=examples,
        multi_label=task.lists,
        right_is=task.wording.right,
    )


def _result(
    task: Task,
    probabilities: Array,
    targets: npt.NDArray[Any],
    classes: Sequence[Label],
    unknown: Sequence[Any],
    shared: Flags,
    **draws: int,
) -> ClassifierResult:
    rows, labels = task.scoring(probabilities, targets, classes, unknown), task.decide(probabilities).labels(classes)
    if not shared.all():
        rows.limit_log_loss(shared)
    scores, drawn = rows.scores(), rows.bootstrap(**draws)
    # The share of right rows has different names; in a comparison it is always the accuracy.
    names = {key: "accuracy" if key == rows.right_share else key for key in task.comparison_scores or scores}
    names = {key: name for key, name in names.items() if not math.isnan(scores[key])}
    return ClassifierResult(
        right=rows.right,
        scores={name: scores[key] for key, name in names.items()},
        draws={name: drawn[key] for key, name in names.items()},
        confidence=task.confidence(probabilities),
        answer=labels.__getitem__,
    )
