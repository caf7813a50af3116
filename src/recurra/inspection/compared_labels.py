"""The labels of models that are compared: all that one of them knows, and rows whose label another does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from textwrap import shorten
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.label_format import UnknownLabels
from recurra.errors import DataError
from recurra.evaluation.targets import as_written
from recurra.runtime import Model
from recurra.tasks.unknown_labels import EncodedTargets
from recurra.text.labels import Labels

__all__ = ["all_labels", "class_columns", "encode_compared", "listed_classes"]

Places = npt.NDArray[np.int64]

SHOWN = 5  # labels in a message


def all_labels(models: Mapping[str, Model], reader: Model) -> Labels:
    """The classes of all models, in the order of ``reader``'s and then of the others.

    Where models have classes of several types, such as 1 and ``"1"``, all are texts, as they are written.

    Raises:
        DataError: no class is one of all models.
    """
    known = {name: model.bundle.labels.classes for name, model in models.items()}
    several = len({type(own[0]) for own in known.values()}) > 1
    spelled = {name: [as_written(label) if several else label for label in own] for name, own in known.items()}
    first = next(iter(known))
    shared = set(spelled[first])
    for name, own in spelled.items():
        shared &= set(own)
        if not shared:
            raise DataError(
                f"{first} knows the classes {listed_classes(known[first])}, {name} {listed_classes(known[name])}",
                "Compare models that share a label, or evaluate each: a row whose label it lacks counts as wrong.",
            )
    of_reader = next(name for name, model in models.items() if model is reader)
    return Labels((*dict.fromkeys(chain(spelled[of_reader], *spelled.values())),))


def class_columns(model: Model, labels: Labels) -> Places:
    """The column of each of C labels in a model's answers, int64[C]; -1 for one that it does not know.

    Labels are those of :func:`all_labels`: where their type is not that of the model's classes, they are as written.
    """
    own = model.bundle.labels.classes
    other = type(own[0]) is not type(labels.classes[0])
    places = {as_written(label) if other else label: place for place, label in enumerate(own)}
    return np.array([places.get(label, -1) for label in labels.classes], dtype=np.int64)


def encode_compared(
    models: Mapping[str, Model],
    labels: Labels,
    cells: Sequence[Any],
    how: UnknownLabels,
    *,
    source: str,
    say: Callable[[str], None],
    separator: str | None,
) -> EncodedTargets:
    """The targets of a table's rows, as far as they are to be compared.

    Args:
        models: by name, all of one task.
        labels: of all models.
        cells: labels of the rows, as they were read.
        how: what to do with rows that have a label which not all models know.
        source: the table's name, for messages.
        say: called with messages for the user.
        separator: between the labels of a cell, if it may hold several.

    Returns:
        Targets by ``labels``; ``unknown_labels`` counts the rows whose label not all models know.

    Raises:
        DataError: there is such a row and ``how`` is ``error``, all are such and are to be left out, or no model knows
            a label of any row.
    """
    task = next(iter(models.values())).task
    if how == "wrong" and not task.counts_unknown:
        how = "skip"
    rows = task.encode_targets(labels, cells, how, source=source, say=say, separator=separator)
    lacking = np.zeros(len(rows.places), dtype=bool)
    for name, model in models.items():
        lacks = class_columns(model, labels) < 0
        having = task.has_class(rows.targets, lacks)
        if having.any():
            counts = task.counts(rows.targets, len(labels))[: len(labels)] * lacks
            _tell(
                name,
                {labels.classes[place]: int(counts[place]) for place in counts.nonzero()[0]},
                having,
                how,
                source,
                say,
            )
            lacking |= having
    never = task.has_unknown_label(rows.targets, len(labels), rows.unknown)
    count = rows.unknown_labels + int((lacking & ~never).sum())
    if how != "skip" or not lacking.any():
        return EncodedTargets(rows.places, rows.targets, rows.unknown, count)
    kept = ~lacking
    if not kept.any():
        raise DataError(
            f"No row of {source} has a label that all models know",
            "Give rows of such labels, or count others as wrong.",
        )
    # Rows with a label that no model knows are left out already.
    return EncodedTargets(rows.places[kept], rows.targets[kept], (), count)


def _tell(
    name: str,
    rows: Mapping[Label, int],
    having: npt.NDArray[np.bool_],
    how: UnknownLabels,
    source: str,
    say: Callable[[str], None],
) -> None:
    """Says, or raises, that a model does not know the label of some rows; ``rows`` counts those of each label."""
    count, total = int(having.sum()), len(having)
    frequent = sorted(rows, key=lambda label: -rows[label])
    shown = ", ".join(f"{label!r:.80} {rows[label]:,}" for label in frequent[:SHOWN])
    more = len(rows) - SHOWN
    shown += f", {more:,} other{'' if more == 1 else 's'}" if more > 0 else ""
    if how == "error":
        raise DataError(
            f"{name} does not know a label of {count:,} of {total:,} rows of {source} ({shown})",
            "Leave these rows out, or count them as wrong for it.",
        )
    if how == "skip":
        say(f"{name} does not know a label of {count:,} of {total:,} rows ({shown}): left out.")
        return
    say(
        f"{name} does not know a label of {count:,} of {total:,} rows ({shown}): counted as wrong for it; the log loss "
        "is that of labels that all models know."
    )


def listed_classes(classes: Sequence[Label]) -> str:
    """As many of the classes as a line of an error may have."""
    return shorten(", ".join(map(repr, classes)), 120, placeholder=" …")
