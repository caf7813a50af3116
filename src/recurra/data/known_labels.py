"""Finds out whether a table holds labels that a model knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import chain, pairwise

from recurra.data.arrow_columns import is_label, is_list
from recurra.data.blocks import GUESS_ROWS
from recurra.data.columns import is_label_name, quoted_names
from recurra.data.delimited import RawTable
from recurra.data.documents import Label
from recurra.data.label_format import SEPARATORS, split_text
from recurra.data.plain_columns import Column, is_json
from recurra.data.text_repair import without_entities
from recurra.errors import DataError

__all__ = ["DASHES", "check_guessed_label", "check_labels", "folded"]

SHOWN = 3

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Hyphens, dashes and the minus sign."""

_ONE_DASH = str.maketrans(dict.fromkeys(DASHES, "-"))


def folded(label: object) -> str:
    """Equal for labels that differ in case, white space, kinds of dashes or HTML entities alone.

    Spaces next to punctuation marks and symbols are left out, so that ``A / B`` is ``A/B``; between words they count.
    Punctuation counts everywhere: ``C``, ``C++`` and ``C#`` stay apart.
    """
    # An entity may stand for white space or a dash.
    words = without_entities(" ".join(str(label).split())).translate(_ONE_DASH).split()
    parts = words[:1]
    for before, word in pairwise(words):
        parts.append(word if _is_mark(before[-1]) or _is_mark(word[0]) else f" {word}")
    return "".join(parts).casefold()


def _is_mark(character: str) -> bool:
    # Not every other character is one: vowel signs of Indic scripts are no letters for isalnum().
    return not character.isalnum() and unicodedata.category(character)[0] in "PS"


def check_labels(head: RawTable, classes: Collection[Label], source: str, *, column: str | None = None) -> None:
    """Checks that some column holds a label of a model, in any case and spacing, alone or among several in a cell.

    A column with the name of the model's labels, or a usual one, is taken for that of the labels, whatever it holds.

    Args:
        head: the first rows of a table.
        classes: the model's labels.
        source: the table, for messages.
        column: the column of the labels from which the model learned.

    Raises:
        DataError: no column does.
    """
    known = set(map(folded, classes))
    for name, values_of_name in zip(head.names, head.columns, strict=True):
        if is_json(values_of_name.type) and (name == column or is_label_name(name)):
            # Reading it says what is wrong.
            return
        if not is_label(values_of_name.type) and not is_list(values_of_name.type):
            continue
        distinct = _labels_in(values_of_name)
        if (name == column or is_label_name(name)) and any(map(str.strip, distinct)):
            return
        if any(not known.isdisjoint(map(folded, _parts(cell))) for cell in distinct):
            return
    shown = ", ".join(f"{label!r:.40}" for label in list(classes)[:SHOWN])
    named = "" if column is None else f", and none is called {column!r:.60} as that of the labels that it learned from"
    raise DataError(
        f"No column of {source} holds any of the {len(classes):,} classes of the model, such as {shown}{named}",
        "Name the column of the labels with --label; for rows without labels: recurra score MODEL DATA.",
    )


def check_guessed_label(
    head: RawTable, guessed: str, classes: Collection[Label], source: str, *, column: str | None = None
) -> None:
    """Checks that the column which was guessed to be the labels' holds a label of a model, or has a usual name.

    Args:
        head: the first rows of a table, in which :func:`check_labels` found labels somewhere.
        guessed: the column.
        classes: the model's labels.
        source: the table, for messages.
        column: the column of the labels from which the model learned.

    Raises:
        DataError: it does not.
    """
    known = set(map(folded, classes))
    values = head.columns[head.names.index(guessed)]
    if is_label_name(guessed) or not known.isdisjoint(
        folded(part) for cell in _labels_in(values) for part in _parts(cell)
    ):
        return
    learned = "" if column is None else f" {column!r:.60}, from which the model learned its labels"
    raise DataError(
        f"{source} has no column{learned}, and {guessed!r:.60} holds none of its {len(classes):,} classes",
        f"Name the column of the labels with --label, one of {quoted_names(head.names)}; for rows without labels: "
        "recurra score MODEL DATA.",
    )


def _labels_in(column: Column) -> set[str]:
    """The distinct labels in the first rows of a column."""
    values = column.slice(0, GUESS_ROWS).to_pylist()
    cells = chain.from_iterable(value if isinstance(value, list | tuple) else [value] for value in values)
    return {str(cell) for cell in cells if cell is not None}


def _parts(cell: str) -> list[str]:
    """The cell, and the labels in it if it holds several."""
    return [cell, *(str(part) for mark in SEPARATORS for part in split_text(cell, mark))]
