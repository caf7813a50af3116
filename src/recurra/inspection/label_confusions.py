"""True and false positives and negatives of each label on a labelled file whose rows have several, with the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.table import Table
from recurra.errors import DataError
from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation
from recurra.inspection.confusion_rows import ConfusionRow, rows_at
from recurra.inspection.labelled_sample import select_rows
from recurra.representation import Representation, Represented, counted_rows, one_line
from recurra.runtime import Model
from recurra.runtime.known_rows import known_rows_note

__all__ = ["KINDS", "LabelConfusions", "label_confusions"]

KINDS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
"""What a decision about a label of a row can be."""

# What a terminal and a notebook show.
SHOWN = 5
# Rows of all labels together, so that thousands of labels do not make an answer of many megabytes.
KEPT = 20_000


@dataclass(frozen=True, eq=False, repr=False)
class LabelConfusions(Represented):
    """An evaluation of a model of several labels, with the decisions about each label and rows of them.

    Attributes:
        model: name of the model.
        evaluation: scores with intervals, those of each label, and the reliability diagram.
        counts: int64[C, 4], number of rows by label, in the order of ``evaluation.labels``, and by ``KINDS``.
        cells: rows by (place of the label, one of ``KINDS``): of wrong decisions the most confident first, of right
            ones the least confident.
        notes: what to know of these rows.
    """

    model: str
    evaluation: MultiLabelEvaluation
    counts: npt.NDArray[np.int64]
    cells: dict[tuple[int, str], list[ConfusionRow]]
    notes: list[str]

    def _representation(self) -> Representation:
        wrong = self.counts[:, 1] + self.counts[:, 2]
        rows = [
            (one_line(str(self.evaluation.labels[place].label), 30), *(f"{count:,}" for count in self.counts[place]))
            for place in np.argsort(-wrong, kind="stable")[:SHOWN].tolist()
        ]
        return Representation(
            f"LabelConfusions: {counted_rows(self.evaluation.rows)}, micro F1 {self.evaluation.micro_f1:.4f}",
            ("label", *(kind.replace("_", " ") for kind in KINDS)),
            rows,
            self.notes,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        found = self.evaluation.to_dict()
        decided = [dict(zip(KINDS, counts, strict=True)) for counts in self.counts.tolist()]
        return {
            "model": self.model,
            **found,
            "labels": [{**one, **counts} for one, counts in zip(found["labels"], decided, strict=True)],
            "cells": [
                {"label": place, "kind": kind, "rows": [vars(row) for row in rows]}
                for (place, kind), rows in self.cells.items()
            ],
            "notes": self.notes,
        }


def label_confusions(model: Model, data: Table, *, name: str, rows: int, right_rows: int) -> LabelConfusions:
    """See :func:`recurra.inspection.confusions`, for a model that gives a list of labels."""
    notes: list[str] = []
    chosen, documents, values = select_rows(model, data, limit=None, seed=0, say=notes.append)
    task, classes = model.task, list(model.bundle.labels.classes)
    targets = task.targets(
        model.bundle.labels, values, source=data.source, separator=model.label_separator, say=notes.append
    )
    if (known := known_rows_note(data, model)) is not None:
        notes.append(known)
    probabilities = model.predict_proba(documents)
    evaluation = task.evaluate(probabilities, targets, classes)
    if not isinstance(evaluation, MultiLabelEvaluation):
        raise DataError(
            f"The task {task.name} has lists of labels and no scores of each",
            "Derive it from recurra.tasks.MultiLabel.",
        )
    given = probabilities >= np.array([one.threshold for one in evaluation.labels])
    most = max(1, KEPT // (2 * len(classes)))
    counts = np.zeros((len(classes), len(KINDS)), dtype=np.int64)
    cells: dict[tuple[int, str], list[ConfusionRow]] = {}
    for label in range(len(classes)):
        had, called, probable = targets[:, label], given[:, label], probabilities[:, label]
        for place, (kind, truth, answer) in enumerate(zip(KINDS, (1, 0, 1, 0), (1, 1, 0, 0), strict=True)):
            there = np.flatnonzero((had == truth) & (called == answer))
            counts[label, place] = len(there)
            if len(there):
                cells[label, kind] = rows_at(
                    there,
                    probable,
                    # Wrong ones with the label far above its threshold or far below, right ones near to it.
                    falling=not truth,
                    most=min(most, right_rows if truth == answer else rows),
                    documents=documents,
                    numbers=data.numbers[chosen],
                )
    return LabelConfusions(name, evaluation, counts, cells, notes)
