"""Rows of their own to validate on, such as the latest ones of a split by time, in place of a share of the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.corpus import ConcatRows, Corpus, RowSubset
from recurra.errors import DataError
from recurra.text import TextSettings
from recurra.training.callbacks import Callback
from recurra.training.prepare import LabelledRows, titled_rows

__all__ = ["MIN_VALIDATION_ROWS", "ValidationRows", "with_validation"]

# Sources that are no files.
IN_MEMORY = ("memory", "validation_data")
# A single row is right or wrong: nothing can be chosen by it.
MIN_VALIDATION_ROWS = 2


@dataclass(frozen=True, eq=False)
class ValidationRows:
    """Where the rows held out come from, if they are rows of their own.

    Attributes:
        held: bool[B], which of the rows they are: the last.
        training: the others.
        source: name of the table, for messages.
        unknown_labels: rows that were left out, as they have a label that no training row has.
        left_out: what is said of those rows; empty if there are none.
    """

    held: npt.NDArray[np.bool_]
    training: Corpus
    source: str
    unknown_labels: int = 0
    left_out: str = ""

    def to_record(self) -> dict[str, Any]:
        """What a model's record says: the file's name, ``None`` for rows that were in memory."""
        name = None if self.source in IN_MEMORY else Path(self.source).name
        return {"source": name, "unknown_labels": self.unknown_labels}


def with_validation(
    labelled: LabelledRows, validation: Corpus, text: TextSettings, callbacks: Callback
) -> LabelledRows:
    """The training rows, followed by rows that are held out.

    Rows with a label that no training row has are left out: no model of these classes can be right on them.

    Args:
        labelled: the training rows.
        validation: the rows to hold out.
        text: what is read.
        callbacks: told how many rows are left out.

    Raises:
        DataError: fewer than two rows are left, all have unknown labels, or they are of another task.
    """
    if text.field == "title" and (titled := titled_rows(validation, callbacks)) is not None:
        validation = RowSubset(validation, titled)
    if len(validation) < MIN_VALIDATION_ROWS:
        raise _too_few(validation.source, len(validation))
    if not labelled.task.accepts(validation.labels.values):
        raise DataError(
            f"{validation.source} has labels of another kind: training learns {labelled.task.wording.gives} a row",
            "Write the labels as in the training rows.",
        )
    told: list[str] = []

    def say(message: str) -> None:
        told.append(f"{validation.source}: {message}")
        callbacks.on_message(told[-1])

    encoded = labelled.task.encode_targets(
        labelled.classes, validation.labels.plain(), "skip", source=validation.source, say=say
    )
    if len(encoded.places) < MIN_VALIDATION_ROWS:
        raise _too_few(validation.source, len(encoded.places))
    if len(encoded.places) < len(validation):
        kept = np.zeros(len(validation), dtype=bool)
        kept[encoded.places] = True
        validation = RowSubset(validation, kept)
    rows = ValidationRows(
        np.repeat([False, True], [len(labelled.corpus), len(validation)]),
        labelled.corpus,
        validation.source,
        encoded.unknown_labels,
        # The last that is said of them.
        told[-1] if encoded.unknown_labels and told else "",
    )
    targets = np.concatenate([labelled.targets, encoded.targets.astype(labelled.targets.dtype, copy=False)])
    weights = labelled.weights
    if weights is not None:
        weights = np.append(weights, np.ones(len(validation), weights.dtype))
    return replace(
        labelled,
        corpus=ConcatRows(labelled.corpus, validation),
        targets=targets,
        validation=rows,
        weights=weights,
    )


def _too_few(source: str, rows: int) -> DataError:
    held = f"{rows} row{'' if rows == 1 else 's'}"
    return DataError(f"{source} has {held} to validate on", f"Give {MIN_VALIDATION_ROWS} or more; 400 tell something.")
