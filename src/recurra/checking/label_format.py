"""Whether label cells hold one label or several: set by options or by a model, or reported as unclear."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.label_names import NO_LABEL, value_text
from recurra.checking.lenient_reader import LenientReader, label_cells
from recurra.data.arrow_columns import column_of
from recurra.data.delimited import RawTable
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.mixed_values import TEXTS, json_kinds, mixture_of
from recurra.data.plain_columns import is_json
from recurra.errors import DataError
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.tasks.multi_label_detection import detect_multi_label, joined_labels, resolve_labels
from recurra.tasks.written_lists import written_lists

__all__ = ["LOOKS_MULTI_LABEL", "choose_label_format", "label_format_findings"]

LOOKS_MULTI_LABEL = "cells that look like several labels"
"""The kind of finding of :func:`label_format_findings`."""


def choose_label_format(
    readers: Sequence[LenientReader],
    *,
    multi_label: bool,
    single_label: bool,
    separator: str | None,
    say: Callable[[str], None],
) -> None:
    """Sets the label format of the files as the options of training would; does nothing without options.

    Args:
        readers: the files of a check, the training file first; none of their rows has been read.
        multi_label: whether rows have several labels.
        single_label: whether each row has one label, whatever its cell looks like.
        separator: separator of the labels in a cell; implies ``multi_label``.
        say: called with a message on the separator that was found.

    Raises:
        DataError: the cells of the training rows cannot be split, or lists are declared single labels.
        SettingsError: the options contradict each other.
    """
    if not (multi_label or single_label or separator is not None):
        return
    names = readers[0].names
    found = None
    for reader in readers if single_label and not multi_label and separator is None else ():
        if reader.lists and (listed := _row_of_list(reader)) is not None:
            raise DataError(
                f"{reader.source} holds lists of labels, such as {listed[0]:.60} in row {listed[1]:,}, and single ones "
                "are asked for",
                "Write one label a row, as a text.",
            )
    for reader in readers if single_label else readers[:1]:
        # Only the search for a separator needs more than to know whether there are lists.
        values = _every_cell(reader) if multi_label and separator is None else _cells(reader, reader.head)
        _, found = resolve_labels(
            EncodedLabels.of(values),
            source=reader.source,
            multi_label=multi_label,
            single_label=single_label,
            separator=separator,
            say=say,
        )
    names.set_format(SINGLE_LABEL if single_label else MULTI_LABEL, separator=found)


def label_format_findings(reader: LenientReader, facts: Facts) -> list[Draft]:
    """An error if the training rows look multi-label and no option says whether they are.

    Lists among texts are another error, see :func:`recurra.checking.mixed_labels.mixed_label_findings`.
    """
    names = reader.names
    if names.format_known or _texts_with_lists(reader):
        return []
    numbers, counts = np.unique(facts.labels[facts.labels != NO_LABEL], return_counts=True)
    values = [names.members[number] if names.task.lists else names[number] for number in numbers.tolist()]
    if (written := written_lists(values)) is not None:
        cells = [number for number, value in zip(numbers.tolist(), values, strict=True) if written_lists([value] * 2)]
        rows = np.flatnonzero(np.isin(facts.labels, cells))
        first = reader.number(int(np.argmax(facts.labels == numbers[values.index(written.value)])))
        meaning = f"They are lists written as text, such as {written.value[:60]!r} in row {first:,}: training stops."
        return [Draft("labels that are lists as text", "error", "train", rows, meaning, written.hint)]
    found = detect_multi_label(values, counts.tolist())
    if found is None:
        return []
    split = dict(zip(numbers.tolist(), map(found.split, values), strict=True))
    several = [number for number, labels in split.items() if len(labels) > 1]
    rows = np.flatnonzero(np.isin(facts.labels, several))
    how = "as lists" if found.separator is None else f"if they are split at {found.separator!r}"
    until = "labels are counted one by one" if names.task.lists else "each cell counts as one label"
    first = int(np.argmax(facts.labels == numbers[values.index(found.value)]))
    meaning = (
        f"{found.labels:,} distinct labels {how}, such as {found.example[:60]!r} in row {reader.number(first):,}. "
        f"Training stops and asks which they are; until it is said, {until} here."
    )
    if joined := joined_labels({label for labels in split.values() for label in labels}):
        odd = [number for number, labels in split.items() if not joined.keys().isdisjoint(labels)]
        count = int(np.isin(facts.labels, odd).sum())
        verb = "row has" if count == 1 else "rows have"
        marks = " or ".join(repr(mark) for mark in dict.fromkeys(joined.values()))
        meaning += f" {count:,} {verb} {marks} between labels, such as {min(joined)[:60]!r}: write one separator."
    hint = f"Say {found.hint}."
    facts_found = {"labels": found.labels, "separator": found.separator, "say": found.options}
    return [Draft(LOOKS_MULTI_LABEL, "error", "train", rows, meaning, hint, facts=facts_found)]


def _texts_with_lists(reader: LenientReader) -> bool:
    """Whether most labels are texts and some are lists."""
    column = column_of(reader.head, reader.columns.label or "", reader.source)
    return is_json(column.type) and mixture_of(json_kinds(column.to_pylist())).usual == TEXTS


def _row_of_list(reader: LenientReader) -> tuple[str, int] | None:
    """A list of labels as JSON, and its row; ``None`` if no cell is a list."""
    name = reader.columns.label or ""
    for raw in reader.blocks.read([name]):
        for place, cell in enumerate(column_of(raw, name, reader.source).to_pylist()):
            if isinstance(cell, list):
                return json.dumps(cell, ensure_ascii=False), raw.numbers.number(place)
            if isinstance(cell, str) and reader.lists and cell.startswith("["):
                return cell, raw.numbers.number(place)
    return None


def _every_cell(reader: LenientReader) -> Iterator[Any]:
    """The label of each row."""
    for raw in reader.blocks.read([reader.columns.label or ""]):
        yield from _cells(reader, raw)


def _cells(reader: LenientReader, raw: RawTable) -> list[Any]:
    """The labels of a block, lists as tuples."""
    column = column_of(raw, reader.columns.label or "", reader.source)
    cells = label_cells(column, lists=reader.lists, separator=None)
    return [tuple(map(value_text, one)) if isinstance(one, list) else value_text(one) for one in cells]
