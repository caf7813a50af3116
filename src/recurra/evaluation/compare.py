"""Classifiers on the same rows by their probabilities: of rows with one class, and of rows with several labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet
from recurra.evaluation.comparison import ComparedRows, Comparison, compared
from recurra.evaluation.contender import gives_classes, gives_sets
from recurra.text.label_sets import decode_sets

__all__ = ["compare_answers", "compare_sets"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

UNKNOWN = "unknown label"
"""The slice of the rows with a label that no classifier knows."""


def compare_answers(
    answers: Mapping[str, Array],
    targets: Places,
    documents: Sequence[Document],
    classes: Sequence[Label],
    *,
    unknown: Sequence[Label] = (),
    rows: Places | None = None,
    slices: Mapping[str, Flags] | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares classifiers by their probabilities.

    Args:
        answers: by name float32[B, C], of two classifiers or more.
        targets: int64[B], the true classes; from C on a label that is no class, which none has right.
        documents: B texts.
        classes: C labels, in the order of the columns.
        unknown: labels that are no classes, in the order of their numbers; see :func:`recurra.evaluation.evaluate`.
        rows: int64[B], what the rows are called in the examples; their places if not given.
        slices: by name bool[B], which rows belong to it; empty ones are left out. The classes come of themselves.
        examples: for each pair and side.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        DataError: one classifier alone, or arguments that do not fit each other.
    """
    contenders = {
        name: gives_classes(one, targets, classes, unknown, seed=seed, resamples=resamples)
        for name, one in answers.items()
    }
    labels, no_class = [*classes, *unknown], targets >= len(classes)
    by_class = {f"class {label}": targets == place for place, label in enumerate(classes)}
    return compared(
        contenders,
        ComparedRows(documents, rows, lambda place: labels[int(targets[place])], no_class),
        {**by_class, UNKNOWN: no_class, **(slices or {})},
        examples=examples,
        multi_label=False,
    )


def compare_sets(
    answers: Mapping[str, tuple[Array, Array]],
    targets: Flags,
    documents: Sequence[Document],
    classes: Sequence[Label],
    *,
    unknown: Sequence[LabelSet] | None = None,
    rows: Places | None = None,
    slices: Mapping[str, Flags] | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares classifiers that give a row several labels, or none; a row is right where exactly its own are given.

    Args:
        answers: by name the probabilities, float32[B, C], and the thresholds, float32[C], of two classifiers or more.
        targets: bool[B, C], the labels that the rows have.
        documents: B texts.
        classes: C labels, in the order of the columns.
        unknown: of each row, its labels that are no classes; see :func:`recurra.evaluation.label_sets.evaluate_sets`.
        rows: as for :func:`compare_answers`.
        slices: as there; those of the rows that have a label, each in its turn, and of those that have none, come of
            themselves.
        examples: as there.
        resamples: as there.
        seed: as there.

    Raises:
        DataError: one classifier alone, or arguments that do not fit each other.
    """
    contenders = {
        name: gives_sets(probabilities, thresholds, targets, classes, unknown, seed=seed, resamples=resamples)
        for name, (probabilities, thresholds) in answers.items()
    }
    by_label = {f"class {label}": targets[:, place] for place, label in enumerate(classes)}
    others: Sequence[LabelSet] = unknown if unknown is not None else [()] * len(targets)
    no_class = np.array([bool(labels) for labels in others])
    return compared(
        contenders,
        ComparedRows(
            documents, rows, lambda place: [*decode_sets(classes, targets[[place]])[0], *others[place]], no_class
        ),
        {**by_label, "no label": ~targets.any(axis=1) & ~no_class, UNKNOWN: no_class, **(slices or {})},
        examples=examples,
        multi_label=True,
    )
