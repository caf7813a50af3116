"""Labels of several kinds in a column of JSON lines, such as lists in most rows and texts in others."""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from recurra.checking.draft import Draft
from recurra.checking.finding import Part
from recurra.checking.lenient_reader import LenientReader
from recurra.data.arrow_columns import column_of
from recurra.data.mixed_values import TEXTS, json_kinds, mixture_of, one_kind_hint
from recurra.data.plain_columns import is_json

__all__ = ["MIXED_LABELS", "mixed_label_findings"]

_SHOWN = 60  # characters of a value

MIXED_LABELS = "labels of several kinds"
"""The kind of finding of :func:`mixed_label_findings`."""


def mixed_label_findings(reader: LenientReader, part: Part) -> list[Draft]:
    """An error with the rows whose label is of another kind than most.

    It can be fixed if texts are mixed with lists of texts, and rows were said to have several labels: a text is one.

    Args:
        reader: the file.
        part: the training or the test file.
    """
    name = reader.columns.label or ""
    if not is_json(column_of(reader.head, name, reader.source).type):
        return []
    kinds: list[str | None] = []
    example = ""
    firsts: dict[str | None, tuple[str, int]] = {}
    for block in reader:
        values = column_of(block.raw, name, reader.source).to_pylist()
        own = json_kinds(values)
        for place, kind in enumerate(own):
            if kind not in firsts:
                firsts[kind] = (values[place], reader.number(block.first + place))
        example = example or next((value for value, kind in zip(values, own, strict=True) if kind == TEXTS), "")
        kinds += own
    found = mixture_of(kinds)
    fixable = found.becomes_lists and reader.names.format_known and reader.names.task.lists and part == "train"
    where = found.where(len(kinds))
    meaning = f"Column {name!r} holds {found.usual} in {where} and {found.other} in these: training stops there."
    if found.odd:
        odd, number = min((firsts[kind] for kind in firsts if kind not in (None, found.usual)), key=itemgetter(1))
        meaning = f"{meaning.removesuffix('.')}, first at {odd[:_SHOWN]} in row {number:,}."
    hint = one_kind_hint(found, example)
    if fixable:
        hint = f"Write a list in every row, such as [{example[:60]}]: --fix writes each text as the list of its labels."
    rows = np.array(found.odd, dtype=np.int64)
    facts = {"usual": found.usual, "other": found.other}
    return [Draft(MIXED_LABELS, "error", part, rows, meaning, hint, fixable=fixable, facts=facts)]
