"""Models on the same rows by their probabilities, whatever their task is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label
from recurra.evaluation.comparison import ComparedRows, Comparison, compared
from recurra.evaluation.contender import Contender
from recurra.tasks import SINGLE_LABEL
from recurra.tasks.base import Task

__all__ = ["compare_answers"]

Array = npt.NDArray[np.float32]

UNKNOWN = "unknown label"
"""The slice of the rows with a label that no classifier knows."""


def compare_answers(
    answers: Mapping[str, Array],
    targets: npt.NDArray[Any],
    documents: Sequence[Document],
    classes: Sequence[Label],
    *,
    tasks: Mapping[str, Task] | None = None,
    unknown: Sequence[Any] = (),
    rows: npt.NDArray[np.int64] | None = None,
    slices: Mapping[str, npt.NDArray[np.bool_]] | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares classifiers by their probabilities.

    Args:
        answers: by name float32[B, C], of two classifiers or more.
        targets: what is true of the B rows, as the task has it.
        documents: B texts.
        classes: C labels, in the order of the columns.
        tasks: by name, each with its own thresholds; without them each row has one class.
        unknown: labels that are no classes, as the task has them; a row with one is right for none.
        rows: int64[B], what the rows are called in the examples; their places if not given.
        slices: by name bool[B], which rows belong to it; empty ones are left out. The classes come of themselves.
        examples: for each pair and side.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        DataError: one classifier alone, or arguments that do not fit each other.
    """
    tasks = tasks or dict.fromkeys(answers, SINGLE_LABEL)
    contenders = {
        name: _contender(tasks[name], one, targets, classes, unknown, seed=seed, resamples=resamples)
        for name, one in answers.items()
    }
    task = next(iter(tasks.values()))
    no_class = task.no_class(targets, len(classes), unknown)
    return compared(
        contenders,
        ComparedRows(documents, rows, task.truth(targets, classes, unknown), no_class),
        {**task.slices(targets, classes, unknown), UNKNOWN: no_class, **(slices or {})},
        examples=examples,
        multi_label=task.lists,
        right_is=task.wording.right,
    )


def _contender(
    task: Task,
    probabilities: Array,
    targets: npt.NDArray[Any],
    classes: Sequence[Label],
    unknown: Sequence[Any],
    **draws: int,
) -> Contender:
    rows, labels = task.scoring(probabilities, targets, classes, unknown), task.decide(probabilities).labels(classes)
    scores, drawn = rows.scores(), rows.resampled(**draws)
    # What the share of right rows is called differs; in a comparison it is the accuracy.
    names = {key: "accuracy" if key == rows.right_share else key for key in task.compared or scores}
    return Contender(
        right=rows.right,
        scores={name: scores[key] for key, name in names.items()},
        draws={name: drawn[key] for key, name in names.items()},
        sure=task.sure(probabilities),
        answer=labels.__getitem__,
    )
