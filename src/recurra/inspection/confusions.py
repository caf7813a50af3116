"""Which classes a model takes for which on a labelled file, with the rows; how far its probabilities can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recurra.data.documents import Label
from recurra.evaluation import evaluate
from recurra.evaluation.confusions import Confusion, top_confusions
from recurra.evaluation.evaluation import Evaluation
from recurra.inspection.confusion_rows import ConfusionRow, rows_at
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.label_confusions import LabelConfusions, label_confusions
from recurra.inspection.labelled_sample import LabelledSample
from recurra.representation import Representation, Represented, counted_rows, one_line
from recurra.runtime import Model
from recurra.runtime.given_model import model_of
from recurra.runtime.known_rows import known_rows_note

__all__ = ["ConfusionRow", "Confusions", "confusions"]

# What a terminal and a notebook show.
SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class Confusions(Represented):
    """An evaluation whose confusion matrix has its rows.

    Attributes:
        model: name of the model.
        evaluation: scores with intervals, the confusion matrix and the reliability diagram.
        confusions: pairs of a class and another that it was predicted as, those with the most rows first.
        cells: rows by (true class, predicted class), by their places in ``evaluation.classes``: of wrong ones the most
            confident first, of right ones the least confident.
        notes: what to know of these rows.
    """

    model: str
    evaluation: Evaluation
    confusions: list[Confusion]
    cells: dict[tuple[int, int], list[ConfusionRow]]
    notes: list[str]

    def _representation(self) -> Representation:
        rows = [
            (one_line(one["label"], 30), one_line(one["predicted"], 30), f"{one['rows']:,}", f"{one['share']:.1%}")
            for one in self.confusions[:SHOWN]
        ]
        return Representation(
            f"Confusions: {counted_rows(self.evaluation.rows)}, accuracy {self.evaluation.accuracy:.4f}",
            ("class", "predicted as", "rows", "share of the class"),
            rows,
            self.notes,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            **self.evaluation.to_dict(),
            "confusions": self.confusions,
            "cells": [
                {"label": truth, "predicted": called, "rows": [vars(row) for row in rows]}
                for (truth, called), rows in self.cells.items()
            ],
            "notes": self.notes,
        }


def confusions(
    model: Model, data: Any, y: Any = None, *, name: str = "model", rows: int = 30, right_rows: int = 5
) -> Confusions | LabelConfusions:
    """Evaluates a model on a labelled file and keeps rows of each cell of its confusion matrix.

    A model of several labels has no such matrix: it has true and false positives and negatives of each label, with rows
    of each.

    Args:
        model: the model.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        name: name of the model in the result.
        rows: largest number of rows kept of a pair of classes, or of the false positives or negatives of a label.
        right_rows: largest number of rightly answered rows kept of a class or label.

    Raises:
        DataError: the model's task has no views, the rows have no labels or one that the model does not know, or it can
            read none of them.
    """
    model = model_of(model)
    data = table_of_rows(data, model, y)
    if model.task.lists:
        return label_confusions(model, data, name=name, rows=rows, right_rows=right_rows)
    notes: list[str] = []
    sample = LabelledSample.of(model, data, say=notes.append)
    if (known := known_rows_note(data, model)) is not None:
        notes.append(known)
    probabilities = model.predict_proba(sample.documents)
    classes: list[Label] = sample.classes
    found = evaluate(probabilities, sample.targets, classes, class_numbers=True)
    called, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    cells: dict[tuple[int, int], list[ConfusionRow]] = {}
    for truth, other in np.argwhere(found.confusion).tolist():
        places = np.flatnonzero((sample.targets == truth) & (called == other))
        right = truth == other
        cells[truth, other] = rows_at(
            places,
            surest,
            falling=not right,
            most=right_rows if right else rows,
            documents=sample.documents,
            numbers=sample.numbers,
        )
    return Confusions(name, found, top_confusions(found.confusion, classes), cells, notes)
