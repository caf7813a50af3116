"""How cells of labels are taken: as one label each, or as several. Said by a person or a model, or asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.label_names import NO_LABEL, LabelNames, written
from recurra.checking.lenient_reader import LenientReader
from recurra.data.cells import column_of
from recurra.data.coded import CodedLabels
from recurra.data.delimited import RawTable
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.tasks.multi_label_detection import detect_multi_label, resolve_labels

__all__ = ["LOOK_ALIKE", "settle", "undecided"]

LOOK_ALIKE = "cells that look like several labels"
"""The kind of finding of :func:`undecided`."""


def settle(
    readers: Sequence[LenientReader],
    *,
    multi_label: bool,
    single_label: bool,
    separator: str | None,
    say: Callable[[str], None],
) -> None:
    """Decides as training would be told to; nothing is decided where nothing is said.

    Args:
        readers: the files of a check, the training rows first; none of their rows was read.
        multi_label: whether rows have several labels.
        single_label: whether each row has one, whatever they look like.
        separator: between the labels of a cell; it says that rows have several, too.
        say: hears which separator was found.

    Raises:
        DataError: the training rows' cells cannot be split, or lists are to be single labels.
        SettingsError: both are said.
    """
    if not (multi_label or single_label or separator is not None):
        return
    names = readers[0].names
    found = None
    for reader in readers if single_label else readers[:1]:
        # Only the search for a separator needs more than to know whether there are lists.
        values = _all_cells(reader) if multi_label and separator is None else _cells(reader, reader.head)
        _, found = resolve_labels(
            CodedLabels.of(values),
            source=reader.source,
            multi_label=multi_label,
            single_label=single_label,
            separator=separator,
            say=say,
        )
    names.decide(SINGLE_LABEL if single_label else MULTI_LABEL, separator=found)


def undecided(facts: Facts, names: LabelNames) -> list[Draft]:
    """An error where the training rows look like several labels a row, and nobody has said which they are."""
    if names.decided:
        return []
    numbers = np.unique(facts.labels[facts.labels != NO_LABEL])
    values = [names.members[number] if names.task.lists else names[number] for number in numbers.tolist()]
    found = detect_multi_label(values)
    if found is None:
        return []
    several = [number for number, one in zip(numbers.tolist(), values, strict=True) if len(found.split(one)) > 1]
    rows = np.flatnonzero(np.isin(facts.labels, several))
    how = "as lists" if found.separator is None else f"if they are split at {found.separator!r}"
    until = "labels are counted one by one" if names.task.lists else "each cell counts as one label"
    meaning = (
        f"{found.labels:,} distinct labels {how}, such as {found.example[:60]!r}. Training stops and asks which they "
        f"are; until it is said, {until} here."
    )
    mend = f"Say {found.hint}."
    facts_found = {"labels": found.labels, "separator": found.separator, "say": found.options}
    return [Draft(LOOK_ALIKE, "error", "train", rows, meaning, mend, facts=facts_found)]


def _all_cells(reader: LenientReader) -> list[Any]:
    """The distinct cells of labels, in the order in which they first appear."""
    found: dict[Any, None] = {}
    for raw in reader.blocks.read([reader.columns.label or ""]):
        found.update(dict.fromkeys(_cells(reader, raw)))
    return list(found)


def _cells(reader: LenientReader, raw: RawTable) -> list[Any]:
    """The distinct cells of a block, lists as tuples."""
    column = column_of(raw, reader.columns.label or "", reader.source)
    values = [tuple(map(written, one)) if isinstance(one, list) else written(one) for one in column.to_pylist()]
    return list(dict.fromkeys(values))
