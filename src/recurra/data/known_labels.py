"""Finds out whether a table holds labels that a model knows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from recurra.data.arrow_columns import is_label, is_list
from recurra.data.blocks import GUESS_ROWS
from recurra.data.columns import answer_columns, quoted_names
from recurra.data.delimited import RawTable
from recurra.data.documents import Label
from recurra.data.label_format import SEPARATORS, split_text
from recurra.data.plain_columns import Column, is_json
from recurra.data.text_repair import without_entities
from recurra.data.usual_names import is_label_name
from recurra.errors import DataError

__all__ = [
    "DASHES",
    "check_guessed_label",
    "check_labels",
    "column_of_classes",
    "folded",
    "without_decimal_zeros",
]

SHOWN = 3

NEARLY_ALL = 0.95
"""Share of a column's rows that hold classes of a model, from which on it is that of the labels."""

LONGER = 10
"""How many times as long as the longest class a spelling of one may be: an entity such as ``&#8211;`` is a letter."""

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Hyphens, dashes and the minus sign."""

_AT_ASCII_MARK = re.compile(r"(?<=[!-/:-@[-`{-~]) | (?=[!-/:-@[-`{-~])")
_BY_NO_LETTER = re.compile(r"(?<=[\W_]) | (?=[\W_])")
_WHOLE_NUMBER = re.compile(r"([+-]?[0-9]+)[.,]0+")
_ONE_DASH = str.maketrans(dict.fromkeys(DASHES, "-"))


def folded(label: object) -> str:
    """Equal for labels that differ in case, white space, kinds of dashes, HTML entities or decimal zeros alone.

    Spaces next to punctuation marks and symbols are left out, so that ``A / B`` is ``A/B``; between words they count.
    Punctuation counts everywhere: ``C``, ``C++`` and ``C#`` stay apart. A whole number is one label with decimals and
    without, as programs write ``5.0`` where another cell of the column is missing.
    """
    # An entity may stand for white space or a dash.
    decoded = without_entities(" ".join(str(label).split())).translate(_ONE_DASH)
    written = without_decimal_zeros(_AT_ASCII_MARK.sub("", " ".join(decoded.split())))
    return (written if written.isascii() else _BY_NO_LETTER.sub(_space_kept, written)).casefold()


def without_decimal_zeros(label: str) -> str:
    """``5`` for ``5.0`` and ``5,00``; other labels as they are."""
    whole = _WHOLE_NUMBER.fullmatch(label)
    return whole[1] if whole else label


def _space_kept(space: re.Match[str]) -> str:
    # Vowel signs of Indic scripts are no letters for regular expressions, and no marks.
    beside = (space.string[space.start() - 1], space.string[space.end()])
    return "" if any(unicodedata.category(character)[0] in "PS" for character in beside) else " "


def check_labels(head: RawTable, classes: Collection[Label], source: str, *, column: str | None = None) -> None:
    """Checks that some column holds a label of a model, in any case and spacing, alone or among several in a cell.

    A column with the name of the model's labels is taken for that of the labels, whatever it holds, and one with a
    usual name if it holds anything.

    Args:
        head: the first rows of a table.
        classes: the model's labels.
        source: the table, for messages.
        column: the column of the labels from which the model learned.

    Raises:
        DataError: no column does.
    """
    for name, values_of_name in zip(head.names, head.columns, strict=True):
        if name == column or (is_json(values_of_name.type) and is_label_name(name)):
            # Reading it says what is wrong, such as that it is empty.
            return
        if not is_label(values_of_name.type) and not is_list(values_of_name.type):
            continue
        distinct = _labels_in(values_of_name)
        if is_label_name(name) and any(map(str.strip, distinct)):
            return
        if _any_known(distinct, classes):
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
    values = head.columns[head.names.index(guessed)]
    if is_label_name(guessed) or _any_known(_labels_in(values), classes):
        return
    learned = "" if column is None else f" {column!r:.60}, from which the model learned its labels"
    raise DataError(
        f"{source} has no column{learned}, and {guessed!r:.60} holds none of its {len(classes):,} classes",
        f"Name the column of the labels with --label, one of {quoted_names(head.names)}; for rows without labels: "
        "recurra score MODEL DATA.",
    )


def column_of_classes(head: RawTable, classes: Collection[Label]) -> str | None:
    """The only column of which all or nearly all rows with a value hold classes of a model; ``None`` if there is none.

    Columns that ``recurra score`` wrote are left out.

    Args:
        head: the first rows of a table.
        classes: the model's labels.
    """
    answers, known = answer_columns(head.names), set(map(folded, classes))
    longest = LONGER * max((len(str(label)) for label in classes), default=0)

    def is_known(cell: str) -> bool:
        return len(cell) <= longest and folded(cell) in known

    found = []
    for name, column in zip(head.names, head.columns, strict=True):
        if name in answers or not (is_label(column.type) or is_list(column.type)):
            continue
        counts = Counter(_cells(column))
        right = sum(
            count
            for cell, count in counts.items()
            if is_known(cell) or any(all(map(is_known, parts)) for parts in _splits(cell))
        )
        if right and right >= NEARLY_ALL * counts.total():
            found.append(name)
    return found[0] if len(found) == 1 else None


def _any_known(cells: Iterable[str], classes: Collection[Label]) -> bool:
    """Whether a cell holds one of the classes in some spelling, alone or among several."""
    known = set(map(folded, classes))
    # Folding is slow for texts, which are no spelling of a label.
    longest = LONGER * max((len(str(label)) for label in classes), default=0)
    parts = (part.strip() for cell in cells for part in _parts(cell))
    return any(folded(part) in known for part in parts if len(part) <= longest)


def _labels_in(column: Column) -> set[str]:
    """The distinct labels in the first rows of a column."""
    return set(_cells(column))


def _cells(column: Column) -> Iterator[str]:
    """The labels in the first rows of a column that are not blank, as texts."""
    values = column.slice(0, GUESS_ROWS).to_pylist()
    cells = chain.from_iterable(value if isinstance(value, list | tuple) else [value] for value in values)
    return (str(cell) for cell in cells if cell is not None and str(cell).strip())


def _splits(cell: str) -> Iterator[list[str]]:
    """The labels in a cell that holds several, for each mark that may stand between them."""
    for mark in SEPARATORS:
        if mark in cell and (parts := [str(part).strip() for part in split_text(cell, mark)]):
            yield parts


def _parts(cell: str) -> list[str]:
    """The cell, and the labels in it if it holds several."""
    return [cell, *chain.from_iterable(_splits(cell))]
